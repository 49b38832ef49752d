"""Volume and growth: what is a loan, and what it is compared with."""

from datetime import date


def test_only_the_banks_own_outstanding_loans_count(spec):
    """Off balance, entrusted, rediscounted, transferred, written off and repaid loans are out."""
    spec(
        """
        loan | branch | balance | product           | status      | on balance | entrusted
        L1   | north  |     100 | working_capital   | normal      | yes        | no
        L2   | north  |      50 | discounted_bill   | normal      | yes        | no
        L3   | north  |      10 | rediscounted_bill | normal      | yes        | no
        L4   | north  |      20 | working_capital   | normal      | no         | no
        L5   | north  |      30 | working_capital   | normal      | yes        | yes
        L6   | north  |       5 | working_capital   | written_off | yes        | no
        L7   | north  |       6 | working_capital   | transferred | yes        | no
        L8   | north  |       0 | working_capital   | normal      | yes        | no
        """,
        loan_balance={"north": 150},
    )


def test_a_parent_is_the_sum_of_its_children(spec):
    spec(
        """
        loan | branch | balance
        L1   | n1     |  100.10
        L2   | n2     |   50.05
        L3   | south  |  850.00
        L4   | north  |    1.00
        """,
        branch="""
        branch
        bank
        north
        south
        n1
        n2
        """,
        branch_hierarchy="""
        branch | parent
        north  | bank
        south  | bank
        n1     | north
        n2     | north
        """,
        loan_balance={"n1": 100.10, "n2": 50.05, "north": 151.15, "south": 850, "bank": 1001.15},
    )


def test_branches_without_a_delivered_tree_stand_under_one_head_office(spec):
    spec(
        """
        loan | branch | balance
        L1   | north  |     100
        L2   | south  |      50
        """,
        loan_balance={"north": 100, "south": 50, "HO": 150},
    )


def test_a_client_of_two_branches_is_one_client_of_their_parent(spec):
    spec(
        """
        loan | client | branch | balance
        L1   | C1     | north  |     100
        L2   | C1     | south  |      50
        L3   | C2     | south  |      50
        L4   | C3     | south  |       0
        """,
        loan_clients={"north": 1, "south": 2, "HO": 2},
    )


def test_foreign_currency_counts_at_the_middle_rate_rounded_half_up(spec):
    """10.01 USD at 7.12345678 is 71.3058..., 0.05 EUR at 7.9 is 0.395: both round half up."""
    spec(
        """
        loan | branch | balance | currency
        L1   | north  |   10.01 | USD
        L2   | north  |    0.05 | EUR
        L3   | north  |    1.00 | CNY
        """,
        fx_rate="""
        currency | rate
        USD      | 7.12345678
        EUR      | 7.90000000
        """,
        loan_balance={"north": 72.71},
    )


def test_increments_compare_with_the_last_month_end_and_the_last_year_end(spec):
    loan = "loan | branch | balance\nL1 | north | {}"
    spec(
        loan.format(150),
        before={
            date(2025, 10, 31): {"loan_snapshot": loan.format(100)},
            date(2025, 12, 31): {"loan_snapshot": loan.format(120)},
            date(2026, 9, 30): {"loan_snapshot": loan.format(155)},
        },
        loan_increment_mom={"north": (150, 155), "HO": -5},
        loan_increment_ytd={"north": 30, "HO": (150, 120)},
        loan_growth_yoy={"north": 0.5, "HO": (50, 100)},
    )


def test_a_missing_base_month_is_said_and_not_taken_as_zero(spec):
    spec(
        "loan | branch | balance\nL1 | north | 150",
        loan_increment_mom={"north": "2026-09-30 is not published"},
        loan_growth_yoy={"north": "2025-10-31 is not published"},
    )


def test_growth_on_nothing_is_not_applicable(spec):
    spec(
        "loan | branch | balance\nL1 | north | 150\nL2 | south | 1",
        before={date(2025, 10, 31): {"loan_snapshot": "loan | branch | balance\nL2 | south | 1"}},
        loan_growth_yoy={"north": "zero or negative", "south": 0},
    )


def test_a_merger_is_no_growth(spec):
    """The old branch's loans of last month are compared with as its successor's."""
    tree = """
        branch | closed     | into
        bank   |            |
        old    | {closed} | {into}
        new    |            |
    """
    spec(
        """
        loan | branch | balance
        L1   | new    |     100
        L2   | new    |      60
        """,
        branch=tree.format(closed="2026-10-01", into="new"),
        branch_hierarchy="""
        branch | parent | to
        old    | bank   | 2026-09-30
        new    | bank   |
        """,
        before={
            date(2026, 9, 30): {
                "loan_snapshot": "loan | branch | balance\nL1 | old | 100\nL2 | new | 50",
                "branch": tree.format(closed="", into=""),
                "branch_hierarchy": "branch | parent\nold | bank\nnew | bank",
            }
        },
        loan_increment_mom={"new": (160, 150), "bank": (160, 150)},
    )
