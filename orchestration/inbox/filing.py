"""Where a delivery goes once it is taken or refused: a report first, then the file, by one move.

Until that move the delivery lies in the inbox, after it in the archive with its report beside it;
a command killed in between leaves a report without a file, which the next one recognises as its own.
What a report says belongs in `orchestration.inbox.reports`.
"""

import contextlib
import errno
import json
import os
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Final

from orchestration.inbox.arrivals import Arrival, Identity, identity
from orchestration.inbox.file_names import fitting

ARCHIVE: Final = "archive"
REFUSED: Final = "refused"
REPORTS: Final = (".report.json", ".report.txt")
_REASON: Final = ".reason.txt"
_SPARE: Final = 48
"""Bytes that a report, a time or a number may add to a name."""


def archive_folder(root: Path, as_of: date, version: int) -> Path:
    """Where deliveries of a version of a month are kept."""
    return root / ARCHIVE / as_of.isoformat() / str(version)


def refused_folder(root: Path) -> Path:
    """Where refused deliveries lie until somebody has read why."""
    return root / REFUSED


def archived_place(arrival: Arrival, folder: Path, digest: str | None) -> Path:
    """A free place in the archive under the delivery's own name; nothing is ever written over."""
    return _free(folder, fitting(arrival.path.name, spare=_SPARE), digest)


def refused_place(arrival: Arrival, folder: Path, digest: str | None, at: datetime) -> Path:
    """A free place among the refused, under the time and the delivery's own name."""
    name = fitting(arrival.path.name, spare=_SPARE)
    for report in sorted(folder.glob("*.report.json")) if digest else ():
        place = report.with_name(report.name.removesuffix(REPORTS[0]))
        if place.name.partition("-")[2] == name and _is_left_behind(place, digest):
            return place
    return _free(folder, f"{at:%Y%m%dT%H%M%SZ}-{name}", digest)


def _free(folder: Path, name: str, digest: str | None) -> Path:
    stem, dot, ending = name.partition(".")
    number = 1
    while True:
        place = folder / (name if number == 1 else f"{stem}~{number}{dot}{ending}")
        taken = (place, *beside(place))
        if not any(os.path.lexists(one) for one in taken) or _is_left_behind(place, digest):
            return place
        number += 1


def beside(place: Path) -> tuple[Path, ...]:
    """The files that lie beside a filed delivery: both reports, and the reason."""
    return tuple(place.with_name(place.name + ending) for ending in (*REPORTS, _REASON))


def _is_left_behind(place: Path, digest: str | None) -> bool:
    """Whether a report of the same contents waits there for its file: a command was killed."""
    if digest is None or os.path.lexists(place):
        return False
    try:
        told = json.loads(beside(place)[0].read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("sha256") == digest


def file_away(
    arrival: Arrival, place: Path, *, copy: Path | None, taken: dict[Path, Identity]
) -> bool:
    """Move a delivery to its place; the reports lie there already.

    Args:
        arrival: the delivery.
        place: a free place, its folder made.
        copy: what was really read; None if nothing could be.
        taken: identity of each of its files as it was read.

    Returns:
        Whether it left the inbox. If somebody wrote to it meanwhile, what was read is filed, and
        what lies in the inbox now is a delivery of its own.
    """
    _file_reason(arrival, place)
    if copy is not None and identities(arrival) != taken:
        _moved(copy, place)
        return False
    try:
        _moved(arrival.path, place)
    except FileNotFoundError:
        if copy is None:
            raise
        _moved(copy, place)
        return True
    if copy is not None and _there(arrival, place) != taken:
        # Replaced in the instant before the move: back with the new one, and what was read is filed.
        if not os.path.lexists(arrival.path):
            _moved(place, arrival.path)
            _moved(copy, place)
        return False
    return True


def identities(arrival: Arrival) -> dict[Path, Identity]:
    """What the delivery's files are now, by path; an empty dictionary if one is gone."""
    files = arrival.files
    if arrival.is_folder:
        try:
            files = tuple(one for one in arrival.path.iterdir() if not _is_beside(arrival, one))
        except OSError:
            return {}
    return _identities({one: one for one in files})


def _there(arrival: Arrival, place: Path) -> dict[Path, Identity]:
    """The same of the files at their new place, by the paths they had."""
    if not arrival.is_folder:
        return _identities({arrival.path: place})
    moved = {arrival.path / one.name: one for one in place.iterdir()}
    return _identities({old: new for old, new in moved.items() if not _is_beside(arrival, old)})


def _is_beside(arrival: Arrival, path: Path) -> bool:
    return path in arrival.beside or path.name.startswith(".")


def _identities(paths: dict[Path, Path]) -> dict[Path, Identity]:
    found = {}
    for name, path in paths.items():
        try:
            found[name] = identity(path.lstat())
        except OSError:
            return {}
    return found


def _file_reason(arrival: Arrival, place: Path) -> None:
    """A file's reason goes before it, so that it never waits for a later file of the same name."""
    for reason in () if arrival.is_folder else arrival.reasons:
        with contextlib.suppress(FileNotFoundError):
            _moved(reason, beside(place)[2])


def _moved(source: Path, target: Path) -> None:
    """Move a file or folder by one step, also where inbox and archive are different disks."""
    try:
        source.rename(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        coming = target.with_name(f".{target.name[:180]}.coming")
        if source.is_dir() and not source.is_symlink():
            shutil.rmtree(coming, ignore_errors=True)
            shutil.copytree(source, coming, symlinks=True)
            coming.rename(target)
            shutil.rmtree(source)
        else:
            coming.unlink(missing_ok=True)
            shutil.copy2(source, coming, follow_symlinks=False)
            coming.rename(target)
            source.unlink()
