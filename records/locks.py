"""Whose turn it is to write: locks by name that go with the process that holds them.

In files of the workspace, or, where the settings name a PostgreSQL database, in that, so that several
machines take turns. A turn is waited for by asking again and again and never in a queue: who waits to be
alone must not keep out those whom the present writers wait for. What is written belongs to the callers.
"""

import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final, Protocol

import sqlalchemy as sa
from filelock import FileLock, Timeout
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import NullPool

from records.ledger.database import Database, Variable
from records.servers import place, server
from records.workspace import SETTINGS, Workspace
from transforms.errors import WorkspaceError

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: whoever would share takes turns there
    fcntl = None  # type: ignore[assignment]

WRITING: Final = "writing"
"""Held alone by who delivers, and together by those who build."""
BUILDING: Final = "building"
"""Held by the one command that builds months."""
_PAUSE: Final = 0.05
_OURS: Final = 0x6272
"""The first half of every lock's number in a database, which tells them from other products' locks."""


def month_lock(as_of: date) -> str:
    """The name of the lock that a month is built and published under."""
    return f"month-{as_of.isoformat()}"


class Locks(Protocol):
    """The locks of one workspace."""

    def tried(self, name: str, *, shared: bool = False) -> "Turn | None":
        """Take a lock at once, or none if it is somebody else's."""
        ...


@dataclass(frozen=True, eq=False)
class Turn:
    """A lock that is held.

    Attributes:
        is_ours: whether it is still held.
        end: gives it back.
    """

    is_ours: Callable[[], bool]
    end: Callable[[], None]


@contextmanager
def held(
    locks: Locks, name: str, *, busy: str, wait_seconds: float, shared: bool = False
) -> Iterator[Turn]:
    """Hold a lock.

    Args:
        locks: of which workspace.
        name: which.
        busy: what to say if others do not end in time.
        wait_seconds: how long to wait for them.
        shared: whether others may hold it too, who do not ask to be alone.

    Raises:
        WorkspaceError: if others do not end in time.
    """
    deadline = time.monotonic() + wait_seconds
    while (turn := locks.tried(name, shared=shared)) is None:
        if time.monotonic() >= deadline:
            raise WorkspaceError(busy)
        time.sleep(_PAUSE)
    try:
        yield turn
    finally:
        turn.end()


def is_busy(locks: Locks, name: str) -> bool:
    """Whether somebody holds a lock just now."""
    turn = locks.tried(name, shared=True)
    if turn is None:
        return True
    turn.end()
    return False


def locks_of(workspace: Workspace, variable: Variable) -> Locks:
    """The locks of a workspace: in the database of its run history, else of its ledger, else in files.

    Raises:
        WorkspaceError: if a setting leads nowhere.
    """
    name = workspace.orchestration.storage
    if name is not None:
        return ServerLocks(storage_address(name, variable))
    database = Database.of(workspace, variable)
    return FileLocks(workspace.root) if database.is_file else ServerLocks(database.url)


def storage_address(name: str, variable: Variable) -> URL:
    """The database of the run history, from the environment variable that the settings name.

    Raises:
        WorkspaceError: if it is not set, or leads nowhere.
    """
    given = variable(name)
    if given is None:
        raise WorkspaceError(
            f"{SETTINGS} says storage = 'env:{name}', and the environment variable {name} is not set. Set "
            "it to the database's address, such as postgresql://user:password@host/name."
        )
    url = server(given)
    if url is None:
        raise WorkspaceError(
            f"What the environment variable {name} holds is no address of a PostgreSQL database. Write "
            "postgresql://user:password@host:port/name."
        )
    return url


@dataclass(frozen=True, eq=False)
class FileLocks:
    """Locks as files of the workspace; the operating system lets go of them with their process."""

    root: Path

    def tried(self, name: str, *, shared: bool = False) -> Turn | None:
        """Take a lock at once, or none if it is somebody else's."""
        path = self.root / f".{name}.lock"
        if not shared or fcntl is None:
            lock = FileLock(path, thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                return None
            return Turn(lambda: lock.is_locked, lock.release)
        # The same lock of the operating system that `FileLock` takes, but together with others.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return Turn(lambda: True, lambda: os.close(descriptor))


@dataclass(frozen=True, eq=False)
class ServerLocks:
    """Advisory locks of a PostgreSQL database, one connection each; the server lets go with the connection.

    A database is of one workspace, as its tables are: locks are told apart by name alone, since the same
    folder may be called otherwise on another machine.
    """

    url: URL

    @cached_property
    def _engine(self) -> Engine:
        # A machine that is gone without a word is missed by the server within half a minute.
        alive = {
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5"
            " -c tcp_keepalives_count=3 -c idle_session_timeout=0",
        }
        try:
            return sa.create_engine(
                self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=alive
            )
        except ModuleNotFoundError:
            raise WorkspaceError(
                "Turns at writing are kept in PostgreSQL, and the driver psycopg is not installed. "
                "Install branchmark[postgresql]."
            ) from None

    def tried(self, name: str, *, shared: bool = False) -> Turn | None:
        """Take a lock at once, or none if it is somebody else's.

        Raises:
            WorkspaceError: if the server cannot be reached.
        """
        with ExitStack() as undone:
            try:
                connection = undone.enter_context(self._engine.connect())
                wanted = (
                    sa.func.pg_try_advisory_lock_shared if shared else sa.func.pg_try_advisory_lock
                )
                got = connection.execute(sa.select(wanted(_OURS, _number(name)))).scalar_one()
            except sa.exc.SQLAlchemyError:
                raise WorkspaceError(
                    f"The database {place(self.url)}, in which turns at writing are kept, cannot be "
                    "reached. Check that it runs and takes connections, and its address."
                ) from None
            if not got:
                return None
            undone.pop_all()
        return Turn(lambda: _answers(connection), lambda: _ended(connection))


def _number(name: str) -> int:
    """The second half of a lock's number: of its name, within a signed whole number of four bytes."""
    return zlib.crc32(name.encode()) - 2**31


def _answers(connection: Connection) -> bool:
    """Whether a connection lives; with it goes what it held."""
    try:
        return connection.execute(sa.select(1)).scalar_one() == 1
    except sa.exc.SQLAlchemyError:
        return False


def _ended(connection: Connection) -> None:
    try:
        connection.close()
    except sa.exc.SQLAlchemyError:
        return  # the server went first, and the lock with it
