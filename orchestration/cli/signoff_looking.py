"""What `signoff` shows: how far reports have come, their checks, what is in the way, and what changed."""

from typing import Annotated, Any

import polars as pl
import typer

from dashboards.i18n import language_of
from orchestration.bank import Bank
from orchestration.cli.acting import command_scope
from orchestration.cli.options import (
    FormatOption,
    MonthOption,
    WorkspaceOption,
    month_of,
    month_or_all,
    root_of,
)
from orchestration.cli.output import Format, console, show
from orchestration.cli.report_cells import difference_rows, verdict_rows
from orchestration.cli.signoff_options import (
    SHORT,
    At,
    LanguageOption,
    NameArgument,
    Row,
    UnitOption,
    source_of,
)
from orchestration.reporting import house as houses
from orchestration.reporting import standing, workflow
from orchestration.reporting.choosing import Which
from records.ledger.returns import REMARKS
from records.package_store import PackageStore
from transforms.errors import BranchmarkError


def status(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One report.")] = None,
    as_of: Annotated[
        str, typer.Option("--as-of", help="A month end, `latest` of each report, or `all`.")
    ] = "latest",
    branch: Annotated[str | None, typer.Option("--branch", help="One unit.")] = None,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="Only those that changed since they were prepared.")
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """How far each report of each unit has come, who signed it, and what changed since."""
    bank = Bank.at(root_of(workspace))
    day, every = month_or_all(as_of)
    with console(error=True).status("comparing") as shown:
        found = houses.house(
            bank,
            command_scope(bank),
            return_id=name,
            unit=branch,
            as_of=day,
            every_period=every,
            told=lambda done, of: shown.update(f"comparing {done} of {of}"),
        )
    rows = [_house_row(row) for row in found.to_dicts() if not outdated or row["is_outdated"]]
    columns = ("as_of_date", "report", "unit", "edition", "state", "outdated")
    people = ("prepared_by", "checked_by", "approved_by", "released_by", "hash")
    show(rows, output, columns=(*columns, *people), right=("edition",))


def checks(
    name: NameArgument,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    failing: Annotated[
        bool, typer.Option("--failing", help="Only those that do not hold.")
    ] = False,
    language: LanguageOption = "en",
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """The cross-checks of a report, those that do not hold first, and what was said about them."""
    spoken = language_of(language)
    bank = Bank.at(root_of(workspace))
    scope = command_scope(bank)
    source, unit = source_of(bank, scope, name, branch, month_of(as_of))
    head = Which().asked(source, unit)
    said = pl.DataFrame(schema=dict(REMARKS))
    if head is None:
        package = source.package(unit)
    else:
        package = PackageStore.of(bank.workspace).read(head)
        said = bank.ledger.returns.remarks(scope, package_id=head.package_id)
    rows = verdict_rows(package, said.to_dicts(), spoken)
    show(
        [row for row in rows if not failing or row["state"] == "fails"],
        output,
        title=f"{name}, {unit}, {source.as_of}",
        columns=(
            "case",
            "state",
            "severity",
            "check",
            "cells",
            "left",
            "relation",
            "right",
            "said",
        ),
        right=("left", "right"),
    )


def obstacles(
    name: NameArgument,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What stands in the way of a report: checks, missed metrics without a word, the book."""
    at = At.of(workspace, name, branch, as_of, "")
    found = workflow.obstacles(at.bank, at.reading, at.head(at.reading))
    columns = ("what", "asks", "blocks", "case", "unit_id", "metric_id", "label_en", "cells")
    rows = difference_rows(found.to_dicts())
    show(rows, output, title=f"{name}, {at.unit}, {at.as_of}", columns=(*columns, "difference"))


def differences(
    name: NameArgument,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    against: Annotated[
        str,
        typer.Option(
            "--against",
            help="`released`: the edition released before; `now`: what would be prepared now.",
        ),
    ] = "released",
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """What changed of a report, by cell: since the last release, or since it was prepared."""
    if against not in {"released", "now"}:
        raise BranchmarkError(f"--against {against!r} is neither `released` nor `now`. Take one.")
    bank = Bank.at(root_of(workspace))
    stood = standing.standing(bank, command_scope(bank), name, branch, month_of(as_of))
    about = f"{name}, {stood.package.unit_id}, {stood.package.as_of}"
    if against == "now":
        if stood.head is None:
            raise BranchmarkError(f"{about}: nobody prepared it yet. Prepare it first.")
        found = stood.since
    else:
        found = stood.against_released
        if found is None:
            raise BranchmarkError(
                f"{about}: no other edition was released before. Take --against now."
            )
    rows = [] if found is None else difference_rows(found.to_dicts())
    figures = ("printed", "printed_after", "printed_change")
    columns = ("data_point", "unit_id", "metric_id", "kind", *figures, "scale", "reason_after")
    show(rows, output, title=about, columns=columns, right=figures)


def history(
    name: NameArgument,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Every step of every edition of a report, the oldest first."""
    bank = Bank.at(root_of(workspace))
    scope = command_scope(bank)
    source, unit = source_of(bank, scope, name, branch, month_of(as_of))
    steps = bank.ledger.returns.steps(scope).filter(
        pl.col("return_id") == name, pl.col("unit_id") == unit, pl.col("as_of") == source.as_of
    )
    rows: list[Row] = [
        {
            "edition": row["edition"],
            "step": row["step"],
            "by": row["person"],
            "at": row["at"].isoformat(),
            "note": row["note"],
            "hash": row["content_hash"][:SHORT],
            "content_hash": row["content_hash"],
            "anchor": None
            if row["anchor_number"] is None
            else f"{row['anchor_number']}:{row['anchor_hash']}",
        }
        for row in steps.sort("edition", "step_id").to_dicts()
    ]
    columns = ("edition", "step", "by", "at", "note", "hash")
    show(rows, output, title=f"{name}, {unit}, {source.as_of}", columns=columns)


def _house_row(row: dict[str, Any]) -> Row:
    def moment(name: str) -> str | None:
        return row[name].isoformat() if row[name] is not None else None

    signed = {
        f"{step}_{what}": row[f"{step}_by"] if what == "by" else moment(f"{step}_at")
        for step in ("prepared", "checked", "approved", "released", "returned")
        for what in ("by", "at")
    }
    return {
        "as_of_date": row["as_of"].isoformat(),
        "report": row["return_id"],
        "unit": row["unit_id"],
        "unit_name": row["name_en"],
        "level": row["level"],
        "edition": row["edition"],
        "state": row["state"],
        "outdated": row["is_outdated"],
        "released_edition": row["released_edition"],
        **signed,
        "note": row["note"],
        "hash": row["content_hash"][:SHORT] if row["content_hash"] else None,
        "content_hash": row["content_hash"],
    }
