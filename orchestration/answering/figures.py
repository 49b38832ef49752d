"""What pages ask about figures, answered by the bank at work: changes, score, gap, causes, outlook, peers.

Answers `dashboards.port.analyses`. How an answer comes about belongs in the module of
`orchestration.questions` that each one names; here it is asked for within the reader's scope and handed over
as the port wants it.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Final

from dashboards.port.analyses import (
    Apart,
    BranchStep,
    BranchWalk,
    Changes,
    Outlook,
    Peers,
    Score,
    Step,
    Walk,
)
from orchestration.bank import Bank
from orchestration.forks import Fork
from orchestration.months import MonthAtWork
from orchestration.questions import bridging, gaps, movements, peering, projecting, scoring
from orchestration.questions.bridge_children import Children
from orchestration.tracing import Figure, Rows
from records.access import Scope
from transforms.analysis.bridge.causes import LABELS
from transforms.analysis.bridge.effects import rounded
from transforms.analysis.gap import answers as gap_answers
from transforms.analysis.gap.answers import Gap
from transforms.catalogue.model import Metric, Unit
from transforms.errors import UnknownNameError

_SHOWN: Final = {Unit.RATIO: 4, Unit.COUNT: 0}
"""Decimals of a figure as pages show the steps of its change; two of all others."""


@dataclass(frozen=True)
class FigureAnswers:
    """Answers of the bank whose workspace is in that folder."""

    root: Path

    def changes(self, scope: Scope, branch: str, as_of: date, before: date) -> Changes:
        """Everything worth a sentence that changed at a node since an earlier month end."""
        found = movements.changes(Bank.at(self.root), scope, branch, as_of=as_of, compare=before)
        return Changes(found.events, found.names)

    def score(self, scope: Scope, branch: str, as_of: date) -> Score:
        """The node's card under the bank's standard profile."""
        found = scoring.scored(Bank.at(self.root), scope, as_of=as_of)
        figures, below = found.rolled_up(scoring.require_branch(found, scope, branch))
        return Score(found.scores.of(branch), figures, below)

    def gap(self, scope: Scope, branch: str, metric: str, reading: str, as_of: date) -> Gap:
        """What closes the gap between a figure and its target, each action tried on the book."""
        bank = Bank.at(self.root)
        (found,) = gaps.gaps(bank, scope, gap_answers.Asked(branch, metric, reading), as_of=as_of)
        return found

    def walk(
        self, scope: Scope, branch: str, metric: str, reading: str, start: date, end: date
    ) -> Walk:
        """Why a figure moved between two month ends, split over its causes."""
        made = self._bridge(scope, branch, metric, reading, start, end)
        steps = tuple(
            Step(LABELS[one.part.cause], one.amount, one.part.numerator, one.part.denominator)
            for one in made.printed(_SHOWN.get(made.unit, 2))
        )
        return Walk(made.start, made.end, steps, tuple(made.notes))

    def walk_by_branch(
        self, scope: Scope, branch: str, metric: str, reading: str, start: date, end: date
    ) -> BranchWalk:
        """The same, split over the units right below; effects are rounded so that they add up."""
        made = self._bridge(scope, branch, metric, reading, start, end)
        children = Children(made)
        places = _SHOWN.get(made.unit, 2)
        unit = Decimal(1).scaleb(-places)
        change = made.end.quantize(unit) - made.start.quantize(unit)
        found = [one for one, _ in children.contributions]
        halves = made.adding_up(
            [half for one in found for half in (one.within, one.mix)], change, places, 0
        )
        steps = []
        for number, one in enumerate(found):
            start_value, end_value = (
                _decimal(value, made.places) for value in children.values_of(one.child)
            )
            steps.append(
                BranchStep(
                    branch=one.child,
                    label=children.names.get(one.child),
                    of_bank=one.child == children.bank,
                    start=start_value,
                    end=end_value,
                    within=halves[2 * number],
                    mix=halves[2 * number + 1],
                )
            )
        steps.sort(key=lambda step: (-abs(step.amount), step.branch))
        return BranchWalk(made.start, made.end, tuple(steps), made.unit is not Unit.CURRENCY)

    def outlook(self, scope: Scope, branch: str, metric: str, reading: str, as_of: date) -> Outlook:
        """Where a figure would stand at the end of its year, by the method that erred least."""
        bank = Bank.at(self.root)
        asked = projecting.Asked(_metric(bank, metric, as_of), branch, as_of, None, reading)
        found = projecting.project(bank, scope, asked)
        told = found.chosen
        return Outlook(
            to=found.to,
            value=told.point.value,
            low=told.low,
            high=told.high,
            target=found.target,
            method=told.method.label,
            why=told.point.reason or told.no_range,
            told=found.outlook.value,
            notes=found.beside,
        )

    def peers(self, scope: Scope, branch: str, metric: str, reading: str, as_of: date) -> Peers:
        """A unit's figure among those of the units of its level."""
        bank = Bank.at(self.root)
        one = _metric(bank, metric, as_of)
        found = peering.beside(bank, scope, one, branch, as_of=as_of, reading=reading)
        return Peers(
            rows=found.rows,
            too_small=found.too_small,
            minimum=found.minimum,
            marks_hidden=found.marks_hidden,
            drawn=found.is_shrunk,
            notes=found.notes,
        )

    def apart(
        self, scope: Scope, branch: str, metric: str, reading: str, as_of: date
    ) -> tuple[Apart, ...]:
        """The loans that tell a reading of a metric from each of its others."""
        bank = Bank.at(self.root)
        node = scope.require(branch)
        month = MonthAtWork.newest(bank, bank.published.require(as_of))
        one = _metric(bank, metric, as_of)
        names = [reading, *(own.name for own in one.readings if own.name != reading)]
        shared: dict[date, Rows] = {}  # the readings of a metric are told from the same rows
        fork = Fork(
            tuple(Figure(bank, month, node, one, one.reading(name), shared) for name in names)
        )
        return tuple(
            Apart(counted, left_out, side, loans, amount)
            for counted, left_out, side, loans, amount in fork.apart.iter_rows()
        )

    def _bridge(
        self, scope: Scope, branch: str, metric: str, reading: str, start: date, end: date
    ) -> bridging.Bridge:
        asked = bridging.Asked(metric, start, end, branch, reading)
        made = bridging.Bridge.of(Bank.at(self.root), scope, asked)
        made.check_ends()
        return made


def _metric(bank: Bank, name: str, as_of: date) -> Metric:
    """The metric as it was defined on that day."""
    known = bank.definitions.on(as_of).metrics
    if name not in known:
        raise UnknownNameError("metric", name, tuple(known), way_out="The catalogue lists them.")
    return known[name]


def _decimal(value: Fraction | None, places: int) -> Decimal | None:
    return None if value is None else rounded(value, places)
