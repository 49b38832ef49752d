"""Technology loans by list or purpose, and clients who borrow from a bank for the first time."""

from datetime import date

ONE_LOAN = "loan | client | branch | balance\nL1 | C1 | north | 100"
TWO_BRANCHES = f"{ONE_LOAN}\nL2 | C1 | south | 100"


def test_a_technology_loan_counts_once_whatever_makes_it_one(spec):
    """2710 (chemical medicines) is high-tech; 5111 is nothing; 2612 is patent-intensive.

    By list 100 + 5, by purpose 50 + 25 + 10 + 5; the 5 are in both, and once in the whole of 190.
    """
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
        tech_enterprise_balance={"north": 105},
        tech_industry_balance={"north": 90},
        tech_loan_balance={"north": 190},
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


def test_technology_is_a_part_of_corporate_loans_or_of_all_loans(spec):
    """A listed sole proprietor's loan is no corporate loan; it weighs in the wide denominator only."""
    spec(
        """
        loan | client | branch | balance
        L1   | C1     | north  |      10
        L2   | C2     | north  |      30
        L3   | C3     | north  |      60
        """,
        borrower_snapshot="""
        client | type
        C1     | enterprise
        C2     | enterprise
        C3     | individual_business
        """,
        tech_enterprise_list="""
        client | from
        C1     | 2024-01-01
        C3     | 2024-01-01
        """,
        tech_loan_share={"north": (10, 40)},
        tech_loan_share__all_loans={"north": (10, 100)},
    )


def test_high_tech_manufacturing_over_one_year(spec):
    """2710 is high-tech manufacturing, and so is its whole group 271; 6513 (software) is a service.

    One year exactly is short, a day more is long; a year from 29 February ends on the 28th, so that
    1 March is the first long day. An extension changes nothing, and no due date tells nothing.
    """
    spec(
        """
        loan | branch | balance | purpose | drawn      | due        | extended to
        L1   | north  |       1 | 2710    | 2024-03-01 | 2025-03-01 |
        L2   | north  |       2 | 2710    | 2024-03-01 | 2025-03-02 |
        L3   | north  |       4 | 271     | 2024-02-29 | 2025-02-28 |
        L4   | north  |       8 | 271     | 2024-02-29 | 2025-03-01 |
        L5   | north  |      16 | 2710    | 2023-02-28 | 2024-02-29 |
        L6   | north  |      32 | 2710    | 2026-01-05 | 2026-12-31 | 2028-12-31
        L7   | north  |      64 | 2710    | 2024-03-01 |            |
        L8   | north  |     128 | 6513    | 2020-03-01 | 2030-03-01 |
        """,
        high_tech_manufacturing_balance={"north": 127},
        high_tech_manufacturing_mlt_balance={"north": 2 + 8 + 16},
        tech_industry_balance={"north": 255},
    )


def test_srdi_is_two_of_the_lists_and_a_client_counts_once(spec):
    """C1 stands on both lists and borrows at two branches; the institute C5 is no enterprise."""
    spec(
        """
        loan | client | branch | balance
        L1   | C1     | north  |       1
        L2   | C1     | south  |       2
        L3   | C2     | north  |       4
        L4   | C3     | north  |       8
        L5   | C4     | north  |      16
        L6   | C5     | north  |      32
        """,
        borrower_snapshot="""
        client | type
        C5     | public
        """,
        tech_enterprise_list="""
        client | list         | from       | to
        C1     | srdi         | 2024-01-01 |
        C1     | little_giant | 2025-01-01 |
        C2     | little_giant | 2025-01-01 |
        C3     | high_tech    | 2025-01-01 |
        C3     | srdi         | 2020-01-01 | 2026-10-30
        C5     | tech_sme     | 2025-01-01 |
        """,
        srdi_balance={"north": 5, "south": 2, "HO": 7},
        tech_enterprise_balance={"north": 1 + 4 + 8 + 32, "south": 2},
        tech_clients={"north": 3, "south": 1, "HO": 3},
    )


def test_pledged_rights_make_an_ip_loan_whoever_borrows(spec):
    """Two patents behind L1 count it once. L4's trademark was released the day before."""
    spec(
        """
        loan | client | branch | balance
        L1   | C1     | north  |       1
        L2   | C2     | north  |       2
        L3   | C1     | north  |       4
        L4   | C1     | north  |       8
        L5   | C1     | north  |      16
        """,
        borrower_snapshot="""
        client | type
        C2     | individual_business
        """,
        collateral="""
        item | kind
        P1   | patent
        P2   | patent
        S1   | software_copyright
        M1   | equipment
        T1   | trademark
        """,
        loan_collateral="""
        loan | item | from       | to
        L1   | P1   | 2025-01-01 |
        L1   | P2   | 2025-01-01 |
        L2   | S1   | 2025-01-01 | 2026-10-31
        L3   | M1   | 2025-01-01 |
        L4   | T1   | 2025-01-01 | 2026-10-30
        L5   | T1   | 2026-11-01 |
        """,
        ip_pledge_balance={"north": 3},
    )


def test_the_access_rate_counts_an_enterprise_once_in_an_area_of_two_branches(spec):
    """s1 and s2 share Shenzhen (4403), g stands in Guangzhou (4401).

    Listed in Shenzhen: A, B, C; in Guangzhou: D. E has no place, and F has left the list. B borrows,
    but at g, outside its own area: it counts for the whole bank only, 2 of 4.
    """
    spec(
        """
        loan | client | branch | balance
        L1   | A      | s1     |     100
        L2   | A      | s2     |      50
        L3   | B      | g      |      10
        L4   | C      | s1     |       0
        L5   | E      | g      |      10
        L6   | F      | s2     |      10
        """,
        branch="""
        branch | place
        s1     | 440305
        s2     | 440300
        g      | 440100
        """,
        tech_enterprise_list="""
        client | list      | place  | from       | to
        A      | high_tech | 440305 | 2024-01-01 |
        A      | srdi      | 440305 | 2024-01-01 |
        B      | high_tech | 440303 | 2024-01-01 |
        C      | high_tech | 440300 | 2024-01-01 |
        D      | high_tech | 440106 | 2024-01-01 |
        E      | high_tech |        | 2024-01-01 |
        F      | high_tech | 440305 | 2024-01-01 | 2026-10-30
        """,
        tech_access_rate={"s1": (1, 3), "s2": (1, 3), "g": (0, 1), "HO": (2, 4)},
    )


def test_a_branch_without_listed_enterprises_in_its_area_has_no_access_rate(spec):
    spec(
        ONE_LOAN,
        branch="branch | place\nnorth | 440300",
        tech_enterprise_list="client | place | from\nC1 | 440100 | 2024-01-01",
        tech_access_rate={"north": "nothing in the denominator"},
    )


def test_research_and_staff_are_weighted_by_what_the_client_owes(spec):
    """R&D: 100 at 5 %, 300 at 1 %: (5 + 3) / 400 = 2 %. Unknown or without turnover is left out.

    Staff: 100 at 2 of 10, 600 at 0 of 5 (zero leavers are known): 20 / 700. A third keeps eight
    decimals: 200 at 1 of 3 is 66.666666 (0.33333333 each).
    """
    spec(
        """
        loan | client | branch | balance
        L1   | C1     | north  |     100
        L2   | C2     | north  |     300
        L3   | C3     | north  |     600
        L4   | C4     | north  |     700
        L5   | C5     | south  |     200
        L6   | C6     | south  |     900
        """,
        borrower_snapshot="""
        client | R&D | turnover | staff | leavers
        C1     | 50  |    1,000 | 10    | 2
        C2     | 10  |    1,000 |       | 3
        C3     |     |    1,000 | 5     | 0
        C4     | 10  |        0 | 0     | 0
        C5     | 1   |        3 | 3     | 1
        C6     | 9   |       10 | 9     | 9
        """,
        tech_enterprise_list="""
        client | from
        C1     | 2024-01-01
        C2     | 2024-01-01
        C3     | 2024-01-01
        C4     | 2024-01-01
        C5     | 2024-01-01
        """,
        rd_intensity={"north": (8, 400), "south": (66.666666, 200)},
        core_tech_turnover={"north": (20, 700), "south": (66.666666, 200)},
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


EVENTS = """
    client | loan | branch | event      | checked    | issue
    A      | E1   | north  | 2026-01-15 | 2026-01-10 | new
    B      | E2   | north  | 2026-01-15 |            | new
    C      | E3   | south  | 2026-01-15 | 2026-01-10 | refinance
    """


def test_new_to_bank_is_not_the_regulators_first_time(spec):
    """B was lent to by other banks: no evidence, but new here. C was only refinanced.

    In February A comes back (counted for life), B brings evidence (first time for the regulator, no
    longer new here), and C draws its first new loan.
    """
    spec(
        TWO_BRANCHES,
        as_of=date(2026, 2, 28),
        before={
            date(2026, 1, 31): {"loan_snapshot": ONE_LOAN, "borrower_first_loan_event": EVENTS}
        },
        borrower_first_loan_event="""
        client | loan | branch | event      | checked    | issue
        A      | E4   | south  | 2026-02-15 | 2026-02-10 | new
        B      | E5   | south  | 2026-02-15 | 2026-02-10 | new
        C      | E6   | south  | 2026-02-15 |            | new
        """,
        first_time_clients={"north": 0, "south": 1, "HO": 1},
        first_time_clients__new_to_bank={"south": 1, "HO": 1},
        first_time_clients_ytd={"north": 1, "south": 1, "HO": 2},
        first_time_clients_ytd__new_to_bank={"north": 2, "south": 1, "HO": 3},
        new_to_bank_clients_ytd={"north": 2, "south": 1, "HO": 3},
    )


def test_a_withdrawn_event_leaves_the_place_to_the_next_one(spec):
    """A's January event is withdrawn in February: February's stands, in the month that reports it."""
    event = "client | loan | branch | event | checked | revoked\nA | {} | north | {} | {} | {}"
    spec(
        ONE_LOAN,
        as_of=date(2026, 2, 28),
        before={
            date(2026, 1, 31): {
                "loan_snapshot": ONE_LOAN,
                "borrower_first_loan_event": event.format(
                    "E1", "2026-01-15", "2026-01-10", "2026-02-28"
                ),
            }
        },
        borrower_first_loan_event=event.format("E2", "2026-02-15", "2026-02-10", ""),
        first_time_clients={"north": 1},
        first_time_clients__new_to_bank={"north": 1},
        first_time_clients_ytd={"north": 1},
    )


def test_the_first_time_balance_is_that_of_the_counted_receipts(spec):
    """A's counted receipt E1 still owes 40 of January's 100; its next loan and B's are not first."""
    spec(
        """
        loan | client | branch | balance
        E1   | A      | north  |      40
        E2   | B      | north  |      20
        E4   | A      | north  |      10
        """,
        as_of=date(2026, 2, 28),
        before={
            date(2026, 1, 31): {"loan_snapshot": ONE_LOAN, "borrower_first_loan_event": EVENTS}
        },
        first_time_balance={"north": 40, "HO": 40},
    )


def test_the_first_time_share_is_of_the_clients_who_drew(spec):
    """January: A of A, B, C. February: D of A and D; A drew at two branches, one client of the bank.

    Of the year: A and D of A, B, C, D. A repayment draws nothing.
    """
    events = """
        loan | client | branch | event    | amount
        E1   | A      | north  | drawdown |     10
        E2   | B      | north  | drawdown |     10
        E3   | C      | south  | drawdown |     10
        """
    spec(
        TWO_BRANCHES,
        as_of=date(2026, 2, 28),
        before={
            date(2026, 1, 31): {
                "loan_snapshot": ONE_LOAN,
                "borrower_first_loan_event": EVENTS,
                "loan_event": events,
            }
        },
        borrower_first_loan_event="""
        client | loan | branch | event      | checked
        D      | E7   | south  | 2026-02-15 | 2026-02-10
        """,
        loan_event="""
        loan | client | branch | event      | amount
        E4   | A      | north  | drawdown   |     10
        E5   | A      | north  | drawdown   |     10
        E6   | A      | south  | drawdown   |     10
        E7   | D      | south  | drawdown   |     10
        E2   | B      | north  | prepayment |    -10
        """,
        first_time_share={"north": (0, 1), "south": (1, 2), "HO": (1, 2)},
        first_time_share_ytd={"north": (1, 2), "south": (1, 3), "HO": (2, 4)},
    )


def test_a_month_in_which_nobody_drew_has_no_first_time_share(spec):
    spec(ONE_LOAN, first_time_share={"north": "nothing in the denominator"})
