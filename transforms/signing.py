"""What stands between a branch's figures and a signature: missed metrics about which nothing is said.

Check-ins and signatures are kept in `records.ledger`; which rule made a figure missed, `scorecards` says.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from transforms.catalogue.model import Catalogue, Kind
from transforms.catalogue.vocabulary import TOTAL
from transforms.schema import TEXT, WIDE
from transforms.scorecards import Status

OBSTACLE: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "status": TEXT,
    "value": WIDE,
    "target_value": WIDE,
    "gap": WIDE,
}
_MISSED: Final = (Status.MISSED.value, Status.EXCEEDED.value)


def missed(facts: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Uncut figures that miss their target, or exceed their tolerance in the metric's own reading.

    Args:
        facts: published facts of one month and version.
        catalogue: tells the metrics' own readings.

    Returns:
        Rows of `OBSTACLE`, by branch, metric and reading.
    """
    own = pl.DataFrame(
        [
            (metric.metric_id, metric.default_reading, metric.kind is Kind.TOLERANCE)
            for metric in catalogue.metrics.values()
        ],
        schema={"metric_id": TEXT, "_own": TEXT, "_tolerance": pl.Boolean()},
        orient="row",
    )
    return (
        facts.filter(pl.col("slice") == TOTAL, pl.col("status").is_in(_MISSED))
        .join(own, on="metric_id", how="inner")
        .filter(~pl.col("_tolerance") | (pl.col("reading") == pl.col("_own")))
        .select(pl.col(name).cast(dtype) for name, dtype in OBSTACLE.items())
        .sort("branch_id", "metric_id", "reading")
    )


def missed_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines of a scorecard that are missed, or exceed their tolerance, in the card's own words.

    Args:
        lines: rows of `scoring.score.LINE`.

    Returns:
        Rows of `OBSTACLE`, each figure once, by branch, metric and reading.
    """
    gap = pl.col("value") - pl.col("target_value")
    return (
        lines.filter(pl.col("status").is_in(_MISSED))
        .with_columns(gap=gap)
        .unique(["branch_id", "metric_id", "reading"], keep="first", maintain_order=True)
        .select(pl.col(name).cast(dtype) for name, dtype in OBSTACLE.items())
        .sort("branch_id", "metric_id", "reading")
    )


def obstacles(missed_ones: pl.DataFrame, check_ins: pl.DataFrame) -> pl.DataFrame:
    """The missed figures that no check-in is about.

    Args:
        missed_ones: what `missed` gives.
        check_ins: check-ins of the same month and version; `branch_id`, `metric_id` and `reading`.
    """
    said = check_ins.select("branch_id", "metric_id", "reading").unique()
    return missed_ones.join(said, on=["branch_id", "metric_id", "reading"], how="anti").sort(
        "branch_id", "metric_id", "reading"
    )
