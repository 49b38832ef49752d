"""The published figure that a list is held against: whole, or one member of a slice."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from dashboards.app_pages import readings
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts.asked import Asked
from dashboards.figure.read import Question
from dashboards.words import decimals_of, reason


@dataclass(frozen=True)
class Figure:
    """A published figure.

    Attributes:
        value: as people read it.
        sides: numerator and denominator, exact.
        why_not: why there is no value; empty if there is one.
    """

    value: str
    sides: Mapping[str, Decimal | None]
    why_not: str


def figure(of: Asked) -> Figure | None:
    """The figure as published in the version that is shown; none if nothing was published of it."""
    at = desk()
    found = readings.figure(
        Question(
            branch=of.unit.unit_id,
            metric=of.metric.metric_id,
            reading=of.reading,
            cut=None if of.cut is None else of.cut[0],
            as_of=at.month.as_of,
            before=(),
            below=(),
        )
    )
    rows = found.of_reading(of.reading)
    if of.cut is not None:
        rows = found.parts.filter(pl.col("member") == of.cut[1])
    rows = rows.filter(pl.col("as_of_date") == at.month.as_of)
    if rows.is_empty():
        return None
    row = rows.row(0, named=True)
    return Figure(
        value=at.form.value(row["value"], of.metric.unit, decimals_of(of.metric)),
        sides={side: row[side] for side in ("numerator", "denominator")},
        why_not=reason(row["reason"], at.language) if row["reason"] else "",
    )
