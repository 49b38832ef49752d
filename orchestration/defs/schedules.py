"""When reports are made: a schedule a return, and a sensor that looks for editions that are outdated.

They are built from `reporting.toml`, and exist only where it lists the workspace's environment. A schedule
ticks once a day and asks for every period that is due and not prepared: what was missed while nothing ran is
caught up by the next tick. What a run does is said in `reports`.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

import dagster as dg
import polars as pl

from orchestration import partitions
from orchestration.bank import SYSTEM, Bank
from orchestration.defs.asking import is_under_way
from orchestration.defs.reports import job_name, job_of
from orchestration.defs.resources import BankResource
from orchestration.reporting import plan
from orchestration.reporting.defined import require
from orchestration.reporting.house import house
from orchestration.reporting.scheduled import is_held
from orchestration.reporting.settings import Planned, Reporting, reporting_settings
from transforms.returns import filling, load
from transforms.returns.model import Return

STATE: Final = "branchmark/report_state"
"""What a run of the sensor was asked for: a hash of what editions of the period rest on."""
_PARTITION: Final = "dagster/partition"
_PAUSE: Final = 3600
"""Seconds after which the sensor asks again for a run that failed."""


def reporting(root: Path) -> dg.Definitions:
    """The jobs of a workspace's reports, with schedules and the sensor where its environment is listed.

    Raises:
        WorkspaceError: if `reporting.toml` cannot be used.
        UnknownNameError: if it names a return that there is not.
    """
    bank = Bank.at(root)
    settings = reporting_settings(bank.workspace)
    jobs = [job_of(one, require(bank, one.report)) for one in settings.reports.values()]
    if not jobs or not settings.runs_in(bank.workspace.environment):
        return dg.Definitions(jobs=jobs)
    return dg.Definitions(
        jobs=jobs,
        schedules=[
            _schedule(job, one, settings)
            for job, one in zip(jobs, settings.reports.values(), strict=True)
        ],
        sensors=[_sensor(jobs)],
    )


def _schedule(
    job: dg.JobDefinition, planned: Planned, settings: Reporting
) -> dg.ScheduleDefinition:
    @dg.schedule(
        name=f"{planned.report}_when_due",
        job=job,
        cron_schedule=f"0 {settings.hour} * * *",
        execution_timezone=settings.time_zone.key,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"Looks every day which periods of {planned.report} are due and not prepared.",
    )
    def when_due(
        context: dg.ScheduleEvaluationContext, bank: BankResource
    ) -> list[dg.RunRequest] | dg.SkipReason:
        """Every due period, the oldest first, that no run is at work on."""
        opened = Bank.at(Path(bank.root))
        today = context.scheduled_execution_time.astimezone(settings.time_zone).date()
        due = plan.due_now(opened, today, report=planned.report)
        asked = [
            dg.RunRequest(
                run_key=f"{planned.report}-{key}-{attempt}",
                partition_key=key,
                tags={"branchmark/due": one.day.isoformat()},
            )
            for one in due
            if (key := partitions.partition_key(one.period))
            and (attempt := _attempt(context.instance, opened, planned.report, key)) is not None
        ]
        if asked:
            return asked
        said = "Runs for what is due are under way." if due else "Nothing is due and not prepared."
        return dg.SkipReason(said)

    return when_due


def _sensor(jobs: list[dg.JobDefinition]) -> dg.SensorDefinition:
    @dg.sensor(
        name="outdated_reports",
        jobs=jobs,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Editions whose figures, definition or adjustments changed since they were prepared.",
    )
    def outdated_reports(
        context: dg.SensorEvaluationContext, bank: BankResource
    ) -> list[dg.RunRequest] | dg.SkipReason:
        """A run for each period of which an edition may be outdated; it compares, and reopens what is."""
        opened = Bank.at(Path(bank.root))
        settings = reporting_settings(opened.workspace)
        asked = [
            dg.RunRequest(
                run_key=f"{report}-{key}-{state}-{attempt}",
                job_name=job_name(report),
                partition_key=key,
                tags={STATE: state},
            )
            for report, key, state in _touched(opened, settings)
            if not _is_settled(context.instance, report, key, state)
            and (attempt := _attempt(context.instance, opened, report, key)) is not None
        ]
        return asked or dg.SkipReason("No edition is touched by what happened since.")

    return outdated_reports


def _attempt(instance: dg.DagsterInstance, bank: Bank, report: str, key: str) -> int | None:
    """How many runs there were for a period of a report; none while one is at work.

    The count is a part of a run's key: the same tick again asks for the same run, and one after a run
    that failed asks for another.
    """
    job, tags = job_name(report), {_PARTITION: key}
    if is_under_way(instance, job, time.time(), lambda: is_held(bank.workspace.root), tags):
        return None
    return instance.get_runs_count(dg.RunsFilter(job_name=job, tags=tags))


def _is_settled(instance: dg.DagsterInstance, report: str, key: str, state: str) -> bool:
    """Whether a run looked at the period as it is now, or one that failed did so within the hour."""
    asked = dg.RunsFilter(job_name=job_name(report), tags={_PARTITION: key, STATE: state})
    records = instance.get_run_records(asked, limit=10)  # the newest first
    if any(one.dagster_run.status is dg.DagsterRunStatus.SUCCESS for one in records):
        return True
    return bool(records) and time.time() - records[0].update_timestamp.timestamp() < _PAUSE


def _touched(bank: Bank, settings: Reporting) -> Iterator[tuple[str, str, str]]:
    """Periods with an edition that something touched since: report, partition, and the state they are in."""
    for planned in settings.reports.values():
        return_ = require(bank, planned.report)
        rows = house(bank, SYSTEM, return_id=planned.report, every_period=True, look=False)
        touched = rows.filter(pl.col("is_touched"), pl.col("as_of") >= planned.since)
        for day in touched["as_of"].unique().sort():
            yield planned.report, partitions.partition_key(day), _state(bank, return_, day)


def _state(bank: Bank, return_: Return, as_of: date) -> str:
    """A hash of what may change an edition: publications, definition, adjustments, earlier releases."""
    published, ledger = bank.published.pinned(), bank.ledger
    current, versions = published.current(), published.newest_versions()
    days = sorted({day for day in (*filling.days(return_, as_of), as_of) if day in versions})
    decided = ledger.adjustments.all(SYSTEM).select(pl.max_horizontal("decided_at", "withdrawn_at"))
    released = ledger.returns.packages(SYSTEM, return_id=return_.return_id).filter(
        pl.col("as_of") < as_of
    )
    told = [
        [f"{day} {current[day, versions[day]].run_id}" for day in days],
        load.definition_hash(return_),
        str(decided.to_series().max()),
        str(released["released_at"].max()),
    ]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]
