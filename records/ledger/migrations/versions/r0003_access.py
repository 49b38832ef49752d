"""Who came in and what was shown to them. Frozen: later changes are new files."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and let no row of it be changed or deleted."""
    instant = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
    op.create_table(
        "access_line",
        sa.Column("access_id", sa.Integer, primary_key=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("who_key", sa.Text, nullable=False),
        sa.Column("acting_as", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("at", instant, nullable=False),
        sa.CheckConstraint(
            "action IN ('sign_in', 'refused', 'view_as', 'end_view_as', 'reveal', 'export')",
            name="access_line_action",
        ),
        # Why a name was shown is always on record.
        sa.CheckConstraint(
            "action <> 'reveal' OR reason IS NOT NULL", name="access_line_reveal_reason"
        ),
        sqlite_autoincrement=True,
    )
    _only_added_to("access_line")


def _only_added_to(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION branchmark_only_added_to()"
        )
        return
    for what in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} BEGIN "
            f"SELECT RAISE(ABORT, 'rows of {table} are added, never changed'); END"
        )
