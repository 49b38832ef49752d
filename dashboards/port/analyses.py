"""What pages ask of the bank at work: answers that take more than what was published, or a person's profile.

Pages know memory and numbers, and not how a bank's files come together. Whoever serves the pages answers
through this port; pages served without it leave the questions out.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

import polars as pl

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


class Analyses(Protocol):
    """Answers for one workspace. Every one is limited by the reader's scope.

    Raises:
        BranchmarkError: in words for the reader, where there is no answer.
    """

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
