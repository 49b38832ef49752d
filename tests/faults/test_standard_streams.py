"""Where a command prints to may be full, closed, or read by somebody who has read enough."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.whole.commands import SCRIPT

pytestmark = pytest.mark.whole

SMALL, LARGE = "versions", "kpis --format csv"


def in_a_shell(words, workspace, where):
    """A command with its streams led elsewhere; its exit code is printed last, on a stream of its own."""
    line = f"{{ {shlex.quote(str(SCRIPT))} {words} -w {shlex.quote(str(workspace))}; echo $? >&3; }} {where}"
    read, write = os.pipe()
    done = subprocess.run(
        ["bash", "-c", f"exec 3>&{write}; {line}"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        pass_fds=[write],
    )
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as told:
        return int(told.read()), done.stdout, done.stderr


@pytest.mark.parametrize("words", [SMALL, LARGE])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_is_said_in_one_sentence_however_little_is_printed(bank, words):
    code, out, err = in_a_shell(words, bank, ">/dev/full")
    assert (code, out) == (1, "")
    assert err == "No space left on device. Check the path, its rights and the disk.\n"


@pytest.mark.parametrize("words", [SMALL, LARGE])
def test_who_reads_no_further_ends_it_without_a_word(bank, words):
    code, out, err = in_a_shell(words, bank, "| true")
    assert (code, out, err) == (1, "", "")


@pytest.mark.parametrize("words", [SMALL, LARGE])
@pytest.mark.parametrize("where", [">&-", "2>&-"])
def test_with_a_stream_closed_it_does_what_it_is_for(bank, words, where):
    code, out, err = in_a_shell(words, bank, where)
    assert (code, err) == (0, "")
    assert bool(out) is (where == "2>&-")
