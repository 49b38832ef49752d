"""Several months at once: lanes, each a long-lived process that builds one month after the other.

A lane is a step of the job `backfill`, which Dagster's multiprocess executor runs on this machine, or
Celery's workers on any. Every lane goes through the same months, oldest first, and builds those that no
other is at. Whose turn a month is, and that it waits for those it is compared with, is said in `turns`; each
month is a Dagster run of its own. Starting a process costs as much as a small month: hence no step a month.
"""

import multiprocessing
import threading
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from typing import Final

import dagster as dg
from dagster._core.storage.tags import PARTITION_NAME_TAG
from pydantic import Field
from sqlalchemy.exc import DBAPIError

from orchestration import leaving, partitions, rubbish, settings
from orchestration.auditing import NOTE
from orchestration.bank import Bank
from orchestration.broker import executor_settings
from orchestration.month_run import WHY, run_month
from orchestration.months import MonthAtWork
from orchestration.outcomes import BuildFailedError, Built, Outcome, Told
from orchestration.planning import Planned, plan
from orchestration.run_history import opened
from orchestration.turns import BACKFILL, BEFORE, is_taken, told, turn_if_free
from records.workspace import SETTINGS, Workspace, open_workspace
from transforms.errors import WorkspaceError

JOB: Final = "backfill"
_LOOKS: Final = 0.4
"""Seconds between two looks at what the lanes have done."""

Begins = Callable[[date], None]


class Share(dg.Config):
    """What the lanes build between them."""

    months: list[str] = Field(default_factory=list)
    """Month ends; every month that is stale if there are none."""


def by_one(
    bank: Bank,
    stale: Sequence[Planned],
    _: int,
    before: Begins,
    after: Told,
    *,
    tags: Mapping[str, str] | None = None,
) -> Iterator[Built]:
    """Build months one after the other in this process.

    Args:
        bank: whose.
        stale: which months.
        before: is told a month before it is built.
        after: is told what became of it.
        tags: more tags for their runs.

    Raises:
        BuildFailedError: if a month's run fails; months before it are published.
    """
    with opened(bank.workspace) as home:
        for one in stale:
            before(one.as_of)
            note = run_month(bank.workspace, home, one.as_of, tags)
            built = Built(one.as_of, one.version, Outcome.BUILT, note)
            after(built)
            yield built


def by_several(
    bank: Bank, stale: Sequence[Planned], lanes: int, before: Begins, after: Told
) -> Iterator[Built]:
    """Build months in several processes, of this machine or of those where workers wait.

    Raises:
        BuildFailedError: if a month's run fails; months that do not rest on it may be published.
    """
    settings.settle(bank.workspace.root)
    settings.share_cores(lanes)
    name = uuid.uuid4().hex[:12]
    share = {"months": [one.as_of.isoformat() for one in stale]}
    with opened(bank.workspace) as home:
        with warnings.catch_warnings(), _watched(home, name, stale, before, after) as done:
            # Each lane that is handed out defines Dagster's one task of Celery again.
            warnings.filterwarnings("ignore", "Task name 'execute_plan'")
            dg.execute_job(
                dg.build_reconstructable_job(
                    __name__, "job_of", reconstructable_args=(lanes,), reconstructable_kwargs={}
                ),
                instance=home,
                raise_on_error=False,
                tags={BACKFILL: name},
                run_config={
                    "ops": {lane: {"config": share} for lane in _names(lanes)},
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
            )
        missing = [one.as_of for one in stale if one.as_of not in done]
        if missing:
            failed = _runs(home, name, dg.DagsterRunStatus.FAILURE)
            first = min(failed, default=missing[0])
            raise BuildFailedError(
                first,
                failed[first].tags.get(WHY, "it was interrupted")
                if first in failed
                else "the process that was at it ended",
            )
    yield from (done[one.as_of] for one in stale)


def job_of(lanes: int) -> dg.JobDefinition:
    """The job with so many lanes, for the workspace that this process works in."""
    workspace = open_workspace(settings.workspace_root())

    @dg.job(
        name=JOB,
        executor_def=_executor(workspace, lanes),
        description="Every stale month, several at once; each becomes a run of the job `month`.",
    )
    def backfill() -> None:
        for name in _names(lanes):
            _lane.alias(name)()

    return backfill


def _names(lanes: int) -> list[str]:
    return [f"lane_{number}" for number in range(1, lanes + 1)]


@dg.op(name="lane")
def _lane(context: dg.OpExecutionContext, config: Share) -> None:
    """Build every month that no other lane is at, one after the other."""
    rubbish.look_seldom()
    root = settings.workspace_root()
    bank = Bank.at(root)
    coming = [date.fromisoformat(day) for day in config.months] or [
        one.as_of for one in plan(bank, bank.deliveries.months()) if one.is_stale
    ]
    name = context.run.tags.get(BACKFILL, context.run.run_id)
    home = context.instance
    built = []
    for as_of in coming:
        if not _is_wanted() or _runs(home, name, dg.DagsterRunStatus.FAILURE):
            break
        if as_of in _runs(home, name, dg.DagsterRunStatus.STARTED) and is_taken(bank, as_of):
            continue  # another lane is at it: known without waiting for its turn
        with turn_if_free(bank, as_of) as mine:
            if not mine or as_of in _runs(home, name, dg.DagsterRunStatus.SUCCESS):
                continue
            bases = set(MonthAtWork.newest(bank, as_of).base_dates).intersection(coming)
            run_month(bank.workspace, home, as_of, {BACKFILL: name, BEFORE: told(bases)})
            built.append(as_of.isoformat())
    context.add_output_metadata({"months": len(built), "built": ", ".join(built)})
    leaving.leave_when_done()


def _is_wanted() -> bool:
    """Whether the process that began the backfill lives; nobody waits for an orphan's months."""
    parent = multiprocessing.parent_process()
    return parent is None or parent.is_alive()


def _runs(
    home: dg.DagsterInstance, name: str, status: dg.DagsterRunStatus
) -> dict[date, dg.DagsterRun]:
    """The runs of a backfill that have come to this state, by month."""
    wanted = dg.RunsFilter(job_name="month", tags={BACKFILL: name}, statuses=[status])
    return {partitions.as_of(run.tags[PARTITION_NAME_TAG]): run for run in home.get_runs(wanted)}


@contextmanager
def _watched(
    home: dg.DagsterInstance, name: str, stale: Sequence[Planned], before: Begins, after: Told
) -> Iterator[Mapping[date, Built]]:
    """Tell what becomes of months while lanes of whatever machine build them; who is told fills up."""
    done: dict[date, Built] = {}
    over = threading.Event()

    def look() -> None:
        found = _runs(home, name, dg.DagsterRunStatus.SUCCESS)
        for one in stale:
            if one.as_of in found and one.as_of not in done:
                note = found[one.as_of].tags.get(NOTE)
                done[one.as_of] = Built(one.as_of, one.version, Outcome.BUILT, note)
                after(done[one.as_of])
        coming = next((one.as_of for one in stale if one.as_of not in done), None)
        if coming is not None:
            before(coming)

    def watch() -> None:
        while not over.wait(_LOOKS):
            with suppress(DBAPIError):  # the last look is the caller's, who then says what is wrong
                look()

    watching = threading.Thread(target=watch, daemon=True)
    watching.start()
    try:
        yield done
    finally:
        over.set()
        watching.join()
        look()


def _executor(workspace: Workspace, lanes: int) -> dg.ExecutorDefinition:
    broker = workspace.orchestration.broker
    if broker is None:
        # Spawned and not forked: Polars, Arrow and DuckDB have threads as soon as they are loaded.
        return dg.multiprocess_executor.configured(
            {"max_concurrent": lanes, "start_method": {"spawn": {}}}
        )
    try:
        from dagster_celery import celery_executor  # noqa: PLC0415 - an extra
    except ModuleNotFoundError:
        raise WorkspaceError(
            f"{SETTINGS} names a broker, and Celery is not installed. Install branchmark[celery], or take "
            "the broker out."
        ) from None
    return celery_executor.configured(executor_settings(broker))
