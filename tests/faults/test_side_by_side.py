"""Two commands at once: one writes, the other waits or says so; readers see one state or the other."""

import _thread
import threading

import pytest

from records.locks import BUILDING, FileLocks
from tests.whole import books
from tests.whole.commands import built, figures, here, ingest, kpis, start, write_csv

pytestmark = pytest.mark.whole

MENDED = ("--reason", "mended")

BALANCE = ("loan_balance", "default", "HO")


def october_with(folder, balance):
    rows = books.october()
    rows[0]["outstanding_principal"] = balance
    return write_csv(folder / "loan_snapshot_2026-10.csv", rows)


def test_two_builds_at_once_publish_once_and_readers_never_see_a_half(copy, tmp_path):
    ingest(copy, october_with(tmp_path / "mended", "1000000.07"), *MENDED)
    before = kpis(copy)
    running = [start("build", "-w", copy) for _ in range(2)]
    seen = []
    while any(process.poll() is None for process in running):
        seen.append(kpis(copy))
    ended = [(*process.communicate(), process.returncode) for process in running]
    after = kpis(copy)
    assert after != before
    assert figures(copy)[BALANCE]["value"] == "2100050.07"
    assert all(one in (before, after) for one in seen)
    assert len(seen) > 3
    assert 0 in [code for *_, code in ended]
    for out, err, code in ended:
        assert "Traceback" not in out + err
        if code != 0:
            assert err.strip().splitlines()[-1].startswith("Cannot build: another command is writ")
    assert built(copy) == {books.SEPTEMBER: (1, "unchanged"), books.OCTOBER: (2, "unchanged")}
    assert kpis(copy) == after


def test_two_ingests_at_once_are_two_versions_and_neither_is_lost(copy, tmp_path):
    paths = [october_with(tmp_path / name, f"1000000.{name}") for name in ("11", "22")]
    running = [start("ingest", path, "-w", copy, "--format", "json", *MENDED) for path in paths]
    ended = [(*process.communicate(timeout=120), process.returncode) for process in running]
    assert [code for *_, code in ended] == [0, 0], ended
    assert built(copy)[books.OCTOBER] == (3, "built")
    last = figures(copy)[BALANCE]["value"]
    assert last in {"2100050.11", "2100050.22"}


def test_the_same_file_delivered_twice_at_once_is_taken_once(copy, tmp_path):
    path = october_with(tmp_path / "mended", "1000000.33")
    running = [start("ingest", path, "-w", copy, *MENDED) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert sorted("is unchanged" in one for one in said) == [False, True]
    assert ingest(copy, path)["snapshot_version"] == 2


def test_a_command_stopped_while_it_waits_says_so_in_a_sentence(copy):
    turn = FileLocks(copy).tried(BUILDING)
    assert turn is not None
    stopping = threading.Timer(0.5, _thread.interrupt_main)
    stopping.start()
    try:
        said = here("build", "-w", copy)
    finally:
        stopping.join()
        turn.end()
    assert said.code == 130
    assert said.err.splitlines()[-1].startswith("Stopped before it was done.")
    assert "Traceback" not in said.err
