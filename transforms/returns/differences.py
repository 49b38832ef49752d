"""What differs between two fillings of one report, cell by cell: figures, texts, reasons, adjustments.

Nothing is judged by tolerance: what is not the same is listed, exactly. Which editions are compared is said
by the sign-off.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import polars as pl

from transforms.returns.package import CELL
from transforms.schema import COUNT, TEXT, WIDE


class ChangeKind(StrEnum):
    """Why a cell is not the same; the first that holds is told."""

    NEW = "new"
    """It was no part of the report before."""
    GONE = "gone"
    """It is no part of it any more."""
    MISSING = "missing"
    """It held a figure and is empty now."""
    FOUND = "found"
    """It was empty and holds a figure now."""
    VALUE = "value"
    """What was published is another figure, whatever was adjusted of it."""
    ADJUSTMENT = "adjustment"
    """The same was published; another adjustment moved it."""
    TEXT = "text"
    """A text is another one."""
    REASON = "reason"
    """It is empty as before, for another reason."""
    LAYOUT = "layout"
    """The figure is the same; it is another one, or is printed in another way."""


AFTER: Final = "_after"
"""What a compared column is called as it is now; it stands beside what it was."""

COMPARED: Final = ("published_value", "adjustment", "exact", "printed", "text", "reason")

DIFFERENCE: Final[Mapping[str, pl.DataType]] = {
    "data_point": TEXT,
    "table_id": TEXT,
    "row_id": TEXT,
    "column_id": TEXT,
    "unit_id": TEXT,
    "metric_id": TEXT,
    "scale": TEXT,
    "decimals": COUNT,
    "kind": TEXT,  # a `ChangeKind`
    **{side: CELL[name] for name in COMPARED for side in (name, f"{name}{AFTER}")},
    "exact_change": WIDE,  # after less before; null where either is missing
    "printed_change": WIDE,
}
"""One cell that differs a row, in the order of the report as it is now; cells that are gone come last."""

_LAYOUT: Final = ("unit_id", "metric_id", "reading", "slice", "member", "take", "scale", "decimals")


def cells(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Cells that are not the same in two fillings of a report.

    Args:
        before: rows of `CELL` of one.
        after: those of the other.

    Returns:
        Rows of `DIFFERENCE`; what a cell is of is told as it is now, of one that is gone as it was.
    """
    names = ["data_point", "table_id", "row_id", "column_id", *_LAYOUT, *COMPARED]
    joined = (
        before.select(names)
        .with_row_index("_was")
        .join(
            after.select(names).with_row_index("_is"),
            on="data_point",
            how="full",
            coalesce=True,
            suffix=AFTER,
        )
        .with_columns(kind=_kind())
        .filter(pl.col("kind").is_not_null())
        .sort("_is", "_was", nulls_last=True)
    )
    is_new = pl.col("_is").is_not_null()
    told = [name for name in DIFFERENCE if name in ("table_id", "row_id", "column_id", *_LAYOUT)]
    return joined.with_columns(
        *(pl.when(is_new).then(f"{name}{AFTER}").otherwise(name).alias(name) for name in told),
        exact_change=pl.col(f"exact{AFTER}") - pl.col("exact"),
        printed_change=pl.col(f"printed{AFTER}") - pl.col("printed"),
    ).select(pl.col(name).cast(dtype) for name, dtype in DIFFERENCE.items())


def _kind() -> pl.Expr:
    is_filled = {
        side: pl.col(f"exact{side}").is_not_null() | pl.col(f"text{side}").is_not_null()
        for side in ("", AFTER)
    }
    rules = (
        (pl.col("_was").is_null(), ChangeKind.NEW),
        (pl.col("_is").is_null(), ChangeKind.GONE),
        (is_filled[""] & ~is_filled[AFTER], ChangeKind.MISSING),
        (~is_filled[""] & is_filled[AFTER], ChangeKind.FOUND),
        (_differs("published_value"), ChangeKind.VALUE),
        (_differs("adjustment") | _differs("exact"), ChangeKind.ADJUSTMENT),
        (_differs("text"), ChangeKind.TEXT),
        (_differs("reason"), ChangeKind.REASON),
        (
            _differs("printed") | pl.any_horizontal(_differs(name) for name in _LAYOUT),
            ChangeKind.LAYOUT,
        ),
    )
    return pl.coalesce(pl.when(holds).then(pl.lit(one.value)) for holds, one in rules)


def _differs(name: str) -> pl.Expr:
    return pl.col(name).ne_missing(pl.col(f"{name}{AFTER}"))
