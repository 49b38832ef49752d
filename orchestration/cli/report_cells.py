"""Cells and reports as they are printed: for people, and as rows for another program."""

from collections.abc import Iterable
from typing import Any, Final

from dashboards.i18n import Language
from dashboards.numbers import Format as Numbers
from dashboards.summaries import words
from orchestration.cli.output import Format, exact, print_json, show
from records.ledger.returns import Head
from transforms.returns.model import MadeFor, Return, Scale
from transforms.returns.package import Package

Row = dict[str, object]

_SHOWN: Final = ("data_point", "row", "column", "value", "unit", "reason", "adjustment")


def return_row(return_: Return, units: int) -> Row:
    """A return as it is listed."""
    whole = return_.made_for is MadeFor.BANK
    return {
        "report": return_.return_id,
        "code": return_.code,
        "version": return_.version,
        "label": return_.label.en,
        "label_zh": return_.label.zh,
        "frequency": return_.frequency.value,
        "audience": return_.audience.value,
        "made_for": "whole bank" if whole else ", ".join(return_.levels),
        "units": units,
        "due_working_days": return_.due_working_days,
        "tables": len(return_.tables),
        "checks": len(return_.checks),
        "source": return_.source,
        "disclaimer": return_.disclaimer.en,
        "defined_in": return_.where,
    }


def head_row(package: Package, head: Head | None, state: str) -> Row:
    """What a report is of, and how far it has come."""
    return {
        "report": package.return_id,
        "version": package.return_version,
        "unit": package.unit_id,
        "as_of_date": package.as_of.isoformat(),
        "snapshot_version": package.snapshot_version,
        "edition": None if head is None else head.edition,
        "state": state,
        "content_hash": package.content_hash,
    }


def cell_rows(return_: Return, package: Package, language: Language) -> list[Row]:
    """Every cell of a report, with the words of its row and column."""
    form = Numbers(language, package.base_currency)
    rows = {
        (table.table_id, row.row_id): words.label(row.label, language)
        for table in return_.tables
        for row in table.rows
    }
    columns = {
        (table.table_id, column.column_id): column
        for table in return_.tables
        for column in table.columns
    }
    name = language.pick("name_en", "name_zh")
    units = dict(package.units.select("unit_id", name).iter_rows())
    told: list[Row] = []
    for cell in package.cells.to_dicts():
        column = columns[cell["table_id"], cell["column_id"]]
        at = cell["table_id"], cell["row_id"]
        told.append(
            {
                "data_point": cell["data_point"],
                "row": rows.get(at) or units.get(cell["unit_id"]) or cell["row_id"],
                "column": words.label(column.label, language),
                "value": words.cell_text(cell, language),
                "unit": words.scale_word(Scale(cell["scale"]), form),
                "exact": exact(cell["exact"]),
                "published": exact(cell["published_value"]),
                "adjustment": exact(cell["adjustment"]) if cell["adjustment"] else None,
                "reason": cell["reason"],
                "text": cell["text"],
                "unit_id": cell["unit_id"],
                "metric": cell["metric_id"],
                "reading": cell["reading"],
                "definition_version": cell["definition_version"],
                "slice": cell["slice"],
                "member": cell["member"],
                "take": cell["take"],
                "as_of_date": cell["as_of_date"].isoformat() if cell["as_of_date"] else None,
                "snapshot_version": cell["snapshot_version"],
                "quality_state": cell["quality_state"],
            }
        )
    return told


def verdict_rows(package: Package, said: Iterable[dict[str, Any]], language: Language) -> list[Row]:
    """Every case of every check with what was said about it: those that fail first."""
    remarks: dict[str, list[str]] = {}
    for row in said:
        remarks.setdefault(row["case"], []).append(f"{row['person']}: {row['text']}")
    order = {"fails": 0, "not_asked": 1, "holds": 2}
    label = language.pick("label_en", "label_zh")
    rows = sorted(package.verdicts.to_dicts(), key=lambda row: order[row["state"]])
    return [
        {
            "case": f"{row['check_id']}#{row['number']}",
            "state": row["state"],
            "severity": row["severity"],
            "kind": row["kind"],
            "check": row[label],
            "left": exact(row["left"]),
            "relation": row["relation"],
            "right": exact(row["right"]),
            "difference": exact(row["difference"]),
            "tolerance": exact(row["tolerance"]),
            "cells": row["cells"],
            "why": row["why"],
            "said": remarks.get(f"{row['check_id']}#{row['number']}", []),
        }
        for row in rows
    ]


def difference_rows(rows: Iterable[dict[str, Any]]) -> list[Row]:
    """Cells that differ, as `transforms.returns.differences` tells them, as plain values."""
    return [
        {
            name: exact(value) if hasattr(value, "as_tuple") else _plain(value)
            for name, value in row.items()
        }
        for row in rows
    ]


def _plain(value: object) -> object:
    return value.isoformat() if hasattr(value, "isoformat") else value


def print_cells(
    return_: Return,
    package: Package,
    head: Head | None,
    state: str,
    said: Iterable[dict[str, Any]],
    output: Format,
    language: Language,
) -> None:
    """Print the cells of a report; as JSON also what they are of, its checks and adjustments."""
    cells = cell_rows(return_, package, language)
    told = head_row(package, head, state)
    if output is Format.JSON:
        print_json(
            {
                **told,
                "label": return_.label.en,
                "label_zh": return_.label.zh,
                "base_currency": package.base_currency,
                "cells": cells,
                "checks": verdict_rows(package, said, language),
                "adjustments": difference_rows(package.adjustments.to_dicts()),
            }
        )
        return
    if output is Format.CSV:
        show([{**told, **cell} for cell in cells], output)
        return
    edition = "draft" if head is None else f"edition {head.edition}, {state}"
    show(
        cells,
        output,
        title=f"{words.label(return_.label, language)} ({return_.code} {return_.version}), "
        f"{package.unit_id}, {package.as_of}: {edition}",
        columns=_SHOWN,
        right=("value", "adjustment"),
    )
