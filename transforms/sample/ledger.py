"""The demo bank's general ledger: what it says of the loans, where it differs, and who explains that.

Two sub-branches differ from their loans: one for reasons that nobody has approved yet, one by a payment
that was booked late and is explained.
"""

from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from transforms.sample import network as net
from transforms.sample.draws import words
from transforms.sample.positions import Window
from transforms.sample.snapshot import ACCOUNTS, CURRENCIES, Book, World
from transforms.schema import GL_CONTROL_TOTAL, MONEY, RECONCILIATION_ITEM

DIFFERENCE: Final = Decimal("5000000.00")
"""How much the ledger of `net.LEDGER_GAP` is above its loans, in the last months."""
MONTHS: Final = 3
EXPLAINED: Final = Decimal("-1250000.00")
"""How much the ledger of `net.LEDGER_LATE` is above its loans, in the last month."""


def differences(window: Window, month: int) -> dict[str, Decimal]:
    """By how much the ledger is above the loans that month, by branch, in yuan of the first account."""
    found = {}
    if month > window.last - MONTHS:
        found[net.LEDGER_GAP] = DIFFERENCE
    if month == window.last:
        found[net.LEDGER_LATE] = EXPLAINED
    return found


def ledger_frame(world: World, held: Book, differs: dict[str, Decimal]) -> pl.DataFrame:
    """The ledger's totals: the loans on the bank's own book, by branch, account and currency.

    Args:
        world: the bank.
        held: its loans on the month end.
        differs: by how much the ledger is above the loans, by branch.
    """
    positions, at = world.positions, held.position
    own = ~positions.off_balance[at] & ~positions.entrusted[at] & (held.movement == 0)
    own &= held.status < 3  # noqa: PLR2004 - neither written off nor transferred
    key = (held.node.astype(np.int64) * len(ACCOUNTS) + held.account) * len(CURRENCIES)
    key = (key + positions.currency[at])[own]
    totals = np.zeros(len(world.branches.nodes) * len(ACCOUNTS) * len(CURRENCIES), dtype=np.int64)
    np.add.at(totals, key, held.outstanding[own])
    filled = np.zeros(len(totals), dtype=np.bool_)
    filled[key] = True
    for branch, amount in differs.items():
        place = world.branches.index(branch) * len(ACCOUNTS) * len(CURRENCIES)
        totals[place] += int(amount * 100)
        filled[place] = True
    rows = np.flatnonzero(filled)
    balance = pl.Series(totals[rows]).cast(pl.Decimal(18, 0)) * pl.Series([Decimal("0.01")])
    return pl.DataFrame(
        {
            "branch_id": words(world.branches.ids, rows // len(CURRENCIES) // len(ACCOUNTS)),
            "gl_account_code": words(ACCOUNTS, rows // len(CURRENCIES) % len(ACCOUNTS)),
            "currency_code": words(CURRENCIES, rows % len(CURRENCIES)),
            "balance": balance.cast(MONEY),
        },
        schema_overrides=GL_CONTROL_TOTAL.dtypes,
    ).sort(GL_CONTROL_TOTAL.key)


def item_frame(differs: dict[str, Decimal], as_of: date) -> pl.DataFrame:
    """What the branches say of their differences; one of them has nobody's approval."""
    told = {
        net.LEDGER_GAP: ("under investigation: an entry without a receipt", None),
        net.LEDGER_LATE: (
            "repayment received on the last day, booked in the ledger only",
            "BR-0188",
        ),
    }
    rows = [
        {
            "item_id": f"X-{as_of:%Y%m}-{branch}",
            "branch_id": branch,
            "gl_account_code": ACCOUNTS[0],
            "currency_code": CURRENCIES[0],
            # An item says by how much the loans are above the ledger.
            "amount": -amount,
            "reason": told[branch][0],
            "explained_by": "BR-0042",
            "approved_by": told[branch][1],
            "approved_on": as_of if told[branch][1] else None,
        }
        for branch, amount in sorted(differs.items())
    ]
    return pl.DataFrame(rows, schema=RECONCILIATION_ITEM.dtypes)
