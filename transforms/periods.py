"""Month ends and the periods a bank compares by. Dates come in as arguments: no clock in here.

The words of the trade: 比上月 against the last month end, 比年初 against the last year end, 同比 against
the same month end last year. What a comparison *does* with the figures is declared in the catalogue.
"""

import calendar
from datetime import date, timedelta

from transforms.errors import BadDateError


def month_end(day: date) -> date:
    """The last day of the month that holds `day`.

    >>> month_end(date(2024, 2, 3))
    datetime.date(2024, 2, 29)
    """
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def last_complete_month_end(today: date) -> date:
    """The latest month end that is not after `today`.

    >>> last_complete_month_end(date(2026, 11, 22))
    datetime.date(2026, 10, 31)
    >>> last_complete_month_end(date(2026, 11, 30))
    datetime.date(2026, 11, 30)
    """
    return today if today == month_end(today) else previous_month_end(today)


def previous_month_end(day: date) -> date:
    """比上月: the month end before the month of `day`.

    >>> previous_month_end(date(2026, 3, 31))
    datetime.date(2026, 2, 28)
    """
    return day.replace(day=1) - timedelta(days=1)


def previous_year_end(day: date) -> date:
    """比年初: the last day of the year before `day`.

    >>> previous_year_end(date(2026, 3, 31))
    datetime.date(2025, 12, 31)
    """
    return date(day.year - 1, 12, 31)


def same_month_last_year(day: date) -> date:
    """同比: the same month end one year earlier, leap years included.

    >>> same_month_last_year(date(2025, 2, 28))
    datetime.date(2024, 2, 29)
    """
    return month_end(date(day.year - 1, day.month, 1))


def months_back(day: date, count: int) -> date:
    """The month end `count` months before the month of `day`.

    >>> months_back(date(2026, 1, 31), 13)
    datetime.date(2024, 12, 31)
    """
    index = day.year * 12 + (day.month - 1) - count
    return month_end(date(index // 12, index % 12 + 1, 1))


def month_ends(last: date, count: int) -> tuple[date, ...]:
    """`count` consecutive month ends, the last of them `last`, oldest first.

    >>> month_ends(date(2026, 1, 31), 2)
    (datetime.date(2025, 12, 31), datetime.date(2026, 1, 31))
    """
    return tuple(months_back(last, back) for back in range(count - 1, -1, -1))


def months_of_year_to(day: date) -> tuple[date, ...]:
    """Every month end of the year of `day`, up to and including the month of `day`."""
    return tuple(month_end(date(day.year, month, 1)) for month in range(1, day.month + 1))


def parse_month_end(text: str) -> date:
    """A month end as a person writes it.

    >>> parse_month_end("2026-10-31")
    datetime.date(2026, 10, 31)

    Raises:
        BadDateError: if the text is no date, or a date within a month.
    """
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise BadDateError(text) from None
    if day != month_end(day):
        raise BadDateError(text, nearest=month_end(day))
    return day
