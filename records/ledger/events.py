"""What happened outside the ledger's own tables: a month delivered or published, a report rendered.

Events are part of the chain, so that what is said to have happened cannot be changed later. Who looked at
what belongs in `access_log`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import polars as pl
import sqlalchemy as sa

from records.ledger import links
from records.ledger.database import Database
from records.ledger.errors import LedgerUseError
from records.ledger.people import named, words
from records.ledger.report_tables import AUDIT_EVENT
from transforms.schema import TEXT

EVENTS: Final[Mapping[str, pl.DataType]] = {
    "event_id": pl.Int64(),
    "who": TEXT,
    "action": TEXT,
    "subject": TEXT,
    "detail": TEXT,  # JSON
    "at": pl.Datetime("us", "UTC"),
}
"""Columns of `Events.all`."""

DELIVERED: Final = "delivered"
PUBLISHED: Final = "published"
"""What the product itself does to a month; the subject is the month end."""


@dataclass(frozen=True, eq=False)
class Events:
    """The events of one ledger."""

    database: Database

    def record(
        self, *, who: str, action: str, subject: str, detail: Mapping[str, object], at: datetime
    ) -> int:
        """Write down what happened.

        Args:
            who: the person, or the part of the product at work.
            action: what happened, in a word or two with `_` between them.
            subject: to what: a month end, an edition, a file.
            detail: more of it, as plain values; days and decimals become text.
            at: when.

        Returns:
            Its number.

        Raises:
            LedgerUseError: if it says nothing.
            LedgerError: if the ledger cannot be written to.
        """
        done, about = words(action), words(subject)
        if done is None or about is None:
            raise LedgerUseError("The event says nothing. Name what happened, and to what.")
        row = {
            "who": named(who),
            "action": done,
            "subject": about,
            "detail": json.dumps(dict(detail), ensure_ascii=False, sort_keys=True, default=str),
            "at": at,
        }
        with self.database.writing() as connection:
            made = sa.insert(AUDIT_EVENT).values(row).returning(AUDIT_EVENT.c.event_id)
            return int(connection.execute(made).scalar_one())

    def all(self) -> pl.DataFrame:
        """Every event, the oldest first; columns `EVENTS`. They are about the whole bank.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        query = sa.select(AUDIT_EVENT).order_by(AUDIT_EVENT.c.event_id)
        with self.database.reading(since=links.SINCE) as connection:
            rows = [] if connection is None else list(connection.execute(query).mappings())
        return pl.DataFrame([dict(row) for row in rows], schema=dict(EVENTS), orient="row")
