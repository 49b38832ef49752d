"""Building months: `build`."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from orchestration.bank import Bank
from orchestration.build import build as build_months
from orchestration.cli.options import FormatOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, show
from orchestration.outcomes import Built
from orchestration.spark import EngineName
from records.orchestration_settings import MOST_PROCESSES
from transforms.errors import BranchmarkError, NoSuchMonthError


def build(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="One month end, or `latest`. Default: every delivered month."),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every delivered month (the default).")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also months whose inputs have not changed.")
    ] = False,
    processes: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_PROCESSES,
            help="How many months at once. Default: as branchmark.toml says, or one a core.",
        ),
    ] = None,
    engine: Annotated[
        EngineName,
        typer.Option(help="What runs over the loans: this process, or a Spark cluster."),
    ] = EngineName.POLARS,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Publish the figures of delivered months; a month whose inputs have not changed is skipped."""
    if every and as_of:
        raise BranchmarkError("--all and --as-of exclude each other. Give one of them.")
    if engine is EngineName.SPARK and processes is not None:
        raise BranchmarkError(
            "--processes and --engine spark exclude each other: a cluster takes one month after the other, "
            "each on all its workers. Give one of them."
        )
    root = root_of(workspace)
    bank = Bank.at(root)
    delivered = bank.deliveries.months()
    if not delivered:
        raise NoSuchMonthError(None, (), what="delivered")
    one = None if as_of is None else bank.deliveries.require(month_of(as_of) or delivered[-1])
    months = list(delivered) if one is None else [one]
    done = run(root, months, force=force, processes=processes, engine=engine)
    show(
        [
            {
                "as_of_date": one.as_of.isoformat(),
                "version": one.version,
                "outcome": one.outcome.value,
            }
            for one in done
        ],
        output,
    )


def run(
    root: Path,
    months: list[date],
    *,
    force: bool = False,
    processes: int | None = None,
    engine: EngineName = EngineName.POLARS,
) -> list[Built]:
    """Build months behind a progress bar on standard error."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(error=True),
    ) as progress:
        task = progress.add_task("building", total=len(months))

        def after(one: Built) -> None:
            progress.advance(task)
            if one.note is not None:
                progress.console.print(f"{one.as_of}: {one.note}", soft_wrap=True)

        return build_months(
            root,
            months,
            force=force,
            processes=processes,
            engine=engine,
            before=lambda day: progress.update(task, description=f"building {day}"),
            after=after,
        )
