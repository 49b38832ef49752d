"""The NPL tolerance: a dated relation between a portfolio's NPL ratio and a reference, inclusive.

Both ratios are taken at two decimals of a percentage point, as they are printed, so that anyone can
check the verdict from the page: 4.00 % against 1.00 % + 3.00 pp is within, 4.01 % is not. Why a
tolerated ratio is then not deducted belongs in the scorecard.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.reference.tables import ToleranceRule
from transforms.schema import WIDE

ALL_LOANS: Final = "actual_all_loans"
"""Base of the rules since 2018: the NPL ratio of all loans of the whole bank, for every branch."""

_MONEY_IN_WIDE: Final = 2


@dataclass(frozen=True)
class Verdict:
    """Expressions that decide a tolerance for every row of a frame.

    Attributes:
        limit_pp: the limit in percentage points.
        headroom_pp: the limit minus the ratio; negative when exceeded.
        headroom_amount: how much may still turn bad before the limit, negative when exceeded.
    """

    limit_pp: pl.Expr
    headroom_pp: pl.Expr
    headroom_amount: pl.Expr


def percentage_points(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """A ratio in percent, rounded half up to two decimals; empty for a zero denominator."""
    safe = pl.when(denominator != 0).then(denominator)
    return (numerator * 100 / safe).cast(WIDE).round(2, mode="half_away_from_zero")


def reference_percent(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    """The reference ratio in percent at two decimals, as printed; none for an empty book."""
    if denominator == 0:
        return None
    frame = pl.DataFrame({"n": [numerator], "d": [denominator]}, schema={"n": WIDE, "d": WIDE})
    value: Decimal = frame.select(percentage_points(pl.col("n"), pl.col("d"))).item()
    return value


def verdict(npl: pl.Expr, balance: pl.Expr, reference_pp: Decimal, rule: ToleranceRule) -> Verdict:
    """Limit and headroom of each row's portfolio.

    Args:
        npl: non-performing balance of the portfolio.
        balance: balance of the portfolio.
        reference_pp: the reference ratio in percent, at two decimals.
        rule: the rule in force.
    """
    limit = pl.lit(reference_pp + rule.delta_pp, dtype=WIDE)
    some = balance != 0
    ratio = percentage_points(npl, balance)
    amount = (
        (limit * balance / 100 - npl).cast(WIDE).round(_MONEY_IN_WIDE, mode="half_away_from_zero")
    )
    return Verdict(
        limit_pp=pl.when(some).then(limit),
        headroom_pp=limit - ratio,
        headroom_amount=pl.when(some).then(amount),
    )
