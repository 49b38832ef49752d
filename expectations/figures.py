"""The published figures as tables that rules may judge: what their suite reads, and under which names.

Figures are made in `transforms`; which rules they must meet is said in `rules/metric_fact.yaml`. Here
only the shapes stand, so that a rule about figures is tried on loading like any other.
"""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms import schema
from transforms.catalogue.model import Aggregation, Catalogue, Metric
from transforms.cube import BRANCH_MEASURE
from transforms.hierarchy import NODE
from transforms.schema import Column, Delivery, Presence, Table

_REQUIRED: Final = Presence.REQUIRED

# fmt: off
METRIC_FACT: Final = Table(
    name="metric_fact",
    en="Published figures",
    zh="已发布指标",
    grain="one row per metric, reading, node, slice and member",
    key=("metric_id", "reading", "branch_id", "slice", "member"),
    delivery=Delivery.MONTHLY,
    columns=(
        Column("metric_id", schema.TEXT, "Metric", "指标", presence=_REQUIRED),
        Column("reading", schema.TEXT, "Reading of the metric", "口径", presence=_REQUIRED),
        Column("branch_id", schema.TEXT, "Node of the branch tree", "机构号", presence=_REQUIRED),
        Column("slice", schema.TEXT, "What it is cut by; `total` if by nothing", "维度", presence=_REQUIRED),
        Column("member", schema.TEXT, "Member of the slice", "维度成员", presence=_REQUIRED),
        Column("numerator", schema.WIDE, "Numerator", "分子", nullable=True),
        Column("denominator", schema.WIDE, "Denominator", "分母", nullable=True),
        Column("value", schema.WIDE, "Value", "指标值", nullable=True),
        Column("unit", schema.TEXT, "Unit", "单位", presence=_REQUIRED),
        Column("reason", schema.TEXT, "Why there is no value", "无值原因", nullable=True),
    ),
)
# fmt: on

FIGURES: Final[Mapping[str, Table]] = MappingProxyType({METRIC_FACT.name: METRIC_FACT})
"""Tables of figures that have suites of their own, by name."""

METRIC: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "metric_id": schema.TEXT,
        "reading": schema.TEXT,
        "is_default": schema.FLAG,
        "kind": schema.TEXT,
        "numerator": schema.TEXT,
        "denominator": schema.TEXT,
    }
)
"""Every metric and reading; numerator and denominator where they are one plain sum over rows."""

METRIC_CUT: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {"metric_id": schema.TEXT, "slice": schema.TEXT, "parts": schema.TEXT, "whole": schema.FLAG}
)
"""How the members of a slice make up the figure; `whole` if they share one uncut denominator."""

RATE_RANGE: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {"branch_id": schema.TEXT, "lowest": schema.RATE, "highest": schema.RATE}
)
"""The lowest and highest rate of the loans that a booking branch holds."""

VIEWS: Final[Mapping[str, Mapping[str, pl.DataType]]] = MappingProxyType(
    {
        METRIC_FACT.name: METRIC_FACT.dtypes,
        f"previous_{METRIC_FACT.name}": METRIC_FACT.dtypes,
        "branch_measure": BRANCH_MEASURE,
        "counts_for": {"branch_id": schema.TEXT, "node_id": schema.TEXT},
        "metric": METRIC,
        "metric_cut": METRIC_CUT,
        "node": NODE,
        "rate_range": RATE_RANGE,
    }
)
"""Views that only the suite of figures has, with their columns."""


def definitions(catalogue: Catalogue) -> dict[str, pl.DataFrame]:
    """What the definitions say about figures, as the views `metric` and `metric_cut`."""
    plain = {
        name
        for name, measure in catalogue.measures.items()
        if measure.aggregation is Aggregation.SUM
    }
    readings = [
        {
            "metric_id": metric.metric_id,
            "reading": reading.name,
            "is_default": reading.name == metric.default_reading,
            "kind": metric.kind.value,
            "numerator": _plain(reading.numerator, metric, plain),
            "denominator": _plain(reading.denominator, metric, plain),
        }
        for metric in catalogue.metrics.values()
        for reading in metric.readings
    ]
    cuts = [
        {
            "metric_id": metric.metric_id,
            "slice": cut,
            "parts": metric.parts(cut).value,
            "whole": cut in metric.composition,
        }
        for metric in catalogue.metrics.values()
        for cut in metric.cuts
    ]
    return {
        "metric": pl.DataFrame(readings, schema=dict(METRIC)),
        "metric_cut": pl.DataFrame(cuts, schema=dict(METRIC_CUT)),
    }


def _plain(measure: str | None, metric: Metric, plain: Collection[str]) -> str | None:
    """The measure, if the figure shows just that sum: not its increase, and not another times twelve."""
    shown = measure in plain and not metric.annualised and metric.base is None
    return measure if shown else None


def rate_range(loans: pl.LazyFrame) -> pl.LazyFrame:
    """The view `rate_range` from accepted loans: branches without any rate are not in it."""
    return (
        loans.filter(pl.col("outstanding_principal") > 0, pl.col("interest_rate").is_not_null())
        .group_by(branch_id="booking_branch_id")
        .agg(lowest=pl.col("interest_rate").min(), highest=pl.col("interest_rate").max())
        .sort("branch_id")
    )
