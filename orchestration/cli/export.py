"""`export`: the scorecard of a branch as a file, made by the same functions as on its page."""

from pathlib import Path
from typing import Annotated

import typer

from dashboards.documents import branch as branch_document
from dashboards.exports import formats, plain
from dashboards.exports.document import Made
from dashboards.exports.formats import FileKind
from dashboards.i18n import language_of
from dashboards.numbers import Format
from dashboards.words import Comparison, comparison_of
from orchestration.bank import Bank
from orchestration.cli.acting import COMMAND_LINE, command_scope
from orchestration.cli.options import MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import console
from orchestration.cli.people import now
from orchestration.questions.branch_page import branch_page
from records.access import Scope
from records.ledger.access_log import Action
from transforms.errors import BranchmarkError, ExistingFileError


def export(
    branch: Annotated[str, typer.Option("--branch", help="Whose scorecard.")],
    kind: Annotated[FileKind, typer.Option("--format", help="What kind of file.")],
    file: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where it is written.")
    ],
    as_of: MonthOption = "latest",
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", help="Only these metrics; default those with targets."),
    ] = None,
    comparison: Annotated[
        str,
        typer.Option("--compare", help="previous_month, year_end or same_month_last_year."),
    ] = Comparison.YEAR_END.value,
    language: Annotated[str, typer.Option("--lang", help="en or zh.")] = "en",
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a file that is there.")
    ] = False,
    bom: Annotated[
        bool,
        typer.Option(help="Begin CSV files with a byte order mark, for Excel on Chinese Windows."),
    ] = True,
    workspace: WorkspaceOption = None,
) -> None:
    """Write the scorecard of a branch as a workbook, CSV, Parquet, an HTML file or a PDF to sign.

    CSV and Parquet come as a zip, with a dictionary of their columns.
    """
    spoken = language_of(language)
    against = comparison_of(comparison)
    if file.exists() and not replace:
        raise ExistingFileError(str(file), way_out="Name another one, or add --replace.")
    if not file.parent.is_dir():
        raise BranchmarkError(
            f"There is no folder {file.parent}. Make it first, or name another file."
        )
    bank = Bank.at(root_of(workspace))
    scope = command_scope(bank)
    form = Format(spoken, bank.workspace.base_currency)
    page, catalogue = branch_page(
        bank,
        scope,
        branch,
        as_of=month_of(as_of),
        metrics=metric or (),
        comparison=against,
        form=form,
    )
    document = branch_document.document(page, catalogue, bank.reference)
    made = Made(scope.who, now(), form)
    if kind is FileKind.CSV:
        data = plain.csv_files(document, made, mark=bom)
    else:
        data = formats.write(document, made, kind)
    _written_down(bank, file.name, scope)
    file.write_bytes(data)
    console(error=True).print(f"Wrote {file} ({len(data):,} bytes).")


def _written_down(bank: Bank, name: str, scope: Scope) -> None:
    """Note in the access log who takes which file, where the bank has people sign in.

    Raises:
        LedgerError: if that cannot be written down; then no file is written.
    """
    if bank.workspace.sign_in is None:
        return
    seen = "whole bank" if scope.branches is None else ", ".join(sorted(scope.branches))
    bank.ledger.access_log.record(
        who=COMMAND_LINE,
        acting_as=None if scope.who == COMMAND_LINE else scope.who,
        action=Action.EXPORT,
        subject=f"{name}: {seen}",
        reason="",
        at=now(),
    )
