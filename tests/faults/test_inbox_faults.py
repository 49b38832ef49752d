"""The inbox when things go wrong: slow writers, commands killed midway, two commands at once.

Most of it needs no figures: a file of loan events, for a month without a loan book, is delivered and
archived like any other, and nothing is built.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from filelock import FileLock

from records.deliveries import Deliveries
from tests.whole import books
from tests.whole.commands import figures, here, kpis, made, start, write_csv

pytestmark = pytest.mark.whole

BALANCE = ("loan_balance", "default", "HO")
LOANS = "loan_snapshot_2026-10.csv"
EVENTS = "borrower_first_loan_event_2026-10.csv"
SLOWLY = """
import sys, time
source, target, pause, how = sys.argv[1:]
text = open(source, "rb").read()
file = open(target, "wb")
for at in range(0, len(text), 60):
    if how == "reopen":
        file = open(target, "ab")
    file.write(text[at : at + 60])
    file.flush()
    if how == "reopen":
        file.close()
    time.sleep(float(pause))
"""


@pytest.fixture
def empty(tmp_path):
    """A workspace in which nothing is delivered."""
    return made(tmp_path / "bank")


def events(folder):
    """A file of ten first-loan events, about a thousand bytes."""
    rows = [
        {
            "borrower_id": f"C{number}",
            "loan_id": f"L{number}",
            "branch_id": "south",
            "event_date": "2026-10-15",
            "registry_checked_on": "2026-10-01",
        }
        for number in range(10)
    ]
    return write_csv(folder / EVENTS, rows)


def put(root, path):
    shutil.copy(path, root / "inbox" / path.name)
    return root / "inbox" / path.name


def put_mended(root, folder):
    """October once more, with seven cents more, and the reason."""
    rows = books.october()
    rows[0]["outstanding_principal"] = "1000000.07"
    (root / "inbox" / f"{LOANS}.reason.txt").write_text("mended", encoding="utf-8")
    return put(root, write_csv(folder / LOANS, rows))


def run(root, *words):
    return here("inbox", "-w", root, "--format", "json", *words)


def taken(root, *words):
    said = run(root, *words)
    assert said.code == 0, said.err
    return {row["file"]: row for row in json.loads(said.out)}


def everywhere(root, name):
    """The folders in which a delivery of that name lies: of the inbox, the archive, the refused."""
    return sorted(
        str(path.relative_to(root).parent)
        for folder in ("inbox", "archive", "refused")
        for path in (root / folder).rglob("*")
        if path.name.endswith(name)
    )


def batches(root):
    """Version and accepted rows of everything that was delivered."""
    rows = Deliveries(root / "lake").batches()
    return list(rows.select("snapshot_version", "accepted_rows").iter_rows())


@pytest.mark.parametrize("how", ["keep", "reopen"])
def test_a_file_that_another_process_writes_slowly_is_taken_when_it_is_whole(empty, tmp_path, how):
    """With the file held open, and opened anew for each piece; each look finds it longer, or held."""
    source = events(tmp_path / "source")
    target = empty / "inbox" / EVENTS
    assert taken(empty) == {}  # what it imports is imported now, and does not outlast the writer
    with subprocess.Popen([sys.executable, "-c", SLOWLY, source, target, "0.3", how]) as writer:
        while not target.exists():
            time.sleep(0.02)
        states = []
        while writer.poll() is None:
            states.append(taken(empty, "--settle", "2.5")[EVENTS]["state"])
        assert writer.wait() == 0
    if states[-1] == "waiting":  # the last look may have been when the writer had just ended
        states.append(taken(empty, "--settle", "2.5")[EVENTS]["state"])
    assert states[0] == "waiting"
    assert states == ["waiting"] * (len(states) - 1) + ["delivered"]
    kept = empty / "archive" / "2026-10-31" / "1" / EVENTS
    assert kept.read_bytes() == source.read_bytes()
    assert batches(empty) == [(1, 10)]


def killed_when(root, condition):
    """Run the inbox in a process of its own, and kill it with its children once a condition holds."""
    process = start("inbox", "-w", root, "--settle", "0", "--format", "json")
    deadline = time.monotonic() + 90
    while not condition():
        if process.poll() is not None:  # it won the race
            break
        assert time.monotonic() < deadline
        time.sleep(0.001)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)  # the group that `start` made
    assert "Traceback" not in process.communicate(timeout=30)[1]


def commits(root, table):
    return len(list((root / "lake" / table / "_delta_log").glob("*.json")))


def test_killed_at_any_moment_the_file_is_in_the_inbox_or_archived_with_its_report(empty, tmp_path):
    """Killed while it copies, judges, delivers and files, one after the other."""
    put(empty, events(tmp_path / "source"))
    archive = empty / "archive" / "2026-10-31" / "1"
    report = archive / f"{EVENTS}.report.json"
    for condition in (
        (empty / ".taking" / "0" / EVENTS).exists,
        lambda: any((empty / "lake").glob("delivered/*")),
        lambda: commits(empty, "load_batch") > 0,
        report.exists,
    ):
        killed_when(empty, condition)
        places = everywhere(empty, EVENTS)
        assert places in (["inbox"], ["archive/2026-10-31/1"])
        if places == ["archive/2026-10-31/1"]:
            assert json.loads(report.read_text(encoding="utf-8"))
            break
    taken(empty, "--settle", "0")
    assert sorted(path.name for path in archive.iterdir()) == [
        *(EVENTS, f"{EVENTS}.report.json", f"{EVENTS}.report.txt"),
    ]
    assert everywhere(empty, EVENTS) == ["archive/2026-10-31/1"]
    assert not (empty / ".taking").exists()
    assert batches(empty) == [(1, 10)]


def test_killed_while_it_builds_the_next_one_publishes(copy, tmp_path):
    put_mended(copy, tmp_path / "mended")
    before = kpis(copy)
    facts = commits(copy, "metric_fact")
    killed_when(copy, lambda: commits(copy, "metric_fact") > facts)
    if everywhere(copy, LOANS) == ["inbox"]:
        assert kpis(copy) == before
        row = taken(copy, "--settle", "0")[LOANS]
        assert (row["state"], row["version"], row["figures"]) == ("unchanged", 2, "built")
    archive = copy / "archive" / "2026-10-31" / "2"
    assert sorted(path.name for path in archive.iterdir()) == [
        *(LOANS, f"{LOANS}.reason.txt", f"{LOANS}.report.json", f"{LOANS}.report.txt"),
    ]
    assert [path for path in (copy / "inbox").iterdir() if path.is_file()] == []
    assert figures(copy)[BALANCE]["value"] == "2100050.07"


@pytest.mark.parametrize("when", ["*", "*.report.json"])
def test_a_killed_refusal_leaves_one_refusal(empty, when):
    """Killed while the first report is being written, and when it is there."""
    path = empty / "inbox" / "odd.csv"
    path.write_text("colour,weight\nred,1\n", encoding="utf-8")
    refused = empty / "refused"
    killed_when(empty, lambda: any(refused.glob(when)))
    assert run(empty, "--settle", "0").code in {0, 1}
    names = sorted(p.name.partition("-")[2] for p in refused.iterdir())
    assert names == ["odd.csv", "odd.csv.report.json", "odd.csv.report.txt"]
    assert not path.exists()


def test_two_commands_at_once_take_a_file_once_and_wait_for_who_writes(empty, tmp_path):
    put(empty, events(tmp_path / "source"))
    with FileLock(empty / ".writing.lock"):
        running = [
            start("inbox", "-w", empty, "--settle", "0", "--format", "json") for _ in range(2)
        ]
        while not (empty / ".taking" / "0" / EVENTS).exists():
            assert [process.poll() for process in running] == [None, None]
            time.sleep(0.01)
        time.sleep(1)
        assert everywhere(empty, EVENTS) == ["inbox"]
    ended = [(*process.communicate(timeout=150), process.returncode) for process in running]
    assert [code for *_, code in ended] == [0, 0], ended
    rows = [row for out, *_ in ended for row in json.loads(out)]
    assert [(row["state"], row["version"]) for row in rows] == [("delivered", 1)]
    assert everywhere(empty, EVENTS) == ["archive/2026-10-31/1"]
    assert batches(empty) == [(1, 10)]


def test_watching_takes_what_comes_and_stops_when_asked(empty, tmp_path):
    process = start("inbox", "-w", empty, "--watch", "--settle", "0")
    put(empty, events(tmp_path / "source"))
    deadline = time.monotonic() + 90
    while everywhere(empty, EVENTS) != ["archive/2026-10-31/1"]:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)  # it prints what it has filed
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "delivered" in out
    assert "Traceback" not in err
    assert err.rstrip().endswith("Stopped.")
