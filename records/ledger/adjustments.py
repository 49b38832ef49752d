"""Adjustments: signed deltas on published figures, each with its reason, its months and a second person.

What an adjustment does to a report belongs in `transforms.returns.adjusting`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from records.access import Scope
from records.ledger import links
from records.ledger.database import Database
from records.ledger.errors import LedgerUseError
from records.ledger.people import is_same_person, named, person_key, told
from records.ledger.report_tables import ADJUSTMENT, ADJUSTMENT_STEP
from records.ledger.tables import exact_text
from transforms.returns.package import ADJUSTED, LARGEST
from transforms.schema import DAY, TEXT, WIDE

_MOMENT: Final = pl.Datetime("us", "UTC")

ADJUSTMENTS: Final[Mapping[str, pl.DataType]] = {
    "adjustment_id": pl.Int64(),
    "branch_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "slice": TEXT,
    "member": TEXT,
    "side": TEXT,
    "amount": WIDE,
    "reason": TEXT,
    "evidence": TEXT,
    "live_from": DAY,
    "live_to": DAY,
    "state": TEXT,  # `AdjustmentState`
    "maker": TEXT,
    "made_at": _MOMENT,
    "approver": TEXT,  # who approved or rejected it
    "decided_at": _MOMENT,
    "decision_reason": TEXT,
    "withdrawn_by": TEXT,
    "withdrawn_at": _MOMENT,
    "withdrawal_reason": TEXT,
}
"""Columns of `Adjustments.all`."""

SIDES: Final = ("numerator", "denominator")
_MOST_MONTHS: Final = 12
"""An adjustment ends: what holds longer is looked at and entered again."""
_NUMBERS: Final = 2**31 - 1
"""The largest number that both databases give."""


class AdjustmentState(StrEnum):
    """How far an adjustment is."""

    ENTERED = "entered"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """What somebody wants to add to a figure.

    Attributes:
        branch_id: whose figure; the figures of the units above it move with it.
        metric_id: which metric.
        reading: under which reading.
        slice: by what it is cut, `TOTAL` for the whole.
        member: which part of the cut, `TOTAL` for the whole.
        side: `numerator` or `denominator`; of an amount or a count the numerator is the value.
        amount: what is added, negative to take away, in the unit of that side.
        reason: why.
        evidence: where that can be seen: a document's number, a file.
        live_from: the first month end it holds for.
        live_to: the last one.
    """

    branch_id: str
    metric_id: str
    reading: str
    slice: str
    member: str
    side: str
    amount: Decimal
    reason: str
    evidence: str
    live_from: date
    live_to: date


@dataclass(frozen=True, eq=False)
class Adjustments:
    """The adjustments of one ledger."""

    database: Database

    def enter(self, scope: Scope, proposal: Proposal, *, by: str, at: datetime) -> int:
        """Enter an adjustment; it moves nothing until another person approves it.

        Returns:
            Its number.

        Raises:
            AccessError: if the branch is outside the scope.
            LedgerUseError: if it says no reason, adds nothing, or ends before it begins.
            LedgerError: if the ledger cannot be written to.
        """
        scope.require(proposal.branch_id)
        person, reason = named(by), _reason(proposal.reason)
        _must_say(proposal)
        row = {
            **asdict(proposal),
            "reason": reason,
            "evidence": told(proposal.evidence),
            "maker": person,
            "maker_key": person_key(person),
            "made_at": at,
        }
        with self.database.writing() as connection:
            made = sa.insert(ADJUSTMENT).values(row).returning(ADJUSTMENT.c.adjustment_id)
            number = int(connection.execute(made).scalar_one())
            entered = AdjustmentState.ENTERED
            _write(connection, number, None, entered, by=person, maker=person, at=at, reason=None)
            return number

    def decide(
        self,
        scope: Scope,
        adjustment_id: int,
        *,
        approve: bool,
        by: str,
        at: datetime,
        reason: str = "",
    ) -> None:
        """Approve or reject what somebody else entered; to reject needs a reason.

        Raises:
            LedgerUseError: if it is decided already, or who made it decides.
            LedgerError: if the ledger cannot be written to.
        """
        step = AdjustmentState.APPROVED if approve else AdjustmentState.REJECTED
        said = told(reason) if approve else _reason(reason)
        self._take(scope, adjustment_id, step, by=by, at=at, reason=said)

    def withdraw(
        self, scope: Scope, adjustment_id: int, *, by: str, at: datetime, reason: str
    ) -> None:
        """Take one back, with a reason; an approved one is taken back by another person than its maker.

        Raises:
            LedgerUseError: if it is rejected or withdrawn, or its maker takes back what was approved.
            LedgerError: if the ledger cannot be written to.
        """
        self._take(
            scope, adjustment_id, AdjustmentState.WITHDRAWN, by=by, at=at, reason=_reason(reason)
        )

    def all(self, scope: Scope) -> pl.DataFrame:
        """Every adjustment in the scope, the oldest first; columns `ADJUSTMENTS`.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        with self.database.reading(since=links.SINCE) as connection:
            rows = [] if connection is None else list(connection.execute(_ALL).mappings())
        frame = pl.DataFrame([dict(row) for row in rows], schema=dict(ADJUSTMENTS), orient="row")
        return scope.limit(frame.lazy(), "branch_id").collect()

    def in_force(self, scope: Scope, as_of: date) -> pl.DataFrame:
        """Approved adjustments that hold for a month end; rows of `transforms.returns.package.ADJUSTED`.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        holds = (
            (pl.col("state") == AdjustmentState.APPROVED.value)
            & (pl.col("live_from") <= as_of)
            & (pl.col("live_to") >= as_of)
        )
        return self.all(scope).filter(holds).select(*ADJUSTED)

    def _take(
        self,
        scope: Scope,
        adjustment_id: int,
        step: AdjustmentState,
        *,
        by: str,
        at: datetime,
        reason: str | None,
    ) -> None:
        person = named(by)
        with self.database.writing() as connection:
            row = _require(connection, scope, adjustment_id)
            state = AdjustmentState(row["state"])
            if state not in _BEFORE[step]:
                raise LedgerUseError(
                    f"Adjustment {adjustment_id} is {state} and cannot be {step}. Enter a new one if it "
                    "is wrong."
                )
            own = is_same_person(person, row["maker"])
            alone = step is AdjustmentState.WITHDRAWN and state is AdjustmentState.ENTERED
            if own and not alone:
                raise LedgerUseError(
                    f"Adjustment {adjustment_id} was made by {row['maker']}, so that it has to be {step} by "
                    "somebody else. Have a second person do it."
                )
            maker = row["maker"]
            _write(
                connection, adjustment_id, state, step, by=person, maker=maker, at=at, reason=reason
            )


_BEFORE: Final = {
    AdjustmentState.APPROVED: (AdjustmentState.ENTERED,),
    AdjustmentState.REJECTED: (AdjustmentState.ENTERED,),
    AdjustmentState.WITHDRAWN: (AdjustmentState.ENTERED, AdjustmentState.APPROVED),
}


def _write(  # noqa: PLR0913 - a step says so much
    connection: Connection,
    number: int,
    after: AdjustmentState | None,
    step: AdjustmentState,
    *,
    by: str,
    maker: str,
    at: datetime,
    reason: str | None,
) -> None:
    """Write a step; entered is the first, a decision or withdrawal the second, taken back the third."""
    position = {None: 1, AdjustmentState.ENTERED: 2, AdjustmentState.APPROVED: 3}[after]
    row = {
        "adjustment_id": number,
        "position": position,
        "step": step.value,
        "person": by,
        "person_key": person_key(by),
        "at": at,
        "reason": reason,
        "maker_key": person_key(maker),
        "after_position": position - 1 if after else None,
        "after_step": after.value if after else None,
    }
    connection.execute(sa.insert(ADJUSTMENT_STEP).values(row))


def _require(connection: Connection, scope: Scope, number: int) -> RowMapping:
    """An adjustment by its number, if it lies in the scope.

    Raises:
        LedgerUseError: if there is none; not even whose a number is, is said.
    """
    wanted = _ALL.where(ADJUSTMENT.c.adjustment_id == (number if 0 < number <= _NUMBERS else 0))
    row = connection.execute(wanted).mappings().first()
    if row is None or (scope.branches is not None and row["branch_id"] not in scope.branches):
        raise LedgerUseError(
            f"There is no adjustment number {number}. `branchmark signoff adjust` shows the numbers."
        )
    return row


def _reason(text: str) -> str:
    said = told(text)
    if said is None or not any(one.isalpha() for one in said):
        raise LedgerUseError("A reason is needed. Say it in words.")
    return said


def _must_say(proposal: Proposal) -> None:
    """Refuses what cannot be an adjustment of anything.

    Raises:
        LedgerUseError: if it is none.
    """
    amount = proposal.amount
    if proposal.side not in SIDES:
        raise LedgerUseError(
            f"{proposal.side!r} is no side of a figure. Adjust its {' or its '.join(SIDES)}."
        )
    if not amount.is_finite() or amount == 0:
        raise LedgerUseError(f"{amount} adjusts nothing. Give an amount with its sign.")
    if abs(amount) >= LARGEST or Decimal(exact_text(amount)) != amount:
        raise LedgerUseError(
            f"{amount} is too long for an amount. Give at most {LARGEST.adjusted()} digits before the point "
            "and 12 after it."
        )
    if proposal.live_to < proposal.live_from:
        raise LedgerUseError(
            f"The adjustment ends on {proposal.live_to}, before it begins on {proposal.live_from}. Give "
            "the first and the last month end it holds for."
        )
    first, last = proposal.live_from, proposal.live_to
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    if months > _MOST_MONTHS:
        raise LedgerUseError(
            f"The adjustment would hold for {months:,} month ends, from {first} to {last}. Let it end after "
            f"{_MOST_MONTHS} at most, and enter it again if it still holds then."
        )


def _all() -> sa.Select[*tuple[Any, ...]]:
    """Adjustments with their steps beside them."""
    decided, gone = ADJUSTMENT_STEP.alias("decided"), ADJUSTMENT_STEP.alias("gone")
    same = ADJUSTMENT.c.adjustment_id
    decisions = (AdjustmentState.APPROVED.value, AdjustmentState.REJECTED.value)
    joined = ADJUSTMENT.outerjoin(
        decided, sa.and_(decided.c.adjustment_id == same, decided.c.step.in_(decisions))
    ).outerjoin(
        gone,
        sa.and_(gone.c.adjustment_id == same, gone.c.step == AdjustmentState.WITHDRAWN.value),
    )
    own = [column for column in ADJUSTMENT.c if column.name != "maker_key"]
    return (
        sa.select(
            *own,
            sa.func.coalesce(gone.c.step, decided.c.step, AdjustmentState.ENTERED.value).label(
                "state"
            ),
            decided.c.person.label("approver"),
            decided.c.at.label("decided_at"),
            decided.c.reason.label("decision_reason"),
            gone.c.person.label("withdrawn_by"),
            gone.c.at.label("withdrawn_at"),
            gone.c.reason.label("withdrawal_reason"),
        )
        .select_from(joined)
        .order_by(same)
    )


_ALL: Final = _all()
