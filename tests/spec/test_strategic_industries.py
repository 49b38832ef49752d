"""Strategic emerging industries: whole and starred classes under three readings.

3921 (communication equipment) is starred, in field 1. 3911 (whole computers) is a whole class of field 1.
5111 (wholesale of grain) is on no list.
"""


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
