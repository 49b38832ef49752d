"""The table `[orchestration]` of a workspace's settings: whose databases and how many processes build it.

Nothing secret stands there: addresses of servers are in environment variables, which the settings name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from transforms.errors import WorkspaceError, did_you_mean

MOST_PROCESSES: Final = 64
_VARIABLE: Final = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True)
class Orchestration:
    """Where months are built, and by how many at once.

    Attributes:
        storage: the variable with the address of a PostgreSQL database for the run history and for turns
            at writing; none if both are files of the workspace.
        broker: the variable with the address of a broker, whose workers then build months on any machine.
        processes: how many months are built at once; none if the bank has not said.
    """

    storage: str | None = None
    broker: str | None = None
    processes: int | None = None


def orchestration_of(path: Path, given: object) -> Orchestration:
    """The settings as a file states them.

    Raises:
        WorkspaceError: if they cannot be used.
    """
    if given is None:
        return Orchestration()
    if not isinstance(given, Mapping):
        raise WorkspaceError(
            f"{path}: orchestration is a table. Write [orchestration] on a line of its own."
        )
    known = ("storage", "broker", "processes")
    unknown = [name for name in given if name not in known]
    if unknown:
        raise WorkspaceError(
            f"{path}: [orchestration] has no setting {unknown[0]!r}."
            f"{did_you_mean(unknown[0], known)} It knows {', '.join(known)}."
        )
    storage, broker = (_variable(path, name, given.get(name)) for name in ("storage", "broker"))
    if broker is not None and storage is None:
        raise WorkspaceError(
            f"{path}: [orchestration] names a broker and no storage. Workers of other machines need a "
            'database that all of them see: write storage = "env:NAME".'
        )
    return Orchestration(storage, broker, _processes(path, given.get("processes")))


def _variable(path: Path, name: str, given: object) -> str | None:
    """The variable behind `env:NAME`; an address, which may hold a password, has no place in a file."""
    if given is None:
        return None
    found = _VARIABLE.fullmatch(given.strip()) if isinstance(given, str) else None
    if found is None:
        raise WorkspaceError(
            f"{path}: {name} of [orchestration] names no environment variable. Write env:NAME, where the "
            "variable NAME holds the server's address."
        )
    return found[1]


def _processes(path: Path, given: object) -> int | None:
    if given is None:
        return None
    if type(given) is not int or not 1 <= given <= MOST_PROCESSES:
        raise WorkspaceError(
            f"{path}: processes of [orchestration] is {given!r}. Write a whole number from 1 to "
            f"{MOST_PROCESSES}, or leave it out."
        )
    return given
