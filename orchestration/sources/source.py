"""What every kind of delivery becomes: a lazy frame with row numbers, and how it was read, in words.

How a kind is read belongs in its own module beside this one; which kind a delivery is, in `opening`.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from transforms.errors import UnreadableFileError
from transforms.mappings.model import SourceRules

ROW: Final = "source_row_no"
AGAIN: Final = "Write the file again and deliver that."
COLUMNS: Final = 16_384
"""As many columns as a sheet of Excel has; more are no table of a bank."""
CELLS: Final = 4 << 20
"""So many cells are gathered in memory at a time where a kind is read cell by cell."""


@dataclass(frozen=True, eq=False)
class Source:
    """A delivery, opened and found whole.

    `frame` has every delivered column and `source_row_no`, 1 for the first row of data. All columns
    of text files and workbooks are text, an empty field is null. `encoding` and `delimiter` are None
    for what is no text. `path` is the delivered file or folder; for a query, the file that keeps its
    answer. `told` says how it was read: "read as GB18030, ';'-separated, 41 columns, 128,400 rows".
    """

    path: Path
    format: str
    frame: pl.LazyFrame
    columns: tuple[str, ...]
    rows: int
    encoding: str | None
    delimiter: str | None
    sha256: str
    notes: tuple[str, ...]
    told: str


@dataclass(frozen=True)
class Request:
    """What is asked of a kind: what to open, by which rules, and where copies may be kept.

    `scratch` may not exist yet; what is written there has to stay while the frame is used.
    """

    path: Path
    scratch: Path
    rules: SourceRules
    as_of: date | None = None

    def refusal(self, why: str, way_out: str) -> UnreadableFileError:
        """The error that says why this delivery cannot be read."""
        return UnreadableFileError(str(self.path), why, way_out=way_out)

    def room(self, name: str) -> Path:
        """A new path in the scratch folder for a copy of that name."""
        self.scratch.mkdir(parents=True, exist_ok=True)
        path, number = self.scratch / name, 1
        while path.exists():
            number += 1
            path = self.scratch / f"{number}.{name}"
        return path


def told(how: str, columns: int, rows: int) -> str:
    """How a delivery was read, in words.

    >>> told("GB18030, ';'-separated", 41, 128400)
    "read as GB18030, ';'-separated, 41 columns, 128,400 rows"
    """
    return f"read as {how}, {columns:,} columns, {rows:,} rows"


def numbered(frame: pl.LazyFrame, columns: Sequence[str]) -> pl.LazyFrame:
    """The frame under these column names, in order, with `source_row_no` from 1 behind them."""
    names = frame.collect_schema().names()
    frame = frame.rename(dict(zip(names, columns, strict=True)))
    frame = frame.with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    return frame.select(*columns, ROW)


def settled_names(request: Request, names: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """The columns' names as the frame bears them, and what a person should know about them.

    A column without a name, or whose name Polars takes for a pattern (`*`, `^...$`), is called after
    its place; the file's own `source_row_no` gives way.

    Raises:
        UnreadableFileError: if a name stands twice, or there are more than `COLUMNS`.
    """
    if len(names) > COLUMNS:
        raise request.refusal(
            f"it has {len(names):,} columns, and at most {COLUMNS:,} are read",
            "Deliver the columns that a mapping names.",
        )
    notes = []
    settled = []
    for place, given in enumerate(names, start=1):
        name = given.strip()
        if not name:
            name = f"column_{place}"
            notes.append(f"Column {place} has no name in the header, and is called {name}.")
        elif name == "*" or (name.startswith("^") and name.endswith("$")):
            notes.append(f"Column {place} is named {name!r}, and is called column_{place}.")
            name = f"column_{place}"
        elif name == ROW:
            name = f"delivered_{ROW}"
            notes.append(f"The file's own {ROW} is called {name}.")
        settled.append(name)
    twins = sorted(name for name, times in Counter(settled).items() if times > 1)
    if twins:
        places = [place for place, name in enumerate(settled, start=1) if name == twins[0]]
        raise request.refusal(
            f"the column {twins[0]!r} stands in it twice "
            f"(columns {' and '.join(str(place) for place in places[:2])})",
            "Rename or remove one of the two.",
        )
    return tuple(settled), notes


def state_of(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of a file, or of all files of a folder; empty if it cannot be seen."""
    try:
        inner = sorted(path.rglob("*")) if path.is_dir() else [path]
        stats = [(str(one), one.lstat() if one != path else one.stat()) for one in inner]
    except OSError:
        return ()
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def hash_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_of_many(folder: Path, paths: Iterable[Path]) -> str:
    """The SHA-256 over the names and bytes of the files of a folder, whatever their order."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{hash_of(path)}\0".encode())
    return digest.hexdigest()


def first_line(error: BaseException) -> str:
    """The first line of what a library said."""
    words = str(error).strip()
    return words.splitlines()[0] if words else type(error).__name__
