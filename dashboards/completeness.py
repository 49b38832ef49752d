"""How whole a month is: branches that delivered nothing, months that are late, who has signed.

What was delivered and published comes from `month`; signatures from the ledger.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from dashboards.month import Month
from dashboards.units import BankUnit
from transforms.periods import last_complete_month_end, month_ends
from transforms.schema import LOAN_SNAPSHOT

_LOOKED_BACK = 12


def without_loans(month: Month, units: Sequence[BankUnit]) -> tuple[BankUnit, ...]:
    """The units for which no loan was delivered in the month; none where deliveries were not counted."""
    if not month.has_account:
        return ()
    own = month.delivered.filter(
        pl.col("table") == LOAN_SNAPSHOT.name, pl.col("delivered_rows") > 0
    )
    held = set(
        month.counts_for.filter(pl.col("branch_id").is_in(own["branch_id"].implode()))["node_id"]
    )
    return tuple(unit for unit in units if unit.unit_id not in held)


def late(month: Month, today: date) -> tuple[date, ...]:
    """Month ends that have passed since the newest published month, oldest first; at most a year of them.

    None of them if the month shown is an older one: whoever looks back does not ask what is late.
    """
    newest = max(month.published)
    if month.as_of != newest:
        return ()
    passed = month_ends(last_complete_month_end(today), _LOOKED_BACK)
    return tuple(day for day in passed if day > newest)


def signed(signatures: pl.DataFrame, units: Sequence[BankUnit], run_id: str) -> int:
    """How many of the units have signed exactly the figures of a run."""
    own = signatures.filter(pl.col("run_id") == run_id)["branch_id"]
    return len(set(own) & {unit.unit_id for unit in units})
