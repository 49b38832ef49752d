"""The records a catalogue is made of: flags, measures and metrics, frozen and self-explaining.

A *flag* is a rule about one loan (or one event), in clauses a person can read. A *measure* is one number
that adds up or is counted over flagged loans. A *metric* is what a bank reports, made from measures.
Reading them from YAML and refusing wrong ones belongs in `load`; computing them in `cube` and `facts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """How a metric is made from its measures."""

    TOTAL = "total"
    COUNT_DISTINCT = "count_distinct"
    RATIO = "ratio"
    INCREMENT = "increment"
    GROWTH = "growth"
    TOLERANCE = "tolerance"


class Unit(StrEnum):
    """What a metric's value is measured in."""

    CURRENCY = "currency"
    """Units of the workspace's base currency."""
    COUNT = "count"
    RATIO = "ratio"
    """A fraction: 0.15 is 15 %."""
    PP = "pp"
    """Percentage points: 0.15 is 0.15 pp."""


class Better(StrEnum):
    """Which direction is favourable."""

    HIGHER = "higher"
    LOWER = "lower"


class Base(StrEnum):
    """What an increment or growth is measured against."""

    PREVIOUS_MONTH = "previous_month"
    YEAR_END = "year_end"
    SAME_MONTH_LAST_YEAR = "same_month_last_year"


class Entity(StrEnum):
    """What a flag is a rule about."""

    LOAN = "loan"
    EVENT = "event"


class Aggregation(StrEnum):
    """How a measure is taken over flagged rows."""

    SUM = "sum"
    COUNT_DISTINCT = "count_distinct"
    COUNT_EVENTS = "count_events"


@dataclass(frozen=True)
class Label:
    """A name in the two languages of the product."""

    en: str
    zh: str


@dataclass(frozen=True)
class Source:
    """The document a definition rests on, and whether its text was verified."""

    document: str
    verified: bool


@dataclass(frozen=True)
class Clause:
    """One condition of a flag: SQL for the engine, a label for the reader.

    Attributes:
        soft: columns that the clause can do without; where they are missing it is simply not met.
    """

    sql: str
    label: Label
    soft: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flag:
    """A rule about one row: every clause of `all_of` and, if there are any, one of `any_of`."""

    name: str
    entity: Entity
    label: Label
    source: Source
    all_of: tuple[Clause, ...]
    any_of: tuple[Clause, ...]

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """All clauses, the obligatory ones first."""
        return (*self.all_of, *self.any_of)


@dataclass(frozen=True)
class Measure:
    """One number over flagged rows, for a branch.

    Attributes:
        over: the column summed or counted; for events the window, `month` or `year_to_date`.
    """

    name: str
    aggregation: Aggregation
    over: str
    where: str


@dataclass(frozen=True)
class Reading:
    """The measures a metric takes under one reading; which are set depends on the kind."""

    name: str
    numerator: str
    denominator: str | None = None
    reference_numerator: str | None = None
    reference_denominator: str | None = None

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures used, each once, in order."""
        names = (
            self.numerator,
            self.denominator,
            self.reference_numerator,
            self.reference_denominator,
        )
        return tuple(dict.fromkeys(name for name in names if name is not None))


@dataclass(frozen=True)
class Metric:
    """What a bank reports: names, kind, unit, direction, readings, source and validity."""

    metric_id: str
    family: str
    label: Label
    kind: Kind
    unit: Unit
    better: Better
    readings: tuple[Reading, ...]
    default_reading: str
    slices: tuple[str, ...]
    base: Base | None
    formula: str | None
    source: Source
    valid_from: date
    valid_to: date | None
    version: int

    def reading(self, name: str) -> Reading:
        """The reading of that name; the caller has checked that it exists."""
        return next(reading for reading in self.readings if reading.name == name)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A whole, checked set of definitions, with what each needs from the book."""

    flags: Mapping[str, Flag]
    measures: Mapping[str, Measure]
    metrics: Mapping[str, Metric]
    versions: Mapping[str, str]
    """Definition version by metric: the declared number and a hash of everything it rests on."""
    fingerprint: str

    def loan_flags(self) -> tuple[Flag, ...]:
        """Flags about loans, each after the flags it refers to."""
        return tuple(flag for flag in self.flags.values() if flag.entity is Entity.LOAN)

    def event_flags(self) -> tuple[Flag, ...]:
        """Flags about first-loan events, each after the flags it refers to."""
        return tuple(flag for flag in self.flags.values() if flag.entity is Entity.EVENT)

    def measures_by(self, aggregation: Aggregation) -> tuple[Measure, ...]:
        """The measures taken in that way, in the order of the catalogue."""
        return tuple(m for m in self.measures.values() if m.aggregation is aggregation)
