"""The lake kept in order by command: `lake`, `lake status`, `lake compact`, `lake vacuum`."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import groupby
from typing import Annotated, Final

import typer
from rich.markup import escape

from orchestration.bank import Bank
from orchestration.cli.options import FormatOption, WorkspaceOption, root_of
from orchestration.cli.output import Format, console, print_json, show
from records.maintenance import KEPT, Compacted, Freed, TableState, states, unread
from records.maintenance import compact as compacted
from records.maintenance import vacuum as vacuumed

app = typer.Typer(invoke_without_command=True, help="The lake: how it lies on disk, and in order.")

KeepOption = Annotated[
    int,
    typer.Option(
        "--keep-days", min=1, help="Days that a file stays after the last table stopped naming it."
    ),
]

_PATIENCE: Final = 60
"""Seconds to wait for another command that writes."""
_MEGABYTE: Final = 1_000_000


@app.callback()
def lake(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """How the lake lies on disk; with `compact` and `vacuum` it is put in order."""
    if context.invoked_subcommand is None:
        status(KEPT.days, workspace, output)


@app.command()
def status(
    keep_days: KeepOption = KEPT.days,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Every table: its files, rows and bytes, and what `compact` and `vacuum` would do."""
    bank = Bank.at(root_of(workspace))
    found = list(states(bank.workspace.lake, keep=timedelta(days=keep_days)))
    rows = [_state(one, output) for one in found]
    show(rows, output, right=tuple(rows[0])[1:] if rows else ())
    if output is Format.TABLE:
        console().print(
            f"{len(found)} tables, {sum(one.files for one in found):,} files, "
            f"{_megabytes(sum(one.bytes for one in found))}."
        )


@app.command()
def compact(workspace: WorkspaceOption = None, output: FormatOption = Format.TABLE) -> None:
    """Put small files together, and loans by branch; every row and every figure stays as it is."""
    bank = Bank.at(root_of(workspace))
    with (
        bank.writing("compact the lake", wait_seconds=_PATIENCE),
        console(error=True).status("looking") as shown,
    ):
        done = list(compacted(bank.workspace.lake, told=lambda text: shown.update(escape(text))))
    show([_compacted(one, output) for one in done], output, right=_NUMBERS)
    if output is Format.TABLE:
        _say_compacted(done)


@app.command()
def vacuum(
    keep_days: KeepOption = KEPT.days,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove them; without it they are only listed.")
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Remove files that no table names any more; without --yes, list them."""
    bank, keep = Bank.at(root_of(workspace)), timedelta(days=keep_days)
    folder = bank.workspace.lake
    if yes:
        with (
            bank.writing("vacuum the lake", wait_seconds=_PATIENCE),
            console(error=True).status("looking") as shown,
        ):
            found = vacuumed(folder, keep=keep, told=lambda text: shown.update(escape(text)))
    else:
        found = unread(folder, keep=keep)
    if output is Format.JSON:
        print_json({"removed": yes, "keep_days": keep_days, "files": [vars(one) for one in found]})
        return
    if output is Format.CSV:
        show([vars(one) for one in found], output)
        return
    show(_by_table(found), output, right=_NUMBERS)
    total = f"{len(found):,} files, {_megabytes(sum(one.bytes for one in found))}"
    if not found:
        console().print(
            f"Nothing to remove: every file is named, or was until {keep_days} days ago."
        )
    elif yes:
        console().print(f"Removed {total}.")
    else:
        console().print(f"{total} would be removed. Run this again with --yes to remove them.")


_NUMBERS: Final = ("files", "files_before", "mb", "mb_before")


def _state(one: TableState, output: Format) -> dict[str, object]:
    if output is not Format.TABLE:
        return vars(one)
    return {
        "table": one.table,
        "version": one.version,
        "files": f"{one.files:,}",
        "rows": f"{one.rows:,}",
        "MB": _in_megabytes(one.bytes),
        "to compact": one.to_compact or None,
        "to free": one.to_free or None,
        "MB to free": _in_megabytes(one.bytes_to_free) if one.to_free else None,
    }


def _compacted(one: Compacted, output: Format) -> dict[str, object]:
    if output is not Format.TABLE:
        return vars(one)
    return {
        "table": one.table,
        "files_before": f"{one.files_before:,}",
        "files": f"{one.files:,}",
        "mb_before": _in_megabytes(one.bytes_before),
        "mb": _in_megabytes(one.bytes),
    }


def _say_compacted(done: Sequence[Compacted]) -> None:
    if not done:
        console().print("The lake is in order: no small files, and loans lie by branch.")
        return
    console().print(
        f"The files before stay for readers until `branchmark lake vacuum --yes`, {KEPT.days} days from now."
    )


def _by_table(found: Sequence[Freed]) -> list[dict[str, object]]:
    """How much there is of each table and kind."""
    ordered = sorted(found, key=_kind)
    return [
        {
            "table": table,
            "what": why,
            "files": len(group := list(members)),
            "mb": _in_megabytes(sum(one.bytes for one in group)),
        }
        for (table, why), members in groupby(ordered, key=_kind)
    ]


def _kind(one: Freed) -> tuple[str, str]:
    return one.table, one.why


def _megabytes(size: int) -> str:
    return f"{_in_megabytes(size)} MB"


def _in_megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:,.1f}"
