"""Keeping the lake in order: few files where there were many, loans by branch, and nothing that nobody reads.

What is published and what was delivered is not touched: files are exchanged for others with the same rows,
and a file goes only when no table names it any more and has not for a while. Nothing here asks who may, or
when; the caller holds the workspace's pen.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

import polars as pl
from deltalake import DeltaTable
from deltalake.transaction import AddAction, RemoveAction

from records.deliveries import Deliveries
from records.delta import PARTITIONS
from records.layout import LAID_BY, PART_ROWS, batch_of_file, is_laid, written
from transforms.errors import BranchmarkError
from transforms.schema import TABLES

EVIDENCE: Final = "delivered"
"""The folder of typed rows, which are no Delta table."""
SMALL: Final = 32 * 1024 * 1024
"""Bytes of a file that is worth being put together with others."""
KEPT: Final = timedelta(days=7)
"""How long a file stays that no table names any more, if nobody says otherwise."""

_BATCH: Final = "batch_id"


class MaintenanceError(BranchmarkError):
    """The lake is not as it should be; nothing was changed."""


@dataclass(frozen=True)
class TableState:
    """A table as it lies on disk.

    Attributes:
        table: its name.
        version: its newest version.
        files: the files it is made of.
        bytes: their size.
        rows: its rows.
        to_compact: files that `compact` would exchange for fewer or better ones.
        to_free: files that `vacuum` would remove.
        bytes_to_free: their size.
    """

    table: str
    version: int
    files: int
    bytes: int
    rows: int
    to_compact: int
    to_free: int
    bytes_to_free: int


@dataclass(frozen=True)
class Compacted:
    """A table that was put in order: its files and their size before and after."""

    table: str
    files_before: int
    files: int
    bytes_before: int
    bytes: int


@dataclass(frozen=True)
class Freed:
    """Something that nobody reads any more.

    Attributes:
        table: the table, or `delivered`.
        path: the file, or the folder of a delivery, within the lake.
        bytes: its size.
        why: what it is.
    """

    table: str
    path: str
    bytes: int
    why: str


def tables(lake: Path) -> tuple[str, ...]:
    """The tables of a lake."""
    logs = lake.glob("*/_delta_log")
    return tuple(sorted(log.parent.name for log in logs if any(log.iterdir())))


def states(lake: Path, *, keep: timedelta = KEPT) -> Iterator[TableState]:
    """Every table as it lies on disk, and what `vacuum` would free of it."""
    for name in tables(lake):
        held = DeltaTable(lake / name)
        files = _files(held)
        free = _unnamed(lake, name, held, keep)
        yield TableState(
            table=name,
            version=held.version(),
            files=files.height,
            bytes=_total(files, "size_bytes"),
            rows=_total(files, "num_records"),
            to_compact=sum(len(group) for group in _groups(name, files)),
            to_free=len(free),
            bytes_to_free=sum(one.bytes for one in free),
        )


def compact(lake: Path, *, told: Callable[[str], None] = lambda _: None) -> Iterator[Compacted]:
    """Put every table in order: few files, and loans by branch.

    Each partition is exchanged in one commit. Whoever reads meanwhile reads the files before, which stay
    until `vacuum`; a compaction that is killed leaves the table as it was.

    Args:
        lake: the folder of the tables.
        told: is told each table.

    Raises:
        MaintenanceError: if rows would be lost; the table is then as before.
    """
    for name in tables(lake):
        held = DeltaTable(lake / name)
        before = _files(held)
        groups = list(_groups(name, before))
        if not groups:
            continue
        told(name)
        if name in LAID_BY:
            for group in groups:
                _relay(lake / name, LAID_BY[name], group)
        else:
            held.optimize.compact(max_concurrent_tasks=1)
        after = _files(DeltaTable(lake / name))
        yield Compacted(
            table=name,
            files_before=before.height,
            files=after.height,
            bytes_before=_total(before, "size_bytes"),
            bytes=_total(after, "size_bytes"),
        )


def unread(lake: Path, *, keep: timedelta = KEPT) -> tuple[Freed, ...]:
    """What `vacuum` would remove: what nobody can read any more and nobody could for a while."""
    found: list[Freed] = []
    for name in tables(lake):
        held = DeltaTable(lake / name)
        found += _unnamed(lake, name, held, keep)
        found += (free for free, _ in _never_taken(lake, name, held, keep))
    return (*found, *_stray_evidence(lake, keep))


def vacuum(
    lake: Path, *, keep: timedelta = KEPT, told: Callable[[str], None] = lambda _: None
) -> tuple[Freed, ...]:
    """Remove what nobody can read any more, and nobody could for a while.

    Rows of deliveries that were killed before they were whole are struck off their table first; their
    files go when that too is so long ago. Files of newer commits than that are left alone: a reader or a
    build that opened a table before may still be reading them. A vacuum that is killed has removed less,
    and nothing else.

    Args:
        lake: the folder of the tables.
        keep: for how long.
        told: is told each table.

    Returns:
        What was removed.
    """
    gone: list[Freed] = []
    for name in tables(lake):
        held = DeltaTable(lake / name)
        struck = list(_never_taken(lake, name, held, keep))
        if struck:
            held.create_write_transaction(
                [one for _, one in struck],
                mode="append",
                schema=held.schema(),
                partition_by=held.metadata().partition_columns,
            )
        free = _unnamed(lake, name, held, keep)
        if free:
            told(name)
            held.vacuum(_hours(keep), dry_run=False, enforce_retention_duration=False, full=True)
            gone += free
    for one in _stray_evidence(lake, keep):
        told(one.path)
        shutil.rmtree(lake / one.path)
        gone.append(one)
    return tuple(gone)


def _files(held: DeltaTable) -> pl.DataFrame:
    """The files a table is made of: `path, size_bytes, num_records` and its partition's columns."""
    return pl.DataFrame(held.get_add_actions(flatten=True))


def _groups(name: str, files: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    """Files of a partition that are to be exchanged for fewer, or for some that lie by branch."""
    by_partition = files.with_columns(_at=pl.col("path").str.replace(r"[^/]*$", "")).partition_by(
        "_at", maintain_order=True
    )
    for partition in by_partition:
        paths = tuple(partition["path"].sort())
        if name in LAID_BY:
            many = len(paths) > 1 and partition["num_records"].sum() <= PART_ROWS
            if many or not is_laid(paths):
                yield paths
        else:
            small = partition.filter(pl.col("size_bytes") < SMALL)["path"]
            if small.len() > 1:
                yield tuple(small.sort())


def _relay(table: Path, by: str, paths: Sequence[str]) -> None:
    """Exchange the files of a partition for files with the same rows by branch, in one commit."""
    held = DeltaTable(table)
    known = _files(held).filter(pl.col("path").is_in(list(paths)))
    partition = _values(paths[0])
    types = pl.Schema(held.schema())
    rows = pl.scan_parquet(
        [table / path for path in paths],
        hive_partitioning=False,
        schema={name: types[name] for name in types if name not in PARTITIONS},
        missing_columns="insert",
    )
    added = [replace(one, data_change=False) for one in written(table, rows, partition, by=by)]
    before = _total(known, "num_records")
    after = sum(_records(one) for one in added)
    if after != before:
        for one in added:
            (table / one.path).unlink()
        raise MaintenanceError(
            f"{table} holds {before:,} rows in {paths[0].rpartition('/')[0]}, and {after:,} of them could "
            "be read. Run branchmark verify, and put the table back from a backup."
        )
    now = time.time_ns() // 1_000_000
    removed = [
        RemoveAction(row["path"], False, now, row["size_bytes"], {**partition})  # noqa: FBT003 - theirs
        for row in known.to_dicts()
    ]
    held.create_write_transaction(
        [*added, *removed], mode="append", schema=held.schema(), partition_by=PARTITIONS
    )


def _records(one: AddAction) -> int:
    read = pl.Series([one.stats]).str.json_decode(pl.Struct({"numRecords": pl.Int64()}))
    return int(read.struct.field("numRecords").item())


def _unnamed(lake: Path, name: str, held: DeltaTable, keep: timedelta) -> list[Freed]:
    """Files of a table that no version younger than that names."""
    paths = held.vacuum(_hours(keep), dry_run=True, enforce_retention_duration=False, full=True)
    there = ((path, lake / name / path) for path in sorted(paths))
    return [
        Freed(name, f"{name}/{path}", _size(file), "replaced, or never committed")
        for path, file in there
        if file.exists()  # the log tells of files for a while after they are gone
    ]


def _never_taken(
    lake: Path, name: str, held: DeltaTable, keep: timedelta
) -> Iterator[tuple[Freed, RemoveAction]]:
    """Files with the rows of one delivery that never became visible, and how to strike them off."""
    if name not in TABLES:
        return
    taken = set(Deliveries(lake).batches()[_BATCH])
    now = time.time()
    for path, size in _files(held).select("path", "size_bytes").sort("path").iter_rows():
        batch = batch_of_file(path)
        if batch is None or batch in taken:
            continue
        if (lake / name / path).stat().st_mtime <= now - keep.total_seconds():
            free = Freed(name, f"{name}/{path}", size, "not taken: struck off now, freed later")
            action = RemoveAction(path, True, int(now * 1000), size, {**_values(path)})  # noqa: FBT003
            yield free, action


def _total(files: pl.DataFrame, name: str) -> int:
    return int(files[name].sum())


def _values(path: str) -> dict[str, str]:
    """The values of a partition, as the folders of a file in it bear them."""
    return dict(part.split("=", 1) for part in path.split("/")[:-1])


def _stray_evidence(lake: Path, keep: timedelta) -> Iterator[Freed]:
    """Typed rows of deliveries that were never taken."""
    folder = lake / EVIDENCE
    if not folder.is_dir():
        return
    known = set(Deliveries(lake).batches()[_BATCH])
    until = time.time() - keep.total_seconds()
    for one in sorted(folder.iterdir()):
        if one.is_dir() and one.name not in known and _touched(one) <= until:
            size = sum(_size(file) for file in one.rglob("*"))
            yield Freed(EVIDENCE, f"{EVIDENCE}/{one.name}", size, "a delivery that was not taken")


def _touched(folder: Path) -> float:
    return max(one.stat().st_mtime for one in (folder, *folder.rglob("*")))


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _hours(keep: timedelta) -> int:
    return int(keep.total_seconds() // 3600)
