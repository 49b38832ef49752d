"""The branch tree as pages walk it: from the top down, and which branches stand side by side.

How the tree comes about belongs in `transforms.hierarchy`; whose branches may be seen in
`records.access`.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

from dashboards.i18n import Language

MAIN_LEVEL: Final = "tier1"
"""The level whose branches are compared with each other."""


@dataclass(frozen=True)
class BankUnit:
    """A node of the tree: the bank, a region, a branch or a sub-branch."""

    unit_id: str
    parent_id: str | None
    level: str | None
    name_en: str
    name_zh: str

    def name(self, language: Language) -> str:
        """Its name in the reader's language."""
        return language.pick(self.name_en, self.name_zh)


@dataclass(frozen=True)
class Units:
    """The units a reader may see, parents before children."""

    all: tuple[BankUnit, ...]

    @classmethod
    def of(cls, nodes: pl.DataFrame) -> "Units":
        """The units of rows of `hierarchy.NODE`."""
        return cls(
            tuple(
                BankUnit(
                    row["node_id"],
                    row["parent_id"],
                    row["level"],
                    row["name_en"] or row["node_id"],
                    row["name_zh"] or row["node_id"],
                )
                for row in nodes.to_dicts()
            )
        )

    @cached_property
    def by_id(self) -> dict[str, BankUnit]:
        """Every unit by its number."""
        return {unit.unit_id: unit for unit in self.all}

    @property
    def top(self) -> BankUnit:
        """The highest unit that can be seen: the bank, or where the reader's scope begins."""
        return self.all[0]

    def children(self, unit_id: str) -> tuple[BankUnit, ...]:
        """The units right below."""
        return tuple(self._below.get(unit_id, ()))

    @cached_property
    def _below(self) -> dict[str | None, list[BankUnit]]:
        below: dict[str | None, list[BankUnit]] = {}
        for unit in self.all:
            below.setdefault(unit.parent_id, []).append(unit)
        return below

    def chain(self, unit_id: str) -> tuple[BankUnit, ...]:
        """The unit and everything above it, from the top down."""
        chain = [self.by_id[unit_id]]
        while (parent := chain[0].parent_id) in self.by_id and parent is not None:
            chain.insert(0, self.by_id[parent])
        return tuple(chain)

    def compared(self) -> tuple[tuple[BankUnit | None, tuple[BankUnit, ...]], ...]:
        """The branches that are compared with each other, by the region they belong to.

        Where no branch below the top says it is a tier-1 branch, these are the units right below the top.
        A branch that reports to the bank itself has no region, nor has one above which nothing is seen.
        """
        main = [unit for unit in self.all if unit.level == MAIN_LEVEL]
        if main == [self.top] or not main:
            main = list(self.children(self.top.unit_id))
        groups: dict[str | None, list[BankUnit]] = {}
        for unit in main:
            above = unit.parent_id if unit.parent_id in self.by_id else None
            groups.setdefault(None if above == self.top.unit_id else above, []).append(unit)
        return tuple(
            (self.by_id[region] if region else None, tuple(units))
            for region, units in groups.items()
        )
