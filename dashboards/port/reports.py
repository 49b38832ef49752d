"""What pages ask about reports: how far each has come, what is in one, what stands in its way, and its files.

A part of `dashboards.port.analyses`. Steps and remarks are taken here too, since what is signed is held
against what would be filled now, which presentation cannot do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import polars as pl

from dashboards.i18n import Language
from dashboards.summaries.formats import SummaryKind
from dashboards.summaries.paper import Paper
from records.access import Scope
from records.ledger.returns import Head, RemarkKind, Step
from transforms.catalogue.model import Label
from transforms.returns.model import Return


@dataclass(frozen=True)
class Draft:
    """A report that nobody prepared, as it would be filled now."""

    return_id: str
    unit_id: str
    as_of: date


@dataclass(frozen=True, eq=False)
class Listed:
    """The reports of a period, as far as the reader may see them.

    Attributes:
        returns: every return that the bank defines, by its name.
        rows: one for each report and unit: columns of `records.ledger.returns.PACKAGES` of its newest edition
            with `none` as state where there is none, `name_en, name_zh`, `is_touched` where something
            happened since that may have changed it, and `is_outdated`, null where nobody compared.
        receipts: what was sent, columns of `records.ledger.dispatches.DISPATCHES`, with `package_id`.
        before: the newest earlier period of returns that are not made at this one.
    """

    returns: Mapping[str, Return]
    rows: pl.DataFrame
    receipts: pl.DataFrame
    before: Mapping[str, date]


@dataclass(frozen=True)
class DueReport:
    """A report of a period, and the working day it is due on.

    Attributes:
        announced: whether the holidays until then are known.
        is_published: whether its period is.
    """

    return_id: str
    label: Label
    period: date
    day: date
    announced: bool
    is_published: bool


@dataclass(frozen=True, eq=False)
class Changed:
    """How a prepared report differs from what would be filled now.

    Attributes:
        parts: what of it: definition, units, figures, series, adjustments, checks.
        cells: rows of `transforms.returns.differences.DIFFERENCE`.
    """

    parts: tuple[str, ...]
    cells: pl.DataFrame


class Reports(Protocol):
    """Answers about the reports of one workspace, each within the reader's scope.

    Raises:
        BranchmarkError: in words for the reader, where there is no answer, or a step may not be taken.
    """

    def listed(self, scope: Scope, period: date, *, compared: bool = False) -> Listed:
        """The reports of a period; nothing is filled unless they are to be compared."""
        ...

    def calendar(self, since: date, until: date) -> tuple[DueReport, ...]:
        """What is due from one day to another, by day."""
        ...

    def editions(self, scope: Scope, draft: Draft) -> pl.DataFrame:
        """Every edition of a report, the oldest first: columns `records.ledger.returns.PACKAGES`."""
        ...

    def paper(self, scope: Scope, report: Head | Draft, language: Language) -> Paper:
        """An edition as it is put on paper, or what nobody prepared, filled now."""
        ...

    def steps(self, scope: Scope, report: Draft) -> pl.DataFrame:
        """Every step of every edition of a report: columns `records.ledger.returns.STEPS`."""
        ...

    def change(self, scope: Scope, head: Head) -> Changed | None:
        """How an edition differs from what would be filled now; none if it does not."""
        ...

    def obstacles(self, scope: Scope, head: Head) -> pl.DataFrame:
        """What stands in the way: `asks, blocks, case, unit_id, metric_id, label_en` among the columns."""
        ...

    def prepare(self, scope: Scope, draft: Draft, *, by: str, at: datetime, note: str) -> int:
        """Fill a report and keep it; the number of its edition, which is an old one if it holds the same."""
        ...

    def step(
        self, scope: Scope, head: Head, step: Step, *, by: str, at: datetime, note: str
    ) -> None:
        """Check, approve, release or give back an edition."""
        ...

    def remark(  # a remark says so much
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
        ...

    def file(
        self, scope: Scope, paper: Paper, kind: SummaryKind, report: Head | Draft, *, by: str
    ) -> bytes:
        """A file of a report; of an edition it is written down who took it."""
        ...

    def evidence(self, scope: Scope, head: Head) -> bytes:
        """A zip with what a stranger needs to follow an edition; it is written down that it was made."""
        ...
