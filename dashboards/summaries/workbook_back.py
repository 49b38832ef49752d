"""What follows the tables in a report's workbook: its checks as live formulas, adjustments, differences.

A side of a check is a formula of the cells it is about, in the unit of the figures, wherever that gives what
was signed; what rests on another report or on an earlier one stands as a number.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from xlsxwriter.utility import xl_range, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from dashboards.exports.cells import places
from dashboards.exports.sheets import Looks, head, page_setup
from dashboards.numbers import rounded
from dashboards.palette import LIGHT
from dashboards.summaries import changes, verdicts, words
from dashboards.summaries.changes import Moved
from dashboards.summaries.paper import Paper
from dashboards.summaries.sheet import Form
from dashboards.summaries.verdicts import Case
from dashboards.summaries.workbook_forms import TITLE_HEIGHT, Place, Places, number_format
from transforms.returns.model import DIVISOR, CheckKind, Relation, Scale, Side, data_point
from transforms.returns.package import FAILS, HOLDS
from transforms.returns.sides import EVERY

_TITLE_ROWS: Final = 4
_CHECK_WIDTHS: Final = (15, 38, 20, 6, 20, 18, 14, 20, 36)
_RULE, _LEFT, _RIGHT, _DIFFERENCE, _TOLERANCE, _VERDICT, _NOTE = 1, 2, 4, 5, 6, 7, 8
_ENTERED_WIDTHS: Final = (18, 36, 20, 16, 16, 28, 24, 12, 12)
_MOVED_WIDTHS: Final = (18, 44, 14, 16, 16, 16, 24)
_LINE_HEIGHT: Final = 13.5
_NARROW: Final = 0.88
"""What a letter takes of the room that a column counts for one."""
_SET_IN: Final = {"align": "left", "indent": 1}
_LONGEST: Final = 8_000
"""Letters that a formula may have, and a little less."""
_CENTS, _SMALL = 2, 9
"""Decimals that a difference is rounded to: a workbook keeps 15 digits, and sums of many would show it."""


def write_checks(
    looks: Looks, sheet: Worksheet, paper: Paper, forms: tuple[Form, ...], found: Places
) -> None:
    """The sheet of cross-checks, those that do not hold first."""
    row = _begun(looks, sheet, paper, "sm_checks", _CHECK_WIDTHS)
    looks.text(sheet, 1, 0, verdicts.summary(paper))
    told = paper.say("sm_checks_unit", currency=paper.form.currency_word)
    looks.text(sheet, 2, 0, told, font_color=LIGHT.quiet)
    names = (
        "check",
        "rule",
        "left",
        "relation",
        "right",
        "difference",
        "tolerance",
        "verdict",
        "note",
    )
    numbers = (_LEFT, _RIGHT, _DIFFERENCE, _TOLERANCE)
    _headings(looks, sheet, row - 1, [paper.say(f"sm_{name}") for name in names], numbers)
    for down, case in enumerate(verdicts.cases(paper, forms), row):
        _Check(looks, sheet, paper, found, case, down).write()


@dataclass(eq=False)
class _Check:
    looks: Looks
    sheet: Worksheet
    paper: Paper
    found: Places
    case: Case
    row: int

    @property
    def digits(self) -> int:
        return _CENTS if self.case.scale in DIVISOR else _SMALL

    def write(self) -> None:
        case, looks, sheet, row = self.case, self.looks, self.sheet, self.row
        strong = {"bold": True} if case.state == FAILS else {}
        looks.text(sheet, row, 0, case.name, **strong)
        looks.text(sheet, row, _RULE, case.rule, text_wrap=True)
        looks.text(
            sheet, row, 3, case.relation.replace(">=", "≥").replace("<=", "≤"), align="center"
        )
        check = self.paper.checks.get(case.check_id)
        sides = (None, None) if check is None else (check.left, check.right)
        for place, side, name in zip((_LEFT, _RIGHT), sides, ("left", "right"), strict=True):
            self._number(place, case.row[name], self._side(side, case.row[name]))
        is_live = self._is_live()
        self._number(_DIFFERENCE, case.row["difference"], self._difference() if is_live else "")
        self._number(_TOLERANCE, case.row["tolerance"], "")
        self._verdict(strong, is_live=is_live)
        remarks = " ".join(case.remarks)
        looks.text(sheet, row, _NOTE, remarks, text_wrap=True)
        _fit(sheet, row, _CHECK_WIDTHS, {_RULE: case.rule, _NOTE: remarks})

    def _number(self, place: int, value: Decimal | None, formula: str) -> None:
        if value is None:
            return
        look = self.looks.look(num_format=self._format())
        if formula:
            self.sheet.write_formula(self.row, place, formula, look, float(value))
        else:
            self.sheet.write_number(self.row, place, float(value), look)

    def _format(self) -> str:
        if self.case.scale in DIVISOR:
            return number_format(_CENTS)
        return "0.0000%" if self.case.scale is Scale.PERCENT else "#,##0.####"

    # Sides

    def _side(self, side: Side | None, value: Decimal | None) -> str:
        """A side as a formula of its cells; empty where that is not what was compared."""
        if side is None or value is None:
            return ""
        terms = self._terms(side)
        if not terms or sum(sign * cell["exact"] for sign, cell, _ in terms) + side.number != value:
            return ""
        parts = [_sum(sign, run) for sign, run in _gathered(terms)]
        if side.number:
            parts.append(f"{side.number:+f}")
        told = "".join(parts).removeprefix("+")
        formula = f"={told}"
        return formula if len(formula) <= _LONGEST else ""

    def _terms(self, side: Side) -> list[tuple[int, Mapping[str, Any], Place]]:
        """The cells of a side, each with its sign and place; none if one has no figure in this workbook."""
        told: list[tuple[int, Mapping[str, Any], Place]] = []
        for sign, cell in side.cells:
            for point in (
                self._points(cell.table, cell.row, cell.column) if not cell.report else [""]
            ):
                place = self.found.at.get(point)
                if place is None:
                    return []
                told.append((sign, self.paper.cells[point], place))
        return told

    def _points(self, table: str, row: str, column: str) -> list[str]:
        """The data points that an address stands for in this case."""
        if row != EVERY:
            return [data_point(self.paper.return_.code, table, row, column)]
        about = [
            self.paper.cells[one] for one in self.case.row["cells"] or () if one in self.paper.cells
        ]
        return [
            cell["data_point"]
            for cell in about
            if cell["table_id"] == table
            and cell["column_id"] == column
            and (self.case.row["kind"] != CheckKind.PARTS.value or not self._is_whole(cell))
        ]

    def _is_whole(self, cell: Mapping[str, Any]) -> bool:
        """Whether the parts of a check are compared with a cell."""
        check = self.paper.checks[self.case.check_id]
        right = check.right.cells if check.right is not None else ()
        return any((one.table, one.row) == (cell["table_id"], cell["row_id"]) for _, one in right)

    # Verdicts

    def _difference(self) -> str:
        left, right = (xl_rowcol_to_cell(self.row, place) for place in (_LEFT, _RIGHT))
        return f"=ROUND({left}-{right},{self.digits})"

    def _is_live(self) -> bool:
        """Whether the verdict follows from difference and tolerance as the relation says."""
        row = self.case.row
        if row["relation"] not in tuple(Relation) or self.case.state not in (HOLDS, FAILS):
            return False
        if None in (row["left"], row["right"], row["difference"], row["tolerance"]):
            return False
        if row["difference"] != row["left"] - row["right"]:
            return False
        apart, most = rounded(row["difference"], self.digits), row["tolerance"]
        holds = {
            Relation.EQUAL: abs(apart) <= most,
            Relation.AT_LEAST: apart >= -most,
            Relation.AT_MOST: apart <= most,
        }[Relation(row["relation"])]
        return holds == (self.case.state == HOLDS)

    def _verdict(self, strong: Mapping[str, object], *, is_live: bool) -> None:
        case = self.case
        told = f"{words.GLYPH[case.state]} {case.verdict}"
        if not is_live:
            self.looks.text(self.sheet, self.row, _VERDICT, told, **strong, **_SET_IN)
            return
        other = self.paper.say("sm_fails" if case.state == HOLDS else "sm_holds")
        other = f"{words.GLYPH[FAILS if case.state == HOLDS else HOLDS]} {other}"
        yes, no = (told, other) if case.state == HOLDS else (other, told)
        apart, most = (xl_rowcol_to_cell(self.row, place) for place in (_DIFFERENCE, _TOLERANCE))
        condition = {
            Relation.EQUAL: f"ABS({apart})<={most}",
            Relation.AT_LEAST: f"{apart}>=-{most}",
            Relation.AT_MOST: f"{apart}<={most}",
        }[Relation(case.row["relation"])]
        formula = f"=IF({condition},{_quoted(yes)},{_quoted(no)})"
        look = self.looks.look(**strong, **_SET_IN)
        self.sheet.write_formula(self.row, _VERDICT, formula, look, told)


def _quoted(text: str) -> str:
    told = text.replace('"', '""')
    return f'"{told}"'


def _gathered(
    terms: Sequence[tuple[int, Mapping[str, Any], Place]],
) -> list[tuple[int, list[Place]]]:
    """Terms with those that lie below each other in one, so that sums of many units stay short."""
    runs: list[tuple[int, list[Place]]] = []
    for sign, _, place in terms:
        if runs and runs[-1][0] == sign and _follows(runs[-1][1][-1], place):
            runs[-1][1].append(place)
        else:
            runs.append((sign, [place]))
    return runs


def _follows(one: Place, other: Place) -> bool:
    return (one.sheet, one.row + 1, one.column, one.factor) == (
        other.sheet,
        other.row,
        other.column,
        other.factor,
    )


def _sum(sign: int, run: Sequence[Place]) -> str:
    """A run of cells in the unit of the figures."""
    first, last = run[0], run[-1]
    if len(run) > 1:
        cells = xl_range(first.row, first.column, last.row, last.column)
        told = f"SUM({first.quoted}!{cells})"
    else:
        told = f"{first.quoted}!{xl_rowcol_to_cell(first.row, first.column)}"
    factor = first.factor
    if factor > 1:
        told += f"/{factor.normalize():f}"
    elif factor < 1:
        told += f"*{(1 / factor).normalize():f}"
    return f"{'-' if sign < 0 else '+'}{told}"


# Adjustments and differences


def write_adjustments(
    looks: Looks, sheet: Worksheet, paper: Paper, forms: tuple[Form, ...]
) -> None:
    """The sheet of adjustments: what people entered, and the cells that it moved."""
    row = _begun(looks, sheet, paper, "sm_adjustments", _ENTERED_WIDTHS)
    if paper.package.adjustments.is_empty():
        looks.text(sheet, 1, 0, paper.say("sm_adjustments_none"))
        return
    headings = changes.entered_headings(paper)
    amount = headings.index(paper.say("sm_delta"))
    _headings(looks, sheet, row - 1, headings, (amount,))
    amounts = paper.package.adjustments["amount"].to_list()
    for down, line in enumerate(changes.entered(paper), row):
        for place, text in enumerate(line):
            if place == amount:
                look = looks.look(num_format="+#,##0.00;-#,##0.00;0.00")
                sheet.write_number(down, place, float(amounts[down - row]), look)
            else:
                looks.text(sheet, down, place, text, text_wrap=True)
        _fit(sheet, down, _ENTERED_WIDTHS, dict(enumerate(line)))
    row += len(amounts) + 1
    looks.text(sheet, row, 0, paper.say("sm_adjusted_cells"), bold=True)
    names = ("point", "item", "measured_in", "before_adjusting", "after_adjusting", "delta")
    _moved(looks, sheet, paper, row + 1, names, changes.adjusted(paper, forms), _ENTERED_WIDTHS)


def write_differences(
    looks: Looks, sheet: Worksheet, paper: Paper, forms: tuple[Form, ...]
) -> None:
    """The sheet of differences to the last release, the largest first."""
    row = _begun(looks, sheet, paper, "sm_differences", _MOVED_WIDTHS)
    moved = changes.since_release(paper, forms)
    if not moved:
        is_first = paper.differences is None
        key = "sm_differences_first" if is_first else "sm_differences_none"
        looks.text(sheet, 1, 0, paper.say(key))
        return
    names = ("point", "item", "measured_in", "before", "after", "change", "kind")
    _moved(looks, sheet, paper, row - 1, names, moved, _MOVED_WIDTHS)


def _moved(
    looks: Looks,
    sheet: Worksheet,
    paper: Paper,
    row: int,
    names: Sequence[str],
    moved: Sequence[Moved],
    widths: Sequence[int],
) -> None:
    """Cells with before, after and what lies between as a formula."""
    _headings(looks, sheet, row, [paper.say(f"sm_{name}") for name in names], (3, 4, 5))
    for down, one in enumerate(moved, row + 1):
        texts = {0: one.data_point, 1: one.place, 2: one.unit, 6: one.why}
        for place, text in texts.items():
            if text:
                looks.text(sheet, down, place, text, text_wrap=True)
        _fit(sheet, down, widths, texts)
        look = looks.look(num_format=number_format(one.decimals))
        for place, value, text in (
            (3, one.before, one.told_before),
            (4, one.after, one.told_after),
        ):
            if value is None:
                looks.text(sheet, down, place, text, align="right", font_color=LIGHT.quiet)
            else:
                sheet.write_number(down, place, float(value), look)
        if one.before is not None and one.after is not None:
            before, after = (xl_rowcol_to_cell(down, place) for place in (3, 4))
            shown = number_format(one.decimals)
            signed = looks.look(num_format=f"+{shown};-{shown};{shown}")
            apart = float(one.after - one.before)
            sheet.write_formula(down, 5, f"={after}-{before}", signed, apart)


def _fit(sheet: Worksheet, row: int, widths: Sequence[int], texts: Mapping[int, str]) -> None:
    """Makes a row as high as the longest of its texts is; not every program does so by itself."""
    lines = max(-int(-_NARROW * places(text) // widths[place]) for place, text in texts.items())
    if lines > 1:
        sheet.set_row(row, _LINE_HEIGHT * lines)


def _begun(looks: Looks, sheet: Worksheet, paper: Paper, key: str, widths: Sequence[int]) -> int:
    """The head of a sheet; the row that its lines begin in."""
    sheet.hide_gridlines(2)
    page_setup(
        sheet,
        f"{paper.title}  {paper.unit}  {paper.period}",
        f"{paper.standing}  SHA-256 {paper.short_hash}",
    )
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    looks.text(sheet, 0, 0, paper.say(key), bold=True, font_size=14)
    sheet.set_row(0, TITLE_HEIGHT)
    sheet.freeze_panes(_TITLE_ROWS, 1)
    sheet.repeat_rows(_TITLE_ROWS - 1)
    return _TITLE_ROWS


def _headings(
    looks: Looks, sheet: Worksheet, row: int, texts: Sequence[str], numbers: Sequence[int]
) -> None:
    for place, text in enumerate(texts):
        looks.text(sheet, row, place, text, **head(number=place in numbers))
