"""What one unit of an action does to the sums that a figure is reckoned from.

New lending moves the measures whose flags the loan copied meets; loans taken from the book move those
whose flags follow from how they were chosen. Where a measure does not follow so, nothing is guessed: the
action is not offered. How far an action has to go is solved in `closing`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from transforms import trace
from transforms.analysis.scenario.model import Verb
from transforms.catalogue.flags import implied, rests_on
from transforms.catalogue.model import (
    Aggregation,
    Catalogue,
    Entity,
    Measure,
    Metric,
    Reading,
)
from transforms.trace import Side

ZERO = Decimal(0)
ONE = Decimal(1)

TIER = frozenset({"loan_classification", "days_past_due", "loan_status"})
"""Columns that a cure or a turn for the worse changes."""


class UndecidedError(Exception):
    """What an action does to a measure does not follow from what is known of it."""


@dataclass(frozen=True)
class Step:
    """What one unit adds to numerator and denominator of a figure."""

    numerator: Decimal = ZERO
    denominator: Decimal = ZERO

    def __add__(self, other: "Step") -> "Step":
        """Two actions of one unit each."""
        return Step(self.numerator + other.numerator, self.denominator + other.denominator)


@dataclass(frozen=True)
class Lent:
    """One unit of new lending, or one client with a loan.

    Attributes:
        flags: every flag that holds: of the loan, of its drawdown, of its first-loan event.
        rates: what a unit of balance adds to each other amount, such as `interest`.
        clients: how many clients a unit is; none if that is no whole number.
    """

    flags: frozenset[str]
    rates: Mapping[str, Decimal]
    clients: Decimal | None = None
    balance: Decimal | None = ONE

    def adds(self, measure: Measure, catalogue: Catalogue) -> Decimal:
        """What a unit adds to a measure.

        Raises:
            UndecidedError: if it does not follow.
        """
        entity = catalogue.entity_of(measure)
        if measure.aggregation is Aggregation.REPORTED:
            return ZERO
        if entity is Entity.CHANGE or measure.aggregation is Aggregation.LARGEST:
            raise UndecidedError(measure.name)
        if entity in (Entity.TRADE, Entity.LISTING):
            raise UndecidedError(measure.name)
        if measure.where not in self.flags:
            return ZERO
        if measure.aggregation is Aggregation.SUM:
            if measure.over not in self.rates or self.balance is None:
                raise UndecidedError(measure.name)
            return self.rates[measure.over] * self.balance
        if self.clients is None:
            raise UndecidedError(measure.name)
        return self.clients


@dataclass(frozen=True)
class Taken:
    """One unit taken from loans chosen by flags, or put into another tier.

    Attributes:
        verb: what is done.
        of: flags that the loans meet.
        but_not: flags that they do not meet.
    """

    verb: Verb
    of: frozenset[str]
    but_not: frozenset[str]

    def adds(self, measure: Measure, catalogue: Catalogue) -> Decimal:
        """What a unit adds to a measure.

        Raises:
            UndecidedError: if it does not follow.
        """
        if measure.aggregation is Aggregation.REPORTED:
            return ZERO
        if catalogue.entity_of(measure) is not Entity.LOAN or measure.over != "balance":
            raise UndecidedError(measure.name)
        if measure.aggregation is not Aggregation.SUM:
            raise UndecidedError(measure.name)
        held = implied(catalogue, self.of)
        if self.verb in (Verb.CURE, Verb.TURN_NPL):
            return self._retiered(measure, catalogue, held)
        if measure.where in held:
            return -ONE
        # What asks for a flag that none of the loans meets, none of them meets.
        if implied(catalogue, {measure.where}) & self.but_not:
            return ZERO
        raise UndecidedError(measure.name)

    def _retiered(self, measure: Measure, catalogue: Catalogue, held: frozenset[str]) -> Decimal:
        if not rests_on(catalogue, measure.where, TIER):
            return ZERO
        if self.verb is Verb.CURE:
            if measure.where in held:
                return -ONE
            raise UndecidedError(measure.name)
        # A loan that turns bad meets a flag of bad loans if it meets all else that the flag asks for.
        asked = implied(catalogue, {measure.where})
        bad = {name for name in asked if rests_on(catalogue, name, TIER)}
        if "is_npl" in asked and (asked - bad) <= held and _only_npl(catalogue, bad):
            return ONE
        raise UndecidedError(measure.name)


def _only_npl(catalogue: Catalogue, names: Collection[str]) -> bool:
    """Whether flags ask for nothing about the tier but `is_npl`, in conditions that are flags."""
    clauses = [
        clause for name in names if name != "is_npl" for clause in catalogue.flags[name].clauses
    ]
    loan = implied(catalogue, {"is_npl"})
    return all(clause.sql in catalogue.flags or clause.sql in loan for clause in clauses)


def step(
    catalogue: Catalogue,
    metric: Metric,
    reading: Reading,
    as_of: date,
    done: Lent | Taken,
) -> Step:
    """What a unit of an action does to a figure's numerator and denominator.

    Raises:
        UndecidedError: if it does not follow for one of its measures.
    """
    sums = {Side.NUMERATOR: ZERO, Side.DENOMINATOR: ZERO}
    for part in trace.parts_of(catalogue, metric, reading, as_of):
        if part.as_of == as_of:
            sums[part.side] += part.times * done.adds(catalogue.measures[part.measure], catalogue)
    return Step(sums[Side.NUMERATOR], sums[Side.DENOMINATOR])
