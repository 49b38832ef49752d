"""The account of a delivered table at a node: accepted + rejected = delivered, in rows and in money.

Rows are counted where they are delivered, in `orchestration.judging`, by branch and currency; here they are
added up the tree. Money is in base currency, and what has no amount or no rate is told beside it.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import polars as pl

_HAS_MONEY: Final = "_has_money"


@dataclass(frozen=True)
class Account:
    """What was delivered of a table, and what became of it.

    Amounts are in base currency, None for a table that has none. `unmeasured_rows` are in no sum: their
    amount cannot be read, or their currency has no rate.
    """

    delivered_rows: int
    accepted_rows: int
    rejected_rows: int
    delivered: Decimal | None
    accepted: Decimal | None
    rejected: Decimal | None
    unmeasured_rows: int


def account_of(
    rows: pl.DataFrame, table: str, *, counts_for: pl.DataFrame, node: str, root: str
) -> Account | None:
    """The account of a table at a node; None if nothing of it was delivered there.

    Rows whose branch is not known, or is in no tree, are the bank's own.

    Args:
        rows: `table, branch_id, currency_code`, rows and amounts: as `Deliveries.account` gives them.
        table: a canonical table.
        counts_for: `branch_id, node_id`: each branch with every node it counts for.
        node: the node asked about.
        root: the node everything counts for.
    """
    own = rows.filter(pl.col("table") == table)
    if node != root:
        below = counts_for.filter(pl.col("node_id") == node)["branch_id"]
        own = own.filter(pl.col("branch_id").is_in(below.implode()))
    if own.is_empty():
        return None
    return _account(own.select(*_sums()).row(0, named=True))


def accounts_by(rows: pl.DataFrame, column: str) -> dict[str | None, Account]:
    """The accounts of a table's rows by what a column says of them; what it is empty for, under None.

    Args:
        rows: of one table, as for `account_of`.
        column: another one, such as the unit a row counts for.
    """
    sums = rows.group_by(column, maintain_order=True).agg(*_sums())
    return {row.pop(column): _account(row) for row in sums.to_dicts()}


def _sums() -> list[pl.Expr]:
    without_rate = pl.col("delivered_in_base").is_null()
    return [
        pl.col("delivered_rows", "accepted_rows", "rejected_rows").sum(),
        *(
            pl.col(f"{part}_in_base").sum().alias(part)
            for part in ("delivered", "accepted", "rejected")
        ),
        pl.when(without_rate)
        .then(pl.col("delivered_rows"))
        .otherwise(pl.col("rows_without_amount"))
        .sum()
        .alias("unmeasured_rows"),
        pl.col("delivered_amount").is_not_null().any().alias(_HAS_MONEY),
    ]


def _account(sums: dict[str, Any]) -> Account:
    if not sums.pop(_HAS_MONEY):
        sums |= {"delivered": None, "accepted": None, "rejected": None, "unmeasured_rows": 0}
    return Account(**sums)
