"""The lending of the demo bank: credit positions, and the chain of loans that each one is.

A position is one need for credit of one client at one branch. It has exactly one loan on the book at a
time: drawn, run off or repaid at maturity, then drawn again, renewed or refinanced, until it ends or
falls into trouble. So the book of any month follows from a few numbers a loan, without stepping through
the months before. What a loan looks like on a month end belongs in `snapshot`.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import polars as pl

from transforms.sample import network as net
from transforms.sample.borrowers import TICKETS, Client, Roll
from transforms.sample.draws import (
    NEVER,
    Bits,
    Flags,
    Ints,
    Shorts,
    below,
    chance,
    days,
    numbered,
    on_curve,
    one_of,
    pick,
    stream,
)
from transforms.sample.industries import PUBLIC_SECTIONS, Form, Industries, Kind
from transforms.sample.network import Network

LEAD_MONTHS: Final = 20
"""How long before the window trouble may have begun, so that the first month is as old as the last."""
LATEST_MONTH_DAY: Final = 28


class Product(IntEnum):
    """Products, in the order of `snapshot.PRODUCTS`."""

    WORKING_CAPITAL = 0
    FIXED_ASSET = 1
    REAL_ESTATE = 2
    TRADE_FINANCE = 3
    SUPPLY_CHAIN = 4
    PERSONAL_BUSINESS = 5
    DISCOUNTED_BILL = 6
    REDISCOUNTED_BILL = 7


class Currency(IntEnum):
    """Currencies, in the order of their codes."""

    CNY = 0
    EUR = 1
    USD = 2


class Outcome(IntEnum):
    """How trouble ends."""

    NONE = 0
    STAYS = 1
    WRITTEN_OFF = 2
    TRANSFERRED = 3
    RESTRUCTURED = 4
    CURED = 5


@dataclass(frozen=True, eq=False)
class Positions:
    """Credit positions, one row each; every month is a number counted from January 1970."""

    borrower: Shorts
    node: Shorts
    start: Shorts
    """Drawdown month of the first loan of the chain."""
    end: Shorts
    """First month without the position."""
    term: Shorts
    """Months from a drawdown to its maturity."""
    day: Shorts
    """Day of the month on which it is drawn and falls due."""
    amount: Ints
    """The most that a loan of the chain may draw, in units of 10,000 yuan."""
    product: Shorts
    currency: Shorts
    security: Shorts
    amortising: Flags
    entrusted: Flags
    off_balance: Flags
    securitised_from: Shorts
    watched_from: Shorts
    first_issue: Shorts
    purpose: Shorts
    """Position in `Industries.written`."""
    sei_tag: Shorts
    """Field 1 to 9, 0 for no tag."""
    green: Flags
    onset: Shorts
    """Month in which trouble begins, or NEVER."""
    resolved: Shorts
    """Month in which it ends, or NEVER."""
    outcome: Shorts
    harshness: Shorts
    """Days by which the bank classifies it worse than the days past due alone would say."""


@dataclass(frozen=True, eq=False)
class Loans:
    """Loan receipts in order of drawdown, so that their numbers are too; those of an older series last."""

    ids: pl.Series
    position: Shorts
    first: Flags
    """The first of its chain."""
    start: Shorts
    end: Shorts
    """First month in which the receipt is no longer in the book."""
    term: Shorts
    troubled: Flags
    restructured: Flags
    previous: Ints
    """The loan before it in the chain, or -1."""
    mix: Bits
    """Sixty-three random bits, from which a loan's small particulars are read."""
    more: Bits
    """As many again, for the particulars that `marks` and `flows` read."""


@dataclass(frozen=True)
class Window:
    """The months the bank lives through, and how many positions it needs for that."""

    first: int
    last: int
    old: int
    new: int
    leaving: int

    @property
    def months(self) -> int:
        """How many."""
        return self.last - self.first + 1

    @classmethod
    def of(cls, *, last: int, months: int, loans: int) -> "Window":
        """Old and new positions so that about `loans` are left at the last month."""
        old = max(loans * 12_000 // (12_000 + 122 * months), 1)
        leaving = min(loans * 6 * months // 1_200, old // 3)
        return cls(last - months + 1, last, old, loans - old + leaving, leaving)


def entries(seed: int, window: Window) -> tuple[Shorts, Shorts]:
    """Months of first credit of clients, ascending, and of further positions; -1 is before."""
    size = window.old + window.new
    month = np.full(size, -1, dtype=np.int32)
    month[window.old :] = window.first + below(stream(seed, "entry"), window.months, window.new)
    further = np.arange(size) * 30 % 100 >= 70  # noqa: PLR2004 - three in ten
    return np.sort(month[~further]), np.sort(month[further])


def holders(seed: int, who: Roll, further: Shorts) -> Shorts:
    """The borrower of every further position: somebody who was a client before, often a large one."""
    rng = stream(seed, "holder")
    size = len(further)
    larger = np.flatnonzero(np.isin(who.client, (Client.LARGE, Client.MEDIUM, Client.PUBLIC)))
    anybody = np.arange(len(who.entry))
    chosen = []
    for crowd in (larger, anybody):
        known = np.searchsorted(who.entry[crowd], further, side="left")
        known = np.where(further < 0, np.searchsorted(who.entry[crowd], 0), known)
        place = one_of(rng, known.astype(np.int64))
        found = crowd[np.minimum(place, len(crowd) - 1)] if len(crowd) else np.zeros_like(place)
        chosen.append(np.where(known > 0, found, -1))
    big, some = chosen
    mixed = np.where(chance(rng, 500_000, size) & (big >= 0), big, some)
    return np.maximum(mixed, 0).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Twins:
    """Further positions made to repeat a new client's first credit elsewhere or later."""

    position: Ints
    borrower: Ints
    same_day: Flags


def twins(seed: int, who: Roll, further: Shorts, offset: int) -> Twins:
    """Choose the further positions, numbered from `offset`, that repeat a first credit."""
    rng = stream(seed, "twins")
    fresh = np.flatnonzero((who.entry >= 0) & (who.client <= Client.MICRO))
    places = np.flatnonzero(further >= 0)
    count = min(max(4, len(fresh) // 120), len(fresh), len(places))
    position = rng.choice(places, count, replace=False) if count else places[:0]
    borrower = rng.choice(fresh, count, replace=False) if count else fresh[:0]
    later = further[position] > who.entry[borrower]
    return Twins(position + offset, borrower, ~later | (np.arange(count) % 2 == 0))


def draw_positions(
    seed: int, window: Window, who: Roll, further: Shorts, branches: Network, classes: Industries
) -> tuple[Positions, Twins]:
    """Draw every position of the window."""
    clients, size = len(who.entry), len(who.entry) + len(further)
    same = twins(seed, who, further, clients)
    borrower = np.concatenate([np.arange(clients, dtype=np.int32), holders(seed, who, further)])
    borrower[same.position] = same.borrower
    entry = np.concatenate([who.entry, further])
    at_once = same.position[same.same_day]
    entry[at_once] = who.entry[same.borrower[same.same_day]]
    client, tier1 = who.client[borrower], who.tier1[borrower]
    node = _nodes(seed, branches, who, borrower, clients, forced=same.position)
    day = 1 + below(stream(seed, "day"), LATEST_MONTH_DAY, size)
    day[at_once] = day[same.borrower[same.same_day]]
    purpose = _purposes(seed, classes, who.industry[borrower])
    product, term = _products(seed, classes, client, purpose)
    start, end = _lives(seed, window, entry, term)
    currency = _currencies(seed, client, product)
    onset, resolved, outcome = _troubles(seed, window, branches, client=client, tier1=tier1)
    early = (entry < 0) & (onset <= start)
    back = one_of(stream(seed, "age in trouble"), np.maximum(term - 2, 1).astype(np.int64))
    start = np.where(early, onset - 1 - back, start).astype(np.int32)
    sound = (onset >= end) | (onset <= start) | (product >= Product.DISCOUNTED_BILL)
    onset = np.where(sound, NEVER, onset).astype(np.int32)
    rng = stream(seed, "particulars of a position")
    watched = chance(rng, 30_000, size)
    securitised = chance(rng, 6_000, size) & (currency == Currency.CNY)
    span = window.months + 12
    tagged, green = _tags(seed, classes, purpose=purpose, client=client)
    return Positions(
        borrower=borrower,
        node=node,
        start=start,
        end=end,
        term=term,
        day=day.astype(np.int32),
        amount=_amounts(seed, client, product),
        product=product,
        currency=currency,
        security=pick(rng, (8, 48, 27, 17), size),
        amortising=(term > 12) & chance(rng, 700_000, size),  # noqa: PLR2004 - a year
        entrusted=chance(rng, 4_000, size),
        off_balance=chance(rng, 5_000, size),
        securitised_from=_from_some_month(rng, securitised, window.first, span),
        watched_from=_from_some_month(rng, watched, window.first - 12, span),
        first_issue=pick(rng, (955, 20, 0, 0, 15, 10), size),
        purpose=purpose,
        sei_tag=tagged,
        green=green,
        onset=onset,
        resolved=np.where(sound, NEVER, resolved).astype(np.int32),
        outcome=np.where(sound, Outcome.NONE, outcome).astype(np.int32),
        harshness=np.array([0, 0, 0, 30, 60, 120], dtype=np.int32)[below(rng, 6, size)],
    ), same


def _from_some_month(rng: np.random.Generator, some: Flags, first: int, span: int) -> Shorts:
    return np.where(some, first + below(rng, span, len(some)), NEVER).astype(np.int32)


def _nodes(
    seed: int, branches: Network, who: Roll, borrower: Shorts, clients: int, *, forced: Ints
) -> Shorts:
    """Booking branch: the client's home, a neighbour of it, or now and then another city."""
    rng = stream(seed, "booking branch")
    size = len(borrower)
    tier1 = branches.of_level("tier1")
    place = np.array([branches.index(node.branch_id) for node in tier1], dtype=np.int32)
    counts = np.array([len(branches.children(node.branch_id)) for node in tier1], dtype=np.int64)
    kind = pick(rng, (690, 270, 40), size)
    kind[:clients] = 0
    kind[forced] = 2
    at = who.tier1[borrower]
    elsewhere = (at + 1 + one_of(rng, np.full(size, len(tier1) - 1))) % len(tier1)
    at = np.where(kind == 2, elsewhere, at)  # noqa: PLR2004 - the third of the kinds above
    sub = place[at] + 1 + one_of(rng, counts[at])
    return np.where(kind == 0, who.node[borrower], sub).astype(np.int32)


def _purposes(seed: int, classes: Industries, own: Shorts) -> Shorts:
    rng = stream(seed, "purpose")
    other = pick(rng, classes.weights(), len(own))
    chosen = np.where(chance(rng, 880_000, len(own)), own, other)
    form = pick(rng, (850, 115, 35), len(own))
    return (chosen * len(Form) + form).astype(np.int32)


def _products(
    seed: int, classes: Industries, client: Shorts, purpose: Shorts
) -> tuple[Shorts, Shorts]:
    rng = stream(seed, "product")
    size = len(client)
    section = classes.section[purpose // len(Form)]
    long_share = np.array([500, 380, 260, 220, 380, 380, 850], dtype=np.int32)[client]
    heavy = np.isin(section, [ord(letter) for letter in {*PUBLIC_SECTIONS, "D", "K"}])
    long = chance(rng, (long_share + 180 * heavy) * 1_000, size)
    term = np.where(
        long,
        np.array((24, 36, 60, 120))[pick(rng, (25, 40, 25, 10), size)],
        np.array((3, 6, 12))[pick(rng, (4, 18, 78), size)],
    )
    firm = client <= Client.MICRO
    short = pick(rng, (900, 55, 45), size)
    product = np.where(long, Product.FIXED_ASSET, Product.WORKING_CAPITAL)
    product = np.where(long & (section == ord("K")), Product.REAL_ESTATE, product)
    product = np.where(firm & ~long & (short == 1), Product.TRADE_FINANCE, product)
    product = np.where(firm & ~long & (short > 1), Product.SUPPLY_CHAIN, product)
    person = (client == Client.PROPRIETOR) | (client == Client.OWNER)
    product = np.where(person, Product.PERSONAL_BUSINESS, product)
    bill = pick(rng, (960, 32, 8), size) * firm
    product = np.where(bill > 0, Product.SUPPLY_CHAIN + 1 + bill, product).astype(np.int32)
    half_year = 3 + 3 * (below(rng, 2, size))
    return product, np.where(bill > 0, half_year, term).astype(np.int32)


def _lives(seed: int, window: Window, entry: Shorts, term: Shorts) -> tuple[Shorts, Shorts]:
    """First drawdown and end of every position."""
    rng = stream(seed, "life")
    size = len(entry)
    age = one_of(rng, term.astype(np.int64)).astype(np.int32)
    start = np.where(entry < 0, window.first - 1 - age, entry).astype(np.int32)
    old = max(int((entry < 0).sum()), 1)
    leaves = (entry < 0) & chance(rng, window.leaving * 1_000_000 // old, size)
    left = window.first + below(rng, window.months, size) + (window.months > 1)
    # Short loans are not prepaid: the client leaves when the loan falls due.
    due = start + -(-(left - start) // term) * term
    end = np.where(term <= 12, due, left)  # noqa: PLR2004 - a year
    return start, np.where(leaves, end, NEVER).astype(np.int32)


def _currencies(seed: int, client: Shorts, product: Shorts) -> Shorts:
    rng = stream(seed, "currency")
    trade = product == Product.TRADE_FINANCE
    dollars = np.where(trade, 240_000, np.where(client <= Client.MEDIUM, 26_000, 0))
    drawn = below(rng, 1_000_000, len(client))
    foreign = np.where(drawn < dollars * 3 // 4, Currency.USD, Currency.EUR)
    bill = product >= Product.DISCOUNTED_BILL
    return np.where((drawn < dollars) & ~bill, foreign, Currency.CNY).astype(np.int32)


def _amounts(seed: int, client: Shorts, product: Shorts) -> Ints:
    rng = stream(seed, "ticket")
    amount = np.zeros(len(client), dtype=np.int64)
    for kind in Client:
        here = np.flatnonzero(client == kind)
        amount[here] = on_curve(rng, TICKETS[kind], len(here))
    bill = product >= Product.DISCOUNTED_BILL
    return np.maximum(np.where(bill, amount // 4, amount), 2)


def _troubles(
    seed: int, window: Window, branches: Network, *, client: Shorts, tier1: Shorts
) -> tuple[Shorts, Shorts, Shorts]:
    """When trouble begins and ends, and how, for positions that see any."""
    rng = stream(seed, "trouble")
    size = len(client)
    climate = 70 + below(rng, 50, len(branches.of_level("tier1")))
    for at, node in enumerate(branches.of_level("tier1")):
        if node.branch_id in {net.TOLERANCE_INSIDE, net.TOLERANCE_OUTSIDE}:
            climate[at] = 60
    span = window.months + LEAD_MONTHS
    yearly = np.array([8_500, 14_000, 20_000, 23_000, 22_000, 20_000, 500], dtype=np.int64)
    likely = yearly[client] * span // 12 * climate[tier1] // 100
    onset = window.first - LEAD_MONTHS + below(rng, span, size)
    onset = np.where(chance(rng, likely.astype(np.int32), size), onset, NEVER)
    outcome = 1 + pick(rng, (6, 50, 13, 11, 20), size)
    shortest = np.array([0, NEVER, 13, 8, 4, 4], dtype=np.int32)[outcome]
    spread = np.array([1, 1, 10, 8, 6, 7], dtype=np.int64)[outcome]
    resolved = np.minimum(onset + shortest + one_of(rng, spread), NEVER)
    return onset.astype(np.int32), resolved.astype(np.int32), outcome.astype(np.int32)


def _tags(
    seed: int, classes: Industries, *, purpose: Shorts, client: Shorts
) -> tuple[Shorts, Flags]:
    """SEI field tags and green use of every position."""
    rng = stream(seed, "tags")
    size = len(purpose)
    industry = purpose // len(Form)
    kind, fields = classes.kind[industry], classes.fields[industry]
    listed = fields > 0
    # The lowest field of the class is its tag; now and then the wrong one.
    lowest = np.zeros(size, dtype=np.int32)
    for field in range(9, 0, -1):
        lowest = np.where(fields >> field & 1, field, lowest)
    wrong = (1 + below(rng, 9, size)).astype(np.int32)
    share = np.array([850_000, 260_000, 220_000, 0], dtype=np.int32)[kind]
    tagged = chance(rng, np.where(listed, share, 0).astype(np.int32), size)
    astray = chance(rng, np.where(listed, 15_000, 3_000).astype(np.int32), size)
    sei = np.where(astray, wrong, np.where(tagged, lowest, 0)).astype(np.int32)
    section = classes.section[industry]
    green_share = np.full(size, 25_000, dtype=np.int32)
    for letter, per_million in _GREEN.items():
        green_share[section == ord(letter)] = per_million
    green_share[(kind == Kind.WHOLE) & np.isin(section, [ord("D"), ord("N")])] = 800_000
    corporate = (client <= Client.MICRO) | (client == Client.PUBLIC)
    return sei, corporate & chance(rng, green_share, size)


_GREEN: Final = {
    "C": 90_000, "D": 260_000, "E": 130_000, "G": 190_000, "K": 50_000, "N": 360_000, "A": 60_000,
}  # fmt: skip


def draw_loans(seed: int, window: Window, positions: Positions) -> Loans:
    """Lay out the chain of every position and number the loans by drawdown.

    Receipts that leave the book just as the window opens stand last, with numbers of an older series: no
    month of the window holds them, but the first one tells how they left.
    """
    start, term = positions.start, positions.term
    troubled = positions.onset <= window.last
    until = np.minimum(positions.end, window.last + 1)
    in_trouble = (positions.onset - start) // term
    anew = troubled & (positions.outcome == Outcome.RESTRUCTURED)
    anew &= positions.resolved <= window.last
    count = np.where(troubled, in_trouble + 1 + anew, -(-(until - start) // term))
    position = np.repeat(np.arange(len(start), dtype=np.int32), np.maximum(count, 0))
    offset = np.cumsum(np.maximum(count, 0)) - np.maximum(count, 0)
    step = np.arange(len(position), dtype=np.int64) - offset[position]
    trouble = troubled[position] & (step == in_trouble[position])
    after = troubled[position] & (step > in_trouble[position])
    begin = np.where(after, positions.resolved[position], start[position] + step * term[position])
    length = np.where(after, 36, term[position])
    finish = np.minimum(begin + length, np.where(after, NEVER, positions.end[position]))
    finish = np.where(trouble, _departure(positions, begin + length, position), finish)
    keep = np.flatnonzero(finish > window.first)
    leaving = np.flatnonzero(finish == window.first)
    drawn = days(begin[keep].astype(np.int32), positions.day[position[keep]])
    rank = np.argsort(drawn, kind="stable")
    order = np.concatenate([keep[rank], leaving])
    place = np.full(len(position) + 1, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    return Loans(
        ids=pl.concat(
            [
                numbered("L", np.arange(1, len(keep) + 1), 10),
                numbered("LA", np.arange(1, len(leaving) + 1), 9),
            ]
        ),
        position=position[order],
        first=step[order] == 0,
        start=begin[order].astype(np.int32),
        end=finish[order].astype(np.int32),
        term=length[order].astype(np.int32),
        troubled=trouble[order],
        restructured=after[order],
        previous=np.where(step[order] > 0, place[order - 1], -1),
        mix=np.concatenate([_mix(seed, "mix", len(keep)), _mix(seed, "older mix", len(leaving))]),
        more=_mix(seed, "more mix", len(order)),
    )


def _mix(seed: int, purpose: str, size: int) -> Bits:
    return stream(seed, purpose).integers(0, 1 << 63, size, dtype=np.uint64)


def _departure(positions: Positions, due: Ints, position: Shorts) -> Ints:
    """First month without a troubled loan, by outcome."""
    outcome, resolved = positions.outcome[position], positions.resolved[position]
    leaves: Ints = np.select(
        [
            (outcome == Outcome.WRITTEN_OFF) | (outcome == Outcome.TRANSFERRED),
            outcome == Outcome.RESTRUCTURED,
            outcome == Outcome.CURED,
        ],
        [resolved + 1, resolved, np.maximum(due, resolved + 7)],
        NEVER,
    ).astype(np.int64)
    return leaves
