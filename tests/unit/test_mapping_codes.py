"""A bank's own codes: its order of the nine fields, its way of writing industries, columns it may lack."""

from datetime import date

import polars as pl
import pytest

from transforms import codes
from transforms.book import conform, stated_months
from transforms.codes import CodeList
from transforms.errors import MappingError
from transforms.mappings.model import parse_mapping
from transforms.schema import LOAN_SNAPSHOT

AS_OF = date(2026, 10, 31)
NBS = "[1, 2, 3, 4, 5, 6, 7, 8, 9]"
MARTS = (
    "[节能环保, 新一代信息技术, 生物, 高端装备制造, 新能源, 新材料, 新能源汽车, 数字创意, 相关服务]"
)


def mapping(lines, top=""):
    text = (
        "tables:\n  loan_snapshot:\n    columns:\n      loan_id: id\n"
        "      borrower_id: {value: C1}\n      booking_branch_id: {value: B1}\n"
        "      outstanding_principal: {value: 1}\n"
    )
    return parse_mapping("ours", text + "".join(f"      {line}\n" for line in lines) + top)


def loans(rules, top="", as_of=AS_OF, **columns):
    frame = pl.DataFrame(
        {"id": [str(n) for n in range(len(next(iter(columns.values()))))], **columns}
    )
    delivered = frame.with_row_index("source_row_no", offset=1).lazy()
    return conform(delivered, mapping(rules, top), as_of=as_of, base_currency="CNY")


def column(name, rules, **columns):
    rows = loans(rules, **columns).table("loan_snapshot").frame.collect()
    return rows[name].to_list(), rows["problems"].to_list()


@pytest.mark.parametrize("form", ["{}", "0{}", "SE0{}", "se0{}"])
def test_numbers_mean_fields_in_the_banks_own_order(form):
    """In the order of marts, 1 is energy saving (our 7), 2 information technology (our 1)."""
    given = [form.format(n) for n in range(1, 10)]
    found, problems = column("sei_tag", [f"sei_tag: {{from: s, order: {MARTS}}}"], s=given)
    assert found == ["7", "1", "4", "2", "6", "3", "5", "8", "9"]
    assert problems == [[]] * 9


def test_names_mean_the_same_whatever_the_order():
    names = ["新材料", "新材料产业", "生物", None]
    for order in (NBS, MARTS):
        found, _ = column("sei_tag", [f"sei_tag: {{from: s, order: {order}}}"], s=names)
        assert found == ["3", "3", "4", None]


def test_an_unknown_number_is_a_problem_of_the_row():
    found, problems = column(
        "sei_tag", [f"sei_tag: {{from: s, order: {MARTS}}}"], s=["0", "10", "SE10", "A"]
    )
    assert found == [None] * 4
    assert problems == [["E0004:sei_tag"]] * 4


def test_a_number_that_the_banks_map_leaves_out_is_never_read_in_another_order():
    rule = ["sei_tag: {from: s, codes: {1: 7, 2: 1}}"]
    found, problems = column("sei_tag", rule, s=["1", "2", "3", "SE01", "新材料"])
    assert found == ["7", "1", None, None, "3"]
    assert [bool(words) for words in problems] == [False, False, True, True, False]


def test_codes_that_number_nothing_leave_the_standard_order():
    rule = ["sei_tag: {from: s, codes: {IT: SE01}}"]
    assert column("sei_tag", rule, s=["it", "3", "SE09"])[0] == ["1", "3", "9"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("sei_tag: {from: s, order: [1, 2, 3]}", "order names all 9 fields, each once"),
        ("sei_tag: {from: s, order: [1, 1, 3, 4, 5, 6, 7, 8, 9]}", "each once"),
        ("sei_tag: {from: s, order: [1, 2, 3, 4, 5, 6, 7, 8, 纺织]}", "'纺织' is no field"),
        ("loan_status: {from: s, order: [normal]}", "order is for sei_tag"),
    ],
)
def test_an_order_names_every_field_once_or_is_refused(line, said):
    with pytest.raises(MappingError, match=said):
        mapping([line])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C3921", "C3921"),
        ("c 3921", "C3921"),
        ("Ｃ３９２１", "C3921"),
        ("\u3000C392 ", "C392"),
        ("C3921 通信系统设备制造", "C3921"),
        ("3921-通信系统设备制造", "3921"),
        ("39", "39"),
        ("C", "C"),
        ("制造业", "制造业"),
        ("2.3制造业", "2.3制造业"),
        (None, None),
    ],
)
def test_an_industry_is_kept_as_code_lists_write_it(given, kept):
    series = pl.Series([given], dtype=pl.String)
    rule = ["purpose_industry_code: i"]
    assert column("purpose_industry_code", rule, i=series)[0] == [kept]


def test_industries_of_another_classification_are_left_alone():
    result = loans(["purpose_industry_code: i"], "industry_taxonomy: none\n", i=["c 3921"])
    frame = result.table("loan_snapshot").frame.collect()
    assert frame["purpose_industry_code"].to_list() == ["c 3921"]


def test_an_optional_column_that_the_file_lacks_is_named_and_stays_empty():
    result = loans(["contract_id: {from: Contract, optional: true}", "gl_account_code: g"], g=["1"])
    table = result.table("loan_snapshot")
    assert "contract_id" not in table.provided
    assert table.frame.collect()["contract_id"].to_list() == [None]
    assert table.notes == (
        "loan_snapshot: optional columns that the file does not have: Contract.",
    )


def test_an_optional_column_that_is_assumed_takes_its_assumption_and_says_so():
    table = loans(["loan_status: {from: Status, optional: true}"], g=["1"]).table("loan_snapshot")
    assert "loan_status" in table.assumed
    assert table.frame.collect()["loan_status"].to_list() == ["normal"]


def test_an_optional_reading_is_nothing_and_its_columns_are_left_out_if_all_are():
    top = "read:\n  a: {from: A, optional: true}\n  b: {from: B, as: amount, optional: true}\n"
    line = ["contract_id: {sql: \"COALESCE(a, 'none')\", optional: true}"]
    assert "contract_id" not in loans(line, top, B=["1"]).table("loan_snapshot").provided
    both = ["contract_id: {sql: \"CASE WHEN b > 1 THEN 'large' ELSE a END\", optional: true}"]
    table = loans(both, top, B=["1", "2"]).table("loan_snapshot")
    assert table.frame.collect()["contract_id"].to_list() == [None, "large"]


def test_an_optional_reading_may_decide_which_rows_belong():
    top = "read: {state: {from: S, optional: true}}\ninclude: COALESCE(state, 'live') <> 'dead'\n"
    assert loans([], top, g=["1", "2"]).counts.collect()["in_month"].to_list() == [2]
    assert loans([], top, S=["dead", None]).counts.collect()["in_month"].to_list() == [1]


def test_an_optional_month_is_asked_for_where_the_file_states_none():
    top = "as_of: {column: D, optional: true}\n"
    ours = mapping([], top)
    frame = pl.DataFrame({"source_row_no": [1], "id": ["1"]}).lazy()
    assert stated_months(frame, ours) is None
    assert loans([], top, g=["1"]).counts.collect()["in_month"].to_list() == [1]


def test_a_required_column_cannot_be_optional():
    with pytest.raises(MappingError, match="a required column cannot be optional"):
        parse_mapping(
            "ours",
            "tables: {loan_snapshot: {columns: {loan_id: {from: a, optional: true}}}}",
        )


def test_a_column_that_is_not_optional_is_still_asked_for():
    with pytest.raises(MappingError, match="the file has no column 'Contract'"):
        loans(["contract_id: Contract"], g=["1"])


LISTS = [value for value in vars(codes).values() if isinstance(value, CodeList)]


@pytest.mark.parametrize("given", LISTS, ids=lambda found: found.name)
def test_no_spelling_stands_for_two_codes_of_a_list(given):
    meant = {}
    for code in given.codes:
        for word in (code.code, code.zh, *code.aliases):
            assert meant.setdefault(word.upper(), code.code) == code.code
    assert given.spellings == meant


def test_every_field_is_known_by_its_chinese_name():
    listed = LOAN_SNAPSHOT.column("sei_tag").code_list
    assert all(listed.spellings[code.zh] == code.code for code in listed.codes)
