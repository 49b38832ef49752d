"""Green loans by the catalogue in force at approval, the chain inside green, and loan quality."""


def test_green_goes_by_the_catalogue_in_force_at_approval(spec):
    """The 2025 catalogue has nine level-1 items and applies from 2025-10-01; the 2019 one has six."""
    spec(
        """
        loan | branch | balance | green tag | edition | approved
        L1   | north  |       1 | 3.1       | 2019    | 2025-09-30
        L2   | north  |       2 | 3.1       | 2019    | 2025-10-01
        L3   | north  |       4 | 9.1.1     | 2025    | 2025-10-01
        L4   | north  |       8 | 9.1.1     | 2019    | 2024-05-01
        L5   | north  |      16 | 9.1.1     |         | 2025-10-01
        L6   | north  |      32 | 3.1       |         | 2024-05-01
        L7   | north  |      64 | 3.1       | 2025    | 2024-05-01
        L8   | north  |     128 |           |         | 2024-05-01
        """,
        green_balance={"north": 1 + 4 + 16 + 32 + 64},
        green_share={"north": (117, 255)},
    )


def test_a_chain_loan_is_green_and_evidenced_and_outside_the_own_group(spec):
    spec(
        """
        loan | client | branch | balance | green tag
        L1   | C1     | north  |       1 | 1.1
        L2   | C2     | north  |       2 | 1.1
        L3   | C3     | north  |       4 | 1.1
        L4   | C4     | north  |       8 | 1.1
        L5   | C5     | south  |      16 |
        L6   | C1     | south  |      32 | 1.1
        """,
        borrower_snapshot="""
        client | group
        C1     |
        C2     |
        C3     | G
        C4     |
        C5     |
        """,
        supply_chain_relation="""
        client | core | core group | evidence | from       | to
        C1     | K    |            | O-1      | 2020-01-01 |
        C2     | K    |            |          | 2020-01-01 |
        C3     | K    | G          | O-3      | 2020-01-01 |
        C4     | K    |            | O-4      | 2020-01-01 | 2026-10-30
        C5     | K    |            | O-5      | 2020-01-01 |
        """,
        green_supply_chain_balance={"north": 1, "south": 32, "HO": 33},
        green_supply_chain_clients={"north": 1, "south": 1, "HO": 1},
    )


def test_a_relation_for_one_loan_covers_that_loan_only(spec):
    spec(
        """
        loan | client | branch | balance | green tag
        L1   | C1     | north  |       1 | 1.1
        L2   | C1     | north  |       2 | 1.1
        """,
        supply_chain_relation="""
        client | loan
        C1     | L2
        """,
        green_supply_chain_balance={"north": 2},
    )


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
    )


def test_inclusive_goes_by_the_clients_line_not_by_the_loan(spec):
    """10 million exactly is inclusive, a cent more is not; bills and large firms are out."""
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
    )
