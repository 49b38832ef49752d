"""Reports as Dagster jobs: one a return, partitioned by its periods, one run for all of its units.

What a run does is said in `orchestration.reporting.scheduled`; when it is asked for, in `schedules`.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import dagster as dg

from orchestration import partitions
from orchestration.bank import Bank
from orchestration.defs.resources import BankResource
from orchestration.reporting.scheduled import Outcome, bring_up_to_date
from orchestration.reporting.settings import Planned
from transforms.errors import NoSuchMonthError, listed
from transforms.returns.model import Frequency, Return

RETRIES: Final = dg.RetryPolicy(
    max_retries=3, delay=30, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS
)
"""After about 30, 90 and 210 seconds: a ledger that is busy, or a file that is being put back, is there by
then. What still fails is asked for again the next day."""
_NAMED: Final = 3
_STEPS: Final = 20


def job_name(report: str) -> str:
    """What the job of a return is called."""
    return f"report_{report}"


def job_of(
    planned: Planned, return_: Return, *, retries: dg.RetryPolicy = RETRIES
) -> dg.JobDefinition:
    """The job that brings a period of a return up to date."""
    quarterly = return_.frequency is Frequency.QUARTERLY

    @dg.op(
        name=f"prepare_{planned.report}",
        retry_policy=retries,
        description=f"{return_.purpose.en} Prepared for each unit by {planned.by!r}, and written.",
    )
    def prepare(context: dg.OpExecutionContext, bank: BankResource) -> None:
        """Every unit that lacks an edition, or whose edition is outdated."""
        as_of = partitions.as_of(context.partition_key)
        try:
            outcomes = bring_up_to_date(
                Bank.at(Path(bank.root)), planned, as_of, at=datetime.now(UTC), told=_told(context)
            )
        except NoSuchMonthError as error:  # waiting brings no book
            raise dg.Failure(str(error), allow_retries=False) from None
        metadata = _metadata(outcomes)
        failed = [one for one in outcomes if one.failed]
        if failed:
            why = listed([f"{one.unit} ({one.failed.rstrip('.')})" for one in failed], _NAMED)
            raise dg.Failure(
                f"{len(failed)} of {len(outcomes)} reports could not be made: {why}. The others stand.",
                metadata=metadata,
            )
        context.add_output_metadata(metadata)

    @dg.job(
        name=job_name(planned.report),
        partitions_def=partitions.QUARTERS if quarterly else partitions.MONTHS,
        description=f"{return_.label.en}: prepared for every unit of a period, and written as files.",
    )
    def report() -> None:
        """One step, since all units are filled from one reading."""
        prepare()

    return report


def _told(context: dg.OpExecutionContext) -> Callable[[str, int, int], None]:
    """The log of the run says how far it is, some twenty times however many units there are."""

    def told(unit: str, done: int, of: int) -> None:
        if done == of or done % max(1, of // _STEPS) == 0:
            context.log.info("%s of %s units are done; the last was %s.", done, of, unit)

    return told


def _metadata(outcomes: Sequence[Outcome]) -> dict[str, dg.MetadataValue]:
    """What became of each unit, for the page of the run."""
    return {
        "units": dg.MetadataValue.int(len(outcomes)),
        "new editions": dg.MetadataValue.int(sum(one.is_new for one in outcomes)),
        "files": dg.MetadataValue.int(sum(one.files for one in outcomes)),
        "failed": dg.MetadataValue.int(sum(bool(one.failed) for one in outcomes)),
        "outcomes": dg.MetadataValue.table(
            [
                dg.TableRecord(
                    {
                        "unit": one.unit,
                        "edition": one.edition or 0,
                        "new": one.is_new,
                        "files": one.files,
                        "failed": one.failed,
                    }
                )
                for one in outcomes
            ],
            schema=dg.TableSchema(
                [
                    dg.TableColumn("unit", "string"),
                    dg.TableColumn("edition", "int"),
                    dg.TableColumn("new", "bool"),
                    dg.TableColumn("files", "int"),
                    dg.TableColumn("failed", "string"),
                ]
            ),
        ),
    }
