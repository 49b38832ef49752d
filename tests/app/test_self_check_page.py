"""The self-check page as a branch uses it: the draft goes in, the answer of the command comes out.

The draft is October's whole book. South: L3 untagged in a class of which only listed products count, L4 with
a balance that is no number, L5 with a green item of no edition. North's L9 has no readable balance either.
"""

import io
import re
import sys
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from dashboards.app_pages import exporting
from dashboards.app_pages.viewing import VIEWED
from dashboards.exports import formats
from dashboards.exports.document import Made
from dashboards.exports.formats import FileKind
from dashboards.i18n import Language
from dashboards.numbers import Format
from dashboards.port.drafts import LARGEST_MB, Asked, Upload
from orchestration.answering import uploads
from orchestration.answering.drafts import BankDrafts
from records.access import Scope
from records.readers import LOCAL, Reader, Role
from records.workspace import open_workspace
from tests.app.reading import html, lines, words
from tests.targeting import approved, proposal
from tests.whole import books
from tests.whole.commands import built, here, ingest, made, write_csv
from transforms.errors import AccessError, BranchmarkError

ROOT = Path(__file__).parents[2]
WHOLE = Scope.whole_bank("test")
GATE = (
    "报送余额的 0.00% 将被拒收（未超过 5% 的上限），9 行中有 2 行金额无法确定（超过 10% 的上限）。"
)
SECTIONS = ("figures", "mend", "rejected", "findings", "read")


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """September is published, October is not delivered; south has two targets."""
    folder = tmp_path_factory.mktemp("self-check")
    root = made(folder / "bank")
    files = books.written(folder)
    tables = (files["branch"], files["branch_hierarchy"], files["tech_enterprise_list"])
    ingest(root, files["september"], *tables, "--as-of", books.SEPTEMBER)
    approved(root, proposal("south", "sei_share", "0.40"), proposal("north", "sei_share", "0.10"))
    built(root)
    return root


@pytest.fixture(scope="module")
def draft(tmp_path_factory):
    """The draft as a file."""
    rows = books.october()
    for loan, cells in {
        "L4": {"outstanding_principal": "two"},
        "L5": {"green_tag": "9.9.9"},
        "L9": {"outstanding_principal": "nine"},
    }.items():
        next(row for row in rows if row["loan_id"] == loan).update(cells)
    return write_csv(tmp_path_factory.mktemp("draft") / "loan_snapshot.csv", rows)


def page(root, monkeypatch, *, reader=LOCAL, **asked):
    monkeypatch.setattr(sys, "argv", ["pages.py", "--workspace", str(root)])
    app = AppTest.from_file(str(ROOT / "orchestration" / "pages.py"), default_timeout=120)
    if reader is not LOCAL:
        app.session_state[VIEWED] = (LOCAL, reader)
    app.query_params["period"] = "none"
    app.run()
    app.switch_page(str(ROOT / "dashboards" / "app_pages" / "self_check.py"))
    del app.query_params["period"]
    for name, value in {"branch": "south", **asked}.items():
        app.query_params[name] = value
    return app.run()


def sent(app, path, month=date(2026, 10, 31)):
    """The page after a draft of October was sent."""
    app.file_uploader[0].upload(path.name, path.read_bytes(), "text/csv")
    app.run()
    next(box for box in app.selectbox if box.key.startswith("self_check_month")).select(month)
    app.button(key="self_check_go").click()
    app.run()
    assert not app.exception
    return app


def left_over(root):
    """What lies in the folder of drafts."""
    folder = root / uploads.FOLDER
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def asked(path, branch="south", **other):
    upload = Upload(path.name, path.read_bytes())
    return Asked(branch, "canonical", date(2026, 10, 31), (upload,), **other)


@pytest.fixture(scope="module")
def answered(bank, draft):
    """What the bank at work answers about the draft for south."""
    told = []
    found = BankDrafts(bank).check(WHOLE, asked(draft), told.append)
    return found, told


@pytest.fixture(scope="module")
def commanded(bank, draft):
    """What the command says about the same draft."""
    options = ("--branch", "south", "--as-of", books.OCTOBER, "--format", "json")
    return here("check", "-w", bank, draft, *options).json


def test_the_answer_is_that_of_the_command(answered, commanded):
    found, _ = answered

    def plain(frame, names):
        return [
            {name: value if value is None else str(value) for name, value in row.items()}
            for row in frame.select(names).to_dicts()
        ]

    figures = ["metric_id", "reading", "status", "mended_status", "published_as_of"]
    assert plain(found.figures, figures) == [
        {name: row[name] for name in figures} for row in commanded["figures"]
    ]
    assert [row["draft"] for row in found.figures.to_dicts()] == [
        row["draft"] if row["draft"] is None else Decimal(row["draft"])
        for row in commanded["figures"]
    ]
    work = ["kind", "loan_id", "borrower_id", "now", "mended"]
    assert plain(found.work, work) == [
        {name: row[name] for name in work} for row in commanded["work"]
    ]
    assert found.effects.height == sum(len(row["effects"]) for row in commanded["work"])
    assert found.left_aside == commanded["left_aside"] == 4  # L1, L2, L7 and L8 of north
    assert (found.as_of, found.others_as_of) == (date(2026, 10, 31), date(2026, 9, 30))


def test_every_thing_to_mend_names_its_row_in_the_file(answered, commanded):
    found, _ = answered
    said = next(row for row in commanded["work"] if row["loan_id"] == "L3")
    assert [(row["source_file"], row["row_in_file"]) for row in said["rows"]] == [
        ("loan_snapshot.csv", 3)
    ]
    item = found.work.filter(pl.col("loan_id") == "L3")["item"][0]
    rows = found.rows.filter(pl.col("item") == item)
    assert rows.rows() == [(item, "loan_snapshot", "L3", "loan_snapshot.csv", 3)]


def test_rows_of_other_branches_are_counted_and_not_handed_on(answered, commanded):
    found, _ = answered
    assert {row["branch_id"] for row in commanded["rejected"]} == {"south", "north"}
    assert found.rejected["branch_id"].to_list() == ["south"]
    assert found.rejected_elsewhere == 1
    loans = next(one for one in found.tables if one.table == "loan_snapshot")
    # South's own: L3, L4, L5 and L6.
    assert (loans.delivered, loans.accepted, loans.rejected) == (4, 3, 1)


def test_each_step_is_told_in_both_languages(answered):
    _, told = answered
    assert told[0].en == "Reading loan_snapshot.csv"
    chinese = [one.zh for one in told]
    assert chinese[0] == "正在读取 loan_snapshot.csv"
    assert "正在逐行检查 贷款借据快照" in chinese
    assert all(one.en != one.zh for one in told)


def test_nothing_of_a_draft_is_left_after_success_failure_and_a_kill(bank, draft, tmp_path):
    drafts = BankDrafts(bank)
    garbage = tmp_path / "loans.xlsx"
    garbage.write_bytes(b"PK\x03\x04 no workbook")
    with pytest.raises(BranchmarkError) as refused:
        drafts.check(WHOLE, asked(garbage), lambda _: None)
    assert "loans.xlsx" in str(refused.value)
    assert str(bank) not in str(refused.value)
    assert left_over(bank) == []

    seen = []

    def stopped(_):
        seen.append(left_over(bank))
        raise SystemExit  # as a page is stopped when its reader leaves

    with pytest.raises(SystemExit):
        drafts.check(WHOLE, asked(draft), stopped)
    assert len(seen[0]) == 1
    assert left_over(bank) == []


def test_what_a_killed_process_left_is_cleared_and_what_another_holds_is_not(bank):
    workspace = open_workspace(bank)
    dead = bank / uploads.FOLDER / "dead"
    dead.mkdir(parents=True)
    (dead / "draft.csv").write_text("loan_id", encoding="utf-8")
    with uploads.held(workspace) as mine:
        assert left_over(bank) == [mine.name]
        with uploads.held(workspace) as other:
            assert mine != other
            assert left_over(bank) == sorted([mine.name, other.name])
        assert mine.is_dir()
    assert left_over(bank) == []
    assert not FileLock(bank / ".drafts.lock").is_locked


def test_a_reader_asks_about_no_branch_outside_the_scope(bank, draft):
    south = Scope.of("li", {"south"})
    drafts = BankDrafts(bank)
    with pytest.raises(AccessError):
        drafts.check(south, asked(draft, branch="north"), lambda _: None)
    assert drafts.lying(south) == ()
    with pytest.raises(BranchmarkError, match="No delivery"):
        drafts.check(
            south,
            Asked("south", "canonical", None, place="branchmark.toml"),
            lambda _: None,
        )


def test_only_what_is_offered_is_read_from_the_workspace(bank, draft):
    lying = bank / "inbox" / "loan_snapshot_2026-10.csv"
    lying.write_bytes(draft.read_bytes())
    drafts = BankDrafts(bank)
    try:
        (waiting,) = drafts.lying(WHOLE)
        assert (waiting.place, waiting.taken) == ("inbox/loan_snapshot_2026-10.csv", False)
        with pytest.raises(BranchmarkError, match=r"No delivery '\.\./secret\.csv'"):
            drafts.check(
                WHOLE, Asked("south", "canonical", None, place="../secret.csv"), lambda _: None
            )
    finally:
        lying.unlink()


def test_too_large_a_draft_and_a_workbook_that_unpacks_to_too_much_are_refused(bank):
    large = Upload("loans.csv", bytes((LARGEST_MB + 1) << 20))
    drafts = BankDrafts(bank)
    asked_for = Asked("south", "canonical", None, (large,))
    with pytest.raises(BranchmarkError, match=f"at most {LARGEST_MB} MB"):
        drafts.check(WHOLE, asked_for, lambda _: None)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", bytes(65 << 20))
    bomb = Upload("loans.xlsx", packed.getvalue())
    with pytest.raises(BranchmarkError, match="unpacks to 65 MB"):
        drafts.check(WHOLE, Asked("south", "canonical", None, (bomb,)), lambda _: None)
    with pytest.raises(BranchmarkError, match="No file was given"):
        drafts.check(WHOLE, Asked("south", "canonical", None), lambda _: None)
    assert left_over(bank) == []


def test_the_page_takes_a_draft_and_keeps_its_answer_while_the_reader_walks_through_it(
    bank, draft, monkeypatch
):
    app = page(bank, monkeypatch)
    assert not app.exception
    assert "what to mend first" in words(app)
    sent(app, draft)
    assert left_over(bank) == []
    text = words(app)
    assert "1 of 4 loans of the draft would be rejected." in text
    assert "0 of 2 targets and limits are met, 1 if everything were mended." in text
    assert "4 loans of the draft are booked by other branches" in app.caption[0].value
    # The share, and the tolerance for small businesses: L3 is non-performing.
    figure, tolerance = lines(app, "Figures")
    assert figure[0] == "Strategic emerging industry loan share"
    assert (tolerance[6], tolerance[7]) == ("■ exceeded", "the same")
    assert (figure[2], figure[4], figure[6], figure[8]) == ("0.0%", "40.0%", "■ missed", "● met")

    shown = {}
    for section in SECTIONS:
        app.query_params["section"] = section
        app.run()
        assert not app.exception
        shown[section] = html(app)
    assert "row 3" in shown["mend"]
    assert "L3" in shown["mend"]
    assert "two" in shown["rejected"]
    assert "1 rows of other branches would be rejected" in app_info(app, "rejected")
    # North's loans are L1, L2, L7, L8 and L9: none of them on any section.
    for section, told in shown.items():
        assert not [loan for loan in ("L1", "L2", "L7", "L8", "L9") if f">{loan}" in told], section
        assert "nine" not in told
    app.query_params["section"] = "mend"
    app.query_params["kind"] = "sei_tag_missing"
    app.run()
    assert len(lines(app, "To mend")) == 1

    app.query_params["branch"] = "north"
    del app.query_params["kind"]
    app.query_params["section"] = "figures"
    app.run()
    assert "would be rejected." not in words(app)
    app.query_params["branch"] = "south"
    app.run()
    assert "would be rejected." in words(app)
    app.button(key="self_check_another").click()
    app.run()
    assert "would be rejected." not in words(app)


def app_info(app, section):
    app.query_params["section"] = section
    app.run()
    return " ".join(one.value for one in app.info)


def test_a_reader_of_one_branch_sends_the_whole_book_and_sees_nothing_of_others(
    bank, draft, monkeypatch
):
    south = Reader("zhao", Role.BRANCH, ("south",))
    app = page(bank, monkeypatch, reader=south, **{"from": "bank"})
    assert not app.get("pills")
    assert app.file_uploader
    sent(app, draft)
    assert "1 of 4 loans of the draft would be rejected." in words(app)
    for section in SECTIONS:
        app.query_params["section"] = section
        app.run()
        shown = html(app) + " ".join(one.value for one in app.caption)
        assert not re.findall(r"\b(L1|L2|L7|L8|L9|C1|C6|C7|north|nine)\b", shown), section
    app = page(bank, monkeypatch, reader=south, branch="north")
    assert not app.file_uploader
    assert app.error


def test_the_page_says_why_a_file_cannot_be_checked(bank, monkeypatch):
    app = page(bank, monkeypatch)
    app.button(key="self_check_go").click()
    app.run()
    assert [one.value for one in app.warning] == ["Choose the draft's files first."]
    app.file_uploader[0].upload("loans.csv", b"\x00\x01\x02\x00", "text/csv")
    app.run()
    app.button(key="self_check_go").click()
    app.run()
    (error,) = app.error
    assert not app.status[0].error  # it does not hide among the steps
    assert "loans" in error.value
    assert str(bank) not in error.value
    assert left_over(bank) == []


def test_the_page_speaks_chinese(bank, draft, monkeypatch):
    app = sent(page(bank, monkeypatch, language="zh"), draft)
    text = words(app)
    assert "草稿中 4 笔贷款有 1 笔将被拒收。" in text
    assert "按草稿" in text
    assert "未达标" in text
    app.query_params["section"] = "mend"
    app.run()
    assert "未填战新产业领域" in words(app)
    assert "第 3 行" in words(app)


def test_why_a_file_cannot_be_checked_is_told_in_chinese(bank, draft, monkeypatch):
    app = page(bank, monkeypatch, language="zh")
    without = draft.read_bytes().replace(b"outstanding_principal", b"outstanding", 1)
    for name, content, lead in (
        ("loans.csv", b"\x00\x01\x02\x00", "文件无法读取"),
        ("loans.csv", without, "草稿中没有贷款"),
    ):
        app.file_uploader[0].upload(name, content, "text/csv")
        app.run()
        app.button(key="self_check_go").click()
        app.run()
        assert [error.value.partition("。")[0].partition("，")[0] for error in app.error] == [lead]


@pytest.mark.parametrize(
    ("asked_for", "said"),
    [
        ({"section": "nosuch"}, "nosuch is no section of this page"),
        ({"from": "nosuch"}, "nosuch is no source of drafts"),
        ({"branch": "nosuch"}, "nosuch"),
    ],
)
def test_an_unknown_value_in_the_address_is_refused(bank, monkeypatch, asked_for, said):
    app = page(bank, monkeypatch, **asked_for)
    (error,) = app.error
    assert said in error.value


def test_an_older_version_is_not_what_a_draft_is_checked_against(bank, monkeypatch):
    app = page(bank, monkeypatch, version="reported")
    assert not app.file_uploader
    assert "as it is known now" in app.info[0].value


def test_pages_served_without_the_bank_at_work_say_so(bank, opened):
    app = opened(open_workspace(bank), "self_check", branch="south")
    assert not app.file_uploader
    assert "branchmark dashboard" in app.info[0].value


def test_the_answer_is_taken_along_without_rows_of_others(bank, draft, monkeypatch):
    taken = []
    monkeypatch.setattr(exporting, "_button", lambda _, document, *_kind: taken.append(document))
    app = sent(page(bank, monkeypatch), draft)
    app.session_state["export"] = True
    app.run()
    assert not app.exception
    document = taken[0]
    tables = {table.name: table.rows for table in document.tables}
    assert set(tables) == {"figures", "work", "rejected", "findings"}
    assert "L3" in tables["work"]["loan_id"].to_list()
    assert tables["rejected"]["branch_id"].to_list() == ["south"]
    made_by = Made("Zhao", datetime(2026, 11, 22, tzinfo=UTC), Format(Language.EN, "CNY"))
    for kind in FileKind:
        assert formats.write(document, made_by, kind)
    page_of_it = formats.write(document, made_by, FileKind.HTML).decode("utf-8")
    assert "L3" in page_of_it
    assert not re.findall(r"\b(L1|L2|L7|L8|L9|nine)\b", page_of_it)


def test_what_keeps_the_month_back_is_told_in_chinese_on_the_page_and_in_its_file(
    bank, draft, monkeypatch
):
    taken = []
    monkeypatch.setattr(exporting, "_button", lambda _, document, *_kind: taken.append(document))
    app = sent(page(bank, monkeypatch, language="zh"), draft)
    assert [error.value for error in app.error] == [GATE]
    app.session_state["export"] = True
    app.run()
    block = taken[0].blocks[0]
    assert block.sentences[0] == f"如此报送将无法发布本期：{GATE}"
    assert "其他机构按 2026年9月30日 的报送数据计。" in block.sentences
    assert not re.search(r"[a-z]{4,} [a-z]{4,}", " ".join(block.sentences))
