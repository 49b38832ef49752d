"""What lies in a workspace's inbox, what each file says it is, and whether it is written to the end.

Nothing is opened, moved or judged here: taking belongs in `orchestration.taking`, where files go
afterwards in `orchestration.inbox.filing`. Links are never followed.
"""

import hashlib
import os
import re
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestration.inbox import file_names
from records.workspace import Workspace
from transforms.catalogue.model import Label
from transforms.errors import did_you_mean
from transforms.mappings.model import CANONICAL, packaged

INBOX: Final = "inbox"
READY: Final = "_READY"
"""The file that says that a folder is one delivery, and complete."""
REASON: Final = "reason.txt"
"""Why a folder is delivered again; beside a file it is the file's name, a dot, and this."""
_UNFINISHED: Final = (".part", ".tmp", ".filepart", ".crdownload")

NEW: Final = Label("new, or changed since the last look", "新到，或上次查看后有变化")
OPEN: Final = Label("a program has it open for writing", "有程序正在写入")
UNFINISHED: Final = Label("its name says that it is still being sent", "文件名表明仍在传送")


@dataclass(frozen=True)
class Arrival:
    """One delivery in the inbox: a file, or a folder that is marked as one.

    Attributes:
        path: the file or folder.
        place: its path below the inbox, unseen characters written out.
        mapping: what its files are read with.
        month: the month as a folder states it, unchecked.
        files: the delivered files.
        beside: files that are no delivery of their own: the reason, the mark, hidden ones.
        reasons: those of them that say why it is delivered again.
        state: changes as long as somebody writes to any file of it.
        stamps: when each file of it was last changed, in seconds.
        objection: why it cannot be taken, whatever its contents.
    """

    path: Path
    place: str
    mapping: str
    month: str | None
    files: tuple[Path, ...]
    beside: tuple[Path, ...]
    reasons: tuple[Path, ...]
    state: str
    stamps: tuple[float, ...]
    objection: Label | None

    @property
    def is_folder(self) -> bool:
        """Whether a folder is delivered as one."""
        return self.files != (self.path,)


@dataclass(frozen=True)
class Waiting:
    """Something in the inbox that is not taken now.

    Attributes:
        place: its path below the inbox, unseen characters written out.
        why: what it waits for.
        stuck: whether it waits for a person, and not just for time.
    """

    place: str
    why: Label
    stuck: bool = False


@dataclass(frozen=True)
class Look:
    """What lay in the inbox at one moment, ordered by place."""

    arrivals: tuple[Arrival, ...]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True)
class Seen:
    """How an arrival was found, and since when (in seconds) it has been like that."""

    state: str
    since: float


def look(workspace: Workspace) -> Look:
    """Everything in the inbox; what is plainly unfinished waits already."""
    own = {Path(name).stem for name in workspace.texts("mappings", ".yaml")}
    walk = _Walk(workspace.root / INBOX, frozenset({*own, *packaged(), CANONICAL}))
    walk.folder(workspace.root / INBOX, None, None)
    return Look(
        tuple(sorted(walk.arrivals, key=lambda one: one.place)),
        tuple(sorted(walk.waiting, key=lambda one: one.place)),
    )


def remembered(now: Look, before: Mapping[str, Seen], at: float) -> dict[str, Seen]:
    """What to keep of a look for the next one, by place.

    Args:
        now: the look.
        before: what was kept of the look before.
        at: the clock, in seconds.
    """
    found = {}
    for one in now.arrivals:
        last = before.get(one.place)
        found[one.place] = last if last and last.state == one.state else Seen(one.state, at)
    return found


def settled(
    now: Look, before: Mapping[str, Seen], at: float, *, settle_seconds: float
) -> tuple[list[Arrival], list[Waiting]]:
    """The arrivals that may be taken, and everything else with what it waits for.

    An arrival is settled when the look before found it the same, nothing of it was changed for the
    settle time, and no process of this machine has a file of it open for writing.
    """
    ready: list[Arrival] = []
    waiting: list[Waiting] = []
    written = open_for_writing() if now.arrivals else frozenset()
    for one in now.arrivals:
        last = before.get(one.place)
        if last is None or last.state != one.state:
            waiting.append(Waiting(one.place, NEW))
        elif at - _quiet_since(one, last, at) < settle_seconds:
            waiting.append(Waiting(one.place, _young(settle_seconds)))
        elif any(os.path.realpath(path) in written for path in one.files):
            waiting.append(Waiting(one.place, OPEN))
        else:
            ready.append(one)
    return ready, sorted([*now.waiting, *waiting], key=lambda one: one.place)


def _young(seconds: float) -> Label:
    return Label(f"changed less than {seconds:g} seconds ago", f"最近 {seconds:g} 秒内有变化")


def _quiet_since(one: Arrival, last: Seen, at: float) -> float:
    """When it was last changed; a stamp from the future says nothing, our own watching does."""
    return max((stamp if stamp <= at else last.since for stamp in one.stamps), default=last.since)


def open_for_writing() -> frozenset[str]:
    """Files that a process of this machine has open for writing, as far as Linux lets us see."""
    found = set()
    for process in _listed(Path("/proc")):
        if not process.name.isdigit():
            continue
        for handle in _listed(process / "fd"):
            try:
                target = str(handle.readlink())
                if not target.startswith("/"):
                    continue
                told = (process / "fdinfo" / handle.name).read_text(encoding="ascii")
            except OSError:  # it ended or closed the file meanwhile, or is another user's
                continue
            flags = re.search(r"^flags:\s*([0-7]+)", told, re.MULTILINE)
            if flags and int(flags[1], 8) & os.O_ACCMODE != os.O_RDONLY:
                found.add(target)
    return frozenset(found)


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


Identity = tuple[int, int, int]
"""A file's number on the disk, size and time: other contents have another one."""


def identity(found: os.stat_result) -> Identity:
    """What tells a file's contents from others without reading them."""
    return found.st_ino, found.st_size, found.st_mtime_ns


class _Walk:
    """A walk through the inbox: at most mapping, month, delivery, file."""

    def __init__(self, inbox: Path, mappings: frozenset[str]) -> None:
        self._inbox = inbox
        self._mappings = mappings
        self.arrivals: list[Arrival] = []
        self.waiting: list[Waiting] = []

    def folder(self, folder: Path, mapping: str | None, month: str | None) -> None:
        """Look at a folder that may hold several deliveries, or be one."""
        entries = self._entries(folder)
        names = {entry.name for entry in entries}
        is_inbox = folder == self._inbox
        if READY in names and not is_inbox:
            inner = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
            if month is None and any(not name.startswith(".") for name in inner):
                self._stuck(folder / READY, _MARK_OF_MANY)
            else:
                self._marked(folder, entries, mapping, month)
            return
        for entry in entries:
            path = folder / entry.name
            if entry.name == READY and is_inbox:
                self._stuck(path, _MARK_OF_MANY)
            elif entry.name.startswith((".", "~$")) or _is_reason(entry.name, names):
                continue
            elif entry.name.endswith(f".{REASON}"):
                self._wait(path, Label("the file that it belongs to has not come", "所属文件未到"))
            elif entry.is_dir(follow_symlinks=False):
                self._inner(path, mapping, month)
            elif entry.name.lower().endswith(_UNFINISHED):
                self._wait(path, UNFINISHED)
            else:
                self._single(path, names, mapping, month)

    def _inner(self, path: Path, mapping: str | None, month: str | None) -> None:
        name = path.name
        if mapping is None and month is None and name in self._mappings:
            self.folder(path, name, None)
        elif month is None and file_names.states_month(name):
            self.folder(path, mapping, name)
        else:
            entries = self._entries(path)
            if any(entry.name == READY for entry in entries):
                self._marked(path, entries, mapping, month)
            elif any(not entry.name.startswith((".", "~$")) for entry in entries):
                self._stuck(path, self._unmarked(name, mapping, month))

    def _unmarked(self, name: str, mapping: str | None, month: str | None) -> Label:
        """What a folder of unknown name waits for; it may be a mapping's, misspelt."""
        near = ""
        if mapping is None and month is None:
            near = f" No mapping is called that.{did_you_mean(name, self._mappings)}"
        return Label(
            f"a folder is one delivery once it holds a file {READY}.{near}",
            f"文件夹须放入 {READY} 文件才作为一次报送",
        )

    def _single(self, path: Path, names: set[str], mapping: str | None, month: str | None) -> None:
        reason = path.with_name(f"{path.name}.{REASON}")
        beside = (reason,) if reason.name in names else ()
        objection = None if file_names.is_plain(path.name) else _UNSEEN_NAME
        self._arrived(path, (path,), beside, mapping, month, objection)

    def _marked(
        self,
        folder: Path,
        entries: Sequence[os.DirEntry[str]],
        mapping: str | None,
        month: str | None,
    ) -> None:
        """A folder that is one delivery."""
        files: list[Path] = []
        beside: list[Path] = []
        objection = None if file_names.is_plain(folder.name) else _UNSEEN_NAME
        names = {entry.name for entry in entries}
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith("~$") or entry.name.lower().endswith(_UNFINISHED):
                self._wait(folder, UNFINISHED)
                return
            if entry.is_dir(follow_symlinks=False):
                objection = objection or _NESTED
                beside.append(path)
            elif (
                entry.name in {READY, REASON}
                or entry.name.startswith(".")
                or _is_reason(entry.name, names)
            ):
                beside.append(path)
            else:
                files.append(path)
                if not file_names.is_plain(entry.name):
                    objection = objection or _UNSEEN_NAME
        if not files:
            objection = objection or _EMPTY
        self._arrived(folder, tuple(files), tuple(beside), mapping, month, objection)

    def _arrived(
        self,
        path: Path,
        files: tuple[Path, ...],
        beside: tuple[Path, ...],
        mapping: str | None,
        month: str | None,
        objection: Label | None,
    ) -> None:
        digest = hashlib.sha256()
        stamps = []
        for one in (*files, *beside):
            try:
                found = one.lstat()
            except FileNotFoundError:  # taken away while we look: the next look knows
                return
            except OSError as error:
                self._stuck(one, _unseen(error))
                return
            if stat.S_ISLNK(found.st_mode):
                objection = _LINK
            elif not stat.S_ISREG(found.st_mode):
                objection = objection or _NO_FILE
            digest.update(f"{os.fsencode(one)!r} {identity(found)}\n".encode())
            # A copy may bring an old date of change with it; the disk's own stamp does not lie.
            stamps.append(max(found.st_mtime, found.st_ctime))
        reasons = tuple(
            one for one in beside if one.name == REASON or one.name.endswith(f".{REASON}")
        )
        self.arrivals.append(
            Arrival(
                path=path,
                place=self._place(path),
                mapping=mapping or CANONICAL,
                month=month,
                files=files,
                beside=beside,
                reasons=reasons,
                state=digest.hexdigest(),
                stamps=tuple(stamps),
                objection=objection,
            )
        )

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                return sorted(found, key=lambda entry: entry.name)
        except FileNotFoundError:
            return []
        except OSError as error:
            self._stuck(folder, _unseen(error))
            return []

    def _wait(self, path: Path, why: Label) -> None:
        self.waiting.append(Waiting(self._place(path), why))

    def _stuck(self, path: Path, why: Label) -> None:
        self.waiting.append(Waiting(self._place(path), why, stuck=True))

    def _place(self, path: Path) -> str:
        return file_names.readable(path.relative_to(self._inbox).as_posix())


def _is_reason(name: str, names: set[str]) -> bool:
    """Whether a file only says why another is delivered again."""
    return name.endswith(f".{REASON}") and name.removesuffix(f".{REASON}") in names


def _unseen(error: OSError) -> Label:
    return Label(
        f"it cannot be looked into ({error.strerror}): give the product the right to read it",
        f"无法查看（{error.strerror}），请授予读取权限",
    )


_LINK: Final = Label(
    "It is a link, or holds one, and links are not followed. Put the file itself into the inbox.",
    "这是链接（或其中含有链接），系统不跟随链接。请将文件本身放入收件夹。",
)
_NO_FILE: Final = Label(
    "It is no ordinary file (a pipe, a socket, a device). Put a file into the inbox.",
    "这不是普通文件（管道、套接字或设备）。请放入普通文件。",
)
_UNSEEN_NAME: Final = Label(
    "Its name holds characters that nobody can see (a line break, for example). Rename it and put it "
    "into the inbox again.",
    "文件名含有不可见字符（如换行符）。请改名后重新放入收件夹。",
)
_NESTED: Final = Label(
    "The delivery's folder holds another folder. Put all files of a delivery into one folder.",
    "报送文件夹内含有子文件夹。请将一次报送的全部文件放在同一文件夹内。",
)
_EMPTY: Final = Label(
    f"The delivery's folder holds {READY} and no files. Put the files in first, and {READY} last.",
    f"报送文件夹内只有 {READY}，没有数据文件。请先放入数据文件，最后放入 {READY}。",
)
_MARK_OF_MANY: Final = Label(
    f"{READY} marks a folder of one delivery, and this folder is for several: put the delivery's "
    "files and the mark into a folder of their own",
    f"{READY} 用于标记单次报送的文件夹；此处可放多次报送，请将文件与标记放入单独的文件夹",
)
