"""Inclusive small-business loans: by the client's line, for two regulators, with their growth and price."""

from datetime import date


def test_inclusive_goes_by_the_clients_line_not_by_the_loan(spec):
    """10 million exactly is inclusive for the regulator and not for the central bank, which says below.

    A cent more is not; bills, large firms and clients without a known line are out.
    """
    spec(
        """
        loan | client | branch | balance | product
        L1   | C1     | north  |       1 | working_capital
        L2   | C2     | north  |       2 | working_capital
        L3   | C3     | north  |       4 | working_capital
        L4   | C4     | north  |       8 | working_capital
        L5   | C5     | north  |      16 | working_capital
        L6   | C1     | north  |      32 | discounted_bill
        L7   | C6     | north  |      64 | working_capital
        """,
        borrower_snapshot="""
        client | type                | size | line
        C1     | enterprise          | CS03 | 10,000,000.00
        C2     | enterprise          | CS03 | 10,000,000.01
        C3     | enterprise          | CS04 | 500,000
        C4     | enterprise          | CS02 | 500,000
        C5     | individual_business | CS05 | 500,000
        C6     | enterprise          | CS03 |
        """,
        inclusive_balance={"north": 1 + 4 + 16},
        inclusive_balance__pboc={"north": 4 + 16},
        inclusive_clients={"north": 3},
    )


LINES = """
    client | size | line
    C1     | CS03 | 4,999,999.99
    C2     | CS03 | 5,000,000
    C3     | CS04 | 9,999,999.99
    C4     | CS04 | 10,000,000
    """
FOUR = """
    loan | client | branch | balance
    L1   | C1     | north  |       1
    L2   | C2     | north  |       2
    L3   | C3     | north  |       4
    L4   | C4     | north  |       8
    """


def test_in_2018_the_central_bank_counted_lines_below_five_million(spec):
    for day, told in ((date(2018, 12, 31), 1), (date(2019, 1, 31), 7)):
        spec(
            FOUR,
            as_of=day,
            borrower_snapshot=LINES,
            inclusive_balance={"north": 15},
            inclusive_balance__pboc={"north": told},
        )


def test_before_2018_there_was_no_inclusive_loan(spec):
    spec(
        FOUR,
        as_of=date(2017, 12, 31),
        borrower_snapshot=LINES,
        inclusive_balance={"north": "the definition holds from 2018-01-01 on"},
    )


SMALL = "client | size | line\nS | CS03 | 1,000,000"


def test_the_growth_gap_compares_with_all_loans(spec):
    """Inclusive 100 to 130: 30 %. All loans 1,000 to 1,100: 10 %. Gap: 20 points."""
    book = """
        loan | client | branch | balance
        L1   | S      | north  | {}
        L2   | B      | south  | {}
        """
    spec(
        book.format(130, 970),
        before={
            date(2025, 12, 31): {"loan_snapshot": book.format(100, 900), "borrower_snapshot": SMALL}
        },
        borrower_snapshot=SMALL,
        inclusive_growth_ytd={"HO": (30, 100), "south": "zero or negative"},
        inclusive_growth_gap={"HO": 20, "north": 0, "south": "zero or negative"},
    )


def test_the_npl_gap_is_to_the_whole_bank_at_every_branch(spec):
    """North's inclusive loans: 6 of 200 bad, 3 %; the bank's loans: 16 of 1,000, 1.6 %: 1.4 points."""
    spec(
        """
        loan | client | branch | balance | class
        L1   | S      | north  |       6 | FQ03
        L2   | S      | north  |     194 | FQ01
        L3   | B      | south  |      10 | FQ03
        L4   | B      | south  |     790 | FQ01
        """,
        borrower_snapshot=SMALL,
        inclusive_npl_ratio={"north": (6, 200), "south": "nothing in the denominator"},
        inclusive_npl_gap={"north": 1.4, "HO": 1.4, "south": "nothing in the denominator"},
    )


def test_bad_inclusive_loans_have_a_ratio_of_each_regulator(spec):
    """C4's line of ten million is the regulator's and not the central bank's."""
    spec(
        FOUR.replace("balance", "balance | class")
        .replace("|       1", "| 1 | FQ03")
        .replace("|       2", "| 2 | FQ01")
        .replace("|       4", "| 4 | FQ01")
        .replace("|       8", "| 8 | FQ04"),
        borrower_snapshot=LINES,
        inclusive_npl_ratio={"north": (9, 15)},
        inclusive_npl_ratio__pboc={"north": (1, 7)},
    )


def test_new_inclusive_loans_are_priced_by_what_was_drawn(spec):
    """January 100 at 4 %, February 300 at 3 %: 13 / 400 = 3.25 %.

    The rate is the loan's as it stood before: L1 was repriced in February, and January's drawdown
    keeps its 4 %. A bill, a large firm and a loan without a rate are out.
    """
    loans = """
        loan | client | branch | balance | rate | product
        L1   | S      | north  |     100 | {}   | working_capital
        L2   | S      | north  |     300 | 0.03 | working_capital
        L3   | S      | north  |     500 | 0.09 | discounted_bill
        L4   | B      | north  |     700 | 0.02 | working_capital
        L5   | S      | north  |     900 |      | working_capital
        """
    spec(
        loans.format("0.01"),
        as_of=date(2026, 2, 28),
        before={
            date(2026, 1, 31): {
                "loan_snapshot": "loan | client | branch | balance | rate\nL1 | S | north | 100 | 0.04",
                "loan_event": "loan | branch | event | amount\nL1 | north | drawdown | 100",
                "borrower_snapshot": SMALL,
            }
        },
        borrower_snapshot=SMALL,
        loan_event="""
        loan | branch | event    | amount
        L2   | north  | drawdown |    300
        L3   | north  | drawdown |    500
        L4   | north  | drawdown |    700
        L5   | north  | drawdown |    900
        """,
        inclusive_rate_new_ytd={"north": (13, 400)},
    )


def test_unsecured_and_renewed_loans(spec):
    """Of inclusive 1 + 2 + 4, unsecured are 1 + 4; renewed is whoever borrows: 4 + 8."""
    spec(
        """
        loan | client | branch | balance | security | issue
        L1   | S      | north  |       1 | 04       | new
        L2   | S      | north  |       2 | 01       | refinance
        L3   | S      | north  |       4 | 04       | renewal_no_repayment
        L4   | B      | north  |       8 | 04       | renewal_no_repayment
        """,
        borrower_snapshot=SMALL,
        inclusive_unsecured_share={"north": (5, 7)},
        renewal_balance={"north": 12},
    )
