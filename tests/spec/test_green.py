"""Green loans: the catalogue in force at approval, the two regulators' marks, and the chain inside green."""

from datetime import date


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


def test_an_edition_is_unknown_before_it_was_published(spec):
    """In September 2025 nobody could use the 2025 edition yet; by default a tag is of 2019."""
    spec(
        """
        loan | branch | balance | green tag | edition | approved
        L1   | north  |       1 | 3.1       | 2025    | 2025-09-01
        L2   | north  |       2 | 3.1       |         | 2025-09-30
        L3   | north  |       4 | 9.1       |         | 2025-09-30
        """,
        as_of=date(2025, 9, 30),
        green_balance={"north": 2},
    )


def test_the_two_regulators_marks_are_kept_apart(spec):
    """L1 is green for both, L2 for the central bank, L3 for the regulator; L4's borrower is a person."""
    spec(
        """
        loan | client | branch | balance | green tag | green mark
        L1   | C1     | north  |       1 | 1.1       | A1
        L2   | C1     | north  |       2 | 1.1       |
        L3   | C1     | north  |       4 |           | A1
        L4   | P1     | north  |       8 | 1.1       | A1
        """,
        borrower_snapshot="""
        client | type
        P1     | individual_business
        """,
        green_balance={"north": 3},
        green_balance__nfra={"north": 5},
        green_share={"north": (3, 7)},
        green_share__nfra={"north": (5, 7)},
        green_share__all_loans={"north": (3, 15)},
    )


def test_the_green_share_of_the_increment(spec):
    """North: green 30 of 120 more. South: green grew in a book that shrank."""
    book = """
        loan | branch | balance | green tag
        L1   | north  | {}      | 1.1
        L2   | north  | {}      |
        L3   | south  | {}      | 1.1
        L4   | south  | {}      |
        """
    spec(
        book.format(50, 170, 20, 60),
        before={date(2025, 12, 31): {"loan_snapshot": book.format(20, 80, 10, 90)}},
        green_increment_share={"north": (30, 120), "south": "has not grown", "HO": (40, 100)},
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
        supply_chain_balance={"north": 1, "south": 48, "HO": 49},
        supply_chain_clients={"north": 1, "south": 2, "HO": 2},
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


def test_green_holds_the_chain_the_chain_smaller_companies_and_those_the_business_case(spec):
    """Green 255, in the chain 127, of smaller companies 63, of the case 1 + 2 + 4 = 7.

    The case is cars (36), electronics (39) or building materials (30), and a named use.
    """
    spec(
        """
        loan | client | branch | balance | green tag | purpose
        L1   | C1     | north  |       1 | 1.1       | 3620
        L2   | C1     | north  |       2 | 1.1       | 3921
        L3   | C2     | north  |       4 | 1.1       | 3011
        L4   | C1     | north  |       8 | 1.1       | 2710
        L5   | C3     | north  |      16 | 1.1       | 3620
        L6   | C4     | north  |      32 | 1.1       | 3620
        L7   | C5     | north  |      64 | 1.1       | 3620
        L8   | C6     | north  |     128 | 1.1       | 3620
        L9   | C1     | north  |     256 |           | 3620
        """,
        borrower_snapshot="""
        client | size
        C1     | CS02
        C2     | CS04
        C3     | CS03
        C4     | CS03
        C5     | CS01
        C6     | CS03
        """,
        supply_chain_relation="""
        client | use
        C1     | energy_saving_equipment
        C2     | recycling_line
        C3     | cleaner_production
        C4     |
        C5     | recycling_line
        """,
        green_balance={"north": 255},
        green_supply_chain_balance={"north": 127},
        green_supply_chain_sme_share={"north": (63, 127)},
        green_supply_chain_case_balance={"north": 7},
        supply_chain_balance={"north": 127 + 256},
    )


def test_a_loan_has_one_core_enterprise(spec):
    """A tie named for the loan goes first; then the earliest; then the lowest number (drawn order).

    L1 is tied to LOAN by name, although C1 has an older tie to OLD, which holds for L2. C2's ties
    began on one day: the first in number holds. C3's older tie has no evidence, C4's has ended.
    """
    facts = spec(
        """
        loan | client | branch | balance | green tag
        L1   | C1     | north  |       1 | 1.1
        L2   | C1     | north  |       2 | 1.1
        L3   | C2     | north  |       4 | 1.1
        L4   | C3     | north  |       8 | 1.1
        L5   | C4     | north  |      16 | 1.1
        """,
        supply_chain_relation="""
        client | loan | core | evidence | from       | to
        C1     |      | NEW  | O-1      | 2024-06-01 |
        C1     |      | OLD  | O-2      | 2024-01-01 |
        C1     | L1   | LOAN | O-3      | 2025-01-01 |
        C2     |      | ONE  | O-4      | 2024-01-01 |
        C2     |      | TWO  | O-5      | 2024-01-01 |
        C3     |      | TIED | O-6      | 2024-01-01 |
        C3     |      | BARE |          | 2023-01-01 |
        C4     |      | GONE | O-8      | 2020-01-01 | 2026-10-30
        C4     |      | LAST | O-9      | 2024-01-01 | 2026-10-31
        """,
        green_supply_chain_balance={"north": 31},
    )
    assert spec.members(facts, "green_supply_chain_balance", "core_enterprise") == {
        "LOAN": 1,
        "OLD": 2,
        "ONE": 4,
        "TIED": 8,
        "LAST": 16,
    }
