"""The few ways the product writes and reads Delta tables. Only `records` knows there is a lake."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl
from deltalake import DeltaTable, write_deltalake

from transforms.schema import SYSTEM_COLUMNS, Table

PARTITIONS: Final = ["as_of_date", "snapshot_version"]
RUN_PARTITIONS: Final = [*PARTITIONS, "run_id"]


def columns_schema(table: Table) -> dict[str, pl.DataType]:
    """The stored columns of a canonical table: its own and the product's."""
    return {**table.dtypes, **{column.name: column.dtype for column in SYSTEM_COLUMNS}}


def append(path: Path, rows: pl.DataFrame, *, partitioned: bool = True) -> None:
    """Add rows in one commit; a column that the table does not have yet is added to it."""
    write_deltalake(
        path,
        rows,
        mode="append",
        schema_mode="merge",
        partition_by=PARTITIONS if partitioned else None,
    )


def replace_month(path: Path, rows: pl.DataFrame, as_of: date, version: int, run_id: str) -> None:
    """Replace what one run wrote for a month, in one commit; rows of other runs stay."""
    if version_of(path) is not None:
        predicate = f"{_month(as_of, version)} AND run_id = '{run_id}'"
        # A table written by an earlier product has fewer columns: those it lacks are added.
        write_deltalake(path, rows, mode="overwrite", predicate=predicate, schema_mode="merge")
    else:
        write_deltalake(path, rows, partition_by=RUN_PARTITIONS)


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
    commits = (path / "_delta_log").glob("*.json")
    return max((int(one.stem) for one in commits if one.stem.isdigit()), default=None)


@lru_cache(maxsize=128)
def _opened(path: Path, version: int) -> DeltaTable:
    """A table at a version, opened once: what a version holds never changes."""
    return DeltaTable(path, version=version)


def scan(
    path: Path, columns: Mapping[str, pl.DataType], *, version: int | None = None
) -> pl.LazyFrame:
    """A Delta table, lazily, at its newest or a given version; empty if it does not exist yet.

    A column that the product has learnt of since the table was last written is empty.
    """
    newest = version_of(path) if version is None else version
    if newest is None:
        return pl.LazyFrame(schema=dict(columns))
    frame = pl.scan_delta(_opened(path, newest))
    held = frame.collect_schema()
    return frame.select(
        pl.col(name) if name in held else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in columns.items()
    )
