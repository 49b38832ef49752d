"""Rejected rows in words: which rules, why, what to do, and the row as it was delivered.

A row keeps the wording of the day it was rejected. What the rules are belongs in `expectations`.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import polars as pl

from dashboards.exports.guarded import to_csv
from dashboards.i18n import Language, say
from dashboards.numbers import NOTHING, fixed

PER_PAGE: Final = 50
"""Rows shown at a time; the file has all."""

_SHOWN_CELLS: Final = 2


def by_rule(rejected: pl.DataFrame) -> pl.DataFrame:
    """How many rows break each rule: `rule_id, rows`, the most first; a row counts for each of its rules."""
    return (
        rejected.select(rule_id=pl.col("rule_ids").explode(empty_as_null=False))
        .group_by("rule_id")
        .agg(rows=pl.len())
        .sort(pl.col("rows"), "rule_id", descending=[True, False])
    )


def filtered(
    rejected: pl.DataFrame, *, rule: str | None = None, table: str | None = None
) -> pl.DataFrame:
    """The rows that break a rule, or of a table; all if neither is named."""
    if rule is not None:
        rejected = rejected.filter(pl.col("rule_ids").list.contains(rule))
    if table is not None:
        rejected = rejected.filter(pl.col("table") == table)
    return rejected


def why(row: Mapping[str, object], language: Language) -> str:
    """Each rule a row breaks with its reason and remedy, as ready HTML."""
    rules = _texts(row["rule_ids"])
    reasons = _texts(row[f"reasons_{language.value}"])
    remedies = _texts(row[f"remedies_{language.value}"])
    told = []
    for place, rule in enumerate(rules):
        reason = reasons[place] if place < len(reasons) else say(language, "dq_earlier_wording")
        remedy = remedies[place] if place < len(remedies) else ""
        told.append(
            f"<div><b>{escape(rule)}</b> {escape(reason)}"
            + (f" <small>{escape(remedy)}</small>" if remedy else "")
            + "</div>"
        )
    cells = cells_of(row["as_delivered"]) or {}
    told += [
        f"<div><small>{escape(_problem(text, cells, language))}</small></div>"
        for text in _texts(row["problems"])
    ]
    return "".join(told)


def _problem(text: str, cells: Mapping[str, object], language: Language) -> str:
    """A cell that cannot be read, with what it holds if the file has a column of that name.

    Problems are noted as rule and column: `E0002:outstanding_principal`.
    """
    column = text.partition(":")[2] or text
    if column not in cells:
        return column
    held = cells[column]
    shown = say(language, "dq_empty_cell") if held in {None, ""} else str(held)
    return language.pick(f"{column}: {shown}", f"{column}：{shown}")


def as_delivered(text: object, language: Language) -> str:
    """The row as it was delivered, as ready HTML: its first cells, and all of them to open."""
    cells = cells_of(text)
    if cells is None:
        return escape(str(text or NOTHING))
    given = [(name, value) for name, value in cells.items() if value is not None]
    comma = language.pick(", ", "，")
    first = comma.join(f"{name} {_cell(value)}" for name, value in given[:_SHOWN_CELLS])
    if len(cells) > _SHOWN_CELLS:
        more = len(cells) - min(_SHOWN_CELLS, len(given))
        first = say(language, "dq_columns", first=first, count=more)
    record = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(_cell(value))}</dd>" for name, value in cells.items()
    )
    return (
        f'<details><summary>{escape(first)}</summary><dl class="bm-record">{record}</dl></details>'
    )


def cells_of(text: object) -> dict[str, object] | None:
    """The cells of a row by the names of its file; none if the text is no such row."""
    try:
        cells = json.loads(str(text))
    except json.JSONDecodeError:
        return None
    return cells if isinstance(cells, dict) and cells else None


def amount(row: Mapping[str, object]) -> str:
    """The money of a row in its own currency, as far as it could be read."""
    value = row["amount"]
    if value is None:
        return NOTHING
    code = row["currency_code"] or ""
    return f"{fixed(value, 2)} {code}".strip()  # type: ignore[arg-type]


def export(rejected: pl.DataFrame, language: Language) -> bytes:
    """All rows as CSV: names of `REJECTED`, lists joined, the delivered row as JSON; for Excel too."""
    joined = [
        pl.col(name).list.join("; ").alias(name)
        for name in (
            "rule_ids",
            f"reasons_{language.value}",
            f"remedies_{language.value}",
            "problems",
        )
    ]
    columns: Sequence[str | pl.Expr] = (
        *("as_of_date", "snapshot_version", "table", "source_file", "row_in_file", "branch_id"),
        *("currency_code", "amount"),
        *joined,
        "as_delivered",
    )
    return to_csv(rejected.select(*columns))


def _texts(held: object) -> list[str]:
    return [str(one) for one in held if one] if isinstance(held, list) else []


def _cell(value: object) -> str:
    return NOTHING if value is None else str(value)
