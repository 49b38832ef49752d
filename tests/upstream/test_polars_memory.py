"""What we lean on in Polars: its allocator takes settings from the environment, before the first import."""

import os
import subprocess
import sys

import pytest

_SETTINGS = "_RJEM_MALLOC_CONF"
_PROCESS = f"""
import os
import orchestration
os.environ["{_SETTINGS}"] += ",stats_print:true"
import polars
"""


def _settings_in_force(told_before: str | None) -> dict[str, str]:
    """What the allocator of a fresh process that builds says of itself as the process ends."""
    environment = {key: value for key, value in os.environ.items() if key != _SETTINGS}
    if told_before is not None:
        environment[_SETTINGS] = told_before
    done = subprocess.run(
        [sys.executable, "-c", _PROCESS],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    told = (line.strip().split(" ")[:2] for line in done.stderr.splitlines() if "opt." in line)
    return {name.removeprefix("opt.").rstrip(":"): value for name, value in told}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Polars has another allocator")
def test_what_the_product_settles_is_in_force():
    told = _settings_in_force(None)

    assert told["dirty_decay_ms"] == "10000"
    assert told["muzzy_decay_ms"] == "0"
    assert told["narenas"] == str(os.cpu_count())
    assert told["background_thread"] == "true"  # an idle process gives its memory back too


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere Polars has another allocator")
def test_what_a_bank_settles_goes_before():
    told = _settings_in_force("dirty_decay_ms:77")

    assert told["dirty_decay_ms"] == "77"
