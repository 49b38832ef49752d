"""What is asked about a gap, and what is answered: records that commands and pages tell alike."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from transforms.analysis.gap.plans import Way
from transforms.catalogue.model import Better, Label, Metric, Reading


@dataclass(frozen=True)
class Answer:
    """One way to close a gap, or to use up a headroom.

    Attributes:
        way: which.
        amount: how much of it, in `unit`; none if no amount does it.
        unit: the base currency, `clients` or `bp`.
        label: the action in words.
        formula: how the amount follows, before it is rounded to where it meets.
        reason: why no amount does it.
        note: what is to be known of it.
        copied: the loan that new lending was made like.
        rate: the rate that new lending was reckoned with, where it matters.
        all_of_it: a headroom bounded by what there is.
        at_most: the amount is not proved: at most so much comes of it.
        value_after: the figure with it: by the recomputed month if verified, else by reckoning.
        status_after: its status then; none if it was not recomputed.
        verified: whether the month, computed with the action in it, meets the target; none if not tried.
        per_working_day: the amount over the working days that are left; none if none are left.
    """

    way: Way
    amount: Decimal | None
    unit: str
    label: Label
    formula: str
    reason: Label | None = None
    note: Label | None = None
    copied: str | None = None
    rate: Decimal | None = None
    all_of_it: bool = False
    at_most: bool = False
    value_after: Decimal | None = None
    status_after: str | None = None
    verified: bool | None = None
    per_working_day: Decimal | None = None


@dataclass(frozen=True)
class Pace:
    """How fast the gap has to close, beside how fast the figure moved this year so far.

    Attributes:
        until: the end of the target's period; of the year if the period is not known.
        full_target: the target of the whole period; that of the month if it is not spread.
        days_left: working days after the month end up to then.
        announced: whether the holidays of all of them are known.
        needed: change of the figure a working day that closes the gap; none if it is met or no day is left.
        since: the year end that the pace is measured from.
        days_gone: working days since.
        so_far: change of the figure a working day since; none if the year end is not published.
    """

    until: date
    full_target: Decimal
    days_left: int
    announced: bool
    needed: Decimal | None
    since: date
    days_gone: int
    so_far: Decimal | None


@dataclass(frozen=True, eq=False)
class Gap:
    """A figure, its target, and what closes the gap between them.

    Attributes:
        as_of: the month end.
        branch: the node.
        metric: the metric.
        reading: under which reading.
        value: the figure as published.
        target: its target; for a tolerance the limit in percentage points.
        distance: the published gap: below zero where the target is missed; for a tolerance its headroom.
        status: the published status.
        met: whether the actions tell a headroom and not what closes a gap; none if it points neither way.
        answers: the actions.
        pace: the run rate; none for a tolerance.
        headroom_amount: for a tolerance what may still turn bad, limit times balance less bad loans.
        watch: for a tolerance the overdue loans that would use it, columns `WATCH`.
        reason: why there are no actions.
        direction: who says which way the metric points, where the catalogue does not.
    """

    as_of: date
    branch: str
    metric: Metric
    reading: Reading
    value: Decimal
    target: Decimal
    distance: Decimal | None
    status: str
    met: bool | None
    answers: tuple[Answer, ...]
    pace: Pace | None = None
    headroom_amount: Decimal | None = None
    watch: pl.DataFrame | None = None
    reason: Label | None = None
    direction: Label | None = None

    @property
    def closing(self) -> tuple[Answer, ...]:
        """The actions that close the gap, or use the headroom up, as far as is known."""
        return tuple(
            one
            for one in self.answers
            if one.amount and not one.at_most and not one.all_of_it and one.verified is not False
        )


@dataclass(frozen=True)
class Asked:
    """What is asked.

    Attributes:
        branch: the node.
        metric: one metric; every one with a target or limit if empty.
        reading: its reading; the default one if empty.
        rate: the rate of new lending, as a fraction, where the price matters.
        better: which way a metric points that the catalogue leaves open; others keep their own.
        verify: whether each action is tried on the book.
    """

    branch: str
    metric: str = ""
    reading: str = ""
    rate: Decimal | None = None
    better: Better | None = None
    verify: bool = True
