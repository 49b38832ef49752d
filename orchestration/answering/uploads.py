"""A folder for a draft while it is checked: private, locked by whoever checks, and gone afterwards.

A process that is killed leaves its folder behind unlocked; the next check clears it away. It is not the
workspace's scratch folder, which an intake may clear at any time.
"""

import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from filelock import FileLock, Timeout

from dashboards.port.drafts import LARGEST_MB, Upload
from orchestration.inbox.file_names import fitting
from records.workspace import Workspace
from transforms.errors import BranchmarkError

FOLDER: Final = ".drafts"
_LOCK: Final = ".lock"
_DOOR: Final = ".drafts.lock"
_WAIT_SECONDS: Final = 10
_SPARE: Final = 40


@contextmanager
def held(workspace: Workspace) -> Generator[Path]:
    """A folder of one's own in the workspace, that nobody else touches while it is held.

    Raises:
        BranchmarkError: if others keep making theirs all the while.
    """
    folder = workspace.root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    # Behind the door a folder is made and locked in one step: no other check takes it for a dead one's.
    try:
        with FileLock(workspace.root / _DOOR, timeout=_WAIT_SECONDS):
            _clear(folder)
            own = Path(tempfile.mkdtemp(dir=folder))
            lock = FileLock(own / _LOCK)
            lock.acquire()
    except Timeout:
        raise BranchmarkError(
            "The draft cannot be taken in: others are being taken in just now. Check it again in a moment."
        ) from None
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)
        lock.release()


def _clear(folder: Path) -> None:
    """Take away what checks left behind that were killed."""
    for left in folder.iterdir():
        if not left.is_dir():
            left.unlink(missing_ok=True)
            continue
        lock = FileLock(left / _LOCK)
        try:
            with lock.acquire(blocking=False):
                shutil.rmtree(left, ignore_errors=True)
        except Timeout:
            continue


def written(uploads: Sequence[Upload], folder: Path) -> list[Path]:
    """The files on the disk under their own names, each in a folder of its own: names may be alike.

    Raises:
        BranchmarkError: if there are none, or they are too large together.
    """
    if not uploads:
        raise BranchmarkError("No file was given. Choose the draft's files and check again.")
    size = sum(len(one.data) for one in uploads)
    if size > LARGEST_MB << 20:
        raise BranchmarkError(
            f"The draft has {size >> 20:,} MB, and at most {LARGEST_MB} MB are checked here. Leave out the "
            "loans of other branches, or send it as Parquet."
        )
    paths = []
    for number, one in enumerate(uploads):
        # A browser may send a path; only the last part of it is a name.
        name = PurePosixPath(one.name.replace("\\", "/")).name or "draft"
        place = folder / str(number) / fitting(name, spare=_SPARE)
        place.parent.mkdir()
        place.write_bytes(one.data)
        paths.append(place)
    return paths
