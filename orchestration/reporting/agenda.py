"""What is due when, and how far it has come, for one reader: the calendar of reports, period by period.

When something is due is said in `plan`; how one report stands, in `standing`; which of them are outdated, in
`house`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import polars as pl

from orchestration.bank import Bank
from orchestration.reporting import plan
from orchestration.reporting.defined import made_for, require
from orchestration.reporting.plan import Due
from records.access import Scope
from records.ledger.returns import Step
from records.published import Published


class DueState(StrEnum):
    """How a report of a period stands to the day it is due."""

    COMING = "coming"
    DUE = "due"
    """Today is the day, and not all of it is released."""
    OVERDUE = "overdue"
    RELEASED = "released"
    """All of it: the newest edition of each unit."""


@dataclass(frozen=True)
class Entry:
    """A report of a period in the calendar.

    Attributes:
        due: when it is due.
        state: how it stands to that day.
        published: whether the period's figures are published.
        units: for how many units in the scope it is made, as they are organised then or, before that is
            published, now.
        prepared: how many of them have an edition.
        released: of how many the newest edition is released.
    """

    due: Due
    state: DueState
    published: bool
    units: int
    prepared: int
    released: int


def agenda(bank: Bank, scope: Scope, since: date, until: date, *, today: date) -> tuple[Entry, ...]:
    """Everything that is due from one day to another, by day; without reports of which the scope sees none.

    Args:
        bank: whose.
        scope: who asks.
        since: the first day something is due on.
        until: the last.
        today: by the bank's clock.

    Raises:
        CatalogueError: if a return cannot be used.
        WorkspaceError: if `reporting.toml` cannot be used.
    """
    published = bank.published.pinned()
    editions = bank.ledger.returns.packages(scope).filter("is_newest")
    trees: dict[date, pl.DataFrame] = {}
    found = []
    for due in plan.calendar(bank, since, until):
        tree = _tree(published, scope, due.period, trees)
        units = set(made_for(tree, require(bank, due.return_id)))
        if units:
            found.append(_entry(due, units, editions, published.newest_versions(), today))
    return tuple(found)


def _entry(
    due: Due,
    units: set[str],
    editions: pl.DataFrame,
    versions: Mapping[date, int],
    today: date,
) -> Entry:
    own = editions.filter(
        pl.col("return_id") == due.return_id,
        pl.col("as_of") == due.period,
        pl.col("unit_id").is_in(sorted(units)),
    )
    out = own.filter(pl.col("state") == Step.RELEASED.value).height
    if out == len(units):
        state = DueState.RELEASED
    elif due.day == today:
        state = DueState.DUE
    else:
        state = DueState.OVERDUE if due.day < today else DueState.COMING
    return Entry(due, state, due.period in versions, len(units), own.height, out)


def _tree(
    published: Published, scope: Scope, period: date, trees: dict[date, pl.DataFrame]
) -> pl.DataFrame:
    """The units in the scope at a period's end, or, if that is not published, at the newest month."""
    known = published.newest_versions()
    day = period if period in known else max(known, default=period)
    if day not in trees:
        trees[day] = published.nodes(scope, as_of=day).collect()
    return trees[day]
