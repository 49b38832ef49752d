"""Turns at building a month: nobody else builds it meanwhile, and months it is compared with come first.

The locks are in `records.locks`; when a run takes its turn, in `defs.resources`.
"""

import time
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from typing import Final

from orchestration import interrupts
from orchestration.bank import Bank
from orchestration.months import MonthAtWork
from records.locks import Turn, held, is_busy, month_lock
from transforms.errors import BranchmarkError, WorkspaceError

BACKFILL: Final = "branchmark/backfill"
"""The tag of a run that builds a month as one of several, with the name of the run that builds them all."""
BEFORE: Final = "branchmark/after-months"
"""The tag of such a run with the months that have to be published before it."""
_PATIENCE: Final = 60
"""Seconds that a run waits for a delivery to be taken."""
_A_MOMENT: Final = 1
"""Seconds that a month is waited for: whoever only looks whether it is held holds it that long at most."""
_PAUSE: Final = 0.25

_OURS: dict[tuple[Path, date], Turn] = {}
"""The months that this process builds; `turn` fills and empties it."""


class BaseMissingError(BranchmarkError):
    """A month waits for another, and that is not going to be published."""

    def __init__(self, as_of: date, base: date) -> None:
        super().__init__(
            f"{as_of.isoformat()} is compared with {base.isoformat()}, which was not published. Mend that "
            "and build again."
        )


@contextmanager
def turn(bank: Bank, as_of: date) -> Iterator[None]:
    """Be the only one who builds a month; a process that has the turn already goes on under it.

    Raises:
        WorkspaceError: if another run builds the month, or a delivery is being taken for too long.
    """
    key = (bank.workspace.root, as_of)
    if key in _OURS:
        yield
        return
    busy = (
        f"{as_of.isoformat()} is being built by another run. Wait for it to finish; this one has changed "
        "nothing."
    )
    with (
        bank.writing("build", wait_seconds=_PATIENCE, together=True),
        held(bank.locks, month_lock(as_of), busy=busy, wait_seconds=_A_MOMENT) as ours,
    ):
        _OURS[key] = ours
        try:
            yield
        finally:
            del _OURS[key]


@contextmanager
def turn_if_free(bank: Bank, as_of: date) -> Iterator[bool]:
    """The same, and where another run has the turn, say so rather than fail."""
    with ExitStack() as stack:
        try:
            stack.enter_context(turn(bank, as_of))
        except WorkspaceError:
            yield False
            return
        yield True


def is_taken(bank: Bank, as_of: date) -> bool:
    """Whether somebody seems to build the month; one who only looks may seem so too, for an instant."""
    return is_busy(bank.locks, month_lock(as_of))


def is_ours(bank: Bank, as_of: date) -> bool:
    """Whether this process still has the month's turn; one that never took it has none to lose."""
    ours = _OURS.get((bank.workspace.root, as_of))
    return ours is None or ours.is_ours()


def wait_for_bases(month: MonthAtWork, must: Collection[date]) -> None:
    """Wait while another run builds a month that this one is compared with.

    Args:
        month: the month.
        must: of these months, those that have to be published then; with others it is compared as they are.

    Raises:
        BaseMissingError: if one has to be published and is not.
    """
    delivered = month.bank.deliveries.months()
    for day in month.base_dates:
        if day not in delivered:
            continue
        while is_busy(month.bank.locks, month_lock(day)):
            interrupts.heed()
            time.sleep(_PAUSE)
        if day in must and not MonthAtWork.newest(month.bank, day).is_published:
            raise BaseMissingError(month.as_of, day)


def told(days: Collection[date]) -> str:
    """Months as a tag holds them."""
    return " ".join(day.isoformat() for day in sorted(days))


def untold(text: str) -> frozenset[date]:
    """Months that a tag holds."""
    return frozenset(date.fromisoformat(day) for day in text.split())
