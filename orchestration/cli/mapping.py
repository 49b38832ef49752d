"""Mappings before a delivery: `mapping list`, `show`, `suggest` and `check`."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from expectations.rules import load_rules
from orchestration import mapping_trials as trials
from orchestration.cli.options import DeliveredMonthOption, FormatOption, WorkspaceOption, root_of
from orchestration.cli.output import Format, console, print_json, show
from transforms.errors import ExistingFileError, MappingError
from transforms.mappings.model import parse_mapping
from transforms.periods import parse_month_end

app = typer.Typer(no_args_is_help=True)


@app.callback()
def mapping() -> None:
    """Ways of reading a book: which there are, a proposal for a new one, whether one fits a file."""


@app.command("list")
def list_mappings(workspace: WorkspaceOption = None, output: FormatOption = Format.TABLE) -> None:
    """The mappings of the product and of the workspace."""
    rows: list[dict[str, object]] = [
        {"mapping": known.name, "whose": known.whose, **_told(known)}
        for known in trials.known(root_of(workspace))
    ]
    show(rows, output, columns=("mapping", "title", "whose", "format", "tables"))


def _told(known: trials.Known) -> dict[str, object]:
    """What a mapping says of itself; of one that cannot be used, why."""
    try:
        parsed = parse_mapping(known.name, known.text)
    except MappingError as error:
        return {"title": f"cannot be used: {error}", "format": None, "tables": [], "notes": []}
    return {
        "title": parsed.title,
        "format": parsed.source.format,
        "tables": list(parsed.tables),
        "notes": list(parsed.notes),
    }


@app.command("show")
def show_mapping(
    name: Annotated[str, typer.Argument(help="Name of a mapping.")],
    workspace: WorkspaceOption = None,
) -> None:
    """The text of a mapping, to read or to copy from."""
    sys.stdout.write(trials.find(root_of(workspace), name).text)


@app.command("suggest")
def suggest_mapping(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file of the book.")],
    table: Annotated[
        str | None, typer.Option("--table", help="The canonical table, if you know it.")
    ] = None,
    records: Annotated[
        list[str] | None,
        typer.Option(
            "--records", help="Where a JSON file's records stand, `data.loan` for example."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where the mapping is written. Default: shown.")
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Write over a mapping that is there.")
    ] = False,
    output: FormatOption = Format.TABLE,
) -> None:
    """Propose a mapping for an unknown file, with its confidence in each line, for a person to finish."""
    if out is not None and out.exists() and not replace:
        raise ExistingFileError(str(out), way_out="Choose another --out, or say --replace.")
    with tempfile.TemporaryDirectory(prefix="branchmark-") as scratch:
        suggestion, text = trials.proposed(
            file, scratch=Path(scratch), table=table, records=tuple(records or ())
        )
    rows: list[dict[str, object]] = [
        {
            "source": proposal.source,
            "table": proposal.table,
            "column": proposal.column,
            "confidence": f"{proposal.confidence:.2f}",
            "sure": "yes" if proposal.is_sure else "no",
            "why": proposal.why,
        }
        for proposal in suggestion.proposals
    ]
    if suggestion.as_of is not None:
        month = {"source": suggestion.as_of[0], "table": "", "column": "as_of_date"}
        rows.insert(
            0, {**month, "confidence": "1.00", "sure": "yes", "why": "one date in all rows"}
        )
    if output is Format.JSON:
        missing = [{"table": name, "column": column} for name, column in suggestion.missing]
        print_json(
            {
                "rows_looked_at": suggestion.rows,
                "proposals": rows,
                "required_not_found": missing,
                "not_used": list(suggestion.unused),
                "mapping": text,
            }
        )
    else:
        show(rows, output, right=("confidence",))
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text, encoding="utf-8")
    if output is Format.TABLE:
        lines = console().print
        for name, column in suggestion.missing:
            lines(f"Required, not found: {column} of {name}.")
        if out is None:
            sys.stdout.write(f"\n{text}")
        else:
            lines(f"Written to {out}. Finish it, then: branchmark mapping check {out} {file}")


@app.command("check")
def check_mapping(
    name: Annotated[str, typer.Argument(help="Name of a mapping, or the path of its text.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file to try it on.")],
    as_of: DeliveredMonthOption = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """Try a mapping on a file without delivering it: columns missing or unused, rows not readable."""
    with tempfile.TemporaryDirectory(prefix="branchmark-") as scratch:
        trial = trials.tried(
            file,
            name,
            root=root_of(workspace),
            scratch=Path(scratch),
            as_of=parse_month_end(as_of) if as_of else None,
        )
    match output:
        case Format.JSON:
            print_json(_as_json(trial))
        case Format.CSV:
            show(_problems(trial), output)
        case Format.TABLE:
            _print(trial)


def _reasons() -> dict[str, str]:
    return {rule.id: rule.reason.en for rule in load_rules()}


def _problems(trial: trials.Trial) -> list[dict[str, object]]:
    reasons = _reasons()
    return [
        {
            "table": count.table,
            "rule": count.rule,
            "column": count.column,
            "rows": count.rows,
            "reason": reasons.get(count.rule, ""),
        }
        for count in trial.problems
    ]


def _first(trial: trials.Trial) -> list[dict[str, object]]:
    return [
        {
            "table": row.table,
            "row": row.row,
            "rule": row.rule,
            "column": row.column,
            "delivered": row.delivered,
        }
        for row in trial.first
    ]


def _as_json(trial: trials.Trial) -> dict[str, object]:
    return {
        "as_of_date": trial.as_of.isoformat(),
        "rows": trial.counts,
        "tables": [
            {"table": name, "rows": rows, "rows_with_problems": bad}
            for name, rows, bad in trial.tables
        ],
        "columns_absent": [column for column, _ in trial.fit.absent],
        "columns_unused": list(trial.fit.unused),
        "problems": _problems(trial),
        "first_problem_rows": _first(trial),
        "notes": list(trial.notes),
    }


def _print(trial: trials.Trial) -> None:
    out = console()
    counts = trial.counts
    out.print(
        f"{trial.as_of}: {counts['delivered']:,} rows, {counts['in_month']:,} of the month, "
        f"{counts['outside']:,} outside, {counts['undecided']:,} that cannot be told."
    )
    show(
        [
            {"table": name, "rows": f"{rows:,}", "rows_with_problems": f"{bad:,}"}
            for name, rows, bad in trial.tables
        ],
        Format.TABLE,
        right=("rows", "rows_with_problems"),
    )
    if trial.problems:
        show(_problems(trial), Format.TABLE, title="What cannot be read", right=("rows",))
        show(_first(trial), Format.TABLE, title="The first such rows", right=("row",))
    if trial.fit.unused:
        out.print(f"Columns of the file that nothing asks for: {', '.join(trial.fit.unused)}.")
    for note in trial.notes:
        out.print(f"Note: {note}")
