"""A template that a person filled is accepted as it is: CSV and Excel, in English and Chinese names."""

import csv
from datetime import date

import pytest

from tests.whole.commands import here, ingest, made, one_sentence
from tests.whole.filling import filled
from transforms.schema import BORROWER_SNAPSHOT, LOAN_SNAPSHOT, TABLES

MONTH = "2026-10-31"
LOANS = (
    {"loan_id": "0001", "outstanding_principal": 100.5, "loan_classification": "正常"},
    {"loan_id": "0002", "outstanding_principal": 200, "loan_classification": "FQ03"},
    {"loan_id": "0003", "outstanding_principal": 300.25, "loan_classification": "关注"},
)
EVERY = {
    "borrower_id": "C1",
    "booking_branch_id": "0101",
    "disbursement_date": date(2026, 1, 5),
    "entrusted_flag": "N",
    "product_type": "流动资金贷款",
}
ZH = {column.name: column.zh for column in LOAN_SNAPSHOT.columns}


def template(folder, *words):
    said = here("template", *words, "--out", folder)
    assert said.code == 0, said.err
    return folder


def accepted(receipt):
    return {t["table"]: (t["accepted_rows"], t["accepted_amount"]) for t in receipt["tables"]}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_filled_csv_template_is_accepted(tmp_path, language):
    path = template(tmp_path, "loan_snapshot", "--headers", language) / "loan_snapshot.csv"
    header = next(csv.reader(path.open(encoding="utf-8-sig")))
    assert header == [c.zh if language == "zh" else c.name for c in LOAN_SNAPSHOT.columns]
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for loan in LOANS:
            row = {(ZH[k] if language == "zh" else k): v for k, v in {**EVERY, **loan}.items()}
            writer.writerow([row.get(name, "") for name in header])
    root = made(tmp_path / "bank")
    receipt = ingest(root, path, "--as-of", MONTH)
    assert accepted(receipt) == {"loan_snapshot": (3, "600.75")}
    assert receipt["rejected_rows"] == 0


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_filled_workbook_brings_each_sheet_to_its_table(tmp_path, language):
    """Leading zeros of numbers stay, since the cells of identifiers are text."""
    words = ("--all", "--format", "xlsx", "--headers", language)
    empty = template(tmp_path / "new", *words) / "branchmark_template.xlsx"
    zh = {c.name: c.zh for t in (LOAN_SNAPSHOT, BORROWER_SNAPSHOT) for c in t.columns}
    sheets = {
        "loan_snapshot": [{**EVERY, **loan} for loan in LOANS],
        "borrower_snapshot": [{"borrower_id": "C1", "enterprise_size": "小型", "employees": 42}],
    }
    if language == "zh":
        sheets = {
            t: [{zh[k]: v for k, v in row.items()} for row in rows] for t, rows in sheets.items()
        }
    book = filled(empty, tmp_path / "october.xlsx", sheets)
    root = made(tmp_path / "bank")
    receipt = ingest(root, book, "--as-of", MONTH)
    assert accepted(receipt) == {
        "borrower_snapshot": (1, None),
        "loan_snapshot": (3, "600.75"),
    }
    assert "october.xlsx: sheets named after no table, not used: guide, codes." in receipt["notes"]
    assert any("sheets without rows: branch," in note for note in receipt["notes"])


def test_a_workbook_with_nothing_in_it_is_refused(tmp_path):
    book = template(tmp_path, "--format", "xlsx") / "branchmark_template.xlsx"
    root = made(tmp_path / "bank")
    said = one_sentence(here("ingest", book, "--as-of", MONTH, "-w", root))
    assert "hold no rows" in said


def test_the_same_tables_give_the_same_bytes(tmp_path):
    words = ("--all", "--format", "xlsx")
    first = template(tmp_path / "a", *words) / "branchmark_template.xlsx"
    second = template(tmp_path / "b", *words) / "branchmark_template.xlsx"
    assert first.read_bytes() == second.read_bytes()


def test_a_template_that_is_there_may_be_filled_and_is_kept(tmp_path):
    path = template(tmp_path, "fx_rate") / "fx_rate.csv"
    path.write_text("currency_code,rate\nUSD,7.1\n", encoding="utf-8")
    said = one_sentence(here("template", "fx_rate", "--out", tmp_path))
    assert "exists already" in said
    assert "USD" in path.read_text(encoding="utf-8")
    template(tmp_path, "fx_rate", "--replace")
    assert "USD" not in path.read_text(encoding="utf-8")


def test_every_table_has_a_template_and_an_unknown_one_is_named(tmp_path):
    template(tmp_path, "--all")
    files = {path.stem for path in tmp_path.glob("*.csv")}
    assert files == {*TABLES, "columns_guide"}
    said = one_sentence(here("template", "loan_snapshots", "--out", tmp_path))
    assert "Did you mean loan_snapshot" in said
