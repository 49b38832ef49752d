"""The run rate of a gap: what a working day has to bring until the period ends, and what it has brought."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from orchestration.bank import SYSTEM
from orchestration.months import MonthAtWork
from transforms.analysis.gap.actions import amount_of
from transforms.analysis.gap.answers import Pace
from transforms.catalogue.model import Better, Kind, Metric, Reading
from transforms.catalogue.vocabulary import TOTAL
from transforms.periods import previous_year_end
from transforms.phasing import parse_period


@dataclass(frozen=True, eq=False)
class Paced:
    """Run rates at one branch in one month."""

    month: MonthAtWork
    branch: str

    def pace(
        self, metric: Metric, reading: Reading, row: Mapping[str, object], *, met: bool
    ) -> Pace:
        """What is missing to the target of the period, and what this year brought, a working day.

        Args:
            metric: what the figure is of.
            reading: under which reading.
            row: its published fact.
            met: whether the target of the month is met.
        """
        day = self.month.as_of
        until, full = self._period(metric, reading, amount_of(row["target_value"]))
        since = previous_year_end(day)
        calendar = self.month.bank.reference.calendar
        left, gone = calendar.between(day, until), calendar.between(since, day)
        missing = full - amount_of(row["value"])
        open_yet = not met or (missing < 0 if metric.better is Better.LOWER else missing > 0)
        return Pace(
            until=until,
            full_target=full,
            days_left=left.count,
            announced=left.announced,
            needed=daily(missing, left.count) if open_yet else None,
            since=since,
            days_gone=gone.count,
            so_far=self._so_far(metric, reading, row, since, gone.count),
        )

    def _period(self, metric: Metric, reading: Reading, month: Decimal) -> tuple[date, Decimal]:
        """The end of the target's period, and what is to be reached by then."""
        own = self.month.targets.rows.filter(
            pl.col("branch_id") == self.branch,
            pl.col("metric_id") == metric.metric_id,
            pl.col("reading").fill_null(metric.default_reading) == reading.name,
        ).to_dicts()
        if not own or own[0]["full_value"] is None:
            return date(self.month.as_of.year, 12, 31), month
        return parse_period(own[0]["period"]).last, own[0]["full_value"]

    def _so_far(
        self,
        metric: Metric,
        reading: Reading,
        row: Mapping[str, object],
        since: date,
        days: int,
    ) -> Decimal | None:
        """What the figure moved a working day this year; one of the year so far begins at zero."""
        value = amount_of(row["value"])
        if _begins_anew(self.month, metric, reading):
            return daily(value, days)
        if since not in self.month.bank.published.newest_versions():
            return None
        before = (
            self.month.bank.published.facts(SYSTEM, as_of=since)
            .filter(
                pl.col("slice") == TOTAL,
                pl.col("branch_id") == self.branch,
                pl.col("metric_id") == metric.metric_id,
                pl.col("reading") == reading.name,
            )
            .select("value")
            .collect()
        )
        base = before["value"][0] if before.height else None
        return None if base is None else daily(value - base, days)


def _begins_anew(month: MonthAtWork, metric: Metric, reading: Reading) -> bool:
    """Whether a figure begins every year at zero."""
    if metric.kind in (Kind.INCREMENT, Kind.GROWTH):
        return metric.base is not None and metric.base.value == "year_end"
    measure = month.catalogue.measures.get(reading.numerator)
    if measure is None or metric.kind is not Kind.TOTAL:
        return False
    return measure.over == "year_to_date" or any(
        term.at.value == "year_to_date" for term in measure.terms
    )


def daily(amount: Decimal, days: int | None) -> Decimal | None:
    """An amount over working days; none where there are none."""
    return None if not days else (amount / days).quantize(Decimal("0.000000000001"))
