"""Overrides: approved values in place of delivered ones, put there in one visible step.

Delivered rows stay as they are; `apply` gives the rows that a month is computed with, and `judged` says
of every override whether it was applied, and if not why. What may be overridden is what somebody
judges: a tag, a class, the size of an enterprise. Money, keys, branches and currencies are corrected by
delivering the table anew. Which rows of a delivered file are overrides at all (approved by a second
person, with an end) is said by the rules of the table in `expectations`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms.schema import BORROWER_SNAPSHOT, LOAN_SNAPSHOT, OVERRIDE, TABLES, Column

EMPTY: Final = "(empty)"
"""Stands for no value: an override that says nothing by mistake must not clear a cell."""

OVERRIDABLE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        LOAN_SNAPSHOT.name: (
            "product_type",
            "issue_type",
            "loan_classification",
            "main_security_type",
            "approval_date",
            "repricing_date",
            "purpose_industry_code",
            "sei_tag",
            "green_tag",
            "green_catalogue_version",
            "green_tag_nfra",
            "tech_loan_tag",
            "supply_chain_product_code",
            "investment_linkage_flag",
            "linkage_mode",
            "growth_stage",
            "new_type_pledge_flag",
            "housing_loan_flag",
            "rental_housing_flag",
        ),
        BORROWER_SNAPSHOT.name: (
            "borrower_type",
            "enterprise_size",
            "industry_code",
            "registered_region_code",
            "group_id",
            "controlling_type",
            "platform_flag",
        ),
    }
)
"""Columns that may be overridden, by table: what is judged, never what is counted or booked."""


class State(StrEnum):
    """What became of an override at a month end."""

    APPLIED = "applied"
    COMING = "not in force yet"
    EXPIRED = "expired"
    NOT_FOUND = "not found"
    """The month's table has no row of that key."""
    STALE = "stale"
    """Another value was delivered than the one it is to replace."""
    CONTESTED = "contested"
    """Another override is in force for the same value; neither is applied."""
    UNREADABLE = "unreadable"
    """The column cannot hold such a value, or may not be overridden."""


STATES: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        **OVERRIDE.dtypes,
        "source_row_no": pl.Int64(),
        "state": pl.String(),
        "delivered_value": pl.String(),
    }
)
"""Columns of `judged`. `delivered_value` is the value that the month's table has, `(empty)` for no value;
nothing where there is no such row."""

_CELL: Final = ("table_name", "row_key", "column_name")


def apply(table: str, rows: pl.LazyFrame, overrides: pl.DataFrame, as_of: date) -> pl.LazyFrame:
    """The rows with every override in force put in place; their order and columns stay.

    Args:
        table: the canonical table that the rows are of.
        rows: its rows as delivered, each key once.
        overrides: accepted rows of the override table, of any table and time.
        as_of: the month end.
    """
    named = _with_verdict(overrides, as_of).filter(
        pl.col("table_name") == table, pl.col("verdict").is_null()
    )
    for column in _columns(table):
        own = named.filter(pl.col("column_name") == column.name)
        if not own.is_empty():
            rows = _put(rows, TABLES[table].key[0], column, own)
    return rows


def judged(
    overrides: pl.DataFrame, tables: Mapping[str, pl.LazyFrame], as_of: date
) -> pl.DataFrame:
    """Every override with what became of it, by number; columns `STATES`.

    Args:
        overrides: accepted rows of the override table.
        tables: the month's tables as delivered, by name; one that is not there holds no rows.
        as_of: the month end.
    """
    known = _with_verdict(overrides, as_of)
    cells = [_cells(table, tables[table], known) for table in OVERRIDABLE if table in tables]
    found = pl.concat([pl.DataFrame(schema=_FOUND), *cells])
    state = (
        pl.when(pl.col("verdict").is_not_null())
        .then("verdict")
        .when(pl.col("delivered_value").is_null())
        .then(pl.lit(State.NOT_FOUND.value))
        .when(pl.col("value_before") != pl.col("delivered_value"))
        .then(pl.lit(State.STALE.value))
        .otherwise(pl.lit(State.APPLIED.value))
    )
    number = pl.col("source_row_no") if "source_row_no" in known.columns else pl.lit(None)
    return (
        known.join(found, on=_CELL, how="left")
        .with_columns(state=state, source_row_no=number)
        .select(pl.col(name).cast(dtype) for name, dtype in STATES.items())
        .sort("override_id", "source_row_no")
    )


def said() -> pl.Expr:
    """An applied override in words: `sei_tag 2 → 3 (O-17, approved by …, until …)`."""
    return pl.format(
        "{} {} → {} ({}, approved by {}, until {})",
        "column_name",
        "delivered_value",
        "value",
        "override_id",
        "approved_by",
        pl.col("valid_to").cast(pl.String),
    )


def marks(states: pl.DataFrame, table: str) -> pl.DataFrame:
    """What was overridden in the rows of a table: `row_key, overridden`, each key once."""
    return (
        states.filter(pl.col("state") == State.APPLIED.value, pl.col("table_name") == table)
        .sort("override_id")
        .group_by("row_key", maintain_order=True)
        .agg(overridden=said().str.join("; "))
    )


_FOUND: Final[Mapping[str, pl.DataType]] = {
    **dict.fromkeys(_CELL, pl.String()),
    "delivered_value": pl.String(),
}


def _columns(table: str) -> Iterator[Column]:
    for name in OVERRIDABLE.get(table, ()):
        yield TABLES[table].column(name)


def _with_verdict(overrides: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Overrides with what can be said of them without looking at any row; none if they are in force."""
    in_force = pl.lit(as_of).is_between("valid_from", "valid_to")
    several = in_force.sum().over(_CELL) > 1
    return overrides.with_columns(
        verdict=pl.when(pl.col("valid_from") > as_of)
        .then(pl.lit(State.COMING.value))
        .when(pl.col("valid_to") < as_of)
        .then(pl.lit(State.EXPIRED.value))
        .when(several)
        .then(pl.lit(State.CONTESTED.value))
        .when(~_readable())
        .then(pl.lit(State.UNREADABLE.value))
    )


def _readable() -> pl.Expr:
    """Whether the column an override names may be overridden and can hold its value."""
    fits = [
        pl.when(pl.col("table_name") == table, pl.col("column_name") == column.name).then(
            _fits(column)
        )
        for table in OVERRIDABLE
        for column in _columns(table)
    ]
    return pl.coalesce(*fits, pl.lit(value=False))


def _fits(column: Column) -> pl.Expr:
    cleared = pl.col("value") == EMPTY
    typed = _typed(column)
    # A date is taken as the dictionary writes it and in no other way: what is compared is its text.
    known = typed.is_not_null() & (typed.cast(pl.String) == pl.col("value"))
    return pl.when(cleared).then(pl.lit(column.nullable)).otherwise(known)


def _typed(column: Column) -> pl.Expr:
    """The value as the column's own type; nothing where it is none."""
    value = pl.col("value")
    if column.dtype == pl.Boolean():
        return value.replace_strict(
            {"true": True, "false": False}, default=None, return_dtype=pl.Boolean
        )
    if column.dtype == pl.Date():
        return value.str.to_date("%Y-%m-%d", strict=False)
    if column.code_list is not None:
        return pl.when(value.is_in(list(column.code_list.values))).then(value)
    return pl.when(value != EMPTY).then(value)


def _text(column: Column) -> pl.Expr:
    """A cell as overrides write it."""
    return pl.col(column.name).cast(pl.String).fill_null(EMPTY)


def _put(rows: pl.LazyFrame, key: str, column: Column, own: pl.DataFrame) -> pl.LazyFrame:
    """The rows with one column overridden.

    Args:
        rows: rows of a table.
        key: its key.
        column: the column.
        own: overrides of it that are in force, each key once.
    """
    # No canonical column has a colon in its name.
    small = own.lazy().select(
        pl.col("row_key"),
        pl.lit(value=True).alias("put:is"),
        pl.col("value_before").alias("put:before"),
        _typed(column).alias("put:value"),
    )
    asked = pl.col("put:before").is_null() | (pl.col("put:before") == _text(column))
    put = pl.when(pl.col("put:is") & asked).then("put:value").otherwise(pl.col(column.name))
    return (
        rows.join(small, left_on=key, right_on="row_key", how="left", maintain_order="left")
        .with_columns(put.alias(column.name))
        .drop("put:is", "put:before", "put:value")
    )


def _cells(table: str, rows: pl.LazyFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The delivered values of the cells that overrides of one table name; columns `_FOUND`."""
    named = known.filter(pl.col("table_name") == table)
    keys = named["row_key"].unique()
    columns = [column for column in _columns(table) if column.name in named["column_name"]]
    if keys.is_empty() or not columns:
        return pl.DataFrame(schema=_FOUND)
    key = TABLES[table].key[0]
    held = (
        rows.filter(pl.col(key).is_in(keys.implode()))
        .select(pl.col(key).alias("row_key"), *(_text(column) for column in columns))
        .collect()
    )
    return (
        held.unpivot(index="row_key", variable_name="column_name", value_name="delivered_value")
        .with_columns(table_name=pl.lit(table))
        .select(*_FOUND)
    )
