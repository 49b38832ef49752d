"""A template as a file: read with all that can be kept, written without a clock.

What is put into its cells is decided in `template`; what cannot be kept is found in `template_losses`.
"""

import io
import warnings
import zipfile
from typing import Final

import openpyxl
from openpyxl.packaging.custom import StringProperty
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook.workbook import Workbook
from openpyxl.writer.excel import ExcelWriter

from dashboards.summaries.paper import Paper
from dashboards.summaries.template_losses import TemplateError

_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest that an archive can say."""
_CONTENTS: Final = "[Content_Types].xml"
_PROPERTIES: Final = "docProps/core.xml"
_PROPERTY: Final = "branchmark"


def read(data: bytes, name: str, *, has_macros: bool) -> Workbook:
    """A template.

    Args:
        data: the file.
        name: what it is called.
        has_macros: whether it holds macros, which are kept.

    Raises:
        TemplateError: if it cannot be read.
    """
    with warnings.catch_warnings():
        # What the reader warns of was looked for before, and is told with its place.
        warnings.simplefilter("ignore")
        try:
            return openpyxl.load_workbook(io.BytesIO(data), keep_vba=has_macros, rich_text=True)
        except (ValueError, KeyError, TypeError, OSError, InvalidFileException) as error:
            raise TemplateError(
                f"{name} cannot be read as a workbook ({error}). Open it in Excel and save it anew as .xlsx."
            ) from None


def written(paper: Paper, book: Workbook, template: bytes) -> bytes:
    """A filled template as a file, which says what it was filled with and when that was stated."""
    at = paper.stated_at.replace(tzinfo=None)
    book.template = False
    book.calculation.fullCalcOnLoad = True
    book.properties.modified = at
    book.properties.lastModifiedBy = "branchmark"
    if not _says_when_made(template):
        book.properties.created = at
    _sign(paper, book)
    raw = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ExcelWriter(book, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED)).save()
    if book.vba_archive is not None:
        book.vba_archive.close()
    return _steady(raw.getvalue())


def _says_when_made(template: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(template)) as held:
        return _PROPERTIES in held.namelist() and b":created" in held.read(_PROPERTIES)


def _sign(paper: Paper, book: Workbook) -> None:
    """What it was filled with, as a property of the file: cells are the template's own."""
    package = paper.package
    edition = "draft" if paper.edition is None else f"edition {paper.edition}"
    told = (
        f"{package.return_id} {package.unit_id} {package.as_of.isoformat()} {edition} "
        f"{paper.state or 'draft'} SHA-256 {paper.content_hash}"
    )
    held = book.custom_doc_props  # type: ignore[attr-defined]
    if _PROPERTY in held.names:
        del held[_PROPERTY]
    held.append(StringProperty(name=_PROPERTY, value=told))


def _steady(data: bytes) -> bytes:
    """The same archive without a clock and in one order."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as made, zipfile.ZipFile(out, "w") as steady:
        for name in sorted(set(made.namelist()), key=lambda one: (one != _CONTENTS, one)):
            info = zipfile.ZipInfo(name, _TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            steady.writestr(info, made.read(name))
    return out.getvalue()
