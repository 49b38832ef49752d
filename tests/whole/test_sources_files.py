"""Files as banks send them, through the command line: what was read, how, and to the cent."""

import polars as pl
import pytest
import xlsxwriter

from tests.whole.commands import here, ingest, made, one_sentence

pytestmark = pytest.mark.whole

MAPPING = """
tables:
  loan_snapshot:
    columns:
      loan_id: 借据号
      borrower_id: 客户号
      booking_branch_id: 机构号
      outstanding_principal: 贷款余额(万元)
      maturity_date: 到期日
"""
NAMES = ("借据号", "客户号", "机构号", "贷款余额(万元)", "到期日")
LOANS = (
    ("J1", "C1", "0101", "1,250.5", "2027年1月2日"),
    ("J2", "C2", "0102", "3亿", "2027/01/02"),
    ("J3", "C1", "0101", "０．００００４９", "２０２７－０１－０２"),
    ("J4", "C3", "0102", "many", "45961"),
)
# 12,505,000.00 + 300,000,000.00 + 0.49 yuan; the fourth loan has neither an amount nor a date.
ACCEPTED = "312505000.49"


@pytest.fixture
def bank(tmp_path):
    root = made(tmp_path / "bank")
    (root / "mappings").mkdir(exist_ok=True)
    (root / "mappings" / "core.yaml").write_text(MAPPING, encoding="utf-8")
    return root


def delivered(bank, path):
    said = ingest(bank, path, "--mapping", "core", "--as-of", "2026-10-31")
    assert (said["delivered_rows"], said["accepted_rows"], said["rejected_rows"]) == (4, 3, 1)
    assert said["accepted_amount"] == ACCEPTED
    assert {finding["rule_id"] for finding in said["findings"]} >= {"E0002", "E0003"}
    note = "'贷款余额(万元)' states 万元: its numbers are multiplied by 10,000."
    assert note in said["notes"]
    return said


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_same_book_in_any_encoding_and_line_end_gives_the_same_cents(
    bank, tmp_path, encoding, end
):
    path = tmp_path / "book.txt"
    lines = [";".join(row) for row in (NAMES, *LOANS)]
    path.write_bytes((end.join(lines) + end).encode(encoding))
    delivered(bank, path)


def test_a_workbook_with_a_title_and_a_total_of_none(bank, tmp_path):
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("贷款")
        sheet.merge_range("A1:E1", "贷款明细表")
        for at, row in enumerate((NAMES, *LOANS), start=2):
            for column, value in enumerate(row):
                sheet.write_string(at, column, value)
    said = delivered(bank, path)
    assert "Above the column names of sheet '贷款': “贷款明细表”." in said["notes"]
    assert "Excel, sheet '贷款' (names in row 3), 5 columns, 4 rows" in str(said["tables"])


def test_a_folder_in_partitions_and_a_delta_table(bank, tmp_path):
    frame = pl.DataFrame(LOANS, schema=list(NAMES), orient="row")
    for branch in ("0101", "0102"):
        part = tmp_path / "parts" / f"机构号={branch}"
        part.mkdir(parents=True)
        frame.filter(pl.col("机构号") == branch).drop("机构号").write_parquet(part / "a.parquet")
    said = delivered(bank, tmp_path / "parts")
    assert "Parquet, 2 files, partitioned by 机构号, 5 columns, 4 rows" in str(said["tables"])
    frame.write_delta(str(tmp_path / "delta"))
    again = ("--mapping", "core", "--as-of", "2026-10-31", "--reason", "as a table")
    said = ingest(bank, tmp_path / "delta", *again)
    assert said["accepted_amount"] == ACCEPTED
    assert "Delta, version 0" in str(said["tables"])


def test_a_mapping_that_contradicts_the_header_and_a_hostile_file_are_one_sentence(bank, tmp_path):
    path = tmp_path / "book.csv"
    path.write_text(",".join(NAMES) + "\n", encoding="utf-8")
    wrong = MAPPING.replace("贷款余额(万元)", "{from: 贷款余额(万元), unit: 亿元}")
    (bank / "mappings" / "core.yaml").write_text(wrong, encoding="utf-8")
    words = ("-w", bank, "--mapping", "core", "--as-of", "2026-10-31")
    assert "states 万元, and unit says 100000000" in one_sentence(here("ingest", path, *words))
    (bank / "mappings" / "core.yaml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0" + bytes(5000))
    assert "old Excel workbook" in one_sentence(here("ingest", tmp_path / "old.xls", *words))
    (tmp_path / "gone.csv").symlink_to(tmp_path / "nothing.csv")
    assert "a link to a file" in one_sentence(here("ingest", tmp_path / "gone.csv", *words))
