"""Reads the cells of an xlsx workbook one row after the other, as the file has them.

The XML is streamed, so that memory does not grow with a sheet, a stray cell far out costs nothing,
and a number is the digits in the file: no cell passes through a table of floats. Which sheet and which
row of names are meant belongs in `excel`.
"""

import re
import zipfile
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final
from xml.parsers import expat

from orchestration.sources.cells import DIGITS, Cell, date_text, is_date, iso_text, number_text

SHEETS: Final = 1_000
STYLES: Final = 1 << 17
"""Twice as many as Excel writes."""
MERGED: Final = 1 << 17
"""So many ranges of merged cells are kept in mind."""
PLACES: Final = 16_384
"""The columns of a sheet: the last is XFD."""

_CHUNK: Final = 1 << 20
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


class BrokenWorkbookError(Exception):
    """The workbook's parts do not fit together; says where."""


@dataclass(frozen=True, slots=True)
class Row:
    """The filled cells of a row: place of the column from 0, text, and what it holds."""

    number: int
    cells: list[tuple[int, str, Cell]]


@dataclass(frozen=True)
class Sheet:
    """A sheet of the workbook, by its name and the part that holds it."""

    name: str
    part: str
    visible: bool


@dataclass
class Merged:
    """Ranges of merged cells (`A1:F1`), known when a sheet has been read to its end."""

    ranges: list[str] = field(default_factory=list)


class Workbook:
    """The parts of a workbook that say how its cells are to be read."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        links = self._links("xl/_rels/workbook.xml.rels")
        self.date_1904 = False
        self.sheets: list[Sheet] = []
        for name, attributes in self._elements("xl/workbook.xml"):
            if name == "workbookPr":
                self.date_1904 = attributes.get("date1904") in {"1", "true"}
            if name == "sheet":
                link = next((v for k, v in attributes.items() if k.endswith(":id")), "")
                visible = attributes.get("state", "visible") == "visible"
                part = links.get(link, "")
                if "worksheets/" in part:
                    if len(self.sheets) == SHEETS:
                        raise BrokenWorkbookError(f"it lists more than {SHEETS:,} sheets")
                    self.sheets.append(Sheet(attributes.get("name", ""), part, visible))
        self._dates = self._date_styles()
        self._strings = self._shared_strings()

    def rows(self, sheet: Sheet, merged: Merged) -> Generator[Row]:
        """The rows of a sheet that have a filled cell, from the top.

        Raises:
            BrokenWorkbookError: with the sheet and the row that was read last.
        """
        reader = _SheetReader(self._strings, self._dates, merged, date_1904=self.date_1904)
        try:
            with self._archive.open(sheet.part) as file:
                while chunk := file.read(_CHUNK):
                    reader.parser.Parse(chunk)
                    yield from reader.taken()
                reader.parser.Parse(b"", True)  # noqa: FBT003 - it takes no name
                yield from reader.taken()
        except KeyError:
            raise  # the part is not in the archive
        except (expat.ExpatError, ValueError, LookupError) as error:
            at = f"sheet {sheet.name!r} after row {reader.row}"
            raise BrokenWorkbookError(f"{at}: {str(error)[:200]}") from None

    def _elements(self, part: str) -> Generator[tuple[str, dict[str, str]]]:
        """Every element of a part, without its prefix, with its attributes; none without it."""
        found: list[tuple[str, dict[str, str]]] = []
        if part not in self._archive.namelist():
            return
        parser = _parser()
        parser.StartElementHandler = lambda name, attributes: found.append(
            (name.rpartition(":")[2], attributes)
        )
        with self._archive.open(part) as file:
            try:
                while chunk := file.read(_CHUNK):
                    parser.Parse(chunk)
                    yield from found
                    found.clear()
                parser.Parse(b"", True)  # noqa: FBT003 - it takes no name
            except (expat.ExpatError, ValueError, LookupError) as error:
                raise BrokenWorkbookError(f"{part}: {error}") from None
        yield from found

    def _links(self, part: str) -> dict[str, str]:
        links = {}
        for name, attributes in self._elements(part):
            if name == "Relationship":
                target = attributes.get("Target", "")
                path = PurePosixPath("/xl") / target
                links[attributes.get("Id", "")] = str(path).lstrip("/")
        return links

    def _date_styles(self) -> frozenset[str]:
        """The cell styles, by number, under which a number is a date."""
        codes: dict[str, str] = {}
        dates: set[str] = set()
        inside, number = False, 0
        for name, attributes in self._elements("xl/styles.xml"):
            if name == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif name in {"cellXfs", "cellStyles"}:
                inside, number = name == "cellXfs", 0
            elif name == "xf" and inside:
                if is_date(attributes.get("numFmtId", "0"), codes):
                    dates.add(str(number))
                number += 1
                if number > STYLES:
                    raise BrokenWorkbookError(f"it has more than {STYLES:,} styles of cells")
        return frozenset(dates)

    def _shared_strings(self) -> list[str]:
        part = "xl/sharedStrings.xml"
        if part not in self._archive.namelist():
            return []
        reader = _StringsReader()
        with self._archive.open(part) as file:
            try:
                reader.parser.ParseFile(file)
            except (expat.ExpatError, ValueError, LookupError) as error:
                raise BrokenWorkbookError(f"{part}: {error}") from None
        return reader.strings


class _StringsReader:
    """Gathers the texts that cells share; runs of a text are joined, its reading aid is left out."""

    def __init__(self) -> None:
        self.strings: list[str] = []
        self.parser = _parser()
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.CharacterDataHandler = self._data
        self._text: list[str] = []
        self._phonetic = self._collects = False

    def _start(self, name: str, _: Mapping[str, str]) -> None:
        local = name.rpartition(":")[2]
        if local == "si":
            self._text = []
        elif local == "rPh":
            self._phonetic = True
        elif local == "t":
            self._collects = not self._phonetic

    def _end(self, name: str) -> None:
        local = name.rpartition(":")[2]
        if local == "si":
            self.strings.append(_unescaped("".join(self._text)))
        elif local == "rPh":
            self._phonetic = False
        elif local == "t":
            self._collects = False

    def _data(self, words: str) -> None:
        if self._collects:
            self._text.append(words)


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _no_doctype
    return parser


def _no_doctype(*_: object) -> None:
    raise BrokenWorkbookError("it declares a document type, which no workbook does")


def _unescaped(text: str) -> str:
    if "_x" not in text:
        return text
    whole = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)
    if any("\ud800" <= one <= "\udfff" for one in whole):
        # Two halves that stand side by side are one character; half of one is none.
        try:
            whole = whole.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise ValueError("a text holds half a character") from None
    return whole


class _SheetReader:
    """Gathers the rows of a sheet from the calls of the XML parser."""

    def __init__(
        self, strings: list[str], dates: frozenset[str], merged: Merged, *, date_1904: bool
    ) -> None:
        self.row = 0
        self.parser = _parser()
        self.parser.StartElementHandler = self._root
        self._strings, self._dates, self._merged = strings, dates, merged
        self._date_1904 = date_1904
        self._rows: list[Row] = []
        self._cells: list[tuple[int, str, Cell]] = []
        self._letters: dict[str, int] = {}
        self._column = -1
        self._kind, self._style = "n", ""
        self._text: list[str] | None = None
        self._value: str | None = None
        self._formula: str | None = None
        self._phonetic = False

    def taken(self) -> list[Row]:
        """The rows that are complete since the last call."""
        rows = self._rows
        self._rows = []
        return rows

    def _root(self, name: str, _: Mapping[str, str]) -> None:
        """Learns the prefix of the names from the first element."""
        prefix = name.removesuffix(name.rpartition(":")[2])
        self._c, self._v, self._t, self._f = (f"{prefix}{local}" for local in "cvtf")
        self._row_tag, self._merge = f"{prefix}row", f"{prefix}mergeCell"
        self._rph = f"{prefix}rPh"
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == self._c:
            ref = attributes.get("r")
            self._column = self._column + 1 if ref is None else self._place(ref)
            self._kind = attributes.get("t", "n")
            self._style = attributes.get("s", "")
            self._value = self._formula = None
        elif name in (self._v, self._f):
            self._text = []
        elif name == self._t:
            self._text = None if self._phonetic else []
        elif name == self._row_tag:
            number = int(attributes.get("r", self.row + 1))
            if number <= self.row:
                raise ValueError(f"row {number} comes after row {self.row}")
            self.row, self._column = number, -1
            self._cells = []
        elif name == self._merge:
            if len(self._merged.ranges) < MERGED:
                self._merged.ranges.append(attributes.get("ref", ""))
        elif name == self._rph:
            self._phonetic = True

    def _data(self, words: str) -> None:
        if self._text is not None:
            self._text.append(words)

    def _end(self, name: str) -> None:
        if name == self._c:
            self._take()
        elif name == self._v:
            self._value = "".join(self._text or ())
            self._text = None
        elif name == self._t:
            if self._text is not None:
                self._value = (self._value or "") + "".join(self._text)
            self._text = None
        elif name == self._f:
            self._formula = "".join(self._text or ())
            self._text = None
        elif name == self._row_tag:
            if self._cells:
                self._rows.append(Row(self.row, self._cells))
        elif name == self._rph:
            self._phonetic = False

    def _place(self, ref: str) -> int:
        letters = ref.rstrip("0123456789")
        found = self._letters.get(letters)
        if found is None:
            if not letters.isascii() or not letters.isalpha():
                raise ValueError(f"{ref!r} names no cell")
            found = 0
            for letter in letters.upper():
                found = found * 26 + ord(letter) - 64
            found -= 1
            if found >= PLACES:
                raise ValueError(f"{ref!r} lies beyond the last column, XFD")
            self._letters[letters] = found
        return found

    def _take(self) -> None:
        """The cell that just ended, as text."""
        value, kind = self._value, self._kind
        holds = Cell.PLAIN
        if value is None or (value == "" and kind == "n"):
            if self._formula is None:
                return
            value, holds = f"={self._formula}", Cell.UNKNOWN
        elif kind == "n":
            value, holds = self._number(value)
        elif kind == "s":
            value = self._shared(int(value))
        elif kind in {"str", "inlineStr"}:
            value = _unescaped(value)
        elif kind == "b":
            value = "TRUE" if value == "1" else "FALSE"
        elif kind == "d":
            value, holds = iso_text(value)
        if value and not value.isspace():
            if len(self._cells) == PLACES:
                raise ValueError(f"row {self.row} has more than {PLACES:,} cells")
            self._cells.append((self._column, value, holds))

    def _shared(self, at: int) -> str:
        if at < 0:
            raise ValueError(f"there is no shared text {at}")
        return self._strings[at]

    def _number(self, raw: str) -> tuple[str, Cell]:
        if self._style in self._dates:
            dated = date_text(float(raw), date_1904=self._date_1904)
            if dated is not None:
                return dated
        text = number_text(raw)
        digits = len(text.lstrip("-0.").replace(".", "")) if len(text) > DIGITS else 0
        return text, Cell.LONG if digits > DIGITS else Cell.PLAIN
