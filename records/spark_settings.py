"""The table `[spark]` of a workspace's settings: which cluster works for the bank, and how it is asked.

Only read and judged here; the session is opened in `orchestration.spark`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from transforms.errors import WorkspaceError, did_you_mean
from transforms.spark_sql import FIXED

MASTER: Final = "local[*]"
"""Where Spark runs if the bank does not say: in one process on this machine."""
WAIT_SECONDS: Final = 60
"""How long the cluster may take to give the first worker, if the bank does not say."""

_MASTERS: Final = re.compile(r"local(\[[\d*, ]+\])?|spark://\S+:\d+|yarn|k8s://\S+")
_KNOWN: Final = ("master", "wait_seconds", "conf")
_LONGEST_WAIT: Final = 3600
_APART: Final = {"spark.master": "master", "spark.submit.deployMode": None, "spark.app.name": None}


@dataclass(frozen=True)
class SparkSettings:
    """How a session is opened.

    Attributes:
        master: `local[*]`, `spark://host:port`, `yarn` or `k8s://https://host:port`.
        wait_seconds: how long the cluster may take to give the first worker.
        conf: settings of Spark by their own names.
    """

    master: str = MASTER
    wait_seconds: int = WAIT_SECONDS
    conf: tuple[tuple[str, str], ...] = ()


def spark_of(path: Path, given: object) -> SparkSettings:
    """The settings as a file states them; Spark on this machine if it states nothing.

    Raises:
        WorkspaceError: if they cannot be used.
    """
    if given is None:
        return SparkSettings()
    if not isinstance(given, Mapping):
        raise WorkspaceError(f"{path}: spark is a table. Write [spark] on a line of its own.")
    unknown = [name for name in given if name not in _KNOWN]
    if unknown:
        raise WorkspaceError(
            f"{path}: [spark] has no setting {unknown[0]!r}.{did_you_mean(unknown[0], _KNOWN)} It knows "
            f"{', '.join(_KNOWN)}; what Spark itself is to be told stands under [spark.conf]."
        )
    master = given.get("master", MASTER)
    if not isinstance(master, str) or not _MASTERS.fullmatch(master.strip()):
        raise WorkspaceError(
            f"{path}: master of [spark] is {master!r}. Write local[*], spark://host:port, yarn or "
            "k8s://https://host:port."
        )
    wait = given.get("wait_seconds", WAIT_SECONDS)
    if type(wait) is not int or not 1 <= wait <= _LONGEST_WAIT:
        raise WorkspaceError(
            f"{path}: wait_seconds of [spark] is {wait!r}. Write a whole number of seconds from 1 to "
            f"{_LONGEST_WAIT}."
        )
    return SparkSettings(master.strip(), wait, _conf(path, given.get("conf", {})))


def _conf(path: Path, given: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, Mapping):
        raise WorkspaceError(
            f"{path}: conf of [spark] is a table. Write [spark.conf], and below it lines such as "
            '"spark.executor.memory" = "8g".'
        )
    found = []
    for name, value in given.items():
        if not isinstance(value, str | int | bool):
            raise WorkspaceError(
                f'{path}: [spark.conf] gives {name} no text. Write the whole name in quotes: "spark.executor'
                '.memory" = "8g".'
            )
        if not name.startswith("spark."):
            raise WorkspaceError(
                f"{path}: {name!r} of [spark.conf] is no setting of Spark. Their names begin with spark."
            )
        if name in FIXED or name in _APART:
            instead = _APART.get(name)
            way_out = f"Set {instead} of [spark] instead." if instead else "Leave it out."
            raise WorkspaceError(
                f"{path}: {name} is not for [spark.conf]: the product sets it, since figures rest on it or "
                f"nothing else would work. {way_out}"
            )
        told = str(value).lower() if isinstance(value, bool) else str(value)
        found.append((name, told))
    return tuple(sorted(found))
