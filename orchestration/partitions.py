"""Months and quarters as Dagster partitions: the key is the (last) month, the figures are of its last day."""

from datetime import date
from typing import Final

import dagster as dg

from transforms.periods import month_end

MONTHS: Final = dg.MonthlyPartitionsDefinition(start_date="1990-01", fmt="%Y-%m", end_offset=1)
"""From 1990, so that old books can be loaded, to the month that is still running."""

QUARTERS: Final = dg.TimeWindowPartitionsDefinition(
    start="1990-03", fmt="%Y-%m", cron_schedule="0 0 1 3,6,9,12 *", end_offset=1
)
"""Quarters by their last month, so that a period has the same key in all reports."""


def as_of(partition_key: str) -> date:
    """The month end of a partition.

    >>> as_of("2026-10")
    datetime.date(2026, 10, 31)
    """
    return month_end(date.fromisoformat(f"{partition_key}-01"))


def partition_key(day: date) -> str:
    """The partition of a month end.

    >>> partition_key(date(2026, 10, 31))
    '2026-10'
    """
    return f"{day:%Y-%m}"
