"""`branchmark lake`: files exchanged and removed, and not a figure, a row or a signature the other for it."""

import os
import shutil
import signal
import subprocess
import time
from datetime import timedelta

import polars as pl
import pytest
from deltalake import DeltaTable

from orchestration.bank import SYSTEM, Bank
from orchestration.cli import lake as lake_command
from records import layout, maintenance
from records.deliveries import Deliveries
from records.delta import columns_schema, scan
from tests.whole import books, released
from tests.whole.commands import (
    PYTHON,
    built,
    contents,
    here,
    ingest,
    kpis,
    one_sentence,
    start,
    write_csv,
)
from transforms.schema import LOAN_SNAPSHOT

pytestmark = pytest.mark.whole

AT_ONCE = timedelta(0)
"""As if all that was replaced had been so for long."""
PARTITIONS = ["as_of_date", "snapshot_version"]


def as_of_an_earlier_product(lake):
    """The loans written as they were before they lay by branch: a file a delivery, in delivered order."""
    path = lake / "loan_snapshot"
    rows = scan(path, columns_schema(LOAN_SNAPSHOT)).collect()
    shutil.rmtree(path)
    for month in rows.partition_by(*PARTITIONS, maintain_order=True):
        month.sort("source_row_no").write_delta(
            path, mode="append", delta_write_options={"partition_by": PARTITIONS}
        )


@pytest.fixture(scope="module")
def old(two_months, tmp_path_factory):
    """A bank that restated October and released a report on it, with a lake that an earlier product wrote."""
    folder = tmp_path_factory.mktemp("lake")
    return told_a_story(two_months.copy(folder / "bank"), folder)


def told_a_story(root, folder):
    mended = books.october()
    mended[0]["outstanding_principal"] = "1000000.07"
    file = write_csv(folder / "loan_snapshot_2026-10.csv", mended)
    ingest(root, file, "--reason", "seven cents were missing")
    assert built(root)[books.OCTOBER] == (2, "built")
    released.release(Bank.at(root), "branch_scorecard", "north")
    as_of_an_earlier_product(root / "lake")
    return root


def copied(bank, folder):
    return shutil.copytree(bank, folder / "bank")


def told(root, folder):
    """What a bank shows of all that it must be able to show for ever."""
    pack = folder / "pack.zip"
    packed = here(
        *("evidence", "figure", "-w", root, "--metric", "npl_ratio", "--output", pack),
        *("--as-of", books.OCTOBER, "--replace", "--format", "json"),
    )
    verified = here("verify", "-w", root, "--format", "json")
    return {
        "known now": kpis(root, "--as-of", "all"),
        "as reported": kpis(root, "--as-of", "all", "--as-reported"),
        "restated": here("diff", "-w", root, "--as-of", books.OCTOBER, "--format", "json").json,
        "loans": here("loans", "-w", root, "--metric", "npl_ratio", "--format", "csv").out,
        "pack": (packed.code, here("evidence", "verify", pack).code),
        "verified": (verified.code, verified.json["checks"]),
    }


@pytest.fixture(scope="module")
def before(old, tmp_path_factory):
    """What the bank shows before anybody keeps its lake in order."""
    return told(old, tmp_path_factory.mktemp("before"))


def loans_of(root):
    """Every delivered loan of every version, in one order."""
    rows = scan(root / "lake" / "loan_snapshot", columns_schema(LOAN_SNAPSHOT)).collect()
    return rows.sort(*PARTITIONS, "batch_id", "source_row_no")


def test_all_that_was_published_signed_and_reported_stands_when_the_lake_is_in_order(
    old, before, tmp_path
):
    assert before["verified"][0] == 0
    assert (
        before["known now"] != before["as reported"]
    )  # there is something that only the first run holds
    assert before["restated"]
    root = copied(old, tmp_path)
    rows = loans_of(root)
    assert here("lake", "compact", "-w", root).code == 0
    assert maintenance.vacuum(root / "lake", keep=AT_ONCE)
    assert told(root, tmp_path) == before
    assert loans_of(root).equals(rows)
    assert not maintenance.unread(root / "lake", keep=AT_ONCE)
    newest = here("build", "-w", root, "--format", "json").json
    assert {row["outcome"] for row in newest} == {"unchanged"}


def test_few_files_take_the_place_of_many_and_loans_lie_by_branch(old, tmp_path):
    root = copied(old, tmp_path)
    was = {row["table"]: row for row in here("lake", "-w", root, "--format", "json").json}
    assert was["load_batch"]["files"] == was["load_batch"]["to_compact"] > 1
    assert was["loan_snapshot"]["to_compact"] == was["loan_snapshot"]["files"]
    done = here("lake", "compact", "-w", root, "--format", "json").json
    named = {one["table"]: one for one in done}
    assert named["load_batch"]["files"] == named["publication"]["files"] == 1
    now = {row["table"]: row for row in here("lake", "-w", root, "--format", "json").json}
    assert all(row["to_compact"] == 0 for row in now.values())
    assert {name: row["rows"] for name, row in now.items()} == {
        name: row["rows"] for name, row in was.items()
    }
    for file in DeltaTable(root / "lake" / "loan_snapshot").file_uris():
        branches = pl.read_parquet(file, hive_partitioning=False)["booking_branch_id"]
        assert branches.is_sorted()
    assert "in order" in here("lake", "compact", "-w", root).out
    assert here("lake", "compact", "-w", root, "--format", "json").json == []


def test_what_a_new_delivery_brings_needs_no_compaction_of_its_loans(two_months):
    rows = {
        row["table"]: row for row in here("lake", "-w", two_months.root, "--format", "json").json
    }
    assert rows["loan_snapshot"]["to_compact"] == 0


def test_nothing_is_removed_before_its_time_and_nothing_without_a_yes(old, tmp_path):
    root = copied(old, tmp_path)
    assert here("lake", "compact", "-w", root).code == 0
    files = contents(root / "lake")
    said = here("lake", "vacuum", "-w", root, "--yes")
    assert "Nothing to remove" in said.out
    assert contents(root / "lake") == files
    replaced = maintenance.unread(root / "lake", keep=AT_ONCE)
    assert {one.table for one in replaced} >= {"loan_snapshot", "load_batch", "publication"}
    assert contents(root / "lake") == files
    named = {
        file.removeprefix("file://")
        for table in maintenance.tables(root / "lake")
        for file in DeltaTable(root / "lake" / table).file_uris()
    }
    gone = maintenance.vacuum(root / "lake", keep=AT_ONCE)
    assert {one.path for one in gone} == {one.path for one in replaced}
    assert not {str(root / "lake" / one.path) for one in gone} & named
    assert all(os.path.exists(file) for file in named)  # noqa: PTH110 - addresses, not paths


def test_who_opened_a_table_before_reads_on_while_it_is_put_in_order(old, tmp_path):
    root = copied(old, tmp_path)
    bank = Bank.at(root)
    opened = bank.deliveries.table(SYSTEM, LOAN_SNAPSHOT.name, bank.deliveries.months()[-1])
    facts = bank.published.facts(SYSTEM)
    rows, published = opened.collect(), facts.collect()
    assert here("lake", "compact", "-w", root).code == 0
    assert here("lake", "vacuum", "-w", root, "--yes").code == 0
    assert opened.collect().equals(rows)
    assert facts.collect().equals(published)
    again = bank.deliveries.table(SYSTEM, LOAN_SNAPSHOT.name, bank.deliveries.months()[-1])
    assert again.collect().sort("source_row_no").equals(rows.sort("source_row_no"))


def test_a_delivery_that_was_killed_is_cleared_away_and_no_other(old, tmp_path):
    root = copied(old, tmp_path)
    lake, day = root / "lake", Bank.at(root).deliveries.months()[-1]
    stray = scan(lake / "loan_snapshot", columns_schema(LOAN_SNAPSHOT)).drop(*PARTITIONS).head(50)
    at = {"as_of_date": day.isoformat(), "snapshot_version": "1"}
    rows = stray.with_columns(batch_id=pl.lit("dead"))
    layout.append(lake / "loan_snapshot", rows, at, by="booking_branch_id", batch="dead")
    evidence = Deliveries(lake).evidence("dead")
    evidence.mkdir()
    (evidence / "loan_snapshot.0.parquet").write_bytes(b"half")
    assert not maintenance.unread(lake)  # somebody may still be at work on it
    found = maintenance.unread(lake, keep=AT_ONCE)
    assert sorted(one.table for one in found if "dead" in one.path) == [
        "delivered",
        "loan_snapshot",
    ]
    maintenance.vacuum(lake, keep=AT_ONCE)
    assert not evidence.exists()
    assert "dead" not in loans_of(root)["batch_id"]
    assert loans_of(root).equals(loans_of(old))
    assert here("verify", "-w", root).code == 0


def test_maintenance_waits_for_its_turn(old, tmp_path, monkeypatch):
    root = copied(old, tmp_path)
    monkeypatch.setattr(lake_command, "_PATIENCE", 0.1)
    with Bank.at(root).writing("deliver", wait_seconds=1):
        for words in (("compact",), ("vacuum", "--yes")):
            assert "another command is writing" in one_sentence(here("lake", *words, "-w", root))
        assert here("lake", "vacuum", "-w", root).code == 0  # who only looks waits for nobody


def files(table):
    return {str(file) for file in table.rglob("*.parquet")}


def killed(process, place):
    """Kill a process as soon as the files of a table are others."""
    was, deadline = files(place), time.monotonic() + 60
    while files(place) == was:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)


def test_a_compaction_or_vacuum_that_is_killed_harms_nothing(old, before, tmp_path):
    root = copied(old, tmp_path)
    lake, rows = root / "lake", loans_of(root)
    killed(start("lake", "compact", "-w", root), lake / "loan_snapshot")
    assert loans_of(root).equals(rows)
    assert here("lake", "compact", "-w", root).code == 0
    assert loans_of(root).equals(rows)
    code = "import sys; from pathlib import Path; from datetime import timedelta\n"
    code += "from records.maintenance import vacuum\nvacuum(Path(sys.argv[1]), keep=timedelta(0))"
    process = subprocess.Popen(
        [PYTHON, "-c", code, str(lake)], stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    killed(process, lake / "load_batch")
    assert loans_of(root).equals(rows)
    maintenance.vacuum(lake, keep=AT_ONCE)
    assert not maintenance.unread(lake, keep=AT_ONCE)
    assert loans_of(root).equals(rows)
    assert kpis(root, "--as-of", "all") == before["known now"]
    assert here("verify", "-w", root).code == 0
