"""Editions, signatures, adjustments and what was sent, on SQLite and on a real PostgreSQL alike."""

import hashlib
import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import polars as pl
import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from orchestration.bank import SYSTEM
from records.access import Scope
from records.ledger import links, revisions
from records.ledger.adjustments import ADJUSTMENTS, Proposal
from records.ledger.errors import LedgerError, LedgerUseError
from records.ledger.ledger import Ledger
from records.ledger.report_tables import (
    ADJUSTMENT,
    ADJUSTMENT_STEP,
    DISPATCH_ATTEMPT,
    LEDGER_LINK,
    LINKED,
    RETURN_PACKAGE,
    RETURN_REMARK,
    RETURN_STEP,
)
from records.ledger.returns import Head, Step
from records.workspace import create, open_workspace
from tests import servers
from transforms.errors import AccessError
from transforms.returns.package import ADJUSTED, CELL, SERIES, UNIT, VERDICT, Package

pytestmark = pytest.mark.whole

AT = datetime(2026, 11, 12, 9, 30, 15, 123456, tzinfo=UTC)
IN_CHINA = timezone(timedelta(hours=8))
OCTOBER = date(2026, 10, 31)
PACKAGE = Package(
    return_id="monthly_structure",
    return_version="1",
    definition_hash="d" * 64,
    unit_id="B205",
    as_of=OCTOBER,
    snapshot_version=1,
    run_id="run",
    fingerprint="print",
    base_currency="CNY",
    units=pl.DataFrame(schema=dict(UNIT)),
    cells=pl.DataFrame(schema=dict(CELL)),
    series=pl.DataFrame(schema=dict(SERIES)),
    verdicts=pl.DataFrame(schema=dict(VERDICT)),
    adjustments=pl.DataFrame(schema=dict(ADJUSTED)),
)
RESTATED = replace(PACKAGE, snapshot_version=2)
DELTA = Proposal(
    branch_id="B205",
    metric_id="sei_balance",
    reading="confirmed",
    slice="TOTAL",
    member="TOTAL",
    side="numerator",
    amount=Decimal("-1250000.000000000001"),
    reason="Booked twice on the last day.",
    evidence="memo 2026-118",
    live_from=OCTOBER,
    live_to=date(2026, 12, 31),
)
MAIL = {
    "purpose": "report",
    "subject": "monthly_structure-B205-2026-10-e1",
    "unit_id": "B205",
    "channel": "mail",
    "recipient": "ops@bank.example",
    "content_hash": "c" * 64,
    "at": AT,
}
_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def postgresql():
    yield from servers.postgresql()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request, tmp_path):
    """An empty ledger; the same tests for both databases."""
    workspace = create(tmp_path / "bank", name="Bank", base_currency="CNY")
    if request.param == "sqlite":
        return Ledger.of(workspace, lambda _: None)
    server = request.getfixturevalue("postgresql")
    name = f"reports{next(_NUMBERS)}"
    engine = sa.create_engine(server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    path = workspace.root / "branchmark.toml"
    path.write_text(f'{path.read_text("utf-8")}\nledger = "env:REPORTS"\n', "utf-8")
    address = server.rpartition("/")[0] + f"/{name}"
    return Ledger.of(open_workspace(workspace.root), {"REPORTS": address}.get)


def prepared(ledger, package=PACKAGE, by="Li Wei"):
    return ledger.returns.prepare(SYSTEM, package, by=by, at=AT)[0]


def step(ledger, head, which, by, *, note="", content_hash=None, scope=SYSTEM):
    return ledger.returns.step(
        scope,
        head.package_id,
        which,
        content_hash=content_hash or head.content_hash,
        by=by,
        at=AT,
        note=note,
    )


def released(ledger, package=PACKAGE):
    head = prepared(ledger, package)
    step(ledger, head, Step.CHECKED, "Chen")
    step(ledger, head, Step.APPROVED, "Zhao")
    step(ledger, head, Step.RELEASED, "Sun")
    return head


def written(
    ledger, table, row, said="refuses the entry|stands in place|has not ended|sent already"
):
    """Writes a row past the product, which the database itself refuses."""
    with pytest.raises(LedgerError, match=said), ledger.database.writing() as connection:
        connection.execute(sa.insert(table).values(row))


# --- editions ---------------------------------------------------------------------------------------


def test_nothing_is_there_before_anything_is_prepared_and_reading_makes_nothing(ledger):
    assert ledger.returns.packages(SYSTEM).is_empty()
    assert ledger.returns.steps(SYSTEM).is_empty()
    assert ledger.returns.remarks(SYSTEM).is_empty()
    assert ledger.adjustments.all(SYSTEM).is_empty()
    assert ledger.dispatches.all(SYSTEM).is_empty()
    assert ledger.events.all().is_empty()
    assert ledger.returns.newest(SYSTEM, "monthly_structure", "B205", OCTOBER) is None
    assert ledger.chain.head() == (0, links.START)
    assert ledger.standing().revision is None


def test_an_edition_goes_by_three_people_and_a_fourth_to_its_release(ledger):
    head = released(ledger)
    (row,) = ledger.returns.packages(SYSTEM).to_dicts()
    assert (row["edition"], row["state"], row["is_newest"]) == (1, "released", True)
    people = ("prepared_by", "checked_by", "approved_by", "released_by", "returned_by")
    assert [row[name] for name in people] == ["Li Wei", "Chen", "Zhao", "Sun", None]
    assert row["released_at"] == row["prepared_at"] == AT
    assert ledger.returns.released(SYSTEM, "monthly_structure", "B205", OCTOBER) == head
    assert head == Head(
        1, "monthly_structure", "1", "d" * 64, "B205", OCTOBER, 1, PACKAGE.content_hash, 1, "run",
        "print", "Li Wei", AT,
    )  # fmt: skip
    steps = ledger.returns.steps(SYSTEM, package_id=1)
    assert steps["step"].to_list() == ["prepared", "checked", "approved", "released"]
    # Two rows for what is prepared, one for each later step before the release.
    assert steps["anchor_number"].to_list() == [None, None, None, 4]
    assert ledger.chain.holds((4, steps["anchor_hash"][3]))


def test_who_approved_may_release(ledger):
    head = prepared(ledger)
    step(ledger, head, Step.CHECKED, "Chen")
    step(ledger, head, Step.APPROVED, "Zhao")
    step(ledger, head, Step.RELEASED, "Zhao")
    assert ledger.returns.packages(SYSTEM)["released_by"].to_list() == ["Zhao"]


@pytest.mark.parametrize(
    ("which", "by", "said"),
    [
        (
            Step.CHECKED,
            "LI  wei",
            "prepared by Li Wei, so that it has to be checked by somebody else",
        ),
        (Step.APPROVED, "Ｌi Wei", "prepared by Li Wei, so that it has to be approved"),
        (Step.APPROVED, "chen", "checked by Chen, so that it has to be approved"),
        (Step.RELEASED, "li\u200bwei", "prepared by Li Wei, so that it has to be released"),
    ],
)
def test_nobody_takes_a_step_that_another_has_to_take(ledger, which, by, said):
    head = prepared(ledger)
    for before, who in ((Step.CHECKED, "Chen"), (Step.APPROVED, "Zhao")):
        if which not in {Step.CHECKED, before}:
            step(ledger, head, before, who)
    with pytest.raises(LedgerUseError, match=said):
        step(ledger, head, which, by)


def test_steps_out_of_order_are_refused_and_told(ledger):
    head = prepared(ledger)
    with pytest.raises(LedgerUseError, match=r"is prepared and cannot be approved. Check it first"):
        step(ledger, head, Step.APPROVED, "Zhao")
    with pytest.raises(LedgerUseError, match="cannot be prepared"):
        step(ledger, head, Step.PREPARED, "Zhao")
    with pytest.raises(LedgerUseError, match=r"holds something else than what was looked at"):
        step(ledger, head, Step.CHECKED, "Chen", content_hash="0" * 64)
    with pytest.raises(LedgerUseError, match="is given back for a reason"):
        step(ledger, head, Step.RETURNED, "Chen", note=" ... ")
    with pytest.raises(LedgerUseError, match="no edition number 99"):
        step(ledger, replace(head, package_id=99), Step.CHECKED, "Chen")
    assert ledger.returns.packages(SYSTEM)["state"].to_list() == ["prepared"]


def test_the_same_again_is_the_same_edition_and_other_contents_are_a_new_one(ledger):
    first = prepared(ledger)
    assert ledger.returns.prepare(SYSTEM, PACKAGE, by="Zhao", at=AT) == (first, False)
    second, is_new = ledger.returns.prepare(SYSTEM, RESTATED, by="Zhao", at=AT)
    assert (second.edition, is_new) == (2, True)
    with pytest.raises(LedgerUseError, match="is replaced by edition 2"):
        step(ledger, first, Step.CHECKED, "Chen")
    kept = ledger.returns.packages(SYSTEM)
    assert kept.select("edition", "state", "is_newest").rows() == [
        (1, "prepared", False),
        (2, "prepared", True),
    ]
    assert ledger.returns.newest(SYSTEM, "monthly_structure", "B205", OCTOBER) == second


def test_a_released_edition_stays_the_released_one_until_the_next_is_released(ledger):
    first = released(ledger)
    second = prepared(ledger, RESTATED)
    assert ledger.returns.released(SYSTEM, "monthly_structure", "B205", OCTOBER) == first
    with pytest.raises(LedgerUseError, match=r"is replaced by edition 2"):
        step(ledger, first, Step.RETURNED, "Chen", note="wrong")
    step(ledger, second, Step.CHECKED, "Chen")
    step(ledger, second, Step.APPROVED, "Zhao")
    step(ledger, second, Step.RELEASED, "Zhao")
    assert ledger.returns.released(SYSTEM, "monthly_structure", "B205", OCTOBER) == second


def test_what_was_given_back_ends_and_the_same_is_prepared_as_a_new_edition(ledger):
    head = prepared(ledger)
    step(ledger, head, Step.CHECKED, "Chen")
    step(ledger, head, Step.RETURNED, "Li Wei", note="the wrong month's comments")
    with pytest.raises(LedgerUseError, match="is returned and cannot be approved"):
        step(ledger, head, Step.APPROVED, "Zhao")
    again, is_new = ledger.returns.prepare(SYSTEM, PACKAGE, by="Li Wei", at=AT)
    assert (again.edition, is_new) == (2, True)
    rows = ledger.returns.packages(SYSTEM).select("state", "returned_by", "note").rows()
    assert rows[0] == ("returned", "Li Wei", "the wrong month's comments")


def test_a_reason_is_not_given_by_who_prepared_and_nothing_is_said_after_the_release(ledger):
    head = prepared(ledger)
    say = {"case": "sei_total#1", "text": "The ledger books it in November.", "at": AT}
    about = ledger.returns.remark
    about(SYSTEM, head.package_id, kind="comment", by="Li Wei", **say)
    with pytest.raises(LedgerUseError, match="cannot give the reason"):
        about(SYSTEM, head.package_id, kind="reason", by="li wei", **say)
    with pytest.raises(LedgerUseError, match="says nothing"):
        about(SYSTEM, head.package_id, kind="reason", by="Chen", **say | {"text": "123"})
    about(SYSTEM, head.package_id, kind="reason", by="Chen", **say)
    for which, by in ((Step.CHECKED, "Chen"), (Step.APPROVED, "Zhao"), (Step.RELEASED, "Zhao")):
        step(ledger, head, which, by)
    with pytest.raises(LedgerUseError, match="is released, and nothing is added to it"):
        about(SYSTEM, head.package_id, kind="comment", by="Chen", **say)
    kept = ledger.returns.remarks(SYSTEM, package_id=head.package_id)
    assert kept.select("case", "kind", "person", "edition").rows() == [
        ("sei_total#1", "comment", "Li Wei", 1),
        ("sei_total#1", "reason", "Chen", 1),
    ]


def test_a_branch_sees_its_own_reports_and_signs_no_others(ledger):
    head = prepared(ledger)
    south = Scope.of("south", ["B303"])
    assert ledger.returns.packages(south).is_empty()
    assert ledger.returns.steps(south).is_empty()
    # Not even whose report a number is.
    with pytest.raises(LedgerUseError, match="no edition number 1"):
        step(ledger, head, Step.CHECKED, "Chen", scope=south)
    with pytest.raises(LedgerUseError, match="no edition number 1"):
        ledger.returns.head(south, head.package_id)
    for asked in (
        lambda: ledger.returns.prepare(south, PACKAGE, by="Li", at=AT),
        lambda: ledger.returns.packages(south, unit="B205"),
        lambda: ledger.returns.newest(south, "monthly_structure", "B205", OCTOBER),
    ):
        with pytest.raises(AccessError):
            asked()


def test_two_who_check_at_once_check_once_and_two_who_prepare_make_one_edition(ledger):
    ledger.upgrade()
    with ThreadPoolExecutor(4) as threads:
        made = list(threads.map(lambda by: prepared(ledger, by=by), ("a", "b", "c", "d")))
    assert {one.edition for one in made} == {1}
    head = made[0]

    def check(who):
        try:
            return step(ledger, head, Step.CHECKED, who)
        except LedgerUseError as error:
            return str(error)

    with ThreadPoolExecutor(4) as threads:
        said = list(threads.map(check, ("chen", "zhao", "sun", "qian")))
    assert sum(isinstance(one, int) for one in said) == 1
    assert ledger.chain.faults() == ()


GOOD = {
    "package_id": 1,
    "position": 3,
    "step": "approved",
    "content_hash": PACKAGE.content_hash,
    "person": "x",
    "person_key": "zhao",
    "at": AT,
    "preparer_key": "liwei",
    "after_position": 2,
    "after_step": "checked",
    "after_key": "chen",
}


REFUSED_STEPS = (
    {"person_key": "liwei"},  # the preparer
    {"person_key": "chen"},  # the checker
    {"preparer_key": "somebody"},
    {"after_key": "somebody"},
    {"after_key": None},
    {"after_position": None},
    {"after_position": 1, "after_step": "prepared", "after_key": "liwei"},
    {"position": 4, "after_position": 3},
    {"content_hash": "0" * 64},
    {"step": "released"},
    {"step": "released", "anchor_number": 1, "anchor_hash": "a"},
    {"step": "returned"},  # without a note
    {"step": "checked"},
    {"anchor_number": 1, "anchor_hash": "a"},
    {"package_id": 2},
)


def test_the_database_itself_holds_to_the_order_and_to_the_people_of_a_release(ledger):
    """Somebody who writes to the database past the product is refused by it."""
    head = prepared(ledger)
    step(ledger, head, Step.CHECKED, "Chen")
    for other in REFUSED_STEPS:
        written(ledger, RETURN_STEP, GOOD | other)
    with ledger.database.writing() as connection:
        connection.execute(sa.insert(RETURN_STEP).values(GOOD))
    assert ledger.returns.packages(SYSTEM)["state"].to_list() == ["approved"]


def test_the_database_itself_takes_no_step_with_what_is_replaced_and_no_edition_out_of_turn(ledger):
    head = prepared(ledger)
    step(ledger, head, Step.CHECKED, "Chen")
    prepared(ledger, RESTATED)
    written(ledger, RETURN_STEP, GOOD)
    with ledger.database.reading() as connection:
        row = dict(connection.execute(sa.select(RETURN_PACKAGE).limit(1)).mappings().one())
    row.pop("package_id")
    for edition, follows in ((2, 1), (4, 3), (3, None), (4, 2), (0, None)):
        written(ledger, RETURN_PACKAGE, row | {"edition": edition, "follows": follows})


def test_the_database_itself_holds_to_who_gives_a_reason_and_when(ledger):
    head = released(ledger)
    row = {
        "package_id": head.package_id, "check_case": "a#1", "kind": "reason", "text": "so",
        "person": "x", "person_key": "chen", "preparer_key": "liwei", "at": AT,
    }  # fmt: skip
    written(ledger, RETURN_REMARK, row, "released or given back")
    other = prepared(ledger, RESTATED)
    written(ledger, RETURN_REMARK, row | {"package_id": other.package_id, "person_key": "liwei"})
    written(ledger, RETURN_REMARK, row | {"package_id": other.package_id, "kind": "word"})


# --- adjustments ------------------------------------------------------------------------------------


def test_an_adjustment_holds_once_a_second_person_approved_it_and_only_for_its_months(ledger):
    number = ledger.adjustments.enter(SYSTEM, DELTA, by="Li Wei", at=AT)
    assert ledger.adjustments.in_force(SYSTEM, OCTOBER).is_empty()
    with pytest.raises(LedgerUseError, match="made by Li Wei, so that it has to be approved by"):
        ledger.adjustments.decide(SYSTEM, number, approve=True, by="LI WEI", at=AT)
    ledger.adjustments.decide(SYSTEM, number, approve=True, by="Zhao", at=AT)
    held = ledger.adjustments.in_force(SYSTEM, OCTOBER)
    assert list(held.schema.items()) == list(ADJUSTED.items())
    assert held.row(0) == (
        number, "B205", "sei_balance", "confirmed", "TOTAL", "TOTAL", "numerator",
        Decimal("-1250000.000000000001"), "Booked twice on the last day.", OCTOBER,
        date(2026, 12, 31), "Li Wei", "Zhao",
    )  # fmt: skip
    days = (date(2026, 9, 30), OCTOBER, date(2026, 12, 31), date(2027, 1, 31))
    assert [ledger.adjustments.in_force(SYSTEM, day).height for day in days] == [0, 1, 1, 0]


def test_an_approved_adjustment_is_taken_back_by_another_than_its_maker(ledger):
    number = ledger.adjustments.enter(SYSTEM, DELTA, by="Li Wei", at=AT)
    ledger.adjustments.decide(SYSTEM, number, approve=True, by="Zhao", at=AT)
    back = ledger.adjustments.withdraw
    with pytest.raises(LedgerUseError, match="withdrawn by somebody else"):
        back(SYSTEM, number, by="li wei", at=AT, reason="mistaken")
    with pytest.raises(LedgerUseError, match="A reason is needed"):
        back(SYSTEM, number, by="Zhao", at=AT, reason=" ")
    back(SYSTEM, number, by="Zhao", at=AT, reason="mistaken")
    assert ledger.adjustments.in_force(SYSTEM, OCTOBER).is_empty()
    rows = ledger.adjustments.all(SYSTEM)
    assert list(rows.schema.items()) == list(ADJUSTMENTS.items())
    assert rows.select("state", "approver", "withdrawn_by", "withdrawal_reason").row(0) == (
        "withdrawn", "Zhao", "Zhao", "mistaken",
    )  # fmt: skip
    with pytest.raises(LedgerUseError, match="is withdrawn and cannot be withdrawn"):
        back(SYSTEM, number, by="Zhao", at=AT, reason="again")


def test_who_made_an_adjustment_may_take_it_back_while_nobody_decided_and_a_rejected_one_is_over(
    ledger,
):
    first, second = (ledger.adjustments.enter(SYSTEM, DELTA, by="Li", at=AT) for _ in range(2))
    ledger.adjustments.withdraw(SYSTEM, first, by="Li", at=AT, reason="a slip")
    with pytest.raises(LedgerUseError, match="A reason is needed"):
        ledger.adjustments.decide(SYSTEM, second, approve=False, by="Zhao", at=AT)
    ledger.adjustments.decide(SYSTEM, second, approve=False, by="Zhao", at=AT, reason="no proof")
    with pytest.raises(LedgerUseError, match="is rejected and cannot be approved"):
        ledger.adjustments.decide(SYSTEM, second, approve=True, by="Zhao", at=AT)
    assert ledger.adjustments.all(SYSTEM)["state"].to_list() == ["withdrawn", "rejected"]


REFUSED_DELTAS = (
    ({"side": "value"}, "is no side of a figure"),
    ({"amount": Decimal(0)}, "adjusts nothing"),
    ({"amount": Decimal("NaN")}, "adjusts nothing"),
    ({"amount": Decimal("0.0000000000001")}, "too long"),
    ({"amount": Decimal("1E+17")}, "too long"),
    ({"live_to": date(2027, 10, 31)}, "Let it end after 12 at most"),
    ({"reason": "right\u202eleft"}, "cannot be seen"),
    ({"reason": "—"}, "A reason is needed"),
    ({"live_to": date(2026, 9, 30)}, "before it begins"),
)


def test_an_adjustment_that_cannot_stand_is_refused(ledger):
    for changed, said in REFUSED_DELTAS:
        with pytest.raises(LedgerUseError, match=said):
            ledger.adjustments.enter(SYSTEM, replace(DELTA, **changed), by="Li", at=AT)
    with pytest.raises(AccessError):
        ledger.adjustments.enter(Scope.of("x", ["B303"]), DELTA, by="Li", at=AT)


REFUSED_DECISIONS = (
    {"person_key": "liwei"},
    {"maker_key": "somebody"},
    {"after_step": "approved"},
    {"after_position": None},
    {"position": 3},
    {"step": "rejected"},  # without a reason
    {"step": "withdrawn", "reason": "x", "position": 3, "after_position": 2},
    {"adjustment_id": 9},
)


def test_the_database_itself_holds_to_four_eyes_on_adjustments(ledger):
    ledger.adjustments.enter(SYSTEM, DELTA, by="Li Wei", at=AT)
    row = {
        "adjustment_id": 1, "position": 2, "step": "approved", "person": "x", "person_key": "zhao",
        "at": AT, "maker_key": "liwei", "after_position": 1, "after_step": "entered",
    }  # fmt: skip
    for other in REFUSED_DECISIONS:
        written(ledger, ADJUSTMENT_STEP, row | other)
    with ledger.database.writing() as connection:
        connection.execute(sa.insert(ADJUSTMENT_STEP).values(row))
    assert ledger.adjustments.all(SYSTEM)["state"].to_list() == ["approved"]


def test_the_database_itself_takes_no_adjustment_of_nothing(ledger):
    ledger.adjustments.enter(SYSTEM, DELTA, by="Li Wei", at=AT)
    with ledger.database.reading() as connection:
        row = dict(connection.execute(sa.select(ADJUSTMENT)).mappings().one())
    row.pop("adjustment_id")
    for other in ({"amount": Decimal(0)}, {"side": "value"}, {"live_to": date(2026, 1, 31)}):
        written(ledger, ADJUSTMENT, row | other)


# --- what was sent ----------------------------------------------------------------------------------


def states(ledger):
    return ledger.dispatches.all(SYSTEM).select("state", "attempts").rows()


def test_a_thing_is_sent_once_and_every_try_is_written_down_before_it_is_made(ledger):
    known = ledger.dispatches.claim(**MAIL)
    assert ledger.dispatches.claim(**MAIL | {"content_hash": "other"}) == known
    assert states(ledger) == [("waiting", 0)]
    first = ledger.dispatches.begin(known.dispatch_id, at=AT)
    assert states(ledger) == [("unknown", 1)]
    end = ledger.dispatches.end
    end(known.dispatch_id, first, outcome="failed", detail="450 try later", receipt="", at=AT)
    assert states(ledger) == [("failed", 1)]
    second = ledger.dispatches.begin(known.dispatch_id, at=AT)
    end(known.dispatch_id, second, outcome="sent", detail="250 ok", receipt="<1@bank>", at=AT)
    (row,) = ledger.dispatches.all(SYSTEM).to_dicts()
    assert (row["state"], row["attempts"], row["detail"], row["receipt"]) == (
        "sent", 2, "250 ok", "<1@bank>",
    )  # fmt: skip
    for again in (False, True):
        with pytest.raises(LedgerUseError, match="was sent already"):
            ledger.dispatches.begin(known.dispatch_id, at=AT, again=again)


def test_a_try_that_never_ended_is_tried_again_only_when_somebody_says_so(ledger):
    number = ledger.dispatches.claim(**MAIL).dispatch_id
    ledger.dispatches.begin(number, at=AT)
    with pytest.raises(LedgerUseError, match="begun and never ended, so that it may have arrived"):
        ledger.dispatches.begin(number, at=AT)
    again = ledger.dispatches.begin(number, at=AT, again=True)
    ledger.dispatches.end(number, again, outcome="failed", detail="", receipt="", at=AT)
    assert states(ledger) == [("failed", 2)]
    with pytest.raises(LedgerUseError, match="has ended already"):
        ledger.dispatches.end(number, again, outcome="sent", detail="", receipt="", at=AT)
    with pytest.raises(LedgerUseError, match="has no attempt 9"):
        ledger.dispatches.end(number, 9, outcome="sent", detail="", receipt="", at=AT)


def test_two_who_send_at_once_send_once(ledger):
    ledger.upgrade()

    def send(_):
        number = ledger.dispatches.claim(**MAIL).dispatch_id
        try:
            return ledger.dispatches.begin(number, at=AT)
        except LedgerUseError as error:
            return str(error)

    with ThreadPoolExecutor(4) as threads:
        said = list(threads.map(send, range(4)))
    assert said.count(1) == 1
    assert states(ledger) == [("unknown", 1)]


def test_the_database_itself_lets_nothing_be_tried_while_a_try_is_open_or_after_it_was_sent(ledger):
    number = ledger.dispatches.claim(**MAIL).dispatch_id
    ledger.dispatches.begin(number, at=AT)
    row = {"dispatch_id": number, "number": 2, "again": False, "at": AT}
    written(ledger, DISPATCH_ATTEMPT, row, "an attempt has not ended")
    ledger.dispatches.end(number, 1, outcome="sent", detail="", receipt="", at=AT)
    written(ledger, DISPATCH_ATTEMPT, row | {"again": True}, "it was sent already")


def test_who_sees_a_part_of_the_bank_sees_what_was_sent_of_it(ledger):
    ledger.dispatches.claim(**MAIL)
    ledger.dispatches.claim(**MAIL | {"unit_id": None, "subject": "whole"})
    assert ledger.dispatches.all(Scope.of("x", ["B205"]))["unit_id"].to_list() == ["B205"]
    assert ledger.dispatches.all(Scope.of("x", ["B303"])).is_empty()
    assert ledger.dispatches.all(SYSTEM).height == 2


# --- the chain --------------------------------------------------------------------------------------


def told(ledger):
    """One row in every table of reports."""
    released(ledger)
    prepared(ledger, RESTATED)
    ledger.returns.remark(SYSTEM, 2, case="a#1", kind="comment", text="so", by="Li", at=AT)
    number = ledger.adjustments.enter(SYSTEM, DELTA, by="Li Wei", at=AT)
    ledger.adjustments.decide(SYSTEM, number, approve=True, by="Zhao", at=AT)
    sent = ledger.dispatches.claim(**MAIL).dispatch_id
    ledger.dispatches.end(
        sent, ledger.dispatches.begin(sent, at=AT), outcome="sent", detail="", receipt="", at=AT
    )
    ledger.events.record(
        who="branchmark",
        action="published",
        subject="2026-10-31",
        detail={"v": 1, "名": "值"},
        at=AT,
    )


def test_the_chain_is_the_same_on_every_database_and_can_be_worked_out_by_hand(ledger):
    ledger.adjustments.enter(SYSTEM, DELTA, by="Li Wei", at=AT.astimezone(IN_CHINA))
    number = ledger.dispatches.claim(**MAIL | {"unit_id": None}).dispatch_id
    ledger.dispatches.begin(number, at=AT)
    at = "moment 2026-11-12T09:30:15.123456+00:00"
    rows = [
        ("adjustment", {
            "branch_id": "text B205", "metric_id": "text sei_balance", "reading": "text confirmed",
            "slice": "text TOTAL", "member": "text TOTAL", "side": "text numerator",
            "amount": "decimal -1250000.000000000001", "reason": "text Booked twice on the last day.",
            "evidence": "text memo 2026-118", "live_from": "day 2026-10-31",
            "live_to": "day 2026-12-31", "maker": "text Li Wei", "maker_key": "text liwei",
            "made_at": at,
        }),
        ("adjustment_step", {
            "adjustment_id": "number 1", "position": "number 1", "step": "text entered",
            "person": "text Li Wei", "person_key": "text liwei", "maker_key": "text liwei", "at": at,
        }),
        ("dispatch", {
            "purpose": "text report", "subject": "text monthly_structure-B205-2026-10-e1",
            "channel": "text mail", "recipient": "text ops@bank.example",
            "content_hash": "text " + "c" * 64, "claimed_at": at,
        }),
        ("dispatch_attempt", {
            "dispatch_id": "number 1", "number": "number 1", "again": "truth 0", "at": at,
        }),
    ]  # fmt: skip
    chained = sha256("branchmark ledger")
    for link, (table, row) in enumerate(rows, start=1):
        told = ",".join(f'"{name}":"{value}"' for name, value in sorted(row.items()))
        content = sha256("{" + told + "}")
        chained = sha256(f"{link}\n{table}\n1\n{content}\n{chained}")
    assert ledger.chain.head() == (4, chained)
    assert ledger.chain.holds((4, chained[:12]))
    assert not ledger.chain.holds((3, chained[:12]))


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_no_row_of_any_table_is_changed_or_deleted_and_all_of_them_are_in_the_chain(ledger):
    told(ledger)
    assert ledger.chain.faults() == ()
    assert ledger.chain.unguarded() == ()
    with ledger.database.reading() as connection:
        linked = connection.execute(sa.select(LEDGER_LINK.c.table_name)).scalars().all()
    # Two editions with 4 and 1 steps, a remark, an adjustment with 2 steps, a dispatch tried once, an event.
    assert len(linked) == 15
    assert set(linked) == {table.name for table in LINKED[5:]}
    for table in (*LINKED[5:], LEDGER_LINK):
        for statement in (sa.delete(table), sa.update(table).values({links.number_of(table): 9})):
            with (
                pytest.raises(LedgerError, match="added, never changed"),
                ledger.database.writing() as connection,
            ):
                connection.execute(statement)
    assert ledger.chain.faults() == ()


def test_a_transaction_that_is_given_up_leaves_neither_rows_nor_links(ledger):
    prepared(ledger)
    before = ledger.chain.head()
    # The second row has no number of its own, so that both of them are given up.
    rows = [GOOD | {"position": 2, "step": "checked", "person_key": "chen", "after_position": 1,
                    "after_step": "prepared", "after_key": "liwei"}, GOOD | {"package_id": 9}]  # fmt: skip
    written(ledger, RETURN_STEP, rows)
    assert ledger.chain.head() == before
    assert ledger.returns.steps(SYSTEM).height == 1
    released(ledger, RESTATED)
    assert ledger.chain.faults() == ()


def test_a_ledger_from_before_the_chain_is_read_as_it_is_and_linked_when_it_is_brought_up(ledger):
    engine = sa.create_engine(ledger.database.url, poolclass=NullPool)
    row = {
        "who": "Li", "who_key": "li", "action": "export", "subject": "x", "at": AT,
    }  # fmt: skip
    table = next(one for one in LINKED if one.name == "access_line")
    with engine.begin() as connection:
        revisions.upgrade(connection, until="0003")
        connection.execute(sa.insert(table), [row, row | {"subject": "y"}])
    assert ledger.returns.packages(SYSTEM).is_empty()
    assert ledger.chain.head() == (0, links.START)
    assert ledger.access_log.all(SYSTEM).height == 2
    assert ledger.standing().revision == "0003"
    prepared(ledger)
    assert ledger.standing().revision == revisions.HEAD
    assert ledger.chain.head()[0] == 4
    assert ledger.chain.faults() == ()
