"""Where a delivery goes: one move, nothing written over, nothing lost on the way."""

import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.inbox import filing
from orchestration.inbox.arrivals import look
from orchestration.inbox.copies import copied_to
from orchestration.inbox.filing import REPORTS
from records.workspace import create

AT = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
MONTH = date(2026, 10, 31)


@pytest.fixture
def bank(tmp_path):
    return create(tmp_path / "bank", name="Bank", base_currency="CNY")


def put(bank, place, text="x"):
    path = bank.root / "inbox" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def only(bank):
    (one,) = look(bank).arrivals
    return one


def archived(bank, copied, *, report=True):
    """File a copied delivery as the inbox does; its place below the archive."""
    folder = filing.archive_folder(bank.root, MONTH, 1)
    place = filing.archived_place(copied.arrival, folder, copied.digest)
    place.parent.mkdir(parents=True, exist_ok=True)
    if report:
        told = json.dumps({"sha256": copied.digest})
        place.with_name(place.name + REPORTS[0]).write_text(told, encoding="utf-8")
    left = filing.file_away(copied.arrival, place, copy=copied.copy, taken=copied.taken)
    return left, place


def test_a_file_is_moved_whole_and_leaves_nothing_behind(bank, tmp_path):
    put(bank, "loans.csv", "abc")
    put(bank, "loans.csv.reason.txt", "late")
    left, place = archived(bank, copied_to(tmp_path / "copy", only(bank)))
    assert left
    assert place == bank.root / "archive" / "2026-10-31" / "1" / "loans.csv"
    assert place.read_text(encoding="utf-8") == "abc"
    assert (place.parent / "loans.csv.reason.txt").read_text(encoding="utf-8") == "late"
    assert list((bank.root / "inbox").iterdir()) == []


def test_the_same_name_never_overwrites(bank, tmp_path):
    texts = ("one", "two", "three")
    for number, text in enumerate(texts):
        put(bank, "loans.v1.csv", text)
        archived(bank, copied_to(tmp_path / str(number), only(bank)))
    folder = bank.root / "archive" / "2026-10-31" / "1"
    kept = {p.name: p.read_text(encoding="utf-8") for p in folder.iterdir() if p.suffix == ".csv"}
    assert kept == {"loans.v1.csv": "one", "loans~2.v1.csv": "two", "loans~3.v1.csv": "three"}


def test_a_report_without_its_file_is_taken_up_by_the_same_contents_only(bank, tmp_path):
    """A command was killed after the report and before the move."""
    put(bank, "loans.csv", "abc")
    copied = copied_to(tmp_path / "copy", only(bank))
    folder = filing.archive_folder(bank.root, MONTH, 1)
    folder.mkdir(parents=True)
    report = folder / "loans.csv.report.json"
    report.write_text(json.dumps({"sha256": copied.digest}), encoding="utf-8")
    assert filing.archived_place(copied.arrival, folder, copied.digest).name == "loans.csv"
    report.write_text(json.dumps({"sha256": "of another"}), encoding="utf-8")
    assert filing.archived_place(copied.arrival, folder, copied.digest).name == "loans~2.csv"
    refused = filing.refused_folder(bank.root)
    refused.mkdir()
    earlier = refused / "20261121T010000Z-loans.csv.report.json"
    earlier.write_text(json.dumps({"sha256": copied.digest}), encoding="utf-8")
    place = filing.refused_place(copied.arrival, refused, copied.digest, AT)
    assert place.name == "20261121T010000Z-loans.csv"
    place = filing.refused_place(copied.arrival, refused, "else", AT)
    assert place.name == "20261122T063000Z-loans.csv"


def test_what_was_replaced_meanwhile_stays_in_the_inbox_and_what_was_read_is_kept(bank, tmp_path):
    path = put(bank, "loans.csv", "read")
    copied = copied_to(tmp_path / "copy", only(bank))
    path.unlink()
    put(bank, "loans.csv", "sent after that")
    left, place = archived(bank, copied)
    assert not left
    assert place.read_text(encoding="utf-8") == "read"
    assert path.read_text(encoding="utf-8") == "sent after that"


def test_a_file_added_to_a_marked_folder_meanwhile_is_not_swallowed(bank, tmp_path):
    put(bank, "batch/a.csv", "a")
    put(bank, "batch/_READY", "")
    copied = copied_to(tmp_path / "copy", only(bank))
    added = put(bank, "batch/b.csv", "b")
    left, place = archived(bank, copied)
    assert not left
    assert sorted(one.name for one in place.iterdir()) == ["_READY", "a.csv"]
    assert added.exists()


def test_a_link_is_moved_as_the_link_it_is(bank, tmp_path):
    outside = tmp_path / "secret.csv"
    outside.write_text("secret", encoding="utf-8")
    (bank.root / "inbox" / "link.csv").symlink_to(outside)
    copied = copied_to(tmp_path / "copy", only(bank))
    assert copied.copy is None
    left, place = archived(bank, copied, report=False)
    assert left
    assert place.is_symlink()
    assert outside.read_text(encoding="utf-8") == "secret"


@pytest.mark.parametrize("name", ["贷" * 85, "a" * 255, "a" * 240 + ".csv", "a\nb.csv"])
def test_long_and_odd_names_leave_room_for_their_reports(bank, tmp_path, name):
    put(bank, name)
    left, place = archived(bank, copied_to(tmp_path / "copy", only(bank)))
    assert left
    assert place.exists()
    for one in filing.beside(place):
        assert len(one.name.encode()) <= 255
        assert "\n" not in one.name
    refused = filing.refused_place(only_like(name, bank), bank.root / "refused", None, AT)
    assert len(f"{refused.name}.report.json".encode()) <= 255


def only_like(name, bank):
    put(bank, name)
    return only(bank)


@pytest.mark.skipif(
    not Path("/dev/shm").is_dir() or Path("/dev/shm").stat().st_dev == Path("/tmp").stat().st_dev,  # noqa: S108
    reason="needs two disks",
)
def test_inbox_and_archive_may_be_on_different_disks(bank, tmp_path_factory):
    put(bank, "batch/a.csv", "a")
    put(bank, "batch/_READY", "")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as other:
        copied = copied_to(tmp_path_factory.mktemp("copy"), only(bank))
        place = Path(other) / "batch"
        assert filing.file_away(copied.arrival, place, copy=None, taken=copied.taken)
        assert (place / "a.csv").read_text(encoding="utf-8") == "a"
        assert [one.name for one in Path(other).iterdir()] == ["batch"]
    assert list((bank.root / "inbox").iterdir()) == []
