"""A Delta table: the version that is asked for, or the newest; every page of its files is read once."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import polars as pl
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from orchestration.sources.parquet import checked
from orchestration.sources.source import (
    AGAIN,
    Request,
    Source,
    first_line,
    hash_of_many,
    numbered,
    settled_names,
    told,
)

_LOG: Final = "_delta_log"


def claims(path: Path, head: bytes) -> bool:
    """Whether it is a folder with a Delta log."""
    return not head and (path / _LOG).is_dir()


def opened(request: Request) -> Source:
    """The table at the version that the mapping names, or its newest."""
    version = request.rules.version
    try:
        table = DeltaTable(str(request.path), version=version)
        at = table.version()
        files = [_inside(request, uri) for uri in table.file_uris()]
        for file in files:
            checked(request, file)
        frame = pl.scan_delta(str(request.path), version=at)
        names = frame.collect_schema().names()
        rows = frame.select(pl.len()).collect(engine="streaming").item()
    except (
        DeltaError,
        OSError,
        ValueError,
        pl.exceptions.PolarsError,
        pl.exceptions.PanicException,
    ) as error:
        asked = "" if version is None else f" at version {version}"
        raise request.refusal(
            f"the Delta table{asked} cannot be opened ({first_line(error)})",
            AGAIN if version is None else "Name a version that its log still holds.",
        ) from None
    columns, notes = settled_names(request, names)
    files_told = f"{len(files):,} file{'' if len(files) == 1 else 's'}"
    return Source(
        path=request.path,
        format="delta",
        frame=numbered(frame, columns),
        columns=columns,
        rows=rows,
        encoding=None,
        delimiter=None,
        sha256=hash_of_many(request.path, files),
        notes=tuple(notes),
        told=told(f"Delta, version {at}, {files_told}", len(columns), rows),
    )


def _inside(request: Request, uri: str) -> Path:
    """The file of the table; a log that points out of its own folder is refused."""
    parts = urlsplit(uri)
    path = Path(unquote(parts.path) if parts.scheme == "file" else uri).resolve()
    root = request.path.resolve()
    if parts.scheme not in {"", "file"} or not path.is_relative_to(root):
        raise request.refusal(
            f"its log names a file outside its own folder ({uri})",
            "Deliver a table whose files lie in its folder, a deep copy for example.",
        )
    return request.path / path.relative_to(root)
