"""Dagster's run history in PostgreSQL, with connections kept open: see `run_history`."""

from collections.abc import Mapping
from typing import Any, Final

from dagster._serdes import ConfigurableClassData
from dagster_postgres.storage import DagsterPostgresStorage
from dagster_postgres.utils import create_pg_engine
from sqlalchemy import make_url
from sqlalchemy.pool import QueuePool
from typing_extensions import override

_KEPT: Final = 1
_MORE: Final = 8
"""Connections that threads beside the first may open for a moment."""


class OpenServerStorage(DagsterPostgresStorage):
    """Runs, events and schedules in PostgreSQL, one connection each for as long as the process lives."""

    @classmethod
    @override
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "OpenServerStorage":
        """The storage that `dagster.yaml` asks for."""
        # Dagster writes for the driver psycopg2, which is not SQLAlchemy's first choice any more.
        url = make_url(config_value["postgres_url"]).set(drivername="postgresql+psycopg2")
        storage = cls(url.render_as_string(hide_password=False), inst_data=inst_data)
        for kept in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
            # Dagster has no setting for it.
            vars(kept)["_engine"] = create_pg_engine(
                storage.postgres_url,
                isolation_level="AUTOCOMMIT",
                poolclass=QueuePool,
                pool_size=_KEPT,
                max_overflow=_MORE,
                pool_pre_ping=True,
            )
        return storage
