"""What a filled report prints: published figures drawn above, the printed cells below."""

from datetime import date
from decimal import Decimal

import pytest

from dashboards.i18n import Language
from dashboards.words import reason
from tests.cards import table
from tests.returned import AS_OF, facts_of, filled, return_of, tree_of
from transforms.returns import filling
from transforms.returns.load import definition_hash
from transforms.returns.reckoning import NO_SUM_OF_SHARES

BALANCES = """
  A:
    label: {en: Balances, zh: 余额}
    columns:
      A: {label: {en: "10,000 yuan", zh: 万元}, scale: wan, decimals: 2}
      B: {label: {en: "100 million", zh: 亿元}, scale: yi, decimals: 2}
      C: {label: {en: Yuan, zh: 元}, scale: units, decimals: 0}
    rows:
      "010": {metric: loan_increment_ytd}
"""
MOVES = """
  A:
    label: {en: Balances, zh: 余额}
    columns:
      A: {label: {en: Now, zh: 期末}, scale: wan}
      B: {label: {en: Month before, zh: 上月}, scale: wan, at: previous_month}
      C: {label: {en: Year end, zh: 年初}, scale: wan, at: year_end}
      D: {label: {en: Change, zh: 比年初}, scale: wan, formula: {left: A, sign: "-", right: C}}
      E: {label: {en: Growth, zh: 增速}, scale: percent, formula: {left: D, sign: "/", right: C}}
    rows:
      "010": {metric: loan_balance}
      "020": {metric: npl_balance}
      "030": {label: {en: Both, zh: 合计}, sum_of: ["010", "020"]}
"""
SHARES = """
  A:
    label: {en: Shares, zh: 占比}
    columns:
      A: {label: {en: Now, zh: 期末}, scale: percent}
      B: {label: {en: Year end, zh: 年初}, scale: percent, at: year_end}
      C: {label: {en: Change, zh: 比年初}, scale: pp, formula: {left: A, sign: "-", right: B}}
    rows:
      "010": {metric: npl_ratio}
"""
CUT = """
  A:
    label: {en: By size, zh: 按规模}
    columns:
      A: {label: {en: Amount, zh: 余额}, scale: wan, take: numerator}
    rows:
      "010": {metric: loan_balance}
      "011": {metric: loan_balance, slice: enterprise_size, member: CS01}
      "012": {metric: loan_balance, slice: enterprise_size, member: CS02}
  B:
    label: {en: Shares, zh: 占比}
    columns:
      A: {label: {en: Share, zh: 占比}, scale: percent}
    rows:
      "010": {metric: npl_ratio, slice: enterprise_size, member: CS02}
      "020": {metric: sei_share, slice: sei_field, member: "3"}
"""
CARD = """
  A:
    label: {en: Card, zh: 计分卡}
    columns:
      A: {label: {en: Value, zh: 数值}, scale: own}
      B: {label: {en: Target, zh: 目标}, scale: own, take: target}
      C: {label: {en: Gap, zh: 差距}, scale: own, take: gap}
      D: {label: {en: Stands, zh: 状态}, scale: text, take: status}
    rows:
      "010": {metric: npl_ratio, scale: percent, decimals: 2}
      "020": {metric: loan_balance, scale: yi, decimals: 1}
      "030": {metric: lpr_spread, scale: bp, decimals: 0}
      "040": {label: {en: Bonds, zh: 债券}, not_collected: true, scale: yi}
  T:
    label: {en: Tolerance, zh: 容忍度}
    columns:
      A: {label: {en: Bad, zh: 不良}, scale: wan, take: numerator}
      B: {label: {en: Limit, zh: 上限}, scale: percent, take: limit}
      C: {label: {en: Headroom, zh: 余量}, scale: pp}
      D: {label: {en: Room, zh: 尚可容忍}, scale: wan, take: headroom}
    rows:
      "010": {metric: inclusive_npl_tolerance}
"""
UNITS = """
  A:
    label: {en: Branches, zh: 分行}
    units: [tier1]
    adds_up: true
    columns:
      A: {label: {en: Loans, zh: 贷款}, scale: wan, metric: loan_balance}
      B: {label: {en: Bad, zh: 不良率}, scale: percent, metric: npl_ratio}
"""


@pytest.mark.parametrize(
    "case",
    table(
        """
        figure                  | wan          | yi     | yuan
        100,000,000             | 10000        | 1      | 100000000
        50                      | 0.01         | 0      | 50
        49.999999999999         | 0            | 0      | 50
        -50                     | -0.01        | 0      | -50
        -49.99                  | 0            | 0      | -50
        500,000                 | 50           | 0.01   | 500000
        499,999.999999999999    | 50           | 0      | 500000
        -500,000                | -50          | -0.01  | -500000
        1,234,567,890.125       | 123456.79    | 12.35  | 1234567890
        0.5                     | 0            | 0      | 1
        -0.5                    | 0            | 0      | -1
        0                       | 0            | 0      | 0
        """
    ),
    ids=lambda case: case["figure"],
)
def test_amounts_are_rounded_half_away_from_zero_in_the_unit_of_their_column(case):
    facts = f"""
        metric             | above | value
        loan_increment_ytd | 1     | {case["figure"]}
    """
    report = filled(return_of(BALANCES), facts)
    assert report.printed("A.010.A", "A.010.B", "A.010.C") == [
        case["wan"],
        case["yi"],
        case["yuan"],
    ]
    assert report.cell("A.010.A")["exact"] == Decimal(case["figure"].replace(",", ""))


def test_changes_and_growth_are_reckoned_from_exact_cells_and_not_from_printed_ones():
    report = filled(
        return_of(MOVES),
        """
        day        | metric       | above
        now        | loan_balance | 1,049
        last month | loan_balance |   900
        year end   | loan_balance |   951
        now        | npl_balance  |    49
        last month | npl_balance  |    60
        year end   | npl_balance  |    51
        """,
    )
    # 0.1049 less 0.0951 万元 is 0.0098: 0.01. Printed cells, 0.10 less 0.10, would say 0.
    assert report.printed(*(f"A.010.{one}" for one in "ABCDE")) == [
        *("0.1", "0.09", "0.1", "0.01", "10.3")
    ]
    assert report.printed(*(f"A.030.{one}" for one in "ABCDE")) == [
        *("0.11", "0.1", "0.1", "0.01", "9.58")
    ]


def test_a_share_is_printed_in_per_cent_and_its_change_in_percentage_points():
    report = filled(
        return_of(SHARES),
        """
        day      | metric    | above | below
        now      | npl_ratio |    15 | 1,000
        year end | npl_ratio |    12 | 1,000
        """,
    )
    assert report.printed("A.010.A", "A.010.B", "A.010.C") == ["1.5", "1.2", "0.3"]
    assert report.cell("A.010.C")["scale"] == "pp"


def test_a_month_that_is_not_published_is_missing_with_its_reason_and_never_zero():
    report = filled(
        return_of(MOVES),
        """
        day | metric       | above
        now | loan_balance | 1,000,000
        now | npl_balance  |    10,000
        """,
    )
    assert report.printed(*(f"A.010.{one}" for one in "ABCDE")) == ["100", *[None] * 4]
    reasons = {report.cell(f"A.{row}.{one}")["reason"] for row in ("010", "030") for one in "BCDE"}
    assert reasons == {filling.NOT_PUBLISHED}
    assert report.cell("A.010.A")["reason"] is None
    assert report.cell("A.010.C")["as_of_date"] == date(2025, 12, 31)


def test_a_figure_that_could_not_be_given_keeps_the_reason_it_was_published_with():
    report = filled(
        return_of(SHARES),
        """
        day      | metric    | above | below | reason
        now      | npl_ratio |     0 |     0 | there is nothing in the denominator
        year end | npl_ratio |    12 | 1,000 |
        """,
    )
    assert report.cell("A.010.A")["reason"] == "there is nothing in the denominator"
    assert report.cell("A.010.C")["reason"] == "there is nothing in the denominator"
    assert report.printed("A.010.A", "A.010.B", "A.010.C") == [None, "1.2", None]


def test_a_member_that_holds_nothing_is_zero_where_the_figure_is_cut_and_missing_where_it_is_not():
    figures = """
        metric       | part                 | above     | below
        loan_balance |                      | 1,000,000 |
        loan_balance | enterprise_size=CS01 | 1,000,000 |
        npl_ratio    |                      |    10,000 | 1,000,000
        npl_ratio    | enterprise_size=CS01 |    10,000 | 1,000,000
        sei_share    |                      |   100,000 | 1,000,000
        sei_share    | sei_field=1          |   100,000 | 1,000,000
    """
    report = filled(return_of(CUT), figures)
    assert report.printed("A.010.A", "A.011.A", "A.012.A") == ["100", "100", "0"]
    # No medium company has a loan: it has no NPL ratio; but a field without loans has no share of the whole.
    assert report.printed("B.010.A", "B.020.A") == [None, "0"]
    assert report.cell("B.010.A")["reason"] == "there is nothing in the denominator"

    uncut = "\n".join(line for line in figures.splitlines() if "=" not in line)
    report = filled(return_of(CUT), uncut)
    assert report.printed("A.010.A", "A.011.A", "A.012.A", "B.020.A") == ["100", *[None] * 3]
    assert report.cell("A.012.A")["reason"] == filling.NO_SUCH_CUT


def test_targets_gaps_states_and_tolerances_are_taken_as_they_were_published():
    report = filled(
        return_of(CARD),
        """
        metric                  | above   | below      | value | target | gap   | status    | limit | room
        npl_ratio               |      18 |      1,000 |       | 0.02   | 0.002 | met       |       |
        loan_balance            | 1.25e8  |            |       |        |       | no_target |       |
        lpr_spread              |      55 |          1 | 55    | 50     |       | no_target |       |
        inclusive_npl_tolerance | 400,000 | 10,000,000 | 0.29  |        |       | within    | 4.29  | 29,000
        """,
    )
    assert report.printed("A.010.A", "A.010.B", "A.010.C") == ["1.8", "2", "0.2"]
    assert [report.cell(f"A.010.{one}")["scale"] for one in "ABC"] == ["percent", "percent", "pp"]
    assert report.cell("A.010.D")["text"] == "met"
    assert report.printed("A.020.A", "A.020.B") == ["1.3", None]
    assert report.cell("A.020.B")["reason"] == filling.NO_TARGET
    assert report.printed("A.030.A", "A.030.B", "A.030.C") == ["55", "50", None]
    assert report.cell("A.030.C")["reason"] == filling.NEITHER_WAY
    assert report.cell("A.040.A")["reason"] == filling.NOT_COLLECTED
    assert report.printed("T.010.A", "T.010.B", "T.010.C", "T.010.D") == [
        "40",
        "4.29",
        "0.29",
        "2.9",
    ]


EVERYWHERE = """
    unit  | metric       | above     | below
    bank  | loan_balance | 3,000,000 |
    north | loan_balance | 1,000,000 |
    south | loan_balance | 2,000,000 |
    quay  | loan_balance |   400,000 |
    bank  | npl_ratio    |    60,000 | 3,000,000
    north | npl_ratio    |    10,000 | 1,000,000
    south | npl_ratio    |    50,000 | 2,000,000
"""


def test_rows_of_a_table_of_units_are_the_whole_and_the_units_of_its_levels():
    report = filled(return_of(UNITS), EVERYWHERE)
    rows = report.cells.select("row_id", "unit_id").unique(maintain_order=True).rows()
    assert rows == [("000", "bank"), ("north", "north"), ("south", "south")]
    assert report.printed("A.000.A", "A.north.A", "A.south.A") == ["300", "100", "200"]
    assert report.printed("A.000.B", "A.north.B", "A.south.B") == ["2", "1", "2.5"]


def test_the_report_of_a_branch_holds_its_own_subtree_and_nothing_of_its_neighbours():
    levels = return_of(UNITS.replace("units: [tier1]", "units: [tier2]"))
    report = filled(levels, EVERYWHERE, unit="north")
    assert set(report.cells["unit_id"]) == {"north", "quay"}
    assert report.printed("A.000.A", "A.quay.A") == ["100", "40"]
    assert report.cell("A.quay.B")["reason"] == filling.NOT_PUBLISHED


def test_a_trend_has_thirteen_months_with_gaps_where_nothing_was_published():
    drawn = (
        MOVES.rstrip()
        + '\n    picture: {kind: trend, label: {en: Trend, zh: 走势}, column: A, rows: ["010"]}\n'
    )
    return_ = return_of(drawn)
    report = filled(
        return_,
        """
        day        | metric       | above
        now        | loan_balance | 1,000,000
        last month | loan_balance |   904,950
        """,
    )
    assert report.series.height == 13
    assert set(report.series["row_id"]) == {"010"}
    assert report.series["as_of_date"].to_list()[-3:] == [
        date(2026, 8, 31),
        date(2026, 9, 30),
        AS_OF,
    ]
    assert report.series["printed"].to_list()[-3:] == [None, Decimal("90.50"), Decimal(100)]
    assert set(filling.days(return_, AS_OF)) >= {date(2025, 10, 31), date(2025, 12, 31), AS_OF}


def test_the_order_of_the_facts_changes_nothing_and_cells_stand_in_the_order_of_the_form():
    facts = facts_of(EVERYWHERE)
    report = filled(return_of(UNITS), facts)
    other = filled(return_of(UNITS), facts.reverse())
    assert report.cells.equals(other.cells)
    assert report.cells["data_point"].to_list() == [
        f"TR.A.{row}.{column}" for row in ("000", "north", "south") for column in "AB"
    ]


@pytest.mark.parametrize(
    ("moment", "day", "then"),
    [
        ("previous_month", date(2026, 3, 31), date(2026, 2, 28)),
        ("previous_quarter", date(2026, 3, 31), date(2025, 12, 31)),
        ("previous_quarter", date(2026, 5, 31), date(2026, 3, 31)),
        ("year_end", date(2026, 12, 31), date(2025, 12, 31)),
        ("year_ago", date(2025, 2, 28), date(2024, 2, 29)),
        ("now", date(2026, 10, 31), date(2026, 10, 31)),
    ],
)
def test_moments_are_month_ends(moment, day, then):
    assert filling.day_of(filling.Moment(moment), day) == then


def test_units_are_told_parents_first_and_none_above_the_reports_own():
    levels = return_of(UNITS.replace("units: [tier1]", "units: [tier2]"))
    report = filled(levels, EVERYWHERE, unit="north")
    told = filling.units(levels, "north", tree_of())
    assert told.select("unit_id", "parent_id").rows() == [("north", None), ("quay", "north")]
    assert set(report.cells["unit_id"]) <= set(told["unit_id"])


def test_another_word_unit_or_check_is_another_definition_and_the_same_text_the_same():
    whole = definition_hash(return_of(BALANCES))
    assert definition_hash(return_of(BALANCES)) == whole
    for old, new in (
        ("Balances", "Amounts"),
        ("decimals: 0", "decimals: 1"),
        ("scale: yi", "scale: wan"),
    ):
        assert definition_hash(return_of(BALANCES.replace(old, new))) != whole


def test_whatever_leaves_a_cell_empty_is_said_in_chinese_too():
    said = (
        *(filling.NOT_PUBLISHED, filling.NO_SUCH_CUT, filling.NOT_COLLECTED),
        *(filling.NO_TARGET, filling.NEITHER_WAY, filling.NOT_GIVEN, NO_SUM_OF_SHARES),
    )
    told = [reason(one, Language.ZH) for one in said]
    assert not any(one.isascii() for one in told)
    assert len(set(told)) == len(told)
