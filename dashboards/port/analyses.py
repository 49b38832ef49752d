"""What pages ask of the bank at work: answers that take more than what was published, or a person's profile.

Pages know memory and numbers, and not how a bank's files come together. Whoever serves the pages answers
through this port; pages served without it leave the questions out.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

import polars as pl

from dashboards.port.drafts import Drafts
from dashboards.port.loans import LoanQuestions
from dashboards.port.reports import Reports
from dashboards.port.rules import Rules
from records.access import Scope
from transforms.analysis.gap.answers import Gap
from transforms.catalogue.model import Label
from transforms.scoring.rollup import RollUp
from transforms.scoring.score import Scores


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed at a node.

    Attributes:
        events: rows of `transforms.analysis.changed.events.EVENT`, the gravest first.
        names: names of the branches that events are about, English and Chinese, by number.
    """

    events: pl.DataFrame
    names: dict[str, tuple[str, str]]


@dataclass(frozen=True, eq=False)
class Score:
    """A branch's card, and one status made of several.

    Attributes:
        scores: the card; nothing but this branch.
        figures: one status over its figures.
        below: one status over the branches right below it.
    """

    scores: Scores
    figures: RollUp
    below: RollUp


@dataclass(frozen=True)
class Step:
    """What one cause did to a figure, in its own unit.

    Amounts are rounded as they are shown, and so that they add up to the change of the figures as shown.
    """

    label: Label
    amount: Decimal
    numerator: Decimal | None
    denominator: Decimal | None


@dataclass(frozen=True)
class Walk:
    """Why a figure moved between two month ends.

    Attributes:
        start: the figure then.
        end: the figure now.
        steps: what moved it, in order.
        notes: what is to be known of it.
    """

    start: Decimal
    end: Decimal
    steps: tuple[Step, ...]
    notes: tuple[Label, ...]


@dataclass(frozen=True)
class BranchStep:
    """What one unit below did to the change of the figure above it, in the figure's own unit.

    Attributes:
        branch: the unit; the one above itself for what it books directly.
        label: its name, as it is called last; none if no tree knows it.
        of_bank: whether it stands for the whole bank's side of a gap.
        start: its own figure then; none where it had none.
        end: its own figure now.
        within: what it did because its own figure changed.
        mix: what it did because its weight changed.
    """

    branch: str
    label: Label | None
    of_bank: bool
    start: Decimal | None
    end: Decimal | None
    within: Decimal
    mix: Decimal

    @property
    def amount(self) -> Decimal:
        """All that it did; the amounts of all units add up to the change."""
        return self.within + self.mix


@dataclass(frozen=True)
class BranchWalk:
    """Why a figure moved between two month ends, unit by unit.

    Attributes:
        start: the figure then, `end` the figure now.
        steps: the units below, the largest effect first.
        weighed: whether within and mix differ; of an amount there is but one effect.
    """

    start: Decimal
    end: Decimal
    steps: tuple[BranchStep, ...]
    weighed: bool


@dataclass(frozen=True)
class Outlook:
    """A figure carried on to the end of its year.

    Attributes:
        to: the end of the year.
        value: where it would stand; none if no method gives one.
        low: the lower end of the range; none without one.
        high: the upper end.
        target: of the period that ends there.
        method: by which method.
        why: why there is no range; none with one.
        told: how it stands to the target: a value of `projection.backtest.Outlook`.
        notes: what is to be known of it.
    """

    to: date
    value: Decimal | None
    low: Decimal | None
    high: Decimal | None
    target: Decimal | None
    method: Label
    why: Label | None
    told: str
    notes: tuple[Label, ...]


@dataclass(frozen=True, eq=False)
class Peers:
    """A unit among those of its group.

    Attributes:
        rows: as `transforms.analysis.peers.ranking.shown` gives them: units outside the scope have no
            name, small counts of theirs no value.
        too_small: how many figures the group has, if they are too few to be shown.
        minimum: how many it takes.
        marks_hidden: whether median and quartiles are withheld.
        drawn: whether ratios of few clients were drawn towards the group's.
        notes: what else is to be said.
    """

    rows: pl.DataFrame
    too_small: int | None
    minimum: int
    marks_hidden: bool
    drawn: bool
    notes: tuple[Label, ...]


@dataclass(frozen=True)
class Apart:
    """Loans that one reading counts on a side and another does not.

    Attributes:
        counted: the reading that counts them.
        left_out: the reading that does not.
        side: `numerator` or `denominator`.
        loans: how many.
        amount: what they add up to.
    """

    counted: str
    left_out: str
    side: str
    loans: int
    amount: Decimal


class Analyses(Protocol):
    """Answers for one workspace. Every one is limited by the reader's scope.

    Raises:
        BranchmarkError: in words for the reader, where there is no answer.
    """

    @property
    def drafts(self) -> Drafts:
        """Answers about drafts."""
        ...

    @property
    def loans(self) -> LoanQuestions:
        """Answers about the loans behind figures, and about one loan."""
        ...

    @property
    def reports(self) -> Reports:
        """Answers about reports, and the steps that are taken with them."""
        ...

    @property
    def rules(self) -> Rules:
        """Tells the rules that data are checked by."""
        ...

    def changes(self, scope: Scope, branch: str, as_of: date, before: date) -> Changes:
        """Everything worth a sentence that changed at a node since an earlier month end."""
        ...

    def score(self, scope: Scope, branch: str, as_of: date) -> Score:
        """The node's card under the bank's standard profile."""
        ...

    def gap(self, scope: Scope, branch: str, metric: str, reading: str, as_of: date) -> Gap:
        """What closes the gap between a figure and its target, each action tried on the book."""
        ...

    def walk(
        self, scope: Scope, branch: str, metric: str, reading: str, start: date, end: date
    ) -> Walk:
        """Why a figure moved between two month ends, split over its causes."""
        ...

    def walk_by_branch(
        self, scope: Scope, branch: str, metric: str, reading: str, start: date, end: date
    ) -> BranchWalk:
        """The same, split over the units right below."""
        ...

    def outlook(self, scope: Scope, branch: str, metric: str, reading: str, as_of: date) -> Outlook:
        """Where a figure would stand at the end of its year."""
        ...

    def peers(self, scope: Scope, branch: str, metric: str, reading: str, as_of: date) -> Peers:
        """A unit's figure among those of the units of its level."""
        ...

    def apart(
        self, scope: Scope, branch: str, metric: str, reading: str, as_of: date
    ) -> tuple[Apart, ...]:
        """The loans that tell a reading of a metric from each of its others."""
        ...
