"""What was sent to whom: each thing once, every try written down before it is made.

A try that was begun and never ended may have arrived: it stands as unknown until a person says to try again.
How things are sent belongs in `orchestration.reporting`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from records.access import Scope
from records.ledger import links
from records.ledger.database import Database
from records.ledger.errors import LedgerUseError
from records.ledger.people import words
from records.ledger.report_tables import DISPATCH, DISPATCH_ATTEMPT, DISPATCH_OUTCOME
from transforms.schema import TEXT

_MOMENT: Final = pl.Datetime("us", "UTC")

DISPATCHES: Final[Mapping[str, pl.DataType]] = {
    "dispatch_id": pl.Int64(),
    "purpose": TEXT,
    "subject": TEXT,
    "unit_id": TEXT,
    "channel": TEXT,
    "recipient": TEXT,
    "content_hash": TEXT,
    "claimed_at": _MOMENT,
    "state": TEXT,  # `DispatchState`
    "attempts": pl.Int64(),
    "detail": TEXT,  # of the newest attempt that ended
    "receipt": TEXT,
    "at": _MOMENT,  # when the newest attempt began or ended; null while there is none
}
"""Columns of `Dispatches.all`."""

Purpose = Literal["report", "alerts"]
Outcome = Literal["sent", "failed"]


class DispatchState(StrEnum):
    """How far something is on its way."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """An attempt was begun and never ended: it may have arrived."""


@dataclass(frozen=True)
class Dispatch:
    """Something that is to reach somebody once.

    Attributes:
        dispatch_id: its number.
        purpose: a report or a digest of alerts.
        subject: what: an edition with its files, a day's digest.
        unit_id: whose rows it holds; none if the whole bank's.
        channel: by which way.
        recipient: to whom.
        content_hash: of what was to be sent when it was first claimed.
        claimed_at: when that was.
        state: how far it is.
        attempts: how many tries there were.
    """

    dispatch_id: int
    purpose: str
    subject: str
    unit_id: str | None
    channel: str
    recipient: str
    content_hash: str
    claimed_at: datetime
    state: DispatchState
    attempts: int


@dataclass(frozen=True, eq=False)
class Dispatches:
    """What one ledger says was sent."""

    database: Database

    def claim(
        self,
        *,
        purpose: Purpose,
        subject: str,
        unit_id: str | None,
        channel: str,
        recipient: str,
        content_hash: str,
        at: datetime,
    ) -> Dispatch:
        """The dispatch of something to somebody by one way: the one there is, or a new one.

        Raises:
            LedgerUseError: if nothing or nobody is named.
            LedgerError: if the ledger cannot be written to.
        """
        key = {
            "purpose": words(purpose),
            "subject": words(subject),
            "channel": words(channel),
            "recipient": words(recipient),
        }
        if None in key.values():
            raise LedgerUseError(
                "The dispatch names no subject, channel or recipient. Name what is sent, by which way and "
                "to whom."
            )
        same = [DISPATCH.c[name] == value for name, value in key.items()]
        with self.database.writing() as connection:
            number = connection.scalar(sa.select(DISPATCH.c.dispatch_id).where(*same))
            if number is None:
                row = {**key, "unit_id": unit_id, "content_hash": content_hash, "claimed_at": at}
                made = sa.insert(DISPATCH).values(row).returning(DISPATCH.c.dispatch_id)
                number = connection.execute(made).scalar_one()
            return _require(connection, number)

    def begin(self, dispatch_id: int, *, at: datetime, again: bool = False) -> int:
        """Write down that a try is about to be made; if this raises, it must not be made.

        Args:
            dispatch_id: the dispatch.
            at: when.
            again: try even though an earlier try was begun and never ended.

        Returns:
            The number of the attempt, from 1.

        Raises:
            LedgerUseError: if it was sent already, or an earlier try never ended.
            LedgerError: if the ledger cannot be written to.
        """
        with self.database.writing() as connection:
            known = _require(connection, dispatch_id)
            called = f"{known.subject} to {known.recipient} by {known.channel}"
            if known.state is DispatchState.SENT:
                raise LedgerUseError(
                    f"{called} was sent already. Nothing is sent twice; prepare a new edition if something "
                    "changed."
                )
            if known.state is DispatchState.UNKNOWN and not again:
                raise LedgerUseError(
                    f"{called}: attempt {known.attempts} was begun and never ended, so that it may have "
                    "arrived. Ask the recipient, and say to send it again if it did not."
                )
            number = known.attempts + 1
            row = {"dispatch_id": dispatch_id, "number": number, "again": again, "at": at}
            connection.execute(sa.insert(DISPATCH_ATTEMPT).values(row))
            return number

    def end(
        self,
        dispatch_id: int,
        number: int,
        *,
        outcome: Outcome,
        detail: str,
        receipt: str,
        at: datetime,
    ) -> None:
        """Write down what became of a try.

        Args:
            dispatch_id: the dispatch.
            number: of the attempt.
            outcome: whether it arrived.
            detail: what was answered, in words.
            receipt: what proves it: a message's id, a file's path and hash.
            at: when.

        Raises:
            LedgerUseError: if there is no such attempt, or it has ended.
            LedgerError: if the ledger cannot be written to.
        """
        attempt, ended = DISPATCH_ATTEMPT.c, DISPATCH_OUTCOME.c
        with self.database.writing() as connection:
            begun = sa.select(attempt.attempt_id).where(
                attempt.dispatch_id == dispatch_id, attempt.number == number
            )
            over = sa.select(ended.outcome).where(
                ended.dispatch_id == dispatch_id, ended.number == number
            )
            if connection.scalar(begun) is None:
                raise LedgerUseError(
                    f"Dispatch {dispatch_id} has no attempt {number}. Begin it before it is made."
                )
            if (known := connection.scalar(over)) is not None:
                raise LedgerUseError(
                    f"Attempt {number} of dispatch {dispatch_id} has ended already ({known}). Begin "
                    "another one."
                )
            row = {
                "dispatch_id": dispatch_id,
                "number": number,
                "outcome": outcome,
                "detail": words(detail),
                "receipt": words(receipt),
                "at": at,
            }
            connection.execute(sa.insert(DISPATCH_OUTCOME).values(row))

    def all(self, scope: Scope) -> pl.DataFrame:
        """What was to be sent of units in the scope, the oldest first; columns `DISPATCHES`.

        What holds the whole bank's rows is seen by who sees the whole bank.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        with self.database.reading(since=links.SINCE) as connection:
            if connection is None:
                return pl.DataFrame(schema=dict(DISPATCHES))
            rows = [_told(row) for row in connection.execute(_ALL).mappings()]
        frame = pl.DataFrame(rows, schema=dict(DISPATCHES), orient="row")
        return scope.limit(frame.lazy(), "unit_id").collect()


def _require(connection: Connection, number: int) -> Dispatch:
    row = connection.execute(_ALL.where(DISPATCH.c.dispatch_id == number)).mappings().first()
    if row is None:
        raise LedgerUseError(f"There is no dispatch number {number}. Claim it first.")
    told = _told(row)
    kept = {name: told[name] for name in Dispatch.__dataclass_fields__}
    return Dispatch(**kept | {"state": DispatchState(str(told["state"]))})  # type: ignore[arg-type]


def _told(row: RowMapping) -> dict[str, object]:
    """A row of `_ALL` with the state in a word."""
    if row["sent"]:
        state = DispatchState.SENT
    elif not row["attempts"]:
        state = DispatchState.WAITING
    else:
        state = DispatchState.FAILED if row["outcome"] else DispatchState.UNKNOWN
    moment = row["ended_at"] or row["begun_at"]
    return {
        **{name: row[name] for name in DISPATCHES if name in row},
        "state": state.value,
        "at": moment,
    }


def _all() -> sa.Select[*tuple[Any, ...]]:
    """Dispatches, each with its newest attempt and what became of it."""
    attempt, ended = DISPATCH_ATTEMPT.alias("attempt"), DISPATCH_OUTCOME.alias("ended")
    same = DISPATCH.c.dispatch_id
    newest = (
        sa.select(sa.func.max(DISPATCH_ATTEMPT.c.number))
        .where(DISPATCH_ATTEMPT.c.dispatch_id == same)
        .scalar_subquery()
    )
    sent = (
        sa.select(sa.func.count())
        .select_from(DISPATCH_OUTCOME)
        .where(DISPATCH_OUTCOME.c.dispatch_id == same, DISPATCH_OUTCOME.c.outcome == "sent")
        .scalar_subquery()
    )
    joined = DISPATCH.outerjoin(
        attempt, sa.and_(attempt.c.dispatch_id == same, attempt.c.number == newest)
    ).outerjoin(ended, sa.and_(ended.c.dispatch_id == same, ended.c.number == attempt.c.number))
    return (
        sa.select(
            *DISPATCH.c,
            sa.func.coalesce(attempt.c.number, 0).label("attempts"),
            attempt.c.at.label("begun_at"),
            ended.c.outcome,
            ended.c.detail,
            ended.c.receipt,
            ended.c.at.label("ended_at"),
            sent.label("sent"),
        )
        .select_from(joined)
        .order_by(same)
    )


_ALL: Final = _all()
