"""Plans put to a branch's book: what a step of one is, what it does to a figure, and the actions it makes.

New lending is measured by the loan it would be like; loans that are taken, by how much there is of them.
The least amount is solved in `closing`; figures and targets are gathered in `orchestration.questions.gaps`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from transforms.analysis.gap import closing as gap
from transforms.analysis.gap.closing import Moved, Quotient, Reference, Standing
from transforms.analysis.gap.effects import Lent, Step, Taken, step
from transforms.analysis.gap.plans import Part, Plan, Way
from transforms.analysis.scenario import book as scenario_book
from transforms.analysis.scenario import template as scenario_template
from transforms.analysis.scenario.model import FEN, Action, How, Verb, Work
from transforms.catalogue.model import Better, Catalogue, Kind, Metric, Reading, Unit

_LENT: Final = frozenset({Verb.LEND, Verb.FIRST_TIME})
_ONE: Final = Decimal(1)
_MOST_CLIENTS: Final = 100_000
_RATE_PLACES: Final = Decimal("0.0001")
_BASIS_POINTS: Final = 10_000


@dataclass(frozen=True, eq=False)
class Sized:
    """What a step of a plan is, how many there are at most, and what new loans are like."""

    per_unit: Decimal
    most: int
    models: Mapping[Part, scenario_template.Model]
    copied: str | None
    rate: Decimal | None
    stock: Decimal = Decimal(0)


def sign(metric: Metric, plan: Plan) -> int:
    """Which way a rate goes: to the target, or away from it."""
    towards = -1 if metric.better is Better.LOWER else 1
    return -towards if plan.away else towards


@dataclass(frozen=True, eq=False)
class Planner:
    """Plans at one branch.

    Attributes:
        work: the month as it is.
        branch: the node.
        rate: the rate of new lending, as a fraction; that of the loan copied if not given.
    """

    work: Work
    branch: str
    rate: Decimal | None = None

    @property
    def _catalogue(self) -> Catalogue:
        return self.work.material.rules.catalogue

    def unit(self, plan: Plan) -> str:
        """What the amount of a plan is in: the base currency, `clients` or `bp`."""
        if plan.way in (Way.LEND_TO_CLIENTS, Way.FIRST_TIME_CLIENTS):
            return "clients"
        if plan.way is Way.REPRICE:
            return "bp"
        return self.work.material.rules.base_currency

    def sized(self, plan: Plan) -> Sized:
        """What a step of a plan is, how many there are, and what new loans are like.

        Raises:
            BranchmarkError: if there is no loan to make new ones like.
        """
        clients = self.unit(plan) == "clients"
        models: dict[Part, scenario_template.Model] = {}
        most, copied, rate = gap.MOST, None, None
        for part in plan.parts:
            action = self.action(part, FEN, None)
            if part.verb in _LENT:
                model = scenario_template.model_of(self.work, action)
                models[part] = model
                copied = model.loan_id
                rate = model.rates.get("interest")
            else:
                there = scenario_book.available(self.work, action)
                most = min(most, int(there * gap.FEN))
        priced = plan.way is Way.LEND_AT_RATE
        if clients:
            return Sized(_ONE, _MOST_CLIENTS, models, copied, None)
        if plan.way is Way.REPRICE:
            stock = Decimal(most) / gap.FEN
            return Sized(_RATE_PLACES, _BASIS_POINTS * _BASIS_POINTS, models, None, None, stock)
        return Sized(FEN, most, models, copied, rate if priced else None)

    def moved(self, plan: Plan, sized: Sized, metric: Metric, reading: Reading) -> Moved:
        """What one unit of a plan does to the figure and to what it is compared with.

        Raises:
            UndecidedError: if it does not follow.
        """
        own, less = Step(), Step()
        for part in plan.parts:
            if part.verb is Verb.REPRICE:
                return Moved(Step(sign(metric, plan) * sized.stock / _BASIS_POINTS))
            does = self._does(plan, part, sized)
            if metric.kind is Kind.GAP:
                first, second = (
                    step(
                        self._catalogue,
                        inner := self._catalogue.metrics[pair[0]],
                        inner.reading(pair[1]),
                        self.work.material.rules.as_of,
                        does,
                    )
                    for pair in (reading.minuend, reading.subtrahend)
                    if pair is not None
                )
                own, less = own + first, less + second
                continue
            own += step(self._catalogue, metric, reading, self.work.material.rules.as_of, does)
            if metric.kind is Kind.TOLERANCE:
                less += self._of_reference(reading, does)
        return Moved(own, less)

    def _of_reference(self, reading: Reading, does: Lent | Taken) -> Step:
        measures = self._catalogue.measures
        above, below = (
            does.adds(measures[str(name)], self._catalogue)
            for name in (reading.reference_numerator, reading.reference_denominator)
        )
        return Step(above, below)

    def _does(self, plan: Plan, part: Part, sized: Sized) -> Lent | Taken:
        if part.verb in _LENT:
            model = sized.models[part]
            clients = self.unit(plan) == "clients"
            return Lent(
                model.flags,
                model.rates,
                clients=_ONE if clients else None,
                balance=model.principal if clients else _ONE,
            )
        chosen = self.action(part, FEN, None)
        of, but_not = scenario_book.chosen_by(chosen)
        return Taken(part.verb, frozenset(of), frozenset(but_not))

    def action(self, part: Part, amount: Decimal, sized: Sized | None) -> Action:
        """A part of a plan as an action of so much."""
        model = None if sized is None else sized.models.get(part)
        given: dict[str, object] = {}
        if part.verb is Verb.LEND and self.rate is not None:
            given = {"interest_rate": self.rate}
        clients = None
        if sized is not None and sized.per_unit == _ONE:
            clients = int(amount)
            amount = amount * model.principal if model and part.verb is Verb.LEND else amount
        return Action(
            part.verb,
            self.branch,
            None if part.verb is Verb.FIRST_TIME else amount,
            like=part.like,
            of=part.of,
            but_not=part.but_not,
            technology=part.technology,
            clients=clients if part.verb in _LENT else None,
            how=How.LARGEST_FIRST,
            given=given,
        )

    def actions(self, plan: Plan, amount: Decimal, sized: Sized) -> tuple[Action, ...]:
        """The actions of a plan, each of so much, in order."""
        return tuple(self.action(part, amount, sized) for part in plan.parts)


def standing_of(
    metric: Metric,
    reading: Reading,
    row: Mapping[str, object],
    target: Decimal,
    *,
    reference: Reference | None = None,
    other: Callable[[str, str], Quotient],
    of_root: Callable[[str, str], Quotient],
) -> Standing:
    """A figure and what it is held against.

    Args:
        metric: what it is of.
        reading: under which reading.
        row: its fact.
        target: what it has to reach; of a tolerance nothing, since its headroom has to be zero.
        reference: what a tolerance rests on.
        other: the sums of another metric and reading at the branch, for a difference.
        of_root: the same for the whole bank.
    """
    if metric.kind is Kind.TOLERANCE:
        own = Quotient(amount_of(row["numerator"]), amount_of(row["denominator"]))
        return Standing(own, Decimal(0), Better.HIGHER, reference=reference)
    if metric.kind is not Kind.GAP or reading.minuend is None or reading.subtrahend is None:
        return Standing(quotient_of(metric, row), target, metric.better)
    less = (of_root if metric.of_root else other)(*reading.subtrahend)
    factor = 100 if metric.unit is Unit.PP else 1
    return Standing(other(*reading.minuend), target, metric.better, less=less, factor=factor)


def quotient_of(metric: Metric, row: Mapping[str, object]) -> Quotient:
    """The sums of a fact; of totals and increments the value alone."""
    whole = (Kind.TOTAL, Kind.COUNT_DISTINCT, Kind.INCREMENT, Kind.INCREMENT_DIFFERENCE)
    if metric.kind in whole or row["denominator"] is None:
        return Quotient(amount_of(row["value"]))
    scale = _BASIS_POINTS if metric.unit is Unit.BP else 1
    return Quotient(amount_of(row["numerator"]), amount_of(row["denominator"]), scale)


def amount_of(value: object) -> Decimal:
    """A value of a column of facts that is there."""
    assert isinstance(value, Decimal)  # noqa: S101 - the columns of facts are decimals
    return value
