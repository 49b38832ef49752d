"""Structure of the book: what share goes to whom, for how long, against what, and where."""

from datetime import date


def test_industries_by_purpose_add_up_to_one(spec):
    """Of 100: manufacturing 60 (39: 40, 27: 20), trade 30, nothing known 10."""
    facts = spec(
        """
        loan | branch | balance | purpose | drawn      | due
        L1   | north  |      40 | 3911    | 2024-01-01 | 2026-12-31
        L2   | north  |      20 | C2710   | 2026-01-01 | 2026-12-31
        L3   | north  |      30 | 511     | 2024-01-01 | 2027-12-31
        L4   | north  |      10 |         | 2026-01-01 | 2026-12-31
        """,
        industry_share={
            "north": 1,
            ("north", "industry_section", "C"): (60, 100),
            ("north", "industry_section", "F"): (30, 100),
            ("north", "industry_section", "none"): (10, 100),
            ("north", "industry_division", "39"): (40, 100),
            ("north", "industry_division", "27"): (20, 100),
        },
        manufacturing_share={"north": (60, 100), ("north", "industry_division", "39"): (40, 100)},
        manufacturing_mlt_share={"north": (40, 60)},
        manufacturing_mlt_share__corporate={"north": (40, 100)},
        mlt_share={"north": (70, 100)},
    )
    assert sum(spec.members(facts, "industry_share", "industry_section").values()) == 1
    assert sum(spec.members(facts, "industry_share", "industry_division").values()) == 1


def test_private_enterprises_narrow_and_wide(spec):
    """Narrow: 1 of corporate 1 + 2 + 4 + 8. Wide: with owner and sole proprietor 1 + 16 + 32 of all 127."""
    spec(
        """
        loan | client | branch | balance | security
        L1   | PRIV   | north  |       1 | 04
        L2   | STATE  | north  |       2 | 04
        L3   | NONE   | north  |       4 | 01
        L4   | SCHOOL | north  |       8 |
        L5   | SHOP   | north  |      16 | 04
        L6   | OWNER  | north  |      32 | 04
        L7   | PERSON | north  |      64 | 04
        """,
        borrower_snapshot="""
        client | type                | control
        PRIV   | enterprise          | private
        STATE  | enterprise          | state
        NONE   | enterprise          |
        SCHOOL | public              | private
        SHOP   | individual_business |
        OWNER  | business_owner      |
        PERSON | individual          |
        """,
        private_share={"north": (1, 15)},
        private_share__wide={"north": (49, 127)},
        unsecured_share={"north": (3, 15)},
    )


def test_the_real_estate_cap_is_of_loans_in_base_currency(spec):
    """Development 1 and housing 2 of 1 + 2 + 4 + 8 + 64; rental housing and dollars are out.

    A corporate real estate loan (16 dollars at 1) is so by purpose or by the borrower's own industry.
    """
    spec(
        """
        loan | client | branch | balance | product                 | purpose | housing | rental | currency
        L1   | DEV    | north  |       1 | real_estate_development | 7010    | no      |        | CNY
        L2   | PERSON | north  |       2 | other                   |         | yes     | no     | CNY
        L3   | DEV    | north  |       4 | real_estate_development | 7010    |         | yes    | CNY
        L4   | AGENT  | north  |       8 | working_capital         | 5111    |         |        | CNY
        L5   | FIRM   | north  |      16 | real_estate_development | 7010    |         |        | USD
        L6   | FIRM   | north  |      64 | working_capital         | 5111    |         |        | CNY
        """,
        borrower_snapshot="""
        client | type       | industry
        DEV    | enterprise | 7010
        PERSON | individual |
        AGENT  | enterprise | K7030
        FIRM   | enterprise | 5111
        """,
        fx_rate="currency | rate\nUSD | 1",
        real_estate_share={"north": (3, 79)},
        housing_loan_share={"north": (2, 79)},
        corporate_real_estate_share={"north": (1 + 4 + 8 + 16, 93)},
    )


def test_platforms_and_industries_to_retreat_from(spec):
    """3011 (cement) is on every list. 301 as a group is not overcapacity: 3012 (lime) is not listed.

    311 is: its only class is iron making. 2511 is high-energy by its group, 26 by its division, and
    a two-digit code claims nothing.
    """
    spec(
        """
        loan | client | branch | balance | purpose
        L1   | C1     | north  |       1 | 3011
        L2   | C1     | north  |       2 | 301
        L3   | C1     | north  |       4 | 3012
        L4   | C1     | north  |       8 | 311
        L5   | C1     | north  |      16 | 2511
        L6   | C1     | north  |      32 | 2612
        L7   | C1     | north  |      64 | 31
        L8   | C2     | north  |     128 | 5111
        """,
        borrower_snapshot="""
        client | platform
        C1     | no
        C2     | yes
        """,
        platform_share={"north": (128, 255)},
        overcapacity_share={"north": (1 + 8, 255)},
        two_high_share={"north": (63, 255)},
        two_high_share__energy_intensive={"north": (63, 255)},
    )


def test_a_list_of_industries_holds_from_its_own_date(spec):
    """Coal joined the lists in February 2016."""
    loan = "loan | branch | balance | purpose\nL1 | north | 10 | 0610\nL2 | north | 90 | 5111"
    spec(loan, as_of=date(2016, 1, 31), overcapacity_share={"north": (0, 100)})
    spec(loan, as_of=date(2016, 2, 29), overcapacity_share={"north": (10, 100)})
    spec(loan, as_of=date(2013, 9, 30), overcapacity_share={"north": "from 2013-10-01 on"})


def test_clusters_by_the_booking_branch_or_by_the_borrower(spec):
    """Beijing as a province and Shenzhen as a city lie in clusters; Shaoguan does not, nor does a
    place told as Guangdong only. A branch or borrower without a place lies in none.
    """
    facts = spec(
        """
        loan | client | branch   | balance
        L1   | B1     | beijing  |       1
        L2   | B2     | shenzhen |       2
        L3   | B3     | shaoguan |       4
        L4   | B4     | canton   |       8
        L5   | B5     | nowhere  |      16
        """,
        branch="""
        branch   | place
        beijing  | 110105
        shenzhen | 440305
        shaoguan | 440200
        canton   | 440000
        nowhere  |
        """,
        borrower_snapshot="""
        client | place
        B1     | 440200
        B2     | 440000
        B3     | 310115
        B4     | 440106
        B5     |
        """,
        cluster_share={"HO": (3, 31), "shenzhen": 1, "shaoguan": 0},
        cluster_share__borrower={"HO": (12, 31), "beijing": 0, "canton": 1},
        loan_balance={
            ("HO", "cluster", "BTH"): 1,
            ("HO", "cluster", "GBA"): 2,
            ("HO", "cluster", "none"): 28,
            ("HO", "region", "440000"): 14,
            ("HO", "region", "110000"): 1,
            ("HO", "region", "none"): 16,
        },
    )
    assert sum(spec.members(facts, "loan_balance", "region").values()) == 31
