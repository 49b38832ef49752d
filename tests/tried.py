"""Scenarios on small books: actions as plain words, and the figures of the month with them in it."""

from dataclasses import dataclass, replace

import polars as pl

from orchestration.questions.whatif import action_of, uncut
from tests.scenario import AS_OF, SmallBook, gathered_of, material_of
from transforms import facts, measures
from transforms.analysis.scenario import applied as scenario
from transforms.arithmetic import terms_of
from transforms.catalogue.vocabulary import TOTAL
from transforms.facts import Month
from transforms.measures import Material


@dataclass(frozen=True, eq=False)
class Base:
    """A small book gathered once, to try several things on."""

    book: SmallBook
    material: Material
    month: Month

    def figures(self, material):
        """Uncut facts of the month, computed from these rows."""
        taken = measures.take(material)
        month = replace(self.month, measures=taken.additive, node_measures=taken.by_node)
        rows = facts.compute(month, material.rules.catalogue)
        return rows.filter(pl.col("slice") == TOTAL)


def base_of(book, as_of=AS_OF, *, only=None):
    """A book gathered, without the slices that uncut figures do not rest on.

    With `only` one metric and its measures are computed, which is a good deal faster.
    """
    whole = material_of(book, as_of)
    catalogue = uncut(whole.rules.catalogue)
    if only is not None:
        metric = catalogue.metrics[only]
        needed = {
            term.measure
            for reading in metric.readings
            for term in terms_of(catalogue, metric, reading)
        }
        needed |= {name for reading in metric.readings for name in reading.measures}
        catalogue = replace(
            catalogue,
            metrics={only: metric},
            measures={n: m for n, m in catalogue.measures.items() if n in needed},
        )
    rules = replace(whole.rules, catalogue=catalogue)
    material = replace(whole, rules=rules)
    return Base(book, material, gathered_of(book, as_of, material, measures.take(material)))


class Tried:
    """A book with actions done to it, and what it gives before and after."""

    def __init__(self, base, *rows, branch="north"):
        self.base = base if isinstance(base, Base) else base_of(base)
        actions = tuple(action_of(row, branch, "test") for row in rows)
        self.applied = scenario.apply(self.base.material, actions)
        self.done = self.applied.done
        self.before = self.base.figures(self.base.material)
        self.after = self.base.figures(self.applied.material)

    def pair(self, metric, branch="north", reading=None, column="value"):
        """A figure before and after."""
        return tuple(
            figure(rows, metric, branch, reading)[column] for rows in (self.before, self.after)
        )

    def sums(self, metric, branch="north", reading=None):
        """Numerator and denominator after."""
        row = figure(self.after, metric, branch, reading)
        return row["numerator"], row["denominator"]

    def rows(self, table):
        """A table with the scenario in it."""
        return self.applied.material.tables.month[table].collect()


def figure(rows, metric, branch, reading=None):
    """One row of facts; of the first reading if none is named."""
    found = rows.filter(pl.col("metric_id") == metric, pl.col("branch_id") == branch)
    if reading is not None:
        found = found.filter(pl.col("reading") == reading)
    return found.sort("reading").to_dicts()[0]
