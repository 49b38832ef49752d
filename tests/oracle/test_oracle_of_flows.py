"""The oracle's flows and changes on tiny books, each figure worked by hand.

Balances of one month are in `test_oracle_of_portfolios.py`, branches and first-time clients in
`test_oracle_itself.py`.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.oracle.oracle_books import (
    OCT,
    SEP,
    YEAR_AGO,
    YEAR_END,
    ask,
    borrower,
    branch,
    event,
    flow,
    loan,
    month,
    parts_of,
    row,
    small,
    under,
    value_of,
)

JAN, FEB, MAR = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)
BAD, MENTION = {"loan_classification": "FQ03"}, {"loan_classification": "FQ02"}


def two_months(then, now, *events, **tables):
    """A book of the year end and of January, which is then asked for."""
    return {YEAR_END: month(then, **tables), JAN: month(now, loan_event=events, **tables)}


def jan(book, metric, reading=None, branch_id="A"):
    return value_of(book, metric, reading, branch_id, JAN)


def parts(book, metric, reading=None, branch_id="A"):
    return parts_of(book, metric, reading, branch_id, JAN)


def status(book, metric, reading=None, branch_id="A", as_of=JAN):
    return ask(book, metric, reading, branch_id, as_of).status


# Drawdowns ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({}, True),
        ({"product_type": "discounted_bill"}, True),
        ({"product_type": "rediscounted_bill"}, False),
        ({"entrusted_flag": True}, False),
        ({"on_balance_sheet": False}, False),
        ({"loan_status": "settled", "outstanding_principal": Decimal(0)}, True),  # repaid since
        ({"movement": "securitised"}, True),
    ],
)
def test_what_was_drawn_counts_even_if_it_is_gone(change, counts):
    book = two_months([], [loan("1", 100, **change)], flow("drawdown", "1", 100))
    assert jan(book, "loan_disbursed_ytd") == (100 if counts else 0)


def test_a_loan_that_is_in_neither_book_was_not_drawn_as_far_as_anyone_knows():
    book = two_months([], [], flow("drawdown", "GONE", 100), flow("write_off", "GONE", -100))
    assert jan(book, "loan_disbursed_ytd") == 0
    assert jan(book, "write_offs_ytd") == 0


def test_an_event_counts_at_its_own_branch_and_at_the_rate_of_its_month():
    dollars = {"currency_code": "USD", "booking_branch_id": "B"}
    rates = [{"currency_code": "USD", "rate": Decimal("7.10000000")}]
    events = [
        flow("drawdown", "1", "0.05", currency_code="USD", event_id=each, branch_id=at)
        for each, at in (("x", "A"), ("y", "A"), ("z", "B"))
    ]
    book = two_months([], [loan("1", 1, **dollars)], *events, fx_rate=rates)
    at = {node: jan(book, "loan_disbursed_ytd", branch_id=node) for node in ("HO", "A", "B")}
    # 0.355 is 0.36, event by event.
    assert at == {"HO": Decimal("1.08"), "A": Decimal("0.72"), "B": Decimal("0.36")}


def test_the_year_so_far_is_known_only_if_every_month_is():
    book = {
        YEAR_END: month(),
        JAN: month([loan("1", 10)], loan_event=[flow("drawdown", "1", 10)]),
        FEB: month([loan("2", 20)], loan_event=[flow("drawdown", "2", 20)]),
        MAR: month(),
    }
    assert value_of(book, "loan_disbursed_ytd", as_of=MAR) == 30
    del book[FEB]["loan_event"]
    lost = ask(book, "loan_disbursed_ytd", as_of=MAR)
    assert (lost.status, lost.numerator) == ("n/c", None)
    assert "2026-02-28" in lost.reason
    assert value_of(book, "loan_disbursed_ytd", as_of=JAN) == 10


def test_new_rates_are_weighted_by_what_was_drawn():
    three, five = Decimal("0.03000000"), Decimal("0.05000000")
    january = [loan("1", 1, interest_rate=three), loan("2", 1, borrower_id="S", interest_rate=five)]
    february = [loan("3", 1, borrower_id="S", interest_rate=three), loan("4", 1)]
    clients = [borrower("E"), small("S")]
    book = {
        YEAR_END: month(),
        JAN: month(
            january,
            borrower_snapshot=clients,
            loan_event=[
                flow("drawdown", "1", 100),
                flow("drawdown", "2", 300, borrower_id="S"),
                flow("prepayment", "1", -99),
            ],
        ),
        FEB: month(
            february,
            borrower_snapshot=clients,
            loan_event=[flow("drawdown", "3", 100), flow("drawdown", "4", 900)],
        ),
    }
    assert parts_of(book, "loan_rate_new", as_of=JAN) == (18, 400)
    assert parts_of(book, "loan_rate_new", as_of=FEB) == (3, 100)  # nobody knows the rate of 4
    assert parts_of(book, "loan_rate_new_ytd", as_of=FEB) == (21, 500)
    assert parts_of(book, "inclusive_rate_new_ytd", as_of=FEB) == (18, 400)
    assert status(book, "lpr_spread_new_ytd", as_of=FEB) == "n/a"  # no benchmark is quoted


def test_the_spread_of_new_loans_is_in_basis_points():
    quoted = [
        row("lpr_rate", effective_date=date(2026, 1, 1), term=term, rate=Decimal(rate))
        for term, rate in (("1Y", "0.03000000"), ("5Y", "0.03500000"))
    ]
    drawn = {"disbursement_date": date(2026, 1, 5), "interest_rate": Decimal("0.03600000")}
    now = [
        loan("1", 1, maturity_date=date(2027, 1, 5), **drawn),
        loan("2", 1, maturity_date=date(2029, 1, 5), **drawn),
        loan("3", 1, **drawn),  # of no term
    ]
    events = [flow("drawdown", each, amount) for each, amount in (("1", 100), ("2", 300), ("3", 9))]
    book = two_months([], now, *events, lpr_rate=quoted)
    # 100 at 60 points and 300 at 10.
    assert parts(book, "lpr_spread_new_ytd") == (Decimal("0.9"), 400)
    assert jan(book, "lpr_spread_new_ytd") == Decimal("22.5")


def test_first_time_clients_are_compared_with_all_who_drew():
    day = date(2026, 1, 20)
    events = [
        flow("drawdown", "1", 10, borrower_id="NEW"),
        flow("drawdown", "2", 10, borrower_id="OLD"),
        flow("drawdown", "3", 10, borrower_id="OLD"),
        flow("drawdown", "4", 10, borrower_id="OLD", branch_id="B"),
        flow("prepayment", "5", -10, borrower_id="SAVER"),
    ]
    book = two_months([], [loan("1", 7, borrower_id="NEW")], *events)
    book[JAN]["borrower_first_loan_event"] = [
        event("NEW", "1", day, day),
        event("HERE", "9", day, None, branch_id="B"),
    ]
    assert parts(book, "first_time_share") == (1, 2)  # entrusted or not, whoever drew
    assert parts(book, "first_time_share", branch_id="B") == (0, 1)
    assert parts(book, "first_time_share", branch_id="HO") == (1, 2)
    assert parts(book, "first_time_share_ytd", branch_id="HO") == (1, 2)
    assert jan(book, "first_time_clients", "new_to_bank", "HO") == 2
    assert jan(book, "first_time_clients", "regulator", "HO") == 1
    assert jan(book, "new_to_bank_clients_ytd", branch_id="B") == 1
    assert jan(book, "first_time_balance") == 7


def test_new_to_the_bank_takes_the_first_event_that_passes_its_own_test():
    book = two_months([], [])
    book[JAN]["borrower_first_loan_event"] = [
        event("N", "1", date(2026, 1, 5), None, issue_type="refinance"),
        event("N", "2", date(2026, 1, 6), None, revoked_on=JAN),
        event("N", "3", date(2026, 1, 7), None, branch_id="B"),
        event("N", "4", date(2026, 1, 8), date(2026, 1, 8)),
    ]
    at_b = jan(book, "first_time_clients", "new_to_bank", "B")
    assert (at_b, jan(book, "first_time_clients", "new_to_bank", "A")) == (1, 0)
    assert jan(book, "first_time_clients", "regulator", "A") == 1  # the first one with proof


# Non-performing loans -----------------------------------------------------------------------------


def test_bad_loans_formed_are_the_same_by_flow_and_by_loan():
    then = [
        loan("stays", 100, **BAD),
        loan("turns", 200),
        loan("heals", 50, **BAD),
        loan("is written off", 30, **BAD),
        loan("is sold", 40, **BAD),
        loan("goes unseen", 25),
        loan("is repaid", 10, **BAD),
    ]
    now = [
        loan("stays", 80, **BAD),
        loan("turns", 190, **BAD),
        loan("heals", 45),
        loan("comes bad", 5, **BAD),
    ]
    events = [
        flow("scheduled_repayment", "stays", -20),
        flow("scheduled_repayment", "turns", -10),
        flow("prepayment", "heals", -5),
        flow("write_off", "is written off", -30),
        flow("transfer_out", "is sold", -40),
        flow("write_off", "goes unseen", -25),
        flow("renewal", "is repaid", -10),
        flow("drawdown", "comes bad", 5),
        flow("reclassification", "turns", 0),
    ]
    book = two_months(then, now, *events)
    # 275 now, 230 then; 55 written off, 40 sold, 35 repaid, 45 healed: 45 + 175.
    assert jan(book, "npl_formed_ytd") == 220
    # 190 and 5 are new, 25 never stood as bad.
    assert jan(book, "npl_formed_by_loan_ytd") == 220
    assert jan(book, "npl_formed_difference") == 0
    assert jan(book, "write_offs_ytd") == 55
    # A twelvefold month over half of 455 and 320.
    assert parts(book, "npl_formation_rate") == (2640, Decimal("387.5"))
    assert parts(book, "npl_ratio_with_write_offs") == (275 + 55, 320 + 55)


def test_only_what_was_bad_is_sold_or_repaid_as_bad():
    then = [loan("good", 40), loan("bad", 40, **BAD), loan("theirs", 9, **BAD, entrusted_flag=True)]
    events = [
        flow("transfer_out", "good", -40),
        flow("securitised", "bad", -40),
        flow("write_off", "theirs", -9),
        flow("prepayment", "theirs", -9),
    ]
    book = two_months(then, [], *events)
    assert jan(book, "npl_formed_ytd") == 0  # 0 now, 40 then, 40 sold
    assert jan(book, "npl_formed_by_loan_ytd") == 0
    assert jan(book, "write_offs_ytd") == 0


def test_what_shows_only_by_flow_is_the_difference():
    book = two_months([loan("1", 100, **BAD)], [loan("1", 103, **BAD)])
    assert jan(book, "npl_formed_ytd") == 3  # more of an old one, as by another rate of exchange
    assert jan(book, "npl_formed_by_loan_ytd") == 0
    assert jan(book, "npl_formed_difference") == 3


def test_a_bad_loan_that_moves_is_formed_nowhere():
    then = [loan("1", 100, **BAD), loan("2", 60)]
    now = [loan("1", 100, booking_branch_id="B", **BAD), loan("2", 60, booking_branch_id="B")]
    events = [
        flow("branch_move", each, amount, branch_id=at, event_id=f"{each} {at}")
        for each, amount, at in (("1", -100, "A"), ("1", 100, "B"), ("2", -60, "A"), ("2", 60, "B"))
    ]
    book = two_months(then, now, *events)
    for node in ("HO", "A", "B"):
        assert jan(book, "npl_formed_ytd", branch_id=node) == 0
        assert jan(book, "npl_formed_by_loan_ytd", branch_id=node) == 0


def test_a_loan_that_heals_counts_where_it_is_now():
    then = [loan("1", 100, **BAD)]
    now = [loan("1", 100, booking_branch_id="B")]
    events = [
        flow("branch_move", "1", -100, event_id="from"),
        flow("branch_move", "1", 100, event_id="to", branch_id="B"),
    ]
    book = two_months(then, now, *events)
    for node in ("HO", "A", "B"):
        assert jan(book, "npl_formed_ytd", branch_id=node) == 0


def test_formation_over_the_year_is_added_up_month_by_month():
    good, bad = [loan("1", 100)], [loan("1", 100, **BAD)]
    book = {YEAR_END: month(good), JAN: month(bad), FEB: month(good), MAR: month(bad)}
    assert value_of(book, "npl_formed_by_loan_ytd", as_of=MAR) == 200
    assert value_of(book, "npl_formed_ytd", as_of=MAR) == 200
    # 200 x 12 over 100 x 3.
    assert parts_of(book, "npl_formation_rate", as_of=MAR) == (2400, 300)
    del book[FEB]
    assert status(book, "npl_formed_ytd", as_of=MAR) == "n/c"
    assert status(book, "npl_formed_by_loan_ytd", as_of=MAR) == "n/c"


def test_the_year_end_is_needed_to_tell_what_was_bad_then():
    book = two_months([], [loan("1", 100, **BAD)], flow("recovery", "OLD", 7))
    del book[YEAR_END]
    open_ones = ("npl_formed_ytd", "npl_formed_by_loan_ytd", "write_offs_ytd", "credit_cost")
    assert {status(book, metric) for metric in open_ones} == {"n/c"}
    assert jan(book, "recovered_ytd") == 7  # long gone from every book, and cash all the same


def test_new_loans_gone_bad_are_those_of_this_year():
    this_year, last_year = date(2026, 1, 1), date(2025, 12, 31)
    then = [loan("old", 40, **BAD, disbursement_date=last_year)]
    now = [
        loan("1", 10, **BAD, disbursement_date=this_year),
        loan("2", 20, **BAD, disbursement_date=last_year),
        loan("3", 30, disbursement_date=this_year),
        loan("4", 5, disbursement_date=this_year, loan_status="written_off"),
        loan("5", 6, disbursement_date=this_year, movement="transferred_out"),
    ]
    events = [
        flow("drawdown", "1", 100),
        flow("drawdown", "3", 100),
        flow("write_off", "4", -5),
        flow("write_off", "old", -40),
        flow("transfer_out", "5", -6),  # never seen as bad
    ]
    book = two_months(then, now, *events)
    assert parts(book, "new_loan_npl_ratio") == (15, 200)
    assert jan(book, "write_offs_ytd") == 45


def test_credit_cost_is_what_was_set_aside_and_lost_less_what_came_back():
    dollars = {"currency_code": "USD", "impairment_allowance": Decimal("1.00")}
    then = [loan("1", 100, impairment_allowance=Decimal(4)), loan("2", 50, **BAD)]
    now = [loan("1", 90, impairment_allowance=Decimal(6)), loan("3", 10, **dollars)]
    book = two_months(
        then,
        now,
        flow("write_off", "2", -30),
        flow("transfer_out", "2", -20),
        flow("recovery", "OLD", 8),
        fx_rate=[{"currency_code": "USD", "rate": Decimal(7)}],
    )
    assert parts(book, "provision_ratio") == (13, 160)
    # (13 - 4 + 30 + 20 - 8) x 12 over half of 160 and 150.
    assert parts(book, "credit_cost") == (612, 155)
    assert status(book, "provision_coverage") == "n/a"
    assert parts_of(book, "provision_coverage", as_of=YEAR_END) == (4, 50)


def test_migration_is_what_got_worse_of_what_was_not_repaid():
    then = [
        loan("1", 100),  # to special mention, 80 left
        loan("2", 100),  # to non-performing, and more is owed
        loan("3", 100),  # stays, 60 left
        loan("4", 100),  # repaid
        loan("5", 100, **MENTION),  # to non-performing, 90 left
        loan("6", 100, **MENTION),  # better again
        loan("7", 100, **BAD),
        loan("8", 100),  # written off: still in the file, no longer a loan
    ]
    now = [
        loan("1", 80, **MENTION),
        loan("2", 110, **BAD),
        loan("3", 60),
        loan("5", 90, **BAD),
        loan("6", 100),
        loan("7", 100),
        loan("8", 100, loan_classification="FQ05", loan_status="written_off"),
        loan("9", 100, **BAD),
    ]
    book = two_months(then, now)
    assert parts(book, "migration_normal") == (190, 80 + 100 + 60)
    assert parts(book, "migration_special_mention") == (90, 90 + 100)
    assert jan(book, "special_mention_ratio") == Decimal(80) / Decimal(640)


# Growth -------------------------------------------------------------------------------------------


def test_the_average_is_over_the_month_ends_of_the_year():
    book = {day: month([loan("1", amount)]) for day, amount in ((JAN, 10), (FEB, 20), (MAR, 60))}
    assert parts_of(book, "loan_average_balance", as_of=MAR) == (90, 3)
    del book[FEB]
    assert status(book, "loan_average_balance", as_of=MAR) == "n/c"


def test_this_years_increment_is_set_against_that_of_last_year():
    amounts = {date(2024, 12, 31): 100, YEAR_AGO: 130, YEAR_END: 150, OCT: 220}
    book = {day: month([loan("1", amount)]) for day, amount in amounts.items()}
    assert value_of(book, "loan_increment_yoy_diff") == 70 - 30
    assert ask(book, "loan_growth_ytd").exact == Fraction(70, 150)
    del book[date(2024, 12, 31)]
    assert status(book, "loan_increment_yoy_diff", as_of=OCT) == "n/c"


def test_growth_of_a_part_is_set_against_growth_of_all():
    strategic, green = {"purpose_industry_code": "3973"}, {"green_tag": "3"}
    before = [loan("1", 100, **strategic), loan("2", 100, borrower_id="S"), loan("3", 200, **green)]
    now = [loan("1", 130, **strategic), loan("2", 150, borrower_id="S"), loan("3", 220, **green)]
    clients = {"borrower_snapshot": [borrower("E"), small("S")]}
    book = {YEAR_END: month(before, **clients), OCT: month(now, **clients)}
    assert parts_of(book, "sei_growth_ytd") == (30, 100)
    assert value_of(book, "sei_growth_gap") == 5  # 30 % and 25 %
    assert parts_of(book, "sei_increment_share") == (30, 100)
    assert value_of(book, "sei_increment_ytd") == 30
    assert value_of(book, "inclusive_growth_gap") == 25
    assert parts_of(book, "inclusive_growth_ytd") == (50, 100)
    assert parts_of(book, "green_increment_share") == (20, 100)
    shrunk = {YEAR_END: month(now, **clients), OCT: month(before, **clients)}
    assert status(shrunk, "sei_increment_share", as_of=OCT) == "n/a"
    assert value_of(shrunk, "sei_increment_ytd") == -30


def test_crowding_out_is_seen_in_manufacturing_that_is_not_strategic():
    before = [loan("1", 100, purpose_industry_code="3120"), loan("2", 10)]
    now = [
        loan("1", 90, purpose_industry_code="3120"),
        loan("2", 10),
        loan("3", 500, purpose_industry_code="3973"),
    ]
    book = {YEAR_END: month(before), OCT: month(now)}
    assert value_of(book, "traditional_manufacturing_increment_ytd") == -10


def test_clients_then_are_judged_by_the_tables_of_then():
    book = {
        YEAR_END: month([loan("1", 100)], borrower_snapshot=[small("E")]),
        OCT: month([loan("1", 100)]),
    }
    assert parts_of(book, "inclusive_growth_ytd") == (-100, 100)


def test_flows_of_a_branch_that_closed_follow_its_book():
    homes = [branch("HO", "head"), branch("A", closed=FEB, into="B"), branch("B")]
    book = two_months([], [loan("1", 10)], flow("drawdown", "1", 10))
    book[FEB] = month(
        [loan("1", 10, booking_branch_id="B", **BAD)],
        branch=homes,
        branch_hierarchy=[under("HO", "B")],
        loan_event=[
            flow("branch_move", "1", -10, event_id="from"),
            flow("branch_move", "1", 10, event_id="to", branch_id="B"),
        ],
    )
    for node in ("HO", "B"):
        assert value_of(book, "loan_disbursed_ytd", branch_id=node, as_of=FEB) == 10
        assert value_of(book, "npl_formed_ytd", branch_id=node, as_of=FEB) == 10


def test_the_month_before_is_last_month_and_not_the_last_one_delivered():
    book = {SEP: month([loan("1", 60)]), OCT: month([loan("1", 100)])}
    assert value_of(book, "loan_increment_mom") == 40
    book[date(2026, 8, 31)] = book.pop(SEP)
    assert status(book, "loan_increment_mom", as_of=OCT) == "n/c"
