"""What pages ask about loans, answered by the bank at work; answers `dashboards.port.loans`.

The rows behind a figure are put together in `loan_lists`, one loan in `loan_files`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from dashboards.port.loans import ListAsked, LoanFile, LoanList, Use
from orchestration.answering import loan_files, loan_lists
from orchestration.bank import Bank
from records.access import Scope


@dataclass(frozen=True)
class LoanAnswers:
    """Answers of the bank whose workspace is in that folder."""

    root: Path

    def listed(self, scope: Scope, asked: ListAsked) -> LoanList:
        """The rows behind a figure, and those of the unit's book that are not in it."""
        return loan_lists.listed(Bank.at(self.root), scope, asked)

    def file(self, scope: Scope, loan: str, as_of: date) -> LoanFile | None:
        """Everything known of a loan; none if there is no such loan, or none that the reader may see."""
        return loan_files.file(Bank.at(self.root), scope, loan, as_of)

    def uses(self, scope: Scope, loan: str, as_of: date) -> tuple[Use, ...]:
        """What every metric makes of a loan, in the order of the catalogue; nothing of one not seen."""
        return loan_files.uses(Bank.at(self.root), scope, loan, as_of)

    def starting(self, scope: Scope, branch: str, text: str, as_of: date) -> pl.DataFrame:
        """Loans of a unit whose number begins so, the largest first: `loan_id, branch_id, balance`."""
        return loan_files.starting(Bank.at(self.root), scope, branch, text, as_of)

    def names(self, scope: Scope, borrowers: Collection[str], as_of: date) -> Mapping[str, str]:
        """The names of those borrowers that have a loan in the scope, by number, as far as they are known."""
        return loan_files.names(Bank.at(self.root), scope, borrowers, as_of)
