"""A report in a workbook that the bank or the regulator made: filled in place, and what was not as it should.

Cells are bound by the bindings file, by their names and by markers in them, in this order. Formulas stay as
they are; what is missing stays empty; every number is exact and looks as the template formats it. What a cell
asks for is read in `template_bindings`, answered in `template_values`; what cannot survive is found in
`template_losses`.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final

from openpyxl.cell.cell import Cell
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from dashboards.summaries.paper import Paper
from dashboards.summaries.template_bindings import (
    LEFT,
    MARKER,
    NAME_OF_FACT,
    Asked,
    Bindings,
    asked,
)
from dashboards.summaries.template_cells import (
    cell_at,
    is_words,
    place_of,
    text_of,
    unfit,
    write,
    write_answer,
    write_missing,
)
from dashboards.summaries.template_file import read, written
from dashboards.summaries.template_formulas import At, resting_on
from dashboards.summaries.template_losses import is_macro_book, losses
from dashboards.summaries.template_values import Answer, Refused, absent, answer, names_of_facts
from dashboards.summaries.workbook_forms import name_of
from transforms.errors import did_you_mean, listed

_SHOWN: Final = 8


class Kind(StrEnum):
    """What was not as it should be."""

    UNKNOWN = "unknown"
    """Nothing bears the name that a cell asks for."""
    UNFIT = "unfit"
    """It cannot be given as the cell asks for it."""
    FORMULA = "formula"
    """The cell holds a formula, which stays."""
    TWICE = "twice"
    """Two different things are bound to the cell; the first one is in it."""
    REPLACED = "replaced"
    """Words stood in the cell that the bindings file or a name speaks of; they are gone."""
    EMPTY = "empty"
    """The report has no value for the cell."""
    RESTS = "rests"
    """A formula of the template rests on a cell for which the report has no value."""
    LEFT = "left"
    """A marker is still there, where none is filled or because it could not be."""
    UNUSED = "unused"
    """Data points that stand nowhere in the template."""
    ALTERED = "altered"
    """Something of the template is kept, and not as it was."""
    LOST = "lost"
    """Something of the template is dropped."""


@dataclass(frozen=True)
class Finding:
    """Something that was not as it should be.

    Attributes:
        kind: what.
        place: sheet and cell, or the part of the file; empty for what stands nowhere.
        about: the data point, marker or table.
        why: in words.
        points: data points that stand nowhere.
    """

    kind: Kind
    place: str
    about: str
    why: str
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class Filled:
    """A filled template.

    Attributes:
        data: the file.
        suffix: what its name ends with.
        bound: how many cells were filled or left empty because the report has no value.
        findings: what was not as it should be.
    """

    data: bytes
    suffix: str
    bound: int
    findings: tuple[Finding, ...]

    def of(self, *kinds: Kind) -> tuple[Finding, ...]:
        """The findings of some kinds."""
        return tuple(one for one in self.findings if one.kind in kinds)


def fill(paper: Paper, data: bytes, name: str, bindings: Bindings | None = None) -> Filled:
    """A report in a template: the same report and template give the same bytes.

    Args:
        paper: the report.
        data: the template: a workbook, also one with macros.
        name: what the template is called, for what is said about it.
        bindings: what the bindings file says.

    Raises:
        TemplateError: if the template cannot be read.
    """
    not_kept = losses(data, name)
    has_macros = is_macro_book(data)
    book = read(data, name, has_macros=has_macros)
    filling = _Filling(paper, book, bindings or Bindings())
    filling.fill()
    found = filling.findings
    found += [
        Finding(Kind.LOST if one.is_gone else Kind.ALTERED, one.where, "", one.what)
        for one in not_kept
    ]
    order = tuple(Kind)
    found.sort(key=lambda one: order.index(one.kind))
    suffix = ".xlsm" if has_macros else ".xlsx"
    return Filled(written(paper, book, data), suffix, len(filling.taken), tuple(found))


@dataclass(eq=False)
class _Filling:
    paper: Paper
    book: Workbook
    bindings: Bindings
    findings: list[Finding] = field(default_factory=list)
    taken: dict[tuple[str, str], str] = field(default_factory=dict)
    """What stands in which cell, by sheet and address."""
    used: set[str] = field(default_factory=set)
    empty: list[At] = field(default_factory=list)

    def fill(self) -> None:
        for key, wanted in self.bindings.cells.items():
            self._by_file(key, wanted)
        self._by_names()
        for sheet in self.book.worksheets:
            for row in sheet.iter_rows():
                for cell in row:
                    if isinstance(cell, Cell):
                        self._by_marker(sheet, cell)
        for sheet in self.book.worksheets:
            self._left(sheet)
        self._resting()
        self._unused()

    def _tell(self, kind: Kind, place: str, about: str, why: str) -> None:
        self.findings.append(Finding(kind, place, about, why))

    # Cells, by what binds them

    def _by_file(self, key: str, wanted: Asked) -> None:
        if "!" not in key:
            names = {one.casefold(): found for one, found in self._names()}
            found = names.get(key.casefold())
            if found is None:
                near = did_you_mean(key, [one for one, _ in self._names()])
                self._tell(
                    Kind.UNKNOWN, key, wanted.name, f"no cell of the template is named so.{near}"
                )
                return
            self._named(key, found, wanted)
            return
        title, _, address = key.rpartition("!")
        title = title.strip("'").replace("''", "'")
        sheets = {sheet.title.casefold(): sheet for sheet in self.book.worksheets}
        sheet = sheets.get(title.casefold())
        if sheet is None:
            near = did_you_mean(title, [one.title for one in self.book.worksheets])
            self._tell(
                Kind.UNKNOWN, key, wanted.name, f"the template has no sheet {title!r}.{near}"
            )
            return
        self._bound(sheet, address, wanted)

    def _by_names(self) -> None:
        points = {name_of(point).casefold(): point for point in self.paper.cells}
        facts = {f"{NAME_OF_FACT}{name}".casefold(): name for name in names_of_facts()}
        ours = (f"{self.paper.return_.code}.".casefold(), NAME_OF_FACT.casefold())
        spoken_of = {key.casefold() for key in self.bindings.cells}
        for name, found in self._names():
            plain = name.casefold()
            asked_for = points.get(plain) or facts.get(plain)
            if asked_for is not None and plain not in spoken_of:
                self._named(name, found, Asked(asked_for))
            elif asked_for is None and plain.startswith(ours):
                near = did_you_mean(plain, (*points, *facts))
                self._tell(Kind.UNKNOWN, name, name, f"a cell is named so, and nothing else.{near}")

    def _names(self) -> Iterator[tuple[str, DefinedName]]:
        """Names of the workbook and of its sheets."""
        yield from self.book.defined_names.items()
        for sheet in self.book.worksheets:
            yield from sheet.defined_names.items()

    def _named(self, name: str, found: DefinedName, wanted: Asked) -> None:
        places = list(found.destinations) if found.value else []
        sheets = {sheet.title: sheet for sheet in self.book.worksheets}
        if len(places) != 1 or places[0][0] not in sheets:
            self._tell(Kind.UNFIT, name, wanted.name, f"the name stands for no cell: {found.value}")
            return
        title, address = places[0]
        self._bound(sheets[title], address, wanted)

    def _bound(self, sheet: Worksheet, address: str, wanted: Asked) -> None:
        """Fill a cell that the bindings file or a name speaks of."""
        cell = cell_at(sheet, address)
        if cell is None:
            place = f"{sheet.title}!{address}"
            self._tell(Kind.UNFIT, place, wanted.name, f"{address!r} is not one cell")
            return
        before = text_of(cell.value) if cell.data_type == "s" else ""
        if not self._put(sheet, cell, wanted):
            return
        if is_words(before):
            self._tell(Kind.REPLACED, place_of(sheet, cell), wanted.name, f"{before!r} stood there")
        elif LEFT.search(before) and wanted.name not in before:
            why = f"the marker {before} stood there, which is not what is in it now"
            self._tell(Kind.TWICE, place_of(sheet, cell), wanted.name, why)

    def _by_marker(self, sheet: Worksheet, cell: Cell) -> None:
        text = cell.value
        is_text = cell.data_type != "f" and isinstance(text, str | CellRichText)
        if not is_text or (sheet.title, cell.coordinate) in self.taken:
            return
        whole = MARKER.fullmatch(str(text).strip())
        if whole is not None:
            wanted = asked(whole[1])
            if isinstance(wanted, str):
                self._tell(Kind.UNKNOWN, place_of(sheet, cell), str(text), wanted)
            else:
                self._put(sheet, cell, wanted)
        elif MARKER.search(str(text)) is not None:
            self._among_words(sheet, cell, text)

    # What is put into them

    def _put(self, sheet: Worksheet, cell: Cell, wanted: Asked) -> bool:
        """Fill a cell; whether something else than before stands in it."""
        place = place_of(sheet, cell)
        at = sheet.title, cell.coordinate
        if at in self.taken:
            if self.taken[at] != wanted.name:
                why = f"{self.taken[at]} is bound to the cell too, and is in it"
                self._tell(Kind.TWICE, place, wanted.name, why)
            return False
        if cell.data_type == "f":
            self.used.add(wanted.name)
            self._tell(Kind.FORMULA, place, wanted.name, "the cell holds a formula, which stays")
            return False
        told = self._answer(place, wanted)
        if isinstance(told, Refused):
            return False
        why = unfit(cell, told)
        if why:
            self._tell(Kind.UNFIT, place, wanted.name, why)
            return False
        self.taken[at] = wanted.name
        if told.content is None:
            self._tell(Kind.EMPTY, place, wanted.name, told.why)
            self.empty.append((sheet.title, *coordinate_to_tuple(cell.coordinate)))
            write_missing(cell, self.bindings.missing)
        else:
            write_answer(cell, told)
        return True

    def _answer(self, place: str, wanted: Asked) -> Answer | Refused:
        told = answer(self.paper, wanted, self.bindings.numbers)
        if isinstance(told, Refused):
            kind = Kind.UNKNOWN if told.is_unknown else Kind.UNFIT
            self._tell(kind, place, wanted.name, told.why)
        else:
            self.used.add(wanted.name)
        return told

    def _among_words(self, sheet: Worksheet, cell: Cell, text: str | CellRichText) -> None:
        """Fill markers that stand among other words."""
        place = place_of(sheet, cell)
        before = len(self.findings)

        def told(found: re.Match[str]) -> str:
            wanted = asked(found[1])
            if isinstance(wanted, str):
                self._tell(Kind.UNKNOWN, place, found[0], wanted)
                return found[0]
            said = self._answer(place, wanted)
            if isinstance(said, Refused):
                return found[0]
            if said.content is None:
                self._tell(Kind.EMPTY, place, wanted.name, said.why)
                return absent(self.bindings.missing)
            return said.text

        in_parts = isinstance(text, CellRichText) and all(
            MARKER.sub("", str(part)).count("{{") == 0 for part in text
        )
        if in_parts:
            cell.value = CellRichText(
                *(
                    TextBlock(part.font, MARKER.sub(told, part.text))
                    if isinstance(part, TextBlock)
                    else MARKER.sub(told, part)
                    for part in text
                )
            )
        else:
            write(cell, MARKER.sub(told, str(text)))
        refused = {Kind.UNKNOWN, Kind.UNFIT}
        if not any(one.kind in refused for one in self.findings[before:]):
            self.taken[sheet.title, cell.coordinate] = str(text)

    # What is left

    def _left(self, sheet: Worksheet) -> None:
        told = {one.place for one in self.findings if one.kind in (Kind.UNKNOWN, Kind.UNFIT)}
        for row in sheet.iter_rows():
            for cell in row:
                if not isinstance(cell, Cell):
                    continue
                place = place_of(sheet, cell)
                if place not in told and LEFT.search(text_of(cell.value)):
                    self._tell(
                        Kind.LEFT, place, text_of(cell.value), "a marker here could not be read"
                    )
                if cell.comment is not None and LEFT.search(cell.comment.text):
                    self._tell(Kind.LEFT, place, "note", "markers in notes are not filled")
        for part in ("oddHeader", "oddFooter", "evenHeader", "evenFooter"):
            found = getattr(sheet, part)
            texts = [text_of(getattr(found, side).text) for side in ("left", "center", "right")]
            if any(map(LEFT.search, texts)):
                why = "markers in headers and footers are not filled"
                self._tell(Kind.LEFT, sheet.title, part, why)

    def _resting(self) -> None:
        sheets = {sheet.title: sheet for sheet in self.book.worksheets}
        for (title, row, column), (other, at_row, at_column) in resting_on(
            self.book, self.empty
        ).items():
            cell, on = sheets[title].cell(row, column), sheets[other].cell(at_row, at_column)
            about = on.coordinate if other == title else place_of(sheets[other], on)
            why = f"{text_of(cell.value)} rests on it, where a blank may count as zero"
            self._tell(Kind.RESTS, place_of(sheets[title], cell), about, why)

    def _unused(self) -> None:
        by_table: dict[str, list[str]] = {}
        counts: dict[str, int] = {}
        for point, cell in self.paper.cells.items():
            table = cell["table_id"]
            counts[table] = counts.get(table, 0) + 1
            left_out = any(fnmatchcase(point, one) for one in self.bindings.leave_out)
            if point not in self.used and not left_out:
                by_table.setdefault(table, []).append(point)
        code = self.paper.return_.code
        for table, points in by_table.items():
            why = f"{len(points)} of {counts[table]} stand nowhere: {listed(points, _SHOWN)}"
            self.findings.append(
                Finding(Kind.UNUSED, "", f"{code}.{table}", why, points=tuple(points))
            )
