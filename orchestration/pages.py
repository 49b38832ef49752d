"""The dashboard with the bank at work behind it: `streamlit run orchestration/pages.py -- --workspace DIR`.

Binds what answers the questions of pages, protocol by protocol of `dashboards.port`. The answers themselves
belong in `orchestration.answering`; what a page shows, in `dashboards`.
"""

from dataclasses import dataclass

from dashboards import app
from orchestration.answering.drafts import BankDrafts
from orchestration.answering.figures import FigureAnswers
from orchestration.answering.loans import LoanAnswers
from orchestration.answering.reports import BankReports
from orchestration.answering.rules import BankRules


@dataclass(frozen=True)
class BankAnalyses(FigureAnswers):
    """Answers of the bank whose workspace is in that folder."""

    @property
    def drafts(self) -> BankDrafts:
        """Answers about drafts."""
        return BankDrafts(self.root)

    @property
    def loans(self) -> LoanAnswers:
        """Answers about the loans behind figures, and about one loan."""
        return LoanAnswers(self.root)

    @property
    def reports(self) -> BankReports:
        """Answers about reports, and the steps that are taken with them."""
        return BankReports(self.root)

    @property
    def rules(self) -> BankRules:
        """Tells the rules that data are checked by."""
        return BankRules(self.root)


if __name__ == "__main__":
    app.main(BankAnalyses)
