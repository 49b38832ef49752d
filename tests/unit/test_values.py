"""How a delivered text becomes an amount or a date: units in words, Chinese dates, days counted by Excel."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from transforms.book import conform
from transforms.errors import MappingError
from transforms.mappings import units, values
from transforms.mappings.model import parse_mapping, with_stated_units
from transforms.mappings.values import How
from transforms.schema import DAY, LOAN_SNAPSHOT, MONEY, TEXT, Column

AMOUNT = Column("amount", MONEY, "", "")
DATE = Column("day", DAY, "", "")
NAME = Column("name", TEXT, "", "")


def read(texts, column, how=How(), dtype=pl.String):  # noqa: B008 - frozen
    """The value and the rule it breaks, for each text."""
    parsed = values.parse(pl.col("raw"), dtype(), column, how)
    flags = [pl.when(flag).then(pl.lit(rule)) for rule, flag in parsed.problems]
    frame = pl.DataFrame({"raw": texts}, schema={"raw": dtype}).select(
        parsed.value.alias("value"), pl.coalesce(flags).alias("rule")
    )
    return [value if rule is None else rule for value, rule in frame.iter_rows()]


@pytest.mark.parametrize(
    ("text", "yuan"),
    [
        ("12.5万元", "125000.00"),
        ("12.5 万元", "125000.00"),
        ("１２．５万元", "125000.00"),
        ("1,234.5678万", "12345678.00"),
        ("3亿", "300000000.00"),
        ("0.000000001亿元", "0.10"),
        ("-2百万元", "-2000000.00"),
        ("1千万", "10000000.00"),
        ("88.005元", "88.01"),
        ("5百元", "500.00"),
        ("7", "7.00"),
        ("0.1千元", "100.00"),
        ("3十亿元", "3000000000.00"),
    ],
)
def test_a_unit_behind_the_digits_is_multiplied_exactly(text, yuan):
    assert read([text], AMOUNT) == [Decimal(yuan)]


@pytest.mark.parametrize(
    "text", ["万元", "3万亿元", "3元万", "3億", "亿3", "1万2千", "3万 5", "三万元"]
)
def test_a_unit_that_is_none_makes_the_amount_unreadable(text):
    assert read([text], AMOUNT) == ["E0002"]


def test_the_unit_in_a_value_goes_before_that_of_its_column():
    assert read(["3", "3亿", "3元", "3万元"], AMOUNT, How(unit=Decimal(10000))) == [
        Decimal(30_000),
        Decimal(300_000_000),
        Decimal(3),
        Decimal(30_000),
    ]


def test_an_amount_too_large_with_its_unit_is_named_and_stops_nothing():
    largest = "99999999.99999999亿"  # 9,999,999,999,999,999.00 yuan, of sixteen digits allowed
    assert read(["1" * 20 + "亿", "100000000亿", largest, None], AMOUNT) == [
        "E0006",
        "E0006",
        Decimal("9999999999999999.00"),
        None,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-31",
        "2026/10/31",
        "20261031",
        "2026.10.31",
        "2026年10月31日",
        "2026年10月31号",
        "２０２６年１０月３１日",
        "２０２６－１０－３１",
        "2026-10-31 23:59:59",
        "2026年10月31日 08:00:00",
    ],
)
def test_dates_with_the_year_first_are_read_without_a_format(text):
    assert read([text], DATE) == [date(2026, 10, 31)]


def test_a_single_digit_of_month_or_day_is_enough_where_signs_part_them():
    assert read(["2026年1月5日", "2026/1/5", "2026-1-5"], DATE) == [date(2026, 1, 5)] * 3


@pytest.mark.parametrize(
    "text", ["45961", "46326.5", "31/10/2026", "2026年13月1日", "2026", "年月日"]
)
def test_a_bare_number_of_days_is_no_date_unless_the_mapping_says_so(text):
    assert read([text], DATE) == ["E0003"]


@pytest.mark.parametrize(
    ("serial", "day"),
    [
        ("1", date(1900, 1, 1)),
        ("59", date(1900, 2, 28)),
        ("60", "E0003"),  # 29 February 1900 never was
        ("61", date(1900, 3, 1)),
        ("45961", date(2025, 10, 31)),
        ("46326", date(2026, 10, 31)),
        ("46326.9999", date(2026, 10, 31)),
        ("４６３２６", date(2026, 10, 31)),
        ("2958465", date(9999, 12, 31)),
        ("2958466", "E0003"),
        ("0", "E0003"),
        ("-1", "E0003"),
        ("2026-10-31", "E0003"),
    ],
)
def test_days_counted_by_excel_are_dates_when_said(serial, day):
    assert read([serial], DATE, How(formats=("excel",))) == [day]


def test_days_counted_from_1904_are_four_years_and_a_day_apart():
    assert read(["0", "44864", "2957003", "2957004"], DATE, How(formats=("excel-1904",))) == [
        date(1904, 1, 1),
        date(2026, 10, 31),
        date(9999, 12, 31),
        "E0003",
    ]


def test_counted_days_may_stand_beside_written_dates():
    how = How(formats=("excel", "%d/%m/%Y"))
    assert read(["46326", "31/10/2026", "x"], DATE, how) == [date(2026, 10, 31)] * 2 + ["E0003"]
    assert read([46326, None], DATE, How(formats=("excel",)), pl.Int64) == [
        date(2026, 10, 31),
        None,
    ]
    assert read([46326.25], DATE, How(formats=("excel",)), pl.Float64) == [date(2026, 10, 31)]


def test_what_a_spreadsheet_shows_for_a_broken_formula_is_no_name():
    assert read(["#REF!", "#N/A", "# 12", "甲"], NAME) == ["E0004", "E0004", "# 12", "甲"]
    assert read(["#REF!"], AMOUNT) == ["E0002"]
    assert read(["#VALUE!"], DATE) == ["E0003"]


# --- units that a column's name states -------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "factor"),
    [
        ("贷款余额(万元)", 10_000),
        ("贷款余额（亿元）", 100_000_000),
        ("余额 (单位：千元)", 1000),
        ("余额【百万元】", 1_000_000),
        ("余额(人民币万元)", 10_000),
        ("余额(万美元)", 10_000),
        ("余额(元)", 1),
        ("余额(万)", 10_000),
        ("贷款余额万元", 10_000),
        ("贷款余额/亿元", 100_000_000),
        ("年利率(%)", Decimal("0.01")),
        ("月利率（‰）", Decimal("0.001")),
        ("Balance (CNY million)", 1_000_000),
        ("Balance (in thousands)", 1000),
    ],
)
def test_a_name_states_its_unit_at_its_end(name, factor):
    word = units.of_header(name)
    assert word is not None
    assert word[1] == factor


@pytest.mark.parametrize(
    "name",
    [
        "余额",
        "美元余额",
        "单户1000万元",
        "余额(期末)",
        "(万元)余额",
        "亿元村支行",
        "元",
        "Million Bank",
        "余额(万元)2",
    ],
)
def test_other_names_state_none(name):
    assert units.of_header(name) is None


def mapping(balance, extra=""):
    return parse_mapping(
        "ours",
        "tables:\n  loan_snapshot:\n    columns:\n      loan_id: 借据号\n      borrower_id: 客户\n"
        f"      booking_branch_id: 机构\n      outstanding_principal: {balance}\n{extra}",
    )


def balances(found, delivered):
    frame = pl.LazyFrame(
        {"借据号": ["L1"], "客户": ["C1"], "机构": ["B1"], **delivered, "source_row_no": [1]}
    )
    book = conform(frame, found, as_of=date(2026, 10, 31), base_currency="CNY")
    rows = book.table("loan_snapshot").frame.collect()
    assert rows["problems"].to_list() == [[]]
    return rows["outstanding_principal"].to_list()


def test_a_silent_mapping_takes_the_unit_of_the_name_and_says_so():
    found = mapping("贷款余额(万元)")
    assert balances(found, {"贷款余额(万元)": ["1,250.5"]}) == [Decimal("12505000.00")]
    assert found.notes == ("'贷款余额(万元)' states 万元: its numbers are multiplied by 10,000.",)
    assert with_stated_units(found) == found


def test_a_mapping_that_contradicts_the_name_is_refused():
    for unit in ("1", "100000000", "亿元"):
        with pytest.raises(MappingError, match=r"states 万元, and unit says .* Let the two agree"):
            mapping(f"{{from: 贷款余额(万元), unit: {unit}}}")
    assert mapping("{from: 贷款余额(万元), unit: 10000}").notes == ()


@pytest.mark.parametrize(
    ("unit", "yuan"), [("万元", 30_000), ("亿元", 300_000_000), ("元", 3), ("千元", 3000)]
)
def test_a_mapping_may_say_the_unit_in_words(unit, yuan):
    found = mapping(f"{{from: 余额, unit: {unit}}}")
    assert balances(found, {"余额": ["3"]}) == [Decimal(yuan)]


def test_a_unit_that_is_no_word_is_refused_with_the_near_miss():
    with pytest.raises(MappingError, match="'万圆元' is no number and no unit like 万元"):
        mapping("{from: 余额, unit: 万圆元}")


def test_typed_columns_take_the_unit_of_their_name_too():
    assert balances(mapping("余额(万元)"), {"余额(万元)": [Decimal("1.5")]}) == [Decimal(15_000)]
    assert balances(mapping("余额(万元)"), {"余额(万元)": [2]}) == [Decimal(20_000)]


def test_a_reading_takes_the_unit_of_its_name_and_bare_sql_is_told_of():
    found = mapping(
        "{sql: 'drawn + TRY_CAST(\"利息(万元)\" AS DOUBLE)'}",
        'read: {drawn: {from: "本金(万元)", as: amount}}\n',
    )
    assert found.read["drawn"].unit == 10_000
    assert found.notes == (
        "'本金(万元)' states 万元: its numbers are multiplied by 10,000.",
        (
            "'利息(万元)' states its unit; the SQL of tables.loan_snapshot.columns."
            "outstanding_principal takes it as it stands."
        ),
    )


def test_text_columns_with_such_a_name_are_left_alone():
    found = mapping(
        "余额",
        "      product_code: 产品(万元)\n"
        if "product_code" in LOAN_SNAPSHOT.column_names
        else "      sei_tag: 产品(万元)\n",
    )
    assert found.notes == ()


def test_the_name_of_a_variable_stands_for_a_connection_and_a_password_is_not_repeated():
    columns = mapping("余额").model_dump_json()
    assert "connection" in columns
    with pytest.raises(MappingError, match="connection is the name of the environment") as refused:
        mapping(
            "余额",
            "source: {format: sql, connection: 'postgresql://me:s3cret@db/x', query: SELECT 1}\n",
        )
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ("{connection: CORE}", "are for `format: sql`"),
        ("{format: sql, connection: CORE}", "exactly one of query and table"),
        ("{format: sql, connection: CORE, table: t, query: SELECT 1}", "exactly one of query"),
        ("{format: sql, query: SELECT 1}", "connection is the name"),
        ("{format: sql, connection: CORE, table: 'loans; drop table x'}", "table is a plain name"),
        ("{sheet: ['*', a]}", "for all visible sheets, or names"),
        ("{header_row: 0}", "header_row"),
        ("{version: -1}", "version"),
        ("{format: xls}", "format"),
    ],
)
def test_rules_of_a_source_that_do_not_fit_are_refused(rules, message):
    with pytest.raises(MappingError, match=message):
        mapping("余额", f"source: {rules}\n")
