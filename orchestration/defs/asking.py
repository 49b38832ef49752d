"""Whether a run that a schedule or sensor is about to ask for is under way already."""

from collections.abc import Callable, Mapping
from typing import Final

import dagster as dg

_LIFELESS: Final = 120
"""Seconds after which a run that holds no lock is taken for dead."""
_UNDER_WAY: Final = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
)


def is_under_way(
    instance: dg.DagsterInstance,
    job: str,
    at: float,
    is_held: Callable[[], bool],
    tags: Mapping[str, str] | None = None,
) -> bool:
    """Whether a run of a job is at work; one that was killed is not, whatever its record says.

    Args:
        instance: whose runs.
        job: of which job.
        at: now, in seconds.
        is_held: whether some run holds the lock that such runs work under.
        tags: only runs with these.
    """
    found = instance.get_run_records(
        dg.RunsFilter(job_name=job, statuses=list(_UNDER_WAY), tags=dict(tags or {})), limit=10
    )
    alive = any(at - record.update_timestamp.timestamp() < _LIFELESS for record in found)
    return alive or (bool(found) and is_held())
