"""A report of a period brought up to date by the machine: prepared for each unit, and written as files.

Units without an edition get one; editions that are no longer what would be filled now get another, which
starts over and says what changed. What stands already stays as it is, so that the same run again changes
nothing. When this is done is said in `plan` and in Dagster's schedules; what is sent, in `sending`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl
from filelock import FileLock, Timeout

from dashboards.summaries import formats
from dashboards.summaries.formats import SummaryKind
from orchestration.bank import SYSTEM, Bank
from orchestration.reporting import rendering
from orchestration.reporting.defined import require
from orchestration.reporting.heads import head_of
from orchestration.reporting.house import NONE, house
from orchestration.reporting.preparing import Burst, Told, prepare_many
from orchestration.reporting.settings import Planned
from records.ledger.returns import Head
from transforms.errors import BranchmarkError, WorkspaceError

FILES: Final = Path("reports") / "files"
"""Where of the workspace files of prepared editions lie, by report, period and language."""
_WAIT_SECONDS: Final = 120


@dataclass(frozen=True)
class Outcome:
    """What became of one unit's report.

    Attributes:
        unit: the unit.
        edition: its newest edition; none where there is none.
        is_new: whether this run prepared it.
        files: how many files this run wrote.
        failed: why it could not be prepared or written; empty if it was.
    """

    unit: str
    edition: int | None
    is_new: bool
    files: int
    failed: str


def bring_up_to_date(
    bank: Bank,
    planned: Planned,
    as_of: date,
    *,
    at: datetime,
    told: Told | None = None,
) -> tuple[Outcome, ...]:
    """Prepare and write what a report of a period lacks, unit by unit; one that fails costs no other.

    Args:
        bank: whose.
        planned: which report, under which name, as which files.
        as_of: the period's end.
        at: when.
        told: is called after each unit that is prepared.

    Raises:
        UnknownNameError: if there is no such return.
        NoSuchMonthError: if the month is not published.
        WorkspaceError: if another run does not finish in time.
    """
    run = _Run(bank, planned, as_of, at)
    # What is compared, prepared and written is of one moment: another run would make an edition twice.
    with alone(bank.workspace.root, wait_seconds=_WAIT_SECONDS):
        rows = house(bank, SYSTEM, return_id=planned.report, as_of=as_of)
        burst = run.prepared(rows, told)
        new = {one.head.unit_id: one.head for one in burst.prepared if one.is_new}
        held = {row["unit_id"]: head_of(row) for row in rows.to_dicts() if row["state"] != NONE}
        return tuple(
            run.outcome(unit, held.get(unit), new.get(unit), burst.failed.get(unit))
            for unit in rows["unit_id"]
        )


@dataclass(frozen=True, eq=False)
class _Run:
    bank: Bank
    planned: Planned
    as_of: date
    at: datetime

    @cached_property
    def kinds(self) -> tuple[SummaryKind, ...]:
        """As which kinds of files the report is written."""
        return self.planned.formats or rendering.kinds_of(require(self.bank, self.planned.report))

    def prepared(self, rows: pl.DataFrame, told: Told | None) -> Burst:
        """Editions for the units that lack one, or whose edition is outdated."""
        lacking = rows.filter((pl.col("state") == NONE) | pl.col("is_outdated"))["unit_id"]
        if lacking.is_empty():
            return Burst((), {})
        return prepare_many(
            self.bank,
            SYSTEM,
            self.planned.report,
            tuple(lacking),
            self.as_of,
            by=self.planned.by,
            at=self.at,
            told=told,
        )

    def outcome(
        self, unit: str, held: Head | None, new: Head | None, error: BranchmarkError | None
    ) -> Outcome:
        """What became of a unit, after the files of its newest edition are written."""
        head, count = new or held, 0
        if head is not None and error is None:
            try:
                count = self._write(head)
            except BranchmarkError as refused:
                error = refused
        edition = None if head is None else head.edition
        return Outcome(unit, edition, new is not None, count, "" if error is None else str(error))

    def _write(self, head: Head) -> int:
        """Write the files of an edition that are not there; how many."""
        stem = formats.stem_of(head.return_id, head.unit_id, head.as_of, head.edition)
        count = 0
        for language in self.planned.languages:
            folder = folder_of(self.bank, head.return_id, head.as_of) / language.value
            missing = [one for one in self.kinds if not (folder / f"{stem}.{one.value}").exists()]
            if missing:
                written = rendering.write(
                    self.bank, SYSTEM, head, missing, folder, language=language, at=self.at
                )
                count += len(written)
        return count


def folder_of(bank: Bank, return_id: str, as_of: date) -> Path:
    """Where the files of a report's prepared editions lie, in a folder for each language."""
    return bank.workspace.root / FILES / return_id / f"{as_of:%Y-%m}"


@contextmanager
def alone(root: Path, *, wait_seconds: float) -> Iterator[None]:
    """Be the only run that prepares reports; the lock goes with its process.

    Raises:
        WorkspaceError: if another does not finish in time.
    """
    try:
        with FileLock(root / ".reports.lock").acquire(timeout=wait_seconds):
            yield
    except Timeout:
        raise WorkspaceError(
            f"Another run is preparing reports of {root}. Wait for it to finish and run this again."
        ) from None


def is_held(root: Path) -> bool:
    """Whether some run is preparing reports."""
    try:
        with alone(root, wait_seconds=0):
            return False
    except WorkspaceError:
        return True
