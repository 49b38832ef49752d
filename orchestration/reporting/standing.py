"""How far a report has come, whether it is still what would be prepared now, and what changed by cell.

One report is held against what would be filled now, exactly; many of them are looked at in `house`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from orchestration.bank import Bank
from orchestration.reporting.defined import require
from orchestration.reporting.heads import released_before
from orchestration.reporting.source import Source
from records.access import Scope
from records.ledger.returns import REMARKS, STEPS, Head, Step
from records.package_store import PackageStore
from transforms.errors import listed
from transforms.returns import differences
from transforms.returns.model import Return
from transforms.returns.package import Package

_NAMED: Final = 5
_PARTS: Final = ("definition", "units", "figures", "series", "adjustments", "checks")
"""What of a report may change, in the order in which it is told."""


@dataclass(frozen=True, eq=False)
class Change:
    """How a prepared report differs from what would be filled now.

    Attributes:
        parts: what of it differs, of definition, units, figures, series, adjustments and checks.
        cells: its cells that differ, rows of `transforms.returns.differences.DIFFERENCE`; there may be
            none, where only a definition's words or what is drawn changed.
    """

    parts: tuple[str, ...]
    cells: pl.DataFrame

    @property
    def sentence(self) -> str:
        """What changed, in a sentence that names cells."""
        parts = listed(self.parts)
        if self.cells.is_empty():
            return f"it changed since it was prepared ({parts}), though no cell did."
        names = listed(self.cells["data_point"], _NAMED)
        return (
            f"{self.cells.height} cell(s) changed since it was prepared ({names}), in its {parts}."
        )


@dataclass(frozen=True, eq=False)
class Standing:
    """How far one report has come.

    Attributes:
        return_: the return.
        head: its newest edition; none where nobody prepared it.
        package: what is in that edition, or what would be prepared now.
        state: the newest step taken; none where nobody prepared it.
        steps: of that edition, rows of `STEPS`, oldest first.
        remarks: on it, rows of `REMARKS`.
        change: how it differs from what would be filled now; none while it does not.
        last_released: the newest edition that was released, this one or an older; none if none was.
        against_released: cells that differ from the released edition before this one, rows of
            `DIFFERENCE`; none if there is no such edition.
    """

    return_: Return
    head: Head | None
    package: Package
    state: Step | None
    steps: pl.DataFrame
    remarks: pl.DataFrame
    change: Change | None
    last_released: Head | None
    against_released: pl.DataFrame | None

    @property
    def is_outdated(self) -> bool:
        """Whether preparing it now would make another edition."""
        return self.change is not None

    @property
    def since(self) -> pl.DataFrame | None:
        """The cells that changed since it was prepared."""
        return None if self.change is None else self.change.cells


def standing(bank: Bank, scope: Scope, name: str, unit: str | None, as_of: date | None) -> Standing:
    """How far a report of a unit and period has come.

    Raises:
        UnknownNameError: if there is no such return or unit.
        AccessError: if the unit, or one below it, lies outside the scope.
        NoSuchMonthError: if the month is not published.
        PackageError: if what was prepared is gone or altered.
    """
    source = Source.of(bank, scope, require(bank, name), as_of, None if unit is None else (unit,))
    whose = source.unit(unit)
    now = source.package(whose)
    ledger = bank.ledger.returns
    head = ledger.newest(scope, name, whose, source.as_of)
    if head is None:
        empty = pl.DataFrame(schema=dict(STEPS)), pl.DataFrame(schema=dict(REMARKS))
        return Standing(source.return_, None, now, None, *empty, None, None, None)
    store = PackageStore.of(bank.workspace)
    package = store.read(head)
    steps = ledger.steps(scope, package_id=head.package_id)
    before = released_before(bank, scope, head)
    return Standing(
        return_=source.return_,
        head=head,
        package=package,
        state=Step(steps["step"][-1]),
        steps=steps,
        remarks=ledger.remarks(scope, package_id=head.package_id),
        change=_change(package, now),
        last_released=ledger.released(scope, name, whose, source.as_of),
        against_released=None
        if before is None
        else differences.cells(store.read(before).cells, package.cells),
    )


def change(bank: Bank, scope: Scope, head: Head) -> Change | None:
    """How a prepared report differs from what would be filled now; none if it does not.

    Raises:
        AccessError: if the unit, or one below it, lies outside the scope.
        UnknownNameError: if the bank no longer has such a return.
        PackageError: if what was prepared is gone or altered.
    """
    return_ = require(bank, head.return_id)
    return against(Source.of(bank, scope, return_, head.as_of, (head.unit_id,)), head)


def against(source: Source, head: Head) -> Change | None:
    """The same, from what was read already.

    Raises:
        AccessError: if the unit, or one below it, lies outside the scope.
        PackageError: if what was prepared is gone or altered.
    """
    now = source.package(source.unit(head.unit_id))
    if now.content_hash == head.content_hash:
        return None
    return _change(PackageStore.of(source.bank.workspace).read(head), now)


def _change(before: Package, now: Package) -> Change | None:
    if before.content_hash == now.content_hash:
        return None
    found = {
        "definition": before.definition_hash != now.definition_hash
        or before.return_version != now.return_version,
        "units": not before.units.equals(now.units) or before.bank != now.bank,
        "figures": not before.cells.equals(now.cells)
        or before.snapshot_version != now.snapshot_version,
        "series": not before.series.equals(now.series),
        "adjustments": not before.adjustments.equals(now.adjustments),
        "checks": not before.verdicts.equals(now.verdicts),
    }
    parts = tuple(name for name in _PARTS if found[name])
    return Change(parts, differences.cells(before.cells, now.cells))
