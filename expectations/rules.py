"""The rules that a delivered table is measured by: read from `rules/*.yaml`, checked, frozen.

A rule says in SQL which rows break it, how grave that is, and what a branch can do about it, in two
languages. Loading refuses a rule that could not run: every condition is bound against the canonical
columns that it declares it needs. Running belongs in `expectations.rejection` (which rows are set
aside) and `expectations.runner` (the suites).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final, Literal, Self

import duckdb
import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from expectations.delivered import (
    CONTEXT_COLUMNS,
    DELIVERY_COLUMNS,
    Delivered,
    Parameter,
    Session,
    bound,
    parameter_names,
    sql_type,
)
from transforms import schema
from transforms.errors import CatalogueError, did_you_mean

ANY_TABLE: Final = "*"
"""In place of a table: the rule holds for every table."""

AMOUNT: Final = "outstanding_principal"
"""What a finding about loans adds up."""

GIVEN_PARAMETERS: Final[Mapping[str, Parameter]] = {
    "as_of": date(2000, 1, 31),
    "base_currency": "CNY",
}
"""What every delivery knows, with values to try a condition on."""


class Severity(StrEnum):
    """How grave a broken rule is."""

    CRITICAL = "critical"
    """The row cannot be counted, or the table cannot be used."""
    ERROR = "error"
    """The row is kept, and a figure that rests on it is doubtful."""
    WARNING = "warning"
    """The row is kept; somebody should look."""

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return tuple(Severity).index(self)


class Scope(StrEnum):
    """What a rule judges."""

    ROW = "row"
    TABLE = "table"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


class Text(_Frozen):
    """A sentence in two languages."""

    en: str = Field(min_length=1)
    zh: str = Field(min_length=1)


class Expectation(_Frozen):
    """A core expectation of Great Expectations that says the same as the rule's condition."""

    type: Literal["not_null", "between", "in_set", "row_count"]
    column: str | None = None
    min: Decimal | None = None
    max: Decimal | None = None
    values: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.column is None) != (self.type == "row_count"):
            raise ValueError(f"expectation {self.type} takes {'no' if self.column else 'a'} column")
        if self.type in {"between", "row_count"} and self.min is None and self.max is None:
            raise ValueError(f"expectation {self.type} needs min or max")
        if self.type == "in_set" and not self.values:
            raise ValueError("expectation in_set needs values")
        return self


class Rule(_Frozen):
    """One rule. `fails` is true for a row (or a table) that breaks it; NULL counts as not broken.

    A rule for keys says `repeats` instead: the columns that identify a row, of which only the first in
    file order may stand. A table rule says `fails` (one boolean for the table) or `offenders` (a row
    condition; the table breaks the rule if any row meets it). `blames` names the view whose rows meet
    the offenders, where it is not the table's own: last month's loans that are gone without an event.
    """

    id: str = Field(pattern=r"^[EW]\d{4}$")
    table: str
    severity: Severity
    scope: Scope = Scope.ROW
    rejects: bool = False
    fails: str | None = None
    offenders: str | None = None
    blames: str | None = None
    repeats: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    empty_if_absent: tuple[str, ...] = ()
    expectation: Expectation | None = None
    reason: Text
    remedy: Text
    source: str = Field(min_length=1)
    parameters: Mapping[str, Decimal | str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        problems = list(self._incoherences())
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _incoherences(self) -> Iterable[str]:
        if (self.severity is Severity.WARNING) != self.id.startswith("W"):
            yield "an id begins with W for a warning and with E for the rest"
        if self.rejects and (self.severity, self.scope) != (Severity.CRITICAL, Scope.ROW):
            yield "only a critical row rule rejects"
        if sum(map(bool, (self.fails, self.offenders, self.repeats))) != 1:
            yield "one of fails, offenders and repeats is needed"
        if self.scope is Scope.ROW and self.offenders:
            yield "a row rule says fails or repeats, not offenders"
        if self.scope is Scope.TABLE and self.repeats:
            yield "a table rule says fails or offenders, not repeats"
        if self.blames and not self.offenders:
            yield "only a table rule with offenders blames another view"
        named = self.expectation.column if self.expectation else None
        if named and named not in self.needs:
            yield f"the expectation's column {named} is not among needs"

    @property
    def row_condition(self) -> str | None:
        """The SQL that is true for a row to blame; nothing for a rule on the table as a whole."""
        if self.repeats:
            return _repeated(self.table, self.repeats)
        return self.offenders if self.scope is Scope.TABLE else self.fails

    def blamed(self, table: str) -> str:
        """The view whose rows the condition is about, for a delivery of that table."""
        return self.blames or table

    @property
    def is_intake(self) -> bool:
        """Whether the reader of the file noted the breach, in `problems`."""
        return self.table == ANY_TABLE

    def holds_for(self, table: str) -> bool:
        """Whether rows of that table are measured by the rule."""
        return self.table in {table, ANY_TABLE}

    def values(self, delivered: Delivered) -> dict[str, Parameter]:
        """What stands for each `:name` in the rule's SQL."""
        given: dict[str, Parameter] = {
            "as_of": delivered.as_of,
            "base_currency": delivered.base_currency,
        }
        return {**self.parameters, **delivered.parameters, **given}

    def skipped_reason(self, session: Session) -> str | None:
        """Why the rule cannot be asked of this delivery; nothing if it can."""
        table = session.delivered.table
        # A part of a key that may be empty is empty where it was not delivered; the key is whole.
        key = [c for c in self.repeats if not schema.table(table).column(c).nullable]
        for needed in (*self.needs, *key):
            view, column = _split(needed, table)
            if view not in session.columns:
                return f"no {view} table delivered"
            if column not in session.columns[view]:
                return f"no column {column} delivered in {view}"
        return None


def load_rules(more: Mapping[str, str] | None = None) -> tuple[Rule, ...]:
    """Every rule, in the order of their ids.

    Args:
        more: YAML text by file name: a bank's own rules, beside the product's.

    Raises:
        CatalogueError: if a file or rule cannot be used, naming both.
    """
    return _loaded(tuple(sorted((more or {}).items())))


def rules_for(rules: Iterable[Rule], table: str) -> tuple[Rule, ...]:
    """The rules that a table is measured by, intake rules included."""
    return tuple(rule for rule in rules if rule.holds_for(table))


def asked_columns(rules: Iterable[Rule], table: str) -> dict[str, set[str]]:
    """What the rules of a table ask about, by view."""
    asked: dict[str, set[str]] = {}
    for rule in rules_for(rules, table):
        for needed in (*rule.needs, *rule.repeats, *rule.empty_if_absent):
            view, column = _split(needed, table)
            asked.setdefault(view, set()).add(column)
        if rule.blames:
            asked.setdefault(rule.blames, set()).update(shown_columns(rule.blames))
    return asked


def canonical_of(view: str) -> schema.Table:
    """The canonical table that a view holds rows of, this month's or last month's.

    Raises:
        UnknownNameError: if it holds none.
    """
    return schema.table(view.removeprefix("previous_"))


def branch_column(view: str) -> str | None:
    """Which column of a view says the branch that can act on a row, if any does."""
    return _BRANCH_COLUMNS.get(canonical_of(view).name)


def shown_columns(view: str) -> tuple[str, ...]:
    """What a finding shows of a row of that view: its key, branch and amount."""
    table = canonical_of(view)
    branch = branch_column(view)
    amount = (AMOUNT,) if table is schema.LOAN_SNAPSHOT else ()
    return tuple(dict.fromkeys((*table.key, *((branch,) if branch else ()), *amount)))


def rules_table(rules: Sequence[Rule]) -> pl.DataFrame:
    """The rules as a table to print: one row a rule, in the order given."""
    return pl.DataFrame(
        [
            {
                "rule_id": rule.id,
                "table": "every table" if rule.is_intake else rule.table,
                "severity": rule.severity.value,
                "scope": rule.scope.value,
                "rejects": rule.rejects,
                "reason_en": rule.reason.en,
                "reason_zh": rule.reason.zh,
                "remedy_en": rule.remedy.en,
                "remedy_zh": rule.remedy.zh,
                "needs": ", ".join(rule.needs),
                "source": rule.source,
            }
            for rule in rules
        ],
        schema=dict.fromkeys(_PAGE_COLUMNS, pl.String()) | {"rejects": pl.Boolean()},
    )


def parse_rules(file: str, text: str) -> tuple[Rule, ...]:
    """The rules of one YAML text, each tried against the columns it needs.

    Raises:
        CatalogueError: naming the file and the rule.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise CatalogueError(file, [f"it is not YAML ({' '.join(str(error).split())})"]) from None
    if not isinstance(content, dict) or content.keys() - _FILE_KEYS or "rules" not in content:
        raise CatalogueError(
            file, [f"it must hold table, rules and nothing else but {', '.join(_FILE_KEYS)}"]
        )
    table = str(content.get("table"))
    if table not in {*schema.TABLES, ANY_TABLE}:
        near = _near(table, schema.TABLES)
        raise CatalogueError(file, [f"{table!r} is no canonical table{near}"])
    given = content.get("parameters") or {}
    problems: list[str] = []
    rules: list[Rule] = []
    for position, entry in enumerate(content["rules"] or [], start=1):
        name = entry.get("id", f"rule {position}") if isinstance(entry, dict) else str(entry)
        try:
            rule = Rule.model_validate({"table": table, "parameters": given, **entry})
        except (ValidationError, TypeError) as error:
            problems += [f"{name}: {said}" for said in _said(error)]
            continue
        rules.append(rule)
    with duckdb.connect(":memory:") as connection:
        for rule in rules:
            problems += [f"{rule.id}: {said}" for said in _unbindable(rule, connection)]
    if problems:
        raise CatalogueError(file, problems)
    return tuple(rules)


_BRANCH_COLUMNS: Final = {
    schema.LOAN_SNAPSHOT.name: "booking_branch_id",
    schema.LOAN_EVENT.name: "branch_id",
    schema.WRITE_OFF_RECOVERY.name: "branch_id",
    schema.BRANCH.name: "branch_id",
}
_FILE_KEYS: Final = ("table", "parameters", "rules")
_BLAMABLE: Final = tuple(view for name in schema.TABLES for view in (name, f"previous_{name}"))
_PAGE_COLUMNS: Final = (
    "rule_id",
    "table",
    "severity",
    "scope",
    "rejects",
    "reason_en",
    "reason_zh",
    "remedy_en",
    "remedy_zh",
    "needs",
    "source",
)


@cache
def _loaded(more: tuple[tuple[str, str], ...]) -> tuple[Rule, ...]:
    folder = resources.files("expectations").joinpath("rules")
    texts = [
        (entry.name, entry.read_text(encoding="utf-8"))
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".yaml")
    ]
    found: dict[str, tuple[str, Rule]] = {}
    for file, text in (*texts, *more):
        for rule in parse_rules(file, text):
            if rule.id in found:
                raise CatalogueError(file, [f"{rule.id}: already in {found[rule.id][0]}"])
            found[rule.id] = (file, rule)
    return tuple(rule for _, (_, rule) in sorted(found.items(), key=lambda item: _order(item[0])))


def _order(rule_id: str) -> tuple[str, str]:
    """Ids sort by number: E0201 before W0202 before E0203."""
    return rule_id[1:], rule_id


def _split(needed: str, table: str) -> tuple[str, str]:
    view, dot, column = needed.rpartition(".")
    return (view, column) if dot else (table, column)


def _repeated(table: str, columns: Sequence[str]) -> str:
    """True for every row but the first, in file order, of those that share a key.

    Grouping first keeps the sort small: only rows of repeated keys are numbered. Keys are compared as
    rows, in which two empty parts are equal; a key whose required parts are empty is no key at all.
    """
    key = ", ".join(columns)
    given = " AND ".join(
        f"{name} IS NOT NULL" for name in columns if not schema.table(table).column(name).nullable
    )
    whole = f"row({key})" if len(columns) > 1 else key
    rows = f"SELECT source_row_no, row_number() OVER (PARTITION BY {key} ORDER BY source_row_no)"
    repeated = f"SELECT {whole} FROM {table} WHERE {given} GROUP BY {key} HAVING count(*) > 1"  # noqa: S608
    placed = f"{rows} AS place FROM {table} WHERE {whole} IN ({repeated})"
    return f"source_row_no IN (SELECT source_row_no FROM ({placed}) WHERE place > 1)"  # noqa: S608


def _near(asked: str, known: Iterable[str]) -> str:
    """The near misses in brackets, for a sentence that goes on."""
    near = did_you_mean(asked, known).strip()
    return f" ({near[0].lower()}{near[1:]})" if near else ""


def _said(error: Exception) -> list[str]:
    if not isinstance(error, ValidationError):
        return ["a rule is a list of names and values"]
    return [
        f"{'.'.join(map(str, item['loc']))}: {item['msg']}" if item["loc"] else item["msg"]
        for item in error.errors()
    ]


def _unbindable(rule: Rule, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What DuckDB objects to in the rule's SQL, given only the columns that it says it needs."""
    own = schema.TABLES[rule.table].name if not rule.is_intake else "_any"
    known = {**CONTEXT_COLUMNS, own: {**CONTEXT_COLUMNS.get(own, {}), **DELIVERY_COLUMNS}}
    views: dict[str, set[str]] = {own: set(DELIVERY_COLUMNS)}
    problems: list[str] = []
    for needed in (*rule.needs, *rule.repeats, *rule.empty_if_absent):
        view, column = _split(needed, own)
        if column not in known.get(view, {}):
            asked, choice = (column, known[view]) if view in known else (view, known)
            problems.append(f"needs {needed}, which no table has{_near(asked, choice)}")
        else:
            views.setdefault(view, set()).add(column)
    blamed = rule.blamed(own)
    if blamed != own and (blamed not in _BLAMABLE or blamed not in views):
        problems.append(f"blames {blamed}, of which it needs no column{_near(blamed, _BLAMABLE)}")
    sql = rule.row_condition or rule.fails or ""
    values = {**rule.parameters, **GIVEN_PARAMETERS}
    unknown = sorted(parameter_names(sql) - values.keys())
    problems += [f":{name} is no parameter{_near(name, values)}" for name in unknown]
    if problems:
        return problems
    tables = ", ".join(
        f"{view} AS (SELECT {', '.join(_nulls(known[view], columns))})"
        for view, columns in views.items()
    )
    source = f" FROM {blamed}" if rule.row_condition else ""
    try:
        described = connection.execute(
            f"DESCRIBE WITH {tables} SELECT ({bound(sql, values)}) AS broken{source}"
        ).fetchall()
    except duckdb.Error as error:
        return [f"its SQL cannot run: {' '.join(str(error).split())}"]
    return [] if described[0][1] == "BOOLEAN" else [f"its SQL gives {described[0][1]}, not BOOLEAN"]


def _nulls(types: Mapping[str, pl.DataType], columns: Iterable[str]) -> Iterable[str]:
    return (f"NULL::{sql_type(types[name])} AS {name}" for name in sorted(columns))
