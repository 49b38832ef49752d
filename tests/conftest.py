"""What several folders of tests share: one small demo bank, made once and never written to."""

import json
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

MONTHS = 3
LOANS = 600
SEED = 7


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
