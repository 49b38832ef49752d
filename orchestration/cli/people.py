"""Who does something in the ledger, and when: options that its commands share."""

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from transforms.errors import BranchmarkError

ByOption = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who does this; taken on trust.")
]


def now() -> datetime:
    """The moment of an entry."""
    return datetime.now(UTC)


def day_of(text: str | None, option: str) -> date | None:
    """A day as a person writes it.

    Raises:
        BranchmarkError: if it is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BranchmarkError(f"{option} {text!r} is no day. Write it as 2026-07-01.") from None
