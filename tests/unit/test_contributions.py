"""Rows behind figures as pages handle them: masks, reasons in words, order, pages, what changed."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from dashboards import contributions
from dashboards.contributions import Agreement, Order
from dashboards.i18n import Language
from dashboards.loan_past import changed
from dashboards.loan_words import heading, marks, spelled
from dashboards.masking import DOTS, mask_of, masked, named_in, unnamed
from dashboards.port.loans import HISTORY, LISTED, Place, SideSum
from transforms import reasons
from transforms.catalogue.load import definitions
from transforms.catalogue.model import Label
from transforms.reference import tables
from transforms.sample.names import names


@pytest.fixture(scope="module")
def catalogue():
    return definitions(tables.load()).newest


def rows(*given: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(given), schema=dict(LISTED), orient="row")


def row(
    loan: str, amount: int, *, place: str = "numerator", why: str = "is_npl"
) -> dict[str, object]:
    bare = dict.fromkeys(LISTED)
    own = {"loan_id": loan, "place": place, "why": why, "rule": why.removeprefix("not.")}
    numbers = {"amount": Decimal(amount), "balance": Decimal(abs(amount)), "borrower_id": "C"}
    return {**bare, **own, **numbers, "as_of_date": date(2026, 10, 31)}


def test_the_largest_stand_first_whatever_their_sign_and_equals_by_number():
    found = rows(row("B", 5), row("C", -9), row("A", 5), row("D", 1))
    ordered = contributions.ordered(found, Order.AMOUNT)
    assert ordered["loan_id"].to_list() == ["C", "A", "B", "D"]
    assert contributions.ordered(found, Order.LOAN)["loan_id"].to_list() == ["A", "B", "C", "D"]


@pytest.mark.parametrize(("held", "pages"), [(0, 1), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3)])
def test_pages_hold_thirty_rows_and_there_is_always_one(held, pages):
    assert contributions.pages(held) == pages


def test_the_last_page_holds_what_is_left():
    found = rows(*(row(f"{number:03}", 1) for number in range(65)))
    last = contributions.page_of(contributions.ordered(found, Order.LOAN), 3)
    assert last["loan_id"].to_list() == ["060", "061", "062", "063", "064"]


def test_rows_are_narrowed_by_key_or_by_flag():
    found = rows(
        row("A", 1, place="excluded", why="not.is_loan.2"),
        row("B", 1, place="excluded", why="not.is_npl.2"),
        row("C", 1),
    )
    out = contributions.in_place(found, Place.EXCLUDED)
    assert out["loan_id"].to_list() == ["A", "B"]
    for rule in ("not.is_loan.2", "is_loan.2"):
        narrowed = contributions.in_place(found, Place.EXCLUDED, rule)
        assert narrowed["loan_id"].to_list() == ["A"]
    assert contributions.in_place(found, Place.NUMERATOR, "not.is_loan.2").is_empty()


def test_what_decided_is_summed_up_the_most_rows_first():
    found = rows(row("A", 1, why="x"), row("B", -4, why="y"), row("C", 2, why="y"))
    told = contributions.by_rule(found)
    assert told.select("why", "rows", "clients", "amount", "balance").rows() == [
        ("y", 2, 1, Decimal(-2), Decimal(6)),
        ("x", 1, 1, Decimal(1), Decimal(1)),
    ]


def test_a_side_that_does_not_agree_says_by_how_much():
    side = Agreement("numerator", Decimal(10), SideSum(2, 2, Decimal("9.99")))
    assert side.difference == Decimal("-0.01")
    assert Agreement("denominator", Decimal(10), None).difference is None


def test_money_is_told_from_numbers_of_clients(catalogue):
    assert contributions.counts_money(pl.Series(["npl_balance"]), catalogue)
    assert not contributions.counts_money(pl.Series(["inclusive_clients"]), catalogue)


# Masks


def test_a_mask_is_the_same_for_one_borrower_and_says_nothing_of_its_number():
    assert mask_of("C00000000001") == mask_of("C00000000001")
    assert mask_of("C00000000001") != mask_of("C00000000002")
    assert mask_of("C1").startswith(DOTS)
    assert len(mask_of("C1")) == len(DOTS) + 5
    frame = pl.DataFrame({"borrower_id": ["C1", None, "C2"]})
    told = frame.with_columns(masked("borrower_id"))["borrower_id"].to_list()
    assert told == [mask_of("C1"), None, mask_of("C2")]


def test_masks_of_a_large_page_differ():
    numbers = [f"C{number:011}" for number in range(500)]
    frame = pl.DataFrame({"borrower_id": numbers}).with_columns(masked("borrower_id"))
    # Twenty-five bits: two of five hundred share one in four runs of a thousand.
    assert frame["borrower_id"].n_unique() >= 499


def test_delivered_rows_are_shown_without_the_names_in_them():
    texts = [
        '{"borrower_id":"C1","borrower_name":"Hengzhou \\"Steel\\" Co.","size":"CS03"}',
        '{"客户名称":"恒舟商贸有限公司","贷款余额":"1.00"}',
        '{"customer_name":null,"note":"borrower_name"}',
    ]
    frame = pl.DataFrame({"as_delivered": texts}).with_columns(unnamed("as_delivered"))
    assert frame["as_delivered"].to_list() == [
        '{"borrower_id":"C1","borrower_name":"••","size":"CS03"}',
        '{"客户名称":"••","贷款余额":"1.00"}',
        '{"customer_name":null,"note":"borrower_name"}',
    ]


OWN_MAPPING = """
read:
  firm: {from: KHMC}
tables:
  borrower_snapshot:
    columns:
      borrower_id: KHH
      borrower_name: {sql: "coalesce(firm, 'none')"}
"""


def test_a_heading_of_the_banks_own_mapping_is_known_to_hold_names():
    own = named_in({"core.yaml": OWN_MAPPING, "broken.yaml": "tables: ["})
    assert "KHMC" in own
    text = '{"KHH":"C1","KHMC":"Hengzhou Steel","KHMC2":"kept"}'
    frame = pl.DataFrame({"row": [text]})
    assert frame.select(unnamed("row"))["row"].item() == text
    told = frame.select(unnamed("row", own))["row"].item()
    assert told == '{"KHH":"C1","KHMC":"••","KHMC2":"kept"}'


# Reasons


def test_keys_are_put_into_words_of_both_languages(catalogue):
    told = reasons.words("is_sei_confirmed.2", catalogue, {})
    assert told.en == "The purpose class is starred and lies in the field the loan is tagged with"
    refused = reasons.words("not.is_loan.4", catalogue, {})
    assert refused == Label("Not met: is not a rediscounted bill", "不满足：非转贴现")
    neither = reasons.words("not.is_sei_confirmed", catalogue, {})
    assert neither.en.count("; nor: ") == 1
    assert neither.zh.count("；也不满足：") == 1
    assert reasons.words("is_npl", catalogue, {}).en.startswith("Is a loan in scope; ")
    assert "10 largest" in reasons.words("not.largest.10", catalogue, {}).en


@pytest.mark.parametrize("key", ["is_gone", "not.is_gone.1", "not.is_loan.99"])
def test_a_key_that_no_definition_knows_says_its_own_letters(catalogue, key):
    assert reasons.words(key, catalogue, {}) == Label(key, key)


# Words


def test_codes_and_values_are_spelled_out():
    assert spelled("loan_classification", "FQ03", Language.EN) == "Substandard"
    assert spelled("loan_classification", "FQ03", Language.ZH) == "次级"
    assert spelled("interest_rate", Decimal("0.03450000"), Language.EN) == "3.45%"
    assert spelled("outstanding_principal", Decimal("1234.50"), Language.EN) == "1,234.50"
    assert spelled("on_balance_sheet", value=True, language=Language.ZH) == "是"
    assert spelled("maturity_date", date(2026, 11, 26), Language.EN) == "26 Nov 2026"
    assert spelled("sei_tag", None, Language.EN) == "–"
    assert heading("days_past_due", Language.ZH) == "逾期天数"


def test_a_normal_class_is_no_mark_and_a_bad_one_is():
    held = {"loan_classification": "FQ01", "sei_tag": "3", "green_tag": None}
    assert [short for short, _ in marks(held, Language.EN)] == ["SEI 3"]
    bad = marks({"loan_classification": "FQ05"}, Language.ZH)
    assert bad[0][0] == "损失"


def test_what_changed_is_said_month_by_month():
    first = dict.fromkeys(HISTORY) | {"loan_classification": "FQ01", "booking_branch_id": "B1"}
    second = {**first, "loan_classification": "FQ03"}
    third = {**second, "booking_branch_id": "B2", "outstanding_principal": Decimal(1)}
    history = pl.DataFrame([first, second, third], schema=dict(HISTORY), orient="row")
    named = {"booking_branch_id": {"B1": "Old town", "B2": "Harbour"}}
    told = changed(history, Language.EN, named)
    assert told[0] == ""
    assert told[1].endswith(": Normal → Substandard")
    assert told[2].endswith(": Old town → Harbour")
    assert changed(history.clear(), Language.EN, {}) == []


# Names of the demo bank


def test_names_follow_from_the_number_and_fit_the_kind_of_borrower():
    frame = pl.DataFrame(
        {
            "borrower_id": ["C00000000001", "C00000000001", "C00000000001"],
            "borrower_type": ["enterprise", "individual_business", "public"],
            "industry_code": ["3562", None, "7810"],
        }
    )
    firm, person, office = frame.select(names())["borrower_name"]
    assert firm == "林岳精密机械有限公司 Linyue Precision Machinery Co., Ltd."
    assert person == "沈岚 Shen Lan"
    assert office == "林岳公共事务中心 Linyue Public Affairs Centre"
