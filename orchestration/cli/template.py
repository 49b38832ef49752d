"""Empty files to fill: `template`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration import templates
from orchestration.cli.output import console
from orchestration.templates import Headers
from transforms import schema
from transforms.schema import LOAN_SNAPSHOT, TABLES


class Kind(StrEnum):
    """What a template is."""

    CSV = "csv"
    XLSX = "xlsx"


def template(
    tables: Annotated[
        list[str] | None,
        typer.Argument(metavar="[TABLE...]", help="Canonical tables. Default: loan_snapshot."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every canonical table.")] = False,
    kind: Annotated[
        Kind, typer.Option("--format", help="csv (a file a table) or xlsx (a sheet a table).")
    ] = Kind.CSV,
    out: Annotated[Path, typer.Option("--out", help="Folder the files go to.")] = Path(),
    headers: Annotated[
        Headers, typer.Option("--headers", help="Column names: en or zh; both are read back.")
    ] = Headers.EN,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over files that are there.")
    ] = False,
) -> None:
    """Empty files of the canonical tables, to be filled and delivered as they are."""
    names = list(TABLES) if every else list(dict.fromkeys(tables or [LOAN_SNAPSHOT.name]))
    files = templates.written(
        [schema.table(name) for name in names],
        out,
        workbook=kind is Kind.XLSX,
        headers=headers,
        replace=replace,
    )
    print_line = console().print
    for path in files:
        print_line(str(path), soft_wrap=True)
    print_line("Fill them and deliver them: branchmark ingest FILE --as-of YYYY-MM-DD")
