"""How delivered rows come to lie in the lake: streamed into Parquet, loans by branch, in one commit.

Rows are never held whole, however many a bank delivers. Loans lie by branch, in files and in groups
whose first and last branch are noted, so that a reader of one branch leaves the rest where it is. What a
delivery is belongs in `records.deliveries`; putting older files into this order in `records.maintenance`.
"""

import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction, create_table_with_add_actions

from transforms.schema import LOAN_SNAPSHOT

LAID_BY: Final[Mapping[str, str]] = {LOAN_SNAPSHOT.name: "booking_branch_id"}
"""Tables that are read a branch at a time and are as long as the book, with the column they lie by."""

GROUP_ROWS: Final = 65_536
"""Rows that are read together or not at all: of ten million, a branch lies in one to a few groups."""
PART_ROWS: Final = 1_000_000
"""Rows that are sorted at once, which takes about a gigabyte, and make one file."""
MOST_PARTS: Final = 25
"""Each part is a pass over the delivered rows: of a very long book, parts grow rather than passes."""

_ROW: Final = "source_row_no"
_BLOCK: Final = 100_000
"""Rows of a file that stay together, so that a branch larger than a part can be cut."""
_AS_DELIVERED: Final = "as-delivered"
_BY_BRANCH: Final = "by-branch"
_MIXED: Final = "compacted"
"""Files are called by how their rows lie and by the delivery they are of, if it is one."""
_NAME: Final = re.compile(rf"(?:{_AS_DELIVERED}|{_BY_BRANCH})-(?!{_MIXED})(?P<batch>\w+)-")


@dataclass(frozen=True)
class Sizes:
    """How much is read, sorted and written at once; tests on small books take less."""

    group_rows: int = GROUP_ROWS
    part_rows: int = PART_ROWS


SIZES: Final = Sizes()


def append(
    table: Path,
    rows: pl.LazyFrame,
    partition: Mapping[str, str],
    *,
    by: str | None = None,
    batch: str | None = None,
    sizes: Sizes = SIZES,
) -> None:
    """Add rows to a partition of a table in one commit; until then no reader sees any of them.

    Args:
        table: the folder of the Delta table; it is made if there is none.
        rows: what is added, without the columns of the partition.
        partition: the partition's columns and their values, as text.
        by: the column that rows lie by; as they come if not given.
        batch: the one delivery that all of them are of; the files bear its name.
        sizes: how much is done at once.
    """
    held = DeltaTable(table) if DeltaTable.is_deltatable(str(table)) else None
    fitting = rows if held is None else _fitted(held, rows)
    added = written(table, fitting, partition, by=by, batch=batch, sizes=sizes)
    if not added:
        return
    schema = Schema.from_arrow(pl.Schema(fitting.collect_schema() | _partition_types(partition)))
    if held is None:
        create_table_with_add_actions(
            str(table), schema, added, mode="error", partition_by=list(partition)
        )
    else:
        held.create_write_transaction(
            [*added], mode="append", schema=held.schema(), partition_by=list(partition)
        )


def written(
    table: Path,
    rows: pl.LazyFrame,
    partition: Mapping[str, str],
    *,
    by: str | None,
    batch: str | None = None,
    sizes: Sizes = SIZES,
) -> list[AddAction]:
    """Write rows as files of a partition; they belong to the table once the answer is committed."""
    folder = "/".join(f"{name}={value}" for name, value in partition.items())
    (table / folder).mkdir(parents=True, exist_ok=True)
    parts = [rows] if by is None else in_order(rows, by, sizes)
    noted = [] if by is None else [by]
    mark = f"{_AS_DELIVERED if by is None else _BY_BRANCH}-{batch or _MIXED}-{uuid.uuid4()}"
    added: list[AddAction] = []
    for number, part in enumerate(parts):
        name = f"{folder}/{mark}-{number:05}.zstd.parquet"
        part.sink_parquet(table / name, compression="zstd", row_group_size=sizes.group_rows)
        stats = _stats(table / name, noted)
        if not stats["numRecords"]:
            (table / name).unlink()
            continue
        added.append(
            AddAction(
                path=name,
                size=(table / name).stat().st_size,
                partition_values=dict(partition),
                modification_time=time.time_ns() // 1_000_000,
                data_change=True,
                stats=json.dumps(stats),
            )
        )
    return added


def is_laid(files: Sequence[str]) -> bool:
    """Whether the files of a partition lie by branch, all of them, as this module writes them."""
    return all(Path(name).name.startswith(_BY_BRANCH) for name in files)


def batch_of_file(path: str) -> str | None:
    """The delivery that all rows of a file are of, if its name says so."""
    found = _NAME.match(Path(path).name)
    return None if found is None else found["batch"]


def _fitted(held: DeltaTable, rows: pl.LazyFrame) -> pl.LazyFrame:
    """The rows as the table has its columns; those that it does not know yet are added to it."""
    known = pl.Schema(held.schema())
    given = rows.collect_schema()
    new = pl.Schema({name: dtype for name, dtype in given.items() if name not in known})
    if new:
        held.alter.add_columns(list(Schema.from_arrow(new).fields))
    return rows.cast({name: known[name] for name in given if name in known})


def _partition_types(partition: Mapping[str, str]) -> dict[str, pl.DataType]:
    types: dict[str, pl.DataType] = {"as_of_date": pl.Date(), "snapshot_version": pl.Int32()}
    return {name: types[name] for name in partition}


def in_order(rows: pl.LazyFrame, by: str, sizes: Sizes) -> Iterator[pl.LazyFrame]:
    """The rows by branch and then as delivered, in parts that can each be sorted in memory.

    Each part is a pass over the rows that decodes of most of them the branch alone: that costs less than to
    write them all to a scratch file in between, and takes no more memory than a part.
    """
    block = (pl.col(_ROW) // _BLOCK).alias("_block")
    cells = rows.group_by(by, block).agg(_rows=pl.len()).sort(by, "_block").collect()
    size = max(sizes.part_rows, -(-int(cells["_rows"].sum()) // MOST_PARTS))
    before = pl.col("_rows").cum_sum() - pl.col("_rows")
    parts = cells.select(by, "_block", part=before // size).partition_by("part", include_key=False)
    if len(parts) == 1:
        yield rows.sort(by, _ROW)
        return
    for part in parts:
        first, last = part[by].min(), part[by].max()
        near = pl.col(by).is_between(pl.lit(first), pl.lit(last)) | pl.col(by).is_null()
        own = part.lazy()
        yield (
            rows.filter(near)
            .with_columns(block)
            .join(own, on=[by, "_block"], how="semi", nulls_equal=True)
            .drop("_block")
            .sort(by, _ROW)
        )


def _stats(file: Path, noted: Sequence[str]) -> dict[str, Any]:
    """What the log says of a file: its rows, and the extremes of the columns that readers choose by."""
    found = (
        pl.scan_parquet(file, hive_partitioning=False)
        .select(
            pl.len().alias("numRecords"),
            *(pl.col(name).min().alias(f"min:{name}") for name in noted),
            *(pl.col(name).max().alias(f"max:{name}") for name in noted),
            *(pl.col(name).null_count().alias(f"null:{name}") for name in noted),
        )
        .collect()
        .row(0, named=True)
    )
    told = {name: found[f"min:{name}"] for name in noted if found[f"min:{name}"] is not None}
    return {
        "numRecords": found["numRecords"],
        "minValues": told,
        "maxValues": {name: found[f"max:{name}"] for name in told},
        "nullCount": {name: found[f"null:{name}"] for name in noted},
    }
