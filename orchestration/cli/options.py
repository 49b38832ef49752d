"""Options that commands share, so that they read and mean the same everywhere."""

from datetime import date
from pathlib import Path
from typing import Annotated, Final

import typer

from orchestration import settings
from orchestration.cli.output import Format
from transforms.periods import parse_month_end

LATEST: Final = "latest"
ALL: Final = "all"

WorkspaceOption = Annotated[
    Path | None,
    typer.Option(
        "--workspace",
        "-w",
        help="Folder of the workspace. Default: $BRANCHMARK_WORKSPACE, else the current folder.",
        show_default=False,
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="table, json or csv.")]
FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE...]", help="The files; none if the mapping asks a database."),
]
MappingOption = Annotated[str, typer.Option("--mapping", help="Name of a mapping, or `canonical`.")]
DeliveredMonthOption = Annotated[
    str | None,
    typer.Option("--as-of", help="Month end (YYYY-MM-DD). Default: as the file says."),
]
MonthOption = Annotated[str, typer.Option("--as-of", help="A month end (YYYY-MM-DD), or `latest`.")]


def root_of(workspace: Path | None) -> Path:
    """The workspace's folder, made the one this process works in."""
    root = settings.workspace_root(workspace)
    settings.settle(root)
    return root


def month_of(text: str) -> date | None:
    """A month end as given; none for `latest`.

    Raises:
        BadDateError: if it is neither.
    """
    return None if text == LATEST else parse_month_end(text)


def month_or_all(text: str) -> tuple[date | None, bool]:
    """A month end as given (none for `latest`), and whether every month is asked for with `all`.

    Raises:
        BadDateError: if it is none of these.
    """
    return (None, True) if text == ALL else (month_of(text), False)
