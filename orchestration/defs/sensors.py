"""The sensor that looks after the inbox: it asks for a run once a delivery is written to the end.

What lies there is told by `orchestration.inbox.arrivals`; the run is the job `take_delivery`.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import dagster as dg

from orchestration.defs.asking import is_under_way
from orchestration.defs.jobs import take_delivery
from orchestration.defs.resources import BankResource
from orchestration.inbox import arrivals
from orchestration.inbox.arrivals import Arrival, Seen
from orchestration.inbox.upkeep import alone, inbox_settings
from records.workspace import open_workspace
from transforms.errors import WorkspaceError

TAG: Final = "branchmark/inbox"
"""What a run was asked for: a hash of the deliveries' places and contents."""
_LONGEST_PAUSE: Final = 3600


@dg.sensor(
    job=take_delivery,
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Files put into the inbox, once nobody writes to them any more.",
)
def inbox_sensor(
    context: dg.SensorEvaluationContext, bank: BankResource
) -> dg.SensorResult | dg.SkipReason:
    """Ask for a run that takes what is settled, unless one is under way."""
    root = Path(bank.root)
    workspace = open_workspace(root)
    settings = inbox_settings(workspace)
    if settings.environments and workspace.environment not in settings.environments:
        return dg.SkipReason(
            f"inbox.toml has the inbox looked after in {', '.join(settings.environments)}, and this "
            f"is {workspace.environment}."
        )
    at = time.time()
    before = {
        place: Seen(state, since)
        for place, (state, since) in json.loads(context.cursor or "{}").items()
    }
    now = arrivals.look(workspace)
    ready, waiting = arrivals.settled(now, before, at, settle_seconds=settings.settle_seconds)
    kept = arrivals.remembered(now, before, at)
    cursor = json.dumps({place: [seen.state, seen.since] for place, seen in kept.items()})
    words = [f"{one.place}: {one.why.en}" for one in waiting]
    if not ready:
        said = "; ".join(words[:20]) or "The inbox is empty."
        return dg.SensorResult(skip_reason=dg.SkipReason(said), cursor=cursor)
    digest = _digest(ready)
    refusal = _not_now(context.instance, root, digest, at)
    if isinstance(refusal, str):
        return dg.SensorResult(skip_reason=dg.SkipReason(refusal), cursor=cursor)
    request = dg.RunRequest(run_key=f"{digest}-{refusal}", tags={TAG: digest})
    return dg.SensorResult(run_requests=[request], cursor=cursor)


def _digest(ready: Sequence[Arrival]) -> str:
    """The deliveries by place, size, time and contents."""
    digest = hashlib.sha256()
    for one in ready:
        digest.update(f"{one.place} {one.state}\n".encode())
        for path in one.files if one.objection is None else ():
            try:
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            except OSError:  # not to be read, or gone: the run says so
                continue
    return digest.hexdigest()


def _not_now(instance: dg.DagsterInstance, root: Path, digest: str, at: float) -> str | int:
    """Why no run is asked for just now; or how many there were for the same deliveries.

    A delivery that is still there after its run has ended (the run was killed, or the workspace could
    not take it) is asked for again, after a pause that doubles each time.
    """
    job = take_delivery.name
    if is_under_way(instance, job, at, lambda: _is_held(root)):
        return "A run is taking deliveries already."
    earlier = instance.get_run_records(dg.RunsFilter(job_name=job, tags={TAG: digest}))
    if earlier:
        last = max(record.end_time or record.update_timestamp.timestamp() for record in earlier)
        pause = min(10 * 2 ** len(earlier), _LONGEST_PAUSE)
        if at - last < pause:
            return (
                f"{len(earlier)} run(s) left the same deliveries where they are; the next is in "
                f"{pause - (at - last):.0f} seconds."
            )
    return len(earlier)


def _is_held(root: Path) -> bool:
    """Whether some process is taking deliveries."""
    try:
        with alone(root, wait_seconds=0):
            return False
    except WorkspaceError:
        return True
