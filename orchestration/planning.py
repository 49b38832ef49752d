"""Which months have to be built: known of all of them before any is, and without loading Dagster."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.bank import Bank
from orchestration.months import MonthAtWork


@dataclass(frozen=True)
class Planned:
    """A month that was asked for, and whether it has to be built.

    Attributes:
        as_of: the month end.
        version: its newest version.
        is_stale: whether it is not what would be published now, once the months before it are.
    """

    as_of: date
    version: int
    is_stale: bool


def plan(bank: Bank, months: Sequence[date], *, force: bool = False) -> list[Planned]:
    """Which of some months are stale, oldest first.

    What a month will be published with follows from its inputs, so that all is known before any is built.

    Raises:
        NoSuchMonthError: if a month was not delivered.
    """
    fingerprints: dict[date, str] = {}
    planned = []
    for as_of in sorted(months):
        month = MonthAtWork.newest(bank, as_of)
        fingerprints[as_of] = month.fingerprint_after(fingerprints)
        is_stale = force or not month.is_published_with(fingerprints[as_of])
        planned.append(Planned(as_of, month.version, is_stale))
    return planned
