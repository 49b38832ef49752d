"""Text with separators: encoding and separator found out, every line looked at, in one pass.

The bytes are hashed, decoded and looked at as they come; a file that is not UTF-8 with LF or CRLF is
copied as such into the scratch folder meanwhile. Values stay the text they are.
"""

import codecs
import csv
import hashlib
import io
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import polars as pl

from orchestration.sources.lines import LineScan
from orchestration.sources.source import ROW, Request, Source, settled_names, told

DELIMITERS: Final = (",", ";", "\t", "|")
CHUNK: Final = 4 << 20
HEADER_LIMIT: Final = 1 << 20

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OTHER_KINDS: Final = (
    (b"PK\x03\x04", "it is a zip archive"),
    (b"\x1f\x8b", "it is compressed with gzip"),
    (b"%PDF", "it is a PDF"),
)
_AS_TEXT: Final = "Save it as CSV (UTF-8), Excel (xlsx) or Parquet and deliver that."
_SPOKEN: Final = {"utf-8-sig": "UTF-8 with a byte order mark", "utf8": "UTF-8"}
_LOOKED_AT: Final = 2 << 20
"""So many characters are looked at whole for whether a text is Chinese, and then a part of each piece."""
_PART: Final = 1 << 16


def claims(path: Path, head: bytes) -> bool:
    """Whether it may be text: any file may; folders may not."""
    return bool(head) and path.is_file()


def opened(request: Request) -> Source:
    """The text file, after every byte of it has been looked at once, or twice where it had to be."""
    with request.path.open("rb") as file:
        head = file.read(CHUNK)
    for magic, kind in _OTHER_KINDS:
        if head.startswith(magic):
            raise request.refusal(kind, _AS_TEXT)
    stated = request.rules.encoding
    if stated != "auto":
        must_exist(request, stated)
        return _in(request, stated, "Save it as UTF-8, or mend `source: encoding`.")
    marked = next((name for bom, name in _BOMS if head.startswith(bom)), None) or _unmarked(head)
    if marked is not None:
        return _in(request, marked, "Save it as UTF-8, or say `source: encoding`.")
    try:
        return _whole(request, "utf-8")
    except _Undecodable as not_utf8:
        first = not_utf8
    try:
        return _whole(request, "gb18030")
    except (_Undecodable, _NotChinese):
        raise request.refusal(
            f"{first}: it is neither UTF-8 nor GB18030",
            "Save it as UTF-8, or say `source: encoding` in the mapping (latin-1 for example).",
        ) from None


class _Undecodable(Exception):  # noqa: N818 - a turn of the search, no error
    """A byte does not fit the encoding; says which, and where."""


class _NotChinese(Exception):  # noqa: N818
    """It can be decoded as GB18030, and is not Chinese."""


class _OtherLineEnds(Exception):  # noqa: N818
    """Lines end otherwise than was taken for granted."""


def must_exist(request: Request, encoding: str) -> None:
    """Refuses the name of an encoding that there is not, or that is none of text."""
    try:
        b"-".decode(encoding)
    except UnicodeError:
        return  # one byte is no character of it, of UTF-16 for example
    except (LookupError, ValueError):
        raise request.refusal(
            f"there is no encoding {encoding!r}",
            "Mend `source: encoding` in the mapping, or leave it out.",
        ) from None


def _unmarked(head: bytes) -> str | None:
    """UTF-16 without a mark: every second byte of its ASCII is zero, which no other text has."""
    at_even, at_odd = head[0::2].count(0), head[1::2].count(0)
    if at_odd > 10 * at_even and (b"\n\0" in head or b"\r\0" in head):
        return "utf-16-le"
    if at_even > 10 * at_odd and (b"\0\n" in head or b"\0\r" in head):
        return "utf-16-be"
    return None


def _in(request: Request, encoding: str, way_out: str) -> Source:
    try:
        return _whole(request, encoding)
    except _Undecodable as problem:
        raise request.refusal(f"{problem} is not {encoding}", way_out) from None


def _whole(request: Request, encoding: str) -> Source:
    """The file in this encoding; lines that end with a carriage return alone are noticed on the way."""
    judge = encoding.lower() == "gb18030" and request.rules.encoding == "auto"
    for returns, settled in ((False, False), (True, False), (False, True)):
        look = _Look(request, encoding, returns=returns, settled=settled, judge=judge)
        try:
            return look.source()
        except _OtherLineEnds:
            continue
    raise AssertionError  # pragma: no cover - the last look takes any line end


@dataclass(frozen=True)
class _Header:
    """What the first lines say: names, separator, and how many lines stand above the data."""

    names: tuple[str, ...]
    notes: list[str]
    delimiter: str
    skip: int
    length: int


class _Look:
    """One pass over the file: hashed, decoded, copied where it must be, and every line counted."""

    def __init__(
        self, request: Request, encoding: str, *, returns: bool, settled: bool, judge: bool
    ) -> None:
        self.request = request
        self.encoding = encoding
        self.returns = returns
        self.settled = settled or returns
        self.quote = None if request.rules.quote == "none" else request.rules.quote
        if self.quote is not None and (
            len(self.quote) != 1 or not self.quote.isascii() or self.quote in "\r\n\0"
        ):
            raise request.refusal(
                f"{self.quote!r} cannot quote a field", "Mend `source: quote` in the mapping."
            )
        self.digest = hashlib.sha256()
        plain = codecs.lookup(encoding).name in {"utf-8", "utf-8-sig", "ascii"}
        self.copies = returns or not plain
        self.strange: set[str] | None = set() if judge else None
        self.looked = 0
        self.within = False

    def source(self) -> Source:
        """The file as a source.

        Raises:
            _Undecodable, _NotChinese, _OtherLineEnds: if it has to be looked at otherwise.
            UnreadableFileError: if it cannot be read.
        """
        with ExitStack() as stack:
            plain, copy = self.request.path, None
            if self.copies:
                plain = self.request.room("utf-8.csv")
                copy = stack.enter_context(plain.open("wb"))
            header, scan = self._read(copy)
        if self.strange is not None and not _is_mostly_chinese(self.strange):
            raise _NotChinese
        return self._as_source(plain, header, scan)

    def _read(self, copy: BinaryIO | None) -> tuple[_Header, LineScan]:
        """The header and the count of all lines; lines are looked at while the next are decoded."""
        start, header, scan = b"", None, None
        with ThreadPoolExecutor(1) as behind:
            looking: Future[str | None] | None = None
            for piece, last in self._pieces():
                if header is None or scan is None:
                    start += piece
                    header = self._header(start, final=last)
                    if header is None:
                        continue
                    scan = self._scan(header)
                    if copy is not None:
                        copy.write(start[: header.length])
                    piece = start[header.length :]  # noqa: PLW2901 - the rest of the first chunks
                if looking is not None:
                    self._must_pass(scan, looking.result())
                looking = behind.submit(_looked_at, scan, copy, piece)
            if header is None or scan is None or looking is None:  # pragma: no cover
                raise AssertionError  # the last piece always settles the header
            self._must_pass(scan, looking.result())
        self._must_pass(scan, scan.finish())
        return header, scan

    def _scan(self, header: _Header) -> LineScan:
        return LineScan(header.delimiter, self.quote, len(header.names), header.skip)

    def _must_pass(self, scan: LineScan, problem: str | None) -> None:
        if problem:
            raise self.request.refusal(problem, scan.way_out)

    def _pieces(self) -> Generator[tuple[bytes, bool]]:
        """The text in UTF-8, with line feeds, a piece at a time, and whether it is the last."""
        decoder = codecs.getincrementaldecoder(self.encoding)("strict")
        newline = b"\r" if self.returns else b"\n"
        before, line = 0, 1
        for chunk in _chunks(self.request.path, self.digest):
            pending = decoder.getstate()[0]
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeError as error:
                data = pending + chunk
                start = error.start if isinstance(error, UnicodeDecodeError) else 0
                line += data[:start].count(newline)
                byte = f"byte 0x{data[start]:02X}" if start < len(data) else "the end"
                at = before - len(pending) + start
                raise _Undecodable(f"{byte} at position {at + 1} (line {line})") from None
            before += len(chunk)
            line += chunk.count(newline)
            self._notice(text)
            yield self._piece(chunk, text), not chunk

    def _piece(self, chunk: bytes, text: str) -> bytes:
        """A piece in UTF-8; the bytes themselves where they are UTF-8 already."""
        if not self.copies:
            return chunk
        whole = text.replace("\r", "\n") if self.returns else text
        try:
            return whole.encode()
        except UnicodeEncodeError:  # some encodings of programmers write half characters
            raise _Undecodable("half a character") from None

    def _outside_quotes(self, text: str) -> str:
        """What stands outside quotes, where line ends are ends of lines; pieces are told in order."""
        if self.quote is None:
            return text
        parts = text.split(self.quote)
        bare = "".join(parts[1::2] if self.within else parts[0::2])
        self.within ^= len(parts) % 2 == 0
        return bare

    def _notice(self, text: str) -> None:
        """Line ends that speak against what was taken for granted; characters beyond ASCII."""
        if self.returns or not self.settled:
            bare = self._outside_quotes(text)
            if self.returns and "\n" in bare:
                raise _OtherLineEnds
            if not self.settled and "\n" in bare:
                self.settled = True
            elif not self.settled and "\r" in bare:
                raise _OtherLineEnds
        if self.strange is not None and not text.isascii():
            if self.looked > _LOOKED_AT:
                text = text[:_PART]
            self.looked += len(text)
            self.strange |= {character for character in set(text) if not character.isascii()}

    def _header(self, start: bytes, *, final: bool) -> _Header | None:
        """The header, if it is in these first bytes to its end; None if more is needed."""
        rules = self.request.rules
        row = 1 if rules.header_row == "auto" else rules.header_row
        file = io.BytesIO(start)
        above = sum(len(line) for line in islice(file, row - 1))
        file.seek(above)
        record, lines = _record(file, self.quote)
        ended = record.endswith(b"\n") and (
            self.quote is None or record.count(self.quote.encode()) % 2 == 0
        )
        if not ended and not final and len(record) < HEADER_LIMIT:
            if len(start) > 2 * HEADER_LIMIT + CHUNK:
                raise self.request.refusal("its first line is no line of text", _AS_TEXT)
            return None
        if b"\0" in record or len(record) >= HEADER_LIMIT:
            raise self.request.refusal("its first line is no line of text", _AS_TEXT)
        text = record.decode("utf-8")
        if not text and row > 1:
            raise self.request.refusal(
                f"it has no line {row}, which is to hold the column names",
                "Mend `source: header_row` in the mapping, or leave it out.",
            )
        if above == 0:
            text = text.removeprefix("\ufeff")
        if not text.strip():
            raise self.request.refusal(
                f"line {row} is to hold the column names and is empty",
                "Say `source: header_row` in the mapping.",
            )
        text = text.rstrip("\r\n")
        delimiter = self._delimiter(text)
        fields = _split(text, delimiter, self.quote)
        if fields is None:
            raise self.request.refusal(
                f"line {row}: a quote opens and does not close",
                "Mend the header line, or say `source: quote: none`.",
            )
        names, notes = settled_names(self.request, fields)
        return _Header(names, notes, delimiter, row - 1 + lines, above + len(record))

    def _delimiter(self, header: str) -> str:
        stated = self.request.rules.delimiter
        delimiter = _guess(header, self.quote) if stated == "auto" else stated
        if len(delimiter) != 1 or not delimiter.isascii() or delimiter in {self.quote, *"\r\n\0"}:
            raise self.request.refusal(
                f"{delimiter!r} cannot separate fields", "Mend `source: delimiter` in the mapping."
            )
        return delimiter

    def _as_source(self, plain: Path, header: _Header, scan: LineScan) -> Source:
        frame = pl.scan_csv(
            plain,
            has_header=False,
            skip_lines=header.skip,
            schema=dict.fromkeys(header.names, pl.String()),
            separator=header.delimiter,
            quote_char=self.quote,
            row_index_name=ROW,
            row_index_offset=1,
            n_rows=scan.rows if scan.blanks else None,
            glob=False,
        ).select(
            *(pl.when(pl.col(name) != "").then(pl.col(name)).alias(name) for name in header.names),
            pl.col(ROW).cast(pl.Int64),
        )
        spoken = _SPOKEN.get(self.encoding.lower(), self.encoding.upper())
        above = "" if header.skip == 1 else f", names in line {self._row()}"
        ends = ", lines that end with CR" if self.returns else ""
        separated = (
            "tab-separated" if header.delimiter == "\t" else f"{header.delimiter!r}-separated"
        )
        how = f"{spoken}, {separated}{above}{ends}"
        return Source(
            path=self.request.path,
            format="csv",
            frame=frame,
            columns=header.names,
            rows=scan.rows,
            encoding=self.encoding,
            delimiter=header.delimiter,
            sha256=self.digest.hexdigest(),
            notes=tuple(header.notes),
            told=told(how, len(header.names), scan.rows),
        )

    def _row(self) -> int:
        stated = self.request.rules.header_row
        return 1 if stated == "auto" else stated


def _looked_at(scan: LineScan, copy: BinaryIO | None, piece: bytes) -> str | None:
    """Keeps a piece, where it is copied, and counts its lines."""
    if copy is not None:
        copy.write(piece)
    return scan.take(piece)


def _chunks(path: Path, digest: "hashlib._Hash") -> Generator[bytes]:
    """The file's bytes, ending with an empty piece; the next is read and hashed while one is used."""

    def following() -> bytes:
        chunk = file.read(CHUNK)
        digest.update(chunk)
        return chunk

    with path.open("rb") as file, ThreadPoolExecutor(1) as ahead:
        coming = ahead.submit(following)
        while chunk := coming.result():
            coming = ahead.submit(following)
            yield chunk
        yield b""


def _is_mostly_chinese(strange: set[str]) -> bool:
    """Whether the characters are those of everyday Chinese, and not accented Latin letters misread.

    GB18030 takes nearly every pair of bytes: `é` and the letter after it in a Latin-1 file make one
    rare character. Everyday Chinese lies within the old GB 2312 set, rare names beside it.
    """
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
        io.StringIO(record),
        delimiter=delimiter,
        quotechar=quote,
        quoting=style,
        strict=True,
    )
    try:
        return next(rows)
    except (csv.Error, StopIteration):
        return None
