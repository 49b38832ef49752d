"""Jobs: what is run together."""

import json
import subprocess
from pathlib import Path

import dagster as dg

from orchestration.defs.resources import BankResource
from orchestration.inbox.upkeep import own_process

month = dg.define_asset_job(
    "month",
    selection=dg.AssetSelection.all(),
    description="One month from delivered book to published figures, checks included.",
)


@dg.op
def inbox(context: dg.OpExecutionContext, bank: BankResource) -> None:
    """`branchmark inbox` in a process of its own, since it runs the job `month` itself."""
    process = subprocess.Popen(  # noqa: S603
        own_process(Path(bank.root), "--format", "json"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        out, err = process.communicate()
    finally:
        process.terminate()  # a run that is cancelled takes its process along; an ended one is gone
    rows = json.loads(out) if out.strip() else []
    said = err.strip().splitlines()
    metadata = {
        "deliveries": dg.MetadataValue.json(rows),
        **{row["file"]: f"{row['state']} {row['moved_to'] or row['why'] or ''}" for row in rows},
    }
    context.add_output_metadata(metadata)
    if process.returncode != 0:
        raise dg.Failure(
            description=said[-1] if said else "the inbox was left without a word",
            metadata=metadata,
            allow_retries=False,
        )


@dg.job(description="What lies in the inbox: delivered, built, and filed with a report.")
def take_delivery() -> None:
    """Deliver what lies in the inbox, build what it touches, file it away."""
    inbox()
