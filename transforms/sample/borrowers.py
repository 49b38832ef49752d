"""Borrowers of the demo bank: kind, size, industry, home branch, group and credit line.

Borrowers stand in order of their first credit. What they owe belongs in `positions`; the credit line is
set there too, since it must cover all that the client may owe at every branch at once. What the bank
knows of them beyond that, and the canonical table, belong in `firms`.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import polars as pl

from transforms.sample import network as net
from transforms.sample.draws import (
    NEVER,
    Ints,
    Shorts,
    below,
    chance,
    numbered,
    one_of,
    pick,
    stream,
)
from transforms.sample.industries import PERSON_SECTIONS, PUBLIC_SECTIONS, Industries
from transforms.sample.network import Network


class Client(IntEnum):
    """The kinds of client that differ in everything: ticket, term, rate and risk."""

    LARGE = 0
    MEDIUM = 1
    SMALL = 2
    MICRO = 3
    PROPRIETOR = 4
    OWNER = 5
    PUBLIC = 6


LINE_MARK: Final = 1_000
"""The credit line, in 10,000 yuan, up to which a small client counts as inclusive business."""
CLIENT_WEIGHTS: Final = (28, 118, 364, 280, 122, 70, 18)
TYPES: Final = (*("enterprise",) * 4, "individual_business", "business_owner", "public")
SIZES: Final = ("CS01", "CS02", "CS03", "CS04", "CS04", None, "CS05")
TICKETS: Final = (
    # share of clients in 1/10,000 and ticket in 10,000 yuan
    ((0, 1000), (2500, 3000), (5000, 5000), (7500, 9000), (9000, 15000), (9700, 25000), (10000, 45000)),
    ((0, 300), (2500, 800), (5000, 1500), (7500, 2500), (9000, 4000), (9700, 6000), (10000, 9000)),
    ((0, 30), (2500, 120), (5000, 250), (7500, 450), (9000, 800), (9700, 1200), (10000, 2000)),
    ((0, 5), (2500, 30), (5000, 70), (7500, 130), (9000, 250), (9700, 400), (10000, 800)),
    ((0, 3), (2500, 15), (5000, 35), (7500, 70), (9000, 130), (9700, 250), (10000, 500)),
    ((0, 5), (2500, 20), (5000, 50), (7500, 90), (9000, 160), (9700, 300), (10000, 500)),
    ((0, 500), (2500, 1500), (5000, 3000), (7500, 5000), (9000, 9000), (9700, 14000), (10000, 25000)),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Borrowers:
    """Every borrower that ever has credit in the window, in order of first credit."""

    entry: Shorts
    """Month of the first credit; -1 for clients from before the window."""
    client: Shorts
    industry: Shorts
    """Position of the class in `Industries.codes`."""
    tier1: Shorts
    """Place of the home tier-1 branch among the tier-1 branches."""
    node: Shorts
    """Position of the home branch in the network."""
    group: Shorts
    """Number of the group, 0 for none."""
    order: Ints
    """Borrowers in order of their hashed number."""
    ids: pl.Series
    limit: Ints
    """Credit line over the whole bank, in yuan."""
    raised_limit: Ints
    raised_from: Shorts
    """Month from which the raised line holds."""

    def __len__(self) -> int:
        """How many."""
        return len(self.entry)

    def limit_at(self, month: int) -> Ints:
        """Credit lines in force in that month, in yuan."""
        return np.where(self.raised_from <= month, self.raised_limit, self.limit)


@dataclass(frozen=True, eq=False)
class Roll:
    """Who the borrowers are before anything is lent: `Borrowers` without numbers and lines."""

    entry: Shorts
    client: Shorts
    industry: Shorts
    tier1: Shorts
    node: Shorts
    group: Shorts


def tilts(seed: int, branches: Network) -> tuple[Shorts, Shorts]:
    """Appetite of each tier-1 branch for listed industries, in percent: old and new business."""
    tier1 = branches.of_level("tier1")
    old = 55 + below(stream(seed, "tilt"), 95, len(tier1))
    new = old + 4 + below(stream(seed, "tilt of new business"), 12, len(tier1))
    for at, node in enumerate(tier1):
        if node.branch_id == net.VOLUME_ONLY:
            old[at], new[at] = 210, 5
    return old, new


def roll(seed: int, branches: Network, classes: Industries, entry: Shorts) -> Roll:
    """Draw the borrowers for the given months of first credit (ascending, -1 for old clients)."""
    size = len(entry)
    client = pick(stream(seed, "kind of client"), CLIENT_WEIGHTS, size)
    tier1 = _home(seed, branches, entry)
    place_of_tier1 = [branches.index(node.branch_id) for node in branches.of_level("tier1")]
    counts = np.array([len(branches.children(branches.ids[at])) for at in place_of_tier1])
    sub = one_of(stream(seed, "home sub-branch"), counts[tier1]).astype(np.int32) + 1
    own = chance(stream(seed, "booked at tier 1"), 90_000, size)
    node = np.array(place_of_tier1, dtype=np.int32)[tier1] + np.where(own, 0, sub).astype(np.int32)
    return Roll(
        entry=entry,
        client=client,
        industry=_industry(seed, branches, classes, entry=entry, client=client, tier1=tier1),
        tier1=tier1,
        node=node,
        group=_group(seed, client),
    )


def _home(seed: int, branches: Network, entry: Shorts) -> Shorts:
    tier1 = branches.of_level("tier1")
    weights = [node.weight for node in tier1]
    pushed = [
        node.weight * 6 if node.branch_id == net.VOLUME_ONLY else node.weight for node in tier1
    ]
    old = pick(stream(seed, "home of old clients"), weights, len(entry))
    new = pick(stream(seed, "home of new clients"), pushed, len(entry))
    return np.where(entry < 0, old, new)


def _industry(
    seed: int,
    branches: Network,
    classes: Industries,
    *,
    entry: Shorts,
    client: Shorts,
    tier1: Shorts,
) -> Shorts:
    rng = stream(seed, "industry")
    industry = np.zeros(len(entry), dtype=np.int32)
    for old, tilted in zip((True, False), tilts(seed, branches), strict=True):
        for at, tilt in enumerate(tilted.tolist()):
            here = np.flatnonzero((tier1 == at) & ((entry < 0) == old))
            industry[here] = pick(rng, classes.weights(tilt=tilt), len(here))
    person = np.flatnonzero((client == Client.PROPRIETOR) | (client == Client.OWNER))
    weights = classes.weights(sections=PERSON_SECTIONS, tilt=15)
    industry[person] = pick(rng, weights, len(person))
    public = np.flatnonzero(client == Client.PUBLIC)
    weights = classes.weights(sections=PUBLIC_SECTIONS, tilt=60)
    industry[public] = pick(rng, weights, len(public))
    return industry


def _group(seed: int, client: Shorts) -> Shorts:
    rng = stream(seed, "group")
    share = np.array([550_000, 250_000, 30_000, 5_000, 0, 0, 0], dtype=np.int32)
    grouped = chance(rng, share[client], len(client))
    groups = max(2, len(client) // 60)
    return np.where(grouped, 1 + below(rng, groups, len(client)), 0).astype(np.int32)


def enlist(seed: int, who: Roll, need: Ints, *, first: int, last: int) -> Borrowers:
    """Give borrowers their numbers and their credit lines.

    Args:
        seed: of the bank.
        who: the borrowers.
        need: the most that each may ever owe, in units of 10,000 yuan.
        first: first month of the window.
        last: last month of the window.
    """
    size = len(need)
    rng = stream(seed, "credit line")
    line = need * (100 + below(rng, 41, size)) // 100 + 1
    # Below ten million a client belongs to inclusive business: banks set lines at just that mark.
    small = (who.client >= Client.SMALL) & (who.client <= Client.OWNER)
    mostly = (line > LINE_MARK) | (chance(rng, 40_000, size) & (line * 5 > LINE_MARK * 2))
    line = np.where(small & (need <= LINE_MARK) & mostly, LINE_MARK, line)
    raised = small & chance(rng, 8_000, size)
    scramble = (np.arange(size, dtype=np.int64) * 61_803_398_873 + 31_415_926_535) % 10**11
    return Borrowers(
        entry=who.entry,
        client=who.client,
        industry=who.industry,
        tier1=who.tier1,
        node=who.node,
        group=who.group,
        order=np.argsort(scramble, kind="stable"),
        ids=numbered("C", scramble, 11),
        limit=line * 10_000,
        raised_limit=line * 16_000,
        raised_from=np.where(raised, first + below(rng, last - first + 1, size), NEVER).astype(
            np.int32
        ),
    )


def group_ids(groups: Shorts) -> pl.Series:
    """Group numbers as text, null for none."""
    named = numbered("G", groups, 6)
    return pl.select(pl.when(pl.Series(groups > 0)).then(named)).to_series()
