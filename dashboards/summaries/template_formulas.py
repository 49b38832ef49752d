"""Formulas of a template that rest on cells without a value: where a blank may count as zero, unasked."""

from collections.abc import Collection, Iterator
from typing import Final

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.utils.cell import range_boundaries
from openpyxl.workbook.workbook import Workbook

from dashboards.summaries.template_cells import text_of

At = tuple[str, int, int]
"""A cell: sheet, row, column."""
_Area = tuple[str, int, int, int, int]
"""Sheet, first row, first column, last row, last column."""
_ROWS: Final = 1_048_576
_COLUMNS: Final = 16_384


def resting_on(book: Workbook, empty: Collection[At]) -> dict[At, At]:
    """Formulas that rest on cells without a value, also by way of other formulas.

    Cells that a formula finds by a name or a function are not followed.

    Args:
        book: the workbook.
        empty: the cells without a value.

    Returns:
        The first such cell of each formula, in the order of sheets and rows.
    """
    if not empty:
        return {}
    areas = dict(_formulas(book))
    found: dict[At, At] = {}
    reached = list(dict.fromkeys(empty))
    for cell in reached:
        for formula, own in areas.items():
            if formula not in found and any(_holds(area, cell) for area in own):
                found[formula] = cell
                reached.append(formula)
    return {formula: found[formula] for formula in areas if formula in found}


def _formulas(book: Workbook) -> Iterator[tuple[At, tuple[_Area, ...]]]:
    """Formulas of all sheets, each with the areas that it takes."""
    for sheet in book.worksheets:
        for down, row in enumerate(sheet.iter_rows(), 1):
            for across, cell in enumerate(row, 1):
                if cell.data_type == "f":
                    areas = tuple(_areas(text_of(cell.value), sheet.title))
                    yield (sheet.title, down, across), areas


def _areas(formula: str, title: str) -> Iterator[_Area]:
    for token in Tokenizer(formula).items:
        if token.type == Token.OPERAND and token.subtype == Token.RANGE:
            sheet, _, cells = token.value.rpartition("!")
            named = sheet.strip("'").replace("''", "'") or title
            try:
                left, top, right, bottom = range_boundaries(cells.replace("$", ""))
            except ValueError:
                continue  # a name
            yield named, top or 1, left or 1, bottom or _ROWS, right or _COLUMNS


def _holds(area: _Area, cell: At) -> bool:
    sheet, top, left, bottom, right = area
    title, row, column = cell
    return title == sheet and top <= row <= bottom and left <= column <= right
