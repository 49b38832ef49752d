"""Working days by a calendar that is data: days off, weekends worked for them, and the week for the rest.

The arrangement of a year is announced late in the year before. Days of a year that is not announced yet
are counted from Monday to Friday, and the count says so. Where the calendar comes from is said in
`transforms.reference.tables`; what is done with a count belongs elsewhere.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

_SATURDAY: Final = 5
_WEEK: Final = 7


@dataclass(frozen=True)
class WorkingDays:
    """How many working days lie in a span.

    Attributes:
        count: how many.
        announced: whether the holidays of every day in it are known.
    """

    count: int
    announced: bool


@dataclass(frozen=True)
class DueDay:
    """A working day that something is due on.

    Attributes:
        day: the day.
        announced: whether the holidays of every day until then are known.
    """

    day: date
    announced: bool


class WorkingCalendar:
    """Which days are worked, as far as it is announced."""

    def __init__(self, off: Collection[date], worked: Collection[date]) -> None:
        """A calendar of exceptions from the week.

        Args:
            off: days off, those at weekends too.
            worked: weekends that are worked.
        """
        # A day off at a weekend changes no count, nor does a worked day of the week.
        self._off = sorted({day for day in off if day.weekday() < _SATURDAY})
        self._worked = sorted({day for day in worked if day.weekday() >= _SATURDAY})
        self._announced = frozenset(day.year for day in (*off, *worked))

    def knows(self, year: int) -> bool:
        """Whether the holidays of a year are announced."""
        return year in self._announced

    def between(self, after: date, until: date) -> WorkingDays:
        """The working days after one day up to and with another; none if it is not later.

        >>> calendar = WorkingCalendar(off=[date(2026, 10, 1), date(2026, 10, 2)], worked=[])
        >>> calendar.between(date(2026, 9, 30), date(2026, 10, 9))  # a Thursday and a Friday are off
        WorkingDays(count=5, announced=True)
        >>> calendar.between(date(2027, 1, 3), date(2027, 1, 10))
        WorkingDays(count=5, announced=False)
        """
        if until <= after:
            return WorkingDays(0, announced=True)
        count = _of_the_week(until) - _of_the_week(after)
        count += _within(self._worked, after, until) - _within(self._off, after, until)
        first = after + timedelta(days=1)
        years = range(first.year, until.year + 1)
        return WorkingDays(count, all(self.knows(year) for year in years))

    def due(self, after: date, count: int) -> DueDay:
        """The so-many-th working day after a day.

        >>> WorkingCalendar(off=[date(2026, 10, 1)], worked=[]).due(date(2026, 9, 30), 1)
        DueDay(day=datetime.date(2026, 10, 2), announced=True)

        Args:
            after: the day.
            count: how many working days later; the day itself for none.
        """
        day, left, announced = after, count, True
        while left > 0:
            day += timedelta(days=1)
            left -= self.between(day - timedelta(days=1), day).count
            announced &= self.knows(day.year)
        return DueDay(day, announced)


def _of_the_week(day: date) -> int:
    """How many days from Monday to Friday there were, up to and with a day; the calendar began on one."""
    weeks, rest = divmod(day.toordinal(), _WEEK)
    return weeks * _SATURDAY + min(rest, _SATURDAY)


def _within(days: Sequence[date], after: date, until: date) -> int:
    return bisect_right(days, until) - bisect_right(days, after)
