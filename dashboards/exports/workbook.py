"""A document as an Excel workbook: a cover, a sheet a block, real numbers with formats.

Text stays text: nothing in it is run as a formula, followed as a link or taken for a number.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import vl_convert
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from dashboards.exports.cells import NUMBERS, content_of, number_text, places
from dashboards.exports.document import Column, Content, Document, Made, Picture, Table, Words
from dashboards.exports.plain import content_text
from dashboards.exports.sheets import Looks, head, opened, page_setup, sheet_names
from dashboards.i18n import Language, say
from dashboards.numbers import Format
from dashboards.palette import LIGHT

_WIDEST: Final = 60
_NARROWEST: Final = 8
_LOOKED_AT: Final = 500
"""So many rows decide how wide a column is."""
_LABEL_WIDTH: Final = 26
_NAME_WIDTH: Final = 34
_TEXT_WIDTH: Final = 90
_PLAIN: Final = Format(Language.EN, "")


def write(document: Document, made: Made) -> bytes:
    """The workbook: the same document and moment give the same bytes."""
    buffer = io.BytesIO()
    with opened(buffer, title=document.title, author=made.by, at=made.at) as book:
        _Writer(book, document, made, Looks(book)).write()
    return buffer.getvalue()


@dataclass(eq=False)
class _Writer:
    book: Workbook
    document: Document
    made: Made
    looks: Looks

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
        page_setup(sheet, document.title)
        self.looks.text(sheet, 0, 0, document.title, bold=True, font_size=16)
        row = 1
        if document.message:
            sheet.merge_range(1, 0, 1, 2, "", self.looks.look(text_wrap=True))
            self.looks.text(sheet, 1, 0, document.message, text_wrap=True, font_size=11)
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
            self.looks.text(sheet, row, 0, label, font_color=LIGHT.quiet)
            sheet.merge_range(row, 1, row, 2, "", self.looks.look(text_wrap=True))
            self.looks.text(sheet, row, 1, text, text_wrap=True)
            if places(text) > _TEXT_WIDTH + _NAME_WIDTH:
                sheet.set_row(row, 30)
        row = self._contents(sheet, row + 2, names)
        row = self._definitions(sheet, row + 1)
        self.looks.text(sheet, row + 1, 0, self.say("ex_digits"), font_color=LIGHT.quiet)

    def _contents(self, sheet: Worksheet, row: int, names: list[str]) -> int:
        for place, text in enumerate((self.say("ex_contents"), "", "")):
            self.looks.text(sheet, row, place, text, **head())
        listed = list(zip(self.document.blocks, names, strict=True))
        for down, (block, name) in enumerate(listed, row + 1):
            place = name.replace("'", "''")
            sheet.write_url(down, 0, f"internal:'{place}'!A1", self.looks.look(underline=1), name)
            self.looks.text(sheet, down, 1, block.title)
            if isinstance(block, Table):
                count = self.made.form.count(block.rows.height)
                told = self.say("ex_rows", count=count)
                self.looks.text(sheet, down, 2, told, font_color=LIGHT.quiet)
        return row + len(listed) + 1

    def _definitions(self, sheet: Worksheet, row: int) -> int:
        if not self.document.definitions:
            return row
        keys = ("ex_code", "ex_name", "ex_definition")
        self.looks.text(sheet, row, 0, self.say("ex_definitions"), bold=True)
        for place, key in enumerate(keys):
            self.looks.text(sheet, row + 1, place, self.say(key), **head())
        for down, triple in enumerate(self.document.definitions, row + 2):
            for place, text in enumerate(triple):
                self.looks.text(sheet, down, place, text, text_wrap=True)
        return row + len(self.document.definitions) + 2

    # Blocks

    def _table(self, sheet: Worksheet, table: Table) -> None:
        rows = table.rows.to_dicts()
        page_setup(sheet, table.title)
        for place, column in enumerate(table.columns):
            number = column.content in NUMBERS
            self.looks.text(sheet, 0, place, column.label, **head(number=number))
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
            self.looks.text(sheet, down, 0, text, font_color=LIGHT.quiet)
        if not rows:
            self.looks.text(sheet, 2, 0, self.say("ex_no_rows"), font_color=LIGHT.quiet)

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
            self.looks.text(sheet, row, place, column.labels.get(str(value), str(value)))
        elif isinstance(value, bool):
            sheet.write_boolean(row, place, value, self.looks.look())
        elif isinstance(value, datetime):
            shown = self.looks.look(num_format="yyyy-mm-dd hh:mm")
            sheet.write_datetime(row, place, value.replace(tzinfo=None), shown)
        elif isinstance(value, date):
            moment = datetime(value.year, value.month, value.day)  # noqa: DTZ001 - a day has no zone
            sheet.write_datetime(row, place, moment, self.looks.look(num_format="yyyy-mm-dd"))
        elif isinstance(value, Decimal | int | float) and column.content in NUMBERS:
            shown = self.looks.look(
                num_format=number_format(content_of(column, values), column.decimals)
            )
            sheet.write_number(row, place, float(value), shown)
        elif isinstance(value, list):
            told = "; ".join(column.labels.get(str(one), str(one)) for one in value)
            self.looks.text(sheet, row, place, told)
        else:
            self.looks.text(sheet, row, place, str(value))

    def _picture(self, sheet: Worksheet, picture: Picture) -> None:
        sheet.hide_gridlines(2)
        page_setup(sheet, picture.title)
        self.looks.text(sheet, 0, 0, picture.title, bold=True, font_size=13)
        drawn = vl_convert.svg_to_png(picture.svg, scale=2)
        options = {
            "image_data": io.BytesIO(drawn),
            "description": picture.alt,
            "x_scale": 0.5,
            "y_scale": 0.5,
        }
        sheet.insert_image(2, 0, "picture.png", options)
        self.looks.text(sheet, 1, 0, picture.alt, font_color=LIGHT.quiet)

    def _words(self, sheet: Worksheet, words: Words) -> None:
        sheet.hide_gridlines(2)
        page_setup(sheet, words.title)
        sheet.set_column(0, 0, _TEXT_WIDTH + _LABEL_WIDTH)
        self.looks.text(sheet, 0, 0, words.title, bold=True, font_size=13)
        for row, sentence in enumerate(words.sentences, 1):
            self.looks.text(sheet, row, 0, sentence, text_wrap=True)


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
