"""The folder a bank works in: its settings, definitions, mappings, deliveries and published figures.

Nothing is written outside it. What lies inside the lake belongs in
`records.deliveries` and `records.published`.
"""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from transforms.errors import WorkspaceError

SETTINGS: Final = "branchmark.toml"

_TEMPLATE: Final = """\
# A branchmark workspace. Every figure is in the base currency.
name = "{name}"
base_currency = "{base_currency}"

# Schedules run only where the environment is listed for them.
environment = "local"
"""


@dataclass(frozen=True)
class Workspace:
    """One workspace, opened.

    Attributes:
        root: its folder.
        name: how pages and reports call the bank.
        base_currency: ISO 4217 code of the currency of all figures.
        environment: where it stands: local, test, production.
    """

    root: Path
    name: str
    base_currency: str
    environment: str

    @property
    def lake(self) -> Path:
        """Delivered tables and published figures."""
        return self.root / "lake"

    @property
    def scratch(self) -> Path:
        """Files that live no longer than a command."""
        return self.root / ".scratch"

    @property
    def dagster_home(self) -> Path:
        """Run history of the orchestrator."""
        return self.root / ".dagster"

    def texts(self, folder: str, suffix: str) -> dict[str, str]:
        """The bank's own files of a folder (catalogue, mappings, reference), by file name."""
        paths = sorted((self.root / folder).glob(f"*{suffix}"))
        return {path.name: path.read_text(encoding="utf-8") for path in paths}

    @contextmanager
    def writing(self, what: str, *, wait_seconds: float) -> Iterator[None]:
        """Hold the workspace's only pen: one writer at a time.

        Args:
            what: what the writer is about to do, for the message to another.
            wait_seconds: how long to wait for another writer to finish.

        Raises:
            WorkspaceError: if another writer does not finish in time.
        """
        lock = FileLock(self.root / ".writing.lock")
        try:
            with lock.acquire(timeout=wait_seconds):
                yield
        except Timeout:
            raise WorkspaceError(
                f"Cannot {what}: another command is writing to {self.root}. Wait for it to finish and "
                "run this again."
            ) from None


def create(root: Path, *, name: str, base_currency: str) -> Workspace:
    """Make an empty workspace.

    Raises:
        WorkspaceError: if the folder holds one already, or holds something else.
    """
    if (root / SETTINGS).exists():
        raise WorkspaceError(
            f"{root} is a workspace already. Choose another folder, or use this one."
        )
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise WorkspaceError(f"{root} is not empty. Choose a new or empty folder.")
    if len(base_currency) != 3 or not base_currency.isascii() or not base_currency.isupper():  # noqa: PLR2004
        raise WorkspaceError(
            f"{base_currency!r} is no currency. Give an ISO 4217 code in capitals, such as CNY or USD."
        )
    for folder in ("catalogue", "mappings", "reference", "inbox", "lake"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    text = _TEMPLATE.format(name=name.replace('"', "'"), base_currency=base_currency)
    (root / SETTINGS).write_text(text, encoding="utf-8")
    return open_workspace(root)


def open_workspace(root: Path) -> Workspace:
    """Open the workspace in a folder.

    Raises:
        WorkspaceError: if there is none, or its settings cannot be read.
    """
    path = root / SETTINGS
    if not path.is_file():
        raise WorkspaceError(
            f"No workspace in {root}: it has no {SETTINGS}. `branchmark init {root}` makes one, or name "
            "another folder with --workspace."
        )
    try:
        settings = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorkspaceError(f"{path} is no TOML ({error}). Mend it and run again.") from None
    known = {"name", "base_currency", "environment"}
    unknown = sorted(set(settings) - known)
    if unknown:
        raise WorkspaceError(
            f"{path} has no setting {unknown[0]!r}. It knows {', '.join(sorted(known))}."
        )
    return Workspace(
        root=root,
        name=str(settings.get("name", root.name)),
        base_currency=str(settings.get("base_currency", "CNY")),
        environment=str(settings.get("environment", "local")),
    )
