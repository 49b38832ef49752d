"""The receipt book at work: each thing once, every try written down before it is made, and when the next is.

A try that was begun and never ended may have arrived; it is made again only where that does no harm, or a
person says so. What is kept belongs in `records.ledger.dispatches`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from filelock import FileLock, Timeout

from orchestration.bank import SYSTEM, Bank
from orchestration.reporting.sending.answers import Answer, Ended
from records.ledger.dispatches import DispatchState
from records.ledger.errors import LedgerUseError
from records.workspace import Workspace
from transforms.errors import WorkspaceError

Clock = Callable[[], datetime]
"""Gives the moment; whoever starts sending passes it in."""

FOR_GOOD: Final = "refused for good: "
"""Before what the other side said where no later try would fare better."""
FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=12)
MOST_TRIES: Final = 10
"""Pauses double from the first to the longest; after so many tries a person decides."""
_UNCLEAR: Final = "delivery_unclear"
_PATIENCE: Final = 60


@dataclass(frozen=True)
class Parcel:
    """Something that is ready to be handed over.

    Attributes:
        purpose: a report or a digest of alerts.
        subject: what it is.
        unit_id: whose rows it holds; none if the whole bank's.
        channel: by which way.
        recipient: to whom.
        content_hash: of what is in it.
        carry: hands it over; is given the moment.
    """

    purpose: Literal["report", "alerts"]
    subject: str
    unit_id: str | None
    channel: str
    recipient: str
    content_hash: str
    carry: Callable[[datetime], Answer]


@dataclass(frozen=True)
class Handed:
    """What became of something that was to be handed over.

    Attributes:
        dispatch_id: its number in the receipt book; none where it was not claimed.
        state: how it stands now.
        detail: what was said.
        tried: whether a try was made just now.
    """

    dispatch_id: int | None
    state: DispatchState
    detail: str
    tried: bool


@contextmanager
def alone(workspace: Workspace, *, wait_seconds: float = _PATIENCE) -> Iterator[None]:
    """Be the only one on this machine who sends; the lock goes with its process.

    Raises:
        WorkspaceError: if another does not finish in time.
    """
    try:
        with FileLock(workspace.root / ".sending.lock").acquire(timeout=wait_seconds):
            yield
    except Timeout:
        raise WorkspaceError(
            f"Another command is sending for {workspace.root}. Wait for it to finish and run this again."
        ) from None


def is_held(workspace: Workspace) -> bool:
    """Whether some command is sending."""
    try:
        with alone(workspace, wait_seconds=0):
            return False
    except WorkspaceError:
        return True


def hand_over(bank: Bank, parcel: Parcel, clock: Clock, *, again: bool = False) -> Handed:
    """Make one try, unless it arrived before or may have.

    Args:
        bank: whose receipt book.
        parcel: what.
        clock: gives the moment.
        again: try even though an earlier try never ended.

    Raises:
        LedgerError: if the receipt book cannot be written to; before the try, nothing was sent.
    """
    book = bank.ledger.dispatches
    claimed = book.claim(
        purpose=parcel.purpose,
        subject=parcel.subject,
        unit_id=parcel.unit_id,
        channel=parcel.channel,
        recipient=parcel.recipient,
        content_hash=parcel.content_hash,
        at=clock(),
    )
    number = claimed.dispatch_id
    try:
        attempt = book.begin(number, at=clock(), again=again)
    except LedgerUseError as error:
        return Handed(number, claimed.state, str(error), tried=False)
    answer = parcel.carry(clock())
    if answer.ended is Ended.UNCLEAR:
        bank.ledger.events.record(
            who=SYSTEM.who,
            action=_UNCLEAR,
            subject=parcel.subject,
            detail={"dispatch_id": number, "attempt": attempt, "detail": answer.detail},
            at=clock(),
        )
        return Handed(number, DispatchState.UNKNOWN, answer.detail, tried=True)
    is_sent = answer.ended is Ended.SENT
    detail = f"{FOR_GOOD}{answer.detail}" if answer.for_good else answer.detail
    book.end(
        number,
        attempt,
        outcome="sent" if is_sent else "failed",
        detail=detail,
        receipt=answer.receipt or f"sha256:{parcel.content_hash}",
        at=clock(),
    )
    state = DispatchState.SENT if is_sent else DispatchState.FAILED
    return Handed(number, state, detail, tried=True)


def next_try(row: Mapping[str, Any]) -> datetime | None:
    """When something that failed is tried again by itself; none if it is not.

    Args:
        row: of `records.ledger.dispatches.DISPATCHES`.
    """
    if row["state"] != DispatchState.FAILED.value:
        return None
    if row["attempts"] >= MOST_TRIES or str(row["detail"]).startswith(FOR_GOOD):
        return None
    pause = min(FIRST_PAUSE * 2 ** (int(row["attempts"]) - 1), LONGEST_PAUSE)
    moment: datetime = row["at"]
    return moment + pause


def entries(bank: Bank) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    """The whole receipt book by purpose, subject, channel and recipient."""
    rows = bank.ledger.dispatches.all(SYSTEM)
    return {
        (row["purpose"], row["subject"], row["channel"], row["recipient"]): row
        for row in rows.to_dicts()
    }
