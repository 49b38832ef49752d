"""The few sums the demo bank needs of itself: to set targets and to act its stories.

Not the product's metrics: those are the catalogue's, over any book. Here a fixed reading over the
generator's own arrays is enough to aim by.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from transforms.sample.borrowers import Client
from transforms.sample.companions import Certificates, Events, Relations
from transforms.sample.draws import Flags, Ints, Shorts, day_number, month_number
from transforms.sample.positions import Product
from transforms.sample.snapshot import GREEN_2025, Book, World

INCLUSIVE_LIMIT = 10_000_000
NON_PERFORMING = 2
"""Place of the first non-performing tier among the five."""


@dataclass(frozen=True, eq=False)
class Flagged:
    """A book with what counts for what, and balances in cents of yuan."""

    held: Book
    balance: Ints
    scope: Flags
    corporate: Flags
    sei: Flags
    technology: Flags
    green: Flags
    chain: Flags
    npl: Flags
    inclusive: Flags


def flag(
    world: World,
    held: Book,
    *,
    rates: tuple[int, int, int],
    lists: Certificates,
    chains: Relations,
) -> Flagged:
    """Say of every loan in the book what it counts for."""
    positions, at = world.positions, held.position
    borrower, product = positions.borrower[at], positions.product[at]
    client, today = world.borrowers.client[borrower], day_number(held.as_of)
    rate = np.array(rates, dtype=np.int64)[positions.currency[at]]
    balance = (held.outstanding * rate + 5_000) // 10_000
    scope = ~positions.off_balance[at] & ~positions.entrusted[at] & (held.movement == 0)
    scope &= (held.status < 3) & (held.outstanding > 0)  # noqa: PLR2004 - neither gone nor sold
    scope &= product != Product.REDISCOUNTED_BILL
    corporate = scope & ((client <= Client.MICRO) | (client == Client.PUBLIC))
    purpose, tag = positions.purpose[at], positions.sei_tag[at]
    classes = world.classes
    fits = (tag > 0) & (classes.sei_fields[purpose] >> tag & 1 > 0)
    sei = corporate & (classes.sei_whole[purpose] | fits)
    listed = lists.holders(today, len(world.borrowers))[borrower]
    technology = corporate & (listed | classes.technology[purpose] | sei)
    right = (held.green_edition > 0) | ((held.green_item <= 6) & ~_late_green(held))  # noqa: PLR2004
    green = corporate & (held.green_item > 0) & right
    small = (client >= Client.SMALL) & (client <= Client.OWNER)
    line = world.borrowers.limit_at(held.month)[borrower]
    inclusive = scope & small & (line <= INCLUSIVE_LIMIT) & (product < Product.DISCOUNTED_BILL)
    return Flagged(
        held=held,
        balance=balance,
        scope=scope,
        corporate=corporate,
        sei=sei,
        technology=technology,
        green=green,
        chain=green & chains.tied(held, borrower),
        npl=scope & (held.tier >= NON_PERFORMING),
        inclusive=inclusive,
    )


def _late_green(held: Book) -> Flags:
    return held.approved >= day_number(GREEN_2025)


def by_node(flagged: Flagged, counted: Flags, nodes: int) -> Ints:
    """Balance in cents of the counted loans, by booking branch."""
    sums = np.zeros(nodes, dtype=np.int64)
    np.add.at(sums, flagged.held.node[counted], flagged.balance[counted])
    return sums


def first_clients(found: Events, as_of: date, nodes: int, *, only: Flags | None = None) -> Ints:
    """First-time clients of the year so far, by branch."""
    month = month_number(as_of)
    january = month - month % 12
    counted = found.qualifies & (found.month >= january) & (found.month <= month)
    if only is not None:
        counted &= only
    return np.bincount(found.node[counted], minlength=nodes).astype(np.int64)


def rolled(sums: Ints, tier1: Shorts, count: int) -> Ints:
    """Sums by tier-1 branch, from sums by branch."""
    total = np.zeros(count, dtype=np.int64)
    np.add.at(total, tier1[tier1 >= 0], sums[tier1 >= 0])
    return total


def hundredths(numerator: int, denominator: int) -> int:
    """A ratio in hundredths of a percentage point, half up, as ratios are compared.

    >>> hundredths(12_345, 1_000_000)
    123
    """
    return (numerator * 20_000 + denominator) // (2 * denominator) if denominator else 0
