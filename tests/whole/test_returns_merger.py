"""Shipped returns of a bank in which a branch took over another: a merger is not told as growth."""

from decimal import Decimal
from itertools import pairwise

import polars as pl
import pytest

from orchestration.bank import SYSTEM
from transforms.returns import filling
from transforms.returns.load import load

pytestmark = pytest.mark.whole


def test_loans_of_the_year_end_by_branch_hold_those_of_branches_taken_over_since(grown):
    """The branch that is gone has no row any more, and the rows still add up to the whole."""
    bank = grown.bank
    return_ = load(bank.catalogue)["monthly_structure"]
    nodes = bank.published.nodes(SYSTEM).filter(pl.col("level") == "tier1").collect()
    branches = {day: set(rows["node_id"]) for (day,), rows in nodes.group_by("as_of_date")}
    as_of = next(
        day for before, day in pairwise(sorted(branches)) if branches[before] - branches[day]
    )
    facts = bank.published.facts_of(SYSTEM, filling.days(return_, as_of)).collect()
    tree = bank.published.nodes(SYSTEM, as_of=as_of).collect()
    cells, _ = filling.cells(return_, "HO", as_of, facts, tree, bank.catalogue)
    told = cells.filter(pl.col("table_id") == "BR").select("row_id", "column_id", "exact")
    figures = {(row, column): exact for row, column, exact in told.iter_rows()}
    units = {row for row, _ in figures} - {"000"}

    assert units == branches[as_of]
    for column in "ABC":
        assert sum((figures[row, column] for row in units), Decimal(0)) == figures["000", column]
    published = facts.filter(
        pl.col("metric_id") == "loan_balance",
        pl.col("branch_id") == "HO",
        pl.col("slice") == "total",
        pl.col("reading") == "default",
        pl.col("as_of_date").dt.month() == 12,  # the year end
        pl.col("as_of_date") < as_of,
    )
    assert figures["000", "B"] == published["value"].item()
