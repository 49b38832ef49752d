"""Building months: which are stale, and who builds them, this process or several.

What a run does is said in `defs`, how one is begun in `month_run`, how several are at work at once in
`backfill`. A month whose inputs have not changed is skipped by its fingerprint, without as much as loading
Dagster; a month that fails stays as it was published before.
"""

import os
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Final

from orchestration import spark
from orchestration.bank import Bank
from orchestration.outcomes import Built, Outcome, Told
from orchestration.planning import Planned, plan
from orchestration.spark import EngineName
from records.locks import BUILDING, held
from transforms.schema import LOAN_SNAPSHOT

_WORTH_PROCESSES: Final = 4
"""So many months make up for the seconds that processes need to start."""
_LOANS_AT_ONCE: Final = 4_000_000
"""So many loans are held in memory at once without asking whether there is enough of it."""
_PATIENCE: Final = 5


def build(
    root: Path,
    months: Sequence[date] | None,
    *,
    force: bool = False,
    processes: int | None = None,
    engine: EngineName = EngineName.POLARS,
    before: Callable[[date], None] = lambda _: None,
    after: Told = lambda _: None,
) -> list[Built]:
    """Build months, each after those that it is compared with.

    Args:
        root: the workspace's folder.
        months: month ends; every delivered month if not given.
        force: build a month even if its inputs have not changed.
        processes: how many months at once; as the workspace says, or else one a core, if not given.
        engine: what runs over the loans; Spark takes one month after the other, each on all its workers.
        before: is told a month before it is built, as far as that is known.
        after: is told what became of it.

    Raises:
        NoSuchMonthError: if a month was not delivered.
        SparkError: if Spark is asked for and cannot be used.
        WorkspaceError: if another command is building, or takes a delivery.
        BuildFailedError: if a month's run fails; months that do not rest on it may be published.
    """
    bank = Bank.at(root)
    busy = f"Cannot build: another command is writing to {root}. Wait for it to finish and run this again."
    with (
        held(bank.locks, BUILDING, busy=busy, wait_seconds=_PATIENCE),
        bank.writing("build", wait_seconds=_PATIENCE, together=True),
    ):
        coming = plan(bank, months if months is not None else bank.deliveries.months(), force=force)
        stale = [one for one in coming if one.is_stale]
        at_once = min(processes or _at_once(bank, stale), len(stale))
        done = {
            one.as_of: Built(one.as_of, one.version, Outcome.UNCHANGED)
            for one in coming
            if not one.is_stale
        }
        for one in done.values():
            after(one)
        if stale:
            from orchestration import backfill  # noqa: PLC0415 - Dagster takes a second to import

            together = bank.workspace.orchestration.broker is not None and len(stale) > 1
            if engine is EngineName.SPARK:
                tags = {spark.ENGINE: engine.value}
                with spark.session(bank.workspace):
                    built = list(backfill.by_one(bank, stale, 1, before, after, tags=tags))
            else:
                go = backfill.by_several if at_once > 1 or together else backfill.by_one
                built = list(go(bank, stale, at_once, before, after))
            done |= {one.as_of: one for one in built}
        return [done[one.as_of] for one in coming]


def _at_once(bank: Bank, stale: Sequence[Planned]) -> int:
    """How many months at once, if nobody says: few months and large books are built one by one."""
    said = bank.workspace.orchestration.processes
    if said is not None:
        return said
    if len(stale) < _WORTH_PROCESSES:
        return 1
    books = (bank.deliveries.chosen(one.as_of, one.version) for one in stale)
    largest = max(book[LOAN_SNAPSHOT.name].accepted_rows for book in books)
    return max(1, min(os.cpu_count() or 1, _LOANS_AT_ONCE // max(1, largest)))
