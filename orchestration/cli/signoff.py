"""`signoff`: reports prepared, checked, approved, released or given back, and what was said about them."""

from collections.abc import Callable, Sequence
from typing import Annotated

import polars as pl
import typer

from orchestration.bank import Bank
from orchestration.cli import adjustments, signoff_looking
from orchestration.cli.acting import entry_scope
from orchestration.cli.options import FormatOption, MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, print_json, show
from orchestration.cli.people import ByOption, now
from orchestration.cli.signoff_options import (
    SHORT,
    At,
    CaseOption,
    HashOption,
    NameArgument,
    NoteOption,
    Row,
    UnitOption,
)
from orchestration.reporting import preparing, workflow
from records.ledger.returns import RemarkKind, Step
from transforms.errors import BranchmarkError, listed

app = typer.Typer(no_args_is_help=True)
app.add_typer(adjustments.app, name="adjust")
for looking in (
    signoff_looking.status,
    signoff_looking.checks,
    signoff_looking.obstacles,
    signoff_looking.differences,
    signoff_looking.history,
):
    app.command()(looking)


@app.callback()
def signoff() -> None:
    """Reports on their way out: prepare, check, approve, release, each by another person."""


@app.command()
def prepare(
    name: NameArgument,
    by: ByOption,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    every: Annotated[
        bool, typer.Option("--all-units", help="For each unit that it is made for.")
    ] = False,
    note: NoteOption = "",
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Fill a report and keep it as an edition to be signed; the same again is the same edition."""
    if every and branch is not None:
        raise BranchmarkError("--all-units and --branch contradict each other. Take one of them.")
    bank = Bank.at(root_of(workspace))
    scope, day = entry_scope(bank), month_of(as_of)
    if not every:
        made = preparing.prepare(bank, scope, name, branch, day, by=by, at=now(), note=note)
        _show_prepared([made], output)
        return
    with console(error=True).status("preparing") as shown:
        burst = preparing.prepare_many(
            bank,
            scope,
            name,
            None,
            day,
            by=by,
            at=now(),
            told=lambda unit, done, of: shown.update(f"prepared {unit}, {done} of {of}"),
        )
    _show_prepared(burst.prepared, output)
    if burst.failed:
        unit, error = next(iter(burst.failed.items()))
        raise BranchmarkError(
            f"{len(burst.failed)} unit(s) could not be prepared ({listed(tuple(burst.failed), 12)}); of "
            f"{unit}: {error}"
        )


@app.command()
def check(
    name: NameArgument,
    by: ByOption,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    note: NoteOption = "",
    looked_at: HashOption = "",
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Sign that a prepared report was checked: by another person than its preparer."""
    _sign(workflow.check, At.of(workspace, name, branch, as_of, looked_at), by, note, output)


@app.command()
def approve(
    name: NameArgument,
    by: ByOption,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    note: NoteOption = "",
    looked_at: HashOption = "",
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Sign that a checked report is approved: by a third person, with nothing in its way."""
    _sign(workflow.approve, At.of(workspace, name, branch, as_of, looked_at), by, note, output)


@app.command()
def release(
    name: NameArgument,
    by: ByOption,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    note: NoteOption = "",
    looked_at: HashOption = "",
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Sign that an approved report goes out: not by its preparer."""
    _sign(workflow.release, At.of(workspace, name, branch, as_of, looked_at), by, note, output)


@app.command("return")
def give_back(
    name: NameArgument,
    by: ByOption,
    note: Annotated[str, typer.Option("--note", help="What is to be mended.")],
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Give a report back with a note; its edition ends there."""
    _sign(workflow.give_back, At.of(workspace, name, branch, as_of, ""), by, note, output)


@app.command()
def comment(
    name: NameArgument,
    case: CaseOption,
    text: Annotated[str, typer.Option("--text", help="What there is to say about it.")],
    by: ByOption,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Say something about a check that does not hold."""
    _remark(At.of(workspace, name, branch, as_of, ""), case, workflow.COMMENT, text, by, output)


@app.command()
def reason(
    name: NameArgument,
    case: CaseOption,
    text: Annotated[str, typer.Option("--text", help="Why the report goes out all the same.")],
    by: ByOption,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Say why a report goes out though a check does not hold: not by its preparer."""
    _remark(At.of(workspace, name, branch, as_of, ""), case, workflow.REASON, text, by, output)


def _sign(take: Callable[..., int], at: At, by: str, note: str, output: Format) -> None:
    scope = entry_scope(at.bank)
    head = at.head(scope)
    take(at.bank, scope, head, by=by, at=now(), note=note)
    steps = at.bank.ledger.returns.steps(scope, package_id=head.package_id)
    row = steps.row(-1, named=True)
    told: Row = {
        "report": head.return_id,
        "unit": head.unit_id,
        "as_of_date": head.as_of.isoformat(),
        "edition": head.edition,
        "step": row["step"],
        "by": row["person"],
        "at": row["at"].isoformat(),
        "note": row["note"],
        "hash": head.content_hash[:SHORT],
        "content_hash": head.content_hash,
    }
    if output is Format.JSON:
        print_json(told)
        return
    show([told], output, columns=("report", "unit", "as_of_date", "edition", "step", "by", "hash"))
    if output is Format.TABLE and row["step"] != Step.RETURNED:
        console().print(f"Signed was what has the hash {head.content_hash}.")


def _remark(at: At, case: str, kind: RemarkKind, text: str, by: str, output: Format) -> None:
    scope = entry_scope(at.bank)
    head = at.head(scope)
    number = workflow.remark(at.bank, scope, head, case=case, kind=kind, text=text, by=by, at=now())
    rows = at.bank.ledger.returns.remarks(scope, package_id=head.package_id)
    row = rows.filter(pl.col("remark_id") == number).row(0, named=True)
    told: Row = {
        "number": number,
        "report": head.return_id,
        "unit": head.unit_id,
        "as_of_date": head.as_of.isoformat(),
        "edition": head.edition,
        "case": row["case"],
        "kind": row["kind"],
        "text": row["text"],
        "by": row["person"],
        "at": row["at"].isoformat(),
    }
    if output is Format.JSON:
        print_json(told)
        return
    show([told], output, columns=("report", "unit", "edition", "case", "kind", "text", "by"))


def _show_prepared(made: Sequence[preparing.Prepared], output: Format) -> None:
    rows: list[Row] = [
        {
            "report": one.head.return_id,
            "unit": one.head.unit_id,
            "as_of_date": one.head.as_of.isoformat(),
            "edition": one.head.edition,
            "is_new": one.is_new,
            "cells": one.package.cells.height,
            "empty_cells": int(one.package.cells["reason"].is_not_null().sum()),
            "failing_checks": one.package.verdicts.filter(pl.col("state") == "fails").height,
            "adjustments": one.package.adjustments.height,
            "by": one.head.prepared_by,
            "at": one.head.prepared_at.isoformat(),
            "hash": one.head.content_hash[:SHORT],
            "content_hash": one.head.content_hash,
        }
        for one in made
    ]
    columns = ("report", "unit", "as_of_date", "edition", "is_new", "cells", "empty_cells")
    show(rows, output, columns=(*columns, "failing_checks", "adjustments", "hash"))
