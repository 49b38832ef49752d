"""What a loan counts as: every portfolio it belongs to, and the amounts it brings.

A property of `Loan` is one line of the definitions and bears its name. A condition that cannot be
decided, because a value is not there, is not met. `@judged(...)` names the tables without which the
question cannot be put at all: if one was never delivered, the figure is open and not zero.
Looking up what surrounds a loan belongs in `oracle_month.py`, events in `oracle_flows.py`.
"""

from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tests.oracle.oracle_delivered import Row
from tests.oracle.oracle_figures import ZERO, in_base_currency
from tests.oracle.oracle_lists import ENERGY_INTENSIVE, OVERCAPACITY, TWO_HIGH

if TYPE_CHECKING:
    from tests.oracle.oracle_month import Month

EIGHT = Decimal("1e-8")
NON_PERFORMING = {"FQ03", "FQ04", "FQ05"}
WORSE_THAN_NORMAL = {"FQ02", *NON_PERFORMING}
GONE = {"written_off", "transferred", "settled"}
BILLS = {"discounted_bill", "rediscounted_bill"}
SMALL_AND_MICRO = {"CS03", "CS04"}
MEDIUM_SMALL_AND_MICRO = {"CS02", *SMALL_AND_MICRO}
PERSONS_IN_BUSINESS = {"individual_business", "business_owner"}
CASE_DIVISIONS = {"36", "39", "30"}
CASE_USES = {"energy_saving_equipment", "recycling_line"}
SLOW_SETTLEMENT_DAYS = 180

BORROWER = ("borrower_snapshot",)
NFRA_LINE, PBOC_LINE = (*BORROWER, "an NFRA line"), (*BORROWER, "a PBoC line")
LISTED = (*BORROWER, "tech_enterprise_list")
CHAIN = (*BORROWER, "supply_chain_relation")
TRADE = (*CHAIN, "supply_chain_trade")
SETTLED = (*TRADE, "trade of three months")


def judged(*needs: str) -> Callable[[Callable[[Any], Any]], cached_property[Any]]:
    """A question asked once of each loan, and what must have been delivered to ask it."""

    def mark(question: Callable[[Any], Any]) -> cached_property[Any]:
        question.needs = needs
        return cached_property(question)

    return mark


def is_one_of(value: str | None, words: set[str]) -> bool:
    """Whether a coded value is there and one of the words."""
    return value is not None and value in words


def is_none_of(value: str | None, words: set[str]) -> bool:
    """Whether a coded value is there and none of the words; an absent one cannot be told."""
    return value is not None and value not in words


def day_number(day: date) -> int:
    """A date as the number one reads, so that a year later is 10,000 more."""
    return day.year * 10_000 + day.month * 100 + day.day


def quotient(numerator: Decimal, denominator: Decimal) -> Decimal:
    """A client's own ratio, half up to eight decimals."""
    return (numerator / denominator).quantize(EIGHT, rounding=ROUND_HALF_UP)


class Loan:
    """A row of a loan book, beside the borrowers, lists and rates of a month."""

    def __init__(self, row: Row, month: "Month") -> None:
        self.row = row
        self.month = month
        self.borrower = month.borrower(row["borrower_id"])
        self.borrower_type = self.borrower["borrower_type"] or "enterprise"

    # Whose book it is on ------------------------------------------------------------------------

    @judged()
    def own_account(self) -> bool:
        """On the bank's balance sheet and at its risk."""
        return self.row["on_balance_sheet"] is True and self.row["entrusted_flag"] is False

    @judged()
    def balance(self) -> Decimal:
        """B: the principal in base currency."""
        return self.in_base(self.row["outstanding_principal"])

    @judged()
    def is_loan(self) -> bool:
        """Something outstanding on the bank's own book."""
        return (
            self.own_account
            and self.row["movement"] == "none"
            and is_none_of(self.row["loan_status"], GONE)
            and is_none_of(self.row["product_type"], {"rediscounted_bill"})
            and self.balance > 0
        )

    @judged()
    def is_loan_without_bills(self) -> bool:
        return self.is_loan and self.row["product_type"] != "discounted_bill"

    @judged(*BORROWER)
    def is_corporate(self) -> bool:
        """To an enterprise or a public body; whoever is not known is taken for an enterprise."""
        return self.is_loan and self.borrower_type in ("enterprise", "public")

    @judged(*BORROWER)
    def is_enterprise_loan(self) -> bool:
        return self.is_loan and self.borrower_type == "enterprise"

    def in_base(self, amount: Decimal) -> Decimal:
        """An amount of this loan in base currency, to the cent."""
        month = self.month
        return in_base_currency(amount, self.row["currency_code"], month.rates, month.base_currency)

    # What it is for -----------------------------------------------------------------------------

    @judged()
    def purpose_section(self) -> str | None:
        return self.month.lists.section(self.row["purpose_industry_code"])

    @judged()
    def purpose_division(self) -> str | None:
        return self.month.lists.division(self.row["purpose_industry_code"])

    @judged(*BORROWER)
    def is_sei_strict(self) -> bool:
        return self.is_corporate and self.month.lists.is_sei_whole(
            self.row["purpose_industry_code"]
        )

    @judged()
    def is_sei_all_loans(self) -> bool:
        """A whole class, or a class that lies in the field of the tag."""
        code, lists = self.row["purpose_industry_code"], self.month.lists
        return self.is_loan and (
            lists.is_sei_whole(code) or lists.is_in_sei_field(code, self.row["sei_tag"])
        )

    @judged(*BORROWER)
    def is_sei_confirmed(self) -> bool:
        return self.is_corporate and self.is_sei_all_loans

    @judged(*BORROWER)
    def is_sei_broad(self) -> bool:
        return self.is_corporate and self.month.lists.is_sei_listed(
            self.row["purpose_industry_code"]
        )

    @judged(*BORROWER)
    def is_sei_npl(self) -> bool:
        return self.is_sei_confirmed and self.is_npl

    @judged()
    def sei_field(self) -> str | None:
        return self.month.lists.sei_field(self.row["purpose_industry_code"], self.row["sei_tag"])

    @judged(*BORROWER)
    def is_manufacturing(self) -> bool:
        return self.is_corporate and self.purpose_section == "C"

    @judged(*BORROWER)
    def is_manufacturing_mlt(self) -> bool:
        return self.is_manufacturing and self.long_term

    @judged(*BORROWER)
    def is_manufacturing_traditional(self) -> bool:
        return self.is_manufacturing and not self.is_sei_confirmed

    @judged(*BORROWER)
    def is_overcapacity(self) -> bool:
        return self._is_restricted(OVERCAPACITY)

    @judged(*BORROWER)
    def is_two_high(self) -> bool:
        return self._is_restricted(TWO_HIGH)

    @judged(*BORROWER)
    def is_energy_intensive(self) -> bool:
        return self._is_restricted(ENERGY_INTENSIVE)

    def _is_restricted(self, list_ids: tuple[str, ...]) -> bool:
        code = self.row["purpose_industry_code"]
        return self.is_corporate and self.month.lists.is_restricted(code, list_ids)

    # Technology ---------------------------------------------------------------------------------

    @judged(*LISTED)
    def is_tech_enterprise(self) -> bool:
        """The borrower is on any technology list on the month end."""
        return self.is_corporate and bool(self._memberships)

    @judged(*LISTED)
    def is_tech_enterprise_of_enterprise(self) -> bool:
        return self.is_tech_enterprise and self.borrower_type == "enterprise"

    @judged(*BORROWER)
    def is_tech_industry(self) -> bool:
        """The money goes to high technology, strategic or patent-intensive industry."""
        code, lists = self.row["purpose_industry_code"], self.month.lists
        return self.is_corporate and (
            lists.is_high_tech(code, self.row["tech_loan_tag"])
            or self.is_sei_confirmed
            or lists.is_patent_intensive(code)
        )

    @judged(*LISTED)
    def is_tech_loan(self) -> bool:
        """Either of the two, each loan once."""
        return self.is_tech_enterprise or self.is_tech_industry

    @judged(*BORROWER)
    def is_high_tech_manufacturing(self) -> bool:
        return self.is_corporate and self.month.lists.is_high_tech_manufacturing(
            self.row["purpose_industry_code"]
        )

    @judged(*BORROWER)
    def is_high_tech_manufacturing_mlt(self) -> bool:
        return self.is_high_tech_manufacturing and self.long_term

    @judged(*LISTED)
    def is_srdi(self) -> bool:
        return self.is_corporate and bool(self._memberships & {"srdi", "little_giant"})

    @judged(*LISTED)
    def is_tech_small(self) -> bool:
        """A small or micro technology enterprise."""
        return self.is_tech_enterprise_of_enterprise and self._is_small_enterprise

    @judged(*LISTED)
    def is_tech_small_npl(self) -> bool:
        return self.is_tech_small and self.is_npl

    @judged("collateral", "loan_collateral")
    def is_ip_pledged(self) -> bool:
        return self.is_loan and self.row["loan_id"] in self.month.ip_pledged_loans

    @judged(*LISTED)
    def is_rd_known(self) -> bool:
        turnover = self.borrower["turnover"]
        return (
            self.is_tech_enterprise
            and self.borrower["rd_expense"] is not None
            and turnover is not None
            and turnover > 0
        )

    @judged(*LISTED)
    def rd(self) -> Decimal:
        """The balance, weighted with what part of its turnover the client spends on research."""
        return self.balance * quotient(self.borrower["rd_expense"], self.borrower["turnover"])

    @judged(*LISTED)
    def is_staff_known(self) -> bool:
        staff = self.borrower["core_tech_staff"]
        return (
            self.is_tech_enterprise
            and staff is not None
            and staff > 0
            and self.borrower["core_tech_leavers"] is not None
        )

    @judged(*LISTED)
    def turnover_staff(self) -> Decimal:
        """The balance, weighted with what part of its core technical staff left the client."""
        leavers, staff = self.borrower["core_tech_leavers"], self.borrower["core_tech_staff"]
        return self.balance * quotient(Decimal(leavers), Decimal(staff))

    @property
    def _memberships(self) -> set[str]:
        return self.month.tech_lists.get(self.row["borrower_id"], set())

    # Terms and price ----------------------------------------------------------------------------

    @judged()
    def long_term(self) -> bool:
        """First agreed for more than a year."""
        return (
            self._days_agreed is not None and self._days_agreed[1] > self._days_agreed[0] + 10_000
        )

    @property
    def _days_agreed(self) -> tuple[int, int] | None:
        drawn, due = self.row["disbursement_date"], self.row["maturity_date"]
        return None if drawn is None or due is None else (day_number(drawn), day_number(due))

    @judged(*BORROWER)
    def is_mlt(self) -> bool:
        return self.is_corporate and self.long_term

    @judged()
    def is_rated(self) -> bool:
        return self.is_loan and self.row["interest_rate"] is not None

    @judged()
    def interest(self) -> Decimal:
        """A year's interest on the balance, not rounded."""
        return self.balance * self.row["interest_rate"]

    @judged("lpr_rate")
    def benchmark(self) -> Decimal | None:
        """The LPR of the loan's term on the day its rate was last set."""
        day = self.row["repricing_date"] or self.row["disbursement_date"]
        if day is None or self._days_agreed is None:
            return None
        return self.month.lpr("5Y" if self.long_term else "1Y", day)

    @judged("lpr_rate")
    def is_spread_known(self) -> bool:
        return self.is_rated and self.benchmark is not None

    @judged("lpr_rate")
    def spread(self) -> Decimal:
        """A year's interest over the benchmark, not rounded."""
        return self.balance * (self.row["interest_rate"] - self.benchmark)

    @judged(*BORROWER)
    def is_unsecured(self) -> bool:
        return self.is_corporate and self.row["main_security_type"] == "04"

    # Quality ------------------------------------------------------------------------------------

    @judged()
    def is_npl(self) -> bool:
        return self.is_loan and self.row["loan_classification"] in NON_PERFORMING

    @judged()
    def is_special_mention(self) -> bool:
        return self.is_loan and self.row["loan_classification"] == "FQ02"

    @judged()
    def is_normal(self) -> bool:
        return self.is_loan and self.row["loan_classification"] == "FQ01"

    @judged()
    def is_worse_than_normal(self) -> bool:
        return self.is_loan and self.row["loan_classification"] in WORSE_THAN_NORMAL

    @judged()
    def is_overdue(self) -> bool:
        return self._is_past_due(0)

    @judged()
    def is_overdue_60(self) -> bool:
        return self._is_past_due(60)

    @judged()
    def is_overdue_90(self) -> bool:
        return self._is_past_due(90)

    def _is_past_due(self, days: int) -> bool:
        past_due = self.row["days_past_due"]
        return self.is_loan and past_due is not None and past_due > days

    @judged()
    def allowance(self) -> Decimal:
        """What is set aside against the loan; none if none is given."""
        held = self.row["impairment_allowance"]
        return ZERO if held is None else self.in_base(held)

    @judged()
    def is_drawn_this_year_npl(self) -> bool:
        drawn = self.row["disbursement_date"]
        return self.is_npl and drawn is not None and drawn.year == self.month.day.year

    # Small business -----------------------------------------------------------------------------

    @judged(*BORROWER)
    def is_small_business_kind(self) -> bool:
        """No bill, and the borrower is a small enterprise or a person in business."""
        return is_none_of(self.row["product_type"], BILLS) and (
            (self.borrower_type == "enterprise" and self._is_small_enterprise)
            or self.borrower_type in PERSONS_IN_BUSINESS
        )

    @property
    def _is_small_enterprise(self) -> bool:
        return is_one_of(self.borrower["enterprise_size"], SMALL_AND_MICRO)

    @judged(*BORROWER)
    def is_small_business(self) -> bool:
        return self.is_loan and self.is_small_business_kind

    @judged(*BORROWER)
    def is_small_business_npl(self) -> bool:
        return self.is_small_business and self.is_npl

    @judged(*NFRA_LINE)
    def is_inclusive_kind(self) -> bool:
        """Small business, and the client's whole line is the limit or less."""
        line = self.borrower["total_credit_limit_cny"]
        return self.is_small_business_kind and line is not None and line <= self.month.nfra_line

    @judged(*NFRA_LINE)
    def is_inclusive(self) -> bool:
        return self.is_loan and self.is_inclusive_kind

    @judged(*NFRA_LINE)
    def is_inclusive_npl(self) -> bool:
        return self.is_inclusive and self.is_npl

    @judged(*PBOC_LINE)
    def is_inclusive_pboc(self) -> bool:
        """The same, with the line below the limit."""
        line = self.borrower["total_credit_limit_cny"]
        return self.is_small_business and line is not None and line < self.month.pboc_line

    @judged(*PBOC_LINE)
    def is_inclusive_pboc_npl(self) -> bool:
        return self.is_inclusive_pboc and self.is_npl

    @judged(*NFRA_LINE)
    def is_inclusive_unsecured(self) -> bool:
        return self.is_inclusive and self.row["main_security_type"] == "04"

    @judged()
    def is_renewal(self) -> bool:
        return self.is_loan and self.row["issue_type"] == "renewal_no_repayment"

    # Green and supply chains --------------------------------------------------------------------

    @judged(*BORROWER)
    def is_green(self) -> bool:
        return self.is_corporate and self.month.lists.is_green(self.row, self.month.day)

    @judged(*BORROWER)
    def is_green_nfra(self) -> bool:
        return self.is_corporate and self.row["green_tag_nfra"] is not None

    @judged(*CHAIN)
    def relation(self) -> Row | None:
        """The proven tie that speaks for the loan: its own, the oldest, the lowest number."""
        ties = [each for each in self.month.relations[self.row["borrower_id"]] if self._ties(each)]
        return min(
            ties,
            key=lambda tie: (tie["loan_id"] is None, tie["valid_from"], tie["relation_id"]),
            default=None,
        )

    def _ties(self, relation: Row) -> bool:
        """Evidence for this loan of a core enterprise outside the borrower's own group."""
        group, core = self.borrower["group_id"], relation["core_enterprise_id"]
        return (
            relation["loan_id"] in (None, self.row["loan_id"])
            and core is not None
            and relation["evidence_type"] is not None
            and relation["evidence_ref"] is not None
            and core != self.row["borrower_id"]
            and (group is None or group != relation["core_group_id"])
        )

    @judged(*CHAIN)
    def core_enterprise(self) -> str | None:
        return None if self.relation is None else self.relation["core_enterprise_id"]

    @judged(*CHAIN)
    def is_supply_chain(self) -> bool:
        return self.is_corporate and self.relation is not None

    @judged(*CHAIN)
    def is_green_supply_chain(self) -> bool:
        return self.is_green and self.relation is not None

    @judged(*CHAIN)
    def is_green_chain_sme(self) -> bool:
        size = self.borrower["enterprise_size"]
        return self.is_green_supply_chain and is_one_of(size, MEDIUM_SMALL_AND_MICRO)

    @judged(*CHAIN)
    def is_green_chain_case(self) -> bool:
        """Cars, electronics or building materials, for energy saving or recycling."""
        return (
            self.is_green_chain_sme
            and is_one_of(self.purpose_division, CASE_DIVISIONS)
            and is_one_of(self.relation["green_use_code"], CASE_USES)
        )

    @judged(*TRADE)
    def pair(self) -> tuple[str, str | None]:
        """Borrower and core enterprise, whose trade with each other is watched."""
        return self.row["borrower_id"], self.core_enterprise

    @judged(*TRADE)
    def is_trade_known(self) -> bool:
        return self.is_supply_chain and self.month.trade_variation(self.pair) is not None

    @judged(*TRADE)
    def trade_cv(self) -> Decimal:
        """The balance, weighted with how much the pair's trade varies."""
        return self.balance * self.month.trade_variation(self.pair)

    @judged(*SETTLED)
    def is_settlement_known(self) -> bool:
        return self.is_supply_chain and self.month.settlement_days(self.pair) is not None

    @judged(*SETTLED)
    def is_settlement_slow(self) -> bool:
        return (
            self.is_settlement_known
            and self.month.settlement_days(self.pair) > SLOW_SETTLEMENT_DAYS
        )

    # Ownership, real estate, places -------------------------------------------------------------

    @judged(*BORROWER)
    def is_private(self) -> bool:
        return self.is_enterprise_loan and self.borrower["controlling_type"] == "private"

    @judged(*BORROWER)
    def is_private_wide(self) -> bool:
        """With persons in business."""
        return self.is_private or (self.is_loan and self.borrower_type in PERSONS_IN_BUSINESS)

    @judged()
    def is_cny(self) -> bool:
        """In base currency, which stands for yuan."""
        return self.is_loan and self.row["currency_code"] == self.month.base_currency

    @judged()
    def is_real_estate_cap(self) -> bool:
        """Under the cap on real estate: development and homes, but for rental housing."""
        return (
            self.is_cny
            and (
                self.row["product_type"] == "real_estate_development"
                or self.row["housing_loan_flag"] is True
            )
            and self.row["rental_housing_flag"] is not True
        )

    @judged()
    def is_housing(self) -> bool:
        return self.is_cny and self.row["housing_loan_flag"] is True

    @judged(*BORROWER)
    def is_corporate_real_estate(self) -> bool:
        """By purpose or by the borrower's own industry."""
        own = self.month.lists.section(self.borrower["industry_code"])
        return self.is_corporate and "K" in (self.purpose_section, own)

    @judged(*BORROWER)
    def is_platform(self) -> bool:
        return self.is_corporate and self.borrower["platform_flag"] is True

    @judged("branch")
    def booking_region(self) -> str | None:
        """The province-level place of the branch that books the loan."""
        region = self.month.region_of(self.row["booking_branch_id"])
        return None if region is None else region[:2] + "0000"

    @judged("branch")
    def booking_cluster(self) -> str | None:
        return self.month.lists.cluster(self.month.region_of(self.row["booking_branch_id"]))

    @judged(*BORROWER, "branch")
    def is_cluster_booking(self) -> bool:
        return self.is_corporate and self.booking_cluster is not None

    @judged(*BORROWER)
    def is_cluster_borrower(self) -> bool:
        region = self.borrower["registered_region_code"]
        return self.is_corporate and self.month.lists.cluster(region) is not None

    # Linkage, first loans, clients --------------------------------------------------------------

    @judged(*BORROWER)
    def is_linkage(self) -> bool:
        return self.is_corporate and self.row["investment_linkage_flag"] is True

    @judged(*BORROWER)
    def is_linkage_npl(self) -> bool:
        return self.is_linkage and self.is_npl

    @judged("borrower_first_loan_event")
    def is_first_receipt(self) -> bool:
        return self.is_loan and self.row["loan_id"] in self.month.first_receipts

    @judged()
    def client(self) -> str:
        return self.row["borrower_id"]

    @judged(*BORROWER)
    def group(self) -> str:
        """The group of connected clients, or the client that is in none."""
        return self.borrower["group_id"] or self.row["borrower_id"]

    # What it is split by ------------------------------------------------------------------------

    @judged(*BORROWER)
    def enterprise_size(self) -> str | None:
        return self.borrower["enterprise_size"]

    @judged()
    def product_type(self) -> str | None:
        return self.row["product_type"]

    @judged()
    def security(self) -> str | None:
        return self.row["main_security_type"]

    @judged()
    def classification(self) -> str | None:
        return self.row["loan_classification"]

    @judged()
    def growth_stage(self) -> str | None:
        return self.row["growth_stage"]

    @judged()
    def linkage_mode(self) -> str | None:
        return self.row["linkage_mode"]
