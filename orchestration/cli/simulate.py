"""What a change of rules would do: `simulate`."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from orchestration import simulation
from orchestration.bank import SYSTEM, Bank
from orchestration.cli import accounts
from orchestration.cli.options import FormatOption, MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, exact, show
from orchestration.months import MonthAtWork
from transforms.errors import BranchmarkError, UnknownNameError


def simulate(
    with_: Annotated[
        list[Path],
        typer.Option(
            "--with",
            help="A reference table or list (CSV, named after the table it replaces) or "
            "definitions (YAML).",
        ),
    ],
    as_of: MonthOption = "latest",
    branch: Annotated[str | None, typer.Option("--branch", help="One branch; default all.")] = None,
    metric: Annotated[str | None, typer.Option("--metric", help="One metric; default all.")] = None,
    bases_as_published: Annotated[
        bool,
        typer.Option(
            "--bases-as-published",
            help="Compare with months as published, instead of computing them under the rules too.",
        ),
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What would change by branch and metric under other rules or lists; nothing is stored."""
    bank = Bank.at(root_of(workspace))
    changed = simulation.read(with_)
    month = MonthAtWork.newest(bank, month_of(as_of))
    with console(error=True).status("computing") as status:
        rows = simulation.changes(
            bank,
            month,
            changed,
            bases_as_published=bases_as_published,
            progress=lambda told: status.update(f"computing {told}"),
        )
    if branch is not None:
        rows = rows.filter(pl.col("branch_id") == branch)
    if metric is not None:
        known = bank.under(
            reference=changed.reference, catalogue=changed.catalogue
        ).catalogue.metrics
        if metric not in known:
            raise UnknownNameError(
                "metric", metric, tuple(known), way_out="`branchmark catalogue` lists all."
            )
        rows = rows.filter(pl.col("metric_id") == metric)
    if branch is not None and rows.is_empty() and not _is_branch(month, branch):
        raise BranchmarkError(
            f"No branch {branch} in {month.as_of}. `branchmark kpis` lists the branches."
        )
    told = [_row(row) for row in rows.to_dicts()]
    show(
        told,
        output,
        title=f"{month.as_of} under {', '.join(path.name for path in with_)}: "
        f"{rows.height:,} figures would change",
        columns=("metric", "reading", "branch", "before", "after", "change", "status", "reason"),
        right=("before", "after", "change"),
    )
    if output is Format.TABLE:
        bases = "as published" if bases_as_published else "computed under the changed rules too"
        console().print(f"Nothing was stored. The months compared with are {bases}.")
        if month.as_of in bank.published.newest_versions():
            accounts.tell(bank, SYSTEM, month.as_of, branch=branch)


def _is_branch(month: MonthAtWork, branch: str) -> bool:
    from orchestration import months  # noqa: PLC0415 - only where the answer is in doubt

    return branch in months.tree(month).nodes["node_id"]


def _row(row: dict[str, object]) -> dict[str, object]:
    before, after = str(row["status"] or "–"), str(row["status_after"] or "–")
    return {
        "metric": row["metric_id"],
        "reading": row["reading"],
        "branch": row["branch_id"],
        "before": exact(row["value"]),  # type: ignore[arg-type]
        "after": exact(row["value_after"]),  # type: ignore[arg-type]
        "change": exact(row["change"]),  # type: ignore[arg-type]
        "numerator_before": exact(row["numerator"]),  # type: ignore[arg-type]
        "numerator_after": exact(row["numerator_after"]),  # type: ignore[arg-type]
        "denominator_before": exact(row["denominator"]),  # type: ignore[arg-type]
        "denominator_after": exact(row["denominator_after"]),  # type: ignore[arg-type]
        "unit": row["unit"] or row["unit_after"],
        "status_before": row["status"],
        "status_after": row["status_after"],
        "status": before if before == after else f"{before} → {after}",
        "reason": row["reason_after"] or row["reason"],
    }
