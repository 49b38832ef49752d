"""A book seen from one day: its months, and every sum of a month at each node of that day's tree.

Base months are rolled up over today's tree too, so that a merger of branches is not growth.
Which sums make a metric belongs in `oracle_metrics.py`.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from tests.oracle.oracle_delivered import Book, Tree
from tests.oracle.oracle_figures import (
    ZERO,
    NotComputableError,
    months_before,
    months_of_year,
    year_end_before,
)
from tests.oracle.oracle_flows import Events, change_by_branch
from tests.oracle.oracle_lists import Lists
from tests.oracle.oracle_month import ByBranch, Month

NO_MEMBER = "none"
ByMember = dict[str, Decimal]
Answer = TypeVar("Answer")


class Bank:
    """All months of a book, and the tree of the day it is looked at."""

    def __init__(self, book: Book, as_of: date, base_currency: str, reference_dir: Path) -> None:
        self.book = book
        self.as_of = as_of
        self.tree = Tree(book, as_of)
        self._base_currency = base_currency
        self._lists = Lists(reference_dir)
        self._known: dict[tuple[Any, ...], Any] = {}

    def once(self, *key: Any, make: Callable[[], Answer]) -> Answer:
        """What was made under this key before, or is made now."""
        if key not in self._known:
            self._known[key] = make()
        return self._known[key]

    def month(self, day: date) -> Month:
        """A month end, whether or not its book was delivered."""
        return self.once(
            "month", day, make=lambda: Month(self.book, day, self._base_currency, self._lists)
        )

    @property
    def now(self) -> Month:
        """The month that is reported on."""
        return self.month(self.as_of)

    def events(self, day: date) -> Events:
        """What happened in a month."""
        return self.once(
            "events", day, make=lambda: Events(self.month(day), self.month(months_before(day, 1)))
        )

    def roll_up(self, by_branch: Mapping[str, Decimal]) -> ByBranch:
        """Each branch's amount, counted at its node and at every node above."""
        sums: ByBranch = defaultdict(Decimal)
        for branch, amount in by_branch.items():
            for node in self.tree.path(branch):
                sums[node] += amount
        return sums

    def sums(self, portfolio: str, amount: str, day: date) -> ByBranch:
        """A portfolio of a month at every node of today."""
        return self.once(
            "sums",
            portfolio,
            amount,
            day,
            make=lambda: self.roll_up(self.month(day).by_branch(portfolio, amount)),
        )

    def flows(self, measure: str, day: date) -> ByBranch:
        """What happened in a month, at every node of today."""
        return self.once(
            "flows", measure, day, make=lambda: self.roll_up(self.events(day).by_branch(measure))
        )

    def changes(self, change: str, then: date, day: date) -> ByBranch:
        """What moved between two month ends, at every node of today."""
        return self.once(
            "changes",
            change,
            then,
            day,
            make=lambda: self.roll_up(change_by_branch(change, self.month(then), self.month(day))),
        )

    def clients(self, portfolio: str) -> dict[str, set[str]]:
        """The different borrowers of a portfolio, at every node."""
        by_branch: dict[str, set[str]] = defaultdict(set)
        for loan in self.now.those(portfolio):
            by_branch[loan.row["booking_branch_id"]].add(loan.row["borrower_id"])
        return self.roll_up_sets(by_branch)

    def drawing_clients(self, day: date) -> dict[str, set[str]]:
        """The different borrowers who drew a loan in a month, at every node."""
        return self.once(
            "drawing", day, make=lambda: self.roll_up_sets(self.events(day).drawing_clients())
        )

    def roll_up_sets(self, by_branch: Mapping[str, set[Answer]]) -> dict[str, set[Answer]]:
        """Names, each counted once at every node above it."""
        found: dict[str, set[str]] = defaultdict(set)
        for branch, names in by_branch.items():
            for node in self.tree.path(branch):
                found[node] |= names
        return found

    def split(self, portfolio: str, by: str, amount: str) -> dict[str, ByMember]:
        """A portfolio at every node, cut by a property of its loans."""
        self.now.require(by)
        self.now.require(amount)
        found: dict[str, ByMember] = defaultdict(lambda: defaultdict(Decimal))
        for loan in self.now.those(portfolio):
            member = getattr(loan, by) or NO_MEMBER
            for node in self.tree.path(loan.row["booking_branch_id"]):
                found[node][member] += getattr(loan, amount)
        return found

    def client_split(self, portfolio: str, by: str) -> dict[str, dict[str, set[str]]]:
        """The different borrowers of a portfolio at every node, cut by a property of its loans."""
        self.now.require(by)
        found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for loan in self.now.those(portfolio):
            for node in self.tree.path(loan.row["booking_branch_id"]):
                found[node][getattr(loan, by) or NO_MEMBER].add(loan.row["borrower_id"])
        return found


class View:
    """One node of the tree: the words that a metric is written in."""

    def __init__(self, bank: Bank, node: str) -> None:
        self.bank = bank
        self.node = node
        self.as_of = bank.as_of
        self.month_before = months_before(bank.as_of, 1)
        self.year_end = year_end_before(bank.as_of)
        self.year_ago = months_before(bank.as_of, 12)
        self.year_end_before = year_end_before(self.year_ago)
        self.months_elapsed = Decimal(bank.as_of.month)

    # Stock --------------------------------------------------------------------------------------

    def amount(self, portfolio: str, amount: str, day: date | None = None) -> Decimal:
        """What the loans of a portfolio bring, here and below."""
        return self.bank.sums(portfolio, amount, day or self.as_of).get(self.node, ZERO)

    def balance(self, portfolio: str, day: date | None = None) -> Decimal:
        """What the loans of a portfolio amount to, here and below."""
        return self.amount(portfolio, "balance", day)

    def bank_balance(self, portfolio: str) -> Decimal:
        """The same for the whole bank, wherever we stand."""
        return sum(self.bank.now.by_branch(portfolio).values(), ZERO)

    def clients(self, portfolio: str) -> set[str]:
        """The different borrowers of a portfolio."""
        found = self.bank.once("clients", portfolio, make=lambda: self.bank.clients(portfolio))
        return found.get(self.node, set())

    def split(self, portfolio: str, by: str) -> ByMember:
        """A portfolio cut by a property of its loans."""
        found = self.bank.once(
            *("split", portfolio, by, "balance"),
            make=lambda: self.bank.split(portfolio, by, "balance"),
        )
        return found.get(self.node, {})

    def largest(self, portfolio: str, by: str, count: int = 1) -> Decimal:
        """What the largest members of a portfolio hold."""
        return sum(sorted(self.split(portfolio, by).values(), reverse=True)[:count], ZERO)

    # Flows --------------------------------------------------------------------------------------

    @cached_property
    def months_of_year(self) -> list[date]:
        """The year so far."""
        return months_of_year(self.as_of)

    def flow(self, measure: str, day: date | None = None) -> Decimal:
        """What happened in the month."""
        return self.bank.flows(measure, day or self.as_of).get(self.node, ZERO)

    def flow_ytd(self, measure: str) -> Decimal:
        """What happened in the year so far, if every month of it is known."""
        return sum((self.flow(measure, day) for day in self.months_of_year), ZERO)

    def drawing_clients(self, days: list[date]) -> set[str]:
        """The different borrowers who drew a loan in some months."""
        return set().union(*(self.bank.drawing_clients(day).get(self.node, set()) for day in days))

    def change(self, change: str, then: date, day: date | None = None) -> Decimal:
        """What moved between two month ends."""
        return self.bank.changes(change, then, day or self.as_of).get(self.node, ZERO)

    def change_ytd(self, change: str) -> Decimal:
        """What moved from month to month in the year so far."""
        moved = (self.change(change, months_before(day, 1), day) for day in self.months_of_year)
        return sum(moved, ZERO)

    # The whole bank -----------------------------------------------------------------------------

    def only_for_the_whole_bank(self) -> None:
        """Refuse a question that only the root can answer."""
        if self.node != self.bank.tree.root:
            raise NotComputableError("defined for the whole bank only")


class Part(View):
    """One member of a cut of a node: only the month's stock can be asked for."""

    def __init__(self, bank: Bank, node: str, by: str, member: str) -> None:
        super().__init__(bank, node)
        self.by = by
        self.member = member

    def amount(self, portfolio: str, amount: str, day: date | None = None) -> Decimal:
        """What the member's loans of a portfolio bring."""
        assert day is None, "a cut is made of one month"
        found = self.bank.once(
            *("split", portfolio, self.by, amount),
            make=lambda: self.bank.split(portfolio, self.by, amount),
        )
        return found.get(self.node, {}).get(self.member, ZERO)

    def clients(self, portfolio: str) -> set[str]:
        """The different borrowers among the member's loans."""
        found = self.bank.once(
            *("client split", portfolio, self.by),
            make=lambda: self.bank.client_split(portfolio, self.by),
        )
        return found.get(self.node, {}).get(self.member, set())
