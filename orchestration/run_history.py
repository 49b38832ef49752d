"""Dagster's run history, with its SQLite connections kept open.

Dagster's own storage opens and closes a database for every event, some 1,400 times for a month with one
asset check a rule: a fifth of a build. Here a database is opened once a process. Everything else is
Dagster's; `tests/upstream` holds what this rests on.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.event import listen
from sqlalchemy.pool import QueuePool
from typing_extensions import override

from records.workspace import Workspace

_BUSY_SECONDS = 60

_SETTINGS = """\
# Written anew by branchmark at each start, since it holds the folder's path.
telemetry:
  enabled: false
event_log_storage:
  module: orchestration.run_history
  class: OpenEventLogStorage
  config:
    base_dir: {folder}
"""


class OpenEventLogStorage(SqliteEventLogStorage):
    """The event log in SQLite, one connection a database for as long as the process lives."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        self._tables: set[str] = set()
        super().__init__(base_dir, inst_data=inst_data)

    @classmethod
    @override
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "OpenEventLogStorage":
        """The storage that `dagster.yaml` asks for."""
        return cls(inst_data=inst_data, **config_value)

    @override
    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._engines:
                engine = create_engine(
                    self.conn_string_for_shard(shard),
                    poolclass=QueuePool,
                    pool_size=1,
                    connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
                )
                # A month has hundreds of events, and losing the last of them in a power cut loses no
                # figure: in WAL mode the log then needs no flush to disk for each.
                listen(engine, "connect", _without_flushes)
                self._engines[shard] = engine
            engine = self._engines[shard]
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                yield connection

    @override
    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table: asked for every check, and one that is there stays."""
        if table_name not in self._tables and super().has_table(table_name):
            self._tables.add(table_name)
        return table_name in self._tables

    @override
    def dispose(self) -> None:
        """Close every database."""
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()
        super().dispose()


def _without_flushes(connection: Any, _record: object) -> None:  # noqa: ANN401 - of the driver
    connection.execute("PRAGMA synchronous = NORMAL")


def instance(workspace: Workspace) -> dg.DagsterInstance:
    """The workspace's own run history, without telemetry."""
    home = workspace.dagster_home
    home.mkdir(exist_ok=True)
    events = home / "history" / "runs"
    events.mkdir(parents=True, exist_ok=True)
    settings = _SETTINGS.format(folder=_quoted(events))
    path = home / "dagster.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != settings:
        path.write_text(settings, encoding="utf-8")
    return dg.DagsterInstance.from_config(str(home))


def _quoted(path: Path) -> str:
    """A path as a YAML text, whatever characters it holds."""
    return "'" + str(path).replace("'", "''") + "'"
