"""Reads what a PDF of the product says: the text of its pages, and signs that a font had no glyph for.

Knows as much of the format as the typesetter writes: whole objects, deflated streams, fonts by glyph number.
"""

import re
import zlib
from dataclasses import dataclass

_OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)(?:endobj|stream\r?\n)", re.DOTALL)
_REFERENCE = re.compile(rb"/([A-Za-z0-9]+) (\d+) 0 R")
_SHOWN = re.compile(rb"/([A-Za-z0-9]+) [\d.]+ Tf|(\()|<([0-9A-Fa-f]+)>|\b(BT|ET)\b")
_BRACKET = re.compile(rb"\\.|[()]", re.DOTALL)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
_NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


@dataclass(frozen=True)
class Pdf:
    heads: dict[int, bytes]
    streams: dict[int, bytes]

    @property
    def pages(self) -> list[int]:
        return [number for number, head in self.heads.items() if b"/Type /Page\n" in head]

    def text(self) -> str:
        """The text of all pages and of the drawings on them, a line a run of text."""
        return "\n".join(self._runs(number) for number in self._drawing())

    def missing(self) -> int:
        """How many signs are printed as a box, because no font had them."""
        return sum(
            glyphs.count(0) for number in self._drawing() for _, glyphs in self._shown(number)
        )

    def title(self) -> bytes:
        return next(head for head in self.heads.values() if b"/CreationDate" in head)

    def _drawing(self):
        """Pages, and what is drawn on them: whatever has a dictionary of resources."""
        return [number for number, head in self.heads.items() if b"/Resources" in head]

    def _runs(self, number: int) -> str:
        return "\n".join(
            "".join(table.get(glyph, "\ufffd") for glyph in glyphs)
            for table, glyphs in self._shown(number)
        )

    def _shown(self, number: int):
        """Each run of text: what its font's glyphs stand for, and the numbers of those shown."""
        head = self.heads[number]
        within = self._resources(head)
        fonts = {
            name: self._characters(int(at))
            for name, at in _REFERENCE.findall(within)
            if b"/Type /Font" in self.heads.get(int(at), b"")
        }
        table, glyphs, at = {}, [], 0
        contents = self._contents(number, head)
        while found := _SHOWN.search(contents, at):
            font, string, written, edge = found.groups()
            at = found.end()
            if font:
                table = fonts.get(font, table)
            elif string:
                at = _end_of(contents, at)
                glyphs += _glyphs(_ESCAPED.sub(_plain, contents[found.end() : at - 1]))
            elif written:
                glyphs += _glyphs(bytes.fromhex(written.decode()))
            else:
                if edge == b"ET" and glyphs:
                    yield table, glyphs
                glyphs = []  # strings outside of text are alternatives to drawings

    def _resources(self, head: bytes) -> bytes:
        found = re.search(rb"/Resources (\d+) 0 R", head)
        return self.heads[int(found[1])] if found else head

    def _contents(self, number: int, head: bytes) -> bytes:
        found = re.search(rb"/Contents (\d+) 0 R", head)
        return self.streams[int(found[1]) if found else number]

    def _characters(self, font: int) -> dict[int, str]:
        found = re.search(rb"/ToUnicode (\d+) 0 R", self.heads[font])
        pairs = re.findall(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>", self.streams[int(found[1])])
        return {
            int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
            for glyph, text in pairs
        }


def _glyphs(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]


def _end_of(contents: bytes, at: int) -> int:
    """Where a string ends that has begun: brackets within it are in pairs, or escaped."""
    depth = 1
    while depth:
        found = _BRACKET.search(contents, at)
        depth += {b"(": 1, b")": -1}.get(found[0], 0)
        at = found.end()
    return at


def _plain(found: re.Match[bytes]) -> bytes:
    escaped = found[1]
    if escaped[:1].isdigit():
        return bytes([int(escaped, 8)])
    return _NAMED.get(escaped, escaped)


def read(data: bytes) -> Pdf:
    heads, streams = {}, {}
    at = 0
    while found := _OBJECT.search(data, at):
        number, head = int(found[1]), found[2]
        heads[number] = head
        at = found.end()
        if data[:at].rstrip().endswith(b"stream"):
            length = int(re.search(rb"/Length (\d+)", head)[1])
            raw = data[at : at + length]
            streams[number] = zlib.decompress(raw) if b"/FlateDecode" in head else raw
            at += length
    return Pdf(heads, streams)
