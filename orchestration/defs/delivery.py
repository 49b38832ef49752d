"""Sending by itself: a sensor that looks for what is due, and the job that sends it.

They exist only where `reporting.toml` lists the workspace's environment. What is due, when a failed try is
made again, and that nothing goes out twice, is said in `orchestration.reporting.sending` and `alerting`.
"""

import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import dagster as dg

from orchestration.bank import Bank
from orchestration.defs.asking import is_under_way
from orchestration.defs.resources import BankResource
from orchestration.reporting.alerting import telling
from orchestration.reporting.sending import book, reports
from orchestration.reporting.settings import reporting_settings
from records.ledger.dispatches import DispatchState

DUE: Final = "branchmark/due_deliveries"
"""What a run was asked for: a hash of what was due, with the tries made so far."""
_PAUSE: Final = 60
_LONGEST_PAUSE: Final = 3600


def _now() -> datetime:
    return datetime.now(UTC)


@dg.op(description="Released reports and digests of alerts that are due, each to whom it is for.")
def send(context: dg.OpExecutionContext, bank: BankResource) -> None:
    """Send what is due; what did not arrive makes the run red, and is tried again after its pause."""
    opened = Bank.at(Path(bank.root))
    settings = reporting_settings(opened.workspace)
    lines = reports.send_due(opened, settings.delivery, clock=_now)
    rows = [(f"{x.report} {x.unit} {x.as_of}", x.recipient, x.state, x.detail) for x in lines]
    if telling.is_due(opened, settings, _now()):
        told = telling.send_digests(opened, settings, clock=_now)
        rows += [(x.subject, x.person.mail, x.handed.state, x.handed.detail) for x in told]
    metadata = {
        "sent": dg.MetadataValue.int(sum(state is DispatchState.SENT for _, _, state, _ in rows)),
        "deliveries": dg.MetadataValue.json(
            [
                {"what": what, "recipient": to, "state": state.value, "detail": detail}
                for what, to, state, detail in rows
            ]
        ),
    }
    wrong = [row for row in rows if row[2] is not DispatchState.SENT]
    if wrong:
        what, to, state, detail = wrong[0]
        raise dg.Failure(
            f"{len(wrong)} of {len(rows)} did not go out; {what} to {to} is {state.value}: {detail}",
            metadata=metadata,
            allow_retries=False,
        )
    context.add_output_metadata(metadata)


@dg.job(description="Sends released reports and digests of alerts to whom they are for.")
def deliver() -> None:
    """One step: the receipt book says what of it is left after a failure."""
    send()


def _sensor() -> dg.SensorDefinition:
    @dg.sensor(
        name="deliveries_due",
        job=deliver,
        minimum_interval_seconds=_PAUSE,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Released reports and digests that wait to be sent, or to be tried again.",
    )
    def deliveries_due(
        context: dg.SensorEvaluationContext, bank: BankResource
    ) -> dg.RunRequest | dg.SkipReason:
        """A run for what is due, unless one is at work."""
        opened = Bank.at(Path(bank.root))
        settings = reporting_settings(opened.workspace)
        at = _now()
        due = (
            *reports.is_due(opened, settings.delivery, at),
            *telling.is_due(opened, settings, at),
        )
        if not due:
            return dg.SkipReason("Nothing is due.")
        digest = hashlib.sha256("\n".join(due).encode()).hexdigest()[:16]
        moment = time.time()
        if is_under_way(
            context.instance, deliver.name, moment, lambda: book.is_held(opened.workspace)
        ):
            return dg.SkipReason("A run is sending already.")
        earlier = context.instance.get_run_records(
            dg.RunsFilter(job_name=deliver.name, tags={DUE: digest})
        )
        if earlier:
            # Whoever has no news has nothing sent, and may have news later in the day.
            last = max(one.end_time or one.update_timestamp.timestamp() for one in earlier)
            pause = min(_PAUSE * 2 ** len(earlier), _LONGEST_PAUSE)
            if moment - last < pause:
                return dg.SkipReason(
                    f"{len(earlier)} run(s) left the same as it is; the next is in "
                    f"{pause - (moment - last):.0f} seconds."
                )
        return dg.RunRequest(run_key=f"{digest}-{len(earlier)}", tags={DUE: digest})

    return deliveries_due


def delivering(root: Path) -> dg.Definitions:
    """The job that sends, with its sensor where the workspace's environment is listed.

    Raises:
        WorkspaceError: if `reporting.toml` cannot be used.
    """
    workspace = Bank.at(root).workspace
    settings = reporting_settings(workspace)
    if not settings.delivery.gives_anything:
        return dg.Definitions()
    if not settings.runs_in(workspace.environment):
        return dg.Definitions(jobs=[deliver])
    return dg.Definitions(jobs=[deliver], sensors=[_sensor()])
