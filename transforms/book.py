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
_CODE: Final = "code:"
_UNSURE: Final = "unsure:"
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
            if name not in self.dtypes and name in self.delivered:
                raise MappingError(
                    self.mapping.name,
                    f"{where}: the column {name!r} holds lists or records",
                    way_out="Deliver it as plain columns.",
                )
            if name not in self.dtypes:
                raise MappingError(
                    self.mapping.name,
                    f"{where}: the file has no column {name!r}",
                    way_out=f"{did_you_mean(name, self.dtypes)} The file has "
                    f"{', '.join(self.delivered)}.".lstrip(),
                )


@dataclass(frozen=True, eq=False)
class _Origin:
    """Where a canonical column comes from: an expression over the scope, and the names in it."""

    expr: pl.Expr
    dtype: pl.DataType
    roots: tuple[str, ...]


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
    # Lists and records are no values of a canonical column; naming one is refused in `names_in`.
    flat = {name: dtype for name, dtype in delivered.items() if not dtype.is_nested()}
    empty = mapping.source.empty
    frame = frame.select(
        ROW, *(values.cleaned(name, dtype, empty).alias(name) for name, dtype in flat.items())
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
            value = _shifted(
                scope, where, values.parse(raw, dtype, day, _how(reading)).value, reading
            )
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
    staged = _rows(scope, marked, origins, distinct=rules.distinct).select(
        ROW,
        _BELONGS,
        *(
            _without(origin.expr, origin.dtype, rules.columns[name].empty).alias(f"{_RAW}{name}")
            for name, origin in origins.items()
        ),
        *(
            _any_unsure(scope, origin.roots).alias(f"{_UNSURE}{name}")
            for name, origin in origins.items()
        ),
    )
    staged = staged.with_columns(
        values.decoded(
            pl.col(f"{_RAW}{name}"), origin.dtype, table.column(name), _how(rules.columns[name])
        ).alias(f"{_CODE}{name}")
        for name, origin in origins.items()
        if values.is_coded(table.column(name), _how(rules.columns[name]))
    )
    columns = {
        column.name: _filled(scope, column, rules.columns[column.name], origins[column.name])
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
        notes=tuple(_float_notes(table, origins)),
        tally=pl.concat([tally, disagreements], how="horizontal").select(pl.all().cast(pl.Int64)),
    )


def _rows(
    scope: _Scope, marked: pl.LazyFrame, origins: Dict[str, _Origin], *, distinct: bool
) -> pl.LazyFrame:
    """The rows a table is made of: every row not outside, or each way of saying a distinct row once.

    A distinct table is made of rows that surely belong: the others are kept, and rejected, in the
    table of which they are rows.
    """
    if not distinct:
        return marked.filter(pl.col(_BELONGS).fill_null(value=True))
    certain = marked.filter(pl.col(_BELONGS).fill_null(value=False))
    roots = sorted({root for origin in origins.values() for root in origin.roots})
    used = [*roots, *(f"{_UNSURE}{root}" for root in roots if root in scope.mapping.read)]
    first = pl.col(ROW).min()
    once = certain.group_by(used).agg(first) if used else certain.select(first).drop_nulls()
    return once.with_columns(pl.lit(value=True).alias(_BELONGS))


@dataclass(frozen=True, eq=False)
class _Filled:
    """A canonical column of the staged frame: its value, its problems in words, where it was assumed."""

    value: pl.Expr
    problems: tuple[pl.Expr, ...] = ()
    assumed: pl.Expr | None = None


def _filled(scope: _Scope, column: Column, rule: ColumnRule, origin: _Origin) -> _Filled:
    raw, unsure = pl.col(f"{_RAW}{column.name}"), pl.col(f"{_UNSURE}{column.name}")
    code = pl.col(f"{_CODE}{column.name}")
    parsed = values.parse(raw, origin.dtype, column, _how(rule), code=code)
    value = pl.when(~unsure).then(parsed.value)
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


def _unmapped(scope: _Scope, column: Column) -> _Filled:
    if column.presence is Presence.ASSUMED:
        return _Filled(_assumption(scope, column))
    return _Filled(pl.lit(None, dtype=column.dtype))


def _assumption(scope: _Scope, column: Column) -> pl.Expr:
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


def _float_notes(table: Table, origins: Dict[str, _Origin]) -> list[str]:
    floats = [
        name
        for name, origin in origins.items()
        if origin.dtype.is_float() and isinstance(table.column(name).dtype, pl.Decimal)
    ]
    if not floats:
        return []
    named = ", ".join(floats)
    return [f"Amounts were delivered as binary floats, and read by their shortest form: {named}."]
