"""A report as CSV for other programs: a row a cell, with its data point, every digit, and what explains it.

UTF-8 with a mark that spreadsheets need; text that one would run as a formula is made harmless, numbers stay
numbers.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import polars as pl

from dashboards.exports.guarded import to_csv
from dashboards.summaries import words
from dashboards.summaries.paper import DRAFT, Paper
from dashboards.summaries.sheet import Form, forms
from dashboards.words import reason

_NUMBERS: Final = ("published_value", "adjustment", "exact", "printed")
_OF_CELL: Final = (
    *("unit_id", "metric_id", "reading", "definition_version", "slice", "member", "take"),
    *("as_of_date", "snapshot_version"),
)
_COLUMNS: Final = (
    *("data_point", "return_id", "return_version", "report_unit_id", "period", "edition", "state"),
    *("table_id", "table", "row_id", "row", "column_id", "column"),
    *("unit_id", "unit", "metric_id", "reading", "definition_version", "slice", "member", "take"),
    *("figure_as_of", "snapshot_version"),
    *_NUMBERS,
    *(
        "printed_in",
        "scale",
        "decimals",
        "text",
        "reason_code",
        "reason",
        "adjusted",
        "quality_state",
    ),
    *("content_hash", "stated_at"),
)
"""`exact` is in the unit of the figure (yuan, fractions) and holds the adjustment; `printed` is in
`printed_in`, rounded."""


def write(paper: Paper) -> bytes:
    """The file."""
    return to_csv(table(paper), numbers=_NUMBERS)


def table(paper: Paper) -> pl.DataFrame:
    """The same as a table: numbers are decimals without needless zeros, told as text."""
    rows = [row for form in forms(paper) for row in _rows(paper, form)]
    return pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String()), orient="row")


def _rows(paper: Paper, form: Form) -> Iterator[tuple[str | None, ...]]:
    package = paper.package
    report = (package.return_id, package.return_version, package.unit_id, paper.period)
    edition = None if paper.edition is None else str(paper.edition)
    for line in form.lines:
        for head, entry in zip(form.heads, line.entries, strict=True):
            cell = entry.cell
            if cell is None:
                continue
            yield (
                cell["data_point"],
                *report,
                edition,
                paper.state or DRAFT,
                cell["table_id"],
                form.title,
                cell["row_id"],
                line.label,
                cell["column_id"],
                head.label,
                cell["unit_id"],
                paper.unit_names.get(cell["unit_id"], cell["unit_id"]),
                *(None if cell[name] is None else str(cell[name]) for name in _OF_CELL[1:]),
                *(
                    _number(cell[name], cell["decimals"] if name == "printed" else 0)
                    for name in _NUMBERS
                ),
                words.scale_word(words.Scale(cell["scale"]), paper.form),
                cell["scale"],
                str(cell["decimals"]),
                cell["text"],
                cell["reason"],
                reason(cell["reason"], paper.language) or None,
                "true" if entry.is_adjusted else "false",
                cell["quality_state"],
                paper.content_hash,
                paper.stated_at.isoformat(),
            )


def _number(value: Decimal | None, least: int) -> str | None:
    """Every digit, and at least so many decimals."""
    if value is None:
        return None
    whole, _, part = f"{value:f}".partition(".")
    part = part.rstrip("0").ljust(least, "0")
    return f"{whole}.{part}" if part else whole
