"""Files that are no books: refused in one sentence, with nothing taken and nothing left behind."""

import os
import random
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest

from orchestration.sources import open_source
from tests.whole import books
from tests.whole.commands import contents, here, made, one_sentence, write_csv
from transforms.errors import UnreadableFileError

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return made(tmp_path_factory.mktemp("garbage") / "bank", "--base-currency", "USD")


def noise(seed, size):
    return random.Random(seed).randbytes(size)  # noqa: S311 - reproducible, not secret


def csv_bytes(tmp_path):
    return write_csv(tmp_path / "fine.csv", books.october()).read_bytes()


def parquet_bytes(tmp_path, *, times=300):
    path = tmp_path / "fine.parquet"
    pl.DataFrame(books.october() * times).write_parquet(path)
    return path.read_bytes()


def left_behind(root):
    """Files, and folders with something in them; the pen and empty folders do not count."""
    return {name: held for name, held in contents(root).items() if held != "folder"}


def refused(root, path, *words):
    before = left_behind(root)
    words = words or ("--as-of", books.OCTOBER)
    sentence = one_sentence(here("ingest", path, "-w", root, *words))
    after = left_behind(root)
    after.pop(".writing.lock", None)
    before.pop(".writing.lock", None)
    assert after == before
    return sentence


@pytest.mark.parametrize("mapping", ["canonical", "ibrd", "sba"])
@pytest.mark.parametrize("ending", ["csv", "parquet", "txt"])
@pytest.mark.parametrize("size", [0, 1, 3, 4_096, 300_000])
def test_random_bytes_are_refused_whatever_they_are_called(root, tmp_path, mapping, ending, size):
    path = tmp_path / f"loan_snapshot.{ending}"
    path.write_bytes(noise(size, size))
    sentence = refused(root, path, "--mapping", mapping, "--as-of", books.OCTOBER)
    assert "loan_snapshot" in sentence or f"Mapping {mapping}" in sentence


@pytest.mark.parametrize("part", [0.01, 0.3, 0.6, 0.9, 0.999])
def test_a_truncated_parquet_file_is_refused(root, tmp_path, part):
    content = parquet_bytes(tmp_path)
    path = tmp_path / "loan_snapshot.parquet"
    path.write_bytes(content[: int(len(content) * part)])
    assert "cannot be read" in refused(root, path)


@pytest.mark.parametrize("seed", range(8))
def test_a_parquet_file_with_its_footer_spoilt_is_refused(root, tmp_path, seed):
    """The length and the magic word at the end are whole, what they point to is not."""
    content = bytearray(parquet_bytes(tmp_path))
    length = int.from_bytes(content[-8:-4], "little")
    start = len(content) - 8 - length
    content[start : start + length] = noise(seed, length)
    path = tmp_path / "loan_snapshot.parquet"
    path.write_bytes(content)
    assert "cannot be read" in refused(root, path)


@pytest.mark.parametrize("where", ["in the header", "in a field", "at the end"])
def test_nul_bytes_are_refused(root, tmp_path, where):
    content = csv_bytes(tmp_path)
    spoilt = {
        "in the header": content.replace(b"loan_id", b"loan\x00id", 1),
        "in a field": content.replace(b"K-L1", b"K\x00L1", 1),
        "at the end": content + b"\x00" * 512,
    }[where]
    path = tmp_path / "loan_snapshot.csv"
    path.write_bytes(spoilt)
    assert "cannot be read" in refused(root, path)


def test_a_file_is_known_by_what_is_in_it_not_by_its_name(tmp_path):
    """Parquet under the name of a CSV file is read as Parquet, and the other way round."""
    root = made(tmp_path / "bank")
    for number, (name, content) in enumerate(
        (("a.csv", parquet_bytes(tmp_path, times=1)), ("b.parquet", csv_bytes(tmp_path))), 1
    ):
        (tmp_path / name).write_bytes(content)
        words = ("--table", "loan_snapshot", "--as-of", books.OCTOBER, "--format", "json")
        words = (*words, "--reason", "the same in another kind of file")
        said = here("ingest", tmp_path / name, "-w", root, *words).json
        assert said["accepted_rows"] == len(books.october())
        assert said["snapshot_version"] == number


def test_a_folder_and_a_missing_file_are_refused(root, tmp_path):
    (tmp_path / "loan_snapshot.csv").mkdir()
    assert "cannot be read" in refused(root, tmp_path / "loan_snapshot.csv")
    assert "cannot be read" in refused(root, tmp_path / "nowhere.csv")
    assert "cannot be read" in refused(root, tmp_path / "nowhere.parquet")


NOBODY = 65534


@contextmanager
def without_privileges():
    """Nothing is forbidden to root, so a test that runs as root steps down for a moment."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize("closed", ["file", "folder"])
def test_a_file_that_may_not_be_read_is_refused(closed):
    """The file itself, or the folder it lies in, is closed to the reader."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = write_csv(folder / "inner" / "loan_snapshot.csv", books.october())
        folder.chmod(0o755)
        path.parent.chmod(0o755)
        (path if closed == "file" else path.parent).chmod(0)
        try:
            with without_privileges(), pytest.raises(UnreadableFileError) as refusal:
                open_source(path, scratch=folder)
        finally:
            path.parent.chmod(0o755)
    assert "cannot be read: Permission denied" in str(refusal.value)


def test_bytes_of_no_encoding_are_refused_with_their_place(root, tmp_path):
    path = tmp_path / "loan_snapshot.csv"
    path.write_bytes(csv_bytes(tmp_path).replace(b"K-L9", b"\xff\xfe\xff", 1))
    assert "cannot be read" in refused(root, path)


def test_after_all_that_a_good_file_is_taken(root, tmp_path):
    rows = [{**row, "currency_code": "USD"} for row in books.october()]
    path = write_csv(tmp_path / "loan_snapshot.csv", rows)
    said = here("ingest", path, "-w", root, "--format", "json").json
    assert said["accepted_rows"] == len(rows)
