"""Which revision a ledger's database is of, and bringing it up to the newest one.

The steps themselves are in `migrations`. Alembic is imported only when there is something to do.
"""

from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from records.ledger.errors import LedgerError

REVISIONS: Final = ("0001", "0002", "0003", "0004")
"""Every revision there has been, the first one first."""
HEAD: Final = REVISIONS[-1]
READABLE: Final = ("0002", "0003", "0004")
"""Those that can be read as they are: since the first of them, revisions only added tables."""
_TABLE: Final = "branchmark_revision"
_FIRST: Final = "target_version"
_LOST: Final = (
    "The ledger's database does not say of which revision it is: it is damaged, or another program's. Put "
    "a copy of the ledger in its place."
)


def revision_of(connection: Connection) -> str | None:
    """The revision of the database; none if there is no ledger in it yet.

    Raises:
        LedgerError: if it is newer than this product, of another one, or has lost its revision: taken for
            an empty ledger, all of its targets would be gone.
    """
    there = set(sa.inspect(connection).get_table_names())
    if _TABLE not in there:
        if _FIRST in there:
            raise LedgerError(_LOST)
        return None
    kept = sa.table(_TABLE, sa.column("version_num", sa.Text))
    found = connection.scalar(sa.select(kept.c.version_num))
    if found is None:
        raise LedgerError(_LOST)
    if found not in REVISIONS:
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
