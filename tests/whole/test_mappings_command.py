"""`branchmark mapping`: a list, a text, a proposal for a person to finish, and a trial without delivering."""

from pathlib import Path

import pytest

from tests.whole.commands import contents, here, made, one_sentence, write_csv
from transforms.mappings.model import packaged, packaged_text

EXAMPLES = Path(__file__).parents[2] / "examples"
SBA = EXAMPLES / "sba" / "sample.csv"
EAST = EXAMPLES / "east" / "dgxdywjjb_20261031.csv"


@pytest.fixture
def root(tmp_path):
    return made(tmp_path / "bank")


def told(*words):
    return here("mapping", *words, "--format", "json").json


def test_the_list_tells_whose_a_mapping_is(root):
    (root / "mappings" / "sba.yaml").write_text(packaged_text("sba"), encoding="utf-8")
    rows = {row["mapping"]: row for row in told("list", "-w", root)}
    assert set(rows) == set(packaged())
    assert (rows["sba"]["whose"], rows["pboc"]["whose"]) == ("workspace", "product")
    assert all(row["title"] for row in rows.values())


def test_a_mapping_that_cannot_be_used_is_listed_with_the_reason(root):
    (root / "mappings" / "mine.yaml").write_text("tables: {}\n", encoding="utf-8")
    rows = {row["mapping"]: row for row in told("list", "-w", root)}
    assert "no table is mapped" in rows["mine"]["title"]


def test_a_json_file_is_proposed_with_the_place_of_its_records(root, tmp_path):
    fire, out = EXAMPLES / "fire" / "fire_20261031.json", tmp_path / "fire.yaml"
    said = one_sentence(here("mapping", "suggest", fire))
    assert "with records in data.loan, data.customer" in said
    assert here("mapping", "suggest", fire, "--records", "data.loan", "--out", out).code == 0
    text = out.read_text(encoding="utf-8")
    assert "source: {format: json, records: [data.loan]}" in text
    assert "# loan_id: id " in text  # a person has to say so: `id` alone may be anything's
    out.write_text(text.replace("# loan_id: id ", "loan_id: id "), encoding="utf-8")
    assert told("check", out, fire, "-w", root)["tables"][0]["rows"] == 5


def test_a_mapping_can_be_read_and_copied(root):
    assert here("mapping", "show", "pboc", "-w", root).out == packaged_text("pboc")
    assert "Did you mean pboc" in one_sentence(here("mapping", "show", "pbco", "-w", root))


def test_a_proposal_is_finished_by_a_person_tried_and_delivered(root, tmp_path):
    """From an unknown file to an accepted book, in the order a person does it."""
    loan = {"客户号": "A", "机构号": "01", "余额(万元)": "12.5", "分类": "正常"}
    rows = [{"借据号": str(number), **loan} for number in range(1, 13)]
    rows[1]["余额(万元)"] = "x"
    book = write_csv(tmp_path / "book.csv", rows)
    out = root / "mappings" / "core.yaml"
    said = here("mapping", "suggest", book, "--out", out)
    assert said.code == 0, said.err
    assert "Finish it, then" in said.out
    trial = told("check", out, book, "--as-of", "2026-10-31", "-w", root)
    assert trial["rows"] == {"delivered": 12, "in_month": 12, "outside": 0, "undecided": 0}
    assert trial["tables"] == [{"table": "loan_snapshot", "rows": 12, "rows_with_problems": 1}]
    assert [
        (row["row"], row["rule"], row["column"], row["delivered"])
        for row in trial["first_problem_rows"]
    ] == [(2, "E0002", "outstanding_principal", "余额(万元) = x")]
    receipt = here(
        *("ingest", book, "--mapping", "core", "--as-of", "2026-10-31", "-w", root),
        *("--format", "json"),
    ).json
    assert (receipt["accepted_amount"], receipt["rejected_rows"]) == ("1375000.00", 1)


def test_a_proposal_does_not_write_over_a_mapping(tmp_path):
    out = tmp_path / "core.yaml"
    out.write_text("mine", encoding="utf-8")
    said = one_sentence(here("mapping", "suggest", SBA, "--out", out))
    assert "exists already" in said
    assert out.read_text(encoding="utf-8") == "mine"
    assert here("mapping", "suggest", SBA, "--out", out, "--replace").code == 0


def test_a_proposal_says_what_it_rests_on():
    proposal = told("suggest", SBA)
    assert proposal["rows_looked_at"] == 42
    assert {"table": "loan_snapshot", "column": "borrower_id"} in proposal["required_not_found"]
    assert "borrower_id" in proposal["mapping"]


def test_the_receipt_table_is_proposed_nearly_as_it_is_mapped():
    """Every plain column of the product's own mapping is found under the same canonical name."""
    lines = told("suggest", EAST)["proposals"]
    by = {row["column"]: row["source"] for row in lines if row["table"] == "loan_snapshot"}
    assert by["loan_id"] == "信贷借据号"
    assert by["outstanding_principal"] == "贷款余额"
    assert by["original_amount"] == "贷款金额"
    assert by["maturity_date"] == "贷款到期日期"
    assert by["loan_classification"] == "贷款五级分类"
    assert by["previous_loan_id"] == "上笔信贷借据号"


def test_a_mapping_that_does_not_fit_names_every_column_that_is_missing(root):
    said = one_sentence(here("mapping", "check", "pboc", SBA, "--as-of", "2026-10-31", "-w", root))
    for name in ("贷款借据编码", "借款人证件代码", "内部机构号", "贷款余额"):
        assert name in said


def test_a_trial_changes_nothing_in_the_workspace(root):
    before = contents(root)
    trial = told("check", "east", EAST, "-w", root)
    assert trial["as_of_date"] == "2026-10-31"
    assert "明细科目名称" in trial["columns_unused"]
    assert trial["columns_absent"] == ["所属行业", "注册地行政区划"]
    assert trial["problems"] == []
    assert contents(root) == before


def test_a_file_without_a_month_is_asked_for_one(root):
    said = one_sentence(here("mapping", "check", "sba", SBA, "-w", root))
    assert "--as-of" in said
