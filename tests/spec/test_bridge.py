"""Why a share moved: one drawn book a cause, with the arithmetic worked out by hand.

The rule behind every number: a loan that adds dn above and dd below moves N/D by
dn (1/D0 + 1/D1) / 2 - dd (N0 + N1) / (2 D0 D1).

3911 (whole computers) is a strategic emerging industry, 5111 (wholesale of grain) is not.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.bridged import bridged
from tests.scenario import AS_OF, DEFINITIONS, REFERENCE, frame, small_book
from tests.spec.conftest import drawn
from transforms.analysis.bridge.contribution import contributions
from transforms.analysis.bridge.shape import NoBridgeError, shape_of
from transforms.catalogue.load import load

THEN = date(2026, 9, 30)
SHARE = "sei_share"
NOBODY = frame("borrower_snapshot", [])


def book(then, now, *, companions=None, companions_then=None, **tables):
    """Two drawn months; companions as drawn text, by table."""
    shared = {name: drawn(name, text) for name, text in (companions or {}).items()}
    old = shared | {name: drawn(name, text) for name, text in (companions_then or {}).items()}
    own = {name: drawn(name, text) for name, text in tables.items()}
    return small_book(
        earlier={THEN: {"loan_snapshot": drawn("loan_snapshot", then), **old}},
        loan_snapshot=drawn("loan_snapshot", now),
        **{**shared, **own},
    )


def split(held, metric=SHARE, **asked):
    """The bridge of a drawn book, which always adds up."""
    told = bridged(held, THEN, AS_OF, metric, **asked)
    if told.start is not None:
        assert sum(told.parts.values()) == told.change
    return told


TWO = """
loan | branch | balance | purpose
L1   | north  |     100 | 3911
L2   | north  |     300 | 5111
"""


def test_new_lending_in_the_share_raises_it_and_elsewhere_lowers_it():
    """100/400 becomes 200/800: 100 (1/400 + 1/800) / 2 above, 400 * 300 / (2 * 400 * 800) below: 3/16."""
    told = split(
        book(
            TWO,
            TWO
            + """
            L3   | north  |     100 | 3911
            L4   | north  |     300 | 5111
            """,
            loan_event="""
            loan | event    | amount
            L3   | drawdown |    100
            L4   | drawdown |    300
            """,
        )
    )
    assert (told.start, told.end) == (Fraction(1, 4), Fraction(1, 4))
    assert told.moved == {"new_lending": (100, 400)}
    assert told.parts == {"new_lending": 0}
    listed = {row["loan_id"]: row for row in told.by_loan().collect().to_dicts()}
    assert listed["L3"]["amount"] == Decimal("0.140625")  # 3/16 - 100*300/640000
    assert listed["L4"]["amount"] == Decimal("-0.140625")  # -300*300/640000
    assert listed["L3"]["causes"] == "new_lending"


def test_a_loan_drawn_and_partly_repaid_between_is_both():
    """Drawn 100, repaid 30: 70 stand. Nothing of it is netted away."""
    told = split(
        book(
            TWO,
            TWO + "L3 | north | 70 | 3911",
            loan_event="""
            loan | event               | amount
            L3   | drawdown            |    100
            L3   | scheduled_repayment |    -20
            L3   | prepayment          |    -10
            """,
        )
    )
    assert told.moved == {"new_lending": (100, 100), "repayment": (-30, -30)}


def test_repayment_takes_from_both_sides():
    """100/400 becomes 40/340: dn = dd = -60; -60*(1/400+1/340)/2 + 60*140/(2*400*340) = -9/68."""
    told = split(
        book(
            TWO,
            """
            loan | branch | balance | purpose
            L1   | north  |      40 | 3911
            L2   | north  |     300 | 5111
            """,
            loan_event="loan | event | amount\nL1 | scheduled_repayment | -60",
        )
    )
    assert told.moved == {"repayment": (-60, -60)}
    assert told.parts == {"repayment": Fraction(40, 340) - Fraction(1, 4)}


def test_a_drawdown_under_a_loan_that_was_there_is_no_new_lending():
    told = split(
        book(
            TWO,
            """
            loan | branch | balance | purpose
            L1   | north  |     150 | 3911
            L2   | north  |     300 | 5111
            """,
            loan_event="loan | event | amount\nL1 | drawdown | 50",
        )
    )
    assert told.moved == {"further_drawdown": (50, 50)}


def test_a_loan_that_drew_more_and_was_then_repaid_whole_drew_no_new_lending():
    told = split(
        book(
            TWO,
            "loan | branch | balance | purpose\nL2 | north | 300 | 5111",
            loan_event="loan | event | amount\nL1 | drawdown | 20\nL1 | prepayment | -120",
        )
    )
    assert told.moved == {"further_drawdown": (20, 20), "repayment": (-120, -120)}


def test_a_renewal_is_what_the_old_receipt_loses_and_the_new_one_draws_up_to_it():
    """80 of L1 are renewed into L3, which draws 110: 30 of it are new. The other 20 of L1 are repaid."""
    told = split(
        book(
            TWO,
            """
            loan | branch | balance | purpose | previous loan id | issue
            L2   | north  |     300 | 5111    |                  | new
            L3   | north  |     110 | 3911    | L1               | renewal_no_repayment
            """,
            loan_event="""
            loan | event               | amount
            L1   | renewal             |    -80
            L1   | scheduled_repayment |    -20
            L3   | drawdown            |    110
            """,
        )
    )
    assert told.moved == {
        "new_lending": (30, 30),
        "repayment": (-20, -20),
    }
    renewal = told.by_loan().collect()
    assert set(renewal.filter(loan_id="L3")["causes"]) == {"renewal; new_lending"}
    assert told.end == Fraction(110, 410)


def test_a_renewal_with_another_purpose_moves_the_share_though_nothing_grew():
    told = split(
        book(
            TWO,
            """
            loan | branch | balance | purpose | previous loan id | issue
            L2   | north  |     300 | 5111    |                  | new
            L3   | north  |     100 | 5111    | L1               | refinance
            """,
            loan_event="loan | event | amount\nL1 | renewal | -100\nL3 | drawdown | 100",
        )
    )
    assert told.moved == {"renewal": (-100, 0)}
    assert told.parts == {"renewal": Fraction(-1, 4)}


def test_one_receipt_renewed_into_two_is_shared_in_the_order_of_their_numbers():
    """100 renewed into L3 (70) and L4 (50): L4 has 30 left, and 20 of it are new lending."""
    told = split(
        book(
            TWO,
            """
            loan | branch | balance | purpose | previous loan id | issue
            L2   | north  |     300 | 5111    |                  | new
            L3   | north  |      70 | 3911    | L1               | refinance
            L4   | north  |      50 | 3911    | L1               | refinance
            """,
            loan_event="""
            loan | event    | amount
            L1   | renewal  |   -100
            L3   | drawdown |     70
            L4   | drawdown |     50
            """,
        )
    )
    assert told.moved == {"new_lending": (20, 20)}


def test_restructuring_is_told_apart_from_renewal():
    """A restructured loan was good and is bad now: 0/400 bad becomes 100/400."""
    told = split(
        book(
            TWO,
            """
            loan | branch | balance | class | previous loan id | issue
            L2   | north  |     300 | FQ01  |                  | new
            L3   | north  |     100 | FQ03  | L1               | restructure
            """,
            loan_event="loan | event | amount\nL1 | restructure | -100\nL3 | drawdown | 100",
        ),
        "npl_ratio",
    )
    assert told.parts == {"restructuring": Fraction(1, 4)}


@pytest.mark.parametrize(
    ("event", "cause"),
    [
        ("write_off", "write_off"),
        ("transfer_out", "transfer_out"),
        ("securitised", "securitisation"),
    ],
)
def test_what_leaves_the_book_is_told_by_how_it_left(event, cause):
    """100/400 bad becomes 0/300: all of it by the loan that left."""
    told = split(
        book(
            """
            loan | branch | balance | class
            L1   | north  |     100 | FQ05
            L2   | north  |     300 | FQ01
            """,
            "loan | branch | balance | class\nL2 | north | 300 | FQ01",
            loan_event=f"loan | event | amount\nL1 | {event} | -100",
        ),
        "npl_ratio",
    )
    assert told.moved == {cause: (-100, -100)}
    assert told.parts == {cause: Fraction(-1, 4)}


def test_a_loan_still_shown_as_written_off_left_all_the_same():
    """Its row is delivered once more with another class: that is no migration, it is gone."""
    told = split(
        book(
            """
            loan | branch | balance | class | status
            L1   | north  |     100 | FQ03  | normal
            L2   | north  |     300 | FQ01  | normal
            """,
            """
            loan | branch | balance | class | status
            L1   | north  |       0 | FQ05  | written_off
            L2   | north  |     300 | FQ01  | normal
            """,
            loan_event="""
            loan | event               | amount
            L1   | scheduled_repayment |    -10
            L1   | write_off           |    -90
            """,
        ),
        "npl_ratio",
    )
    assert told.moved == {"repayment": (-10, -10), "write_off": (-90, -90)}


def test_a_row_marked_securitised_says_itself_where_it_went():
    """No event was delivered; the row keeps its principal and says it was moved out."""
    told = split(
        book(
            "loan | branch | balance | movement\nL1 | north | 100 | none\nL2 | north | 300 | none",
            "loan | branch | balance | movement\nL1 | north | 100 | securitised\nL2 | north | 300 | none",
        ),
        "loan_balance",
    )
    assert told.parts == {"securitisation": -100}


def test_bought_loans_are_no_new_lending():
    told = split(
        book(
            TWO,
            TWO + "L3 | north | 100 | 3911",
            loan_event="loan | event | amount\nL3 | transfer_in | 100",
        )
    )
    assert told.moved == {"transfer_in": (100, 100)}


def test_a_correction_stands_under_its_own_name():
    told = split(
        book(
            TWO,
            "loan | branch | balance | purpose\nL1 | north | 90 | 3911\nL2 | north | 300 | 5111",
            loan_event="loan | event | amount\nL1 | correction | -10",
        )
    )
    assert told.moved == {"correction": (-10, -10)}


def test_what_no_event_says_stands_alone_and_is_never_spread():
    """L1 fell by 60 and events say 50; L2 left and L3 came without a word."""
    told = split(
        book(
            TWO,
            "loan | branch | balance | purpose\nL1 | north | 40 | 3911\nL3 | north | 200 | 5111",
            loan_event="loan | event | amount\nL1 | scheduled_repayment | -50",
        )
    )
    assert told.moved == {
        "repayment": (-50, -50),
        "balance_without_event": (-10, -10),
        "gone_without_event": (0, -300),
        "new_without_event": (0, 200),
    }


def test_a_changed_purpose_is_a_reclassification():
    """The loan is the same: 100/400 becomes 400/400."""
    told = split(
        book(
            TWO,
            "loan | branch | balance | purpose\nL1 | north | 100 | 3911\nL2 | north | 300 | 3911",
        )
    )
    assert told.parts == {"reclassification": Fraction(3, 4)}


def test_an_attribute_of_the_client_is_one_too():
    """C2 becomes a sole proprietor, whose loans are not corporate: 100/400 becomes 100/100."""
    loans = "loan | client | balance | purpose\nL1 | C1 | 100 | 3911\nL2 | C2 | 300 | 5111"
    told = split(
        book(
            loans,
            loans,
            companions_then={
                "borrower_snapshot": "client | type\nC1 | enterprise\nC2 | enterprise"
            },
            borrower_snapshot="client | type\nC1 | enterprise\nC2 | individual_business",
        )
    )
    assert told.moved == {"reclassification": (0, -300)}
    assert told.parts == {"reclassification": Fraction(3, 4)}


def test_a_client_missing_from_the_later_table_keeps_what_was_known_of_him():
    """C2 left with his loan and out of the client table: his loan is judged as it was."""
    told = split(
        book(
            "loan | client | balance | purpose\nL1 | C1 | 100 | 3911\nL2 | C2 | 300 | 5111",
            "loan | client | balance | purpose\nL1 | C1 | 100 | 3911",
            companions_then={
                "borrower_snapshot": "client | type\nC1 | enterprise\nC2 | individual_business"
            },
            borrower_snapshot="client | type\nC1 | enterprise",
            loan_event="loan | event | amount\nL2 | scheduled_repayment | -300",
        )
    )
    # His loan was of a sole proprietor and counts on neither side; as an enterprise's it would.
    assert told.moved == {}
    assert (told.start, told.end) == (1, 1)


def test_a_worse_class_is_a_migration():
    told = split(
        book(
            "loan | branch | balance | class\nL1 | north | 100 | FQ02\nL2 | north | 300 | FQ01",
            "loan | branch | balance | class\nL1 | north | 100 | FQ03\nL2 | north | 300 | FQ01",
        ),
        "npl_ratio",
    )
    assert told.parts == {"migration": Fraction(1, 4)}


def test_a_loan_that_turned_bad_and_repaid_a_part_is_first_one_then_the_other():
    """100 turn bad, then 20 of the bad loan are repaid: +100, then -20 above and below."""
    told = split(
        book(
            "loan | branch | balance | class\nL1 | north | 100 | FQ01\nL2 | north | 300 | FQ01",
            "loan | branch | balance | class\nL1 | north | 80 | FQ03\nL2 | north | 300 | FQ01",
            loan_event="loan | event | amount\nL1 | scheduled_repayment | -20",
        ),
        "npl_ratio",
    )
    assert told.moved == {"migration": (100, 0), "repayment": (-20, -20)}


def test_an_allowance_is_no_balance():
    """Coverage 50/100 becomes 80/100."""
    told = split(
        book(
            "loan | branch | balance | class | allowance\nL1 | north | 100 | FQ03 | 50",
            "loan | branch | balance | class | allowance\nL1 | north | 100 | FQ03 | 80",
        ),
        "provision_coverage",
    )
    assert told.parts == {"allowance": Fraction(3, 10)}


def test_the_allowance_of_a_loan_written_off_leaves_with_it():
    """Coverage (50+30)/200 becomes 30/100: -50 above and -100 below, all by the write-off."""
    told = split(
        book(
            """
            loan | branch | balance | class | allowance
            L1   | north  |     100 | FQ05  |        50
            L2   | north  |     100 | FQ03  |        30
            """,
            "loan | branch | balance | class | allowance\nL2 | north | 100 | FQ03 | 30",
            loan_event="loan | event | amount\nL1 | write_off | -100",
        ),
        "provision_coverage",
    )
    assert told.moved == {"write_off": (-50, -100)}


def test_a_new_rate_is_a_repricing():
    """100 at 4 % and 100 at 2 %: the mean 3 % becomes 2.5 %."""
    told = split(
        book(
            "loan | balance | rate\nL1 | 100 | 0.04\nL2 | 100 | 0.02",
            "loan | balance | rate\nL1 | 100 | 0.03\nL2 | 100 | 0.02",
        ),
        "loan_rate",
    )
    assert told.parts == {"repricing": Fraction(-1, 200)}


def test_a_currency_that_rises_is_told_on_the_old_principal():
    """10 USD at 7, then at 8 with 5 USD repaid: +10 by the rate, -40 by the repayment."""
    told = split(
        book(
            "loan | balance | currency\nL1 | 10 | USD\nL2 | 30 | CNY",
            "loan | balance | currency\nL1 | 5 | USD\nL2 | 30 | CNY",
            companions_then={"fx_rate": "currency | rate\nUSD | 7"},
            fx_rate="currency | rate\nUSD | 8",
            loan_event="loan | event | amount | currency\nL1 | scheduled_repayment | -5 | USD",
        ),
        "loan_balance",
    )
    assert told.parts == {"fx": 10, "repayment": -40}
    assert (told.start, told.end) == (100, 70)


def test_a_certificate_that_lapses_is_a_matter_of_lists():
    """The client leaves the list on 15 October: the loan is a technology loan no more."""
    loans = "loan | client | balance\nL1 | C1 | 100\nL2 | C2 | 300"
    listed = {"tech_enterprise_list": "client | from | to\nC1 | 2024-01-01 | 2026-10-15"}
    told = split(book(loans, loans, companions=listed), "tech_enterprise_balance")
    assert told.parts == {"lists": -100}


OWN = """
flags:
  is_big:
    label: {en: Big loan, zh: 大额贷款}
    source: {document: own, verified: true, own: true}
    all:
      - {sql: "is_loan", label: {en: is a loan, zh: 贷款}}
      - {sql: "balance >= 100", label: {en: of 100 or more, zh: 100以上}}
    earlier:
      - until: 2026-09-30
        all:
          - {sql: "is_loan", label: {en: is a loan, zh: 贷款}}
          - {sql: "balance >= 50", label: {en: of 50 or more, zh: 50以上}}
measures:
  big_balance: {sum: balance, where: is_big}
metrics:
  big_balance:
    label: {en: Big loans, zh: 大额贷款余额}
    kind: total
    of: big_balance
    unit: currency
    better: higher
    source: {document: own, verified: true, own: true}
    valid_from: 2018-01-31
    version: 2
"""


def test_another_definition_is_told_on_the_old_book():
    """From October a big loan has 100, not 50: L1 (60) is none any more. L2 grows from 90 to 120 and is one
    only under the rule of its day: out by the definition, in by the drawdown that takes it over the limit."""
    own = load(
        REFERENCE.tables["thresholds"]["name"].unique(),
        rules=REFERENCE.tables["npl_tolerance_rules"]["rule_id"],
        additions={"own.yaml": OWN},
    )
    told = split(
        book(
            "loan | balance\nL1 | 60\nL2 | 90\nL3 | 500",
            "loan | balance\nL1 | 60\nL2 | 120\nL3 | 500",
            loan_event="loan | event | amount\nL2 | drawdown | 30",
        ),
        "big_balance",
        definitions=own,
    )
    assert (told.start, told.end) == (650, 620)
    assert told.parts == {"definition": -150, "further_drawdown": 120}


def test_an_override_that_ends_and_one_that_begins_are_no_reclassifications():
    """Delivered, L1 is of grain and L2 of computers at both month ends. An override makes L1 computers in
    September only, another makes L2 grain from October on: 400/400, then 0/400."""
    held = book(
        "loan | balance | purpose\nL1 | 100 | 3911\nL2 | 300 | 3911",
        "loan | balance | purpose\nL1 | 100 | 5111\nL2 | 300 | 5111",
    )
    # The start as delivered (L1 of grain), with the override of October put in place (L2 of grain).
    put = frame(
        "loan_snapshot",
        drawn("loan_snapshot", "loan | balance | purpose\nL1 | 100 | 5111\nL2 | 300 | 5111"),
    )
    given = {"loan_snapshot": put.lazy(), "borrower_snapshot": NOBODY.lazy()}
    told = split(held, overridden=given)
    assert told.parts == {"override": -1}


MOVED = """
branch | level
HO     | head
north  | tier1
south  | tier1
"""
UNDER = "branch | parent\nnorth | HO\nsouth | HO"


def test_a_loan_booked_elsewhere_moves_both_branches_and_not_the_bank():
    tree = {"branch": MOVED, "branch_hierarchy": UNDER}
    held = book(
        "loan | branch | balance\nL1 | north | 100\nL2 | south | 300",
        "loan | branch | balance\nL1 | south | 100\nL2 | south | 300",
        companions=tree,
    )
    told = {node: split(held, "loan_balance", node=node).parts for node in ("HO", "north", "south")}
    assert told == {"HO": {}, "north": {"branch_move": -100}, "south": {"branch_move": 100}}


def test_a_merger_is_a_branch_move_unless_the_start_is_restated_to_todays_branches():
    """South is merged into north on 1 October; its loan is booked at north from then on."""
    merged = """
    branch | level | closed     | into
    HO     | head  |            |
    north  | tier1 |            |
    south  | tier1 | 2026-10-01 | north
    """
    held = book(
        "loan | branch | balance | purpose\nL1 | north | 100 | 3911\nL2 | south | 300 | 5111",
        "loan | branch | balance | purpose\nL1 | north | 100 | 3911\nL2 | north | 300 | 5111",
        companions={"branch_hierarchy": UNDER, "branch": merged},
    )
    then = split(held, node="north")
    assert (then.start, then.end) == (1, Fraction(1, 4))
    assert then.parts == {"branch_move": Fraction(-3, 4)}
    today = split(held, node="north", today=True)
    assert (today.start, today.parts) == (Fraction(1, 4), {})
    assert split(held, node="HO").parts == {}


MERGED = """
branch | level | closed     | into
HO     | head  |            |
north  | tier1 |            |
south  | tier1 | 2026-10-01 | north
"""


def test_a_merger_moves_the_whole_branch_also_what_has_left_since():
    """South brings 300 + 50: the 50 are repaid, and the 300 are renewed into L4 with 40 on top."""
    held = book(
        "loan | branch | balance\nL1 | north | 100\nL2 | south | 300\nL3 | south | 50",
        "loan | branch | balance | previous_loan_id\nL1 | north | 100 |\nL4 | north | 340 | L2",
        companions={"branch_hierarchy": UNDER, "branch": MERGED},
        loan_event="""
        loan | event      | amount
        L2   | renewal    |   -300
        L3   | prepayment |    -50
        L4   | drawdown   |    340
        """,
    )
    told = split(held, "loan_balance", node="north").parts
    assert told == {"branch_move": 350, "new_lending": 40, "repayment": -50}
    today = split(held, "loan_balance", node="north", today=True).parts
    assert today == {"new_lending": 40, "repayment": -50}


def test_clients_of_a_merged_branch_move_before_they_leave():
    held = book(
        "loan | client | branch | balance\nL1 | C1 | north | 1\nL2 | C2 | south | 1",
        "loan | client | branch | balance\nL1 | C1 | north | 1",
        companions={"branch_hierarchy": UNDER, "branch": MERGED},
    )
    told = split(held, "loan_clients", node="north").parts
    assert told == {"branch_move": 1, "clients_gone": -1}


def test_another_parent_moves_what_is_below_it():
    tree = "branch | level\nHO | head\neast | region\nwest | region\nnorth | tier1"
    held = book(
        "loan | branch | balance\nL1 | north | 100",
        "loan | branch | balance\nL1 | north | 100",
        companions={"branch": tree},
        companions_then={"branch_hierarchy": "branch | parent\neast | HO\nwest | HO\nnorth | east"},
        branch_hierarchy="branch | parent\neast | HO\nwest | HO\nnorth | west",
    )
    told = {node: split(held, "loan_balance", node=node).parts for node in ("east", "west", "HO")}
    assert told == {"east": {"branch_move": -100}, "west": {"branch_move": 100}, "HO": {}}


def test_a_restated_start_is_told_before_anything_else():
    """Reported as 100 of 400; the bank then found L2 to be one of computers as well."""
    reported = book(TWO, TWO)
    known = book(TWO.replace("300 | 5111", "300 | 3911"), TWO.replace("300 | 5111", "300 | 3911"))
    told = split(known, reported=reported)
    assert (told.start, told.end) == (Fraction(1, 4), 1)
    assert told.parts == {"restatement": Fraction(3, 4)}


def test_clients_are_counted_once_however_many_loans_they_have():
    """C1 keeps one of two loans, C2 leaves, C3 comes with two."""
    told = split(
        book(
            "loan | client | balance\nL1 | C1 | 1\nL2 | C1 | 1\nL3 | C2 | 1",
            "loan | client | balance\nL1 | C1 | 1\nL4 | C3 | 1\nL5 | C3 | 1",
        ),
        "loan_clients",
    )
    assert (told.start, told.end) == (2, 2)
    assert told.parts == {"clients_gone": -1, "clients_new": 1}


def test_a_client_who_is_no_longer_listed_is_no_client_who_left():
    loans = "loan | client | balance\nL1 | C1 | 100\nL2 | C2 | 300"
    listed = {
        "tech_enterprise_list": """
        client | from       | to
        C1     | 2024-01-01 | 2026-10-15
        C2     | 2024-01-01 |
        """
    }
    told = split(book(loans, loans, companions=listed), "tech_clients")
    assert told.parts == {"lists": -1}


def test_the_gap_of_two_ratios_has_the_parts_of_both():
    """Small business 50/100 bad against 50/400 of all: the gap is 37.5 pp, then 0 pp less 0 pp."""
    small = {
        "borrower_snapshot": "client | size | line\nC1 | CS03 | 1000000\nC2 | CS01 | 900000000"
    }
    told = split(
        book(
            """
            loan | client | balance | class
            L1   | C1     |      50 | FQ03
            L2   | C1     |      50 | FQ01
            L3   | C2     |     300 | FQ01
            """,
            "loan | client | balance | class\nL2 | C1 | 50 | FQ01\nL3 | C2 | 300 | FQ01",
            companions=small,
            loan_event="loan | event | amount\nL1 | write_off | -50",
        ),
        "inclusive_npl_gap",
        node="north",
    )
    assert (told.start, told.end) == (Fraction(75, 2), 0)
    assert told.parts == {"write_off": Fraction(-75, 2)}


@pytest.mark.parametrize(
    ("metric", "why", "instead"),
    [
        ("inclusive_npl_tolerance", "is the room below a limit", "inclusive_npl_ratio"),
        ("loan_growth_yoy", "compares two months already", "Bridge loan_balance"),
        ("sei_growth_gap", "is a gap of sei_growth_ytd", "sei_balance"),
        ("industry_hhi", "is a sum of squares", "catalogue"),
        ("largest_client_share", "rests on the largest few", "Bridge loan_balance"),
        ("loan_disbursed_ytd", "adds up several months", "catalogue"),
        ("migration_normal", "is not made from the loans of a month end alone", "catalogue"),
        ("tech_access_rate", "is not made from the loans of a month end alone", "catalogue"),
    ],
)
def test_what_is_no_sum_over_loans_is_refused_with_what_is(metric, why, instead):
    catalogue = DEFINITIONS.newest
    one = catalogue.metrics[metric]
    with pytest.raises(NoBridgeError) as refused:
        shape_of(catalogue, one, one.reading(one.default_reading))
    assert why in str(refused.value)
    assert instead in str(refused.value)


def test_a_branch_contributes_by_its_own_ratio_and_by_its_weight():
    """The bank stays at a fifth: 80/400, then 120/600. North falls from 50/100 to 90/300 and gains weight:
    within (1/4 + 1/2) / 2 * (3/10 - 1/2) = -3/40, mix (1/2 - 1/4) * (2/5 - 1/5) = 1/20.
    South stays at 30/300 and loses weight: mix (1/2 - 3/4) * (1/10 - 1/5) = 1/40."""
    shape = shape_of(DEFINITIONS.newest, *_share())
    found = contributions(
        shape,
        {
            "north": {"0:n": Fraction(50), "0:d": Fraction(100)},
            "south": {"0:n": Fraction(30), "0:d": Fraction(300)},
        },
        {
            "north": {"0:n": Fraction(90), "0:d": Fraction(300)},
            "south": {"0:n": Fraction(30), "0:d": Fraction(300)},
        },
    )
    assert [(one.child, one.within, one.mix) for one in found] == [
        ("north", Fraction(-3, 40), Fraction(1, 20)),
        ("south", 0, Fraction(1, 40)),
    ]


def test_a_branch_that_is_there_at_one_end_only_is_all_mix():
    """North (50/100) is gone, south stays at 30/300: the bank falls from 80/400 to 30/300, by a tenth.
    North: -50/400 + 100/400 * (1/5 + 1/10) / 2 = -7/80. South: (1 - 3/4) * (1/10 - 3/20) = -1/80."""
    shape = shape_of(DEFINITIONS.newest, *_share())
    found = contributions(
        shape,
        {
            "north": {"0:n": Fraction(50), "0:d": Fraction(100)},
            "south": {"0:n": Fraction(30), "0:d": Fraction(300)},
        },
        {
            "north": {"0:n": Fraction(0), "0:d": Fraction(0)},
            "south": {"0:n": Fraction(30), "0:d": Fraction(300)},
        },
    )
    assert [(one.within, one.mix) for one in found] == [
        (0, Fraction(-7, 80)),
        (0, Fraction(-1, 80)),
    ]
    assert sum(one.amount for one in found) == Fraction(-1, 10)


def _sums(top, under):
    return {"0:n": Fraction(top), "0:d": Fraction(under)}


def _share():
    metric = DEFINITIONS.newest.metrics[SHARE]
    return metric, metric.reading(metric.default_reading)
