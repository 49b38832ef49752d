"""What things mean: `catalogue` and `dictionary`."""

from typing import Annotated

import typer

from orchestration.bank import Bank
from orchestration.cli.options import FormatOption, WorkspaceOption
from orchestration.cli.output import Format, console, show
from orchestration.settings import workspace_root
from records import workspace as workspaces
from transforms import schema
from transforms.catalogue.load import definitions, unknown_metric
from transforms.catalogue.model import Catalogue, Flag
from transforms.reference import tables as reference_tables
from transforms.schema import SYSTEM_COLUMNS, TABLES, Column, Table


def catalogue(
    metric: Annotated[str | None, typer.Argument(help="One metric, told in full.")] = None,
    workspace: WorkspaceOption = None,
    output: FormatOption = Format.TABLE,
) -> None:
    """The metric definitions, with sources and versions."""
    root = workspace_root(workspace)
    has_own = workspace is not None or (root / workspaces.SETTINGS).exists()
    held = Bank.at(root).catalogue if has_own else _product_catalogue()
    if metric is not None and metric not in held.metrics:
        raise unknown_metric(metric, held)
    rows = [_row(held, name) for name in held.metrics if metric in (None, name)]
    if output is Format.TABLE and metric is not None:
        _tell(held, metric)
        return
    show(
        rows,
        output,
        columns=("metric", "label_en", "label_zh", "kind", "unit", "readings", "version"),
    )


def _product_catalogue() -> Catalogue:
    return definitions(reference_tables.load()).newest


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
        "readings": ", ".join(reading.name for reading in metric.readings),
        "default_reading": metric.default_reading,
        "slices": ", ".join(metric.slices),
        "valid_from": metric.valid_from.isoformat(),
        "valid_to": metric.valid_to.isoformat() if metric.valid_to else None,
        "version": held.versions[name],
        "source": metric.source.document,
        "verified": metric.source.verified,
    }


def _tell(held: Catalogue, name: str) -> None:
    out = console()
    for key, value in _row(held, name).items():
        out.print(f"{key.replace('_', ' '):>16}  {value if value not in (None, '') else '–'}")
    told: list[str] = []
    for reading in held.metrics[name].readings:
        out.print(f"\nReading {reading.name}: {' / '.join(reading.measures)}")
        for measure in reading.measures:
            flag = held.flags[held.measures[measure].where]
            if flag.name not in told:
                told.append(flag.name)
                _tell_flag(flag)


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
