"""Reports and their signatures, adjustments, what was sent, events, the chain.

Frozen: later changes are new files.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_PACKAGE = ("return_id", "unit_id", "as_of_date")
_KEYS = {
    "target_version": (
        ("target_id",),
        ("branch_id", "metric_id", "reading", "period", "version"),
    ),
    "target_step": (("step_id",), ("target_id", "stage")),
    "check_in": (("check_in_id",), ("corrects",)),
    "sign_off": (
        ("sign_off_id",),
        ("branch_id", "as_of_date", "snapshot_version", "run_id", "step"),
    ),
    "access_line": (("access_id",),),
    "return_package": (("package_id",), (*_PACKAGE, "edition")),
    "return_step": (("step_id",), ("package_id", "position"), ("package_id", "step")),
    "return_remark": (("remark_id",),),
    "adjustment": (("adjustment_id",),),
    "adjustment_step": (("step_id",), ("adjustment_id", "position")),
    "dispatch": (("dispatch_id",), ("purpose", "subject", "channel", "recipient")),
    "dispatch_attempt": (("attempt_id",), ("dispatch_id", "number")),
    "dispatch_outcome": (("outcome_id",), ("dispatch_id", "number")),
    "audit_event": (("event_id",),),
    "ledger_link": (("number",), ("table_name", "row_id"), ("previous_hash",)),
}
"""What no two rows of a table share; keys that hold another of these are left out."""
_OLD = ("target_version", "target_step", "check_in", "sign_off", "access_line")


def upgrade() -> None:
    """Make the tables, and let no row of any table be changed, deleted or replaced."""
    exact = sa.Text().with_variant(sa.Numeric(38, 12), "postgresql")
    instant = sa.Text().with_variant(sa.DateTime(timezone=True), "postgresql")
    _returns(instant)
    _adjustments(exact, instant)
    _dispatches(instant)
    op.create_table(
        "audit_event",
        sa.Column("event_id", sa.Integer, primary_key=True),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("at", instant, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ledger_link",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("table_name", sa.Text, nullable=False),
        sa.Column("row_id", sa.Integer, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.UniqueConstraint("table_name", "row_id", name="ledger_link_row"),
        sa.UniqueConstraint("previous_hash", name="ledger_link_previous"),
        sa.CheckConstraint("number > 0", name="ledger_link_number"),
    )
    for table, keys in _KEYS.items():
        if table not in _OLD:
            _only_added_to(table)
        _not_replaced(table, keys)
    _rules()


def _returns(instant: sa.types.TypeEngine[Any]) -> None:
    op.create_table(
        "return_package",
        sa.Column("package_id", sa.Integer, primary_key=True),
        sa.Column("return_id", sa.Text, nullable=False),
        sa.Column("return_version", sa.Text, nullable=False),
        sa.Column("definition_hash", sa.Text, nullable=False),
        sa.Column("unit_id", sa.Text, nullable=False),
        sa.Column("as_of_date", sa.Date, nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("follows", sa.Integer),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("snapshot_version", sa.Integer, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("preparer", sa.Text, nullable=False),
        sa.Column("preparer_key", sa.Text, nullable=False),
        sa.Column("prepared_at", instant, nullable=False),
        sa.UniqueConstraint(*_PACKAGE, "edition", name="return_package_edition"),
        sa.UniqueConstraint("package_id", "content_hash", name="return_package_content"),
        sa.UniqueConstraint("package_id", "preparer_key", name="return_package_preparer"),
        sa.ForeignKeyConstraint(
            [*_PACKAGE, "follows"],
            [f"return_package.{name}" for name in (*_PACKAGE, "edition")],
            name="return_package_follows",
        ),
        sa.CheckConstraint(
            "(edition = 1 AND follows IS NULL)"
            " OR (edition > 1 AND follows IS NOT NULL AND follows = edition - 1)",
            name="return_package_one_by_one",
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "return_step",
        sa.Column("step_id", sa.Integer, primary_key=True),
        sa.Column("package_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("person_key", sa.Text, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("preparer_key", sa.Text, nullable=False),
        sa.Column("after_position", sa.Integer),
        sa.Column("after_step", sa.Text),
        sa.Column("after_key", sa.Text),
        sa.Column("anchor_number", sa.Integer),
        sa.Column("anchor_hash", sa.Text),
        sa.UniqueConstraint("package_id", "position", name="return_step_position"),
        sa.UniqueConstraint("package_id", "step", name="return_step_once"),
        sa.UniqueConstraint(
            "package_id", "position", "step", "person_key", name="return_step_person"
        ),
        sa.ForeignKeyConstraint(
            ["package_id", "content_hash"],
            ["return_package.package_id", "return_package.content_hash"],
            name="return_step_of_content",
        ),
        sa.ForeignKeyConstraint(
            ["package_id", "preparer_key"],
            ["return_package.package_id", "return_package.preparer_key"],
            name="return_step_of_preparer",
        ),
        sa.ForeignKeyConstraint(
            ["package_id", "after_position", "after_step", "after_key"],
            [f"return_step.{one}" for one in ("package_id", "position", "step", "person_key")],
            name="return_step_after",
        ),
        # One line of steps, the allowed ones only: what is released or given back has none after it.
        sa.CheckConstraint(
            "(step = 'prepared' AND position = 1 AND after_position IS NULL"
            " AND after_step IS NULL AND after_key IS NULL)"
            " OR (position > 1 AND after_position IS NOT NULL AND after_position = position - 1"
            " AND after_step IS NOT NULL AND after_key IS NOT NULL"
            " AND ((step = 'checked' AND after_step = 'prepared')"
            " OR (step = 'approved' AND after_step = 'checked')"
            " OR (step = 'released' AND after_step = 'approved')"
            " OR (step = 'returned' AND after_step IN ('prepared', 'checked', 'approved'))))",
            name="return_step_in_order",
        ),
        # Who prepared, checked and approved are three; who releases did not prepare.
        sa.CheckConstraint(
            "(step = 'prepared' AND person_key = preparer_key) OR step = 'returned'"
            " OR (step <> 'prepared' AND person_key <> preparer_key"
            " AND (step <> 'approved' OR person_key <> after_key))",
            name="return_step_four_eyes",
        ),
        sa.CheckConstraint("step <> 'returned' OR note IS NOT NULL", name="return_step_note"),
        sa.CheckConstraint(
            "(step = 'released') = (anchor_number IS NOT NULL)"
            " AND (step = 'released') = (anchor_hash IS NOT NULL)",
            name="return_step_anchor",
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "return_remark",
        sa.Column("remark_id", sa.Integer, primary_key=True),
        sa.Column("package_id", sa.Integer, nullable=False),
        sa.Column("check_case", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("person_key", sa.Text, nullable=False),
        sa.Column("preparer_key", sa.Text, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.ForeignKeyConstraint(
            ["package_id", "preparer_key"],
            ["return_package.package_id", "return_package.preparer_key"],
            name="return_remark_of_preparer",
        ),
        sa.CheckConstraint("kind IN ('comment', 'reason')", name="return_remark_kind"),
        sa.CheckConstraint(
            "kind <> 'reason' OR person_key <> preparer_key", name="return_remark_four_eyes"
        ),
        sqlite_autoincrement=True,
    )


def _adjustments(exact: sa.types.TypeEngine[Any], instant: sa.types.TypeEngine[Any]) -> None:
    op.create_table(
        "adjustment",
        sa.Column("adjustment_id", sa.Integer, primary_key=True),
        sa.Column("branch_id", sa.Text, nullable=False),
        sa.Column("metric_id", sa.Text, nullable=False),
        sa.Column("reading", sa.Text, nullable=False),
        sa.Column("slice", sa.Text, nullable=False),
        sa.Column("member", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("amount", exact, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text),
        sa.Column("live_from", sa.Date, nullable=False),
        sa.Column("live_to", sa.Date, nullable=False),
        sa.Column("maker", sa.Text, nullable=False),
        sa.Column("maker_key", sa.Text, nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.UniqueConstraint("adjustment_id", "maker_key", name="adjustment_maker"),
        sa.CheckConstraint("side IN ('numerator', 'denominator')", name="adjustment_side"),
        sa.CheckConstraint("live_to >= live_from", name="adjustment_days"),
        sa.CheckConstraint("CAST(amount AS NUMERIC) <> 0", name="adjustment_amount"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "adjustment_step",
        sa.Column("step_id", sa.Integer, primary_key=True),
        sa.Column("adjustment_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("person_key", sa.Text, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("maker_key", sa.Text, nullable=False),
        sa.Column("after_position", sa.Integer),
        sa.Column("after_step", sa.Text),
        sa.UniqueConstraint("adjustment_id", "position", name="adjustment_step_position"),
        sa.UniqueConstraint("adjustment_id", "position", "step", name="adjustment_step_order"),
        sa.ForeignKeyConstraint(
            ["adjustment_id", "maker_key"],
            ["adjustment.adjustment_id", "adjustment.maker_key"],
            name="adjustment_step_of_maker",
        ),
        sa.ForeignKeyConstraint(
            ["adjustment_id", "after_position", "after_step"],
            [f"adjustment_step.{name}" for name in ("adjustment_id", "position", "step")],
            name="adjustment_step_after",
        ),
        sa.CheckConstraint(
            "(step = 'entered' AND position = 1 AND after_position IS NULL"
            " AND after_step IS NULL AND person_key = maker_key)"
            " OR (position > 1 AND after_position IS NOT NULL AND after_position = position - 1"
            " AND after_step IS NOT NULL"
            " AND ((step IN ('approved', 'rejected') AND after_step = 'entered')"
            " OR (step = 'withdrawn' AND after_step IN ('entered', 'approved'))))",
            name="adjustment_step_in_order",
        ),
        # Four eyes: who made it neither decides on it nor takes back what another approved.
        sa.CheckConstraint(
            "step = 'entered' OR (step = 'withdrawn' AND after_step = 'entered')"
            " OR person_key <> maker_key",
            name="adjustment_step_four_eyes",
        ),
        sa.CheckConstraint(
            "step IN ('entered', 'approved') OR reason IS NOT NULL", name="adjustment_step_reason"
        ),
        sqlite_autoincrement=True,
    )


def _dispatches(instant: sa.types.TypeEngine[Any]) -> None:
    op.create_table(
        "dispatch",
        sa.Column("dispatch_id", sa.Integer, primary_key=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("unit_id", sa.Text),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("claimed_at", instant, nullable=False),
        sa.UniqueConstraint("purpose", "subject", "channel", "recipient", name="dispatch_once"),
        sa.CheckConstraint("purpose IN ('report', 'alerts')", name="dispatch_purpose"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dispatch_attempt",
        sa.Column("attempt_id", sa.Integer, primary_key=True),
        sa.Column("dispatch_id", sa.Integer, sa.ForeignKey("dispatch.dispatch_id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("again", sa.Boolean, nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.UniqueConstraint("dispatch_id", "number", name="dispatch_attempt_number"),
        sa.CheckConstraint("number > 0", name="dispatch_attempt_counted"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "dispatch_outcome",
        sa.Column("outcome_id", sa.Integer, primary_key=True),
        sa.Column("dispatch_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("receipt", sa.Text),
        sa.Column("at", instant, nullable=False),
        sa.UniqueConstraint("dispatch_id", "number", name="dispatch_outcome_once"),
        sa.ForeignKeyConstraint(
            ["dispatch_id", "number"],
            ["dispatch_attempt.dispatch_id", "dispatch_attempt.number"],
            name="dispatch_outcome_of_attempt",
        ),
        sa.CheckConstraint("outcome IN ('sent', 'failed')", name="dispatch_outcome_known"),
        sqlite_autoincrement=True,
    )


def _rules() -> None:
    """What a row may follow, where keys and checks of one row cannot say it."""
    newer = (
        "EXISTS (SELECT 1 FROM return_package AS own JOIN return_package AS newer"
        " ON newer.return_id = own.return_id AND newer.unit_id = own.unit_id"
        " AND newer.as_of_date = own.as_of_date AND newer.edition > own.edition"
        " WHERE own.package_id = NEW.package_id)"
    )
    ended = (
        "EXISTS (SELECT 1 FROM return_step WHERE return_step.package_id = NEW.package_id"
        " AND return_step.step IN ('released', 'returned'))"
    )
    sent = (
        "EXISTS (SELECT 1 FROM dispatch_outcome WHERE dispatch_outcome.dispatch_id ="
        " NEW.dispatch_id AND dispatch_outcome.outcome = 'sent')"
    )
    unknown = (
        "EXISTS (SELECT 1 FROM dispatch_attempt AS begun LEFT JOIN dispatch_outcome AS became"
        " ON became.dispatch_id = begun.dispatch_id AND became.number = begun.number"
        " WHERE begun.dispatch_id = NEW.dispatch_id AND became.outcome_id IS NULL)"
    )
    _refused("return_step", "newest", newer, "a newer edition stands in place of this one")
    _refused("return_remark", "open", ended, "the edition is released or given back")
    _refused("dispatch_attempt", "sent", sent, "it was sent already")
    _refused("dispatch_attempt", "open", f"NOT NEW.again AND {unknown}", "an attempt has not ended")


def _not_replaced(table: str, keys: tuple[tuple[str, ...], ...]) -> None:
    """SQLite's INSERT OR REPLACE deletes without asking the triggers of deletions."""
    if op.get_bind().dialect.name == "postgresql":
        return
    for number, key in enumerate(keys, start=1):
        same = " AND ".join(f"{table}.{name} = NEW.{name}" for name in key)
        _refused(
            table,
            f"no_replace_{number}",
            f"EXISTS (SELECT 1 FROM {table} WHERE {same})",  # noqa: S608 - names of this file
            f"rows of {table} are added, never changed",
        )


def _refused(table: str, name: str, when: str, why: str) -> None:
    """Refuse a new row when something holds."""
    if op.get_bind().dialect.name != "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_{name} BEFORE INSERT ON {table} WHEN {when} BEGIN "
            f"SELECT RAISE(ABORT, '{why}'); END"
        )
        return
    op.execute(
        f"CREATE FUNCTION branchmark_{table}_{name}() RETURNS trigger AS $$ BEGIN "
        f"IF {when} THEN RAISE EXCEPTION '{why}'; END IF; RETURN NEW; END $$ LANGUAGE plpgsql"
    )
    op.execute(
        f"CREATE TRIGGER {table}_{name} BEFORE INSERT ON {table} FOR EACH ROW "
        f"EXECUTE FUNCTION branchmark_{table}_{name}()"
    )


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
