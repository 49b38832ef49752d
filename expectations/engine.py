"""DuckDB under Great Expectations: a SQLAlchemy dialect, an execution engine and a data source.

Great Expectations has no Polars engine, and its pandas engine is slow and hungry on a large book; its
SQL engine does well once something speaks DuckDB to it. Only that is here: the views and the memory
limit of a session belong in `expectations.delivered`, the running of suites in `expectations.runner`.
"""

import builtins
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal, cast

import duckdb
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.engine import default
from sqlalchemy.engine.interfaces import (
    DBAPIModule,
    ReflectedColumn,
    ReflectedPrimaryKeyConstraint,
)
from sqlalchemy.pool import PoolProxiedConnection, StaticPool
from typing_extensions import override

from expectations.hidden import hidden, put_off

put_off("scipy", "stats")
with hidden("pyspark"):
    from great_expectations.datasource.fluent import SQLDatasource
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

_URL_NAME = "branchmark"
"""Under which SQLAlchemy finds the dialect: not `duckdb`, which another package may have taken."""


class DuckDBDialect(default.DefaultDialect):
    """As much of a dialect as running checks takes: reading views, and describing their columns.

    Nothing is written through it, so transactions are nothing; types are left to DuckDB's own answers.
    """

    name = "duckdb"
    driver = "duckdb"
    supports_statement_cache = True
    supports_native_boolean = True
    supports_native_decimal = True
    default_paramstyle = "qmark"

    @classmethod
    @override
    def import_dbapi(cls) -> DBAPIModule:
        """DuckDB's Python module is its own DB-API."""
        return cast("DBAPIModule", duckdb)

    @override
    def do_begin(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Nothing to begin: each query stands alone."""

    @override
    def do_commit(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Nothing to commit."""

    @override
    def do_rollback(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Nothing to undo. DuckDB itself objects to a rollback outside a transaction."""

    @override
    def get_columns(
        self,
        connection: sa.Connection,
        table_name: str,
        schema: str | None = None,
        **kw: Any,  # the parent's
    ) -> list[ReflectedColumn]:
        """The columns of a view, in order."""
        del schema, kw
        names = connection.exec_driver_sql(
            "SELECT column_name FROM information_schema.columns "
            "WHERE table_name = ? ORDER BY ordinal_position",
            (table_name,),
        ).scalars()
        return [
            {"name": name, "type": sa.types.NullType(), "nullable": True, "default": None}
            for name in names
        ]

    @override
    def get_pk_constraint(
        self,
        connection: sa.Connection,
        table_name: str,
        schema: str | None = None,
        **kw: Any,  # the parent's
    ) -> ReflectedPrimaryKeyConstraint:
        """Views have no primary key."""
        del connection, table_name, schema, kw
        return {"constrained_columns": [], "name": None}

    @override
    def _get_server_version_info(self, connection: sa.Connection) -> None:
        del connection

    @override
    def _get_default_schema_name(self, connection: sa.Connection) -> str:
        del connection
        return "main"


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):
    """The SQL engine, keeping one connection open.

    The parent closes its connection before the answer is read, which ends a DuckDB cursor.
    """

    @override
    @contextmanager
    def get_connection(self) -> Generator[sa.Connection]:
        """The one connection of this engine."""
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection

    @override
    def close(self) -> None:
        """Give the connection back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()


class DuckDBDatasource(SQLDatasource):
    """A data source over one open DuckDB connection, given with `use` before anything is asked."""

    # The discriminator of every data source is narrowed by its subclass.
    type: Literal["duckdb"] = "duckdb"  # pyrefly: ignore[bad-override-mutable-attribute]
    connection_string: str = "duckdb://"

    def use(self, engine: DuckDBExecutionEngine) -> None:
        """Ask that engine."""
        self._execution_engine = engine

    @property
    @override
    def execution_engine_type(self) -> builtins.type[DuckDBExecutionEngine]:
        """The engine's class."""
        return DuckDBExecutionEngine

    @override
    def get_execution_engine(self) -> DuckDBExecutionEngine:
        """The engine in use."""
        engine = self._execution_engine
        if not isinstance(engine, DuckDBExecutionEngine):
            raise TypeError("a DuckDB data source is told which engine to use first")
        return engine

    @override
    def get_engine(self) -> sa.Engine:
        """SQLAlchemy's side of the engine in use."""
        return self.get_execution_engine().engine

    @override
    def test_connection(self, test_assets: bool = True) -> None:  # the parent's
        """Nothing to try: the connection is open already."""
        del test_assets


def engine_over(connection: duckdb.DuckDBPyConnection) -> DuckDBExecutionEngine:
    """An execution engine over an open DuckDB connection, which stays the caller's to close."""
    registry.register(_URL_NAME, DuckDBDialect.__module__, DuckDBDialect.__name__)
    engine = sa.create_engine(
        sa.URL.create(_URL_NAME), creator=connection.cursor, poolclass=StaticPool
    )
    return DuckDBExecutionEngine(engine=engine, create_temp_table=False)
