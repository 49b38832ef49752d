"""The access log: who came in, saw the pages as another, unmasked a name or took a file away.

Lines are added and never changed. Whoever lets something happen writes it down first: where the log
cannot be written, it does not happen. What people enter about figures belongs in the modules beside this.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import polars as pl
import sqlalchemy as sa

from records.access import Scope
from records.ledger.database import Database
from records.ledger.errors import LedgerUseError
from records.ledger.people import named, person_key, words
from records.ledger.tables import ACCESS_LINE
from transforms.schema import TEXT

ACCESS_LOG: Final[Mapping[str, pl.DataType]] = {
    "access_id": pl.Int64(),
    "who": TEXT,
    "acting_as": TEXT,
    "action": TEXT,
    "subject": TEXT,
    "reason": TEXT,
    "at": pl.Datetime("us", "UTC"),
}
"""Columns of `AccessLog.all`."""


class Action(StrEnum):
    """What is written down."""

    SIGN_IN = "sign_in"
    REFUSED = "refused"
    """Somebody signed in whom the bank gave no role."""
    VIEW_AS = "view_as"
    END_VIEW_AS = "end_view_as"
    REVEAL = "reveal"
    """A borrower's name was shown in full."""
    EXPORT = "export"


@dataclass(frozen=True, eq=False)
class AccessLog:
    """The access log of one ledger."""

    database: Database

    def record(
        self,
        *,
        who: str,
        acting_as: str | None,
        action: Action,
        subject: str,
        reason: str,
        at: datetime,
    ) -> int:
        """Write down what is about to happen; if this raises, it must not.

        Args:
            who: the person who signed in.
            acting_as: as whom the person sees the pages, if as another.
            action: what happens.
            subject: to what: a loan, a page and its scope, a reader.
            reason: why; a reveal needs one, all others may leave it empty.
            at: when.

        Returns:
            Its number.

        Raises:
            LedgerUseError: if nobody is named, or a name is to be shown without a reason in words.
            LedgerError: if the ledger cannot be written to.
        """
        person = named(who)
        said = words(reason)
        if action is Action.REVEAL and not any(one.isalpha() for one in said or ""):
            raise LedgerUseError("A borrower's name is shown for a reason. Say it in words.")
        row = {
            "who": person,
            "who_key": person_key(person),
            "acting_as": None if acting_as is None else named(acting_as),
            "action": action.value,
            "subject": words(subject),
            "reason": said,
            "at": at,
        }
        with self.database.writing() as connection:
            made = connection.execute(
                sa.insert(ACCESS_LINE).values(row).returning(ACCESS_LINE.c.access_id)
            )
            return int(made.scalar_one())

    def ready(self) -> None:
        """Make sure that a line could be written just now, without writing one.

        Raises:
            LedgerError: if the ledger cannot be written to.
        """
        with self.database.writing():
            pass

    def all(self, scope: Scope) -> pl.DataFrame:
        """The log, the oldest line first; columns `ACCESS_LOG`.

        Who does not see the whole bank gets the own lines only: what others looked at tells of their
        branches.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        own = [column for column in ACCESS_LINE.c if column.name != "who_key"]
        query = sa.select(*own).order_by(ACCESS_LINE.c.access_id)
        if scope.branches is not None:
            query = query.where(ACCESS_LINE.c.who_key == person_key(scope.who))
        with self.database.reading() as connection:
            there = connection is not None and sa.inspect(connection).has_table(ACCESS_LINE.name)
            rows = list(connection.execute(query).mappings()) if connection and there else []
        return pl.DataFrame([dict(row) for row in rows], schema=dict(ACCESS_LOG), orient="row")
