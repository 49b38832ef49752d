"""The catalogue: every metric and reading, as a figure of one node.

The first reading named is the default one. What the portfolios hold belongs in `oracle_loans.py`, what
the flows count in `oracle_flows.py`; limits on bad loans are in `oracle_tolerance.py`.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tests.oracle.oracle_bank import Bank, View
from tests.oracle.oracle_delivered import latest, own_rows, valid_on
from tests.oracle.oracle_figures import (
    DEFAULT,
    ZERO,
    Figure,
    NotComputableError,
    difference,
    gap_in_points,
    growth,
    half_up,
    months_before,
    ratio,
    ratio_above_zero,
    total,
)
from tests.oracle.oracle_first_loans import NEW_TO_BANK, REGULATOR, Reading, counted_events
from tests.oracle.oracle_tolerance import (
    in_force,
    rule_2015,
    rule_2019,
    technology_rule_2024,
)

Formula = Callable[[View], Figure]
BASIS_POINTS = 10_000


# The usual forms ----------------------------------------------------------------------------------


def balance_of(portfolio: str) -> Formula:
    """What a portfolio amounts to."""
    return lambda at: total(at.balance(portfolio))


def clients_of(portfolio: str) -> Formula:
    """How many different borrowers a portfolio has."""
    return lambda at: total(len(at.clients(portfolio)))


def share_of(portfolio: str, whole: str) -> Formula:
    """What part of a whole a portfolio is."""
    return lambda at: ratio(at.balance(portfolio), at.balance(whole))


def increment_ytd_of(portfolio: str) -> Formula:
    """How much more than at the year end."""
    return lambda at: difference(at.balance(portfolio), at.balance(portfolio, at.year_end))


def growth_ytd_of(portfolio: str) -> Formula:
    """How much more than at the year end, as a fraction of that."""
    return lambda at: growth(at.balance(portfolio), at.balance(portfolio, at.year_end))


def increment_share_of(portfolio: str, whole: str) -> Formula:
    """What part of the year's growth of a whole came from a portfolio."""
    return lambda at: ratio_above_zero(
        at.balance(portfolio) - at.balance(portfolio, at.year_end),
        at.balance(whole) - at.balance(whole, at.year_end),
    )


def growth_gap_of(portfolio: str) -> Formula:
    """How much faster than all loans, in points."""
    return lambda at: gap_in_points(growth_ytd_of(portfolio)(at), growth_ytd_of("is_loan")(at))


def flow_ytd_of(measure: str) -> Formula:
    """What happened in the year so far."""
    return lambda at: total(at.flow_ytd(measure))


def weighted(amount: str, portfolio: str, *, times: int = 1) -> Formula:
    """An amount of the loans for each unit of their balance."""
    return lambda at: ratio(at.amount(portfolio, amount), at.balance(portfolio), times=times)


# Volume -------------------------------------------------------------------------------------------


def average_balance(at: View) -> Figure:
    """The mean of the month ends of the year so far."""
    months = at.months_of_year
    return ratio(sum((at.balance("is_loan", day) for day in months), ZERO), len(months))


def increment_against_last_year(at: View) -> Figure:
    """This year's increment less that of the same months last year."""
    this_year = at.balance("is_loan") - at.balance("is_loan", at.year_end)
    last_year = at.balance("is_loan", at.year_ago) - at.balance("is_loan", at.year_end_before)
    return difference(this_year, last_year)


VOLUME: dict[tuple[str, str], Formula] = {
    ("loan_balance", DEFAULT): balance_of("is_loan"),
    ("loan_balance", "without_bills"): balance_of("is_loan_without_bills"),
    ("loan_average_balance", DEFAULT): average_balance,
    ("loan_increment_ytd", DEFAULT): increment_ytd_of("is_loan"),
    ("loan_increment_mom", DEFAULT): lambda at: difference(
        at.balance("is_loan"), at.balance("is_loan", at.month_before)
    ),
    ("loan_increment_yoy_diff", DEFAULT): increment_against_last_year,
    ("loan_growth_yoy", DEFAULT): lambda at: growth(
        at.balance("is_loan"), at.balance("is_loan", at.year_ago)
    ),
    ("loan_growth_ytd", DEFAULT): growth_ytd_of("is_loan"),
    ("loan_disbursed_ytd", DEFAULT): flow_ytd_of("drawn"),
    ("loan_clients", DEFAULT): clients_of("is_loan"),
}

# Strategic emerging industries --------------------------------------------------------------------

STRATEGIC: dict[tuple[str, str], Formula] = {
    ("sei_balance", "confirmed"): balance_of("is_sei_confirmed"),
    ("sei_balance", "strict"): balance_of("is_sei_strict"),
    ("sei_balance", "broad"): balance_of("is_sei_broad"),
    ("sei_share", "confirmed"): share_of("is_sei_confirmed", "is_corporate"),
    ("sei_share", "strict"): share_of("is_sei_strict", "is_corporate"),
    ("sei_share", "broad"): share_of("is_sei_broad", "is_corporate"),
    ("sei_share", "all_loans"): share_of("is_sei_all_loans", "is_loan"),
    ("sei_increment_ytd", DEFAULT): increment_ytd_of("is_sei_confirmed"),
    ("sei_increment_share", DEFAULT): increment_share_of("is_sei_confirmed", "is_corporate"),
    ("sei_growth_ytd", DEFAULT): growth_ytd_of("is_sei_confirmed"),
    ("sei_growth_gap", DEFAULT): growth_gap_of("is_sei_confirmed"),
    ("sei_npl_ratio", DEFAULT): share_of("is_sei_npl", "is_sei_confirmed"),
    ("traditional_manufacturing_increment_ytd", DEFAULT): increment_ytd_of(
        "is_manufacturing_traditional"
    ),
}

# Technology ---------------------------------------------------------------------------------------


def technology_access(at: View) -> Figure:
    """Of the listed enterprises around the node's open branches, how many have a loan there."""
    now = at.bank.now
    now.require("is_tech_enterprise")
    now.require("booking_region")
    areas = {
        (now.region_of(branch) or "")[:4]
        for branch in at.bank.tree.nodes
        if at.node in at.bank.tree.path(branch)
    }
    listed = {
        row["borrower_id"]
        for row in now.listed()
        if row["region_code"] and row["region_code"][:4] in areas
    }
    return ratio(len(listed & at.clients("is_tech_enterprise")), len(listed))


TECHNOLOGY: dict[tuple[str, str], Formula] = {
    ("tech_enterprise_balance", DEFAULT): balance_of("is_tech_enterprise"),
    ("tech_industry_balance", DEFAULT): balance_of("is_tech_industry"),
    ("tech_loan_balance", DEFAULT): balance_of("is_tech_loan"),
    ("tech_loan_share", "corporate"): share_of("is_tech_loan", "is_corporate"),
    ("tech_loan_share", "all_loans"): share_of("is_tech_loan", "is_loan"),
    ("high_tech_manufacturing_balance", DEFAULT): balance_of("is_high_tech_manufacturing"),
    ("high_tech_manufacturing_mlt_balance", DEFAULT): balance_of("is_high_tech_manufacturing_mlt"),
    ("srdi_balance", DEFAULT): balance_of("is_srdi"),
    ("tech_clients", DEFAULT): clients_of("is_tech_enterprise_of_enterprise"),
    ("tech_access_rate", DEFAULT): technology_access,
    ("ip_pledge_balance", DEFAULT): balance_of("is_ip_pledged"),
    ("rd_intensity", DEFAULT): weighted("rd", "is_rd_known"),
    ("core_tech_turnover", DEFAULT): weighted("turnover_staff", "is_staff_known"),
}

# First-time clients -------------------------------------------------------------------------------


def first_clients(
    at: View, reading: Reading = REGULATOR, *, year: bool, technology: bool = False
) -> int:
    """How many clients a month or a year won, at the branch credited with each."""
    bank = at.bank
    bank.now.require_delivered("borrower_first_loan_event")
    if technology:
        bank.now.require_delivered("tech_enterprise_list")
    for day in at.months_of_year if year else [at.as_of]:
        if day not in bank.book:
            raise NotComputableError(f"{day} is not in the book")
    counts = bank.once(
        *("first clients", reading, year, technology),
        make=lambda: _first_clients_by_node(bank, reading, year=year, technology=technology),
    )
    return int(counts.get(at.node, ZERO))


def _first_clients_by_node(
    bank: Bank, reading: Reading, *, year: bool, technology: bool
) -> dict[str, Decimal]:
    won: dict[str, Decimal] = {}
    for event in counted_events(bank.book, bank.as_of, reading):
        day, branch = event["event_date"], event["branch_id"]
        in_period = day.year == bank.as_of.year and (year or day.month == bank.as_of.month)
        if in_period and (not technology or _was_listed(bank, event["borrower_id"], day)):
            won[branch] = won.get(branch, ZERO) + 1
    return bank.roll_up(won)


def _was_listed(bank: Bank, borrower_id: str, day: date) -> bool:
    """On a technology list on the day of the drawdown, by the lists as known now."""
    return any(
        row["borrower_id"] == borrower_id and valid_on(row, day)
        for row in latest(bank.book, "tech_enterprise_list", bank.as_of)
    )


FIRST_TIME: dict[tuple[str, str], Formula] = {
    ("first_time_clients", "regulator"): lambda at: total(first_clients(at, year=False)),
    ("first_time_clients", "new_to_bank"): lambda at: total(
        first_clients(at, NEW_TO_BANK, year=False)
    ),
    ("first_time_clients_ytd", "regulator"): lambda at: total(first_clients(at, year=True)),
    ("first_time_clients_ytd", "new_to_bank"): lambda at: total(
        first_clients(at, NEW_TO_BANK, year=True)
    ),
    ("first_time_tech_clients", DEFAULT): lambda at: total(
        first_clients(at, year=False, technology=True)
    ),
    ("first_time_tech_clients_ytd", DEFAULT): lambda at: total(
        first_clients(at, year=True, technology=True)
    ),
    ("new_to_bank_clients_ytd", DEFAULT): lambda at: total(
        first_clients(at, NEW_TO_BANK, year=True)
    ),
    ("first_time_balance", DEFAULT): balance_of("is_first_receipt"),
    ("first_time_share", DEFAULT): lambda at: ratio(
        first_clients(at, year=False), len(at.drawing_clients([at.as_of]))
    ),
    ("first_time_share_ytd", DEFAULT): lambda at: ratio(
        first_clients(at, year=True), len(at.drawing_clients(at.months_of_year))
    ),
}

# Green and supply chains --------------------------------------------------------------------------


def pairs_here(at: View) -> set[tuple[str, str]]:
    """The pairs that this node counts: each is at the one branch that lends it most."""
    bank = at.bank
    by_branch = bank.once("pairs", make=lambda: _pairs_by_branch(bank))
    found = bank.once("pairs by node", make=lambda: bank.roll_up_sets(by_branch))
    return found.get(at.node, set())


def _pairs_by_branch(bank: Bank) -> dict[str, set[tuple[str, str]]]:
    lent: dict[tuple[str, str], dict[str, Decimal]] = {}
    for loan in bank.now.those("is_supply_chain"):
        branches = lent.setdefault(loan.pair, {})
        branch = loan.row["booking_branch_id"]
        branches[branch] = branches.get(branch, ZERO) + loan.balance
    home: dict[str, set[tuple[str, str]]] = {}
    for pair, branches in lent.items():
        largest = min(branches, key=lambda branch: (-branches[branch], branch))
        home.setdefault(largest, set()).add(pair)
    return home


def settlement(at: View, months_back: int = 0) -> Figure:
    """The days to payment of the node's pairs in three months, weighted by what was paid."""
    month = at.bank.month(months_before(at.as_of, months_back))
    for day in month.last_three():
        own_rows(at.bank.book, "supply_chain_trade", day)
    at.bank.now.require("is_supply_chain")
    of_pairs = [month.settled[pair] for pair in pairs_here(at) if pair in month.settled]
    return ratio(
        sum((paid_times_days for _, paid_times_days in of_pairs), ZERO),
        sum((paid for paid, _ in of_pairs), ZERO),
    )


def settlement_change(at: View) -> Figure:
    """The same pairs a year before, taken off."""
    now, then = settlement(at), settlement(at, 12)
    if now.exact is None or then.exact is None:
        return Figure(now.numerator, now.denominator, None, "n/a", "nothing was paid then or now")
    days = now.exact - then.exact
    return Figure(now.numerator, now.denominator, half_up(days, 12), exact=days)


GREEN: dict[tuple[str, str], Formula] = {
    ("green_balance", "pboc"): balance_of("is_green"),
    ("green_balance", "nfra"): balance_of("is_green_nfra"),
    ("green_share", "pboc"): share_of("is_green", "is_corporate"),
    ("green_share", "nfra"): share_of("is_green_nfra", "is_corporate"),
    ("green_share", "all_loans"): share_of("is_green", "is_loan"),
    ("green_increment_share", DEFAULT): increment_share_of("is_green", "is_loan"),
    ("green_supply_chain_balance", DEFAULT): balance_of("is_green_supply_chain"),
    ("green_supply_chain_clients", DEFAULT): clients_of("is_green_supply_chain"),
    ("green_supply_chain_sme_share", DEFAULT): share_of(
        "is_green_chain_sme", "is_green_supply_chain"
    ),
    ("green_supply_chain_case_balance", DEFAULT): balance_of("is_green_chain_case"),
    ("supply_chain_balance", DEFAULT): balance_of("is_supply_chain"),
    ("supply_chain_clients", DEFAULT): clients_of("is_supply_chain"),
    ("trade_stability", DEFAULT): weighted("trade_cv", "is_trade_known"),
    ("settlement_days", DEFAULT): settlement,
    ("settlement_days_a_year_ago", DEFAULT): lambda at: settlement(at, 12),
    ("settlement_days_change", DEFAULT): settlement_change,
    ("settlement_slow_share", DEFAULT): share_of("is_settlement_slow", "is_settlement_known"),
}

# Inclusive lending --------------------------------------------------------------------------------


def inclusive_npl_gap(at: View) -> Figure:
    """Against all loans of the whole bank, wherever the node is."""
    whole = ratio(at.bank_balance("is_npl"), at.bank_balance("is_loan"))
    return gap_in_points(share_of("is_inclusive_npl", "is_inclusive")(at), whole)


INCLUSIVE: dict[tuple[str, str], Formula] = {
    ("inclusive_balance", "nfra"): balance_of("is_inclusive"),
    ("inclusive_balance", "pboc"): balance_of("is_inclusive_pboc"),
    ("inclusive_clients", DEFAULT): clients_of("is_inclusive"),
    ("inclusive_growth_ytd", DEFAULT): growth_ytd_of("is_inclusive"),
    ("inclusive_growth_gap", DEFAULT): growth_gap_of("is_inclusive"),
    ("inclusive_rate_new_ytd", DEFAULT): lambda at: ratio(
        at.flow_ytd("drawn_inclusive_interest"), at.flow_ytd("drawn_inclusive_rated")
    ),
    ("inclusive_npl_ratio", "nfra"): share_of("is_inclusive_npl", "is_inclusive"),
    ("inclusive_npl_ratio", "pboc"): share_of("is_inclusive_pboc_npl", "is_inclusive_pboc"),
    ("inclusive_npl_gap", DEFAULT): inclusive_npl_gap,
    ("inclusive_npl_tolerance", "in_force"): in_force,
    ("inclusive_npl_tolerance", "rule_2019"): rule_2019,
    ("inclusive_npl_tolerance", "rule_2015"): rule_2015,
    ("tech_small_npl_tolerance", DEFAULT): technology_rule_2024,
    ("inclusive_unsecured_share", DEFAULT): share_of("is_inclusive_unsecured", "is_inclusive"),
    ("renewal_balance", DEFAULT): balance_of("is_renewal"),
}

# Asset quality ------------------------------------------------------------------------------------


def mean_loans(at: View) -> Decimal:
    """Half way between the year end and now."""
    return (at.balance("is_loan") + at.balance("is_loan", at.year_end)) / 2


def formed_by_flow(at: View) -> Decimal:
    """What became bad this year: the rise of the stock, and what left it meanwhile."""
    return (
        at.balance("is_npl")
        - at.balance("is_npl", at.year_end)
        + at.flow_ytd("written_off")
        + at.flow_ytd("npl_sold")
        + at.flow_ytd("npl_repaid")
        + at.change_ytd("npl_upgraded")
        - at.flow_ytd("npl_moved")
    )


def formed_by_loan(at: View) -> Decimal:
    """What became bad this year, each month's new ones and those written off unseen."""
    return at.change_ytd("npl_new_by_loan") + at.flow_ytd("disposed_unseen")


def credit_cost(at: View) -> Figure:
    """What losses cost the year, on the mean of the loans."""
    cost = (
        at.amount("is_loan", "allowance")
        - at.amount("is_loan", "allowance", at.year_end)
        + at.flow_ytd("written_off")
        + at.flow_ytd("npl_sold")
        - at.flow_ytd("recovered")
    )
    return ratio(cost * 12, mean_loans(at) * at.months_elapsed)


def ratio_with_write_offs(at: View) -> Figure:
    """The NPL ratio as if nothing had been written off this year."""
    written_off = at.flow_ytd("written_off")
    return ratio(at.balance("is_npl") + written_off, at.balance("is_loan") + written_off)


QUALITY: dict[tuple[str, str], Formula] = {
    ("npl_balance", DEFAULT): balance_of("is_npl"),
    ("npl_ratio", DEFAULT): share_of("is_npl", "is_loan"),
    ("special_mention_ratio", DEFAULT): share_of("is_special_mention", "is_loan"),
    ("overdue_ratio", DEFAULT): share_of("is_overdue", "is_loan"),
    ("overdue_90_ratio", DEFAULT): share_of("is_overdue_90", "is_loan"),
    ("overdue_90_to_npl", DEFAULT): share_of("is_overdue_90", "is_npl"),
    ("overdue_60_to_npl", DEFAULT): share_of("is_overdue_60", "is_npl"),
    ("provision_coverage", DEFAULT): lambda at: ratio(
        at.amount("is_loan", "allowance"), at.balance("is_npl")
    ),
    ("provision_ratio", DEFAULT): weighted("allowance", "is_loan"),
    ("npl_formed_ytd", DEFAULT): lambda at: total(formed_by_flow(at)),
    ("npl_formed_by_loan_ytd", DEFAULT): lambda at: total(formed_by_loan(at)),
    ("npl_formed_difference", DEFAULT): lambda at: total(formed_by_flow(at) - formed_by_loan(at)),
    ("npl_formation_rate", DEFAULT): lambda at: ratio(
        formed_by_flow(at) * 12, mean_loans(at) * at.months_elapsed
    ),
    ("new_loan_npl_ratio", DEFAULT): lambda at: ratio(
        at.balance("is_drawn_this_year_npl") + at.flow_ytd("new_loan_disposed"),
        at.flow_ytd("drawn"),
    ),
    ("write_offs_ytd", DEFAULT): flow_ytd_of("written_off"),
    ("recovered_ytd", DEFAULT): flow_ytd_of("recovered"),
    ("npl_ratio_with_write_offs", DEFAULT): ratio_with_write_offs,
    ("credit_cost", DEFAULT): credit_cost,
    ("migration_normal", DEFAULT): lambda at: ratio(
        at.change("normal_that_got_worse", at.year_end),
        at.change("normal_that_stayed", at.year_end),
    ),
    ("migration_special_mention", DEFAULT): lambda at: ratio(
        at.change("mention_that_got_worse", at.year_end),
        at.change("mention_that_stayed", at.year_end),
    ),
}

# Structure ----------------------------------------------------------------------------------------

STRUCTURE: dict[tuple[str, str], Formula] = {
    ("industry_share", DEFAULT): share_of("is_corporate", "is_corporate"),
    ("manufacturing_share", DEFAULT): share_of("is_manufacturing", "is_corporate"),
    ("manufacturing_mlt_share", "manufacturing"): share_of(
        "is_manufacturing_mlt", "is_manufacturing"
    ),
    ("manufacturing_mlt_share", "corporate"): share_of("is_manufacturing_mlt", "is_corporate"),
    ("private_share", "enterprises"): share_of("is_private", "is_corporate"),
    ("private_share", "wide"): share_of("is_private_wide", "is_loan"),
    ("unsecured_share", DEFAULT): share_of("is_unsecured", "is_corporate"),
    ("mlt_share", DEFAULT): share_of("is_mlt", "is_corporate"),
    ("real_estate_share", DEFAULT): share_of("is_real_estate_cap", "is_cny"),
    ("housing_loan_share", DEFAULT): share_of("is_housing", "is_cny"),
    ("corporate_real_estate_share", DEFAULT): share_of("is_corporate_real_estate", "is_corporate"),
    ("platform_share", DEFAULT): share_of("is_platform", "is_corporate"),
    ("overcapacity_share", DEFAULT): share_of("is_overcapacity", "is_corporate"),
    ("two_high_share", "two_high"): share_of("is_two_high", "is_corporate"),
    ("two_high_share", "energy_intensive"): share_of("is_energy_intensive", "is_corporate"),
    ("cluster_share", "booking"): share_of("is_cluster_booking", "is_corporate"),
    ("cluster_share", "borrower"): share_of("is_cluster_borrower", "is_corporate"),
}

# Concentration ------------------------------------------------------------------------------------


def hhi_of(portfolio: str, by: str) -> Formula:
    """Ten thousand times the sum of the squared shares, at six decimals."""

    def index(at: View) -> Figure:
        parts, whole = at.split(portfolio, by), at.balance(portfolio)
        squares = sum((part * part for part in parts.values()), ZERO)
        if whole == 0:
            return Figure(squares, whole, None, "n/a", "the denominator is zero")
        exact = Fraction(squares) / Fraction(whole) ** 2 * 10_000
        rounded = half_up(exact, 6)
        return Figure(squares, whole, rounded, exact=Fraction(rounded))

    return index


def share_of_largest(portfolio: str, by: str, count: int) -> Formula:
    """What part of a portfolio its largest members hold."""
    return lambda at: ratio(at.largest(portfolio, by, count), at.balance(portfolio))


def largest_to_capital(by: str, count: int, kind: str) -> Formula:
    """What the largest clients hold for each unit of the bank's capital."""

    def exposure(at: View) -> Figure:
        at.only_for_the_whole_bank()
        return ratio(at.largest("is_loan", by, count), at.bank.now.capital(kind))

    return exposure


CONCENTRATION: dict[tuple[str, str], Formula] = {
    ("industry_hhi", "section"): hhi_of("is_corporate", "purpose_section"),
    ("industry_hhi", "division"): hhi_of("is_corporate", "purpose_division"),
    ("core_enterprise_hhi", DEFAULT): hhi_of("is_supply_chain", "core_enterprise"),
    ("core_enterprise_share", DEFAULT): share_of_largest("is_supply_chain", "core_enterprise", 1),
    ("largest_client_share", DEFAULT): share_of_largest("is_loan", "client", 1),
    ("ten_largest_clients_share", DEFAULT): share_of_largest("is_loan", "client", 10),
    ("largest_client_ratio", DEFAULT): largest_to_capital("client", 1, "net_capital"),
    ("ten_largest_clients_ratio", DEFAULT): largest_to_capital("client", 10, "net_capital"),
    ("large_exposure_single", DEFAULT): largest_to_capital("client", 1, "tier1_net_capital"),
    ("large_exposure_group", DEFAULT): largest_to_capital("group", 1, "tier1_net_capital"),
}

# Price and linkage --------------------------------------------------------------------------------

PRICE: dict[tuple[str, str], Formula] = {
    ("loan_rate", DEFAULT): weighted("interest", "is_rated"),
    ("loan_rate_new", DEFAULT): lambda at: ratio(at.flow("drawn_interest"), at.flow("drawn_rated")),
    ("loan_rate_new_ytd", DEFAULT): lambda at: ratio(
        at.flow_ytd("drawn_interest"), at.flow_ytd("drawn_rated")
    ),
    ("lpr_spread", DEFAULT): weighted("spread", "is_spread_known", times=BASIS_POINTS),
    ("lpr_spread_new_ytd", DEFAULT): lambda at: ratio(
        at.flow_ytd("drawn_spread"), at.flow_ytd("drawn_spread_known"), times=BASIS_POINTS
    ),
}
LINKAGE: dict[tuple[str, str], Formula] = {
    ("linkage_balance", DEFAULT): balance_of("is_linkage"),
    ("linkage_clients", DEFAULT): clients_of("is_linkage"),
    ("linkage_share", DEFAULT): share_of("is_linkage", "is_corporate"),
    ("linkage_npl_ratio", DEFAULT): share_of("is_linkage_npl", "is_linkage"),
}

FORMULAS = {
    **VOLUME,
    **STRATEGIC,
    **TECHNOLOGY,
    **FIRST_TIME,
    **GREEN,
    **INCLUSIVE,
    **QUALITY,
    **STRUCTURE,
    **CONCENTRATION,
    **PRICE,
    **LINKAGE,
}
"""Every metric and reading."""
