"""What was delivered: the tables of a book by month, and the tree of branches of a day.

What the rows mean for a metric belongs in `oracle_loans.py` and `oracle_flows.py`.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from tests.oracle.oracle_figures import NotComputableError

Row = Mapping[str, Any]
Book = Mapping[date, Mapping[str, list[dict[str, Any]]]]

HEAD_OFFICE = "HO"


def valid_on(row: Row, day: date) -> bool:
    """Whether a dated row holds that day; its first and last day count."""
    return row["valid_from"] <= day and (row["valid_to"] is None or day <= row["valid_to"])


def is_delivered(book: Book, table: str, as_of: date) -> bool:
    """Whether the table came with the month or with any month before."""
    return any(month <= as_of and table in tables for month, tables in book.items())


def latest(book: Book, table: str, as_of: date) -> list[dict[str, Any]]:
    """The rows of the month, or of the latest earlier month that delivered the table."""
    for month in sorted(book, reverse=True):
        if month <= as_of and table in book[month]:
            return book[month][table]
    return []


def own_rows(book: Book, table: str, month: date) -> list[dict[str, Any]]:
    """The rows that the month itself delivered; without them there is nothing to compute."""
    if table not in book.get(month, {}):
        raise NotComputableError(f"{table} of {month} is not in the book")
    return book[month][table]


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
        self.root = self._only_root()
        self._paths: dict[str, tuple[str, ...]] = {}

    def path(self, branch: str) -> tuple[str, ...]:
        """The node that has the branch's book today, and every node above it."""
        if branch not in self._paths:
            nodes: list[str] = []
            node = self._home(branch)
            while node is not None and node not in nodes:
                nodes.append(node)
                node = self._above(node)
            if self.root is not None and self.root not in nodes:
                nodes.append(self.root)
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
