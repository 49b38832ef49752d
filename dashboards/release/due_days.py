"""A month of due days as weeks, each day with the reports that are due on it.

Which days are worked, and what is due when, is said by whoever asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashboards.port.reports import DueReport
from transforms.periods import month_end
from transforms.working_days import WorkingCalendar

_WEEK = 7


@dataclass(frozen=True)
class Day:
    """A day of the month.

    Attributes:
        is_worked: whether it is a working day.
        is_today: whether it is today.
        reports: what is due on it.
    """

    day: date
    is_worked: bool
    is_today: bool
    reports: tuple[DueReport, ...]


def first_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def weeks(
    month: date, today: date, due: Sequence[DueReport], worked: WorkingCalendar
) -> tuple[tuple[Day | None, ...], ...]:
    """The days of a month from Monday to Sunday, week by week; none where another month begins or ends.

    Args:
        month: a day of it.
        today: which day is today.
        due: what is due, of any month.
        worked: which days are worked.
    """
    first, last = first_of(month), month_end(month)
    begin = first - timedelta(days=first.weekday())
    found: list[tuple[Day | None, ...]] = []
    while begin <= last:
        days = [begin + timedelta(days=number) for number in range(_WEEK)]
        found.append(
            tuple(_day(day, today, due, worked) if first <= day <= last else None for day in days)
        )
        begin += timedelta(days=_WEEK)
    return tuple(found)


def _day(day: date, today: date, due: Sequence[DueReport], worked: WorkingCalendar) -> Day:
    return Day(
        day,
        is_worked=worked.between(day - timedelta(days=1), day).count == 1,
        is_today=day == today,
        reports=tuple(one for one in due if one.day == day),
    )
