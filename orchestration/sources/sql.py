"""The answer of a query: PostgreSQL through ADBC, any other database through ConnectorX.

The mapping names an environment variable; the connection string in it, and with it the password,
stays out of every message, note and table. Batches go to a Parquet file as they come, so that memory
does not grow with the answer.
"""

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from orchestration import settings
from orchestration.connectorx_child import FAILED
from orchestration.sources.source import (
    Request,
    Source,
    first_line,
    numbered,
    settled_names,
    told,
)
from transforms.errors import UnreadableFileError

WIDEST: Final = 38

# A text, a quoted name, a comment, a cast, or the month end: only the last is replaced.
_TOKENS: Final = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|::|(?P<as_of>:as_of\b)",
    re.DOTALL | re.IGNORECASE,
)
_ASIDE: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)
_SECRETS: Final = re.compile(
    r"://[^/@:]*:([^/]*)@|[?&;](?:password|pwd|token|sslpassword)=([^&;]+)"
)
_READS: Final = re.compile(r"\s*(?:SELECT|WITH|TABLE|VALUES)\b", re.IGNORECASE)
_DATE_LITERALS: Final = ("postgresql", "postgres", "oracle")
"""Databases that want the word DATE before a date; others would not understand it."""
_MEND: Final = "Mend `source: query` in the mapping."


def opened(request: Request) -> Source:
    """The answer of the mapping's query, kept in a Parquet file in the scratch folder."""
    rules = request.rules
    name = rules.connection or ""
    where = f"The database of {name}"
    uri, scheme = _connection(where, name)
    query = _query(where, rules.query, rules.table)
    asks_month = any(match["as_of"] for match in _TOKENS.finditer(query))
    if asks_month:
        query = _for_month(where, query, request.as_of, scheme)
    path = request.room(f"{name}.parquet")
    postgresql = scheme in {"postgresql", "postgres"}
    reading = _postgresql(where, uri, query) if postgresql else _connectorx(where, request, query)
    with _refusing(where, uri), reading as batches:
        rows, names = _written(where, batches, path)
    at = Request(Path(where), request.scratch, rules, request.as_of)
    columns, notes = settled_names(at, names)
    frame = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    asked = f"table {rules.table}" if rules.table else "a query"
    how = f"{'PostgreSQL' if postgresql else scheme}, {asked} of {name}"
    if asks_month:
        how += f" for {request.as_of}"
    zoned = [one for one, dtype in frame.collect_schema().items() if _is_zoned(dtype)]
    if zoned:
        notes.append(
            f"Times with a zone are read in UTC, where a day may be another: {', '.join(zoned)}. "
            "Write them as dates in the query."
        )
    return Source(
        path=path,
        format="sql",
        frame=numbered(frame, columns),
        columns=columns,
        rows=rows,
        encoding=None,
        delimiter=None,
        sha256=_content(path),
        notes=tuple(notes),
        told=told(how, len(columns), rows),
    )


def _connection(where: str, name: str) -> tuple[str, str]:
    """The connection string in that variable, and the kind of database that it begins with."""
    uri = settings.connection(name)
    if uri is None:
        raise UnreadableFileError(
            where,
            f"the environment variable {name} is not set",
            way_out=f"Set {name} to the connection string, postgresql://… for example.",
        )
    scheme, beyond, _ = uri.partition("://")
    if not beyond:
        raise UnreadableFileError(
            where,
            f"{name} holds no connection string",
            way_out="Write it as postgresql://user:password@host/database, for example.",
        )
    return uri, scheme.lower()


def _query(where: str, query: str | None, table: str | None) -> str:
    """The mapping's query, if it is one that reads, or one for the table it names."""
    if query is None:
        return f"SELECT * FROM {table}"  # noqa: S608 - the mapping's check lets names through only
    query = query.strip().removesuffix(";")
    bare = _ASIDE.sub(" ", query)
    if not _READS.match(bare) or ";" in bare:
        raise UnreadableFileError(
            where, "the query is not one SELECT", way_out=f"{_MEND} It may begin with WITH."
        )
    return query


def _for_month(where: str, query: str, as_of: date | None, scheme: str) -> str:
    """The query with the month end for `:as_of`; texts, names and comments stay as they are.

    It is put in as a literal, which is the product's own date and no text of a person: a parameter
    would keep PostgreSQL from streaming its answer, and ConnectorX knows none.
    """
    if as_of is None:
        raise UnreadableFileError(
            where,
            "the query asks for :as_of, and no month end is given",
            way_out="Say it with --as-of YYYY-MM-DD.",
        )
    literal = f"'{as_of.isoformat()}'"
    if scheme in _DATE_LITERALS:
        literal = f"DATE {literal}"
    return _TOKENS.sub(lambda match: literal if match["as_of"] else match[0], query)


@contextmanager
def _postgresql(where: str, uri: str, query: str) -> Generator[pa.RecordBatchReader]:
    _must_have(where, "adbc_driver_postgresql", "postgresql")
    from adbc_driver_postgresql import dbapi  # noqa: PLC0415 - an extra

    with dbapi.connect(uri) as connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        cursor.execute(query)
        yield cursor.fetch_record_batch()


@contextmanager
def _connectorx(where: str, request: Request, query: str) -> Generator[pa.RecordBatchReader]:
    _must_have(where, "connectorx", "connectorx")
    path = request.room("answer.arrows")
    order = {"variable": request.rules.connection, "query": query, "path": str(path)}
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.connectorx_child"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == FAILED:
        raise _Answered(done.stdout)
    if done.returncode:
        raise _Answered(f"the driver ended with code {done.returncode}")
    with pa.memory_map(str(path)) as file, pa.ipc.open_stream(file) as batches:
        yield batches
    path.unlink()


class _Answered(Exception):  # noqa: N818 - becomes a refusal, without secrets
    """What a driver said instead of an answer."""


def _must_have(where: str, module: str, extra: str) -> None:
    if find_spec(module) is None:
        raise UnreadableFileError(
            where,
            f"{module} is not installed",
            way_out=f"Install it: pip install 'branchmark[{extra}]'",
        )


@contextmanager
def _refusing(where: str, uri: str) -> Generator[None]:
    """Turns what a driver raises into a refusal without the connection string."""
    try:
        yield
    except (_Answered, pa.ArrowException, OSError, *_driver_errors()) as error:
        raise UnreadableFileError(
            where,
            f"it answered “{_without_secrets(first_line(error), uri)}”",
            way_out="Mend the query, the connection string or the rights in the database.",
        ) from None


def _driver_errors() -> tuple[type[Exception], ...]:
    """What the PostgreSQL driver raises, where it is installed."""
    if find_spec("adbc_driver_manager") is None:
        return ()
    from adbc_driver_manager import dbapi  # noqa: PLC0415 - an extra

    return (dbapi.Error,)


def _without_secrets(said: str, uri: str) -> str:
    """What a driver said, without the connection string and the password in it."""
    secrets = {uri, *(part for found in _SECRETS.findall(uri) for part in found)}
    for secret in sorted(secrets | {unquote(one) for one in secrets}, key=len, reverse=True):
        if secret:
            said = said.replace(secret, "***")
    return said


def _written(where: str, batches: pa.RecordBatchReader, path: Path) -> tuple[int, list[str]]:
    """Writes the batches as they come: rows written, and the names of the columns."""
    schema = batches.schema
    target = pa.schema([(field.name, _type_of(where, field)) for field in schema])
    settled: set[str] = set()
    for field in schema:
        if field.name in settled:
            raise UnreadableFileError(
                where,
                f"the column {field.name!r} stands twice in the answer",
                way_out="Give one of the two another name with AS in the query.",
            )
        settled.add(field.name)
    rows = 0
    with pq.ParquetWriter(path, target, compression="zstd") as writer:
        for batch in batches:
            columns = [
                _as(where, column, field, rows)
                for column, field in zip(batch.columns, target, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=target))
            rows += batch.num_rows
    return rows, list(schema.names)


def _content(path: Path) -> str:
    """A hash of the answer whatever the order of its rows, which a database does not promise."""
    with duckdb.connect() as connection:
        connection.execute("SET enable_progress_bar = false")
        found = connection.execute(
            "SELECT count(*), sum(md5_number_lower(r)::HUGEINT), sum(md5_number_upper(r)::HUGEINT) "
            "FROM (SELECT to_json(t)::VARCHAR AS r FROM read_parquet($1) t)",
            [str(path)],
        ).fetchone()
    schema = pl.read_parquet_schema(path)
    return hashlib.sha256(f"{found}{schema}".encode()).hexdigest()


def _type_of(where: str, field: pa.Field) -> pa.DataType:
    """The type a column is kept in: as it comes, NUMERIC as exact decimals, plain text for JSON."""
    own = _metadata(field)
    kind = field.type
    if own.get("type") == "money":
        raise _unfit(where, field.name, "money, which comes without its decimals", "numeric")
    if isinstance(kind, pa.BaseExtensionType):
        if own.get("type") == "numeric":
            return _numeric(int(own.get("typmod", "-1")))
        kind = kind.storage_type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.large_string()
    if pa.types.is_time(kind):
        return pa.large_string()
    if (
        pa.types.is_fixed_size_binary(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_interval(kind)
    ):
        raise _unfit(where, field.name, str(field.type), "text")
    return kind


def _unfit(where: str, name: str, kind: str, better: str) -> UnreadableFileError:
    return UnreadableFileError(
        where,
        f"the column {name!r} is of type {kind}",
        way_out=f"Write CAST({name} AS {better}) AS {name} in the query, or leave it out.",
    )


def _metadata(field: pa.Field) -> dict[str, str]:
    """What the PostgreSQL driver says about a column: `type`, and `typmod` for precision and scale."""
    prefix = "POSTGRESQL:"
    return {
        key.decode().removeprefix(prefix): value.decode().strip("'")
        for key, value in (field.metadata or {}).items()
        if key.decode().startswith(prefix)
    }


def _numeric(modifier: int) -> pa.DataType:
    """A decimal of the declared precision and scale; text, as exact, where none is declared."""
    if modifier < 4:  # noqa: PLR2004 - PostgreSQL adds four to the two numbers that it packs
        return pa.large_string()
    precision, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
    if precision > WIDEST or scale > precision:
        return pa.large_string()
    return pa.decimal128(precision, scale)


def _as(where: str, column: pa.Array, field: pa.Field, before: int) -> pa.Array:
    """A column of a batch in the type it is kept in; a value that does not fit is refused."""
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    if column.type == field.type:
        return column
    try:
        return pc.cast(column, field.type)
    except pa.ArrowInvalid as error:
        raise UnreadableFileError(
            where,
            f"the column {field.name!r} has, in row {before + 1:,} or after, no value of type "
            f"{field.type} ({first_line(error)})",
            way_out="Leave such rows out in the query, or write the column as text.",
        ) from None


def _is_zoned(dtype: pl.DataType) -> bool:
    return isinstance(dtype, pl.Datetime) and dtype.time_zone is not None
