"""Credit facilities of the demo bank: a client's line, cut into one facility or two.

The line itself belongs in `borrowers`; here it is shared out so that the limits of a client's facilities
add up to it, but for a few that a check should find.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from transforms.sample.borrowers import Borrowers, Client
from transforms.sample.draws import (
    Flags,
    Ints,
    Shorts,
    chance,
    dates,
    days,
    money,
    one_of,
    stream,
    words,
)
from transforms.sample.positions import Positions, Product
from transforms.sample.snapshot import Book, World, own_principal
from transforms.schema import FACILITY

SUBJECTS: Final = ("single", "group", "supply_chain")
_YEAR: Final = 12


@dataclass(frozen=True, eq=False)
class Facilities:
    """Every facility of the window, in order of its number."""

    ids: pl.Series
    borrower: Ints
    second: Flags
    need: Ints
    """The most that its positions may ever draw, in units of 10,000 yuan, as the next."""
    whole: Ints
    """The same over all facilities of the borrower."""
    subject: Shorts
    granted: Shorts
    """A month in which it was granted; it is renewed every year."""
    revocable: Flags
    astray: Flags
    """Its limit is not what the client's line leaves for it."""
    of_position: Ints


def draw_facilities(
    seed: int, borrowers: Borrowers, positions: Positions, *, first: int
) -> Facilities:
    """Give every position a facility; some clients with several positions have two."""
    rng = stream(seed, "facilities")
    clients = len(borrowers)
    two = chance(rng, 350_000, clients)
    later = np.arange(len(positions.borrower)) >= clients
    place = np.zeros(clients, dtype=np.int64)
    place[borrowers.order] = np.arange(clients)
    number = place[positions.borrower] * 2 + (later & two[positions.borrower])
    numbers, of_position = np.unique(number, return_inverse=True)
    borrower, second = borrowers.order[numbers // 2], numbers % 2 == 1
    size = len(numbers)
    need, whole = np.zeros(size, dtype=np.int64), np.zeros(clients, dtype=np.int64)
    np.add.at(need, of_position, positions.amount)
    np.add.at(whole, positions.borrower, positions.amount)
    chained = np.zeros(size, dtype=np.bool_)
    chained[of_position[positions.product == Product.SUPPLY_CHAIN]] = True
    grouped = (borrowers.group[borrower] > 0) & (borrowers.client[borrower] <= Client.MEDIUM)
    entry = borrowers.entry[borrower]
    before = first - _YEAR + one_of(rng, np.full(size, _YEAR, dtype=np.int64))
    named = pl.select(
        pl.lit("F")
        + borrowers.ids.gather(borrower).str.slice(1)
        + pl.Series(1 + second).cast(pl.String)
    )
    return Facilities(
        ids=named.to_series(),
        borrower=borrower,
        second=second,
        need=need,
        whole=whole[borrower],
        subject=np.select([chained & second, grouped, chained], [2, 1, 2], 0).astype(np.int32),
        granted=np.where(entry < 0, before, entry).astype(np.int32),
        revocable=chance(rng, 600_000, size),
        astray=chance(rng, 4_000, size),
        of_position=of_position,
    )


def facility_frame(
    world: World, held: Book, given: Facilities, rates: tuple[int, int, int]
) -> pl.DataFrame:
    """The facilities of the clients in the book, with what they have drawn.

    Args:
        world: the bank.
        held: its book on the month end.
        given: the facilities of the window.
        rates: yuan per unit of each currency on the month end, in ten-thousandths.
    """
    positions, at = world.positions, held.position
    active = np.zeros(len(world.borrowers), dtype=np.bool_)
    active[positions.borrower[at]] = True
    rate = np.array(rates, dtype=np.int64)[positions.currency[at]]
    used = np.zeros(len(given.borrower), dtype=np.int64)
    np.add.at(used, given.of_position[at], (own_principal(held) * rate + 5_000) // 10_000)
    here = np.flatnonzero(active[given.borrower])
    borrower, second, whole = given.borrower[here], given.second[here], given.whole[here]
    line = world.borrowers.limit_at(held.month)[borrower]
    # The second facility takes what the first leaves, so that the two add up to the yuan.
    first_need = np.where(second, whole - given.need[here], given.need[here])
    first_part = line * first_need // whole
    limit = np.where(second, line - first_part, first_part)
    limit = np.where(given.astray[here], limit * 11 // 10, limit)
    granted = given.granted[here]
    granted = (held.month - (held.month - granted) % _YEAR).astype(np.int32)
    return pl.DataFrame(
        {
            "facility_id": given.ids.gather(here),
            "borrower_id": world.borrowers.ids.gather(borrower),
            "subject_type": words(SUBJECTS, given.subject[here]),
            "limit_amount": money(limit * 100),
            "used_amount": money(used[here]),
            "approved_date": dates(days(granted, 1)),
            "expiry_date": dates(days(granted + _YEAR, 1) - 1),
            "revocable": pl.Series(given.revocable[here]),
        },
        schema_overrides=FACILITY.dtypes,
    )
