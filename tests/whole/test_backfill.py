"""Several months at once on one machine: what is built, in which order, and what if it goes wrong."""

import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date

import pytest

from orchestration.bank import Bank
from orchestration.months import Begun, MonthAtWork
from orchestration.planning import plan
from records.published import OvertakenError
from tests.whole import books
from tests.whole.commands import (
    PYTHON,
    branchmark,
    built,
    ingest,
    kpis,
    start,
    write_csv,
)

pytestmark = pytest.mark.whole

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
MENDED = ("--reason", "mended")

MONTH_RUN = """
import sys, warnings
warnings.simplefilter("ignore")
from pathlib import Path
from orchestration import settings
settings.settle(Path(sys.argv[1]))
from orchestration.definitions import defs
from orchestration.run_history import instance
from records.workspace import open_workspace
with instance(open_workspace(Path(sys.argv[1]))) as home:
    done = defs().resolve_job_def("month").execute_in_process(
        partition_key="2026-10", instance=home, raise_on_error=False)
why = [event.event_specific_data.error for event in done.all_events if event.is_failure]
print("published" if done.success else why[0].to_string())
"""
"""A run of October as Dagster's daemon begins it: without the command line's lock."""


@pytest.fixture
def bank(two_months, tmp_path):
    """Two published months, to write to."""
    return two_months.copy(tmp_path / "bank")


def redelivered(root, folder, day, balance):
    """A month delivered again with another balance for its first loan."""
    rows = books.october() if day == books.OCTOBER else books.september()
    rows[0]["outstanding_principal"] = balance
    path = write_csv(folder / f"loan_snapshot_{day[:7]}.csv", rows)
    ingest(root, path, *MENDED)


def stale(root):
    """The months that a build would build."""
    bank = Bank.at(root)
    return [one.as_of for one in plan(bank, bank.deliveries.months()) if one.is_stale]


def runs_of(root):
    """Every run of the bank: job, partition and state."""
    from orchestration.run_history import instance  # noqa: PLC0415 - Dagster takes seconds
    from records.workspace import open_workspace  # noqa: PLC0415

    with instance(open_workspace(root)) as home:
        return [
            (run.job_name, run.tags.get("dagster/partition"), run.status.value, run.tags)
            for run in home.get_runs()
        ]


def publications(root):
    rows = Bank.at(root).published.publications()
    return rows.select("as_of_date", "snapshot_version").rows()


def test_a_changed_month_makes_stale_itself_and_what_is_compared_with_it(bank, tmp_path):
    assert stale(bank) == []
    redelivered(bank, tmp_path / "o", books.OCTOBER, "1000000.07")
    assert stale(bank) == [OCTOBER]
    redelivered(bank, tmp_path / "s", books.SEPTEMBER, "900000.07")
    assert stale(bank) == [SEPTEMBER, OCTOBER]


def test_one_changed_month_is_one_run(bank, tmp_path):
    before = len(runs_of(bank))
    redelivered(bank, tmp_path, books.OCTOBER, "1000000.07")
    assert built(bank) == {books.SEPTEMBER: (1, "unchanged"), books.OCTOBER: (2, "built")}
    assert built(bank) == {books.SEPTEMBER: (1, "unchanged"), books.OCTOBER: (2, "unchanged")}
    added = runs_of(bank)[: len(runs_of(bank)) - before]
    assert [run[:3] for run in added] == [("month", "2026-10", "SUCCESS")]


def test_nothing_changed_is_found_without_loading_dagster(bank):
    script = (
        "import sys; from pathlib import Path; from orchestration.build import build; "
        "print(*(one.outcome for one in build(Path(sys.argv[1]), None))); "
        "print(sorted({'dagster', 'great_expectations'} & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", script, str(bank)], capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines() == ["unchanged unchanged", "[]"]


def test_figures_begun_before_a_delivery_are_not_published_after_it(bank, tmp_path):
    month = MonthAtWork.newest(Bank.at(bank), OCTOBER)
    begun = Begun.now(month).with_bases(month)
    begun.require(month)
    redelivered(bank, tmp_path, books.OCTOBER, "1000000.07")
    now = MonthAtWork.newest(Bank.at(bank), OCTOBER)
    with pytest.raises(
        OvertakenError, match="version 2 was delivered while version 1 was computed"
    ):
        begun.require(now)


def test_two_processes_publish_what_one_does_each_month_a_run_of_its_own(bank, two_months):
    said = branchmark("build", "-w", bank, "--force", "--processes", "2", "--format", "json")
    assert [row["outcome"] for row in said.json] == ["built", "built"], said.err
    assert kpis(bank, "--as-of", "all") == kpis(two_months.root, "--as-of", "all")
    before = len(runs_of(two_months.root))
    added = runs_of(bank)[: len(runs_of(bank)) - before]
    assert sorted(run[:3] for run in added) == [
        ("backfill", None, "SUCCESS"),
        ("month", "2026-09", "SUCCESS"),
        ("month", "2026-10", "SUCCESS"),
    ]
    october = next(run for run in added if run[1] == "2026-10")
    assert october[3]["branchmark/after-months"] == "2026-09-30"
    assert publications(bank)[-2:] == [(SEPTEMBER, 1), (OCTOBER, 1)]
    assert stale(bank) == []


def test_a_month_that_fails_is_named_and_stops_what_is_compared_with_it(bank, tmp_path):
    redelivered(bank, tmp_path, books.SEPTEMBER, "900000.07")
    batch = Bank.at(bank).deliveries.chosen(SEPTEMBER)["loan_snapshot"].batch_id
    shutil.rmtree(Bank.at(bank).deliveries.evidence(batch))
    before = publications(bank)
    figures = kpis(bank, "--as-of", "all")
    said = branchmark("build", "-w", bank, "--processes", "2")
    lines = said.err.strip().splitlines()
    assert said.code == 1
    assert lines[-1].startswith("2026-09-30 was not published: "), said.err
    assert publications(bank) == before
    assert kpis(bank, "--as-of", "all") == figures
    assert stale(bank) == [SEPTEMBER, OCTOBER]


def test_a_killed_backfill_leaves_whole_months_and_is_taken_up_again(bank, two_months):
    process = start("build", "-w", bank, "--force", "--processes", "2")
    table = bank / "lake" / "metric_fact" / "_delta_log"
    commits = len(list(table.glob("*.json")))
    deadline = time.monotonic() + 120
    while len(list(table.glob("*.json"))) == commits:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)  # the group that `start` made: lanes and all
    process.communicate(timeout=30)
    assert kpis(bank, "--as-of", "all") == kpis(two_months.root, "--as-of", "all")
    assert built(bank, "--force") == {books.SEPTEMBER: (1, "built"), books.OCTOBER: (1, "built")}
    assert kpis(bank, "--as-of", "all") == kpis(two_months.root, "--as-of", "all")


def test_of_two_runs_of_a_month_that_dagster_begins_at_once_one_is_refused(bank, tmp_path):
    redelivered(bank, tmp_path, books.OCTOBER, "1000000.07")
    before = len(publications(bank))
    script = tmp_path / "month_run.py"
    script.write_text(MONTH_RUN, encoding="utf-8")
    words = [PYTHON, script, bank]
    running = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    told = [process.communicate(timeout=120)[0] for process in running]
    published = [one.strip() == "published" for one in told]
    # One of them is refused, or finds its turn after the other has published.
    assert any(published), told
    assert all(published) or any("2026-10-31 is being built by another run" in one for one in told)
    assert len(publications(bank)) == before + sum(published)
    assert stale(bank) == []
