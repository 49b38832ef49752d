"""Readers by command: the table, the log, and where the dashboard may be reached."""

import shutil
from datetime import UTC, datetime

import pytest

from records.ledger.access_log import Action
from records.ledger.ledger import Ledger
from records.workspace import open_workspace
from tests.whole.commands import here

pytestmark = pytest.mark.whole

TABLE = "reader,role,units\nli,head_office,\nzhao,branch,B101\n"


@pytest.fixture(scope="module")
def copied(demo_bank, tmp_path_factory):
    folder = tmp_path_factory.mktemp("readers") / "bank"
    shutil.copytree(demo_bank.root, folder)
    (folder / "access").mkdir()
    return folder


@pytest.fixture
def root(copied):
    """The demo bank with its table as each test begins with it."""
    (copied / "access" / "readers.csv").write_text(TABLE, "utf-8")
    return copied


def test_readers_are_listed_with_what_they_see(root):
    told = here("readers", "list", "-w", root, "--format", "json").json
    assert [(row["reader"], row["role"], row["units"]) for row in told] == [
        ("li", "head_office", None),
        ("zhao", "branch", "B101"),
    ]
    assert told[0]["sees"] == "whole bank"
    assert 1 < told[1]["sees"] < 20


def test_without_a_table_it_is_said_how_to_begin_one(root):
    (root / "access" / "readers.csv").unlink()
    assert "Its first line is reader,role,units" in here("readers", "list", "-w", root).out


def test_a_table_is_checked_for_lines_and_for_units(root):
    assert "2 readers, every unit known" in here("readers", "check", "-w", root).out
    path = root / "access" / "readers.csv"
    path.write_text(TABLE + "sun,auditor,B10\n", "utf-8")
    said = here("readers", "check", "-w", root)
    assert said.code == 1
    assert "sun: unit B10 is not in the newest month. Did you mean B10" in said.err
    path.write_text(TABLE + "sun,audit,\n", "utf-8")
    said = here("readers", "check", "-w", root)
    assert said.code == 1
    assert "line 4: there is no role 'audit'" in said.err


def test_the_log_is_told_by_person_and_by_action(root):
    ledger = Ledger.of(open_workspace(root), lambda _: None)
    at = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)
    for who, action in (("li", Action.SIGN_IN), ("zhao", Action.EXPORT), ("li", Action.EXPORT)):
        ledger.access_log.record(
            who=who, acting_as=None, action=action, subject="x", reason="", at=at
        )
    told = here("readers", "log", "-w", root, "--format", "json").json
    assert [(row["who"], row["action"], row["at"]) for row in told] == [
        ("li", "sign_in", "2026-11-01 09:30:00Z"),
        ("zhao", "export", "2026-11-01 09:30:00Z"),
        ("li", "export", "2026-11-01 09:30:00Z"),
    ]
    words = ("--who", "LI", "--action", "export", "--format", "json")
    assert len(here("readers", "log", "-w", root, *words).json) == 1


def test_a_name_of_the_table_narrows_a_command(root):
    words = ("kpis", "--metric", "loan_balance", "-w", root, "--format", "json")
    whole = {row["branch"] for row in here(*words).json}
    own = {row["branch"] for row in here("--as", "Zhao", *words).json}
    assert {row["branch"] for row in here("--as", "li", *words).json} == whole
    assert "B101" in own
    assert own < whole
    assert all(one.startswith("B101") for one in own)


def test_the_next_command_is_narrowed_no_more(root):
    words = ("kpis", "--metric", "loan_balance", "-w", root, "--format", "json")
    assert len(here("--as", "zhao", *words).json) < len(here(*words).json)


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ("zhoa", "No reader 'zhoa'. Did you mean zhao?"),
        ("branch:B1", "No unit 'B1'"),
        ("branch", "The role branch needs units"),
        ("boss:B101", "No reader 'boss:B101'"),
    ],
)
def test_a_reader_nobody_knows_is_refused(root, reader, said):
    done = here("--as", reader, "kpis", "-w", root)
    assert done.code == 1
    assert said in done.err


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "10.1.2.3", "bank.example"])  # noqa: S104
def test_the_dashboard_is_for_loopback_unless_people_sign_in(root, address):
    done = here("dashboard", "--address", address, "-w", root)
    assert done.code == 1
    assert f"to whoever reaches {address}: nobody signs in to it" in " ".join(done.err.split())


def test_a_dashboard_that_people_sign_in_to_needs_its_secrets(root, monkeypatch):
    monkeypatch.delenv("BRANCHMARK_SIGN_IN", raising=False)
    path = root / "branchmark.toml"
    kept = path.read_text("utf-8")
    path.write_text(f"{kept}\n[sign_in]\n", "utf-8")
    try:
        done = here("dashboard", "-w", root)
    finally:
        path.write_text(kept, "utf-8")
    assert done.code == 1
    assert "the environment variable BRANCHMARK_SIGN_IN is not set" in done.err
