"""How a unit's figures stand to a signature: missed ones spoken of, signed, or signed before others came.

Whether they may be signed is said by `records.ledger.sign_offs`, which refuses what may not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl

from transforms import signing
from transforms.catalogue.model import Catalogue
from transforms.scorecards import Status

MISSED: Final = (Status.MISSED.value, Status.EXCEEDED.value)


@dataclass(frozen=True)
class Spoken:
    """How many missed figures of a unit somebody has said something about."""

    missed: int
    open: int

    @property
    def said(self) -> int:
        """Those that a check-in is about."""
        return self.missed - self.open


def spoken(
    facts: pl.DataFrame, check_ins: pl.DataFrame, catalogue: Catalogue
) -> Mapping[str, Spoken]:
    """The missed figures of each unit that has any.

    Args:
        facts: uncut published facts of one month and version; those that are missed suffice.
        check_ins: what was said about that month and version.
        catalogue: the definitions of the month.
    """
    missed = signing.missed(facts, catalogue)
    still = signing.obstacles(missed, check_ins)
    open_ones = dict(still.group_by("branch_id").len().iter_rows())
    return {
        unit: Spoken(count, open_ones.get(unit, 0))
        for unit, count in missed.group_by("branch_id").len().sort("branch_id").iter_rows()
    }


@dataclass(frozen=True)
class Signature:
    """The last signature on a unit's month.

    Attributes:
        version: the version of the month that was signed.
        run_id: the run whose figures were signed.
        holds: whether these are the figures that are shown.
        note: what the signer added.
    """

    person: str
    at: datetime
    version: int
    run_id: str
    fingerprint: str
    holds: bool
    note: str


def last(signatures: pl.DataFrame, unit: str, version: int, run_id: str) -> Signature | None:
    """The signature that holds for the figures shown; else the last one on others of the month; else none.

    Args:
        signatures: on one month, the oldest first (`records.ledger.sign_offs.SIGN_OFFS`).
        unit: whose.
        version: of the figures shown.
        run_id: of the figures shown.
    """
    own = signatures.filter(pl.col("branch_id") == unit)
    return last_by_unit(own, version, run_id).get(unit)


def last_by_unit(signatures: pl.DataFrame, version: int, run_id: str) -> dict[str, Signature]:
    """The same of every unit that has a signature; arguments as for `last`."""
    these = (pl.col("snapshot_version") == version) & (pl.col("run_id") == run_id)
    chosen = (
        signatures.with_columns(_holds=these)
        .sort("_holds", maintain_order=True)
        .unique("branch_id", keep="last", maintain_order=True)
    )
    return {
        row["branch_id"]: Signature(
            person=row["person"],
            at=row["at"],
            version=row["snapshot_version"],
            run_id=row["run_id"],
            fingerprint=row["fingerprint"],
            holds=row["_holds"],
            note=row["note"] or "",
        )
        for row in chosen.to_dicts()
    }
