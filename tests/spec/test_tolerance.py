"""The NPL tolerance: the inclusive ratio may exceed the bank's by 3.00 percentage points, inclusive."""

from datetime import date
from decimal import Decimal

import polars as pl

SMALL = """
        client | size | line
        S      | CS03 | 1,000,000
        """


def _row(facts, branch):
    return facts.filter(
        pl.col("metric_id") == "inclusive_npl_tolerance", pl.col("branch_id") == branch
    ).row(0, named=True)


def _book(bad: str) -> str:
    """Inclusive loans of 10,000 at north, and other loans that bring the bank to exactly 1.00 %."""
    other_bad = Decimal("1000.00") - Decimal(bad)
    return f"""
        loan | client | branch | balance             | class
        L1   | S      | north  | {bad}               | FQ03
        L2   | S      | north  | {10000 - Decimal(bad)} | FQ01
        L3   | B      | south  | {other_bad}         | FQ03
        L4   | B      | south  | {90000 - other_bad} | FQ01
    """


def test_exactly_three_points_over_the_bank_is_within(spec):
    """4.00 % against 1.00 % + 3.00 pp: no headroom left, and within."""
    facts = spec(
        _book("400.00"),
        borrower_snapshot=SMALL,
        inclusive_npl_tolerance={"north": 0},
        npl_ratio={"HO": 0.01},
    )
    assert _row(facts, "north")["headroom_amount"] == 0
    assert _row(facts, "north")["limit_value"] == Decimal("4.00")


def test_one_hundredth_of_a_point_more_is_not(spec):
    facts = spec(
        _book("401.00"),
        borrower_snapshot=SMALL,
        inclusive_npl_tolerance={"north": -0.01},
    )
    assert _row(facts, "north")["headroom_amount"] == Decimal("-1.00")


def test_ratios_are_compared_as_printed_at_two_decimals(spec):
    """400.49 of 10,000 is 4.0049 %, printed 4.00 %: within. 400.50 is printed 4.01 %: not."""
    spec(_book("400.49"), borrower_snapshot=SMALL, inclusive_npl_tolerance={"north": 0})
    spec(_book("400.50"), borrower_snapshot=SMALL, inclusive_npl_tolerance={"north": -0.01})


def test_headroom_is_the_amount_that_may_still_turn_bad(spec):
    """4.00 % of 10,000 is 400; 150 is bad already; 250 may follow."""
    facts = spec(_book("150.00"), borrower_snapshot=SMALL, inclusive_npl_tolerance={"north": 2.5})
    assert _row(facts, "north")["headroom_amount"] == Decimal("250.00")


def test_an_empty_portfolio_has_no_verdict(spec):
    facts = spec(
        _book("150.00"),
        borrower_snapshot=SMALL,
        inclusive_npl_tolerance={"south": "nothing in the denominator"},
        inclusive_npl_ratio={"south": None},
    )
    assert _row(facts, "south")["headroom_amount"] is None


def test_the_rule_of_the_month_applies(spec):
    """Until February 2019 the margin was 2.00 pp."""
    facts = spec(
        _book("310.00"),
        as_of=date(2019, 2, 28),
        borrower_snapshot=SMALL,
        inclusive_npl_tolerance={"north": -0.10},
    )
    assert _row(facts, "north")["limit_value"] == Decimal("3.00")
