"""Banks made once for all test processes side by side, and never written to: a grown and a small one."""

import pytest
from filelock import FileLock

from tests.whole import released
from tests.whole.grown import Grown, deliver_and_build
from tests.whole.two_months import shared


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


@pytest.fixture(scope="session")
def two_months(tmp_path_factory, worker_id):
    """The small book's two months, published; tests that write work on a copy."""
    return shared(tmp_path_factory, worker_id)


@pytest.fixture(scope="session")
def released_bank(demo_bank, tmp_path_factory, worker_id):
    """The demo bank with released reports and a lake it shares; tests that send work on a copy."""
    return released.shared(demo_bank.root, tmp_path_factory, worker_id)
