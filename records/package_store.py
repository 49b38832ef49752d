"""Filled reports as files of the workspace, each named by the hash of what it holds.

What was signed is kept whole, so that any edition can be shown again as it was. Who signed which hash belongs
in `records.ledger.returns`; what a package holds, in `transforms.returns.package`.
"""

import gzip
import hashlib
import os
import re
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from records.ledger.returns import Head
from records.workspace import Workspace
from transforms.errors import BranchmarkError
from transforms.returns.package import Package

FOLDER: Final = "reports/packages"
_SUFFIX: Final = ".json.gz"
_HASH: Final = re.compile(r"[0-9a-f]{64}")


class PackageError(BranchmarkError):
    """A kept package is missing, or holds something else than what was signed."""


@dataclass(frozen=True)
class PackageStore:
    """The kept packages of one workspace.

    Attributes:
        folder: where they are.
    """

    folder: Path

    @classmethod
    def of(cls, workspace: Workspace) -> "PackageStore":
        """The store of a workspace; nothing is made yet."""
        return cls(workspace.root / FOLDER)

    def path(self, content_hash: str) -> Path:
        """The file of what has that hash, whether it is there or not."""
        return self.folder / f"{content_hash}{_SUFFIX}"

    def keep(self, package: Package) -> str:
        """Keep a package, whole or not at all; what is kept already stays.

        Returns:
            Its hash, by which it is found again.
        """
        data = package.text().encode()
        content_hash = hashlib.sha256(data).hexdigest()
        path = self.path(content_hash)
        if path.is_file() and _holds(path, content_hash):
            return content_hash
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".", delete=False) as file:
            half = Path(file.name)
            try:
                # No time stamp: the same contents are the same file.
                file.write(gzip.compress(data, mtime=0))
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                half.unlink(missing_ok=True)
                raise
        half.chmod(0o644)
        half.replace(path)
        return content_hash

    def read(self, head: Head) -> Package:
        """The contents of an edition, as they were signed.

        Raises:
            PackageError: if the file is gone, or holds something else.
        """
        path = self.path(head.content_hash)
        try:
            data = _read(path)
        except FileNotFoundError:
            raise PackageError(f"{head.called}: {_missing(path)}") from None
        if data is None or hashlib.sha256(data).hexdigest() != head.content_hash:
            raise PackageError(f"{head.called}: {_altered(path)}")
        return Package.of(data.decode(), run_id=head.run_id, fingerprint=head.fingerprint)

    def fault(self, content_hash: str) -> str | None:
        """What is wrong with the file of a hash, in a sentence with the way out; nothing if it is whole."""
        path = self.path(content_hash)
        if not _HASH.fullmatch(content_hash) or not path.is_file():
            return _missing(path)
        return None if _holds(path, content_hash) else _altered(path)


def _read(path: Path) -> bytes | None:
    """The text of a file; nothing if it is no such file at all."""
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return None


def _holds(path: Path, content_hash: str) -> bool:
    data = _read(path)
    return data is not None and hashlib.sha256(data).hexdigest() == content_hash


def _missing(path: Path) -> str:
    return f"its file {path} is missing. Put it back from a backup of the workspace."


def _altered(path: Path) -> str:
    return f"its file {path} does not hold what was signed. Put it back from a backup of the workspace."
