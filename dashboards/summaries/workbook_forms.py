"""A table of a report as a sheet of a workbook: laid out as the form, numbers exact, sums and changes live.

A formula is written only where it gives what was signed; anywhere else the signed number stands. Each figure
is found by its data point, which is a name defined in the workbook.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from dashboards.exports.cells import places
from dashboards.exports.sheets import Looks, page_setup
from dashboards.palette import LIGHT, MARKS, QUALITY_GLYPH
from dashboards.summaries import words
from dashboards.summaries.paper import Paper
from dashboards.summaries.scaling import factor_of, scaled
from dashboards.summaries.sheet import Entry, Form, Line
from dashboards.words import reason
from transforms.returns.model import Formula, Row, Scale, data_point
from transforms.returns.reckoning import QUOTIENT

_HEAD: Final = 3
"""Rows above the heading of the table."""
_LINES: Final = 6
"""Rows above its first line."""
TITLE_HEIGHT: Final = 24
"""Points of a row with the title of a sheet."""
_NUMBER_WIDTH, _LABEL_WIDTH, _FIGURE_WIDTH, _POINT_WIDTH = (6, 14), (18, 52), (11, 26), 22
_NEAR: Final = Decimal("1E-9")
"""What a formula may be off by: figures keep twelve decimals."""
_ODD: Final = re.compile(r"[^\w.]")
_GRID: Final = {"border": 1, "border_color": LIGHT.faint, "valign": "vcenter"}


@dataclass(frozen=True)
class Place:
    """Where a figure stands in the workbook, and what it was multiplied by."""

    sheet: str
    row: int
    column: int
    factor: Decimal

    @property
    def quoted(self) -> str:
        """The sheet as formulas name it."""
        told = self.sheet.replace("'", "''")
        return f"'{told}'"


@dataclass(eq=False)
class Places:
    """Where each data point of a workbook stands."""

    at: dict[str, Place] = field(default_factory=dict)

    def define(self, book: Workbook) -> None:
        """Names each figure by its data point, so that other workbooks can link to it."""
        taken: set[str] = set()
        for point, place in self.at.items():
            name = name_of(point)
            if name.casefold() in taken:
                continue
            taken.add(name.casefold())
            cell = xl_rowcol_to_cell(place.row, place.column, row_abs=True, col_abs=True)
            book.define_name(name, f"={place.quoted}!{cell}")


def name_of(point: str) -> str:
    """A data point as a name that Excel takes: as it is, but for signs that names cannot have."""
    return _ODD.sub("_", point)


def number_format(decimals: int, *, mark: str = "") -> str:
    """How Excel prints a figure of a form."""
    told = f"#,##0.{'0' * decimals}" if decimals else "#,##0"
    return f'{told}"{mark}"' if mark else told


def write_form(looks: Looks, sheet: Worksheet, paper: Paper, form: Form, found: Places) -> None:
    """The sheet of a table; where its figures stand is put into `found`."""
    _Sheet(looks, sheet, paper, form, found).write()


@dataclass(eq=False)
class _Sheet:
    looks: Looks
    sheet: Worksheet
    paper: Paper
    form: Form
    found: Places

    @property
    def first(self) -> int:
        """The column of the first figure."""
        return 3 if self.form.has_units else 2

    @property
    def last(self) -> int:
        """The column of data points, behind the figures."""
        return self.first + len(self.form.heads)

    def write(self) -> None:
        sheet, form, paper = self.sheet, self.form, self.paper
        sheet.hide_gridlines(2)
        page_setup(
            sheet,
            f"{paper.title}  {paper.unit}  {paper.period}",
            f"{paper.standing}  SHA-256 {paper.short_hash}",
        )
        self._widths()
        self._title()
        self._heads()
        rows = {line.row_id: at for at, line in enumerate(form.lines, _LINES)}
        for line in form.lines:
            for place, entry in enumerate(line.entries, self.first):
                if entry.cell is not None and entry.cell["exact"] is not None:
                    at = Place(
                        str(sheet.get_name()), rows[line.row_id], place, factor_of(entry.cell)
                    )
                    self.found.at[entry.cell["data_point"]] = at
        for row, line in enumerate(form.lines, _LINES):
            self._line(row, line)
        end = self._notes(_LINES + len(form.lines) + 1)
        sheet.freeze_panes(_LINES, self.first)
        sheet.repeat_rows(_HEAD, _LINES - 1)
        # Data points are for other workbooks, not for paper.
        sheet.print_area(0, 0, end, self.last - 1)

    def _widths(self) -> None:
        form, sheet = self.form, self.sheet
        numbers = max((places(line.number) for line in form.lines), default=0)
        labels = max((places(line.label) + 2 * line.level for line in form.lines), default=0)
        sheet.set_column(0, 0, _held(numbers + 2, _NUMBER_WIDTH))
        sheet.set_column(1, 1, _held(labels + 3, _LABEL_WIDTH))
        if form.has_units:
            units = max((places(line.unit) for line in form.lines), default=0)
            sheet.set_column(2, 2, _held(units + 2, _NUMBER_WIDTH))
        for at, head in enumerate(form.heads):
            texts = max((places(line.entries[at].text) for line in form.lines), default=0)
            width = max(texts + 3, places(head.label) // 2 + 3, places(head.unit) + 2)
            sheet.set_column(self.first + at, self.first + at, _held(width, _FIGURE_WIDTH))
        sheet.set_column(self.last, self.last, _POINT_WIDTH)

    def _title(self) -> None:
        paper, sheet, looks = self.paper, self.sheet, self.looks
        looks.text(sheet, 0, 0, self.form.title, bold=True, font_size=14)
        sheet.set_row(0, TITLE_HEIGHT)
        where = f"{paper.place}   {paper.period}"
        looks.text(sheet, 1, 0, where)
        standing = f"{paper.return_.code} {paper.return_.version}   {paper.standing}"
        looks.text(sheet, 2, 0, standing, font_color=LIGHT.quiet)
        looks.text(sheet, 2, self.last - 1, self.form.units, align="right")
        if not paper.is_released:
            looks.text(sheet, 0, self.last - 1, paper.say("sm_draft"), bold=True, align="right")

    def _heads(self) -> None:
        form, paper = self.form, self.paper
        lead = paper.say("sm_unit_number" if form.of_units else "sm_line")
        item = paper.say("sm_unit_name" if form.of_units else "sm_item")
        leads = [lead, item, *([paper.say("sm_measured_in")] if form.has_units else [])]
        look = {
            "bold": True,
            "align": "center",
            **_GRID,
            "bg_color": LIGHT.bands[2],
        }
        for place, text in enumerate(leads):
            cell = self.looks.look(**look, text_wrap=True)
            self.sheet.merge_range(_HEAD, place, _LINES - 1, place, "", cell)
            self.looks.text(self.sheet, _HEAD, place, text, **look, text_wrap=True)
        quiet = {**look, "bold": False, "font_size": 9}
        tallest = 1
        for place, one in enumerate(form.heads, self.first):
            told = _marked(one.label, one.marks)
            if one.day is not None:
                told += f"\n{one.day.isoformat()}"
            self.looks.text(self.sheet, _HEAD, place, told, **look, text_wrap=True)
            self.looks.text(self.sheet, _HEAD + 1, place, one.unit, **quiet)
            letter = {**quiet, "font_color": LIGHT.quiet}
            self.looks.text(self.sheet, _HEAD + 2, place, one.column_id, **letter)
            tallest = max(tallest, 2 + (one.day is not None))
        self.sheet.set_row(_HEAD, 14 * tallest)
        point = {"font_color": LIGHT.quiet, "font_size": 9, "valign": "bottom"}
        self.looks.text(self.sheet, _LINES - 1, self.last, paper.say("sm_point"), **point)
        self.sheet.write_comment(
            _LINES - 1,
            self.last,
            paper.say("sm_point_told"),
            {"author": "branchmark", "x_scale": 2},
        )

    def _line(self, row: int, line: Line) -> None:
        sheet, looks, paper = self.sheet, self.looks, self.paper
        strong = {"bold": True} if line.is_strong else {}
        looks.text(sheet, row, 0, line.number, align="center", font_color=LIGHT.quiet, **_GRID)
        label = _marked(line.label, line.marks)
        if line.is_doubtful:
            label += f" {QUALITY_GLYPH}"
        indent = {"align": "left", "indent": line.level} if line.level else {}
        looks.text(sheet, row, 1, label, **_GRID, **strong, **indent)
        if self.form.has_units:
            looks.text(sheet, row, 2, line.unit, align="center", font_size=9, **_GRID)
        for place, entry in enumerate(line.entries, self.first):
            self._entry(row, place, line, entry, strong)
        if not line.is_heading:
            point = f"{paper.return_.code}.{self.form.table.table_id}.{line.row_id}"
            looks.text(sheet, row, self.last, point, font_color=LIGHT.quiet, font_size=9)

    def _entry(
        self, row: int, place: int, line: Line, entry: Entry, strong: Mapping[str, object]
    ) -> None:
        sheet, looks, cell = self.sheet, self.looks, entry.cell
        if cell is None:
            looks.text(sheet, row, place, "", **_GRID)
        elif entry.missing:
            told = f"{entry.text} [{entry.missing}]"
            side = "right" if cell["scale"] != Scale.TEXT.value else "left"
            looks.text(sheet, row, place, told, align=side, font_color=LIGHT.quiet, **_GRID)
            self._comment(row, place, reason(cell["reason"], self.paper.language))
        elif entry.status is not None:
            mark = MARKS[entry.status]
            colour = {"font_color": mark.colour(dark=False), "bold": True}
            looks.text(
                sheet,
                row,
                place,
                f"{mark.glyph} {entry.text}",
                align="left",
                indent=1,
                **colour,
                **_GRID,
            )
        elif cell["exact"] is None:
            looks.text(sheet, row, place, entry.text, **_GRID)
        else:
            mark = words.ADJUSTED_MARK if entry.is_adjusted else ""
            shown = number_format(cell["decimals"], mark=mark)
            look = looks.look(num_format=shown, align="right", **_GRID, **strong)
            value = float(scaled(cell["exact"], cell))
            formula = self._formula(line, cell)
            if formula:
                sheet.write_formula(row, place, formula, look, value)
            else:
                sheet.write_number(row, place, value, look)

    def _comment(self, row: int, place: int, told: str) -> None:
        if told:
            self.sheet.write_comment(row, place, told, {"author": "branchmark", "x_scale": 1.6})

    # Formulas

    def _formula(self, line: Line, cell: Mapping[str, Any]) -> str:
        """What the cell is reckoned by; empty where it is a figure of its own."""
        table = self.form.table
        row = next((one for one in table.rows if one.row_id == line.row_id), None)
        column = next(one for one in table.columns if one.column_id == cell["column_id"])
        if column.formula is not None:
            return self._of_columns(line, cell, column.formula)
        return self._of_rows(cell, row) if row is not None and row.sum_of else ""

    def _of_rows(self, cell: Mapping[str, Any], row: Row) -> str:
        parts = [self._beside(part, cell["column_id"]) for part in row.sum_of]
        held = [(part, place) for part, place in parts if place is not None]
        if len(held) < len(parts) or sum(part["exact"] for part, _ in held) != cell["exact"]:
            return ""
        if any(place.factor != factor_of(cell) for _, place in held):
            return ""
        return f"=SUM({','.join(xl_rowcol_to_cell(place.row, place.column) for _, place in held)})"

    def _of_columns(self, line: Line, cell: Mapping[str, Any], formula: Formula) -> str:
        left, left_place = self._beside(line.row_id, formula.left)
        right, right_place = self._beside(line.row_id, formula.right)
        if left_place is None or right_place is None:
            return ""
        divides = formula.sign == QUOTIENT
        if divides and not right["exact"]:
            return ""
        one, other = left["exact"], right["exact"]
        expected = one / other if divides else one - other
        if abs(expected - cell["exact"]) > _NEAR:
            return ""
        return _combined(left_place, right_place, factor_of(cell), divides=divides)

    def _beside(self, row_id: str, column_id: str) -> tuple[Mapping[str, Any], Place | None]:
        point = data_point(self.paper.return_.code, self.form.table.table_id, row_id, column_id)
        return self.paper.cells.get(point, {}), self.found.at.get(point)

    # Below the table

    def _notes(self, row: int) -> int:
        for mark, text in self.form.notes:
            self.looks.text(self.sheet, row, 0, f"[{mark}]", font_color=LIGHT.quiet, align="right")
            self.looks.text(self.sheet, row, 1, text, font_color=LIGHT.quiet)
            row += 1
        for text in self._marks():
            self.looks.text(self.sheet, row, 1, text, font_color=LIGHT.quiet)
            row += 1
        return row

    def _marks(self) -> Iterator[str]:
        paper = self.paper
        if self.form.is_adjusted:
            title = paper.say("sm_adjustments")
            yield paper.say("sm_adjusted_mark", mark=words.ADJUSTED_MARK, title=title)
        if self.form.is_doubtful:
            yield f"{QUALITY_GLYPH} {paper.say('sm_quality_mark')}"


def _combined(left: Place, right: Place, factor: Decimal, *, divides: bool) -> str:
    """A formula of two figures, each in the unit it is printed in."""
    one, other = (xl_rowcol_to_cell(place.row, place.column) for place in (left, right))
    if divides:
        ratio = factor * right.factor / left.factor
        return f"={one}/{other}{_times(ratio)}"
    if left.factor == right.factor:
        ratio = factor / left.factor
        return f"={one}-{other}" if ratio == 1 else f"=({one}-{other}){_times(ratio)}"
    return f"={one}{_times(factor / left.factor)}-{other}{_times(factor / right.factor)}"


def _times(ratio: Decimal) -> str:
    """What a formula is multiplied or divided by; nothing for one."""
    if ratio == 1:
        return ""
    return f"*{ratio.normalize():f}" if ratio > 1 else f"/{(1 / ratio).normalize():f}"


def _marked(label: str, marks: tuple[str, ...]) -> str:
    return label + "".join(f" [{mark}]" for mark in marks)


def _held(width: int, bounds: tuple[int, int]) -> int:
    least, most = bounds
    return min(max(width, least), most)
