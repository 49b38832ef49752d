"""The records a catalogue is made of: flags, measures and metrics, frozen and self-explaining.

A *flag* is a rule about one row of a kind (a loan, a flow, a first-loan event), in clauses a person can
read. A *measure* is one number over flagged rows: a sum, a count, the largest few. A *metric* is what a
bank reports, made from measures. Reading them from YAML belongs in `forms` and `load`, refusing wrong
ones in `checks`; computing them in `cube`, `clients` and `facts`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """How a metric is made from its measures."""

    TOTAL = "total"
    COUNT_DISTINCT = "count_distinct"
    RATIO = "ratio"
    WEIGHTED_MEAN = "weighted_mean"
    INCREMENT = "increment"
    INCREMENT_DIFFERENCE = "increment_difference"
    """This year's increment since the year end minus last year's over the same months (同比多增)."""
    GROWTH = "growth"
    AVERAGE = "average"
    """The mean over the month ends of the year so far."""
    GAP = "gap"
    """One metric's value minus another's."""
    TOLERANCE = "tolerance"
    INDEX = "index"
    """Herfindahl-Hirschman: ten thousand times the sum of squared shares."""
    TOP_N = "top_n"
    """What the largest few clients or members hold, over a whole."""


class Unit(StrEnum):
    """What a metric's value is measured in."""

    CURRENCY = "currency"
    """Units of the workspace's base currency."""
    COUNT = "count"
    RATIO = "ratio"
    """A fraction: 0.15 is 15 %."""
    PP = "pp"
    """Percentage points: 0.15 is 0.15 pp."""
    BP = "bp"
    """Basis points: 35 is 0.35 percentage points."""
    DAYS = "days"
    INDEX = "index"
    """0 to 10,000."""


class Better(StrEnum):
    """Which direction is favourable."""

    HIGHER = "higher"
    LOWER = "lower"
    NEUTRAL = "neutral"
    """Neither: the figure is read, not judged."""
    BAND = "band"
    """Inside a band that the regulator sets bank by bank."""


class Parts(StrEnum):
    """How the members of a slice make up the uncut figure."""

    ADD_UP = "add_up"
    """Their values add up to it."""
    TERMS_ADD_UP = "terms_add_up"
    """Their numerators and denominators do; the value is their quotient, no sum."""
    NEED_NOT = "need_not_add_up"
    """A client with loans in several members counts in each."""


class At(StrEnum):
    """When a measure is taken, seen from the month end of the figure."""

    NOW = "now"
    PREVIOUS_MONTH = "previous_month"
    YEAR_END = "year_end"
    SAME_MONTH_LAST_YEAR = "same_month_last_year"
    YEAR_END_BEFORE = "year_end_before"
    """The year end before last: what last year's increment started from."""
    YEAR_TO_DATE = "year_to_date"
    """Summed over the month ends of the year so far."""


class Entity(StrEnum):
    """What a flag is a rule about."""

    LOAN = "loan"
    EVENT = "event"
    """A first-loan event."""
    FLOW = "flow"
    """A loan event of the month, with the loan as it stood before it."""
    CHANGE = "change"
    """A loan between two month ends."""
    LISTING = "listing"
    """An enterprise on a technology list, in the area of a node."""
    TRADE = "trade"
    """A month's trade of a borrower with a core enterprise."""


class Aggregation(StrEnum):
    """How a measure is taken over flagged rows."""

    SUM = "sum"
    COUNT_DISTINCT = "count_distinct"
    COUNT_EVENTS = "count_events"
    LARGEST = "largest"
    REPORTED = "reported"
    """One number that the bank reports as a whole, such as its net capital."""
    COMBINED = "combined"
    """Other measures, added up with factors and at their own times."""


NODE_LEVEL = frozenset({Aggregation.COUNT_DISTINCT, Aggregation.LARGEST, Aggregation.REPORTED})
"""Taken at every node anew: these do not add up over branches, and have no value at earlier times."""


@dataclass(frozen=True)
class Label:
    """A name in the two languages of the product."""

    en: str
    zh: str


@dataclass(frozen=True)
class Source:
    """The document a definition rests on, and whether its text was verified.

    Attributes:
        own: the definition is this product's own: no official one of that name exists.
    """

    document: str
    verified: bool
    own: bool = False


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
class Term:
    """One measure at one time, times a factor."""

    measure: str
    at: At = At.NOW
    times: Decimal = Decimal(1)


@dataclass(frozen=True)
class Measure:
    """One number over flagged rows.

    Attributes:
        over: the amount summed or the column counted; for counted events the window, `month` or
            `year_to_date`; for a reported number its kind.
        where: the flag that admits rows; empty for a reported or combined measure.
        by: of whom the largest are taken: `borrower_id`, `group_id` or a slice.
        largest: how many of them.
        since: what a change is measured from.
        window: the months whose flows are counted, where clients are counted: `month` or
            `year_to_date`.
        terms: what a combined measure adds up.
    """

    name: str
    aggregation: Aggregation
    over: str
    where: str = ""
    by: str = ""
    largest: int = 0
    since: At | None = None
    window: str = "month"
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Reading:
    """The measures a metric takes under one reading; which are set depends on the kind.

    Attributes:
        minuend: for a gap the metric that is subtracted from, and its reading if not the default.
        subtrahend: the metric that is subtracted.
        rule: for a tolerance the rule, or `in_force` for the one of the month.
        over: for an index the slice whose members' shares are squared.
    """

    name: str
    numerator: str = ""
    denominator: str | None = None
    reference_numerator: str | None = None
    reference_denominator: str | None = None
    minuend: tuple[str, str] | None = None
    subtrahend: tuple[str, str] | None = None
    rule: str | None = None
    over: str | None = None

    @property
    def measures(self) -> tuple[str, ...]:
        """The measures named, each once, in order."""
        names = (
            self.numerator,
            self.denominator,
            self.reference_numerator,
            self.reference_denominator,
        )
        return tuple(dict.fromkeys(name for name in names if name))


@dataclass(frozen=True)
class Metric:
    """What a bank reports: names, kind, unit, direction, readings, source and validity.

    Attributes:
        slices: what it may be cut by; numerator and denominator are both cut.
        composition: what its numerator alone may be cut by: parts of the whole denominator.
        annualised: numerator times twelve, denominator times the months of the year so far.
        whole_bank: a figure of the legal entity, given at the root only.
        of_root: the subtrahend of a gap is the whole bank's, at every node.
        formulas: ids of the formula list that it answers.
    """

    metric_id: str
    family: str
    label: Label
    kind: Kind
    unit: Unit
    better: Better
    readings: tuple[Reading, ...]
    default_reading: str
    slices: tuple[str, ...]
    composition: tuple[str, ...]
    base: At | None
    annualised: bool
    whole_bank: bool
    of_root: bool
    formulas: tuple[str, ...]
    source: Source
    note: Label | None
    valid_from: date
    valid_to: date | None
    version: int

    @property
    def cuts(self) -> tuple[str, ...]:
        """Every slice that the metric may be asked for."""
        return (*self.slices, *self.composition)

    def parts(self, slice_: str) -> Parts:
        """How the members of one of its slices make up the figure."""
        if self.kind is Kind.COUNT_DISTINCT:
            return Parts.NEED_NOT
        if self.kind is Kind.TOTAL or slice_ in self.composition:
            return Parts.ADD_UP
        return Parts.TERMS_ADD_UP

    def reading(self, name: str) -> Reading:
        """The reading of that name; the caller has checked that it exists."""
        return next(reading for reading in self.readings if reading.name == name)


@dataclass(frozen=True, eq=False)
class Catalogue:
    """A whole, checked set of definitions."""

    flags: Mapping[str, Flag]
    measures: Mapping[str, Measure]
    metrics: Mapping[str, Metric]
    versions: Mapping[str, str]
    """Definition version by metric: the declared number and a hash of everything it rests on."""
    fingerprint: str

    def flags_of(self, entity: Entity) -> tuple[Flag, ...]:
        """Flags about one kind of row, each after the flags it refers to."""
        return tuple(flag for flag in self.flags.values() if flag.entity is entity)

    def measures_by(self, *aggregations: Aggregation) -> tuple[Measure, ...]:
        """The measures taken in one of these ways, in the order of the catalogue."""
        return tuple(m for m in self.measures.values() if m.aggregation in aggregations)

    def entity_of(self, measure: Measure) -> Entity | None:
        """The kind of row a measure is taken over; none for a reported or combined one."""
        return self.flags[measure.where].entity if measure.where else None

    def sums_of(self, entity: Entity) -> tuple[Measure, ...]:
        """Measures that add amounts of that kind of row."""
        return tuple(m for m in self.measures_by(Aggregation.SUM) if self.entity_of(m) is entity)

    def terms(self, name: str, at: At = At.NOW) -> tuple[Term, ...]:
        """A measure as plain measures with times and factors, however deeply it is combined."""
        measure = self.measures[name]
        if measure.aggregation is not Aggregation.COMBINED:
            return (Term(name, at),)
        return tuple(
            replace(inner, times=inner.times * term.times)
            for term in measure.terms
            for inner in self.terms(term.measure, at if term.at is At.NOW else term.at)
        )

    def plain_measures(self, reading: Reading) -> tuple[str, ...]:
        """The plain measures that a reading comes down to, each once."""
        named = [term.measure for name in reading.measures for term in self.terms(name)]
        for pair in (reading.minuend, reading.subtrahend):
            if pair is not None:
                metric, other = pair
                named += self.plain_measures(self.metrics[metric].reading(other))
        return tuple(dict.fromkeys(named))
