"""Sums, formulas and printed cells reckoned from exact ones, and what differs between two fillings."""

from decimal import Decimal

import polars as pl
import pytest

from tests.returned import filled, return_of
from transforms.returns import differences
from transforms.returns.reckoning import with_printed
from transforms.schema import COUNT, TEXT, WIDE

FORM = """
  A:
    label: {en: Loans, zh: 贷款}
    columns:
      A: {label: {en: Now, zh: 本期}, scale: wan}
      B: {label: {en: Before, zh: 上期}, scale: wan, at: previous_month}
      C: {label: {en: Change, zh: 变动}, scale: wan, formula: {left: A, sign: "-", right: B}}
      D: {label: {en: Growth, zh: 增幅}, scale: percent, formula: {left: C, sign: "/", right: B}}
    rows:
      "010": {metric: green_balance}
      "020": {metric: npl_balance}
      "030": {label: {en: Both, zh: 合计}, sum_of: ["010", "020"]}
      "040": {label: {en: All, zh: 总计}, sum_of: ["030", "050"]}
      "050": {metric: tech_loan_balance}
  S:
    label: {en: Shares, zh: 占比}
    columns:
      A: {label: {en: Share, zh: 占比}, scale: own}
    rows:
      "010": {metric: npl_ratio, scale: percent, decimals: 2}
      "020": {metric: sei_share, scale: percent, decimals: 2}
      "030": {label: {en: Both, zh: 合计}, sum_of: ["010", "020"], scale: percent}
"""
FACTS = """
    metric            | day        | above   | below | quality
    green_balance     | now        | 300,000 |       | final
    green_balance     | last month | 200,000 |       | final
    npl_balance       | now        | 100,000 |       | provisional
    npl_balance       | last month | 200,000 |       | final
    tech_loan_balance | now        |  50,000 |       | not_reconciled
    npl_ratio         | now        |       1 | 100   | final
    sei_share         | now        |      10 | 100   | final
"""


@pytest.mark.parametrize(
    ("scale", "unit", "decimals", "exact", "printed"),
    [
        ("wan", "currency", 2, "50", "0.01"),
        ("wan", "currency", 2, "49.999999999999", "0"),
        ("wan", "currency", 2, "-50", "-0.01"),
        ("wan", "currency", 0, "5000", "1"),
        ("yi", "currency", 2, "499999.999999999999", "0"),
        ("yi", "currency", 2, "500000", "0.01"),
        ("yi", "currency", 2, "-1500000", "-0.02"),
        ("yi", "currency", 6, "1234567890123456.78", "12345678.901235"),
        ("thousand", "currency", 1, "50", "0.1"),
        ("million", None, 2, "5000", "0.01"),
        ("units", "currency", 2, "0.005", "0.01"),
        ("units", "currency", 0, "0.5", "1"),
        ("percent", "ratio", 2, "0.00005", "0.01"),
        ("percent", "ratio", 2, "-0.00005", "-0.01"),
        ("percent", "pp", 2, "1.005", "1.01"),
        ("percent", "bp", 2, "0.5", "0.01"),
        ("pp", "ratio", 2, "0.012345", "1.23"),
        ("pp", "pp", 2, "1.005", "1.01"),
        ("pp", "bp", 2, "35", "0.35"),
        ("bp", "ratio", 0, "0.00125", "13"),
        ("bp", "pp", 1, "0.35", "35"),
        ("bp", "bp", 0, "-0.5", "-1"),
        ("count", "count", 0, "7", "7"),
        ("days", "days", 1, "30.05", "30.1"),
        ("index", "index", 0, "1234.5", "1235"),
        ("text", "ratio", 0, "1", None),
        ("wan", "currency", 2, None, None),
    ],
)
def test_figures_are_rounded_once_half_away_from_zero_in_the_unit_of_the_column(
    scale, unit, decimals, exact, printed
):
    row = (None if exact is None else Decimal(exact), scale, unit, decimals)
    schema = {"exact": WIDE, "scale": TEXT, "unit": TEXT, "decimals": COUNT}
    told = with_printed(pl.DataFrame([row], schema=schema, orient="row"))["printed"].item()
    assert told == (None if printed is None else Decimal(printed))


def test_sums_of_sums_and_formulas_of_formulas():
    """Growth of the sum: (40 - 40) / 40; never the sum of 50 % and -50 %."""
    form = filled(return_of(FORM), FACTS)
    assert form.printed("A.030.A", "A.030.B", "A.030.C", "A.030.D") == ["40", "40", "0", "0"]
    assert form.printed("A.010.D", "A.020.D") == ["50", "-50"]
    assert form.printed("A.040.A") == ["45"]


def test_a_missing_part_leaves_the_sum_open_for_the_parts_reason():
    form = filled(return_of(FORM), FACTS)
    for address in ("A.040.B", "A.040.C", "A.040.D", "A.050.C"):
        cell = form.cell(address)
        assert (cell["exact"], cell["printed"], cell["adjustment"]) == (None, None, None)
        assert cell["reason"] == form.cell("A.050.B")["reason"]
        assert cell["reason"]


def test_shares_are_never_summed():
    cell = filled(return_of(FORM), FACTS).cell("S.030.A")
    assert (cell["exact"], cell["reason"]) == (None, "shares and rates do not add up")


def test_nothing_is_divided_by_nothing():
    form = filled(
        return_of(FORM),
        "metric | day | above\n green_balance | now | 5\n green_balance | last month | 0",
    )
    cell = form.cell("A.010.D")
    assert (cell["exact"], cell["reason"]) == (None, "there is nothing in the denominator")


def test_a_sum_is_believed_no_further_than_its_worst_part():
    form = filled(return_of(FORM), FACTS)
    told = [form.cell(one)["quality_state"] for one in ("A.030.A", "A.040.A", "A.030.B")]
    assert told == ["provisional", "provisional", "final"]


def test_what_reckoned_cells_are_measured_in():
    form = filled(return_of(FORM), FACTS)
    told = [form.cell(one)["unit"] for one in ("A.010.A", "A.030.A", "A.030.C", "A.030.D")]
    assert told == ["currency", "currency", "currency", "ratio"]


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"published_value": Decimal(9), "exact": Decimal(9)}, "value"),
        ({"adjustment": Decimal(1), "exact": Decimal(300001)}, "adjustment"),
        ({"exact": None, "published_value": None, "reason": "no column"}, "missing"),
        ({"text": "met"}, "text"),
        ({"reason": "another"}, "reason"),
        ({"decimals": 0}, "layout"),
        ({"metric_id": "npl_balance"}, "layout"),
        ({"printed": Decimal(31)}, "layout"),
        ({"data_point": "TR.A.999.A"}, "gone"),
    ],
)
def test_every_way_in_which_a_cell_may_differ_is_told_once(change, kind):
    before = filled(return_of(FORM), FACTS).cells
    here = pl.col("data_point") == "TR.A.010.A"
    after = before.with_columns(
        pl.when(here).then(pl.lit(value, dtype=before.schema[name])).otherwise(name).alias(name)
        for name, value in change.items()
    )
    told = differences.cells(before, after)
    wanted = ["new", "gone"] if kind == "gone" else [kind]
    assert told["kind"].to_list() == wanted
    assert dict(told.schema) == dict(differences.DIFFERENCE)


def test_differences_tell_before_and_after_as_printed_and_exactly():
    before = filled(return_of(FORM), FACTS).cells
    after = filled(return_of(FORM), FACTS.replace("300,000", "300,049")).cells
    rows = differences.cells(before, after)
    row = rows.row(by_predicate=pl.col("data_point") == "TR.A.010.A", named=True)
    assert (row["exact"], row["exact_after"], row["exact_change"]) == (300000, 300049, 49)
    assert (row["printed"], row["printed_after"], row["printed_change"]) == (30, 30, 0)
    assert rows["row_id"].unique(maintain_order=True).to_list() == ["010", "030", "040"]
