"""The demo bank's targets in the ledger: proposed by one person, approved by another, drafts left drafts."""

from datetime import datetime
from typing import Final

import polars as pl

from orchestration.bank import SYSTEM, Bank
from transforms.proposals import Proposal, settled
from transforms.target_states import KEY, State

MAKER: Final = "planning.ho"
CHECKER: Final = "finance.ho"
_ORDER: Final = (State.SUPERSEDED, State.APPROVED, State.SUBMITTED, State.DRAFT)
"""What was approved first comes first; what is open still comes last."""


def enter(bank: Bank, drawn: pl.DataFrame, at: datetime) -> None:
    """Enter drawn targets, rows of the table `target`; those that are there already are left alone.

    A demo that was killed in the middle is so taken up again.
    """
    targets = bank.ledger.targets
    for state in _ORDER:
        rows = drawn.filter(pl.col("status") == state.value).with_columns(
            pl.col("reading").fill_null("")
        )
        missing = rows.join(targets.all(SYSTEM), on=[*KEY, "target_value"], how="anti")
        targets.enter(
            SYSTEM,
            [settled(_proposal(row), bank.catalogue) for row in missing.to_dicts()],
            by=MAKER,
            at=at,
            submit=state is not State.DRAFT,
        )
        if state in {State.SUPERSEDED, State.APPROVED}:
            waiting = targets.all(SYSTEM).filter(pl.col("state") == State.SUBMITTED.value)
            own = waiting.join(rows, on=[*KEY, "target_value"], how="semi")
            targets.approve(SYSTEM, list(own["target_id"]), by=CHECKER, at=at)


def _proposal(row: dict[str, object]) -> Proposal:
    names = (*KEY, "target_value", "near_band", "phasing", "phasing_shares", "base_value")
    return Proposal(**{name: row[name] for name in (*names, "valid_from", "valid_to", "note")})  # type: ignore[arg-type]
