"""How a bank wants its inbox looked after, who does it, and the lock of the one who does.

What lies in the inbox is told by `orchestration.inbox.arrivals`; taking it belongs in `orchestration.taking`.
"""

import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from records.workspace import Workspace
from transforms.errors import WorkspaceError

SETTINGS: Final = "inbox.toml"


@dataclass(frozen=True)
class InboxSettings:
    """What `inbox.toml` in the workspace says; without it, these.

    Attributes:
        settle_seconds: how long a file must have been left alone before it is taken.
        environments: where Dagster looks after the inbox; everywhere if it is empty.
    """

    settle_seconds: float = 10.0
    environments: tuple[str, ...] = ()


def inbox_settings(workspace: Workspace) -> InboxSettings:
    """How the bank wants its inbox looked after.

    Raises:
        WorkspaceError: if `inbox.toml` cannot be used.
    """
    path = workspace.root / SETTINGS
    if not path.is_file():
        return InboxSettings()
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path} is no TOML ({error}). Mend it and run again.") from None
    known = sorted(InboxSettings.__dataclass_fields__)
    unknown = sorted(set(said) - set(known))
    if unknown:
        raise WorkspaceError(f"{path} has no setting {unknown[0]!r}. It knows {', '.join(known)}.")
    seconds = said.get("settle_seconds", InboxSettings.settle_seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds >= 0:
        raise WorkspaceError(
            f"{path}: settle_seconds is {seconds!r}. Write a number of seconds, 0 or more."
        )
    places = said.get("environments", [])
    if not isinstance(places, list) or not all(isinstance(one, str) for one in places):
        raise WorkspaceError(
            f'{path}: environments is {places!r}. Write a list of names, such as ["production"].'
        )
    return InboxSettings(float(seconds), tuple(str(one) for one in places))


@contextmanager
def alone(root: Path, *, wait_seconds: float) -> Iterator[None]:
    """Be the only one who takes from the inbox; the lock goes with its process.

    Raises:
        WorkspaceError: if another does not finish in time.
    """
    try:
        with FileLock(root / ".inbox.lock").acquire(timeout=wait_seconds):
            yield
    except Timeout:
        raise WorkspaceError(
            f"Another command is taking deliveries from the inbox of {root}. Wait for it to finish "
            "and run this again."
        ) from None


def own_process(root: Path, *words: str) -> list[str]:
    """The command line of `branchmark inbox` in a process of its own.

    Whoever keeps looking starts one for each taking: Dagster, which runs a job in it, cannot run one in
    a run of its own, and keeps a Ctrl+C to itself.
    """
    # Not -c: PySpark, where it is installed, takes a program without a file for its own tests, and ends it.
    start = ("-P", "-m", "orchestration.cli", "inbox")
    return [sys.executable, *start, "--workspace", str(root), *words]
