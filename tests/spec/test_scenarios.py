"""What if: each action, worked by hand on a book of a few loans.

3911 is a whole class of the strategic emerging industries, 5111 is none.
"""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.scenario import AS_OF, every_month, small_book
from tests.tried import Tried, base_of
from transforms.errors import BranchmarkError

SEI = "is_sei_confirmed"


def loan(number, balance, branch="north", **cells):
    return {
        "loan_id": number,
        "borrower_id": cells.pop("client", f"C-{number}"),
        "booking_branch_id": branch,
        "outstanding_principal": Decimal(balance),
        **cells,
    }


def book(*loans, **tables):
    clients = tables.pop("clients", {})
    borrowers = [
        {"borrower_id": name, **clients.get(name, {})}
        for name in dict.fromkeys(one["borrower_id"] for one in loans)
    ]
    return small_book(loan_snapshot=loans, borrower_snapshot=borrowers, **tables)


def test_new_lending_adds_to_numerator_and_denominator_and_is_a_new_client(shares):
    """100 of 1,000 and 60 on top: 160 of 1,060; of the bank 160 of 2,060."""
    tried = Tried(shares, {"lend": 60, "like": SEI})
    assert tried.sums("sei_share", reading="confirmed") == (160, 1060)
    assert tried.sums("sei_share", "HO", "confirmed") == (160, 2060)
    assert tried.pair("loan_clients") == (2, 3)
    assert tried.pair("loan_clients", "south") == (1, 1)
    assert tried.done[0].copied == "L1"
    assert SEI in tried.done[0].flags


def test_lending_to_the_client_there_is_adds_no_client(shares):
    tried = Tried(shares, {"lend": 60, "like": SEI, "existing": True})
    assert tried.sums("sei_share", reading="confirmed") == (160, 1060)
    assert tried.pair("loan_clients") == (2, 2)


def test_an_amount_goes_to_as_many_clients_as_the_line_of_the_copied_one_asks_for():
    """A line of 500,000 holds 1,200,000.00 in three parts, and each is inclusive."""
    small = book(
        loan("L1", "300000"),
        clients={"C-L1": {"enterprise_size": "CS03", "total_credit_limit_cny": Decimal(500_000)}},
    )
    tried = Tried(small, {"lend": "1000000.01", "like": "is_inclusive"})
    assert tried.pair("inclusive_clients") == (1, 4)
    assert tried.pair("inclusive_balance", reading="nfra")[1] == Decimal("1300000.01")
    made = tried.rows("loan_snapshot").filter(pl.col("loan_id").str.starts_with("SCENARIO"))
    assert sorted(made["outstanding_principal"]) == [
        Decimal("333333.33"),
        Decimal("333333.34"),
        Decimal("333333.34"),
    ]


def test_too_much_to_one_small_client_is_refused():
    small = book(
        loan("L1", "300000"),
        clients={"C-L1": {"enterprise_size": "CS03", "total_credit_limit_cny": Decimal(500_000)}},
    )
    with pytest.raises(BranchmarkError, match=r"would not be is_inclusive\. Lend to more clients"):
        Tried(small, {"lend": 20_000_000, "like": "is_inclusive", "clients": 1})


def test_green_lending_is_tagged_and_tied_as_the_loan_it_is_like():
    """The tie, its evidence and the green item come with the new loan: 70 and 30 are in the chain."""
    chain = book(
        loan(
            "L1",
            "70",
            green_tag="2.1.1",
            green_catalogue_version="2025",
            approval_date=date(2026, 1, 5),
        ),
        loan("L2", "900"),
        supply_chain_relation=[{"borrower_id": "C-L1", "core_enterprise_id": "CORE"}],
    )
    tried = Tried(chain, {"lend": 30, "like": "is_green_supply_chain"})
    assert tried.pair("green_supply_chain_balance") == (70, 100)
    assert tried.pair("green_supply_chain_clients") == (1, 2)


def test_run_off_takes_from_all_by_balance_to_the_fen():
    """Three equal loans give 100.00: 33.34 and twice 33.33. SEI loans are left alone."""
    equal = book(
        *(loan(f"L{n}", "200") for n in (1, 2, 3)), loan("S", "400", purpose_industry_code="3911")
    )
    tried = Tried(equal, {"run_off": 100, "of": "is_corporate", "but_not": SEI, "how": "pro_rata"})
    left = tried.rows("loan_snapshot").filter(pl.col("loan_id") != "S")["outstanding_principal"]
    assert sorted(left) == [Decimal("166.66"), Decimal("166.67"), Decimal("166.67")]
    assert tried.sums("sei_share", reading="confirmed") == (400, 900)


def test_run_off_of_the_largest_first_settles_loans_and_takes_a_part_of_the_last():
    tried = Tried(book(loan("L1", "500"), loan("L2", "300"), loan("L3", "100")), {"run_off": 600})
    assert tried.pair("loan_balance", reading="default") == (900, 300)
    assert tried.pair("loan_clients") == (3, 2)
    state = (
        tried.rows("loan_snapshot").sort("loan_id").select("outstanding_principal", "loan_status")
    )
    assert state.rows() == [(0, "settled"), (200, "normal"), (100, "normal")]


def quiet_year(*loans):
    """The same loans on every month end since the year end; nothing happens."""
    tables = {
        "loan_snapshot": list(loans),
        "borrower_snapshot": [{"borrower_id": one["borrower_id"]} for one in loans],
        "loan_event": [],
        "write_off_recovery": [],
        "borrower_first_loan_event": [],
    }
    months = every_month(AS_OF, 11, **tables)
    months.pop(AS_OF)
    return small_book(earlier=months, **tables)


@pytest.fixture(scope="module")
def bad():
    """40 of 1,000 have been bad since the year end."""
    return base_of(quiet_year(loan("L1", "40", loan_classification="FQ04"), loan("L2", "960")))


@pytest.fixture(scope="module")
def shares():
    """100 of 1,000 at north and nothing of 1,000 at south are SEI loans."""
    return base_of(
        book(
            loan("L1", "100", purpose_industry_code="3911"),
            loan("L2", "900"),
            loan("L3", "1000", "south"),
        )
    )


def test_a_part_of_a_loan_turns_bad_and_is_formed_to_the_fen(bad):
    """40 of 1,000 are bad; 25.50 of L2 turn: 65.50, of which 25.50 formed, by flow and loan by loan."""
    tried = Tried(bad, {"turn_npl": "25.50"})
    assert tried.sums("npl_ratio") == (Decimal("65.50"), 1000)
    assert tried.pair("npl_formed_ytd") == (0, Decimal("25.50"))
    assert tried.pair("npl_formed_by_loan_ytd") == (0, Decimal("25.50"))
    assert tried.pair("loan_clients") == (2, 2)
    assert tried.done[0].split == "L2"


def test_a_cure_takes_bad_loans_out_and_forms_nothing(bad):
    """15 of the 40 perform again: 25 of 1,000, special mention."""
    tried = Tried(bad, {"cure": 15})
    assert tried.sums("npl_ratio") == (25, 1000)
    assert tried.sums("special_mention_ratio") == (15, 1000)
    assert tried.pair("npl_formed_ytd") == (0, 0)
    assert tried.pair("npl_formed_by_loan_ytd") == (0, 0)


def test_cash_takes_bad_loans_and_the_book_down_together(bad):
    tried = Tried(bad, {"recover": 15})
    assert tried.sums("npl_ratio") == (25, 985)
    assert tried.pair("npl_formed_ytd") == (0, 0)


def test_a_write_off_improves_the_ratio_and_not_the_one_with_write_offs_added_back(bad):
    tried = Tried(bad, {"write_off": 15})
    assert tried.sums("npl_ratio") == (25, 985)
    assert tried.pair("npl_ratio_with_write_offs") == (Decimal("0.04"), Decimal("0.04"))
    assert tried.pair("npl_formed_ytd") == (0, 0)
    assert tried.rows("write_off_recovery").select("loan_id", "principal").rows() == [("L1", 15)]


def test_first_time_technology_clients_are_events_with_evidence_and_a_list(bad):
    tried = Tried(bad, {"first_time_clients": 2, "technology": True, "each": 10})
    assert tried.pair("first_time_clients_ytd", reading="regulator") == (0, 2)
    assert tried.pair("first_time_tech_clients_ytd") == (0, 2)
    assert tried.pair("loan_balance", reading="default") == (1000, 1020)
    assert tried.pair("loan_disbursed_ytd") == (0, 20)


def test_the_loans_overdue_more_than_sixty_and_at_most_ninety_days_turn():
    late = book(
        loan("L60", "1", days_past_due=60),
        loan("L61", "10", days_past_due=61),
        loan("L90", "100", days_past_due=90),
        loan("L91", "1000", days_past_due=91, loan_classification="FQ03"),
    )
    tried = Tried(late, {"turn_npl": "overdue"})
    assert tried.sums("npl_ratio") == (1110, 1111)
    assert tried.pair("overdue_90_ratio", column="numerator") == (1000, 1110)


def test_rates_of_the_stock_move_by_basis_points():
    priced = book(loan("L1", "100", interest_rate=Decimal("0.03")))
    tried = Tried(priced, {"reprice": "12.5"})
    assert tried.pair("loan_rate") == (Decimal("0.03"), Decimal("0.03125"))


def test_bad_loans_of_one_branch_move_the_limit_of_another():
    """The bank's ratio goes from 1.00 % to 2.00 %, and with it the limit of south from 4.00 to 5.00."""
    small = {"enterprise_size": "CS03", "total_credit_limit_cny": Decimal(1_000_000)}
    tried = Tried(
        book(
            loan("L1", "500"),
            loan("L2", "10", "south", loan_classification="FQ03"),
            loan("L3", "490", "south"),
            clients={"C-L2": small, "C-L3": small},
        ),
        {"turn_npl": 10},
    )
    told = tried.pair("inclusive_npl_tolerance", "south", "in_force", column="limit_value")
    assert told == (Decimal("4.00"), Decimal("5.00"))


def test_actions_follow_each_other(shares):
    """What was lent can run off again."""
    tried = Tried(shares, {"lend": 60, "like": SEI}, {"run_off": 160, "of": SEI})
    assert tried.sums("sei_share", reading="confirmed") == (0, 900)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"lend": -5}, "amounts are above zero"),
        ({"lend": "1.005"}, "finer than a fen"),
        ({"lend": 5, "like": "is_sei"}, "metric or loan to copy 'is_sei'. Did you mean is_"),
        ({"lend": 5, "like": "sei_shar"}, "Did you mean sei_share"),
        (
            {"lend": 5, "like": "sei_share:brode"},
            "No reading of sei_share 'brode'. Did you mean broad",
        ),
        ({"lend": 5, "like": "first_time_clients"}, "first_time_clients counts no loans"),
        ({"lend": 5, "like": "L9"}, "metric or loan to copy 'L9'"),
        ({"lend": 5, "like": "is_green"}, "No performing loan anywhere would be is_green"),
        ({"lend": 5, "set": {"colour": "red"}}, "No column that new loans can be given 'colour'"),
        ({"run_off": 1001}, "north has 1,000.00 of loans in base currency"),
        ({"run_off": ["L3"]}, "No loan 'L3'. The accepted book of 2026-10-31 has none"),
        ({"run_off": ["L9"]}, "No loan 'L9'"),
        ({"cure": 1}, "north has no non-performing loans"),
        ({"cure": ["L1"]}, "Loan L1 performs"),
        ({"turn_npl": 1, "branch": "west"}, "No branch 'west'"),
        ({"first_time_clients": 0}, "whole number above zero"),
        ({"lend": 1, "clients": 200}, "cannot be lent to 200 clients"),
        ({"reprice": -1}, "north has no loans with a rate"),
        ({"lend": 1, "run_off": 1}, "has to name one action"),
        ({"lend": 1, "colour": "red"}, "No word of a scenario in test 'colour'"),
        ({"lend": "much"}, "is no amount"),
        ({"lend": "1,5"}, "'1,5' is no amount"),
        ({"lend": ["L1"]}, "is no amount"),
        ({"lend": 5, "of": "is_corporate"}, "lend does not look at `of`"),
        ({"run_off": 5, "clients": 2}, "run_off does not look at `clients`"),
        ({"lend": 5, "existing": "no"}, "`existing` is 'no'. Write true or false"),
        ({"lend": 5, "set": {"interest_rate": "abc"}}, "Column interest_rate cannot be 'abc'"),
        ({"lend": 5, "set": {"maturity_date": "2026-02-31"}}, "a date such as"),
        ({"lend": 5, "set": {"loan_classification": "XX"}}, "Set it to one of FQ01, FQ02"),
        ({"lend": 5, "set": {"enterprise_size": "large"}, "existing": True}, "is of the client"),
        ({"reprice": 0}, "reprice by nothing is no action"),
        ({"reprice": "1e30"}, "rates do not move by more than 10,000"),
        ({"reprice": None, "loans": ["L1"]}, "is no amount"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_sentence(shares, row, sentence):
    with pytest.raises(BranchmarkError) as refused:
        Tried(shares, row)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("like", "flag"),
    [
        ("sei_share", "is_sei_confirmed"),  # the flag of the default reading's numerator
        ("sei_share:broad", "is_sei_broad"),
        ("sei_growth_ytd", "is_sei_confirmed"),
        (SEI, SEI),
    ],
)
def test_new_lending_is_like_what_a_metric_counts(shares, like, flag):
    (done,) = Tried(shares, {"lend": 60, "like": like}).done
    assert (done.action.like, done.copied) == (flag, "L1")


def test_cells_of_new_loans_are_set_from_text_as_from_a_file(shares):
    cells = {"maturity_date": "2028-10-31", "interest_rate": 0.0345, "housing_loan_flag": "true"}
    tried = Tried(shares, {"lend": 60, "set": cells})
    made = tried.rows("loan_snapshot").filter(pl.col("loan_id").str.starts_with("SCENARIO-"))
    (row,) = made.select("maturity_date", "interest_rate", "housing_loan_flag").rows()
    assert row == (date(2028, 10, 31), Decimal("0.0345"), True)


def test_new_lending_is_like_a_loan_by_its_number_whatever_it_looks_like(shares):
    (done,) = Tried(shares, {"lend": 60, "like": "L2"}).done
    assert (done.action.like, done.copied) == ("", "L2")


def test_a_loan_that_is_bad_already_cannot_turn(bad):
    with pytest.raises(BranchmarkError, match="L1 is non-performing already"):
        Tried(bad, {"turn_npl": ["L1"]})
