"""Overrides as the page tells them: in force, about to end, ended, or of no effect and why.

What became of each is judged by `transforms.overrides`; here they are put in the groups that somebody
has to act on. A day is counted from the month end, as everything of the month is.
"""

from datetime import date, timedelta
from typing import Final

import polars as pl

from transforms.overrides import State

GROUP: Final = "group"
IN_FORCE: Final = "in_force"
EXPIRING: Final = "expiring"
EXPIRED: Final = "expired"
WITHOUT_EFFECT: Final = "without_effect"
COMING: Final = "coming"

ORDER: Final = (EXPIRING, WITHOUT_EFFECT, EXPIRED, IN_FORCE, COMING)
"""Groups as listed: what asks for something first."""

TOLD: Final = (EXPIRING, WITHOUT_EFFECT, IN_FORCE)
"""Groups that the readiness of a unit names: an ended override asks for nothing more."""

NOTICE: Final = timedelta(days=30)
"""How long before its end an override is told to be about to end."""


def grouped(states: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Overrides with the group each is told in.

    Args:
        states: what became of each, with `valid_to` and `state`.
        as_of: the month end.
    """
    state = pl.col("state")
    ends_soon = pl.col("valid_to") <= as_of + NOTICE
    return states.with_columns(
        pl.when(state == State.APPLIED.value)
        .then(pl.when(ends_soon).then(pl.lit(EXPIRING)).otherwise(pl.lit(IN_FORCE)))
        .when(state == State.EXPIRED.value)
        .then(pl.lit(EXPIRED))
        .when(state == State.COMING.value)
        .then(pl.lit(COMING))
        .otherwise(pl.lit(WITHOUT_EFFECT))
        .alias(GROUP)
    )


def listed(states: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Each override once with the branches it is about, groups in order, the next to end first."""
    rank = {name: place for place, name in enumerate(ORDER)}
    columns = [name for name in states.columns if name != "branch_id"]
    return (
        grouped(states, as_of)
        .group_by(*columns, GROUP, maintain_order=True)
        .agg(branches=pl.col("branch_id").drop_nulls())
        .sort(pl.col(GROUP).replace_strict(rank, return_dtype=pl.Int8), "valid_to", "override_id")
    )
