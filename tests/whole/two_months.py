"""The small book's two months, published once for all test processes that run side by side.

Nobody writes to it: whoever delivers or builds more takes a copy.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from tests.whole import books
from tests.whole.commands import built


@dataclass(frozen=True)
class TwoMonths:
    """Where the bank and the files delivered to it are, and what its build said of each month."""

    root: Path
    files: Path
    built: dict

    def copy(self, root):
        """The bank once more, to write to."""
        shutil.copytree(self.root, root)
        return root


def shared(tmp_path_factory, worker_id):
    """The bank, made by whichever process asks first."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "two-months"
    root, files, told = folder / "bank", folder / "files", folder / "built.json"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        if not told.exists():
            books.delivered(root, files)
            told.write_text(json.dumps(built(root)), encoding="utf-8")
    said = json.loads(told.read_text(encoding="utf-8"))
    return TwoMonths(root, files, {day: tuple(row) for day, row in said.items()})
