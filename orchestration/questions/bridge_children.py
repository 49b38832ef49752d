"""A bridge branch by branch: what the children of a node, and what it books itself, did to its change.

The arithmetic belongs in `transforms.analysis.bridge.contribution`; the bridge itself in `bridging`.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import polars as pl

from orchestration.questions.bridging import Bridge, inside_of
from transforms.analysis.bridge import contribution
from transforms.analysis.bridge import effects as bridge
from transforms.analysis.bridge.books import FIRST, NOW, THEN
from transforms.analysis.bridge.contribution import Contribution
from transforms.analysis.bridge.effects import Amounts
from transforms.catalogue.model import Label
from transforms.errors import BranchmarkError


@dataclass(frozen=True, eq=False)
class Children:
    """The children of a bridge's node.

    Attributes:
        of: the bridge.
    """

    of: Bridge

    @cached_property
    def children(self) -> tuple[str, ...]:
        """The nodes right below, under either tree, and the node itself for what it books directly.

        Where a gap is measured against the whole bank, the bank stands last, for its side of it.
        """
        found: set[str] = set()
        for tree in self.of.trees.values():
            found |= set(tree.nodes.filter(pl.col("parent_id") == self.of.node)["node_id"])
        return (*sorted(found), self.of.node, *([self.bank] if self.bank else []))

    @cached_property
    def bank(self) -> str | None:
        """The bank, where its side of a gap is measured apart from a node's own."""
        root = self.of.trees[NOW].root
        return root if self.of.shape.of_bank and self.of.node != root else None

    @cached_property
    def names(self) -> dict[str, Label]:
        """The names of branches, as they are called last."""
        found = {}
        for tree in (self.of.trees[FIRST], self.of.trees[THEN], self.of.trees[NOW]):
            for number, en, zh in tree.nodes.select("node_id", "name_en", "name_zh").iter_rows():
                found[number] = Label(en, zh)
        return found

    @cached_property
    def _by_child(self) -> tuple[dict[str, Amounts], dict[str, Amounts], dict[str, Amounts]]:
        """By child the sums at the start, at the end, and what its loans added in between."""
        before, moves = self.of.sums
        start, moved = self._of_children(before), self._of_children(moves)
        end: dict[str, Amounts] = {
            child: {name: start[child][name] + moved[child][name] for name in self.of.columns}
            for child in self.children
        }
        return start, end, moved

    def _of_children(self, rows: pl.DataFrame) -> dict[str, Amounts]:
        found: dict[str, Amounts] = {}
        rest = bridge.total(self.of.here(rows), self.of.columns)
        for child in self.children:
            if child == self.of.node:
                break
            inside = {name: inside_of(tree, child) for name, tree in self.of.trees.items()}
            found[child] = bridge.total(rows.filter(bridge.counts(inside)), self.of.columns)
        of_bank = self.of.shape.of_bank if self.children[-1] != self.of.node else frozenset()
        for child, own in found.items():
            found[child] = {n: Fraction(0) if n in of_bank else own[n] for n in self.of.columns}
            rest = {name: rest[name] - found[child][name] for name in self.of.columns}
        found[self.of.node] = {n: Fraction(0) if n in of_bank else rest[n] for n in self.of.columns}
        if of_bank:
            found[self.children[-1]] = {
                name: rest[name] if name in of_bank else Fraction(0) for name in self.of.columns
            }
        return found

    @cached_property
    def contributions(self) -> tuple[tuple[Contribution, Fraction], ...]:
        """Every child's part of the change, and beside it what its own loans did to the node's figure.

        Both add up to the change: the first asks how the child's own ratio and weight changed, the
        second what the causes at the child were worth. A child without loans at both ends is left out.

        Raises:
            BranchmarkError: if clients are counted, who may be of several branches.
        """
        if self.of.shape.counted:
            raise BranchmarkError(
                f"{self.of.metric.metric_id} counts clients, and a client may be of several branches, so its "
                "change does not add up over branches. Ask by cause, or bridge each branch."
            )
        self.of.require()
        start, end, moved = self._by_child
        weighed = bridge.weights(self.of.shape, *self.of.ends)
        found = []
        for one in contribution.contributions(self.of.shape, start, end):
            if any(start[one.child].values()) or any(end[one.child].values()):
                effects = bridge.effects_of(self.of.shape, weighed, moved[one.child])
                found.append((one, sum(effects, Fraction(0))))
        return tuple(found)

    def values_of(self, child: str) -> tuple[Fraction | None, Fraction | None]:
        """A child's own figure at the start and the end; nothing where it has none."""
        start, end, _ = self._by_child
        value = bridge.value_of
        return value(self.of.shape, start[child]), value(self.of.shape, end[child])
