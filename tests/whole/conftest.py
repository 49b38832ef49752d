"""The grown demo bank, made once for all test processes that run side by side and never written to."""

import pytest
from filelock import FileLock

from tests.whole.grown import Grown, deliver_and_build


@pytest.fixture(scope="session")
def grown(tmp_path_factory, worker_id):
    """A published bank of which every metric can be given; tests that write work on a copy."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    root, done = shared / "grown-bank", shared / "grown-bank.done"
    with FileLock(shared / "grown-bank.lock"):
        if not done.exists():
            deliver_and_build(root)
            done.touch()
    return Grown(root)
