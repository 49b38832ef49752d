"""How numbers are printed: exactly, half up, the same sign and dash everywhere."""

from decimal import Decimal

import pytest

from dashboards.i18n import Language
from dashboards.numbers import Format, Round, fixed, rounded
from transforms.catalogue.model import Unit

EN = Format(Language.EN, "CNY")
ZH = Format(Language.ZH, "CNY")
D = Decimal


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        ("0.05", 1, "0.1"),
        ("-0.05", 1, "−0.1"),
        ("0.049999999999", 1, "0.0"),
        ("-0.049999999999", 1, "0.0"),
        ("2.675", 2, "2.68"),
        ("1.005", 2, "1.01"),
        ("1234567.5", 0, "1,234,568"),
        ("0", 2, "0.00"),
    ],
)
def test_numbers_round_half_up_from_exact_decimals(value, decimals, text):
    assert fixed(D(value), decimals) == text


def test_a_sign_is_written_only_where_something_is_left_after_rounding():
    assert fixed(D("0.04"), 1, signed=True) == "0.0"
    assert fixed(D("-0.04"), 1, signed=True) == "0.0"
    assert fixed(D("0.05"), 1, signed=True) == "+0.1"


def test_room_rounds_down_and_need_rounds_up():
    assert rounded(D("85.99"), 0, Round.DOWN) == 85
    assert rounded(D("85.01"), 0, Round.UP) == 86


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        ("410000000", "CNY 410.0 m", "4.10 亿元"),
        ("3400000000", "CNY 3.40 bn", "34.00 亿元"),
        ("-86000000", "−CNY 86.0 m", "−8,600 万元"),
        ("12345", "CNY 12 k", "12,345 元"),
        ("9999.4", "CNY 9,999", "9,999 元"),
        ("9999.5", "CNY 10 k", "10,000 元"),
        ("99999.5", "CNY 100 k", "10 万元"),
        ("512", "CNY 512", "512 元"),
        ("0", "CNY 0", "0 元"),
        ("999999999", "CNY 1.00 bn", "10.00 亿元"),
        ("999940000", "CNY 999.9 m", "10.00 亿元"),
        ("173490000000", "CNY 173.49 bn", "1,734.90 亿元"),
    ],
)
def test_amounts_take_the_largest_unit_that_they_fill(value, english, chinese):
    assert EN.amount(D(value)) == english
    assert ZH.amount(D(value)) == chinese


def test_a_gap_is_read_in_the_unit_of_the_target_beside_it():
    assert EN.amount(D("200000000"), like=D("3200000000")) == "CNY 0.20 bn"
    assert EN.amount(D("20000000"), like=D("3200000000")) == "CNY 20.0 m"


def test_a_gap_far_beyond_its_target_is_not_told_in_the_targets_small_unit():
    # 60.57 亿 against a target of 4,000 万: 605,691 万 cannot be read at a glance, 13,887 万 can.
    assert ZH.amount(D("6056910000"), like=D("40000000")) == "60.57 亿元"
    assert ZH.amount(D("138870000"), like=D("48000000")) == "13,887 万元"
    assert EN.amount(D("420900000"), like=D("40000000")) == "CNY 420.9 m"


def test_another_currency_is_named():
    assert Format(Language.EN, "USD").amount(D(1500000)) == "USD 1.5 m"
    assert Format(Language.ZH, "USD").amount(D(1500000)) == "150 万美元"
    assert Format(Language.ZH, "THB").amount(D(1500000)) == "150 万THB"


def test_shares_points_and_counts():
    assert EN.share(D("0.184")) == "18.4%"
    assert EN.share(D("0.00615"), 2) == "0.62%"
    assert EN.points(D("1.25"), signed=True) == "+1.3 pp"
    assert ZH.points(D("-1.25")) == "−1.3 个百分点"
    assert ZH.points(D("1.25"), signed=True) == "+1.3 百分点"
    assert EN.count(D(16964)) == "16,964"
    assert EN.clients(D(1)) == "1 client"
    assert EN.clients(D(-1), signed=True) == "−1 client"
    assert EN.clients(D(2)) == "2 clients"
    assert ZH.clients(D(1)) == "1 户"


@pytest.mark.parametrize("form", [EN, ZH])
def test_nothing_is_a_dash_and_never_a_zero(form):
    assert {form.value(None, unit) for unit in Unit} == {"–"}
    assert {form.compact(None, unit) for unit in Unit} == {"–"}
    assert form.amount(None) == form.share(None) == form.points(None) == form.count(None) == "–"


@pytest.mark.parametrize(
    ("value", "unit", "english", "chinese", "compact"),
    [
        ("35.24", Unit.BP, "35.2 bp", "35.2 基点", "35.2"),
        ("-35.25", Unit.BP, "−35.3 bp", "−35.3 基点", "−35.3"),
        ("92.44", Unit.DAYS, "92.4 days", "92.4 天", "92.4"),
        ("1234.4", Unit.INDEX, "1,234", "1,234", "1,234"),
        ("2.34", Unit.PP, "2.3 pp", "2.3 个百分点", "2.3"),
        ("2.104", Unit.RATIO, "210.4%", "210.4%", "210.4%"),
    ],
)
def test_every_unit_has_its_word(value, unit, english, chinese, compact):
    assert EN.value(D(value), unit) == english
    assert ZH.value(D(value), unit) == chinese
    assert EN.compact(D(value), unit) == ZH.compact(D(value), unit) == compact


def test_a_rate_has_two_decimals_where_it_is_asked_for():
    assert EN.value(D("0.03864"), Unit.RATIO, 2) == "3.86%"


def test_a_crowded_table_leaves_out_what_its_heading_says():
    assert EN.compact(D("3400000000"), Unit.CURRENCY) == "3.40 bn"
    assert ZH.compact(D("3400000000"), Unit.CURRENCY) == "34.00 亿"
    assert EN.compact(D("0.35"), Unit.PP, 2) == "0.35"
    scale = EN.scale(D("150000000"))
    assert EN.scaled(D("3400000000"), scale) == "3,400.0"
    assert EN.unit_of(scale) == "CNY m"
    assert ZH.unit_of(ZH.scale(D("150000000"))) == "亿元"
