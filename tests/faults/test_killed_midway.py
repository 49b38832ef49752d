"""A command killed midway: readers see what they saw before, and the next command puts it right."""

import os
import shutil
import signal
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from records.published import Published
from tests.whole import books
from tests.whole.commands import built, figures, ingest, kpis, start, write_csv

pytestmark = pytest.mark.whole

MENDED = ("--reason", "mended")

BALANCE = ("loan_balance", "default", "HO")


@pytest.fixture
def waiting(copy, tmp_path):
    """Two published months, and a second version of October that waits for its build."""
    ingest(copy, mended(tmp_path / "mended", "1000000.07"), *MENDED)
    return copy


@pytest.fixture
def never_killed(waiting, tmp_path):
    """Every figure of the same bank after a build that nobody killed."""
    root = tmp_path / "never-killed"
    shutil.copytree(waiting, root)
    assert built(root)[books.OCTOBER] == (2, "built")
    return kpis(root, "--as-of", "all")


def mended(folder, balance):
    """October's file with another balance for its first loan."""
    rows = books.october()
    rows[0]["outstanding_principal"] = balance
    return write_csv(folder / "loan_snapshot_2026-10.csv", rows)


def commits(table: Path):
    """How many commits a Delta table has."""
    return len(list((table / "_delta_log").glob("*.json")))


def files(table: Path):
    """How many data files a table has, committed or not."""
    return len(list(table.rglob("*.parquet")))


def folders(place: Path):
    """How many folders stand there."""
    return len(list(place.iterdir())) if place.exists() else 0


def kill_when(process, grown, place):
    """Kill a process as soon as something grew; fails if it ended without that."""
    before = grown(place)
    deadline = time.monotonic() + 90
    while grown(place) == before:
        assert process.poll() is None, f"it ended before {place.name} grew: {process.stderr.read()}"
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL


def test_a_build_killed_at_any_moment_leaves_the_figures_as_they_were(waiting, never_killed):
    """Killed while it writes checks, measures, facts; each time the old figures stand, whole."""
    before = kpis(waiting, "--as-of", "all")
    publications = commits(waiting / "lake" / "publication")
    for grown, table in (
        (commits, "check_result"),
        (files, "branch_measure"),
        (commits, "metric_fact"),
    ):
        kill_when(start("build", "-w", waiting), grown, waiting / "lake" / table)
        switched = commits(waiting / "lake" / "publication") > publications
        assert kpis(waiting, "--as-of", "all") == (never_killed if switched else before), table
        if switched:  # the last moment is a race that the build may win
            assert table == "metric_fact"
            break
    after = built(waiting)
    assert after[books.SEPTEMBER] == (1, "unchanged")
    assert after[books.OCTOBER] in {(2, "built"), (2, "unchanged")}
    assert kpis(waiting, "--as-of", "all") == never_killed
    assert kpis(waiting, "--as-of", books.OCTOBER, "--version", "1") == [
        row for row in before if row["as_of_date"] == books.OCTOBER
    ]


def test_a_build_stopped_from_the_keyboard_says_so_without_a_traceback(waiting, tmp_path):
    """The keyboard's signal reaches every process that the build has started."""
    table, publication = (waiting / "lake" / name for name in ("check_result", "publication"))
    # Where this test is held up until a build has published, it is too late to stop it: another is begun.
    for cents in range(10, 15):
        before, published = kpis(waiting, "--as-of", "all"), commits(publication)
        process = start("build", "-w", waiting)
        until = commits(table) + 1
        deadline = time.monotonic() + 90
        while commits(table) < until:
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.002)
        if in_time := commits(publication) == published:
            os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
        if in_time:
            break
        ingest(waiting, mended(tmp_path / str(cents), f"1000000.{cents}"), *MENDED)
    else:
        pytest.fail("five builds were published before they could be stopped")
    assert process.returncode == 1
    assert "Traceback" not in err
    assert "was not published: it was interrupted" in err.splitlines()[-1]
    assert kpis(waiting, "--as-of", "all") == before
    assert built(waiting)[books.OCTOBER][1] == "built"


def test_a_rebuild_killed_midway_stays_unseen_when_another_month_is_published(copy):
    """Ledger totals come later for both months: the same versions are built anew.

    October's build is killed after its facts are written; then September is built and published.
    October must not come along half built.
    """
    unreconciled, october = kpis(copy), date.fromisoformat(books.OCTOBER)
    publication = copy / "lake" / "publication"
    # A build that is quicker than the kill is published, and another is begun.
    for version in range(1, 6):
        ledger = {"branch_id": "north", "gl_account_code": "1303", "balance": f"{version}.00"}
        for day in (books.SEPTEMBER, books.OCTOBER):
            path = write_csv(copy / "files" / day / "gl_control_total.csv", [ledger])
            ingest(copy, path, "--as-of", day, *(MENDED if version > 1 else ()))
        before, published = kpis(copy), commits(publication)
        results = Published(copy / "lake").check_results(as_of=october).collect()
        process = start("build", "-w", copy, "--as-of", books.OCTOBER)
        kill_when(process, commits, copy / "lake" / "metric_fact")
        if commits(publication) == published:
            break
    else:
        pytest.fail("five builds were quicker than the kill")
    assert kpis(copy) == before
    assert built(copy, "--as-of", books.SEPTEMBER)[books.SEPTEMBER][1] == "built"
    assert kpis(copy) == before
    assert Published(copy / "lake").check_results(as_of=october).collect().equals(results)
    assert built(copy)[books.OCTOBER] == (version, "built")
    states = {row["quality_state"] for row in kpis(copy)}
    assert states != {row["quality_state"] for row in unreconciled}


def test_an_ingest_killed_at_any_moment_leaves_nothing_to_see(copy, tmp_path):
    """Killed while it judges and while it stores; the delivery is there whole, or not at all."""
    before = kpis(copy, "--as-of", "all")
    batches = commits(copy / "lake" / "load_batch")
    path = mended(tmp_path, "1000000.09")
    for grown, place in (
        (folders, copy / "lake" / "delivered"),
        (files, copy / "lake" / "borrower_snapshot"),
    ):
        kill_when(start("ingest", path, "-w", copy, *MENDED), grown, place)
        if commits(copy / "lake" / "load_batch") > batches:  # the ingest won the race
            assert place.name == "borrower_snapshot"
            break
        assert set(built(copy).values()) == {(1, "unchanged")}
        assert kpis(copy, "--as-of", "all") == before
    receipt = ingest(copy, path, *MENDED)
    assert receipt["snapshot_version"] == 2
    assert receipt["accepted_rows"] == len(books.october())
    assert built(copy)[books.OCTOBER] == (2, "built")
    old = next(Decimal(r["value"]) for r in before if key(r) == BALANCE and is_october(r))
    assert Decimal(figures(copy)[BALANCE]["value"]) == old + Decimal("0.09")


def key(row):
    return row["metric"], row["reading"], row["branch"]


def is_october(row):
    return row["as_of_date"] == books.OCTOBER
