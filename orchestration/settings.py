"""What the product takes from its environment, read in one place and nowhere else.

Settings that belong to a bank are in the workspace's `branchmark.toml`; these only say where it is,
and how databases are reached: a mapping names the variable, and the secret stays in it.
"""

import os
import shutil
from pathlib import Path
from typing import Final

WORKSPACE: Final = "BRANCHMARK_WORKSPACE"


def workspace_root(given: Path | None = None) -> Path:
    """The workspace's folder: as given, else as the environment says, else the current folder."""
    return (given or Path(os.environ.get(WORKSPACE, "."))).resolve()


def connection(variable: str) -> str | None:
    """The connection string in a variable that a mapping names; None where there is none."""
    return os.environ.get(variable, "").strip() or None


def java() -> Path | None:
    """The program that runs Java, as JAVA_HOME says or else the path; None where there is none."""
    home = os.environ.get("JAVA_HOME", "").strip()
    found = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    return None if found is None else Path(found)


def hand_on(root: Path) -> dict[str, str]:
    """The environment for a process that works in that workspace."""
    return {**os.environ, WORKSPACE: str(root)}


def settle(root: Path) -> None:
    """Make that workspace the one this process works in; the orchestrator's resources ask for it."""
    os.environ[WORKSPACE] = str(root)


def share_cores(processes: int) -> None:
    """Give each process started from now on its share of the cores, unless somebody said otherwise."""
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // processes)))
