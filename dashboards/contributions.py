"""The rows behind a figure as a page handles them: which are asked for, in what order, page by page.

Sorting and paging happen here, on the server: of a long list only the page shown is worded and formatted.
Where rows come from belongs behind `dashboards.port.loans`; how one is shown, in the pages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

import polars as pl

from dashboards.port.loans import LoanList, Place, SideSum
from transforms.catalogue.model import Aggregation, Catalogue

PER_PAGE: Final = 30
"""Rows on a page."""


class Order(StrEnum):
    """What a list is sorted by; the largest amounts first, everything else from the beginning."""

    AMOUNT = "amount"
    BALANCE = "balance"
    LOAN = "loan"
    BRANCH = "branch"
    INDUSTRY = "industry"
    RULE = "rule"


_COLUMNS: Final[Mapping[Order, str]] = {
    Order.AMOUNT: "amount",
    Order.BALANCE: "balance",
    Order.LOAN: "loan_id",
    Order.BRANCH: "branch_id",
    Order.INDUSTRY: "purpose_industry_code",
    Order.RULE: "why",
}
_BY_SIZE: Final = (Order.AMOUNT, Order.BALANCE)


@dataclass(frozen=True)
class Agreement:
    """A side of a figure as published, held against the rows listed for it.

    Attributes:
        published: as the figure has it; none where it has no such number.
        listed: what the rows come to; none where the side is made of no rows.
    """

    side: str
    published: Decimal | None
    listed: SideSum | None

    @property
    def difference(self) -> Decimal | None:
        """What the rows lack or have too much; none where there is nothing to hold against."""
        if self.published is None or self.listed is None:
            return None
        return self.listed.total - self.published


def agreements(found: LoanList, published: Mapping[str, Decimal | None]) -> tuple[Agreement, ...]:
    """Both sides, those that have a number or rows."""
    sides = (Place.NUMERATOR.value, Place.DENOMINATOR.value)
    told = (Agreement(side, published.get(side), found.sums.get(side)) for side in sides)
    return tuple(one for one in told if one.published is not None or one.listed is not None)


def in_place(rows: pl.DataFrame, place: Place, rule: str | None = None) -> pl.DataFrame:
    """The rows of one place, of one rule only if it is named: a key of `why`, or a flag."""
    here = pl.col("place") == place.value
    if rule is not None:
        here &= (pl.col("why") == rule) | (pl.col("rule") == rule)
    return rows.filter(here)


def ordered(rows: pl.DataFrame, order: Order) -> pl.DataFrame:
    """The rows in an order that is the same every day."""
    column = pl.col(_COLUMNS[order])
    by_size = order in _BY_SIZE
    return rows.sort(
        column.abs() if by_size else column,
        "loan_id",
        "borrower_id",
        "as_of_date",
        descending=[by_size, False, False, False],
        nulls_last=True,
    )


def pages(rows: int) -> int:
    """How many pages so many rows fill; one if there are none."""
    return max(1, -(-rows // PER_PAGE))


def page_of(rows: pl.DataFrame, page: int) -> pl.DataFrame:
    """The rows of a page, the first being 1."""
    return rows.slice((page - 1) * PER_PAGE, PER_PAGE)


def by_rule(rows: pl.DataFrame) -> pl.DataFrame:
    """What decided about how much: `why, rule, rows, clients, amount, balance, measures`, most rows first."""
    return (
        rows.group_by("why", "rule")
        .agg(
            rows=pl.len(),
            clients=pl.col("borrower_id").n_unique(),
            amount=pl.col("amount").sum(),
            balance=pl.col("balance").sum(),
            measures=pl.col("measure").unique().sort(),
        )
        .sort("rows", "why", descending=[True, False])
    )


def counts_money(measures: Iterable[str | None], catalogue: Catalogue) -> bool:
    """Whether what rows of these measures add is money and no number of clients or events."""
    known = [catalogue.measures.get(name) for name in set(measures) if name is not None]
    taken = {measure.aggregation for measure in known if measure is not None}
    return taken <= {Aggregation.SUM, Aggregation.LARGEST}
