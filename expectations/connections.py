"""DuckDB, lent and taken back: to start it takes longer than most suites ask of it.

Whoever borrows a connection has it alone, and finds an empty database. What is put into it belongs in
`expectations.delivered`; it is gone when the connection is given back.
"""

import atexit
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final

import duckdb
import polars as pl

_MOST: Final = 2
"""So many idle connections are kept, each with its threads; more are closed."""
_IDLE: Final[list[tuple[int, duckdb.DuckDBPyConnection]]] = []
"""Connections that wait to be lent again, each with the process that opened it: a fork cannot use them."""
_LOCK: Final = Lock()

_HELD: Final = """
    SELECT 'VIEW' AS kind, view_name AS name FROM duckdb_views() WHERE NOT internal
    UNION ALL
    SELECT 'TABLE', table_name FROM duckdb_tables()
"""


@contextmanager
def lent(
    spill: Path | None = None, memory_limit: str = "1GB"
) -> Generator[duckdb.DuckDBPyConnection]:
    """A connection to an empty database in memory.

    Args:
        spill: an empty folder for what does not fit into memory; without it nothing may be spilled.
        memory_limit: what DuckDB may hold before it spills.
    """
    connection = _taken()
    try:
        folder = "" if spill is None else str(spill)
        connection.execute("SET temp_directory = ?", [folder])
        connection.execute("SET memory_limit = ?", [memory_limit])
        # No more than Polars: where processes share the cores, both keep to the process's share.
        connection.execute("SET threads = ?", [pl.thread_pool_size()])
        yield connection
    except BaseException:
        # Whatever went wrong may have left something behind that nobody knows of.
        connection.close()
        raise
    _given_back(connection, spill)


def _taken() -> duckdb.DuckDBPyConnection:
    """An idle connection of this process, or a new one."""
    with _LOCK:
        mine = next((held for held in _IDLE if held[0] == os.getpid()), None)
        if mine is not None:
            _IDLE.remove(mine)
            return mine[1]
    return duckdb.connect(":memory:")


def _given_back(connection: duckdb.DuckDBPyConnection, spill: Path | None) -> None:
    """Keep a connection for the next one, emptied; one that has spilled keeps to its folder: it is closed."""
    if _emptied(connection) and not (spill is not None and any(spill.iterdir())):
        with _LOCK:
            if sum(process == os.getpid() for process, _ in _IDLE) < _MOST:
                _IDLE.append((os.getpid(), connection))
                return
    connection.close()


def _emptied(connection: duckdb.DuckDBPyConnection) -> bool:
    """Drop all that was put into the database, and say whether that could be done."""
    try:
        for kind, name in connection.execute(_HELD).fetchall():
            quoted = str(name).replace('"', '""')
            connection.execute(f'DROP {kind} "{quoted}"')
    except duckdb.Error:
        return False
    return True


@atexit.register
def _closed() -> None:
    """Close what is idle before the interpreter takes its modules apart."""
    with _LOCK:
        for process, connection in _IDLE:
            if process == os.getpid():
                connection.close()
        _IDLE[:] = [held for held in _IDLE if held[0] != os.getpid()]
