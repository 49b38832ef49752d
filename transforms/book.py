"""A delivered book becomes canonical rows: typed, coded, every odd value named and no row lost.

`conform` takes the delivered frame and a mapping and returns lazy frames; nothing is read here but the
frame's schema. Opening files belongs in `orchestration.sources`, what a mapping may say in
`transforms.mappings`, and whether a row with problems is accepted in `expectations`.
"""

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from transforms import schema
from transforms.errors import MappingError
from transforms.mappings import codemaps, values
from transforms.mappings.model import Mapping, TableRules
from transforms.mappings.scope import (
    ROW,
    UNSURE,
    Origin,
    Scope,
    any_unsure,
    belongs,
    codes_of,
    how_of,
    lacking,
    origin_of,
    scope_of,
    stated,
    states_month,
    without,
)
from transforms.mappings.values import How
from transforms.schema import Column, Presence, Table

PROBLEMS: Final = "problems"
MISSING: Final = "E0001"
UNDECIDED: Final = "E0007"
_GBT: Final = "gbt4754_2017"

# Names of the steps between a source column and a canonical one. No canonical column has a colon.
_BELONGS: Final = ":belongs"
_RAW: Final = "raw:"
_CODE: Final = "code:"
_ASSUMED: Final = "assumed:"


@dataclass(frozen=True, eq=False)
class ConformedTable:
    """One canonical table out of the delivered file.

    `frame` has the canonical columns typed and in order, then `source_row_no` and `problems`.
    `tally` is one row: `rows`, `disagreements` (keys of a distinct table whose
    rows say different things; the first row was taken), and `assumed:<column>` for every mapped
    column in which an empty value took the assumed one.
    """

    name: str
    frame: pl.LazyFrame
    provided: tuple[str, ...]
    assumed: tuple[str, ...]
    notes: tuple[str, ...]
    tally: pl.LazyFrame


@dataclass(frozen=True, eq=False)
class Book:
    """All canonical tables of one delivered file.

    `counts` is one row over the delivered file: `delivered`, `in_month`, `outside` (rows that the
    mapping says are not of this month) and `undecided` (rows of which it cannot tell: they are kept
    in every table that is not distinct, under E0007).
    """

    mapping: Mapping
    as_of: date
    tables: tuple[ConformedTable, ...]
    counts: pl.LazyFrame
    notes: tuple[str, ...]

    def table(self, name: str) -> ConformedTable | None:
        """The table of that name, if the mapping yields it."""
        return next((table for table in self.tables if table.name == name), None)


def conform(frame: pl.LazyFrame, mapping: Mapping, *, as_of: date, base_currency: str) -> Book:
    """The delivered rows as canonical tables.

    Args:
        frame: every delivered column, and `source_row_no` from 1.
        mapping: from `parse_mapping` or `canonical_mapping`.
        as_of: the month end that is delivered.
        base_currency: the workspace's, for amounts without a currency.

    Raises:
        MappingError: if the mapping does not fit the file's columns or the base currency.
    """
    if mapping.base_currency not in {None, base_currency}:
        raise MappingError(
            mapping.name,
            f"its amounts are in {mapping.base_currency}, the workspace counts in {base_currency}",
            way_out=f"Deliver it to a workspace with base_currency = {mapping.base_currency}.",
        )
    scope = scope_of(frame, mapping, as_of, base_currency)
    marked = scope.frame.with_columns(belongs(scope).alias(_BELONGS))
    counts = marked.select(
        delivered=pl.len(),
        in_month=pl.col(_BELONGS).sum(),
        outside=(~pl.col(_BELONGS)).sum(),
        undecided=pl.col(_BELONGS).null_count(),
    )
    tables = tuple(
        _conformed(scope, marked, schema.table(name), rules)
        for name, rules in mapping.tables.items()
    )
    return Book(mapping, as_of, tables, counts, mapping.notes)


def stated_months(frame: pl.LazyFrame, mapping: Mapping) -> pl.LazyFrame | None:
    """The month ends that the file itself states, `as_of_date, rows`; None if it states none.

    For taking the month from the file when nobody said it, and for refusing a file of another month.
    A null date stands for rows whose date cannot be read.
    """
    if mapping.as_of is None:
        return None
    scope = scope_of(frame, mapping, date(2000, 1, 31), "")
    if not states_month(scope):
        return None
    return (
        scope.frame.select(as_of_date=stated(scope))
        .group_by("as_of_date")
        .agg(rows=pl.len().cast(pl.Int64))
        .sort("as_of_date", nulls_last=True)
    )


def _conformed(
    scope: Scope, marked: pl.LazyFrame, table: Table, rules: TableRules
) -> ConformedTable:
    left_out = {name: lacking(scope, rule) for name, rule in rules.columns.items()}
    origins = {
        name: origin_of(scope, f"tables.{table.name}.columns.{name}", rule)
        for name, rule in rules.columns.items()
        if not left_out[name]
    }
    coded = {
        name: (codemaps.coded_column(table.column(name), codes), how_of(rules.columns[name], codes))
        for name in origins
        for codes in (codes_of(rules.columns[name], table.column(name)),)
    }
    staged = _rows(scope, marked, origins, distinct=rules.distinct).select(
        ROW,
        _BELONGS,
        *(
            without(origin.expr, origin.dtype, rules.columns[name].empty).alias(f"{_RAW}{name}")
            for name, origin in origins.items()
        ),
        *(
            any_unsure(scope, origin.roots).alias(f"{UNSURE}{name}")
            for name, origin in origins.items()
        ),
    )
    staged = staged.with_columns(
        values.decoded(pl.col(f"{_RAW}{name}"), origin.dtype, *coded[name]).alias(f"{_CODE}{name}")
        for name, origin in origins.items()
        if values.is_coded(*coded[name])
    )
    columns = {
        column.name: _filled(scope, column, coded[column.name][1], origins[column.name])
        if column.name in origins
        else _unmapped(scope, column)
        for column in table.columns
    }
    undecided = pl.when(pl.col(_BELONGS).is_null()).then(pl.lit(f"{UNDECIDED}:as_of_date"))
    conformed = staged.select(
        *(filled.value.alias(name) for name, filled in columns.items()),
        pl.col(ROW).cast(pl.Int64),
        _listed([undecided, *(word for filled in columns.values() for word in filled.problems)]),
        *(
            filled.assumed.alias(f"{_ASSUMED}{name}")
            for name, filled in columns.items()
            if filled.assumed is not None
        ),
    )
    disagreements = pl.LazyFrame({"disagreements": [0]})
    if rules.distinct:
        disagreements = _disagreements(conformed, table)
        conformed = conformed.sort(ROW).unique(table.key, keep="first", maintain_order=True)
    tally = conformed.select(
        pl.len().alias("rows"),
        *(
            pl.col(f"{_ASSUMED}{name}").sum()
            for name, filled in columns.items()
            if filled.assumed is not None
        ),
    )
    return ConformedTable(
        name=table.name,
        frame=conformed.select(*table.column_names, ROW, PROBLEMS),
        provided=tuple(name for name in table.column_names if name in origins),
        assumed=tuple(
            column.name
            for column in table.columns
            if column.presence is Presence.ASSUMED and column.name not in origins
        ),
        notes=(*_float_notes(table, origins), *_left_out_notes(table, left_out)),
        tally=pl.concat([tally, disagreements], how="horizontal").select(pl.all().cast(pl.Int64)),
    )


def _rows(
    scope: Scope, marked: pl.LazyFrame, origins: Dict[str, Origin], *, distinct: bool
) -> pl.LazyFrame:
    """The rows a table is made of: every row not outside, or each way of saying a distinct row once.

    A distinct table is made of rows that surely belong: the others are kept, and rejected, in the
    table of which they are rows.
    """
    if not distinct:
        return marked.filter(pl.col(_BELONGS).fill_null(value=True))
    certain = marked.filter(pl.col(_BELONGS).fill_null(value=False))
    roots = sorted({root for origin in origins.values() for root in origin.roots})
    used = [*roots, *(f"{UNSURE}{root}" for root in roots if root in scope.mapping.read)]
    first = pl.col(ROW).min()
    once = certain.group_by(used).agg(first) if used else certain.select(first).drop_nulls()
    return once.with_columns(pl.lit(value=True).alias(_BELONGS))


@dataclass(frozen=True, eq=False)
class _Filled:
    """A canonical column of the staged frame: its value, its problems in words, where it was assumed."""

    value: pl.Expr
    problems: tuple[pl.Expr, ...] = ()
    assumed: pl.Expr | None = None


def _filled(scope: Scope, column: Column, how: How, origin: Origin) -> _Filled:
    raw, unsure = pl.col(f"{_RAW}{column.name}"), pl.col(f"{UNSURE}{column.name}")
    code = pl.col(f"{_CODE}{column.name}")
    parsed = values.parse(raw, origin.dtype, column, how, code=code)
    value = pl.when(~unsure).then(parsed.value)
    if column.name in codemaps.INDUSTRY_COLUMNS and scope.mapping.industry_taxonomy == _GBT:
        value = codemaps.industry(value)
    dated = any(
        scope.mapping.read[r].kind == "date" for r in origin.roots if r in scope.mapping.read
    )
    misread = values.UNREADABLE_DATE if dated else values.UNREADABLE_NUMBER
    problems = [_word(unsure, misread, column)]
    problems += [_word(flag & ~unsure, rule_id, column) for rule_id, flag in parsed.problems]
    missing = raw.is_null() & ~unsure
    assumed = None
    if column.presence is Presence.ASSUMED:
        value = pl.when(missing).then(_assumption(scope, column)).otherwise(value)
        assumed = missing
    elif not column.nullable:
        problems.append(_word(missing, MISSING, column))
    return _Filled(value.cast(column.dtype), tuple(problems), assumed)


def _unmapped(scope: Scope, column: Column) -> _Filled:
    if column.presence is Presence.ASSUMED:
        return _Filled(_assumption(scope, column))
    return _Filled(pl.lit(None, dtype=column.dtype))


def _assumption(scope: Scope, column: Column) -> pl.Expr:
    known = scope.base_currency if column.assumed == "@base_currency" else column.assumed
    return pl.lit(known, dtype=column.dtype)


def _word(flag: pl.Expr, rule_id: str, column: Column) -> pl.Expr:
    return pl.when(flag).then(pl.lit(f"{rule_id}:{column.name}"))


def _listed(words: Sequence[pl.Expr]) -> pl.Expr:
    """The words that are there as a list; joined and split, which is far faster than a concat_list."""
    joined = pl.concat_str(words, separator=",", ignore_nulls=True)
    none = pl.lit([], dtype=pl.List(pl.String))
    return pl.when(joined == "").then(none).otherwise(joined.str.split(",")).alias(PROBLEMS)


def _disagreements(conformed: pl.LazyFrame, table: Table) -> pl.LazyFrame:
    """How many keys of a distinct table come with rows that differ."""
    return (
        conformed.select(table.column_names)
        .unique()
        .group_by(table.key)
        .agg(variants=pl.len())
        .select(disagreements=(pl.col("variants") > 1).sum())
    )


def _float_notes(table: Table, origins: Dict[str, Origin]) -> list[str]:
    floats = [
        name
        for name, origin in origins.items()
        if origin.dtype.is_float() and isinstance(table.column(name).dtype, pl.Decimal)
    ]
    if not floats:
        return []
    named = ", ".join(floats)
    return [f"Amounts were delivered as binary floats, and read by their shortest form: {named}."]


def _left_out_notes(table: Table, left_out: Dict[str, tuple[str, ...]]) -> list[str]:
    missing = {name: None for names in left_out.values() for name in names}
    if not missing:
        return []
    return [f"{table.name}: optional columns that the file does not have: {', '.join(missing)}."]
