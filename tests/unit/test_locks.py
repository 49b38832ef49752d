"""Whose turn it is to write: alone or together, in files and in PostgreSQL, never beyond the holder."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime

import pytest
import sqlalchemy as sa

from records.locks import FileLocks, ServerLocks, held, is_busy, locks_of, month_lock
from records.published import OvertakenError, Publication, Published
from records.servers import server
from records.workspace import create, open_workspace
from tests import servers
from transforms.errors import WorkspaceError

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)

HOLDER = """
import sys, time
from pathlib import Path
from records.locks import FileLocks, ServerLocks
from records.servers import server
kind, where = sys.argv[1:]
locks = FileLocks(Path(where)) if kind == "files" else ServerLocks(server(where))
turn = locks.tried("writing")
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def postgresql():
    yield from servers.postgresql()


@pytest.fixture(params=["files", "postgresql"])
def place(request, tmp_path):
    """The kind of locks, and where they are."""
    if request.param == "files":
        return request.param, str(tmp_path)
    return request.param, request.getfixturevalue("postgresql")


@pytest.fixture
def locks(place, tmp_path):
    kind, where = place
    return FileLocks(tmp_path) if kind == "files" else ServerLocks(server(where))


def test_who_is_alone_keeps_everybody_out_and_those_together_keep_out_who_would_be_alone(locks):
    alone = locks.tried("writing")
    assert locks.tried("writing") is None
    assert locks.tried("writing", shared=True) is None
    locks.tried(month_lock(OCTOBER)).end()  # another lock, and free
    alone.end()
    together = [locks.tried("writing", shared=True) for _ in range(2)]
    assert all(one.is_ours() for one in together)
    assert locks.tried("writing") is None
    together[0].end()
    assert is_busy(locks, month_lock(SEPTEMBER)) is False
    assert locks.tried("writing") is None
    together[1].end()
    with held(locks, "writing", busy="busy", wait_seconds=0):
        with (
            pytest.raises(WorkspaceError, match="busy"),
            held(locks, "writing", busy="busy", wait_seconds=0.1),
        ):
            pytest.fail("two held it")
        assert is_busy(locks, "writing")
    assert not is_busy(locks, "writing")


def test_a_lock_goes_with_its_process_however_that_ends(locks, place):
    words = [sys.executable, "-c", HOLDER, *place]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    assert is_busy(locks, "writing")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=20)
    with held(locks, "writing", busy="the dead hold it", wait_seconds=10):
        pass


def test_a_turn_is_lost_with_the_connection_that_held_it(postgresql):
    locks = ServerLocks(server(postgresql))
    turn = locks.tried(month_lock(OCTOBER))
    assert turn.is_ours()
    engine = sa.create_engine(server(postgresql))
    with engine.connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
        connection.execute(sa.text(others))
    engine.dispose()
    deadline = time.monotonic() + 10
    while turn.is_ours():
        assert time.monotonic() < deadline
    turn.end()
    locks.tried(month_lock(OCTOBER)).end()


def test_the_settings_say_where_the_locks_are(tmp_path, postgresql):
    root = create(tmp_path / "bank", name="Bank", base_currency="CNY").root
    assert isinstance(locks_of(open_workspace(root), {}.get), FileLocks)
    path = root / "branchmark.toml"
    with path.open("a", encoding="utf-8") as file:
        file.write('[orchestration]\nstorage = "env:RUNS"\n')
    workspace = open_workspace(root)
    assert isinstance(locks_of(workspace, {"RUNS": postgresql}.get), ServerLocks)
    with pytest.raises(WorkspaceError, match="environment variable RUNS is not set"):
        locks_of(workspace, {}.get)
    with pytest.raises(WorkspaceError, match="no address of a PostgreSQL database") as said:
        locks_of(workspace, {"RUNS": "mysql://u:secret@host/db"}.get)
    assert "secret" not in str(said.value)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ('storage = "postgresql://u:secret@host/db"', "names no environment variable"),
        ('broker = "env:BROKER"', "names a broker and no storage"),
        ("processes = 0", "Write a whole number from 1 to 64"),
        ("process = 2", "Did you mean"),
    ],
)
def test_settings_that_cannot_be_used_are_refused_without_repeating_a_secret(tmp_path, lines, said):
    root = create(tmp_path / "bank", name="Bank", base_currency="CNY").root
    with (root / "branchmark.toml").open("a", encoding="utf-8") as file:
        file.write(f"[orchestration]\n{lines}\n")
    with pytest.raises(WorkspaceError, match=said) as refused:
        open_workspace(root)
    assert "secret" not in str(refused.value)


def publication(day, run):
    return Publication(day, 1, f"of {run}", "c", "r", run, NOON)


def test_of_two_runs_that_began_from_the_same_publication_one_publishes(tmp_path):
    first, second = Published(tmp_path), Published(tmp_path)
    first.publish(publication(OCTOBER, "first"), after=0)
    with pytest.raises(OvertakenError, match="2026-10-31 is left as it is: another run published"):
        second.publish(publication(OCTOBER, "second"), after=0)
    second.publish(publication(SEPTEMBER, "other month"), after=0)
    second.publish(publication(OCTOBER, "third"), after=1)
    told = first.publications()
    assert told["sequence"].to_list() == [1, 2, 3]
    assert told["run_id"].to_list() == ["first", "other month", "third"]
    assert first.last_sequence(OCTOBER) == 3


PUBLISHER = """
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from records.published import OvertakenError, Publication, Published
root, who = Path(sys.argv[1]), sys.argv[2]
published = Published(root)
sys.stdin.readline()
told = []
for month in range(1, 9):
    day = date(2026, month, 1)
    one = Publication(day, 1, who, "c", "r", f"{who}{month}", datetime(2026, 11, 2, tzinfo=UTC))
    try:
        published.publish(one, after=0)
        told.append(month)
    except OvertakenError:
        pass
print(*told)
"""


def test_processes_that_publish_side_by_side_lose_nothing_and_publish_no_month_twice(tmp_path):
    """No lock is held: the commit itself goes through for one of them only."""
    words = [sys.executable, "-c", PUBLISHER, str(tmp_path)]
    running = [
        subprocess.Popen([*words, who], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for who in ("a", "b")
    ]
    for process in running:
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[0].split() for process in running]
    assert sorted(told[0] + told[1]) == [str(month) for month in range(1, 9)]
    held_rows = Published(tmp_path).publications()
    assert held_rows["sequence"].to_list() == list(range(1, 9))
    assert held_rows["as_of_date"].n_unique() == 8
