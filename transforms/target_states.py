"""How versions of targets stand to each other: the state of each, and which one holds on a day.

Of one key (branch, metric, reading, period) there may be many versions. The newest approved one whose
first day has come decides; before that day the one before it does, so that a target changed in the
middle of a year keeps its earlier step. Where versions are kept belongs in `records.ledger`; what a
month asks of a year's target, in `transforms.phasing`.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Final

import polars as pl

from transforms.phasing import PeriodType

KEY: Final = ("branch_id", "metric_id", "reading", "period")
"""What a target is for; an empty reading is the metric's default one."""


class State(StrEnum):
    """Where a version is in its life."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    """Approved, and a newer version is approved too; it holds before the newer one's first day."""
    REPLACED = "replaced"
    """A draft, or submitted, of which there is a newer version."""
    WITHDRAWN = "withdrawn"


_DEAD: Final = (State.REJECTED.value, State.WITHDRAWN.value)
_NARROW: Final = {PeriodType.MONTH.value: 0, PeriodType.QUARTER.value: 1, PeriodType.YEAR.value: 2}


def with_states(versions: pl.DataFrame) -> pl.DataFrame:
    """Versions with `state` and `holds_until`.

    Args:
        versions: `KEY`, `version`, `valid_from`, `valid_to` and `step`, the last step that was taken
            with a version (draft if none was).

    Returns:
        The same rows: `state` by `State`, and for approved ones the last day on which the version is
        the one that decides (none while nothing ends it; before `valid_from` if it never was).
    """
    step = pl.col("step")
    approved = step == State.APPROVED.value
    newest_live = pl.col("version").filter(~step.is_in(_DEAD)).max().over(KEY)
    newest_approved = pl.col("version").filter(approved).max().over(KEY)
    open_ = step.is_in([State.DRAFT.value, State.SUBMITTED.value])
    state = (
        pl.when(approved & (pl.col("version") < newest_approved))
        .then(pl.lit(State.SUPERSEDED.value))
        .when(open_ & (pl.col("version") < newest_live))
        .then(pl.lit(State.REPLACED.value))
        .otherwise(step)
    )
    ordered = versions.sort(*KEY, "version", descending=[False] * len(KEY) + [True])
    # Newest first: the earliest first day among the newer approved ones ends a version.
    newer = pl.when(approved).then("valid_from").cum_min().shift(1).forward_fill().over(KEY)
    eve = newer.dt.offset_by("-1d")
    return (
        ordered.with_columns(
            state=state,
            holds_until=pl.when(approved).then(pl.min_horizontal("valid_to", eve)),
        )
        .sort(*KEY, "version")
        .select(*versions.columns, "state", "holds_until")
    )


def known_at(versions: pl.DataFrame, moment: datetime) -> pl.DataFrame:
    """The versions as they stood at a moment: what was done later is not known yet.

    Args:
        versions: what `with_states` gives, with `made_at`, `submitted_at`, `checked_at`,
            `withdrawn_at`.
        moment: the moment, in UTC.
    """
    then = pl.lit(moment)
    decided = (
        pl.when(pl.col("step") == State.REJECTED.value)
        .then("step")
        .otherwise(pl.lit(State.APPROVED.value))
    )
    step = (
        pl.when(pl.col("withdrawn_at") <= then)
        .then(pl.lit(State.WITHDRAWN.value))
        .when(pl.col("checked_at") <= then)
        .then(decided)
        .when(pl.col("submitted_at") <= then)
        .then(pl.lit(State.SUBMITTED.value))
        .otherwise(pl.lit(State.DRAFT.value))
    )
    made = versions.filter(pl.col("made_at") <= then).with_columns(step=step)
    return with_states(made.drop("state", "holds_until")).select(versions.columns)


def in_force(versions: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """The approved versions that hold on a day, one for each key.

    Args:
        versions: what `with_states` gives.
        as_of: the day.
    """
    return versions.filter(
        pl.col("state").is_in([State.APPROVED.value, State.SUPERSEDED.value]),
        pl.col("valid_from") <= as_of,
        pl.col("holds_until").is_null() | (pl.col("holds_until") >= as_of),
        pl.col("period").is_in(list(periods_of(as_of))),
    ).with_columns(period_type=period_types(pl.col("period")))


def narrowest(targets: pl.DataFrame) -> pl.DataFrame:
    """Of several targets of a branch, metric and reading, the one for the narrowest period."""
    return (
        targets.with_columns(_narrow=pl.col("period_type").replace_strict(_NARROW))
        .sort("branch_id", "metric_id", "reading", "_narrow")
        .unique(["branch_id", "metric_id", "reading"], keep="first", maintain_order=True)
        .drop("_narrow")
    )


def periods_of(as_of: date) -> tuple[str, str, str]:
    """The year, quarter and month that a day lies in, as targets name them.

    >>> periods_of(date(2026, 10, 31))
    ('2026', '2026Q4', '2026-10')
    """
    return f"{as_of.year}", f"{as_of.year}Q{(as_of.month + 2) // 3}", f"{as_of:%Y-%m}"


def period_types(period: pl.Expr) -> pl.Expr:
    """The kinds of periods, from their names."""
    return (
        pl.when(period.str.contains("Q", literal=True))
        .then(pl.lit(PeriodType.QUARTER.value))
        .when(period.str.contains("-", literal=True))
        .then(pl.lit(PeriodType.MONTH.value))
        .otherwise(pl.lit(PeriodType.YEAR.value))
    )
