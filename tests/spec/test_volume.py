"""Volume and growth: what is a loan, and what it is compared with."""

from datetime import date

LOAN = "loan | branch | balance\nL1 | north | {}"


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
        loan_balance__without_bills={"north": 100},
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
        loan_increment_mom={"north": "2026-09-30 that it rests on is not published"},
        loan_growth_yoy={"north": "2025-10-31 that it rests on is not published"},
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


def test_the_average_is_of_the_month_ends_of_the_year_and_leaves_the_year_end_out(spec):
    """(90 + 120 + 150) / 3 = 120; the 1,000 of December belong to last year."""
    spec(
        LOAN.format(150),
        as_of=date(2026, 3, 31),
        before={
            date(2025, 12, 31): {"loan_snapshot": LOAN.format(1000)},
            date(2026, 1, 31): {"loan_snapshot": LOAN.format(90)},
            date(2026, 2, 28): {"loan_snapshot": LOAN.format(120)},
        },
        loan_average_balance={"north": (360, 3), "HO": 120},
    )


def test_an_average_with_a_month_missing_is_not_given(spec):
    spec(
        LOAN.format(150),
        as_of=date(2026, 3, 31),
        before={date(2026, 1, 31): {"loan_snapshot": LOAN.format(90)}},
        loan_average_balance={"north": "2026-02-28 that it rests on is not published"},
    )


def test_the_increment_is_compared_with_the_one_of_the_same_months_last_year(spec):
    """North: (150 - 120) - (100 - 90) = 20. South: (10 - 30) - (40 - 25) = -35."""
    both = "loan | branch | balance\nL1 | north | {}\nL2 | south | {}"
    spec(
        both.format(150, 10),
        before={
            date(2024, 12, 31): {"loan_snapshot": both.format(90, 25)},
            date(2025, 10, 31): {"loan_snapshot": both.format(100, 40)},
            date(2025, 12, 31): {"loan_snapshot": both.format(120, 30)},
        },
        loan_increment_yoy_diff={"north": (30, 10), "south": -35, "HO": -15},
    )


def test_the_growth_since_the_year_end_needs_something_at_the_year_end(spec):
    """South had nothing: no growth can be told there. North shrank by a quarter."""
    both = "loan | branch | balance\nL1 | north | {}\nL2 | south | {}"
    spec(
        both.format(75, 40),
        before={date(2025, 12, 31): {"loan_snapshot": both.format(100, 0)}},
        loan_growth_ytd={"north": -0.25, "south": "zero or negative", "HO": 0.15},
    )


def test_disbursed_counts_what_was_drawn_even_if_it_was_repaid_since(spec):
    """North 70 + 15 + 30 = 115, south 10 USD at 7.1 = 71.

    L3 came and went within January: the book still names it, with nothing left. L4 did too, and no
    book names it: what kind of loan it was is not known. L6 is another's money, L7 is rediscounted.
    """
    spec(
        """
        loan | branch | balance | entrusted | product           | currency
        L1   | north  |     100 | no        | working_capital   | CNY
        L5   | north  |      30 | no        | working_capital   | CNY
        L6   | north  |      40 | yes       | working_capital   | CNY
        L7   | north  |      50 | no        | rediscounted_bill | CNY
        L8   | south  |      10 | no        | working_capital   | USD
        """,
        as_of=date(2026, 2, 28),
        fx_rate="""
        currency | rate
        USD      | 7.1
        """,
        loan_event="""
        loan | branch | event      | amount | currency
        L2   | north  | prepayment |    -70 | CNY
        L5   | north  | drawdown   |     30 | CNY
        L6   | north  | drawdown   |     40 | CNY
        L7   | north  | drawdown   |     50 | CNY
        L8   | south  | drawdown   |     10 | USD
        """,
        before={
            date(2026, 1, 31): {
                "loan_snapshot": """
                loan | branch | balance | status
                L1   | north  |     100 | normal
                L2   | north  |      70 | normal
                L3   | north  |       0 | settled
                """,
                "loan_event": """
                loan | branch | event               | amount
                L2   | north  | drawdown            |     70
                L3   | north  | drawdown            |     15
                L3   | north  | scheduled_repayment |    -15
                L4   | north  | drawdown            |      8
                """,
            }
        },
        loan_disbursed_ytd={"north": 115, "south": 71, "HO": 186},
    )
