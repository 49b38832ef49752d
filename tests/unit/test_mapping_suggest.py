"""A proposal names its columns by names and by values, says how sure it is, and is a mapping to finish."""

from decimal import Decimal

import polars as pl
import pytest

from transforms.mappings.model import parse_mapping
from transforms.mappings.names import likeness
from transforms.mappings.proposal import as_yaml
from transforms.mappings.suggest import SURE, suggest
from transforms.schema import LOAN_SNAPSHOT, TABLES

CHINESE = pl.DataFrame(
    {
        "数据日期": ["20261031"] * 4,
        "借据编号": ["J1", "J2", "J3", "J4"],
        "客户号": ["C1", "C1", "C2", "C3"],
        "经办机构": ["0101", "0101", "0102", "0101"],
        "贷款余额（万元）": ["100.5", "80", "1,200", "60"],
        "执行利率(%)": ["3.45", "4.1", "3.85", "3.2"],
        "放款日": ["2026年1月5日", "2025年12月1日", "2024年3月20日", "2026年2月2日"],
        "风险分类": ["正常", "关注", "正常", "可疑"],
        "投向": ["C3921", "F5131", "C 2611", "D4411"],
        "企业规模": ["S", "M", "S", "T"],
        "杂项": ["甲", "乙", "丙", "丁"],
    }
)


def found(sample, table=None):
    suggestion = suggest(sample, table)
    return suggestion, {(p.table, p.column): p for p in suggestion.proposals}


def test_a_chinese_book_is_read_by_its_names():
    suggestion, by = found(CHINESE)
    assert {column: p.source for (table, column), p in by.items() if table == "loan_snapshot"} == {
        "loan_id": "借据编号",
        "borrower_id": "客户号",
        "booking_branch_id": "经办机构",
        "outstanding_principal": "贷款余额（万元）",
        "interest_rate": "执行利率(%)",
        "disbursement_date": "放款日",
        "loan_classification": "风险分类",
        "purpose_industry_code": "投向",
    }
    assert by["borrower_snapshot", "enterprise_size"].source == "企业规模"
    assert suggestion.as_of == ("数据日期", None)
    assert suggestion.unused == ("杂项",)
    assert suggestion.missing == ()


def test_the_proposal_is_a_mapping_that_reads_the_file():
    suggestion = suggest(CHINESE)
    text = as_yaml(suggestion, file="book.csv", rows=4)
    mapping = parse_mapping("proposed", text)
    loans = mapping.tables["loan_snapshot"].columns
    assert loans["outstanding_principal"].unit == 10_000
    assert loans["interest_rate"].unit == Decimal("0.01")
    assert mapping.tables["borrower_snapshot"].distinct
    assert mapping.as_of.column == "数据日期"
    assert "from 4 of 4 rows of book.csv" in text
    assert "#   杂项" in text


def test_values_speak_where_a_name_says_nothing():
    sample = CHINESE.rename({"风险分类": "x1", "投向": "x2"})
    _, by = found(sample)
    tiers = by["loan_snapshot", "loan_classification"]
    assert (tiers.source, tiers.is_sure) == ("x1", False)
    assert tiers.why.startswith("from values: codes of the list")
    assert by["loan_snapshot", "purpose_industry_code"].source == "x2"
    text = as_yaml(suggest(sample), file="book.csv", rows=4)
    assert "      # loan_classification: x1" in text
    assert "0.63: from values: codes of the list" in text


def test_values_that_cannot_be_it_take_a_names_word_back():
    """A column called balance that holds words is no balance."""
    words = CHINESE.with_columns(pl.Series("贷款余额（万元）", ["高", "低", "高", "中"]))
    suggestion, by = found(words)
    assert ("loan_snapshot", "outstanding_principal") not in by
    assert suggestion.missing == (("loan_snapshot", "outstanding_principal"),)
    text = as_yaml(suggestion, file="book.csv", rows=4)
    line = next(line for line in text.splitlines() if "outstanding_principal" in line)
    assert line.lstrip().startswith("# outstanding_principal:")
    assert line.endswith("# required, not found")


def test_a_column_goes_to_one_place_and_a_place_takes_one_column():
    sample = CHINESE.with_columns(
        pl.col("借据编号").alias("借据号"), pl.col("客户号").alias("客户编码")
    )
    suggestion, _ = found(sample)
    loans = [p for p in suggestion.proposals if p.table == "loan_snapshot"]
    assert len({p.source for p in loans}) == len(loans) == len({p.column for p in loans})


def test_of_columns_that_are_as_like_the_files_first_is_taken():
    sample = pl.DataFrame({"iou_no": ["1", "2"], "loan_no": ["1", "2"]})
    assert found(sample, "loan_snapshot")[1]["loan_snapshot", "loan_id"].source == "iou_no"
    other = sample.select("loan_no", "iou_no")
    assert found(other, "loan_snapshot")[1]["loan_snapshot", "loan_id"].source == "loan_no"


def test_days_that_two_formats_read_are_asked_about():
    sample = CHINESE.with_columns(
        pl.Series("放款日", ["05/01/2026", "01/12/2025", None, "02/02/2026"])
    )
    text = as_yaml(suggest(sample), file="book.csv", rows=4)
    assert 'disbursement_date: {from: 放款日, format: "%d/%m/%Y"}' in text
    assert "day or month first? %m/%d/%Y reads the dates as well" in text


def test_words_that_no_list_knows_are_asked_about():
    sample = CHINESE.with_columns(pl.Series("风险分类", ["A", "B", "A", "D"]))
    text = as_yaml(suggest(sample), file="book.csv", rows=4)
    assert "say what these words mean: codes: {A: ?, B: ?, D: ?}" in text


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_file_with_canonical_names_is_known_for_its_table(name):
    columns = TABLES[name].column_names
    suggestion = suggest(pl.DataFrame({column: ["x"] for column in columns}), name)
    assert suggestion.tables[0] == name
    assert all(likeness(column, TABLES[name], column).score == 1 for column in columns)


def test_other_tables_are_recognised_by_what_they_need():
    rates = pl.DataFrame({"币别": ["USD", "EUR"], "折人民币汇率": ["7.11", "8.02"]})
    assert suggest(rates).tables == ("fx_rate",)
    ledger = pl.DataFrame(
        {
            "机构号": ["1", "2"],
            "科目号": ["1301", "1302"],
            "币种": ["CNY"] * 2,
            "期末余额": ["500", "7000"],
        }
    )
    assert suggest(ledger).tables == ("gl_control_total",)


def test_the_same_sample_gives_the_same_proposal():
    assert suggest(CHINESE) == suggest(CHINESE)


def test_a_name_is_worth_the_more_the_liker_it_is():
    scores = [
        likeness(name, LOAN_SNAPSHOT, "outstanding_principal").score
        for name in ("outstanding_principal", "余额", "本行贷款余额", "余额方向", "客户名称")
    ]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] == 1 > scores[1] > SURE > scores[2] > scores[3] > scores[4]
