"""Adjustments: published figures and signed deltas drawn above, the cells that they move below."""

from datetime import date
from decimal import Decimal

import pytest

from tests.returned import CATALOGUE, LAST_MONTH, filled, return_of
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.returns.adjusting import AdjustmentError, require
from transforms.returns.differences import cells as differences

FORM = """
  A:
    label: {en: Balances, zh: 余额}
    columns:
      A: {label: {en: Now, zh: 本期}, scale: wan}
      B: {label: {en: Before, zh: 上期}, scale: wan, at: previous_month}
      C: {label: {en: Change, zh: 变动}, scale: wan, formula: {left: A, sign: "-", right: B}}
    rows:
      "010": {metric: green_balance}
      "020": {metric: tech_loan_balance}
      "030": {label: {en: Both, zh: 合计}, sum_of: ["010", "020"]}
  R:
    label: {en: Shares, zh: 占比}
    columns:
      A: {label: {en: Share, zh: 占比}, scale: percent}
      B: {label: {en: Bad, zh: 不良}, scale: wan, take: numerator}
      C: {label: {en: Target, zh: 目标}, scale: percent, take: target}
      D: {label: {en: Gap, zh: 差距}, scale: pp, take: gap}
      E: {label: {en: Status, zh: 状态}, scale: text, take: status}
    rows:
      "010": {metric: npl_ratio}
  U:
    label: {en: Branches, zh: 分行}
    units: [tier1]
    adds_up: true
    columns:
      A: {label: {en: Green, zh: 绿色}, scale: wan, metric: green_balance}
      B: {label: {en: Bad, zh: 不良率}, scale: percent, metric: npl_ratio}
"""
FACTS = """
    unit  | day        | metric            | above     | below     | target | gap   | status
    bank  | now        | green_balance     | 1,000,000 |           |        |       |
    north | now        | green_balance     |   600,000 |           |        |       |
    south | now        | green_balance     |   400,000 |           |        |       |
    quay  | now        | green_balance     |   100,000 |           |        |       |
    bank  | last month | green_balance     |   900,000 |           |        |       |
    bank  | now        | tech_loan_balance |   500,000 |           |        |       |
    bank  | last month | tech_loan_balance |   500,000 |           |        |       |
    bank  | now        | npl_ratio         |   100,000 | 5,000,000 | 0.02   | 0     | met
    north | now        | npl_ratio         |    60,000 | 3,000,000 |        |       | no_target
    south | now        | npl_ratio         |    40,000 | 2,000,000 |        |       | no_target
"""
FORM_OF = return_of(FORM)


def of(adjustments, **given):
    """The form with adjustments."""
    return filled(FORM_OF, FACTS, adjustments=adjustments, **given)


def test_a_delta_moves_its_branch_and_everything_above_and_shows_beside_what_was_published():
    told = of("unit | metric | amount\n quay | green_balance | +50,000")
    assert told.printed("A.010.A", "U.000.A", "U.north.A", "U.south.A") == [
        "105",
        "105",
        "65",
        "40",
    ]
    cell = told.cell("U.north.A")
    assert (cell["published_value"], cell["adjustment"], cell["exact"]) == (600000, 50000, 650000)
    assert told.cell("U.south.A")["adjustment"] == 0
    assert told.applied["adjustment_id"].to_list() == [1]


def test_sums_and_formulas_are_reckoned_again():
    """105 + 50 and 105 - 90 万元; what adjustments changed of them is told there too."""
    told = of("unit | metric | amount\n quay | green_balance | +50,000")
    assert told.printed("A.030.A", "A.010.C", "A.030.C") == ["155", "15", "15"]
    assert [told.cell(f"A.{row}.C")["adjustment"] for row in ("010", "020", "030")] == [
        50000,
        0,
        50000,
    ]
    assert told.cell("A.030.A")["published_value"] == 1500000


def test_units_still_add_up_to_the_bank():
    assert of("unit | metric | amount\n quay | green_balance | +50,000").states() == {
        "PARTS.U.A#1": "holds"
    }


def test_what_head_office_alone_adjusts_is_no_branchs_and_does_not_add_up():
    assert of("unit | metric | amount\n bank | green_balance | +50,000").states() == {
        "PARTS.U.A#1": "fails"
    }


def test_a_ratio_is_reckoned_from_its_adjusted_parts():
    """(100,000 - 25,000) / (5,000,000 - 2,000,000) is 2.50 %, (60,000 - 25,000) / 1,000,000 is 3.50 %."""
    told = of(
        """
        unit  | metric    | side        | amount
        north | npl_ratio | numerator   |    -25,000
        north | npl_ratio | denominator | -2,000,000
        """
    )
    assert told.printed("R.010.A", "U.000.B", "U.north.B", "U.south.B") == [
        "2.5",
        "2.5",
        "3.5",
        "2",
    ]
    assert told.printed("R.010.B", "R.010.C") == ["7.5", "2"]
    assert told.cell("R.010.A")["adjustment"] == Decimal("0.005")


def test_gap_and_status_follow_the_ratio():
    """Two per cent was the target: 2.01 % misses it by a hundredth of a point."""
    told = of("unit | metric | amount\n south | npl_ratio | +500")
    assert told.printed("R.010.A", "R.010.C", "R.010.D") == ["2.01", "2", "-0.01"]
    assert told.cell("R.010.E")["text"] == "missed"
    kinds = dict(
        differences(filled(FORM_OF, FACTS).cells, told.cells)
        .select("data_point", "kind")
        .iter_rows()
    )
    assert kinds["TR.R.010.E"] == "text"
    assert kinds["TR.R.010.A"] == kinds["TR.U.south.B"] == "adjustment"
    assert "TR.R.010.C" not in kinds


def test_a_denominator_adjusted_to_nothing_leaves_no_ratio_and_says_so():
    told = of("unit | metric | side | amount\n south | npl_ratio | denominator | -2,000,000")
    cell = told.cell("U.south.B")
    assert (cell["exact"], cell["printed"]) == (None, None)
    assert cell["reason"] == "there is nothing in the denominator"
    assert (cell["published_value"], cell["adjustment"]) == (Decimal("0.02"), Decimal("-0.02"))


@pytest.mark.parametrize(
    ("live", "printed"),
    [
        ("now | now", ["105", "90", "15"]),
        ("last month | last month", ["100", "95", "5"]),
        ("last month | now", ["105", "95", "10"]),
        ("year end | year end", ["100", "90", "10"]),
    ],
)
def test_each_month_takes_what_holds_for_it_and_what_expired_vanishes(live, printed):
    told = of(f"unit | metric | amount | from | to\n bank | green_balance | +50,000 | {live}")
    assert told.printed("A.010.A", "A.010.B", "A.010.C") == printed
    assert told.applied.height == (0 if "year" in live else 1)


def test_what_moves_no_cell_is_not_told_as_applied():
    """Another bank's branch, another metric, and a denominator where cells take the numerator."""
    told = of(
        """
        unit  | metric        | side      | amount
        other | green_balance | numerator | +1
        quay  | loan_balance  | numerator | +1
        """
    )
    assert told.applied.is_empty()
    assert told.cells.equals(filled(FORM_OF, FACTS).cells)


def test_a_branchs_report_takes_what_is_at_or_below_it_and_nothing_else():
    entered = """
        unit  | metric        | amount
        bank  | green_balance | +1,000,000
        south | green_balance | +1,000,000
        quay  | green_balance | +10,000
    """
    below = "unit | above | level\n north | | tier1\n quay | north | tier2"
    told = of(entered, unit="north", tree=below)
    assert told.printed("A.010.A") == ["61"]
    assert told.applied["branch_id"].to_list() == ["quay"]


def test_two_deltas_of_one_figure_are_added():
    told = of(
        "unit | metric | amount\n quay | green_balance | +50,000\n south | green_balance | -20,000"
    )
    assert told.printed("U.000.A", "U.north.A", "U.south.A") == ["103", "65", "38"]


PARTS = """
  P:
    label: {en: Fields, zh: 领域}
    columns:
      A: {label: {en: Balance, zh: 余额}, scale: wan}
    rows:
      "010": {metric: sei_balance, slice: sei_field, member: "1"}
      "020": {metric: sei_balance, slice: sei_field, member: "2"}
  Q:
    label: {en: Shares, zh: 占比}
    columns:
      A: {label: {en: Share, zh: 占比}, scale: percent}
    rows:
      "010": {metric: sei_share, slice: sei_field, member: "1"}
      "020": {metric: sei_share, slice: sei_field, member: "2"}
      "030": {metric: sei_share}
"""
PART_FACTS = """
    metric      | part        | above  | below
    sei_balance |             | 20,000 |
    sei_balance | sei_field=1 | 20,000 |
    sei_share   |             | 20,000 | 100,000
    sei_share   | sei_field=1 | 20,000 | 100,000
"""


def test_a_part_that_holds_nothing_can_be_adjusted():
    """Facts leave out fields without loans: theirs is zero, and 3 万元 more is 3, or 3 % of the whole."""
    told = filled(
        return_of(PARTS),
        PART_FACTS,
        adjustments="""
            unit | metric      | part        | amount
            bank | sei_balance | sei_field=2 | 30,000
            bank | sei_share   | sei_field=2 | 3,000
        """,
    )
    assert told.printed("P.010.A", "P.020.A", "Q.020.A") == ["2", "3", "3"]
    assert told.cell("P.020.A")["published_value"] == 0


def test_the_parts_of_a_share_are_of_the_adjusted_whole():
    """Of 100,000 - 20,000: 25 % in field 1 and in all."""
    told = filled(
        return_of(PARTS),
        PART_FACTS,
        adjustments="unit | metric | side | amount\n bank | sei_share | denominator | -20,000",
    )
    assert told.printed("Q.010.A", "Q.020.A", "Q.030.A") == ["25", "0", "25"]


KINDS = """
  K:
    label: {en: Kinds, zh: 类型}
    columns:
      A: {label: {en: Value, zh: 值}, scale: own}
    rows:
      "010": {metric: lpr_spread, scale: bp, decimals: 1}
      "020": {metric: sei_increment_ytd, scale: wan, decimals: 2}
      "030": {metric: loan_growth_ytd, scale: percent, decimals: 2}
      "040": {metric: loan_average_balance, scale: wan, decimals: 2}
      "050": {metric: loan_increment_yoy_diff, scale: wan, decimals: 2}
      "060": {metric: sei_increment_share, scale: percent, decimals: 2}
      "070": {metric: inclusive_npl_tolerance, scale: pp, decimals: 2}
      "080": {metric: inclusive_clients, scale: count}
  T:
    label: {en: Room, zh: 余量}
    columns:
      A: {label: {en: Room, zh: 余量}, scale: units, take: headroom}
    rows:
      "010": {metric: inclusive_npl_tolerance}
"""


def test_every_kind_is_reckoned_as_the_build_reckons_it():
    """Above and below as published, one delta on what stands above, by kind:

    a spread (2,000 + 500) / 1,000,000 is 25 bp; an increment 90,000 + 10,000 - 50,000; a growth
    (20,000 + 5,000) / 100,000; an average (600,000 + 60,000) / 10 months; a difference of increments
    30,000 + 20,000 - 10,000; a share of growth (5,000 + 5,000) / 40,000; a tolerance 4.00 - 3.50 points, of
    which 0.50 % of 10,000 may still turn bad; clients 7 + 2.
    """
    told = filled(
        return_of(KINDS),
        """
        metric                  | above   | below     | value | limit | room
        lpr_spread              | 2,000   | 1,000,000 | 20    |       |
        sei_increment_ytd       | 90,000  | 50,000    | 40000 |       |
        loan_growth_ytd         | 20,000  | 100,000   |       |       |
        loan_average_balance    | 600,000 | 10        |       |       |
        loan_increment_yoy_diff | 30,000  | 10,000    | 20000 |       |
        sei_increment_share     | 5,000   | 40,000    |       |       |
        inclusive_npl_tolerance | 300     | 10,000    | 1.00  | 4.00  | 100
        inclusive_clients       | 7       |           |       |       |
        """,
        adjustments="""
        unit | metric                  | amount
        bank | lpr_spread              | 500
        bank | sei_increment_ytd       | 10,000
        bank | loan_growth_ytd         | 5,000
        bank | loan_average_balance    | 60,000
        bank | loan_increment_yoy_diff | 20,000
        bank | sei_increment_share     | 5,000
        bank | inclusive_npl_tolerance | 50
        bank | inclusive_clients       | 2
        """,
    )
    rows = [f"K.0{row}0.A" for row in range(1, 9)]
    assert told.printed(*rows) == ["25", "5", "25", "6.6", "4", "25", "0.5", "9"]
    assert told.printed("T.010.A") == ["50"]
    assert told.applied.height == 8


@pytest.mark.parametrize(
    ("metric", "reason"),
    [
        ("loan_growth_ytd", "the base is zero or negative"),
        ("sei_increment_share", "what it is a share of has not grown"),
    ],
)
@pytest.mark.parametrize(
    ("less", "printed"), [("39,999", "500,000"), ("40,000", None), ("50,000", None)]
)
def test_a_base_adjusted_to_nothing_or_below_gives_no_growth(metric, reason, less, printed):
    """5,000 on a base of one yuan is still a growth of 500,000 %; on none, or on less, it is none."""
    form = return_of(
        KINDS[: KINDS.index('      "010"')] + f'      "010": {{metric: {metric}, scale: percent}}\n'
    )
    told = filled(
        form,
        f"metric | above | below\n {metric} | 5,000 | 40,000",
        adjustments=f"unit | metric | side | amount\n bank | {metric} | denominator | -{less}",
    )
    assert told.printed("K.010.A") == [printed and printed.replace(",", "")]
    assert told.cell("K.010.A")["reason"] == (None if printed else reason)


def test_a_cell_of_the_numerator_is_not_moved_by_the_denominator():
    form = return_of(
        """
  R:
    label: {en: Bad, zh: 不良}
    columns:
      A: {label: {en: Bad, zh: 不良}, scale: wan, take: numerator}
    rows:
      "010": {metric: npl_ratio}
"""
    )
    entered = "unit | metric | side | amount\n bank | npl_ratio | denominator | -2,000,000"
    assert filled(form, FACTS, adjustments=entered).applied.is_empty()
    moved = filled(form, FACTS, adjustments=entered.replace("denominator", "numerator"))
    assert moved.applied.height == 1


@pytest.mark.parametrize(
    ("metric", "side", "amount", "told"),
    [
        ("inclusive_npl_gap", "numerator", "1", "compares two other metrics"),
        ("industry_hhi", "numerator", "1", "sum of squared shares"),
        ("largest_client_share", "numerator", "1", "largest few"),
        ("loan_balance", "denominator", "1", "has no denominator"),
        ("loan_average_balance", "denominator", "1", "has no denominator"),
        ("loan_balance", "value", "1", "numerator or denominator"),
        ("inclusive_clients", "numerator", "0.5", "whole number"),
        ("first_time_clients", "numerator", "1.5", "whole number"),
        ("loan_balance", "numerator", "0.001", "two decimals"),
    ],
)
def test_what_cannot_be_adjusted_is_refused_by_name(metric, side, amount, told):
    with pytest.raises(AdjustmentError, match=told) as refused:
        require(CATALOGUE, metric, "", side, Decimal(amount))
    assert metric in str(refused.value)


def test_the_denominator_of_a_part_is_adjusted_at_the_whole():
    with pytest.raises(AdjustmentError, match="denominator they share"):
        require(CATALOGUE, "sei_share", "", "denominator", Decimal(1), slice_="sei_field")
    with pytest.raises(UnknownNameError, match="sei_field"):
        require(CATALOGUE, "sei_share", "", "numerator", Decimal(1), slice_="sei_feild")


@pytest.mark.parametrize(("metric", "reading"), [("green_balanse", ""), ("sei_share", "no_such")])
def test_unknown_names_are_refused_with_what_there_is(metric, reading):
    with pytest.raises(UnknownNameError):
        require(CATALOGUE, metric, reading, "numerator", Decimal(1))


def test_a_report_that_takes_a_refused_figure_says_so_and_others_do_not():
    gap = "unit | metric | amount\n bank | inclusive_npl_gap | 1"
    assert of(gap).applied.is_empty()
    form = return_of(
        """
  G:
    label: {en: Gap, zh: 差}
    columns:
      A: {label: {en: Gap, zh: 差}, scale: pp}
    rows:
      "010": {metric: inclusive_npl_gap}
"""
    )
    with pytest.raises(BranchmarkError, match="inclusive_npl_gap"):
        filled(form, "metric | above | below\n inclusive_npl_gap | 1 | 1", adjustments=gap)


def test_a_figure_that_the_book_cannot_give_is_not_conjured_up():
    facts = "metric | above | reason\n green_balance | | no column green_use_code"
    told = filled(FORM_OF, facts, adjustments="unit | metric | amount\n bank | green_balance | 5")
    cell = told.cell("A.010.A")
    assert (cell["exact"], cell["adjustment"]) == (None, None)
    assert cell["reason"] == "no column green_use_code"


def test_trends_take_what_holds_for_each_month():
    form = return_of(
        """
  A:
    label: {en: Balances, zh: 余额}
    picture: {kind: trend, label: {en: Green, zh: 绿色}, column: A}
    columns:
      A: {label: {en: Now, zh: 本期}, scale: wan}
    rows:
      "010": {metric: green_balance}
"""
    )
    entered = "unit | metric | amount | from | to\n quay | green_balance | 50,000 | last month | last month"
    told = filled(form, FACTS, adjustments=entered)
    drawn = dict(told.series.select("as_of_date", "printed").iter_rows())
    assert (drawn[LAST_MONTH], drawn[date(2026, 10, 31)]) == (95, 100)
    assert told.applied.height == 1
    assert told.cell("A.010.A")["adjustment"] == 0
