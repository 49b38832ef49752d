"""What every workbook of the house shares: how it is opened, its looks, names of sheets, how it prints.

Text stays text: nothing in it is run as a formula, followed as a link or taken for a number. What stands on
the sheets belongs in the modules that write them.
"""

import io
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import xlsxwriter
from xlsxwriter.format import Format as Look
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from dashboards.exports.guarded import runs
from dashboards.palette import LIGHT

LONGEST_NAME: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_RESERVED: Final = frozenset({"history"})
"""A sheet of that name is Excel's own."""
_LONGEST_TEXT: Final = 32_767
_LONGEST_HEADER: Final = 100
_A4: Final = 9


@contextmanager
def opened(buffer: io.BytesIO, *, title: str, author: str, at: datetime) -> Iterator[Workbook]:
    """A workbook that is written into the buffer at the end; the same contents give the same bytes."""
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
                "title": title,
                "author": author,
                "created": at.replace(tzinfo=None),
                "comments": "branchmark",
            }
        )
        yield book


@dataclass(eq=False)
class Looks:
    """The cell formats of a workbook, each made once."""

    book: Workbook
    made: dict[tuple[tuple[str, Any], ...], Look] = field(default_factory=dict)

    def look(self, **properties: Any) -> Look:  # noqa: ANN401 - as many kinds as Excel has
        """A cell format."""
        font = {"font_name": "Arial", "font_size": 10, "valign": "top"}
        key = tuple(sorted((font | properties).items()))
        if key not in self.made:
            self.made[key] = self.book.add_format(dict(key))
        return self.made[key]

    def text(self, sheet: Worksheet, row: int, place: int, text: str, **looks: object) -> None:
        """Text as text; what would run if somebody edited it is marked as text for good."""
        look = self.look(**looks, quote_prefix=True) if runs(text) else self.look(**looks)
        sheet.write_string(row, place, text[:_LONGEST_TEXT], look)

    def merged(
        self, sheet: Worksheet, row: int, first: int, last: int, text: str, **looks: object
    ) -> None:
        """Text over several columns."""
        if first < last:
            sheet.merge_range(row, first, row, last, "", self.look(**looks))
        self.text(sheet, row, first, text, **looks)


def head(*, number: bool = False) -> dict[str, object]:
    """The looks of a heading."""
    return {
        "bold": True,
        "bottom": 1,
        "text_wrap": True,
        "valign": "bottom",
        "align": "right" if number else "left",
        "bg_color": LIGHT.bands[2],
    }


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


def page_setup(sheet: Worksheet, title: str, footer: str = "") -> None:
    """A4 landscape, as wide as a page, its title above and page numbers below."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    # An ampersand begins an instruction there.
    sheet.set_header(f"&L&9{_told(title)}")
    left = f"&L&9{_told(footer)}" if footer else ""
    sheet.set_footer(f"{left}&R&9&P / &N")


def _told(text: str) -> str:
    return text.replace("&", "&&")[:_LONGEST_HEADER]
