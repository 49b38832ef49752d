"""`report calendar`: which reports are due when, and how far they have come."""

from datetime import timedelta
from typing import Final

from orchestration.bank import Bank
from orchestration.cli.output import Format, console, show
from orchestration.cli.people import now
from orchestration.reporting.agenda import Entry, agenda
from orchestration.reporting.settings import reporting_settings
from records.access import Scope

CALENDAR: Final = "calendar"
"""What stands in the place of a report's name."""
_AROUND: Final = timedelta(days=45)
"""So far back and ahead it looks."""


def print_calendar(bank: Bank, scope: Scope, output: Format) -> None:
    """What is due from six weeks ago to six weeks ahead, by the bank's clock."""
    today = now().astimezone(reporting_settings(bank.workspace).time_zone).date()
    found = agenda(bank, scope, today - _AROUND, today + _AROUND, today=today)
    show(
        [_row(one) for one in found],
        output,
        title=f"Reports by the day they are due; today is {today.isoformat()}",
        columns=(
            *("due", "report", "period", "state", "units", "prepared", "released"),
            "by_itself_from",
        ),
        right=("units", "prepared", "released"),
    )
    if not all(one.due.announced for one in found):
        console(error=True).print(
            "Holidays of some of these days are not announced yet: Monday to Friday are counted."
        )


def _row(one: Entry) -> dict[str, object]:
    begins = one.due.begins
    return {
        "due": one.due.day.isoformat(),
        "report": one.due.return_id,
        "period": one.due.period.isoformat(),
        "state": one.state.value,
        "published": one.published,
        "units": one.units,
        "prepared": one.prepared,
        "released": one.released,
        "by_itself_from": None if begins is None else begins.isoformat(),
        "holidays_announced": one.due.announced,
    }
