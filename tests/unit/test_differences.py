"""Two versions side by side: every cell that differs is named, and nothing that does not."""

from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.scenario import frame
from transforms import differences
from transforms.schema import TABLES, WIDE

LOAN = "loan_snapshot"


def loans(*rows):
    return frame(LOAN, rows).lazy()


def changed(before, after):
    return differences.rows(LOAN, before, after).sort("loan_id").collect()


def test_a_loan_is_added_gone_or_changed_and_an_equal_one_is_not_listed():
    found = changed(
        loans({"loan_id": "A"}, {"loan_id": "B", "sei_tag": "2"}, {"loan_id": "C"}),
        loans({"loan_id": "C"}, {"loan_id": "B", "sei_tag": "3"}, {"loan_id": "D"}),
    )
    assert found.select("loan_id", "change").rows() == [
        ("A", "gone"),
        ("B", "changed"),
        ("D", "added"),
    ]
    assert found.row(1, named=True)["sei_tag_after"] == "3"


def test_a_cell_that_was_empty_or_becomes_so_differs():
    before = loans({"loan_id": "A", "sei_tag": None}, {"loan_id": "B", "green_tag": "1.1"})
    after = loans({"loan_id": "A", "sei_tag": "4"}, {"loan_id": "B", "green_tag": None})
    assert differences.cells(LOAN, changed(before, after)).rows() == [
        ("A", "sei_tag", None, "4"),
        ("B", "green_tag", "1.1", None),
    ]


def test_a_cent_is_a_difference_and_cells_come_in_the_order_of_the_dictionary():
    before = loans({"loan_id": "A", "outstanding_principal": Decimal("10.00"), "sei_tag": "1"})
    after = loans(
        {
            "loan_id": "A",
            "outstanding_principal": Decimal("10.01"),
            "sei_tag": "2",
            "maturity_date": date(2027, 1, 31),
        }
    )
    found = changed(before, after)
    assert differences.cells(LOAN, found).rows() == [
        ("A", "outstanding_principal", "10.00", "10.01"),
        ("A", "maturity_date", None, "2027-01-31"),
        ("A", "sei_tag", "1", "2"),
    ]
    assert differences.in_words(LOAN, found).rows() == [
        (
            "A",
            "outstanding_principal 10.00 → 10.01; maturity_date (empty) → 2027-01-31; sei_tag 1 → 2",
        )
    ]


def test_principal_is_summed_by_change_and_currency_and_no_side_is_zero_for_want_of_loans():
    before = loans(
        {"loan_id": "A", "outstanding_principal": Decimal("10.00")},
        {"loan_id": "B", "outstanding_principal": Decimal("7.50"), "currency_code": "USD"},
        {"loan_id": "C", "outstanding_principal": Decimal("1.00")},
    )
    after = loans(
        {"loan_id": "A", "outstanding_principal": Decimal("12.25")},
        {"loan_id": "C", "outstanding_principal": Decimal("0.00")},
        {"loan_id": "D", "outstanding_principal": Decimal("0.00")},
    )
    assert differences.principal(changed(before, after)).rows() == [
        ("added", "CNY", 1, None, Decimal("0.00")),
        ("gone", "USD", 1, Decimal("7.50"), None),
        ("changed", "CNY", 2, Decimal("11.00"), Decimal("12.25")),
    ]


def test_a_loan_that_moved_is_seen_at_both_branches_and_by_no_other():
    before = loans({"loan_id": "A", "booking_branch_id": "north"}, {"loan_id": "B"})
    after = loans({"loan_id": "A", "booking_branch_id": "south"})
    every = differences.rows(LOAN, before, after)
    seen = {
        branch: sorted(
            differences.of_branches(every, pl.Series([branch])).collect()["loan_id"].to_list()
        )
        for branch in ("north", "south", "east")
    }
    assert seen == {"north": ["A", "B"], "south": ["A"], "east": []}


def test_keys_with_an_empty_part_are_equal_to_themselves():
    rows = [{"branch_id": "B1", "metric_id": "m", "period": "2026", "target_value": Decimal(1)}]
    more = [{**rows[0], "target_value": Decimal(2)}]
    given_twice = differences.rows(
        "target", frame("target", rows).lazy(), frame("target", rows).lazy()
    )
    assert given_twice.collect().is_empty()
    found = differences.rows("target", frame("target", rows).lazy(), frame("target", more).lazy())
    assert differences.counted(found).collect().rows() == [(0, 0, 1)]


FACT = {
    "metric_id": "npl_ratio",
    "reading": "default",
    "branch_id": "B1",
    "slice": "total",
    "member": None,
    "unit": "ratio",
    "numerator": Decimal(1),
    "denominator": Decimal(100),
    "value": Decimal("0.01"),
    "limit_value": None,
    "target_value": Decimal("0.02"),
    "status": "met",
    "quality_state": "final",
    "reason": None,
}
TYPES = {
    **dict.fromkeys(("numerator", "denominator", "value", "limit_value", "target_value"), WIDE),
    "member": pl.String(),
    "reason": pl.String(),
}


def facts(*rows):
    return pl.LazyFrame([{**FACT, **row} for row in rows], schema_overrides=TYPES)


def test_a_figure_differs_in_its_parts_its_value_or_its_status():
    before = facts({}, {"branch_id": "B2"}, {"branch_id": "B3"}, {"branch_id": "B4"})
    after = facts(
        {"value": Decimal("0.03"), "numerator": Decimal(3), "status": "missed"},
        {"branch_id": "B2"},
        {"branch_id": "B3", "numerator": Decimal(2), "denominator": Decimal(200)},
        {"branch_id": "B5", "value": None, "status": "not_comparable", "reason": "no base"},
    )
    found = differences.figures(before, after)
    told = found.select("branch_id", "value", "value_after", "change", "flipped").rows()
    assert told == [
        ("B1", Decimal("0.01"), Decimal("0.03"), Decimal("0.02"), True),
        ("B3", Decimal("0.01"), Decimal("0.01"), Decimal(0), False),
        ("B4", Decimal("0.01"), None, None, True),
        ("B5", None, None, None, True),
    ]
    assert found["unit"].to_list() == ["ratio"] * 4


def test_equal_figures_are_no_difference():
    assert differences.figures(facts({}), facts({})).is_empty()


LOANS_OF_ANY_KIND = st.lists(
    st.fixed_dictionaries(
        {
            "loan_id": st.sampled_from("ABCDE"),
            "sei_tag": st.sampled_from([None, "1", "2"]),
            "outstanding_principal": st.sampled_from([Decimal("1.00"), Decimal("2.00")]),
            "on_balance_sheet": st.booleans(),
        }
    ),
    unique_by=lambda row: row["loan_id"],
)


@settings(max_examples=60, deadline=None)
@given(LOANS_OF_ANY_KIND, LOANS_OF_ANY_KIND)
def test_from_the_old_book_and_what_differs_the_new_book_follows(old, new):
    """What is gone taken off, what is added put to it, each changed cell set: the other version."""
    before, after = frame(LOAN, old), frame(LOAN, new)
    found = changed(before.lazy(), after.lazy())
    kinds = dict(found.select("loan_id", "change").rows())
    rebuilt = {
        row["loan_id"]: row for row in before.to_dicts() if kinds.get(row["loan_id"]) != "gone"
    }
    names = TABLES[LOAN].column_names
    for row in found.filter(pl.col("change") == "added").to_dicts():
        rest = {name: row[f"{name}_after"] for name in names if name != "loan_id"}
        rebuilt[row["loan_id"]] = {"loan_id": row["loan_id"], **rest}
    by_id = {row["loan_id"]: row for row in found.to_dicts()}
    for loan_id, column, _, _ in differences.cells(LOAN, found).rows():
        rebuilt[loan_id][column] = by_id[loan_id][f"{column}_after"]
    again = pl.DataFrame(list(rebuilt.values()), schema=TABLES[LOAN].dtypes)
    assert_frame_equal(again.sort("loan_id"), after.sort("loan_id"))
