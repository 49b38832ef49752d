"""The ledger's database: where it is, one connection at a time, and what goes wrong with it in words.

SQLite in the workspace, or PostgreSQL where the workspace says so. Writers take turns: whoever writes
holds the ledger's only pen until the transaction ends. What is read and written belongs in the modules
that `ledger` names, what ties its rows together in `links`.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.pool import NullPool

from records.ledger import links
from records.ledger.errors import LedgerError
from records.ledger.revisions import HEAD, READABLE, revision_of, upgrade
from records.servers import place, server
from records.workspace import SETTINGS, Workspace
from transforms.errors import visible

FILE: Final = "ledger.db"
Variable = Callable[[str], str | None]
"""Gives the value of an environment variable; whoever may read the environment passes it in."""

_PATIENCE: Final = 15
"""Seconds to wait for another writer."""
_PEN: Final = 0x6272616E6368
"""The number of the lock that writers on PostgreSQL hold."""
_WRITES: Final = "branchmark_writes"
_COUNTED: Final = slice(24, 28)


@dataclass(frozen=True, eq=False)
class Database:
    """A ledger's database.

    Attributes:
        url: how it is reached; it may hold a password, and is never printed.
        place: how people call it: the file, or the server without user and password.
        way_out: where to look when it cannot be reached.
    """

    url: URL = field(repr=False)
    place: str
    way_out: str

    @classmethod
    def of(cls, workspace: Workspace, variable: Variable) -> "Database":
        """The database of a workspace: its own file, or the server that its setting leads to.

        Raises:
            LedgerError: if the setting leads nowhere.
        """
        setting = workspace.ledger
        if setting is None:
            path = workspace.root / FILE
            return cls(
                URL.create("sqlite+pysqlite", database=str(path)),
                str(path),
                f"Check the file {path}, or put a copy of it in its place.",
            )
        name = setting.removeprefix("env:")
        if name == setting:
            return cls(*_server(setting, f"the setting ledger in {SETTINGS}"))
        given = variable(name)
        if given is None:
            raise LedgerError(
                f"{SETTINGS} says ledger = {setting!r}, and the environment variable {name} is not set. "
                "Set it to the ledger's address, such as postgresql+psycopg://user:password@host/name."
            )
        return cls(*_server(given, f"the environment variable {name}"))

    @property
    def is_file(self) -> bool:
        """Whether it is a file of the workspace."""
        return self.url.get_backend_name() == "sqlite"

    def mark(self) -> tuple[int, bytes] | None:
        """What changes with every transaction of a ledger that is a file; none of a server's.

        SQLite counts them in the head of the file: https://www.sqlite.org/fileformat.html#file_change_counter
        """
        if not self.is_file:
            return None
        with Path(self.url.database or "").open("rb") as file:
            head = file.read(_COUNTED.stop)
            return os.fstat(file.fileno()).st_ino, head[_COUNTED]

    @property
    def _engine(self) -> Engine:
        try:
            return _engine(self.url, is_file=self.is_file)
        except ModuleNotFoundError:
            raise LedgerError(
                "The ledger is in PostgreSQL, and the driver psycopg is not installed. Install "
                "branchmark[postgresql]."
            ) from None

    @contextmanager
    def reading(self, *, since: str = READABLE[0]) -> Iterator[Connection | None]:
        """A connection to read by; none while nothing has ever been entered.

        Args:
            since: the revision that brought the tables in question; none is given by an older ledger, which
                holds nothing of them.

        Raises:
            LedgerError: if the database cannot be read, or is of a revision too old to be read as it is.
        """
        if self.is_file and not Path(self.url.database or "").exists():
            yield None
            return
        with self._told("read"), self._engine.connect() as connection:
            revision = revision_of(connection)
            if revision is None:
                yield None
                return
            if revision not in READABLE:
                raise LedgerError(
                    f"The ledger {self.place} is of revision {revision}, and this product reads {HEAD}. "
                    "Bring it up to date: branchmark ledger upgrade."
                )
            yield connection if revision >= since else None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction of its own, at the newest revision; writers take turns.

        Every row that is added is tied to the chain before the transaction ends.

        Raises:
            LedgerError: if the database cannot be written to.
        """
        with self._told("written to"), self._engine.connect() as bare:
            connection = bare.execution_options(**{_WRITES: True})
            with connection.begin():
                if not self.is_file:
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PATIENCE}s'")
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PEN)))
                before: links.Marks = {}
                revision = revision_of(connection)
                if revision is not None and revision >= links.SINCE:
                    before = links.marks(connection)
                if revision != HEAD:
                    upgrade(connection)
                yield connection
                links.link(connection, before)

    def revision(self) -> str | None:
        """The revision of the database, whichever it is; none while nothing was ever entered."""
        if self.is_file and not Path(self.url.database or "").exists():
            return None
        with self._told("read"), self._engine.connect() as connection:
            return revision_of(connection)

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turns what a driver says into one sentence, without what must not be printed."""
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            raise LedgerError(self._sentence(what, error)) from None
        except UnicodeEncodeError as error:
            raise LedgerError(
                f"The ledger {self.place} cannot be {what} with {visible(str(error.object))!r}: it holds "
                "what is no character. Write it anew."
            ) from None
        except (ValueError, ArithmeticError) as error:
            said = visible(str(error) or type(error).__name__)[:300]
            raise LedgerError(
                f"The ledger {self.place} cannot be {what}: it holds what is no value of its column "
                f"({said}). {self.way_out}"
            ) from None

    def _sentence(self, what: str, error: sa.exc.SQLAlchemyError) -> str:
        cause = getattr(error, "orig", None) or error
        said = " ".join(str(cause).split()) or type(cause).__name__
        password = self.url.password
        if password:
            said = said.replace(str(password), "…")
        if re.search(r"database is locked|lock timeout", said):
            return (
                f"The ledger {self.place} cannot be {what}: another command has been writing to it for "
                f"{_PATIENCE} seconds. Wait for it to finish and run this again."
            )
        if isinstance(error, sa.exc.IntegrityError):
            return f"The ledger {self.place} refuses the entry ({said[:300]}). Nothing was written."
        return f"The ledger {self.place} cannot be {what} ({said[:300]}). {self.way_out}"


@lru_cache(maxsize=16)
def _engine(url: URL, *, is_file: bool) -> Engine:
    """One engine for an address: it holds no connection, and the statements that it worked out already."""
    connect: dict[str, Any] = {"timeout": _PATIENCE} if is_file else {"connect_timeout": 5}
    engine = sa.create_engine(url, poolclass=NullPool, connect_args=connect)
    if is_file:
        sa.event.listen(engine, "connect", _in_our_hands)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _server(text: str, where: str) -> tuple[URL, str, str]:
    """A server's address, how people call it, and where it is set.

    Raises:
        LedgerError: if it is none; what it says is not repeated, since a password may be in it.
    """
    url = server(text)
    if url is None:
        raise LedgerError(
            f"What {where} holds is no address of a PostgreSQL database. Write "
            "postgresql+psycopg://user:password@host:port/name."
        )
    way_out = f"Check that the server runs and takes connections, and {where}."
    return url, place(url), way_out


def _in_our_hands(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own connection
    """Transactions begin when we say so, foreign keys hold, and the file is touched at the end only."""
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
    # A long entry would else be written out before its end, and readers would wait for all of it.
    connection.execute("PRAGMA cache_spill = OFF")


def _begin(connection: Connection) -> None:
    """A writer takes the pen at once, so that what it looks at before writing stays as it is."""
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
