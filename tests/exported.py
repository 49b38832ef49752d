"""A document with everything that writers of files have to get right, and for whom it is made."""

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl

from dashboards.exports.document import (
    Cell,
    Column,
    Content,
    Document,
    Face,
    Heading,
    Made,
    Picture,
    Table,
    Words,
)
from dashboards.i18n import Language
from dashboards.numbers import Format
from transforms.scorecards import Status

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="10" viewBox="0 0 40 10">'
    '<rect width="30" height="10" fill="#1B2430"/></svg>'
)
MADE = Made("li", datetime(2026, 11, 22, 8, 30, 5, tzinfo=UTC), Format(Language.EN, "CNY"))
MADE_ZH = Made("li", MADE.at, Format(Language.ZH, "CNY"))

SHARE, AMOUNT = Decimal("0.184312345678"), Decimal("123456789012345678.120000000000")

COLUMNS = (
    Column("branch_id", "Branch", labels={"B1": "Harbour"}),
    Column("unit", "Unit"),
    Column("value", "Value", Content.MIXED, by="unit", note="In the unit beside it."),
    Column("count", "Clients", Content.COUNT),
    Column("day", "Day", Content.DATE),
    Column("comment", "Comment"),
    Column("in_words", "In words", told=True),
)
ROWS = pl.DataFrame(
    {
        "branch_id": ["B1", "B2", "B3"],
        "unit": ["ratio", "currency", "pp"],
        "value": [SHARE, AMOUNT, None],
        "count": [1200, -3, None],
        "day": [date(2026, 10, 31), None, None],
        "comment": ["=1+1", "-2 branches", None],
        "in_words": ["0.8 pp short", None, None],
    },
    schema_overrides={"value": pl.Decimal(38, 12)},
)


def document(**changes: object) -> Document:
    """The document, or one that differs from it."""
    parts: dict[str, object] = {
        "stem": "scorecard_B1",
        "title": "Scorecard: Harbour & Sons <b>",
        "strip": (("Branch", "Bank › Harbour (B1)"), ("Period", "31 Oct 2026")),
        "filters": (("Show", "With targets"),),
        "message": "2 of 3 targets met.",
        "blocks": (table(), Picture("Trend", SVG, "from 1 to 2"), Words("Notes", ("One.", "Two."))),
        "definitions": (("sei_share", "SEI share", "Numerator: SEI loans."),),
        "signatures": ("Prepared", "Approved"),
    }
    return Document(**{**parts, **changes})  # type: ignore[arg-type]


def table(**changes: object) -> Table:
    """Its table, or one that differs from it."""
    parts: dict[str, object] = {
        "name": "figures",
        "title": "Figures",
        "columns": COLUMNS,
        "rows": ROWS,
        "notes": ("A legend.",),
    }
    return Table(**{**parts, **changes})  # type: ignore[arg-type]


def faced() -> Table:
    """The same table with a face of its own: a drawing, a status, a line below."""
    face = Face(
        (
            Heading("Measure"),
            Heading("Value", number=True, under=("target 8%",)),
            Heading("Status"),
        ),
        (
            (
                Cell("SEI share", "Strategic industries", strong=True),
                Cell(svg=SVG, alt="7.3% against 8%"),
                Cell("missed", mark=Status.MISSED),
            ),
        ),
    )
    return table(face=face)
