"""A report as JSON: exactly what was signed, what people did with it, and how its lines are called.

`package` is the text that signatures are put to: told again with sorted keys, without white space and
unescaped, its SHA-256 is the content hash. Decimals are texts with every digit.
"""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import polars as pl

from dashboards.summaries.paper import Paper
from transforms.catalogue.model import Label
from transforms.returns.model import Return
from transforms.returns.package import ADJUSTED, CELL, SERIES, UNIT, VERDICT

SCHEMA: Final = 1
"""Raised when something is called otherwise or moves; what is only added does not raise it."""
_COLUMNS: Final = {
    "units": UNIT,
    "cells": CELL,
    "series": SERIES,
    "verdicts": VERDICT,
    "adjustments": ADJUSTED,
}


def write(paper: Paper) -> bytes:
    """The file, in UTF-8."""
    package = paper.package
    told = {
        "schema": SCHEMA,
        "kind": "branchmark report",
        "language": paper.language.value,
        "bank": paper.bank_name,
        "stated_at": paper.stated_at.isoformat(),
        "seen_by": paper.seen_by,
        "state": paper.state or "draft",
        "edition": paper.edition,
        "content_hash": paper.content_hash,
        "run_id": package.run_id,
        "fingerprint": package.fingerprint,
        "audit_anchor": paper.anchor or None,
        "return": _return(paper.return_),
        "package_columns": {name: list(schema) for name, schema in _COLUMNS.items()},
        "package": json.loads(package.text()),
        "steps": _rows(paper.steps),
        "remarks": _rows(paper.remarks),
        "differences": None if paper.differences is None else _rows(paper.differences),
    }
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _return(return_: Return) -> dict[str, object]:
    """How the report, its tables, lines and columns are called."""
    return {
        "return_id": return_.return_id,
        "code": return_.code,
        "version": return_.version,
        "label": _label(return_.label),
        "purpose": _label(return_.purpose),
        "source": return_.source,
        "disclaimer": _label(return_.disclaimer),
        "tables": [
            {
                "table_id": table.table_id,
                "label": _label(table.label),
                "rows": [
                    {"row_id": row.row_id, "label": _label(row.label), "of_which": row.of_which}
                    for row in table.rows
                ],
                "columns": [
                    {"column_id": column.column_id, "label": _label(column.label)}
                    for column in table.columns
                ],
                "footnotes": [
                    {"mark": mark, "label": _label(text)} for mark, text in table.footnotes
                ],
            }
            for table in return_.tables
        ],
    }


def _label(label: Label) -> dict[str, str]:
    return {"en": label.en, "zh": label.zh}


def _rows(frame: pl.DataFrame) -> list[dict[str, object]]:
    return [{name: _plain(value) for name, value in row.items()} for row in frame.to_dicts()]


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, datetime | date) else value
