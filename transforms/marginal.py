"""What one thing alone would change: the figures of a node with a few of its rows put otherwise.

A change touches few clients, so only their loans are measured, once as they are and once as they would
be; the difference is laid over the node's own measures, and figures are computed from the sum as any
others. Distinct clients come out right too, since all loans of a touched client are measured together.

Bank-wide references stay as they are. Indices, limits and the largest few are not asked for here, since they
rest on more than a node's sums; nor are counts of listed enterprises, which an area shares with others.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Final

import polars as pl

from transforms import facts, hierarchy
from transforms.arithmetic import terms_of
from transforms.catalogue.model import Catalogue, Entity, Kind, Metric
from transforms.catalogue.vocabulary import TOTAL
from transforms.clients import NODE_MEASURE
from transforms.cube import BRANCH_MEASURE
from transforms.facts import Month
from transforms.flows import Before
from transforms.hierarchy import Tree
from transforms.lookups.inputs import LoanTables
from transforms.measures import Material, Measures
from transforms.schema import (
    BRANCH,
    BRANCH_HIERARCHY,
    LOAN_EVENT,
    LOAN_SNAPSHOT,
    TEXT,
    WIDE,
)

NOT_MARGINAL: Final = frozenset({Kind.INDEX, Kind.TOLERANCE, Kind.TOP_N})
"""Kinds of metrics that are not given here."""

DELTA: Final[Mapping[str, pl.DataType]] = {"item": TEXT, "measure": TEXT, "amount": WIDE}

_BOOKED: Final = {LOAN_SNAPSHOT.name: "booking_branch_id", LOAN_EVENT.name: "branch_id"}
_JOINT: Final = "\x1f"


def around(material: Material, touched: pl.DataFrame, below: pl.Series) -> Material:
    """The same month with the rows of a few clients only, each client's under an item of its own.

    Args:
        material: the whole month.
        touched: `item, borrower_id`; a client is in one item.
        below: the branches whose rows count for the node.
    """
    month = dict(material.tables.month)
    for name, column in _BOOKED.items():
        if name in month:
            month[name] = _placed(month[name], column, touched, below)
    origins = pl.DataFrame({"origin": below.unique().sort()})
    made = touched.select("item").unique().join(origins, how="cross")
    branches = _branches(material, made)
    month[BRANCH.name] = branches.lazy()
    tree = _tree(made, branches, material)
    events = _placed(material.first_loans.lazy(), "branch_id", touched, below).collect()
    return replace(
        material,
        tables=LoanTables(month, material.tables.trades),
        tree=tree,
        first_loans=events,
        before={
            at: Before(
                LoanTables(
                    {
                        **then.tables.month,
                        LOAN_SNAPSHOT.name: _placed(
                            then.tables.month[LOAN_SNAPSHOT.name],
                            _BOOKED[LOAN_SNAPSHOT.name],
                            touched,
                            below,
                        ),
                    },
                    then.tables.trades,
                ),
                then.rules,
            )
            for at, then in material.before.items()
        },
        year_flows=_placed(material.year_flows, "branch_id", touched, below),
    )


def _placed(
    rows: pl.LazyFrame, column: str, touched: pl.DataFrame, below: pl.Series
) -> pl.LazyFrame:
    """Rows of touched clients; those of the node's branches at a branch of their item."""
    return (
        rows.join(touched.lazy(), on="borrower_id", how="inner")
        .with_columns(
            pl.when(pl.col(column).is_in(below.implode()))
            .then(pl.concat_str("item", column, separator=_JOINT))
            .otherwise(column)
            .alias(column)
        )
        .drop("item")
    )


def _branches(material: Material, made: pl.DataFrame) -> pl.DataFrame:
    """The branches of the month, and a copy of each of the node's branches for every item."""
    given = material.tables.month.get(BRANCH.name)
    own = pl.DataFrame(schema=BRANCH.dtypes) if given is None else given.collect()
    own = own.select(*BRANCH.dtypes)
    copies = made.join(own, left_on="origin", right_on="branch_id", how="left").with_columns(
        branch_id=pl.concat_str("item", "origin", separator=_JOINT)
    )
    return pl.concat([own, copies.select(*own.columns)])


def _tree(made: pl.DataFrame, branches: pl.DataFrame, material: Material) -> Tree:
    """The root, an item each under it, and the item's branches under that."""
    as_of = material.rules.as_of
    items = made["item"].unique().sort().to_list()
    named = pl.DataFrame(
        [{"branch_id": material.tree.root, "level": "head"}, *({"branch_id": i} for i in items)],
        schema=BRANCH.dtypes,
    )
    copies = branches.filter(pl.col("branch_id").str.contains(_JOINT, literal=True)).with_columns(
        opened_date=pl.lit(None, dtype=pl.Date), closed_date=pl.lit(None, dtype=pl.Date)
    )
    above = pl.concat(
        [
            pl.DataFrame({"child_id": items}, schema={"child_id": TEXT}).with_columns(
                parent_id=pl.lit(material.tree.root)
            ),
            copies.select(
                child_id="branch_id",
                parent_id=pl.col("branch_id").str.split(_JOINT).list.first(),
            ),
        ]
    ).with_columns(valid_from=pl.lit(date.min), valid_to=pl.lit(None, dtype=pl.Date))
    links = above.select(
        pl.col(name) if name in above.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in BRANCH_HIERARCHY.dtypes.items()
    )
    return hierarchy.build(pl.concat([named, copies]), links, pl.Series([], dtype=TEXT), as_of)


def sums(taken: Measures, tree: Tree) -> pl.DataFrame:
    """Uncut measures by item, additive and counted alike: rows of `DELTA`."""
    additive = (
        taken.additive.filter(pl.col("slice") == TOTAL)
        .join(tree.counts_for, on="branch_id", how="inner")
        .group_by("node_id", "measure")
        .agg(pl.col("amount").sum())
    )
    counted = taken.by_node.filter(pl.col("slice") == TOTAL).select("node_id", "measure", "amount")
    both = pl.concat([additive, counted.select(additive.columns)])
    return both.select(item="node_id", measure="measure", amount="amount")


def differences(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """What changes by item and measure; rows of `DELTA`, those that do not change left out."""
    return (
        before.join(after, on=["item", "measure"], how="full", coalesce=True, suffix="_after")
        .with_columns(
            amount=pl.col("amount_after").fill_null(0) - pl.col("amount").fill_null(0),
        )
        .filter(pl.col("amount") != 0)
        .select(*DELTA)
        .sort("item", "measure")
    )


def figures(
    whole: Month, node: str, deltas: pl.DataFrame, items: pl.Series, catalogue: Catalogue
) -> pl.DataFrame:
    """Uncut facts of a node, once for each item, as they would be with its differences: rows of `FACT`.

    Args:
        whole: the month as it is.
        node: the node.
        deltas: rows of `DELTA`.
        items: every item asked about; one without differences has the node's own figures.
        catalogue: the definitions in force.
    """
    nodes, root = items.to_list(), whole.tree.root
    own = _of(whole.measures, whole.tree, node)
    counted = whole.node_measures.filter(
        pl.col("node_id") == node, pl.col("slice") == TOTAL
    ).select("measure", "amount")
    additive = _laid_over(own, deltas, items)
    # The items stand beside each other as if each were the node: the rest makes the bank what it is.
    rest = _rest(_of(whole.measures, whole.tree, root), additive, root)
    by_node = _laid_over(counted, deltas, items)
    bank_counted = whole.node_measures.filter(pl.col("node_id") == root, pl.col("slice") == TOTAL)
    tree = Tree(
        pl.DataFrame(
            [
                {"node_id": name, "parent_id": root if name != root else None, "depth": depth}
                for depth, names in ((0, [root]), (1, nodes))
                for name in names
            ],
            schema=hierarchy.NODE,
        ),
        pl.DataFrame(
            [*((name, name) for name in [root, *nodes]), *((name, root) for name in nodes)],
            schema={"branch_id": TEXT, "node_id": TEXT},
            orient="row",
        ),
        root,
    )
    at = replace(
        whole,
        measures=_uncut(pl.concat([additive, rest]), BRANCH_MEASURE),
        node_measures=pl.concat(
            [
                _uncut(by_node.rename({"branch_id": "node_id"}), NODE_MEASURE),
                bank_counted.select(*NODE_MEASURE),
            ]
        ),
        earlier={
            day: _earlier(rows, whole.tree, node, items) for day, rows in whole.earlier.items()
        },
        tree=tree,
    )
    marginal = replace(
        catalogue,
        metrics={
            name: metric
            for name, metric in catalogue.metrics.items()
            if _is_marginal(metric, catalogue)
        },
    )
    computed = facts.compute(at, marginal)
    return computed.filter(pl.col("slice") == TOTAL, pl.col("branch_id") != root)


def _is_marginal(metric: Metric, catalogue: Catalogue) -> bool:
    entities = {
        catalogue.entity_of(catalogue.measures[term.measure])
        for reading in metric.readings
        for term in terms_of(catalogue, metric, reading)
    }
    return metric.kind not in NOT_MARGINAL and Entity.LISTING not in entities


def _earlier(rows: pl.DataFrame, tree: Tree, node: str, items: pl.Series) -> pl.DataFrame:
    """Measures of an earlier month, which no item changes: rows of `BRANCH_MEASURE`."""
    own = _laid_over(_of(rows, tree, node), pl.DataFrame(schema=DELTA), items)
    return _uncut(
        pl.concat([own, _rest(_of(rows, tree, tree.root), own, tree.root)]), BRANCH_MEASURE
    )


def _rest(bank: pl.DataFrame, items: pl.DataFrame, root: str) -> pl.DataFrame:
    """What the root has beside the items: `branch_id, measure, amount`."""
    taken = items.group_by("measure").agg(taken=pl.col("amount").sum())
    return (
        bank.join(taken, on="measure", how="left")
        .with_columns(amount=pl.col("amount") - pl.col("taken").fill_null(0))
        .select("measure", "amount", branch_id=pl.lit(root))
        .select("branch_id", "measure", "amount")
    )


def _of(rows: pl.DataFrame, tree: Tree, node: str) -> pl.DataFrame:
    """Uncut measures at a node: `measure, amount`."""
    below = tree.counts_for.filter(pl.col("node_id") == node)["branch_id"]
    return (
        rows.filter(pl.col("slice") == TOTAL, pl.col("branch_id").is_in(below.implode()))
        .group_by("measure")
        .agg(pl.col("amount").sum())
    )


def _laid_over(own: pl.DataFrame, deltas: pl.DataFrame, items: pl.Series) -> pl.DataFrame:
    """The node's own measures for every item, with the item's differences: `branch_id, measure, amount`."""
    every = pl.DataFrame({"item": items}).join(own, how="cross")
    return (
        every.join(deltas, on=["item", "measure"], how="left", suffix="_more")
        .with_columns(amount=pl.col("amount") + pl.col("amount_more").fill_null(0))
        .select("measure", "amount", branch_id="item")
        .select("branch_id", "measure", "amount")
    )


def _uncut(rows: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return rows.with_columns(slice=pl.lit(TOTAL), member=pl.lit(TOTAL)).select(
        pl.col(name).cast(dtype) for name, dtype in schema.items()
    )
