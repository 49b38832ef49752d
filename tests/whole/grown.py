"""A demo bank of which every metric can be given, and the loans behind its figures.

Only the months that its last one is compared with are delivered whole and built; of the others the trade
alone is there, which the last month looks back on.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path

import polars as pl

from orchestration import intake, months
from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from orchestration.targets import demo as targets_demo
from orchestration.tracing import Figure, Rows
from tests.targeting import NOON
from tests.whole.commands import built, made
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
SPEC = BankSpec(months=16, loans=600, seed=33, last=LAST)
TRADE = "supply_chain_trade"
HEAD = "HO"


def deliver_and_build(root):
    """Draw the bank, deliver it to a new workspace and build it."""
    bank, drawn = Bank.at(made(root)), demo_bank(SPEC)
    for day in drawn.month_ends:
        folder = root / "inbox" / day.isoformat()
        folder.mkdir(parents=True)
        files = []
        for name, rows in drawn.month(day).items():
            if day in WHOLE or name == TRADE:
                files.append(folder / f"{name}.parquet")
                rows.drop(UNDELIVERED.get(name, ())).write_parquet(files[-1])
        intake.ingest(bank, files, mapping="canonical", as_of=day)
    targets_demo.enter(bank, drawn.drawn_targets, NOON)
    for (
        day
    ) in WHOLE:  # one by one: so many at once would start processes, and test processes share cores
        assert built(root, "--as-of", day) == {day.isoformat(): (1, "built")}


@dataclass(frozen=True, eq=False)
class Grown:
    """The bank at its last month; its rows are classified once for all figures."""

    root: Path
    _rows: dict = field(default_factory=dict)
    _listed: dict = field(default_factory=dict)

    @cached_property
    def bank(self):
        return Bank.at(self.root)

    @cached_property
    def month(self):
        return MonthAtWork.newest(self.bank, LAST)

    @property
    def catalogue(self):
        return self.month.catalogue

    @cached_property
    def tree(self):
        return months.tree(self.month)

    @cached_property
    def facts(self):
        """Uncut published figures of the last month by metric, reading and branch."""
        rows = self.bank.published.facts(SYSTEM, as_of=LAST).filter(pl.col("slice") == TOTAL)
        return {
            (row["metric_id"], row["reading"], row["branch_id"]): row
            for row in rows.collect().to_dicts()
        }

    @cached_property
    def members(self):
        """Published members of slices, by metric, reading, branch and slice."""
        rows = self.bank.published.facts(SYSTEM, as_of=LAST).filter(pl.col("slice") != TOTAL)
        found = defaultdict(list)
        for row in rows.collect().to_dicts():
            found[row["metric_id"], row["reading"], row["branch_id"], row["slice"]].append(row)
        return found

    @cached_property
    def branch(self):
        """The tier-1 branch with the most figures, so that little is left untried."""
        nodes = self.bank.published.nodes(SYSTEM, as_of=LAST).collect()
        given = defaultdict(int)
        for (_, _, node), row in self.facts.items():
            given[node] += row["value"] is not None
        tier1 = sorted(nodes.filter(pl.col("level") == "tier1")["node_id"])
        return max(tier1, key=lambda node: given[node])

    def readings(self):
        """Every metric with each of its readings."""
        return [(m, r) for m in self.catalogue.metrics.values() for r in m.readings]

    def book(self, node, day=LAST):
        """The loans that were accepted for a node, as the lake holds them."""
        rows = MonthAtWork.newest(self.bank, day).table("loan_snapshot")
        counts_for = self.tree.counts_for
        inside = counts_for.filter(pl.col("node_id") == node)["branch_id"]
        return rows.filter(pl.col("booking_branch_id").is_in(inside.implode())).collect()

    def figure(self, metric, reading, node):
        """A figure to be taken apart."""
        for day in () if self._rows else WHOLE:
            self._rows[day] = Held(MonthAtWork.newest(self.bank, day), self.tree)
        figure = Figure(self.bank, self.month, node, metric, reading, _rows=self._rows)
        vars(figure)["tree"] = self.tree  # the same for all figures of the month
        return figure

    def listed(self, metric, reading, node, side, cut=None):
        """The rows that `loans` lists; several sweeps ask for the same list."""
        key = metric.metric_id, reading.name, node, side, cut
        if key not in self._listed:
            rows = self.figure(metric, reading, node).rows(side, cut=cut)
            self._listed[key] = pl.concat(rows).collect()
        return self._listed[key]


class Held(Rows):
    """The rows of a month, collected when first asked for: a sweep over all figures asks often."""

    @cached_property
    def _held(self):
        return {}

    @cached_property
    def loans(self):
        return self._once("loans", lambda: Rows.loans.func(self))

    @cached_property
    def flows(self):
        return self._once("flows", lambda: Rows.flows.func(self))

    def changes(self, since):
        return self._once(since, lambda: Rows.changes(self, since))

    def _once(self, name, make):
        if name not in self._held:
            self._held[name] = make().collect()
        return self._held[name].lazy()
