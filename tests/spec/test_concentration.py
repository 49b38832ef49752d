"""Concentration: by industry, by client and group, by core enterprise; what leans on net capital."""

ONLY_WHOLE = "for the whole bank only"


def test_the_index_of_industries_by_hand(spec):
    """Sections: C 60, F 30, unknown 10 of 100: 3,600 + 900 + 100 = 4,600.

    Divisions: 39 40, 27 20, 51 30, unknown 10: 1,600 + 400 + 900 + 100 = 3,000.
    South has thirds: 3 x (10,000 / 9) = 3,333.333333 at six decimals. A sole proprietor is not corporate.
    """
    spec(
        """
        loan | client | branch | balance | purpose
        L1   | C1     | north  |      40 | 3911
        L2   | C1     | north  |      20 | 2710
        L3   | C1     | north  |      30 | 5111
        L4   | C1     | north  |      10 |
        L5   | SHOP   | north  |     500 | 5111
        L6   | C1     | south  |      10 | 3911
        L7   | C1     | south  |      10 | 5111
        L8   | C1     | south  |      10 | 7010
        L9   | SHOP   | east   |      10 | 7010
        """,
        borrower_snapshot="client | type\nSHOP | individual_business",
        industry_hhi={"north": 4600, "south": 3333.333333, "east": "nothing in the denominator"},
        industry_hhi__division={"north": 3000},
    )


def test_core_enterprises_by_share_and_index(spec):
    """K holds 60 and J 40 of 100 (a loan without a tie is in neither): 60 % and 3,600 + 1,600.

    At south J is the largest.
    """
    spec(
        """
        loan | client | branch | balance
        L1   | A      | north  |      60
        L2   | B      | south  |      40
        L3   | C      | north  |     900
        """,
        supply_chain_relation="client | core\nA | K\nB | J",
        core_enterprise_share={"HO": (60, 100), "north": (60, 60), "south": (40, 40)},
        core_enterprise_hhi={"HO": 5200, "north": 10_000},
    )


def test_a_client_of_two_branches_may_be_the_banks_largest_and_no_branchs(spec):
    """A owes 30 + 30 = 60, less than N at north (40) and S at south (50) in each branch alone."""
    spec(
        """
        loan | client | branch | balance | status
        L1   | A      | north  |      30 | normal
        L2   | A      | south  |      30 | normal
        L3   | N      | north  |      40 | normal
        L4   | S      | south  |      20 | normal
        L5   | S      | south  |      30 | normal
        L6   | W      | north  |     900 | written_off
        """,
        largest_client_share={"north": (40, 70), "south": (50, 80), "HO": (60, 150)},
    )


def test_the_eleventh_client_is_not_among_the_ten_largest(spec):
    """Eleven clients owe 1 to 11: 66 without the smallest, 65. North has the odd ones, six of them."""
    rows = "\n".join(
        f"L{owed} | C{owed} | {('south', 'north')[owed % 2]} | {owed}" for owed in range(1, 12)
    )
    spec(
        f"loan | client | branch | balance\n{rows}",
        ten_largest_clients_share={"HO": (65, 66), "north": (36, 36), "south": (30, 30)},
        largest_client_share={"HO": (11, 66)},
    )


def test_net_capital_is_the_whole_banks_and_the_latest_reported(spec):
    """Net capital: 1,000 as of September; November's is not known yet. Tier 1: 800.

    A and B are one group with 90; C stands alone with 60; the group is the larger exposure.
    """
    spec(
        """
        loan | client | branch | balance
        L1   | A      | north  |      50
        L2   | B      | south  |      40
        L3   | C      | south  |      60
        """,
        borrower_snapshot="""
        client | group
        A      | G
        B      | G
        C      |
        """,
        net_capital="""
        reported   | kind              | amount
        2026-06-30 | net_capital       |    900
        2026-09-30 | net_capital       |  1,000
        2026-11-30 | net_capital       |  5,000
        2026-09-30 | tier1_net_capital |    800
        """,
        largest_client_ratio={"HO": (60, 1000), "north": ONLY_WHOLE, "south": ONLY_WHOLE},
        ten_largest_clients_ratio={"HO": (150, 1000), "north": ONLY_WHOLE},
        large_exposure_single={"HO": (60, 800), "north": ONLY_WHOLE},
        large_exposure_group={"HO": (90, 800), "north": ONLY_WHOLE},
        largest_client_share={"north": 1},
    )


def test_before_capital_was_reported_there_is_nothing_to_compare_with(spec):
    spec(
        "loan | branch | balance\nL1 | north | 100",
        net_capital="reported | kind | amount\n2026-11-30 | net_capital | 5,000",
        largest_client_ratio={"HO": "nothing in the denominator"},
    )
