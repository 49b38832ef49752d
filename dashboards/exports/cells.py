"""A raw cell of an export as people read it: rounded where it is shown, worded where it is a code.

How a whole figure is told belongs in `dashboards.scorecard`; this is for tables without a face of their own.
"""

import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from dashboards.exports.document import Cell, Column, Content, Face, Heading, Table
from dashboards.i18n import day_text, say
from dashboards.numbers import NOTHING, Format, fixed
from transforms.catalogue.model import Unit

_OF_UNIT: Final[Mapping[str, Content]] = {
    Unit.CURRENCY: Content.MONEY,
    Unit.COUNT: Content.COUNT,
    Unit.RATIO: Content.RATIO,
    Unit.PP: Content.NUMBER,
    Unit.BP: Content.NUMBER,
    Unit.DAYS: Content.NUMBER,
    Unit.INDEX: Content.NUMBER,
}

NUMBERS: Final = frozenset(
    {Content.COUNT, Content.MONEY, Content.RATIO, Content.NUMBER, Content.MIXED}
)
"""What is set to the right."""

_WIDEST: Final = 40
_NARROWEST: Final = 6


def content_of(column: Column, row: Mapping[str, Any]) -> Content:
    """What a cell of a column holds, in a row."""
    if column.content is not Content.MIXED:
        return column.content
    return _OF_UNIT.get(str(row[column.by]), Content.NUMBER)


def text_of(column: Column, row: Mapping[str, Any], form: Format) -> str:
    """A cell as text; a dash for what is missing."""
    value = row[column.name]
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        value = str(value).lower()
    if column.labels and not isinstance(value, (list, Decimal)):
        return column.labels.get(str(value), str(value))
    if isinstance(value, Decimal | int | float):
        return number_text(Decimal(str(value)), content_of(column, row), column.decimals, form)
    if isinstance(value, list):
        return "; ".join(column.labels.get(str(one), str(one)) for one in value)
    return _moment(value, form) if isinstance(value, date) else str(value)


def _moment(value: date, form: Format) -> str:
    """A day, or a moment to the minute."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return day_text(form.language, value)


def number_text(value: Decimal, content: Content, decimals: int, form: Format) -> str:
    """A number as its content is printed."""
    match content:
        case Content.RATIO:
            return form.share(value, decimals)
        case Content.COUNT:
            return form.count(value)
        case Content.TEXT | Content.DATE:
            return f"{value:f}"
        case Content.MONEY | Content.NUMBER | Content.MIXED:
            return fixed(value, decimals)


def places(text: str) -> int:
    """How much room a text takes, in letters; a Chinese sign takes that of two."""
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)


def face_of(table: Table, form: Format, most: int) -> Face:
    """A table as people see it: its own face, its texts, or its raw values rounded and worded.

    Args:
        table: the table.
        form: how numbers are printed.
        most: so many rows are shown; a face of its own is shown whole.
    """
    if table.face is not None:
        return table.face
    shown = [
        column
        for column in table.columns
        if (table.display is None or column.name in table.display.columns)
        and (not table.shown or column.name in table.shown)
    ]
    if table.display is None:
        lines = [
            [text_of(column, row, form) for column in shown]
            for row in table.rows.head(most).to_dicts()
        ]
    else:
        lines = [
            [NOTHING if row[column.name] is None else str(row[column.name]) for column in shown]
            for row in table.display.head(most).to_dicts()
        ]
    widths = [
        max([places(column.label), *(places(line[place]) for line in lines)])
        for place, column in enumerate(shown)
    ]
    headings = tuple(
        Heading(column.label, column.content in NUMBERS, min(max(width, _NARROWEST), _WIDEST))
        for column, width in zip(shown, widths, strict=True)
    )
    return Face(headings, tuple(tuple(Cell(text) for text in line) for line in lines))


def notes_of(table: Table, form: Format, most: int) -> list[str]:
    """What stands below a table: its notes, and how many of its rows are shown if not all."""
    notes = [note for note in table.notes if note]
    if table.face is None and table.rows.height > most:
        shown, count = form.count(most), form.count(table.rows.height)
        notes.append(say(form.language, "ex_first_rows", shown=shown, count=count))
    return notes
