"""What a person is told when something is missing, rejected or mistyped: the place, and never a zero."""

import json

import pytest

from tests.whole import books
from tests.whole.commands import allowing, built, here, ingest, made, write_csv

pytestmark = pytest.mark.whole

DATED = """
tables:
  loan_snapshot:
    columns:
      loan_id: 借据号
      borrower_id: 客户
      booking_branch_id: 机构
      outstanding_principal: 余额
      currency_code: 币种
      disbursement_date: {from: 放款日, format: excel}
"""


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """Five loans of October: one dated by Excel in yuan, one without a readable balance, three odd."""
    folder = tmp_path_factory.mktemp("words")
    root = made(folder / "bank")
    allowing(root, max_rejected_percent=90, max_unmeasured_percent=90)
    (root / "mappings" / "dated.yaml").write_text(DATED, encoding="utf-8")
    rows = [
        {
            "借据号": number,
            "客户": "C1",
            "机构": "north",
            "余额": balance,
            "币种": money,
            "放款日": day,
        }
        for number, balance, money, day in (
            ("J1", "100.00", "人民币", "45961"),
            ("J2", "五百", "CNY", "45961"),
            ("J3", "7.00", "CNY", "2025-10-31"),
        )
    ]
    files = books.written(folder)
    ingest(root, files["branch"], files["branch_hierarchy"], "--as-of", books.OCTOBER)
    loans = write_csv(folder / "月末.csv", rows)
    receipt = ingest(root, loans, "--mapping", "dated", "--as-of", books.OCTOBER)
    built(root)
    return root, receipt


def test_excel_dates_and_chinese_names_of_money_are_read(bank):
    root, receipt = bank
    assert (receipt["accepted_rows"], receipt["accepted_amount"]) == (1, "100.00")
    told = here("explain", "J1", "-w", root, "--format", "json").json
    assert {row["amount"] for row in told if row["metric"] == "loan_balance"} == {"100.00"}


def test_an_amount_that_is_not_known_is_no_zero(bank):
    _, receipt = bank
    (unread,) = [one for one in receipt["findings"] if one["rule_id"] == "E0002"]
    assert (unread["rows"], unread["amount"]) == (1, None)


def test_a_rejected_loan_is_explained_by_its_place_and_remedy(bank):
    root, _ = bank
    done = here("explain", "J2", "-w", root)
    assert done.code == 1
    assert "Loan 'J2' was rejected on 2026-10-31: row 2 of 月末.csv breaks E0002." in done.err
    assert "or among the rejected rows" in here("explain", "J9", "-w", root).err


def test_a_failing_row_comes_with_file_column_and_what_was_delivered(bank):
    root, _ = bank
    (row,) = here("findings", "-w", root, "--rule", "E0002", "--rows", "--format", "json").json
    assert (row["file"], row["row_in_file"], row["columns"]) == (
        "月末.csv",
        2,
        "outstanding_principal",
    )
    assert json.loads(row["as_delivered"])["余额"] == "五百"


def test_an_intake_without_a_file_asks_for_one(bank):
    root, _ = bank
    done = here("ingest", "-w", root, "--as-of", books.OCTOBER)
    assert (done.code, "no file is named" in done.err) == (1, True)


def test_a_month_that_lies_ahead_is_taken_and_said(bank, tmp_path):
    root, _ = bank
    rates = write_csv(tmp_path / "fx_rate.csv", [{"currency_code": "USD", "rate": "7"}])
    receipt = ingest(root, rates, "--as-of", "2999-12-31")
    assert any("2999-12-31 lies ahead" in note for note in receipt["notes"])


@pytest.mark.parametrize(
    "words",
    [("init", "/proc/bank"), ("template", "loan_snapshot", "--out", "/proc/files")],
)
def test_a_place_that_cannot_be_written_is_told_in_a_sentence(words):
    done = here(*words)
    assert done.code == 1
    assert "/proc/" in done.err
    assert "Traceback" not in done.err
    assert len(done.err.strip().splitlines()) == 1
