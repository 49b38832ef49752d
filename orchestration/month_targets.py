"""The targets that a month of a bank is held against, and the path of one target over its year.

How a month's targets come about is said in `records.ledger.monthly`. Files with targets belong in
`targets.importing`, looking at targets in `targets.review`.
"""

from collections.abc import Mapping
from datetime import date, datetime

from orchestration.bank import SYSTEM, Bank
from records.ledger import monthly
from records.ledger.monthly import MonthTargets
from transforms.catalogue.model import Catalogue
from transforms.phasing import Phased


def month_targets(
    bank: Bank, catalogue: Catalogue, as_of: date, *, known_at: datetime | None = None
) -> MonthTargets:
    """The targets of the whole bank that hold at a month end.

    Args:
        bank: the workspace at work.
        catalogue: the definitions.
        as_of: the month end.
        known_at: as they stood in the ledger at that moment; as known now if not given.

    Raises:
        LedgerError: if the ledger cannot be read.
    """
    return monthly.month_targets(
        SYSTEM, bank.entered_targets, bank.published, catalogue, as_of, known_at=known_at
    )


def path_of(bank: Bank, catalogue: Catalogue, target: Mapping[str, object]) -> dict[date, Phased]:
    """What each month of a target's period asks, by month end.

    Args:
        bank: the workspace at work.
        catalogue: the definitions.
        target: a row of `records.ledger.targets.TARGETS`.
    """
    return monthly.path_of(SYSTEM, bank.published, catalogue, target)
