"""A gap in words says whether it is good or bad, in both directions and both languages."""

import ast
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest

from dashboards import words
from dashboards.i18n import MESSAGES, Language, day_text, language_of, month_text
from dashboards.numbers import Format
from dashboards.words import Comparison, Figure, Worth
from transforms import arithmetic, availability, facts, tolerance
from transforms.catalogue.load import definitions
from transforms.catalogue.model import Better, Kind, Unit
from transforms.errors import UnknownNameError
from transforms.quality import QualityState
from transforms.reference import tables
from transforms.scorecards import Status

EN, ZH = Format(Language.EN, "CNY"), Format(Language.ZH, "CNY")
D = Decimal
ROOT = Path(__file__).parents[2]

SHARE = Figure(
    kind=Kind.RATIO,
    unit=Unit.RATIO,
    better=Better.HIGHER,
    decimals=1,
    status=Status.MISSED,
    value=D("0.184"),
    target=D("0.2"),
    gap=D("-0.016"),
    numerator=D("184000000"),
    denominator=D("1000000000"),
    worth_of=Worth.LOANS,
)
LIMITED_SHARE = replace(SHARE, better=Better.LOWER)
NPL = replace(
    SHARE,
    worth_of=Worth.BAD_LOANS,
    better=Better.LOWER,
    decimals=2,
    value=D("0.012"),
    target=D("0.01"),
)
BALANCE = replace(SHARE, kind=Kind.TOTAL, unit=Unit.CURRENCY, worth_of=Worth.NOTHING)
CLIENTS = replace(SHARE, kind=Kind.TOTAL, unit=Unit.COUNT, worth_of=Worth.NOTHING)
SPREAD = replace(SHARE, kind=Kind.WEIGHTED_MEAN, unit=Unit.BP, worth_of=Worth.NOTHING)
DAYS = replace(SPREAD, unit=Unit.DAYS, better=Better.LOWER)
INDEX = replace(SPREAD, kind=Kind.INDEX, unit=Unit.INDEX, better=Better.LOWER, decimals=0)
LEAD = replace(SPREAD, kind=Kind.GAP, unit=Unit.PP)
TOLERANCE = replace(
    SHARE, kind=Kind.TOLERANCE, unit=Unit.PP, decimals=2, gap=None, target=None, limit=D("4.04")
)


@pytest.fixture(scope="module")
def catalogue():
    return definitions(tables.load()).newest


@pytest.mark.parametrize(
    ("figure", "gap", "english", "chinese"),
    [
        (SHARE, "-0.016", "1.6 pp short", "差 1.6 个百分点"),
        (SHARE, "0.003", "0.3 pp ahead", "超额 0.3 个百分点"),
        (SHARE, "0", "on target", "恰达目标"),
        (SHARE, "-0.0004", "<0.1 pp short", "差 <0.1 个百分点"),
        (NPL, "0.003", "0.30 pp headroom", "余量 0.30 个百分点"),
        (NPL, "-0.002", "0.20 pp over target", "超出目标 0.20 个百分点"),
        (NPL, "0", "on target", "恰达目标"),
        (CLIENTS, "-12", "12 clients short", "差 12 户"),
        (CLIENTS, "1", "1 client ahead", "超额 1 户"),
        (SPREAD, "-3.24", "3.2 bp short", "差 3.2 基点"),
        (DAYS, "2.5", "2.5 days headroom", "余量 2.5 天"),
        (DAYS, "-0.01", "<0.1 days over target", "超出目标 <0.1 天"),
        (INDEX, "-120.4", "120 over target", "超出目标 120"),
        (INDEX, "0.3", "<1 headroom", "余量 <1"),
        (LEAD, "0.35", "0.4 pp ahead", "超额 0.4 个百分点"),
    ],
)
def test_a_gap_is_told_in_the_favourable_sense(figure, gap, english, chinese):
    figure = replace(figure, gap=D(gap))
    assert words.gap(figure, EN) == english
    assert words.gap(figure, ZH) == chinese


def test_a_gap_of_money_is_told_in_the_unit_of_its_target():
    over = replace(BALANCE, better=Better.LOWER, target=D("3200000000"), gap=D("-200000000"))
    assert words.gap(over, EN) == "CNY 0.20 bn over target"
    assert words.gap(replace(over, better=Better.HIGHER), EN) == "CNY 0.20 bn short"
    assert words.gap(over, ZH) == "超出目标 2.00 亿元"


@pytest.mark.parametrize(
    ("headroom", "amount", "gap", "money"),
    [
        ("0.35", "86400000", "0.35 pp headroom", "CNY 86.4 m may still turn bad before the limit"),
        ("-0.12", "-3010000", "0.12 pp over the limit", "CNY 3.1 m above the limit"),
        ("0", "0", "exactly at the limit", ""),
    ],
)
def test_a_tolerance_tells_what_may_still_turn_bad(headroom, amount, gap, money):
    figure = replace(TOLERANCE, value=D(headroom), headroom=D(amount))
    assert words.gap(figure, EN) == gap
    assert words.money(figure, EN) == money


def test_what_may_turn_bad_is_never_rounded_up_and_a_need_never_down():
    room = replace(TOLERANCE, value=D("0.35"), headroom=D("86990000"))
    assert words.money(room, EN).startswith("CNY 86.9 m")
    need = replace(SHARE, gap=D("-0.01600001"))
    assert words.money(need, EN) == "needs +CNY 16.1 m at a flat book"


@pytest.mark.parametrize(
    ("figure", "gap", "english", "chinese"),
    [
        (SHARE, "-0.41", "needs +CNY 410.0 m at a flat book", "按现有规模需增加 4.10 亿元"),
        (SHARE, "0.03", "CNY 30.0 m more than needed", "高于目标所需 3,000 万元"),
        (NPL, "0.086", "CNY 86.0 m may still turn bad", "距目标尚可新增不良 8,600 万元"),
        (NPL, "-0.002", "CNY 2.0 m too much at a flat book", "按现有规模需压降 200 万元"),
        (
            LIMITED_SHARE,
            "0.03",
            "room for CNY 30.0 m at a flat book",
            "按现有规模尚有空间 3,000 万元",
        ),
        (LIMITED_SHARE, "-0.002", "CNY 2.0 m too much at a flat book", "按现有规模需压降 200 万元"),
        (SHARE, "0", "", ""),
    ],
)
def test_a_share_is_told_in_money_at_a_flat_book(figure, gap, english, chinese):
    figure = replace(figure, gap=D(gap))
    assert words.money(figure, EN) == english
    assert words.money(figure, ZH) == chinese


def test_money_is_told_only_where_it_can_be_said_exactly():
    assert words.money(BALANCE, EN) == ""
    assert words.money(CLIENTS, EN) == ""
    assert words.money(replace(SHARE, worth_of=Worth.NOTHING), EN) == ""
    assert words.money(replace(SHARE, denominator=None), EN) == ""


def test_only_balances_over_balances_are_told_in_money(catalogue):
    def worth(name):
        return words.worth_of(catalogue.metrics[name], catalogue)

    for name in ("sei_share", "green_share", "real_estate_share", "overdue_ratio"):
        assert worth(name) is Worth.LOANS, name
    for name in ("npl_ratio", "inclusive_npl_ratio", "sei_npl_ratio", "linkage_npl_ratio"):
        assert worth(name) is Worth.BAD_LOANS, name
    moving = ("sei_increment_share", "npl_formation_rate", "loan_growth_ytd", "new_loan_npl_ratio")
    no_money = ("first_time_share", "tech_access_rate", "largest_client_ratio", "loan_rate")
    for name in (*moving, *no_money, "provision_coverage", "loan_balance", "sei_growth_gap"):
        assert worth(name) is Worth.NOTHING, name


@pytest.mark.parametrize("better", [Better.NEUTRAL, Better.BAND])
def test_a_figure_that_points_neither_way_has_no_favourable_words(better):
    figure = replace(SHARE, better=better, gap=D("0.01"))
    for form in (EN, ZH):
        assert words.gap(figure, form) == words.money(figure, form) == ""
    assert words.change(figure, D("0.171"), EN) == "+1.3 pp"
    assert words.target(figure, EN) == "20.0%"


@pytest.mark.parametrize(
    "figure", [SHARE, NPL, BALANCE, CLIENTS, TOLERANCE, SPREAD, DAYS, INDEX, LEAD]
)
def test_without_a_value_or_target_nothing_is_claimed(figure):
    bare = replace(figure, value=None, target=None, gap=None, limit=None, headroom=None)
    assert words.gap(bare, EN) == words.money(bare, EN) == words.target(bare, EN) == ""
    assert words.change(bare, D("0.1"), EN) == "–"


@pytest.mark.parametrize(
    ("figure", "value", "before", "text"),
    [
        (SHARE, "0.184", "0.171", "+1.3 pp"),
        (SHARE, "0.184", "0.184", "0.0 pp"),
        (NPL, "0.012", "0.0125", "−0.05 pp"),
        (BALANCE, "110", "100", "+10.0%"),
        (BALANCE, "110", "0", "+CNY 110"),
        (replace(BALANCE, kind=Kind.INCREMENT), "-5", "10", "−CNY 15"),
        (CLIENTS, "14", "15", "−1 client"),
        (TOLERANCE, "0.35", "0.30", "+0.05 pp"),
        (SPREAD, "35.2", "38.5", "−3.3 bp"),
        (DAYS, "92.4", "90", "+2.4 days"),
        (INDEX, "1234.4", "1200", "+34"),
        (LEAD, "2.3", "2.5", "−0.2 pp"),
        (replace(BALANCE, kind=Kind.AVERAGE), "110", "100", "+10.0%"),
        (replace(BALANCE, kind=Kind.INCREMENT_DIFFERENCE), "-5", "10", "−CNY 15"),
    ],
)
def test_a_change_is_told_in_the_unit_that_fits(figure, value, before, text):
    assert words.change(replace(figure, value=D(value)), D(before), EN) == text


def test_a_change_from_nothing_is_a_dash():
    assert words.change(SHARE, None, EN) == "–"


def test_targets_and_limits_are_printed_like_their_values():
    assert words.target(SHARE, EN) == "20.0%"
    assert words.target(TOLERANCE, EN) == "4.04%"
    assert words.target(replace(BALANCE, target=D(27000000)), EN, compact=True) == "27.0 m"


def test_quality_in_few_words_carries_the_amount_too():
    assert words.quality_short(QualityState.FINAL, None, EN) == ""
    assert words.quality_short(QualityState.PROVISIONAL, D(5000000), EN) == "provisional: 5.0 m"
    assert words.quality_short(QualityState.PROVISIONAL, D(5000000), ZH) == "暂估：500 万元"
    assert words.quality_short(QualityState.NOT_RECONCILED, None, EN) == "not reconciled"


def test_an_amount_that_no_rate_converts_is_called_unknown_and_never_zero():
    told = words.quality(QualityState.PROVISIONAL, None, EN)
    assert told == (
        "Provisional: unexplained in a currency without a rate, so the amount is not known"
    )
    assert words.quality_short(QualityState.PROVISIONAL, None, EN) == (
        "provisional: amount not known"
    )
    assert not re.search(r"\d", told)


def test_a_long_reason_is_shortened_to_its_length():
    assert words.shortened("short") == "short"
    assert words.shortened("a" * 30, 10) == "a" * 9 + "…"


def test_quality_names_the_amount_behind_it():
    assert words.quality(QualityState.FINAL, None, EN) == ""
    told = words.quality(QualityState.PROVISIONAL, D(5000000), EN)
    assert told == "Provisional: CNY 5.0 m unexplained"
    assert words.quality(QualityState.NOT_RECONCILED, None, ZH) == "未报送总账数据"


def test_comparisons_go_back_to_the_right_month_end():
    day = date(2026, 3, 31)
    assert {c: c.before(day) for c in Comparison} == {
        Comparison.PREVIOUS_MONTH: date(2026, 2, 28),
        Comparison.YEAR_END: date(2025, 12, 31),
        Comparison.SAME_MONTH_LAST_YEAR: date(2025, 3, 31),
    }
    with pytest.raises(UnknownNameError, match="year_end"):
        words.comparison_of("yearend")


def test_what_covers_the_year_so_far_is_known(catalogue):
    anew = {name for name, m in catalogue.metrics.items() if words.accumulates(m, catalogue)}
    by_base = {"loan_increment_ytd", "loan_growth_ytd", "sei_increment_share", "sei_growth_ytd"}
    by_window = {"first_time_clients_ytd", "new_to_bank_clients_ytd", "first_time_share_ytd"}
    by_terms = {"write_offs_ytd", "credit_cost", "loan_rate_new_ytd", "loan_average_balance"}
    by_sides = {"sei_growth_gap", "inclusive_growth_gap"}
    assert by_base | by_window | by_terms | by_sides <= anew
    assert {"loan_increment_yoy_diff", "migration_normal", "npl_formed_by_loan_ytd"} <= anew
    assert {name for name in catalogue.metrics if name.endswith("_ytd")} <= anew
    levels = {"loan_balance", "sei_share", "loan_increment_mom", "loan_growth_yoy", "loan_rate_new"}
    assert not anew & (levels | {"settlement_days_change", "inclusive_npl_gap", "industry_hhi"})


def test_decimals_follow_the_size_of_what_is_printed(catalogue):
    def decimals(*names):
        return {words.decimals_of(catalogue.metrics[name]) for name in names}

    assert decimals("npl_ratio", "inclusive_npl_ratio", "inclusive_npl_tolerance") == {2}
    assert decimals("loan_rate", "loan_rate_new_ytd", "provision_ratio", "inclusive_npl_gap") == {2}
    assert decimals("sei_share", "real_estate_share", "provision_coverage", "sei_growth_gap") == {1}
    assert decimals("lpr_spread", "settlement_days", "loan_growth_yoy") == {1}
    assert decimals("industry_hhi") == {0}


REASONED = (arithmetic, availability, facts, tolerance)


def _sentences(module) -> set[str]:
    """Every sentence that a module gives as a reason, its blanks filled in.

    Whatever is returned, yielded, assigned to `reason` or a constant, and reads like a sentence.
    """
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Return | ast.Yield):
            given = [node.value]
        elif isinstance(node, ast.Assign):
            given = [node.value] if ast.unparse(node.targets[0]) == "reason" else []
        elif isinstance(node, ast.AnnAssign):
            given = [node.value] if ast.unparse(node.annotation) == "Final" else []
        else:
            given = []
        for value in given:
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.add(value.value)
            elif isinstance(value, ast.JoinedStr):
                parts = [
                    p.value if isinstance(p, ast.Constant) else "2025-12" for p in value.values
                ]
                found.add("".join(map(str, parts)))
    return {text for text in found if " " in text}


def test_every_reason_has_a_chinese_text():
    found = set().union(*map(_sentences, REASONED))
    assert arithmetic.NO_GROWTH in found
    assert facts.WHOLE_BANK_ONLY in found
    assert "table 2025-12 was not delivered for 2025-12" in found
    assert "the bank has no loans to compare with" in found
    assert len(found) >= 16
    untold = [
        text for text in found if not re.search(r"[\u4e00-\u9fff]", words.reason(text, Language.ZH))
    ]
    assert untold == []


@pytest.mark.parametrize(
    ("reason", "chinese"),
    [
        ("there is nothing in the denominator", "分母为零"),
        ("table borrower was not delivered", "未报送表 borrower"),
        (
            "table borrower_first_loan_event was not delivered for 2026-01, 2026-02",
            "2026-01, 2026-02 未报送表 borrower_first_loan_event",
        ),
        (
            "the month 2025-12-31 that it rests on is not published",
            "所依据的 2025-12-31 尚未发布",
        ),
        ("no inclusive_limit is in force on that date", "当日无有效参数 inclusive_limit"),
        ("a reason nobody translated", "a reason nobody translated"),
    ],
)
def test_reasons_are_told_in_the_readers_language(reason, chinese):
    assert words.reason(reason, Language.EN) == reason
    assert words.reason(reason, Language.ZH) == chinese
    assert words.reason(None, Language.ZH) == ""


def test_every_message_has_both_languages_and_the_same_blanks():
    for key, (english, chinese) in MESSAGES.items():
        blanks = [
            {name for _, name, *_ in Formatter().parse(t) if name} for t in (english, chinese)
        ]
        assert blanks[0] == blanks[1], key
        assert english, key
        assert chinese, key


def test_every_message_is_said_somewhere():
    parts = ("dashboards", "orchestration")
    files = [file for part in parts for file in (ROOT / part).rglob("*.py")]
    source = "\n".join(one.read_text("utf-8") for one in files if one.parent.name != "messages")
    written = set(re.findall(r"""["'][a-z0-9_]+["']""", source))
    # A key is written out, or put together from a beginning, an end, and a name between.
    made = {
        (start, end)
        for quote in "\"'"
        for start, end in re.findall(
            rf"f{quote}([a-z0-9_]*){{(?:[^{quote}]*}})?([a-z0-9_]*){quote}", source
        )
        if start or len(end) > len("_x")
    }
    unsaid = [
        key
        for key in MESSAGES
        if not {f'"{key}"', f"'{key}'"} & written
        and not any(key.startswith(start) and key.endswith(end) for start, end in made)
    ]
    assert unsaid == []


def test_chinese_messages_are_chinese():
    """Whatever says something in English; blanks, signs and names of standards are the same in both."""
    assert not [
        key
        for key, (english, chinese) in MESSAGES.items()
        if re.search(r"[a-z]{2,}", re.sub(r"\{.*?\}", "", english))
        and not re.search(r"[\u4e00-\u9fff]", chinese)
    ]


def test_english_messages_have_no_chinese_in_them():
    assert not [
        key for key, (english, _) in MESSAGES.items() if re.search(r"[\u4e00-\u9fff]", english)
    ]


def test_dates_read_as_people_write_them():
    day = date(2026, 10, 31)
    assert (day_text(Language.EN, day), day_text(Language.ZH, day)) == (
        "31 Oct 2026",
        "2026年10月31日",
    )
    assert (month_text(Language.EN, day), month_text(Language.ZH, day)) == ("Oct 26", "26年10月")


def test_an_unknown_language_is_refused():
    with pytest.raises(UnknownNameError, match="en"):
        language_of("fr")
