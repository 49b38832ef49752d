"""Targets in the ledger: what was proposed, by whom, and what became of it.

A target is a draft, is submitted, and is approved by somebody who neither made nor submitted it. Each
of these is a row of its own; nothing is changed afterwards. Whether a proposal makes sense is said by
`transforms.proposals` before it comes here; which version holds on a day, by `transforms.target_states`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from records.access import Scope
from records.ledger.database import Database
from records.ledger.errors import LedgerUseError
from records.ledger.people import named, person_key, words
from records.ledger.tables import STEPS, TARGET_STEP, TARGET_VERSION
from transforms.errors import listed
from transforms.proposals import Proposal, key_text
from transforms.schema import DAY, TEXT, WIDE
from transforms.target_states import KEY, State, with_states

_MOMENT: Final = pl.Datetime("us", "UTC")

TARGETS: Final[Mapping[str, pl.DataType]] = {
    "target_id": pl.Int64(),
    "branch_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "period": TEXT,
    "version": pl.Int64(),
    "target_value": WIDE,
    "near_band": WIDE,
    "phasing": TEXT,
    "phasing_shares": TEXT,
    "base_value": WIDE,
    "valid_from": DAY,
    "valid_to": DAY,
    "note": TEXT,
    "source": TEXT,
    "maker": TEXT,
    "made_at": _MOMENT,
    "submitter": TEXT,
    "submitted_at": _MOMENT,
    "checker": TEXT,
    "checked_at": _MOMENT,
    "decision_reason": TEXT,
    "withdrawn_by": TEXT,
    "withdrawn_at": _MOMENT,
    "withdrawal_reason": TEXT,
    "step": TEXT,
    "state": TEXT,
    "holds_until": DAY,
}
"""Columns of `Targets.all`; an empty reading is the metric's default one."""


@dataclass(frozen=True)
class Entered:
    """What came of proposals.

    Attributes:
        target_ids: the new versions, in the order of the proposals.
        unchanged: proposals that say exactly what the newest version of their key says already.
    """

    target_ids: tuple[int, ...]
    unchanged: tuple[Proposal, ...]


@dataclass(frozen=True, eq=False)
class Targets:
    """The targets of one ledger."""

    database: Database

    def all(
        self,
        scope: Scope,
        *,
        branch: str | None = None,
        metric: str | None = None,
        period: str | None = None,
    ) -> pl.DataFrame:
        """Every version of the targets in the scope, by key and version; columns `TARGETS`.

        Args:
            scope: whose branches.
            branch: of one branch only.
            metric: for one metric only.
            period: for one period only, as it is written.

        Raises:
            AccessError: if the branch is outside the scope.
            LedgerError: if the ledger cannot be read.
        """
        if branch is not None:
            scope.require(branch)
        narrowed = {"branch_id": branch, "metric_id": metric, "period": period}
        asked = {name: value for name, value in narrowed.items() if value is not None}
        with self.database.reading() as connection:
            held = _frame([]) if connection is None else _held(self.database, connection, asked)
        frame = held.lazy()
        for column, wanted in asked.items():
            frame = frame.filter(pl.col(column) == wanted)
        return scope.limit(frame, "branch_id").collect()

    def mark(self) -> tuple[object, ...]:
        """What changes whenever a target is entered or decided on: a part of the keys of kept answers.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        with self.database.reading() as connection:
            if connection is None:
                return ()
            # Not the whole mark: it changes with every look that is written down, too.
            file = (self.database.mark() or (None,))[0]
            return (file, *_state(connection))

    def enter(
        self,
        scope: Scope,
        proposals: Sequence[Proposal],
        *,
        by: str,
        at: datetime,
        sources: Sequence[str | None] = (),
        submit: bool = False,
    ) -> Entered:
        """Enter proposals as drafts, all of them or none: each is a new version of its key.

        What the newest version says already, and was neither rejected nor withdrawn, is not entered
        again; if it is a draft and is to be submitted, that draft is.

        Args:
            scope: whose branches; each proposal's has to lie in it.
            proposals: as `transforms.proposals.settled` gives them, without objections.
            by: who proposes them.
            at: when.
            sources: where each comes from, such as a file and its row; nothing if they come from hand.
            submit: whether they are submitted at once.

        Raises:
            AccessError: if a branch is outside the scope.
            LedgerUseError: if nobody is named.
            LedgerError: if the ledger cannot be written to.
        """
        maker = named(by)
        for proposal in proposals:
            scope.require(proposal.branch_id)
        unchanged: list[Proposal] = []
        numbers: list[int] = []
        drafts: list[int] = []
        if not proposals:
            return Entered((), ())
        with self.database.writing() as connection:
            newest = _newest(connection)
            for place, proposal in enumerate(proposals):
                version, said, draft = newest.get(proposal.key, (0, None, None))
                if said == _said(proposal):
                    unchanged.append(proposal)
                    if submit and draft is not None:
                        drafts.append(draft)
                    continue
                row = {
                    **dict(zip(KEY, proposal.key, strict=True)),
                    **_said(proposal),
                    "version": version + 1,
                    "source": sources[place] if sources else None,
                    "maker": maker,
                    "maker_key": person_key(maker),
                    "made_at": at,
                }
                made = connection.execute(
                    sa.insert(TARGET_VERSION).values(row).returning(TARGET_VERSION.c.target_id)
                )
                numbers.append(made.scalar_one())
                newest[proposal.key] = (version + 1, _said(proposal), None)
            waiting = [*numbers, *dict.fromkeys(drafts)]
            if submit and waiting:
                _take(connection, waiting, State.SUBMITTED, maker, at, None)
        return Entered(tuple(numbers), tuple(unchanged))

    def submit(self, scope: Scope, target_ids: Collection[int], *, by: str, at: datetime) -> None:
        """Ask for approval of drafts, all of them or none.

        Raises:
            LedgerUseError: if one is no draft, or no longer the newest version of its key.
        """
        self._taken(scope, target_ids, State.SUBMITTED, by, at, None)

    def approve(self, scope: Scope, target_ids: Collection[int], *, by: str, at: datetime) -> None:
        """Approve submitted targets, all of them or none.

        Raises:
            LedgerUseError: if the same person made or submitted one, or it is not there to be approved.
        """
        self._taken(scope, target_ids, State.APPROVED, by, at, None)

    def reject(
        self, scope: Scope, target_ids: Collection[int], *, by: str, at: datetime, reason: str
    ) -> None:
        """Send submitted targets back, all of them or none.

        Raises:
            LedgerUseError: as for `approve`, or if no reason is given.
        """
        self._taken(scope, target_ids, State.REJECTED, by, at, reason)

    def withdraw(
        self, scope: Scope, target_ids: Collection[int], *, by: str, at: datetime, reason: str
    ) -> None:
        """Take targets back, whatever their state, all of them or none.

        An approved one is taken back by somebody who neither made nor submitted it; the version that
        was approved before it then holds again.

        Raises:
            LedgerUseError: if no reason is given, one is withdrawn or rejected already, or it takes
                another person.
        """
        self._taken(scope, target_ids, State.WITHDRAWN, by, at, reason)

    def _taken(
        self,
        scope: Scope,
        target_ids: Collection[int],
        step: State,
        by: str,
        at: datetime,
        reason: str | None,
    ) -> None:
        person = named(by)
        why = words(reason)
        if why is None and step in {State.REJECTED, State.WITHDRAWN}:
            raise LedgerUseError("A reason is needed to reject or withdraw. Say it with --reason.")
        numbers = list(dict.fromkeys(target_ids))
        if not numbers:
            return
        with self.database.writing() as connection:
            known = _frame(_rows(connection, numbers))
            by_id = {row["target_id"]: row for row in known.to_dicts()}
            absent = sorted(set(numbers) - set(by_id))
            if absent:
                raise LedgerUseError(
                    f"There is no target number {listed([str(one) for one in absent])}. "
                    "`branchmark targets list` shows the numbers."
                )
            for number in numbers:
                row = by_id[number]
                scope.require(row["branch_id"])
                _allow(row, step, person)
            _take(connection, numbers, step, person, at, why)


_FROM: Final = {
    State.SUBMITTED: (State.DRAFT,),
    State.APPROVED: (State.SUBMITTED,),
    State.REJECTED: (State.SUBMITTED,),
    State.WITHDRAWN: (
        State.DRAFT,
        State.SUBMITTED,
        State.APPROVED,
        State.SUPERSEDED,
        State.REPLACED,
    ),
}
_NAMED: Final = 10_000
"""So many numbers are named in a question; PostgreSQL takes 65,535 at most. Of more, all are read."""
_WORDS: Final = {
    State.SUBMITTED: "submit",
    State.APPROVED: "approve",
    State.REJECTED: "reject",
    State.WITHDRAWN: "withdraw",
}


def _allow(row: Mapping[str, object], step: State, person: str) -> None:
    """Whether that person may take that step with that version.

    Raises:
        LedgerUseError: if not, with the reason.
    """
    name = f"{key_text(*(str(row[one]) for one in KEY))}, version {row['version']},"
    state = State(str(row["state"]))
    if state not in _FROM[step]:
        raise LedgerUseError(f"{name} is {state.value}. {_WAY_OUT[state]}")
    first_hand = {person_key(str(row[one])) for one in ("maker", "submitter") if row[one]}
    second = step in {State.APPROVED, State.REJECTED} or (
        step is State.WITHDRAWN and state in {State.APPROVED, State.SUPERSEDED}
    )
    if second and person_key(person) in first_hand:
        raise LedgerUseError(
            f"{name} was made or submitted by {person}. Have a second person {_WORDS[step]} it."
        )


_WAY_OUT: Final = {
    State.DRAFT: "Submit it first: branchmark targets submit.",
    State.SUBMITTED: "It waits for approval: branchmark targets approve.",
    State.APPROVED: "Enter a new version to change it: branchmark targets set.",
    State.SUPERSEDED: "A newer version is approved; enter another to change it: branchmark targets set.",
    State.REPLACED: "Act on the newer version, or withdraw that one; `branchmark targets history` "
    "shows both.",
    State.REJECTED: "Enter a new version: branchmark targets set.",
    State.WITHDRAWN: "Enter a new version: branchmark targets set.",
}


def _take(
    connection: Connection,
    target_ids: Collection[int],
    step: State,
    person: str,
    at: datetime,
    reason: str | None,
) -> None:
    """Write a step for each of the targets."""
    stage = STEPS[step.value]
    row: dict[str, object] = {
        "stage": stage,
        "step": step.value,
        "person": person,
        "person_key": person_key(person),
        "at": at,
        "reason": reason,
    }
    hands: dict[int, dict[str, object]] = {}
    if stage == "decision":
        submission = sa.and_(
            TARGET_STEP.c.target_id == TARGET_VERSION.c.target_id,
            TARGET_STEP.c.stage == "submission",
        )
        query = sa.select(
            TARGET_VERSION.c.target_id, TARGET_VERSION.c.maker_key, TARGET_STEP.c.person_key
        ).join_from(TARGET_VERSION, TARGET_STEP, submission)
        if len(target_ids) <= _NAMED:
            query = query.where(TARGET_VERSION.c.target_id.in_(sorted(target_ids)))
        found = connection.execute(query)
        hands = {
            number: {"maker_key": maker, "submitter_key": submitter, "follows": "submission"}
            for number, maker, submitter in found
        }
    connection.execute(
        sa.insert(TARGET_STEP),
        [{**row, "target_id": number, **hands.get(number, {})} for number in target_ids],
    )


_SAID: Final = (
    *("target_value", "near_band", "phasing", "phasing_shares", "base_value"),
    *("valid_from", "valid_to", "note"),
)


def _said(proposal: Proposal) -> dict[str, object]:
    """What a version says of its key."""
    return {name: getattr(proposal, name) for name in _SAID}


_Newest = tuple[int, dict[str, object] | None, int | None]


def _newest(connection: Connection) -> dict[tuple[str, ...], _Newest]:
    """The newest version of every key: what it says, and its number if it is a draft.

    A rejected or withdrawn one says nothing.
    """
    found: dict[tuple[str, ...], _Newest] = {}
    for row in _frame(_rows(connection)).to_dicts():
        dead = row["state"] in {State.REJECTED.value, State.WITHDRAWN.value}
        said = None if dead else {name: row[name] for name in _SAID}
        draft = row["target_id"] if row["state"] == State.DRAFT.value else None
        found[tuple(row[name] for name in KEY)] = (row["version"], said, draft)
    return found


def _rows(
    connection: Connection,
    target_ids: Collection[int] | None = None,
    wanted: Mapping[str, str] | None = None,
) -> list[dict[str, object]]:
    """Versions with their steps beside them; of a few numbers, the versions of the same keys only.

    Args:
        connection: to the ledger.
        target_ids: some numbers only.
        wanted: values that columns of a key must have.
    """
    version, query = TARGET_VERSION, _versions_query()
    if target_ids is not None and len(target_ids) <= _NAMED:
        other = version.alias("same_key")
        keys = sa.and_(*(other.c[name] == version.c[name] for name in KEY))
        asked = other.c.target_id.in_(sorted(target_ids))
        query = query.where(sa.exists().where(keys, asked))
    for column, value in (wanted or {}).items():
        query = query.where(version.c[column] == value)
    return [dict(row) for row in connection.execute(query).mappings()]


@cache
def _versions_query() -> sa.Select[*tuple[Any, ...]]:
    """Versions with their steps beside them; put together once, since that takes as long as to ask it."""
    stages = {name: TARGET_STEP.alias(name) for name in ("submission", "decision", "withdrawal")}
    version = TARGET_VERSION
    joined: sa.FromClause = version
    for name, step in stages.items():
        joined = joined.outerjoin(
            step, sa.and_(step.c.target_id == version.c.target_id, step.c.stage == name)
        )
    submission, decision, withdrawal = stages.values()
    own = [column for column in version.c if column.name != "maker_key"]
    return sa.select(
        *own,
        submission.c.person.label("submitter"),
        submission.c.at.label("submitted_at"),
        decision.c.person.label("checker"),
        decision.c.at.label("checked_at"),
        decision.c.reason.label("decision_reason"),
        withdrawal.c.person.label("withdrawn_by"),
        withdrawal.c.at.label("withdrawn_at"),
        withdrawal.c.reason.label("withdrawal_reason"),
        sa.func.coalesce(
            withdrawal.c.step, decision.c.step, submission.c.step, State.DRAFT.value
        ).label("step"),
    ).select_from(joined)


_KEPT: Final = 4
_kept: Final[dict[tuple[object, ...], pl.DataFrame]] = {}
"""Every version of a few ledgers as read last: of large banks these are ten thousands, and pages ask
for them in every run."""


def _held(database: Database, connection: Connection, keys: Mapping[str, str]) -> pl.DataFrame:
    """Every version with its steps, read anew only when something was entered; at least those of some keys.

    Args:
        database: the ledger's.
        connection: to it.
        keys: values that columns of a key must have; nothing for every version.
    """
    key = (database.url, database.mark(), *_state(connection))
    found = _kept.get(key)
    if found is None and keys:
        return _frame(_rows(connection, wanted=keys))
    if found is None:
        found = _frame(_rows(connection))
        for old in list(_kept)[: max(len(_kept) - _KEPT + 1, 0)]:
            _kept.pop(old, None)
        _kept[key] = found
    return found


def _state(connection: Connection) -> tuple[object, ...]:
    """Rows are only added: how many there are, and the last of them, tell one state from another."""
    return tuple(connection.execute(_state_query()).one())


@cache
def _state_query() -> sa.Select[*tuple[Any, ...]]:
    told: list[sa.ScalarSelect[Any]] = []
    for number, moment in (
        (TARGET_VERSION.c.target_id, TARGET_VERSION.c.made_at),
        (TARGET_STEP.c.step_id, TARGET_STEP.c.at),
    ):
        last = sa.select(moment).order_by(number.desc()).limit(1)
        told += [
            sa.select(sa.func.count(number)).scalar_subquery(),
            sa.select(sa.func.max(number)).scalar_subquery(),
            last.scalar_subquery(),
        ]
    return sa.select(*told)


def _frame(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    kept = {name: dtype for name, dtype in TARGETS.items() if name not in {"state", "holds_until"}}
    versions = pl.DataFrame(rows, schema=kept, orient="row")
    return with_states(versions).select(pl.col(name).cast(dtype) for name, dtype in TARGETS.items())
