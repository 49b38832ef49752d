"""How definitions are written in YAML: the shapes a file may have, and the JSON Schema for editors.

Only shapes are checked here; what definitions say about each other is checked in `checks`.
"""

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from transforms.catalogue.model import At, Better, Clause, Kind, Label, Source, Unit


class Form(BaseModel):
    """A part of a definition file: nothing unknown is allowed in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelForm(Form):
    """A name in both languages."""

    en: str
    zh: str

    def record(self) -> Label:
        """As the catalogue holds it."""
        return Label(self.en, self.zh)


class SourceForm(Form):
    """Where a definition comes from."""

    document: str = Field(description="The document the definition rests on.")
    verified: bool = Field(description="Whether its text was read.")
    own: bool = Field(default=False, description="The definition is this product's own.")

    def record(self) -> Source:
        """As the catalogue holds it."""
        return Source(self.document, self.verified, self.own)


class ClauseForm(Form):
    """One condition."""

    sql: str = Field(description="A SQL condition over columns, looked-up names and other flags.")
    label: LabelForm
    soft: tuple[str, ...] = Field(
        default=(), description="Columns the condition can do without: it is then not met."
    )

    def record(self) -> Clause:
        """As the catalogue holds it."""
        return Clause(self.sql, self.label.record(), tuple(sorted(self.soft)))


class EarlierFlagForm(Form):
    """What was different about a flag until a day."""

    until: date = Field(description="The last day it held.")
    label: LabelForm | None = None
    source: SourceForm | None = None
    all: tuple[ClauseForm, ...] | None = None
    any: tuple[ClauseForm, ...] | None = None


class FlagForm(Form):
    """A rule about one row: every condition under `all`, and one of those under `any`."""

    label: LabelForm
    source: SourceForm
    all: tuple[ClauseForm, ...] = ()
    any: tuple[ClauseForm, ...] = ()
    earlier: tuple[EarlierFlagForm, ...] = Field(
        default=(), description="Earlier editions: the last day, and what was different then."
    )


class TermForm(Form):
    """One measure at one time, times a factor."""

    measure: str
    at: At = At.NOW
    times: Decimal = Decimal(1)


class MeasureForm(Form):
    """One number: exactly one of sum, count_distinct, count_events, reported and combine."""

    where: str = Field(default="", description="The flag that admits rows.")
    sum: str | None = Field(default=None, description="The amount that is added up.")
    count_distinct: Literal["borrower_id"] | None = None
    count_events: Literal["month", "year_to_date"] | None = None
    reported: str | None = Field(default=None, description="A kind of net capital.")
    combine: tuple[TermForm, ...] | None = None
    largest: int | None = Field(default=None, ge=1, description="Only the largest so many.")
    by: str | None = Field(default=None, description="Of whom: borrower_id, group_id or a slice.")
    since: Literal["previous_month", "year_end"] | None = None
    window: Literal["month", "year_to_date"] = "month"


class TermsForm(Form):
    """What a metric or one of its readings is made of."""

    of: str | None = None
    numerator: str | None = None
    denominator: str | None = None
    reference_numerator: str | None = None
    reference_denominator: str | None = None
    minuend: str | None = Field(default=None, description="metric, or metric:reading")
    subtrahend: str | None = Field(default=None, description="metric, or metric:reading")
    rule: str | None = None
    over: str | None = None


class EarlierMetricForm(TermsForm):
    """What was different about a metric until a day."""

    until: date = Field(description="The last day it held.")
    version: int = Field(ge=1)
    label: LabelForm | None = None
    source: SourceForm | None = None
    note: LabelForm | None = None
    readings: dict[str, TermsForm] | None = None
    default_reading: str | None = None
    slices: tuple[str, ...] | None = None
    composition: tuple[str, ...] | None = None


class MetricForm(TermsForm):
    """What a bank reports."""

    label: LabelForm
    kind: Kind
    unit: Unit
    better: Better
    source: SourceForm
    note: LabelForm | None = None
    family: str | None = Field(default=None, description="The file's name, if not given.")
    valid_from: date
    valid_to: date | None = None
    version: int = Field(ge=1)
    base: At | None = None
    annualised: bool = False
    whole_bank: bool = False
    of_root: bool = False
    formula: str | tuple[str, ...] = ()
    slices: tuple[str, ...] = ()
    composition: tuple[str, ...] = ()
    readings: dict[str, TermsForm] = {}
    default_reading: str | None = None
    earlier: tuple[EarlierMetricForm, ...] = Field(
        default=(), description="Earlier editions: the last day, and what was different then."
    )


class FileForm(Form):
    """A file of definitions; its name is the family of its metrics."""

    flags: dict[str, FlagForm] = {}
    event_flags: dict[str, FlagForm] = {}
    flow_flags: dict[str, FlagForm] = {}
    change_flags: dict[str, FlagForm] = {}
    listing_flags: dict[str, FlagForm] = {}
    trade_flags: dict[str, FlagForm] = {}
    measures: dict[str, MeasureForm] = {}
    metrics: dict[str, MetricForm] = {}


def json_schema() -> dict[str, Any]:
    """The JSON Schema of a definition file, for editors that complete and check YAML."""
    schema = FileForm.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "branchmark definitions",
    }
