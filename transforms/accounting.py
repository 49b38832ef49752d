"""The account of a delivered table at a node: accepted + rejected = delivered, in rows and in money.

Rows are counted where they are delivered, in `orchestration.judging`, by branch and currency; here they are
added up the tree. Money is in base currency, and what has no amount or no rate is told beside it.
"""

from dataclasses import dataclass
from decimal import Decimal

import polars as pl


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
    has_money = own["delivered_amount"].is_not_null().any()
    without_rate = pl.col("delivered_in_base").is_null()
    sums = own.select(
        pl.col("delivered_rows", "accepted_rows", "rejected_rows").sum(),
        *(
            pl.col(f"{part}_in_base").sum().alias(part)
            for part in ("delivered", "accepted", "rejected")
        ),
        unmeasured_rows=pl.when(without_rate)
        .then(pl.col("delivered_rows"))
        .otherwise(pl.col("rows_without_amount"))
        .sum(),
    ).row(0, named=True)
    if not has_money:
        sums |= {"delivered": None, "accepted": None, "rejected": None, "unmeasured_rows": 0}
    return Account(**sums)
