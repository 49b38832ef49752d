"""Asset quality of the stock: tiers, days past due, allowances, migration and what was written off."""

from datetime import date


def test_the_last_three_tiers_are_non_performing(spec):
    spec(
        """
        loan | branch | balance | class
        L1   | north  |       1 | FQ01
        L2   | north  |       2 | FQ02
        L3   | north  |       4 | FQ03
        L4   | north  |       8 | FQ04
        L5   | north  |      16 | FQ05
        """,
        npl_balance={"north": 28},
        npl_ratio={"north": (28, 31)},
        special_mention_ratio={"north": (2, 31)},
    )


def test_days_past_due_count_from_the_day_after_the_boundary(spec):
    """Overdue from the first day; more than 60 from the 61st; more than 90 from the 91st.

    Bad are L6 and L7 (no days delivered): 32 of 96 over 90 days, 8 + 16 + 32 of 96 over 60.
    """
    spec(
        """
        loan | branch | balance | days past due | class
        L1   | north  |       1 |             0 | FQ01
        L2   | north  |       2 |             1 | FQ01
        L3   | north  |       4 |            60 | FQ02
        L4   | north  |       8 |            61 | FQ02
        L5   | north  |      16 |            90 | FQ02
        L6   | north  |      32 |            91 | FQ03
        L7   | north  |      64 |               | FQ04
        """,
        overdue_ratio={"north": (62, 127)},
        overdue_90_ratio={"north": (32, 127)},
        overdue_90_to_npl={"north": (32, 96)},
        overdue_60_to_npl={"north": (8 + 16 + 32, 96)},
    )


def test_provision_ratio_is_coverage_times_npl_ratio(spec):
    """North: 15 set aside against 10 bad of 1,000: 150 % x 1 % = 1.5 %. A null allowance is none.

    South has set aside 2 with nothing bad: no coverage to tell. 1 USD at 7.005 is 7.01, half up.
    """
    facts = spec(
        """
        loan | branch | balance | class | allowance | currency
        L1   | north  |      10 | FQ03  |         8 | CNY
        L2   | north  |     900 | FQ01  |         7 | CNY
        L3   | north  |      90 | FQ01  |           | CNY
        L4   | south  |     100 | FQ01  |         2 | CNY
        L5   | east   |      10 | FQ05  |         1 | USD
        """,
        fx_rate="""
        currency | rate
        USD      | 7.005
        """,
        provision_coverage={
            "north": (15, 10),
            "south": "nothing in the denominator",
            "east": (7.01, 70.05),
        },
        provision_ratio={"north": (15, 1000), "south": (2, 100)},
        npl_ratio={"north": (10, 1000)},
    )
    coverage, provision, npl = (
        spec.row(facts, name, "north")["value"]
        for name in ("provision_coverage", "provision_ratio", "npl_ratio")
    )
    assert coverage * npl == provision


def test_migration_follows_the_loans_of_the_year_end(spec):
    """Normal: worse now are N1 with 80 and N3 with 25, of 80 + 50 + 20 = 150 still there.

    What was repaid since counts in neither (N1 kept 80 of 100, N4 nothing), what was lent more neither
    (N2 50 of 60, N3 20 of 25); N5 was written off and is no loan any more. Special mention: S1 with
    40 of 40 + 10.
    """
    spec(
        """
        loan | branch | balance | class | status
        N1   | north  |      80 | FQ02  | normal
        N2   | north  |      60 | FQ01  | normal
        N3   | north  |      25 | FQ03  | normal
        N5   | north  |      70 | FQ05  | written_off
        S1   | north  |      40 | FQ03  | normal
        S2   | north  |      10 | FQ01  | normal
        X1   | north  |     500 | FQ03  | normal
        """,
        before={
            date(2025, 12, 31): {
                "loan_snapshot": """
                loan | branch | balance | class
                N1   | north  |     100 | FQ01
                N2   | north  |      50 | FQ01
                N3   | north  |      20 | FQ01
                N4   | north  |      30 | FQ01
                N5   | north  |      70 | FQ01
                S1   | north  |      40 | FQ02
                S2   | north  |      10 | FQ02
                """
            }
        },
        migration_normal={"north": (105, 150)},
        migration_special_mention={"north": (40, 50)},
    )


def test_a_loan_that_moved_migrates_where_it_is_now(spec):
    loans = "loan | branch | balance | class\nL1 | {} | 100 | {}\nL2 | north | 50 | FQ01"
    spec(
        loans.format("south", "FQ03"),
        before={date(2025, 12, 31): {"loan_snapshot": loans.format("north", "FQ01")}},
        migration_normal={"north": (0, 50), "south": (100, 100), "HO": (100, 150)},
    )
