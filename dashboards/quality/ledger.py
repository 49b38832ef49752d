"""Loans against the ledger in plain words: which accounts are open, by how much, and what is explained."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from dashboards.i18n import Language, say
from dashboards.numbers import Format
from dashboards.quality.parts import PART
from dashboards.quality.states import Standing

SUMMED: Final = ("loan_balance", "ledger_balance", "difference", "explained", "unexplained")
"""Columns that add up within a currency; differences may offset each other there."""


@dataclass(frozen=True)
class Summary:
    """The accounts of a unit.

    Attributes:
        accounts: all there are, by branch, account and currency.
        open: those that do not agree.
        amount: what is unexplained of the open ones in base currency, each difference for itself; none
            if no currency of them has a rate.
        without_rate: open ones in a currency without a rate, in no sum.
    """

    accounts: int
    open: int
    amount: Decimal | None
    without_rate: int


def summary(ledger: pl.DataFrame) -> Summary:
    """The accounts of some rows of `RECONCILIATION`, added up."""
    unsettled = open_accounts(ledger)
    known = unsettled["unexplained_in_base"].drop_nulls()
    return Summary(
        accounts=ledger.height,
        open=unsettled.height,
        amount=sum((abs(one) for one in known), Decimal(0)) if len(known) else None,
        without_rate=unsettled.height - len(known),
    )


def open_accounts(ledger: pl.DataFrame) -> pl.DataFrame:
    """The accounts that do not agree, the largest difference first; those without a rate before them."""
    return ledger.filter(~pl.col("reconciled")).sort(
        pl.col("unexplained_in_base").is_not_null(),
        -pl.col("unexplained_in_base").abs(),
        "branch_id",
        "gl_account_code",
        "currency_code",
    )


def in_order(ledger: pl.DataFrame) -> pl.DataFrame:
    """All accounts, the open ones first."""
    settled = ledger.filter(pl.col("reconciled")).sort(
        "branch_id", "gl_account_code", "currency_code", nulls_last=True
    )
    return pl.concat([open_accounts(ledger), settled])


def told(found: Summary, form: Format) -> str:
    """The sentence the section opens with."""
    if not found.open:
        return say(form.language, "dq_all_reconciled", count=form.count(found.accounts))
    count = form.count(found.accounts)
    text = say(form.language, "dq_open_accounts", open=form.count(found.open), count=count)
    if found.amount is not None:
        text += say(form.language, "dq_open_sum", amount=form.amount(found.amount))
    if found.without_rate:
        text += say(form.language, "dq_open_without_rate", count=form.count(found.without_rate))
    return text + form.language.pick(".", "。")


def state(row: Mapping[str, object], language: Language) -> tuple[Standing, str]:
    """How one account stands, and what kind of difference it has."""
    if row["reconciled"]:
        if not row["difference"]:
            return Standing.GOOD, say(language, "dq_agrees")
        key = "dq_explained_state" if row["explained"] else "dq_within_tolerance"
        return Standing.GOOD, say(language, key)
    if row["loan_balance"] is None:
        return Standing.BAD, say(language, "dq_no_loan_side")
    if row["ledger_balance"] is None:
        return Standing.BAD, say(language, "dq_no_ledger_side")
    unexplained = row["unexplained"]
    above = isinstance(unexplained, Decimal) and unexplained < 0
    return Standing.BAD, say(language, "dq_ledger_above" if above else "dq_loans_above")


def sums(ledger: pl.DataFrame) -> pl.DataFrame:
    """All accounts of a currency added up, in the currency: `currency_code`, balances, differences.

    A side that no account of the currency has stays empty.
    """
    return (
        ledger.group_by("currency_code")
        .agg(
            pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
            for name in SUMMED
        )
        .sort("currency_code", nulls_last=True)
    )


def by_part(parted: pl.DataFrame) -> dict[str | None, Decimal]:
    """What is unexplained of open accounts by part, in base currency, the most first."""
    sums = (
        parted.filter(~pl.col("reconciled"))
        .drop_nulls("unexplained_in_base")
        .group_by(PART, maintain_order=True)
        .agg(pl.col("unexplained_in_base").abs().sum())
        .sort("unexplained_in_base", PART, descending=[True, False])
    )
    return dict(sums.iter_rows())
