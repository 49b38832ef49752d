"""Building months: which are stale, and one Dagster run for each of them, in process.

What a run does is said in `defs`. A month whose inputs have not changed is skipped by its fingerprint;
a month that fails stays as it was published before.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

import dagster as dg

from orchestration import partitions, settings, trust
from orchestration.auditing import BY, COMMAND_LINE, UNTOLD
from orchestration.bank import Bank
from orchestration.months import MonthAtWork
from orchestration.run_history import instance
from records.workspace import Workspace
from transforms.errors import BranchmarkError


class Outcome(StrEnum):
    """What became of a month."""

    BUILT = "built"
    UNCHANGED = "unchanged"


class BuildFailedError(BranchmarkError):
    """A month could not be built; what was published before is untouched."""

    def __init__(self, as_of: date, why: str) -> None:
        super().__init__(
            f"{as_of.isoformat()} was not published: {why.rstrip('.')}. What was published before is "
            "unchanged; `branchmark dagster` shows the run."
        )


@dataclass(frozen=True)
class Built:
    """One month and what became of it; a note where the audit log could not be written."""

    as_of: date
    version: int
    outcome: Outcome
    note: str | None = None


Told = Callable[[Built], None]


def build(
    root: Path,
    months: Sequence[date] | None,
    *,
    force: bool = False,
    before: Callable[[date], None] = lambda _: None,
    after: Told = lambda _: None,
) -> list[Built]:
    """Build months, oldest first, since later ones are compared with earlier ones.

    Args:
        root: the workspace's folder.
        months: month ends; every delivered month if not given.
        force: build a month even if its inputs have not changed.
        before: is told a month before it is built.
        after: is told what became of it.

    Raises:
        NoSuchMonthError: if a month was not delivered.
        BuildFailedError: if a month's run fails; months before it are published.
    """
    bank = Bank.at(root)
    with bank.workspace.writing("build", wait_seconds=5):
        wanted = months if months is not None else bank.deliveries.months()
        coming = [MonthAtWork.newest(bank, as_of) for as_of in sorted(wanted)]
        stale = [month for month in coming if force or not month.is_published]
        done = []
        with trust.measured_ahead(stale):
            for as_of in sorted(wanted):
                # A bank is opened anew for each month: what the last one published is this one's base.
                month = MonthAtWork.newest(Bank.at(root), as_of)
                outcome, note = Outcome.UNCHANGED, None
                if force or not month.is_published:
                    before(as_of)
                    note = _run(bank.workspace, as_of)
                    outcome = Outcome.BUILT
                done.append(Built(as_of, month.version, outcome, note))
                after(done[-1])
    return done


def _run(workspace: Workspace, as_of: date) -> str | None:
    settings.settle(workspace.root)
    with warnings.catch_warnings():
        # What Dagster thinks of its own parameters is for us to read, not for who publishes a month.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        warnings.simplefilter("ignore", dg.BetaWarning)
        from orchestration.definitions import without_reports  # noqa: PLC0415 - resources ask for the workspace

        job = without_reports().resolve_job_def("month")
    with instance(workspace) as home:
        result = job.execute_in_process(
            partition_key=partitions.partition_key(as_of),
            instance=home,
            raise_on_error=False,
            tags={BY: COMMAND_LINE},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    if not result.success:
        raise BuildFailedError(as_of, _why(result))
    return _untold(result)


def _untold(result: dg.ExecuteInProcessResult) -> str | None:
    """What the audit log could not be told of."""
    for event in result.get_asset_materialization_events():
        metadata = event.materialization.metadata
        if UNTOLD in metadata:
            return str(metadata[UNTOLD].value)
    return None


def _why(result: dg.ExecuteInProcessResult) -> str:
    """The first cause, in words: a broken critical rule, or the error of the step that failed."""
    for evaluation in result.get_asset_check_evaluations():
        if not evaluation.passed and evaluation.severity is dg.AssetCheckSeverity.ERROR:
            if "why" in evaluation.metadata:
                return str(evaluation.metadata["why"].value)
            rule_id, _, table = evaluation.check_name.partition("__")
            return f"table {table} breaks the critical rule {rule_id}"
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            cause = error.cause or error
            if "Interrupted" in (cause.cls_name or ""):
                return "it was interrupted"
            said = cause.message.strip().splitlines()[0]
            return f"step {event.step_key} failed: {said.partition(': ')[2] or said}"
    return "the run failed without a word"
