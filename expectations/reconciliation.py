"""Loans against the general ledger, by branch, account and currency.

A figure on a book that does not agree with the ledger is provisional. Which accounts explain a
difference, and how a page shows it, belongs elsewhere: here the two sums stand side by side, exact.
"""

from decimal import Decimal
from typing import Final

import polars as pl

from transforms import schema

KEY: Final = ("branch_id", "gl_account_code", "currency_code")

RECONCILIATION_COLUMNS: Final = pl.Schema(
    {
        **dict.fromkeys(KEY, pl.String()),
        "loan_balance": pl.Decimal(38, 2),
        "ledger_balance": pl.Decimal(38, 2),
        "difference": pl.Decimal(38, 2),
        "tolerance": pl.Decimal(38, 2),
        "reconciled": pl.Boolean(),
    }
)

_MONEY: Final = pl.Decimal(38, 2)
_FINE: Final = pl.Decimal(38, 12)


def reconcile(
    loans: pl.LazyFrame, ledger: pl.LazyFrame | None, *, tolerance_ratio: Decimal
) -> pl.DataFrame:
    """The two balances of every branch, account and currency that either side knows.

    `difference` is loans minus ledger. It may be as large as `tolerance_ratio` of the ledger's amount,
    rounded half up to a cent, inclusive. A side that is missing is empty, and does not reconcile unless
    the other side is zero.

    Args:
        loans: Accepted rows of `loan_snapshot` of one month.
        ledger: Accepted rows of `gl_control_total` of that month; nothing if none were delivered.
        tolerance_ratio: Share of the ledger balance that may be missing.
    """
    balances = _summed(
        loans.filter(_on_the_ledger()).rename({"booking_branch_id": "branch_id"}),
        "outstanding_principal",
        "loan_balance",
    )
    controls = _summed(
        ledger if ledger is not None else pl.LazyFrame(schema=schema.GL_CONTROL_TOTAL.dtypes),
        "balance",
        "ledger_balance",
    )
    ratio = pl.lit(tolerance_ratio, dtype=_FINE)
    return (
        balances.join(controls, on=KEY, how="full", coalesce=True, nulls_equal=True)
        .with_columns(
            difference=pl.col("loan_balance") - pl.col("ledger_balance"),
            tolerance=(pl.col("ledger_balance").abs().cast(_FINE) * ratio)
            .round(2, mode="half_away_from_zero")
            .cast(_MONEY),
        )
        .with_columns(
            reconciled=(pl.col("difference").abs() <= pl.col("tolerance")).fill_null(
                pl.coalesce("loan_balance", "ledger_balance") == 0
            )
        )
        .sort(KEY, nulls_last=True)
        .select(list(RECONCILIATION_COLUMNS))
        .cast(RECONCILIATION_COLUMNS)
        .collect()
    )


def _on_the_ledger() -> pl.Expr:
    """Loans that stand in the bank's own loan accounts."""
    gone = ("settled", "transferred", "written_off")
    return (
        pl.col("on_balance_sheet")
        & ~pl.col("entrusted_flag")
        & (pl.col("movement") == "none")
        & ~pl.col("loan_status").is_in(gone)
    )


def _summed(rows: pl.LazyFrame, amount: str, name: str) -> pl.LazyFrame:
    return rows.group_by(KEY).agg(pl.col(amount).cast(_MONEY).sum().alias(name))
