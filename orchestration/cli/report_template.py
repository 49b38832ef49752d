"""`report --template`: reports in a workbook of the bank's or the regulator's own, and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from dashboards.i18n import Language
from dashboards.summaries.template import Finding
from orchestration.cli.output import Format, console, print_json, show
from orchestration.cli.people import now
from orchestration.reporting import templating
from orchestration.reporting.source import Source
from orchestration.reporting.templating import Demands
from records.ledger.returns import Head
from transforms.errors import BranchmarkError, listed

TemplateOption = Annotated[
    Path | None,
    typer.Option(
        "--template",
        metavar="FILE.xlsx",
        help="Fill this workbook in place, with --out; --format then says how findings are printed.",
    ),
]
BindingsOption = Annotated[
    Path | None,
    typer.Option(
        "--bindings",
        metavar="FILE.yaml",
        help="With --template: which cells hold what; default returns/<template>.bindings.yaml.",
    ),
]
MissingOption = Annotated[
    str | None,
    typer.Option("--missing", help="With --template: what cells without a value hold, like –."),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="With --template: write nothing if anything is found.")
]
LossOption = Annotated[
    bool,
    typer.Option(
        "--accept-loss",
        help="With --template: drop what cannot be kept (shapes, controls, slicers).",
    ),
]

_COLUMNS = ("kind", "place", "about", "why")


@dataclass(frozen=True)
class Asked:
    """How templates are to be filled.

    Attributes:
        template: the workbook.
        bindings: the bindings file, if one is named.
        missing: what cells without a value hold, if that is said.
        demands: what is asked before a file is written.
    """

    template: Path | None
    bindings: Path | None
    missing: str | None
    demands: Demands

    def refuse_alone(self) -> None:
        """Refuse what only a template has, where there is none.

        Raises:
            BranchmarkError: naming it.
        """
        given = {
            "--bindings": self.bindings is not None,
            "--missing": self.missing is not None,
            "--strict": self.demands.strict,
            "--accept-loss": self.demands.accept_loss,
        }
        for name, is_given in given.items():
            if is_given:
                raise BranchmarkError(
                    f"{name} is about a template. Name one with --template FILE.xlsx."
                )


@dataclass(frozen=True)
class Into:
    """Where the files go.

    Attributes:
        folder: where.
        language: of words.
        replace: whether files that are there are written over.
        apart: whether each unit has a folder of its own.
    """

    folder: Path
    language: Language
    replace: bool
    apart: bool


def fill_all(
    source: Source,
    reports: Sequence[tuple[str, Head | None]],
    template: Path,
    asked: Asked,
    into: Into,
    output: Format,
) -> None:
    """Fill a template for some units; one that cannot be filled costs no other.

    Raises:
        BranchmarkError: naming those that were not written.
    """
    bank, scope = source.bank, source.scope
    opened = templating.opened(
        bank, source.return_.return_id, template, asked.bindings, asked.missing
    )
    rows: list[dict[str, object]] = []
    refused: dict[str, str] = {}
    for unit, head in reports:
        try:
            path, findings, why = templating.write(
                bank,
                scope,
                source.package(source.unit(unit)) if head is None else head,
                opened,
                into.folder / unit if into.apart else into.folder,
                demands=asked.demands,
                language=into.language,
                replace=into.replace,
                at=now(),
            )
        except BranchmarkError as error:
            if len(reports) == 1:
                raise
            refused[unit] = str(error)
            continue
        rows += [_row(unit, one, output) for one in findings]
        if path is None:
            refused[unit] = why
        else:
            told = f"Wrote {path} ({path.stat().st_size:,} bytes), {len(findings)} finding(s)."
            console(error=True).print(told, soft_wrap=True)
    _print(rows, output)
    if len(reports) == 1 and refused:
        raise BranchmarkError(refused[reports[0][0]])
    if refused:
        unit, why = next(iter(refused.items()))
        raise BranchmarkError(
            f"{len(refused)} of {len(reports)} unit(s) were not written ({listed(tuple(refused), 12)}); of "
            f"{unit}: {why}"
        )


def _row(unit: str, one: Finding, output: Format) -> dict[str, object]:
    row: dict[str, object] = {
        "unit_id": unit,
        "kind": one.kind.value,
        "place": one.place,
        "about": one.about,
        "why": one.why,
    }
    return row if output is Format.TABLE else {**row, "points": list(one.points)}


def _print(rows: list[dict[str, object]], output: Format) -> None:
    if output is Format.JSON:
        print_json(rows)
    elif rows:
        several = len({row["unit_id"] for row in rows}) > 1
        columns = ("unit_id", *_COLUMNS) if several else _COLUMNS
        show(rows, output, title="Findings", columns=columns)
