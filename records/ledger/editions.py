"""Editions of reports as the ledger keeps them: what one is, how it is found, and how far it has come.

How an edition comes to be, and the steps that may be taken with it, belong in `returns`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from records.access import Scope
from records.ledger.errors import LedgerUseError
from records.ledger.report_tables import RETURN_PACKAGE, RETURN_STEP
from transforms.schema import DAY, TEXT

_MOMENT: Final = pl.Datetime("us", "UTC")

HEAD_COLUMNS: Final[Mapping[str, pl.DataType]] = {
    "package_id": pl.Int64(),
    "return_id": TEXT,
    "return_version": TEXT,
    "definition_hash": TEXT,
    "unit_id": TEXT,
    "as_of": DAY,
    "edition": pl.Int64(),
    "content_hash": TEXT,
    "snapshot_version": pl.Int64(),
    "run_id": TEXT,
    "fingerprint": TEXT,
    "prepared_by": TEXT,
    "prepared_at": _MOMENT,
}
PACKAGES: Final[Mapping[str, pl.DataType]] = {
    **HEAD_COLUMNS,
    "state": TEXT,  # the newest step
    "is_newest": pl.Boolean(),  # of its return, unit and month
    "checked_by": TEXT,
    "checked_at": _MOMENT,
    "approved_by": TEXT,
    "approved_at": _MOMENT,
    "released_by": TEXT,
    "released_at": _MOMENT,
    "returned_by": TEXT,
    "returned_at": _MOMENT,
    "note": TEXT,  # of the newest step
}
"""Columns of `Returns.packages`: one edition a row, the oldest first."""

_OF: Final[Mapping[str, pl.DataType]] = {
    "package_id": pl.Int64(),
    "return_id": TEXT,
    "unit_id": TEXT,
    "as_of": DAY,
    "edition": pl.Int64(),
}
STEPS: Final[Mapping[str, pl.DataType]] = {
    "step_id": pl.Int64(),
    **_OF,
    "step": TEXT,
    "content_hash": TEXT,
    "person": TEXT,
    "at": _MOMENT,
    "note": TEXT,
    "anchor_number": pl.Int64(),
    "anchor_hash": TEXT,
}
"""Columns of `Returns.steps`; the anchor is where the chain ended when the edition was released."""
REMARKS: Final[Mapping[str, pl.DataType]] = {
    "remark_id": pl.Int64(),
    **_OF,
    "case": TEXT,  # `check_id#number`
    "kind": TEXT,
    "text": TEXT,
    "person": TEXT,
    "at": _MOMENT,
}
"""Columns of `Returns.remarks`."""


class Step(StrEnum):
    """What is done with an edition."""

    PREPARED = "prepared"
    CHECKED = "checked"
    APPROVED = "approved"
    RELEASED = "released"
    RETURNED = "returned"
    """Given back: the edition ends here."""


@dataclass(frozen=True)
class Head:
    """One edition of a report.

    Attributes:
        package_id: its number.
        return_id: which return.
        return_version: its version.
        definition_hash: of its definition.
        unit_id: the unit it is made for.
        as_of: the month end.
        edition: counted from 1 for each return, unit and month.
        content_hash: what is signed.
        snapshot_version: of the month.
        run_id: the build whose figures it holds.
        fingerprint: of that publication.
        prepared_by: who prepared it.
        prepared_at: when.
    """

    package_id: int
    return_id: str
    return_version: str
    definition_hash: str
    unit_id: str
    as_of: date
    edition: int
    content_hash: str
    snapshot_version: int
    run_id: str
    fingerprint: str
    prepared_by: str
    prepared_at: datetime

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> "Head":
        """The edition that a row of `PACKAGES` or of `HEADS` tells of."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})

    @property
    def called(self) -> str:
        """How a sentence names it."""
        return f"{self.return_id}, {self.unit_id}, {self.as_of.isoformat()}, edition {self.edition}"

    @property
    def dispatched_as(self) -> str:
        """What the receipt book calls it: its name, and the beginning of what was signed."""
        return f"{self.called} ({self.content_hash[:12]})"


TAKEN: Final[Mapping[str, pl.DataType]] = {
    "package_id": pl.Int64(),
    "step": TEXT,
    "person": TEXT,
    "at": _MOMENT,
    "note": TEXT,
}
_CALLED: Final = {"as_of": "as_of_date", "prepared_by": "preparer"}
HEADS: Final = sa.select(
    *(RETURN_PACKAGE.c[_CALLED.get(name, name)].label(name) for name in HEAD_COLUMNS)
).order_by(RETURN_PACKAGE.c.package_id)
_LARGEST: Final = 2**31 - 1
"""The largest number that both databases give."""


def within(number: int) -> int:
    """A number that both databases can compare with; none of theirs if it is too large."""
    return number if 0 < number <= _LARGEST else 0


def require(connection: Connection | None, scope: Scope, package_id: int) -> Head:
    """An edition by its number, if it lies in the scope.

    Raises:
        LedgerUseError: if there is none; not even whose report a number is, is said.
    """
    asked = HEADS.where(RETURN_PACKAGE.c.package_id == within(package_id))
    row = None if connection is None else connection.execute(asked).mappings().first()
    if row is None or (scope.branches is not None and row["unit_id"] not in scope.branches):
        raise LedgerUseError(
            f"There is no edition number {package_id}. `branchmark signoff status` shows the numbers."
        )
    return Head.of(row)


def newest_of(
    connection: Connection, return_id: str, unit: str, as_of: date, *, step: Step | None = None
) -> Head | None:
    """The newest edition, or the newest one with which a step was taken."""
    package = RETURN_PACKAGE.c
    query = HEADS.where(
        package.return_id == return_id, package.unit_id == unit, package.as_of_date == as_of
    )
    if step is not None:
        same = RETURN_STEP.c.package_id == package.package_id
        query = query.where(sa.exists().where(same, RETURN_STEP.c.step == step.value))
    last = query.order_by(None).order_by(package.edition.desc()).limit(1)
    row = connection.execute(last).mappings().first()
    return None if row is None else Head.of(row)


def steps_of(connection: Connection, package_id: int) -> list[RowMapping]:
    """The steps of an edition, the first one first; there is always one."""
    query = sa.select(RETURN_STEP).where(RETURN_STEP.c.package_id == package_id)
    return list(connection.execute(query.order_by(RETURN_STEP.c.position)).mappings())


def stood(heads: pl.LazyFrame, steps: pl.LazyFrame) -> pl.LazyFrame:
    """Editions with their steps beside them."""
    later = (Step.CHECKED, Step.APPROVED, Step.RELEASED, Step.RETURNED)
    parts = [
        pl.col(name).filter(pl.col("step") == step.value).last().alias(f"{step.value}_{called}")
        for step in later
        for name, called in (("person", "by"), ("at", "at"))
    ]
    told = steps.group_by("package_id", maintain_order=True).agg(
        pl.col("step").last().alias("state"), pl.col("note").last(), *parts
    )
    of = ("return_id", "unit_id", "as_of")
    newest = (pl.col("edition") == pl.col("edition").max().over(*of)).alias("is_newest")
    joined = heads.join(told, on="package_id", how="left").with_columns(newest)
    return joined.select(*PACKAGES).sort("package_id")
