"""Which of several versions of a target holds on a day."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from transforms.target_states import in_force, known_at, narrowest, with_states

JANUARY, JULY = date(2026, 1, 1), date(2026, 7, 1)


def versions(*rows):
    """Versions of one target: number, step, first day, last day."""
    return pl.DataFrame(
        [
            ("B1", "sei_share", "", "2026", number, step, first, last)
            for number, step, first, last in rows
        ],
        schema={
            "branch_id": pl.String,
            "metric_id": pl.String,
            "reading": pl.String,
            "period": pl.String,
            "version": pl.Int64,
            "step": pl.String,
            "valid_from": pl.Date,
            "valid_to": pl.Date,
        },
        orient="row",
    )


def states(*rows):
    return with_states(versions(*rows)).select("state", "holds_until").rows()


def holding(day, *rows):
    return in_force(with_states(versions(*rows)), day)["version"].to_list()


def test_a_target_changed_in_july_keeps_its_first_step_for_june():
    rows = (1, "approved", JANUARY, None), (2, "approved", JULY, None)
    assert states(*rows) == [("superseded", date(2026, 6, 30)), ("approved", None)]
    assert holding(date(2026, 6, 30), *rows) == [1]
    assert holding(date(2026, 7, 31), *rows) == [2]
    assert holding(date(2025, 12, 31), *rows) == []


def test_a_newer_version_from_the_same_day_takes_the_whole_place():
    rows = (1, "approved", JANUARY, None), (2, "approved", JANUARY, None)
    assert states(*rows)[0] == ("superseded", date(2025, 12, 31))
    assert holding(date(2026, 1, 31), *rows) == [2]


def test_the_newest_version_decides_even_where_it_begins_before_an_older_one():
    """Version 3 begins in April and is the later decision: version 2 of July never holds."""
    rows = (
        (1, "approved", JANUARY, None),
        (2, "approved", JULY, None),
        (3, "approved", date(2026, 4, 1), None),
    )
    assert states(*rows)[:2] == [
        ("superseded", date(2026, 3, 31)),
        ("superseded", date(2026, 3, 31)),
    ]
    assert [holding(day, *rows) for day in (date(2026, 3, 31), date(2026, 8, 31))] == [[1], [3]]


def test_after_its_last_day_a_target_has_ended_and_no_older_one_comes_back():
    rows = (1, "approved", JANUARY, None), (2, "approved", JULY, date(2026, 9, 30))
    assert holding(date(2026, 9, 30), *rows) == [2]
    assert holding(date(2026, 10, 31), *rows) == []


@pytest.mark.parametrize("step", ["draft", "submitted", "rejected", "withdrawn"])
def test_what_is_not_approved_changes_nothing(step):
    rows = (1, "approved", JANUARY, None), (2, step, JULY, None)
    assert states(*rows) == [("approved", None), (step, None)]
    assert holding(date(2026, 8, 31), *rows) == [1]


def test_a_draft_is_replaced_by_a_newer_one_until_that_one_is_withdrawn():
    old = (1, "submitted", JANUARY, None)
    assert [state for state, _ in states(old, (2, "draft", JANUARY, None))] == ["replaced", "draft"]
    assert [state for state, _ in states(old, (2, "withdrawn", JANUARY, None))] == [
        "submitted",
        "withdrawn",
    ]


def test_only_periods_that_hold_the_day_are_asked_and_the_narrowest_of_them_counts():
    one = versions((1, "approved", JANUARY, None))
    every = pl.concat(
        one.with_columns(period=pl.lit(period))
        for period in ("2026", "2026Q3", "2026Q4", "2026-10", "2026-11", "2027")
    )
    held = in_force(with_states(every), date(2026, 10, 31))
    assert sorted(held["period"]) == ["2026", "2026-10", "2026Q4"]
    assert narrowest(held)["period"].to_list() == ["2026-10"]


def test_what_was_known_then_leaves_out_what_was_decided_later():
    moments = [datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3)]
    rows = with_states(
        versions((1, "approved", JANUARY, None)).with_columns(
            made_at=pl.lit(moments[0]),
            submitted_at=pl.lit(moments[1]),
            checked_at=pl.lit(moments[2]),
            withdrawn_at=pl.lit(None, dtype=pl.Datetime("us", "UTC")),
        )
    )
    assert [known_at(rows, moment)["state"].to_list() for moment in moments] == [
        ["draft"],
        ["submitted"],
        ["approved"],
    ]
    assert known_at(rows, datetime(2025, 12, 31, tzinfo=UTC)).is_empty()
