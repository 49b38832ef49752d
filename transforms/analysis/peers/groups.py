"""Which branches stand beside each other: by level, size, region, make-up of the book, or a named list.

Each function gives a row for every node that it can place, `branch_id, group`. Only branches of one level
share a group, named lists apart. Which figures sizes and shares are taken from is said by
`orchestration.questions.peering`.
"""

from collections.abc import Collection, Sequence

import polars as pl

GROUPS = pl.Schema({"branch_id": pl.String(), "group": pl.String()})
"""Columns of a grouping."""

_LEVEL = pl.coalesce("level", pl.format("depth {}", pl.col("depth")))


def by_level(nodes: pl.DataFrame) -> pl.DataFrame:
    """All branches of a level; where no level was delivered, of one depth of the tree.

    Args:
        nodes: rows of `hierarchy.NODE`.
    """
    return _groups(nodes.select(branch_id="node_id", group=_LEVEL))


def by_region(nodes: pl.DataFrame) -> pl.DataFrame:
    """The branches of a level that report to the same node; the root has none beside it."""
    below = nodes.filter(pl.col("parent_id").is_not_null())
    return _groups(
        below.select(branch_id="node_id", group=pl.format("{} of {}", _LEVEL, "parent_id"))
    )


def by_size(nodes: pl.DataFrame, sizes: pl.DataFrame, parts: int) -> pl.DataFrame:
    """The branches of a level in as many parts by size, the largest in part 1.

    Ranked from the largest, of m branches the one at rank r is in part ceil(parts × r / m); equals share
    the better rank, and so the part. A branch without a size is in none.

    Args:
        nodes: rows of `hierarchy.NODE`.
        sizes: `branch_id, value`.
        parts: how many.
    """
    placed = (
        nodes.select(branch_id="node_id", level=_LEVEL)
        .join(sizes.select("branch_id", "value"), on="branch_id", how="inner")
        .drop_nulls("value")
    )
    rank = pl.col("value").rank("min", descending=True).over("level").cast(pl.Int64)
    part = (rank * parts + pl.len().over("level") - 1) // pl.len().over("level")
    return _groups(
        placed.select(
            "branch_id", group=pl.format("{}, size {} of {}", "level", part, pl.lit(parts))
        )
    )


def by_mix(nodes: pl.DataFrame, shares: pl.DataFrame, metrics: Sequence[str]) -> pl.DataFrame:
    """The branches of a level by which shares lie above the level's median.

    The median is the middle value, of an even number the lower one of the two; what equals it is not
    above. A branch that lacks one of the shares is in no group.

    Args:
        nodes: rows of `hierarchy.NODE`.
        shares: `branch_id, metric_id, value`.
        metrics: the shares, in the order of the group's name.
    """
    held = (
        shares.filter(pl.col("metric_id").is_in(list(metrics)))
        .drop_nulls("value")
        .join(nodes.select(branch_id="node_id", level=_LEVEL), on="branch_id", how="inner")
    )
    middle = held.group_by("level", "metric_id").agg(
        median=pl.col("value").sort().get((pl.len().cast(pl.Int64) - 1) // 2)
    )
    order = pl.col("metric_id").replace_strict(
        {name: place for place, name in enumerate(metrics)}, return_dtype=pl.Int32
    )
    word = pl.when(pl.col("value") > pl.col("median")).then(pl.lit("high")).otherwise(pl.lit("low"))
    return _groups(
        held.join(middle, on=["level", "metric_id"], how="left")
        .with_columns(_order=order, _word=pl.format("{} {}", word, "metric_id"))
        .sort("branch_id", "_order")
        .group_by("branch_id", "level", maintain_order=True)
        .agg(pl.col("_word"), _held=pl.len())
        .filter(pl.col("_held") == len(metrics))
        .select("branch_id", group=pl.format("{}, {}", "level", pl.col("_word").list.join(", ")))
    )


def by_list(nodes: pl.DataFrame, name: str, branches: Collection[str]) -> pl.DataFrame:
    """The branches of a list that are open, all in one group."""
    return _groups(
        nodes.filter(pl.col("node_id").is_in(sorted(branches))).select(
            branch_id="node_id", group=pl.lit(name)
        )
    )


def _groups(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(pl.col(name).cast(dtype) for name, dtype in GROUPS.items()).sort(
        "group", "branch_id"
    )
