"""What all tests share: which files run first, and one small demo bank, made once and never written to."""

import gc
import json
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from filelock import FileLock

LONGEST = (
    "oracle/test_engine_by_chance.py",
    "whole/test_loans.py",  # makes the grown bank while the other process needs none
    "whole/test_spark.py",
    "whole/test_backfill.py",
    "faults/test_killed_midway.py",
    "faults/test_side_by_side.py",
    "whole/test_command_line.py",  # makes the demo bank
    "oracle/test_engine_against_oracle.py",
    "browser/test_journeys.py",
    "whole/test_languages_of_the_bank.py",
    "whole/test_no_leaks.py",
    "browser/test_every_page.py",
    "browser/test_sign_in.py",
    "whole/test_simulation.py",
    "faults/test_inbox_faults.py",
    "whole/test_trust_commands.py",
    "whole/test_dagster.py",
    "whole/test_restatement.py",
    "whole/test_inbox_sensor.py",
)
"""Files that take longest, in the order in which they are begun: the last one begun is waited for."""
HERE = Path(__file__).parent

MONTHS = 3
LOANS = 600
SEED = 7


def pytest_sessionstart():
    """Rubbish is looked for less often: it takes a tenth of the work from tests that build."""
    gc.set_threshold(20_000, 20, 20)


def pytest_collection_finish():
    """What all tests run with is settled once they are known.

    All libraries are loaded by now and stay: what they hold is not looked through again for rubbish.
    Pages without sign-in are for loopback alone: what runs in process says that it listens there.
    """
    gc.freeze()
    if "streamlit" in sys.modules:  # else no page is opened in this run
        sys.modules["streamlit"].config.set_option("server.address", "127.0.0.1")
        from streamlit.components.v2 import manifest_scanner  # noqa: PLC0415 - takes long to load

        # Each page opened in process looks through every installed package for components, which is
        # most of its work; what is installed stays the same.
        manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


def pytest_unconfigure():
    """What was loaded is cleared away at the end as in any other process."""
    gc.unfreeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items):
    """The longest files first, then what else is marked `whole`, then the rest as it was shuffled."""
    ranks = {HERE / name: rank for rank, name in enumerate(LONGEST)}
    items.sort(
        key=lambda item: ranks.get(
            item.path, len(ranks) + (item.get_closest_marker("whole") is None)
        )
    )


@dataclass(frozen=True)
class DemoBank:
    """The demo bank as `branchmark demo --no-serve` left it, and what that said."""

    root: Path
    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def demo_bank(tmp_path_factory, worker_id):
    """A demo bank of three months; tests that write work on a copy.

    Test processes that run side by side share one.
    """
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    root, account = shared / "demo-bank", shared / "demo-bank.json"
    with FileLock(shared / "demo-bank.lock"):
        if not account.exists():
            done = subprocess.run(
                [
                    str(Path(sysconfig.get_path("scripts")) / "branchmark"),
                    *("demo", "--no-serve", "--workspace", str(root)),
                    *("--months", str(MONTHS), "--loans", str(LOANS), "--seed", str(SEED)),
                ],
                capture_output=True,
                text=True,
                timeout=280,
                check=False,
            )
            account.write_text(
                json.dumps({"code": done.returncode, "out": done.stdout, "err": done.stderr}),
                encoding="utf-8",
            )
    return DemoBank(root, **json.loads(account.read_text(encoding="utf-8")))
