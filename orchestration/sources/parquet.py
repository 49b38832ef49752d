"""Parquet: a file, or a folder of files with or without hive partitions; every page is read once.

What Polars or Arrow cannot read is refused before a row counts. Delta tables belong in `delta`.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import polars as pl
import polars.selectors as cs
import pyarrow as pa
import pyarrow.parquet as pq

from orchestration.sources.source import (
    AGAIN,
    Request,
    Source,
    first_line,
    hash_of,
    hash_of_many,
    numbered,
    settled_names,
    told,
)

ENDINGS: Final = (".parquet", ".parq", ".pq")
SMALL: Final = 1 << 20
"""So many rows may be packed as tightly as they like."""
ROWS_A_BYTE: Final = 16
"""A book has at least its loans' numbers, which no writer packs tighter than this."""
GROUP: Final = 4 << 30
"""Bytes that a group of rows may have, unpacked: it is held in memory."""
_NOTHING: Final = "__HIVE_DEFAULT_PARTITION__"

Partition = tuple[tuple[str, str | None], ...]
"""Names and values of the folders that a file lies in, from the outermost."""


def claims(path: Path, head: bytes) -> bool:
    """Whether it is a Parquet file, or a folder that holds one."""
    if head:
        return head.startswith(b"PAR1")
    return path.is_dir() and any(
        inner.suffix.lower() in ENDINGS and not _is_aside(inner, path) for inner in path.rglob("*")
    )


def opened(request: Request) -> Source:
    """The Parquet file or folder, after every page of it has been read once."""
    path = request.path
    if path.is_dir():
        return _folder(request)
    rows = checked(request, path)
    frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    columns, notes = settled_names(request, frame.collect_schema().names())
    return Source(
        path=path,
        format="parquet",
        frame=numbered(frame, columns),
        columns=columns,
        rows=rows,
        encoding=None,
        delimiter=None,
        sha256=hash_of(path),
        notes=tuple(notes),
        told=told("Parquet", len(columns), rows),
    )


def checked(request: Request, path: Path) -> int:
    """How many rows a Parquet file holds, after every page of it has been read.

    Raises:
        UnreadableFileError: with the file and the group of rows that is broken.
    """
    named = "" if path == request.path else f"{path.relative_to(request.path)}: "
    where = ""
    try:
        # Texts stay in their dictionary: a page of a few bytes may stand for a million long ones.
        with pq.ParquetFile(path, page_checksum_verification=True) as plain:
            texts = _texts(plain.schema_arrow)
        with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=texts) as file:
            stated = file.metadata.num_rows
            names = file.schema_arrow.names
            _must_fit(request, named, file, path.stat().st_size)
            rows = 0
            for group in range(file.num_row_groups):
                where = f" in row group {group + 1} of {file.num_row_groups}"
                rows += sum(
                    batch.num_rows for batch in file.iter_batches(1 << 16, row_groups=[group])
                )
        where = ""
        if len(set(names)) < len(names):
            settled_names(request, names)
        # Null counts need every page decoded, and hold nothing in memory.
        frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        frame.select(pl.all().null_count()).collect(engine="streaming")
    except (pa.ArrowException, OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as error:
        why = f"{named}the Parquet file is broken{where} ({first_line(error)})"
        raise request.refusal(why, AGAIN) from None
    except pl.exceptions.PanicException:
        # Polars panics on some damaged pages; its panic is no Exception.
        why = f"{named}the Parquet file is broken (a page cannot be decoded)"
        raise request.refusal(why, AGAIN) from None
    if rows != stated:
        raise request.refusal(f"{named}it says {stated} rows and holds {rows}", AGAIN)
    return rows


def _texts(schema: pa.Schema) -> list[str]:
    """The columns of text or bytes."""
    return [
        field.name
        for field in schema
        if pa.types.is_string(field.type)
        or pa.types.is_large_string(field.type)
        or pa.types.is_binary(field.type)
        or pa.types.is_large_binary(field.type)
    ]


def _must_fit(request: Request, named: str, file: pq.ParquetFile, size: int) -> None:
    """Refuses, by the footer and before a page is read, what would not fit or no book has."""
    stated = file.metadata.num_rows
    if stated > max(SMALL, size * ROWS_A_BYTE):
        raise request.refusal(
            f"{named}it says {stated:,} rows in {size:,} bytes, which no book of loans has", AGAIN
        )
    for number in range(file.num_row_groups):
        group = file.metadata.row_group(number)
        if group.total_byte_size > GROUP:
            raise request.refusal(
                f"{named}row group {number + 1} unpacks to {group.total_byte_size >> 20:,} MB, and at "
                f"most {GROUP >> 20:,} MB are opened",
                "Write the file with smaller groups of rows.",
            )
    for field in file.schema_arrow:
        zone = getattr(field.type, "tz", None)
        if zone is not None and not _is_zone(zone):
            raise request.refusal(
                f"{named}the times of {field.name} are in {zone!r}, which is no time zone", AGAIN
            )


def _is_zone(name: str) -> bool:
    """Whether Polars knows the time zone: a name of the time zone database, or an offset."""
    try:
        pl.Series([], dtype=pl.Datetime("us")).dt.replace_time_zone(name)
    except pl.exceptions.PolarsError:
        return re.fullmatch(r"[+-][0-9]{2}:[0-9]{2}", name) is not None
    return True


def _is_aside(path: Path, folder: Path) -> bool:
    """Whether it is what writers leave beside the data: names that begin with a dot or underscore."""
    return any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)


def _folder(request: Request) -> Source:
    folder = request.path
    files = _files(request)
    partitions = {file: _partition(request, file) for file in files}
    rows = sum(checked(request, file) for file in files)
    schema = _one_schema(request, files)
    keys = [name for name, _ in partitions[files[0]]]
    added = [key for key in keys if key not in schema]
    groups: dict[Partition, list[pl.LazyFrame]] = {}
    for file in files:
        frame = pl.scan_parquet(file, glob=False, hive_partitioning=False)
        frame = frame.select(cs.by_name(*schema))
        for name, value in partitions[file]:
            if name in schema:
                _must_agree(request, file, frame, name, value)
        groups.setdefault(partitions[file], []).append(frame)
    whole = pl.concat(
        pl.concat(frames).with_columns(
            pl.lit(value, dtype=pl.String).alias(name) for name, value in part if name in added
        )
        for part, frames in groups.items()
    )
    columns, notes = settled_names(request, [*schema, *added])
    parted = f", partitioned by {', '.join(keys)}" if keys else ""
    files_told = f"{len(files):,} file{'s' if len(files) > 1 else ''}"
    return Source(
        path=folder,
        format="parquet",
        frame=numbered(whole, columns),
        columns=columns,
        rows=rows,
        encoding=None,
        delimiter=None,
        sha256=hash_of_many(folder, files),
        notes=tuple(notes),
        told=told(f"Parquet, {files_told}{parted}", len(columns), rows),
    )


def _files(request: Request) -> list[Path]:
    """The data files of a folder in the order of their paths; anything else in it is refused."""
    folder = request.path
    found = []
    for path in sorted(folder.rglob("*")):
        if _is_aside(path, folder):
            continue
        name = path.relative_to(folder)
        if path.is_symlink():
            raise request.refusal(
                f"{name} is a link, and a folder is read without links",
                "Put the file itself into the folder.",
            )
        if path.is_dir():
            continue
        if path.suffix.lower() not in ENDINGS:
            raise request.refusal(
                f"{name} in it is no Parquet file",
                "Take it out of the folder, or deliver the Parquet files one by one.",
            )
        found.append(path)
    return found


def _partition(request: Request, file: Path) -> Partition:
    """What the folders between the delivered one and the file say: `branch=0101` and the like."""
    found = []
    for part in file.relative_to(request.path).parts[:-1]:
        name, equals, value = part.partition("=")
        if equals:
            found.append((unquote(name), None if value == _NOTHING else unquote(value)))
    return tuple(found)


def _one_schema(request: Request, files: Sequence[Path]) -> list[str]:
    """The columns that all files have, in the order of the first; types have to agree too."""
    first: Mapping[str, pl.DataType] = pl.read_parquet_schema(files[0])
    keys = [name for name, _ in _partition(request, files[0])]
    for file in files[1:]:
        name = file.relative_to(request.path)
        if [key for key, _ in _partition(request, file)] != keys:
            raise request.refusal(
                f"{name} lies in folders that name other partitions than the first file's",
                "Partition the whole folder in the same way.",
            )
        own = pl.read_parquet_schema(file)
        if dict(own) == dict(first):
            continue
        odd = sorted(set(own.items()) ^ set(first.items()), key=lambda pair: pair[0])
        column = odd[0][0]
        said = ", ".join(
            f"{column} as {schema[column]}" if column in schema else f"no {column}"
            for schema in (own, first)
        )
        raise request.refusal(
            f"{name} has other columns than {files[0].relative_to(request.path)} ({said})",
            "Deliver the files one by one, or write them with the same columns.",
        )
    return list(first)


def _must_agree(
    request: Request, file: Path, frame: pl.LazyFrame, name: str, value: str | None
) -> None:
    """Refuse a file whose own column says something else than the folder it lies in."""
    own = cs.by_name(name).as_expr().cast(pl.String, strict=False)
    odd = frame.select((~own.eq_missing(pl.lit(value, dtype=pl.String))).any()).collect(
        engine="streaming"
    )
    if odd.item():
        raise request.refusal(
            f"{file.relative_to(request.path)} has values of {name} other than its folder says "
            f"({value})",
            "Write the folder again; the column and the folder have to agree.",
        )
