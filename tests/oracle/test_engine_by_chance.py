"""The engine against plain Python on small books drawn by chance."""

import os
from datetime import date

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.oracle import oracle
from tests.oracle.by_chance import (
    BORROWERS,
    EVENTS,
    FLOWS,
    LISTS,
    LOANS,
    PLEDGES,
    RELATIONS,
    TRADE,
    month_of,
)
from tests.oracle.comparing import compare
from tests.scenario import AS_OF, SmallBook
from transforms.periods import month_ends

# A book holds every table, and is computed by both for seconds: long runs ask for more by the variable.
EXAMPLES = int(os.environ.get("BRANCHMARK_CHANCE_EXAMPLES", "9"))


@pytest.mark.timeout(max(300, 10 * EXAMPLES))
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
    # A failing book is small, and the message names the figure: shrinking would take minutes.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(
    st.fixed_dictionaries(
        {
            "loans": st.tuples(LOANS, LOANS),
            "events": EVENTS,
            "flows": st.tuples(FLOWS, FLOWS),
            "trade": st.tuples(TRADE, TRADE),
            "borrower_snapshot": BORROWERS,
            "tech_enterprise_list": LISTS,
            "supply_chain_relation": RELATIONS,
            "loan_collateral": PLEDGES,
        }
    )
)
def test_engine_and_oracle_agree_on_books_drawn_by_chance(drawn):
    """This year, the months it is compared with, and all but the last alike."""
    earlier, loans = drawn.pop("loans")
    events, flows, trade = drawn.pop("events"), drawn.pop("flows"), drawn.pop("trade")
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
    before = month_of(
        loan_snapshot=moved,
        borrower_first_loan_event=[],
        loan_event=flows[0],
        supply_chain_trade=trade[0],
        **drawn,
    )
    months = dict.fromkeys((date(2024, 12, 31), *month_ends(AS_OF, 15)[:-1]), before)
    months[AS_OF] = month_of(
        loan_snapshot=loans,
        borrower_first_loan_event=events,
        loan_event=flows[1],
        supply_chain_trade=trade[1],
        **drawn,
    )
    assert compare(SmallBook(months), AS_OF) >= len(oracle.DEFAULT_READINGS) * 5
