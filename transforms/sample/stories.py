"""The parts that single branches play: steering the book so that they hold, and telling them.

Steering touches only what must be exact, the distance of two branches from the NPL tolerance: loans of
theirs that were sound fall behind five months before the end, until the ratio sits where it should.
The others follow from the draws. A story is told only if the book bears it out, so a tiny bank may have
fewer to tell.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from transforms.periods import months_back
from transforms.sample import ledger
from transforms.sample import network as net
from transforms.sample.draws import NEVER, Flags, Ints, month_number, stream
from transforms.sample.measures import Flagged, by_node, hundredths, rolled
from transforms.sample.positions import Outcome
from transforms.sample.snapshot import World

TOLERANCE: Final = 300
"""Points over the ratio of all loans, in hundredths of a percentage point."""
INSIDE_BY: Final = 15
OUTSIDE_BY: Final = 20
MONTHS_BEHIND: Final = 5
_ROUNDS: Final = 3

FlagMonth = Callable[[World, date], Flagged]
"""Flags the book of a world on a month end."""


@dataclass(frozen=True)
class Headroom:
    """A branch against the tolerance, in hundredths of a percentage point."""

    ratio: int
    limit: int

    @property
    def left(self) -> int:
        """Above zero inside the limit."""
        return self.limit - self.ratio


def headroom(world: World, flagged: Flagged, branch_id: str) -> Headroom:
    """Where a tier-1 branch stands against the tolerance."""
    here = _at_branch(world, flagged, branch_id) & flagged.inclusive
    reference = hundredths(
        int(flagged.balance[flagged.npl].sum()), int(flagged.balance[flagged.scope].sum())
    )
    return Headroom(
        hundredths(
            int(flagged.balance[here & flagged.npl].sum()), int(flagged.balance[here].sum())
        ),
        reference + TOLERANCE,
    )


def _at_branch(world: World, flagged: Flagged, branch_id: str) -> Flags:
    tier1 = world.branches.of_level("tier1")
    place = [node.branch_id for node in tier1].index(branch_id)
    return world.branches.tier1_of(flagged.held.as_of)[flagged.held.node] == place


def steered(world: World, last: date, flags: FlagMonth) -> World:
    """The same bank with two branches moved to either side of the tolerance at the last month."""
    flagged = flags(world, last)
    scope = int(flagged.balance[flagged.scope].sum())
    before = int(flagged.balance[flagged.npl].sum())
    aims = ((net.TOLERANCE_INSIDE, -INSIDE_BY), (net.TOLERANCE_OUTSIDE, OUTSIDE_BY))
    chosen: dict[str, Ints] = {}
    added = 0
    for _ in range(_ROUNDS):
        # What falls behind at the two branches lifts the bank's own ratio, and so the limit.
        limit = hundredths(before + added, scope) + TOLERANCE
        chosen = {
            branch_id: _to_fall_behind(world, flagged, branch_id, limit + offset)
            for branch_id, offset in aims
        }
        added = sum(int(flagged.balance[picked].sum()) for picked in chosen.values())
    return _behind(world, flagged, np.concatenate(list(chosen.values())), month_number(last))


def _to_fall_behind(world: World, flagged: Flagged, branch_id: str, ratio: int) -> Ints:
    """Sound inclusive loans of the branch that would lift its ratio to `ratio`."""
    held, month = flagged.held, flagged.held.month
    here = _at_branch(world, flagged, branch_id) & flagged.inclusive
    wanted = int(flagged.balance[here].sum()) * ratio // 10_000
    need = wanted - int(flagged.balance[here & flagged.npl].sum())
    loans, positions = world.loans, world.positions
    sound = here & (held.past_due == 0) & (held.tier == 0) & (held.status == 0)
    sound &= ~positions.amortising[held.position] & (positions.onset[held.position] == NEVER)
    start = loans.start[held.at]
    sound &= (start <= month - MONTHS_BEHIND - 1) & (start + loans.term[held.at] > month)
    candidates = stream(world.seed, f"fall behind at {branch_id}").permutation(
        np.flatnonzero(sound)
    )
    return _filling(candidates, flagged.balance[candidates], need)


def _filling(candidates: Ints, amounts: Ints, need: int) -> Ints:
    """Some of the candidates, adding up to hardly less than `need`."""
    if need <= 0 or not len(candidates):
        return candidates[:0]
    count = int(np.searchsorted(np.cumsum(amounts), need * 9 // 10, side="right"))
    left = need - int(amounts[:count].sum())
    order = count + np.argsort(amounts[count:], kind="stable")
    taken = list(range(count))
    while len(order):
        place = int(np.searchsorted(amounts[order], left, side="right")) - 1
        if place < 0:
            break
        taken.append(int(order[place]))
        left -= int(amounts[order[place]])
        order = order[:place]
    return candidates[np.array(taken, dtype=np.int64)]


def _behind(world: World, flagged: Flagged, picked: Ints, last: int) -> World:
    at, position = flagged.held.at[picked], flagged.held.position[picked]
    troubled = world.loans.troubled.copy()
    troubled[at] = True
    onset, outcome = world.positions.onset.copy(), world.positions.outcome.copy()
    onset[position] = last - MONTHS_BEHIND
    outcome[position] = Outcome.STAYS
    return replace(
        world,
        loans=replace(world.loans, troubled=troubled),
        positions=replace(world.positions, onset=onset, outcome=outcome),
    )


def tell(world: World, ends: tuple[date, ...], flags: FlagMonth) -> dict[str, str]:
    """The stories that hold in this bank, by branch."""
    last = flags(world, ends[-1])
    stories = _tolerance_stories(world, last)
    year_ago = months_back(ends[-1], 12)
    if year_ago in ends:
        stories |= _volume_story(world, last, flags(world, year_ago))
    merged = world.branches.nodes[world.branches.index(net.MERGED)]
    absorbing = world.branches.nodes[world.branches.index(net.ABSORBING)]
    if merged.closed is not None and merged.closed <= ends[-1]:
        stories[net.MERGED] = (
            f"{merged.name_en} merged into {absorbing.name_en} on {merged.closed.isoformat()}: "
            "without the dated hierarchy this reads as growth there."
        )
    stories[net.LEDGER_GAP] = (
        f"The ledger of this sub-branch is {ledger.DIFFERENCE:,} yuan above its loans in the last "
        f"{ledger.MONTHS} months."
    )
    return stories


def _tolerance_stories(world: World, last: Flagged) -> dict[str, str]:
    stories = {}
    inside = headroom(world, last, net.TOLERANCE_INSIDE)
    if 1 <= inside.left <= 30:  # noqa: PLR2004 - just inside
        stories[net.TOLERANCE_INSIDE] = (
            f"Inclusive NPL ratio {inside.ratio / 100:.2f} % against a limit of "
            f"{inside.limit / 100:.2f} %: just inside the tolerance."
        )
    outside = headroom(world, last, net.TOLERANCE_OUTSIDE)
    if -50 <= outside.left <= -5:  # noqa: PLR2004 - just outside
        stories[net.TOLERANCE_OUTSIDE] = (
            f"Inclusive NPL ratio {outside.ratio / 100:.2f} % against a limit of "
            f"{outside.limit / 100:.2f} %: just outside the tolerance."
        )
    return stories


def _volume_story(world: World, last: Flagged, before: Flagged) -> dict[str, str]:
    nodes, tier1 = len(world.branches.nodes), world.branches.of_level("tier1")
    tree = world.branches.tier1_of(last.held.as_of)
    taken_over = world.branches.booking(last.held.as_of)

    def sums(flagged: Flagged, which: str) -> Ints:
        moved = np.zeros(nodes, dtype=np.int64)
        np.add.at(moved, taken_over, by_node(flagged, getattr(flagged, which), nodes))
        return rolled(moved, tree, len(tier1)) // 100

    now, then = sums(last, "scope"), sums(before, "scope")
    place = [node.branch_id for node in tier1].index(net.VOLUME_ONLY)
    growth = (now - then) * 10_000 // np.maximum(then, 1)
    growth[then == 0] = -10_000
    share, share_then = (
        hundredths(int(sums(flagged, "sei")[place]), int(sums(flagged, "corporate")[place]))
        for flagged in (last, before)
    )
    if growth[place] < growth.max() or share >= share_then:
        return {}
    return {
        net.VOLUME_ONLY: (
            f"Loans grew {growth[place] / 100:.1f} % in a year, the fastest of all, while the share of "
            f"strategic emerging industries fell from {share_then / 100:.2f} % to {share / 100:.2f} %."
        )
    }
