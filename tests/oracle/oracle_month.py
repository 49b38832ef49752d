"""One month as it stood: its loans, and all that surrounds them on its last day.

What a loan counts as belongs in `oracle_loans.py`; here it is looked up and added up by branch.
"""

from collections import defaultdict
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cached_property

from tests.oracle.oracle_delivered import (
    Book,
    Row,
    exchange_rates,
    is_delivered,
    latest,
    own_rows,
    valid_on,
)
from tests.oracle.oracle_figures import ZERO, NotComputableError, months_before
from tests.oracle.oracle_first_loans import REGULATOR, counted_events
from tests.oracle.oracle_lists import Lists, inclusive_line
from tests.oracle.oracle_loans import EIGHT, Loan

INTELLECTUAL_PROPERTY = {"patent", "trademark", "software_copyright"}
TRADE_MONTHS, TRADE_ROWS_NEEDED, SETTLEMENT_MONTHS = 12, 6, 3
NOBODY = dict.fromkeys(
    (
        "borrower_type",
        "enterprise_size",
        "industry_code",
        "registered_region_code",
        "group_id",
        "total_credit_limit_cny",
        "turnover",
        "controlling_type",
        "platform_flag",
        "rd_expense",
        "core_tech_staff",
        "core_tech_leavers",
    )
)
"""What is known of a borrower that no table names."""

Pair = tuple[str, str | None]
ByBranch = dict[str, Decimal]


class Month:
    """The loan book of a month end, with the tables as they were delivered up to then."""

    def __init__(self, book: Book, day: date, base_currency: str, lists: Lists) -> None:
        self.book = book
        self.day = day
        self.base_currency = base_currency
        self.lists = lists
        self.rates = exchange_rates(book, day) if day in book else {}
        self._sums: dict[tuple[str, str], ByBranch] = {}

    @property
    def is_there(self) -> bool:
        """Whether the month's loan book was delivered."""
        return "loan_snapshot" in self.book.get(self.day, {})

    # The loans and their sums -------------------------------------------------------------------

    @cached_property
    def loans(self) -> list[Loan]:
        """Every row of the month's book."""
        return [Loan(row, self) for row in own_rows(self.book, "loan_snapshot", self.day)]

    @cached_property
    def by_id(self) -> dict[str, Loan]:
        """The loans by their number."""
        return {loan.row["loan_id"]: loan for loan in self.loans}

    def those(self, portfolio: str) -> list[Loan]:
        """The loans of a portfolio, or all if no name is given."""
        self.require(portfolio)
        return [loan for loan in self.loans if getattr(loan, portfolio)]

    def by_branch(self, portfolio: str, amount: str = "balance") -> ByBranch:
        """What the loans of a portfolio add up to, at each branch that books them."""
        if (portfolio, amount) not in self._sums:
            self.require(amount)
            sums: ByBranch = defaultdict(Decimal)
            for loan in self.those(portfolio):
                sums[loan.row["booking_branch_id"]] += getattr(loan, amount)
            self._sums[portfolio, amount] = sums
        return self._sums[portfolio, amount]

    def require(self, question: str) -> None:
        """Refuse a question whose tables were never delivered, whatever loans there are."""
        own_rows(self.book, "loan_snapshot", self.day)
        for need in Loan.__dict__[question].func.needs:
            self.require_delivered(need)

    def require_delivered(self, need: str) -> None:
        """Refuse if a table was never delivered, or if a rule was not yet there."""
        if need == "an NFRA line":
            met = inclusive_line("nfra", self.day) is not None
        elif need == "a PBoC line":
            met = inclusive_line("pboc", self.day) is not None
        elif need == "trade of three months":
            met = all("supply_chain_trade" in self.book.get(day, {}) for day in self.last_three())
        else:
            met = is_delivered(self.book, need, self.day)
        if not met:
            raise NotComputableError(f"{need} is not known on {self.day}")

    # Clients and lists --------------------------------------------------------------------------

    def borrower(self, borrower_id: str) -> Row:
        """What is known of a borrower."""
        return self._borrowers.get(borrower_id, NOBODY)

    @cached_property
    def _borrowers(self) -> dict[str, Row]:
        rows = latest(self.book, "borrower_snapshot", self.day)
        return {row["borrower_id"]: row for row in rows}

    @cached_property
    def tech_lists(self) -> dict[str, set[str]]:
        """The technology lists each enterprise is on."""
        found: dict[str, set[str]] = defaultdict(set)
        for row in self.listed():
            found[row["borrower_id"]].add(row["list_type"])
        return found

    def listed(self) -> list[Row]:
        """The memberships that hold on the day."""
        rows = latest(self.book, "tech_enterprise_list", self.day)
        return [row for row in rows if valid_on(row, self.day)]

    @cached_property
    def relations(self) -> dict[str, list[Row]]:
        """The supply-chain relations of each borrower that hold on the day."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in latest(self.book, "supply_chain_relation", self.day):
            if valid_on(row, self.day):
                found[row["borrower_id"]].append(row)
        return found

    @cached_property
    def nfra_line(self) -> Decimal:
        """Up to where a client's line is inclusive."""
        return inclusive_line("nfra", self.day) or ZERO

    @cached_property
    def pboc_line(self) -> Decimal:
        """Below what a client's line is inclusive for the central bank."""
        return inclusive_line("pboc", self.day) or ZERO

    @cached_property
    def first_receipts(self) -> set[str]:
        """The loans with which clients were counted as first-time clients, in any month so far."""
        return {event["loan_id"] for event in counted_events(self.book, self.day, REGULATOR)}

    # Places, security, rates, capital -----------------------------------------------------------

    def region_of(self, branch: str) -> str | None:
        """Where a branch is."""
        return self._regions.get(branch)

    @cached_property
    def _regions(self) -> dict[str, str | None]:
        rows = latest(self.book, "branch", self.day)
        return {row["branch_id"]: row["region_code"] for row in rows}

    @cached_property
    def ip_pledged_loans(self) -> set[str]:
        """The loans that intellectual property secures on the day."""
        items = {
            row["collateral_id"]
            for row in latest(self.book, "collateral", self.day)
            if row["collateral_type"] in INTELLECTUAL_PROPERTY
        }
        return {
            row["loan_id"]
            for row in latest(self.book, "loan_collateral", self.day)
            if row["collateral_id"] in items and valid_on(row, self.day)
        }

    def lpr(self, term: str, day: date) -> Decimal | None:
        """The quotation in force on a day; none before the first, and none on a day yet to come."""
        if day > self.day:
            return None
        quoted = [(start, rate) for start, rate in self._quotations[term] if start <= day]
        return max(quoted)[1] if quoted else None

    @cached_property
    def _quotations(self) -> dict[str, list[tuple[date, Decimal]]]:
        found: dict[str, list[tuple[date, Decimal]]] = defaultdict(list)
        for row in latest(self.book, "lpr_rate", self.day):
            found[row["term"]].append((row["effective_date"], row["rate"]))
        return found

    def capital(self, kind: str) -> Decimal:
        """The bank's capital as last reported by the day."""
        self.require_delivered("net_capital")
        reported = [
            (row["reported_on"], row["amount"])
            for row in latest(self.book, "net_capital", self.day)
            if row["kind"] == kind and row["reported_on"] <= self.day
        ]
        if not reported:
            raise NotComputableError(f"no {kind} was reported by {self.day}")
        return max(reported)[1]

    # Trade of supply chains ---------------------------------------------------------------------

    def last_three(self) -> list[date]:
        """The months whose payments tell how fast a chain settles."""
        return [months_before(self.day, back) for back in range(SETTLEMENT_MONTHS)]

    def trade_variation(self, pair: Pair) -> Decimal | None:
        """The coefficient of variation of a pair's monthly trade over twelve months."""
        amounts = self._trade.get(pair, [])
        count, whole = len(amounts), sum(amounts, ZERO)
        if count < TRADE_ROWS_NEEDED or whole <= 0:
            return None
        squares = sum((amount * amount for amount in amounts), ZERO)
        spread = (count * squares - whole * whole).sqrt()
        return (spread / whole).quantize(EIGHT, rounding=ROUND_HALF_UP)

    @cached_property
    def _trade(self) -> dict[Pair, list[Decimal]]:
        found: dict[Pair, list[Decimal]] = defaultdict(list)
        for back in range(TRADE_MONTHS):
            tables = self.book.get(months_before(self.day, back), {})
            for row in tables.get("supply_chain_trade", []):
                found[row["borrower_id"], row["core_enterprise_id"]].append(row["trade_amount"])
        return found

    def settlement_days(self, pair: Pair) -> Fraction | None:
        """How long a pair's payments took on average in three months, by what was paid."""
        paid, days = self.settled.get(pair, (ZERO, ZERO))
        return Fraction(days) / Fraction(paid) if paid != 0 else None

    @cached_property
    def settled(self) -> dict[Pair, tuple[Decimal, Decimal]]:
        """Of each pair in the last three months: what was paid, and that times the days it took."""
        found: dict[Pair, tuple[Decimal, Decimal]] = {}
        for day in self.last_three():
            for row in own_rows(self.book, "supply_chain_trade", day):
                paid, took = row["settled_amount"], row["settlement_days"]
                if paid is not None and took is not None:
                    pair = row["borrower_id"], row["core_enterprise_id"]
                    before = found.get(pair, (ZERO, ZERO))
                    found[pair] = (before[0] + paid, before[1] + paid * took)
        return found
