"""A folder as a zip whose bytes depend on nothing but its files, its manifest, and what was tampered with."""

import hashlib
import json
import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from transforms.errors import BranchmarkError

MANIFEST: Final = "manifest.json"
ANCHOR: Final = "anchor.json"
_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""Of every file: a zip holds no clock."""
_RIGHTS: Final = 0o644 << 16
_CHUNK: Final = 1 << 20


@dataclass(frozen=True)
class Altered:
    """A file of a pack that is not as its manifest says.

    Attributes:
        path: inside the pack.
        state: `altered`, `missing` or `added`.
    """

    path: str
    state: str


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by path, in order."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                hashed = hashlib.file_digest(file, "sha256").hexdigest()
            found[path.relative_to(folder).as_posix()] = hashed
    return dict(sorted(found.items()))


def contents_hash(folder: Path) -> str:
    """One hash of every file but the anchor and the manifest: what a pack says."""
    lines = [f"{hashed}  {path}\n" for path, hashed in hashes(folder).items() if path != ANCHOR]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def write_manifest(folder: Path, about: Mapping[str, object]) -> None:
    """Say what the pack is, and the hash of every file in it."""
    files = [
        {"path": path, "sha256": hashed, "bytes": (folder / path).stat().st_size}
        for path, hashed in hashes(folder).items()
    ]
    text = json.dumps({**about, "files": files}, ensure_ascii=False, indent=1, default=str)
    (folder / MANIFEST).write_text(f"{text}\n", encoding="utf-8")


def zipped(folder: Path, target: Path) -> None:
    """The folder as a zip; files stream, whatever their size."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as pack:
        for path in sorted(one for one in folder.rglob("*") if one.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _RIGHTS
            entry.create_system = 3
            with path.open("rb") as source, pack.open(entry, "w", force_zip64=True) as out:
                shutil.copyfileobj(source, out, _CHUNK)


def altered(pack: Path) -> tuple[Mapping[str, object], tuple[Altered, ...]]:
    """What a pack says it is, and every file in it that is not as its manifest says.

    Raises:
        BranchmarkError: if it is no evidence pack.
    """
    way_out = "Ask whoever made it for another copy."
    try:
        with zipfile.ZipFile(pack) as held:
            names = [one for one in held.namelist() if not one.endswith("/")]
            about = json.loads(held.read(MANIFEST))
            said = {one["path"]: one["sha256"] for one in about["files"]}
            found = {}
            for name in names:
                with held.open(name) as file:
                    found[name] = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
            twice = sorted({one for one in names if names.count(one) > 1})
    except FileNotFoundError:
        raise BranchmarkError(f"There is no file {pack}. Name an evidence pack.") from None
    except (zipfile.BadZipFile, KeyError, ValueError, TypeError) as error:
        raise BranchmarkError(f"{pack} is no whole evidence pack ({error}). {way_out}") from None
    found.pop(MANIFEST)
    faults = [Altered(path, "missing") for path in said if path not in found]
    faults += [Altered(path, "added") for path in found if path not in said or path in twice]
    faults += [
        Altered(path, "altered")
        for path, hashed in found.items()
        if said.get(path, hashed) != hashed
    ]
    faults.sort(key=lambda one: one.path)
    return {name: value for name, value in about.items() if name != "files"}, tuple(faults)
