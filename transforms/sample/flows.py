"""What happened to the demo bank's loans within a month, and what became of loans written off.

Events follow from two month ends: what a loan owed on the bank's own book before, what it owes now, and
how its life says it came there. So opening plus events is closing, to the cent, for every loan and, with
moves between branches told on both sides, for every branch. The month before the window is read off the
life cycles like any other, so the window's first month tells its events as all others do.
"""

from dataclasses import dataclass, fields
from datetime import date
from enum import IntEnum
from typing import Final

import numpy as np
import polars as pl

from transforms.sample.draws import (
    Flags,
    Ints,
    Shorts,
    below,
    blanked,
    chance,
    dates,
    day_number,
    days,
    money,
    month_number,
    numbered,
    one_of,
    stream,
    words,
)
from transforms.sample.positions import Outcome
from transforms.sample.snapshot import (
    CURRENCIES,
    GONE,
    ISSUES,
    TIERS,
    Book,
    World,
    bits,
    own_principal,
    principal_before,
)
from transforms.schema import LOAN_EVENT, WRITE_OFF_RECOVERY


class Kind(IntEnum):
    """Kinds of event, in the order in which one day's events are told."""

    BRANCH_MOVE = 0
    DRAWDOWN = 1
    SCHEDULED_REPAYMENT = 2
    PREPAYMENT = 3
    RENEWAL = 4
    RESTRUCTURE = 5
    WRITE_OFF = 6
    TRANSFER_OUT = 7
    SECURITISED = 8
    RECLASSIFICATION = 9
    RECOVERY = 10


KINDS: Final = tuple(kind.name.lower() for kind in Kind)
_CLOSED_BY: Final = np.array(
    [
        {
            "refinance": Kind.RENEWAL,
            "restructure": Kind.RESTRUCTURE,
            "renewal_no_repayment": Kind.RENEWAL,
        }.get(issue, -1)
        for issue in ISSUES
    ]
)
"""By issue type of a receipt how the one before it left the book; -1 for repaid in cash."""
_INSTALMENTS: Final = 3


@dataclass(frozen=True, eq=False)
class Disposals:
    """Loans written off, or sold while non-performing, in the window, and the cash that came back.

    The arrays of recoveries run by themselves; `of` says which disposal each belongs to.
    """

    loan: Ints
    month: Shorts
    day: Shorts
    principal: Ints
    interest: Ints
    written_off: Flags
    of: Ints
    paid_month: Shorts
    paid_day: Shorts
    paid: Ints


def draw_disposals(world: World, *, first: int, last: int) -> Disposals:
    """Read off the life cycles what left the book, and draw what came back of what was written off."""
    loans, positions = world.loans, world.positions
    outcome, resolved = positions.outcome[loans.position], positions.resolved[loans.position]
    gone = loans.troubled & np.isin(outcome, (Outcome.WRITTEN_OFF, Outcome.TRANSFERRED))
    gone &= (resolved >= first) & (resolved <= last)
    loan = np.flatnonzero(gone)
    month = resolved[loan].astype(np.int32)
    principal = principal_before(world, loan, month)
    held = principal > 0
    loan, month, principal = loan[held], month[held], principal[held]
    size = len(loan)
    rng = stream(world.seed, "recoveries")
    interest = principal * (10 + below(rng, 51, size)) // 1_000
    written_off = outcome[loan] == Outcome.WRITTEN_OFF
    recovers = written_off & chance(rng, 550_000, size)
    back = principal * (50 + below(rng, 351, size)) // 1_000
    count = 1 + one_of(rng, np.full(size, _INSTALMENTS, dtype=np.int64))
    wait = month + 1 + below(rng, 6, size)
    gap = 1 + below(rng, 4, size)
    of = np.repeat(np.flatnonzero(recovers), count[recovers])
    step = np.arange(len(of)) - np.repeat(
        np.cumsum(count[recovers]) - count[recovers], count[recovers]
    )
    even = back // count
    paid = np.where(step == count[of] - 1, back[of] - even[of] * (count[of] - 1), even[of])
    paid_month = (wait[of] + step * gap[of]).astype(np.int32)
    return Disposals(
        loan=loan,
        month=month,
        day=_leaves_on(world, loan, month),
        principal=principal,
        interest=interest,
        written_off=written_off,
        of=of,
        paid_month=paid_month,
        paid_day=days(paid_month, 1 + below(rng, 28, len(of))),
        paid=paid,
    )


def _leaves_on(world: World, loan: Ints, month: Shorts) -> Shorts:
    """The day on which a loan is written off, sold or securitised: late in the month."""
    return days(month, (20 + bits(world.loans.more[loan], 42, 6) % 9).astype(np.int32))


@dataclass(frozen=True, eq=False)
class _Rows:
    """Some events; all arrays run alike."""

    loan: Ints
    node: Shorts
    day: Shorts
    kind: Ints
    cents: Ints
    source: Ints
    """Place of the value before in `_values`, 0 for none; the next likewise."""
    target: Ints


def _rows(
    loan: Ints,
    node: Shorts,
    day: Shorts,
    kind: Ints | Kind,
    cents: Ints,
    change: tuple[Ints, Ints] | None = None,
) -> _Rows:
    none = np.zeros(len(loan), dtype=np.int64)
    source, target = (none, none) if change is None else change
    return _Rows(loan, node, day, none + kind, cents, source, target)


def _values(world: World) -> list[str | None]:
    return [None, *TIERS, *world.branches.ids]


_TIER_AT: Final = 1
_BRANCH_AT: Final = _TIER_AT + len(TIERS)


@dataclass(frozen=True, eq=False)
class _Step:
    """The loans of the month end before, with what became of them by this one."""

    loan: Ints
    node: Shorts
    """The branch that keeps its book now; the next, before."""
    node_before: Shorts
    opening: Ints
    closing: Ints
    kind: Ints
    """Of the event that took the loan, or a part of it, off the book."""
    day: Shorts
    """Of that event."""
    tier_before: Shorts
    tier: Shorts
    """-1 where the loan is no longer there."""
    leaves: Flags
    """Written off or sold, and shown in the book for the last time."""


def _step(world: World, before: Book, now: Book) -> _Step:
    loans, loan = world.loans, before.at
    place = np.full(len(loans.position), -1, dtype=np.int64)
    place[now.at] = np.arange(len(now.at))
    # What is no longer there finds the last element: nothing owed, no tier, no status.
    there = place[loan]
    status = np.append(now.status, -1)[there]
    movement = np.append(now.movement, -1)[there]
    kind = np.select(
        [status == GONE, status > GONE, movement > 0, there >= 0],
        [Kind.WRITE_OFF, Kind.TRANSFER_OUT, Kind.SECURITISED, Kind.SCHEDULED_REPAYMENT],
        _closings(world, loan, now),
    )
    month = np.full(len(loan), now.month, dtype=np.int32)
    some_day = (1 + bits(loans.more[loan], 48, 8) % 28).astype(np.int32)
    return _Step(
        loan=loan,
        node=world.branches.booking(now.as_of)[world.positions.node[before.position]],
        node_before=before.node,
        opening=own_principal(before),
        closing=np.append(own_principal(now), 0)[there],
        kind=kind,
        day=np.select(
            [kind >= Kind.WRITE_OFF, kind == Kind.PREPAYMENT],
            [_leaves_on(world, loan, month), days(month, some_day)],
            days(month, world.positions.day[before.position]),
        ).astype(np.int32),
        tier_before=before.tier,
        tier=np.append(now.tier, -1)[there],
        leaves=status >= GONE,
    )


def _closings(world: World, loan: Ints, now: Book) -> Ints:
    """How each loan would leave the book this month: replaced by another, prepaid, or repaid when due."""
    loans = world.loans
    replaces = loans.previous[now.at]
    new = np.flatnonzero((loans.start[now.at] == now.month) & (replaces >= 0))
    by_next = np.full(len(loans.position), -1, dtype=np.int64)
    by_next[replaces[new]] = _CLOSED_BY[now.issue[new]]
    early = loans.end[loan] < loans.start[loan] + loans.term[loan]
    alone = np.where(early, Kind.PREPAYMENT, Kind.SCHEDULED_REPAYMENT)
    return np.where(by_next[loan] >= 0, by_next[loan], alone)


def _drawn(world: World, now: Book) -> list[_Rows]:
    """Receipts drawn this month; some are securitised before it ends."""
    new = np.flatnonzero(world.loans.start[now.at] == now.month)
    loan, node, day, cents = now.at[new], now.node[new], now.drawn[new], now.original[new] * 100
    off = cents - own_principal(now)[new]
    gone = np.flatnonzero(off)
    left = _leaves_on(world, loan[gone], np.full(len(gone), now.month, dtype=np.int32))
    return [
        _rows(loan, node, day, Kind.DRAWDOWN, cents),
        _rows(loan[gone], node[gone], np.maximum(left, day[gone]), Kind.SECURITISED, -off[gone]),
    ]


def _moved(step: _Step, first: Shorts) -> list[_Rows]:
    """What one branch handed to another, on the first of the month: out of the one, into the other."""
    at = np.flatnonzero((step.node != step.node_before) & (step.opening > 0))
    old, new = step.node_before[at], step.node[at]
    change = (_BRANCH_AT + old.astype(np.int64), _BRANCH_AT + new.astype(np.int64))
    on, cents = first[at], step.opening[at]
    return [
        _rows(step.loan[at], old, on, Kind.BRANCH_MOVE, -cents, change),
        _rows(step.loan[at], new, on, Kind.BRANCH_MOVE, cents, change),
    ]


def _reclassified(step: _Step, today: int) -> _Rows:
    """Tiers that changed, on the month end or on the day the loan left."""
    at = np.flatnonzero((step.tier >= 0) & (step.tier != step.tier_before))
    return _rows(
        step.loan[at],
        step.node[at],
        np.where(step.leaves[at], step.day[at], today).astype(np.int32),
        Kind.RECLASSIFICATION,
        np.zeros(len(at), dtype=np.int64),
        (
            _TIER_AT + step.tier_before[at].astype(np.int64),
            _TIER_AT + step.tier[at].astype(np.int64),
        ),
    )


def _recovered(world: World, disposals: Disposals, now: Book) -> _Rows:
    """Cash that came back this month of loans written off before."""
    at = np.flatnonzero(disposals.paid_month == now.month)
    loan = disposals.loan[disposals.of[at]]
    node = world.branches.booking(now.as_of)[world.positions.node[world.loans.position[loan]]]
    return _rows(loan, node, disposals.paid_day[at], Kind.RECOVERY, disposals.paid[at])


def event_frame(world: World, before: Book, now: Book, disposals: Disposals) -> pl.DataFrame:
    """The events of the month between two month ends."""
    step = _step(world, before, now)
    paid = np.flatnonzero(step.opening != step.closing)
    first = np.full(len(step.loan), day_number(now.as_of.replace(day=1)), dtype=np.int32)
    all_rows = [
        *_moved(step, first),
        *_drawn(world, now),
        _rows(
            step.loan[paid],
            step.node[paid],
            step.day[paid],
            step.kind[paid],
            (step.closing - step.opening)[paid],
        ),
        _reclassified(step, day_number(now.as_of)),
        _recovered(world, disposals, now),
    ]
    loan, node, day, kind, cents, source, target = (
        np.concatenate([getattr(rows, field.name) for rows in all_rows]) for field in fields(_Rows)
    )
    order = np.lexsort((kind, loan, day))
    loan, kind, cents = loan[order], kind[order], cents[order]
    position = world.loans.position[loan]
    number = np.arange(1, len(order) + 1)
    values = _values(world)
    return pl.DataFrame(
        {
            "event_id": numbered(f"E{now.as_of:%Y%m}", number, 7),
            "loan_id": world.loans.ids.gather(loan),
            "borrower_id": world.borrowers.ids.gather(world.positions.borrower[position]),
            "branch_id": words(world.branches.ids, node[order]),
            "event_date": dates(day[order]),
            "event_type": words(KINDS, kind),
            "amount": money(cents),
            "currency_code": words(CURRENCIES, world.positions.currency[position]),
            "from_value": words(values, source[order]),
            "to_value": words(values, target[order]),
            "transaction_no": blanked(
                numbered(f"TX{now.as_of:%Y%m}", number, 8), kind == Kind.RECLASSIFICATION
            ),
        },
        schema_overrides=LOAN_EVENT.dtypes,
    )


def write_off_frame(world: World, disposals: Disposals, as_of: date) -> pl.DataFrame:
    """Loans written off or sold while non-performing so far, at the branch that keeps their books now."""
    month, size = month_number(as_of), len(disposals.loan)
    back = np.zeros(size, dtype=np.int64)
    so_far = disposals.paid_month <= month
    np.add.at(back, disposals.of[so_far], disposals.paid[so_far])
    at = np.flatnonzero(disposals.month <= month)
    loan = disposals.loan[at]
    position = world.loans.position[loan]
    node = world.branches.booking(as_of)[world.positions.node[position]]
    kept = disposals.written_off[at]
    return pl.DataFrame(
        {
            "loan_id": world.loans.ids.gather(loan),
            "borrower_id": world.borrowers.ids.gather(world.positions.borrower[position]),
            "branch_id": words(world.branches.ids, node),
            "write_off_date": dates(disposals.day[at]),
            "method": words(("transfer", "write_off"), kept.astype(np.int32)),
            "principal": money(disposals.principal[at]),
            "interest": money(disposals.interest[at]),
            "recovered_to_date": money(back[at]),
            "claim_kept": pl.Series(kept),
            "currency_code": words(CURRENCIES, world.positions.currency[position]),
        },
        schema_overrides=WRITE_OFF_RECOVERY.dtypes,
    )
