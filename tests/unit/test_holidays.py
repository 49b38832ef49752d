"""The calendar as data: it is what was announced, says what is not announced, and a bank brings its own."""

from datetime import date, timedelta

import pytest
from chinese_calendar import is_workday

from orchestration.bank import Bank
from records.workspace import create
from transforms.errors import ReferenceTableError
from transforms.reference.tables import load, packaged_text
from transforms.working_days import DueDay, WorkingDays

REFERENCE = load()
CALENDAR = REFERENCE.calendar
HEADER = "day,kind,name,source\n"


def is_worked(day):
    return CALENDAR.between(day - timedelta(days=1), day).count == 1


@pytest.mark.parametrize(
    ("first", "last", "worked"),
    [
        (date(2026, 10, 1), date(2026, 10, 7), False),  # National Day: Thursday to Wednesday
        (date(2026, 10, 8), date(2026, 10, 10), True),  # the Saturday is worked for it
        (date(2026, 9, 20), date(2026, 9, 20), True),  # and a Sunday before
        (date(2026, 2, 14), date(2026, 2, 14), True),  # the Saturday before Spring Festival
        (date(2026, 2, 15), date(2026, 2, 23), False),
        (date(2026, 2, 24), date(2026, 2, 28), True),
        (date(2020, 1, 31), date(2020, 2, 2), False),  # Spring Festival of 2020 was made longer
        (date(2015, 9, 3), date(2015, 9, 5), False),  # seventy years of peace
        (date(2026, 11, 21), date(2026, 11, 22), False),  # any weekend
    ],
)
def test_days_that_everybody_knows(first, last, worked):
    days = [first + timedelta(days=one) for one in range((last - first).days + 1)]
    assert [is_worked(day) for day in days] == [worked] * len(days)


def test_every_day_is_as_the_package_of_announced_holidays_has_it():
    day, last = date(2004, 1, 1), date(2026, 12, 31)
    otherwise = []
    while day <= last:
        if is_worked(day) != is_workday(day):
            otherwise.append(day)
        day += timedelta(days=1)
    assert otherwise == []
    with pytest.raises(NotImplementedError):
        is_workday(date(2027, 1, 1))  # else the table wants another year


def test_months_are_counted_with_holidays_and_the_weekends_worked_for_them():
    # October 2026: 22 days from Monday to Friday, less 5 of National Day, and one Saturday.
    assert CALENDAR.between(date(2026, 9, 30), date(2026, 10, 31)) == WorkingDays(
        18, announced=True
    )
    assert CALENDAR.between(date(2026, 10, 31), date(2026, 9, 30)) == WorkingDays(0, announced=True)


def test_what_is_due_skips_holidays_and_may_be_due_on_the_day_itself():
    assert CALENDAR.due(date(2026, 9, 30), 1) == DueDay(date(2026, 10, 8), announced=True)
    assert CALENDAR.due(date(2026, 9, 30), 10) == DueDay(date(2026, 10, 20), announced=True)
    assert CALENDAR.due(date(2026, 9, 30), 0) == DueDay(date(2026, 9, 30), announced=True)


def test_a_year_that_is_not_announced_is_counted_by_the_week_and_says_so():
    assert CALENDAR.knows(2026)
    assert not CALENDAR.knows(2027)
    # Friday 1 January 2027 is surely off, and counts as a working day until that is announced.
    assert CALENDAR.between(date(2026, 12, 31), date(2027, 1, 8)) == WorkingDays(6, announced=False)
    assert CALENDAR.due(date(2026, 12, 31), 1) == DueDay(date(2027, 1, 1), announced=False)


def test_a_bank_brings_its_own_calendar_and_no_month_gets_stale(tmp_path):
    root = create(tmp_path / "bank", name="Bank", base_currency="CNY").root
    before = Bank.at(root).reference
    own = f"{HEADER}2027-01-01,off,New Year's Day,the bank\n2027-01-02,worked,New Year's Day,the bank\n"
    (root / "reference" / "holidays.csv").write_text(own, encoding="utf-8")
    after = Bank.at(root).reference
    assert after.calendar.due(date(2026, 12, 31), 1) == DueDay(date(2027, 1, 2), announced=True)
    assert not after.calendar.knows(2026)  # its file holds, whole
    assert after.fingerprint == before.fingerprint


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("2027-01-01,free,x,y", "2027-01-01 is of kind 'free'"),
        ("2027-01-01,,x,y", "2027-01-01 is of kind None"),
        (",off,x,y", "a row without a day"),
        ("1 January,off,x,y", "date that cannot be read"),
        ("2026-10-01,worked,x,y", "2026-10-01 stands twice"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(row, said):
    text = packaged_text("holidays") + row + "\n"
    with pytest.raises(ReferenceTableError, match="holidays") as refused:
        load({"holidays": text})
    assert said in str(refused.value)


def test_a_calendar_without_a_column_is_refused():
    with pytest.raises(ReferenceTableError, match="column kind is missing"):
        load({"holidays": "day,name,source\n2027-01-01,x,y\n"})
