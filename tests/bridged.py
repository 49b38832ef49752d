"""Bridges of small books, made from the same rooms as the product's own: frames in, parts out."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import polars as pl

from tests.scenario import DEFINITIONS, material_of
from transforms import first_loans, measures
from transforms.analysis.bridge import books as bridge_books
from transforms.analysis.bridge import effects as bridge
from transforms.analysis.bridge import loans as bridge_loans
from transforms.analysis.bridge.books import FIRST, NOW, THEN, Between, Book
from transforms.analysis.bridge.shape import shape_of
from transforms.classify import LoanTables
from transforms.schema import LOAN_EVENT


@dataclass(frozen=True)
class Bridged:
    """A bridge of one node: values, exact parts by cause, and the sums at both ends."""

    start: Fraction | None
    end: Fraction | None
    parts: dict[str, Fraction]
    moved: dict[str, tuple]
    ends: tuple
    walk: bridge_books.Walk
    shape: object
    inside: dict

    @property
    def change(self):
        return self.end - self.start

    def by_loan(self):
        """Each loan's share, as `bridge --by loan` lists it."""
        rows = bridge_books.by_loan(self.walk, tuple(self.shape.columns))
        here = bridge.at_node(rows, self.shape, self.inside)
        return bridge_loans.shares(here, self.shape, bridge.weights(self.shape, *self.ends))


def side(book, day, metric, reading=None, definitions=None):
    """One month end of a small book, as a bridge is made from it."""
    material = material_of(book, day, definitions=definitions)
    catalogue = material.rules.catalogue
    judged = measures.judged_events(material.first_loans, material.tables, material.rules)
    chosen = catalogue.metrics[metric]
    return (
        Book(
            LoanTables(
                material.tables.month,
                material.tables.trades,
                first_loans.first_receipts(judged),
            ),
            material.rules,
            shape_of(catalogue, chosen, chosen.reading(reading or chosen.default_reading)),
            catalogue.versions[metric],
        ),
        material.tree,
    )


@dataclass(frozen=True, eq=False)
class Bridging:
    """All bridges of one figure between two months of a small book; `of` gives that of a node.

    `reported` is the start as another small book first reported it.
    """

    book: object
    start: object
    end: object
    metric: str
    reading: str | None = None
    today: bool = False
    reported: object = None
    definitions: object = DEFINITIONS
    overridden: object = None

    @cached_property
    def _sides(self):
        asked = (self.metric, self.reading, self.definitions)
        then, now = (side(self.book, day, *asked) for day in (self.start, self.end))
        first = None if self.reported is None else side(self.reported, self.start, *asked)
        return first, then, now

    @cached_property
    def walk(self):
        first, (then, _), (now, _) = self._sides
        between = [day for day in sorted(self.book.months) if self.start < day <= self.end]
        events = [self.book.table("loan_event", day) for day in between]
        none = pl.DataFrame(schema=LOAN_EVENT.dtypes)
        return bridge_books.walk(
            Between(
                then, now, pl.concat([none, *events]).lazy(), first and first[0], self.overridden
            )
        )

    @property
    def shape(self):
        return self._sides[2][0].shape

    @cached_property
    def _rows(self):
        rows, tree = self.walk.first
        begin = rows.with_columns(tree=pl.lit(tree)).collect()
        return begin, bridge_books.sums(self.walk, tuple(self.shape.columns))

    def inside(self, node):
        first, (_, then), (_, now) = self._sides
        trees = {FIRST: then if first is None else first[1], THEN: then, NOW: now}
        if self.today:
            trees = dict.fromkeys(trees, now)
        return {
            name: None
            if (node or now.root) == tree.root
            else tree.counts_for.filter(pl.col("node_id") == node)["branch_id"]
            for name, tree in trees.items()
        }

    def of(self, node=None):
        """The bridge of a node; of the root if none is named."""
        inside, shape, walk = self.inside(node), self.shape, self.walk
        columns = tuple(shape.columns)
        if shape.counted:
            steps = bridge.client_steps(walk, columns[0], inside)
            counts = [Fraction(one) for one in steps["clients"]]
            parts = {
                cause: counts[at] - counts[at - 1]
                for at, cause in enumerate(steps["cause"])
                if at and counts[at] != counts[at - 1]
            }
            ends = ({columns[0]: counts[0]}, {columns[0]: counts[-1]})
            return Bridged(counts[0], counts[-1], parts, {}, ends, walk, shape, inside)
        here = [bridge.at_node(one.lazy(), shape, inside).collect() for one in self._rows]
        before, added = (bridge.total(one, columns) for one in here)
        after = {name: before[name] + added[name] for name in columns}
        values = [bridge.value_of(shape, one) for one in (before, after)]
        moved = bridge.by_cause(here[1], columns)
        parts = {}
        if None not in values:
            found = bridge.parts(shape, before, after, moved)
            parts = {one.cause.value: one.amount for one in found}
        told = {
            cause.value: tuple(one.values()) for cause, one in moved.items() if any(one.values())
        }
        return Bridged(values[0], values[1], parts, told, (before, after), walk, shape, inside)


def bridged(book, start, end, metric, *, node=None, **asked):
    """The bridge of one node."""
    return Bridging(book, start, end, metric, **asked).of(node)
