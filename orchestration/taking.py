"""Taking what lies in the inbox: copied, delivered, built, and filed with a report.

A delivery is read from a copy, so that what is judged is what is kept. Until it is filed it stays in the
inbox: whoever is killed here leaves it to the next, and the same contents delivered twice count once.
What lies in the inbox is told by `orchestration.inbox.arrivals`, where it goes by
`orchestration.inbox.filing`.
"""

import shutil
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from orchestration import intake
from orchestration.auditing import INBOX
from orchestration.bank import Bank
from orchestration.build import build
from orchestration.inbox import arrivals, file_names, filing
from orchestration.inbox import reports as inbox_reports
from orchestration.inbox.arrivals import Arrival, Seen, Waiting
from orchestration.inbox.copies import Copied, copied_to
from orchestration.inbox.reports import DeliveryReport, MonthReport, Publication, State
from orchestration.inbox.upkeep import alone, inbox_settings
from orchestration.outcomes import Built
from orchestration.receipts import Receipt
from transforms.catalogue.model import Label
from transforms.errors import (
    BranchmarkError,
    CatalogueError,
    MappingError,
    ReferenceTableError,
    WorkspaceError,
)

Progress = Callable[[str], None]
"""Told what is being done, in a few words."""

BETWEEN_LOOKS: Final = 0.5
"""Seconds from one look to the next of a command that waits for files to settle."""
_PATIENCE: Final = 600
"""Seconds to wait for another who takes from the inbox, or who builds."""
_FIRST: Final = ("fx_rate", "branch", "borrower")
"""Files called so are taken before others: loans are judged by what they hold."""
_NOT_THE_FILE: Final = (WorkspaceError, CatalogueError, ReferenceTableError)
"""Errors of the workspace: the delivery is not at fault, and stays where it is."""


@dataclass(frozen=True)
class Outcome:
    """What became of something in the inbox.

    Attributes:
        place: its path below the inbox.
        state: delivered, unchanged, refused or waiting.
        report: the account of what left the inbox; none for what waits.
        moved_to: where it went, below the workspace.
        why: why it waits, was refused, or is not published.
        failed: whether somebody has to do something.
    """

    place: str
    state: State
    report: DeliveryReport | None
    moved_to: str | None
    why: str | None
    failed: bool


@dataclass(frozen=True, eq=False)
class _Judged:
    """A delivery that intake took, or refused with words."""

    copied: Copied
    receipt: Receipt | None
    refusal: Label | None


def take(
    root: Path, *, settle_seconds: float | None = None, progress: Progress = lambda _: None
) -> list[Outcome]:
    """Take every settled delivery, build what they touch, and file them; the rest waits.

    Files that are only too young are waited for, as long as the settle time; what is still being
    written after that waits for another call.

    Args:
        root: the workspace's folder.
        settle_seconds: how long a file must have been left alone; the workspace's setting if None.
        progress: is told each step.

    Raises:
        WorkspaceError: if there is no workspace, or another is taking deliveries for too long.
    """
    bank = Bank.at(root)
    settle = inbox_settings(bank.workspace).settle_seconds
    settle = settle if settle_seconds is None else settle_seconds
    with alone(root, wait_seconds=_PATIENCE):
        staging = root / ".taking"
        # Only who is alone works here: what lies there was left by one who was killed.
        shutil.rmtree(staging, ignore_errors=True)
        ready, waiting = _settled(bank, settle, progress)
        try:
            outcomes = _taken(bank, sorted(ready, key=_turn), staging, progress)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    waits = [
        Outcome(one.place, State.WAITING, None, None, one.why.en, failed=one.stuck)
        for one in waiting
    ]
    return [*outcomes, *waits]


def _settled(bank: Bank, settle: float, progress: Progress) -> tuple[list[Arrival], list[Waiting]]:
    """What is settled within the settle time."""
    started = time.time()
    before: dict[str, Seen] = {}
    while True:
        at = time.time()
        now = arrivals.look(bank.workspace)
        ready, waiting = arrivals.settled(now, before, at, settle_seconds=settle)
        if len(ready) == len(now.arrivals) or at - started > settle + 2 * BETWEEN_LOOKS:
            return ready, waiting
        before = arrivals.remembered(now, before, at)
        progress(f"waiting for {len(now.arrivals) - len(ready)} to settle")
        time.sleep(BETWEEN_LOOKS)


def _turn(arrival: Arrival) -> tuple[str, bool, str]:
    """Earlier months first, and within a month what loans are judged by."""
    names = [path.name.lower() for path in arrival.files]
    return arrival.month or "", not any(name.startswith(_FIRST) for name in names), arrival.place


def _taken(
    bank: Bank, ready: Sequence[Arrival], staging: Path, progress: Progress
) -> list[Outcome]:
    judged: list[_Judged] = []
    waits: list[Outcome] = []
    filed: list[Outcome] = []
    try:
        for number, arrival in enumerate(ready):
            progress(f"taking {arrival.place}")
            one = _judged(bank, arrival, staging / str(number), progress)
            if isinstance(one, _Judged):
                judged.append(one)
            else:
                waits.append(one)
    except KeyboardInterrupt:
        judged.clear()  # somebody wants an end now: it all lies in the inbox still
        raise
    finally:
        # Also where a delivery ends in an error nobody thought of: those before it are not held up.
        months = _published(bank.workspace.root, judged, progress)
        filed += (_filed(bank, one, months) for one in judged)
    return [*filed, *waits]


def _judged(bank: Bank, arrival: Arrival, staging: Path, progress: Progress) -> _Judged | Outcome:
    """The delivery as intake judged it; or an outcome if it has to wait after all."""
    try:
        copied = copied_to(staging, arrival)
        if copied.refusal is not None:
            return _Judged(copied, None, copied.refusal)
        if copied.taken != filing.identities(arrival):
            return _waits(arrival, "it changed while it was read", failed=False)
        return _delivered(bank, copied, staging, progress)
    except FileNotFoundError:
        return _waits(arrival, "it was taken away before it could be read", failed=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        return _waits(arrival, f"it could not be taken just now ({error})", failed=True)


def _waits(arrival: Arrival, why: str, *, failed: bool) -> Outcome:
    return Outcome(arrival.place, State.WAITING, None, None, why, failed=failed)


def _delivered(bank: Bank, copied: Copied, staging: Path, progress: Progress) -> _Judged | Outcome:
    """The delivery with its receipt, or with the words of its refusal."""
    arrival = copied.arrival
    try:
        return _Judged(copied, _receipt(bank, copied, progress), None)
    except _NOT_THE_FILE as error:
        return _waits(arrival, str(error), failed=True)
    except BranchmarkError as error:
        hidden = {staging: f"inbox/{arrival.place}".removesuffix(f"/{arrival.path.name}")}
        return _Judged(copied, None, inbox_reports.refusal_of(error, hidden))


def _receipt(bank: Bank, copied: Copied, progress: Progress) -> Receipt:
    """Deliver the copy, for the month that its folder says, else its contents, else its name.

    Raises:
        BranchmarkError: why it is refused.
    """
    arrival = copied.arrival
    folder = copied.copy or arrival.path
    paths = [folder / one.name for one in arrival.files] if arrival.is_folder else [folder]

    def deliver(as_of: date | None) -> Receipt:
        return intake.ingest(
            bank,
            paths,
            mapping=arrival.mapping,
            as_of=as_of,
            reason=copied.reason,
            by=INBOX,
            progress=progress,
        )

    if arrival.month is not None:
        return deliver(file_names.month_of_folder(arrival.month))
    named = {file_names.month_in(one.name) for one in (*arrival.files, arrival.path)} - {None}
    if len(named) != 1:
        return deliver(None)
    try:
        return deliver(None)
    except MappingError:
        # The contents state no month, or several: the name is asked. Another fault comes up again.
        return deliver(named.pop())


def _published(
    root: Path, judged: Iterable[_Judged], progress: Progress
) -> Mapping[date, MonthReport]:
    """Build the delivered months and the published ones after them; what became of each."""
    days = {one.receipt.as_of_date for one in judged if one.receipt is not None}
    if not days:
        return {}
    bank = Bank.at(root)
    books = set(bank.deliveries.months())
    later = {day for day in bank.published.newest_versions() if day > min(days)}
    found = {day: MonthReport(day, Publication.NO_BOOK) for day in days - books}
    wanted = sorted((days | later) & books)
    return found | _built(root, wanted, progress) if wanted else found


def _built(root: Path, months: Sequence[date], progress: Progress) -> dict[date, MonthReport]:
    found: dict[date, MonthReport] = {}

    def after(one: Built) -> None:
        found[one.as_of] = MonthReport(one.as_of, Publication(one.outcome.value), one.note)

    def before(day: date) -> None:
        progress(f"building {day}")

    why: str | None = None
    deadline = time.monotonic() + _PATIENCE
    while len(found) < len(months):
        try:
            build(root, months, before=before, after=after)
        except WorkspaceError as error:
            # Somebody else builds or delivers: that ends, and then it is this build's turn.
            if time.monotonic() < deadline:
                progress("waiting for another command that writes")
                time.sleep(BETWEEN_LOOKS)
                continue
            why = str(error)
            break
        except BranchmarkError as error:
            why = str(error)
            break
    first = next((day for day in months if day not in found), None)
    for day in months:
        if day not in found:
            told = why if day == first else f"{first} before it could not be published: {why}"
            found[day] = MonthReport(day, Publication.FAILED, told)
    return found


def _filed(bank: Bank, one: _Judged, months: Mapping[date, MonthReport]) -> Outcome:
    """Write the report and move the delivery."""
    arrival, copied, receipt = one.copied.arrival, one.copied, one.receipt
    at = datetime.now(UTC)
    root = bank.workspace.root
    if receipt is None:
        state = State.REFUSED
        place = filing.refused_place(arrival, filing.refused_folder(root), copied.digest, at)
    else:
        state = State.UNCHANGED if receipt.unchanged else State.DELIVERED
        folder = filing.archive_folder(root, receipt.as_of_date, receipt.snapshot_version)
        place = filing.archived_place(arrival, folder, copied.digest)
    report = DeliveryReport(
        place=arrival.place,
        state=state,
        mapping=arrival.mapping,
        files=copied.files,
        sha256=copied.digest,
        reason=copied.reason,
        taken_at=at,
        refusal=one.refusal,
        receipt=receipt,
        months=_touched(receipt, months),
        left_out=_left_out(arrival),
    )
    try:
        inbox_reports.write(report, place, bank.rules)
        left = filing.file_away(arrival, place, copy=copied.copy, taken=copied.taken)
    except OSError as error:
        return _waits(arrival, f"{state.value}, but it could not be filed ({error})", failed=True)
    if left and arrival.path == root / arrivals.INBOX / arrival.mapping:
        arrival.path.mkdir(exist_ok=True)  # a mapping's own folder stands on, for the next delivery
    failed = report.unpublished
    why = one.refusal.en if one.refusal else failed[0].why if failed else None
    return Outcome(
        arrival.place,
        state,
        report,
        place.relative_to(root).as_posix(),
        why,
        failed=bool(one.refusal or failed),
    )


def _touched(
    receipt: Receipt | None, months: Mapping[date, MonthReport]
) -> tuple[MonthReport, ...]:
    """The delivery's own month, and the later ones that were built or could not be."""
    if receipt is None:
        return ()
    own = receipt.as_of_date
    return tuple(
        one
        for day, one in sorted(months.items())
        if day == own or (day > own and one.outcome is not Publication.UNCHANGED)
    )


def _left_out(arrival: Arrival) -> tuple[str, ...]:
    known = {arrivals.READY, *(path.name for path in arrival.reasons)}
    if not arrival.is_folder:
        return ()
    return tuple(sorted(path.name for path in arrival.beside if path.name not in known))
