"""Editions of reports, the steps to their release, and what is said about their checks.

An edition is what was prepared of a return for a unit and month, by the hash of its contents. It is checked,
approved and released by people who are not the same, or given back; other contents are a new edition. The
contents themselves belong in `records.package_store`; what an edition is, and how it is found, in `editions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

import polars as pl
import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from records.access import Scope
from records.ledger import links
from records.ledger.database import Database
from records.ledger.editions import (
    HEAD_COLUMNS,
    HEADS,
    PACKAGES,
    REMARKS,
    STEPS,
    TAKEN,
    Head,
    Step,
    newest_of,
    require,
    steps_of,
    stood,
    within,
)
from records.ledger.errors import LedgerUseError
from records.ledger.people import is_same_person, named, person_key, told, words
from records.ledger.report_tables import RETURN_PACKAGE, RETURN_REMARK, RETURN_STEP
from transforms.returns.package import Package

__all__ = ["PACKAGES", "REMARKS", "STEPS", "Head", "RemarkKind", "Returns", "Step"]

RemarkKind = Literal["comment", "reason"]

_BEFORE: Final = {
    Step.CHECKED: (Step.PREPARED,),
    Step.APPROVED: (Step.CHECKED,),
    Step.RELEASED: (Step.APPROVED,),
    Step.RETURNED: (Step.PREPARED, Step.CHECKED, Step.APPROVED),
}
_NEXT: Final = {
    Step.PREPARED: "Check it first",
    Step.CHECKED: "Approve it next",
    Step.APPROVED: "Release it next",
    Step.RELEASED: "Prepare it anew if something changed",
    Step.RETURNED: "Prepare it anew",
}
_NOT_BY: Final = {
    Step.CHECKED: (Step.PREPARED,),
    Step.APPROVED: (Step.PREPARED, Step.CHECKED),
    Step.RELEASED: (Step.PREPARED,),
    Step.RETURNED: (),
}
"""Whose steps another person has to take."""


@dataclass(frozen=True, eq=False)
class Returns:
    """The editions of one ledger."""

    database: Database

    def prepare(
        self, scope: Scope, package: Package, *, by: str, at: datetime, note: str = ""
    ) -> tuple[Head, bool]:
        """Enter an edition, unless the newest one holds the same and was not given back.

        Returns:
            The edition, and whether it is a new one.

        Raises:
            AccessError: if the unit is outside the scope.
            LedgerUseError: if nobody is named.
            LedgerError: if the ledger cannot be written to.
        """
        scope.require(package.unit_id)
        person, said, hashed = named(by), told(note), package.content_hash
        with self.database.writing() as connection:
            key = (package.return_id, package.unit_id, package.as_of)
            before = newest_of(connection, *key)
            if before is not None and before.content_hash == hashed:
                state = steps_of(connection, before.package_id)[-1]["step"]
                if state != Step.RETURNED:
                    return before, False
            row = {
                "return_id": package.return_id,
                "return_version": package.return_version,
                "definition_hash": package.definition_hash,
                "unit_id": package.unit_id,
                "as_of_date": package.as_of,
                "edition": 1 if before is None else before.edition + 1,
                "follows": None if before is None else before.edition,
                "content_hash": hashed,
                "snapshot_version": package.snapshot_version,
                "run_id": package.run_id,
                "fingerprint": package.fingerprint,
                "preparer": person,
                "preparer_key": person_key(person),
                "prepared_at": at,
            }
            made = sa.insert(RETURN_PACKAGE).values(row).returning(RETURN_PACKAGE.c.package_id)
            number = int(connection.execute(made).scalar_one())
            first = {
                "package_id": number,
                "position": 1,
                "step": Step.PREPARED.value,
                "content_hash": hashed,
                "person": person,
                "person_key": person_key(person),
                "preparer_key": person_key(person),
                "at": at,
                "note": said,
            }
            connection.execute(sa.insert(RETURN_STEP).values(first))
            return require(connection, scope, number), True

    def step(
        self,
        scope: Scope,
        package_id: int,
        step: Step,
        *,
        content_hash: str,
        by: str,
        at: datetime,
        note: str = "",
    ) -> int:
        """Take the next step with an edition.

        Args:
            scope: for whom.
            package_id: the edition.
            step: which step; `PREPARED` is taken by `prepare`.
            content_hash: of what the person looked at.
            by: who takes it.
            at: when.
            note: what the person adds; to give back needs one.

        Returns:
            The number of the step.

        Raises:
            LedgerUseError: if it is not the turn of that step, the edition is not the newest one or holds
                something else, or one of those on it already takes it.
            LedgerError: if the ledger cannot be written to.
        """
        person, said = named(by), told(note)
        with self.database.writing() as connection:
            head = require(connection, scope, package_id)
            steps = steps_of(connection, package_id)
            newest = newest_of(connection, head.return_id, head.unit_id, head.as_of)
            _allow(head, newest or head, steps, step, content_hash, person, said)
            last = steps[-1]
            anchor = links.head(connection) if step is Step.RELEASED else (None, None)
            row = {
                "package_id": package_id,
                "position": last["position"] + 1,
                "step": step.value,
                "content_hash": content_hash,
                "person": person,
                "person_key": person_key(person),
                "at": at,
                "note": said,
                "preparer_key": steps[0]["person_key"],
                "after_position": last["position"],
                "after_step": last["step"],
                "after_key": last["person_key"],
                "anchor_number": anchor[0],
                "anchor_hash": anchor[1],
            }
            made = sa.insert(RETURN_STEP).values(row).returning(RETURN_STEP.c.step_id)
            return int(connection.execute(made).scalar_one())

    def remark(
        self,
        scope: Scope,
        package_id: int,
        *,
        case: str,
        kind: RemarkKind,
        text: str,
        by: str,
        at: datetime,
    ) -> int:
        """Say something about a case of a check, `check_id#number`, before the edition is released.

        Returns:
            The number of the remark.

        Raises:
            LedgerUseError: if nothing is said, the edition is released or given back, or its preparer gives
                the reason.
            LedgerError: if the ledger cannot be written to.
        """
        person, said = named(by), told(text)
        if said is None or not any(one.isalpha() for one in said):
            raise LedgerUseError(f"The {kind} about {case} says nothing. Say it in words.")
        if words(case) is None:
            raise LedgerUseError("The remark is about no check. Name the case as check_id#number.")
        with self.database.writing() as connection:
            head = require(connection, scope, package_id)
            state = steps_of(connection, package_id)[-1]["step"]
            if state in {Step.RELEASED, Step.RETURNED}:
                raise LedgerUseError(
                    f"{head.called}, is {state}, and nothing is added to it. "
                    f"{_NEXT[Step(state)]}, and say it there."
                )
            preparer = person_key(head.prepared_by)
            if kind == "reason" and is_same_person(person, head.prepared_by):
                raise LedgerUseError(
                    f"{head.called}, was prepared by {head.prepared_by}, who cannot give the reason why it "
                    "goes out all the same. Have a second person give it."
                )
            row = {
                "package_id": package_id,
                "check_case": case.strip(),
                "kind": kind,
                "text": said,
                "person": person,
                "person_key": person_key(person),
                "preparer_key": preparer,
                "at": at,
            }
            made = sa.insert(RETURN_REMARK).values(row).returning(RETURN_REMARK.c.remark_id)
            return int(connection.execute(made).scalar_one())

    def packages(
        self,
        scope: Scope,
        *,
        return_id: str | None = None,
        unit: str | None = None,
        as_of: date | None = None,
    ) -> pl.DataFrame:
        """Editions in the scope, the oldest first; columns `PACKAGES`.

        Raises:
            AccessError: if the unit is outside the scope.
            LedgerError: if the ledger cannot be read.
        """
        if unit is not None:
            scope.require(unit)
        of = {"return_id": return_id, "unit_id": unit, "as_of_date": as_of}
        wanted = [
            RETURN_PACKAGE.c[name] == value for name, value in of.items() if value is not None
        ]
        own = RETURN_STEP.join(
            RETURN_PACKAGE, RETURN_PACKAGE.c.package_id == RETURN_STEP.c.package_id
        )
        taken = [RETURN_STEP.c[name] for name in TAKEN]
        with self.database.reading(since=links.SINCE) as connection:
            if connection is None:
                return pl.DataFrame(schema=dict(PACKAGES))
            heads = connection.execute(HEADS.where(*wanted)).mappings()
            kept = pl.DataFrame(
                [dict(one) for one in heads], schema=dict(HEAD_COLUMNS), orient="row"
            )
            order = (RETURN_STEP.c.package_id, RETURN_STEP.c.position)
            query = sa.select(*taken).select_from(own).where(*wanted).order_by(*order)
            rows = connection.execute(query).mappings()
            steps = pl.DataFrame([dict(one) for one in rows], schema=dict(TAKEN), orient="row")
        return scope.limit(stood(kept.lazy(), steps.lazy()), "unit_id").collect()

    def steps(self, scope: Scope, *, package_id: int | None = None) -> pl.DataFrame:
        """Steps of editions in the scope, the oldest first; columns `STEPS`.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        names = ("step_id", "step", "content_hash", "person", "at", "note", *_ANCHOR)
        columns = {name: RETURN_STEP.c[name] for name in names}
        return self._of(scope, RETURN_STEP, columns, STEPS, package_id)

    def remarks(self, scope: Scope, *, package_id: int | None = None) -> pl.DataFrame:
        """What was said about checks of editions in the scope, the oldest first; columns `REMARKS`.

        Raises:
            LedgerError: if the ledger cannot be read.
        """
        columns = {
            name: RETURN_REMARK.c[name] for name in ("remark_id", "kind", "text", "person", "at")
        }
        columns["case"] = RETURN_REMARK.c.check_case
        return self._of(scope, RETURN_REMARK, columns, REMARKS, package_id)

    def head(self, scope: Scope, package_id: int) -> Head:
        """An edition by its number.

        Raises:
            LedgerUseError: if there is none of that number in the scope.
            LedgerError: if the ledger cannot be read.
        """
        with self.database.reading(since=links.SINCE) as connection:
            return require(connection, scope, package_id)

    def newest(self, scope: Scope, return_id: str, unit: str, as_of: date) -> Head | None:
        """The newest edition of a return for a unit and month, whatever its state.

        Raises:
            AccessError: if the unit is outside the scope.
            LedgerError: if the ledger cannot be read.
        """
        scope.require(unit)
        with self.database.reading(since=links.SINCE) as connection:
            return None if connection is None else newest_of(connection, return_id, unit, as_of)

    def released(self, scope: Scope, return_id: str, unit: str, as_of: date) -> Head | None:
        """The newest released edition of a return for a unit and month.

        Raises:
            AccessError: if the unit is outside the scope.
            LedgerError: if the ledger cannot be read.
        """
        scope.require(unit)
        with self.database.reading(since=links.SINCE) as connection:
            if connection is None:
                return None
            return newest_of(connection, return_id, unit, as_of, step=Step.RELEASED)

    def _of(
        self,
        scope: Scope,
        table: sa.Table,
        columns: Mapping[str, sa.Column[object]],
        schema: Mapping[str, pl.DataType],
        package_id: int | None,
    ) -> pl.DataFrame:
        """Rows about editions, each with what its edition is of."""
        package = RETURN_PACKAGE.c
        of = {
            "package_id": package.package_id,
            "return_id": package.return_id,
            "unit_id": package.unit_id,
            "as_of": package.as_of_date,
            "edition": package.edition,
        }
        asked = [one.label(name) for name, one in {**columns, **of}.items()]
        joined = table.join(RETURN_PACKAGE, package.package_id == table.c.package_id)
        query = sa.select(*asked).select_from(joined).order_by(links.number_of(table))
        if package_id is not None:
            query = query.where(table.c.package_id == within(package_id))
        with self.database.reading(since=links.SINCE) as connection:
            rows = [] if connection is None else list(connection.execute(query).mappings())
        frame = pl.DataFrame([dict(row) for row in rows], schema=dict(schema), orient="row")
        return scope.limit(frame.lazy(), "unit_id").collect()


_ANCHOR: Final = ("anchor_number", "anchor_hash")


def _allow(
    head: Head,
    newest: Head,
    steps: list[RowMapping],
    step: Step,
    content_hash: str,
    person: str,
    note: str | None,
) -> None:
    """Whether a step may be taken.

    Raises:
        LedgerUseError: if not.
    """
    state = Step(steps[-1]["step"])
    if newest.edition != head.edition:
        raise LedgerUseError(
            f"{head.called}, is replaced by edition {newest.edition}. Look at that one."
        )
    if step is Step.PREPARED or state not in _BEFORE[step]:
        raise LedgerUseError(f"{head.called}, is {state} and cannot be {step}. {_NEXT[state]}.")
    if content_hash != head.content_hash:
        raise LedgerUseError(
            f"{head.called}, holds something else than what was looked at ({head.content_hash[:12]}, not "
            f"{content_hash[:12]}). Open it again."
        )
    if step is Step.RETURNED and (note is None or not any(one.isalpha() for one in note)):
        raise LedgerUseError(f"{head.called}, is given back for a reason. Say it in words.")
    others = {one["step"]: one for one in steps if one["step"] in _NOT_BY[step]}
    for taken, other in others.items():
        if is_same_person(other["person"], person):
            raise LedgerUseError(
                f"{head.called}, was {taken} by {other['person']}, so that it has to be {step} by somebody "
                "else. Have another person do it."
            )
