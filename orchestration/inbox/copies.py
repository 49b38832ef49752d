"""Copies of deliveries: read whole and hashed before anything is judged, so that what is judged is kept.

Links and pipes are not opened. What becomes of a copy is decided in `orchestration.taking`.
"""

import errno
import hashlib
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestration.inbox import file_names, filing
from orchestration.inbox.arrivals import Arrival, Identity
from transforms.catalogue.model import Label

_REASON_BYTES: Final = 10_000


@dataclass(frozen=True, eq=False)
class Copied:
    """A delivery with its own copy, read whole; or the words why it could not be."""

    arrival: Arrival
    copy: Path | None
    taken: dict[Path, Identity]
    files: tuple[tuple[str, int, str], ...]
    reason: str | None
    refusal: Label | None = None

    @property
    def digest(self) -> str | None:
        """SHA-256 of names and contents."""
        if self.copy is None:
            return None
        told = "\n".join(f"{name}\0{digest}" for name, _, digest in self.files)
        return hashlib.sha256(told.encode()).hexdigest()


def copied_to(staging: Path, arrival: Arrival) -> Copied:
    """The delivery's own copy, with the hash of every file.

    Raises:
        FileNotFoundError: if it is gone.
        OSError: if the disk does not hold a copy.
    """
    if arrival.objection is not None:
        return Copied(arrival, None, {}, (), None, arrival.objection)
    taken = filing.identities(arrival)
    copy = staging / file_names.fitting(arrival.path.name, spare=0)
    folder = copy if arrival.is_folder else staging
    folder.mkdir(parents=True)
    try:
        files = tuple((path.name, *_copy_of(path, folder / path.name)) for path in arrival.files)
        for path in arrival.beside if arrival.is_folder else ():
            _copy_of(path, folder / path.name)
        reason = _reason(arrival)
    except PermissionError:
        return Copied(arrival, None, {}, (), None, _NO_RIGHT)
    except OSError as error:
        if error.errno == errno.ELOOP:  # made a link since the look
            return Copied(arrival, None, {}, (), None, _CHANGED_KIND)
        raise
    except ValueError:
        return Copied(arrival, None, {}, (), None, _ODD_REASON)
    return Copied(arrival, copy, taken, files, reason)


def _copy_of(source: Path, target: Path) -> tuple[int, str]:
    """Copy a file's bytes, and no link's or pipe's; how many they are, and their SHA-256."""
    digest = hashlib.sha256()
    size = 0
    handle = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as read, target.open("wb") as written:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.ELOOP, "no ordinary file")
        while chunk := read.read(1 << 20):
            digest.update(chunk)
            size += written.write(chunk)
    shutil.copystat(source, target, follow_symlinks=False)
    return size, digest.hexdigest()


def _reason(arrival: Arrival) -> str | None:
    """Why it is delivered again, on one line; UTF-8, or GB18030 as Chinese Windows writes it.

    Raises:
        ValueError: if it is no text, or too much of it.
    """
    told = []
    for path in arrival.reasons:
        with path.open("rb") as file:
            words = file.read(_REASON_BYTES + 1)
        if len(words) > _REASON_BYTES or b"\0" in words:
            raise ValueError(path)
        try:
            text = words.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = words.decode("gb18030")
        told.append(" ".join(text.split()))
    return "; ".join(filter(None, told)) or None


_NO_RIGHT: Final = Label(
    "It may not be read: the product has no right to it. Give the right to read and put it into the "
    "inbox again.",
    "无读取权限。请授予读取权限后重新放入收件夹。",
)
_CHANGED_KIND: Final = Label(
    "It turned into a link or a pipe while it was read. Put the file itself into the inbox.",
    "读取过程中文件变为链接或管道。请将文件本身放入收件夹。",
)
_ODD_REASON: Final = Label(
    "The reason beside it is no text, or too long. Write a sentence and put both into the inbox again.",
    "原因文件不是文本或过长。请写一句话说明原因，与数据文件一并重新放入收件夹。",
)
