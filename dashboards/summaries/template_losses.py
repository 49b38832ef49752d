"""What a template holds that does not survive being filled, found before anything is written.

Workbooks are read and written by openpyxl, which knows less of them than Excel does. What it drops, and what
it keeps without keeping it alive, is told here by place; what follows from that belongs in `template`.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from openpyxl.xml.functions import fromstring

from transforms.errors import BranchmarkError

_OLD: Final = b"\xd0\xcf\x11\xe0"
"""What an old or an encrypted workbook begins with."""
_STRICT: Final = b"purl.oclc.org/ooxml"
_LARGEST: Final = 200 * 2**20
"""Unpacked; a form has a thousandth of it."""
_WORKBOOK: Final = "xl/workbook.xml"
_MACROS: Final = "xl/vbaProject.bin"


@dataclass(frozen=True)
class Loss:
    """Something of a template that is not as it was in the filled file.

    Attributes:
        where: the sheet, or the part of the file.
        what: in words.
        is_gone: whether it is dropped; else it is kept but not as it was.
    """

    where: str
    what: str
    is_gone: bool


_PARTS: Final = (
    (r"xl/charts/chart\d+\.xml", "a chart is drawn anew, without part of its looks", False),
    (r"xl/charts/chartEx", "a chart of a newer kind", True),
    (r"xl/pivotTables/", "a pivot table is kept and not refreshed", False),
    (r"xl/externalLinks/[^/]+$", "a link to another workbook is kept and not refreshed", False),
    (r"xl/(ctrlProps|activeX)/", "buttons and other controls", True),
    (r"xl/embeddings/", "an embedded object", True),
    (r"xl/threadedComments/", "a thread of comments (its text stays as a note)", True),
    (r"xl/(slicers|slicerCaches|timelines|timelineCaches)/", "slicers", True),
    (r"xl/(connections\.xml|queryTables/|model/)", "a connection to data", True),
    (r"xl/diagrams/data", "a diagram", True),
    (r"xl/xmlMaps\.xml", "a map of cells to XML", True),
    (r"xl/(macrosheets|dialogsheets)/", "a sheet of an old kind (macros or dialogs)", True),
    (r"xl/metadata\.xml", "formulas that spill over cells, or data types of cells", True),
    (r"xl/vbaProjectSignature", "the signature of the macros", True),
    (r"_xmlsignatures/", "the digital signature of the file", True),
    (r"customUI/", "buttons in the ribbon", True),
    (r"xl/media/.*\.(emf|wmf|svg|tiff?|wdp)$", "a picture that is no PNG, JPEG or GIF", True),
)
_ELEMENTS: Final[Mapping[str, str]] = {
    "customSheetViews": "views of the sheet under names",
    "protectedRanges": "ranges that some may edit under protection",
    "cellWatches": "watched cells",
    "ignoredErrors": "",
    "legacyDrawingHF": "a picture in header or footer",
    "oleObjects": "an embedded object",
    "controls": "buttons and other controls",
    "picture": "a picture behind the cells",
    "dataConsolidate": "a consolidation of data",
    "webPublishItems": "what is published of it as a web page",
}
"""Parts of a sheet that are dropped; those without words nobody misses."""
_EXTENSIONS: Final[Mapping[str, str]] = {
    "{78C0D931-6437-407D-A8EE-F0AAD7539E65}": "a conditional format of a newer kind",
    "{CCE6A557-97BC-4B89-ADB6-D9C93CAAB3DF}": "a list of allowed values that stands on another sheet",
    "{05C60535-1F16-4FD2-B633-F4F36F0B64E0}": "small drawings in cells (sparklines)",
    "{A8765BA9-456A-4DAB-B4F3-ACF838C121DE}": "slicers",
    "{7E03D99C-DC04-49D9-9315-930204A7B6E9}": "slicers",
    "{FC87AEE6-9EDD-4A0A-B7FB-166176984837}": "ranges that some may edit under protection",
}
"""Extensions of a sheet that people see."""
_CONTROL: Final = re.compile(rb'ObjectType\s*=\s*["\'](?!Note)')
"""Of drawings of the old kind, which hold notes and controls."""
_SHAPES: Final = frozenset({"sp", "grpSp", "cxnSp", "contentPart", "AlternateContent"})


class TemplateError(BranchmarkError):
    """A file cannot be filled as a template."""


def is_macro_book(data: bytes) -> bool:
    """Whether a workbook holds macros, which then are kept."""
    with _opened(data, "the template") as book:
        return _MACROS in book.namelist()


def losses(data: bytes, name: str) -> tuple[Loss, ...]:
    """What of a template does not survive, each once, in the order of its parts.

    Args:
        data: the file.
        name: what it is called.

    Raises:
        TemplateError: if it is no workbook that can be filled.
    """
    with _opened(data, name) as book:
        names = book.namelist()
        found = [
            Loss(_plain(part), what, is_gone)
            for pattern, what, is_gone in _PARTS
            for part in sorted(names)
            if re.match(pattern, part)
        ]
        keeps_controls = _MACROS in names
        for sheet, part in _sheets(book):
            found += [Loss(sheet, what, is_gone=True) for what in _in_sheet(book, part)]
            if not keeps_controls and _has_old_controls(book, part):
                found.append(Loss(sheet, _ELEMENTS["controls"], is_gone=True))
    return tuple(dict.fromkeys(found))


def _opened(data: bytes, name: str) -> zipfile.ZipFile:
    way_out = "Open it in Excel and save it as .xlsx."
    if data[:4] == _OLD:
        raise TemplateError(
            f"{name} is an old .xls workbook, or is protected by a password. {way_out[:-1]}, without a "
            "password."
        )
    try:
        book = zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile:
        raise TemplateError(f"{name} is no Excel workbook. {way_out}") from None
    if _WORKBOOK not in book.namelist():
        raise TemplateError(f"{name} holds no Excel workbook. {way_out}")
    if sum(part.file_size for part in book.infolist()) > _LARGEST:
        raise TemplateError(
            f"{name} unpacks to more than {_LARGEST >> 20} MB. Take out of it what is no form."
        )
    if _STRICT in book.read(_WORKBOOK):
        raise TemplateError(
            f"{name} is a Strict Open XML workbook. {way_out[:-1]}, not as Strict Open XML."
        )
    return book


def _sheets(book: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Worksheets by name, with the parts that hold them."""
    targets = _targets(book, _WORKBOOK)
    for node in _parsed(book, _WORKBOOK).iter():
        if _tag(node) == "sheet":
            number = next(value for key, value in node.attrib.items() if key.endswith("}id"))
            part = targets.get(number, "")
            if "/worksheets/" in part and part in book.namelist():
                yield str(node.attrib["name"]), part


def _has_old_controls(book: zipfile.ZipFile, part: str) -> bool:
    """Whether a sheet holds controls of the old kind, which are kept with macros only."""
    drawn = [one for one in _targets(book, part).values() if one.endswith(".vml")]
    return any(one in book.namelist() and _CONTROL.search(book.read(one)) for one in drawn)


def _in_sheet(book: zipfile.ZipFile, part: str) -> Iterator[str]:
    targets = _targets(book, part)
    for node in _parsed(book, part):
        tag = _tag(node)
        if _ELEMENTS.get(tag):
            yield _ELEMENTS[tag]
        elif tag == "extLst":
            for one in node:
                what = _EXTENSIONS.get(str(one.attrib.get("uri", "")).upper())
                if what:
                    yield what
        elif tag == "drawing":
            number = next(value for key, value in node.attrib.items() if key.endswith("}id"))
            drawn = targets.get(number, "")
            if drawn in book.namelist() and any(
                _tag(one) in _SHAPES for one in _parsed(book, drawn).iter()
            ):
                yield "text boxes and shapes"


def _targets(book: zipfile.ZipFile, part: str) -> dict[str, str]:
    """The parts that a part refers to, by number."""
    folder, name = posixpath.split(part)
    listed = f"{folder}/_rels/{name}.rels"
    if listed not in book.namelist():
        return {}
    return {
        str(node.attrib["Id"]): posixpath.normpath(
            posixpath.join("/", folder, str(node.attrib["Target"]))
        ).lstrip("/")
        for node in _parsed(book, listed)
    }


def _parsed(book: zipfile.ZipFile, part: str) -> Any:  # noqa: ANN401 - elements of either parser
    return fromstring(book.read(part))


def _tag(node: Any) -> str:  # noqa: ANN401
    return str(node.tag).rpartition("}")[2]


def _plain(part: str) -> str:
    """A part as people find it: charts of a kind are told by their own name."""
    return part.rpartition("/")[2]
