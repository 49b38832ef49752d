"""What the demo bank takes from outside its book: quoted loan prime rates, and its own net capital."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from transforms.sample.draws import Ints, dates, days, money, month_number
from transforms.sample.snapshot import Book, World, own_principal
from transforms.schema import LPR_RATE, NET_CAPITAL

LPR: Final = (
    (date(2019, 8, 20), "0.0425", "0.0485"),
    (date(2019, 9, 20), "0.0420", "0.0485"),
    (date(2019, 11, 20), "0.0415", "0.0480"),
    (date(2020, 2, 20), "0.0405", "0.0475"),
    (date(2020, 4, 20), "0.0385", "0.0465"),
    (date(2021, 12, 20), "0.0380", "0.0465"),
    (date(2022, 1, 20), "0.0370", "0.0460"),
    (date(2022, 5, 20), "0.0370", "0.0445"),
    (date(2022, 8, 22), "0.0365", "0.0430"),
    (date(2023, 6, 20), "0.0355", "0.0420"),
    (date(2023, 8, 21), "0.0345", "0.0420"),
    (date(2024, 2, 20), "0.0345", "0.0395"),
    (date(2024, 7, 22), "0.0335", "0.0385"),
    (date(2024, 10, 21), "0.0310", "0.0360"),
    (date(2025, 5, 20), "0.0300", "0.0350"),
)
"""Quotations of the one-year and the five-year rate that changed either."""
TEN_LARGEST: Final = 30
"""Percent of net capital that the ten largest clients owe at the last month."""
TIER1: Final = 86
"""Percent of net capital that is tier 1."""
_LARGEST: Final = 10
_QUARTER: Final = 3


def quotations(as_of: date) -> pl.DataFrame:
    """The loan prime rates quoted by that day."""
    rows = [
        (day, term, Decimal(rate))
        for day, *both in LPR
        for term, rate in zip(("1Y", "5Y"), both, strict=True)
        if day <= as_of
    ]
    return pl.DataFrame(rows, schema=LPR_RATE.dtypes, orient="row")


@dataclass(frozen=True)
class Capital:
    """Net capital at the last quarter of the window, in units of 10,000 yuan, from where it is reckoned."""

    amount: int
    quarter: int
    """Month of that quarter's end."""
    first: int
    """Month of the first quarter's end that is reported."""


def capital(world: World, held: Book, rates: tuple[int, int, int], *, first: int) -> Capital:
    """Net capital in proportion to the largest clients, so that their limits are in sight.

    Args:
        world: the bank.
        held: its book at the last month.
        rates: yuan per unit of each currency then, in ten-thousandths.
        first: first month of the window.
    """
    positions, at = world.positions, held.position
    rate = np.array(rates, dtype=np.int64)[positions.currency[at]]
    owed = np.zeros(len(world.borrowers), dtype=np.int64)
    np.add.at(owed, positions.borrower[at], own_principal(held) * rate // 10_000)
    largest = int(np.sort(owed)[-_LARGEST:].sum())
    amount = max(largest // TEN_LARGEST // 10_000, 100)
    return Capital(amount, _quarter(held.month), _quarter(first - 1))


def capital_frame(given: Capital, as_of: date) -> pl.DataFrame:
    """Net capital and its tier-1 part at every quarter's end so far."""
    months = np.arange(given.first, _quarter(month_number(as_of)) + 1, _QUARTER, dtype=np.int64)
    back = (given.quarter - months) // _QUARTER
    amount = _shrunk(given.amount, back)
    reported = dates((days((months + 1).astype(np.int32), 1) - 1).repeat(2))
    both = np.stack([amount, amount * TIER1 // 100], axis=1).ravel()
    return pl.DataFrame(
        {
            "reported_on": reported,
            "kind": pl.Series(["net_capital", "tier1_net_capital"] * len(months)),
            "amount": money(both * 1_000_000),
        },
        schema_overrides=NET_CAPITAL.dtypes,
    )


def _quarter(month: int) -> int:
    """The last month that ended a quarter, counted from January 1970."""
    return (month + 1) // _QUARTER * _QUARTER - 1


def _shrunk(amount: int, quarters: Ints) -> Ints:
    """What the amount was some quarters ago, at two percent of growth a quarter."""
    return np.array([amount * 50**n // 51**n for n in quarters.tolist()], dtype=np.int64)
