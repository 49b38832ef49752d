"""Bad loans formed: by flow and loan by loan, over three months in which loans come, go and recover."""

from datetime import date

import pytest

MARCH = date(2026, 3, 31)

DECEMBER = """
    loan | branch | balance | class | allowance | drawn
    L1   | north  |     100 | FQ01  |         5 | 2024-05-01
    L2   | north  |      50 | FQ03  |        20 | 2024-05-01
    L3   | north  |      40 | FQ01  |           | 2024-05-01
    L4   | north  |      30 | FQ04  |        10 | 2024-05-01
    L5   | north  |      60 | FQ02  |           | 2024-05-01
    L6   | north  |      20 | FQ03  |           | 2024-05-01
    """
JANUARY = """
    loan | branch | balance | class | allowance | drawn
    L1   | north  |     100 | FQ03  |        30 | 2024-05-01
    L2   | north  |      40 | FQ03  |        20 | 2024-05-01
    L3   | north  |      40 | FQ01  |           | 2024-05-01
    L4   | north  |      30 | FQ05  |        10 | 2024-05-01
    L5   | north  |      60 | FQ02  |           | 2024-05-01
    L6   | north  |      20 | FQ03  |           | 2024-05-01
    L8   | north  |      80 | FQ01  |           | 2026-01-20
    """
FEBRUARY = """
    loan | branch | balance | class | allowance | drawn
    L1   | north  |     100 | FQ03  |        30 | 2024-05-01
    L2   | north  |      40 | FQ04  |        20 | 2024-05-01
    L3   | north  |      40 | FQ01  |           | 2024-05-01
    L5   | north  |      60 | FQ02  |           | 2024-05-01
    L6   | north  |      20 | FQ02  |           | 2024-05-01
    L7   | north  |      25 | FQ01  |           | 2026-02-10
    L8   | north  |      15 | FQ01  |           | 2026-01-20
    """
MARCH_BOOK = """
    loan | branch | balance | class | allowance | drawn
    L1   | north  |      95 | FQ03  |        40 | 2024-05-01
    L3   | north  |      40 | FQ01  |           | 2024-05-01
    L6   | north  |      20 | FQ02  |           | 2024-05-01
    L7   | north  |      25 | FQ03  |         5 | 2026-02-10
    """
JANUARY_EVENTS = """
    loan | branch | event               | amount
    L2   | north  | scheduled_repayment |    -10
    L8   | north  | drawdown            |     80
    """
FEBRUARY_EVENTS = """
    loan | branch | event      | amount
    L4   | north  | write_off  |    -30
    L7   | north  | drawdown   |     25
    L8   | north  | prepayment |    -65
    """
MARCH_EVENTS = """
    loan | branch | event        | amount
    L1   | north  | prepayment   |     -5
    L2   | north  | transfer_out |    -40
    L4   | north  | recovery     |      5
    L5   | north  | write_off    |    -60
    L8   | north  | write_off    |    -15
    """


def _quarter():
    return {
        date(2025, 12, 31): {"loan_snapshot": DECEMBER},
        date(2026, 1, 31): {"loan_snapshot": JANUARY, "loan_event": JANUARY_EVENTS},
        date(2026, 2, 28): {"loan_snapshot": FEBRUARY, "loan_event": FEBRUARY_EVENTS},
    }


def test_a_quarter_of_bad_loans_by_flow_and_loan_by_loan(spec):
    """The two ways come to the same 200.

    Bad at the year end: L2 50 + L4 30 + L6 20 = 100. Now: L1 95 + L7 25 = 120.

    By flow:  120 - 100               = 20
      written off: L4 30, L5 60, L8 15 = 105   (L5 and L8 were not bad a month before)
      sold while bad: L2               = 40
      repaid while bad: L2 10, L1 5    = 15
      performing again: L6             = 20
                                        200
    Loan by loan: L1 100 in January, L7 25 in March, and 75 written off that no month end saw as bad.
    """
    spec(
        MARCH_BOOK,
        as_of=MARCH,
        before=_quarter(),
        loan_event=MARCH_EVENTS,
        npl_formed_ytd={"north": 200, "HO": 200},
        npl_formed_by_loan_ytd={"north": 200},
        npl_formed_difference={"north": 0},
        write_offs_ytd={"north": 105},
        recovered_ytd={"north": 5},
        # 200 x 12 over (180 + 300) / 2 x 3 months.
        npl_formation_rate={"north": (2400, 720)},
        npl_ratio_with_write_offs={"north": (120 + 105, 180 + 105)},
        # Allowance 45 - 35, written off 105, sold 40, recovered 5: a loss of 150, times 12.
        credit_cost={"north": (1800, 720)},
        # Drawn this year: L7 is bad with 25, L8 was written off with 15; 80 + 25 were drawn.
        new_loan_npl_ratio={"north": (40, 105)},
    )


def test_with_a_month_missing_nothing_of_the_year_is_told(spec):
    before = _quarter()
    del before[date(2026, 1, 31)]
    told = "2026-01-31 that it rests on is not published"
    spec(
        MARCH_BOOK,
        as_of=MARCH,
        before=before,
        loan_event=MARCH_EVENTS,
        npl_formed_ytd={"north": told},
        npl_formed_by_loan_ytd={"north": told},
        credit_cost={"north": told},
        write_offs_ytd={"north": told},
        npl_balance={"north": 120},
    )


def test_in_the_first_month_of_a_year_the_december_before_is_still_needed(spec):
    """Bad 100 then, 190 now, 10 repaid: 100 formed, by L1 alone; 1,200 over (300 + 370) / 2."""
    spec(
        JANUARY,
        as_of=date(2026, 1, 31),
        before={date(2025, 12, 31): {"loan_snapshot": DECEMBER}},
        loan_event=JANUARY_EVENTS,
        npl_formed_ytd={"north": 100},
        npl_formed_by_loan_ytd={"north": 100},
        npl_formation_rate={"north": (1200, 335)},
    )


TWO = """
    loan | branch | balance | class
    L1   | {}     |      50 | FQ03
    L2   | north  |     100 | FQ01
    L3   | south  |     100 | FQ01
    """


def test_a_bad_loan_that_moves_is_formed_at_neither_branch(spec):
    spec(
        TWO.format("south"),
        as_of=date(2026, 1, 31),
        before={date(2025, 12, 31): {"loan_snapshot": TWO.format("north")}},
        loan_event="""
        loan | branch | event       | amount
        L1   | north  | branch_move |    -50
        L1   | south  | branch_move |     50
        """,
        npl_formed_ytd={"north": 0, "south": 0, "HO": 0},
        npl_formed_by_loan_ytd={"north": 0, "south": 0, "HO": 0},
        npl_balance={"north": 0, "south": 50},
    )


def test_what_the_exchange_rate_moved_is_the_difference(spec):
    """10 USD bad all along: 70 at the year end, 72 now. By flow 2 were formed, loan by loan none."""
    loans = "loan | branch | balance | class | currency\nL1 | north | 10 | FQ03 | USD"
    rate = "currency | rate\nUSD | {}"
    spec(
        loans,
        as_of=date(2026, 1, 31),
        before={date(2025, 12, 31): {"loan_snapshot": loans, "fx_rate": rate.format(7.0)}},
        fx_rate=rate.format(7.2),
        npl_formed_ytd={"north": 2},
        npl_formed_by_loan_ytd={"north": 0},
        npl_formed_difference={"north": 2},
    )


@pytest.mark.parametrize("event", ["transfer_out", "securitised"])
def test_a_good_loan_sold_is_no_disposal_of_a_bad_one(spec, event):
    """Only L1 was bad a month ago: its 50 count as a loss, the 100 of L2 do not."""
    spec(
        "loan | branch | balance | class\nL3 | north | 150 | FQ01",
        as_of=date(2026, 1, 31),
        before={
            date(2025, 12, 31): {
                "loan_snapshot": """
                loan | branch | balance | class
                L1   | north  |      50 | FQ03
                L2   | north  |     100 | FQ01
                L3   | north  |     150 | FQ01
                """
            }
        },
        loan_event=f"""
        loan | branch | event   | amount
        L1   | north  | {event} |    -50
        L2   | north  | {event} |   -100
        """,
        credit_cost={"north": (600, 225)},
        npl_formed_ytd={"north": 0},
    )


def test_an_entrusted_loan_written_off_is_not_the_banks_loss(spec):
    spec(
        "loan | branch | balance\nL2 | north | 100",
        as_of=date(2026, 1, 31),
        before={
            date(2025, 12, 31): {
                "loan_snapshot": """
                loan | branch | balance | class | entrusted
                L1   | north  |      50 | FQ05  | yes
                L2   | north  |     100 | FQ01  | no
                """
            }
        },
        loan_event="loan | branch | event | amount\nL1 | north | write_off | -50",
        write_offs_ytd={"north": 0},
        npl_formed_by_loan_ytd={"north": 0},
        npl_ratio_with_write_offs={"north": (0, 100)},
    )
