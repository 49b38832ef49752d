"""A report as an Excel workbook: a cover, a sheet a table, its checks, adjustments and differences.

Numbers are real and keep the digits behind what is printed; sums, changes and checks are live formulas with
the signed value beside them. How a table's sheet is written stands in `workbook_forms`, what follows the
tables in `workbook_back`.
"""

import io
import re
from collections.abc import Sequence
from typing import Final

import vl_convert
from xlsxwriter.worksheet import Worksheet

from dashboards.exports.cells import places
from dashboards.exports.document import Picture
from dashboards.exports.sheets import Looks, head, opened, page_setup, sheet_names
from dashboards.palette import LIGHT
from dashboards.summaries import verdicts, words
from dashboards.summaries.drawings import drawings
from dashboards.summaries.paper import Paper
from dashboards.summaries.sheet import forms
from dashboards.summaries.workbook_back import write_adjustments, write_checks, write_differences
from dashboards.summaries.workbook_forms import TITLE_HEIGHT, Places, write_form

_LABEL_WIDTH, _NAME_WIDTH, _TIME_WIDTH, _NOTE_WIDTH = 24, 24, 24, 60
_LINE: Final = _NAME_WIDTH + _TIME_WIDTH + _NOTE_WIDTH
_HEIGHT: Final = 14
_ROW_HEIGHT: Final = 15
_PIXELS_A_ROW: Final = 20
"""What a row of that height has."""
_ROWS_OF_PAGE: Final = 34
_OF_PNG: Final = 0.375
"""Drawn at twice its size, and at 72 dots an inch where Excel reckons with 96."""


def write(paper: Paper) -> bytes:
    """The workbook: the same report gives the same bytes."""
    buffer = io.BytesIO()
    laid_out = forms(paper)
    author = paper.signed[0].person or paper.bank_name
    with opened(buffer, title=paper.title, author=author, at=paper.stated_at) as book:
        looks = Looks(book)
        titles = [form.title for form in laid_out]
        drawn = [one for form in laid_out for one in drawings(paper, form)]
        after = ("checks", "adjustments", "differences", *(["charts"] if drawn else []))
        behind = [paper.say(f"sm_{name}") for name in after]
        cover = paper.say("sm_cover")
        names = sheet_names([*titles, *behind], taken=[cover])
        front = book.add_worksheet(cover)
        sheets = [book.add_worksheet(name) for name in names]
        found = Places()
        for form, sheet in zip(laid_out, sheets, strict=False):
            write_form(looks, sheet, paper, form, found)
        found.define(book)
        checks, adjustments, differences, *charts = sheets[len(laid_out) :]
        write_checks(looks, checks, paper, laid_out, found)
        write_adjustments(looks, adjustments, paper, laid_out)
        write_differences(looks, differences, paper, laid_out)
        for sheet in charts:
            _charts(looks, sheet, paper, drawn)
        _cover(looks, front, paper, list(zip([*titles, *behind], names, strict=True)))
    return buffer.getvalue()


def _cover(looks: Looks, sheet: Worksheet, paper: Paper, listed: Sequence[tuple[str, str]]) -> None:
    sheet.hide_gridlines(2)
    widths = (_LABEL_WIDTH, _NAME_WIDTH, _TIME_WIDTH, _NOTE_WIDTH)
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    page_setup(sheet, paper.title, _footer(paper))
    looks.text(sheet, 0, 0, paper.title, bold=True, font_size=16)
    sheet.set_row(0, TITLE_HEIGHT)
    row = 1
    if not paper.is_released:
        state = words.state(paper.state, paper.language)
        told = f"{paper.say('sm_draft')}  {paper.say('sm_draft_told', state=state)}"
        looks.merged(sheet, 1, 0, 3, told, bold=True, border=1)
        row += 1
    for label, text in _pairs(paper):
        row += 1
        looks.text(sheet, row, 0, label, font_color=LIGHT.quiet)
        looks.merged(sheet, row, 1, 3, text, text_wrap=True)
        lines = -(-places(text) // _LINE)
        if lines > 1:
            sheet.set_row(row, _HEIGHT * lines)
    row = _signatures(looks, sheet, paper, row + 2)
    for place, text in enumerate((paper.say("sm_contents"), "", "", "")):
        looks.text(sheet, row + 1, place, text, **head())
    for down, (title, name) in enumerate(listed, row + 2):
        place = name.replace("'", "''")
        sheet.write_url(down, 0, f"internal:'{place}'!A1", looks.look(underline=1), name)
        looks.text(sheet, down, 1, title)
    row += len(listed) + 3
    for text in (
        paper.say("sm_live_told"),
        paper.say("sm_rounding"),
        words.label(paper.return_.disclaimer, paper.language),
    ):
        if text:
            looks.merged(sheet, row, 0, 3, text, text_wrap=True, font_color=LIGHT.quiet)
            sheet.set_row(row, _HEIGHT * -(-places(text) // (_LINE + _LABEL_WIDTH)))
            row += 1


def _charts(looks: Looks, sheet: Worksheet, paper: Paper, drawn: Sequence[Picture]) -> None:
    """The drawings below each other, none broken over pages."""
    sheet.hide_gridlines(2)
    sheet.set_default_row(_ROW_HEIGHT)
    page_setup(sheet, f"{paper.title}  {paper.unit}  {paper.period}", _footer(paper))
    row, used = 0, 0
    breaks: list[int] = []
    for picture in drawn:
        rows = int(_height_of(picture.svg) // _PIXELS_A_ROW) + 4
        if used and used + rows > _ROWS_OF_PAGE:
            breaks.append(row)
            used = 0
        looks.text(sheet, row, 0, picture.title, bold=True)
        options = {
            "image_data": io.BytesIO(vl_convert.svg_to_png(picture.svg, scale=2)),
            "description": picture.alt,
            "x_scale": _OF_PNG,
            "y_scale": _OF_PNG,
        }
        sheet.insert_image(row + 1, 0, "picture.png", options)
        row += rows
        used += rows
    sheet.set_h_pagebreaks(breaks)


def _height_of(svg: str) -> float:
    found = re.search(r'<svg[^>]*?\sheight="([\d.]+)', svg)
    return float(found[1]) if found else 0.0


def _footer(paper: Paper) -> str:
    return f"{paper.say('sm_stated', at=paper.stated)}  SHA-256 {paper.short_hash}"


def _pairs(paper: Paper) -> list[tuple[str, str]]:
    """What the cover says of the report."""
    return_, package = paper.return_, paper.package
    pairs = (
        *paper.strip(),
        (paper.say("sm_purpose"), words.label(return_.purpose, paper.language)),
        (paper.say("sm_source"), return_.source),
        (paper.say("sm_currency"), package.base_currency),
        (paper.say("sm_filters"), paper.say("sm_filters_none")),
        (paper.say("sm_checks"), verdicts.summary(paper)),
        (paper.say("sm_hash"), paper.content_hash),
        (paper.say("sm_definition_hash"), package.definition_hash),
        (paper.say("sm_anchor"), paper.anchor),
        (paper.say("sm_run"), package.run_id),
        (paper.say("sm_at"), paper.stated),
    )
    return [(label, text) for label, text in pairs if text]


def _signatures(looks: Looks, sheet: Worksheet, paper: Paper, row: int) -> int:
    keys = ("sm_signatures", "sm_person", "sm_at", "sm_note")
    for place, key in enumerate(keys):
        looks.text(sheet, row, place, paper.say(key), **head())
    for down, one in enumerate(paper.signed, row + 1):
        at = "" if one.at is None else f"{one.at:%Y-%m-%d %H:%M} UTC"
        told = (paper.say(f"sm_step_{one.step}"), one.person or paper.say("sm_open"), at, one.note)
        for place, text in enumerate(told):
            quiet = {} if one.person else {"font_color": LIGHT.quiet}
            looks.text(sheet, down, place, text, **quiet)
    return row + len(paper.signed) + 1
