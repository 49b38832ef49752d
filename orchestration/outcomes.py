"""What became of months that were asked for, and the error of one that could not be built."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from transforms.errors import BranchmarkError


class Outcome(StrEnum):
    """What became of a month."""

    BUILT = "built"
    UNCHANGED = "unchanged"


class BuildFailedError(BranchmarkError):
    """A month could not be built; what was published before is untouched."""

    def __init__(self, as_of: date, why: str) -> None:
        super().__init__(
            f"{as_of.isoformat()} was not published: {why.rstrip('.')}. What was published before is "
            "unchanged; `branchmark dagster` shows the run."
        )


@dataclass(frozen=True)
class Built:
    """One month and what became of it; a note where the audit log could not be written."""

    as_of: date
    version: int
    outcome: Outcome
    note: str | None = None


Told = Callable[[Built], None]
