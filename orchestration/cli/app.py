"""The command line: `branchmark`. One clear sentence on failure, exit code 1, no traceback.

Commands live in the modules beside this one, by what a person wants to do. Nothing is computed here.
"""

import gc
import sys
from typing import Final

import typer

from orchestration.cli import (
    alerts,
    bridge,
    build,
    changes,
    check,
    checkins,
    checks,
    definitions,
    deliver,
    evidence,
    export,
    figures,
    gap,
    inbox,
    lake,
    ledger,
    loans,
    mapping,
    peers,
    profiles,
    project,
    readers,
    report,
    scorecard,
    send,
    serve,
    signoff,
    simulate,
    targets,
    template,
    verify,
    versions,
    whatif,
    worker,
    workspace,
)
from orchestration.cli.acting import AsOption, begin
from transforms.errors import BranchmarkError, visible

app = typer.Typer(
    name="branchmark",
    help="Structural loan KPIs by branch: loan books in, explained figures out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def run_as(context: typer.Context, reader: AsOption = None) -> None:
    """Structural loan KPIs by branch: loan books in, explained figures out."""
    begin(reader, context.invoked_subcommand)


for command in (
    workspace.init,
    workspace.demo,
    deliver.ingest,
    check.check,
    template.template,
    inbox.inbox,
    build.build,
    worker.worker,
    figures.kpis,
    figures.explain,
    loans.loans,
    loans.fork,
    checks.checks,
    checks.findings,
    checks.data_docs,
    simulate.simulate,
    bridge.bridge,
    versions.versions,
    versions.diff,
    versions.overrides,
    definitions.catalogue,
    definitions.dictionary,
    project.project,
    peers.peers,
    changes.changes,
    scorecard.scorecard,
    profiles.profiles,
    checkins.sign,
    gap.gap,
    whatif.whatif,
    export.export,
    send.send,
    alerts.alerts,
    report.report,
    verify.verify,
    serve.dashboard,
    serve.dagster,
):
    app.command()(command)
app.add_typer(mapping.app, name="mapping")
app.add_typer(targets.app, name="targets")
app.add_typer(checkins.app, name="checkins")
app.add_typer(signoff.app, name="signoff")
app.add_typer(evidence.app, name="evidence")
app.add_typer(lake.app, name="lake")
app.add_typer(ledger.app, name="ledger")
app.add_typer(readers.app, name="readers")


_ALLOCATIONS = 20_000
"""Between two looks for rubbish. A command imports more than it throws away, and Python's own number, a
few hundred, has it look through all those modules again and again: a tenth of a build."""

_INTERRUPTED: Final = 130
"""The exit code of a command that was stopped from the keyboard, as shells have it."""


def main() -> None:
    """Run the command line."""
    gc.set_threshold(_ALLOCATIONS)
    try:
        app()
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            sys.stderr.write(
                "Stopped before it was done. What was published before stands; run the command again.\n"
            )
        raise
    except BranchmarkError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)
    except OSError as error:
        # A disk that is full, closed or gone: the place and the system's own word for it.
        where = f"{visible(str(error.filename))}: " if error.filename else ""
        sys.stderr.write(
            f"{where}{error.strerror or error}. Check the path, its rights and the disk.\n"
        )
        sys.exit(1)
