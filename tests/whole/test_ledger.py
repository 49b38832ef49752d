"""The ledger on both its databases: SQLite in the workspace, and a real PostgreSQL on this machine."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.pool import NullPool

from orchestration.bank import SYSTEM
from records.access import Scope
from records.ledger import revisions
from records.ledger.access_log import Action
from records.ledger.check_ins import CheckIn
from records.ledger.errors import LedgerError, LedgerUseError
from records.ledger.ledger import Ledger
from records.ledger.people import person_key
from records.ledger.tables import ACCESS_LINE, METADATA, TARGET_STEP, TARGET_VERSION
from records.workspace import create, open_workspace
from tests import servers
from transforms.errors import AccessError, WorkspaceError
from transforms.proposals import Proposal

pytestmark = pytest.mark.whole

AT = datetime(2026, 3, 2, 9, 30, 15, 123456, tzinfo=UTC)
ONE = Proposal(
    "north", "sei_share", "", "2026", Decimal("0.15"), Decimal("0.005"), valid_from=date(2026, 1, 1)
)
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
    address = new_database(request.getfixturevalue("postgresql"))
    return kept_by(workspace.root, address)


def new_database(server):
    """A database of its own on the server, by its address."""
    name = f"ledger{next(_NUMBERS)}"
    engine = sa.create_engine(server.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return server.rpartition("/")[0] + f"/{name}"


def kept_by(root, address, name="BANK_LEDGER"):
    """The ledger of a workspace whose setting names a variable that holds an address."""
    path = root / "branchmark.toml"
    kept = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("ledger")]
    path.write_text("\n".join([*kept, f'ledger = "env:{name}"', ""]), "utf-8")
    return Ledger.of(open_workspace(root), {name: address}.get)


def entered(ledger, *proposals, by="Li Wei", submit=True):
    return ledger.targets.enter(SYSTEM, proposals, by=by, at=AT, submit=submit).target_ids


def approved(ledger, *proposals):
    made = entered(ledger, *proposals)
    ledger.targets.approve(SYSTEM, made, by="Wang", at=AT)
    return made


def states(ledger):
    return ledger.targets.all(SYSTEM)["state"].to_list()


def test_nothing_is_there_before_anything_is_entered_and_reading_makes_nothing(ledger, tmp_path):
    assert ledger.targets.all(SYSTEM).is_empty()
    assert ledger.check_ins.all(SYSTEM).is_empty()
    assert ledger.sign_offs.all(SYSTEM).is_empty()
    assert ledger.standing().revision is None
    assert not (tmp_path / "bank" / "ledger.db").exists()


@pytest.mark.parametrize(
    "value", ["0.150000000001", "123456789012345678901234.123456789012", "-0.1", "1E+3", "0"]
)
def test_amounts_come_back_to_the_last_digit(ledger, value):
    given = replace(ONE, target_value=Decimal(value), base_value=Decimal(value), near_band=None)
    entered(ledger, given)
    row = ledger.targets.all(SYSTEM).row(0, named=True)
    assert (row["target_value"], row["base_value"], row["near_band"]) == (
        Decimal(value),
        Decimal(value),
        None,
    )


def test_moments_are_kept_in_utc_to_the_microsecond(ledger):
    in_china = AT.astimezone(timezone(timedelta(hours=8)))
    ledger.targets.enter(SYSTEM, [ONE], by="li", at=in_china)
    assert ledger.targets.all(SYSTEM)["made_at"].to_list() == [AT]


def test_a_target_is_approved_by_a_second_person_and_all_of_it_is_kept(ledger):
    (number,) = approved(ledger, ONE)
    row = ledger.targets.all(SYSTEM).row(0, named=True)
    assert (row["target_id"], row["version"], row["state"]) == (number, 1, "approved")
    assert (row["maker"], row["submitter"], row["checker"]) == ("Li Wei", "Li Wei", "Wang")
    assert row["made_at"] == row["submitted_at"] == row["checked_at"] == AT


@pytest.mark.parametrize("same", ["Li Wei", " li   wei ", "LI WEI", "ＬＩ wei", "Li\u200bWei"])
@pytest.mark.parametrize("step", ["approve", "reject"])
def test_nobody_decides_on_what_they_made(ledger, same, step):
    made = entered(ledger, ONE)
    how = {"reason": "no"} if step == "reject" else {}
    with pytest.raises(LedgerUseError, match=f"Have a second person {step} it"):
        getattr(ledger.targets, step)(SYSTEM, made, by=same, at=AT, **how)
    assert states(ledger) == ["submitted"]


def test_nobody_decides_on_what_they_submitted_for_another(ledger):
    made = entered(ledger, ONE, submit=False)
    ledger.targets.submit(SYSTEM, made, by="Zhao", at=AT)
    with pytest.raises(LedgerUseError, match="second person"):
        ledger.targets.approve(SYSTEM, made, by="zhao", at=AT)
    ledger.targets.approve(SYSTEM, made, by="Wang", at=AT)
    assert states(ledger) == ["approved"]


@pytest.mark.parametrize(
    "other",
    [
        {"person_key": "liwei"},  # the maker
        {"person_key": "zhao"},  # the submitter
        {"maker_key": "somebody"},  # not who made it
        {"submitter_key": "somebody"},  # not who submitted it
        {"submitter_key": None},
        {"follows": None},
        {"stage": "submission"},
    ],
)
def test_the_database_itself_holds_to_four_eyes(ledger, other):
    """Somebody who writes to the database past the product is refused by it."""
    made = entered(ledger, ONE, submit=False)
    ledger.targets.submit(SYSTEM, made, by="Zhao", at=AT)
    row = {
        "target_id": made[0],
        "stage": "decision",
        "step": "approved",
        "person": "x",
        "person_key": "wang",
        "at": AT,
        "maker_key": "liwei",
        "submitter_key": "zhao",
        "follows": "submission",
    }
    with pytest.raises(LedgerError, match="refuses the entry"), ledger.database.writing() as open_:
        open_.execute(sa.insert(TARGET_STEP).values(row | other))
    with ledger.database.writing() as connection:
        connection.execute(sa.insert(TARGET_STEP).values(row))
    assert states(ledger) == ["approved"]


@pytest.mark.parametrize("table", [TARGET_VERSION, TARGET_STEP])
def test_the_database_itself_lets_nothing_be_changed_or_deleted(ledger, table):
    approved(ledger, ONE)
    for statement in (sa.delete(table), sa.update(table).values(target_id=9)):
        with (
            pytest.raises(LedgerError, match="added, never changed"),
            ledger.database.writing() as connection,
        ):
            connection.execute(statement)
    assert states(ledger) == ["approved"]


def test_a_change_is_a_new_version_and_the_old_one_stays(ledger):
    approved(ledger, ONE)
    approved(ledger, replace(ONE, target_value=Decimal("0.16"), valid_from=date(2026, 7, 1)))
    rows = ledger.targets.all(SYSTEM).select("version", "state", "target_value", "holds_until")
    assert rows.rows() == [
        (1, "superseded", Decimal("0.15"), date(2026, 6, 30)),
        (2, "approved", Decimal("0.16"), None),
    ]


def test_the_same_again_is_not_entered_again_unless_it_was_refused(ledger):
    made = entered(ledger, ONE)
    again = ledger.targets.enter(SYSTEM, [ONE], by="zhao", at=AT)
    assert (again.target_ids, again.unchanged) == ((), (ONE,))
    ledger.targets.reject(SYSTEM, made, by="wang", at=AT, reason="too low")
    assert len(ledger.targets.enter(SYSTEM, [ONE], by="zhao", at=AT).target_ids) == 1
    assert states(ledger) == ["rejected", "draft"]


def test_a_draft_proposed_again_to_be_submitted_is_submitted(ledger):
    made = entered(ledger, ONE, submit=False)
    again = ledger.targets.enter(SYSTEM, [ONE], by="Zhao", at=AT, submit=True)
    assert again.target_ids == ()
    (row,) = ledger.targets.all(SYSTEM).to_dicts()
    assert (row["target_id"], row["state"], row["submitter"]) == (made[0], "submitted", "Zhao")
    with pytest.raises(LedgerUseError, match="made or submitted"):
        ledger.targets.approve(SYSTEM, made, by="Zhao", at=AT)


def test_only_the_newest_version_can_be_acted_on(ledger):
    first = entered(ledger, ONE)
    second = entered(ledger, replace(ONE, target_value=Decimal("0.16")))
    with pytest.raises(LedgerUseError, match=r"version 1, is replaced. Act on the newer version"):
        ledger.targets.approve(SYSTEM, first, by="wang", at=AT)
    ledger.targets.withdraw(SYSTEM, second, by="Li Wei", at=AT, reason="a slip")
    ledger.targets.approve(SYSTEM, first, by="wang", at=AT)
    assert states(ledger) == ["approved", "withdrawn"]


def test_an_approved_target_is_withdrawn_by_a_second_person_and_the_one_before_holds_again(ledger):
    approved(ledger, ONE)
    second = approved(ledger, replace(ONE, target_value=Decimal("0.16")))
    with pytest.raises(LedgerUseError, match="Have a second person withdraw it"):
        ledger.targets.withdraw(SYSTEM, second, by="li wei", at=AT, reason="mistaken")
    ledger.targets.withdraw(SYSTEM, second, by="Zhao", at=AT, reason="mistaken")
    assert states(ledger) == ["approved", "withdrawn"]
    with pytest.raises(LedgerUseError, match="is withdrawn"):
        ledger.targets.withdraw(SYSTEM, second, by="Zhao", at=AT, reason="again")


def test_steps_out_of_order_are_refused_and_told(ledger):
    made = entered(ledger, ONE, submit=False)
    with pytest.raises(LedgerUseError, match=r"is draft. Submit it first"):
        ledger.targets.approve(SYSTEM, made, by="wang", at=AT)
    ledger.targets.submit(SYSTEM, made, by="li wei", at=AT)
    with pytest.raises(LedgerUseError, match="is submitted"):
        ledger.targets.submit(SYSTEM, made, by="li wei", at=AT)
    with pytest.raises(LedgerUseError, match="A reason is needed"):
        ledger.targets.reject(SYSTEM, made, by="wang", at=AT, reason="  ")
    with pytest.raises(LedgerUseError, match="no target number 99"):
        ledger.targets.approve(SYSTEM, [99], by="wang", at=AT)
    with pytest.raises(LedgerUseError, match="Nobody is named"):
        ledger.targets.approve(SYSTEM, made, by=" \u200b", at=AT)


def test_several_are_decided_together_or_not_at_all(ledger):
    good = entered(ledger, ONE)
    draft = entered(ledger, replace(ONE, branch_id="south"), submit=False)
    with pytest.raises(LedgerUseError):
        ledger.targets.approve(SYSTEM, [*good, *draft], by="wang", at=AT)
    assert states(ledger) == ["submitted", "draft"]


def test_the_same_target_named_twice_is_decided_once_and_nothing_is_no_mistake(ledger):
    made = entered(ledger, ONE)
    ledger.targets.approve(SYSTEM, [*made, *made], by="wang", at=AT)
    ledger.targets.approve(SYSTEM, [], by="wang", at=AT)
    assert ledger.targets.enter(SYSTEM, [], by="li", at=AT).target_ids == ()
    assert states(ledger) == ["approved"]


def test_very_many_are_decided_at_once(ledger):
    made = entered(ledger, ONE)
    with pytest.raises(LedgerUseError, match="There is no target number"):
        ledger.targets.approve(SYSTEM, range(made[0], 70_000), by="Wang", at=AT)
    assert states(ledger) == ["submitted"]


def test_a_branch_sees_its_own_targets_and_enters_no_others(ledger):
    approved(ledger, ONE, replace(ONE, branch_id="south"))
    north = Scope.of("north", ["north"])
    assert set(ledger.targets.all(north)["branch_id"]) == {"north"}
    with pytest.raises(AccessError):
        ledger.targets.all(north, branch="south")
    with pytest.raises(AccessError):
        ledger.targets.enter(north, [replace(ONE, branch_id="south")], by="li", at=AT)
    others = entered(ledger, replace(ONE, branch_id="south", target_value=Decimal("0.2")))
    with pytest.raises(AccessError):
        ledger.targets.approve(north, others, by="wang", at=AT)


def test_two_who_approve_at_once_approve_once(ledger):
    made = entered(ledger, ONE)

    def approve(who):
        try:
            ledger.targets.approve(SYSTEM, made, by=who, at=AT)
        except LedgerUseError as error:
            return str(error)
        return who

    with ThreadPoolExecutor(4) as threads:
        said = list(threads.map(approve, ("wang", "zhao", "chen", "zhou")))
    assert sum(one in {"wang", "zhao", "chen", "zhou"} for one in said) == 1
    assert sum("is approved" in one for one in said) == 3
    assert states(ledger) == ["approved"]


def test_two_who_propose_at_once_make_two_versions(ledger):
    def propose(value):
        return entered(ledger, replace(ONE, target_value=Decimal(value)))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(propose, ("0.11", "0.12", "0.13", "0.14")))
    assert ledger.targets.all(SYSTEM)["version"].to_list() == [1, 2, 3, 4]
    assert sorted(states(ledger)) == ["replaced", "replaced", "replaced", "submitted"]


def test_the_tables_are_what_the_migrations_make(ledger):
    ledger.upgrade()
    with ledger.database.reading() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": "branchmark_revision"}
        )
        different = compare_metadata(context, METADATA)
    assert [one for one in different if "branchmark_revision" not in str(one)] == []


def test_a_ledger_of_the_first_revision_keeps_what_is_in_it(ledger):
    engine = sa.create_engine(ledger.database.url, poolclass=NullPool)
    with engine.begin() as connection:
        revisions.upgrade(connection, until="0001")
        row = {
            "branch_id": "north", "metric_id": "sei_share", "reading": "", "period": "2026",
            "version": 1, "target_value": Decimal("0.15"), "phasing": "none",
            "valid_from": date(2026, 1, 1), "maker": "li", "maker_key": "li", "made_at": AT,
        }  # fmt: skip
        connection.execute(sa.insert(TARGET_VERSION).values(row))
    assert ledger.standing().revision == "0001"
    with pytest.raises(LedgerError, match=r"of revision 0001.*branchmark ledger upgrade"):
        ledger.targets.all(SYSTEM)
    assert ledger.upgrade().revision == revisions.HEAD
    kept = ledger.targets.all(SYSTEM).row(0, named=True)
    assert (kept["target_value"], kept["maker"], kept["made_at"]) == (Decimal("0.15"), "li", AT)
    assert ledger.check_ins.all(SYSTEM).is_empty()


def test_a_newer_ledger_is_refused_for_reading_and_for_writing(ledger):
    entered(ledger, ONE)
    with ledger.database.writing() as connection:
        connection.execute(sa.text("UPDATE branchmark_revision SET version_num = '0099'"))
    for use in (lambda: ledger.targets.all(SYSTEM), lambda: entered(ledger, ONE), ledger.upgrade):
        with pytest.raises(LedgerError, match="is of revision 0099, and this product knows 0001"):
            use()


SAID = CheckIn(
    branch_id="north",
    metric_id="sei_share",
    reading="confirmed",
    as_of_date=date(2026, 10, 31),
    snapshot_version=1,
    comment="A large client repaid early.",
    action="Two projects in the pipeline.",
    due_date=date(2026, 12, 15),
    owner="Chen",
    opinion="near",
    rule_status="missed",
)


def test_a_check_in_is_corrected_by_a_newer_one_and_stays_as_it_was(ledger):
    first = ledger.check_ins.add(SYSTEM, SAID, by="Li", at=AT)
    newer = replace(SAID, comment="Two clients repaid early.", corrects=first)
    second = ledger.check_ins.add(SYSTEM, newer, by="Li", at=AT)
    assert ledger.check_ins.all(SYSTEM)["comment"].to_list() == ["Two clients repaid early."]
    every = ledger.check_ins.all(SYSTEM, corrected=True)
    assert every.select("check_in_id", "comment", "corrected_by").rows() == [
        (first, "A large client repaid early.", second),
        (second, "Two clients repaid early.", None),
    ]
    assert every.select("due_date", "opinion", "rule_status", "done").row(1) == (
        date(2026, 12, 15), "near", "missed", False,
    )  # fmt: skip
    with pytest.raises(LedgerUseError, match=f"corrected already, by {second}"):
        ledger.check_ins.add(SYSTEM, newer, by="Li", at=AT)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"comment": "  "}, "says nothing"),
        ({"comment": "\u200b\u3164"}, "says nothing"),
        ({"opinion": "fine"}, "no opinion on a status"),
        ({"corrects": 7}, "no check-in number 7"),
        ({"corrects": 10**20}, "no check-in number 1000"),
        ({"corrects": 1, "snapshot_version": 2}, "about another figure"),
    ],
)
def test_a_check_in_that_cannot_stand_is_refused(ledger, changed, said):
    ledger.check_ins.add(SYSTEM, SAID, by="Li", at=AT)
    with pytest.raises(LedgerUseError, match=said):
        ledger.check_ins.add(SYSTEM, replace(SAID, **changed), by="Li", at=AT)


def test_a_branch_sees_its_own_check_ins(ledger):
    ledger.check_ins.add(SYSTEM, SAID, by="Li", at=AT)
    south = Scope.of("south", ["south"])
    assert ledger.check_ins.all(south).is_empty()
    # Not even whose check-in a number is.
    with pytest.raises(LedgerUseError, match="no check-in number 1"):
        ledger.check_ins.add(south, replace(SAID, branch_id="south", corrects=1), by="Li", at=AT)
    with pytest.raises(AccessError):
        ledger.check_ins.add(south, SAID, by="Li", at=AT)


def test_two_names_of_one_person_are_one_and_of_two_are_two():
    assert person_key("Li Wei") == person_key("liwei ") == person_key("ＬＩ　ＷＥＩ")
    assert person_key("李伟") != person_key("李玮")


@pytest.mark.parametrize(
    "same",
    [
        "Li_Wei.",
        "Li\u3164Wei",
        "Li\u034f Wei",
        "Li We\u0131",
        "L\u0456 W\u0435\u0456",
        "Li\ufe0fWei",
    ],
)
def test_a_name_that_only_looks_like_another_is_the_other(same):
    assert person_key("Li Wei") == person_key(same)


def test_a_name_of_letters_that_look_alike_or_of_none_is_nobodys(ledger):
    made = entered(ledger, ONE)
    for name, said in (
        ("L\u0456 Wei", "mixes Latin and Cyrillic"),
        ("\u3164 .", "Nobody is named"),
    ):
        with pytest.raises(LedgerUseError, match=said):
            ledger.targets.approve(SYSTEM, made, by=name, at=AT)
    ledger.targets.approve(SYSTEM, made, by="李伟 Li", at=AT)


def test_what_is_no_character_is_refused_in_words(ledger):
    entered(ledger, ONE)
    with pytest.raises(LedgerError, match="what is no character"):
        entered(ledger, replace(ONE, note="\udcff"))
    with pytest.raises(LedgerError, match="what is no character"):
        ledger.check_ins.all(SYSTEM, branch="\udcff")
    assert ledger.targets.all(SYSTEM)["note"].to_list() == [None]


def test_a_reason_that_nobody_can_see_is_none(ledger):
    with pytest.raises(LedgerUseError, match="A reason is needed"):
        ledger.targets.reject(SYSTEM, entered(ledger, ONE), by="Wang", at=AT, reason="\u200b\u3164")


# --- what is wrong with a database, in one sentence -------------------------------------------------


def bank(tmp_path):
    return create(tmp_path / "bank", name="Bank", base_currency="CNY")


def test_a_server_that_is_down_is_named_with_the_setting_and_without_the_password(tmp_path):
    where = f"postgresql://bank:{servers.QUOTED}@127.0.0.1:1/ledger"
    down = kept_by(bank(tmp_path).root, where)
    with pytest.raises(LedgerError) as refused:
        down.targets.all(SYSTEM)
    told = str(refused.value)
    assert told.startswith("The ledger ledger on 127.0.0.1:1 cannot be read (")
    assert "the environment variable BANK_LEDGER" in told
    assert servers.PASSWORD not in told
    assert servers.QUOTED not in told


def test_a_wrong_password_is_not_printed_either(tmp_path, postgresql):
    wrong = kept_by(bank(tmp_path).root, postgresql.replace(servers.QUOTED, "guessed"))
    with pytest.raises(LedgerError, match="password authentication failed") as refused:
        wrong.targets.all(SYSTEM)
    assert "guessed" not in str(refused.value)


@pytest.mark.parametrize("address", ["mysql://a:secret@b/c", "secret", "postgresql://u:secret@h"])
def test_what_is_no_address_is_refused_without_repeating_it(tmp_path, address):
    with pytest.raises(LedgerError, match="holds is no address of a PostgreSQL database") as told:
        kept_by(bank(tmp_path).root, address)
    assert "secret" not in str(told.value)


def test_a_variable_that_is_not_set_is_named(tmp_path):
    with pytest.raises(LedgerError, match="environment variable BANK_LEDGER is not set"):
        kept_by(bank(tmp_path).root, None)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("postgresql+psycopg://bank:s3cret@host/ledger", "holds a password"),
        ("postgresql://host/ledger?password=s3cret", "holds a password"),
        ("mysql://bank:s3cret@host/ledger", "leads to no database"),
        ("env:A-B", "leads to no database"),
    ],
)
def test_a_password_has_no_place_in_the_settings(tmp_path, setting, said):
    root = bank(tmp_path).root
    path = root / "branchmark.toml"
    path.write_text(f'{path.read_text("utf-8")}\nledger = "{setting}"\n', "utf-8")
    with pytest.raises(WorkspaceError, match=said) as refused:
        open_workspace(root)
    assert "s3cret" not in str(refused.value)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path):
    workspace = bank(tmp_path)
    path = workspace.root / "ledger.db"
    path.write_bytes(b"not a database, but somebody's notes" * 40)
    before = path.read_bytes()
    broken = Ledger.of(workspace, lambda _: None)
    for use in (lambda: broken.targets.all(SYSTEM), lambda: entered(broken, ONE)):
        with pytest.raises(LedgerError, match=r"not a database.*put a copy of it in its place"):
            use()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "done", ["DELETE FROM branchmark_revision", "DROP TABLE branchmark_revision"]
)
def test_a_ledger_without_its_revision_is_not_taken_for_an_empty_one(ledger, done):
    approved(ledger, ONE)
    with ledger.database.writing() as connection:
        connection.exec_driver_sql(done)
    for asked in (
        lambda: ledger.targets.all(SYSTEM),
        lambda: entered(ledger, ONE),
        ledger.standing,
    ):
        with pytest.raises(LedgerError, match="does not say of which revision it is"):
            asked()


@pytest.mark.parametrize("column", ["target_value", "made_at", "valid_from"])
def test_a_value_that_is_none_of_its_column_is_told(tmp_path, column):
    ledger = Ledger.of(bank(tmp_path), lambda _: None)
    approved(ledger, ONE)
    with ledger.database.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER target_version_no_update")
        plain = sa.table("target_version", sa.column(column, sa.Text))
        connection.execute(sa.update(plain).values({column: "abc"}))
    with pytest.raises(LedgerError, match=r"cannot be read: it holds what is no value.*ledger\.db"):
        ledger.targets.all(SYSTEM)


def test_a_file_that_cannot_be_opened_is_told(tmp_path):
    workspace = bank(tmp_path)
    (workspace.root / "ledger.db").mkdir()
    with pytest.raises(LedgerError, match="cannot be written to"):
        entered(Ledger.of(workspace, lambda _: None), ONE)


def test_whoever_waits_too_long_for_another_writer_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("records.ledger.database._PATIENCE", 0.1)
    held, waiting = (Ledger.of(bank_of(tmp_path), lambda _: None) for _ in range(2))
    held.upgrade()
    with held.database.writing():
        assert waiting.targets.all(SYSTEM).is_empty()  # readers never wait
        with pytest.raises(LedgerError, match="another command has been writing"):
            entered(waiting, ONE)


def bank_of(tmp_path):
    path = tmp_path / "bank"
    return open_workspace(path) if path.exists() else bank(tmp_path)


def logged(ledger, who="Li Wei", action=Action.EXPORT, reason="", acting_as=None):
    return ledger.access_log.record(
        who=who, acting_as=acting_as, action=action, subject="branch B1", reason=reason, at=AT
    )


def test_the_access_log_keeps_who_did_what_as_whom_and_why(ledger):
    assert ledger.access_log.all(SYSTEM).is_empty()
    logged(ledger, action=Action.REVEAL, reason=" called the client ", acting_as="Zhao")
    logged(ledger)
    first, second = ledger.access_log.all(SYSTEM).to_dicts()
    assert first == {
        "access_id": first["access_id"], "who": "Li Wei", "acting_as": "Zhao", "action": "reveal",
        "subject": "branch B1", "reason": "called the client", "at": AT,
    }  # fmt: skip
    assert (second["acting_as"], second["action"], second["reason"]) == (None, "export", None)


def test_who_sees_a_part_of_the_bank_sees_the_own_lines_of_the_log_only(ledger):
    logged(ledger, who="Li Wei")
    logged(ledger, who="zhao")
    assert ledger.access_log.all(Scope.of("LI  WEI", ["north"]))["who"].to_list() == ["Li Wei"]
    assert ledger.access_log.all(Scope.of("sun", ["north"])).is_empty()
    assert ledger.access_log.all(Scope.whole_bank("sun")).height == 2


@pytest.mark.parametrize("reason", ["", "  ", "...", "123", "\u2060", "—"])
def test_no_name_is_shown_without_a_reason_in_words(ledger, reason):
    with pytest.raises(LedgerUseError, match="Say it in words"):
        logged(ledger, action=Action.REVEAL, reason=reason)
    assert ledger.access_log.all(SYSTEM).is_empty()


def test_nobody_is_not_logged(ledger):
    with pytest.raises(LedgerUseError, match="Nobody is named"):
        logged(ledger, who="  ")


@pytest.mark.parametrize("changed", [{"action": "peek"}, {"action": "reveal", "reason": None}])
def test_the_database_itself_refuses_a_line_that_says_nothing(ledger, changed):
    row = {"who": "li", "who_key": "li", "action": "export", "at": AT, **changed}
    with (
        pytest.raises(LedgerError, match="refuses the entry"),
        ledger.database.writing() as connection,
    ):
        connection.execute(sa.insert(ACCESS_LINE).values(row))


@pytest.mark.parametrize("change", ["UPDATE access_line SET who = 'x'", "DELETE FROM access_line"])
def test_no_line_of_the_log_is_changed_or_deleted(ledger, change):
    logged(ledger)
    with (
        pytest.raises(LedgerError, match="added, never changed"),
        ledger.database.writing() as connection,
    ):
        connection.execute(sa.text(change))
    assert ledger.access_log.all(SYSTEM)["who"].to_list() == ["Li Wei"]


def test_a_ledger_from_before_the_log_is_read_as_it_is_and_brought_up_by_the_first_line(ledger):
    engine = sa.create_engine(ledger.database.url, poolclass=NullPool)
    with engine.begin() as connection:
        revisions.upgrade(connection, until="0002")
    assert ledger.targets.all(SYSTEM).is_empty()
    assert ledger.access_log.all(SYSTEM).is_empty()
    assert ledger.standing().revision == "0002"
    logged(ledger)
    assert ledger.standing().revision == revisions.HEAD
    assert ledger.access_log.all(SYSTEM).height == 1
