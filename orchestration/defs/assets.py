"""The assets of a month: take, call a step of `orchestration.months`, return. No figure is made here."""

import dagster as dg
import polars as pl

from orchestration import measuring, months
from orchestration.auditing import NOTE, UNTOLD
from orchestration.defs.resources import BankResource, MonthTurn
from orchestration.partitions import MONTHS
from orchestration.spark import ENGINE, EngineName
from transforms.hierarchy import Tree
from transforms.measures import Measures


@dg.asset(partitions_def=MONTHS, group_name="book", kinds={"deltalake"})
def delivered_book(context: dg.AssetExecutionContext, turn: MonthTurn) -> None:
    """The tables that the month is computed with, and the account of what was taken."""
    month = turn.begin(context)
    chosen = month.bank.deliveries.chosen(month.as_of, month.version)
    context.add_output_metadata(
        {
            name: f"{batch.accepted_rows:,} of {batch.delivered_rows:,} rows, {batch.as_of_date}"
            for name, batch in chosen.items()
        }
    )


@dg.multi_asset(
    partitions_def=MONTHS,
    group_name="book",
    deps=[delivered_book],
    outs={
        "node": dg.AssetOut(io_manager_key="lake", kinds={"polars"}),
        "counts_for": dg.AssetOut(io_manager_key="lake", kinds={"polars"}),
    },
)
def branch_tree(
    context: dg.AssetExecutionContext, bank: BankResource
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The branches as organised at the month end, and which node each branch counts for."""
    tree = months.tree(bank.month(context.partition_key))
    return tree.nodes, tree.counts_for


@dg.asset(
    partitions_def=MONTHS,
    group_name="book",
    deps=[delivered_book],
    io_manager_key="lake",
    kinds={"polars"},
)
def reconciliation(context: dg.AssetExecutionContext, bank: BankResource) -> pl.DataFrame:
    """Loans against the general ledger by branch, account and currency."""
    return months.reconciliation(bank.month(context.partition_key))


@dg.multi_asset(
    partitions_def=MONTHS,
    group_name="facts",
    ins={
        "node": dg.AssetIn(input_manager_key="lake"),
        "counts_for": dg.AssetIn(input_manager_key="lake"),
    },
    outs={
        "branch_measure": dg.AssetOut(io_manager_key="lake", kinds={"polars"}),
        "node_measure": dg.AssetOut(io_manager_key="lake", kinds={"polars"}),
    },
)
def month_measures(
    context: dg.AssetExecutionContext,
    bank: BankResource,
    node: pl.DataFrame,
    counts_for: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every measure by booking branch, and by node what does not add up, in one pass over the loans."""
    engine = EngineName(context.run.tags.get(ENGINE, EngineName.POLARS))
    taken = measuring.taken(bank.month(context.partition_key), Tree.of(node, counts_for), engine)
    return taken.additive, taken.by_node


@dg.asset(
    partitions_def=MONTHS,
    group_name="facts",
    io_manager_key="lake",
    kinds={"polars"},
    ins={
        name: dg.AssetIn(input_manager_key="lake")
        for name in ("node", "counts_for", "branch_measure", "node_measure", "reconciliation")
    },
)
def metric_fact(
    context: dg.AssetExecutionContext,
    turn: MonthTurn,
    node: pl.DataFrame,
    counts_for: pl.DataFrame,
    branch_measure: pl.DataFrame,
    node_measure: pl.DataFrame,
    reconciliation: pl.DataFrame,
) -> pl.DataFrame:
    """Every metric and reading for every node, with target, status and quality."""
    tree = Tree.of(node, counts_for)
    measured = Measures(branch_measure, node_measure)
    return months.figures(turn.with_bases(context), tree, measured, reconciliation)


@dg.asset(partitions_def=MONTHS, group_name="facts", deps=[metric_fact])
def publication(context: dg.AssetExecutionContext, turn: MonthTurn) -> None:
    """The switch: from here on readers see the month as just built."""
    told = turn.publish(context)
    if told is not None:
        context.log.warning(told)
        context.add_output_metadata({UNTOLD: told})
        context.instance.add_run_tags(context.run.run_id, {NOTE: told})
