"""A demo bank over fifteen months that every metric has a figure for, and the loans behind its figures.

Only the months that March 2026 is compared with are delivered whole and built; of the others the trade
alone is there, which March looks back on.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path

import polars as pl

from orchestration import intake, months
from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from orchestration.tracing import Figure, Rows
from tests.whole.commands import built
from transforms.catalogue.vocabulary import TOTAL
from transforms.sample.bank import UNDELIVERED, BankSpec, demo_bank

LAST = date(2026, 3, 31)
WHOLE = (
    date(2024, 12, 31),  # the year end before last
    date(2025, 3, 31),  # the same month of last year
    date(2025, 12, 31),
    date(2026, 1, 31),
    date(2026, 2, 28),
    LAST,
)
HEAD, BRANCH = "HO", "B205"
SPEC = BankSpec(months=16, loans=600, seed=7, last=LAST)
TRADE = "supply_chain_trade"


def delivered_and_built(root: Path) -> None:
    """Draw the bank, deliver it to an empty workspace and build it."""
    bank, drawn = Bank.at(root), demo_bank(SPEC)
    for day in drawn.month_ends:
        folder = root / "inbox" / day.isoformat()
        folder.mkdir(parents=True)
        files = []
        for name, rows in drawn.month(day).items():
            if day in WHOLE or name == TRADE:
                files.append(folder / f"{name}.parquet")
                rows.drop(UNDELIVERED.get(name, ())).write_parquet(files[-1])
        intake.ingest(bank, files, mapping="canonical", as_of=day)
    said = built(root)
    assert said == {day.isoformat(): (1, "built") for day in WHOLE}


def unzero(amount: Decimal | None) -> Decimal | None:
    """An amount without needless zeros."""
    return None if amount is None else amount.normalize() + 0


@dataclass(frozen=True, eq=False)
class Grown:
    """The bank at its last month, with rows classified once for all figures.

    Attributes:
        root: the folder of its workspace.
    """

    root: Path
    _rows: dict[date, Rows] = field(default_factory=dict)

    @cached_property
    def bank(self) -> Bank:
        """The bank, opened."""
        return Bank.at(self.root)

    @cached_property
    def month(self) -> MonthAtWork:
        """The last month."""
        return MonthAtWork.newest(self.bank, LAST)

    @cached_property
    def tree(self) -> months.Tree:
        """The branches of the last month."""
        return months.tree(self.month)

    @cached_property
    def facts(self) -> dict[tuple[str, str, str], dict[str, object]]:
        """Uncut published figures of the last month by metric, reading and branch."""
        rows = self.bank.published.facts(SYSTEM, as_of=LAST).filter(pl.col("slice") == TOTAL)
        return {
            (row["metric_id"], row["reading"], row["branch_id"]): row
            for row in rows.collect().to_dicts()
        }

    @cached_property
    def members(self) -> dict[tuple[str, str, str, str], dict[str, dict[str, object]]]:
        """Published members by metric, reading, branch and slice."""
        rows = self.bank.published.facts(SYSTEM, as_of=LAST).filter(pl.col("slice") != TOTAL)
        found = defaultdict(dict)
        for row in rows.collect().to_dicts():
            key = row["metric_id"], row["reading"], row["branch_id"], row["slice"]
            found[key][row["member"]] = row
        return found

    @cached_property
    def book(self) -> pl.DataFrame:
        """The accepted loans of the last month, as delivered."""
        return self.month.table("loan_snapshot").collect()

    def inside(self, node: str) -> list[str]:
        """The booking branches that count for a node."""
        rows = self.tree.counts_for
        return sorted(rows.filter(pl.col("node_id") == node)["branch_id"])

    def figure(self, metric: str, reading: str, node: str) -> Figure:
        """A figure to be taken apart; what it rests on is classified once for all."""
        if not self._rows:
            self._rows.update((day, self._held(day)) for day in WHOLE)
        chosen = self.month.catalogue.metrics[metric]
        return Figure(
            self.bank, self.month, node, chosen, chosen.reading(reading), _rows=self._rows
        )

    def _held(self, day: date) -> Rows:
        month = self.month if day == LAST else MonthAtWork.newest(self.bank, day)
        return Held(month, self.tree)


class Held(Rows):
    """The rows of a month, collected when first asked for: a sweep over all figures asks often."""

    def __init__(self, month, tree):
        super().__init__(month, tree)
        object.__setattr__(self, "_held", {})

    @cached_property
    def loans(self):
        return self._once("loans", Rows.loans.func)

    @cached_property
    def flows(self):
        return self._once("flows", Rows.flows.func)

    def changes(self, since):
        return self._once(since, lambda own: Rows.changes(own, since))

    def _once(self, name, make):
        if name not in self._held:
            self._held[name] = make(self).collect()
        return self._held[name].lazy()


def note(path: Path) -> dict[str, object]:
    """What a JSON file says."""
    return json.loads(path.read_text(encoding="utf-8"))
