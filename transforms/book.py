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
from transforms.errors import MappingError, did_you_mean
from transforms.mappings import sql, values
from transforms.mappings.model import ColumnRule, Mapping, Reading, TableRules
from transforms.mappings.values import How
from transforms.schema import Column, Presence, Table

ROW: Final = "source_row_no"
PROBLEMS: Final = "problems"
MISSING: Final = "E0001"
UNDECIDED: Final = "E0007"

# Names of the steps between a source column and a canonical one. No canonical column has a colon.
_BELONGS: Final = ":belongs"
_RAW: Final = "raw:"
_UNSURE: Final = "unsure:"
_ASSUMED: Final = "assumed:"


@dataclass(frozen=True, eq=False)
class ConformedTable:
    """One canonical table out of the delivered file.

    `frame` has the canonical columns typed and in order, then `source_row_no` and `problems`.
    `tally` is one row: `rows`, `rows_with_problems`, `disagreements` (keys of a distinct table whose
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


@dataclass(frozen=True, eq=False)
class _Scope:
    """The delivered frame made ready for expressions, and what its names are."""

    mapping: Mapping
    as_of: date
    base_currency: str
    frame: pl.LazyFrame
    dtypes: Dict[str, pl.DataType]
    delivered: Dict[str, pl.DataType]

    def names_in(self, where: str, names: Sequence[str]) -> None:
        """Refuse a name that the file and the readings do not have."""
        for name in names:
            if name not in self.dtypes:
                raise MappingError(
                    self.mapping.name,
                    f"{where}: the file has no column {name!r}.{did_you_mean(name, self.dtypes)}",
                    way_out=f"The file has {', '.join(self.delivered)}.",
                )


@dataclass(frozen=True, eq=False)
class _Origin:
    """Where a canonical column comes from: an expression over the scope, and the names in it."""

    expr: pl.Expr
    dtype: pl.DataType
    roots: tuple[str, ...]


def conform(
    frame: pl.LazyFrame, mapping: Mapping, *, as_of: date, base_currency: str
) -> Book:
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
    scope = _scope(frame, mapping, as_of, base_currency)
    belongs = _belongs(scope)
    marked = scope.frame.with_columns(belongs.alias(_BELONGS))
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
    scope = _scope(frame, mapping, date(2000, 1, 31), "")
    return (
        scope.frame.select(as_of_date=_stated(scope))
        .group_by("as_of_date")
        .agg(rows=pl.len().cast(pl.Int64))
        .sort("as_of_date", nulls_last=True)
    )


def _scope(frame: pl.LazyFrame, mapping: Mapping, as_of: date, base_currency: str) -> _Scope:
    delivered = {n: t for n, t in frame.collect_schema().items() if n != ROW}
    nested = [name for name, dtype in delivered.items() if dtype.is_nested()]
    if nested:
        raise MappingError(
            mapping.name,
            f"the column {nested[0]!r} holds lists or records",
            way_out="Deliver flat columns only.",
        )
    empty = mapping.source.empty
    frame = frame.with_columns(
        values.cleaned(name, dtype, empty).alias(name) for name, dtype in delivered.items()
    )
    dtypes = dict(frame.collect_schema())
    del dtypes[ROW]
    scope = _Scope(mapping, as_of, base_currency, frame, dtypes, delivered)
    for label, reading in mapping.read.items():
        scope = _with_reading(scope, label, reading)
    return scope


def _with_reading(scope: _Scope, label: str, reading: Reading) -> _Scope:
    where = f"read.{label}"
    if label in scope.dtypes:
        raise MappingError(
            scope.mapping.name,
            f"{where}: the file has a column of that name",
            way_out="Choose another name for the reading.",
        )
    scope.names_in(where, [reading.source])
    source, dtype = pl.col(reading.source), scope.dtypes[reading.source]
    raw = _without(source, dtype, reading.empty)
    match reading.kind:
        case "text":
            value = values.as_text(raw, dtype)
        case "integer":
            parsed = values.parse(raw, dtype, Column(label, pl.Int64(), "", ""), _how(reading))
            value = parsed.value
        case "amount":
            value = values.number(raw, dtype, _how(reading))
        case "date":
            day = Column(label, schema.DAY, "", "")
            value = _shifted(scope, where, values.parse(raw, dtype, day, _how(reading)).value, reading)
    unsure = raw.is_not_null() & value.is_null()
    frame = scope.frame.with_columns(value.alias(label), unsure.alias(f"{_UNSURE}{label}"))
    dtypes = {**scope.dtypes, label: frame.collect_schema()[label]}
    return _Scope(scope.mapping, scope.as_of, scope.base_currency, frame, dtypes, scope.delivered)


def _shifted(scope: _Scope, where: str, day: pl.Expr, reading: Reading) -> pl.Expr:
    """The date some months later, or the whole days or months from it to the month end."""
    if reading.plus_months is not None:
        if reading.plus_months.lstrip("-").isdigit():
            months = pl.lit(int(reading.plus_months))
        else:
            scope.names_in(where, [reading.plus_months])
            name = reading.plus_months
            whole = Column(name, pl.Int64(), "", "")
            months = values.parse(pl.col(name), scope.dtypes[name], whole, How()).value
        day = day.dt.offset_by(pl.format("{}mo", months))
    if reading.elapsed == "days":
        return (pl.lit(scope.as_of) - day).dt.total_days()
    if reading.elapsed == "months":
        # The month end is the last day of its month, so that every begun month is a whole one.
        passed = scope.as_of.year * 12 + scope.as_of.month
        return passed - (day.dt.year().cast(pl.Int64) * 12 + day.dt.month())
    return day


def _how(rule: ColumnRule | Reading) -> How:
    codes = rule.codes if isinstance(rule, ColumnRule) else {}
    otherwise = rule.otherwise if isinstance(rule, ColumnRule) else None
    return How(rule.format, rule.unit, rule.thousands, rule.decimal, codes, otherwise)


def _without(raw: pl.Expr, dtype: pl.DataType, empty: tuple[str, ...]) -> pl.Expr:
    """Null where the text is one of the words that mean nothing in this column."""
    if not empty:
        return raw
    return pl.when(~values.as_text(raw, dtype).is_in(empty)).then(raw)


def _stated(scope: _Scope) -> pl.Expr:
    stated = scope.mapping.as_of
    if stated is None:
        return pl.lit(None, dtype=pl.Date)
    scope.names_in("as_of", [stated.column])
    return values.stated_dates(pl.col(stated.column), scope.dtypes[stated.column], stated.format)


def _belongs(scope: _Scope) -> pl.Expr:
    """Whether a row is of this month: true, false, or null where that cannot be told."""
    mapping, belongs = scope.mapping, pl.lit(value=True)
    if mapping.include is not None:
        origin = _sql_origin(scope, "include", mapping.include)
        if origin.dtype != pl.Boolean:
            raise MappingError(
                mapping.name,
                f"include gives {origin.dtype}, and it has to be true or false",
                way_out='Compare something, for example "Disbursed" <= :as_of.',
            )
        belongs = pl.when(~_any_unsure(scope, origin.roots)).then(origin.expr)
    if mapping.as_of is not None:
        same = _stated(scope) == scope.as_of
        other = pl.lit(value=False) if mapping.as_of.other_dates == "outside" else None
        belongs = pl.when(same).then(belongs).when(same.is_not_null()).then(other).otherwise(None)
    return belongs.cast(pl.Boolean)


def _any_unsure(scope: _Scope, roots: Sequence[str]) -> pl.Expr:
    """Whether a reading among the names had a text that it could not read."""
    flags = [pl.col(f"{_UNSURE}{name}") for name in roots if name in scope.mapping.read]
    return pl.any_horizontal(flags) if flags else pl.lit(value=False)


def _sql_origin(scope: _Scope, where: str, statement: str) -> _Origin:
    try:
        expr = sql.expression(statement, scope.as_of)
        roots = tuple(dict.fromkeys(expr.meta.root_names()))
        scope.names_in(where, roots)
        # Two rows of nothing show the type, and whether the expression speaks of one row at a time.
        probe = pl.DataFrame(schema=dict(scope.dtypes)).clear(2).select(expr.alias("x"))
    except pl.exceptions.PolarsError as error:
        raise MappingError(
            scope.mapping.name,
            f"{where}: {str(error).splitlines()[0]}",
            way_out="The columns of a CSV file are text: read numbers and dates under `read:` first.",
        ) from None
    if roots and probe.height == 1:
        raise MappingError(
            scope.mapping.name,
            f"{where}: the SQL gives one value for the whole file",
            way_out="A mapping decides row by row; leave SUM, MAX and the like out.",
        )
    return _Origin(expr, probe.schema["x"], roots)


def _origin(scope: _Scope, where: str, rule: ColumnRule) -> _Origin:
    if rule.sql is not None:
        return _sql_origin(scope, where, rule.sql)
    if rule.source is not None:
        scope.names_in(where, [rule.source])
        return _Origin(pl.col(rule.source), scope.dtypes[rule.source], (rule.source,))
    return _Origin(pl.lit(rule.value, dtype=pl.String), pl.String(), ())


def _conformed(
    scope: _Scope, marked: pl.LazyFrame, table: Table, rules: TableRules
) -> ConformedTable:
    origins = {
        name: _origin(scope, f"tables.{table.name}.columns.{name}", rule)
        for name, rule in rules.columns.items()
    }
    raws = [_RawColumn.of(scope, name, rules.columns[name], o) for name, o in origins.items()]
    rows = _table_rows(marked, origins, scope, distinct=rules.distinct)
    staged = rows.select(
        ROW, _BELONGS, *(part for raw in raws for part in (raw.expr, raw.unsure))
    )
    dtypes = {name: origin.dtype for name, origin in origins.items()}
    columns = [_canonical(scope, column, rules, dtypes) for column in table.columns]
    undecided = pl.when(pl.col(_BELONGS).is_null()).then(pl.lit(f"{UNDECIDED}:{schema_as_of}"))
    problems = [undecided, *(word for column in columns for word in column.problems)]
    assumed = [column for column in columns if column.filled is not None]
    conformed = staged.select(
        *(column.value.alias(column.name) for column in columns),
        pl.col(ROW).cast(pl.Int64),
        _problem_list(problems).alias(PROBLEMS),
        *(pl.lit(0).alias(c.name) for c in ()),
        *(column.filled.alias(f"{_ASSUMED}{column.name}") for column in assumed if column.filled is not None),
    )
    return ConformedTable(
        table.name,
        conformed,
        (),
        (),
        (),
        conformed,
    )
