"""Finds out what kind of delivery something is, and hands it to the kind's own module.

A new kind is a module beside this one and an entry in `KINDS`. Nothing is read here but the first
bytes, and what stands in a folder.
"""

import stat
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from orchestration.sources import delta, excel, parquet, records_json, sql, text
from orchestration.sources.source import Request, Source, state_of
from transforms.errors import UnreadableFileError
from transforms.mappings.model import SourceRules

HEAD: Final = 4096


@dataclass(frozen=True)
class Kind:
    """A kind of delivery: how it is known, and what opens it.

    `claims` is given the path and the first bytes of a file (nothing of a folder). `plain` kinds are
    text: what the mapping states goes before the guess, since any text may be read as any of them.
    """

    name: str
    what: str
    claims: Callable[[Path, bytes], bool]
    opened: Callable[[Request], Source]
    plain: bool = False


KINDS: Final = (
    Kind("delta", "a Delta table", delta.claims, delta.opened),
    Kind("parquet", "Parquet", parquet.claims, parquet.opened),
    Kind("excel", "an Excel workbook", excel.claims, excel.opened),
    Kind("json", "JSON", records_json.claims, records_json.opened, plain=True),
    Kind("csv", "a text file", text.claims, text.opened, plain=True),
)
"""In the order they are asked; text, which takes any file, is the last."""


def open_source(
    path: Path | None,
    *,
    scratch: Path,
    rules: SourceRules = SourceRules(),  # noqa: B008  # frozen
    as_of: date | None = None,
) -> Source:
    """The delivery as a lazy frame, after every byte of it has been looked at.

    Args:
        path: the delivered file or folder; None for a mapping that reads from a database.
        scratch: a folder for copies (text in UTF-8, the answer of a query); it has to stay while the
            frame is used, and the caller clears it.
        rules: how it is written, as far as the mapping says.
        as_of: the month end, for a query that asks for it.

    Raises:
        UnreadableFileError: if it cannot be read whole, with the place where there is one.
    """
    if rules.format == "sql":
        if path is not None:
            raise UnreadableFileError(
                str(path),
                "the mapping reads from a database and not from a file",
                way_out="Leave the file out, or name another mapping.",
            )
        return sql.opened(Request(Path(rules.connection or ""), scratch, rules, as_of))
    if path is None:
        raise UnreadableFileError(
            "The delivery",
            "no file is given",
            way_out="Name the file; only `format: sql` needs none.",
        )
    request = Request(path, scratch, rules, as_of)
    _must_be_named_in_utf8(request)
    try:
        before = state_of(path)
        source = _kind(request, _head(request)).opened(request)
        after = state_of(path)
    except OSError as error:
        raise _no_access(request, error) from None
    if before != after:
        raise request.refusal(
            "it changed while it was read", "Deliver it again when it is written to its end."
        )
    return source


def _head(request: Request) -> bytes:
    """The first bytes of a file; nothing of a folder."""
    mode = request.path.stat().st_mode
    if stat.S_ISDIR(mode):
        _must_hold_files(request)
        return b""
    if not stat.S_ISREG(mode):
        raise request.refusal(
            "it is a pipe or a device, and no file", "Write the data to a file and deliver that."
        )
    with request.path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise request.refusal("it is empty", "A month without rows still has a header line.")
    return head


def _must_be_named_in_utf8(request: Request) -> None:
    """Refuses a path whose bytes are no UTF-8: neither the lake nor a report could name it."""
    try:
        str(request.path).encode()
    except UnicodeEncodeError:
        raise request.refusal(
            "its name is not written in UTF-8", "Rename the file and deliver it again."
        ) from None


def _must_hold_files(request: Request) -> None:
    """Refuses a folder with a pipe or a device in it: opening one could wait for ever."""
    for path in sorted(request.path.rglob("*")):
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            raise request.refusal(
                f"{path.relative_to(request.path)} in it is a pipe or a device, and no file",
                "Take it out of the folder.",
            )


def _no_access(request: Request, error: OSError) -> UnreadableFileError:
    if isinstance(error, FileNotFoundError):
        why = (
            "it is a link to a file that is not there"
            if request.path.is_symlink()
            else "there is no such file"
        )
        return request.refusal(why, "Check the path and deliver again.")
    return request.refusal(
        error.strerror or "the disk says no", "Check the rights of the file and its folder."
    )


def _kind(request: Request, head: bytes) -> Kind:
    """The kind that the mapping states, if the bytes agree, or the first that claims them."""
    known = {kind.name: kind for kind in KINDS}
    found = next((kind for kind in KINDS if kind.claims(request.path, head)), None)
    if found is None:
        raise request.refusal(
            "it is a folder that holds no Parquet file and no Delta table",
            "Deliver the files in it one by one.",
        )
    stated = request.rules.format
    if stated in {"auto", found.name}:
        return found
    asked = known.get(stated)
    if asked is not None and asked.plain and found.plain:
        return asked
    raise request.refusal(
        f"it is {found.what}, and the mapping says `format: {stated}`",
        "Mend `source: format` in the mapping, or leave it out.",
    )
