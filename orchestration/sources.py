"""Opens a delivered file whole: encoding, separators, every line, or a refusal that names the line.

A file is looked at once from end to end before a row of it is handed on, so that it is never half
read. What the columns *mean* belongs in a mapping; values stay the text they are.
"""

import codecs
import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Literal

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from transforms.errors import UnreadableFileError

ROW: Final = "source_row_no"
DELIMITERS: Final = (",", ";", "\t", "|")
CHUNK: Final = 4 << 20
HEADER_LIMIT: Final = 1 << 20
RECORD_LIMIT: Final = 16 << 20
"""A record longer than this has an open quote in it."""

Format = Literal["auto", "csv", "parquet"]

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_KINDS: Final = (
    (b"PK\x03\x04", "it is an Excel workbook or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "it is an old Excel workbook"),
    (b"\x1f\x8b", "it is compressed with gzip"),
    (b"%PDF", "it is a PDF"),
)
_AS_TEXT: Final = "Save it as CSV (UTF-8) or Parquet and deliver that."
_LF, _CR, _NUL = 10, 13, 0


@dataclass(frozen=True, eq=False)
class Source:
    """A delivered file, opened and found whole.

    `frame` has every delivered column and `source_row_no`, 1 for the first row of data. All columns
    of a CSV file are text, an empty field is null. `encoding` and `delimiter` are None for Parquet.
    """

    path: Path
    format: Literal["csv", "parquet"]
    frame: pl.LazyFrame
    columns: tuple[str, ...]
    rows: int
    encoding: str | None
    delimiter: str | None
    sha256: str
    notes: tuple[str, ...] = ()


def open_source(
    path: Path,
    *,
    scratch: Path,
    format: Format = "auto",  # noqa: A002  # the word a mapping uses
    encoding: str | None = None,
    delimiter: str | None = None,
    quote: str | None = '"',
    header_row: int = 1,
) -> Source:
    """The file as a lazy frame, after every byte of it has been looked at.

    Args:
        path: the delivered file.
        scratch: a folder for the UTF-8 copy of a file in another encoding; it has to stay while the
            frame is used, and the caller clears it.
        format: what the file is; `auto` looks at its first bytes.
        encoding: a codec's name; None or `auto` for BOM, then UTF-8, then GB18030.
        delimiter: one character; None or `auto` for the most frequent of , ; tab | in the header.
        quote: the quoting character; None or `none` if quotes are plain text.
        header_row: the line of the column names, from 1; lines above are skipped.

    Raises:
        UnreadableFileError: if it cannot be read whole, with the line where there is one.
    """
    try:
        with path.open("rb") as file:
            head = file.read(8)
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        raise UnreadableFileError(
            str(path), "there is no such file", way_out="Check the path and deliver again."
        ) from None
    except IsADirectoryError:
        raise UnreadableFileError(
            str(path), "it is a folder", way_out="Deliver the files in it one by one."
        ) from None
    except OSError as error:
        raise UnreadableFileError(
            str(path),
            error.strerror or "the disk says no",
            way_out="Check the rights of the file and its folder.",
        ) from None
    if not head:
        raise UnreadableFileError(
            str(path), "it is empty", way_out="A month without rows still has a header line."
        )
    is_parquet = head.startswith(b"PAR1")
    if format != "auto" and is_parquet != (format == "parquet"):
        found = "a Parquet file" if is_parquet else "no Parquet file"
        raise UnreadableFileError(
            str(path), f"it is {found}", way_out="Mend `source: format` in the mapping."
        )
    if is_parquet:
        return _open_parquet(path, sha256)
    return _Csv(
        path,
        scratch,
        sha256,
        None if encoding == "auto" else encoding,
        None if delimiter == "auto" else delimiter,
        None if quote == "none" else quote,
        header_row,
    ).opened(head)


def _open_parquet(path: Path, sha256: str) -> Source:
    """Every page is read once: what Polars or Arrow cannot read is refused before it counts."""
    way_out = "Write the file again and deliver that."
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            stated = file.metadata.num_rows
            rows = sum(batch.num_rows for batch in file.iter_batches(1 << 16))
        frame = pl.scan_parquet(path, glob=False)
        names = frame.collect_schema().names()
        # Null counts need every page decoded, and hold nothing in memory.
        frame.select(pl.all().null_count()).collect(engine="streaming")
    except (pa.ArrowException, OSError, pl.exceptions.PolarsError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableFileError(
            str(path), f"the Parquet file is broken ({why})", way_out=way_out
        ) from None
    except pl.exceptions.PanicException:
        # Polars panics on some damaged pages; its panic is no Exception.
        raise UnreadableFileError(
            str(path), "the Parquet file is broken (a page cannot be decoded)", way_out=way_out
        ) from None
    if rows != stated:
        why = f"it says {stated} rows and holds {rows}"
        raise UnreadableFileError(str(path), why, way_out=way_out)
    _refuse_twins(path, names)
    columns, notes = _own_row_number(names)
    frame = frame.rename(dict(zip(names, columns, strict=True)))
    frame = frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    frame = frame.select(*columns, ROW)
    return Source(path, "parquet", frame, columns, rows, None, None, sha256, notes)


def _refuse_twins(path: Path, names: list[str]) -> None:
    twins = sorted({name for name in names if names.count(name) > 1})
    if twins:
        raise UnreadableFileError(
            str(path),
            f"the column {twins[0]!r} stands in it twice",
            way_out="Rename or remove one of the two.",
        )


def _own_row_number(names: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Column names with the file's own `source_row_no`, if any, out of the product's way."""
    if ROW not in names:
        return tuple(names), ()
    renamed = tuple(f"delivered_{ROW}" if name == ROW else name for name in names)
    return renamed, (f"The file's own {ROW} is called delivered_{ROW}.",)


@dataclass(frozen=True)
class _Lines:
    """What a look at every line found."""

    rows: int
    blank_tail: bool


@dataclass(frozen=True)
class _Csv:
    path: Path
    scratch: Path
    sha256: str
    encoding: str | None
    delimiter: str | None
    quote: str | None
    header_row: int

    def opened(self, head: bytes) -> Source:
        for magic, kind in _OTHER_KINDS:
            if head.startswith(magic):
                raise self.refusal(kind, _AS_TEXT)
        encoding = self.settled_encoding(head)
        plain = self.as_utf8(encoding)
        names, delimiter, skip = self.header(plain)
        found = self.look(plain, skip, delimiter, len(names))
        _refuse_twins(self.path, names)
        columns, notes = _own_row_number(names)
        frame = pl.scan_csv(
            plain,
            has_header=False,
            skip_lines=skip,
            schema=dict.fromkeys(columns, pl.String()),
            separator=delimiter,
            quote_char=self.quote,
            row_index_name=ROW,
            row_index_offset=1,
            n_rows=found.rows if found.blank_tail else None,
            glob=False,
        ).select(
            *(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in columns),
            pl.col(ROW).cast(pl.Int64),
        )
        return Source(
            self.path,
            "csv",
            frame,
            columns,
            found.rows,
            encoding,
            delimiter,
            self.sha256,
            notes,
        )

    def refusal(self, why: str, way_out: str) -> UnreadableFileError:
        return UnreadableFileError(str(self.path), why, way_out=way_out)

    def settled_encoding(self, head: bytes) -> str:
        """The stated encoding, or the first of BOM, UTF-8 and GB18030 that the whole file fits."""
        if self.encoding is not None:
            try:
                codecs.lookup(self.encoding)
            except LookupError:
                raise self.refusal(
                    f"there is no encoding {self.encoding!r}",
                    "Mend `source: encoding` in the mapping, or leave it out.",
                ) from None
            self.must_decode(self.encoding)
            return self.encoding
        for bom, name in _BOMS:
            if head.startswith(bom):
                self.must_decode(name)
                return name
        not_utf8 = self.undecodable("utf-8")
        if not_utf8 is None:
            return "utf-8"
        if self.undecodable("gb18030") is not None or not _is_mostly_chinese(
            _texts(self.path, "gb18030")
        ):
            raise self.refusal(
                f"{not_utf8}: it is neither UTF-8 nor GB18030",
                "Save it as UTF-8, or say `source: encoding` in the mapping (latin-1 for example).",
            )
        return "gb18030"

    def must_decode(self, encoding: str) -> None:
        problem = self.undecodable(encoding)
        if problem is not None:
            raise self.refusal(
                f"{problem} is not {encoding}", "Save it as UTF-8, or mend `source: encoding`."
            )

    def undecodable(self, encoding: str) -> str | None:
        """The first byte that does not fit the encoding, in words; None if all fit."""
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        before, line = 0, 1
        with self.path.open("rb") as file:
            while True:
                chunk = file.read(CHUNK)
                pending = decoder.getstate()[0]
                try:
                    decoder.decode(chunk, final=not chunk)
                except UnicodeError as error:
                    start = error.start if isinstance(error, UnicodeDecodeError) else 0
                    data = pending + chunk
                    at = before - len(pending) + start
                    line += data[:start].count(b"\n")
                    byte = f"byte 0x{data[start]:02X}" if start < len(data) else "the end"
                    return f"{byte} at position {at + 1} (line {line})"
                if not chunk:
                    return None
                before += len(chunk)
                line += chunk.count(b"\n")

    def as_utf8(self, encoding: str) -> Path:
        """The file itself where it is UTF-8 with LF or CRLF, or else its copy in the scratch folder."""
        returns_only = self.has_returns_only(encoding)
        if encoding.lower() in {"utf-8", "utf8", "utf-8-sig", "ascii"} and not returns_only:
            return self.path
        self.scratch.mkdir(parents=True, exist_ok=True)
        copy = self.scratch / f"{self.sha256[:24]}.csv"
        with copy.open("w", encoding="utf-8", newline="") as out:
            for text in _texts(self.path, encoding):
                out.write(text.replace("\r", "\n") if returns_only else text)
        return copy

    def has_returns_only(self, encoding: str) -> bool:
        """Whether lines end with a carriage return alone, as old Macintosh programs write them."""
        returns = False
        for text in _texts(self.path, encoding):
            if "\n" in text:
                return False
            returns = returns or "\r" in text
        return returns

    def header(self, plain: Path) -> tuple[list[str], str, int]:
        """The column names, the delimiter, and how many lines stand above the data."""
        with plain.open("rb") as file:
            above = [file.readline() for _ in range(self.header_row - 1)]
            start = sum(len(line) for line in above)
            record, lines = _record(file, self.quote)
        if not record.strip():
            raise self.refusal(
                f"line {self.header_row} is to hold the column names and is empty",
                "Say `source: header_row` in the mapping.",
            )
        if b"\0" in record or len(record) >= HEADER_LIMIT:
            raise self.refusal("its first line is no line of text", _AS_TEXT)
        text = record.decode("utf-8")
        if start == 0:
            text = text.removeprefix("\ufeff")
        text = text.rstrip("\r\n")
        delimiter = self.delimiter or _guess(text, self.quote)
        if len(delimiter) != 1 or not delimiter.isascii() or delimiter in {self.quote, "\r", "\n"}:
            raise self.refusal(
                f"{delimiter!r} cannot separate fields", "Mend `source: delimiter` in the mapping."
            )
        fields = _split(text, delimiter, self.quote)
        if fields is None:
            raise self.refusal(
                f"line {self.header_row}: a quote opens and does not close",
                "Mend the header line, or say `source: quote: none`.",
            )
        names = [name.strip() or f"column_{at}" for at, name in enumerate(fields, start=1)]
        return names, delimiter, self.header_row - 1 + lines

    def look(self, plain: Path, skip: int, delimiter: str, width: int) -> _Lines:
        """Counts the fields of every line; refuses the first line that has more or fewer."""
        scan = _Scan(delimiter, self.quote, width, skip)
        with plain.open("rb") as file:
            for _ in range(skip):
                file.readline()
            while chunk := file.read(CHUNK):
                problem = scan.take(chunk)
                if problem:
                    raise self.refusal(problem, scan.way_out)
        problem = scan.finish()
        if problem:
            raise self.refusal(problem, scan.way_out)
        return _Lines(scan.rows, scan.blanks > 0)


class _Scan:
    """Walks the bytes of the data lines, a chunk at a time, with arrays and no loop over rows.

    Quotes toggle; a comma or line end counts where an even number of quotes stands before it. A
    doubled quote inside a field toggles twice, which comes to the same.
    """

    def __init__(self, delimiter: str, quote: str | None, width: int, skipped: int) -> None:
        self.delimiter = ord(delimiter)
        self.quote = ord(quote) if quote else None
        self.width = width
        self.rows = 0
        self.blanks = 0
        self.way_out = "Mend the line and deliver the file again."
        self._lines = skipped  # physical lines before the chunk
        self._rest = b""

    def take(self, chunk: bytes) -> str | None:
        """Looks at all complete records so far; the first problem in words, or nothing."""
        data = self._rest + chunk
        problem, used = self._records(data)
        self._rest = data[used:]
        if problem is None and len(self._rest) > RECORD_LIMIT:
            return self._open_quote()
        return problem

    def finish(self) -> str | None:
        """Looks at a last line without an end."""
        if not self._rest:
            return None
        problem, used = self._records(self._rest + b"\n")
        if problem:
            return problem
        return None if used > len(self._rest) else self._open_quote()

    def _open_quote(self) -> str:
        self.way_out = "Close it, or say `source: quote: none` if quotes are plain text."
        return f"line {self._lines + 1}: a quote opens and does not close"

    def _records(self, data: bytes) -> tuple[str | None, int]:
        array = np.frombuffer(data, dtype=np.uint8)
        breaks = np.flatnonzero(array == _LF)
        quotes = np.flatnonzero(array == self.quote) if self.quote is not None else breaks[:0]
        ends = _outside(breaks, quotes)
        if not ends.size:
            return None, 0
        used = int(ends[-1]) + 1
        starts = np.concatenate(([0], ends[:-1] + 1))
        marks = _outside(np.flatnonzero(array[:used] == self.delimiter), quotes)
        fields = np.diff(np.searchsorted(marks, ends), prepend=0) + 1
        lengths = ends - starts
        with_return = (lengths > 0) & (array[np.maximum(ends - 1, 0)] == _CR)
        blank = (lengths - with_return) == 0
        problem = self._first_problem(array[:used], fields, blank, starts, breaks, quotes)
        self._lines += int(np.searchsorted(breaks, used))
        return problem, used

    def _first_problem(
        self,
        array: np.ndarray,
        fields: np.ndarray,
        blank: np.ndarray,
        starts: np.ndarray,
        breaks: np.ndarray,
        quotes: np.ndarray,
    ) -> str | None:
        # Blank lines are allowed at the very end only, where nothing comes after them.
        full = np.flatnonzero(~blank)
        last_full = int(full[-1]) if full.size else -1
        inner = np.flatnonzero(blank[: last_full + 1])
        # Start of the record, order among problems of one record, place of the problem, words.
        found: list[tuple[int, int, int, str]] = []
        if self.blanks and full.size:
            found.append((-1, 0, -self.blanks, "is empty, with rows after it"))
        if inner.size:
            at = int(starts[inner[0]])
            found.append((at, 0, at, "is empty, with rows after it"))
        ragged = np.flatnonzero((fields != self.width) & ~blank)
        if ragged.size:
            at = int(starts[ragged[0]])
            count = int(fields[ragged[0]])
            found.append((at, 2, at, f"has {count} fields, the header has {self.width}"))
        nul = np.flatnonzero(array == _NUL)
        if nul.size:
            found.append((int(nul[0]), 0, int(nul[0]), "holds a zero byte, which no text has"))
        stray = self._stray_quote(array, quotes[quotes < array.size])
        if stray is not None:
            at = int(starts[np.searchsorted(starts, stray, side="right") - 1])
            found.append((at, 1, stray, "has a quote in the middle of a field"))
        self.rows += len(full)
        self.blanks = len(blank) - 1 - last_full + (0 if full.size else self.blanks)
        if not found:
            return None
        _, _, at, what = min(found)
        if "quote" in what:
            self.way_out = "Double it inside a quoted field, or say `source: quote: none`."
        # A place before the buffer is a blank line kept in mind, counted back from its start.
        line = self._lines + 1 + (at if at < 0 else int(np.searchsorted(breaks, at)))
        return f"line {line} {what}"

    def _stray_quote(self, array: np.ndarray, quotes: np.ndarray) -> int | None:
        """The first quote that neither opens a field, nor closes one, nor is doubled."""
        if not quotes.size:
            return None
        opening, closing = quotes[0::2], quotes[1::2]
        before = array[np.maximum(opening - 1, 0)]
        after = array[np.minimum(closing + 1, array.size - 1)]
        marks = np.array([self.delimiter, _LF, _CR, array[quotes[0]]], dtype=np.uint8)
        good_open = (opening == 0) | (np.isin(before, marks) & (before != _CR))
        good_close = np.isin(after, marks)
        bad = np.concatenate((opening[~good_open], closing[~good_close]))
        return int(bad.min()) if bad.size else None


def _outside(positions: np.ndarray, quotes: np.ndarray) -> np.ndarray:
    """The positions with an even number of quotes before them."""
    if not quotes.size:
        return positions
    return positions[np.searchsorted(quotes, positions) % 2 == 0]


def _texts(path: Path, encoding: str) -> Iterator[str]:
    """The file's text, a piece at a time; a BOM is no text."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)


def _is_mostly_chinese(texts: Iterator[str]) -> bool:
    """Whether the characters are those of everyday Chinese, and not accented Latin letters misread.

    GB18030 takes nearly every pair of bytes: `é` and the letter after it in a Latin-1 file make one
    rare character. Everyday Chinese lies within the old GB 2312 set, rare names beside it.
    """
    strange: set[str] = set()
    for text in texts:
        strange |= set(text)
    strange -= {character for character in strange if character.isascii()}
    everyday = sum(bool(character.encode("gb2312", "ignore")) for character in strange)
    return everyday * 5 >= len(strange) * 3


def _record(file: BinaryIO, quote: str | None) -> tuple[bytes, int]:
    """One record with its line ends, and how many lines it takes; at most a megabyte of it."""
    record, lines = b"", 0
    while len(record) < HEADER_LIMIT:
        line = file.readline(HEADER_LIMIT)
        record += line
        lines += 1
        if not line or quote is None or record.count(quote.encode()) % 2 == 0:
            break
    return record, lines


def _guess(header: str, quote: str | None) -> str:
    """The most frequent separator outside quotes; a comma where there is none."""
    bare = header if quote is None else "".join(header.split(quote)[0::2])
    return max(DELIMITERS, key=bare.count)


def _split(record: str, delimiter: str, quote: str | None) -> list[str] | None:
    """The fields of one record; None if a quote stays open."""
    style = csv.QUOTE_NONE if quote is None else csv.QUOTE_MINIMAL
    rows = csv.reader(
        record.splitlines(keepends=True),
        delimiter=delimiter,
        quotechar=quote,
        quoting=style,
        strict=True,
    )
    try:
        return next(rows)
    except (csv.Error, StopIteration):
        return None
