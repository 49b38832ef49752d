"""Reports filled and prepared: a return's definition, a month's published facts, and what people adjusted.

What a report is filled from is gathered in `source`; how prepared ones are signed is said in `workflow`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from orchestration.bank import Bank
from orchestration.reporting import layouts
from orchestration.reporting.defined import require, returns, units_of
from orchestration.reporting.source import Source
from records.access import Scope
from records.ledger.people import named
from records.ledger.returns import Head
from records.package_store import PackageStore
from transforms.errors import BranchmarkError
from transforms.returns.model import Return
from transforms.returns.package import Package

__all__ = ["Burst", "Prepared", "filled", "prepare", "prepare_many", "returns", "units_of"]

Told = Callable[[str, int, int], None]
"""Called after each unit of many with its id, how many are done, and how many there are."""


@dataclass(frozen=True, eq=False)
class Prepared:
    """A report that somebody answers for.

    Attributes:
        head: its edition in the ledger.
        package: what is in it.
        is_new: whether nothing the same was prepared before.
    """

    head: Head
    package: Package
    is_new: bool


@dataclass(frozen=True, eq=False)
class Burst:
    """One report for each of many units.

    Attributes:
        prepared: those that were made, in the order of the units.
        failed: why the others were not, by unit.
    """

    prepared: tuple[Prepared, ...]
    failed: Mapping[str, BranchmarkError]


def filled(
    bank: Bank, scope: Scope, name: str, unit: str | None, as_of: date | None
) -> tuple[Return, Package]:
    """A report as it would be prepared now; nothing is kept.

    Args:
        bank: whose.
        scope: who asks; the unit and all below it have to lie in it.
        name: which return.
        unit: of which unit; the only one that it is made for, if none is named.
        as_of: the period's end; the newest published one if not given.

    Raises:
        UnknownNameError: if there is no such return or unit.
        AccessError: if the unit lies outside the scope.
        NoSuchMonthError: if the month is not published.
        BranchmarkError: if the return is not made for that unit or month.
    """
    return_ = require(bank, name)
    source = Source.of(bank, scope, return_, as_of, None if unit is None else (unit,))
    return return_, source.package(source.unit(unit))


def prepare(  # noqa: PLR0913 - which report, and who prepares it
    bank: Bank,
    scope: Scope,
    name: str,
    unit: str | None,
    as_of: date | None,
    *,
    by: str,
    at: datetime,
    note: str = "",
) -> Prepared:
    """Fill a report and keep it as an edition; the same content again is the same edition.

    Raises:
        LedgerUseError: if nobody is named.
        BranchmarkError: as `filled` says.
    """
    named(by)
    source = Source.of(bank, scope, require(bank, name), as_of, None if unit is None else (unit,))
    return _kept(source, source.unit(unit), by=by, at=at, note=note)


def prepare_many(  # noqa: PLR0913 - which reports, and who prepares them
    bank: Bank,
    scope: Scope,
    name: str,
    units: Sequence[str] | None,
    as_of: date | None,
    *,
    by: str,
    at: datetime,
    told: Told | None = None,
) -> Burst:
    """Prepare one report for each unit, from one reading; a unit that cannot be done costs no other.

    Args:
        bank: whose.
        scope: who prepares.
        name: which return.
        units: which units; all that it is made for in the scope, if none are named.
        as_of: the period's end; the newest published one if not given.
        by: who prepares.
        at: when.
        told: is called after each unit.

    Raises:
        BranchmarkError: if none can be done: no such return, unit or month.
    """
    named(by)
    source = Source.of(bank, scope, require(bank, name), as_of, units)
    wanted = source.units if units is None else tuple(units)
    made: list[Prepared] = []
    failed: dict[str, BranchmarkError] = {}
    for number, unit in enumerate(wanted, start=1):
        try:
            made.append(_kept(source, source.unit(unit), by=by, at=at, note=""))
        except BranchmarkError as error:
            failed[unit] = error
        if told is not None:
            told(unit, number, len(wanted))
    return Burst(tuple(made), failed)


def _kept(source: Source, unit: str, *, by: str, at: datetime, note: str) -> Prepared:
    bank, package = source.bank, source.package(unit)
    # Files come first: an edition of the ledger never names what is not there.
    layouts.keep(bank, source.return_)
    PackageStore.of(bank.workspace).keep(package)
    head, is_new = bank.ledger.returns.prepare(source.scope, package, by=by, at=at, note=note)
    return Prepared(head, package, is_new)
