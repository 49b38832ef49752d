"""The delivered frame made ready for a mapping's expressions, and what each canonical column comes from.

Names are settled here: which columns and readings there are, which are absent and may be, what belongs to
the month. What becomes of the values is in `transforms.book`.
"""

from collections.abc import Mapping as Dict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl

from transforms import schema
from transforms.errors import MappingError, did_you_mean, listed
from transforms.mappings import codemaps, sql, values
from transforms.mappings.model import ColumnRule, Mapping, Reading
from transforms.mappings.values import How
from transforms.schema import Column

ROW: Final = "source_row_no"
UNSURE: Final = "unsure:"
"""Before the name of a reading or column: whether it has a text that could not be read."""
_LONGEST_TERM: Final = 12_000
"""Months."""
_READ_AS: Final = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "amount": schema.WIDE,
    "date": schema.DAY,
}


@dataclass(frozen=True, eq=False)
class Scope:
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
                    f"{listed(self.delivered)}.".lstrip(),
                )


@dataclass(frozen=True, eq=False)
class Origin:
    """Where a canonical column comes from: an expression over the scope, and the names in it."""

    expr: pl.Expr
    dtype: pl.DataType
    roots: tuple[str, ...]


def scope_of(frame: pl.LazyFrame, mapping: Mapping, as_of: date, base_currency: str) -> Scope:
    """The frame with its text trimmed, "nothing" as null, and every reading beside its columns.

    Raises:
        MappingError: if a reading is of a column that the file does not have.
    """
    delivered = {n: t for n, t in frame.collect_schema().items() if n != ROW}
    # Lists and records are no values of a canonical column; naming one is refused in `names_in`.
    flat = {name: dtype for name, dtype in delivered.items() if not dtype.is_nested()}
    empty = mapping.source.empty
    frame = frame.select(
        ROW, *(values.cleaned(name, dtype, empty).alias(name) for name, dtype in flat.items())
    )
    dtypes = dict(frame.collect_schema())
    del dtypes[ROW]
    scope = Scope(mapping, as_of, base_currency, frame, dtypes, delivered)
    for label, reading in mapping.read.items():
        scope = _with_reading(scope, label, reading)
    return scope


def _with_reading(scope: Scope, label: str, reading: Reading) -> Scope:
    where = f"read.{label}"
    if label in scope.dtypes:
        raise MappingError(
            scope.mapping.name,
            f"{where}: the file has a column of that name",
            way_out="Choose another name for the reading.",
        )
    if _is_absent(scope, reading):
        nothing = pl.lit(None, dtype=_READ_AS[reading.kind])
        frame = scope.frame.with_columns(
            nothing.alias(label), pl.lit(value=False).alias(f"{UNSURE}{label}")
        )
        return replace(scope, frame=frame, dtypes={**scope.dtypes, label: _READ_AS[reading.kind]})
    scope.names_in(where, [reading.source])
    source, dtype = pl.col(reading.source), scope.dtypes[reading.source]
    raw = without(source, dtype, reading.empty)
    match reading.kind:
        case "text":
            value = values.as_text(raw, dtype)
        case "integer":
            parsed = values.parse(raw, dtype, Column(label, pl.Int64(), "", ""), how_of(reading))
            value = parsed.value
        case "amount":
            value = values.number(raw, dtype, how_of(reading))
        case "date":
            day = Column(label, schema.DAY, "", "")
            value = _shifted(
                scope, where, values.parse(raw, dtype, day, how_of(reading)).value, reading
            )
    unsure = raw.is_not_null() & value.is_null()
    frame = scope.frame.with_columns(value.alias(label), unsure.alias(f"{UNSURE}{label}"))
    return replace(
        scope, frame=frame, dtypes={**scope.dtypes, label: frame.collect_schema()[label]}
    )


def _is_absent(scope: Scope, reading: Reading) -> bool:
    """Whether an optional reading has no column to read: it is then nothing in every row."""
    return reading.optional and reading.source not in scope.delivered


def _shifted(scope: Scope, where: str, day: pl.Expr, reading: Reading) -> pl.Expr:
    """The date some months later, or the whole days or months from it to the month end."""
    if reading.plus_months is not None:
        if reading.plus_months.lstrip("-").isdigit():
            months = pl.lit(int(reading.plus_months))
        else:
            scope.names_in(where, [reading.plus_months])
            name = reading.plus_months
            whole = Column(name, pl.Int64(), "", "")
            months = values.parse(pl.col(name), scope.dtypes[name], whole, How()).value
        # A term of more than a thousand years is none, and would stop the whole delivery.
        months = pl.when(months.is_between(-_LONGEST_TERM, _LONGEST_TERM)).then(months)
        day = day.dt.offset_by(pl.format("{}mo", months))
    if reading.elapsed == "days":
        return (pl.lit(scope.as_of) - day).dt.total_days()
    if reading.elapsed == "months":
        # The month end is the last day of its month, so that every begun month is a whole one.
        passed = scope.as_of.year * 12 + scope.as_of.month
        return passed - (day.dt.year().cast(pl.Int64) * 12 + day.dt.month())
    return day


def how_of(rule: ColumnRule | Reading, codes: Dict[str, str] | None = None) -> How:
    """What a rule says about writing; its own codes are given written out."""
    otherwise = rule.otherwise if isinstance(rule, ColumnRule) else None
    return How(rule.format, rule.unit, rule.thousands, rule.decimal, codes or {}, otherwise)


def codes_of(rule: ColumnRule, column: Column) -> dict[str, str]:
    """The rule's own words for canonical codes, an order written out."""
    return codemaps.own_codes(column, rule.codes, rule.order)


def without(raw: pl.Expr, dtype: pl.DataType, empty: tuple[str, ...]) -> pl.Expr:
    """Null where the text is one of the words that mean nothing in this column."""
    if not empty:
        return raw
    return pl.when(~values.as_text(raw, dtype).is_in(empty)).then(raw)


def stated(scope: Scope) -> pl.Expr:
    """The month end that a row states; null in every row if the file states none."""
    month = scope.mapping.as_of
    if month is None or not states_month(scope):
        return pl.lit(None, dtype=pl.Date)
    scope.names_in("as_of", [month.column])
    return values.stated_dates(pl.col(month.column), scope.dtypes[month.column], month.format)


def states_month(scope: Scope) -> bool:
    """Whether the file has the column in which the mapping looks for the month."""
    month = scope.mapping.as_of
    return month is not None and not (month.optional and month.column not in scope.delivered)


def belongs(scope: Scope) -> pl.Expr:
    """Whether a row is of this month: true, false, or null where that cannot be told."""
    mapping, inside = scope.mapping, pl.lit(value=True)
    if mapping.include is not None:
        origin = _sql_origin(scope, "include", mapping.include)
        if origin.dtype != pl.Boolean:
            raise MappingError(
                mapping.name,
                f"include gives {origin.dtype}, and it has to be true or false",
                way_out='Compare something, for example "Disbursed" <= :as_of.',
            )
        inside = pl.when(~any_unsure(scope, origin.roots)).then(origin.expr)
    if mapping.as_of is not None and states_month(scope):
        same = stated(scope) == scope.as_of
        other = pl.lit(value=False) if mapping.as_of.other_dates == "outside" else None
        inside = pl.when(same).then(inside).when(same.is_not_null()).then(other).otherwise(None)
    return inside.cast(pl.Boolean)


def any_unsure(scope: Scope, roots: Sequence[str]) -> pl.Expr:
    """Whether a reading among the names had a text that it could not read."""
    flags = [pl.col(f"{UNSURE}{name}") for name in roots if name in scope.mapping.read]
    return pl.any_horizontal(flags) if flags else pl.lit(value=False)


def _sql_origin(scope: Scope, where: str, statement: str) -> Origin:
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
    return Origin(expr, probe.schema["x"], roots)


def origin_of(scope: Scope, where: str, rule: ColumnRule) -> Origin:
    """Where a column comes from.

    Raises:
        MappingError: if it asks for a name that the file and the readings do not have.
    """
    if rule.sql is not None:
        return _sql_origin(scope, where, rule.sql)
    if rule.source is not None:
        scope.names_in(where, [rule.source])
        return Origin(pl.col(rule.source), scope.dtypes[rule.source], (rule.source,))
    return Origin(pl.lit(rule.value, dtype=pl.String), pl.String(), ())


def lacking(scope: Scope, rule: ColumnRule) -> tuple[str, ...]:
    """The columns that an optional one rests on and the file lacks; none if it can be filled.

    Readings that may be absent are nothing then; a column is left out only if all of its are.
    """
    if not rule.optional:
        return ()
    roots = [rule.source] if rule.source is not None else []
    if rule.sql is not None:
        roots = list(dict.fromkeys(sql.expression(rule.sql, scope.as_of).meta.root_names()))
    readings = [scope.mapping.read[name] for name in roots if name in scope.mapping.read]
    known = {*scope.dtypes, *scope.delivered}
    found = [name for name in roots if name not in known]
    if readings and all(_is_absent(scope, reading) for reading in readings):
        found += [reading.source for reading in readings]
    return tuple(dict.fromkeys(found))
