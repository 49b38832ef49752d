"""Released reports sent to whom they are for: what is due, each try, and how everything stands.

Only released editions go out, each thing once. Alerts are told by `orchestration.reporting.alerting`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from orchestration.bank import Bank
from orchestration.reporting.delivery_settings import FOLDER, WEBHOOK, Delivery
from orchestration.reporting.sending import book
from orchestration.reporting.sending.book import Clock, Handed
from orchestration.reporting.sending.changed import Changes
from orchestration.reporting.sending.composing import parcel
from orchestration.reporting.sending.ways import Way, plan
from records.ledger.dispatches import DispatchState
from records.ledger.errors import LedgerUseError

REPORT: Final = "report"


@dataclass(frozen=True)
class Line:
    """One report on its way to one recipient, and how it stands.

    Attributes:
        dispatch_id: its number in the receipt book; none while nothing was tried.
        report: which return.
        unit: of which unit.
        as_of: of which period.
        edition: which edition.
        channel: by which way.
        recipient: to whom.
        state: how far it is.
        attempts: how many tries there were.
        at: when the newest of them was made or ended.
        next_try: when it is tried again by itself; none if it is not.
        detail: what was said.
        tried: whether a try was made just now.
    """

    dispatch_id: int | None
    report: str
    unit: str
    as_of: date
    edition: int
    channel: str
    recipient: str
    state: DispatchState
    attempts: int
    at: datetime | None
    next_try: datetime | None
    detail: str
    tried: bool = False


def standing(bank: Bank, delivery: Delivery) -> tuple[Line, ...]:
    """Everything that rules give, and how it stands; nothing is sent."""
    known = book.entries(bank)
    return tuple(_line(way, _entry(known, way)) for way in plan(bank, delivery).ways)


def is_due(bank: Bank, delivery: Delivery, at: datetime) -> tuple[str, ...]:
    """What would be tried now, each with the number of tries so far: a name for this very piece of work."""
    known = book.entries(bank)
    return tuple(
        f"{way.subject} {way.channel} {way.recipient} {_tries(_entry(known, way))}"
        for way in plan(bank, delivery).ways
        if _wants(delivery, way, _entry(known, way), at) is not None
    )


def send_due(
    bank: Bank,
    delivery: Delivery,
    *,
    clock: Clock,
    retries_alone: bool = False,
) -> tuple[Line, ...]:
    """Send what is due: what was never tried, and what failed and whose pause is over.

    Args:
        bank: whose.
        delivery: its rules.
        clock: gives the moment.
        retries_alone: leave out what was never tried.

    Returns:
        Everything that was tried, and how it stands now.

    Raises:
        WorkspaceError: if another command is sending.
        LedgerError: if the receipt book cannot be written to.
    """
    changes = Changes(bank)
    with book.alone(bank.workspace):
        known = book.entries(bank)
        handed: list[tuple[Way, Handed]] = []
        for way in plan(bank, delivery).ways:
            entry = _entry(known, way)
            again = _wants(delivery, way, entry, clock())
            if again is None or (retries_alone and not _tries(entry)):
                continue
            made = parcel(bank, delivery, way, changes)
            handed.append((way, book.hand_over(bank, made, clock, again=again)))
        known = book.entries(bank)
    return tuple(_line(way, _entry(known, way), told) for way, told in handed)


def send_again(bank: Bank, delivery: Delivery, number: int, *, clock: Clock) -> Line | None:
    """Try one entry of the receipt book once more, because a person says so.

    Returns:
        How it stands now; none if no rule gives it any more.

    Raises:
        LedgerUseError: if it was sent.
        WorkspaceError: if another command is sending.
    """
    with book.alone(bank.workspace):
        known = book.entries(bank)
        for way in plan(bank, delivery).ways:
            entry = _entry(known, way)
            if entry is None or entry["dispatch_id"] != number:
                continue
            told = book.hand_over(
                bank, parcel(bank, delivery, way, Changes(bank)), clock, again=True
            )
            if not told.tried:
                raise LedgerUseError(told.detail)
            return _line(way, _entry(book.entries(bank), way), told)
    return None


def _wants(delivery: Delivery, way: Way, entry: dict[str, Any] | None, at: datetime) -> bool | None:
    """Whether a try is due, none if not: true where it is made although an earlier one never ended."""
    if entry is None or entry["state"] == DispatchState.WAITING.value:
        return False
    if entry["state"] == DispatchState.UNKNOWN.value:
        # The same file twice in a folder is nothing, and some receivers drop what they know.
        harmless = way.channel == FOLDER or (
            way.channel == WEBHOOK and delivery.webhooks[way.recipient].repeats
        )
        return True if harmless else None
    moment = book.next_try(entry)
    return False if moment is not None and moment <= at else None


def _entry(
    known: dict[tuple[str, str, str, str], dict[str, Any]], way: Way
) -> dict[str, Any] | None:
    return known.get((REPORT, way.subject, way.channel, way.recipient))


def _tries(entry: dict[str, Any] | None) -> int:
    return 0 if entry is None else int(entry["attempts"])


def _line(way: Way, entry: dict[str, Any] | None, told: Handed | None = None) -> Line:
    detail = "" if entry is None else entry["detail"] or ""
    state = DispatchState.WAITING if entry is None else DispatchState(entry["state"])
    return Line(
        dispatch_id=None if entry is None else entry["dispatch_id"],
        report=way.head.return_id,
        unit=way.head.unit_id,
        as_of=way.head.as_of,
        edition=way.head.edition,
        channel=way.channel,
        recipient=way.recipient,
        state=state,
        attempts=_tries(entry),
        at=None if entry is None else entry["at"],
        next_try=None if entry is None else book.next_try(entry),
        detail=detail if told is None or state is DispatchState.SENT else told.detail,
        tried=told is not None and told.tried,
    )
