"""How commands print: tables for people, JSON and CSV for pipes. Nothing is computed here."""

import csv
import json
import sys
from collections.abc import Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from typing import Final

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table

from transforms.errors import visible


class Format(StrEnum):
    """What a command prints."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


_BATCH: Final = 50_000
_PIPE_WIDTH: Final = 200
"""A pipe has no width of its own; a table printed into one is not cut at 80 characters."""


def console(*, error: bool = False) -> Console:
    """A console on standard output, or on standard error for progress.

    What is printed stands as it is: `[bold]` or `:+1:` in a name is a part of the name.
    """
    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(stderr=error, width=width, highlight=False, markup=False, emoji=False)


def exact(value: Decimal | None, *, places: int | None = None) -> str | None:
    """A decimal as plain text, without exponent.

    >>> exact(Decimal("1.500000000000"), places=2)
    '1.50'
    >>> exact(Decimal("0.331577400000"))
    '0.3315774'
    >>> exact(Decimal("0E-12"))
    '0'
    """
    if value is None:
        return None
    if places is not None:
        return f"{value:.{places}f}"
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def at_least(value: Decimal | None, places: int) -> str | None:
    """A decimal as plain text with so many decimals, or more where it has more: nothing is rounded.

    >>> at_least(Decimal("1.5"), 2), at_least(Decimal("0.331500"), 2)
    ('1.50', '0.3315')
    """
    text = exact(value)
    if text is None:
        return None
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(places, '0')}"


def show(
    rows: Sequence[dict[str, object]],
    how: Format,
    *,
    title: str = "",
    columns: Sequence[str] | None = None,
    right: Sequence[str] = (),
) -> None:
    """Print rows.

    Args:
        rows: dictionaries with the same keys.
        how: the format.
        title: above a table.
        columns: the keys a table shows; JSON and CSV always have all of them.
        right: the keys a table aligns to the right.
    """
    match how:
        case Format.JSON:
            print_json(rows)
        case Format.CSV:
            writer = csv.DictWriter(sys.stdout, list(rows[0]) if rows else [], lineterminator="\n")
            writer.writeheader()
            writer.writerows({name: _flat(value) for name, value in row.items()} for row in rows)
        case Format.TABLE:
            shown = list(columns or (rows[0] if rows else ()))
            table = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left")
            for name in shown:
                table.add_column(
                    name.replace("_", " "),
                    justify="right" if name in right else "left",
                    overflow="fold",
                )
            for row in rows:
                cells = (_flat(row[name]) for name in shown)
                table.add_row(*("–" if cell is None else _safe(str(cell)) for cell in cells))
            console().print(table)


def _safe(text: str) -> str:
    """Text as it is, but for what a terminal would obey."""
    return "\n".join(visible(line) for line in text.split("\n"))


def _flat(value: object) -> object:
    """A list as one text; anything else as it is."""
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def print_json(value: object) -> None:
    """Print any plain value as JSON."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


def stream(rows: pl.LazyFrame, how: Format) -> None:
    """Print every row to a pipe as CSV or JSON, a batch at a time: a long list is never held whole."""
    batches = rows.collect_batches(chunk_size=_BATCH, maintain_order=True)
    names = rows.collect_schema().names()
    if how is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        for batch in batches:
            writer.writerows(batch.iter_rows())
        return
    sys.stdout.write("[")
    opening = "\n  "
    for row in chain.from_iterable(batch.iter_rows(named=True) for batch in batches):
        sys.stdout.write(opening + json.dumps(row, ensure_ascii=False))
        opening = ",\n  "
    sys.stdout.write("\n]\n")
