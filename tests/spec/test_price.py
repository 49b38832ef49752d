"""Price: what the stock earns, what new loans earn, and how far above the LPR."""

from datetime import date

LPR = """
    from       | term | rate
    2024-10-21 | 1Y   | 0.0310
    2024-10-21 | 5Y   | 0.0360
    2025-05-20 | 1Y   | 0.0300
    2025-05-20 | 5Y   | 0.0350
    """


def test_the_rate_of_the_stock_is_weighted_by_balance(spec):
    """100 at 4 % and 300 at 3 %: 13 / 400 = 3.25 %. A loan whose rate is not known weighs nothing."""
    spec(
        """
        loan | branch | balance | rate
        L1   | north  |     100 | 0.04
        L2   | north  |     300 | 0.03
        L3   | north  |     600 |
        """,
        loan_rate={"north": (13, 400), "HO": 0.0325},
    )


def test_the_benchmark_is_the_lpr_of_the_pricing_date_and_the_term(spec):
    """North, one year: L1 drawn the day before the quotation of May 2025, L2 on the day.

    4.10 % - 3.10 % = 100 bp on 100; 3.50 % - 3.00 % = 50 bp on 300: (1 + 1.5) / 400 = 62.5 bp.
    South, long: L3 repriced in June 2025: 3.50 % - 3.50 % = 0; L4, drawn in 2024 and never repriced:
    3.40 % - 3.60 % = -20 bp, both on 100: -10 bp.
    East: L5 was priced before the first quotation, L6 has no term, L7 no rate.
    """
    spec(
        """
        loan | branch | balance | rate   | drawn      | due        | repriced
        L1   | north  |     100 | 0.0410 | 2025-05-19 | 2026-05-19 |
        L2   | north  |     300 | 0.0350 | 2025-05-20 | 2026-05-20 |
        L3   | south  |     100 | 0.0350 | 2024-12-01 | 2027-12-01 | 2025-06-01
        L4   | south  |     100 | 0.0340 | 2024-12-01 | 2025-12-02 |
        L5   | east   |     100 | 0.0500 | 2024-10-20 | 2025-10-20 |
        L6   | east   |     100 | 0.0500 | 2025-06-01 |            |
        L7   | east   |     100 |        | 2025-06-01 | 2026-06-01 |
        """,
        lpr_rate=LPR,
        lpr_spread={
            "north": (2.5, 400),
            "south": (-0.2, 200),
            "east": "nothing in the denominator",
            "HO": (2.3, 600),
        },
    )


def test_the_spread_is_told_in_basis_points(spec):
    loan = "loan | branch | balance | rate | drawn | due\nL1 | north | 100 | 0.0365 | {} | {}"
    spec(loan.format("2025-06-01", "2026-06-01"), lpr_rate=LPR, lpr_spread={"north": 65})
    spec(loan.format("2025-06-01", "2026-06-02"), lpr_rate=LPR, lpr_spread={"north": 15})


def test_a_quotation_of_next_month_is_not_known_yet(spec):
    """A loan priced on 1 November 2026 has no place in October; one of October has May's rate."""
    spec(
        "loan | branch | balance | rate | drawn | due\nL1 | north | 100 | 0.04 | 2026-10-31 | 2027-10-31",
        lpr_rate=LPR + "2026-11-20 | 1Y | 0.0200\n2026-10-20 | 1Y | 0.0290",
        lpr_spread={"north": 110},
    )


def test_a_rate_set_after_the_month_end_has_no_benchmark(spec):
    """The date is wrong, or the row is of a later day: no LPR of that day is known at the month end.

    In the stock only L2 counts: 4.0 % - 3.0 % = 100 bp on 100. January's drawdown of L1 is judged by
    January's row, which says that its rate was set in February; only L2's 100 at 100 bp are new.
    """
    loans = """
        loan | branch | balance | rate   | drawn      | due        | repriced
        L1   | north  |     200 | 0.0345 | 2026-01-10 | 2027-01-10 | {}
        L2   | north  |     100 | 0.0400 | 2026-01-10 | 2027-01-10 |
        """
    spec(
        loans.format("2026-03-01"),
        as_of=date(2026, 2, 28),
        loan_event="loan | branch | event | amount",
        before={
            date(2026, 1, 31): {
                "loan_snapshot": loans.format("2026-02-01"),
                "loan_event": """
                loan | branch | event    | amount
                L1   | north  | drawdown |    200
                L2   | north  | drawdown |    100
                """,
                "lpr_rate": LPR,
            }
        },
        lpr_rate=LPR,
        lpr_spread={"north": (1, 100), "HO": 100},
        lpr_spread_new_ytd={"north": (1, 100), "HO": 100},
    )


def test_new_loans_are_weighted_by_what_was_drawn(spec):
    """January 200 at 4.0 %, February 100 at 3.4 %: the year's 11.4 / 300 = 3.8 %.

    L1 was repaid down to 10 and repriced since; its drawdown keeps its weight and rate. Spreads: 100
    and 40 bp over 3.00 %: (2 + 0.4) / 300 = 80 bp. L3 has no rate.
    """
    spec(
        """
        loan | branch | balance | rate   | drawn      | due        | repriced
        L1   | north  |      10 | 0.0310 | 2026-01-10 | 2027-01-10 | 2026-02-10
        L2   | north  |     100 | 0.0340 | 2026-02-10 | 2027-02-10 |
        L3   | north  |     100 |        | 2026-02-10 | 2027-02-10 |
        """,
        as_of=date(2026, 2, 28),
        loan_event="""
        loan | branch | event      | amount
        L1   | north  | prepayment |   -190
        L2   | north  | drawdown   |    100
        L3   | north  | drawdown   |    100
        """,
        before={
            date(2026, 1, 31): {
                "loan_snapshot": """
                loan | branch | balance | rate   | drawn      | due
                L1   | north  |     200 | 0.0400 | 2026-01-10 | 2027-01-10
                """,
                "loan_event": "loan | branch | event | amount\nL1 | north | drawdown | 200",
                "lpr_rate": LPR,
            }
        },
        loan_rate_new={"north": (3.4, 100)},
        loan_rate_new_ytd={"north": (11.4, 300)},
        lpr_spread_new_ytd={"north": (2.4, 300), "HO": 80},
    )


def test_a_flow_is_judged_by_the_loan_as_it_stood_before(spec):
    """L1 stood at 4 % in January, draws 300 more in February, and stands at 1 % then: 4 % on 300.

    L2 is new in February and is read from its book: 2 % on 100. (12 + 2) / 400.
    """
    spec(
        """
        loan | branch | balance | rate
        L1   | north  |     500 | 0.01
        L2   | north  |     100 | 0.02
        """,
        as_of=date(2026, 2, 28),
        before={
            date(2026, 1, 31): {
                "loan_snapshot": "loan | branch | balance | rate\nL1 | north | 200 | 0.04"
            }
        },
        loan_event="""
        loan | branch | event    | amount
        L1   | north  | drawdown |    300
        L2   | north  | drawdown |    100
        """,
        loan_rate_new={"north": (14, 400)},
    )


def test_a_month_without_new_loans_has_no_rate_of_new_loans(spec):
    spec(
        "loan | branch | balance | rate\nL1 | north | 100 | 0.04",
        loan_rate_new={"north": "nothing in the denominator"},
    )
