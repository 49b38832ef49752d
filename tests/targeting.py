"""Approved targets for tests: entered by one person and approved by another, without a file."""

from datetime import UTC, date, datetime
from decimal import Decimal

from orchestration.bank import SYSTEM, Bank
from transforms.proposals import Proposal, settled

MAKER, CHECKER = "li", "wang"
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)


def proposal(branch, metric, value, period="2026", **other):
    """A proposal as a page or a file makes it."""
    other = {
        name: Decimal(given) if name in {"near_band", "base_value"} else given
        for name, given in other.items()
    }
    return Proposal(branch, metric, other.pop("reading", ""), period, Decimal(value), **other)


def approved(root, *proposals, at=NOON):
    """Put approved targets into a workspace's ledger; their numbers."""
    bank = Bank.at(root)
    targets = bank.ledger.targets
    made = targets.enter(
        SYSTEM, [settled(one, bank.catalogue) for one in proposals], by=MAKER, at=at, submit=True
    )
    targets.approve(SYSTEM, made.target_ids, by=CHECKER, at=at)
    return made.target_ids


def first_of(year, month):
    """The first day of a month."""
    return date(year, month, 1)
