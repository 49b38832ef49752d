"""The report that a page has open, which all of its sections tell of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboards.port.reports import Changed, Draft, Reports
from dashboards.release.reports import ReportLine
from dashboards.summaries.paper import Paper
from records.access import Scope
from records.ledger.returns import Head


@dataclass(frozen=True, eq=False)
class Opened:
    """A report that is looked at.

    Attributes:
        asked: answers about reports.
        draft: which report, of which unit and period.
        line: how it stands in the list; none for a unit that it is not made for.
        editions: all of them, columns of `records.ledger.returns.PACKAGES`, the oldest first.
        row: the edition looked at; none where nobody prepared one.
        paper: what is in it.
        receipts: what was sent, as `dashboards.port.reports.Listed` has it.
    """

    asked: Reports
    draft: Draft
    line: ReportLine
    editions: pl.DataFrame
    row: Mapping[str, Any] | None
    paper: Paper
    receipts: pl.DataFrame

    @property
    def head(self) -> Head | None:
        """The edition looked at."""
        return None if self.row is None else Head.of(self.row)

    @property
    def report(self) -> Head | Draft:
        """What files are made of."""
        return self.draft if self.row is None else Head.of(self.row)

    def change(self, scope: Scope) -> Changed | None:
        """How it differs from what would be filled now; nothing is filled unless something happened.

        Raises:
            BranchmarkError: if it can no longer be filled, or not by this reader.
        """
        if self.head is None or not self.is_newest or not self.line.is_touched:
            return None
        return self.asked.change(scope, self.head)

    @property
    def is_newest(self) -> bool:
        """Whether it is what people may still sign."""
        return self.row is None or bool(self.row["is_newest"])
