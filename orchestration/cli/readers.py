"""Who may read what, by command: `readers list`, `readers check`, `readers log`."""

from datetime import datetime
from typing import Annotated, Final

import polars as pl
import typer

from orchestration.bank import SYSTEM, Bank
from orchestration.cli.options import FormatOption, WorkspaceOption, root_of
from orchestration.cli.output import Format, console, show
from records.ledger.access_log import Action
from records.reader_table import FILE, FOLDER, ReaderTable
from records.readers import Reader, scope_of, unknown_units
from transforms.errors import BranchmarkError, did_you_mean

app = typer.Typer(no_args_is_help=True, help="Who may read what: the table of readers, the log.")

_LAST: Final = 50


@app.command("list")
def list_readers(workspace: WorkspaceOption = None, output: FormatOption = Format.TABLE) -> None:
    """The readers of the bank's table, with role, units, and how many units each sees."""
    bank = Bank.at(root_of(workspace))
    found = ReaderTable.of(bank.workspace).readers
    show([_row(bank, one) for one in found], output, right=("sees",))
    if output is Format.TABLE and not found:
        console().print(
            f"{FOLDER}/{FILE} names nobody. Its first line is reader,role,units; see docs/sign-in.md."
        )


@app.command()
def check(workspace: WorkspaceOption = None) -> None:
    """Whether the table can be read, and whether every unit in it is known."""
    bank = Bank.at(root_of(workspace))
    found = ReaderTable.of(bank.workspace).readers
    wrong = []
    for reader in found:
        for unit in unknown_units(reader, bank.published):
            near = did_you_mean(unit, _units(bank))
            wrong.append(f"{reader.name}: unit {unit} is not in the newest month.{near}")
    if wrong:
        raise BranchmarkError(
            f"{FOLDER}/{FILE} names units that are not known. {' '.join(wrong)} Mend the table, or publish "
            "the month that has them."
        )
    console().print(f"{FOLDER}/{FILE}: {len(found)} readers, every unit known.")


@app.command("log")
def show_log(
    who: Annotated[str | None, typer.Option("--who", help="Lines of one person.")] = None,
    action: Annotated[Action | None, typer.Option("--action", help="Lines of one kind.")] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Who came in, saw the pages as another, had a name shown or took a file away; the newest last."""
    bank = Bank.at(root_of(workspace))
    lines = bank.ledger.access_log.all(SYSTEM)
    if who is not None:
        lines = lines.filter(pl.col("who").str.to_lowercase() == who.strip().lower())
    if action is not None:
        lines = lines.filter(pl.col("action") == action.value)
    shown = lines.tail(_LAST) if output is Format.TABLE else lines
    show(
        [{**row, "at": _moment(row["at"])} for row in shown.to_dicts()],
        output,
        columns=("at", "who", "acting_as", "action", "subject", "reason"),
    )
    if output is Format.TABLE and lines.height > shown.height:
        console().print(f"The last {_LAST} of {lines.height:,}; --format csv gives all.")


def _row(bank: Bank, reader: Reader) -> dict[str, object]:
    sees = scope_of(reader, bank.published).branches
    return {
        "reader": reader.name,
        "role": reader.role.value,
        "units": " ".join(reader.units) or None,
        "sees": "whole bank" if sees is None else len(sees),
        "enters": reader.may_enter,
    }


def _units(bank: Bank) -> list[str]:
    day = max(bank.published.newest_versions())
    nodes = bank.published.nodes(SYSTEM, as_of=day).select("node_id").collect()
    return nodes["node_id"].to_list()


def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ")
