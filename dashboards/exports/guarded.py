"""Text that a spreadsheet would run as a formula, made harmless; and a table as CSV that opens as text."""

import re
from collections.abc import Collection
from typing import Final

import polars as pl

_STARTS: Final = r"^[=+\-@\t\r\n＝＋－＠]"
"""What Excel and its likes take for the beginning of a formula; the wide forms are taken for it too."""
_RUNS: Final = re.compile(_STARTS)


def runs(text: str) -> bool:
    """Whether a spreadsheet would take a text for a formula."""
    return _RUNS.match(text) is not None


def guarded(frame: pl.DataFrame, numbers: Collection[str] = ()) -> pl.DataFrame:
    """A table whose texts bear an apostrophe wherever they would run.

    Args:
        frame: the table.
        numbers: columns of numbers told as text, which stay as they are: a minus sign is none of data.
    """
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(_STARTS))
        .then(pl.concat_str(pl.lit("'"), name))
        .otherwise(name)
        .alias(name)
        for name, dtype in frame.schema.items()
        if dtype == pl.String() and name not in numbers
    )


def to_csv(frame: pl.DataFrame, *, mark: bool = True, numbers: Collection[str] = ()) -> bytes:
    """A table as CSV that spreadsheets open as text: UTF-8, nothing that runs as a formula.

    Args:
        frame: columns without lists.
        mark: whether a byte order mark stands before it, which Excel on Windows needs for Chinese.
        numbers: columns of numbers told as text.
    """
    return guarded(frame, numbers).write_csv(include_bom=mark).encode("utf-8")
