"""The oracle's portfolios, lists and splits on tiny books, each figure worked by hand.

Flows and changes between months are in `test_oracle_of_flows.py`, branches, scope, SEI readings and
first-time clients in `test_oracle_itself.py`.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.oracle.oracle_books import (
    AUG,
    OCT,
    SEP,
    ask,
    borrower,
    branch,
    compute,
    cut,
    listed,
    loan,
    month,
    parts_of,
    relation,
    row,
    small,
    trade,
    under,
    value_of,
)

HIGH_TECH_MADE, HIGH_TECH_SERVED = "2710", "6311"  # medicines; telecommunications
WHOLE_GROUP, PART_OF_GROUP = "272", "347"  # medicines again; office and camera equipment
STEEL, CEMENT, POWER = "3120", "3011", "4411"
GREEN = {"green_tag": "3", "green_catalogue_version": "2019"}


def value_with(change, metric, reading=None, **tables):
    """What a metric makes of a loan of 25 beside one of 75."""
    return value_of(
        {OCT: month([loan("1", 25, **change), loan("2", 75)], **tables)}, metric, reading
    )


# Terms and price ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("drawn", "due", "counts"),
    [
        (date(2024, 1, 10), date(2025, 1, 10), False),  # a year to the day
        (date(2024, 1, 10), date(2025, 1, 11), True),
        (date(2024, 2, 29), date(2025, 2, 28), False),
        (date(2024, 2, 29), date(2025, 3, 1), True),
        (date(2024, 1, 10), None, False),
        (None, date(2029, 1, 10), False),
    ],
)
def test_medium_and_long_term_is_more_than_a_year_as_first_agreed(drawn, due, counts):
    dates = {"disbursement_date": drawn, "maturity_date": due}
    extended = {"extended_maturity_date": date(2030, 1, 1)}
    assert value_with({**dates, **extended}, "mlt_share") == (Decimal("0.25") if counts else 0)


def test_the_rate_is_weighted_by_balance_and_leaves_out_loans_without_one():
    loans = [
        loan("1", 100, interest_rate=Decimal("0.03000000")),
        loan("2", 300, interest_rate=Decimal("0.05000000")),
        loan("3", 999),
    ]
    rate = ask({OCT: month(loans)}, "loan_rate")
    assert (rate.numerator, rate.denominator) == (18, 400)
    assert rate.value == Decimal("0.045")


LPR = [
    row("lpr_rate", effective_date=day, term=term, rate=Decimal(rate))
    for day, term, rate in (
        (date(2024, 1, 1), "1Y", "0.03400000"),
        (date(2024, 1, 1), "5Y", "0.04000000"),
        (date(2025, 1, 1), "1Y", "0.03000000"),
        (date(2025, 1, 1), "5Y", "0.03500000"),
    )
]


@pytest.mark.parametrize(
    ("dates", "points"),
    [
        ({"maturity_date": date(2025, 1, 10)}, 10),  # a year: 3.5 % less 3.4 %
        ({"maturity_date": date(2027, 1, 10)}, -50),  # longer: less 4.0 %
        ({"maturity_date": date(2027, 1, 10), "repricing_date": date(2025, 1, 1)}, 0),
        ({"maturity_date": date(2027, 1, 10), "repricing_date": date(2024, 12, 31)}, -50),
        ({"maturity_date": date(2024, 6, 1), "disbursement_date": date(2023, 12, 31)}, None),
        ({"maturity_date": None}, None),  # of which term?
    ],
)
def test_the_spread_is_over_the_benchmark_of_the_term_on_the_day_the_rate_was_set(dates, points):
    loans = [loan("1", 100, interest_rate=Decimal("0.03500000"), **dates), loan("2", 900)]
    assert value_of({OCT: month(loans, lpr_rate=LPR)}, "lpr_spread") == points


def test_without_a_table_of_benchmarks_the_spread_is_open_and_not_absent():
    book = {OCT: month([loan("1", 100, interest_rate=Decimal("0.03500000"))])}
    assert ask(book, "lpr_spread").status == "n/a"  # delivered, and empty
    del book[OCT]["lpr_rate"]
    assert ask(book, "lpr_spread").status == "n/c"
    assert ask(book, "loan_rate").status == "ok"


# Technology ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "made", "industry"),
    [
        (HIGH_TECH_MADE, 25, 25),
        (WHOLE_GROUP, 25, 25),
        (PART_OF_GROUP, 0, 0),
        (HIGH_TECH_SERVED, 0, 25),
        ("0111", 0, 0),
    ],
)
def test_high_tech_manufacturing_leaves_services_out(code, made, industry):
    purpose = {"purpose_industry_code": code}
    assert value_with(purpose, "high_tech_manufacturing_balance") == made
    assert value_with(purpose, "high_tech_manufacturing_mlt_balance") == 0
    long = {**purpose, "maturity_date": date(2025, 1, 11)}
    assert value_with(long, "high_tech_manufacturing_mlt_balance") == made
    assert value_with(purpose, "tech_industry_balance") == industry


def test_technology_loans_are_the_union_of_enterprises_and_industries():
    loans = [
        loan("1", 10, borrower_id="T"),
        loan("2", 20, borrower_id="T", purpose_industry_code=HIGH_TECH_MADE),
        loan("3", 40, purpose_industry_code=HIGH_TECH_MADE),
        loan("4", 30),
        loan("5", 100, borrower_id="P"),
    ]
    who = [borrower("E"), borrower("T"), borrower("P", borrower_type="individual")]
    book = {
        OCT: month(
            loans,
            borrower_snapshot=who,
            tech_enterprise_list=[listed("T"), listed("P"), listed("T", list_type="high_tech")],
        )
    }
    assert value_of(book, "tech_enterprise_balance") == 30
    assert value_of(book, "tech_industry_balance") == 60
    assert value_of(book, "tech_loan_balance") == 70
    assert parts_of(book, "tech_loan_share") == (70, 100)
    assert parts_of(book, "tech_loan_share", "all_loans") == (70, 200)


@pytest.mark.parametrize(
    ("list_type", "counts"), [("srdi", True), ("little_giant", True), ("high_tech", False)]
)
def test_srdi_takes_both_of_its_lists_and_no_other(list_type, counts):
    lists = {"tech_enterprise_list": [listed("E", list_type=list_type)]}
    assert value_with({}, "srdi_balance", **lists) == (100 if counts else 0)


def test_technology_clients_are_enterprises_and_public_bodies_are_not():
    loans = [loan("1", 10), loan("2", 10), loan("3", 10, borrower_id="U")]
    book = {
        OCT: month(
            loans,
            borrower_snapshot=[borrower("E"), borrower("U", borrower_type="public")],
            tech_enterprise_list=[listed("E"), listed("U")],
        )
    }
    assert value_of(book, "tech_clients") == 1
    assert value_of(book, "tech_enterprise_balance") == 30


def test_access_counts_the_listed_enterprises_around_the_open_branches():
    homes = [
        branch("HO", "head", region="110000"),
        branch("A", region="320101"),
        branch("B", region="330102"),
        branch("C", region="510104"),  # open, and books nothing
    ]
    lists = [
        listed("E", region="320199"),
        listed("E", region="320199", list_type="high_tech"),
        listed("NOT-A-CLIENT", region="320500"),  # another prefecture
        listed("NEIGHBOUR", region="320102"),
        listed("FAR", region="330105"),
        listed("ELSEWHERE", region="510104"),
        listed("NOWHERE"),
        listed("LAPSED", end=SEP, region="320102"),
    ]
    book = {
        OCT: month(
            [loan("1", 10), loan("2", 10, borrower_id="FAR"), loan("3", 1, booking_branch_id="B")],
            branch=homes,
            branch_hierarchy=[under("HO", each) for each in "ABC"],
            tech_enterprise_list=lists,
        )
    }
    assert parts_of(book, "tech_access_rate") == (1, 2)  # E of E and NEIGHBOUR: FAR is not of here
    assert parts_of(book, "tech_access_rate", branch_id="B") == (0, 1)
    assert parts_of(book, "tech_access_rate", branch_id="HO") == (2, 4)
    assert parts_of(book, "tech_access_rate", branch_id="C") == (0, 1)


@pytest.mark.parametrize(
    ("kind", "until", "counts"),
    [
        ("patent", None, True),
        ("trademark", OCT, True),
        ("software_copyright", date(2026, 10, 30), False),
        ("data_asset", None, False),
    ],
)
def test_an_ip_pledge_loan_has_intellectual_property_behind_it_that_day(kind, until, counts):
    tie = row(
        "loan_collateral",
        loan_id="1",
        collateral_id="K",
        valid_from=date(2024, 1, 1),
        valid_to=until,
    )
    item = row("collateral", collateral_id="K", collateral_type=kind)
    tables = {"collateral": [item], "loan_collateral": [tie, tie]}
    assert value_with({}, "ip_pledge_balance", **tables) == (25 if counts else 0)


def test_research_and_staff_are_weighted_by_balance_over_clients_that_tell():
    who = [
        borrower("E", rd_expense=Decimal(1), turnover=Decimal(3)),  # 0.33333333
        borrower("F", rd_expense=Decimal(1), turnover=Decimal(10)),
        borrower("G", rd_expense=Decimal(1), turnover=Decimal(0)),
        borrower("H", core_tech_staff=8, core_tech_leavers=1),
        borrower("I", core_tech_staff=0, core_tech_leavers=1),
        borrower("J", rd_expense=Decimal(1), turnover=Decimal(1), core_tech_staff=2),
    ]
    loans = [loan(each, 100, borrower_id=each) for each in "EFGHI"] + [
        loan("J", 100, borrower_id="J", product_type="rediscounted_bill")
    ]
    lists = [listed(each) for each in "EFGHIJ"]
    book = {OCT: month(loans, borrower_snapshot=who, tech_enterprise_list=lists)}
    assert parts_of(book, "rd_intensity") == (Decimal("43.333333"), 200)
    assert parts_of(book, "core_tech_turnover") == (Decimal("12.5"), 100)


# Green supply chains ------------------------------------------------------------------------------


def test_the_two_green_flags_are_kept_apart():
    loans = [
        loan("1", 10, **GREEN),
        loan("2", 20, **GREEN, green_tag_nfra="S68.1"),
        loan("3", 30, green_tag_nfra="S68.2"),
        loan("4", 40),
        loan("5", 100, borrower_id="P", green_tag_nfra="S68.2"),
    ]
    who = [borrower("E"), borrower("P", borrower_type="individual")]
    book = {OCT: month(loans, borrower_snapshot=who)}
    assert parts_of(book, "green_share", "pboc") == (30, 100)
    assert parts_of(book, "green_share", "nfra") == (50, 100)
    assert parts_of(book, "green_share", "all_loans") == (30, 200)
    assert value_of(book, "green_balance", "nfra") == 50


@pytest.mark.parametrize(
    ("ties", "core"),
    [
        ([("R1", None, 2024, "X"), ("R2", "1", 2025, "Y")], "Y"),  # its own before the borrower's
        ([("R1", None, 2025, "X"), ("R2", None, 2024, "Y")], "Y"),  # the earlier
        ([("R2", None, 2024, "X"), ("R1", None, 2024, "Y")], "Y"),  # the lower number
        ([("R1", "2", 2024, "X"), ("R2", None, 2025, "Y")], "Y"),  # the first is another loan's
    ],
)
def test_one_relation_speaks_for_a_loan(ties, core):
    relations = [
        relation(
            relation_id=number,
            loan_id=loan_id,
            valid_from=date(year, 1, 1),
            core_enterprise_id=name,
        )
        for number, loan_id, year, name in ties
    ]
    book = {OCT: month([loan("1", 25)], supply_chain_relation=relations)}
    assert cut(book, "supply_chain_balance", "core_enterprise") == {core: (25, None)}


@pytest.mark.parametrize(
    ("size", "code", "use", "tag", "nested"),
    [
        ("CS02", "3670", "recycling_line", GREEN, (25, 25, 25, 25)),
        ("CS04", "C3911", "energy_saving_equipment", GREEN, (25, 25, 25, 25)),
        ("CS04", "3011", "cleaner_production", GREEN, (25, 25, 25, 0)),
        ("CS04", "3511", "recycling_line", GREEN, (25, 25, 25, 0)),
        ("CS01", "3670", "recycling_line", GREEN, (25, 25, 0, 0)),
        (None, "3670", "recycling_line", GREEN, (25, 25, 0, 0)),
        ("CS02", "3670", "recycling_line", {}, (25, 0, 0, 0)),
    ],
)
def test_chain_green_chain_and_business_case_nest(size, code, use, tag, nested):
    book = {
        OCT: month(
            [loan("1", 25, purpose_industry_code=code, **tag), loan("2", 75, borrower_id="F")],
            borrower_snapshot=[borrower("E", enterprise_size=size), borrower("F")],
            supply_chain_relation=[relation(green_use_code=use)],
        )
    }
    chain, green, sme, case = nested
    assert value_of(book, "supply_chain_balance") == chain
    assert value_of(book, "supply_chain_clients") == 1
    assert value_of(book, "green_supply_chain_balance") == green
    assert parts_of(book, "green_supply_chain_sme_share") == (sme, green)
    assert value_of(book, "green_supply_chain_case_balance") == case


YEAR_OF_TRADE = [
    *(date(2025, 11, 30), date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)),
    *(date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30)),
    *(date(2026, 7, 31), AUG, SEP, OCT),
]


def trading_book(amounts):
    """The last months' trade of E with its core enterprise; F has a tie, but no trade."""
    loans = [loan("1", 100), loan("2", 300, borrower_id="F")]
    ties = [relation(), relation(relation_id="S", borrower_id="F")]
    book = {day: month() for day in YEAR_OF_TRADE}
    for day, amount in zip(reversed(YEAR_OF_TRADE), amounts, strict=False):
        book[day] = month(supply_chain_trade=[trade(amount)])
    book[OCT] = month(
        loans, supply_chain_relation=ties, supply_chain_trade=book[OCT]["supply_chain_trade"]
    )
    return book


def test_stability_is_the_deviation_of_monthly_trade_over_its_mean():
    # Mean 5, mean square of the distances 4: the deviation is 2, and 2 / 5 = 0.4.
    book = trading_book([2, 4, 4, 4, 5, 5, 7, 9])
    assert parts_of(book, "trade_stability") == (40, 100)
    # Mean 2, deviation of 1, 2, 3, 1, 2, 3 is the root of 2/3: 0.81649658 / 2 = 0.40824829.
    book = trading_book([1, 2, 3, 1, 2, 3])
    assert parts_of(book, "trade_stability") == (Decimal("40.824829"), 100)


def test_stability_needs_six_months_of_trade_that_is_not_nothing():
    assert ask(trading_book([1, 2, 3, 1, 2]), "trade_stability").status == "n/a"
    assert ask(trading_book([0] * 12), "trade_stability").status == "n/a"
    assert value_of(trading_book([3] * 6), "trade_stability") == 0


def test_trade_of_a_year_ago_is_too_old():
    book = trading_book([1, 2, 3, 1, 2])
    book[date(2025, 10, 31)] = month(supply_chain_trade=[trade(3)])
    assert ask(book, "trade_stability").status == "n/a"


def settling_book(*paid, loans=None):
    """What E paid in August, September and October, as (amount, days)."""
    book = {
        day: month(supply_chain_trade=[trade(1, *each)])
        for day, each in zip((AUG, SEP, OCT), paid, strict=True)
    }
    last = book[OCT]["supply_chain_trade"]
    book[OCT] = month(
        loans or [loan("1", 100)],
        supply_chain_relation=[relation(), relation(relation_id="S", borrower_id="F")],
        supply_chain_trade=last,
    )
    return book


def test_the_settlement_cycle_is_weighted_by_what_was_paid():
    book = settling_book((100, 30), (None, 500), (300, 90))
    assert parts_of(book, "settlement_days") == (30_000, 400)
    assert value_of(book, "settlement_days") == 75


@pytest.mark.parametrize(("days", "slow"), [(180, 0), (181, 100)])
def test_slow_is_more_than_180_days(days, slow):
    book = settling_book((100, days), (100, 180), (100, 180))
    assert parts_of(book, "settlement_slow_share") == (slow, 100)


def test_a_pair_is_counted_where_most_is_lent_to_it():
    loans = [
        loan("1", 100),
        loan("2", 60, booking_branch_id="B"),
        loan("3", 60, booking_branch_id="B"),
    ]
    book = settling_book((100, 30), (100, 30), (100, 30), loans=loans)
    assert ask(book, "settlement_days", branch_id="A").status == "n/a"
    assert parts_of(book, "settlement_days", branch_id="B") == (9_000, 300)
    assert parts_of(book, "settlement_days", branch_id="HO") == (9_000, 300)
    even = settling_book((1, 30), (1, 30), (1, 30), loans=[*loans, loan("4", 20)])
    assert value_of(even, "settlement_days", branch_id="A") == 30


def test_the_cycle_is_compared_with_the_same_months_a_year_before():
    book = settling_book((100, 90), (100, 90), (100, 90))
    assert ask(book, "settlement_days_change").status == "n/c"
    for day in (date(2025, 8, 31), date(2025, 9, 30), date(2025, 10, 31)):
        book[day] = month(supply_chain_trade=[trade(1, 50, 60), trade(1, 9, 999, "F")])
    assert value_of(book, "settlement_days_change") == 30  # F has no loan: not counted then either
    del book[SEP]
    assert ask(book, "settlement_days").status == "n/c"


# Small business -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "nfra", "pboc"),
    [
        (small("E"), 25, 0),  # at ten million: not below it
        (small("E", total_credit_limit_cny=Decimal("9999999.99")), 25, 25),
        (small("E", total_credit_limit_cny=None), 0, 0),
        (borrower("E"), 0, 0),
    ],
)
def test_the_central_bank_takes_lines_below_the_limit_only(who, nfra, pboc):
    book = {OCT: month([loan("1", 25)], borrower_snapshot=[who])}
    assert value_of(book, "inclusive_balance", "nfra") == nfra
    assert value_of(book, "inclusive_balance", "pboc") == pboc


def test_the_limits_have_their_own_dates():
    line = {"total_credit_limit_cny": Decimal(5_000_000)}
    for day, nfra, pboc in (
        (date(2017, 12, 31), None, None),
        (date(2018, 12, 31), 25, 0),
        (date(2019, 1, 31), 25, 25),
    ):
        book = {day: month([loan("1", 25)], borrower_snapshot=[small("E", **line)])}
        assert value_of(book, "inclusive_balance", "nfra", as_of=day) == nfra
        assert value_of(book, "inclusive_balance", "pboc", as_of=day) == pboc
    early = {date(2017, 12, 31): month([loan("1", 25)])}
    assert ask(early, "inclusive_balance", as_of=date(2017, 12, 31)).status == "n/c"


def test_unsecured_and_renewed_loans():
    loans = [
        loan("1", 10, main_security_type="04", borrower_id="S"),
        loan("2", 30, main_security_type="02", borrower_id="S"),
        loan("3", 60, main_security_type="04", issue_type="renewal_no_repayment"),
    ]
    book = {OCT: month(loans, borrower_snapshot=[borrower("E"), small("S")])}
    assert parts_of(book, "unsecured_share") == (70, 100)
    assert parts_of(book, "inclusive_unsecured_share") == (10, 40)
    assert value_of(book, "renewal_balance") == 60


def tolerant_book(day, **tables):
    """The bank: 1,000 with 10 bad, 1.00 %. Inclusive: 100 with 4 bad; with E's, small: 200 with 6."""
    loans = [
        loan("1", 96, borrower_id="S"),
        loan("2", 4, borrower_id="S", loan_classification="FQ03"),
        loan("3", 98),
        loan("4", 2, loan_classification="FQ04"),
        loan("5", 796, borrower_id="L", booking_branch_id="B"),
        loan("6", 4, borrower_id="L", loan_classification="FQ05", booking_branch_id="B"),
    ]
    who = [small("S"), small("E", total_credit_limit_cny=Decimal(10_000_001)), borrower("L")]
    return {day: month(loans, borrower_snapshot=who, **tables)}


def target(value, **changes):
    approved = {
        "branch_id": "HO",
        "metric_id": "npl_ratio",
        "period_type": "year",
        "period": "2026",
        "status": "approved",
        "valid_from": date(2015, 1, 1),
    }
    return row("target", target_value=Decimal(value), **{**approved, **changes})


@pytest.mark.parametrize(
    ("day", "headroom", "limit"),
    [
        (date(2015, 2, 28), None, None),  # no rule yet
        (date(2015, 3, 31), "0.20", "3.20"),  # 3.00 % of 200 against a target of 1.20 and 2
        (date(2018, 2, 28), "0.20", "3.20"),
        (date(2018, 3, 31), "-1.00", "3.00"),  # 4.00 % of 100 against 1.00 and 2
        (date(2019, 2, 28), "-1.00", "3.00"),
        (date(2019, 3, 31), "0.00", "4.00"),  # against 1.00 and 3
    ],
)
def test_the_rule_of_the_month_is_in_force(day, headroom, limit):
    book = tolerant_book(day, target=[target("0.0119500", period=str(day.year))])
    figure = ask(book, "inclusive_npl_tolerance", as_of=day)
    assert figure.value == (headroom and Decimal(headroom))
    assert figure.limit_pp == (limit and Decimal(limit))
    if headroom is None:
        assert figure.status == "n/c"
    else:
        assert figure.status == ("exceeded" if headroom.startswith("-") else "within")


def test_the_readings_of_the_tolerance_stand_side_by_side():
    book = tolerant_book(OCT, target=[target("0.01")])
    of_2019 = ask(book, "inclusive_npl_tolerance", "rule_2019")
    assert of_2019 == ask(book, "inclusive_npl_tolerance", "in_force")
    assert (of_2019.numerator, of_2019.denominator, of_2019.headroom_amount) == (4, 100, 0)
    of_2015 = ask(book, "inclusive_npl_tolerance", "rule_2015")
    assert (of_2015.numerator, of_2015.denominator, of_2015.value) == (6, 200, 0)
    assert (of_2015.reference_pp, of_2015.status) == (Decimal("1.00"), "within")


@pytest.mark.parametrize(
    "change",
    [
        {"status": "draft"},
        {"branch_id": "A"},
        {"metric_id": "loan_balance"},
        {"period": "2025"},
        {"period_type": "quarter", "period": "2026Q3"},
        {"valid_to": SEP},
    ],
)
def test_without_the_banks_own_target_the_rule_of_2015_is_open(change):
    book = tolerant_book(OCT, target=[target("0.01", **change)])
    assert ask(book, "inclusive_npl_tolerance", "rule_2015").status == "n/c"


def test_small_technology_enterprises_have_a_tolerance_of_their_own():
    lists = {"tech_enterprise_list": [listed("E"), listed("L")]}
    figure = ask(tolerant_book(OCT, **lists), "tech_small_npl_tolerance")
    assert (figure.numerator, figure.denominator) == (2, 100)
    assert (figure.limit_pp, figure.value) == (Decimal("4.00"), Decimal("2.00"))
    before = date(2023, 12, 31)
    early = ask(tolerant_book(before, **lists), "tech_small_npl_tolerance", as_of=before)
    assert early.status == "n/c"
    none = ask(tolerant_book(OCT), "tech_small_npl_tolerance")
    assert (none.status, none.numerator) == ("n/a", 0)


def test_the_gap_of_small_business_is_to_the_whole_bank():
    # 4 / 100 less 10 / 1,000 is three points, at the branch too.
    assert value_of(tolerant_book(OCT), "inclusive_npl_gap", branch_id="A") == 3
    assert ask(tolerant_book(OCT), "inclusive_npl_gap", branch_id="B").status == "n/a"


# Structure ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "overcapacity", "two_high", "energy"),
    [
        (STEEL, 1, 1, 1),
        ("C312", 1, 1, 1),  # a group of one class
        (CEMENT, 1, 1, 1),
        ("301", 0, 1, 1),  # cement, lime, gypsum: not all of it
        (POWER, 0, 1, 1),
        ("441", 0, 0, 1),  # water power is no coal power
        ("2511", 0, 1, 1),
        ("0610", 1, 0, 0),
        ("26", 0, 1, 1),
        ("0111", 0, 0, 0),
        (None, 0, 0, 0),
    ],
)
def test_lists_of_industries_hold_for_what_begins_with_their_codes(
    code, overcapacity, two_high, energy
):
    purpose = {"purpose_industry_code": code}
    quarter = Decimal("0.25")
    assert value_with(purpose, "overcapacity_share") == quarter * overcapacity
    assert value_with(purpose, "two_high_share", "two_high") == quarter * two_high
    assert value_with(purpose, "two_high_share", "energy_intensive") == quarter * energy


@pytest.mark.parametrize(
    ("change", "cap", "housing"),
    [
        ({"product_type": "real_estate_development"}, 25, 0),
        ({"housing_loan_flag": True}, 25, 25),
        ({"housing_loan_flag": True, "rental_housing_flag": False}, 25, 25),
        ({"housing_loan_flag": True, "rental_housing_flag": True}, 0, 25),
        ({"product_type": "real_estate_development", "rental_housing_flag": True}, 0, 0),
        ({"housing_loan_flag": False}, 0, 0),
    ],
)
def test_the_cap_on_real_estate_leaves_rental_housing_out(change, cap, housing):
    dollars = loan("3", 9, currency_code="USD", housing_loan_flag=True)
    rate = {"currency_code": "USD", "rate": Decimal(7)}
    book = {OCT: month([loan("1", 25, **change), loan("2", 75), dollars], fx_rate=[rate])}
    assert parts_of(book, "real_estate_share") == (cap, 100)
    assert parts_of(book, "housing_loan_share") == (housing, 100)


def test_shares_by_who_the_borrower_is():
    who = [
        borrower("E", controlling_type="private", industry_code="K7010"),
        borrower("S", controlling_type="state", platform_flag=True),
        borrower("U", borrower_type="public", controlling_type="private"),
        borrower("B", borrower_type="individual_business"),
        borrower("P", borrower_type="individual", controlling_type="private"),
    ]
    loans = [
        loan("1", 10),
        loan("2", 20, borrower_id="S", purpose_industry_code="7010"),
        loan("3", 30, borrower_id="U"),
        loan("4", 40, borrower_id="B", purpose_industry_code="7010"),
        loan("5", 100, borrower_id="P"),
        loan("6", 40, borrower_id="UNKNOWN", purpose_industry_code="3973"),
    ]
    book = {OCT: month(loans, borrower_snapshot=who)}
    assert parts_of(book, "private_share", "enterprises") == (10, 100)
    assert parts_of(book, "private_share", "wide") == (50, 240)
    assert parts_of(book, "platform_share") == (20, 100)
    assert parts_of(book, "corporate_real_estate_share") == (30, 100)
    assert parts_of(book, "manufacturing_share") == (40, 100)
    assert parts_of(book, "industry_share") == (100, 100)


@pytest.mark.parametrize(
    ("region", "cluster"),
    [
        ("110105", "BTH"),  # a municipality has no prefecture: the province decides
        ("320100", "YRD"),
        ("320000", "YRD"),
        ("440106", "GBA"),
        ("440200", None),  # Guangdong, but none of the nine cities
        ("440000", None),
        ("510100", None),
        (None, None),
    ],
)
def test_a_cluster_goes_by_prefecture_and_then_by_province(region, cluster):
    homes = [branch("HO", "head"), branch("A", region=region), branch("B", region="310000")]
    who = [borrower("E", registered_region_code="310115"), borrower("F")]
    loans = [loan("1", 25, borrower_id="F"), loan("2", 75, booking_branch_id="B")]
    book = {OCT: month(loans, branch=homes, borrower_snapshot=who)}
    assert parts_of(book, "cluster_share", "booking") == (25 if cluster else 0, 25)
    assert parts_of(book, "cluster_share", "borrower", "HO") == (75, 100)
    assert cut(book, "loan_balance", "cluster") == {cluster or "none": (25, None)}
    place = "none" if region is None else region[:2] + "0000"
    assert cut(book, "loan_balance", "region") == {place: (25, None)}


def test_linkage_goes_by_the_flag_of_the_loan():
    loans = [
        loan("1", 10, investment_linkage_flag=True, growth_stage="seed"),
        loan("2", 30, investment_linkage_flag=True, loan_classification="FQ05"),
        loan("3", 60, investment_linkage_flag=False, growth_stage="seed"),
    ]
    book = {OCT: month(loans)}
    assert value_of(book, "linkage_balance") == 40
    assert value_of(book, "linkage_clients") == 1
    assert parts_of(book, "linkage_share") == (40, 100)
    assert parts_of(book, "linkage_npl_ratio") == (30, 40)
    assert cut(book, "linkage_balance", "growth_stage") == {"seed": (10, None), "none": (30, None)}


# Concentration ------------------------------------------------------------------------------------


def test_the_index_of_industries_counts_the_unknown_as_one():
    loans = [
        loan("1", 50, purpose_industry_code="3011"),
        loan("2", 30, purpose_industry_code="3120"),
        loan("3", 20, purpose_industry_code=None),
    ]
    book = {OCT: month(loans)}
    # Sections C 80 and none 20; divisions 30, 31 and none.
    assert value_of(book, "industry_hhi", "section") == 6_800
    assert value_of(book, "industry_hhi", "division") == 3_800
    thirds = {
        OCT: month([loan(each, 1, purpose_industry_code=each) for each in ("01", "30", "44")])
    }
    assert value_of(thirds, "industry_hhi", "section") == Decimal("3333.333333")
    assert ask(book, "industry_hhi", branch_id="B").status == "n/a"


def test_core_enterprises_are_weighed_by_the_chain_loans_tied_to_them():
    ties = [
        relation(relation_id=each, borrower_id=each, core_enterprise_id=core)
        for each, core in (("E", "X"), ("F", "X"), ("G", "Y"))
    ]
    loans = [loan(each, 10, borrower_id=each) for each in "EF"] + [
        loan("G", 30, borrower_id="G"),
        loan("H", 950, borrower_id="H"),
    ]
    book = {OCT: month(loans, supply_chain_relation=ties)}
    assert parts_of(book, "core_enterprise_share") == (30, 50)
    assert value_of(book, "core_enterprise_hhi") == 5_200  # 0.4 and 0.6


def crowded_book():
    """Twelve clients: the last two lent 20 at each of two branches, the others 1 at A."""
    loans = [loan(f"{n}", 1, borrower_id=f"C{n}") for n in range(10)]
    for n, home in enumerate("ABAB"):
        loans.append(loan(f"big{n}", 20, borrower_id=f"BIG{n // 2}", booking_branch_id=home))
    capital = [
        row("net_capital", reported_on=day, kind=kind, amount=Decimal(amount))
        for day, kind, amount in (
            (date(2026, 6, 30), "net_capital", 100),
            (SEP, "net_capital", 400),
            (date(2026, 12, 31), "net_capital", 900),
            (SEP, "tier1_net_capital", 320),
        )
    ]
    who = [borrower(f"BIG{n}", group_id="G") for n in range(2)]
    return {OCT: month(loans, borrower_snapshot=who, net_capital=capital)}


def test_the_largest_clients_are_found_anew_at_each_level():
    book = crowded_book()
    assert parts_of(book, "largest_client_share", branch_id="A") == (20, 50)
    assert parts_of(book, "ten_largest_clients_share", branch_id="A") == (48, 50)
    assert parts_of(book, "largest_client_share", branch_id="HO") == (40, 90)
    assert parts_of(book, "ten_largest_clients_share", branch_id="HO") == (88, 90)


def test_capital_is_the_banks_as_last_reported_and_no_branch_has_any():
    book = crowded_book()
    assert parts_of(book, "largest_client_ratio", branch_id="HO") == (40, 400)
    assert parts_of(book, "ten_largest_clients_ratio", branch_id="HO") == (88, 400)
    assert parts_of(book, "large_exposure_single", branch_id="HO") == (40, 320)
    assert parts_of(book, "large_exposure_group", branch_id="HO") == (80, 320)
    at_a = ask(book, "large_exposure_group", branch_id="A")
    assert (at_a.status, at_a.reason) == ("n/c", "defined for the whole bank only")
    book[OCT]["net_capital"] = []
    assert ask(book, "largest_client_ratio", branch_id="HO").status == "n/c"


# Slices -------------------------------------------------------------------------------------------


def test_members_of_a_slice_are_what_the_loans_have_and_none():
    loans = [
        loan("1", 10, main_security_type="01", loan_classification="FQ03"),
        loan("2", 20, purpose_industry_code="C3973", product_type="fixed_asset"),
        loan("3", 30, purpose_industry_code="9999", loan_classification=None),
    ]
    book = {OCT: month(loans, borrower_snapshot=[borrower("E", enterprise_size="CS04")])}
    assert cut(book, "loan_balance", "security") == {"01": (10, None), "none": (50, None)}
    assert cut(book, "loan_balance", "enterprise_size") == {"CS04": (60, None)}
    by_section = {"A": (10, None), "C": (20, None), "none": (30, None)}
    assert cut(book, "loan_balance", "industry_section") == by_section
    by_division = {"01": (10, None), "39": (20, None), "none": (30, None)}
    assert cut(book, "loan_balance", "industry_division") == by_division
    by_tier = {"FQ03": (10, None), "FQ01": (20, None), "none": (30, None)}
    assert cut(book, "loan_balance", "classification") == by_tier
    by_product = {"working_capital": (10, 40), "fixed_asset": (0, 20)}
    assert cut(book, "npl_ratio", "product_type") == by_product
    assert cut(book, "npl_ratio", "industry_section")["C"] == (0, 20)
    assert cut(book, "industry_share", "industry_section") == {
        "A": (10, 60),
        "C": (20, 60),
        "none": (30, 60),
    }
    assert cut(book, "loan_balance", "security", branch_id="B") == {}


def test_the_parts_of_every_amount_add_up_to_the_whole():
    loans = [
        loan(f"{n}", n, purpose_industry_code=code, booking_branch_id="AB"[n % 2])
        for n, code in enumerate(("3973", "0539", "2710", None, "7010", "301"), 1)
    ]
    book = {OCT: month(loans)}
    for by in ("industry_section", "industry_division", "product_type", "region", "security"):
        parts = cut(book, "loan_balance", by, branch_id="HO").values()
        assert sum(numerator for numerator, _ in parts) == 21


@pytest.mark.parametrize(
    ("code", "tag", "field"),
    [
        ("3973", None, "1"),  # whole: its first field
        ("3973", "7", "1"),  # the tag does not fit
        ("0539", "7", "7"),
        ("2614", "6", "6"),  # listed in 3, 4 and 6
        ("0539", "1", "none"),  # broad, and of no field
    ],
)
def test_a_loan_is_split_by_the_field_it_is_tagged_with_or_the_first_of_its_class(code, tag, field):
    book = {OCT: month([loan("1", 25, purpose_industry_code=code, sei_tag=tag), loan("2", 75)])}
    assert cut(book, "sei_balance", "sei_field", "broad") == {field: (25, None)}
    confirmed = {} if field == "none" else {field: (25, None)}
    assert cut(book, "sei_balance", "sei_field") == confirmed


def test_clients_are_counted_once_within_each_member():
    loans = [
        loan("1", 10),
        loan("2", 10),
        loan("3", 10, borrower_id="S"),
        loan("4", 1, borrower_id="X"),
    ]
    book = {OCT: month(loans, borrower_snapshot=[borrower("E"), small("S")])}
    counts = {"CS01": (1, None), "CS03": (1, None), "none": (1, None)}
    assert cut(book, "loan_clients", "enterprise_size") == counts


def test_a_rate_is_split_over_the_loans_that_have_one():
    loans = [
        loan("1", 100, interest_rate=Decimal("0.03000000")),
        loan("2", 100, product_type="fixed_asset"),
    ]
    assert cut({OCT: month(loans)}, "loan_rate", "product_type") == {"working_capital": (3, 100)}


# Tables that never came ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "open_metrics"),
    [
        ("borrower_snapshot", {"sei_share", "inclusive_balance", "green_balance", "mlt_share"}),
        ("tech_enterprise_list", {"tech_loan_share", "srdi_balance", "rd_intensity"}),
        ("supply_chain_relation", {"supply_chain_balance", "green_supply_chain_clients"}),
        ("supply_chain_trade", {"trade_stability", "settlement_slow_share"}),
        ("loan_collateral", {"ip_pledge_balance"}),
        ("collateral", {"ip_pledge_balance"}),
        ("borrower_first_loan_event", {"first_time_clients", "first_time_balance"}),
        ("branch", {"tech_access_rate"}),
    ],
)
def test_a_table_that_never_came_leaves_open_what_needs_it_and_nothing_else(table, open_metrics):
    book = {day: month([loan("1", 100)]) for day in (AUG, SEP, OCT)}
    whole = compute(book)
    for tables in book.values():
        del tables[table]
    figures = compute(book)
    lost = {
        metric
        for (metric, reading, node), figure in figures.items()
        if figure.status == "n/c" and whole[metric, reading, node].status != "n/c"
    }
    assert open_metrics <= lost
    kept = {"loan_balance", "npl_ratio", "loan_clients", "overdue_ratio", "provision_ratio"}
    assert not lost & kept
    assert {figures[metric, "default", "A"].numerator for metric in kept} == {100, 0, 1}


def test_a_companion_table_is_carried_but_not_backwards():
    book = {SEP: month([loan("1", 100)]), OCT: month([loan("1", 100)])}
    book[SEP]["tech_enterprise_list"] = [listed("E")]
    del book[OCT]["tech_enterprise_list"]
    assert value_of(book, "srdi_balance") == 100
    book = {SEP: month([loan("1", 100)]), OCT: month([loan("1", 100)])}
    del book[SEP]["tech_enterprise_list"]
    assert ask(book, "srdi_balance", as_of=SEP).status == "n/c"
    assert value_of(book, "srdi_balance") == 0


def test_a_quotient_of_exact_parts_is_exact():
    loans = [loan("1", 1, days_past_due=61), loan("2", 2, days_past_due=91), loan("3", 4)]
    loans[2]["loan_classification"] = "FQ03"
    book = {OCT: month(loans)}
    assert ask(book, "overdue_ratio").exact == Fraction(3, 7)
    assert ask(book, "overdue_90_ratio").exact == Fraction(2, 7)
    assert ask(book, "overdue_60_to_npl").exact == Fraction(3, 4)
    assert ask(book, "overdue_90_to_npl").exact == Fraction(1, 2)
