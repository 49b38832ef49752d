"""The engine against plain Python on the demo bank, to the cent."""

import pytest

from tests.oracle.comparing import compare
from tests.scenario import AS_OF, SmallBook
from transforms.sample.bank import BankSpec, demo_bank


@pytest.mark.parametrize(("seed", "loans"), [(20260101, 2000), (5, 800)])
def test_engine_and_oracle_agree_on_the_demo_bank_to_the_cent(seed, loans):
    """Fourteen months, so that every comparison has its base, through the month of the merger."""
    bank = demo_bank(BankSpec(months=14, loans=loans, seed=seed, last=AS_OF))
    book = SmallBook(
        {
            day: {name: rows.to_dicts() for name, rows in bank.month(day).items()}
            for day in bank.month_ends
        }
    )
    assert compare(book, AS_OF) > 5000
    assert compare(book, bank.month_ends[-3]) > 5000
