"""A unit's rows, and the units below it as parts that add up to it.

Rows carry the branch they belong to; which unit that counts for follows the month's tree. What counts
for none of the parts (head office's own, or a branch that is not known) is the rest: nothing is lost.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dashboards.month import Month
from dashboards.units import BankUnit
from transforms.accounting import Account, accounts_by

PART = "part"
"""Column with the part a row counts for; empty for the rest."""


@dataclass(frozen=True, eq=False)
class Parts:
    """A unit and the units it is shown by.

    Attributes:
        unit: the whole.
        below: its parts; none for a unit that has none below it.
    """

    month: Month
    unit: BankUnit
    below: tuple[BankUnit, ...]

    @classmethod
    def of(cls, month: Month, unit: BankUnit) -> "Parts":
        """The branches compared with each other below the top, else the units right below."""
        compared = tuple(one for _, group in month.units.compared() for one in group)
        if unit == month.units.top and unit not in compared:
            return cls(month, unit, compared)
        return cls(month, unit, month.units.children(unit.unit_id))

    def rows(self, frame: pl.DataFrame, column: str = "branch_id") -> pl.DataFrame:
        """The rows that count for the whole; at the top all there are, branch known or not."""
        if self.unit.unit_id == self.month.units.top.unit_id:
            return frame
        return frame.filter(pl.col(column).is_in(self._reach([self.unit])["branch_id"].implode()))

    def parted(self, frame: pl.DataFrame, column: str = "branch_id") -> pl.DataFrame:
        """The rows of the whole with the part each counts for in `PART`, empty for the rest."""
        reach = self._reach(self.below).rename({"node_id": PART})
        return self.rows(frame, column).join(
            reach, left_on=column, right_on="branch_id", how="left", maintain_order="left"
        )

    def accounts(self, table: str) -> dict[str | None, Account]:
        """The account of a table by part; the rest under None, if there is any."""
        rows = self.parted(self.month.delivered.filter(pl.col("table") == table))
        return accounts_by(rows, PART)

    def _reach(self, units: Sequence[BankUnit]) -> pl.DataFrame:
        """Each branch with the one of some units it counts for."""
        names = [unit.unit_id for unit in units]
        reach = self.month.counts_for.filter(pl.col("node_id").is_in(names))
        return reach.unique("branch_id", keep="first", maintain_order=True)
