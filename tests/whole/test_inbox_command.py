"""`branchmark inbox` as a person runs it: what is taken, where it goes, and what the report says."""

import json
import os
import shutil

import pytest

from tests.whole import books
from tests.whole.commands import figures, here, kpis, made, write_csv

pytestmark = pytest.mark.whole

BALANCE = ("loan_balance", "default", "HO")


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Two months that came through the inbox: September as a marked folder, October file by file."""
    folder = tmp_path_factory.mktemp("inbox")
    root = made(folder / "bank")
    files = books.written(folder / "files")
    september = root / "inbox" / "first delivery"
    september.mkdir()
    for name in ("september", "branch", "branch_hierarchy"):
        shutil.copy(files[name], september)
    (september / "_READY").touch()
    october = root / "inbox" / "2026-10-31"
    october.mkdir()
    for name in ("tech_enterprise_list", *books.EVENTS):
        shutil.copy(files[name], october)
    shutil.copy(files["october"], root / "inbox" / "贷款 [1].csv")
    said = taken(root)
    return root, said


@pytest.fixture
def bank(published, tmp_path):
    """A copy of it, its inbox empty."""
    root = tmp_path / "bank"
    shutil.copytree(published[0], root)
    return root


def run(root, *words):
    return here("inbox", "-w", root, "--settle", "0", "--format", "json", *words)


def taken(root, *, code=0):
    """What became of each thing in the inbox, by place."""
    said = run(root)
    assert said.code == code, said.err
    assert "Traceback" not in said.err
    return {row["file"]: row for row in json.loads(said.out)}


def report(root, row):
    return json.loads((root / f"{row['moved_to']}.report.json").read_text(encoding="utf-8"))


def words(root, row):
    return (root / f"{row['moved_to']}.report.txt").read_text(encoding="utf-8")


def put(root, place, rows):
    return write_csv(root / "inbox" / place, rows)


def october(balance):
    """October with another balance for its first loan, 1,000,000.00 before."""
    rows = books.october()
    rows[0]["outstanding_principal"] = balance
    return rows


def left(root):
    """Files that are still in the inbox."""
    inbox = root / "inbox"
    return sorted(str(p.relative_to(inbox)) for p in inbox.rglob("*") if not p.is_dir())


def test_everything_is_delivered_built_and_archived_with_a_report(published):
    root, said = published
    told = {
        place: (row["state"], row["as_of_date"], row["version"], row["accepted"], row["moved_to"])
        for place, row in said.items()
    }
    month = "2026-10-31"
    assert told == {
        # one loan, its borrower, three branches, two lines of the tree
        "first delivery": (
            "delivered",
            books.SEPTEMBER,
            1,
            7,
            "archive/2026-09-30/1/first delivery",
        ),
        # nine loans, seven borrowers
        "贷款 [1].csv": ("delivered", month, 1, 16, f"archive/{month}/1/贷款 [1].csv"),
        f"{month}/borrower_first_loan_event.csv": (
            *("delivered", month, 1, 2),
            f"archive/{month}/1/borrower_first_loan_event.csv",
        ),
        f"{month}/tech_enterprise_list.csv": (
            *("delivered", month, 1, 1),
            f"archive/{month}/1/tech_enterprise_list.csv",
        ),
    }
    assert {row["figures"] for row in said.values()} == {"built"}
    assert left(root) == []
    assert figures(root)[BALANCE]["value"] == "2100050.00"
    kept = sorted(p.name for p in (root / "archive" / "2026-09-30" / "1").rglob("*") if p.is_file())
    assert kept == [
        *("_READY", "branch.csv", "branch_hierarchy.csv"),
        *("first delivery.report.json", "first delivery.report.txt", "loan_snapshot_2026-09.csv"),
    ]
    assert not (root / ".taking").exists()
    assert not (root / "refused").exists()


def test_the_report_has_the_receipt_and_both_languages(published):
    root, said = published
    row = said["贷款 [1].csv"]
    told = report(root, row)
    assert told["receipt"]["accepted_rows"] == 9
    assert told["months"] == [
        {"as_of_date": "2026-10-31", "outcome": "built", "why": None},
    ]
    assert told["files"][0]["bytes"] == (root / row["moved_to"]).stat().st_size
    text = words(root, row)
    assert "loan_snapshot: delivered / 报送 9, accepted / 接收 9, rejected / 剔除 0" in text
    assert "money / 金额: 2,800,173.45 = 2,800,173.45 + 0.00" in text
    assert "2026-10-31: figures are published anew / 指标已重新发布" in text


def test_an_empty_inbox_says_so(bank):
    said = here("inbox", "-w", bank, "--settle", "0")
    assert (said.code, said.out) == (0, "The inbox is empty.\n")
    assert taken(bank) == {}


def test_a_second_delivery_needs_its_reason_and_its_report_tells_what_was_rejected(bank):
    """The reason is written on a Chinese Windows; one row is booked where there is no branch."""
    before = kpis(bank)
    place = "loan_snapshot_2026-10.csv"
    put(bank, place, [*october("1000000.07"), books.loan("L10", "C9", "nowhere", "5.00")])
    row = taken(bank, code=1)[place]
    assert row["state"] == "refused"
    assert "restatement" in row["why"]
    assert "called like it with .reason.txt behind" in words(bank, row)
    assert "重报，须说明原因" in words(bank, row)
    assert kpis(bank) == before

    (bank / row["moved_to"]).rename(bank / "inbox" / place)
    reason = "分行更正，补报一笔".encode("gb18030")
    (bank / "inbox" / f"{place}.reason.txt").write_bytes(reason)
    row = taken(bank)[place]
    assert (row["state"], row["version"], row["rejected"]) == ("delivered", 2, 1)
    assert row["moved_to"] == f"archive/2026-10-31/2/{place}"
    assert report(bank, row)["reason"] == "分行更正，补报一笔"
    assert (bank / f"{row['moved_to']}.reason.txt").read_bytes() == reason
    assert left(bank) == []
    assert figures(bank)[BALANCE]["value"] == "2100050.07"
    one = figures(bank, "--as-of", books.OCTOBER, "--version", "1")
    assert one[BALANCE]["value"] == "2100050.00"
    text = words(bank, row)
    assert "Reason / 重报原因: 分行更正，补报一笔" in text
    assert "E0103  loan_snapshot: 1 rows / 行, 5.00" in text
    assert "The booking branch is not in the branch table." in text
    assert "记账机构不在机构表中。" in text
    assert "处理办法：更正机构号，或请总行在机构表中补录该机构。" in text


def test_a_restated_month_builds_the_published_ones_that_compare_with_it(bank):
    rows = books.september()
    rows[0]["outstanding_principal"] = "900000.50"
    put(bank, "mended/loan_snapshot.csv", rows)
    (bank / "inbox" / "mended" / "reason.txt").write_text("late booking", encoding="utf-8")
    (bank / "inbox" / "mended" / "_READY").touch()
    row = taken(bank)["mended"]
    told = report(bank, row)["months"]
    assert [(one["as_of_date"], one["outcome"]) for one in told] == [
        (books.SEPTEMBER, "built"),
        (books.OCTOBER, "built"),
    ]
    increment = figures(bank)["loan_increment_mom", "default", "HO"]["value"]
    assert increment == "1200049.50"  # 2,100,050.00 - 900,000.50


def test_the_same_contents_again_are_archived_beside_the_first_and_change_nothing(bank):
    before = kpis(bank)
    put(bank, "贷款 [1].csv", books.october())
    row = taken(bank)["贷款 [1].csv"]
    assert (row["state"], row["version"], row["figures"]) == ("unchanged", 1, "unchanged")
    assert row["moved_to"] == "archive/2026-10-31/1/贷款 [1]~2.csv"
    assert kpis(bank) == before


def test_the_month_comes_from_the_folder_else_the_contents_else_the_name(tmp_path):
    """The event files state no month of their own."""
    bank = made(tmp_path / "bank")
    event = {
        **dict.fromkeys(("borrower_id", "loan_id", "branch_id"), "x"),
        "event_date": "2026-08-03",
    }
    put(bank, "borrower_first_loan_event_20260831.csv", [event])
    put(bank, "2026-07/borrower_first_loan_event.csv", [{**event, "event_date": "2026-07-03"}])
    put(bank, "borrower_first_loan_event.csv", [event])
    put(bank, "2026-08-30/borrower_first_loan_event.csv", [event])
    said = taken(bank, code=1)
    told = {place: (row["state"], row["as_of_date"], row["figures"]) for place, row in said.items()}
    assert told == {
        "2026-07/borrower_first_loan_event.csv": ("delivered", "2026-07-31", "no_book"),
        "2026-08-30/borrower_first_loan_event.csv": ("refused", None, None),
        "borrower_first_loan_event.csv": ("refused", None, None),
        "borrower_first_loan_event_20260831.csv": ("delivered", "2026-08-31", "no_book"),
    }
    assert "did you mean 2026-08-31" in said["2026-08-30/borrower_first_loan_event.csv"]["why"]
    assert "state no month" in said["borrower_first_loan_event.csv"]["why"]


def test_what_cannot_be_read_is_refused_with_the_way_out_and_the_rest_is_taken(bank, tmp_path):
    inbox = bank / "inbox"
    outside = tmp_path / "outside.csv"
    outside.write_text("secret", encoding="utf-8")
    (inbox / "ibrd").mkdir()
    (inbox / "ibrd" / "broken.csv").write_bytes(b"\x00" * 100)
    (inbox / "link.csv").symlink_to(outside)
    (inbox / "loop").symlink_to(inbox, target_is_directory=True)
    (inbox / "two\nlines.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    (inbox / ("长" * 83 + ".csv")).write_text("colour,weight\nred,1\n", encoding="utf-8")
    put(bank, "loan_snapshot_2026-10.csv", october("1000000.00"))
    said = run(bank)
    assert said.code == 1
    rows = {row["file"]: row for row in json.loads(said.out)}
    assert {place for place, row in rows.items() if row["state"] == "refused"} == {
        *("ibrd/broken.csv", "link.csv", "loop", "two\\nlines.csv"),
        "长" * 83 + ".csv",
    }
    assert rows["loan_snapshot_2026-10.csv"]["state"] == "unchanged"
    assert said.err.count("\n") == 1
    assert said.err.startswith("5 of 6 in the inbox need somebody")
    broken = rows["ibrd/broken.csv"]
    assert broken["why"].startswith("inbox/ibrd/broken.csv cannot be read")
    assert "文件无法完整读取" in words(bank, broken)
    for row in rows.values():
        assert os.path.lexists(bank / row["moved_to"])
        assert report(bank, row)["state"] == row["state"]
    assert outside.read_text(encoding="utf-8") == "secret"
    assert left(bank) == []


def test_a_build_that_fails_keeps_the_delivery_and_says_why_nothing_was_published(bank):
    """A book without a single loan breaks a critical rule about the table."""
    before = kpis(bank)
    path = put(bank, "loan_snapshot_2026-10.csv", books.october())
    header = path.read_text(encoding="utf-8").splitlines()[0]
    path.unlink()
    empty = bank / "inbox" / "2026-10-31" / "loan_snapshot.csv"
    empty.parent.mkdir(exist_ok=True)
    empty.write_text(f"{header}\n", encoding="utf-8")
    empty.with_name("loan_snapshot.csv.reason.txt").write_text("emptied", encoding="utf-8")
    row = taken(bank, code=1)["2026-10-31/loan_snapshot.csv"]
    assert (row["state"], row["figures"]) == ("delivered", "failed")
    assert row["moved_to"] == "archive/2026-10-31/2/loan_snapshot.csv"
    assert "was not published" in row["why"]
    assert "2026-10-31: NOT PUBLISHED / 未发布" in words(bank, row)
    assert kpis(bank) == before


def test_a_workspace_that_is_broken_itself_refuses_no_file(bank):
    put(bank, "loan_snapshot_2026-10.csv", october("1000000.07"))
    (bank / "inbox" / "loan_snapshot_2026-10.csv.reason.txt").write_text("x", encoding="utf-8")
    (bank / "inbox.toml").write_text("settle = 1", encoding="utf-8")
    said = run(bank)
    assert said.code == 1
    assert "has no setting 'settle'" in said.err
    assert len(left(bank)) == 2
