"""What differs between two versions of a month: figures, and the rows of a table, cell by cell.

Two frames in, one frame out; which versions are meant, and who may see them, is said by
`orchestration.differences`. Nothing is judged by tolerance: what is not the same is listed, exactly.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms.schema import TABLES, Table

FIGURE_KEY: Final = ("metric_id", "reading", "branch_id", "slice", "member")
"""What a figure is of."""

COMPARED: Final = (
    "numerator",
    "denominator",
    "value",
    "limit_value",
    "target_value",
    "status",
    "quality_state",
    "reason",
)
"""What of a figure is compared; each stands beside itself with `_after`."""

AFTER: Final = "_after"


class Change(StrEnum):
    """What became of a row from one version to the other."""

    ADDED = "added"
    GONE = "gone"
    CHANGED = "changed"


CELL: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {"column": pl.String(), "before": pl.String(), "after": pl.String()}
)
"""One changed cell beside the key of its row; values as text, nothing for none."""


def figures(before: pl.LazyFrame, after: pl.LazyFrame) -> pl.DataFrame:
    """Every figure that is not the same in both, or stands in one only.

    Args:
        before: facts of one version, with `FIGURE_KEY`, `COMPARED` and `unit`.
        after: those of the other.

    Returns:
        The key, `unit`, each of `COMPARED` and the same with `_after`; `change` (value after less
        value before, in the unit; nothing where either is missing) and `flipped`: another status.
    """
    read = (*FIGURE_KEY, "unit", *COMPARED)
    joined = before.select(read).join(
        after.select(read),
        on=FIGURE_KEY,
        how="full",
        coalesce=True,
        suffix=AFTER,
        nulls_equal=True,
    )
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(f"{name}{AFTER}")) for name in COMPARED)
    return (
        joined.filter(~same)
        .with_columns(
            unit=pl.coalesce("unit", f"unit{AFTER}"),
            change=pl.col(f"value{AFTER}") - pl.col("value"),
            flipped=pl.col("status").ne_missing(pl.col(f"status{AFTER}")),
        )
        .drop(f"unit{AFTER}")
        .sort(FIGURE_KEY)
        .collect()
    )


def rows(table: str, before: pl.LazyFrame, after: pl.LazyFrame) -> pl.LazyFrame:
    """Rows of a table that were added, are gone or changed in any canonical column.

    Args:
        table: the canonical table.
        before: its accepted rows in one version, each key once.
        after: those in the other.

    Returns:
        The key, `change` (a `Change`), then every other column and the same with `_after`.
    """
    of = TABLES[table]
    other = _others(of)
    joined = before.select(*of.column_names, _was=pl.lit(value=True)).join(
        after.select(*of.column_names, _is=pl.lit(value=True)),
        on=of.key,
        how="full",
        coalesce=True,
        suffix=AFTER,
        nulls_equal=True,
    )
    differs = pl.any_horizontal(_differs(name) for name in other) if other else pl.lit(value=False)
    change = (
        pl.when(pl.col("_was").is_null())
        .then(pl.lit(Change.ADDED.value))
        .when(pl.col("_is").is_null())
        .then(pl.lit(Change.GONE.value))
        .when(differs)
        .then(pl.lit(Change.CHANGED.value))
    )
    return (
        joined.with_columns(change=change)
        .filter(pl.col("change").is_not_null())
        .select(*of.key, "change", *(side for name in other for side in (name, f"{name}{AFTER}")))
    )


def cells(table: str, changed: pl.DataFrame) -> pl.DataFrame:
    """The changed cells of rows that stand in both versions: the key and `CELL`.

    Args:
        table: the canonical table.
        changed: what `rows` gave.
    """
    of = TABLES[table]
    both = changed.lazy().filter(pl.col("change") == Change.CHANGED.value)
    parts = [
        both.filter(_differs(name)).select(
            *of.key,
            column=pl.lit(name),
            before=pl.col(name).cast(pl.String),
            after=pl.col(f"{name}{AFTER}").cast(pl.String),
        )
        for name in _others(of)
    ]
    empty = pl.LazyFrame(schema={**{name: of.dtypes[name] for name in of.key}, **CELL})
    order = pl.col("column").replace_strict(
        {name: place for place, name in enumerate(of.column_names)}, return_dtype=pl.Int32
    )
    return pl.concat([empty, *parts]).sort(*of.key, order).collect()


def in_words(table: str, changed: pl.DataFrame) -> pl.DataFrame:
    """The key of each changed row with its cells in one text: `what`, `sei_tag 2 → 3; …`."""
    told = pl.format(
        "{} {} → {}",
        "column",
        pl.col("before").fill_null("(empty)"),
        pl.col("after").fill_null("(empty)"),
    )
    return (
        cells(table, changed)
        .group_by(TABLES[table].key, maintain_order=True)
        .agg(what=told.str.join("; "))
    )


def counted(changed: pl.LazyFrame) -> pl.LazyFrame:
    """How many rows were added, are gone and changed: one row, one column each."""
    return changed.select(
        (pl.col("change") == one.value).sum().cast(pl.Int64).alias(one.value) for one in Change
    )


def principal(changed: pl.DataFrame) -> pl.DataFrame:
    """Loans that differ, by kind of change and currency, with their principal in both versions.

    A loan whose currency changed stands under the one that it has now. Principal is in the currency
    named; nothing, not zero, for a side on which no loan stands.
    """
    amounts = ("outstanding_principal", f"outstanding_principal{AFTER}")
    sums = [
        pl.when(pl.col(name).count() > 0).then(pl.col(name).cast(pl.Decimal(38, 2)).sum())
        for name in amounts
    ]
    order = pl.col("change").replace_strict(
        {one.value: place for place, one in enumerate(Change)}, return_dtype=pl.Int32
    )
    return (
        changed.with_columns(currency_code=pl.coalesce(f"currency_code{AFTER}", "currency_code"))
        .group_by("change", "currency_code")
        .agg(
            loans=pl.len().cast(pl.Int64),
            principal_before=sums[0],
            principal_after=sums[1],
        )
        .sort(order, "currency_code")
    )


def of_branches(changed: pl.LazyFrame, branches: pl.Series) -> pl.LazyFrame:
    """Loans that differ, of some branches in either version: one that moved is seen at both.

    Args:
        changed: what `rows` gave for loans.
        branches: the booking branches.
    """
    known = branches.implode()
    return changed.filter(
        pl.any_horizontal(pl.col("booking_branch_id", f"booking_branch_id{AFTER}").is_in(known))
    )


def _others(table: Table) -> tuple[str, ...]:
    return tuple(name for name in table.column_names if name not in table.key)


def _differs(name: str) -> pl.Expr:
    return pl.col(name).ne_missing(pl.col(f"{name}{AFTER}"))
