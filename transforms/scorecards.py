"""Status of a figure against its target: ordered rules, the first that holds decides.

The gap is told in the favourable sense: positive means better than the target, whichever way the
metric points. Points, weights and rank belong in a scoring profile; words and glyphs in `dashboards`.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

import polars as pl

from transforms.catalogue.model import Better, Catalogue, Kind
from transforms.catalogue.vocabulary import TOTAL
from transforms.schema import TEXT, WIDE


class Status(StrEnum):
    """How a figure stands; the words of `dashboards` and of the command line."""

    MET = "met"
    NEAR = "near"
    MISSED = "missed"
    NO_TARGET = "no_target"
    NOT_COMPARABLE = "not_comparable"
    """It cannot be computed from this book."""
    NOT_APPLICABLE = "n/a"
    """It can be computed, but there is nothing to compute it on: an empty portfolio or base."""
    WITHIN = "within"
    """Within its tolerance."""
    EXCEEDED = "exceeded"
    """Beyond its tolerance."""


SCORED: Final[Mapping[str, pl.DataType]] = {
    "target_value": WIDE,
    "near_band": WIDE,
    "gap": WIDE,
    "status": TEXT,
}
"""Columns added to facts."""

_SIGNS: Final = {Better.HIGHER: 1, Better.LOWER: -1}
"""A metric that points neither way is read, not judged: it has no gap."""

_PRECISION: Final = {"month": 0, "quarter": 1, "year": 2}


def in_period(targets: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The approved target of each branch, metric and reading that holds on a date.

    Of several, the one for the narrowest period is used; a later start wins over an earlier one.
    """
    quarter = f"{as_of.year}Q{(as_of.month + 2) // 3}"
    periods = [f"{as_of.year}", quarter, f"{as_of:%Y-%m}"]
    return (
        targets.filter(
            pl.col("status") == "approved",
            pl.col("period").is_in(periods),
            pl.col("valid_from") <= as_of,
            pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of),
        )
        .with_columns(_narrow=pl.col("period_type").replace_strict(_PRECISION, default=3))
        .sort("_narrow", "valid_from", descending=[False, True])
        .unique(["branch_id", "metric_id", "reading"], keep="first", maintain_order=True)
        .select("branch_id", "metric_id", "reading", "target_value", "near_band")
    )


def annual_target(targets: pl.DataFrame, branch: str, metric: str) -> Decimal | None:
    """The value of one approved target, whichever reading it names; none if there is none."""
    found = targets.filter(pl.col("branch_id") == branch, pl.col("metric_id") == metric)
    value: Decimal | None = found["target_value"][0] if found.height else None
    return value


def with_status(facts: pl.DataFrame, targets: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Facts with `target_value, near_band, gap, status`.

    Args:
        facts: rows of `facts.FACT`.
        targets: what `in_period` gives; an empty reading means the metric's default one.
        catalogue: tells the default readings, directions and kinds.
    """
    metrics = catalogue.metrics.values()
    terms = pl.DataFrame(
        {
            "metric_id": [metric.metric_id for metric in metrics],
            "default_reading": [metric.default_reading for metric in metrics],
            "sign": [_SIGNS.get(metric.better) for metric in metrics],
            "tolerated": [metric.kind is Kind.TOLERANCE for metric in metrics],
        },
        schema_overrides={"sign": pl.Int64},
    )
    wanted = (
        targets.join(terms.select("metric_id", "default_reading"), on="metric_id", how="inner")
        .with_columns(pl.coalesce("reading", "default_reading").alias("reading"))
        .select(
            "branch_id", "metric_id", "reading", "target_value", "near_band", slice=pl.lit(TOTAL)
        )
    )
    joined = facts.join(
        wanted, on=["branch_id", "metric_id", "reading", "slice"], how="left", maintain_order="left"
    ).join(terms, on="metric_id", how="left", maintain_order="left")
    gap = (pl.col("value") - pl.col("target_value")) * pl.col("sign")
    short_by = pl.col("near_band").fill_null(0)
    status = (
        pl.when(pl.col("numerator").is_null())
        .then(pl.lit(Status.NOT_COMPARABLE.value))
        .when(pl.col("value").is_null())
        .then(pl.lit(Status.NOT_APPLICABLE.value))
        .when("tolerated", pl.col("value") >= 0)
        .then(pl.lit(Status.WITHIN.value))
        .when("tolerated")
        .then(pl.lit(Status.EXCEEDED.value))
        .when(pl.col("target_value").is_null() | pl.col("sign").is_null())
        .then(pl.lit(Status.NO_TARGET.value))
        .when(gap >= 0)
        .then(pl.lit(Status.MET.value))
        .when(gap + short_by >= 0)
        .then(pl.lit(Status.NEAR.value))
        .otherwise(pl.lit(Status.MISSED.value))
    )
    return joined.with_columns(gap=gap.cast(WIDE), status=status).select(*facts.columns, *SCORED)
