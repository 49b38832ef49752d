"""What things mean: `catalogue` and `dictionary`."""

from typing import Annotated, Final

import typer

from orchestration.bank import Bank
from orchestration.cli.options import FormatOption, WorkspaceOption
from orchestration.cli.output import Format, console, print_json, show
from orchestration.settings import workspace_root
from records import workspace as workspaces
from transforms import schema
from transforms.catalogue.forms import json_schema
from transforms.catalogue.load import definitions, unknown_metric
from transforms.catalogue.model import (
    Aggregation,
    At,
    Catalogue,
    Flag,
    Metric,
    Parts,
    Reading,
)
from transforms.periods import parse_month_end
from transforms.reference import tables as reference_tables
from transforms.schema import SYSTEM_COLUMNS, TABLES, Column, Table


def catalogue(
    metric: Annotated[str | None, typer.Argument(help="One metric, told in full.")] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", help="The definitions in force at a month end.")
    ] = None,
    schema_: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of definition files instead.")
    ] = False,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """The metric definitions, with sources and versions."""
    if schema_:
        print_json(json_schema())
        return
    root = workspace_root(workspace)
    has_own = workspace is not None or (root / workspaces.SETTINGS).exists()
    every = Bank.at(root).definitions if has_own else definitions(reference_tables.load())
    held = every.on(parse_month_end(as_of)) if as_of else every.newest
    if metric is not None and metric not in held.metrics:
        raise unknown_metric(metric, held)
    rows = [_row(held, name) for name in held.metrics if metric in (None, name)]
    if output is Format.TABLE and metric is not None:
        _tell(held, metric)
        return
    show(
        rows,
        output,
        columns=("metric", "family", "label_en", "label_zh", "kind", "unit", "readings", "version"),
    )


def _row(held: Catalogue, name: str) -> dict[str, object]:
    metric = held.metrics[name]
    return {
        "metric": name,
        "family": metric.family,
        "label_en": metric.label.en,
        "label_zh": metric.label.zh,
        "kind": metric.kind.value,
        "unit": metric.unit.value,
        "better": metric.better.value,
        "readings": [reading.name for reading in metric.readings],
        "default_reading": metric.default_reading,
        "slices": list(metric.cuts),
        "composition": list(metric.composition),
        "base": metric.base.value if metric.base else None,
        "formulas": list(metric.formulas),
        "valid_from": metric.valid_from.isoformat(),
        "valid_to": metric.valid_to.isoformat() if metric.valid_to else None,
        "version": held.versions[name],
        "source": metric.source.document,
        "verified": metric.source.verified,
        "own_definition": metric.source.own,
        "note_en": metric.note.en if metric.note else None,
        "note_zh": metric.note.zh if metric.note else None,
    }


def _tell(held: Catalogue, name: str) -> None:
    out = console()
    for key, value in _row(held, name).items():
        told = ", ".join(value) if isinstance(value, list) else value
        out.print(f"{key.replace('_', ' '):>16}  {told if told not in (None, '') else '–'}")
    metric = held.metrics[name]
    for cut in metric.cuts:
        out.print(f"{'cut by ' + cut:>24}: {PARTS[metric.parts(cut)]}")
    told_flags: list[str] = []
    for reading in metric.readings:
        out.print(f"\nReading {reading.name}: {_terms(held, metric, reading)}")
        for measure_name in held.plain_measures(reading):
            measure = held.measures[measure_name]
            if measure.where and measure.where not in told_flags:
                told_flags.append(measure.where)
                _tell_flag(held.flags[measure.where])


PARTS: Final = {
    Parts.ADD_UP: "parts add up to the total",
    Parts.TERMS_ADD_UP: "numerators and denominators add up, the value does not",
    Parts.NEED_NOT: "parts need not add up: a client may be in several",
}


def _terms(held: Catalogue, metric: Metric, reading: Reading) -> str:
    if reading.minuend is not None and reading.subtrahend is not None:
        root = " of the whole bank" if metric.of_root else ""
        return f"{':'.join(reading.minuend)} minus {':'.join(reading.subtrahend)}{root}"
    sides = [reading.numerator, reading.denominator] if reading.denominator else [reading.numerator]
    return " / ".join(_combined(held, side) for side in sides)


def _combined(held: Catalogue, name: str) -> str:
    measure = held.measures[name]
    if measure.aggregation is not Aggregation.COMBINED:
        return name
    told = " ".join(
        f"{'-' if term.times < 0 else '+'} "
        f"{'' if abs(term.times) == 1 else f'{abs(term.times):f} x '}{term.measure}"
        f"{'' if term.at is At.NOW else f' at {term.at}'}"
        for term in measure.terms
    )
    return f"{name} ({told.removeprefix('+ ')})"


def _tell_flag(flag: Flag) -> None:
    out = console()
    out.print(f"  {flag.name}: {flag.label.en} ({flag.label.zh}). {flag.source.document}")
    for word, clauses in (("all of", flag.all_of), ("one of", flag.any_of)):
        for clause in clauses:
            out.print(f"    {word}: {clause.label.en}  \\[{clause.sql}]")


def dictionary(
    table: Annotated[str | None, typer.Argument(help="One table.")] = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """The data dictionary: every canonical table and column, with type, unit and meaning."""
    tables = [schema.table(table)] if table else list(TABLES.values())
    if output is not Format.TABLE:
        show([row for one in tables for row in _columns(one)], output)
        return
    for one in tables:
        show(
            _columns(one),
            output,
            title=f"{one.name} · {one.en} · {one.zh} - {one.grain}; key {', '.join(one.key)}",
            columns=(
                "column",
                "type",
                "unit",
                "tier",
                "if_absent",
                "null_allowed",
                "meaning_en",
                "meaning_zh",
                "codes",
            ),
        )
    show(
        [
            {"column": c.name, "type": str(c.dtype), "meaning_en": c.en, "meaning_zh": c.zh}
            for c in SYSTEM_COLUMNS
        ],
        output,
        title="Added by the product to every row",
    )


def _columns(table: Table) -> list[dict[str, object]]:
    return [_column(table, column) for column in table.columns]


def _column(table: Table, column: Column) -> dict[str, object]:
    absent = column.presence.value
    if column.assumed is not None:
        absent = f"assumed {column.assumed}"
    return {
        "table": table.name,
        "column": column.name,
        "type": str(column.dtype),
        "unit": column.unit,
        "tier": column.tier,
        "if_absent": absent,
        "null_allowed": column.nullable,
        "key": column.name in table.key,
        "meaning_en": column.en,
        "meaning_zh": column.zh,
        "codes": ", ".join(column.code_list.values) if column.code_list else "",
        "standard": column.standard,
    }
