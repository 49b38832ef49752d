"""Check-ins: what a branch says about a figure, as it was published in a version of a month.

A comment, what is done about it, until when and by whom, and how the owner sees it: beside the status
of the rule, never in its place. A check-in is corrected by a newer one and stays as it was written.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from records.access import Scope
from records.ledger.database import Database
from records.ledger.errors import LedgerUseError
from records.ledger.people import named, person_key, words
from records.ledger.tables import CHECK_IN
from transforms.schema import DAY, TEXT

CHECK_INS: Final[Mapping[str, pl.DataType]] = {
    "check_in_id": pl.Int64(),
    "branch_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "as_of_date": DAY,
    "snapshot_version": pl.Int64(),
    "comment": TEXT,
    "action": TEXT,
    "due_date": DAY,
    "owner": TEXT,
    "opinion": TEXT,
    "rule_status": TEXT,
    "done": pl.Boolean(),
    "author": TEXT,
    "made_at": pl.Datetime("us", "UTC"),
    "corrects": pl.Int64(),
    "corrected_by": pl.Int64(),
}
"""Columns of `CheckIns.all`; `corrected_by` is the newer check-in, nothing for the one that stands."""

OPINIONS: Final = ("met", "near", "missed")
"""How an owner may see a figure, in the words of the rules."""


@dataclass(frozen=True, kw_only=True)
class CheckIn:
    """What somebody says about a figure.

    Attributes:
        as_of_date: the month end of the figure.
        snapshot_version: the version in which it was published.
        comment: why the figure is what it is.
        action: what is done about it.
        due_date: until when.
        owner: by whom.
        opinion: how the owner sees it: met, near or missed; nothing if as the rule does.
        rule_status: the status as published, so that both stay side by side.
        done: whether the action is done.
        corrects: the check-in that this one stands in place of.
    """

    branch_id: str
    metric_id: str
    reading: str
    as_of_date: date
    snapshot_version: int
    comment: str
    action: str | None = None
    due_date: date | None = None
    owner: str | None = None
    opinion: str | None = None
    rule_status: str | None = None
    done: bool = False
    corrects: int | None = None


@dataclass(frozen=True, eq=False)
class CheckIns:
    """The check-ins of one ledger."""

    database: Database

    def all(
        self,
        scope: Scope,
        *,
        branch: str | None = None,
        metric: str | None = None,
        as_of: date | None = None,
        version: int | None = None,
        corrected: bool = False,
    ) -> pl.DataFrame:
        """Check-ins in the scope, the oldest first; columns `CHECK_INS`.

        Args:
            scope: whose branches.
            branch: of one branch only.
            metric: about one metric only.
            as_of: about figures of one month end only.
            version: of one version of it only.
            corrected: those too that a newer one stands in place of.

        Raises:
            AccessError: if the branch is outside the scope.
            LedgerError: if the ledger cannot be read.
        """
        if branch is not None:
            scope.require(branch)
        newer = CHECK_IN.alias("newer")
        own = [column for column in CHECK_IN.c if column.name != "author_key"]
        query = (
            sa.select(*own, newer.c.check_in_id.label("corrected_by"))
            .select_from(CHECK_IN.outerjoin(newer, newer.c.corrects == CHECK_IN.c.check_in_id))
            .order_by(CHECK_IN.c.check_in_id)
        )
        for column, wanted in (
            (CHECK_IN.c.branch_id, branch),
            (CHECK_IN.c.metric_id, metric),
            (CHECK_IN.c.as_of_date, as_of),
            (CHECK_IN.c.snapshot_version, version),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        if not corrected:
            query = query.where(newer.c.check_in_id.is_(None))
        with self.database.reading() as connection:
            rows = [] if connection is None else list(connection.execute(query).mappings())
        frame = pl.DataFrame([dict(row) for row in rows], schema=dict(CHECK_INS), orient="row")
        return scope.limit(frame.lazy(), "branch_id").collect()

    def add(self, scope: Scope, said: CheckIn, *, by: str, at: datetime) -> int:
        """Enter a check-in.

        Args:
            scope: whose branches; the check-in's has to lie in it.
            said: what is said.
            by: who says it.
            at: when.

        Returns:
            Its number.

        Raises:
            AccessError: if the branch is outside the scope.
            LedgerUseError: if nobody is named, nothing is said, or it corrects what cannot be corrected.
            LedgerError: if the ledger cannot be written to.
        """
        scope.require(said.branch_id)
        author = named(by)
        comment = words(said.comment)
        if comment is None:
            raise LedgerUseError("The check-in says nothing. Say it with --comment.")
        if said.opinion is not None and said.opinion not in OPINIONS:
            raise LedgerUseError(
                f"{said.opinion!r} is no opinion on a status. Choose of {', '.join(OPINIONS)}."
            )
        row = {
            **asdict(said),
            "comment": comment,
            "action": words(said.action),
            "owner": words(said.owner),
            "author": author,
            "author_key": person_key(author),
            "made_at": at,
        }
        with self.database.writing() as connection:
            if said.corrects is not None:
                _allow(scope, said, *_corrected(connection, said.corrects))
            made = connection.execute(
                sa.insert(CHECK_IN).values(row).returning(CHECK_IN.c.check_in_id)
            )
            return int(made.scalar_one())


_LARGEST: Final = 2**31 - 1
"""The largest number that both databases give."""
_ABOUT: Final = ("branch_id", "metric_id", "reading", "as_of_date", "snapshot_version")


def _corrected(
    connection: Connection, number: int
) -> tuple[Mapping[str, object] | None, int | None]:
    """The check-in of a number, and the number of the one that stands in its place already."""
    if not 0 < number <= _LARGEST:
        return None, None
    known = connection.execute(
        sa.select(CHECK_IN).where(CHECK_IN.c.check_in_id == number)
    ).mappings()
    again = connection.scalar(
        sa.select(CHECK_IN.c.check_in_id).where(CHECK_IN.c.corrects == number)
    )
    found = known.first()
    return None if found is None else dict(found), again


def _allow(
    scope: Scope, said: CheckIn, before: Mapping[str, object] | None, again: int | None
) -> None:
    """Whether a check-in may stand in place of another.

    Raises:
        LedgerUseError: if there is none of that number in the scope, it is about something else, or it
            is corrected.
    """
    hidden = scope.branches is not None and before and before["branch_id"] not in scope.branches
    if before is None or hidden:
        raise LedgerUseError(
            f"There is no check-in number {said.corrects}. `branchmark checkins list` shows the numbers."
        )
    if any(before[name] != getattr(said, name) for name in _ABOUT):
        raise LedgerUseError(
            f"Check-in {said.corrects} is about another figure: {before['branch_id']}, "
            f"{before['metric_id']}, {before['as_of_date']}, version {before['snapshot_version']}. Enter "
            "one of its own."
        )
    if again is not None:
        raise LedgerUseError(
            f"Check-in {said.corrects} was corrected already, by {again}. Correct that one."
        )
