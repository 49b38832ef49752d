"""One month built by a Dagster run of its own in this process, and why it failed, in words.

Which months are built is said in `build`; how several processes share them, in `backfill`. What is to be
told of a run stands in its tags, where any process finds it.
"""

import warnings
from collections.abc import Mapping
from datetime import date
from typing import Final

import dagster as dg

from orchestration import interrupts, partitions, settings
from orchestration.auditing import BY, COMMAND_LINE, NOTE
from orchestration.bank import Bank
from orchestration.outcomes import BuildFailedError
from records.workspace import Workspace

WHY: Final = "branchmark/why"
"""The tag of a failed run with the first cause."""


def month_job() -> dg.JobDefinition:
    """The job `month`, loaded for the workspace that this process works in."""
    with warnings.catch_warnings():
        # What Dagster thinks of its own parameters is for us to read, not for who publishes a month.
        warnings.simplefilter("ignore", dg.PreviewWarning)
        warnings.simplefilter("ignore", dg.BetaWarning)
        from orchestration.defs.monthly import monthly  # noqa: PLC0415 - it would warn as it is loaded

        return monthly().resolve_job_def("month")


def run_month(
    workspace: Workspace,
    home: dg.DagsterInstance,
    as_of: date,
    tags: Mapping[str, str] | None = None,
) -> str | None:
    """Build a month.

    Args:
        workspace: whose.
        home: its run history.
        as_of: the month end.
        tags: more tags for the run.

    Returns:
        What the audit log could not be told of.

    Raises:
        BuildFailedError: if the run fails.
    """
    settings.settle(workspace.root)
    with interrupts.looked_after() as asked:
        # Loaded for each month: what the last one published is this one's base.
        result = month_job().execute_in_process(
            partition_key=partitions.partition_key(as_of),
            instance=home,
            raise_on_error=False,
            tags={BY: COMMAND_LINE, **(tags or {})},
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
        # A run that is stopped once it has published has done what it was for.
        if not result.success and not (asked() and _is_published(workspace, as_of, result.run_id)):
            why = "it was interrupted" if asked() else _why(result)
            home.add_run_tags(result.run_id, {WHY: why})
            raise BuildFailedError(as_of, why)
    run = home.get_run_by_id(result.run_id)
    return run.tags.get(NOTE) if run is not None else None


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


def _is_published(workspace: Workspace, as_of: date, run_id: str) -> bool:
    """Whether readers see a run's figures."""
    current = Bank.at(workspace.root).published.current()
    return any(day == as_of and one.run_id == run_id for (day, _), one in current.items())
