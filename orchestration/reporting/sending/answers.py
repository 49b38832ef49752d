"""What becomes of one try to hand something over: it arrived, it did not, or nobody can tell.

How each way carries things is said in `mailing`, `folders` and `webhooks`; what is written down, in `book`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from transforms.errors import visible

_LONGEST: Final = 400


class Ended(StrEnum):
    """How a try ended."""

    SENT = "sent"
    FAILED = "failed"
    UNCLEAR = "unclear"
    """All of it was handed over and no answer came: it may have arrived."""


@dataclass(frozen=True)
class Answer:
    """What came of a try.

    Attributes:
        ended: how.
        detail: what the other side said, or why there was no other side, on one line.
        receipt: what proves it: a message's id, files with their hashes.
        for_good: of a failure, whether the same try would fail again however often it is made.
    """

    ended: Ended
    detail: str
    receipt: str = ""
    for_good: bool = False


def sent(detail: str, receipt: str) -> Answer:
    """It arrived."""
    return Answer(Ended.SENT, told(detail), receipt)


def failed(detail: str, *, for_good: bool = False) -> Answer:
    """It did not arrive."""
    return Answer(Ended.FAILED, told(detail), for_good=for_good)


def unclear(detail: str) -> Answer:
    """It may have arrived."""
    return Answer(Ended.UNCLEAR, told(detail))


def told(text: str) -> str:
    """What another machine said, on one line that may be printed, and not endless."""
    plain = visible(" ".join(text.split()))
    return plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]} …"
