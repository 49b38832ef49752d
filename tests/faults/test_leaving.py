"""A process that another one began ends without taking itself apart, and owes nobody anything."""

import atexit
import multiprocessing
import subprocess
import sys
from pathlib import Path

from orchestration import leaving


def _works(told, folder):
    def first():
        (folder / "first").write_text("asked before")

    atexit.register(first)
    leaving.leave_when_done()
    atexit.register((folder / "last").write_text, "asked after")
    told.put("x" * 1_000_000)  # larger than a pipe: a thread is still at it when the work is done


def test_what_a_process_owes_is_done_before_it_ends(tmp_path):
    spawning = multiprocessing.get_context("spawn")
    told = spawning.Queue()
    process = spawning.Process(target=_works, args=(told, tmp_path))
    process.start()
    assert len(told.get(timeout=60)) == 1_000_000
    process.join(60)
    assert process.exitcode == 0
    assert {path.name for path in tmp_path.iterdir()} == {"first", "last"}


def test_where_nobody_began_the_process_nothing_changes():
    code = "from orchestration import leaving; leaving.leave_when_done(); raise SystemExit(5)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path.cwd(), timeout=60, check=False, capture_output=True
    )
    assert (done.returncode, done.stderr) == (5, b"")
