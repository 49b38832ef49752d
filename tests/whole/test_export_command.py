"""`export`: the scorecard of a branch as a file, the same figures as published, of the reader's scope."""

import csv
import io
import shutil
import zipfile
from decimal import Decimal

import openpyxl
import pytest

from dashboards.exports import press
from tests.pdf_reading import read
from tests.whole.commands import here, kpis

pytestmark = pytest.mark.whole
BRANCH = "B205"
SUB_BRANCHES = {f"{BRANCH}0{n}" for n in range(1, 10)}
BEGINNINGS = {
    "xlsx": b"PK",
    "csv": b"PK",
    "parquet": b"PK",
    "html": b"<!doctype html>",
    "pdf": b"%PDF",
}


def export(bank, file, *words, before=()):
    return here(*before, "export", "-w", bank.root, "--branch", BRANCH, "-o", file, *words)


def rows_of(file, name):
    with zipfile.ZipFile(file) as packed:
        return list(csv.DictReader(io.StringIO(packed.read(name).decode("utf-8-sig"))))


@pytest.mark.parametrize(("kind", "beginning"), BEGINNINGS.items())
def test_every_kind_of_file_is_written(demo_bank, tmp_path, kind, beginning):
    file = tmp_path / f"card.{kind}"
    said = export(demo_bank, file, "--format", kind)
    assert said.code == 0, said.err
    assert file.read_bytes().startswith(beginning)
    assert f"Wrote {file}" in said.err


def test_csv_holds_the_published_decimals_digit_for_digit(demo_bank, tmp_path):
    file = tmp_path / "card.zip"
    assert export(demo_bank, file, "--format", "csv").code == 0
    published = {
        (row["metric"], row["reading"]): row
        for row in kpis(demo_bank.root, "--branch", BRANCH)
        if row["branch"] == BRANCH
    }
    rows = rows_of(file, "scorecard.csv")
    assert len(rows) > 5
    for row in rows:
        known = published.get((row["metric_id"], row["reading"])) or published[row["metric_id"], ""]
        assert Decimal(row["value"]) == Decimal(known["value"]), row
        assert row["status"] == known["status"]


def test_the_workbook_holds_the_same_figures_as_numbers(demo_bank, tmp_path):
    plain, book = tmp_path / "card.zip", tmp_path / "card.xlsx"
    export(demo_bank, plain, "--format", "csv")
    export(demo_bank, book, "--format", "xlsx")
    rows = rows_of(plain, "scorecard.csv")
    sheet = openpyxl.load_workbook(book)["Scorecard"]
    heads = [cell.value for cell in sheet[1]]
    shown = [row[heads.index("Value")].value for row in sheet.iter_rows(min_row=2)][: len(rows)]
    assert shown == [pytest.approx(float(row["value"]), rel=1e-14) for row in rows]


def test_a_readers_file_holds_no_other_branch(demo_bank, tmp_path):
    file, page = tmp_path / "card.zip", tmp_path / "card.html"
    reader = ("--as", f"branch:{BRANCH}")
    assert export(demo_bank, file, "--format", "csv", before=reader).code == 0
    assert export(demo_bank, page, "--format", "html", before=reader).code == 0
    branches = {
        row["branch_id"]
        for name in ("scorecard.csv", "units_below.csv", "history.csv")
        for row in rows_of(file, name)
    }
    assert BRANCH in branches
    assert branches <= {BRANCH, *SUB_BRANCHES}
    every = {
        row["branch"]: row["branch_name"]
        for row in kpis(demo_bank.root, "--metric", "loan_balance")
    }
    others = [name for number, name in every.items() if not number.startswith(BRANCH)]
    text = page.read_text()
    assert len(others) > 30
    assert not [name for name in others if name in text]


def test_another_branch_is_refused_and_nothing_is_written(demo_bank, tmp_path):
    file = tmp_path / "card.html"
    said = export(demo_bank, file, "--format", "html", before=("--as", "branch:B101"))
    assert said.code == 1
    assert BRANCH in said.err
    assert not file.exists()


def test_the_metrics_asked_for_are_exported_and_no_others(demo_bank, tmp_path):
    file = tmp_path / "card.zip"
    words = ("--metric", "npl_ratio", "--metric", "loan_balance", "--format", "csv")
    assert export(demo_bank, file, *words).code == 0
    assert {row["metric_id"] for row in rows_of(file, "scorecard.csv")} == {
        "npl_ratio",
        "loan_balance",
    }
    assert {row["about"] for row in rows_of(file, "about.csv")} >= {"metric npl_ratio", "filter"}


@pytest.mark.skipif(
    not any(name in press.installed() for name in press.CHINESE_FONTS),
    reason="no Chinese font is installed here",
)
def test_a_chinese_pdf_has_a_glyph_for_every_sign_and_lines_to_sign_on(demo_bank, tmp_path):
    file = tmp_path / "card.pdf"
    assert export(demo_bank, file, "--format", "pdf", "--lang", "zh").code == 0
    pdf = read(file.read_bytes())
    told = pdf.text().replace("\n", "").replace(" ", "")
    assert pdf.missing() == 0
    for part in ("常州分行", "记分卡", "报告期", "编制", "复核", "审批", "所用指标定义"):
        assert part in told


def test_what_was_said_about_a_figure_stands_as_a_numbered_note(demo_bank, tmp_path):
    root = tmp_path / "bank"
    shutil.copytree(demo_bank.root, root)
    said = here(
        *("checkins", "add", "-w", root, "--branch", BRANCH, "--metric", "npl_ratio"),
        *("--comment", "=One large client fell behind", "--by", "Li Wei"),
        *("--action", "Restructure", "--due", "2026-12-15", "--owner", "Chen"),
    )
    assert said.code == 0, said.err
    for kind in ("pdf", "csv"):
        done = here(
            *("export", "-w", root, "--branch", BRANCH, "--metric", "npl_ratio"),
            *("--format", kind, "-o", tmp_path / f"card.{kind}"),
        )
        assert done.code == 0, done.err
    told = " ".join(read((tmp_path / "card.pdf").read_bytes()).text().split())
    assert "1 =One large client fell behind (Li Wei, " in told
    assert "Action: Restructure; Chen; due 15 Dec 2026" in told
    (entry,) = rows_of(tmp_path / "card.csv", "check_ins.csv")
    assert entry["comment"] == "'=One large client fell behind"
    assert entry["due_date"] == "2026-12-15"


def test_the_byte_order_mark_can_be_left_out(demo_bank, tmp_path):
    for name, words, marked in (("with", (), True), ("without", ("--no-bom",), False)):
        file = tmp_path / f"{name}.zip"
        assert export(demo_bank, file, "--format", "csv", *words).code == 0
        with zipfile.ZipFile(file) as packed:
            starts = packed.read("scorecard.csv").startswith(b"\xef\xbb\xbf")
        assert starts is marked


def test_a_file_that_is_there_is_written_over_only_if_told(demo_bank, tmp_path):
    file = tmp_path / "card.html"
    file.write_text("mine")
    said = export(demo_bank, file, "--format", "html")
    assert said.code == 1
    assert "exists already" in said.err
    assert file.read_text() == "mine"
    assert export(demo_bank, file, "--format", "html", "--replace").code == 0
    assert file.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--metric", "no_such_metric"), "no_such_metric"),
        (("--lang", "fr"), "Choose en (English) or zh (中文)."),
        (("--compare", "yesterday"), "yesterday"),
        (("--as-of", "2019-01-31"), "2019-01-31"),
        (("--branch", "B999"), "B999"),
    ],
)
def test_what_does_not_exist_is_refused_in_one_sentence(demo_bank, tmp_path, words, told):
    file = tmp_path / "card.html"
    said = export(demo_bank, file, "--format", "html", *words)
    assert said.code == 1
    assert told in said.err
    assert "Traceback" not in said.err
    assert not file.exists()


def test_a_folder_that_is_not_there_is_refused(demo_bank, tmp_path):
    said = export(demo_bank, tmp_path / "no" / "card.html", "--format", "html")
    assert said.code == 1
    assert "There is no folder" in said.err
