"""Overrides put in place in one step: which are applied, which are not and why, and nothing else moves."""

import json
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from expectations.rejection import judge
from expectations.rules import load_rules
from tests.scenario import frame
from tests.unit.trust import OVERRIDE as GOOD_ROW
from tests.unit.trust import delivered
from transforms import schema
from transforms.overrides import (
    EMPTY,
    OVERRIDABLE,
    STATES,
    State,
    apply,
    judged,
    marks,
)

OCTOBER = date(2026, 10, 31)
LOANS = [
    {"loan_id": "L3", "sei_tag": "2", "borrower_id": "C1"},
    {"loan_id": "L1", "sei_tag": None, "borrower_id": "C2", "approval_date": date(2026, 1, 2)},
    {"loan_id": "L2", "sei_tag": "9", "borrower_id": "C1", "housing_loan_flag": False},
]


def override(number, **said):
    """An override of L3's tag, in force in October, but for what is said."""
    ordinary = {
        "override_id": number,
        "row_key": "L3",
        "column_name": "sei_tag",
        "value_before": "2",
        "value": "3",
        "valid_from": date(2026, 10, 1),
        "valid_to": date(2026, 12, 31),
    }
    return {**ordinary, **said}


def loans():
    return frame("loan_snapshot", LOANS).lazy()


def states(*rows, as_of=OCTOBER, **tables):
    found = judged(frame("override", rows), tables or {"loan_snapshot": loans()}, as_of)
    assert dict(found.schema) == dict(STATES)
    return {row["override_id"]: row["state"] for row in found.to_dicts()}


def applied(*rows, as_of=OCTOBER, table="loan_snapshot", to=None):
    given = loans() if to is None else to
    return apply(table, given, frame("override", rows), as_of).collect()


def test_one_cell_changes_and_every_other_stays_with_order_and_columns():
    before, after = loans().collect(), applied(override("O-1"))
    assert after["sei_tag"].to_list() == ["3", None, "9"]
    assert_frame_equal(after.drop("sei_tag"), before.drop("sei_tag"))
    assert after.columns == before.columns


def test_the_delivered_rows_are_left_as_they_are():
    rows = loans().collect()
    kept = rows.clone()
    apply("loan_snapshot", rows.lazy(), frame("override", [override("O-1")]), OCTOBER).collect()
    assert_frame_equal(rows, kept)


@pytest.mark.parametrize(
    ("as_of", "state", "tag"),
    [
        (date(2026, 9, 30), State.COMING, "2"),
        (date(2026, 10, 31), State.APPLIED, "3"),
        (date(2026, 12, 31), State.APPLIED, "3"),  # the last day itself
        (date(2027, 1, 31), State.EXPIRED, "2"),
    ],
)
def test_it_holds_from_its_first_to_its_last_day_and_not_beyond(as_of, state, tag):
    assert states(override("O-1"), as_of=as_of) == {"O-1": state}
    assert applied(override("O-1"), as_of=as_of)["sei_tag"][0] == tag


def test_an_override_that_begins_on_the_month_end_holds():
    assert states(override("O-1", valid_from=OCTOBER)) == {"O-1": State.APPLIED}


def test_it_is_not_applied_where_another_value_was_delivered_than_the_one_it_replaces():
    stale = override("O-1", value_before="4")
    assert states(stale) == {"O-1": State.STALE}
    assert applied(stale)["sei_tag"][0] == "2"


def test_without_a_value_before_it_replaces_whatever_was_delivered():
    assert applied(override("O-1", value_before=None))["sei_tag"][0] == "3"


def test_an_empty_cell_is_named_and_never_meant_by_silence():
    filled = override("O-1", row_key="L1", value_before=EMPTY)
    cleared = override("O-2", row_key="L2", value_before="9", value=EMPTY)
    wrong = override("O-3", row_key="L1", column_name="approval_date", value_before=EMPTY)
    wrong["value"] = "2026-02-03"
    assert states(filled, cleared, wrong) == {
        "O-1": State.APPLIED,
        "O-2": State.APPLIED,
        "O-3": State.STALE,
    }
    assert applied(filled, cleared, wrong)["sei_tag"].to_list() == ["2", "3", None]


def test_values_become_the_columns_own_type():
    rows = applied(
        override("O-1", row_key="L2", column_name="housing_loan_flag", value="true")
        | {"value_before": "false"},
        override("O-2", row_key="L1", column_name="approval_date", value="2026-02-03")
        | {"value_before": "2026-01-02"},
    )
    assert rows["housing_loan_flag"].to_list() == [None, None, True]
    assert rows["approval_date"].to_list() == [None, date(2026, 2, 3), None]
    assert rows.schema["approval_date"] == pl.Date()


def test_of_two_for_one_cell_neither_is_applied_whatever_they_say():
    same = (override("O-1"), override("O-2"))
    assert states(*same) == {"O-1": State.CONTESTED, "O-2": State.CONTESTED}
    assert applied(*same)["sei_tag"][0] == "2"


def test_two_for_one_cell_that_follow_each_other_do_not_meet():
    first = override("O-1", valid_to=date(2026, 10, 30))
    second = override("O-2", valid_from=date(2026, 10, 31))
    assert states(first, second) == {"O-1": State.EXPIRED, "O-2": State.APPLIED}
    other = override("O-3", row_key="L2", value_before="9")
    assert states(second, other) == {"O-2": State.APPLIED, "O-3": State.APPLIED}


def test_a_row_that_is_not_in_the_book_is_told():
    assert states(override("O-1", row_key="L9")) == {"O-1": State.NOT_FOUND}
    borrower = override("O-2", table_name="borrower_snapshot", row_key="C1")
    borrower |= {"column_name": "enterprise_size", "value_before": None, "value": "CS03"}
    assert states(borrower) == {"O-2": State.NOT_FOUND}
    held = frame("borrower_snapshot", [{"borrower_id": "C1"}]).lazy()
    assert states(borrower, borrower_snapshot=held) == {"O-2": State.APPLIED}


def test_an_override_of_borrowers_does_not_touch_loans_of_the_same_number():
    of_borrowers = override("O-1", table_name="borrower_snapshot", row_key="L3")
    assert_frame_equal(applied(of_borrowers), loans().collect())


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("outstanding_principal", "1.00"),
        ("loan_id", "L7"),
        ("booking_branch_id", "south"),
        ("currency_code", "USD"),
        ("interest_rate", "0.01"),
        ("no_such_column", "x"),
        ("sei_tag", "10"),
        ("approval_date", "2026-2-3"),
        ("housing_loan_flag", "yes"),
    ],
)
def test_what_may_not_be_overridden_is_not_even_if_it_got_so_far(column, value):
    smuggled = override("O-1", column_name=column, value=value, value_before=None)
    assert states(smuggled) == {"O-1": State.UNREADABLE}
    assert_frame_equal(applied(smuggled), loans().collect())


def test_no_amount_key_branch_or_currency_is_among_what_may_be_overridden():
    for name, columns in OVERRIDABLE.items():
        table = schema.TABLES[name]
        for column in columns:
            declared = table.column(column)
            assert declared.dtype in (pl.String(), pl.Date(), pl.Boolean()), column
            assert column not in table.key
            assert column not in {"booking_branch_id", "currency_code", "movement", "loan_status"}


def test_it_is_told_in_words_once_a_row():
    rows = [override("O-17"), override("O-2", column_name="growth_stage", value="seed")]
    rows[1]["value_before"] = EMPTY
    found = judged(frame("override", rows), {"loan_snapshot": loans()}, OCTOBER)
    told = marks(found, "loan_snapshot")
    tag = "sei_tag 2 → 3 (O-17, approved by wang, until 2026-12-31)"
    stage = "growth_stage (empty) → seed (O-2, approved by wang, until 2026-12-31)"
    assert told.rows() == [("L3", f"{tag}; {stage}")]
    assert marks(found, "borrower_snapshot").is_empty()


def test_without_overrides_the_rows_are_the_very_same():
    empty = frame("override", [])
    rows = loans()
    assert apply("loan_snapshot", rows, empty, OCTOBER) is rows
    assert judged(empty, {"loan_snapshot": rows}, OCTOBER).is_empty()


# The rules of intake and the step of the build agree on what an override may say.


def set_aside(folder, rows):
    """The overrides that intake rejects, with the rules they break."""
    delivery = delivered(folder, "override", rows)
    return {
        rows[number - 1]["override_id"]: list(ids)
        for number, ids in judge(delivery, load_rules()).iter_rows()
    }


def every_column():
    return [
        (name, column) for name, table in schema.TABLES.items() for column in table.column_names
    ]


def test_intake_rejects_a_column_exactly_where_the_build_would_not_override_it(tmp_path):
    tables = ("loan_snapshot", "borrower_snapshot")
    rows = [
        {
            **GOOD_ROW,
            "override_id": json.dumps([name, column]),
            "table_name": name,
            "column_name": column,
        }
        for name, column in every_column()
        if name in tables
    ]
    rejected = {
        tuple(json.loads(number))
        for number, ids in set_aside(tmp_path, rows).items()
        if "E2404" in ids
    }
    allowed = {(name, column) for name, columns in OVERRIDABLE.items() for column in columns}
    assert allowed == {(n, c) for n, c in every_column() if n in tables} - rejected


def tried(declared):
    """Values that a column can or cannot hold."""
    codes = declared.code_list.values if declared.code_list is not None else ()
    return (*codes, "true", "false", "2026-10-31", "2026-2-3", "31.10.2026", EMPTY, "x", "no")


def test_intake_rejects_a_value_exactly_where_the_build_could_not_read_it(tmp_path):
    rows = []
    for name, columns in OVERRIDABLE.items():
        for column in columns:
            for place, value in enumerate(tried(schema.TABLES[name].column(column))):
                # A row of its own for each: two for one cell would be contested.
                rows.append(
                    {
                        **GOOD_ROW,
                        "override_id": f"{column} {value}",
                        "table_name": name,
                        "row_key": f"K{place}",
                        "column_name": column,
                        "value_before": None,
                        "value": value,
                    }
                )
    found = judged(frame("override", rows), {}, OCTOBER)
    unread = set(found.filter(pl.col("state") == State.UNREADABLE.value)["override_id"])
    rejected = set_aside(tmp_path, rows)
    assert set(rejected) == unread
    assert {tuple(ids) for ids in rejected.values()} == {("E2405",)}
    assert 0 < len(unread) < len(rows)


def test_money_is_never_among_the_values(tmp_path):
    row = {**GOOD_ROW, "column_name": "outstanding_principal", "value": str(Decimal("1.00"))}
    assert set_aside(tmp_path, [row]) == {"O1": ["E2404"]}
