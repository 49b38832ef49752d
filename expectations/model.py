"""What a rule is: the frozen record, how grave it is, and how a bank has set it for some time.

Reading rules from YAML belongs in `expectations.rules`, trying their SQL in `expectations.binding`.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from expectations.delivered import Delivered, Parameter, Session, parameter_names
from expectations.figures import FIGURES
from transforms import schema

ANY_TABLE: Final = "*"
"""In place of a table: the rule holds for every delivered table."""


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


class Setting(_Frozen):
    """How a bank has set a rule, from one month end to another, both inclusive and either open.

    `why` is asked for, since somebody will ask.
    """

    why: str = Field(min_length=1)
    valid_from: date | None = None
    valid_to: date | None = None
    severity: Severity | None = None
    parameters: Mapping[str, Decimal | str] = Field(default_factory=dict)
    switched_off: bool = False

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if not (self.switched_off or self.severity or self.parameters):
            raise ValueError("sets nothing: give switched_off, severity or parameters")
        if self.switched_off and (self.severity or self.parameters):
            raise ValueError("switched_off goes with neither severity nor parameters")
        if self.first > self.last:
            raise ValueError("ends before it begins")
        return self

    @property
    def first(self) -> date:
        """The first day it holds."""
        return self.valid_from or date.min

    @property
    def last(self) -> date:
        """The last day it holds."""
        return self.valid_to or date.max

    def holds(self, on: date) -> bool:
        """Whether it holds on that day."""
        return self.first <= on <= self.last


class Rule(_Frozen):
    """One rule. `fails` is true for a row (or a table) that breaks it; NULL counts as not broken.

    A rule for keys says `repeats` instead: the columns that identify a row, of which only the first in
    file order may stand. A table rule says `fails` (one boolean for the table) or `offenders` (a row
    condition; the table breaks the rule if any row meets it). `blames` names the view whose rows meet
    the offenders, where it is not the table's own: last month's loans that are gone without an event.

    `fixed` says that the arithmetic rests on the rule, so that no bank may soften it. `own` and
    `settings` are the bank's: whether the rule is its own, and how it has set it over time.
    """

    id: str = Field(pattern=r"^[EW]\d{4}$")
    table: str
    severity: Severity
    scope: Scope = Scope.ROW
    rejects: bool = False
    fixed: bool = False
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
    own: bool = False
    settings: tuple[Setting, ...] = ()

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

    @property
    def condition(self) -> str:
        """The SQL of the rule, about rows or about the table as a whole."""
        return self.row_condition or self.fails or ""

    def blamed(self, table: str) -> str:
        """The view whose rows the condition is about, for a delivery of that table."""
        return self.blames or table

    @property
    def is_intake(self) -> bool:
        """Whether the reader of the file noted the breach, in `problems`."""
        return self.table == ANY_TABLE

    @property
    def is_fixed(self) -> bool:
        """Whether no bank may soften the rule: keys, what cannot be read, what sums rest on."""
        return self.fixed or self.is_intake or bool(self.repeats)

    def holds_for(self, table: str) -> bool:
        """Whether rows of that table are measured by the rule."""
        return self.table == table or (self.is_intake and table in schema.TABLES)

    def setting(self, on: date) -> Setting | None:
        """How the bank has set the rule on that day, if it has."""
        return next((one for one in self.settings if one.holds(on)), None)

    def severity_on(self, on: date) -> Severity:
        """How grave the rule is that day: the bank's word, or else its own."""
        setting = self.setting(on)
        return setting.severity if setting and setting.severity else self.severity

    def rejects_on(self, on: date) -> bool:
        """Whether a row that breaks the rule is set aside that day."""
        return self.rejects and self.severity_on(on) is Severity.CRITICAL

    def blocks_on(self, on: date) -> bool:
        """Whether a month end's figures are not published while the rule is broken."""
        return self.scope is Scope.TABLE and self.severity_on(on) is Severity.CRITICAL

    @property
    def may_block(self) -> bool:
        """Whether the rule blocks on any day at all."""
        grave = {self.severity, *(one.severity for one in self.settings)}
        return self.scope is Scope.TABLE and Severity.CRITICAL in grave

    def set_by(self, on: date) -> str:
        """Who says how the rule stands that day: `product`, `bank's own`, or `bank` by a setting."""
        if self.own:
            return "bank's own"
        return "bank" if self.setting(on) else "product"

    def values(self, delivered: Delivered) -> dict[str, Parameter]:
        """What stands for each `:name` in the rule's SQL, the bank's word before any other."""
        given: dict[str, Parameter] = {
            "as_of": delivered.as_of,
            "base_currency": delivered.base_currency,
        }
        setting = self.setting(delivered.as_of)
        own = setting.parameters if setting else {}
        return {**self.parameters, **delivered.parameters, **own, **given}

    def used_values(self, delivered: Delivered) -> dict[str, Parameter]:
        """The parameters that the rule's SQL asks for, but for the month and currency."""
        values = self.values(delivered)
        names = parameter_names(self.condition) - {"as_of", "base_currency"}
        return {name: values[name] for name in sorted(names)}

    def skipped_reason(self, session: Session) -> str | None:
        """Why the rule cannot be asked of this delivery; nothing if it can."""
        setting = self.setting(session.delivered.as_of)
        if setting is not None and setting.switched_off:
            return f"switched off by the bank: {setting.why}"
        table = session.delivered.table
        # A part of a key that may be empty is empty where it was not delivered; the key is whole.
        key = [c for c in self.repeats if not table_of(table).column(c).nullable]
        for needed in (*self.needs, *key):
            view, column = split_needed(needed, table)
            if view not in session.columns:
                return _missing(view)
            if column not in session.columns[view]:
                return f"no column {column} delivered in {view}"
        return None


def split_needed(needed: str, table: str) -> tuple[str, str]:
    """View and column of something needed: `view.column`, or a column of the table itself."""
    view, dot, column = needed.rpartition(".")
    return (view, column) if dot else (table, column)


def table_of(name: str) -> schema.Table:
    """The canonical table or table of figures of that name.

    Raises:
        UnknownNameError: if there is none.
    """
    return FIGURES[name] if name in FIGURES else schema.table(name)


def _missing(view: str) -> str:
    name = view.removeprefix("previous_")
    if name == view:
        return f"no {view} table delivered"
    state = "published" if name in FIGURES else "delivered"
    return f"previous month not {state} ({name})"


def _repeated(table: str, columns: tuple[str, ...]) -> str:
    """True for every row but the first, in file order, of those that share a key.

    Grouping first keeps the sort small: only rows of repeated keys are numbered. Keys are compared as
    rows, in which two empty parts are equal; a key whose required parts are empty is no key at all.
    """
    key = ", ".join(columns)
    given = " AND ".join(
        f"{name} IS NOT NULL" for name in columns if not table_of(table).column(name).nullable
    )
    whole = f"row({key})" if len(columns) > 1 else key
    rows = f"SELECT source_row_no, row_number() OVER (PARTITION BY {key} ORDER BY source_row_no)"
    repeated = f"SELECT {whole} FROM {table} WHERE {given} GROUP BY {key} HAVING count(*) > 1"  # noqa: S608
    placed = f"{rows} AS place FROM {table} WHERE {whole} IN ({repeated})"
    return f"source_row_no IN (SELECT source_row_no FROM ({placed}) WHERE place > 1)"  # noqa: S608
