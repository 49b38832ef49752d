"""Which revision a ledger's database is of, and bringing it up to the newest one.

The steps themselves are in `migrations`. Alembic is imported only when there is something to do.
"""

from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from records.ledger.errors import LedgerError

REVISIONS: Final = ("0001", "0002")
"""Every revision there has been, the first one first."""
HEAD: Final = REVISIONS[-1]
_TABLE: Final = "branchmark_revision"


def revision_of(connection: Connection) -> str | None:
    """The revision of the database; none if there is no ledger in it yet.

    Raises:
        LedgerError: if it is newer than this product, or of another one.
    """
    if not sa.inspect(connection).has_table(_TABLE):
        return None
    kept = sa.table(_TABLE, sa.column("version_num", sa.Text))
    found = connection.scalar(sa.select(kept.c.version_num))
    if found is not None and found not in REVISIONS:
        raise LedgerError(
            f"The ledger is of revision {found}, and this product knows {', '.join(REVISIONS)}: a newer "
            "one has written to it. Install that version of branchmark."
        )
    return found


def upgrade(connection: Connection, *, until: str = HEAD) -> None:
    """Bring the database up to a revision, in the transaction that the connection is in."""
    from alembic.config import Config  # noqa: PLC0415
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    folder = Path(__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    script = ScriptDirectory.from_config(config)

    def steps(revision: str, _: object) -> list[Any]:
        # What `alembic upgrade` does, which would ask for a file of configuration.
        return script._upgrade_revs(until, revision)  # noqa: SLF001

    environment = EnvironmentContext(
        config,
        script,
        fn=steps,
    )
    with environment:
        environment.configure(connection=connection, version_table=_TABLE)
        with environment.begin_transaction():
            environment.run_migrations()
