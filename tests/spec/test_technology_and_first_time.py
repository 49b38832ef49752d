"""Technology loans by list or purpose, and clients who borrow from a bank for the first time."""

from datetime import date

ONE_LOAN = "loan | client | branch | balance\nL1 | C1 | north | 100"


def test_a_technology_loan_counts_once_whatever_makes_it_one(spec):
    """2710 (chemical medicines) is high-tech; 5111 is nothing; 2612 is patent-intensive."""
    spec(
        """
        loan | client | branch | balance | purpose | sei tag
        L1   | C1     | north  |     100 | 5111    |
        L2   | C2     | north  |      50 | 2710    |
        L3   | C2     | north  |      25 | 2612    |
        L4   | C2     | north  |      10 | 3921    | 1
        L5   | C1     | north  |       5 | 2710    |
        L6   | C3     | north  |     810 | 5111    |
        """,
        tech_enterprise_list="""
        client | list      | from       | to
        C1     | high_tech | 2024-01-01 | 2026-12-31
        C1     | tech_sme  | 2024-01-01 |
        C3     | srdi      | 2020-01-01 | 2026-10-30
        """,
        tech_loan_share={"north": (190, 1000)},
    )


def test_membership_counts_on_its_first_and_last_day(spec):
    spec(
        """
        loan | client | branch | balance
        L1   | C1     | north  |      10
        L2   | C2     | north  |      20
        L3   | C3     | north  |      70
        """,
        tech_enterprise_list="""
        client | from       | to
        C1     | 2026-10-31 |
        C2     | 2020-01-01 | 2026-10-31
        C3     | 2026-11-01 |
        """,
        tech_loan_share={"north": (30, 100)},
    )


def test_a_service_class_listed_in_part_needs_the_banks_mark(spec):
    """7231 (law firms) counts in part only: for the legal services of intellectual property."""
    spec(
        """
        loan | branch | balance | purpose | tech mark
        L1   | north  |      10 | 7231    | T09
        L2   | north  |      20 | 7231    |
        L3   | north  |      70 | 5111    | T09
        """,
        tech_loan_share={"north": (10, 100)},
    )


def test_first_time_clients_need_evidence_from_the_thirty_days_before(spec):
    spec(
        ONE_LOAN,
        borrower_first_loan_event="""
        client | loan | branch | event      | checked
        A      | E1   | north  | 2026-10-31 | 2026-10-01
        B      | E2   | north  | 2026-10-31 | 2026-09-30
        C      | E3   | north  | 2026-10-15 | 2026-10-15
        D      | E4   | north  | 2026-10-15 | 2026-10-16
        E      | E5   | north  | 2026-10-15 |
        """,
        first_time_clients={"north": 2, "HO": 2},
    )


def test_only_new_loans_to_enterprises_make_a_first_time_client(spec):
    spec(
        ONE_LOAN,
        borrower_first_loan_event="""
        client | loan | branch | event      | checked    | issue     | type                | revoked
        A      | E1   | north  | 2026-10-15 | 2026-10-10 | new       | enterprise          |
        B      | E2   | north  | 2026-10-15 | 2026-10-10 | refinance | enterprise          |
        C      | E3   | north  | 2026-10-15 | 2026-10-10 | new       | individual_business |
        D      | E4   | north  | 2026-10-15 | 2026-10-10 | new       | enterprise          | 2026-10-31
        E      | E5   | north  | 2026-10-15 | 2026-10-10 | new       | enterprise          | 2026-11-01
        """,
        first_time_clients={"north": 2},
    )


def test_of_two_branches_on_one_day_the_earlier_receipt_number_wins(spec):
    spec(
        """
        loan | branch | balance
        L1   | north  |     100
        L2   | south  |     100
        """,
        borrower_first_loan_event="""
        client | loan | branch | event      | checked
        A      | E2   | north  | 2026-10-15 | 2026-10-10
        A      | E1   | south  | 2026-10-15 | 2026-10-10
        """,
        first_time_clients={"north": 0, "south": 1, "HO": 1},
    )


def test_a_client_counts_once_in_life_and_stays_counted_after_repayment(spec):
    """September's first loan is repaid by October; October's second event adds nobody."""
    event = "client | loan | branch | event | checked\n{}"
    months = {date(2026, month, 1): f"E{month}" for month in range(1, 10)}
    before = {
        date(2026, number.month, _last(number.month)): {
            "loan_snapshot": ONE_LOAN,
            "borrower_first_loan_event": event.format(
                f"C{number.month} | {loan} | north | 2026-{number.month:02}-10 | 2026-{number.month:02}-09"
            ),
        }
        for number, loan in months.items()
    }
    spec(
        ONE_LOAN,
        before=before,
        borrower_first_loan_event="""
        client | loan | branch | event      | checked
        C9     | E10  | north  | 2026-10-15 | 2026-10-10
        """,
        tech_enterprise_list="""
        client | from       | to
        C3     | 2026-03-10 | 2026-03-10
        C4     | 2026-04-11 |
        """,
        first_time_clients={"north": 0},
        first_time_clients_ytd={"north": 9, "HO": 9},
        first_time_tech_clients={"north": 0},
        first_time_tech_clients_ytd={"north": 1},
    )


def test_a_year_with_a_month_missing_is_not_counted_short(spec):
    spec(
        ONE_LOAN,
        borrower_first_loan_event="""
        client | loan | branch | event      | checked
        A      | E1   | north  | 2026-10-15 | 2026-10-10
        """,
        first_time_clients={"north": 1},
        first_time_clients_ytd={"north": "not delivered for 2026-01"},
    )


def _last(month: int) -> int:
    return {2: 28, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31)
