"""What pages ask about reports, answered by the bank at work: answers `dashboards.port.reports`.

How far reports have come is told in `orchestration.reporting.house`, which steps may be taken in
`orchestration.reporting.workflow`; here it is asked for within the reader's scope.
"""

import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from dashboards.i18n import Language
from dashboards.port.reports import Changed, Draft, DueReport, Listed
from dashboards.summaries.formats import SummaryKind
from dashboards.summaries.paper import Paper
from orchestration.bank import Bank
from orchestration.evidence.packing import Wanted, pack_report
from orchestration.reporting import house, plan, preparing, rendering, standing, workflow
from orchestration.reporting.defined import periods, require, returns
from records.access import Scope
from records.ledger.returns import Head, RemarkKind, Step

_TAKE: Final = {
    Step.CHECKED: workflow.check,
    Step.APPROVED: workflow.approve,
    Step.RELEASED: workflow.release,
    Step.RETURNED: workflow.give_back,
}


@dataclass(frozen=True)
class BankReports:
    """Answers of the bank whose workspace is in that folder."""

    root: Path

    def listed(self, scope: Scope, period: date, *, compared: bool = False) -> Listed:
        """The reports of a period; nothing is filled unless they are to be compared."""
        bank = self._bank
        known = returns(bank)
        rows = house.house(bank, scope, as_of=period, look=compared)
        made = {
            name: [day for day in periods(bank.published, one) if day <= period]
            for name, one in known.items()
        }
        before = {name: days[-1] for name, days in made.items() if days and days[-1] != period}
        return Listed(known, rows, _receipts(bank, scope, period), before)

    def calendar(self, since: date, until: date) -> tuple[DueReport, ...]:
        """What is due from one day to another, by day."""
        bank = self._bank
        known, published = returns(bank), bank.published.newest_versions()
        return tuple(
            DueReport(
                one.return_id,
                known[one.return_id].label,
                one.period,
                one.day,
                one.announced,
                one.period in published,
            )
            for one in plan.calendar(bank, since, until)
        )

    def editions(self, scope: Scope, draft: Draft) -> pl.DataFrame:
        """Every edition of a report, the oldest first."""
        return self._bank.ledger.returns.packages(
            scope, return_id=draft.return_id, unit=draft.unit_id, as_of=draft.as_of
        )

    def paper(self, scope: Scope, report: Head | Draft, language: Language) -> Paper:
        """An edition as it is put on paper, or what nobody prepared, filled now."""
        bank = self._bank
        if isinstance(report, Head):
            return rendering.paper(bank, scope, report, language)
        unit, as_of = report.unit_id, report.as_of
        _, package = preparing.filled(bank, scope, report.return_id, unit, as_of)
        return rendering.paper(bank, scope, package, language)

    def steps(self, scope: Scope, report: Draft) -> pl.DataFrame:
        """Every step of every edition of a report."""
        found = self._bank.ledger.returns.steps(scope)
        return found.filter(
            pl.col("return_id") == report.return_id,
            pl.col("unit_id") == report.unit_id,
            pl.col("as_of") == report.as_of,
        )

    def change(self, scope: Scope, head: Head) -> Changed | None:
        """How an edition differs from what would be filled now; none if it does not."""
        found = standing.change(self._bank, scope, head)
        return None if found is None else Changed(found.parts, found.cells)

    def obstacles(self, scope: Scope, head: Head) -> pl.DataFrame:
        """What stands in the way of an edition."""
        return workflow.obstacles(self._bank, scope, head)

    def prepare(self, scope: Scope, draft: Draft, *, by: str, at: datetime, note: str) -> int:
        """Fill a report and keep it; the number of its edition."""
        bank = self._bank
        name, unit, as_of = require(bank, draft.return_id).return_id, draft.unit_id, draft.as_of
        made = preparing.prepare(bank, scope, name, unit, as_of, by=by, at=at, note=note)
        return made.head.edition

    def step(
        self, scope: Scope, head: Head, step: Step, *, by: str, at: datetime, note: str
    ) -> None:
        """Check, approve, release or give back an edition."""
        _TAKE[step](self._bank, scope, head, by=by, at=at, note=note)

    def remark(
        self,
        scope: Scope,
        head: Head,
        *,
        case: str,
        kind: RemarkKind,
        text: str,
        by: str,
        at: datetime,
    ) -> None:
        """Say something about a case of a check that does not hold."""
        workflow.remark(self._bank, scope, head, case=case, kind=kind, text=text, by=by, at=at)

    def file(
        self, scope: Scope, paper: Paper, kind: SummaryKind, report: Head | Draft, *, by: str
    ) -> bytes:
        """A file of a report; of an edition it is written down who took it."""
        scope.require(paper.package.unit_id)
        (made,) = rendering.render(paper, (kind,))
        if isinstance(report, Head):
            rendering.record(
                self._bank, report, (made,), paper.language, who=by, at=datetime.now(UTC)
            )
        return made.data

    def evidence(self, scope: Scope, head: Head) -> bytes:
        """A zip with what a stranger needs to follow an edition."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "evidence.zip"
            pack_report(self._bank, scope, head, Wanted(file, datetime.now(UTC)))
            return file.read_bytes()

    @property
    def _bank(self) -> Bank:
        return Bank.at(self.root)


def _receipts(bank: Bank, scope: Scope, period: date) -> pl.DataFrame:
    """What was sent of the editions of a period, each with its edition's number."""
    editions = bank.ledger.returns.packages(scope, as_of=period)
    known = {Head.of(row).dispatched_as: row["package_id"] for row in editions.to_dicts()}
    sent = bank.ledger.dispatches.all(scope).filter(pl.col("purpose") == "report")
    return sent.with_columns(
        package_id=pl.col("subject").replace_strict(known, default=None, return_dtype=pl.Int64)
    ).filter(pl.col("package_id").is_not_null())
