"""An overridden book is the book edited by hand: every figure, and of any book and any override."""

from datetime import date
from decimal import Decimal

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from tests.scenario import AS_OF, SmallBook, engine_facts, frame, small_book
from transforms.overrides import EMPTY, OVERRIDABLE, apply
from transforms.periods import previous_month_end
from transforms.schema import TABLES

BEFORE = previous_month_end(AS_OF)
LOANS = [
    {"loan_id": "L1", "purpose_industry_code": "3973", "sei_tag": "2"},
    {"loan_id": "L2", "borrower_id": "C2", "purpose_industry_code": "0519", "sei_tag": "4"},
    {"loan_id": "L3", "borrower_id": "C2", "booking_branch_id": "south", "sei_tag": None},
    {"loan_id": "L4", "borrower_id": "C3", "loan_classification": "FQ03"},
]
BORROWERS = [
    {"borrower_id": "C1"},
    {"borrower_id": "C2", "enterprise_size": "CS03", "total_credit_limit_cny": Decimal(5000)},
    {"borrower_id": "C3", "controlling_type": "private"},
]
TREE = {
    "branch": [{"branch_id": name} for name in ("HO", "north", "south")],
    "branch_hierarchy": [{"child_id": name, "parent_id": "HO"} for name in ("north", "south")],
}
KEYS = {"loan_snapshot": "loan_id", "borrower_snapshot": "borrower_id"}


def book():
    month = {"loan_snapshot": LOANS, "borrower_snapshot": BORROWERS, **TREE}
    return small_book(earlier={BEFORE: month}, **month)


def under(overrides):
    """The book with overrides applied at each of its months, as a build does."""
    held = book()
    return SmallBook(
        {
            day: {
                name: apply(name, held.table(name, day).lazy(), frame("override", overrides), day)
                .collect()
                .to_dicts()
                for name in tables
            }
            for day, tables in held.months.items()
        }
    )


def edited(edits):
    """The book with cells changed by hand: (day, table, key, column, value)."""
    held = book()
    for day, table, key, column, value in edits:
        for row in held.months[day][table]:
            if row[KEYS[table]] == key:
                row[column] = value
    return held


def test_tags_sizes_and_classes_give_the_figures_of_the_book_edited_by_hand():
    overrides = [
        {"override_id": "O1", "row_key": "L3", "column_name": "purpose_industry_code"}
        | {"value": "3973", "valid_from": date(2026, 10, 1)},
        {"override_id": "O2", "row_key": "L1", "column_name": "loan_classification"}
        | {"value_before": "FQ01", "value": "FQ04"},
        {"override_id": "O3", "table_name": "borrower_snapshot", "row_key": "C3"}
        | {"column_name": "enterprise_size", "value": "CS04"},
        {"override_id": "O4", "row_key": "L2", "column_name": "sei_tag", "value": EMPTY},
        {"override_id": "O5", "row_key": "L4", "column_name": "sei_tag", "value": "1"}
        | {"valid_to": date(2026, 9, 30), "value_before": "2"},  # stale, and then expired
    ]
    edits = [
        (AS_OF, "loan_snapshot", "L3", "purpose_industry_code", "3973"),
        *((day, "loan_snapshot", "L1", "loan_classification", "FQ04") for day in (BEFORE, AS_OF)),
        *((day, "borrower_snapshot", "C3", "enterprise_size", "CS04") for day in (BEFORE, AS_OF)),
        *((day, "loan_snapshot", "L2", "sei_tag", None) for day in (BEFORE, AS_OF)),
    ]
    figures = engine_facts(under(overrides))
    assert_frame_equal(figures, engine_facts(edited(edits)))
    assert not figures.equals(engine_facts(book())), "the overrides move nothing"


CELLS = [
    (name, key, column)
    for name, keys in (
        ("loan_snapshot", ("L1", "L2", "L3", "L4")),
        ("borrower_snapshot", ("C1", "C2", "C3")),
    )
    for key in keys
    for column in OVERRIDABLE[name]
    if TABLES[name].column(column).code_list is not None
]


@st.composite
def coded(draw):
    """Some cells, each with a code of its list."""
    cells = draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=5, unique=True))
    return [
        (name, key, column, draw(st.sampled_from(TABLES[name].column(column).code_list.values)))
        for name, key, column in cells
    ]


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(coded())
def test_of_any_codes_overridden_the_figures_are_those_of_the_book_edited_by_hand(cells):
    overrides = [
        {"override_id": f"O{place}", "table_name": name, "row_key": key}
        | {"column_name": column, "value": value}
        for place, (name, key, column, value) in enumerate(cells)
    ]
    edits = [(day, *cell) for day in (BEFORE, AS_OF) for cell in cells]
    assert_frame_equal(engine_facts(under(overrides)), engine_facts(edited(edits)))
