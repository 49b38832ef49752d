"""From booking branches to every node of the tree: amounts add, and nothing else is carried up.

Ratios are recomputed from the sums in `facts`; distinct clients are counted per node in `clients`.
"""

from collections.abc import Sequence

import polars as pl

from transforms.catalogue.vocabulary import TOTAL
from transforms.hierarchy import Tree
from transforms.schema import WIDE


def node_sums(measures: pl.DataFrame, tree: Tree) -> pl.DataFrame:
    """Measures summed for every node: `node_id, slice, member, measure, amount`.

    Args:
        measures: rows of `cube.BRANCH_MEASURE`, of this month or an earlier one. A branch that the
            tree does not know counts for the root only, so that totals stay whole.
        tree: the branches as organised on the date asked for.
    """
    strays = measures.filter(~pl.col("branch_id").is_in(tree.counts_for["branch_id"].implode()))
    counts_for = pl.concat(
        [
            tree.counts_for,
            strays.select("branch_id", node_id=pl.lit(tree.root)).unique(),
        ]
    )
    return (
        measures.join(counts_for, on="branch_id", how="inner")
        .group_by("node_id", "slice", "member", "measure")
        .agg(pl.col("amount").sum().cast(WIDE))
    )


def wide(sums: pl.DataFrame, tree: Tree, measures: Sequence[str]) -> pl.DataFrame:
    """One row per node and member with a column per measure.

    Every node has an uncut row. A measure without loans at a node is zero there: the book was
    delivered, and it holds none.
    """
    # Names are compared as numbers: the column of each measure is filled in half the time.
    numbered = sums.with_columns(pl.col("measure").cast(pl.Enum(measures), strict=False))
    held = numbered.pivot(
        on="measure",
        on_columns=list(measures),
        index=["node_id", "slice", "member"],
        values="amount",
    )
    uncut = tree.nodes.select("node_id", slice=pl.lit(TOTAL), member=pl.lit(TOTAL))
    missing = uncut.join(held, on=["node_id", "slice", "member"], how="anti")
    rows = pl.concat([held, missing], how="diagonal")
    return rows.with_columns(pl.col(measures).cast(WIDE).fill_null(pl.lit(0, dtype=WIDE))).sort(
        "node_id", "slice", "member"
    )
