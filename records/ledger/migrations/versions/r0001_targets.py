"""The first tables: targets by version, and what was done with them. Frozen: later changes are new files."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables, and let no row of them be changed or deleted."""
    exact = sa.Text().with_variant(sa.Numeric(38, 12), "postgresql")
    instant = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
    op.create_table(
        "target_version",
        sa.Column("target_id", sa.Integer, primary_key=True),
        sa.Column("branch_id", sa.Text, nullable=False),
        sa.Column("metric_id", sa.Text, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("period", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("target_value", exact, nullable=False),
        sa.Column("near_band", exact),
        sa.Column("phasing", sa.Text, nullable=False),
        sa.Column("phasing_shares", sa.Text),
        sa.Column("base_value", exact),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_to", sa.Date),
        sa.Column("note", sa.Text),
        sa.Column("source", sa.Text),
        sa.Column("maker", sa.Text, nullable=False),
        sa.Column("maker_key", sa.Text, nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.UniqueConstraint(
            "branch_id", "metric_id", "reading", "period", "version", name="target_version_key"
        ),
        sa.UniqueConstraint("target_id", "maker_key", name="target_version_maker"),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from", name="target_version_days"
        ),
        sa.CheckConstraint(
            "phasing IN ('none', 'linear', 'seasonal', 'history')", name="target_version_phasing"
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "target_step",
        sa.Column("step_id", sa.Integer, primary_key=True),
        sa.Column(
            "target_id", sa.Integer, sa.ForeignKey("target_version.target_id"), nullable=False
        ),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("person_key", sa.Text, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("maker_key", sa.Text),
        sa.Column("submitter_key", sa.Text),
        sa.Column("follows", sa.Text),
        sa.UniqueConstraint("target_id", "stage", name="target_step_once"),
        sa.UniqueConstraint("target_id", "stage", "person_key", name="target_step_person"),
        sa.ForeignKeyConstraint(
            ["target_id", "maker_key"],
            ["target_version.target_id", "target_version.maker_key"],
            name="target_step_of_maker",
        ),
        sa.ForeignKeyConstraint(
            ["target_id", "follows", "submitter_key"],
            ["target_step.target_id", "target_step.stage", "target_step.person_key"],
            name="target_step_of_submitter",
        ),
        sa.CheckConstraint(
            "(stage = 'submission' AND step = 'submitted')"
            " OR (stage = 'decision' AND step IN ('approved', 'rejected'))"
            " OR (stage = 'withdrawal' AND step = 'withdrawn')",
            name="target_step_stage",
        ),
        # Four eyes: who decides neither made nor submitted what is decided.
        sa.CheckConstraint(
            "stage <> 'decision' OR (maker_key IS NOT NULL AND submitter_key IS NOT NULL"
            " AND follows IS NOT NULL AND follows = 'submission'"
            " AND person_key <> maker_key AND person_key <> submitter_key)",
            name="target_step_four_eyes",
        ),
        sqlite_autoincrement=True,
    )
    _only_added_to("target_version")
    _only_added_to("target_step")


def _only_added_to(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE OR REPLACE FUNCTION branchmark_only_added_to() RETURNS trigger AS $$ BEGIN "
            "RAISE EXCEPTION 'rows of % are added, never changed', TG_TABLE_NAME; END $$ "
            "LANGUAGE plpgsql"
        )
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
