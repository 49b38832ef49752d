"""Trade between borrowers and their core enterprises: what they sold each month, and when it was paid.

Each pair has its own level, swing and payment term; some swing wildly, some are paid ever later. Who is
tied to whom belongs in `companions`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from transforms.sample.borrowers import Borrowers
from transforms.sample.companions import Relations
from transforms.sample.draws import (
    Ints,
    Shorts,
    below,
    blanked,
    chance,
    day_number,
    money,
    month_number,
    on_curve,
    pick,
    stream,
)
from transforms.schema import SUPPLY_CHAIN_TRADE

SWINGS: Final = (8, 22, 60, 95)
"""The most that a pair's trade strays from its level, in percent."""


@dataclass(frozen=True, eq=False)
class Pairs:
    """Borrowers and the core enterprises they trade with, in order of the table's key."""

    borrower: Ints
    core: Ints
    start: Shorts
    end: Shorts
    level: Ints
    """Usual trade of a month, in yuan."""
    swing: Ints
    term: Ints
    """Days to payment at the start of the window."""
    slower: Ints
    """Days by which payment slips each month."""
    first: int


def draw_pairs(seed: int, borrowers: Borrowers, chains: Relations, *, first: int) -> Pairs:
    """Draw what each named pair trades."""
    rng = stream(seed, "trade")
    place = np.zeros(len(borrowers), dtype=np.int64)
    place[borrowers.order] = np.arange(len(borrowers))
    named = np.flatnonzero((chains.core >= 0) & (chains.core != chains.borrower))
    named = named[np.argsort(place[chains.borrower[named]], kind="stable")]
    size = len(named)
    usual = on_curve(rng, ((0, 15), (5000, 120), (9000, 600), (10000, 3000)), size) * 10_000
    drawn = on_curve(rng, ((0, 40), (6000, 85), (10000, 150)), size)
    late = chance(rng, 35_000, size)
    longer = 180 + below(rng, 221, size)
    return Pairs(
        borrower=chains.borrower[named],
        core=chains.core[named],
        start=chains.start[named],
        end=chains.end[named],
        level=usual,
        swing=np.array(SWINGS, dtype=np.int64)[pick(rng, (35, 40, 17, 8), size)],
        term=np.where(late, longer, drawn),
        slower=np.where(chance(rng, 80_000, size), 1 + below(rng, 4, size), 0).astype(np.int64),
        first=first,
    )


def trade_frame(seed: int, borrowers: Borrowers, pairs: Pairs, as_of: date) -> pl.DataFrame:
    """What each pair tied that month traded; a few did not report."""
    month, size = month_number(as_of), len(pairs.borrower)
    rng = stream(seed, f"trade of month {month}")
    strays = below(rng, 2_001, size) - 1_000
    traded = pairs.level * 100 * (100_000 + pairs.swing * strays) // 100_000
    paid = pairs.level * (85 + below(rng, 21, size))
    idle = chance(rng, 25_000, size)
    slipped = pairs.slower * max(month - pairs.first, 0)
    waited = np.clip(pairs.term + slipped + below(rng, 9, size) - 4, 1, 540)
    opened = day_number(as_of.replace(day=1))
    there = (pairs.start <= day_number(as_of)) & (pairs.end >= opened)
    at = np.flatnonzero(there & ~chance(rng, 20_000, size))
    return pl.DataFrame(
        {
            "borrower_id": borrowers.ids.gather(pairs.borrower[at]),
            "core_enterprise_id": borrowers.ids.gather(pairs.core[at]),
            "trade_amount": money(traded[at]),
            "settled_amount": money(np.where(idle, 0, paid)[at]),
            "settlement_days": blanked(pl.Series(waited[at].astype(np.int32)), idle[at]),
        },
        schema_overrides=SUPPLY_CHAIN_TRADE.dtypes,
    )
