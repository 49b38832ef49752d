"""How far a node's figures may be believed: reconciled with the ledger, or provisional and by how much.

Whether a single account reconciles is decided in `expectations.reconciliation`; here the answer is
carried up the tree and put beside every figure.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import polars as pl

from transforms.hierarchy import Tree
from transforms.schema import TEXT, WIDE


class QualityState(StrEnum):
    """What stands beside every figure."""

    FINAL = "final"
    """Every account of every branch below reconciles with the general ledger."""
    PROVISIONAL = "provisional"
    """Some account below does not; the amount is given."""
    NOT_RECONCILED = "not_reconciled"
    """No ledger totals were delivered, so nothing was compared."""


QUALITY: Final[Mapping[str, pl.DataType]] = {"quality_state": TEXT, "quality_amount": WIDE}
"""Columns added to facts: the state, and the unexplained differences behind a provisional one.

The amount adds up their absolute values in base currency; empty if no currency of them has a rate.
"""


def node_quality(reconciled: pl.DataFrame, tree: Tree, *, ledger_delivered: bool) -> pl.DataFrame:
    """State by node: `branch_id, quality_state, quality_amount`.

    Args:
        reconciled: `branch_id, unexplained_in_base, reconciled` by branch, account and currency.
        tree: the branches of the month.
        ledger_delivered: whether the month has ledger totals at all.
    """
    nodes = tree.nodes.select(branch_id="node_id")
    if not ledger_delivered:
        return nodes.with_columns(
            quality_state=pl.lit(QualityState.NOT_RECONCILED.value),
            quality_amount=pl.lit(None, dtype=WIDE),
        )
    broken = (
        reconciled.filter(~pl.col("reconciled"))
        .select("branch_id", open="unexplained_in_base")
        .join(tree.counts_for, on="branch_id", how="left")
        .with_columns(pl.col("node_id").fill_null(tree.root))
        .group_by("node_id")
        .agg(
            quality_amount=pl.when(pl.col("open").is_not_null().any())
            .then(pl.col("open").abs().sum())
            .cast(WIDE),
            broken=pl.lit(value=True),
        )
    )
    return nodes.join(broken, left_on="branch_id", right_on="node_id", how="left").select(
        "branch_id",
        quality_state=pl.when(pl.col("broken"))
        .then(pl.lit(QualityState.PROVISIONAL.value))
        .otherwise(pl.lit(QualityState.FINAL.value)),
        quality_amount="quality_amount",
    )


def with_quality(facts: pl.DataFrame, states: pl.DataFrame) -> pl.DataFrame:
    """Facts with the state of their node beside them."""
    return facts.join(states, on="branch_id", how="left", maintain_order="left").select(
        *facts.columns, *QUALITY
    )
