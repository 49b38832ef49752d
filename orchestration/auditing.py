"""What the product does to a bank's months, written into the ledger's events where it happens.

An event that cannot be written never undoes what happened: that is said instead. What people enter is in the
ledger by itself.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from orchestration.bank import Bank
from transforms.errors import BranchmarkError

COMMAND_LINE: Final = "command line"
DAGSTER: Final = "dagster"
INBOX: Final = "inbox"
"""Who delivers and publishes, where nobody has to say a name."""
BY: Final = "branchmark/by"
"""The tag of a run that says who started it; a run without it was started by Dagster."""
UNTOLD: Final = "not in the audit log"
"""Beside a publication: why the audit log does not hold it."""
NOTE: Final = "branchmark/note"
"""The tag of a run that says the same, where whoever began the run finds it."""


def noted(
    bank: Bank, *, who: str, action: str, subject: str, detail: Mapping[str, object]
) -> str | None:
    """Write down what has happened.

    Args:
        bank: whose.
        who: the person, or the part of the product at work.
        action: what happened, as `records.ledger.events.Events.record` says.
        subject: to what.
        detail: more of it.

    Returns:
        Nothing; or, where it could not be written, the sentence that says so.
    """
    try:
        bank.ledger.events.record(
            who=who, action=action, subject=subject, detail=detail, at=datetime.now(UTC)
        )
    except BranchmarkError as error:
        return f"This is done, but the audit log does not hold it: {error}"
    return None
