"""`report`: which reports there are, what is in one, and its files, for one unit or for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from dashboards.i18n import Language, language_of
from dashboards.summaries.formats import SummaryKind, plain
from dashboards.summaries.paper import DRAFT
from orchestration.bank import Bank
from orchestration.cli.acting import command_scope
from orchestration.cli.options import MonthOption, WorkspaceOption, month_of, root_of
from orchestration.cli.output import Format, console, show
from orchestration.cli.people import now
from orchestration.cli.report_calendar import CALENDAR, print_calendar
from orchestration.cli.report_cells import print_cells, return_row
from orchestration.cli.report_template import (
    Asked,
    BindingsOption,
    Into,
    LossOption,
    MissingOption,
    StrictOption,
    TemplateOption,
    fill_all,
)
from orchestration.reporting import layouts, rendering, standing
from orchestration.reporting.choosing import Which
from orchestration.reporting.defined import periods, require, returns, units_of
from orchestration.reporting.layouts import layout_of
from orchestration.reporting.source import Source
from orchestration.reporting.templating import Demands
from records.access import Scope
from records.ledger.returns import Head
from records.package_store import PackageStore
from transforms.errors import BranchmarkError, UnknownNameError, listed

NameArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[NAME]",
        help="Which report, or `calendar`: what is due when. Without one they are listed.",
    ),
]
UnitOption = Annotated[
    str | None,
    typer.Option("--branch", help="Whose report; not needed where it is made of the whole bank."),
]


def report(
    name: NameArgument = None,
    as_of: MonthOption = "latest",
    branch: UnitOption = None,
    every: Annotated[
        bool, typer.Option("--all-units", help="One report for each unit, in a folder each.")
    ] = False,
    given: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            help="With --out: xlsx, pdf, csv, json, more than once if needed; default by whom the report "
            "is for. Else table, json or csv.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="DIR", help="Write files here; else cells are printed."
        ),
    ] = None,
    language: Annotated[str, typer.Option("--lang", help="en or zh.")] = "en",
    edition: Annotated[
        int | None, typer.Option("--edition", help="This edition; default the newest.")
    ] = None,
    released: Annotated[
        bool, typer.Option("--released", help="The newest edition that was released.")
    ] = False,
    draft: Annotated[
        bool, typer.Option("--draft", help="What would be prepared now, whatever was prepared.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over files that are there.")
    ] = False,
    template: TemplateOption = None,
    bindings: BindingsOption = None,
    missing: MissingOption = None,
    strict: StrictOption = False,
    accept_loss: LossOption = False,
    workspace: WorkspaceOption = None,
) -> None:
    """The reports of a bank: a list of them, the cells of one, or its files.

    What was prepared is shown as its newest edition; what nobody prepared, as a draft, named and marked so.
    """
    spoken = language_of(language)
    own = Asked(template, bindings, missing, Demands(strict=strict, accept_loss=accept_loss))
    if template is None:
        own.refuse_alone()
    elif name is None or out is None:
        raise BranchmarkError(
            "--template fills a workbook with one report. Say which, and where it goes with --out DIR."
        )
    which = Which.of(edition, released=released, draft=draft)
    bank = Bank.at(root_of(workspace))
    if name is None:
        _list(bank, command_scope(bank), _printed(given))
        return
    if name == CALENDAR and name not in returns(bank):
        print_calendar(bank, command_scope(bank), _printed(given))
        return
    scope = command_scope(bank)
    if every and branch is not None:
        raise BranchmarkError("--all-units and --branch contradict each other. Take one of them.")
    return_ = layouts.newest(bank, scope, name)
    source = Source.of(bank, scope, return_, month_of(as_of), None if branch is None else (branch,))
    if out is not None:
        units = source.units if every else (source.unit(branch),)
        if template is not None:
            into = Into(out, spoken, replace, every)
            asked = [(unit, _asked(source, which, unit)) for unit in units]
            fill_all(source, asked, template, own, into, _printed(given))
            return
        kinds = _kinds(given) or rendering.kinds_of(return_)
        _write(source, units, which, Files(kinds, out, spoken, replace, every))
        return
    if every:
        raise BranchmarkError("--all-units writes files. Say where with --out DIR.")
    _print(source, which, source.unit(branch), _printed(given), spoken)


@dataclass(frozen=True)
class Files:
    """Which files are written, and where.

    Attributes:
        kinds: which kinds.
        folder: where.
        language: of words.
        replace: whether files that are there are written over.
        apart: whether each unit has a folder of its own.
    """

    kinds: tuple[SummaryKind, ...]
    folder: Path
    language: Language
    replace: bool
    apart: bool


def _list(bank: Bank, scope: Scope, output: Format) -> None:
    published = bank.published.pinned()
    rows = []
    for return_ in returns(bank).values():
        known = periods(published, return_)
        units = len(units_of(bank, return_, known[-1], scope)) if known else 0
        rows.append(return_row(return_, units))
    show(
        rows,
        output,
        title="Reports",
        columns=("report", "code", "version", "label", "frequency", "made_for", "units", "checks"),
        right=("units", "checks"),
    )


def _print(source: Source, which: Which, unit: str, output: Format, language: Language) -> None:
    bank, scope = source.bank, source.scope
    head = _asked(source, which, unit)
    package = source.package(unit) if head is None else PackageStore.of(bank.workspace).read(head)
    for one in package.units["unit_id"]:
        scope.require(one)
    ledger = bank.ledger.returns
    said = [] if head is None else ledger.remarks(scope, package_id=head.package_id).to_dicts()
    state = DRAFT if head is None else _state(source, head)
    print_cells(layout_of(bank, package), package, head, state, said, output, language)
    if head is not None:
        _tell_change(source, head, state)


def _write(source: Source, units: Sequence[str], which: Which, files: Files) -> None:
    """Write the files of some units; one that cannot be written costs no other.

    Raises:
        BranchmarkError: naming those that could not be written.
    """
    if not units:
        raise BranchmarkError(
            f"{source.scope.who} sees no unit that {source.return_.return_id} is made for. Ask head office "
            "to extend the scope."
        )
    failed: dict[str, BranchmarkError] = {}
    written = 0
    err = console(error=True)
    with _progress(shown=len(units) > 1) as progress:
        task = progress.add_task(source.return_.return_id, total=len(units))
        for unit in units:
            try:
                head = _asked(source, which, unit)
                folder = files.folder / plain(unit) if files.apart else files.folder
                paths = rendering.write(
                    source.bank,
                    source.scope,
                    source.package(source.unit(unit)) if head is None else head,
                    files.kinds,
                    folder,
                    language=files.language,
                    replace=files.replace,
                    at=now(),
                )
                written += len(paths)
                if not files.apart:
                    for path in paths:
                        err.print(f"Wrote {path} ({path.stat().st_size:,} bytes).")
                if head is not None:
                    _tell_change(source, head, _state(source, head))
            except BranchmarkError as error:
                if len(units) == 1:
                    raise
                failed[unit] = error
            progress.advance(task)
    if files.apart:
        err.print(
            f"Wrote {written} file(s) of {len(units) - len(failed)} unit(s) below {files.folder}."
        )
    if failed:
        unit, error = next(iter(failed.items()))
        raise BranchmarkError(
            f"{len(failed)} of {len(units)} unit(s) could not be written ({listed(tuple(failed), 12)}); of "
            f"{unit}: {error}"
        )


def _asked(source: Source, which: Which, unit: str) -> Head | None:
    """The edition that is shown; none for a draft.

    Raises:
        UnknownNameError: for a draft of what the bank no longer defines.
        BranchmarkError: if there is no such edition.
    """
    head = which.asked(source, unit)
    if head is None:
        require(source.bank, source.return_.return_id)
    return head


def _state(source: Source, head: Head) -> str:
    steps = source.bank.ledger.returns.steps(source.scope, package_id=head.package_id)
    return str(steps["step"][-1])


def _tell_change(source: Source, head: Head, state: str) -> None:
    """Say that an edition is no longer what would be prepared now, if so."""
    if head.return_id not in returns(source.bank):
        console(error=True).print(
            f"{head.called}, is {state}, and the bank no longer defines such a report.",
            soft_wrap=True,
        )
        return
    change = standing.against(source, head)
    if change is not None:
        console(error=True).print(
            f"{head.called}, is {state}, and {change.sentence} Prepared anew, it would be another edition.",
            soft_wrap=True,
        )


def _progress(*, shown: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console(error=True),
        disable=not shown,
    )


def _printed(given: Sequence[str] | None) -> Format:
    """How a list or cells are printed.

    Raises:
        UnknownNameError: if it is no such format.
        BranchmarkError: if there are several.
    """
    if not given:
        return Format.TABLE
    if len(given) > 1:
        raise BranchmarkError("One --format prints. Say where files go with --out DIR.")
    if given[0] not in tuple(Format):
        way_out = f"Without --out it is {', '.join(Format)}; files want --out DIR."
        raise UnknownNameError("format", given[0], tuple(Format), way_out=way_out)
    return Format(given[0])


def _kinds(given: Sequence[str] | None) -> tuple[SummaryKind, ...]:
    """Which kinds of files are written, each once.

    Raises:
        UnknownNameError: if one of them is no such kind.
    """
    known = tuple(kind.value for kind in SummaryKind)
    for one in given or ():
        if one not in known:
            way_out = f"Files are {', '.join(known)}."
            raise UnknownNameError("format", one, known, way_out=way_out)
    return tuple(SummaryKind(one) for one in dict.fromkeys(given or ()))
