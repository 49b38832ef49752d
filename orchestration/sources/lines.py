"""Looks at the lines of a text file, a chunk of bytes at a time: as many fields each, no stray quotes.

Bytes are UTF-8 with LF or CRLF by the time they come here; encodings belong in `text`.
"""

from typing import Final

import numpy as np

RECORD_LIMIT: Final = 16 << 20
"""A record longer than this has an open quote in it, or is none."""

_LF, _CR = 10, 13


class LineScan:
    """Walks the bytes of the data lines, a chunk at a time, with arrays and no loop over rows.

    Quotes toggle; a comma or line end counts where an even number of quotes stands before it. A
    doubled quote inside a field toggles twice, which comes to the same.
    """

    def __init__(self, delimiter: str, quote: str | None, width: int, skipped: int) -> None:
        self.delimiter = ord(delimiter)
        self.quote = ord(quote) if quote else None
        self.width = width
        self.rows = 0
        """Rows so far."""
        self.blanks = 0
        """Empty lines since the last row."""
        self.way_out = "Mend the line and deliver the file again."
        self._lines = skipped  # physical lines before the chunk
        self._rest = b""

    def take(self, chunk: bytes) -> str | None:
        """Looks at all complete records so far; the first problem in words, or nothing."""
        data = self._rest + chunk
        problem, used = self._records(data)
        self._rest = data[used:]
        if problem is None and len(self._rest) > RECORD_LIMIT:
            return self._endless()
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

    def _endless(self) -> str:
        if self.quote is not None and self._rest.count(self.quote) % 2:
            return f"{self._open_quote()} within {RECORD_LIMIT >> 20} MB"
        return f"line {self._lines + 1} is longer than {RECORD_LIMIT >> 20} MB"

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
        problem = self._first_problem(data, array[:used], fields, blank, starts, breaks, quotes)
        self._lines += int(np.searchsorted(breaks, used))
        return problem, used

    def _first_problem(
        self,
        data: bytes,
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
        nul = data.find(b"\0", 0, array.size)
        if nul >= 0:
            found.append((nul, 0, nul, "holds a zero byte, which no text has"))
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
