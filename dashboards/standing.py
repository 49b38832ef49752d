"""Who is behind and what changed: branches ranked by distance to target, statuses that flipped.

A distance is measured as a part of its target, so that shares, amounts and clients can stand in one
list. The scorecards compared come from `scorecard`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from dashboards.scorecard_row import ScorecardRow
from transforms.scorecards import Status

Cards = Mapping[str, Sequence[ScorecardRow]]
"""Scorecards by branch."""

MOST_LINES: Final = 60
"""Branches that stand side by side at once; of a larger bank they are folded by region."""

GRAVITY: Final[Mapping[Status, int]] = {
    Status.MET: 0,
    Status.WITHIN: 0,
    Status.NEAR: 1,
    Status.MISSED: 2,
    Status.EXCEEDED: 2,
}
"""How bad a judged status is; the others are no judgement."""


@dataclass(frozen=True)
class Behind:
    """A branch that misses something: how much of what, and where it is furthest off."""

    branch: str
    missed: int
    near: int
    furthest: ScorecardRow


@dataclass(frozen=True)
class Flip:
    """A status that changed since the month compared with."""

    branch: str
    row: ScorecardRow
    before: Status
    worse: bool


def narrowed(cards: Cards, metrics: Sequence[str]) -> dict[str, tuple[ScorecardRow, ...]]:
    """The same scorecards with some metrics only, in their order."""
    found = {}
    for branch, card in cards.items():
        rows = {row.metric_id: row for row in card}
        found[branch] = tuple(rows[name] for name in metrics if name in rows)
    return found


def tally(card: Sequence[ScorecardRow]) -> Counter[Status]:
    """How many figures of a scorecard stand how."""
    return Counter(row.status for row in card)


def judged(card: Sequence[ScorecardRow]) -> int:
    """How many figures of a scorecard have an approved target."""
    return sum(row.status in {Status.MET, Status.NEAR, Status.MISSED} for row in card)


def met(card: Sequence[ScorecardRow]) -> int:
    """How many of the approved targets of a scorecard are met."""
    return tally(card)[Status.MET]


def furthest_behind(card: Sequence[ScorecardRow]) -> ScorecardRow | None:
    """The figure with the largest distance on the wrong side of its target or limit."""
    off = [(row.shortfall, row) for row in card if row.shortfall is not None and row.shortfall < 0]
    return min(off, key=lambda pair: pair[0])[1] if off else None


def behind(cards: Cards) -> list[Behind]:
    """The branches that miss a target or exceed a limit, the worst first."""
    found = []
    for branch, card in cards.items():
        count = tally(card)
        missed = count[Status.MISSED] + count[Status.EXCEEDED]
        furthest = furthest_behind(
            [row for row in card if GRAVITY.get(row.status) == GRAVITY[Status.MISSED]]
        )
        if missed and furthest is not None:
            found.append(Behind(branch, missed, count[Status.NEAR], furthest))
    return sorted(found, key=lambda one: (-one.missed, -one.near, _distance(one.furthest)))


def flips(cards: Cards) -> list[Flip]:
    """Statuses that changed since the month compared with, the largest move first."""
    found = []
    for branch, card in cards.items():
        for row in card:
            before = row.previous_status
            if before not in GRAVITY or row.status not in GRAVITY or before is None:
                continue
            if GRAVITY[before] != GRAVITY[row.status]:
                worse = GRAVITY[row.status] > GRAVITY[before]
                found.append(Flip(branch, row, before, worse))
    return sorted(found, key=lambda flip: (-abs(_move(flip.row)), flip.branch, flip.row.metric_id))


def by_distance(cards: Cards, metric_id: str) -> list[str]:
    """The branches from the furthest behind to the furthest ahead in one metric.

    Without a target they are ranked by value, and those without a value come last.
    """
    rows = {
        branch: next((row for row in card if row.metric_id == metric_id), None)
        for branch, card in cards.items()
    }

    def place(branch: str) -> tuple[int, Decimal]:
        row = rows[branch]
        if row is None or row.value is None:
            return (2, Decimal(0))
        return (1, -row.value) if row.shortfall is None else (0, row.shortfall)

    return sorted(rows, key=place)


def by_misses(cards: Cards) -> list[str]:
    """The branches from the one that misses most to the one that misses least."""

    def place(branch: str) -> tuple[int, int, Decimal]:
        count, off = tally(cards[branch]), furthest_behind(cards[branch])
        missed = count[Status.MISSED] + count[Status.EXCEEDED]
        return (-missed, -count[Status.NEAR], _distance(off) if off else Decimal(0))

    return sorted(cards, key=place)


def _distance(row: ScorecardRow) -> Decimal:
    return row.shortfall if row.shortfall is not None else Decimal(0)


def _move(row: ScorecardRow) -> Decimal:
    before = row.previous_shortfall
    return _distance(row) - before if before is not None else Decimal(0)
