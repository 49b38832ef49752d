"""One delivered table and its surroundings, opened in DuckDB: what every check reads from.

`Delivered` says which files, which month and what else is known; `opened` makes a session with one view
per table, bounded in memory. Which rows break which rule is said in `expectations.rules`, and asked in
`expectations.rejection` and `expectations.runner`.
"""

import re
import tempfile
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

import duckdb
import polars as pl

from expectations import figures, flows
from expectations.connections import lent
from expectations.sizes import SIZE_CLASS, size_classes
from transforms import schema
from transforms.reference.tables import Reference, Taxonomy

Parameter = date | Decimal | int | str
"""What may stand for a `:name` in a rule."""
Source = tuple[Path, ...] | pl.DataFrame | pl.LazyFrame
"""Where a view comes from: Parquet files, a frame at hand, or one to be read as far as it is asked."""

CONTEXT_COLUMNS: Mapping[str, Mapping[str, pl.DataType]] = MappingProxyType(
    {
        **{name: table.dtypes for name, table in schema.TABLES.items()},
        **{f"previous_{name}": table.dtypes for name, table in schema.TABLES.items()},
        flows.VIEW: flows.COLUMNS,
        "override_state": {"source_row_no": pl.Int64(), "state": schema.TEXT},
        "sei_class": {"code": schema.TEXT, "field": schema.TEXT},
        "industry": {"code": schema.TEXT},
        "green_item": {"edition": schema.TEXT, "item": schema.TEXT, "effective": schema.DAY},
        "green_edition": {
            "edition": schema.TEXT,
            "default_from": schema.DAY,
            "last_approval": schema.DAY,
        },
        "size_class": SIZE_CLASS,
        **figures.VIEWS,
    }
)
"""Every view a rule may name, with its columns: the month's tables, last month's, what moved between
them (over delivered loan events only), reference lists."""

DELIVERY_COLUMNS: Mapping[str, pl.DataType] = MappingProxyType(
    {"source_row_no": pl.Int64(), "problems": pl.List(pl.String())}
)
"""What a delivered file carries beside its canonical columns."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Delivered:
    """One table of one month as delivered, accepted and to-be-rejected rows alike.

    Args:
        table: Canonical table.
        files: Parquet with its canonical columns, `source_row_no` and `problems`.
        as_of: Month end.
        base_currency: Currency that needs no rate.
        context: Other views that rules may ask about, by name (`CONTEXT_COLUMNS`): accepted rows only.
        parameters: Values for `:name` in rules, before the rule's own defaults.
        provided: Columns that the delivery really fills; nothing given means all that are in the files.
        memory_limit: What DuckDB may hold before it spills.
        scratch: Where it spills; nothing given means a temporary folder.
        given: The rows themselves in place of files, with `source_row_no`: figures just made.
    """

    table: str
    files: tuple[Path, ...]
    as_of: date
    base_currency: str
    context: Mapping[str, Source] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    provided: frozenset[str] | None = None
    memory_limit: str = "1GB"
    scratch: Path | None = None
    given: pl.DataFrame | None = None

    @property
    def source(self) -> Source:
        """Where its rows are."""
        return self.files if self.given is None else self.given


@dataclass(frozen=True, eq=False)
class Session:
    """An open DuckDB with the delivered table and its context as views."""

    delivered: Delivered
    connection: duckdb.DuckDBPyConnection
    columns: Mapping[str, frozenset[str]]
    """Usable columns by delivered view; a view that was not delivered is not in here."""

    def frame(self, query: str) -> pl.DataFrame:
        """The answer to a query, as a Polars frame."""
        return self.connection.sql(query).pl()


@contextmanager
def opened(
    delivered: Delivered, needed: Mapping[str, Collection[str]] | None = None
) -> Generator[Session]:
    """A session over the delivered table; closed, and its spill files gone, on leaving.

    Args:
        delivered: The table and its surroundings.
        needed: Columns by view that will be asked about. Frames at hand are copied into the session, so
            naming little keeps it small; nothing given means all of them.
    """
    with (
        tempfile.TemporaryDirectory(prefix="branchmark-", dir=delivered.scratch) as spill,
        lent(Path(spill), delivered.memory_limit) as connection,
    ):
        sources: dict[str, Source] = dict(delivered.context)
        sources[delivered.table] = delivered.source
        wanted = None if needed is None else flows.needed_with_sources(needed)
        columns = {
            name: _created(
                connection,
                name,
                source,
                # The measured rows are not picked over: findings show more than rules ask about.
                None if wanted is None or name == delivered.table else wanted.get(name, ()),
            )
            for name, source in sources.items()
        }
        if (
            delivered.table == schema.LOAN_EVENT.name
            and (wanted is None or flows.VIEW in wanted)
            and flows.can_be_made(columns)
        ):
            noted = "problems" in columns[delivered.table]
            connection.execute(flows.definition(with_problems=noted))
            columns[flows.VIEW] = frozenset(flows.COLUMNS)
        if delivered.provided is not None:
            kept = delivered.provided | frozenset(DELIVERY_COLUMNS)
            columns[delivered.table] &= kept
        missing = schema.TABLES.keys() - columns.keys()
        connection.execute(_empty(missing if wanted is None else missing & wanted.keys()))
        yield Session(delivered, connection, columns)


def reference_context(
    reference: Reference, taxonomy: Taxonomy | None = Taxonomy.GBT4754
) -> dict[str, pl.DataFrame]:
    """The reference lists that rules ask about, as context views.

    A book that is not coded in GB/T 4754 gets no industry lists, so those rules are skipped for it.
    """
    views = {
        "green_item": reference.green_level1().rename(
            {
                "green_edition": "edition",
                "green_item": "item",
                "green_effective": "effective",
            }
        )
    }
    views["green_edition"] = reference.green_editions().select(
        "edition", "default_from", "last_approval"
    )
    if taxonomy is Taxonomy.GBT4754:
        views["size_class"] = size_classes(reference)
        views["sei_class"] = (
            reference.sei_classes().select("code", field="sei_fields").explode("field").drop_nulls()
        )
        views["industry"] = (
            reference.tables["gbt4754_2017"]
            .filter(pl.col("level").is_in(["3", "4"]))
            .select("code")
        )
    return views


def literal(value: Parameter) -> str:
    """A value as an SQL literal.

    >>> literal(date(2026, 10, 31)), literal("O'Neil"), literal(Decimal("0.20"))
    ("DATE '2026-10-31'", "'O''Neil'", '0.20')
    """
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value)


def sql_type(dtype: pl.DataType) -> str:
    """What DuckDB calls a canonical type.

    >>> sql_type(schema.MONEY), sql_type(pl.List(pl.String))
    ('DECIMAL(18, 2)', 'VARCHAR[]')
    """
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision}, {dtype.scale})"
    return _SQL_TYPES[str(dtype)]


def bound(sql: str, values: Mapping[str, Parameter]) -> str:
    """The SQL with every `:name` replaced; casts (`::`) and quoted text are left alone.

    >>> bound("d <= :as_of AND x::TEXT <> ':as_of'", {"as_of": date(2026, 10, 31)})
    "d <= DATE '2026-10-31' AND x::TEXT <> ':as_of'"
    """
    return _NAMED.sub(
        lambda found: literal(values[found[1]]) if found[1] else found[0],
        sql,
    )


def parameter_names(sql: str) -> frozenset[str]:
    """The `:names` that the SQL asks for."""
    return frozenset(found[1] for found in _NAMED.finditer(sql) if found[1])


_SQL_TYPES = MappingProxyType(
    {
        "Boolean": "BOOLEAN",
        "Date": "DATE",
        "Int32": "INTEGER",
        "Int64": "BIGINT",
        "List(String)": "VARCHAR[]",
        "String": "VARCHAR",
    }
)
_BATCH = 200_000
"""Rows that are handed to DuckDB at once."""
_NAMED = re.compile(r"'(?:[^']|'')*'|(?<!:):([A-Za-z_]\w*)")


def _created(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    source: Source,
    needed: Collection[str] | None,
) -> frozenset[str]:
    """Make the view, and say which columns the source has, whether or not they were made."""
    if not isinstance(source, tuple):
        known_columns = source.lazy().collect_schema().names()
        kept = [column for column in known_columns if needed is None or column in needed]
        if kept and isinstance(source, pl.DataFrame):
            _put(connection, f'CREATE TABLE "{name}" AS', source.select(kept))
        elif kept:
            _copied(connection, name, source.lazy().select(kept))
        return frozenset(known_columns)
    files = ", ".join(literal(_unglobbed(path)) for path in source)
    scanned = f"read_parquet([{files}], hive_partitioning = false)"
    described = connection.execute(f"DESCRIBE SELECT * FROM {scanned}").fetchall()  # noqa: S608
    found = frozenset(str(row[0]) for row in described)
    # A file of an earlier month may be older than a column: what rules then find in it is nothing.
    known = CONTEXT_COLUMNS.get(name, {})
    nothing = "".join(
        f', NULL::{sql_type(dtype)} AS "{column}"'
        for column, dtype in known.items()
        if column not in found
    )
    connection.execute(f'CREATE VIEW "{name}" AS SELECT *{nothing} FROM {scanned}')  # noqa: S608
    return found


def _empty(tables: Iterable[str]) -> str:
    """The statements that make canonical tables without a row, all at once."""
    return "".join(
        f'CREATE TABLE "{name}" ({", ".join(_typed(CONTEXT_COLUMNS[name]))}); '
        for name in sorted(tables)
    )


def _typed(columns: Mapping[str, pl.DataType]) -> Iterator[str]:
    return (f'"{column}" {sql_type(dtype)}' for column, dtype in columns.items())


def _copied(connection: duckdb.DuckDBPyConnection, name: str, rows: pl.LazyFrame) -> None:
    """Copy rows into the session, a batch at a time, so that DuckDB alone decides what stays in memory."""
    made = False
    for batch in rows.collect_batches(chunk_size=_BATCH):
        _put(connection, f'INSERT INTO "{name}"' if made else f'CREATE TABLE "{name}" AS', batch)
        made = True
    if not made:
        _put(connection, f'CREATE TABLE "{name}" AS', pl.DataFrame(schema=rows.collect_schema()))


def _put(connection: duckdb.DuckDBPyConnection, into: str, rows: pl.DataFrame) -> None:
    connection.register("_given", rows)
    connection.execute(f"{into} SELECT * FROM _given")  # noqa: S608
    connection.unregister("_given")


def _unglobbed(path: Path) -> str:
    """A path that DuckDB takes for one file, whatever characters it holds."""
    return re.sub(r"[\[*?]", lambda found: f"[{found[0]}]", str(path))
