"""What stands beside a figure: final, provisional by how much, or not reconciled."""

from decimal import Decimal

import polars as pl

from tests.scenario import AS_OF, frame
from transforms.hierarchy import build
from transforms.quality import node_quality
from transforms.schema import WIDE


def _tree():
    return build(
        frame(
            "branch",
            [{"branch_id": "bank", "level": "head"}, {"branch_id": "n"}, {"branch_id": "s"}],
        ),
        frame(
            "branch_hierarchy",
            [{"child_id": "n", "parent_id": "bank"}, {"child_id": "s", "parent_id": "bank"}],
        ),
        pl.Series([], dtype=pl.String),
        AS_OF,
    )


def _states(rows, *, ledger_delivered=True):
    reconciled = pl.DataFrame(
        rows,
        schema={
            "branch_id": pl.String,
            "unexplained_in_base": WIDE,
            "reconciled": pl.Boolean,
        },
        orient="row",
    )
    states = node_quality(reconciled, _tree(), ledger_delivered=ledger_delivered)
    return {row[0]: row[1:] for row in states.iter_rows()}


def _d(value):
    return Decimal(value)


def test_a_difference_makes_its_branch_and_everything_above_provisional():
    states = _states(
        [
            ("n", _d(10), False),
            ("n", _d(-3), False),
            ("s", _d(0), True),
        ]
    )
    assert states == {
        "bank": ("provisional", _d(13)),
        "n": ("provisional", _d(13)),
        "s": ("final", None),
    }


def test_a_difference_within_the_tolerance_is_no_difference():
    assert _states([("n", _d(9), True)])["n"] == ("final", None)


def test_a_difference_in_a_currency_without_a_rate_is_provisional_by_nobody_knows_how_much():
    assert _states([("n", None, False)])["n"] == ("provisional", None)
    assert _states([("n", None, False), ("n", _d(-3), False)])["n"] == ("provisional", _d(3))


def test_a_difference_at_a_branch_nobody_knows_is_the_banks():
    states = _states([("gone", _d(1), False)])
    assert states["bank"] == ("provisional", _d(1))
    assert states["n"] == ("final", None)


def test_without_ledger_totals_nothing_is_called_final():
    assert set(_states([], ledger_delivered=False).values()) == {("not_reconciled", None)}
