"""Dagster's run history: in files of the workspace or in PostgreSQL, with connections kept open.

Dagster's own storages open and close a connection for every event, some 1,400 times for a month with one
asset check a rule: a fifth of a build with SQLite, most of it with PostgreSQL, which is in `run_server`. Here
a database is opened once a process. Everything else is Dagster's; `tests/upstream` holds what this rests on.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import dagster as dg
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.event import listen
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool
from typing_extensions import override

from orchestration import settings
from records.locks import storage_address
from records.workspace import SETTINGS, Workspace
from transforms.errors import WorkspaceError

_BUSY_SECONDS: Final = 60

_SETTINGS: Final = """\
# Written anew by branchmark at each start, since it holds the folder's path.
telemetry:
  enabled: false
python_logs:
  # Of what goes to the terminal; events are kept whatever this says.
  python_log_level: WARNING
compute_logs:
  # What a step prints goes to who runs it. Kept in files it would take four more processes a month, and
  # each of them would print a traceback when somebody stops the build.
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
concurrency:
  runs:
    tag_concurrency_limits:
      # Of runs that Dagster begins, one at a time for each month.
      - key: dagster/partition
        value:
          applyLimitPerUniqueValue: true
        limit: 1
"""
_FILES: Final = """\
event_log_storage:
  module: orchestration.run_history
  class: OpenEventLogStorage
  config:
    base_dir: {folder}
"""
_SERVER: Final = """\
storage:
  custom:
    module: orchestration.run_server
    class: OpenServerStorage
    config:
      postgres_url:
        env: {variable}
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
    """The workspace's own run history, without telemetry.

    Raises:
        WorkspaceError: if it is to be in PostgreSQL, and that is not installed or its address not known.
    """
    home = workspace.dagster_home
    home.mkdir(exist_ok=True)
    variable = workspace.orchestration.storage
    if variable is None:
        events = home / "history" / "runs"
        events.mkdir(parents=True, exist_ok=True)
        text = _SETTINGS + _FILES.format(folder=_quoted(events))
    else:
        storage_address(variable, settings.connection)
        if find_spec("dagster_postgres") is None:
            raise WorkspaceError(
                f"{SETTINGS} has the run history in PostgreSQL, and dagster-postgres is not installed. "
                "Install branchmark[cluster]."
            )
        text = _SETTINGS + _SERVER.format(variable=variable)
    path = home / "dagster.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        # Put in place at once: another process may be reading it.
        draft = path.with_name(f"dagster-{os.getpid()}.yaml")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    return dg.DagsterInstance.from_config(str(home))


@contextmanager
def opened(workspace: Workspace) -> Iterator[dg.DagsterInstance]:
    """The run history while months are built.

    Raises:
        WorkspaceError: if it can no longer be read or written.
    """
    try:
        with instance(workspace) as home:
            yield home
    except DBAPIError as error:
        place = workspace.orchestration.storage or workspace.dagster_home
        raise WorkspaceError(
            f"The run history in {place} cannot be read or written: {str(error.orig).splitlines()[0]}. Check "
            "the disk or the database, and build again; what was published before is unchanged."
        ) from None


def _quoted(path: Path) -> str:
    """A path as a YAML text, whatever characters it holds."""
    return "'" + str(path).replace("'", "''") + "'"
