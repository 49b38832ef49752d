"""Every metric of a month once more, in plain loops: what the engine's figures are compared with.

Written from the definitions alone, with nothing of the engine's own code, so that one misreading
cannot hide in both. It favours being read over being fast, and knows no catalogue, no slices and no
versions.
The tests that compare the two belong beside it; tests of this file are in `test_oracle_itself.py`.

Where a delivered book leaves a choice open, the choice made here is:
* a table that was never delivered holds no rows;
* the root is over the whole bank, so loans of a branch that closed without a successor, or that the
  tree does not place, count at the parent it still has and at the root;
* a currency without a rate is an error of the caller, since such rows never pass the checks.
"""

import csv
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]
Book = Mapping[date, Mapping[str, list[dict[str, Any]]]]
Key = tuple[str, str, str]
"""Metric, reading and branch."""

CENT = Decimal("0.01")
ENOUGH_DIGITS = 80
"""An 18-digit amount times a 12-digit rate does not fit the 28 digits Decimal starts with."""
NON_PERFORMING = {"FQ03", "FQ04", "FQ05"}
GONE = {"written_off", "transferred", "settled"}
BILLS = {"discounted_bill", "rediscounted_bill"}
INCLUSIVE_LINE = Decimal(10_000_000)
TOLERANCE_PP = Decimal("3.00")
QUERY_DAYS = timedelta(days=30)
NEW_GREEN_CATALOGUE = date(2025, 10, 1)
HEAD_OFFICE = "HO"
DEFAULT = "default"
READINGS = ("strict", "confirmed", "broad")


@dataclass(frozen=True)
class Figure:
    """One figure of one branch; `exact` is the value before any rounding."""

    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    status: str = "ok"
    reason: str = ""
    exact: Fraction | None = None
    ratio_pp: Decimal | None = None
    reference_pp: Decimal | None = None
    limit_pp: Decimal | None = None
    headroom_amount: Decimal | None = None


def compute(
    book: Book, as_of: date, *, base_currency: str = "CNY", reference_dir: Path
) -> dict[Key, Figure]:
    """Every metric of the month `as_of`, in every reading, for every branch open that day."""
    with localcontext(Context(prec=ENOUGH_DIGITS)):
        tree = Tree(book, as_of)
        stock = portfolios(book, as_of, tree, base_currency, Reference(reference_dir))
        figures: dict[Key, Figure] = {}
        for node in tree.nodes:
            for (metric, reading), figure in stock_figures(stock, node).items():
                figures[metric, reading, node] = figure
            figures["inclusive_npl_tolerance", DEFAULT, node] = tolerance(stock, node)
        figures |= changes(book, as_of, tree, base_currency, stock)
        figures |= first_time(book, as_of, tree)
        return figures


# Arithmetic ---------------------------------------------------------------------------------------


def half_up(number: Fraction, places: int) -> Decimal:
    """Rounded to so many decimals, exact halves away from zero."""
    scaled = abs(number) * 10**places + Fraction(1, 2)
    whole = scaled.numerator // scaled.denominator
    return Decimal(whole if number >= 0 else -whole).scaleb(-places)


def total(amount: Decimal | int) -> Figure:
    """A figure that is an amount or a count."""
    amount = Decimal(amount)
    return Figure(amount, None, amount, exact=Fraction(amount))


def ratio(numerator: Decimal, denominator: Decimal) -> Figure:
    """A figure that is a quotient; nothing is divided by zero or by less."""
    if denominator <= 0:
        return Figure(numerator, denominator, None, "n/a", "the denominator is not above zero")
    exact = Fraction(numerator) / Fraction(denominator)
    return Figure(numerator, denominator, half_up(exact, 12), exact=exact)


def in_base_currency(loan: Row, rates: Mapping[str, Decimal], base_currency: str) -> Decimal:
    """The outstanding principal in base currency, to the cent."""
    rate = Decimal(1)
    if loan["currency_code"] != base_currency:
        rate = rates[loan["currency_code"]]
    return (loan["outstanding_principal"] * rate).quantize(CENT, rounding=ROUND_HALF_UP)


# What was delivered -------------------------------------------------------------------------------


def valid_on(row: Row, day: date) -> bool:
    """Whether a dated row holds that day; its first and last day count."""
    return row["valid_from"] <= day and (row["valid_to"] is None or day <= row["valid_to"])


def latest(book: Book, table: str, as_of: date) -> list[dict[str, Any]]:
    """The rows of the month, or of the latest earlier month that delivered the table."""
    for month in sorted(book, reverse=True):
        if month <= as_of and table in book[month]:
            return book[month][table]
    return []


def exchange_rates(book: Book, month: date) -> dict[str, Decimal]:
    """The month's own rates."""
    return {row["currency_code"]: row["rate"] for row in book[month].get("fx_rate", [])}


class Tree:
    """The branches open on a day, and for any branch, open or closed, the nodes that count it."""

    def __init__(self, book: Book, as_of: date) -> None:
        self._as_of = as_of
        self._rows = {row["branch_id"]: row for row in latest(book, "branch", as_of)}
        links = latest(book, "branch_hierarchy", as_of)
        self._parent: dict[str, str] = {}
        for link in sorted(links, key=lambda row: (row["valid_from"], row["parent_id"])):
            if valid_on(link, as_of):
                self._parent[link["child_id"]] = link["parent_id"]
        named = set(self._rows) | set(self._parent) | set(self._parent.values())
        if not self._rows:
            named |= {loan["booking_branch_id"] for loan in book[as_of].get("loan_snapshot", [])}
        if not links:
            named.add(HEAD_OFFICE)
            self._parent = {branch: HEAD_OFFICE for branch in named if branch != HEAD_OFFICE}
        self.nodes = sorted(branch for branch in named if self._is_open(branch))
        self._open = set(self.nodes)
        self._root = self._only_root()
        self._paths: dict[str, tuple[str, ...]] = {}

    def path(self, branch: str) -> tuple[str, ...]:
        """The node that has the branch's book today, and every node above it."""
        if branch not in self._paths:
            nodes: list[str] = []
            node = self._home(branch)
            while node is not None and node not in nodes:
                nodes.append(node)
                node = self._above(node)
            if self._root is not None and self._root not in nodes:
                nodes.append(self._root)
            self._paths[branch] = tuple(nodes)
        return self._paths[branch]

    def _is_closed(self, branch: str) -> bool:
        row = self._rows.get(branch)
        return (
            row is not None
            and row["closed_date"] is not None
            and (row["closed_date"] <= self._as_of)
        )

    def _is_open(self, branch: str) -> bool:
        row = self._rows.get(branch)
        opened = None if row is None else row["opened_date"]
        return not self._is_closed(branch) and (opened is None or opened <= self._as_of)

    def _home(self, branch: str) -> str | None:
        """The branch itself if open, else its successor's home, else its parent's."""
        asked: set[str] = set()
        here: str | None = branch
        while here is not None and here not in asked:
            if here in self._open:
                return here
            asked.add(here)
            successor = self._rows[here]["merged_into_branch_id"] if self._is_closed(here) else None
            here = successor or self._parent.get(here)
        return None

    def _above(self, node: str) -> str | None:
        """The node over an open node; a closed parent stands for its successor."""
        asked: set[str] = set()
        up = self._parent.get(node)
        while up is not None and up not in asked:
            asked.add(up)
            home = self._home(up)
            if home not in (None, node):
                return home
            up = self._parent.get(up)
        return None

    def _only_root(self) -> str | None:
        tops = [node for node in self.nodes if self._above(node) is None]
        if len(tops) > 1:
            tops = [top for top in tops if top in self._rows and self._rows[top]["level"] == "head"]
        return tops[0] if len(tops) == 1 else None


# Reference lists ----------------------------------------------------------------------------------


class Reference:
    """Which industry classes and green items are on which list, read from the CSV files."""

    def __init__(self, folder: Path) -> None:
        self._group_classes: dict[str, list[str]] = defaultdict(list)
        for row in _csv(folder / "gbt4754_2017.csv"):
            if row["level"] == "4":
                self._group_classes[row["group"]].append(row["code"])
        self._sei_starred: dict[str, bool] = {}
        self._sei_fields: dict[str, set[str]] = {}
        for row in _csv(folder / "sei_2018_by_class.csv"):
            if not row["row_source"].startswith("unverified"):
                self._sei_starred[row["gbt_class"]] = row["starred"] == "yes"
                self._sei_fields[row["gbt_class"]] = set(row["sei_l1_codes"].split("|"))
        self._high_tech_starred = {
            row["gbt_class"]: row["starred"] == "yes"
            for row in _csv(folder / "high_tech_industry.csv")
        }
        self._patent_intensive = {
            row["gbt_class"] for row in _csv(folder / "ip_patent_intensive_industry.csv")
        }
        self._green_from = {
            (row["edition"], row["code"]): date.fromisoformat(row["effective"])
            for row in _csv(folder / "green_catalogue.csv")
            if row["level"] == "1"
        }

    def _classes(self, code: str | None) -> list[str]:
        """The classes that a delivered code stands for: one, or all those of a 3-digit group."""
        text = (code or "").strip()
        if text[:1].isalpha():
            text = text[1:]
        text = text[:4]
        return self._group_classes.get(text, []) if len(text) == 3 else [text]

    def sei_readings(self, code: str | None, tag: str | None) -> set[str]:
        """The readings under which a loan for that purpose is strategic emerging industry."""
        classes = self._classes(code)
        listed = [class_ for class_ in classes if class_ in self._sei_starred]
        if not listed:
            return set()
        if len(listed) == len(classes) and not any(self._sei_starred[each] for each in listed):
            return {"strict", "confirmed", "broad"}
        if any(tag in self._sei_fields[each] for each in listed):
            return {"confirmed", "broad"}
        return {"broad"}

    def is_high_tech(self, code: str | None, tech_loan_tag: str | None) -> bool:
        """On the high-tech lists; classes that count in part need the bank's own mark."""
        classes = self._classes(code)
        if not classes or not all(each in self._high_tech_starred for each in classes):
            return False
        in_part = any(self._high_tech_starred[each] for each in classes)
        return not in_part or tech_loan_tag is not None

    def is_patent_intensive(self, code: str | None) -> bool:
        """On the patent-intensive list."""
        classes = self._classes(code)
        return bool(classes) and all(each in self._patent_intensive for each in classes)

    def is_green(self, loan: Row, as_of: date) -> bool:
        """An item of the catalogue that was in force when the loan was approved."""
        if loan["green_tag"] is None:
            return False
        approved = loan["approval_date"] or loan["disbursement_date"]
        after = approved is not None and approved >= NEW_GREEN_CATALOGUE
        edition = loan["green_catalogue_version"] or ("2025" if after else "2019")
        if after and edition != "2025":
            return False
        effective = self._green_from.get((edition, loan["green_tag"].split(".")[0]))
        return effective is not None and effective <= as_of


def _csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


# Portfolios: which loans count as what ------------------------------------------------------------


@dataclass
class Stock:
    """Balances and distinct clients of each portfolio at each node, and of the bank as a whole."""

    balances: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    clients: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    bank: dict[str, Decimal] = field(default_factory=dict)

    def add(self, portfolio: str, path: Iterable[str], borrower: str, balance: Decimal) -> None:
        """Count one loan in one portfolio, at every node of its path."""
        self.bank[portfolio] = self.bank.get(portfolio, Decimal(0)) + balance
        for node in path:
            self.balances[portfolio, node] = self.balance(portfolio, node) + balance
            self.clients.setdefault((portfolio, node), set()).add(borrower)

    def balance(self, portfolio: str, node: str) -> Decimal:
        """The sum at a node, zero if nothing is there."""
        return self.balances.get((portfolio, node), Decimal(0))

    def client_count(self, portfolio: str, node: str) -> int:
        """How many different borrowers are there."""
        return len(self.clients.get((portfolio, node), ()))


def is_in_scope(loan: Row) -> bool:
    """A loan on the bank's own book, with something outstanding."""
    return (
        loan["on_balance_sheet"]
        and not loan["entrusted_flag"]
        and loan["movement"] == "none"
        and loan["loan_status"] not in GONE
        and loan["outstanding_principal"] > 0
        and loan["product_type"] != "rediscounted_bill"
    )


def is_inclusive(loan: Row, borrower: Row) -> bool:
    """A loan to a small or micro business whose credit line is ten million or less."""
    line = borrower["total_credit_limit_cny"]
    small_enterprise = borrower["borrower_type"] == "enterprise" and (
        borrower["enterprise_size"] in ("CS03", "CS04")
    )
    small_business = borrower["borrower_type"] in ("individual_business", "business_owner")
    return (
        loan["product_type"] not in BILLS
        and line is not None
        and line <= INCLUSIVE_LINE
        and (small_enterprise or small_business)
    )


def is_evidenced_chain(relation: Row, loan: Row, borrower: Row) -> bool:
    """A proven tie of this loan to a core enterprise outside the borrower's own group."""
    own_group = borrower["group_id"] is not None and (
        borrower["group_id"] == relation["core_group_id"]
    )
    return (
        relation["loan_id"] in (None, loan["loan_id"])
        and relation["core_enterprise_id"] is not None
        and relation["evidence_type"] is not None
        and relation["evidence_ref"] is not None
        and relation["core_enterprise_id"] != borrower["borrower_id"]
        and not own_group
    )


class Circumstances:
    """What is known on a day about borrowers, lists and chains, to judge a loan by."""

    def __init__(self, book: Book, as_of: date, reference: Reference) -> None:
        self._as_of = as_of
        self._reference = reference
        self._borrowers = {
            row["borrower_id"]: row for row in latest(book, "borrower_snapshot", as_of)
        }
        self._on_tech_list = {
            row["borrower_id"]
            for row in latest(book, "tech_enterprise_list", as_of)
            if valid_on(row, as_of)
        }
        self._relations: dict[str, list[Row]] = defaultdict(list)
        for row in latest(book, "supply_chain_relation", as_of):
            if valid_on(row, as_of):
                self._relations[row["borrower_id"]].append(row)

    def portfolios_of(self, loan: Row) -> set[str]:
        """Every portfolio that a loan in scope belongs to."""
        found = {"all"}
        bad = loan["loan_classification"] in NON_PERFORMING
        if bad:
            found.add("npl")
        borrower = self._borrowers.get(loan["borrower_id"])
        if borrower is None:
            return found
        if is_inclusive(loan, borrower):
            found.add("inclusive")
            if bad:
                found.add("inclusive npl")
        if borrower["borrower_type"] in ("enterprise", "public"):
            found |= self._corporate_portfolios_of(loan, borrower)
        return found

    def _corporate_portfolios_of(self, loan: Row, borrower: Row) -> set[str]:
        found = {"corporate"}
        purpose = loan["purpose_industry_code"]
        readings = self._reference.sei_readings(purpose, loan["sei_tag"])
        found |= {f"sei {reading}" for reading in readings}
        if (
            loan["borrower_id"] in self._on_tech_list
            or self._reference.is_high_tech(purpose, loan["tech_loan_tag"])
            or "confirmed" in readings
            or self._reference.is_patent_intensive(purpose)
        ):
            found.add("tech")
        if self._reference.is_green(loan, self._as_of):
            found.add("green")
            relations = self._relations.get(loan["borrower_id"], [])
            if any(is_evidenced_chain(relation, loan, borrower) for relation in relations):
                found.add("green chain")
        return found


def portfolios(
    book: Book, as_of: date, tree: Tree, base_currency: str, reference: Reference
) -> Stock:
    """Add up the month's loans by portfolio and node."""
    circumstances = Circumstances(book, as_of, reference)
    rates = exchange_rates(book, as_of)
    stock = Stock()
    for loan in book[as_of].get("loan_snapshot", []):
        if is_in_scope(loan):
            balance = in_base_currency(loan, rates, base_currency)
            path = tree.path(loan["booking_branch_id"])
            for portfolio in circumstances.portfolios_of(loan):
                stock.add(portfolio, path, loan["borrower_id"], balance)
    return stock


# Metrics of the stock -----------------------------------------------------------------------------


def stock_figures(stock: Stock, node: str) -> dict[tuple[str, str], Figure]:
    """Balances, clients and shares of one node, by metric and reading."""
    loans = stock.balance("all", node)
    corporate = stock.balance("corporate", node)
    green = stock.balance("green", node)
    npl = stock.balance("npl", node)
    inclusive = stock.balance("inclusive", node)
    figures = {
        "loan_balance": total(loans),
        "loan_clients": total(stock.client_count("all", node)),
        "tech_loan_share": ratio(stock.balance("tech", node), corporate),
        "green_balance": total(green),
        "green_share": ratio(green, corporate),
        "green_supply_chain_balance": total(stock.balance("green chain", node)),
        "green_supply_chain_clients": total(stock.client_count("green chain", node)),
        "npl_balance": total(npl),
        "npl_ratio": ratio(npl, loans),
        "inclusive_balance": total(inclusive),
        "inclusive_npl_ratio": ratio(stock.balance("inclusive npl", node), inclusive),
    }
    by_reading = {(metric, DEFAULT): figure for metric, figure in figures.items()}
    for reading in READINGS:
        sei = stock.balance(f"sei {reading}", node)
        by_reading["sei_balance", reading] = total(sei)
        by_reading["sei_share", reading] = ratio(sei, corporate)
    return by_reading


def tolerance(stock: Stock, node: str) -> Figure:
    """How far a node's inclusive NPL ratio is below the whole bank's NPL ratio plus 3.00 pp."""
    npl = stock.balance("inclusive npl", node)
    balance = stock.balance("inclusive", node)
    if balance == 0:
        return Figure(npl, balance, None, "n/a", "no inclusive loans")
    ratio_pp = half_up(100 * Fraction(npl) / Fraction(balance), 2)
    bank_npl = stock.bank.get("npl", Decimal(0))
    reference_pp = half_up(100 * Fraction(bank_npl) / Fraction(stock.bank["all"]), 2)
    limit_pp = reference_pp + TOLERANCE_PP
    headroom = limit_pp - ratio_pp
    return Figure(
        npl,
        balance,
        headroom,
        "within" if ratio_pp <= limit_pp else "exceeded",
        exact=Fraction(headroom),
        ratio_pp=ratio_pp,
        reference_pp=reference_pp,
        limit_pp=limit_pp,
        headroom_amount=half_up(Fraction(limit_pp) / 100 * Fraction(balance) - Fraction(npl), 2),
    )


# Metrics against an earlier month -----------------------------------------------------------------


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    first_of_next = date(year, month + 1, 1) if month < 12 else date(year + 1, 1, 1)
    return first_of_next - timedelta(days=1)


def changes(
    book: Book, as_of: date, tree: Tree, base_currency: str, stock: Stock
) -> dict[Key, Figure]:
    """Increments and growth of all loans, the base restated to today's tree."""
    base_months = {
        "loan_increment_mom": as_of.replace(day=1) - timedelta(days=1),
        "loan_increment_ytd": date(as_of.year - 1, 12, 31),
        "loan_growth_yoy": month_end(as_of.year - 1, as_of.month),
    }
    figures = {}
    for metric, month in base_months.items():
        base = balances_then(book, month, tree, base_currency)
        for node in tree.nodes:
            now = stock.balance("all", node)
            if base is None:
                figure = Figure(now, None, None, "n/a", f"{month} is not in the book")
                if metric == "loan_growth_yoy":
                    figure = Figure(None, None, None, "n/a", f"{month} is not in the book")
            elif metric == "loan_growth_yoy":
                figure = ratio(now - base[node], base[node])
            else:
                change = now - base[node]
                figure = Figure(now, base[node], change, exact=Fraction(change))
            figures[metric, DEFAULT, node] = figure
    return figures


def balances_then(
    book: Book, month: date, tree: Tree, base_currency: str
) -> dict[str, Decimal] | None:
    """The loan balance of an earlier month at each node of today; None if it was not delivered."""
    if "loan_snapshot" not in book.get(month, {}):
        return None
    rates = exchange_rates(book, month)
    balances = dict.fromkeys(tree.nodes, Decimal(0))
    for loan in book[month]["loan_snapshot"]:
        if is_in_scope(loan):
            for node in tree.path(loan["booking_branch_id"]):
                balances[node] += in_base_currency(loan, rates, base_currency)
    return balances


# First-time clients -------------------------------------------------------------------------------


def qualifies(event: Row, delivered: date, as_of: date) -> bool:
    """A first drawdown with timely evidence, reported in its own month and not withdrawn."""
    day, checked, revoked = event["event_date"], event["registry_checked_on"], event["revoked_on"]
    return (
        event["borrower_type"] == "enterprise"
        and event["issue_type"] == "new"
        and checked is not None
        and checked <= day <= checked + QUERY_DAYS
        and (revoked is None or revoked > as_of)
        and (day.year, day.month) == (delivered.year, delivered.month)
    )


def first_events(book: Book, as_of: date) -> list[Row]:
    """The one event that counts for each client, of all months up to the day."""
    first: dict[str, Row] = {}
    for month in sorted(book):
        if month <= as_of:
            for event in book[month].get("borrower_first_loan_event", []):
                if qualifies(event, month, as_of):
                    known = first.get(event["borrower_id"])
                    if known is None or _order(event) < _order(known):
                        first[event["borrower_id"]] = event
    return list(first.values())


def _order(event: Row) -> tuple[date, str]:
    return event["event_date"], event["loan_id"]


def first_time(book: Book, as_of: date, tree: Tree) -> dict[Key, Figure]:
    """First-time clients of the month and of the year, all and those on a technology list."""
    memberships = defaultdict(list)
    for row in latest(book, "tech_enterprise_list", as_of):
        memberships[row["borrower_id"]].append(row)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for event in first_events(book, as_of):
        day = event["event_date"]
        kinds = ["first_time_clients"]
        if any(valid_on(row, day) for row in memberships[event["borrower_id"]]):
            kinds.append("first_time_tech_clients")
        for kind in kinds:
            for node in tree.path(event["branch_id"]):
                if day.year == as_of.year:
                    counts[f"{kind}_ytd", node] += 1
                if (day.year, day.month) == (as_of.year, as_of.month):
                    counts[kind, node] += 1
    year = [month_end(as_of.year, month) for month in range(1, as_of.month + 1)]
    missing = [month for month in year if month not in book]
    figures = {}
    for kind in ("first_time_clients", "first_time_tech_clients"):
        for node in tree.nodes:
            figures[kind, DEFAULT, node] = total(counts[kind, node])
            figures[f"{kind}_ytd", DEFAULT, node] = (
                Figure(None, None, None, "n/a", f"{missing[0]} is not in the book")
                if missing
                else total(counts[f"{kind}_ytd", node])
            )
    return figures
