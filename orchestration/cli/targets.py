"""Targets by command: proposed, submitted, approved by a second person, and how they hold together."""

from collections.abc import Collection
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer

from orchestration.bank import Bank
from orchestration.cli.acting import command_scope, entry_scope
from orchestration.cli.options import FormatOption, WorkspaceOption, root_of
from orchestration.cli.output import Format, console, exact, print_json, show
from orchestration.cli.people import ByOption, day_of, now
from orchestration.cli.target_keys import chosen, numbers_of
from orchestration.cli.target_rows import name_of, row_of, show_targets
from orchestration.month_targets import path_of
from orchestration.targets import importing as targets_import
from orchestration.targets import review as targets_review
from transforms import proposals
from transforms.cascade import TOLD, Way
from transforms.catalogue.load import unknown_metric
from transforms.errors import BranchmarkError
from transforms.periods import parse_month_end
from transforms.phasing import Phasing, parse_period
from transforms.proposals import Proposal
from transforms.target_states import KEY, State
from transforms.typed_numbers import typed_number

app = typer.Typer(no_args_is_help=True)

KeyArgument = Annotated[
    str, typer.Argument(metavar="KEY", help="BRANCH/METRIC[:READING]/PERIOD, or a number.")
]
KeysArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[KEY...]", help="BRANCH/METRIC[:READING]/PERIOD, or numbers as `list` shows them."
    ),
]
AllOption = Annotated[
    bool, typer.Option("--all", help="All that wait, as far as the other options narrow it down.")
]
BranchOption = Annotated[str | None, typer.Option("--branch", help="One branch.")]
MetricOption = Annotated[str | None, typer.Option("--metric", help="One metric.")]
PeriodOption = Annotated[str | None, typer.Option("--period", help="One period: 2026.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why.")]


@app.callback()
def targets() -> None:
    """Targets: import, set, submit, approve by a second person; list, history, cascade, phase."""


@app.command("import")
def import_targets(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="CSV or Excel.")],
    by: ByOption,
    accept_good: Annotated[
        bool, typer.Option("--accept-good", help="Enter the good rows though others are refused.")
    ] = False,
    submit: Annotated[bool, typer.Option("--submit", help="Submit them for approval too.")] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Enter the targets of files as drafts: all of them, or none (`branchmark template target`)."""
    bank = Bank.at(root_of(workspace))
    done = targets_import.import_files(
        bank, entry_scope(bank), files, by=by, at=now(), accept_good=accept_good, submit=submit
    )
    refused: list[dict[str, object]] = [
        {
            "file": row.file,
            "row": row.row,
            "reason": objection.reason.en,
            "remedy": objection.remedy.en,
            "reason_zh": objection.reason.zh,
            "remedy_zh": objection.remedy.zh,
        }
        for row in done.refused
        for objection in row.objections
    ]
    if output is Format.JSON:
        print_json(
            {
                "entered": len(done.target_ids),
                "unchanged": done.unchanged,
                "refused": len(done.refused),
                "target_ids": list(done.target_ids),
                "refusals": refused,
                "notes": list(done.notes),
            }
        )
    elif output is Format.CSV or refused:
        title = "Rows that cannot be taken"
        show(refused, output, title=title, columns=("file", "row", "reason", "remedy"))
    if output is Format.TABLE:
        for note in done.notes:
            console().print(f"Note: {note}")
        if done.entered:
            state = "submitted" if submit else "drafts"
            console().print(
                f"{len(done.target_ids)} targets entered as {state} of {by}, "
                f"{done.unchanged} unchanged, {len(done.refused)} refused."
            )
    if not done.entered:
        raise BranchmarkError(
            f"Nothing was entered: {len(done.refused)} of {done.good + len(done.refused)} rows cannot be "
            "taken. Mend them, or enter the others with --accept-good."
        )


@app.command("set")
def set_target(
    branch: Annotated[str, typer.Option("--branch", help="The branch.")],
    metric: Annotated[str, typer.Option("--metric", help="The metric.")],
    period: Annotated[str, typer.Option("--period", help="2026, 2026Q3 or 2026-10.")],
    value: Annotated[str, typer.Option("--value", help="In the metric's own unit: 0.15 is 15 %.")],
    by: ByOption,
    reading: Annotated[str, typer.Option("--reading", help="Default: the metric's own.")] = "",
    near_band: Annotated[
        str | None, typer.Option("--near-band", help="How far short still counts as near.")
    ] = None,
    phasing: Annotated[
        Phasing, typer.Option("--phasing", help="How a year is spread over its months.")
    ] = Phasing.NONE,
    shares: Annotated[
        str | None, typer.Option("--shares", help="For seasonal: twelve cumulative shares.")
    ] = None,
    base: Annotated[
        str | None, typer.Option("--base", help="Where the path begins, if not at the year end.")
    ] = None,
    valid_from: Annotated[
        str | None, typer.Option("--from", help="First day; default: of the period.")
    ] = None,
    valid_to: Annotated[str | None, typer.Option("--until", help="Last day.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="What else should be known.")] = None,
    submit: Annotated[bool, typer.Option("--submit", help="Submit it for approval too.")] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Enter one target as a draft: a new one, or a new version of one."""
    bank = Bank.at(root_of(workspace))
    against = targets_import.held_against(bank)
    number = _number(value, "--value")
    if number is None:
        raise BranchmarkError("A target has a value. Give it with --value.")
    proposal = proposals.settled(
        Proposal(
            branch_id=branch,
            metric_id=metric,
            reading=reading,
            period=period,
            target_value=number,
            near_band=_number(near_band, "--near-band"),
            phasing=phasing.value,
            phasing_shares=shares,
            base_value=_number(base, "--base"),
            valid_from=day_of(valid_from, "--from"),
            valid_to=day_of(valid_to, "--until"),
            note=note,
        ),
        bank.catalogue,
    )
    wrong = proposals.objections(proposal, against)
    if wrong:
        raise BranchmarkError(f"{wrong[0].reason.en} {wrong[0].remedy.en}")
    done = bank.ledger.targets.enter(entry_scope(bank), [proposal], by=by, at=now(), submit=submit)
    numbers = done.target_ids or (
        numbers_of(bank.ledger.targets, command_scope(bank), [proposal.name], None)[0],
    )
    _print(bank, numbers, output)


@app.command("list")
def list_targets(
    branch: BranchOption = None,
    metric: MetricOption = None,
    period: PeriodOption = None,
    state: Annotated[State | None, typer.Option("--state", help="One state.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also superseded, replaced, rejected and withdrawn ones.")
    ] = False,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="Month end: what that month asks.")
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Targets with their state, version and dates; with --as-of, what that month end asks of each."""
    bank = Bank.at(root_of(workspace))
    if metric is not None and metric not in bank.catalogue.metrics:
        raise unknown_metric(metric, bank.catalogue)
    if period is not None:
        parse_period(period)
    found = bank.ledger.targets.all(
        command_scope(bank), branch=branch, metric=metric, period=period
    )
    if branch is not None and found.is_empty():
        targets_review.require_branch(bank, branch)
    wanted = found
    if state is not None:
        wanted = found.filter(pl.col("state") == state.value)
    elif not every:
        wanted = found.filter(pl.col("state").is_in([one.value for one in _ALIVE]))
    day = parse_month_end(as_of) if as_of else None
    rows = [row_of(one, targets_review.asked_then(bank, one, day)) for one in wanted.to_dicts()]
    show_targets(rows, output, with_month=day is not None)


_ALIVE: Final = (State.DRAFT, State.SUBMITTED, State.APPROVED, State.SUPERSEDED)


@app.command()
def submit(
    by: ByOption,
    keys: KeysArgument = None,
    every: AllOption = False,
    branch: BranchOption = None,
    metric: MetricOption = None,
    period: PeriodOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Ask for approval of drafts."""
    bank = Bank.at(root_of(workspace))
    numbers = chosen(
        bank.ledger.targets, command_scope(bank), keys, State.DRAFT, every, (branch, metric, period)
    )
    bank.ledger.targets.submit(entry_scope(bank), numbers, by=by, at=now())
    _print(bank, numbers, output)


@app.command()
def approve(
    by: ByOption,
    keys: KeysArgument = None,
    every: AllOption = False,
    branch: BranchOption = None,
    metric: MetricOption = None,
    period: PeriodOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Approve submitted targets; whoever made or submitted one cannot."""
    bank = Bank.at(root_of(workspace))
    numbers = chosen(
        bank.ledger.targets,
        command_scope(bank),
        keys,
        State.SUBMITTED,
        every,
        (branch, metric, period),
    )
    bank.ledger.targets.approve(entry_scope(bank), numbers, by=by, at=now())
    _print(bank, numbers, output)
    if output is Format.TABLE:
        console().print(
            "The months that they hold for are outdated. Publish them: branchmark build"
        )


@app.command()
def reject(
    by: ByOption,
    reason: ReasonOption,
    keys: KeysArgument = None,
    every: AllOption = False,
    branch: BranchOption = None,
    metric: MetricOption = None,
    period: PeriodOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Send submitted targets back; whoever made or submitted one cannot."""
    bank = Bank.at(root_of(workspace))
    numbers = chosen(
        bank.ledger.targets,
        command_scope(bank),
        keys,
        State.SUBMITTED,
        every,
        (branch, metric, period),
    )
    bank.ledger.targets.reject(entry_scope(bank), numbers, by=by, at=now(), reason=reason)
    _print(bank, numbers, output)


@app.command()
def withdraw(
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="Keys, or numbers.")],
    by: ByOption,
    reason: ReasonOption,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Take targets back; an approved one only by somebody who neither made nor submitted it."""
    bank = Bank.at(root_of(workspace))
    numbers = numbers_of(bank.ledger.targets, command_scope(bank), keys, None)
    bank.ledger.targets.withdraw(entry_scope(bank), numbers, by=by, at=now(), reason=reason)
    _print(bank, numbers, output)


@app.command()
def history(
    key: KeyArgument, workspace: WorkspaceOption = None, output: FormatOption = Format.TABLE
) -> None:
    """Every version of a target, and who did what with it when."""
    bank = Bank.at(root_of(workspace))
    known = bank.ledger.targets.all(command_scope(bank))
    number = numbers_of(bank.ledger.targets, command_scope(bank), [key], None)[0]
    own = known.filter(pl.col("target_id") == number).select(*KEY)
    rows = [
        step
        for one in known.join(own, on=list(KEY), how="semi").to_dicts()
        for step in targets_review.steps(one)
    ]
    shown = [{**row, "at": row["at"].strftime("%Y-%m-%d %H:%M:%SZ")} for row in rows]
    show(
        shown,
        output,
        columns=("version", "step", "person", "at", "target_value", "valid_from", "reason"),
        right=("version", "target_value"),
    )


@app.command()
def phase(
    key: KeyArgument, workspace: WorkspaceOption = None, output: FormatOption = Format.TABLE
) -> None:
    """What each month asks of a target: base, share of the way, the month's target."""
    bank = Bank.at(root_of(workspace))
    number = numbers_of(bank.ledger.targets, command_scope(bank), [key], None)[0]
    one = (
        bank.ledger.targets.all(command_scope(bank))
        .filter(pl.col("target_id") == number)
        .row(0, named=True)
    )
    catalogue = bank.definitions.on(parse_period(one["period"]).last)
    if one["metric_id"] not in catalogue.metrics:
        raise unknown_metric(one["metric_id"], catalogue)
    rows: list[dict[str, object]] = [
        {
            "as_of_date": day.isoformat(),
            "target": exact(found.value),
            "base": exact(found.base),
            "share": exact(found.share),
            "phasing": one["phasing"],
            "years": ", ".join(map(str, found.years)) or None,
            "in_force": targets_review.holds(one, day),
            "reason": found.reason.en if found.reason else None,
        }
        for day, found in path_of(bank, catalogue, one).items()
    ]
    show(rows, output, title=f"{name_of(one)}, version {one['version']}", right=("target", "base"))


@app.command()
def cascade(
    period: Annotated[str, typer.Option("--period", help="2026, 2026Q3 or 2026-10.")],
    metric: MetricOption = None,
    branch: Annotated[
        str | None, typer.Option("--branch", help="One branch above others; default all.")
    ] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Whether the targets of the branches below make up the target above them."""
    bank = Bank.at(root_of(workspace))
    if metric is not None and metric not in bank.catalogue.metrics:
        raise unknown_metric(metric, bank.catalogue)
    told = targets_review.cascade(bank, command_scope(bank), period, metric=metric, branch=branch)
    rows: list[dict[str, object]] = [
        {
            "branch": row["branch_id"],
            "metric": row["metric_id"],
            "reading": row["reading"],
            "period": row["period"],
            "unit": row["unit"],
            "target": exact(row["target"]),
            "below": exact(row["below"]),
            "gap": exact(row["gap"]),
            "gap_percent": exact(row["gap_percent"]),
            "children": row["children"],
            "without": row["without"],
            "unweighted": row["unweighted"],
            "how": TOLD[Way(row["way"])].en,
            "weights_as_of": told.as_of.isoformat(),
        }
        for row in told.rows.to_dicts()
    ]
    columns = ("branch", "metric", "target", "below", "gap", "gap_percent", "children", "without")
    show(rows, output, columns=(*columns, "how"), right=columns[2:7])
    if output is Format.TABLE:
        console().print(f"Targets and branches as they stand on {told.as_of}.")


def _number(text: str | None, option: str) -> Decimal | None:
    if text is None:
        return None
    number = typed_number(text)
    if number is None:
        raise BranchmarkError(
            f"{option} {text!r} is no number. Write 0.15 for 15 %, and commas between thousands only: "
            "1,200,000."
        )
    return number


def _print(bank: Bank, numbers: Collection[int], output: Format) -> None:
    """Where the targets stand now."""
    known = bank.ledger.targets.all(command_scope(bank)).filter(
        pl.col("target_id").is_in(list(numbers))
    )
    show_targets([row_of(one, None) for one in known.to_dicts()], output)
