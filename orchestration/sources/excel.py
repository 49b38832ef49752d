"""Excel workbooks (xlsx): the sheet and the row of names found out, every cell kept as it stands.

All columns are text, but for those that hold nothing but date cells. Cells are read in `workbook`.
"""

import lzma
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.sources.archive import AS_XLSX, must_be_small
from orchestration.sources.cells import Cell, place
from orchestration.sources.source import (
    CELLS,
    Request,
    Source,
    first_line,
    hash_of,
    numbered,
    settled_names,
    told,
)
from orchestration.sources.workbook import (
    BrokenWorkbookError,
    Merged,
    Row,
    Sheet,
    Workbook,
)
from transforms.errors import did_you_mean

WINDOW: Final = 50
"""So many filled rows are looked at for the column names."""
BATCH: Final = 20_000
PIECES: Final = 100_000
"""Columns of batches that are written: a sheet of a million rows may have 600 columns."""

BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    UnicodeDecodeError,
)
"""What reading a damaged archive raises."""

_ZIP: Final = b"PK\x03\x04"
_OLE: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")


def claims(path: Path, head: bytes) -> bool:
    """Whether it is a workbook, also of a kind that is then refused."""
    if head.startswith(_OLE):
        return True
    if not head.startswith(_ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except BROKEN:
        return b"xl/" in head or b"[Content_Types].xml" in head


def opened(request: Request) -> Source:
    """The sheet or sheets that the mapping names, or the first visible one with column names."""
    with request.path.open("rb") as file:
        start = file.read(1 << 20)
    if start.startswith(_OLE):
        why = (
            "it is a workbook with a password"
            if _ENCRYPTED in start or b"EncryptedPackage" in start
            else "it is an old Excel workbook (xls)"
        )
        raise request.refusal(why, AS_XLSX)
    try:
        with zipfile.ZipFile(request.path) as archive:
            must_be_small(request, archive)
            return _Reading(request, Workbook(archive)).source()
    except BrokenWorkbookError as error:
        raise request.refusal(f"the workbook is broken ({error})", AS_XLSX) from None
    except BROKEN as error:
        raise request.refusal(
            f"the workbook is broken ({first_line(error)[:200]})", AS_XLSX
        ) from None
    except KeyError as error:
        raise request.refusal(
            f"the workbook lacks one of its parts ({error.args[0]})", AS_XLSX
        ) from None


@dataclass
class _Column:
    """What was found in a column so far."""

    name: str
    days: int = 0
    moments: int = 0
    others: int = 0
    first_other: str = ""
    first_long: str = ""


@dataclass(frozen=True)
class _Head:
    """Where the names of a sheet stand, and what stands above them."""

    row: int
    first: int
    names: tuple[str, ...]
    notes: list[str]
    above: list[str]


@dataclass
class _Reading:
    """A workbook being read: the sheets one after the other into one file."""

    request: Request
    book: Workbook
    columns: list[_Column] = field(default_factory=list)
    heads: list[tuple[Sheet, _Head]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    rows: int = 0
    unknown: str = ""

    def source(self) -> Source:
        path = self.request.room("excel.parquet")
        sheets = self._sheets()
        writer: pq.ParquetWriter | None = None
        try:
            for sheet, head, rows, merged in sheets:
                names = self._settle(sheet, head)
                schema = pa.schema([(name, pa.large_string()) for name in names])
                if writer is None:
                    writer = pq.ParquetWriter(path, schema, compression="zstd")
                for batch in self._batches(sheet, head, rows):
                    writer.write_table(batch.select(names).to_arrow().cast(schema))
                self._note_merged(sheet, head, merged)
        finally:
            if writer is not None:
                writer.close()
        return self._as_source(path)

    def _as_source(self, path: Path) -> Source:
        names = tuple(column.name for column in self.columns)
        self._note_columns()
        frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        frame = frame.with_columns(
            _dated(column)
            for column in self.columns
            if column.days + column.moments and not column.others
        )
        spots = [f"{sheet.name!r} (names in row {head.row})" for sheet, head in self.heads]
        dates = ", dates counted from 1904" if self.book.date_1904 else ""
        how = f"Excel, sheet{'s' if len(spots) > 1 else ''} {', '.join(spots)}{dates}"
        return Source(
            path=self.request.path,
            format="excel",
            frame=numbered(frame, names),
            columns=names,
            rows=self.rows,
            encoding=None,
            delimiter=None,
            sha256=hash_of(self.request.path),
            notes=tuple(self.notes),
            told=told(how, len(names), self.rows),
        )

    def _sheets(self) -> Iterator[tuple[Sheet, _Head, Iterator[Row], Merged]]:
        """The sheets to read, each with its names found and its rows to come."""
        asked = self.request.rules.sheet
        if asked:
            for sheet in self._asked(asked):
                merged = Merged()
                rows = self.book.rows(sheet, merged)
                head, rest = self._found_head(sheet, rows)
                if head is None and asked == ("*",):
                    continue
                if head is None:
                    raise self._no_names(f"sheet {sheet.name!r} has no row of column names")
                yield sheet, head, rest, merged
            if not self.heads:
                raise self._no_names("no sheet has a row of column names")
            return
        visible = [one for one in self.book.sheets if one.visible]
        # A single name is a title: a cover sheet is taken only where there is nothing else.
        for sheet, least in [*((one, 2) for one in visible), *((one, 1) for one in visible)]:
            merged = Merged()
            head, rest = self._found_head(sheet, self.book.rows(sheet, merged))
            if head is not None and len(head.names) >= least:
                others = [one.name for one in self.book.sheets if one is not sheet]
                if others:
                    self.notes.append(f"Sheets that were not read: {', '.join(others)}.")
                yield sheet, head, rest, merged
                return
        raise self._no_names("no visible sheet has a row of column names")

    def _no_names(self, why: str) -> Exception:
        return self.request.refusal(
            why, "Say `source: sheet` and `source: header_row` in the mapping."
        )

    def _asked(self, asked: tuple[str, ...]) -> list[Sheet]:
        """The sheets that the mapping names, by name or else by place from 1."""
        if asked == ("*",):
            return [sheet for sheet in self.book.sheets if sheet.visible]
        by_name = {sheet.name: sheet for sheet in self.book.sheets}
        found = []
        for one in asked:
            at = int(one) - 1 if one.isdigit() else -1
            if one in by_name:
                found.append(by_name[one])
            elif 0 <= at < len(self.book.sheets):
                found.append(self.book.sheets[at])
            else:
                raise self.request.refusal(
                    f"it has no sheet {one!r}",
                    f"{did_you_mean(one, by_name)} It has {', '.join(by_name)}.".strip(),
                )
        return found

    def _found_head(self, sheet: Sheet, rows: Generator[Row]) -> tuple[_Head | None, Iterator[Row]]:
        """The row of names and the rows below it.

        As stated, or the first filled row of text that is nearly as wide as the widest near it: the
        title lines above a table are not.
        """
        stated = self.request.rules.header_row
        seen: list[Row] = []
        for row in rows:
            seen.append(row)
            if len(seen) == WINDOW or (stated != "auto" and row.number >= stated):
                break
        if stated != "auto":
            names_at = [at for at, row in enumerate(seen) if row.number == stated]
            if seen and not names_at:
                raise self.request.refusal(
                    f"row {stated} of sheet {sheet.name!r} is to hold the column names and is empty",
                    "Mend `source: header_row` in the mapping, or leave it out.",
                )
        else:
            widest = max((len(row.cells) for row in seen), default=0)
            names_at = [
                at
                for at, row in enumerate(seen)
                if len(row.cells) >= max(0.6 * widest, 1) and _is_text(row)
            ]
        if not names_at:
            return None, rows
        at = names_at[0]
        return self._head(sheet, seen, at), chain(seen[at + 1 :], rows)

    def _head(self, sheet: Sheet, seen: list[Row], at: int) -> _Head:
        row = seen[at]
        first, last = row.cells[0][0], row.cells[-1][0]
        by_place = {column: text for column, text, _ in row.cells}
        given = [by_place.get(column, "") for column in range(first, last + 1)]
        names, notes = settled_names(self.request, given)
        above = [text for earlier in seen[:at] for _, text, _ in earlier.cells]
        if above:
            quoted = ", ".join(f"“{text[:60]}”" for text in above[:6])
            more = " and more" if len(above) > 6 else ""  # noqa: PLR2004 - enough to know it by
            notes.append(f"Above the column names of sheet {sheet.name!r}: {quoted}{more}.")
        return _Head(row.number, first, names, notes, above)

    def _settle(self, sheet: Sheet, head: _Head) -> list[str]:
        """Takes the names of a sheet; those of a second sheet have to be the same."""
        if not self.heads:
            self.columns = [_Column(name) for name in head.names]
            self.notes += head.notes
        names = [column.name for column in self.columns]
        if set(names) != set(head.names):
            odd = sorted(set(names) ^ set(head.names))
            raise self.request.refusal(
                f"the sheets {self.heads[0][0].name!r} and {sheet.name!r} have different columns "
                f"({', '.join(odd[:5])})",
                "Name sheets of one layout in `source: sheet`.",
            )
        self.heads.append((sheet, head))
        return names

    def _batches(self, sheet: Sheet, head: _Head, rows: Iterator[Row]) -> Generator[pl.DataFrame]:
        """The rows below the names, some thousands at a time, as columns of text."""
        by_name = {column.name: column for column in self.columns}
        columns = [by_name[name] for name in head.names]
        gathered: list[list[str | None]] = [[] for _ in columns]
        most = min(BATCH, max(CELLS // len(columns), 1))
        taken, expected = 0, head.row + 1
        gaps: list[int] = []
        for row in rows:
            if row.number != expected:
                gaps.append(expected)
            expected = row.number + 1
            for values in gathered:
                values.append(None)
            self._take(sheet, head, row, columns, gathered)
            taken += 1
            if taken == most:
                yield _frame(head.names, gathered)
                gathered = [[] for _ in columns]
                self.rows, taken = self.rows + taken, 0
                if self.rows // most * len(columns) > PIECES:
                    raise self.request.refusal(
                        f"{len(columns):,} columns are too many for a sheet of more than "
                        f"{self.rows:,} rows",
                        "Leave out columns that no mapping names, or deliver CSV (UTF-8) or Parquet.",
                    )
        yield _frame(head.names, gathered)
        self.rows += taken
        if gaps:
            self.notes.append(
                f"Sheet {sheet.name!r} has empty rows between rows, the first at row {gaps[0]}; "
                "they are no rows of data and are not numbered."
            )

    def _take(
        self,
        sheet: Sheet,
        head: _Head,
        row: Row,
        columns: list[_Column],
        gathered: list[list[str | None]],
    ) -> None:
        for at, text, holds in row.cells:
            spot = at - head.first
            if not 0 <= spot < len(columns):
                raise self.request.refusal(
                    f"{sheet.name}!{place(at, row.number)} has a value and no column name above it",
                    "Name the column in the row of names, or clear the cell.",
                )
            gathered[spot][-1] = text
            column = columns[spot]
            if holds is Cell.DAY:
                column.days += 1
            elif holds is Cell.MOMENT:
                column.moments += 1
            else:
                column.others += 1
                if not column.first_other:
                    column.first_other = f"{sheet.name}!{place(at, row.number)}"
                if holds is Cell.LONG and not column.first_long:
                    column.first_long = f"{sheet.name}!{place(at, row.number)}"
                if holds is Cell.UNKNOWN and not self.unknown:
                    self.unknown = f"{sheet.name}!{place(at, row.number)}"

    def _note_merged(self, sheet: Sheet, head: _Head, merged: Merged) -> None:
        below = [one for one in merged.ranges if _first_row(one) > head.row]
        if below:
            self.notes.append(
                f"Sheet {sheet.name!r} has merged cells among its rows, {below[0]} for example; only "
                "the first cell of each holds the value."
            )

    def _note_columns(self) -> None:
        for column in self.columns:
            if column.others and column.days + column.moments:
                self.notes.append(
                    f"{column.name} mixes date cells and others ({column.first_other} for example); "
                    "date cells are read as YYYY-MM-DD."
                )
        long = [
            f"{column.name} ({column.first_long})" for column in self.columns if column.first_long
        ]
        if long:
            self.notes.append(
                "Numbers of more than 15 digits, of which Excel keeps 15; numbers of accounts and "
                f"loans belong in cells of text: {', '.join(long)}."
            )
        if self.unknown:
            self.notes.append(
                f"Formulas without a stored answer, read as their text, {self.unknown} for example: "
                "open the workbook in Excel and save it."
            )


def _is_text(row: Row) -> bool:
    """Whether no cell of the row is a number or a date, as names are not."""
    return not any(
        holds in {Cell.DAY, Cell.MOMENT, Cell.LONG}
        or text.lstrip("-").replace(".", "", 1).isdigit()
        for _, text, holds in row.cells
    )


def _first_row(merged: str) -> int:
    digits = merged.partition(":")[0].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ$")
    return int(digits) if digits.isdigit() else 0


def _frame(names: tuple[str, ...], gathered: list[list[str | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            pl.Series(name, values, dtype=pl.String)
            for name, values in zip(names, gathered, strict=True)
        ]
    )


def _dated(column: _Column) -> pl.Expr:
    """A column of nothing but date cells as dates, or as moments if one has a time."""
    text = pl.col(column.name)
    if not column.moments:
        return text.str.to_date("%Y-%m-%d")
    whole = pl.when(text.str.len_bytes() == len("2026-10-31")).then(text + " 00:00:00")
    return whole.otherwise(text).str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us")
