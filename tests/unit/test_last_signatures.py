"""The signature on a unit's month that matters, of all units at once."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from dashboards.release import signed
from records.ledger.sign_offs import SIGN_OFFS


def signature(unit, person, run, version=1, note=None):
    return {
        "branch_id": unit,
        "as_of_date": date(2026, 10, 31),
        "snapshot_version": version,
        "run_id": run,
        "person": person,
        "at": datetime(2026, 11, 4, 9, tzinfo=UTC),
        "fingerprint": run * 3,
        "note": note,
    }


ROWS = pl.DataFrame(
    [
        signature("north", "Li", "a"),
        signature("north", "Wang", "b", note="as agreed"),
        signature("north", "Zhao", "c"),
        signature("south", "Chen", "a"),
        signature("south", "Sun", "c"),
        signature("east", "Qian", "b", version=2),
    ],
    schema={name: dtype for name, dtype in SIGN_OFFS.items() if name in signature("", "", "")},
)


def test_the_one_on_the_figures_shown_counts_although_a_later_one_is_on_others():
    found = signed.last_by_unit(ROWS, 1, "b")
    north = found["north"]
    assert (north.person, north.holds, north.note) == ("Wang", True, "as agreed")
    assert north.fingerprint == "bbb"


@pytest.mark.parametrize(("unit", "person"), [("south", "Sun"), ("east", "Qian")])
def test_else_the_last_one_is_told_and_does_not_hold(unit, person):
    found = signed.last_by_unit(ROWS, 1, "b")[unit]
    assert (found.person, found.holds, found.note) == (person, False, "")


def test_of_one_unit_it_is_the_same_and_none_where_nobody_signed():
    assert signed.last(ROWS, "north", 1, "b") == signed.last_by_unit(ROWS, 1, "b")["north"]
    assert signed.last(ROWS, "west", 1, "b") is None
