"""Strategic emerging industries: whole and starred classes under three readings.

3921 (communication equipment) is starred, in field 1. 3911 (whole computers) is a whole class of field 1.
5111 (wholesale of grain) is on no list.
"""

from datetime import date
from decimal import Decimal


def test_whole_classes_always_count_and_starred_ones_need_the_fields_own_tag(spec):
    spec(
        """
        loan | branch | balance | purpose | sei tag
        L1   | north  |     100 | 3911    |
        L2   | north  |      40 | 3921    | 1
        L3   | north  |      20 | 3921    | 7
        L4   | north  |      10 | 3921    |
        L5   | north  |     830 | 5111    | 1
        """,
        sei_balance__strict={"north": 100},
        sei_balance__confirmed={"north": 140},
        sei_balance__broad={"north": 170},
        sei_share__strict={"north": (100, 1000)},
        sei_share__confirmed={"north": (140, 1000)},
        sei_share__broad={"north": (170, 1000)},
    )


def test_codes_count_with_or_without_section_letter_and_at_three_digits(spec):
    """391 holds starred classes too, so the group as a whole is only starred."""
    spec(
        """
        loan | branch | balance | purpose | sei tag
        L1   | north  |     100 | C3911   |
        L2   | north  |      40 | 391     | 1
        L3   | north  |      20 | 391     |
        L4   | north  |       5 | 39      | 1
        L5   | north  |       3 | 39110   |
        """,
        sei_balance__strict={"north": 103},
        sei_balance__confirmed={"north": 143},
        sei_balance__broad={"north": 163},
    )


def test_the_share_is_of_corporate_loans(spec):
    """A sole proprietor's loan is a loan, and no corporate loan."""
    spec(
        """
        loan | client | branch | balance | purpose
        L1   | C1     | north  |     100 | 3911
        L2   | C2     | north  |     300 | 5111
        L3   | C3     | north  |     600 | 3911
        """,
        borrower_snapshot="""
        client | type
        C1     | enterprise
        C2     | public
        C3     | individual_business
        """,
        sei_share={"north": (100, 400)},
        sei_share__all_loans={"north": (700, 1000)},
        loan_balance={"north": 1000},
    )


def test_ratios_of_a_parent_come_from_sums_not_from_averages(spec):
    spec(
        """
        loan | branch | balance | purpose
        L1   | north  |     100 | 3911
        L2   | south  |     900 | 5111
        """,
        sei_share={"north": 1, "south": 0, "HO": 0.1},
    )


def test_a_branch_without_corporate_loans_has_no_share(spec):
    spec(
        """
        loan | branch | balance | purpose
        L1   | north  |     100 | 3911
        L2   | south  |       0 | 5111
        """,
        sei_share={"south": "nothing in the denominator", "north": 1},
    )


THEN = """
    loan | branch | balance | purpose | class
    L1   | north  |     100 | 3911    | FQ01
    L2   | north  |     700 | 5111    | FQ01
    L3   | south  |      30 | 3911    | FQ01
    L4   | south  |      70 | 5111    | FQ01
"""
NOW = """
    loan | branch | balance | purpose | class
    L1   | north  |     140 | 3911    | FQ03
    L2   | north  |     860 | 5111    | FQ01
    L3   | south  |      50 | 3911    | FQ01
    L4   | south  |      50 | 5111    | FQ03
"""


def test_the_share_of_the_increment_needs_a_book_that_has_grown(spec):
    """North: 40 of 200. South has 20 more of SEI in a book of the same size: no share of nothing."""
    spec(
        NOW,
        before={date(2025, 12, 31): {"loan_snapshot": THEN}},
        sei_increment_ytd={"north": 40, "south": 20, "HO": (190, 130)},
        sei_increment_share={"north": (40, 200), "south": "has not grown", "HO": 0.3},
    )


def test_the_growth_gap_is_in_percentage_points(spec):
    """North: SEI 40 %, all loans 200 / 800 = 25 %: 15 points. South: 66.7 % against 0 %."""
    facts = spec(
        NOW,
        before={date(2025, 12, 31): {"loan_snapshot": THEN}},
        sei_growth_ytd={"north": 0.4, "south": (20, 30)},
        sei_growth_gap={"north": (0.4, 0.25)},
    )
    assert spec.row(facts, "sei_growth_gap", "north")["value"] == 15
    assert round(spec.row(facts, "sei_growth_gap", "south")["value"], 6) == Decimal("66.666667")


def test_without_sei_loans_at_the_year_end_there_is_no_growth_gap(spec):
    spec(
        NOW,
        before={date(2025, 12, 31): {"loan_snapshot": THEN.replace("3911", "5111")}},
        sei_growth_gap={"north": "zero or negative"},
        sei_increment_share={"north": (140, 200)},
    )


def test_bad_sei_loans_are_compared_with_sei_loans(spec):
    """The bad loan of south is none: 140 of 140 at north, 0 of 50 at south, 140 of 190."""
    spec(NOW, sei_npl_ratio={"north": (140, 140), "south": (0, 50), "HO": (140, 190)})


def test_traditional_manufacturing_is_what_no_field_claims(spec):
    """3921 with the tag of another field is manufacturing, and not SEI; 5111 is no manufacturing."""
    text = """
        loan | branch | balance | purpose | sei tag
        L1   | north  | {}      | 3921    | 7
        L2   | north  | {}      | 3921    | 1
        L3   | north  | {}      | 1311    |
        L4   | north  | {}      | 5111    |
    """
    spec(
        text.format(100, 200, 30, 70),
        before={date(2025, 12, 31): {"loan_snapshot": text.format(80, 20, 40, 5)}},
        traditional_manufacturing_increment_ytd={"north": (130, 120)},
    )
