"""A mapping says where canonical columns come from, or is refused with the place and the near miss."""

import csv
import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import polars as pl
import pytest

from orchestration.sources import open_source
from transforms.book import conform, stated_months
from transforms.errors import MappingError
from transforms.mappings.canonical import canonical_mapping
from transforms.mappings.model import known_keys, packaged, packaged_text, parse_mapping
from transforms.schema import TABLES

EXAMPLES = Path(__file__).parents[2] / "examples"
GUIDE = Path(__file__).parents[2] / "docs" / "mappings.md"
PLAIN = """
tables:
  loan_snapshot:
    columns:
      loan_id: Loan
      borrower_id: Client
      booking_branch_id: Branch
      outstanding_principal: Balance
"""


def with_line(line):
    return PLAIN + "\n".join(f"      {part}" for part in line.split("\n")) + "\n"


def test_the_short_form_is_a_source_column():
    mapping = parse_mapping("ours", PLAIN)
    assert mapping.tables["loan_snapshot"].columns["loan_id"].source == "Loan"


def test_codes_stay_the_text_they_are_written_as():
    mapping = parse_mapping(
        "ours", with_line("main_security_type: {from: S, codes: {NO: 04, on: 01}}")
    )
    assert mapping.tables["loan_snapshot"].columns["main_security_type"].codes == {
        "NO": "04",
        "on": "01",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("tables: [", "line 1"),
        ("just words", "not a list of"),
        ("", "not a list of"),
        (PLAIN + "includ: x > 1\n", "includ is no key of a mapping. Did you mean include"),
        (PLAIN + "name: other\n", "the text calls itself 'other'"),
        (
            with_line("loan_status: {form: S}"),
            "form is no key of a mapping. Did you mean format or from",
        ),
        (with_line("loan_id: Loan"), "'loan_id' is written twice"),
        (with_line("loan_statuss: S"), "no such column. Did you mean loan_status"),
        (PLAIN.replace("loan_snapshot", "loan_snap"), "no such table. Did you mean loan_snapshot"),
        (PLAIN.replace("      loan_id: Loan\n", ""), "loan_id .* is required and is not mapped"),
        (with_line("loan_status: {from: S, value: normal}"), "exactly one of from, sql and value"),
        (with_line("loan_status: {codes: {A: normal}}"), "exactly one of from, sql and value"),
        (with_line("loan_status: {from: S, codes: {A: norml}}"), "'norml' is not one of .* normal"),
        (with_line("loan_status: {value: norml}"), "Did you mean normal"),
        (with_line("entrusted_flag: {value: perhaps}"), "'perhaps' is not a value of type Bool"),
        (
            with_line("maturity_date: {value: 31/12/2026}"),
            "'31/12/2026' is not a value of type Date",
        ),
        (with_line('maturity_date: {from: M, format: "%Y-%q"}'), "does not state a year"),
        (with_line('loan_status: {from: S, format: "%Y-%m-%d"}'), "format is for dates"),
        (with_line("loan_status: {from: S, unit: 10}"), "unit is for numbers"),
        (with_line("original_amount: {from: S, unit: x}"), "unit"),
        (with_line("original_amount: {from: S, unit: 0}"), "unit"),
        (
            with_line('original_amount: {from: S, thousands: ".", decimal: "."}'),
            "the same character",
        ),
        (with_line("loan_status: {from: S, otherwise: normal}"), "otherwise says"),
        (with_line("loan_status: {sql: 'CASE WHEN a >'}"), "the SQL does not parse"),
        (with_line("loan_status: {sql: Loan Status}"), "two words stand side by side"),
        (with_line("loan_status: {sql: 'CAST(a AS INT)'}"), "CAST stops the whole delivery"),
        (with_line("loan_status: {sql: 'a::int'}"), ":: stops the whole delivery"),
        (with_line("days_past_due: {sql: 'MAX(a) OVER ()'}"), "OVER looks beyond the row"),
        (PLAIN + "include: nosuch(a)\n", "include: the SQL does not parse"),
        (PLAIN + "read: {Big Name: {from: a}}\n", "a reading's name is small letters"),
        (PLAIN + "read: {a: {from: x, elapsed: days}}\n", "are for `as: date`"),
        (PLAIN + "source: {header_row: 0}\n", "source.header_row"),
        (PLAIN + "industry_taxonomy: nace\n", "industry_taxonomy"),
    ],
)
def test_a_wrong_mapping_is_refused_with_its_place(text, message):
    with pytest.raises(MappingError, match=message) as refused:
        parse_mapping("ours", text)
    assert str(refused.value).startswith("Mapping ours: ")


def test_quoted_words_are_no_sql():
    parse_mapping(
        "ours", with_line("loan_status: {sql: \"CASE WHEN a = 'CAST(x)' THEN 'normal' END\"}")
    )


def test_the_reserved_name_is_refused_for_files():
    with pytest.raises(MappingError, match="taken by the product"):
        parse_mapping("canonical", PLAIN)


def test_the_product_brings_its_mappings_by_name():
    assert packaged() == ("east", "fire_customer", "fire_loan", "ibrd", "pboc", "sba")
    for name in packaged():
        assert parse_mapping(name, packaged_text(name)).title
    with pytest.raises(MappingError, match="Did you mean ibrd"):
        packaged_text("ibdr")


# --- files that bear the canonical names ------------------------------------------------------------


def test_a_canonical_file_is_known_by_its_name():
    columns = ["branch_id", "metric_id", "period", "target_value", "valid_from"]
    for stem in ("target", "target_2026-10", "Target 2026"):
        assert list(canonical_mapping(columns, stem=stem).tables) == ["target"]
    assert list(canonical_mapping(["branch_id"], stem="branch-2026").tables) == ["branch"]


def test_the_longer_table_name_wins():
    columns = ["child_id", "parent_id", "valid_from"]
    assert list(canonical_mapping(columns, stem="branch_hierarchy_v2").tables) == [
        "branch_hierarchy"
    ]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_is_known_by_its_columns(name):
    assert next(iter(canonical_mapping(TABLES[name].column_names, stem="export").tables)) == name


@pytest.mark.parametrize("name", sorted(TABLES))
def test_chinese_terms_are_canonical_names_too(name):
    table = TABLES[name]
    mapping = canonical_mapping([column.zh for column in table.columns], table=name)
    rules = mapping.tables[name].columns
    assert {c: rule.source for c, rule in rules.items()} == {c.name: c.zh for c in table.columns}
    assert mapping.notes == ()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_chinese_file_is_known_by_its_table_and_nothing_that_begins_alike(name):
    columns = TABLES[name].column_names
    for stem in (TABLES[name].zh, f"{TABLES[name].zh}_2026-10"):
        assert next(iter(canonical_mapping(columns, stem=stem).tables)) == name
    assert canonical_mapping(TABLES["fx_rate"].column_names, stem="机构贷款汇率").tables.keys() == {
        "fx_rate"
    }


def test_full_width_signs_in_names_do_not_matter():
    columns = ["ｌｏａｎ＿ｉｄ", "客户编号", "内部机构号", "贷款余额", "绿色融资标识(监管口径)"]
    rules = canonical_mapping(columns).tables["loan_snapshot"].columns
    assert rules["loan_id"].source == "ｌｏａｎ＿ｉｄ"
    assert rules["green_tag_nfra"].source == "绿色融资标识(监管口径)"


def test_one_column_under_two_of_its_names_is_refused():
    columns = [
        "loan_id",
        "贷款借据编码",
        "borrower_id",
        "booking_branch_id",
        "outstanding_principal",
    ]
    with pytest.raises(MappingError, match="'loan_id' and '贷款借据编码' are the same"):
        canonical_mapping(columns)


def test_a_flat_loan_file_yields_its_borrowers_too():
    columns = ["loan_id", "borrower_id", "booking_branch_id", "outstanding_principal"]
    assert list(canonical_mapping(columns).tables) == ["loan_snapshot"]
    mapping = canonical_mapping([*columns, "Enterprise_Size ", "total_credit_limit_cny"])
    assert mapping.tables["borrower_snapshot"].distinct
    borrowers = mapping.tables["borrower_snapshot"].columns
    assert list(borrowers) == ["borrower_id", "enterprise_size", "total_credit_limit_cny"]
    assert borrowers["enterprise_size"].source == "Enterprise_Size "
    assert mapping.notes == ()


def test_strange_columns_are_named():
    mapping = canonical_mapping(["branch_id", "name", "as_of_date", "batch_id"], stem="branch")
    assert mapping.notes == (
        "Not used, no canonical column of that name: name.",
        "Not used, the product counts these itself: batch_id.",
    )


def test_a_canonical_file_that_fits_nothing_is_refused():
    with pytest.raises(MappingError, match="fit no table"):
        canonical_mapping(["a", "b"], stem="x")
    with pytest.raises(
        MappingError, match=r"needs outstanding_principal.*Did you mean outstanding_princ"
    ):
        canonical_mapping(
            ["loan_id", "borrower_id", "booking_branch_id", "outstanding_princpal"],
            stem="loan_snapshot",
        )
    with pytest.raises(MappingError, match="are the same"):
        canonical_mapping(["branch_id", "Branch_ID"], stem="branch")


# --- the books that come with the product -----------------------------------------------------------


def example(path, name, as_of, tmp_path):
    source = open_source(EXAMPLES / path, scratch=tmp_path)
    mapping = parse_mapping(name, packaged_text(name))
    return source, mapping, conform(source.frame, mapping, as_of=as_of, base_currency="USD")


def delivered(path):
    with (EXAMPLES / path).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("path", "as_of"),
    [
        ("ibrd/ibrd_20220531.csv", date(2022, 5, 31)),
        ("ibrd/ibrd_20230531.csv", date(2023, 5, 31)),
    ],
)
def test_the_world_bank_book_comes_through_to_the_cent(path, as_of, tmp_path):
    source, mapping, book = example(path, "ibrd", as_of, tmp_path)
    rows = delivered(path)
    owed = {r["Loan Number"]: Decimal(r["Borrower's Obligation"].replace(",", "")) for r in rows}
    loans = book.table("loan_snapshot").frame.collect()
    assert loans["problems"].explode().drop_nulls().to_list() == []
    assert dict(loans.select("loan_id", "outstanding_principal").rows()) == owed
    assert set(loans.filter(pl.col("outstanding_principal") > 0)["loan_status"]) == {"normal"}
    assert (loans["disbursement_date"].drop_nulls() <= as_of).all()
    rates = {r["Loan Number"]: r["Interest Rate"] for r in rows}
    for loan_id, rate in loans.select("loan_id", "interest_rate").rows():
        assert rate == (Decimal(rates[loan_id]) / 100 if rates[loan_id] else None)
    branches = book.table("branch").frame.collect()
    assert sorted(branches["branch_id"]) == ["AFE", "AFW", "EAP", "ECA", "LAC", "MNA", "SAR"]
    borrowers = book.table("borrower_snapshot").frame.collect()
    assert set(borrowers["borrower_id"]) == {r["Borrower"] or r["Country"] for r in rows}
    assert "loan_classification" not in book.table("loan_snapshot").provided
    assert stated_months(source.frame, mapping).collect().rows() == [(as_of, len(rows))]


def test_some_loans_called_fully_repaid_still_owe_and_stay(tmp_path):
    rows = delivered("ibrd/ibrd_20230531.csv")
    owing = {
        r["Loan Number"]
        for r in rows
        if r["Loan Status"] == "Fully Repaid" and Decimal(r["Borrower's Obligation"]) > 0
    }
    assert owing
    book = example("ibrd/ibrd_20230531.csv", "ibrd", date(2023, 5, 31), tmp_path)[2]
    loans = book.table("loan_snapshot").frame.collect()
    assert set(loans.filter(pl.col("loan_id").is_in(owing))["loan_status"]) == {"normal"}


def sba_on_the_book(row, t):
    """Balance and non-performing by the definition, or None if the loan is not on the book at t."""
    drawn = date.fromisoformat(row["DisbursementDate"])
    gone, term = (t.year - drawn.year) * 12 + t.month - drawn.month, int(row["Term"])
    failed = date.fromisoformat(row["ChgOffDate"]) if row["ChgOffDate"] else None
    if row["MIS_Status"] != "CHGOFF":
        failed = None
    if drawn > t or gone >= term or (failed and failed <= t):
        return None
    exact = Decimal(row["DisbursementGross"]) * (term - gone) / term
    balance = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return balance, failed is not None and (failed - t).days <= 90


@pytest.mark.parametrize("t", [date(2007, 12, 31), date(2004, 2, 29), date(2009, 6, 30)])
def test_the_small_business_book_holds_what_its_definition_says(t, tmp_path):
    rows = delivered("sba/sample.csv")
    undecided = [r for r in rows if not r["DisbursementDate"]]
    want = {r["LoanNr_ChkDgt"]: sba_on_the_book(r, t) for r in rows if r not in undecided}
    want = {loan: figures for loan, figures in want.items() if figures}
    book = example("sba/sample.csv", "sba", t, tmp_path)[2]
    loans = book.table("loan_snapshot").frame.collect()
    good = loans.filter(pl.col("problems").list.len() == 0)
    classes = pl.col("loan_classification") == "FQ03"
    got = good.select("loan_id", "outstanding_principal", classes).rows()
    assert {loan: (balance, npl) for loan, balance, npl in got} == want
    odd = loans.filter(pl.col("problems").list.contains("E0007:as_of_date"))
    assert sorted(odd["loan_id"]) == sorted(r["LoanNr_ChkDgt"] for r in undecided)
    assert book.counts.collect().row(0) == (
        len(rows),
        len(want),
        len(rows) - len(want) - len(undecided),
        len(undecided),
    )
    late = good.filter(classes)
    assert late["days_past_due"].is_between(91, 180).all()
    assert set(late["loan_status"]) <= {"overdue"}
    assert set(good.filter(~classes)["days_past_due"]) == {0}
    assert "0" not in good["purpose_industry_code"].to_list()


def test_the_small_business_excerpt_holds_the_odd_cases(tmp_path):
    t = date(2007, 12, 31)
    rows = delivered("sba/sample.csv")
    book = example("sba/sample.csv", "sba", t, tmp_path)[2]
    loans = book.table("loan_snapshot").frame.collect()
    assert (loans["loan_classification"] == "FQ03").sum() == 5
    assert loans["purpose_industry_code"].null_count() == 1
    paid = [r["LoanNr_ChkDgt"] for r in rows if r["MIS_Status"] == "PIF" and r["ChgOffDate"]]
    kept = loans.filter(pl.col("loan_id").is_in(paid))
    assert kept.height == len(paid) == 2
    assert set(kept["loan_classification"]) == {"FQ01"}
    borrowers = book.table("borrower_snapshot")
    assert borrowers.tally.collect()["disagreements"].item() == 1
    assert borrowers.frame.collect()["borrower_id"].is_unique().all()


def test_a_book_in_another_currency_than_the_workspace_is_refused(tmp_path):
    source = open_source(EXAMPLES / "sba/sample.csv", scratch=tmp_path)
    mapping = parse_mapping("sba", packaged_text("sba"))
    with pytest.raises(MappingError, match="amounts are in USD, the workspace counts in CNY"):
        conform(source.frame, mapping, as_of=date(2007, 12, 31), base_currency="CNY")


# --- the guide ------------------------------------------------------------------------------------------


def test_the_worked_example_of_the_guide_works_as_it_stands(tmp_path):
    guide = GUIDE.read_text(encoding="utf-8")
    delivered_text = re.search(r"```\n(IOU;.*?)```", guide, re.DOTALL)[1]
    mapping_text = re.search(r"```yaml\n(name: core.*?)```", guide, re.DOTALL)[1]
    path = tmp_path / "loans.csv"
    path.write_text(delivered_text, encoding="utf-8")
    source = open_source(path, scratch=tmp_path)
    mapping = parse_mapping("core", mapping_text)
    book = conform(source.frame, mapping, as_of=date(2026, 10, 31), base_currency="CNY")
    loans = book.table("loan_snapshot").frame.collect()
    assert loans["outstanding_principal"].to_list() == [Decimal(12_505_000), Decimal(800_000)]
    assert loans["loan_classification"].to_list() == ["FQ01", "FQ04"]
    assert loans["problems"].explode().drop_nulls().to_list() == []
    assert book.table("borrower_snapshot").frame.collect()["enterprise_size"].to_list() == ["CS03"]


def test_the_guide_names_every_key_of_a_mapping():
    guide = GUIDE.read_text(encoding="utf-8")
    for key in known_keys():
        assert f"`{key}`" in guide, key
