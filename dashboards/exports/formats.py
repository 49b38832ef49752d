"""The kinds of files that a document can be taken as, and one way to write each of them."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from dashboards.exports import page, paper, plain, workbook
from dashboards.exports.document import Document, Made


class FileKind(StrEnum):
    """A kind of file."""

    XLSX = "xlsx"
    CSV = "csv"
    PARQUET = "parquet"
    HTML = "html"
    PDF = "pdf"

    @property
    def ending(self) -> str:
        """What its name ends with; several tables are one zip."""
        return {FileKind.CSV: "csv.zip", FileKind.PARQUET: "parquet.zip"}.get(self, self.value)

    @property
    def mime(self) -> str:
        """Its media type."""
        return _MIME[self]


_SHEETS: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MIME: Final[Mapping[FileKind, str]] = {
    FileKind.XLSX: _SHEETS,
    FileKind.CSV: "application/zip",
    FileKind.PARQUET: "application/zip",
    FileKind.HTML: "text/html",
    FileKind.PDF: "application/pdf",
}
_WRITERS: Final[Mapping[FileKind, Callable[[Document, Made], bytes]]] = {
    FileKind.XLSX: workbook.write,
    FileKind.CSV: plain.csv_files,
    FileKind.PARQUET: plain.parquet_files,
    FileKind.HTML: page.write,
    FileKind.PDF: paper.write,
}


def write(document: Document, made: Made, kind: FileKind) -> bytes:
    """The document as a file of that kind: the same input gives the same bytes.

    Raises:
        MissingFontError: for a PDF with Chinese where no font has its signs.
    """
    return _WRITERS[kind](document, made)


def refusal(document: Document, made: Made, kind: FileKind) -> str:
    """Why the document cannot be written as a file of that kind, in a sentence; empty if it can."""
    return paper.refusal(document, made) if kind is FileKind.PDF else ""


def file_name(document: Document, kind: FileKind) -> str:
    """What the file is called."""
    return f"{document.stem}.{kind.ending}"
