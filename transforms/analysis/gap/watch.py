"""The overdue loans that would use up a tolerance, and the one at which the limit breaks.

Loans overdue more than 60 and at most 90 days that still perform turn bad if they stay overdue. They are
taken the largest first, and the ratio, the bank-wide reference and the limit are reckoned anew with each.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from transforms import tolerance
from transforms.analysis.gap.closing import Quotient, Reference
from transforms.schema import TEXT, WIDE

WATCH: Final[Mapping[str, pl.DataType]] = {
    "loan_id": TEXT,
    "borrower_id": TEXT,
    "branch_id": TEXT,
    "balance": WIDE,
    "days_past_due": pl.Int32(),
    "cumulated": WIDE,
    "headroom_pp": WIDE,
    "within": pl.Boolean(),
    "breaks": pl.Boolean(),
}
"""An overdue loan, with the headroom left once it and those before it have turned bad.

`breaks` marks the first loan with which the limit is exceeded. Borrowers are told by their keyed hash.
"""


def watch_list(loans: pl.DataFrame, own: Quotient, reference: Reference) -> pl.DataFrame:
    """Rows of `WATCH`, the largest loan first.

    Args:
        loans: the overdue loans: `loan_id, borrower_id, booking_branch_id, balance, days_past_due`.
        own: bad loans and balance of the portfolio.
        reference: what the limit rests on.
    """
    bad = pl.col("cumulated")
    ratio = _ratio(own, bad)
    limit = pl.lit(reference.delta, dtype=WIDE)
    if reference.numerator is not None and reference.denominator is not None:
        limit = _ratio(Quotient(reference.numerator, reference.denominator), bad) + limit
    within = pl.col("headroom_pp") >= 0
    return (
        loans.sort(["balance", "loan_id"], descending=[True, False])
        .with_columns(
            branch_id="booking_branch_id",
            balance=pl.col("balance").cast(WIDE),
            cumulated=pl.col("balance").cast(WIDE).cum_sum(),
        )
        .with_columns(headroom_pp=limit - ratio)
        .with_columns(
            within=within, breaks=~within & within.shift(1).fill_null(own_within(own, reference))
        )
        .select(pl.col(name).cast(dtype) for name, dtype in WATCH.items())
    )


def own_within(own: Quotient, reference: Reference) -> bool:
    """Whether the portfolio is within its limit before any loan turns."""
    nothing = pl.DataFrame({"cumulated": [0]}, schema={"cumulated": WIDE})
    bad = pl.col("cumulated")
    limit = pl.lit(reference.delta, dtype=WIDE)
    if reference.numerator is not None and reference.denominator is not None:
        limit = _ratio(Quotient(reference.numerator, reference.denominator), bad) + limit
    found: bool = nothing.select(limit >= _ratio(own, bad)).item()
    return found


def _ratio(of: Quotient, bad: pl.Expr) -> pl.Expr:
    above = pl.lit(of.numerator, dtype=WIDE) + bad
    return tolerance.percentage_points(above, pl.lit(of.denominator, dtype=WIDE))
