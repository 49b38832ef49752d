"""A document on paper: a PDF of A4 landscape pages, the strip at the head of each, drawings as vectors.

Statuses are told by shape and word, so that a grey print loses nothing. The same document and moment give
the same bytes. How the sheet is set stands in `paper.typ`.
"""

import json
import re
from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import Final

from dashboards.exports import press
from dashboards.exports.cells import face_of, notes_of
from dashboards.exports.document import Cell, Document, Face, Made, Picture, Table, Words
from dashboards.i18n import Language, say
from dashboards.palette import LIGHT, MARKS
from transforms.scorecards import Status

_SHEET: Final = Path(__file__).with_suffix(".typ")
_CHINESE_RUN: Final = re.compile(f"{press.CHINESE.pattern}+")

SHAPES: Final[Mapping[Status, str]] = {
    Status.MET: "dot",
    Status.WITHIN: "dot",
    Status.NEAR: "triangle",
    Status.MISSED: "square",
    Status.EXCEEDED: "square",
    Status.NO_TARGET: "dash",
    Status.NOT_COMPARABLE: "ring",
    Status.NOT_APPLICABLE: "ring",
}
"""What is drawn for a status, so that no font has to have its glyph."""

_LINE: Final = 765
"""Points that a line has."""
_POINTS: Final = 0.75
"""A pixel of a drawing in points."""
_OF_PICTURE: Final = 0.67
"""The same of a drawing that stands alone, so that two of them stand side by side."""
_WIDE: Final = 12
_MOST_ROWS: Final = 60
"""Of a longer table nobody turns the pages; its other rows stand in workbook and files."""
_SMALL, _NORMAL = (6.5, 1.6, 2.5), (8.0, 2.6, 5.0)
"""Size of text, air above it and beside it: in a table of many columns, and in others."""


def write(document: Document, made: Made) -> bytes:
    """The PDF.

    Raises:
        MissingFontError: if there is Chinese to print, and no font for it.
    """
    return press.printed(_SHEET, _given(document, made), made.language, "pdf")[0]


def pictures(document: Document, made: Made, *, ppi: float = 110) -> list[bytes]:
    """The same pages as PNG.

    Raises:
        MissingFontError: if there is Chinese to print, and no font for it.
    """
    return press.printed(_SHEET, _given(document, made), made.language, "png", ppi)


def refusal(document: Document, made: Made) -> str:
    """Why it cannot be printed, in a sentence; empty if it can."""
    return press.refusal(_given(document, made), made.language, press.installed())


def _given(document: Document, made: Made) -> str:
    """What is printed, as the sheet takes it."""
    language = made.language
    at = made.at
    told = {
        "title": document.title,
        "language": language.value,
        "by": made.by,
        "at": {
            "year": at.year,
            "month": at.month,
            "day": at.day,
            "hour": at.hour,
            "minute": at.minute,
            "second": at.second,
        },
        "fonts": press.chosen(),
        "ink": LIGHT.ink,
        "quiet": LIGHT.quiet,
        "rule": LIGHT.rule,
        "head": [list(pair) for pair in (*document.strip, *document.filters)],
        "made": f"{say(language, 'ex_made', by=made.by, at=f'{at:%Y-%m-%d %H:%M}')} · "
        f"{say(language, 'ex_currency')} {made.form.currency}",
        "page": say(language, "ex_page", page="{page}", pages="{pages}"),
        "message": document.message,
        "nothing": say(language, "ex_no_rows"),
        "blocks": _blocks(document, made),
        "signatures": list(document.signatures),
        "signature": say(language, "ex_signature_date"),
        "definitions-title": say(language, "ex_definitions"),
        "definitions": [[name, code, text] for code, name, text in _definitions(document, made)],
        "definitions-note": _left_out(document, made),
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _definitions(document: Document, made: Made) -> list[tuple[str, str, str]]:
    """The definitions; for an English reader without their Chinese sources where these cannot be printed."""
    if not _left_out(document, made):
        return list(document.definitions)
    return [(code, name, _CHINESE_RUN.sub("…", text)) for code, name, text in document.definitions]


def _left_out(document: Document, made: Made) -> str:
    """That Chinese names of sources are left out, if they are."""
    sources = "".join(text for _, _, text in document.definitions)
    if made.language is Language.ZH or not press.CHINESE.search(sources):
        return ""
    printable = press.has_chinese(press.installed())
    return "" if printable else say(made.language, "ex_sources_left_out")


def _blocks(document: Document, made: Made) -> list[dict[str, object]]:
    """What is printed, drawings that follow each other side by side."""
    shown = [one for one in document.blocks if not (isinstance(one, Table) and one.aside)]
    told: list[dict[str, object]] = []
    for pictures, run in groupby(shown, key=lambda one: isinstance(one, Picture)):
        made_of = [_block(block, made) for block in run]
        if pictures:
            told.append({"kind": "pictures", "title": "", "items": made_of})
        else:
            told += made_of
    return told


def _block(block: Table | Picture | Words, made: Made) -> dict[str, object]:
    match block:
        case Table():
            face = _face(face_of(block, made.form, _MOST_ROWS))
            notes = notes_of(block, made.form, _MOST_ROWS)
            return {"kind": "table", "title": block.title, "face": face, "notes": notes}
        case Picture():
            width = min(_width_of(block.svg) * _OF_PICTURE, _LINE)
            return {
                "kind": "picture",
                "title": block.title,
                "svg": block.svg,
                "alt": block.alt,
                "width": width,
            }
        case Words():
            return {"kind": "words", "title": block.title, "sentences": list(block.sentences)}


def _face(face: Face) -> dict[str, object]:
    size, air, side = _SMALL if len(face.headings) > _WIDE else _NORMAL
    whole = sum(heading.width for heading in face.headings)
    return {
        "size": size,
        "air": air,
        "side": side,
        "headings": [
            {
                "text": heading.text,
                "number": heading.number,
                "width": heading.width,
                "under": _kept(heading.under),
            }
            for heading in face.headings
        ],
        "lines": [
            [
                _cell(cell, _LINE * heading.width / whole)
                for cell, heading in zip(line, face.headings, strict=True)
            ]
            for line in face.lines
        ],
    }


def _kept(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if line]


def _cell(cell: Cell, room: float) -> dict[str, object]:
    mark = cell.mark
    return {
        "text": cell.text,
        "under": cell.under,
        "strong": cell.strong,
        "indent": cell.indent,
        "svg": cell.svg,
        "alt": cell.alt,
        "width": min(_width_of(cell.svg) * _POINTS, room - 8) if cell.svg else 0,
        "mark": None
        if mark is None
        else {"shape": SHAPES[mark], "colour": MARKS[mark].colour(dark=False)},
    }


def _width_of(svg: str) -> float:
    """The width a drawing names, in pixels; a whole line if it names none."""
    found = re.search(r'<svg[^>]*?\swidth="([\d.]+)', svg)
    return float(found[1]) if found else _LINE / _POINTS
