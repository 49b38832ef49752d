"""The ledger's tables of targets, check-ins and access, as this version of the product uses them.

Rows are added and never changed: a correction is a row of its own. How a database comes to have these
tables is said in `migrations`; a test holds both against each other. Tables about reports, and the
chain, belong in `report_tables`.
"""

from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

_TWELVE: Final = Decimal("1E-12")


class Exact(TypeDecorator[Decimal]):
    """A decimal with twelve places, kept exactly: NUMERIC, or text where NUMERIC would be a float."""

    impl = sa.Text
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """NUMERIC on PostgreSQL, text on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.Numeric(38, 12))
        return dialect.type_descriptor(sa.Text())

    @override
    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        """The decimal, or its digits without an exponent."""
        if value is None:
            return None
        return _settled(value) if dialect.name == "postgresql" else exact_text(value)

    @override
    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:
        """The decimal again."""
        del dialect
        return None if value is None else _settled(Decimal(value))


class Instant(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond."""

    impl = sa.Text
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """TIMESTAMP WITH TIME ZONE on PostgreSQL, ISO text that sorts by time on SQLite."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(sa.DateTime(timezone=True))
        return dialect.type_descriptor(sa.Text())

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """The moment in UTC; one without a time zone is nobody's moment."""
        if value is None:
            return None
        told = moment_text(value)
        return value.astimezone(UTC) if dialect.name == "postgresql" else told

    @override
    def process_result_value(
        self, value: datetime | str | None, dialect: Dialect
    ) -> datetime | None:
        """The moment again, in UTC."""
        del dialect
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


def _settled(value: Decimal) -> Decimal:
    with localcontext(prec=50):
        return value.quantize(_TWELVE)


def exact_text(value: Decimal) -> str:
    """A decimal to twelve places, as text without an exponent."""
    return f"{_settled(value):f}"


def moment_text(value: datetime) -> str:
    """A moment in UTC to the microsecond, as text.

    Raises:
        ValueError: if it names no time zone: it is nobody's moment.
    """
    if value.tzinfo is None:
        raise ValueError(f"{value} names no time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


METADATA: Final = sa.MetaData()

PHASINGS: Final = ("none", "linear", "seasonal", "history")
STEPS: Final = {
    "submitted": "submission",
    "approved": "decision",
    "rejected": "decision",
    "withdrawn": "withdrawal",
}
"""What may be done with a target, and the stage that it takes: each stage once in its life."""

TARGET_VERSION: Final = sa.Table(
    "target_version",
    METADATA,
    sa.Column("target_id", sa.Integer, primary_key=True),
    sa.Column("branch_id", sa.Text, nullable=False),
    sa.Column("metric_id", sa.Text, nullable=False),
    sa.Column("reading", sa.Text, nullable=False),  # empty: the metric's default reading
    sa.Column("period", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("target_value", Exact, nullable=False),
    sa.Column("near_band", Exact),
    sa.Column("phasing", sa.Text, nullable=False),
    sa.Column("phasing_shares", sa.Text),
    sa.Column("base_value", Exact),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("note", sa.Text),
    sa.Column("source", sa.Text),
    sa.Column("maker", sa.Text, nullable=False),
    sa.Column("maker_key", sa.Text, nullable=False),
    sa.Column("made_at", Instant, nullable=False),
    sa.UniqueConstraint(
        "branch_id", "metric_id", "reading", "period", "version", name="target_version_key"
    ),
    sa.UniqueConstraint("target_id", "maker_key", name="target_version_maker"),
    sqlite_autoincrement=True,
)
"""One row for every version of a target that was ever proposed."""

TARGET_STEP: Final = sa.Table(
    "target_step",
    METADATA,
    sa.Column("step_id", sa.Integer, primary_key=True),
    sa.Column("target_id", sa.Integer, sa.ForeignKey("target_version.target_id"), nullable=False),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("person_key", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("reason", sa.Text),
    # A decision names whom it may not be taken by, so that the database itself can compare.
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
    sqlite_autoincrement=True,
)
"""What was done with a version, by whom and when."""

CHECK_IN: Final = sa.Table(
    "check_in",
    METADATA,
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
    sa.Column("made_at", Instant, nullable=False),
    sa.Column("corrects", sa.Integer, sa.ForeignKey("check_in.check_in_id")),
    sa.UniqueConstraint("corrects", name="check_in_corrected_once"),
    sqlite_autoincrement=True,
)
"""What a branch says about a figure as it was published in a version."""

SIGN_OFF: Final = sa.Table(
    "sign_off",
    METADATA,
    sa.Column("sign_off_id", sa.Integer, primary_key=True),
    sa.Column("branch_id", sa.Text, nullable=False),
    sa.Column("as_of_date", sa.Date, nullable=False),
    sa.Column("snapshot_version", sa.Integer, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("run_id", sa.Text, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("person_key", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("note", sa.Text),
    sa.UniqueConstraint(
        "branch_id", "as_of_date", "snapshot_version", "run_id", "step", name="sign_off_once"
    ),
    sqlite_autoincrement=True,
)
"""Who signed which figures; `step` leaves room for more than one signature."""

ACCESS_LINE: Final = sa.Table(
    "access_line",
    METADATA,
    sa.Column("access_id", sa.Integer, primary_key=True),
    sa.Column("who", sa.Text, nullable=False),
    sa.Column("who_key", sa.Text, nullable=False),
    sa.Column("acting_as", sa.Text),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text),
    sa.Column("reason", sa.Text),
    sa.Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
)
"""Who came in, saw the pages as another, unmasked a name or took a file away."""
