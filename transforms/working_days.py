"""Working days as the State Council sets them year by year: holidays, and the weekends worked for them.

The arrangement of a year is announced late in the year before. Days of a year that is not announced yet
are counted from Monday to Friday, and the count says so. What is done with a count belongs elsewhere.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from chinese_calendar import is_workday

_SATURDAY = 5


@dataclass(frozen=True)
class WorkingDays:
    """How many working days lie in a span.

    Attributes:
        count: how many.
        announced: whether the holidays of every day in it are known.
    """

    count: int
    announced: bool


def between(after: date, until: date) -> WorkingDays:
    """The working days after one day up to and with another; none if it is not later.

    Source: notices of the General Office of the State Council, as kept by chinesecalendar.

    >>> between(date(2026, 9, 30), date(2026, 10, 31))  # seven days off, one Saturday worked
    WorkingDays(count=18, announced=True)
    >>> between(date(2027, 1, 3), date(2027, 1, 10))
    WorkingDays(count=5, announced=False)
    """
    days = [after + timedelta(days=one) for one in range(1, (until - after).days + 1)]
    judged = [_is_working(day) for day in days]
    return WorkingDays(
        count=sum(works for works, _ in judged),
        announced=all(announced for _, announced in judged),
    )


@dataclass(frozen=True)
class Due:
    """A working day that something is due on.

    Attributes:
        day: the day.
        announced: whether the holidays of every day until then are known.
    """

    day: date
    announced: bool


def due(after: date, count: int) -> Due:
    """The so-many-th working day after a day.

    >>> due(date(2026, 9, 30), 1)  # after the National Day holidays
    Due(day=datetime.date(2026, 10, 8), announced=True)

    Args:
        after: the day.
        count: how many working days later, at least 1.
    """
    day, left, announced = after, count, True
    while left:
        day += timedelta(days=1)
        works, known = _is_working(day)
        left -= works
        announced &= known
    return Due(day, announced)


def _is_working(day: date) -> tuple[bool, bool]:
    """Whether a day is worked, and whether that is announced."""
    try:
        return is_workday(day), True
    except NotImplementedError:
        return day.weekday() < _SATURDAY, False
