"""What the reports page rests on: who signed and spoke, and how the months of a year stand.

The ledger is read anew in every run, so that what was just entered is there; published figures are kept
under the reader's scope.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import polars as pl
import streamlit as st

from dashboards.app_pages import readings
from dashboards.app_pages.aims.common import now
from dashboards.app_pages.desk import desk
from dashboards.quality.parts import Parts
from dashboards.release import calendar, signed
from dashboards.release.calendar import MonthState
from dashboards.release.signed import MISSED, Signature, Spoken
from dashboards.release.steps import Stepping, UnitSteps
from dashboards.units import BankUnit
from records.deliveries import Deliveries
from records.ledger.check_ins import CHECK_INS
from records.ledger.errors import LedgerError
from records.ledger.sign_offs import SIGN_OFFS
from records.published import Published
from records.workspace import open_workspace
from transforms.catalogue.vocabulary import TOTAL
from transforms.periods import month_ends
from transforms.quality import QualityState
from transforms.schema import LOAN_SNAPSHOT

_JUDGED: Final = (
    *("branch_id", "metric_id", "reading", "slice", "status", "value", "target_value", "gap"),
    *("as_of_date", "snapshot_version", "quality_state"),
)


@dataclass(frozen=True, eq=False)
class Entered:
    """What people entered about the units in scope, of all months.

    Attributes:
        check_ins: columns of `records.ledger.check_ins.CHECK_INS`.
        signatures: columns of `records.ledger.sign_offs.SIGN_OFFS`, the oldest first.
        broken: why the ledger cannot be read; empty if it can.
    """

    check_ins: pl.DataFrame
    signatures: pl.DataFrame
    broken: str

    def of_month(self, as_of: date) -> pl.DataFrame:
        """The signatures on one month."""
        return self.signatures.filter(pl.col("as_of_date") == as_of)

    def last(self, unit: str) -> Signature | None:
        """The signature on a unit's month that matters: on the figures shown, else the last one."""
        return self.last_of([unit])[unit]

    def last_of(self, units: Sequence[str]) -> dict[str, Signature | None]:
        """The same of several units, each by its number."""
        at = desk()
        month = self.of_month(at.month.as_of)
        found = signed.last_by_unit(month, at.month.version, readings.run_id())
        return {unit: found.get(unit) for unit in units}


def entered() -> Entered:
    """Everything entered, or why it cannot be read."""
    at = desk()
    try:
        return Entered(
            at.ledger.check_ins.all(at.scope), at.ledger.sign_offs.all(at.scope), broken=""
        )
    except LedgerError as error:
        nothing = (pl.DataFrame(schema=dict(one)) for one in (CHECK_INS, SIGN_OFFS))
        return Entered(*nothing, broken=at.refusal(error))


def steps(parts: Parts, held: Entered) -> tuple[UnitSteps, tuple[UnitSteps, ...]]:
    """The unit, and the units below it with the worst first, step by step."""
    at = desk()
    month = at.month
    whole, below = readings.readiness(parts)
    said = held.check_ins.filter(
        pl.col("as_of_date") == month.as_of, pl.col("snapshot_version") == month.version
    )
    missed = _facts(month.as_of, 1).filter(pl.col("status").is_in(MISSED))
    units = [unit.unit_id for unit in (parts.unit, *parts.below)]
    made = Stepping(
        spoken=None if held.broken else signed.spoken(missed, said, at.catalogue),
        signatures=held.last_of(units),
        aimed=frozenset(unit for unit in units if month.aimed([unit])),
        late=_is_late(),
        form=at.form,
    )
    (first,) = made.of([whole])
    return first, made.of(below)


def _is_late() -> bool:
    at = desk()
    days = at.workspace.cut_off_working_days
    if days is None:
        return False
    worked = readings.reference().calendar
    return calendar.cut_off(worked, at.month.as_of, days) < now().date()


def year(unit: BankUnit, held: Entered) -> tuple[MonthState, ...]:
    """The last months of a unit, the oldest first."""
    at = desk()
    facts = _facts(at.month.as_of, calendar.YEAR).filter(pl.col("branch_id") == unit.unit_id)
    newest, current = at.published.newest_versions(), at.published.current()
    own = held.check_ins.filter(pl.col("branch_id") == unit.unit_id)
    delivered = _delivered(str(at.workspace.root), at.data_version)
    known = readings.definitions(
        tuple(at.workspace.texts("catalogue", ".yaml").items()),
        tuple(at.workspace.texts("reference", ".csv").items()),
    )
    found = []
    for day in month_ends(at.month.as_of, calendar.YEAR):
        version = newest.get(day)
        rows = facts.filter(pl.col("as_of_date") == day)
        if version is None or rows.is_empty():
            found.append(MonthState(day, None, delivered.get(day), None, None, None))
            continue
        said = own.filter(pl.col("as_of_date") == day, pl.col("snapshot_version") == version)
        spoken = signed.spoken(rows, said, known.on(day))
        found.append(
            MonthState(
                day,
                version,
                delivered.get(day),
                QualityState(rows["quality_state"][0]),
                spoken.get(unit.unit_id, Spoken(0, 0)),
                signed.last(
                    held.of_month(day), unit.unit_id, version, current[day, version].run_id
                ),
            )
        )
    return tuple(found)


@st.cache_data(max_entries=8, show_spinner=False)
def _delivered(root: str, data_version: str) -> dict[date, datetime]:  # noqa: ARG001 - a part of the key
    """When the loan book of each month came last; a matter of the bank, not of a branch."""
    batches = Deliveries(open_workspace(Path(root)).lake).batches()
    loans = batches.filter(pl.col("table") == LOAN_SNAPSHOT.name)
    return dict(loans.group_by("as_of_date").agg(pl.col("received_at").max()).iter_rows())


def _facts(as_of: date, months: int) -> pl.DataFrame:
    """The judged figures of some months in scope."""
    at = desk()
    found: pl.DataFrame = _judged(
        str(at.workspace.root),
        at.data_version,
        at.scope_key,
        month_ends(as_of, months),
        _published=at.published,
    )
    return found


@st.cache_resource(max_entries=16, show_spinner=False)
def _judged(
    root: str,  # noqa: ARG001 - a part of the key, as are the next three
    data_version: str,  # noqa: ARG001
    branches: tuple[str, ...] | None,  # noqa: ARG001
    days: tuple[date, ...],
    *,
    _published: Published,
) -> pl.DataFrame:
    return (
        _published.facts(desk().scope)
        .filter(pl.col("as_of_date").is_in(list(days)), pl.col("slice") == TOTAL)
        .select(_JUDGED)
        .filter(
            pl.col("status").is_in(MISSED)
            | pl.struct("branch_id", "as_of_date").is_first_distinct()
        )
        .collect()
    )
