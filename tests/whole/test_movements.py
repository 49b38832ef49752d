"""The delivered books hang together: opening principal and the month's events give the closing one."""

from itertools import pairwise

import polars as pl
import pytest

from orchestration.months import MonthAtWork
from tests.whole.grown import LAST, WHOLE
from transforms.codes import WITHOUT_PRINCIPAL

pytestmark = pytest.mark.whole

GONE = ["written_off", "transferred", "settled"]


def principal(rows, by):
    """Principal on the bank's own book; what owes nothing is left out."""
    counted = (pl.col("movement") == "none") & ~pl.col("loan_status").is_in(GONE)
    held = rows.filter(counted).select(*by, principal="outstanding_principal")
    return summed(held, by)


def summed(rows, by):
    sums = rows.group_by(by).agg(pl.col("principal").sum())
    return sums.filter(pl.col("principal") != 0).sort(by)


@pytest.mark.parametrize("by", ["loan_id", "branch_id"])
def test_opening_and_events_are_closing_in_the_delivered_lake(grown, by):
    """For every loan and every branch, over the months that follow one another."""
    compared = 0
    keys = [by, "currency_code"]
    for before, after in pairwise(WHOLE[2:]):
        books = [
            MonthAtWork.newest(grown.bank, day)
            .table("loan_snapshot")
            .rename({"booking_branch_id": "branch_id"})
            .collect()
            for day in (before, after)
        ]
        opening, closing = (principal(book, keys) for book in books)
        events = MonthAtWork.newest(grown.bank, after).table("loan_event").collect()
        moved = events.filter(~pl.col("event_type").is_in(WITHOUT_PRINCIPAL))
        assert moved.height > 100
        rolled = summed(pl.concat([opening, moved.select(*keys, principal="amount")]), keys)
        assert rolled.rows() == closing.rows(), after
        compared += closing.height
    assert compared > 300
    assert after == LAST
