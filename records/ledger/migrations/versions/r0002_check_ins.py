"""What branches say about their figures, and who signed them. Frozen: later changes are new files."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables, and let no row of them be changed or deleted."""
    instant = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
    op.create_table(
        "check_in",
        sa.Column("check_in_id", sa.Integer, primary_key=True),
        sa.Column("branch_id", sa.Text, nullable=False),
        sa.Column("metric_id", sa.Text, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("as_of_date", sa.Date, nullable=False),
        sa.Column("snapshot_version", sa.Integer, nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("action", sa.Text),
        sa.Column("due_date", sa.Date),
        sa.Column("owner", sa.Text),
        sa.Column("opinion", sa.Text),
        sa.Column("rule_status", sa.Text),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("author_key", sa.Text, nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("corrects", sa.Integer, sa.ForeignKey("check_in.check_in_id")),
        sa.UniqueConstraint("corrects", name="check_in_corrected_once"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sign_off",
        sa.Column("sign_off_id", sa.Integer, primary_key=True),
        sa.Column("branch_id", sa.Text, nullable=False),
        sa.Column("as_of_date", sa.Date, nullable=False),
        sa.Column("snapshot_version", sa.Integer, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("person_key", sa.Text, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("note", sa.Text),
        sa.UniqueConstraint(
            "branch_id", "as_of_date", "snapshot_version", "run_id", "step", name="sign_off_once"
        ),
        sqlite_autoincrement=True,
    )
    for table in ("check_in", "sign_off"):
        _only_added_to(table)


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
