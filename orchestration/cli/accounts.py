"""What stands below every table of figures: what was taken of the loan book, and what the ledger says.

Printed for people only; programs find the same in `versions` and in the columns of `kpis`.
"""

from datetime import date
from decimal import Decimal

import polars as pl

from orchestration.bank import Bank
from orchestration.cli.output import console
from records.access import Scope
from transforms.accounting import Account, account_of
from transforms.quality import QualityState
from transforms.schema import LOAN_SNAPSHOT


def tell(
    bank: Bank, scope: Scope, as_of: date, *, version: int | None = None, branch: str | None = None
) -> None:
    """Print the account of the loan book behind a month's figures, and how sure they are.

    Args:
        bank: the workspace.
        scope: who reads.
        as_of: a published month.
        version: its version; the newest if not given.
        branch: the node; the root if not given.
    """
    published = bank.published.pinned()
    nodes = published.nodes(scope, as_of=as_of, version=version).collect()
    if nodes.is_empty():
        return
    node, root = branch or nodes["node_id"][0], nodes["node_id"][0]
    account = account_of(
        bank.deliveries.account(scope, as_of, version),
        LOAN_SNAPSHOT.name,
        counts_for=published.counts_for(scope, as_of=as_of, version=version).collect(),
        node=node,
        root=root,
    )
    currency = bank.workspace.base_currency
    said = _said(account, currency) if account else "no account of its delivery was kept"
    quality = (
        published.facts(scope, as_of=as_of, version=version)
        .filter(pl.col("branch_id") == node)
        .select("quality_state", "quality_amount")
        .first()
        .collect()
    )
    which = f"{as_of}, version {version}" if version is not None else f"{as_of}"
    console().print(f"{which}, {node}: {said}. {_sure(quality, currency)}")


def _said(account: Account, currency: str) -> str:
    if account.unmeasured_rows == account.delivered_rows:
        return (
            f"{account.accepted_rows:,} of {account.delivered_rows:,} loans accepted, "
            f"{account.rejected_rows:,} rejected; their balance is not known"
        )
    words = (
        f"{account.accepted_rows:,} of {account.delivered_rows:,} loans accepted, {currency} "
        f"{account.accepted:,} of {account.delivered:,}; {account.rejected_rows:,} rejected, "
        f"{currency} {account.rejected:,}"
    )
    if account.unmeasured_rows:
        words += f"; the balance of {account.unmeasured_rows:,} is not known"
    return words


def _sure(quality: pl.DataFrame, currency: str) -> str:
    if quality.is_empty():
        return ""
    state, amount = quality.row(0)
    match QualityState(state):
        case QualityState.FINAL:
            return "It agrees with the general ledger."
        case QualityState.NOT_RECONCILED:
            return "It was not compared with a general ledger."
        case QualityState.PROVISIONAL:
            how_much = "by an amount without a rate" if amount is None else _money(amount, currency)
            return f"Provisional: loans, general ledger and explanations differ {how_much}."


def _money(amount: Decimal, currency: str) -> str:
    return f"by {currency} {amount:,.2f}"
