"""The command line: `branchmark`. One clear sentence on failure, exit code 1, no traceback.

Commands live in the modules beside this one, by what a person wants to do. Only that of the one asked for is
loaded: to load them all takes longer than most commands do. Nothing is computed here.
"""

import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Annotated, Final

import typer

from orchestration import rubbish
from transforms.errors import BranchmarkError, visible

COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "workspace": ("init", "demo"),
    "deliver": ("ingest",),
    "check": ("check",),
    "template": ("template",),
    "inbox": ("inbox",),
    "build": ("build",),
    "worker": ("worker",),
    "figures": ("kpis", "explain"),
    "loans": ("loans", "fork"),
    "checks": ("checks", "findings", "data-docs"),
    "simulate": ("simulate",),
    "bridge": ("bridge",),
    "versions": ("versions", "diff", "overrides"),
    "definitions": ("catalogue", "dictionary"),
    "project": ("project",),
    "peers": ("peers",),
    "changes": ("changes",),
    "scorecard": ("scorecard",),
    "profiles": ("profiles",),
    "checkins": ("sign",),
    "gap": ("gap",),
    "whatif": ("whatif",),
    "export": ("export",),
    "send": ("send",),
    "alerts": ("alerts",),
    "report": ("report",),
    "verify": ("verify",),
    "serve": ("dashboard", "dagster"),
}
"""By module, the commands that are functions of it, in the order of the help."""
GROUPS: Final = (
    *("mapping", "targets", "checkins", "signoff", "evidence"),
    *("lake", "ledger", "readers"),
)
"""Modules that are a command with commands of its own."""


def app(asked: str | None = None) -> typer.Typer:
    """The command line.

    Args:
        asked: the one command that is wanted; all of them if there is none of that name.
    """
    line = typer.Typer(
        name="branchmark",
        help="Structural loan KPIs by branch: loan books in, explained figures out.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    line.callback()(_run_as)
    known = {*GROUPS, *(command for commands in COMMANDS.values() for command in commands)}
    one = asked if asked in known else None
    for module, command in _wanted(one):
        line.command()(getattr(module, command.replace("-", "_")))
    for group in GROUPS:
        if one in (None, group):
            line.add_typer(_module(group).app, name=group)
    return line


def _wanted(asked: str | None) -> Iterable[tuple[ModuleType, str]]:
    for module, commands in COMMANDS.items():
        for command in commands:
            if asked is None or command == asked:
                yield _module(module), command


def _module(name: str) -> ModuleType:
    return import_module(f"orchestration.cli.{name}")


def _run_as(
    context: typer.Context,
    reader: Annotated[
        str | None,
        typer.Option(
            "--as",
            metavar="READER",
            help="Give what this reader may see: a name of access/readers.csv, or role and units: "
            "branch:B205.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Structural loan KPIs by branch: loan books in, explained figures out."""
    from orchestration.cli.acting import begin  # noqa: PLC0415 - the help of all needs no bank

    begin(reader, context.invoked_subcommand)


def _asked(words: Sequence[str]) -> str | None:
    """The command that words ask for, if it can be told at once."""
    rest = list(words)
    while rest and (rest[0] == "--as" or rest[0].startswith("--as=")):
        rest = rest[2 if rest[0] == "--as" else 1 :]
    return rest[0] if rest else None


_INTERRUPTED: Final = 130
"""The exit code of a command that was stopped from the keyboard, as shells have it."""


def main() -> None:
    """Run the command line."""
    rubbish.look_seldom()
    try:
        _run(sys.argv[1:])
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


def _run(words: Sequence[str]) -> None:
    try:
        app(_asked(words))()
    except SystemExit as ended:
        if ended.code == _INTERRUPTED:
            sys.stderr.write(
                "Stopped before it was done. What was published before stands; run the command again.\n"
            )
        raise
    finally:
        try:
            sys.stdout.flush()  # what cannot be written is said like any other failure
        except BrokenPipeError:
            sys.exit(1)  # who read has read enough
