"""Status of a figure against its target: ordered rules, the first that holds decides.

The gap is told in the favourable sense: positive means better than the target, whichever way the
metric points. The rules are data: a scoring profile may bring its own. Points, weights and rank belong in
`scoring`; words and glyphs in `dashboards`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


class When(StrEnum):
    """What a status rule asks of a figure."""

    NOT_COMPUTABLE = "not_computable"
    """The book cannot give it."""
    NOTHING_TO_COMPUTE_ON = "nothing_to_compute_on"
    """Its portfolio or base is empty."""
    WITHIN_NARROWLY = "within_narrowly"
    """Within its tolerance, with less headroom than `below`, in percentage points."""
    WITHIN = "within"
    BEYOND = "beyond"
    """Beyond its tolerance."""
    NO_TARGET = "no_target"
    """No approved target, or a figure that points neither way."""
    MET_NARROWLY = "met_narrowly"
    """At or beyond its target, by less than `below` per cent of the target."""
    MET = "met"
    IN_BAND = "in_band"
    """Short of its target by no more than the target's near band."""
    OTHERWISE = "otherwise"


@dataclass(frozen=True)
class StatusRule:
    """If `when` holds, the figure has the status; `below` is asked for by the two narrow ones."""

    when: When
    status: Status
    below: Decimal | None = None


RULES: Final = (
    StatusRule(When.NOT_COMPUTABLE, Status.NOT_COMPARABLE),
    StatusRule(When.NOTHING_TO_COMPUTE_ON, Status.NOT_APPLICABLE),
    StatusRule(When.WITHIN, Status.WITHIN),
    StatusRule(When.BEYOND, Status.EXCEEDED),
    StatusRule(When.NO_TARGET, Status.NO_TARGET),
    StatusRule(When.MET, Status.MET),
    StatusRule(When.IN_BAND, Status.NEAR),
    StatusRule(When.OTHERWISE, Status.MISSED),
)
"""The rules of published figures: the first that holds decides."""

JUDGED: Final[Mapping[Status, Status]] = {
    Status.MET: Status.MET,
    Status.WITHIN: Status.MET,
    Status.NEAR: Status.NEAR,
    Status.EXCEEDED: Status.MISSED,
    Status.MISSED: Status.MISSED,
}
"""What a judged status comes to where several are taken together; the others are no judgement."""

SCORED: Final[Mapping[str, pl.DataType]] = {
    "target_value": WIDE,
    "near_band": WIDE,
    "gap": WIDE,
    "status": TEXT,
}
"""Columns added to facts."""

_SIGNS: Final = {Better.HIGHER: 1, Better.LOWER: -1}
"""A metric that points neither way is read, not judged: it has no gap."""


def annual_target(targets: pl.DataFrame, branch: str, metric: str) -> Decimal | None:
    """The value of one approved target, whichever reading it names; none if there is none."""
    found = targets.filter(pl.col("branch_id") == branch, pl.col("metric_id") == metric)
    value: Decimal | None = found["target_value"][0] if found.height else None
    return value


def status_of(rules: Sequence[StatusRule] = RULES) -> pl.Expr:
    """The status of each row of a frame, by ordered rules.

    Args:
        rules: the first that holds decides; the last is `otherwise`. The frame has `numerator, value,
            tolerated, target_value, near_band` and `gap`, which is empty where nothing is judged.
    """
    value, gap = pl.col("value"), pl.col("gap")
    tolerated = pl.col("tolerated").fill_null(value=False)
    part = gap * 100 / pl.when(pl.col("target_value") != 0).then(pl.col("target_value").abs())
    holds: Mapping[When, pl.Expr] = {
        When.NOT_COMPUTABLE: pl.col("numerator").is_null(),
        When.NOTHING_TO_COMPUTE_ON: value.is_null(),
        When.WITHIN_NARROWLY: tolerated & (value >= 0),
        When.WITHIN: tolerated & (value >= 0),
        When.BEYOND: tolerated & (value < 0),
        When.NO_TARGET: gap.is_null(),
        When.MET_NARROWLY: gap >= 0,
        When.MET: gap >= 0,
        When.IN_BAND: gap + pl.col("near_band").fill_null(0) >= 0,
        When.OTHERWISE: pl.lit(value=True),
    }
    room = {When.WITHIN_NARROWLY: value, When.MET_NARROWLY: part}
    decided = pl.lit(None, dtype=TEXT)
    for rule in reversed(rules):
        asked = holds[rule.when]
        if rule.below is not None:
            asked = asked & (room[rule.when] < pl.lit(rule.below, dtype=WIDE))
        # An empty comparison holds of nothing: the rule is passed over.
        decided = pl.when(asked).then(pl.lit(rule.status.value)).otherwise(decided)
    return decided


def with_status(
    facts: pl.DataFrame,
    targets: pl.DataFrame,
    catalogue: Catalogue,
    rules: Sequence[StatusRule] = RULES,
) -> pl.DataFrame:
    """Facts with `target_value, near_band, gap, status`.

    Args:
        facts: rows of `facts.FACT`.
        targets: `branch_id, metric_id, reading, target_value, near_band`, one for each; a reading of
            none is the metric's default one.
        catalogue: tells the default readings, directions and kinds.
        rules: the ordered rules of status.
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
    return (
        joined.with_columns(gap=gap.cast(WIDE))
        .with_columns(status=status_of(rules))
        .select(*facts.columns, *SCORED)
    )
