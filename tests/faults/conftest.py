"""One small published bank, made once; a test that breaks something works on a copy."""

import shutil

import pytest

from tests.whole import books
from tests.whole.two_months import shared


@pytest.fixture(scope="session")
def bank(tmp_path_factory, worker_id):
    """Two published months."""
    months = shared(tmp_path_factory, worker_id)
    assert months.built == {books.SEPTEMBER: (1, "built"), books.OCTOBER: (1, "built")}
    return months.root


@pytest.fixture
def copy(bank, tmp_path):
    """A copy of it to break."""
    root = tmp_path / "bank"
    shutil.copytree(bank, root)
    return root
