"""Check-ins and signatures by command: what a branch says about its figures, and who signs them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import polars as pl
import typer

from orchestration.bank import Bank
from orchestration.cli.acting import command_scope, entry_scope
from orchestration.cli.options import FormatOption, MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, exact, print_json, show
from orchestration.cli.people import ByOption, day_of, now
from orchestration.signing import card_of
from orchestration.targets import review as targets_review
from records.ledger.check_ins import CheckIn
from records.ledger.sign_offs import signing_obstacles
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError

app = typer.Typer(no_args_is_help=True)

BranchOption = Annotated[str, typer.Option("--branch", help="The branch.")]
ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        help="Ask for what the scorecard of a profile finds missed; default all published figures.",
    ),
]
OneBranchOption = Annotated[str | None, typer.Option("--branch", help="One branch; default all.")]


@app.callback()
def checkins() -> None:
    """Check-ins: what a branch says about a figure, what it does about it, and until when."""


@app.command()
def add(
    branch: BranchOption,
    metric: Annotated[str, typer.Option("--metric", help="The metric.")],
    comment: Annotated[str, typer.Option("--comment", help="Why the figure is what it is.")],
    by: ByOption,
    reading: Annotated[str, typer.Option("--reading", help="Default: the metric's own.")] = "",
    as_of: MonthOption = "latest",
    action: Annotated[str | None, typer.Option("--action", help="What is done about it.")] = None,
    due: Annotated[str | None, typer.Option("--due", help="Until when: 2026-12-15.")] = None,
    owner: Annotated[str | None, typer.Option("--owner", help="By whom.")] = None,
    opinion: Annotated[
        str | None, typer.Option("--opinion", help="How the owner sees it: met, near or missed.")
    ] = None,
    done: Annotated[bool, typer.Option("--done", help="The action is done.")] = False,
    corrects: Annotated[
        int | None, typer.Option("--corrects", help="Number of the check-in it stands in place of.")
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Say something about a published figure; a newer check-in may correct it, nothing edits it."""
    bank = Bank.at(root_of(workspace))
    fact = _fact(bank, branch, metric, reading, as_of)
    number = bank.ledger.check_ins.add(
        entry_scope(bank),
        CheckIn(
            branch_id=branch,
            metric_id=metric,
            reading=fact["reading"],
            as_of_date=fact["as_of_date"],
            snapshot_version=fact["snapshot_version"],
            comment=comment,
            action=action,
            due_date=day_of(due, "--due"),
            owner=owner,
            opinion=opinion,
            rule_status=fact["status"],
            done=done,
            corrects=corrects,
        ),
        by=by,
        at=now(),
    )
    known = bank.ledger.check_ins.all(command_scope(bank), branch=branch)
    _show(known.filter(pl.col("check_in_id") == number), output)


@app.command("list")
def list_check_ins(
    branch: OneBranchOption = None,
    metric: Annotated[str | None, typer.Option("--metric", help="One metric.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="A month end, or `latest`; default all.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those corrected since.")] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Check-ins, the oldest first; the owner's opinion beside the status of the rule."""
    bank = Bank.at(root_of(workspace))
    day = None if as_of is None else bank.published.require(month_of(as_of))
    if metric is not None and metric not in bank.catalogue.metrics:
        raise unknown_metric(metric, bank.catalogue)
    found = bank.ledger.check_ins.all(
        command_scope(bank), branch=branch, metric=metric, as_of=day, corrected=every
    )
    if branch is not None and found.is_empty():
        targets_review.require_branch(bank, branch)
    _show(found, output)


@app.command("open")
def open_ones(
    branch: BranchOption,
    as_of: MonthOption = "latest",
    profile: ProfileOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What is still open: missed metrics about which nothing is said, and actions not done."""
    bank = Bank.at(root_of(workspace))
    day = bank.published.require(month_of(as_of))
    unsaid = _obstacles(bank, branch, day, profile)
    today = now().date()
    actions = bank.ledger.check_ins.all(command_scope(bank), branch=branch).filter(
        pl.col("action").is_not_null(), ~pl.col("done"), pl.col("as_of_date") <= day
    )
    rows: list[dict[str, object]] = [
        {
            "what": "check-in missing",
            "metric": row["metric_id"],
            "reading": row["reading"],
            "as_of_date": day.isoformat(),
            "status": row["status"],
            "value": exact(row["value"]),
            "target": exact(row["target_value"]),
            "number": None,
            "action": None,
            "due_date": None,
            "owner": None,
            "overdue": False,
        }
        for row in unsaid.to_dicts()
    ]
    rows += [
        {
            "what": "action open",
            "metric": row["metric_id"],
            "reading": row["reading"],
            "as_of_date": row["as_of_date"].isoformat(),
            "status": row["rule_status"],
            "value": None,
            "target": None,
            "number": row["check_in_id"],
            "action": row["action"],
            "due_date": row["due_date"].isoformat() if row["due_date"] else None,
            "owner": row["owner"],
            "overdue": row["due_date"] is not None and row["due_date"] < today,
        }
        for row in actions.to_dicts()
    ]
    show(
        rows,
        output,
        title=f"{branch}, {day}",
        columns=(
            *("what", "metric", "as_of_date", "status", "number", "action", "due_date", "owner"),
            "overdue",
        ),
    )


def sign(
    branch: Annotated[str, typer.Argument(metavar="BRANCH", help="Whose figures.")],
    by: ByOption,
    as_of: MonthOption = "latest",
    profile: ProfileOption = None,
    check_ins: Annotated[
        bool, typer.Option("--checkins", help="Show what was said about the figures.")
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Sign a branch's published figures; refused while a missed metric stands without a check-in."""
    bank = Bank.at(root_of(workspace))
    day = bank.published.require(month_of(as_of))
    number = bank.ledger.sign_offs.sign(
        entry_scope(bank),
        bank.published,
        bank.definitions.on(day),
        branch=branch,
        as_of=day,
        by=by,
        at=now(),
        card=card_of(bank, command_scope(bank), branch, day, profile),
    )
    every = bank.ledger.sign_offs.all(command_scope(bank), branch=branch, as_of=day)
    made = every.filter(pl.col("sign_off_id") == number).row(0, named=True)
    said = bank.ledger.check_ins.all(
        command_scope(bank), branch=branch, as_of=day, version=made["snapshot_version"]
    )
    told: dict[str, object] = {
        "branch": branch,
        "as_of_date": day.isoformat(),
        "version": made["snapshot_version"],
        "step": made["step"],
        "by": made["person"],
        "at": made["at"].isoformat(),
        "fingerprint": made["fingerprint"],
        "run": made["run_id"],
        "signed": made["note"] or "all figures",
        "check_ins": said.height,
    }
    if output is Format.JSON:
        shown = {"said": [_row(row) for row in said.to_dicts()]} if check_ins else {}
        print_json({**told, **shown})
        return
    columns = ("branch", "as_of_date", "version", "signed", "by", "at", "check_ins")
    show([told], output, columns=columns)
    if check_ins and output is Format.TABLE:
        _show(said, output)
    if output is Format.TABLE:
        console().print(f"Signed was fingerprint {made['fingerprint']}.")


def _obstacles(bank: Bank, branch: str, day: date, profile: str | None) -> pl.DataFrame:
    return signing_obstacles(
        command_scope(bank),
        bank.published,
        bank.ledger.check_ins,
        bank.definitions.on(day),
        branch=branch,
        as_of=day,
        card=card_of(bank, command_scope(bank), branch, day, profile),
    )


def _fact(bank: Bank, branch: str, metric: str, reading: str, as_of: str) -> dict[str, Any]:
    """The published figure that is spoken about.

    Raises:
        UnknownNameError: if there is no such metric, reading or branch.
    """
    day = bank.published.require(month_of(as_of))
    metrics = bank.definitions.on(day).metrics
    if metric not in metrics:
        raise unknown_metric(metric, bank.definitions.on(day))
    known = [one.name for one in metrics[metric].readings]
    wanted = reading or metrics[metric].default_reading
    if wanted not in known:
        raise UnknownNameError(
            f"reading of {metric}", wanted, known, way_out=f"It has {', '.join(known)}."
        )
    rows = (
        bank.published.facts(command_scope(bank), as_of=day)
        .filter(pl.col("metric_id") == metric, pl.col("slice") == TOTAL)
        .collect()
    )
    own = rows.filter(pl.col("branch_id") == branch, pl.col("reading") == wanted)
    if own.is_empty():
        branches = tuple(rows["branch_id"].unique().sort())
        if branch in branches:
            raise BranchmarkError(f"{metric} has no figure for {branch} on {day}.")
        raise UnknownNameError(
            "branch", branch, branches, way_out="`branchmark kpis` lists the branches."
        )
    return own.row(0, named=True)


def _row(row: Mapping[str, Any]) -> dict[str, object]:
    return {
        "number": row["check_in_id"],
        "branch": row["branch_id"],
        "metric": row["metric_id"],
        "reading": row["reading"],
        "as_of_date": row["as_of_date"].isoformat(),
        "version": row["snapshot_version"],
        "status": row["rule_status"],
        "opinion": row["opinion"],
        "comment": row["comment"],
        "action": row["action"],
        "due_date": row["due_date"].isoformat() if row["due_date"] else None,
        "owner": row["owner"],
        "done": row["done"],
        "by": row["author"],
        "at": row["made_at"].isoformat(),
        "corrects": row["corrects"],
        "corrected_by": row["corrected_by"],
    }


def _show(frame: pl.DataFrame, output: Format) -> None:
    show(
        [_row(row) for row in frame.to_dicts()],
        output,
        columns=(
            *("number", "branch", "metric", "as_of_date", "version", "status", "opinion"),
            *("comment", "action", "due_date", "owner", "done", "by"),
        ),
        right=("number", "version"),
    )
