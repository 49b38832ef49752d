"""Whether the targets of the branches below make up the target above them.

Sums are added up. Shares, means and growth are weighted by what they are shares of now, which is no
promise of how the year will end. Distinct clients do not add up at all: a client of two branches is one
client of the bank. Frames in, frames out; which targets hold is said by `target_states`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import polars as pl

from transforms.catalogue.model import NODE_LEVEL, Catalogue, Kind, Label, Metric
from transforms.catalogue.vocabulary import TOTAL
from transforms.schema import TEXT, WIDE

_SUMS: Final = frozenset({Kind.TOTAL, Kind.INCREMENT, Kind.INCREMENT_DIFFERENCE, Kind.AVERAGE})
_WEIGHTED: Final = frozenset({Kind.RATIO, Kind.WEIGHTED_MEAN, Kind.GROWTH})


class Way(StrEnum):
    """How the targets below are taken together."""

    SUM = "sum"
    WEIGHTED = "weighted"
    NOT_ADDITIVE = "not_additive"


TOLD: Final[Mapping[Way, Label]] = {
    Way.SUM: Label("added up", "合计"),
    Way.WEIGHTED: Label("weighted by the denominators of this month", "按当月分母加权"),
    Way.NOT_ADDITIVE: Label(
        "do not add up: no sum of the parts says anything about the whole",
        "不可加总，分项合计不说明整体",
    ),
}

CASCADE: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "period": TEXT,
    "unit": TEXT,
    "way": TEXT,
    "target": WIDE,
    "below": WIDE,
    "gap": WIDE,
    "gap_percent": WIDE,
    "children": pl.Int64(),
    "without": pl.List(pl.String),
    "unweighted": pl.List(pl.String),
}
"""A target and those right below it.

`gap` is what the targets below come to, less the target, in the metric's unit, and `gap_percent` that in
per cent of the target; both are nothing where the parts do not add up. `without` are children that have no
target, `unweighted` those whose target could not be weighted, since the month has no denominator for them.
"""


def way_of(metric: Metric, catalogue: Catalogue) -> Way:
    """How targets of a metric are taken together."""
    reading = metric.reading(metric.default_reading)
    by_node = any(
        catalogue.measures[name].aggregation in NODE_LEVEL
        for name in catalogue.plain_measures(reading)
    )
    if by_node or metric.whole_bank:
        return Way.NOT_ADDITIVE
    if metric.kind in _SUMS:
        return Way.SUM
    return Way.WEIGHTED if metric.kind in _WEIGHTED else Way.NOT_ADDITIVE


def compared(
    targets: pl.DataFrame, nodes: pl.DataFrame, facts: pl.DataFrame, catalogue: Catalogue
) -> pl.DataFrame:
    """Every target that has branches below it, against theirs; rows of `CASCADE`.

    Args:
        targets: those in force, `branch_id, metric_id, reading, period, target_value`; an empty reading
            is the metric's own.
        nodes: the tree, rows of `hierarchy.NODE`.
        facts: figures of a month, for the denominators.
        catalogue: tells how metrics add up.
    """
    metrics = pl.DataFrame(
        [
            (one.metric_id, one.default_reading, one.unit.value, way_of(one, catalogue).value)
            for one in catalogue.metrics.values()
        ],
        schema={"metric_id": TEXT, "_own": TEXT, "unit": TEXT, "way": TEXT},
        orient="row",
    )
    own = pl.when(pl.col("reading") != "").then("reading").otherwise("_own")
    held = targets.join(metrics, on="metric_id", how="inner").with_columns(reading=own)
    held = held.select("branch_id", "metric_id", "reading", "period", "unit", "way", "target_value")
    weights = facts.filter(pl.col("slice") == TOTAL).select(
        "branch_id", "metric_id", "reading", weight="denominator"
    )
    tree = nodes.select(child_id="node_id", parent_id="parent_id").drop_nulls("parent_id")
    key = ["branch_id", "metric_id", "reading", "period"]
    below = held.select(
        *(pl.col(name) for name in key[1:]), child_id="branch_id", child_target="target_value"
    )
    pairs = (
        held.join(tree, left_on="branch_id", right_on="parent_id", how="inner")
        .join(below, on=["child_id", *key[1:]], how="left")
        .join(
            weights,
            left_on=["child_id", "metric_id", "reading"],
            right_on=["branch_id", "metric_id", "reading"],
            how="left",
        )
    )
    has = pl.col("child_target").is_not_null()
    is_weighted = pl.col("way") == Way.WEIGHTED.value
    counted = has & (~is_weighted | (pl.col("weight") > 0))
    summed = pl.col("child_target").filter(counted).sum()
    whole = pl.col("weight").filter(counted).sum()
    product = (pl.col("child_target") * pl.col("weight")).filter(counted).sum()
    together = (
        pl.when(pl.col("way").first() == Way.SUM.value)
        .then(summed)
        .when(pl.col("way").first() == Way.WEIGHTED.value)
        .then(product / pl.when(whole > 0).then(whole))
    )
    some = counted.any()
    gathered = pairs.group_by([*key, "unit", "way"]).agg(
        target=pl.col("target_value").first(),
        below=pl.when(some).then(together),
        children=pl.len().cast(pl.Int64),
        without=pl.col("child_id").filter(~has).sort(),
        unweighted=pl.col("child_id").filter(has & ~counted).sort(),
        _any=has.any(),
    )
    gap = pl.col("below") - pl.col("target")
    share = gap * 100 / pl.when(pl.col("target") != 0).then(pl.col("target").abs())
    return (
        gathered.filter("_any")
        .with_columns(gap=gap, gap_percent=share.round(2))
        .select(pl.col(name).cast(dtype) for name, dtype in CASCADE.items())
        .sort(key)
    )
