"""One small published bank, made once; a test that breaks something works on a copy."""

import shutil

import pytest

from tests.whole import books
from tests.whole.commands import built


@pytest.fixture(scope="session")
def bank(tmp_path_factory):
    """Two published months."""
    folder = tmp_path_factory.mktemp("bank")
    root = books.delivered(folder / "bank", folder / "files")
    assert built(root) == {books.SEPTEMBER: (1, "built"), books.OCTOBER: (1, "built")}
    return root


@pytest.fixture
def copy(bank, tmp_path):
    """A copy of it to break."""
    root = tmp_path / "bank"
    shutil.copytree(bank, root)
    return root
