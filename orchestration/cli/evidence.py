"""`evidence`: packs that let a stranger recompute a figure or a report, and whether one was tampered with."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.bank import Bank
from orchestration.cli.acting import command_scope
from orchestration.cli.options import (
    FormatOption,
    MonthOption,
    WorkspaceOption,
    month_of,
    root_of,
)
from orchestration.cli.output import Format, console, print_json, show
from orchestration.cli.people import now
from orchestration.evidence import archive, packing
from orchestration.evidence.figures import asked_for
from orchestration.evidence.filling import EVERY, Wanted
from orchestration.evidence.packing import MOST_ROWS, Packed
from orchestration.reporting.choosing import Which
from orchestration.reporting.defined import require
from orchestration.reporting.source import Source
from transforms.errors import BranchmarkError

app = typer.Typer(no_args_is_help=True)

FileOption = Annotated[
    Path, typer.Option("--output", "-o", metavar="FILE", help="The zip that is written.")
]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="Write over a file that is there.")]
BorrowersOption = Annotated[
    str | None,
    typer.Option(
        "--borrowers",
        metavar="REASON",
        help="Show borrowers by their own numbers, and write down why; default numbers of the pack's own.",
    ),
]


@app.callback()
def evidence() -> None:
    """Zips that let a stranger recompute a figure or a report with DuckDB or a spreadsheet alone."""


@app.command()
def figure(
    metric: Annotated[
        list[str],
        typer.Option("--metric", help="The metric; more than once for one pack of several."),
    ],
    file: FileOption,
    as_of: MonthOption = "latest",
    branch: Annotated[
        str | None, typer.Option("--branch", help="The branch; default the head.")
    ] = None,
    reading: Annotated[
        str | None, typer.Option("--reading", help="The reading; default the metric's own.")
    ] = None,
    slice_: Annotated[
        str | None, typer.Option("--slice", help="The figure of one --member of this slice.")
    ] = None,
    member: Annotated[str | None, typer.Option("--member", help="The member.")] = None,
    borrowers: BorrowersOption = None,
    most_rows: Annotated[
        int | None, typer.Option("--max-rows", min=1, help="At most so many rows; default any.")
    ] = None,
    replace: ReplaceOption = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """A published figure: its rows on both sides and left out, definitions, sources, signatures."""
    bank = Bank.at(root_of(workspace))
    scope, published = command_scope(bank), bank.published.pinned()
    asked = [
        asked_for(
            bank,
            published,
            scope,
            one,
            reading=reading,
            branch=branch,
            slice_=slice_,
            member=member,
            as_of=month_of(as_of),
        )
        for one in dict.fromkeys(metric)
    ]
    wanted = Wanted(file, now(), replace, _reason(borrowers), (), most_rows)
    _tell(packing.pack_figures(bank, scope, asked, wanted), output)


@app.command()
def report(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Which report.")],
    file: FileOption,
    as_of: MonthOption = "latest",
    branch: Annotated[
        str | None,
        typer.Option("--branch", help="Whose report; not needed where it is of the whole bank."),
    ] = None,
    edition: Annotated[
        int | None, typer.Option("--edition", help="This edition; default the newest.")
    ] = None,
    released: Annotated[
        bool, typer.Option("--released", help="The newest edition that was released.")
    ] = False,
    draft: Annotated[
        bool, typer.Option("--draft", help="What would be prepared now, whatever was prepared.")
    ] = False,
    rows_of: Annotated[
        list[str] | None,
        typer.Option(
            "--with-rows",
            metavar="METRIC",
            help=f"With the rows of this metric's figures; more than once if needed; {EVERY} for all.",
        ),
    ] = None,
    most_rows: Annotated[
        int, typer.Option("--max-rows", min=1, help="Refuse to pack more rows than this.")
    ] = MOST_ROWS,
    borrowers: BorrowersOption = None,
    replace: ReplaceOption = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """A report: every cell, checks, signatures and the signed text, with the rows of chosen metrics."""
    which = Which.of(edition, released=released, draft=draft)
    bank = Bank.at(root_of(workspace))
    scope = command_scope(bank)
    return_ = require(bank, name)
    named = None if branch is None else (branch,)
    source = Source.of(bank, scope, return_, month_of(as_of), named)
    unit = source.unit(branch)
    head = which.asked(source, unit)
    wanted = Wanted(file, now(), replace, _reason(borrowers), tuple(rows_of or ()), most_rows)
    packed = packing.pack_report(
        bank, scope, source.package(unit) if head is None else head, wanted
    )
    _tell(packed, output)


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An evidence pack.")],
    output: FormatOption = Format.TABLE,
) -> None:
    """Whether every file of a pack is as its manifest says; exit code 1 if one is not."""
    about, faults = archive.altered(file)
    rows: list[dict[str, object]] = [{"file": one.path, "state": one.state} for one in faults]
    if output is Format.JSON:
        print_json({**about, "faults": rows})
    else:
        if rows or output is Format.CSV:
            show(rows, output, columns=("file", "state"))
        said = f"{len(rows)} file(s) are not as they were" if rows else "Every file is as it was"
        console(error=output is Format.CSV).print(f"{about['evidence_of']}: {said}.")
    if faults:
        raise typer.Exit(1)


def _reason(text: str | None) -> str:
    """Why borrowers are shown; empty if they are not.

    Raises:
        BranchmarkError: if it says nothing.
    """
    if text is None:
        return ""
    said = " ".join(text.split())
    if not any(one.isalpha() for one in said):
        raise BranchmarkError("--borrowers needs a reason in words. Say why, or leave it out.")
    return said


def _tell(packed: Packed, output: Format) -> None:
    row: dict[str, object] = {
        "file": str(packed.file),
        "evidence_of": packed.called,
        "figures": packed.figures,
        "rows": packed.rows,
        "bytes": packed.bytes,
        "contents": packed.contents,
        "disagree": list(packed.disagree),
    }
    if output is Format.JSON:
        print_json(row)
    elif output is Format.CSV:
        show([row], output)
    out = console(error=True)
    if output is Format.TABLE:
        out.print(
            f"Wrote {packed.file} ({packed.bytes:,} bytes): {packed.called}; {packed.figures} figure(s), "
            f"{packed.rows:,} rows."
        )
    if packed.disagree:
        out.print(
            f"The rows of {', '.join(packed.disagree)} do not give the published digits: a month that they "
            "rest on was delivered or defined anew since. Build it, and pack again."
        )
