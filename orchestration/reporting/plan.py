"""When reports are due, by the bank's calendar, and which of them nobody has prepared yet.

Working days are said by the calendar of the reference tables, how late a report may be by its definition,
and which the machine prepares by `settings`. What a run of the machine does is said in `scheduled`.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from orchestration.bank import SYSTEM, Bank
from orchestration.reporting.defined import ends_quarter, made_for, require, returns
from orchestration.reporting.settings import Planned, reporting_settings
from records.published import Published
from transforms.periods import month_end
from transforms.returns.model import Frequency, Return
from transforms.working_days import WorkingCalendar

_LONGEST_WAY: Final = timedelta(days=150)
"""Nothing is due later after its period's end: sixty working days, with the longest holidays among them."""


@dataclass(frozen=True)
class Due:
    """A report of a period, and when it is due.

    Attributes:
        return_id: the return.
        period: the period's end.
        day: the working day it is due on.
        announced: whether the holidays until then are known; else Monday to Friday are counted.
        begins: from which day on the machine prepares it; none where it is left to people.
    """

    return_id: str
    period: date
    day: date
    announced: bool
    begins: date | None = None


def calendar(bank: Bank, since: date, until: date) -> tuple[Due, ...]:
    """Everything that is due from one day to another, by day, period and report.

    Periods are those that the calendar has, whether a book was delivered for them or not.

    Args:
        bank: whose.
        since: the first day something is due on.
        until: the last.

    Raises:
        CatalogueError: if a return cannot be used.
        WorkspaceError: if `reporting.toml` cannot be used.
    """
    worked, planned = bank.reference.calendar, _planned(bank)
    found: list[Due] = []
    period = month_end(since - _LONGEST_WAY)
    while period <= until:
        for return_ in returns(bank).values():
            if _ends_period(return_, period):
                one = _due(worked, return_, period, planned.get(return_.return_id))
                found += [one] if since <= one.day <= until else []
        period = month_end(period + timedelta(days=1))
    return tuple(sorted(found, key=lambda one: (one.day, one.period, one.return_id)))


def due_now(bank: Bank, today: date, *, report: str | None = None) -> tuple[Due, ...]:
    """What the machine has to prepare by now: its day has come, its month is published, nobody did it.

    A report that is made for many units is not prepared before each of them has an edition; one that was
    given back has one. The oldest period comes first.

    Args:
        bank: whose.
        today: by the bank's clock.
        report: one return only.

    Raises:
        UnknownNameError: if `reporting.toml` names a return that there is not.
        WorkspaceError: if it cannot be used otherwise.
    """
    worked, published = bank.reference.calendar, bank.published.pinned()
    found: list[Due] = []
    for planned in _planned(bank).values():
        if report not in {None, planned.report}:
            continue
        return_ = require(bank, planned.report)
        editions = bank.ledger.returns.packages(SYSTEM, return_id=planned.report)
        for period in published.newest_versions():
            if period < planned.since or not _ends_period(return_, period):
                continue
            one = _due(worked, return_, period, planned)
            if one.begins is not None and one.begins <= today:
                found += [one] if _lacks(published, return_, period, editions) else []
    return tuple(sorted(found, key=lambda one: (one.period, one.day, one.return_id)))


def _planned(bank: Bank) -> dict[str, Planned]:
    """What the machine prepares, by return; each of them is one that the bank has."""
    planned = reporting_settings(bank.workspace).reports
    return {require(bank, name).return_id: one for name, one in planned.items()}


def _ends_period(return_: Return, day: date) -> bool:
    return return_.frequency is Frequency.MONTHLY or ends_quarter(day)


def _due(worked: WorkingCalendar, return_: Return, period: date, planned: Planned | None) -> Due:
    due = worked.due(period, return_.due_working_days)
    begins = None
    if planned is not None and period >= planned.since:
        own = planned.working_day
        begins = due.day if own is None else worked.due(period, own).day
    return Due(return_.return_id, period, due.day, due.announced, begins)


def _lacks(published: Published, return_: Return, period: date, editions: pl.DataFrame) -> bool:
    """Whether a unit that the report is made for has no edition of it."""
    have = set(editions.filter(pl.col("as_of") == period)["unit_id"])
    tree = published.nodes(SYSTEM, as_of=period).collect()
    return not have.issuperset(made_for(tree, return_))
