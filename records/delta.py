"""The few ways the product writes and reads Delta tables. Only `records` knows there is a lake."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, wraps
from pathlib import Path
from typing import Final, ParamSpec

import polars as pl
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError

from transforms.schema import SYSTEM_COLUMNS, Table

PARTITIONS: Final = ["as_of_date", "snapshot_version"]
RUN_PARTITIONS: Final = [*PARTITIONS, "run_id"]
_ATTEMPTS: Final = 6
_PAUSE: Final = 0.02
"""Seconds before a first commit is tried again; doubled each time."""
ROW_GROUP: Final = 16_384
"""Rows of results that are read together or not at all; the uncut figures of about a hundred units."""


def columns_schema(table: Table) -> dict[str, pl.DataType]:
    """The stored columns of a canonical table: its own and the product's."""
    return {**table.dtypes, **{column.name: column.dtype for column in SYSTEM_COLUMNS}}


P = ParamSpec("P")


def _side_by_side(write: Callable[P, None]) -> Callable[P, None]:
    """A way of writing that begins again where another process was a moment ahead.

    Commits to other months do not get in each other's way; the first commit of a table, and one that
    gives it a column, do.
    """

    @wraps(write)
    def again(*args: P.args, **kwargs: P.kwargs) -> None:
        for attempt in range(_ATTEMPTS):
            try:
                return write(*args, **kwargs)
            except DeltaError:
                time.sleep(_PAUSE * 2**attempt)
        return write(*args, **kwargs)

    return again


@_side_by_side
def append(path: Path, rows: pl.DataFrame, *, partitioned: bool = True) -> None:
    """Add rows in one commit; a column that the table does not have yet is added to it."""
    write_deltalake(
        path,
        rows,
        mode="append",
        schema_mode="merge",
        partition_by=PARTITIONS if partitioned else None,
    )


@_side_by_side
def replace_month(path: Path, rows: pl.DataFrame, as_of: date, version: int, run_id: str) -> None:
    """Replace what one run wrote for a month, in one commit; rows of other runs stay.

    Rows are kept in the order given, in groups that say what they hold from where to where, so that a
    reader of a few neighbouring rows reads their groups alone.
    """
    properties = WriterProperties(compression="SNAPPY", max_row_group_size=ROW_GROUP)
    if version_of(path) is not None:
        predicate = f"{_month(as_of, version)} AND run_id = '{run_id}'"
        # A table written by an earlier product has fewer columns: those it lacks are added.
        write_deltalake(
            path,
            rows,
            mode="overwrite",
            predicate=predicate,
            schema_mode="merge",
            writer_properties=properties,
        )
    else:
        write_deltalake(path, rows, partition_by=RUN_PARTITIONS, writer_properties=properties)


@_side_by_side
def replace_rows(
    path: Path, rows: pl.LazyFrame, as_of: date, version: int, run_id: str, *, part: str
) -> None:
    """Replace what one run wrote for a month in one part of a table, streaming: rows are never held.

    Args:
        path: the table, partitioned by month, version, run and `table`.
        rows: what it holds from now on, with all of these columns.
        as_of: the month end.
        version: its version.
        run_id: the run.
        part: SQL over `table` that says which part is replaced.
    """
    if version_of(path) is None:
        rows.sink_delta(
            path,
            mode="append",
            delta_write_options={"partition_by": [*RUN_PARTITIONS, "table"]},
        )
    else:
        predicate = f"{_month(as_of, version)} AND run_id = '{run_id}' AND {part}"
        rows.sink_delta(path, mode="overwrite", delta_write_options={"predicate": predicate})


@_side_by_side
def delete(path: Path, as_of: date, version: int, *, but_runs: list[str]) -> None:
    """Remove what runs other than the given ones wrote for a month."""
    if version_of(path) is not None:
        runs = ", ".join(f"'{run}'" for run in but_runs)
        DeltaTable(path).delete(f"{_month(as_of, version)} AND run_id NOT IN ({runs})")


def _month(as_of: date, version: int) -> str:
    return f"as_of_date = '{as_of.isoformat()}' AND snapshot_version = {version}"


def version_of(path: Path) -> int | None:
    """The newest Delta version of a table; none if it does not exist yet.

    Read off the names in the log: opening a table costs a hundred times that.
    """
    try:
        names = os.listdir(path / "_delta_log")  # noqa: PTH208 - a path for each takes ten times that
    except FileNotFoundError:
        return None
    stems = (name.removesuffix(".json") for name in names if name.endswith(".json"))
    return max((int(stem) for stem in stems if stem.isdigit()), default=None)


def append_first(path: Path, rows: pl.DataFrame, version: int | None) -> bool:
    """Add rows to an unpartitioned table, if it still is at this version; whether it was.

    Args:
        path: the table.
        rows: what is added.
        version: the version that the writer has looked at; none if there was no table.
    """
    once = CommitProperties(max_commit_retries=0)
    try:
        if version is None:
            write_deltalake(path, rows, mode="error", commit_properties=once)
        else:
            table = DeltaTable(path, version=version)
            write_deltalake(table, rows, mode="append", commit_properties=once)
    except DeltaError:
        if version_of(path) == version:
            raise
        return False
    return True


Columns = tuple[tuple[str, pl.DataType], ...]


@dataclass(frozen=True)
class State:
    """A table at a version: what it holds never changes, so that it can be kept under this name.

    Attributes:
        path: the table.
        version: its version.
        written: when that version was written; another one if the table was made anew meanwhile.
    """

    path: Path
    version: int
    written: int

    @classmethod
    def of(cls, path: Path, version: int | None = None) -> "State | None":
        """A table at its newest or a given version; none if there is no such table or version."""
        wanted = version_of(path) if version is None else version
        if wanted is None:
            return None
        try:
            written = (path / "_delta_log" / f"{wanted:020}.json").stat().st_mtime_ns
        except FileNotFoundError:
            return cls(path, wanted, 0)  # its commit is in a checkpoint by now
        return cls(path, wanted, written)


@lru_cache(maxsize=128)
def _opened(state: State) -> pl.LazyFrame:
    """A table, opened once: to open it means to read its whole log."""
    return pl.scan_delta(DeltaTable(state.path, version=state.version))


@lru_cache(maxsize=256)
def _shaped(state: State, columns: Columns) -> pl.LazyFrame:
    """The same with just these columns; one that the table does not have is empty."""
    frame = _opened(state)
    held = frame.collect_schema()
    return frame.select(
        pl.col(name) if name in held else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in columns
    )


@lru_cache(maxsize=96)
def _of_run(state: State, columns: Columns, as_of: date, version: int, run_id: str) -> pl.DataFrame:
    wanted = (
        pl.col("as_of_date") == as_of,
        pl.col("snapshot_version") == version,
        pl.col("run_id") == run_id,
    )
    return _shaped(state, columns).filter(*wanted).collect()


@lru_cache(maxsize=256)
def _where(state: State, columns: Columns, values: tuple[tuple[str, str], ...]) -> pl.DataFrame:
    wanted = [pl.col(name) == value for name, value in values]
    return _shaped(state, columns).filter(*wanted).collect()


@lru_cache(maxsize=64)
def _whole(state: State, columns: Columns, order: tuple[str, ...]) -> pl.DataFrame:
    return _shaped(state, columns).sort(*order).collect()


def scan(
    path: Path, columns: Mapping[str, pl.DataType], *, version: int | None = None
) -> pl.LazyFrame:
    """A Delta table, lazily, at its newest or a given version; empty if it does not exist yet.

    A column that the product has learnt of since the table was last written is empty.
    """
    state = State.of(path, version)
    if state is None:
        return pl.LazyFrame(schema=dict(columns))
    return _shaped(state, tuple(columns.items()))


def whole(path: Path, columns: Mapping[str, pl.DataType], *, order: Sequence[str]) -> pl.DataFrame:
    """All of a small table at its newest version, sorted; read again only when it was written to.

    Args:
        path: the table.
        columns: its columns, as for `scan`.
        order: what it is sorted by.
    """
    state = State.of(path)
    if state is None:
        return pl.DataFrame(schema=dict(columns))
    return _whole(state, tuple(columns.items()), tuple(order))


def of_run(
    path: Path, columns: Mapping[str, pl.DataType], as_of: date, version: int, run_id: str
) -> pl.DataFrame:
    """What one run wrote for a month of a small table; read again only when the table was written to."""
    state = State.of(path)
    if state is None:
        return pl.DataFrame(schema=dict(columns))
    return _of_run(state, tuple(columns.items()), as_of, version, run_id)


def where(
    path: Path, columns: Mapping[str, pl.DataType], values: Mapping[str, str]
) -> pl.DataFrame:
    """The few rows of a table that have these values, of whatever month; read again when it changed."""
    state = State.of(path)
    if state is None:
        return pl.DataFrame(schema=dict(columns))
    return _where(state, tuple(columns.items()), tuple(values.items()))


def files(path: Path, as_of: date, version: int) -> tuple[str, ...]:
    """The Parquet files of a partition as the table stands now, for what reads them by itself."""
    if version_of(path) is None:
        return ()
    month = [("as_of_date", "=", as_of.isoformat()), ("snapshot_version", "=", str(version))]
    return tuple(sorted(DeltaTable(path).file_uris(file_pruning_predicate=month)))
