"""What changed in a node's figures between two month ends, as events.

Statuses, headroom, targets, definitions, findings, restatements: frames in, one frame of `events.EVENT`
out. Which frames, and within whose scope, is said by `orchestration.questions.movements`; unusual moves are
found by `unusual`, merged and moved branches by `reorganised`.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms.analysis.changed.events import GRAVITY, EventKind, events
from transforms.schema import WIDE
from transforms.scorecards import Status

_DEGREE: Final[Mapping[str, int]] = MappingProxyType(
    {
        Status.MET.value: 0,
        Status.WITHIN.value: 0,
        Status.NEAR.value: 1,
        Status.MISSED.value: 2,
        Status.EXCEEDED.value: 2,
    }
)
_WORST: Final = 2
SMALL_HEADROOM_PERCENT: Final = 20
"""A tolerance with less than this part of its limit left is small."""

GRAVE: Final = ("critical", "error")
"""Severities of rules whose breach is told."""
FOUND: Final = (
    *("rule_id", "severity", "reason_en", "reason_zh"),
    *("failing_rows", "failing_amount"),
)
"""What has to be known of a finding."""
_NOTHING: Final = pl.lit(0, dtype=WIDE)


def _degree(column: str) -> pl.Expr:
    return pl.col(column).replace_strict(dict(_DEGREE), default=None, return_dtype=pl.Int32)


def _beside(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    return now.join(before, on=["branch_id", "metric_id"], how="inner", suffix="_then")


def statuses(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Statuses that changed, and judged figures that can no longer be given.

    Args:
        before: uncut facts of default readings at the month compared with, one row a metric.
        now: the same at the month asked for.
    """
    rows = _beside(before, now).with_columns(_was=_degree("status_then"), _is=_degree("status"))
    rows = rows.filter(pl.col("_was").is_not_null())
    worse = pl.col("_is") > pl.col("_was")
    tolerated = pl.col("limit_value").is_not_null()
    distance = pl.when(tolerated).then("value").otherwise("gap")
    base = pl.when(tolerated).then("limit_value").otherwise("target_value").abs()
    changed = rows.filter(pl.col("_is") != pl.col("_was")).with_columns(
        kind=pl.lit(EventKind.STATUS.value),
        favourable=~worse,
        gravity=pl.when(~worse)
        .then(GRAVITY["improved"])
        .when(pl.col("_is") == _WORST)
        .then(GRAVITY["missed"])
        .otherwise(GRAVITY["near"]),
        size=(distance / pl.when(base != 0).then(base)).abs(),
    )
    lost = rows.filter(pl.col("status") == Status.NOT_COMPARABLE.value).with_columns(
        kind=pl.lit(EventKind.LOST.value),
        favourable=pl.lit(value=False),
        gravity=pl.lit(GRAVITY["lost"]),
        size=_NOTHING,
    )
    return events(
        pl.concat([changed, lost], how="diagonal_relaxed"),
        before="value_then",
        after="value",
        status_before="status_then",
        status_after="status",
        target_before="target_value_then",
        target_after="target_value",
        limit="limit_value",
        headroom="headroom_amount",
        reason_en="reason",
        month="as_of_date",
        month_before="as_of_date_then",
    )


def headrooms(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Tolerances still within their limit of which little is left, and less than before."""
    part = pl.col("value") * 100 < pl.col("limit_value") * SMALL_HEADROOM_PERCENT
    rows = _beside(before, now).filter(
        pl.col("limit_value").is_not_null(),
        pl.col("value") >= 0,
        part,
        pl.col("value") < pl.col("value_then"),
    )
    return events(
        rows.with_columns(
            kind=pl.lit(EventKind.HEADROOM.value),
            favourable=pl.lit(value=False),
            gravity=pl.lit(GRAVITY["headroom"]),
            size=pl.lit(1, dtype=WIDE) - pl.col("value") / pl.col("limit_value"),
        ),
        before="value_then",
        after="value",
        status_after="status",
        limit="limit_value",
        headroom="headroom_amount",
        month="as_of_date",
    )


def definitions(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Metrics with a target or limit whose definition is another than it was."""
    aimed = pl.col("target_value").is_not_null() | pl.col("limit_value").is_not_null()
    rows = _beside(before, now).filter(
        aimed, pl.col("definition_version") != pl.col("definition_version_then")
    )
    return events(
        rows.with_columns(
            kind=pl.lit(EventKind.DEFINITION.value),
            gravity=pl.lit(GRAVITY["definition"]),
            size=_NOTHING,
        ),
        before="value_then",
        after="value",
        month="as_of_date",
    )


def targets(before: pl.DataFrame, now: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Targets for one and the same day that were changed or withdrawn since they were known before.

    Args:
        before: `branch_id, metric_id, target_value` for the month asked for, as they stood when the
            month compared with was first reported.
        now: the same as known now.
        as_of: the month asked for.
    """
    rows = before.join(now, on=["branch_id", "metric_id"], how="left", suffix="_now").filter(
        pl.col("target_value").ne_missing(pl.col("target_value_now"))
    )
    moved = (pl.col("target_value_now") - pl.col("target_value")).abs()
    base = pl.col("target_value").abs()
    return events(
        rows.with_columns(
            kind=pl.lit(EventKind.TARGET.value),
            gravity=pl.lit(GRAVITY["target"]),
            size=(moved / pl.when(base != 0).then(base)).fill_null(pl.lit(1, dtype=WIDE)),
            month=pl.lit(as_of),
        ),
        target_before="target_value",
        target_after="target_value_now",
        month="month",
    )


def findings(before: pl.DataFrame, now: pl.DataFrame, branch: str, as_of: date) -> pl.DataFrame:
    """Grave rules that rows of the node break now and broke none of before, one event a rule.

    Args:
        before: findings of the node and below at the month compared with; `rule_id` is enough.
        now: the same at the month asked for, columns `FOUND`.
        branch: the node.
        as_of: the month asked for.
    """
    new = now.filter(pl.col("severity").is_in(GRAVE)).join(
        before.select("rule_id").unique(), on="rule_id", how="anti"
    )
    rows = new.group_by("rule_id", "severity", "reason_en", "reason_zh").agg(
        rows=pl.col("failing_rows").sum(),
        amount=pl.when(pl.col("failing_amount").is_not_null().any())
        .then(pl.col("failing_amount").sum())
        .cast(WIDE),
    )
    return events(
        rows.with_columns(
            kind=pl.lit(EventKind.FINDING.value),
            branch_id=pl.lit(branch),
            favourable=pl.lit(value=False),
            gravity=pl.when(pl.col("severity") == "critical")
            .then(GRAVITY["critical_finding"])
            .otherwise(GRAVITY["error_finding"]),
            size=pl.col("rows").cast(WIDE),
            month=pl.lit(as_of),
        ),
        month="month",
        rule_id="rule_id",
        severity="severity",
        reason_en="reason_en",
        reason_zh="reason_zh",
        rows="rows",
        amount="amount",
    )


def restatements(
    reported: pl.DataFrame, known: pl.DataFrame, reasons: pl.DataFrame, metrics: pl.DataFrame
) -> pl.DataFrame:
    """Months whose figures are others than first reported, one event a month, with the figure to name.

    Named is a figure whose status flipped, else one with a target or limit, else any; of several the one
    that moved most for its size.

    Args:
        reported: uncut facts of default readings of several months as first reported.
        known: the same as known now.
        reasons: `month, version, why`: why a month was delivered again.
        metrics: what `metrics_of` gives.
    """
    rows = known.join(
        reported, on=["branch_id", "metric_id", "as_of_date"], how="inner", suffix="_then"
    ).filter(
        pl.col("value").ne_missing(pl.col("value_then"))
        | pl.col("status").ne_missing(pl.col("status_then"))
    )
    was, now = _degree("status_then"), _degree("status")
    flipped = (was != now).fill_null(value=False)
    aimed = pl.col("target_value").is_not_null() | pl.col("limit_value").is_not_null()
    base = pl.col("value_then").abs()
    moved = (
        (pl.col("value") - pl.col("value_then")).abs() / pl.when(base != 0).then(base)
    ).fill_null(_NOTHING)
    rows = (
        rows.with_columns(_flipped=flipped, _aimed=aimed, _moved=moved, favourable=now < was)
        .join(metrics.select("metric_id", "place"), on="metric_id", how="inner")
        .with_columns(
            figures=pl.len().over("branch_id", "as_of_date").cast(pl.Int64),
            flipped=pl.col("_flipped").sum().over("branch_id", "as_of_date").cast(pl.Int64),
        )
        .sort(
            "as_of_date",
            "_flipped",
            "_aimed",
            "_moved",
            "place",
            descending=[False, True, True, True, False],
        )
        .unique(["branch_id", "as_of_date"], keep="first", maintain_order=True)
        .join(reasons, left_on="as_of_date", right_on="month", how="left")
        .with_columns(
            kind=pl.lit(EventKind.RESTATED.value),
            favourable=pl.when("_flipped").then("favourable"),
            gravity=pl.when(pl.col("flipped") > 0)
            .then(GRAVITY["restated_status"])
            .otherwise(GRAVITY["restated"]),
            size=pl.col("figures").cast(WIDE),
        )
    )
    return events(
        rows,
        before="value_then",
        after="value",
        status_before="status_then",
        status_after="status",
        month="as_of_date",
        figures="figures",
        flipped="flipped",
        version="version",
        why="why",
    )
