"""The engine against plain Python: on the demo bank to the cent, and on drawn-by-chance small books."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import hypothesis.strategies as st
import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import transforms.reference
from tests.oracle import oracle
from tests.scenario import AS_OF, SmallBook, complete, engine_facts
from transforms.catalogue.vocabulary import TOTAL
from transforms.periods import month_ends
from transforms.sample.bank import BankSpec, demo_bank
from transforms.schema import TABLES

REFERENCE_DIR = Path(str(transforms.reference.__path__[0]))
TWELVE = Decimal("1e-12")


def compare(book: SmallBook, as_of: date) -> int:
    """Every figure of the engine against the oracle's; the number of figures compared."""
    expected = oracle.compute(book.months, as_of, reference_dir=REFERENCE_DIR)
    told = {
        (row["metric_id"], row["reading"], row["branch_id"]): row
        for row in engine_facts(book, as_of).filter(pl.col("slice") == TOTAL).to_dicts()
    }
    # 23 metrics and readings with one meaning on both sides, for every node of the tree.
    assert {key for key in expected if key in told} == set(told), "the engine invented a figure"
    shared = {
        key: figure
        for key, figure in expected.items()
        if key[0] in {metric for metric, _, _ in told}
    }
    assert set(shared) == set(told)
    for key, figure in shared.items():
        _same(key, figure, told[key])
    return len(shared)


def _same(key: tuple[str, str, str], figure: oracle.Figure, row: Mapping[str, object]) -> None:
    if figure.value is None:
        assert row["value"] is None, key
        assert row["reason"], key
        return
    assert row["value"] is not None, (key, figure, row["reason"])
    if figure.exact is not None:
        # Twelve decimals, whichever way the last one is rounded.
        assert abs(Fraction(row["value"]) - figure.exact) <= Fraction(TWELVE), key
    else:
        assert row["value"] == figure.value, key
    assert row["numerator"] == figure.numerator, key
    assert row["denominator"] == figure.denominator, key
    if key[0] == "inclusive_npl_tolerance":
        assert row["limit_value"] == figure.limit_pp, key
        assert row["headroom_amount"] == figure.headroom_amount, key
        assert (row["value"] >= 0) == (figure.status == "within"), key


@pytest.mark.parametrize("seed", [20260101, 5])
def test_engine_and_oracle_agree_on_the_demo_bank_to_the_cent(seed):
    """Fourteen months, so that every comparison has its base, through the month of the merger."""
    bank = demo_bank(BankSpec(months=14, loans=3000, seed=seed, last=AS_OF))
    book = SmallBook(
        {
            day: {name: rows.to_dicts() for name, rows in bank.month(day).items()}
            for day in bank.month_ends
        }
    )
    assert compare(book, AS_OF) > 5000
    assert compare(book, bank.month_ends[-3]) > 5000


BRANCHES = ["bank", "north", "south", "n1", "n2", "old"]
CLIENTS = ["C1", "C2", "C3", "C4"]
CODES = ["3911", "C3911", "3921", "391", "2710", "2612", "5111", "8710", "39", "0211", "7231", None]
DAYS = st.sampled_from(
    [date(2024, 5, 1), date(2025, 9, 30), date(2025, 10, 1), date(2026, 9, 15), date(2026, 10, 31)]
)
VALID = st.sampled_from(
    [date(2024, 5, 1), date(2026, 10, 30), date(2026, 10, 31), date(2026, 11, 1)]
)
MONEY = st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)


def _rows(table: str, **columns):
    names = TABLES[table].column_names
    return st.fixed_dictionaries(columns).map(
        lambda row: {name: row[name] for name in names if name in row}
    )


LOANS = st.lists(
    _rows(
        "loan_snapshot",
        borrower_id=st.sampled_from(CLIENTS),
        booking_branch_id=st.sampled_from(["n1", "n2", "south", "north"]),
        product_type=st.sampled_from(["working_capital", "discounted_bill", "rediscounted_bill"]),
        on_balance_sheet=st.sampled_from([True, True, True, False]),
        entrusted_flag=st.sampled_from([False, False, False, True]),
        movement=st.sampled_from(["none", "none", "securitised"]),
        currency_code=st.sampled_from(["CNY", "CNY", "USD"]),
        outstanding_principal=MONEY,
        approval_date=st.none() | DAYS,
        disbursement_date=DAYS,
        loan_status=st.sampled_from(["normal", "overdue", "settled", "written_off"]),
        loan_classification=st.sampled_from(["FQ01", "FQ02", "FQ03", "FQ05", None]),
        purpose_industry_code=st.sampled_from(CODES),
        sei_tag=st.sampled_from([None, "1", "4", "7"]),
        green_tag=st.sampled_from([None, "1.1", "1.1", "6", "9.2.1", "12.1"]),
        green_catalogue_version=st.sampled_from([None, "2019", "2025", "2024"]),
        tech_loan_tag=st.sampled_from([None, "T"]),
    ),
    min_size=15,
    max_size=30,
)
BORROWERS = st.lists(
    _rows(
        "borrower_snapshot",
        borrower_id=st.sampled_from(CLIENTS),
        borrower_type=st.sampled_from(
            ["enterprise", "enterprise", "individual_business", "public", "individual"]
        ),
        enterprise_size=st.sampled_from(["CS01", "CS03", "CS04", "CS05", None]),
        total_credit_limit_cny=st.sampled_from(
            [Decimal("10000000.00"), Decimal("10000000.01"), Decimal("1.00"), None]
        ),
        group_id=st.sampled_from([None, "G", "H"]),
    ),
    unique_by=lambda row: row["borrower_id"],
    min_size=4,
    max_size=4,
)
LISTS = st.lists(
    _rows(
        "tech_enterprise_list",
        borrower_id=st.sampled_from(CLIENTS),
        list_type=st.sampled_from(["high_tech", "srdi"]),
        valid_from=VALID,
        valid_to=st.none() | VALID,
    ),
    min_size=2,
    max_size=4,
)
RELATIONS = st.lists(
    _rows(
        "supply_chain_relation",
        borrower_id=st.sampled_from(CLIENTS),
        loan_id=st.sampled_from([None, "L1", "L2"]),
        core_enterprise_id=st.sampled_from([None, "K", "C1", "C2"]),
        core_group_id=st.sampled_from([None, "G"]),
        evidence_type=st.sampled_from([None, "order", "order", "order"]),
        evidence_ref=st.sampled_from([None, "O", "O", "O"]),
        valid_from=VALID,
        valid_to=st.none() | VALID,
    ),
    min_size=4,
    max_size=8,
)
EVENTS = st.lists(
    _rows(
        "borrower_first_loan_event",
        borrower_id=st.sampled_from(CLIENTS),
        loan_id=st.sampled_from(["E1", "E2", "E3", "E4"]),
        branch_id=st.sampled_from(["n1", "south"]),
        event_date=st.sampled_from([date(2026, 10, 1), date(2026, 10, 15), date(2026, 9, 30)]),
        issue_type=st.sampled_from(["new", "new", "refinance"]),
        borrower_type=st.sampled_from(["enterprise", "enterprise", "individual_business"]),
        registry_checked_on=st.sampled_from(
            [None, date(2026, 9, 1), date(2026, 9, 15), date(2026, 10, 15), date(2026, 10, 16)]
        ),
        revoked_on=st.sampled_from([None, None, date(2026, 10, 31), date(2026, 11, 1)]),
    ),
    unique_by=lambda row: (row["borrower_id"], row["loan_id"]),
    min_size=3,
    max_size=8,
)
TREE = {
    "branch": [
        {"branch_id": "bank", "level": "head"},
        {"branch_id": "north"},
        {"branch_id": "south"},
        {"branch_id": "n1"},
        {"branch_id": "n2"},
        {
            "branch_id": "old",
            "closed_date": date(2026, 10, 10),
            "merged_into_branch_id": "n2",
        },
    ],
    "branch_hierarchy": [
        {"child_id": "north", "parent_id": "bank"},
        {"child_id": "south", "parent_id": "bank"},
        {"child_id": "n1", "parent_id": "north"},
        {"child_id": "n2", "parent_id": "north"},
        {"child_id": "old", "parent_id": "south", "valid_to": date(2026, 10, 9)},
    ],
    "fx_rate": [{"currency_code": "USD", "rate": Decimal("7.12345678")}],
}


def _numbered(rows):
    return [{**row, "loan_id": f"L{number}"} for number, row in enumerate(rows, 1)]


def _month(loans, borrowers, lists, relations, events, **tree):
    return {
        name: complete(name, rows)
        for name, rows in {
            **TREE,
            **tree,
            "loan_snapshot": _numbered(loans),
            "borrower_snapshot": borrowers,
            "tech_enterprise_list": lists,
            "supply_chain_relation": relations,
            "borrower_first_loan_event": events,
        }.items()
    }


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    # A failing book is small, and the message names the figure: shrinking would take minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(LOANS, LOANS, BORROWERS, LISTS, RELATIONS, EVENTS)
def test_engine_and_oracle_agree_on_books_drawn_by_chance(
    loans, earlier, borrowers, lists, relations, events
):
    """Ten months of this year and the same month last year; all but the last are alike."""
    # Last month some loans stood at a branch that has closed since, and was merged.
    moved = [
        {
            **row,
            "booking_branch_id": "old"
            if row["booking_branch_id"] == "n1"
            else row["booking_branch_id"],
        }
        for row in earlier
    ]
    before = _month(moved, borrowers, lists, relations, [])
    months = dict.fromkeys((*month_ends(AS_OF, 11)[:-1], date(2025, 10, 31)), before)
    months[AS_OF] = _month(loans, borrowers, lists, relations, events)
    assert compare(SmallBook(months), AS_OF) == 25 * 5
