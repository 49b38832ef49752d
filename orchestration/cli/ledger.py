"""The ledger's database by command: where it is, which revision, and bringing it up to date."""

import typer

from orchestration.bank import Bank
from orchestration.cli.options import FormatOption, WorkspaceOption, root_of
from orchestration.cli.output import Format, print_json, show
from records.ledger.ledger import Standing

app = typer.Typer(invoke_without_command=True)


@app.callback()
def ledger(
    context: typer.Context,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Where targets and check-ins are kept, and of which revision the database is."""
    if context.invoked_subcommand is None:
        _print(Bank.at(root_of(workspace)).ledger.standing(), output)


@app.command()
def upgrade(workspace: WorkspaceOption = None, output: FormatOption = Format.TABLE) -> None:
    """Make the ledger, or bring it to the newest revision; what is in it stays."""
    _print(Bank.at(root_of(workspace)).ledger.upgrade(), output)


def _print(standing: Standing, output: Format) -> None:
    told: dict[str, object] = {
        "place": standing.place,
        "revision": standing.revision,
        "newest": standing.newest,
        "state": "empty"
        if standing.revision is None
        else ("up to date" if standing.revision == standing.newest else "to be upgraded"),
    }
    if output is Format.JSON:
        print_json(told)
    else:
        show([told], output)
