"""The dashboard with the bank at work behind it: `streamlit run orchestration/pages.py -- --workspace DIR`.

Answers what pages ask by `dashboards.port.analyses`. What a page shows belongs in `dashboards`; how an answer
comes about, in the module that each one names.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from dashboards import app
from dashboards.port.analyses import Changes, Score, Step, Walk
from orchestration.bank import Bank
from orchestration.questions import bridging, gaps, movements, scoring
from records.access import Scope
from transforms.analysis.bridge.causes import LABELS
from transforms.analysis.gap import answers as gap_answers
from transforms.analysis.gap.answers import Gap
from transforms.catalogue.model import Unit

# Decimals of a figure as pages show the steps of its change; two of all others. Streamlit would print a
# bare string of the script that it serves.
_SHOWN: Final = {Unit.RATIO: 4, Unit.COUNT: 0}


@dataclass(frozen=True)
class BankAnalyses:
    """Answers of the bank whose workspace is in that folder."""

    root: Path

    def changes(self, scope: Scope, branch: str, as_of: date, before: date) -> Changes:
        """Everything worth a sentence that changed at a node since an earlier month end."""
        found = movements.changes(Bank.at(self.root), scope, branch, as_of=as_of, compare=before)
        return Changes(found.events, found.names)

    def score(self, scope: Scope, branch: str, as_of: date) -> Score:
        """The node's card under the bank's standard profile."""
        found = scoring.scored(Bank.at(self.root), scope, as_of=as_of)
        figures, below = found.rolled_up(scoring.require_branch(found, scope, branch))
        return Score(found.scores.of(branch), figures, below)

    def gap(self, scope: Scope, branch: str, metric: str, reading: str, as_of: date) -> Gap:
        """What closes the gap between a figure and its target, each action tried on the book."""
        bank = Bank.at(self.root)
        (found,) = gaps.gaps(bank, scope, gap_answers.Asked(branch, metric, reading), as_of=as_of)
        return found

    def walk(
        self, scope: Scope, branch: str, metric: str, reading: str, start: date, end: date
    ) -> Walk:
        """Why a figure moved between two month ends, split over its causes."""
        asked = bridging.Asked(metric, start, end, branch, reading)
        made = bridging.Bridge.of(Bank.at(self.root), scope, asked)
        made.check_ends()
        steps = tuple(
            Step(LABELS[one.part.cause], one.amount, one.part.numerator, one.part.denominator)
            for one in made.printed(_SHOWN.get(made.unit, 2))
        )
        return Walk(made.start, made.end, steps, tuple(made.notes))


if __name__ == "__main__":
    app.main(BankAnalyses)
