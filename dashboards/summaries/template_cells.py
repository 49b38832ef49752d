"""Cells of a template: which one an address means, whether a figure fits its format, and how it is written.

What is written into which cell is decided in `template`.
"""

import re
from copy import copy
from datetime import date
from decimal import Decimal
from typing import Any, Final

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.styles.numbers import is_date_format
from openpyxl.utils.cell import range_boundaries
from openpyxl.worksheet.worksheet import Worksheet

from dashboards.exports.guarded import runs
from dashboards.summaries.template_bindings import LEFT
from dashboards.summaries.template_values import Answer
from dashboards.summaries.workbook_forms import number_format
from transforms.returns.model import Scale

_LONGEST_TEXT: Final = 32_767
_PLAIN_FORMATS: Final = ("General", "@")
_QUOTED: Final = re.compile(r'"[^"]*"|\\.')


def cell_at(sheet: Worksheet, address: str) -> Cell | None:
    """The one cell at an address, the first one of merged cells; none if these are several."""
    try:
        left, top, right, bottom = range_boundaries(address.replace("$", "").upper())
    except ValueError:
        return None
    if left is None or top is None or right is None or bottom is None:
        return None
    cell = sheet.cell(top, left)
    around = next((one for one in sheet.merged_cells.ranges if cell.coordinate in one), None)
    if around is not None:
        if right > around.max_col or bottom > around.max_row:
            return None
        cell = sheet.cell(around.min_row, around.min_col)
    elif (left, top) != (right, bottom):
        return None
    return cell if isinstance(cell, Cell) else None


def place_of(sheet: Worksheet, cell: Cell | MergedCell) -> str:
    """Where a cell stands, as people read it."""
    return f"{sheet.title}!{cell.coordinate}"


def text_of(value: Any) -> str:  # noqa: ANN401 - whatever a cell may hold
    """What a cell says, a formula too."""
    return "" if value is None else str(getattr(value, "text", value))


def is_words(text: str) -> bool:
    """Whether a cell held words of the template, no marker and no sign that stands for a figure."""
    return not LEFT.search(text) and any(sign.isalpha() for sign in text)


def unfit(cell: Cell, told: Answer) -> str:
    """Why a number cannot be seen in the format of a cell as what it is; empty if it can."""
    if not isinstance(told.content, Decimal) or told.scale is None:
        return ""
    if is_date_format(cell.number_format):
        return f"the cell is formatted as a date ({cell.number_format})"
    if _is_percent(cell.number_format) and told.scale not in (Scale.PERCENT, Scale.PP):
        return f"the cell is formatted in per cent ({cell.number_format}), the figure is in {told.scale}"
    return ""


def _is_percent(form: str) -> bool:
    return "%" in _QUOTED.sub("", form)


def write_answer(cell: Cell, told: Answer) -> None:
    """Something into a cell, in the format that the cell has; one that has none gets that of the report."""
    content = told.content
    if isinstance(content, Decimal):
        form = cell.number_format
        if form in _PLAIN_FORMATS:
            cell.number_format = number_format(told.decimals)
        cell.value = content / 100 if _is_percent(form) else content
    elif isinstance(content, date) and is_date_format(cell.number_format):
        form = cell.number_format
        cell.value = content
        cell.number_format = form
    else:
        write(cell, told.text)


def write(cell: Cell, text: str | None) -> None:
    """Text that stays text: nothing in it runs as a formula."""
    if text is None:
        cell.value = None
        return
    plain = ILLEGAL_CHARACTERS_RE.sub("", text)[:_LONGEST_TEXT]
    cell.value = plain
    cell.data_type = "s"
    if runs(plain):
        cell.quotePrefix = True


def write_missing(cell: Cell, sign: str) -> None:
    """Nothing, or a sign for it where numbers would stand."""
    write(cell, sign or None)
    if sign and cell.alignment.horizontal in {None, "general"}:
        looks: Any = copy(cell.alignment)
        looks.horizontal = "right"
        cell.alignment = looks
