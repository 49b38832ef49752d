"""The kinds of files that a report is written as, one way to write each, and what files are called."""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from dashboards.summaries import cells_csv, cells_json, pdf, workbook
from dashboards.summaries.paper import Paper


class SummaryKind(StrEnum):
    """A kind of file."""

    XLSX = "xlsx"
    PDF = "pdf"
    CSV = "csv"
    JSON = "json"

    @property
    def mime(self) -> str:
        """Its media type."""
        return _MIME[self]


_MIME: Final[Mapping[SummaryKind, str]] = {
    SummaryKind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    SummaryKind.PDF: "application/pdf",
    SummaryKind.CSV: "text/csv",
    SummaryKind.JSON: "application/json",
}
_WRITERS: Final[Mapping[SummaryKind, Callable[[Paper], bytes]]] = {
    SummaryKind.XLSX: workbook.write,
    SummaryKind.PDF: pdf.write,
    SummaryKind.CSV: cells_csv.write,
    SummaryKind.JSON: cells_json.write,
}
_ODD: Final = re.compile(r"[^A-Za-z0-9_]+")
_TAIL: Final = 6


def write(paper: Paper, kind: SummaryKind) -> bytes:
    """The report as a file of that kind: the same input gives the same bytes.

    Raises:
        MissingFontError: for a PDF with Chinese where no font has its signs.
    """
    return _WRITERS[kind](paper)


def refusal(paper: Paper, kind: SummaryKind) -> str:
    """Why the report cannot be written as a file of that kind, in a sentence; empty if it can."""
    return pdf.refusal(paper) if kind is SummaryKind.PDF else ""


def stem(paper: Paper) -> str:
    """What its files are called without an ending, in ASCII: `monthly_structure-B205-2026-10-e2`."""
    package = paper.package
    return stem_of(package.return_id, package.unit_id, package.as_of, paper.edition)


def stem_of(return_id: str, unit_id: str, as_of: date, edition: int | None) -> str:
    """The same, of a report that is known by its number only; no edition is a draft."""
    told = "draft" if edition is None else f"e{edition}"
    return "-".join((plain(return_id), plain(unit_id), f"{as_of:%Y-%m}", told))


def file_name(paper: Paper, kind: SummaryKind) -> str:
    """What the file is called."""
    return f"{stem(paper)}.{kind.value}"


def plain(name: str) -> str:
    """A name that every file system takes; two names stay two."""
    kept = _ODD.sub("_", name)
    return name if kept == name else f"{kept}_{hashlib.sha256(name.encode()).hexdigest()[:_TAIL]}"
