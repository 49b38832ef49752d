"""A process that another one began ends without taking itself apart, and owes nobody anything."""

import subprocess
import sys

# A program of its own: in the process of the tests, others have been the main program before.
_BEGINS_ANOTHER = """
import atexit
import multiprocessing
import sys
from pathlib import Path

from orchestration import leaving

def works(told, folder):
    atexit.register((folder / "first").write_text, "asked before")
    leaving.leave_when_done()
    atexit.register((folder / "last").write_text, "asked after")
    told.put("x" * 1_000_000)  # larger than a pipe: a thread is still at it when the work is done

if __name__ == "__main__":
    spawning = multiprocessing.get_context("spawn")
    told = spawning.Queue()
    process = spawning.Process(target=works, args=(told, Path(sys.argv[1])))
    process.start()
    received = len(told.get(timeout=60))
    process.join(60)
    print(received, process.exitcode)
"""


def _run(*words):
    return subprocess.run(
        [sys.executable, *words], timeout=120, check=False, capture_output=True, text=True
    )


def test_what_a_process_owes_is_done_before_it_ends(tmp_path):
    program, folder = tmp_path / "program.py", tmp_path / "told"
    program.write_text(_BEGINS_ANOTHER, encoding="utf-8")
    folder.mkdir()
    done = _run(str(program), str(folder))
    assert (done.stdout, done.stderr) == ("1000000 0\n", "")
    assert {path.name for path in folder.iterdir()} == {"first", "last"}


def test_where_nobody_began_the_process_nothing_changes():
    code = "from orchestration import leaving; leaving.leave_when_done(); raise SystemExit(5)"
    done = _run("-c", code)
    assert (done.returncode, done.stderr) == (5, "")
