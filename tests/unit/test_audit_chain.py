"""Tampering with a ledger's file past the product is found, by table and row, in a sentence."""

# ruff: noqa: S608 - names of this file

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from records.access import Scope
from records.ledger.access_log import Action
from records.ledger.adjustments import Proposal as Adjustment
from records.ledger.chain import anchor_of
from records.ledger.check_ins import CheckIn
from records.ledger.errors import LedgerUseError
from records.ledger.ledger import Ledger
from records.ledger.report_tables import LEDGER_LINK, LINKED
from records.ledger.returns import Step
from records.package_store import PackageError, PackageStore
from records.workspace import create, open_workspace
from transforms.proposals import Proposal
from transforms.returns.package import ADJUSTED, CELL, SERIES, UNIT, VERDICT, Package

AT = datetime(2026, 11, 12, 9, 30, tzinfo=UTC)
OCTOBER = date(2026, 10, 31)
BANK = Scope.whole_bank("test")
FRAMES = {
    "units": UNIT, "cells": CELL, "series": SERIES, "verdicts": VERDICT, "adjustments": ADJUSTED,
}  # fmt: skip
PACKAGE = Package(
    return_id="monthly_structure", return_version="1", definition_hash="d", unit_id="B205",
    as_of=OCTOBER, snapshot_version=1, run_id="run", fingerprint="print", base_currency="CNY",
    **{name: pl.DataFrame(schema=dict(schema)) for name, schema in FRAMES.items()},
)  # fmt: skip


@dataclass
class File:
    """A ledger, and its file as somebody with a copy of SQLite sees it."""

    ledger: Ledger
    path: Path

    @contextmanager
    def opened(self):
        """What is done to a copy need not outlast a power cut: each statement would wait for the disk."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute("PRAGMA synchronous = OFF")
            yield connection

    def run(self, *statements):
        with self.opened() as connection:
            for statement in statements:
                connection.execute(statement)

    def unlocked(self, *statements):
        """The same after all triggers were dropped."""
        with self.opened() as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in names.fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)

    def told(self):
        return [(one.kind, one.table, one.row) for one in self.ledger.chain.faults()]

    def sentences(self):
        return [one.sentence for one in self.ledger.chain.faults()]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A ledger with a few rows in every table."""
    root = tmp_path_factory.mktemp("chain") / "bank"
    ledger = Ledger.of(create(root, name="Bank", base_currency="CNY"), lambda _: None)
    targets = [
        Proposal(branch, "sei_share", "", "2026", Decimal("0.15"), valid_from=date(2026, 1, 1))
        for branch in ("B205", "B303")
    ]
    made = ledger.targets.enter(BANK, targets, by="Li", at=AT, submit=True).target_ids
    ledger.targets.approve(BANK, made, by="Wang", at=AT)
    said = CheckIn(
        branch_id="B205", metric_id="sei_share", reading="", as_of_date=OCTOBER, snapshot_version=1,
        comment="A client repaid early.",
    )  # fmt: skip
    ledger.check_ins.add(BANK, said, by="Li", at=AT)
    with ledger.database.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO sign_off (branch_id, as_of_date, snapshot_version, step, fingerprint, run_id,"
            " person, person_key, at) VALUES ('B205', '2026-10-31', 1, 'signed', 'f', 'r', 'Li', 'li',"
            " '2026-11-12T09:30:00.000000+00:00')"
        )
    ledger.access_log.record(
        who="Li", acting_as=None, action=Action.EXPORT, subject="B205", reason="", at=AT
    )
    head, _ = ledger.returns.prepare(BANK, PACKAGE, by="Li", at=AT)
    ledger.returns.remark(BANK, 1, case="a#1", kind="comment", text="so", by="Li", at=AT)
    for step, by in ((Step.CHECKED, "Chen"), (Step.APPROVED, "Zhao"), (Step.RELEASED, "Sun")):
        ledger.returns.step(BANK, 1, step, content_hash=head.content_hash, by=by, at=AT)
    delta = Adjustment(
        branch_id="B205", metric_id="sei_balance", reading="", slice="TOTAL", member="TOTAL",
        side="numerator", amount=Decimal("-12.5"), reason="late", evidence="", live_from=OCTOBER,
        live_to=OCTOBER,
    )  # fmt: skip
    ledger.adjustments.enter(BANK, delta, by="Li", at=AT)
    sent = ledger.dispatches.claim(
        purpose="report", subject="e1", unit_id="B205", channel="folder", recipient="out",
        content_hash="h", at=AT,
    )  # fmt: skip
    ledger.dispatches.begin(sent.dispatch_id, at=AT)
    ledger.dispatches.end(1, 1, outcome="sent", detail="", receipt="", at=AT)
    for number in range(3):
        ledger.events.record(who="x", action="a", subject=f"s{number}", detail={}, at=AT)
    return root


@pytest.fixture
def file(written, tmp_path):
    """A copy of it, to be tampered with."""
    root = tmp_path / "bank"
    shutil.copytree(written, root)
    return File(Ledger.of(open_workspace(root), lambda _: None), root / "ledger.db")


def test_a_ledger_that_nobody_touched_has_no_fault(file):
    assert file.told() == []
    assert file.ledger.chain.count() == file.ledger.chain.head()[0]


ALTERED = {
    "target_version": "target_value = '0.14'",
    "target_step": "person = 'Chen'",
    "check_in": "comment = 'All is well.'",
    "sign_off": "note = 'seen'",
    "access_line": "subject = 'B303'",
    "return_package": "run_id = 'other'",
    "return_step": "at = '2026-11-11T09:30:00.000000+00:00'",
    "return_remark": "text = 'not so'",
    "adjustment": "live_to = '2027-10-31'",
    "adjustment_step": "person = 'Zhao'",
    "dispatch": "recipient = 'elsewhere'",
    "dispatch_attempt": "again = 1",
    "dispatch_outcome": "receipt = 'yes'",
    "audit_event": "detail = '{\"v\": 2}'",
}


def test_every_table_is_tampered_with():
    assert set(ALTERED) == {table.name for table in LINKED}


@pytest.mark.parametrize("table", ALTERED)
def test_an_altered_row_is_named(file, table):
    number = next(iter(next(one for one in LINKED if one.name == table).primary_key.columns)).name
    change = f"UPDATE {table} SET {ALTERED[table]} WHERE {number} = 1"
    with pytest.raises(sqlite3.Error, match="added, never changed"):
        file.run(change)
    file.unlocked(change)
    assert file.told() == [("altered", table, 1)]
    assert file.sentences()[0].startswith(f"Row 1 of {table} was altered after link ")


@pytest.mark.parametrize("table", [*ALTERED, LEDGER_LINK.name])
def test_no_row_is_replaced_in_one_statement(file, table):
    """INSERT OR REPLACE deletes what stands there, and asks no trigger of deletions."""
    with pytest.raises(sqlite3.Error, match=r"added, never changed|released|sent"):
        file.run(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1")
    with pytest.raises(sqlite3.Error, match="added, never changed"):
        file.run(f"DELETE FROM {table}")
    assert file.told() == []


def test_no_row_is_replaced_by_another_key_than_its_number(file):
    columns = "purpose, subject, unit_id, channel, recipient, content_hash, claimed_at"
    with pytest.raises(sqlite3.Error, match="added, never changed"):
        file.run(f"INSERT OR REPLACE INTO dispatch ({columns}) SELECT {columns} FROM dispatch")
    with pytest.raises(sqlite3.Error, match="added, never changed"):
        file.run(
            f"INSERT INTO dispatch ({columns}) SELECT {columns} FROM dispatch WHERE true ON CONFLICT "
            "(purpose, subject, channel, recipient) DO UPDATE SET unit_id = 'B303'"
        )


def test_a_value_that_is_none_of_its_column_is_told(file):
    file.unlocked(
        "UPDATE target_version SET made_at = 'then'", "UPDATE dispatch_attempt SET again = 7"
    )
    assert file.told() == [
        ("altered", "target_version", 1),
        ("altered", "target_version", 2),
        ("altered", "dispatch_attempt", 1),
    ]


def test_the_same_value_in_another_spelling_is_no_fault(file):
    file.unlocked(
        "UPDATE adjustment SET amount = '-12.50'",
        "UPDATE dispatch SET claimed_at = '2026-11-12T17:30:00+08:00'",
    )
    assert file.told() == []


def test_a_row_deleted_in_the_middle_is_named(file):
    file.unlocked("DELETE FROM audit_event WHERE event_id = 2")
    assert file.told() == [("missing", "audit_event", 2)]
    number = file.ledger.chain.head()[0] - 1
    assert file.sentences() == [
        f"Row 2 of audit_event is missing: link {number} of the chain knows it."
    ]


def test_a_row_deleted_with_its_link_leaves_a_gap_in_the_chain(file):
    link = "table_name = 'audit_event' AND row_id = 2"
    file.unlocked(
        "DELETE FROM audit_event WHERE event_id = 2", f"DELETE FROM ledger_link WHERE {link}"
    )
    number = file.ledger.chain.head()[0] - 1
    assert file.told() == [("link", "ledger_link", number)]
    assert file.sentences() == [f"Link {number} of the chain is missing, before link {number + 1}."]


def test_links_numbered_anew_do_not_hide_a_gap(file):
    file.unlocked(
        "DELETE FROM audit_event WHERE event_id = 2",
        "DELETE FROM ledger_link WHERE table_name = 'audit_event' AND row_id = 2",
        "UPDATE ledger_link SET number = number - 1 WHERE table_name = 'audit_event' AND row_id = 3",
    )
    last = file.ledger.chain.head()[0]
    assert file.told() == [("link", "ledger_link", last)] * 2
    assert "does not follow link" in file.sentences()[0]
    assert file.sentences()[1].endswith("was altered.")


def test_rows_that_changed_places_are_told(file):
    file.unlocked(
        "UPDATE audit_event SET event_id = 9 WHERE event_id = 1",
        "UPDATE audit_event SET event_id = 1 WHERE event_id = 2",
        "UPDATE audit_event SET event_id = 2 WHERE event_id = 9",
    )
    assert file.told()[:2] == [("reordered", "audit_event", 1), ("reordered", "audit_event", 2)]
    assert file.sentences()[0] == (
        "Row 1 of audit_event holds what row 2 held: their order was changed."
    )


@pytest.mark.parametrize("number", ["7", "NULL"])
def test_an_added_row_is_named_and_stays_unknown_when_the_product_writes_on(file, number):
    columns = "event_id, who, action, subject, detail, at"
    values = f"{number}, 'x', 'a', 's', '{{}}', '2026-11-12T09:30:00.000000+00:00'"
    file.run(f"INSERT INTO audit_event ({columns}) VALUES ({values})")
    row = 7 if number == "7" else 4
    assert file.told() == [("added", "audit_event", row)]
    file.ledger.events.record(who="x", action="a", subject="later", detail={}, at=AT)
    assert file.told() == [("added", "audit_event", row)]
    assert file.sentences() == [
        f"Row {row} of audit_event was added past the product: the chain does not know it."
    ]


def test_an_altered_link_is_told(file):
    file.unlocked("UPDATE ledger_link SET content_hash = 'a' WHERE number = 3")
    kinds = file.told()
    assert ("link", "ledger_link", 3) in kinds
    assert ("altered", "target_step", 1) in kinds


CUT = (
    "DELETE FROM audit_event WHERE event_id = 3",
    "DELETE FROM ledger_link WHERE table_name = 'audit_event' AND row_id = 3",
)


def test_an_end_that_was_cut_off_is_found_by_what_sqlite_remembers(file):
    file.unlocked(*CUT)
    assert file.told() == [("cut_off", "audit_event", 3)]


def test_an_end_that_was_cut_off_without_a_trace_is_found_by_an_anchor(file):
    anchor = file.ledger.chain.head()
    assert file.ledger.chain.holds(anchor)
    file.unlocked(*CUT, "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'audit_event'")
    assert file.told() == []
    assert not file.ledger.chain.holds(anchor)
    file.ledger.events.record(who="x", action="other", subject="s", detail={}, at=AT)
    assert file.ledger.chain.head()[0] == anchor[0]
    assert not file.ledger.chain.holds(anchor)


def test_a_chain_made_anew_is_found_by_the_anchor_of_a_release(file):
    """Whoever makes a whole new chain that fits still has to change what releases state."""
    file.unlocked("UPDATE return_step SET anchor_hash = 'f' WHERE step = 'released'")
    kinds = file.told()
    assert ("anchor", "return_step", 4) in kinds
    assert any("The release of edition number 1 states link" in one for one in file.sentences())


@pytest.mark.parametrize("table", ["check_in", "ledger_link", "return_step"])
def test_a_table_that_is_gone_is_told(file, table):
    file.unlocked(f"DROP TABLE {table}")
    assert ("missing", table, None) in file.told()


def test_an_anchor_is_read_as_it_is_printed():
    assert anchor_of(" 12:0123456789ABcdef… ") == (12, "0123456789abcdef")
    for text in ("12", "12:abc", "x:0123456789ab", "1:" + "0" * 65, "99999999999:0123456789ab"):
        with pytest.raises(LedgerUseError, match="is no anchor"):
            anchor_of(text)


def test_a_writer_that_is_killed_leaves_neither_rows_nor_links(file):
    before = file.ledger.chain.head()
    text = f"""
import os
from pathlib import Path
from records.ledger.ledger import Ledger
from records.workspace import open_workspace
ledger = Ledger.of(open_workspace(Path({str(file.path.parent)!r})), lambda _: None)
with ledger.database.writing() as connection:
    connection.exec_driver_sql("INSERT INTO audit_event (who, action, subject, detail, at) VALUES "
        "('x', 'a', 's', '{{}}', '2026-11-12T09:30:00.000000+00:00')")
    os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", text], timeout=60, check=False)
    assert done.returncode == -9
    assert (file.told(), file.ledger.chain.head()) == ([], before)
    file.ledger.events.record(who="x", action="a", subject="after", detail={}, at=AT)
    assert (file.told(), file.ledger.chain.head()[0]) == ([], before[0] + 1)


# --- what was signed, as files ----------------------------------------------------------------------


def test_a_package_is_kept_by_its_hash_and_read_back_whole(file):
    store = PackageStore(file.path.parent / "reports")
    hashed = store.keep(PACKAGE)
    before = store.path(hashed).read_bytes()
    assert store.keep(PACKAGE) == hashed == PACKAGE.content_hash
    assert [one.name for one in store.folder.iterdir()] == [f"{hashed}.json.gz"]
    head = file.ledger.returns.head(BANK, 1)
    back = store.read(head)
    assert (back.text(), back.run_id, back.fingerprint) == (PACKAGE.text(), "run", "print")
    store.path(hashed).unlink()
    store.keep(PACKAGE)
    assert store.path(hashed).read_bytes() == before


@pytest.mark.parametrize("damage", [b"", b"not gzip", None])
def test_a_package_that_is_gone_or_altered_is_told_and_kept_anew(file, damage):
    store = PackageStore(file.path.parent / "reports")
    path = store.path(store.keep(PACKAGE))
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    said = "is missing" if damage is None else "does not hold what was signed"
    assert said in store.fault(PACKAGE.content_hash)
    head = file.ledger.returns.head(BANK, 1)
    with pytest.raises(PackageError, match=f"{said}. Put it back from a backup"):
        store.read(head)
    store.keep(PACKAGE)
    assert store.fault(PACKAGE.content_hash) is None
