"""The ledger's tables about reports: editions and signatures, adjustments, what was sent, events, the chain.

As this version of the product reads and writes them; how a database comes to have them is said in
`migrations`. What steps, attempts and decisions may follow each other is held by the database itself.
Targets, check-ins and the access log belong in `tables`.
"""

import sqlalchemy as sa

from records.ledger.tables import (
    ACCESS_LINE,
    CHECK_IN,
    METADATA,
    SIGN_OFF,
    TARGET_STEP,
    TARGET_VERSION,
    Exact,
    Instant,
)

RETURN_PACKAGE = sa.Table(
    "return_package",
    METADATA,
    sa.Column("package_id", sa.Integer, primary_key=True),
    sa.Column("return_id", sa.Text, nullable=False),
    sa.Column("return_version", sa.Text, nullable=False),
    sa.Column("definition_hash", sa.Text, nullable=False),
    sa.Column("unit_id", sa.Text, nullable=False),
    sa.Column("as_of_date", sa.Date, nullable=False),
    sa.Column("edition", sa.Integer, nullable=False),
    sa.Column("follows", sa.Integer),  # the edition before; the first one follows none
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("snapshot_version", sa.Integer, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("preparer", sa.Text, nullable=False),
    sa.Column("preparer_key", sa.Text, nullable=False),
    sa.Column("prepared_at", Instant, nullable=False),
    sa.UniqueConstraint(
        "return_id", "unit_id", "as_of_date", "edition", name="return_package_edition"
    ),
    sa.UniqueConstraint("package_id", "content_hash", name="return_package_content"),
    sa.UniqueConstraint("package_id", "preparer_key", name="return_package_preparer"),
    sa.ForeignKeyConstraint(
        ["return_id", "unit_id", "as_of_date", "follows"],
        [
            "return_package.return_id",
            "return_package.unit_id",
            "return_package.as_of_date",
            "return_package.edition",
        ],
        name="return_package_follows",
    ),
    sqlite_autoincrement=True,
)
"""One row for every edition of a report of a unit and month."""

RETURN_STEP = sa.Table(
    "return_step",
    METADATA,
    sa.Column("step_id", sa.Integer, primary_key=True),
    sa.Column("package_id", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("person_key", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("note", sa.Text),
    # A step names whom it may not be taken by, so that the database itself can compare.
    sa.Column("preparer_key", sa.Text, nullable=False),
    sa.Column("after_position", sa.Integer),
    sa.Column("after_step", sa.Text),
    sa.Column("after_key", sa.Text),
    # Where the chain ended when the edition was released.
    sa.Column("anchor_number", sa.Integer),
    sa.Column("anchor_hash", sa.Text),
    sa.UniqueConstraint("package_id", "position", name="return_step_position"),
    sa.UniqueConstraint("package_id", "step", name="return_step_once"),
    sa.UniqueConstraint("package_id", "position", "step", "person_key", name="return_step_person"),
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
        [
            "return_step.package_id",
            "return_step.position",
            "return_step.step",
            "return_step.person_key",
        ],
        name="return_step_after",
    ),
    sqlite_autoincrement=True,
)
"""What was done with an edition, by whom and when; each step after exactly one other."""

RETURN_REMARK = sa.Table(
    "return_remark",
    METADATA,
    sa.Column("remark_id", sa.Integer, primary_key=True),
    sa.Column("package_id", sa.Integer, nullable=False),
    sa.Column("check_case", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("person_key", sa.Text, nullable=False),
    sa.Column("preparer_key", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.ForeignKeyConstraint(
        ["package_id", "preparer_key"],
        ["return_package.package_id", "return_package.preparer_key"],
        name="return_remark_of_preparer",
    ),
    sqlite_autoincrement=True,
)
"""What was said about a case of a check: a comment, or why the report goes out all the same."""

ADJUSTMENT = sa.Table(
    "adjustment",
    METADATA,
    sa.Column("adjustment_id", sa.Integer, primary_key=True),
    sa.Column("branch_id", sa.Text, nullable=False),
    sa.Column("metric_id", sa.Text, nullable=False),
    sa.Column("reading", sa.Text, nullable=False),
    sa.Column("slice", sa.Text, nullable=False),
    sa.Column("member", sa.Text, nullable=False),
    sa.Column("side", sa.Text, nullable=False),
    sa.Column("amount", Exact, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("evidence", sa.Text),
    sa.Column("live_from", sa.Date, nullable=False),
    sa.Column("live_to", sa.Date, nullable=False),
    sa.Column("maker", sa.Text, nullable=False),
    sa.Column("maker_key", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.UniqueConstraint("adjustment_id", "maker_key", name="adjustment_maker"),
    sqlite_autoincrement=True,
)
"""A signed delta on one side of a figure, from one month end to another."""

ADJUSTMENT_STEP = sa.Table(
    "adjustment_step",
    METADATA,
    sa.Column("step_id", sa.Integer, primary_key=True),
    sa.Column("adjustment_id", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("person_key", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
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
        ["adjustment_step.adjustment_id", "adjustment_step.position", "adjustment_step.step"],
        name="adjustment_step_after",
    ),
    sqlite_autoincrement=True,
)
"""What was done with an adjustment: entered, then approved, rejected or withdrawn."""

DISPATCH = sa.Table(
    "dispatch",
    METADATA,
    sa.Column("dispatch_id", sa.Integer, primary_key=True),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("unit_id", sa.Text),
    sa.Column("channel", sa.Text, nullable=False),
    sa.Column("recipient", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("claimed_at", Instant, nullable=False),
    sa.UniqueConstraint("purpose", "subject", "channel", "recipient", name="dispatch_once"),
    sqlite_autoincrement=True,
)
"""Something that is to reach somebody once."""

DISPATCH_ATTEMPT = sa.Table(
    "dispatch_attempt",
    METADATA,
    sa.Column("attempt_id", sa.Integer, primary_key=True),
    sa.Column("dispatch_id", sa.Integer, sa.ForeignKey("dispatch.dispatch_id"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("again", sa.Boolean, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("dispatch_id", "number", name="dispatch_attempt_number"),
    sqlite_autoincrement=True,
)
"""A try to send it, written down before it is made."""

DISPATCH_OUTCOME = sa.Table(
    "dispatch_outcome",
    METADATA,
    sa.Column("outcome_id", sa.Integer, primary_key=True),
    sa.Column("dispatch_id", sa.Integer, nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("detail", sa.Text),
    sa.Column("receipt", sa.Text),
    sa.Column("at", Instant, nullable=False),
    sa.UniqueConstraint("dispatch_id", "number", name="dispatch_outcome_once"),
    sa.ForeignKeyConstraint(
        ["dispatch_id", "number"],
        ["dispatch_attempt.dispatch_id", "dispatch_attempt.number"],
        name="dispatch_outcome_of_attempt",
    ),
    sqlite_autoincrement=True,
)
"""What became of a try."""

AUDIT_EVENT = sa.Table(
    "audit_event",
    METADATA,
    sa.Column("event_id", sa.Integer, primary_key=True),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
"""What happened outside the ledger's own tables."""

LEDGER_LINK = sa.Table(
    "ledger_link",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("table_name", sa.Text, nullable=False),
    sa.Column("row_id", sa.Integer, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("previous_hash", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.UniqueConstraint("table_name", "row_id", name="ledger_link_row"),
    sa.UniqueConstraint("previous_hash", name="ledger_link_previous"),
)
"""The chain: one link for every row of every other table."""

LINKED = (
    *(TARGET_VERSION, TARGET_STEP, CHECK_IN, SIGN_OFF, ACCESS_LINE),
    *(RETURN_PACKAGE, RETURN_STEP, RETURN_REMARK, ADJUSTMENT, ADJUSTMENT_STEP),
    *(DISPATCH, DISPATCH_ATTEMPT, DISPATCH_OUTCOME, AUDIT_EVENT),
)
"""Tables whose rows are in the chain, in the order in which rows of one transaction are linked."""
