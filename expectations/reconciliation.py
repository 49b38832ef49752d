"""Loans against the general ledger, by branch, account and currency.

A figure on a book that does not agree with the ledger is provisional, unless somebody has explained the
difference and somebody else approved the explanation. How a page shows it belongs elsewhere: here the
two sums stand side by side, exact.
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
        "explained": pl.Decimal(38, 2),
        "unexplained": pl.Decimal(38, 2),
        "unexplained_in_base": pl.Decimal(38, 2),
        "tolerance": pl.Decimal(38, 2),
        "reconciled": pl.Boolean(),
    }
)

_MONEY: Final = pl.Decimal(38, 2)
_FINE: Final = pl.Decimal(38, 12)


def reconcile(
    loans: pl.LazyFrame,
    ledger: pl.LazyFrame | None,
    *,
    tolerance_ratio: Decimal,
    items: pl.LazyFrame | None = None,
    rates: pl.LazyFrame | None = None,
    base_currency: str = "CNY",
) -> pl.DataFrame:
    """The two balances of every branch, account and currency that either side knows.

    `difference` is loans minus ledger, a missing side counting as nothing; `unexplained` is what approved
    items leave of it. That may be as large as `tolerance_ratio` of the ledger's amount, rounded half up
    to a cent, inclusive. A side that is missing stays empty.

    Args:
        loans: Accepted rows of `loan_snapshot` of one month.
        ledger: Accepted rows of `gl_control_total` of that month; nothing if none were delivered.
        tolerance_ratio: Share of the ledger balance that may be missing.
        items: Accepted rows of `reconciliation_item` of that month; nothing if none were delivered.
        rates: Rows of `fx_rate`, for `unexplained_in_base`; empty there where a currency has no rate.
        base_currency: Currency of figures.
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
    explained = _summed(
        (items if items is not None else pl.LazyFrame(schema=schema.RECONCILIATION_ITEM.dtypes))
        # One's own word is no explanation.
        .filter(pl.col("approved_by") != pl.col("explained_by")),
        "amount",
        "explained",
    )
    ratio = pl.lit(tolerance_ratio, dtype=_FINE)
    rate = pl.when(pl.col("currency_code") == base_currency).then(pl.lit(1, dtype=schema.RATE))
    return (
        balances.join(controls, on=KEY, how="full", coalesce=True, nulls_equal=True)
        .join(explained, on=KEY, how="full", coalesce=True, nulls_equal=True)
        .join(_rates(rates), on="currency_code", how="left")
        .with_columns(
            pl.col("explained").fill_null(0),
            difference=_or_nothing("loan_balance") - _or_nothing("ledger_balance"),
            tolerance=(_or_nothing("ledger_balance").abs().cast(_FINE) * ratio)
            .round(2, mode="half_away_from_zero")
            .cast(_MONEY),
        )
        .with_columns(unexplained=pl.col("difference") - pl.col("explained"))
        .with_columns(
            reconciled=pl.col("unexplained").abs() <= pl.col("tolerance"),
            unexplained_in_base=(
                pl.col("unexplained").cast(_FINE) * rate.otherwise(pl.col("rate")).cast(_FINE)
            )
            .round(2, mode="half_away_from_zero")
            .cast(_MONEY),
        )
        .sort(KEY, nulls_last=True)
        .select(list(RECONCILIATION_COLUMNS))
        .cast(RECONCILIATION_COLUMNS)
        .collect()
    )


def _or_nothing(side: str) -> pl.Expr:
    return pl.col(side).fill_null(0)


def _rates(rates: pl.LazyFrame | None) -> pl.LazyFrame:
    known = rates if rates is not None else pl.LazyFrame(schema=schema.FX_RATE.dtypes)
    return known.select("currency_code", "rate").unique("currency_code", keep="any")


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
