"""Trade of borrowers with core enterprises: how steady it is, how long payment takes, by pair.

Small beside the loans, so plain Polars. Which loans a pair belongs to is said in `lookups.chain`; what a
branch's settlement cycle is, in the catalogue over the rows of `branch_rows`.
"""

from datetime import date
from typing import Final

import polars as pl

from transforms.periods import months_back
from transforms.schema import DAY, SUPPLY_CHAIN_TRADE, TEXT, WIDE

LENT: Final = "is_supply_chain"
"""The loan flag whose balances say which branch a pair belongs to."""
REPORTED: Final = "reported"
"""Column of a table gathered over several months: the month end that delivered the row."""
TRADES: Final = {**SUPPLY_CHAIN_TRADE.dtypes, REPORTED: DAY}
"""Trade gathered over several months."""
PAIR: Final = ("borrower_id", "core_enterprise_id")
MONTHS_NEEDED: Final = 6
"""A coefficient of variation over fewer months says nothing."""
HISTORY_MONTHS: Final = 15
"""Twelve months, and the three of last year that the last three are compared with."""
_PLACES: Final = 8
WHEN: Final = ("recent", "recent_a_year_ago")
"""What is known of trade before it is looked up who lends the pair."""
RECENT: Final = 3
YEAR: Final = 12


def _window(trades: pl.LazyFrame, as_of: date, first: int, last: int) -> pl.LazyFrame:
    """Rows reported from `first` to `last` months back, both included."""
    months = [months_back(as_of, back) for back in range(first, last + 1)]
    return trades.filter(pl.col(REPORTED).is_in(months))


def variation(trades: pl.LazyFrame, as_of: date) -> pl.DataFrame:
    """Coefficient of variation by pair: `borrower_id, core_enterprise_id, trade_cv`, eight decimals.

    Population standard deviation over mean of the last twelve months' trade: reckoned as
    sqrt(n * sum(x^2) - sum(x)^2) / sum(x) from whole cents, so that only the last root is inexact and
    every engine gets the same digits. Pairs with fewer than six months or without trade are left out.
    """
    cents = (pl.col("trade_amount") * 100).cast(pl.Decimal(38, 0)).cast(pl.Int128)
    sums = (
        _window(trades, as_of, 0, YEAR - 1)
        .with_columns(x=cents)
        .group_by(PAIR)
        .agg(
            n=pl.len().cast(pl.Int128),
            total=pl.col("x").sum(),
            squares=(pl.col("x") * pl.col("x")).sum(),
        )
        .filter(pl.col("n") >= MONTHS_NEEDED, pl.col("total") > 0)
    )
    squared = pl.col("total") * pl.col("total")
    spread = (pl.col("n") * pl.col("squares") - squared).cast(pl.Float64)
    told = sums.select(
        *PAIR,
        trade_cv=(spread / squared.cast(pl.Float64))
        .sqrt()
        .round(_PLACES, mode="half_away_from_zero")
        .cast(pl.Decimal(12, _PLACES)),
    )
    return told.sort(PAIR).collect(engine="streaming")


def settlement(trades: pl.LazyFrame, as_of: date) -> pl.DataFrame:
    """Days to payment by pair over the last three months, weighted by what was paid.

    Returns:
        `borrower_id, core_enterprise_id, settlement_days`, whole cents of days never rounded up to a
        threshold: twelve decimals. Pairs without a payment are left out.
    """
    paid = _paid(_window(trades, as_of, 0, RECENT - 1))
    return (
        paid.group_by(PAIR)
        .agg(pl.col("settled_days", "settled_amount").sum())
        .filter(pl.col("settled_amount") > 0)
        .select(
            *PAIR,
            settlement_days=pl.col("settled_days").cast(WIDE) / pl.col("settled_amount").cast(WIDE),
        )
        .sort(PAIR)
        .collect(engine="streaming")
    )


def _paid(trades: pl.LazyFrame) -> pl.LazyFrame:
    """Rows with both amount and days given, and their product."""
    return trades.filter(
        pl.col("settled_amount").is_not_null(), pl.col("settlement_days").is_not_null()
    ).with_columns(
        settled_amount=pl.col("settled_amount").cast(pl.Decimal(38, 2)),
        settled_days=pl.col("settled_amount").cast(pl.Decimal(38, 2))
        * pl.col("settlement_days").cast(pl.Decimal(38, 2)),
    )


def branch_rows(
    trades: pl.LazyFrame, lent: pl.DataFrame, as_of: date, *, every: bool = True
) -> pl.DataFrame:
    """Paid trade of pairs, each at one branch: the one that lends the pair most.

    Args:
        trades: `supply_chain_trade` of fifteen months, with `reported`.
        lent: `branch_id, borrower_id, core_enterprise_id, balance` of supply-chain loans.
        as_of: the month end.
        every: also trade that is neither recent nor of the same months a year ago.

    Returns:
        `branch_id`, the pair, `reported`, `settled_amount`, `settled_days`, and whether it is
        `recent` or `recent_a_year_ago`. Pairs without a loan have no branch and are left out. Every
        row in order, or only those asked for in none.
    """
    home = (
        lent.lazy()
        .group_by("branch_id", *PAIR)
        .agg(pl.col("balance").sum())
        .sort("balance", "branch_id", descending=[True, False])
        .unique(PAIR, keep="first", maintain_order=True)
        .select("branch_id", *PAIR)
    )
    recent = [months_back(as_of, back) for back in range(RECENT)]
    before = [months_back(as_of, back) for back in range(YEAR, YEAR + RECENT)]
    asked = trades if every else trades.filter(pl.col(REPORTED).is_in([*recent, *before]))
    rows = (
        _paid(asked)
        .join(home, on=PAIR, how="inner")
        .with_columns(
            recent=pl.col(REPORTED).is_in(recent),
            recent_a_year_ago=pl.col(REPORTED).is_in(before),
        )
        .with_columns(pl.col("branch_id").cast(TEXT))
    )
    return (rows.sort("branch_id", *PAIR, REPORTED) if every else rows).collect(engine="streaming")
