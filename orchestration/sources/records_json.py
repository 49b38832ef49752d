"""Opens a JSON file of records whole: an array, an array inside an object, or one record a line.

Every value becomes the text it was written as, so that no amount passes through a binary float; what the
text means belongs in a mapping. The file is read a piece at a time and its records are kept as Parquet in
the scratch folder: how large it is does not matter, only how large one record is.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from orchestration.sources.json_text import (
    BLANK,
    BOMS,
    DECODER,
    MEND,
    JsonText,
    NoNumberError,
    Number,
    TwiceError,
)
from orchestration.sources.source import (
    CELLS,
    COLUMNS,
    ROW,
    Request,
    Source,
    hash_of,
    settled_names,
    told,
)
from orchestration.sources.text import must_exist

RECORD_LIMIT: Final = 16 << 20
"""A record longer than this has a bracket or a quote open in it."""
BATCH: Final = 1 << 14
"""Records that are held in memory at a time."""
TEXT_LIMIT: Final = 64 << 20
"""Characters of them that are."""

_PLACES: Final = "Say in the mapping where they stand, for example `source: {records: data}`."
_COLUMN: Final = "key:"
"""Before every key while the records are kept, so that none is taken for the row number."""


def claims(path: Path, head: bytes) -> bool:
    """Whether the file begins as a list of records or a record does."""
    _ = path
    start = head.decode(_by_mark(head) or "utf-8", "ignore").lstrip(BLANK)
    inside = start[1:].lstrip(BLANK)
    if start.startswith("["):
        return inside.startswith(("{", "]"))
    return start.startswith("{") and inside.startswith(('"', "}"))


def opened(request: Request) -> Source:
    """The file's records, after every one of them has been read."""
    path = request.path
    with path.open("rb") as file:
        text = JsonText(request, file, _settled(request, file.read(4)))
        file.seek(0)
        places = tuple(tuple(place.split(".")) for place in request.rules.records)
        kept = _Kept(request, hash_of(path))
        for record in _Reader(text, places).records():
            kept.take(record)
        kept.flush()
    if not kept.rows:
        raise request.refusal("it holds no records", "Check what was exported and deliver again.")
    columns, notes = settled_names(request, tuple(kept.columns))
    names = dict(zip(kept.columns, columns, strict=True))
    frame = pl.concat([pl.scan_parquet(part) for part in kept.parts], how="diagonal")
    frame = frame.select(
        *(pl.col(_COLUMN + given).alias(name) for given, name in names.items()), pl.col(ROW)
    )
    return Source(
        path=path,
        format="json",
        frame=frame,
        columns=columns,
        rows=kept.rows,
        encoding=text.encoding,
        delimiter=None,
        sha256=kept.sha256,
        notes=tuple(notes),
        told=told(f"JSON, {text.encoding}", len(columns), kept.rows),
    )


def _by_mark(head: bytes) -> str | None:
    return next((name for bom, name in BOMS if head.startswith(bom)), None)


def _settled(request: Request, head: bytes) -> str:
    stated = request.rules.encoding
    if stated == "auto":
        return _by_mark(head) or "utf-8"
    must_exist(request, stated)
    return stated


def _lists(value: object, path: tuple[str, ...]) -> Iterator[str]:
    """Where lists of records stand in an object, for a person to choose from."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lists(inner, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        yield ".".join(path)


def _as_text(value: object) -> str | None:
    """A value as text: a number as written, a list or record as JSON, nothing for `null` and ``."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else _written(value)


def _written(value: object) -> str:
    match value:
        case Number():
            return str(value)
        case dict():
            pairs = (
                f"{json.dumps(k, ensure_ascii=False)}: {_written(v)}" for k, v in value.items()
            )
            return f"{{{', '.join(pairs)}}}"
        case list():
            return f"[{', '.join(_written(each) for each in value)}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


@dataclass
class _Reader:
    """Finds the records and hands them on one by one."""

    text: JsonText
    places: tuple[tuple[str, ...], ...]
    found: str | None = None

    def records(self) -> Iterator[dict[str, object]]:
        """Every record of the file, in its order.

        Raises:
            UnreadableFileError: at the first place where the file is no JSON.
        """
        match self.text.next():
            case "[":
                yield from self.array()
            case "{":
                yield from self.objects()
            case "":
                raise self.text.refusal("there is nothing in it", way_out="Check the export.")
            case _:
                raise self.text.refusal("neither a list nor a record begins here")
        if self.text.next():
            raise self.text.refusal("something stands after the end")

    def objects(self) -> Iterator[dict[str, object]]:
        """One record a line, or an object around an array of them."""
        first = self.whole_object()
        if first is not None and self.text.held[first[1] :].lstrip(BLANK).startswith("{"):
            while self.text.next() == "{":
                yield self.record()
            return
        yield from self.inside(())
        if self.found is None:
            lists = list(_lists(first[0], ())) if first is not None else []
            if lists:
                listed = ", ".join(lists)
                raise self.text.refusal(f"it is one object, with records in {listed}", 0, _PLACES)
            if first is None or set(first[0]) & {place[0] for place in self.places}:
                raise self.text.refusal("no list of records was found in the object", 0, _PLACES)
            yield first[0]

    def whole_object(self) -> tuple[dict[str, object], int] | None:
        """The object that begins here and where it ends, if it is no longer than a record may be."""
        start = self.text.at
        while True:
            try:
                value, end = DECODER.raw_decode(self.text.held, start)
            except (json.JSONDecodeError, TwiceError, NoNumberError, RecursionError):
                start = self.text.at
                if len(self.text.held) - start > RECORD_LIMIT or not self.text.more():
                    return None
                start = self.text.at
                continue
            # What comes behind it says whether there are more.
            if not self.text.held[end:].strip(BLANK) and self.text.more():
                start = self.text.at
                continue
            return value, end

    def inside(self, path: tuple[str, ...]) -> Iterator[dict[str, object]]:
        """The members of an object, of which only the ways to records are kept."""
        beside: dict[str, object] = {}
        rows: int | None = None
        for key in self.names():
            here = (*path, key)
            opens = self.text.next()
            if opens == "[" and here in self.places:
                self.choose(here)
                rows = 0
                for record in self.array():
                    rows += 1
                    yield record
            elif opens == "{" and any(place[: len(here)] == here for place in self.places):
                yield from self.inside(here)
            elif opens == "[":
                for _ in self.array(records=False):
                    pass
            else:
                beside[key] = self.value()
        self.check(beside, rows)

    def names(self) -> Iterator[str]:
        """The names in the object that begins here; whoever takes one takes its value, too."""
        text = self.text
        seen: set[str] = set()
        text.at += 1
        if text.next() == "}":
            text.at += 1
            return
        while True:
            if text.next() != '"':
                raise text.refusal("a name in quotes is missing")
            key = str(self.value())
            if key in seen:
                raise text.refusal(f"{key!r} stands in the object twice")
            seen.add(key)
            if text.next() != ":":
                raise text.refusal("a colon is missing")
            text.at += 1
            yield key
            if text.next() == "}":
                text.at += 1
                return
            if text.next() != ",":
                raise text.refusal("a comma or } is missing")
            text.at += 1

    def choose(self, here: tuple[str, ...]) -> None:
        """Take the records of a place, the only one that has any."""
        if self.found is not None:
            raise self.text.refusal(
                f"records stand in {self.found} and in {'.'.join(here)}", way_out=_PLACES
            )
        self.found = ".".join(here)

    def check(self, beside: dict[str, object], rows: int | None) -> None:
        """What an object says of the records in it: how many there are."""
        stated = beside.get("count")
        if rows is not None and isinstance(stated, Number) and str(stated) != str(rows):
            raise self.text.refusal(f"it states a count of {stated} records and holds {rows}")

    def array(self, *, records: bool = True) -> Iterator[dict[str, object]]:
        """The elements of the array that begins here."""
        text = self.text
        text.at += 1
        if text.next() == "]":
            text.at += 1
            return
        while True:
            if records:
                yield self.record()
            else:
                self.value()
            match text.next():
                case ",":
                    text.at += 1
                case "]":
                    text.at += 1
                    return
                case "":
                    raise text.refusal("the file ends inside a list")
                case _:
                    raise text.refusal("a comma or ] is missing")

    def record(self) -> dict[str, object]:
        """The record that begins here."""
        if self.text.next() != "{":
            raise self.text.refusal("a record is missing: only records can be rows")
        value = self.value()
        return value if isinstance(value, dict) else {}

    def value(self) -> object:
        """The value that begins here, whatever it is."""
        text = self.text
        text.next()
        while True:
            try:
                value, end = DECODER.raw_decode(text.held, text.at)
            except json.JSONDecodeError as error:
                if len(text.held) - text.at <= RECORD_LIMIT and text.more():
                    continue
                raise text.refusal(f"it is no JSON ({error.msg})", error.pos) from None
            except TwiceError as error:
                raise text.refusal(
                    f"in the record that begins here, {error} stands twice"
                ) from None
            except NoNumberError as error:
                raise text.refusal(
                    f"the record that begins here holds {error}, no number"
                ) from None
            except RecursionError:
                raise text.refusal("the record that begins here is nested too deeply") from None
            # A number at the very end of what is held may go on.
            if end == len(text.held) and text.more():
                continue
            text.at = end
            return value


@dataclass
class _Kept:
    """Records on their way into Parquet, a batch at a time."""

    request: Request
    sha256: str
    rows: int = 0
    parts: list[Path] = field(default_factory=list)
    columns: dict[str, None] = field(default_factory=dict)
    _held: list[dict[str, str | None]] = field(default_factory=list)
    _characters: int = 0

    def take(self, record: dict[str, object]) -> None:
        """Keep one record."""
        self.columns.update(dict.fromkeys(record))
        if len(self.columns) > COLUMNS:
            raise self.request.refusal(
                f"its first {self.rows + len(self._held) + 1:,} records have more than {COLUMNS:,} "
                "different keys",
                MEND,
            )
        try:
            row = {key: _as_text(value) for key, value in record.items()}
        except RecursionError:
            raise self.request.refusal(
                f"record {self.rows + len(self._held) + 1:,} is nested too deeply", MEND
            ) from None
        self._held.append(row)
        self._characters += sum(len(value) for value in row.values() if value)
        if (
            len(self._held) >= BATCH
            or len(self._held) * len(self.columns) >= CELLS
            or self._characters >= TEXT_LIMIT
        ):
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        if not self._held:
            return
        keys = list(dict.fromkeys(key for record in self._held for key in record))
        try:
            frame = pl.DataFrame(
                {
                    _COLUMN + key: pl.Series(
                        [record.get(key) for record in self._held], dtype=pl.String
                    )
                    for key in keys
                },
                height=len(self._held),
            )
        except UnicodeEncodeError:
            first, last = self.rows + 1, self.rows + len(self._held)
            raise self.request.refusal(
                f"one of the records {first} to {last} holds half a character (\\ud800 to \\udfff)",
                MEND,
            ) from None
        numbers = pl.int_range(self.rows + 1, self.rows + len(self._held) + 1, dtype=pl.Int64)
        part = self.request.room(f"{self.sha256[:24]}.{len(self.parts)}.parquet")
        frame.select(numbers.alias(ROW), pl.all()).write_parquet(part)
        self.parts.append(part)
        self.rows += len(self._held)
        self._held.clear()
        self._characters = 0
