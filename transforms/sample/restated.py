"""The month that the demo bank delivers twice: at first a branch told some bad loans a tier too good.

Its loan file is put right a month later. Everything else of the month is the same both times.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from transforms.sample import network as net
from transforms.sample.network import Network
from transforms.schema import LOAN_SNAPSHOT

SHORTEST_WINDOW: Final = 6
"""A bank of fewer months delivers each of them once."""

_MENTIONED, _SUBSTANDARD = "FQ02", "FQ03"


@dataclass(frozen=True, eq=False)
class Restated:
    """A month with its loan file as it was delivered first, and why it was delivered again.

    Attributes:
        as_of: the month end.
        branch_id: the branch that told it.
        loans: rows of `loan_snapshot` as they were delivered first.
        changed: how many of them were told a tier too good.
    """

    as_of: date
    branch_id: str
    loans: pl.DataFrame
    changed: int

    @property
    def reason(self) -> str:
        """As the bank gives it with the second delivery."""
        were = "was" if self.changed == 1 else "were"
        return f"{self._loans} of {self.branch_id} {were} told as special mention, not substandard"

    @property
    def story(self) -> str:
        """What a reader can find."""
        return (
            f"{self.as_of.isoformat()} was delivered twice: at first {self._loans} that should be "
            "substandard stood under special mention, so that published figures were restated."
        )

    @property
    def _loans(self) -> str:
        return "1 loan" if self.changed == 1 else f"{self.changed} loans"


def restated(loans: pl.DataFrame, branches: Network, as_of: date) -> Restated | None:
    """A month's loan file as it was delivered first; none if nothing in it could be told too good.

    Args:
        loans: the loan table of that month end, as it should be.
        branches: the bank's branches.
        as_of: the month end.
    """
    own = [net.RESTATED, *(node.branch_id for node in branches.children(net.RESTATED))]
    too_good = pl.col("booking_branch_id").is_in(own) & (
        pl.col("loan_classification") == _SUBSTANDARD
    )
    told = loans.with_columns(
        loan_classification=pl.when(too_good)
        .then(pl.lit(_MENTIONED))
        .otherwise("loan_classification")
    ).select(*LOAN_SNAPSHOT.dtypes)
    changed = int(loans.select(too_good.fill_null(value=False).sum()).item())
    return Restated(as_of, net.RESTATED, told, changed) if changed else None
