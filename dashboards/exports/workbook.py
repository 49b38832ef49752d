"""A document as an Excel workbook: a cover, a sheet a block, real numbers with formats.

Text stays text: nothing in it is run as a formula, followed as a link or taken for a number.
"""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import vl_convert
import xlsxwriter
from xlsxwriter.format import Format as Look
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from dashboards.exports.cells import NUMBERS, content_of, number_text, places
from dashboards.exports.document import Column, Content, Document, Made, Picture, Table, Words
from dashboards.exports.guarded import runs
from dashboards.exports.plain import content_text
from dashboards.i18n import Language, say
from dashboards.numbers import Format
from dashboards.palette import LIGHT

LONGEST_NAME: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED: Final = frozenset({"history"})
"""A sheet of that name is Excel's own."""
_LONGEST_TEXT: Final = 32_767
_WIDEST: Final = 60
_NARROWEST: Final = 8
_LOOKED_AT: Final = 500
"""So many rows decide how wide a column is."""
_LABEL_WIDTH: Final = 26
_NAME_WIDTH: Final = 34
_TEXT_WIDTH: Final = 90
_A4: Final = 9
_PLAIN: Final = Format(Language.EN, "")


def write(document: Document, made: Made) -> bytes:
    """The workbook: the same document and moment give the same bytes."""
    buffer = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties(
            {
                "title": document.title,
                "author": made.by,
                "created": made.at.replace(tzinfo=None),
                "comments": "branchmark",
            }
        )
        _Writer(book, document, made).write()
    return buffer.getvalue()


def sheet_names(titles: Iterable[str], *, taken: Iterable[str] = ()) -> list[str]:
    """Names that Excel takes for sheets, one a title: short, unique in any case, without forbidden signs."""
    used = {name.casefold() for name in taken} | _RESERVED
    names = []
    for title in titles:
        base = _FORBIDDEN.sub(" ", title).strip().strip("'").strip() or "-"
        base = re.sub(r"\s+", " ", base)
        name, number = base[:LONGEST_NAME].strip().strip("'"), 1
        while name.casefold() in used:
            number += 1
            tail = f" {number}"
            name = base[: LONGEST_NAME - len(tail)].strip().strip("'") + tail
        used.add(name.casefold())
        names.append(name)
    return names


@dataclass(eq=False)
class _Writer:
    book: Workbook
    document: Document
    made: Made
    looks: dict[tuple[tuple[str, Any], ...], Look] = field(default_factory=dict)

    def look(self, **properties: Any) -> Look:  # noqa: ANN401 - as many kinds as Excel has
        """A cell format, made once."""
        font = {"font_name": "Arial", "font_size": 10, "valign": "top"}
        key = tuple(sorted((font | properties).items()))
        if key not in self.looks:
            self.looks[key] = self.book.add_format(dict(key))
        return self.looks[key]

    def say(self, key: str, **values: object) -> str:
        return say(self.made.language, key, **values)

    def write(self) -> None:
        blocks = self.document.blocks
        cover = self.say("ex_cover")
        names = sheet_names((block.title for block in blocks), taken=[cover])
        front = self.book.add_worksheet(cover)
        sheets = [self.book.add_worksheet(name) for name in names]
        self._cover(front, names)
        for block, sheet in zip(blocks, sheets, strict=True):
            match block:
                case Table():
                    self._table(sheet, block)
                case Picture():
                    self._picture(sheet, block)
                case Words():
                    self._words(sheet, block)

    # The cover

    def _cover(self, sheet: Worksheet, names: list[str]) -> None:
        document, made = self.document, self.made
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, _LABEL_WIDTH)
        sheet.set_column(1, 1, _NAME_WIDTH)
        sheet.set_column(2, 2, _TEXT_WIDTH)
        _page_setup(sheet, document.title)
        self._text(sheet, 0, 0, document.title, bold=True, font_size=16)
        row = 1
        if document.message:
            sheet.merge_range(1, 0, 1, 2, "", self.look(text_wrap=True))
            self._text(sheet, 1, 0, document.message, text_wrap=True, font_size=11)
            sheet.set_row(1, 34)
            row += 1
        told = [
            *document.strip,
            *(document.filters or ((self.say("ex_filters"), self.say("ex_no_filters")),)),
            (self.say("ex_currency"), made.form.currency),
            (self.say("ex_made_by"), made.by),
            (self.say("ex_made_at"), f"{made.at:%Y-%m-%d %H:%M} UTC"),
        ]
        for label, text in told:
            row += 1
            self._text(sheet, row, 0, label, font_color=LIGHT.quiet)
            sheet.merge_range(row, 1, row, 2, "", self.look(text_wrap=True))
            self._text(sheet, row, 1, text, text_wrap=True)
            if places(text) > _TEXT_WIDTH + _NAME_WIDTH:
                sheet.set_row(row, 30)
        row = self._contents(sheet, row + 2, names)
        row = self._definitions(sheet, row + 1)
        self._text(sheet, row + 1, 0, self.say("ex_digits"), font_color=LIGHT.quiet)

    def _contents(self, sheet: Worksheet, row: int, names: list[str]) -> int:
        for place, text in enumerate((self.say("ex_contents"), "", "")):
            self._text(sheet, row, place, text, **_head())
        listed = list(zip(self.document.blocks, names, strict=True))
        for down, (block, name) in enumerate(listed, row + 1):
            place = name.replace("'", "''")
            sheet.write_url(down, 0, f"internal:'{place}'!A1", self.look(underline=1), name)
            self._text(sheet, down, 1, block.title)
            if isinstance(block, Table):
                count = self.made.form.count(block.rows.height)
                told = self.say("ex_rows", count=count)
                self._text(sheet, down, 2, told, font_color=LIGHT.quiet)
        return row + len(listed) + 1

    def _definitions(self, sheet: Worksheet, row: int) -> int:
        if not self.document.definitions:
            return row
        keys = ("ex_code", "ex_name", "ex_definition")
        self._text(sheet, row, 0, self.say("ex_definitions"), bold=True)
        for place, key in enumerate(keys):
            self._text(sheet, row + 1, place, self.say(key), **_head())
        for down, triple in enumerate(self.document.definitions, row + 2):
            for place, text in enumerate(triple):
                self._text(sheet, down, place, text, text_wrap=True)
        return row + len(self.document.definitions) + 2

    # Blocks

    def _table(self, sheet: Worksheet, table: Table) -> None:
        rows = table.rows.to_dicts()
        _page_setup(sheet, table.title)
        for place, column in enumerate(table.columns):
            number = column.content in NUMBERS
            self._text(sheet, 0, place, column.label, **_head(number=number))
            self._comment(sheet, place, column)
            sheet.set_column(place, place, _width(column, rows[:_LOOKED_AT]))
        for down, row in enumerate(rows, 1):
            for place, column in enumerate(table.columns):
                self._cell(sheet, down, place, column, row)
        last = max(len(rows), 1)
        if table.columns:
            sheet.autofilter(0, 0, last, len(table.columns) - 1)
        sheet.freeze_panes(1, 1)
        sheet.repeat_rows(0)
        for down, text in enumerate(table.notes, len(rows) + 2):
            self._text(sheet, down, 0, text, font_color=LIGHT.quiet)
        if not rows:
            self._text(sheet, 2, 0, self.say("ex_no_rows"), font_color=LIGHT.quiet)

    def _comment(self, sheet: Worksheet, place: int, column: Column) -> None:
        held = content_text(column, self.made)
        codes = "; ".join(f"{word} = {code}" for code, word in column.labels.items())
        told = "\n".join(part for part in (f"{column.name}: {held}", codes, column.note) if part)
        options = {"x_scale": 2, "y_scale": 1.4, "author": "branchmark", "font_size": 9}
        sheet.write_comment(0, place, told, options)

    def _cell(
        self, sheet: Worksheet, row: int, place: int, column: Column, values: Mapping[str, Any]
    ) -> None:
        value = values[column.name]
        if value is None:
            return
        if column.labels and not isinstance(value, list):
            self._text(sheet, row, place, column.labels.get(str(value), str(value)))
        elif isinstance(value, bool):
            sheet.write_boolean(row, place, value, self.look())
        elif isinstance(value, datetime):
            shown = self.look(num_format="yyyy-mm-dd hh:mm")
            sheet.write_datetime(row, place, value.replace(tzinfo=None), shown)
        elif isinstance(value, date):
            moment = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day has no zone
            sheet.write_datetime(row, place, moment, self.look(num_format="yyyy-mm-dd"))
        elif isinstance(value, Decimal | int | float) and column.content in NUMBERS:
            shown = self.look(num_format=number_format(content_of(column, values), column.decimals))
            sheet.write_number(row, place, float(value), shown)
        elif isinstance(value, list):
            told = "; ".join(column.labels.get(str(one), str(one)) for one in value)
            self._text(sheet, row, place, told)
        else:
            self._text(sheet, row, place, str(value))

    def _picture(self, sheet: Worksheet, picture: Picture) -> None:
        sheet.hide_gridlines(2)
        _page_setup(sheet, picture.title)
        self._text(sheet, 0, 0, picture.title, bold=True, font_size=13)
        drawn = vl_convert.svg_to_png(picture.svg, scale=2)
        options = {
            "image_data": io.BytesIO(drawn),
            "description": picture.alt,
            "x_scale": 0.5,
            "y_scale": 0.5,
        }
        sheet.insert_image(2, 0, "picture.png", options)
        self._text(sheet, 1, 0, picture.alt, font_color=LIGHT.quiet)

    def _words(self, sheet: Worksheet, words: Words) -> None:
        sheet.hide_gridlines(2)
        _page_setup(sheet, words.title)
        sheet.set_column(0, 0, _TEXT_WIDTH + _LABEL_WIDTH)
        self._text(sheet, 0, 0, words.title, bold=True, font_size=13)
        for row, sentence in enumerate(words.sentences, 1):
            self._text(sheet, row, 0, sentence, text_wrap=True)

    # Cells

    def _text(self, sheet: Worksheet, row: int, place: int, text: str, **looks: object) -> None:
        """Text as text; what would run if somebody edited it is marked as text for good."""
        look = self.look(**looks, quote_prefix=True) if runs(text) else self.look(**looks)
        sheet.write_string(row, place, text[:_LONGEST_TEXT], look)


def _head(*, number: bool = False) -> dict[str, object]:
    """The looks of a heading."""
    return {
        "bold": True,
        "bottom": 1,
        "text_wrap": True,
        "valign": "bottom",
        "align": "right" if number else "left",
        "bg_color": LIGHT.bands[2],
    }


def number_format(content: Content, decimals: int) -> str:
    """How Excel prints a number of that content."""
    places = f".{'0' * decimals}" if decimals else ""
    match content:
        case Content.RATIO:
            return f"0{places}%"
        case Content.COUNT:
            return "#,##0"
        case _:
            return f"#,##0{places}"


def _width(column: Column, rows: Sequence[Mapping[str, Any]]) -> int:
    """Wide enough for the first rows, within bounds; Chinese signs take two places."""
    longest = max([places(column.label) / 1.6, *(_printed(column, row) for row in rows)])
    return int(min(max(longest + 2, _NARROWEST), _WIDEST))


def _printed(column: Column, row: Mapping[str, Any]) -> int:
    value = row[column.name]
    if value is None:
        return 0
    if isinstance(value, datetime):
        return 16
    if isinstance(value, date):
        return 10
    if isinstance(value, Decimal | int | float) and column.content in NUMBERS:
        return len(number_text(Decimal(value), content_of(column, row), column.decimals, _PLAIN))
    return places(column.labels.get(str(value), str(value)))


def _page_setup(sheet: Worksheet, title: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    # An ampersand begins an instruction there.
    sheet.set_header(f"&L&9{title.replace('&', '&&')[:100]}")
    sheet.set_footer("&R&9&P / &N")
