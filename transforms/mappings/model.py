"""What a mapping may say: frozen, checked records read from YAML text.

A mapping tells how a delivered book becomes canonical rows. This module knows the shape of that
text and refuses what the canonical tables do not have. Whether a mapping fits a *file* is settled in
`transforms.book`, which has the file's columns; how text becomes a value is in `values`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Annotated, Final, Literal, TypeVar

import polars as pl
import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from transforms import schema
from transforms.errors import MappingError, did_you_mean
from transforms.mappings import codemaps, sql, units, values
from transforms.schema import Presence

CANONICAL: Final = "canonical"
"""The reserved name of the mapping for files whose columns bear the canonical names already."""

GUIDE: Final = "docs/mappings.md lists every key."
LINES: Final = 50_000
"""So many entries a mapping may have, its aliases written out."""


def _as_tuple(value: object) -> object:
    """A single word where a list may stand."""
    return (value,) if isinstance(value, str) else value


def _as_column(value: object) -> object:
    """The short form `loan_id: Loan Number` is the long form `{from: Loan Number}`."""
    return {"from": value} if isinstance(value, str) else value


def _as_factor(value: object) -> object:
    """A word like 万元 where a number may stand."""
    if not isinstance(value, str) or re.fullmatch(r"[0-9.eE+-]+", value.strip()):
        return value
    factor = units.WORDS.get(value.strip())
    if factor is None:
        near = did_you_mean(value, units.WORDS)
        raise ValueError(f"{value!r} is no number and no unit like 万元 or 亿元.{near}".rstrip("."))
    return factor


Words = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class SourceRules(_Record):
    """How the delivered file is written; everything left out is found out from the file."""

    format: Literal["auto", "csv", "excel", "parquet", "delta", "json", "sql"] = "auto"
    encoding: str = "auto"
    delimiter: str = "auto"
    quote: str = '"'
    header_row: Literal["auto"] | Annotated[int, Field(ge=1, le=1 << 20)] = "auto"
    sheet: Words = ()
    records: Words = ()
    version: Annotated[int, Field(ge=0)] | None = None
    connection: str | None = None
    query: str | None = None
    table: str | None = None
    empty: Words = ()

    @model_validator(mode="after")
    def _one_query(self) -> "SourceRules":
        asked = [part for part in (self.query, self.table) if part is not None]
        if self.format != "sql":
            if self.connection is not None or asked:
                raise ValueError("connection, query and table are for `format: sql`")
            return self
        # What was written instead is not repeated: it may be a connection string with its password.
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.connection or ""):
            raise ValueError(
                "connection is the name of the environment variable that holds the connection string"
            )
        if len(asked) != 1:
            raise ValueError("`format: sql` has exactly one of query and table")
        if self.table and not re.fullmatch(r"[^\W\d]\w*(\.[^\W\d]\w*){0,2}", self.table):
            raise ValueError("table is a plain name, with its schema perhaps; otherwise say query")
        return self

    @model_validator(mode="after")
    def _all_sheets_alone(self) -> "SourceRules":
        if "*" in self.sheet and len(self.sheet) > 1:
            raise ValueError("sheet is `*` for all visible sheets, or names")
        return self


class StatedMonth(_Record):
    """The column in which the file says which month end a row is about."""

    column: str
    format: Words = ()
    other_dates: Literal["reject", "outside"] = "reject"
    optional: bool = False


class Numbers(_Record):
    """How an amount is written; shared by columns and readings."""

    unit: Annotated[Decimal, BeforeValidator(_as_factor), Field(gt=0, le=Decimal(10) ** 12)] = (
        Decimal(1)
    )
    thousands: str = "auto"
    decimal: Literal[".", ","] = "."

    @model_validator(mode="after")
    def _separators_differ(self) -> "Numbers":
        if self.thousands not in {"auto", "none"} and len(self.thousands) != 1:
            raise ValueError("thousands is one character, or auto, or none")
        if len(self.thousands) == 1 and (self.thousands.isalnum() or self.thousands in "+-"):
            raise ValueError("thousands is no digit, letter or sign: it is left out of the number")
        if self.thousands == self.decimal:
            raise ValueError("thousands and decimal are the same character")
        return self


class Reading(Numbers):
    """A named, typed value read from one source column, for use in SQL."""

    source: str = Field(alias="from")
    kind: Literal["text", "integer", "amount", "date"] = Field(default="text", alias="as")
    format: Words = ()
    empty: Words = ()
    plus_months: str | None = None
    elapsed: Literal["days", "months"] | None = None
    optional: bool = False

    @model_validator(mode="after")
    def _dates_only(self) -> "Reading":
        if self.kind != "date" and (self.format or self.plus_months or self.elapsed):
            raise ValueError("format, plus_months and elapsed are for `as: date`")
        return self


class ColumnRule(Numbers):
    """Where one canonical column comes from: exactly one of a source column, SQL, or one value."""

    source: str | None = Field(default=None, alias="from")
    sql: str | None = None
    value: str | None = None
    format: Words = ()
    codes: dict[str, str] = Field(default_factory=dict)
    order: Words = ()
    otherwise: str | None = None
    empty: Words = ()
    optional: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> "ColumnRule":
        given = [part for part in (self.source, self.sql, self.value) if part is not None]
        if len(given) != 1:
            raise ValueError("a column has exactly one of from, sql and value")
        if self.optional and self.value is not None:
            raise ValueError("a value stands in every row, so that it cannot be optional")
        if self.otherwise is not None and not self.codes:
            raise ValueError("otherwise says what happens to a code that `codes` does not list")
        return self


class TableRules(_Record):
    """The columns of one canonical table."""

    distinct: bool = False
    columns: dict[str, Annotated[ColumnRule, BeforeValidator(_as_column)]]


class Mapping(_Record):
    """One book's way into the canonical tables."""

    name: str
    title: str = ""
    notes: Words = ()
    source: SourceRules = SourceRules()
    base_currency: str | None = None
    industry_taxonomy: Literal["gbt4754_2017", "naics", "none"] = "gbt4754_2017"
    as_of: StatedMonth | None = None
    read: dict[str, Reading] = Field(default_factory=dict)
    include: str | None = None
    tables: dict[str, TableRules]


@dataclass(frozen=True)
class _Problem:
    """What is wrong, where, and the near miss as half a sentence."""

    where: str
    what: str
    near: str = ""

    def error(self, name: str) -> MappingError:
        """The problem as an error of that mapping."""
        return MappingError(
            name, f"{self.where}{self.what}", way_out=f"{self.near} {GUIDE}".strip()
        )


def parse_mapping(name: str, text: str) -> Mapping:
    """The mapping written in `text`, known to the workspace by `name`.

    Raises:
        MappingError: if it is no YAML, has an unknown key, or names what the canonical tables lack.
    """
    if name == CANONICAL:
        raise MappingError(
            name, "the name is taken by the product", way_out="Name the file otherwise."
        )
    content = _load(name, text)
    if not isinstance(content, dict):
        raise MappingError(name, "the text is not a list of `key: value` lines", way_out=GUIDE)
    stated = content.setdefault("name", name)
    if stated != name:
        raise MappingError(
            name, f"the text calls itself {stated!r}", way_out="Let `name:` and the file agree."
        )
    try:
        mapping = Mapping.model_validate(content)
    except ValidationError as error:
        raise _first_problem(error).error(name) from None
    for problem in _problems(mapping):
        raise problem.error(name)
    return with_stated_units(mapping)


def with_stated_units(mapping: Mapping) -> Mapping:
    """The mapping with the units that its columns' own names state, each with a note.

    Done once, it changes nothing the second time.

    Raises:
        MappingError: if a name states one unit and the mapping another.
    """
    notes: list[str] = []
    read = {
        label: _united(mapping, f"read.{label}", reading, notes)
        if reading.kind == "amount"
        else reading
        for label, reading in mapping.read.items()
    }
    tables = {}
    for name, rules in mapping.tables.items():
        table = schema.table(name)
        tables[name] = rules.model_copy(
            update={
                "columns": {
                    column: _united(mapping, f"tables.{name}.columns.{column}", rule, notes)
                    if table.column(column).dtype.is_numeric()
                    else rule
                    for column, rule in rules.columns.items()
                }
            }
        )
    notes = [note for note in dict.fromkeys(notes) if note not in mapping.notes]
    return mapping.model_copy(
        update={"read": read, "tables": tables, "notes": (*mapping.notes, *notes)}
    )


_Rule = TypeVar("_Rule", Reading, ColumnRule)


def _united(mapping: Mapping, where: str, rule: _Rule, notes: list[str]) -> _Rule:
    """The rule with the unit that its source column's name states."""
    if isinstance(rule, ColumnRule) and rule.sql is not None:
        notes += [
            f"{root!r} states its unit; the SQL of {where} takes it as it stands."
            for root in sql.expression(rule.sql, date(2000, 1, 31)).meta.root_names()
            if root not in mapping.read and units.of_header(root)
        ]
    header = units.of_header(rule.source) if rule.source else None
    if header is None:
        return rule
    word, factor = header
    if "unit" in rule.model_fields_set:
        if rule.unit != factor:
            raise MappingError(
                mapping.name,
                f"{where}: the name {rule.source!r} states {word}, and unit says {rule.unit}",
                way_out="Let the two agree, or leave unit out to take what the name states.",
            )
        return rule
    if factor != 1:
        notes.append(f"{rule.source!r} states {word}: its numbers are multiplied by {factor:,}.")
    return rule.model_copy(update={"unit": factor})


def packaged() -> tuple[str, ...]:
    """The names of the mappings that come with the product."""
    files = resources.files("transforms.mappings").iterdir()
    return tuple(sorted(f.name.removesuffix(".yaml") for f in files if f.name.endswith(".yaml")))


def packaged_text(name: str) -> str:
    """The YAML of a mapping that comes with the product.

    Raises:
        MappingError: if there is none of that name.
    """
    known = (*packaged(), CANONICAL)
    if name not in packaged():
        raise MappingError(
            name,
            "there is no such mapping",
            way_out=f"{did_you_mean(name, known)} The product brings {', '.join(known)}; your own "
            "go into the workspace's mappings/ folder.".lstrip(),
        )
    file = resources.files("transforms.mappings") / f"{name}.yaml"
    return file.read_text(encoding="utf-8")


def _load(name: str, text: str) -> object:
    """The text's records, with every scalar left as it is written.

    PyYAML's base loader makes no `false` of `NO` and no 1 of `01`; codes survive as they are.
    """
    try:
        loader = yaml.BaseLoader(text)
    except yaml.YAMLError as error:
        raise MappingError(
            name, f"it is no YAML ({str(error).splitlines()[0]})", way_out="Mend the text."
        ) from None
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _refuse_twins(node, set())
        if _written_out(node, {}) > LINES:
            raise MappingError(
                name,
                f"written out, with its aliases (`*name`), it has more than {LINES:,} entries",
                way_out="Leave out the aliases that stand in one another.",
            )
        return loader.construct_document(node)
    except RecursionError:
        raise MappingError(
            name, "its entries are nested too deeply", way_out="Mend the text."
        ) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise MappingError(
            name, f"{where}{error.problem or 'it is no YAML'}", way_out="Mend the line."
        ) from None
    except yaml.YAMLError as error:
        raise MappingError(
            name, f"it is no YAML ({str(error).splitlines()[0]})", way_out="Mend the text."
        ) from None
    finally:
        loader.dispose()


def _written_out(node: yaml.Node, known: dict[int, int]) -> int:
    """How many entries the text has when every alias is written out; an alias of itself has no end."""
    if id(node) in known:
        return known[id(node)]
    if isinstance(node, yaml.ScalarNode):
        return 1
    known[id(node)] = LINES  # while it is being counted: an alias in it is one of itself
    pairs = node.value if isinstance(node, yaml.MappingNode) else [(child,) for child in node.value]
    known[id(node)] = 1 + sum(_written_out(child, known) for pair in pairs for child in pair)
    return known[id(node)]


def _refuse_twins(node: yaml.Node, seen: set[int]) -> None:
    """Refuses a key written twice, where YAML would let the last one win."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode) and not node.value.isascii():
        try:
            node.value.encode()
        except UnicodeEncodeError:
            raise yaml.MarkedYAMLError(
                problem="a text holds half a character", problem_mark=node.start_mark
            ) from None
    if isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _refuse_twins(child, seen)
    if isinstance(node, yaml.MappingNode):
        keys: set[str] = set()
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.MarkedYAMLError(
                    problem="a key is one word, no list or record", problem_mark=key.start_mark
                )
            if key.value in keys:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value!r} is written twice", problem_mark=key.start_mark
                )
            keys.add(key.value)
            _refuse_twins(key, seen)
            _refuse_twins(child, seen)


def _first_problem(error: ValidationError) -> _Problem:
    first = error.errors()[0]
    path = [str(part) for part in first["loc"]]
    where = ".".join(path) or "the mapping"
    if first["type"] == "extra_forbidden":
        return _Problem(where, " is no key of a mapping", did_you_mean(path[-1], known_keys()))
    if first["type"] == "missing":
        return _Problem(where, " is missing")
    return _Problem(where, f": {first['msg'].removeprefix('Value error, ')}")


def known_keys() -> list[str]:
    """Every key that a mapping may have, at any level."""
    records = (SourceRules, StatedMonth, Reading, ColumnRule, TableRules, Mapping)
    return sorted(
        {field.alias or key for record in records for key, field in record.model_fields.items()}
    )


def _problems(mapping: Mapping) -> Iterator[_Problem]:
    """Everything the canonical tables and the expression language can say without a file."""
    if not mapping.tables:
        yield _Problem("tables", ": no table is mapped")
    for spot, statement in statements(mapping):
        problem = sql.misuse(statement)
        if problem:
            yield _Problem(spot, f": {problem}")
    if mapping.as_of:
        yield from _format_problems("as_of", mapping.as_of.format, month=True)
    for label, reading in mapping.read.items():
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", label):
            yield _Problem(
                f"read.{label}", ": a reading's name is small letters, digits and underscores"
            )
        yield from _format_problems(f"read.{label}", reading.format)
    for table_name, rules in mapping.tables.items():
        yield from _table_problems(table_name, rules)


def statements(mapping: Mapping) -> Iterator[tuple[str, str]]:
    """Every SQL expression of a mapping, with the place it stands."""
    if mapping.include is not None:
        yield "include", mapping.include
    for table_name, rules in mapping.tables.items():
        for column_name, rule in rules.columns.items():
            if rule.sql is not None:
                yield f"tables.{table_name}.columns.{column_name}", rule.sql


def _table_problems(table_name: str, rules: TableRules) -> Iterator[_Problem]:
    where = f"tables.{table_name}"
    if table_name not in schema.TABLES:
        near = did_you_mean(table_name, schema.TABLES)
        yield _Problem(where, ": there is no such table", near)
        return
    table = schema.TABLES[table_name]
    for column_name, rule in rules.columns.items():
        if column_name not in table.column_names:
            near = did_you_mean(column_name, table.column_names)
            yield _Problem(
                f"{where}.columns.{column_name}", f": {table_name} has no such column", near
            )
            continue
        yield from _column_problems(f"{where}.columns.{column_name}", table, column_name, rule)
    for column in table.columns:
        if column.presence is Presence.REQUIRED and column.name not in rules.columns:
            yield _Problem(where, f": {column.name} ({column.en}) is required and is not mapped")


def _column_problems(
    where: str, table: schema.Table, column_name: str, rule: ColumnRule
) -> Iterator[_Problem]:
    column = table.column(column_name)
    numeric = column.dtype.is_numeric()
    if rule.format and column.dtype != schema.DAY:
        yield _Problem(where, ": format is for dates, and this column is none")
    if rule.unit != 1 and not numeric:
        yield _Problem(where, ": unit is for numbers, and this column is none")
    if rule.optional and column.presence is Presence.REQUIRED:
        yield _Problem(where, ": a required column cannot be optional")
    if rule.order:
        wrong = codemaps.misordered(column, rule.order)
        if wrong:
            yield _Problem(where, f": {wrong}")
    yield from _format_problems(where, rule.format)
    written = [rule.value] if rule.value is not None else list(rule.codes.values())
    if rule.otherwise not in {None, "reject", "keep"}:
        written.append(str(rule.otherwise))
    for word in written:
        if not values.is_readable(word, column, rule.format):
            known = column.code_list.values if column.code_list else ()
            near = did_you_mean(word, known)
            expected = f"one of {', '.join(known)}" if known else f"a value of type {column.dtype}"
            yield _Problem(where, f": {word!r} is not {expected}", near)


def _format_problems(
    where: str, formats: tuple[str, ...], *, month: bool = False
) -> Iterator[_Problem]:
    """A format must bring a known date back; Polars reads nothing with a wrong one, silently."""
    for pattern in formats:
        if pattern in values.SERIALS and not month:
            continue
        # In a zone, so that a format may state one; a book's dates are taken as they are written.
        moment = pl.Series([values.SAMPLE_MOMENT]).dt.replace_time_zone("UTC")
        try:
            back = values.read_dates(moment.dt.to_string(pattern), pattern)
        except pl.exceptions.PolarsError:
            back = None
        if back is None or (back != values.SAMPLE_MOMENT.date() and not month):
            yield _Problem(where, f": format {pattern!r} does not state a year, a month and a day")
