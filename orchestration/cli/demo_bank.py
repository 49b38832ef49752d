"""The demo bank: generated, delivered like any bank's files, built, and its scorecard printed."""

from collections.abc import Mapping
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orchestration import intake
from orchestration.bank import Bank
from orchestration.cli.build import run as build_with_progress
from orchestration.cli.output import console
from transforms.sample.bank import BankSpec, demo_bank


def deliver(root: Path, spec: BankSpec) -> Mapping[str, str]:
    """Generate the bank's files month by month into the inbox, and deliver them.

    Returns:
        The stories a reader can find, by branch.
    """
    bank = Bank.at(root)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(error=True),
    ) as progress:
        task = progress.add_task("drawing the bank", total=spec.months)
        drawn = demo_bank(spec)
        for as_of in drawn.month_ends:
            progress.update(task, description=f"delivering {as_of}")
            folder = bank.workspace.root / "inbox" / as_of.isoformat()
            folder.mkdir(parents=True, exist_ok=True)
            files = []
            for name, rows in drawn.month(as_of).items():
                path = folder / f"{name}.parquet"
                rows.write_parquet(path)
                files.append(path)
            intake.ingest(bank, files, mapping="canonical", as_of=as_of)
            progress.advance(task)
    return drawn.stories


def publish(root: Path) -> None:
    """Build every delivered month."""
    build_with_progress(root, list(Bank.at(root).deliveries.months()))


def scorecard(root: Path, stories: Mapping[str, str]) -> None:
    """Print the head office's scorecard of the newest month."""
