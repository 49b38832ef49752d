"""A JSON file's text as it is read on, with the place of every character, and how values are decoded.

Numbers stay what was written, and a key that stands twice is no JSON here. Which values are records
belongs in `records_json`.
"""

import codecs
import json
from dataclasses import dataclass
from typing import BinaryIO, Final, Never

from orchestration.sources.source import Request
from transforms.errors import UnreadableFileError

CHUNK: Final = 4 << 20
MEND: Final = "Mend it and deliver the file again."
BLANK: Final = " \t\r\n"
BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Number(str):
    """A number as the file writes it."""

    __slots__ = ()


class TwiceError(ValueError):
    """A key that stands in a record twice."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) != len(pairs):
        keys = [key for key, _ in pairs]
        raise TwiceError(next(key for key in keys if keys.count(key) > 1))
    return record


def _no_number(word: str) -> Never:
    raise NoNumberError(word)


class NoNumberError(ValueError):
    """`NaN` or `Infinity`, which JSON does not have."""


DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_once, parse_float=Number, parse_int=Number, parse_constant=_no_number
)


@dataclass
class JsonText:
    """The file's text, as much of it as is needed, and where in the file it stands."""

    request: Request
    file: BinaryIO
    encoding: str
    held: str = ""
    at: int = 0
    ended: bool = False
    _lines: int = 0  # line ends before what is held
    _column: int = 0  # characters between the last of them and what is held
    _bytes: int = 0

    def __post_init__(self) -> None:
        """The decoder keeps the bytes of a character that a piece of the file cuts through."""
        self._decoder = codecs.getincrementaldecoder(self.encoding)("strict")

    def more(self) -> bool:
        """Read on; false at the end of the file."""
        if self.ended:
            return False
        chunk = self.file.read(CHUNK)
        self.ended = not chunk
        try:
            new = self._decoder.decode(chunk, final=self.ended)
        except UnicodeError as error:
            start = error.start if isinstance(error, UnicodeDecodeError) else 0
            raise self.request.refusal(
                f"at about byte {self._bytes + start + 1} it is not {self.encoding}",
                "Save it as UTF-8, or say `source: encoding` in the mapping.",
            ) from None
        self._bytes += len(chunk)
        if not self.ended:
            # At the end nothing is dropped: an error found before points into what is held.
            self._forget()
        self.held += new
        return not self.ended

    def _forget(self) -> None:
        """Drop what was read already."""
        gone = self.held[: self.at]
        ends = gone.count("\n")
        self._lines += ends
        self._column = len(gone) - gone.rfind("\n") - 1 if ends else self._column + len(gone)
        self.held, self.at = self.held[self.at :], 0

    def place(self, at: int) -> str:
        """A position in what is held, as the line and column of the file."""
        before = self.held[:at]
        ends = before.count("\n")
        column = len(before) - before.rfind("\n") if ends else self._column + len(before) + 1
        return f"line {self._lines + ends + 1}, column {column}"

    def next(self) -> str:
        """The next character that is no blank, without taking it; empty at the end."""
        while True:
            while self.at < len(self.held) and self.held[self.at] in BLANK:
                self.at += 1
            if self.at < len(self.held):
                return self.held[self.at]
            if not self.more():
                return ""

    def refusal(self, why: str, at: int | None = None, way_out: str = MEND) -> UnreadableFileError:
        """A refusal that names the place."""
        place = self.place(self.at if at is None else at)
        return self.request.refusal(f"{place}: {why}", way_out)
