"""Which edition of a report is meant: the newest, the newest released, one by its number, or none: a draft.

How an edition stands is said in `standing`; how it is shown, in `rendering`.
"""

from dataclasses import dataclass
from datetime import date

import polars as pl

from orchestration.bank import Bank
from orchestration.reporting.heads import head_of
from orchestration.reporting.source import Source
from records.access import Scope
from records.ledger.returns import Head, Step
from transforms.errors import BranchmarkError


@dataclass(frozen=True)
class Which:
    """Which edition is asked for.

    Attributes:
        edition: its number; none for the newest.
        released: only one that was released.
        draft: none: what would be prepared now.
    """

    edition: int | None = None
    released: bool = False
    draft: bool = False

    @classmethod
    def of(cls, edition: int | None, *, released: bool, draft: bool) -> "Which":
        """What somebody asks for.

        Raises:
            BranchmarkError: if it contradicts itself.
        """
        if (edition is not None) + released + draft > 1:
            raise BranchmarkError(
                "--edition, --released and --draft contradict each other. Take one of them."
            )
        return cls(edition, released, draft)

    def head(self, bank: Bank, scope: Scope, return_id: str, unit: str, as_of: date) -> Head | None:
        """The edition; none where nobody prepared one and none in particular is asked for.

        Raises:
            BranchmarkError: if there is no such edition, or none was released.
            AccessError: if the unit lies outside the scope.
        """
        if self.draft:
            return None
        rows = bank.ledger.returns.packages(scope, return_id=return_id, unit=unit, as_of=as_of)
        about = f"{return_id} of {unit}, {as_of}"
        if self.released:
            # A released edition stays the released one while a newer one is on its way.
            out = rows.filter(pl.col("state") == Step.RELEASED.value)
            if out.is_empty():
                raise BranchmarkError(
                    f"{about}, was never released. Leave --released out, or release it first: "
                    "branchmark signoff release."
                )
            return head_of(out.sort("edition").row(-1, named=True))
        if self.edition is not None:
            own = rows.filter(pl.col("edition") == self.edition)
            if own.is_empty():
                has = f"{rows.height} edition(s)" if rows.height else "none: nobody prepared it"
                raise BranchmarkError(
                    f"{about}, has no edition {self.edition}; it has {has}. `branchmark signoff status` "
                    "lists them."
                )
            return head_of(own.row(0, named=True))
        newest = rows.filter("is_newest")
        return head_of(newest.row(0, named=True)) if newest.height else None

    def asked(self, source: Source, unit: str) -> Head | None:
        """The edition of a unit's report."""
        return self.head(source.bank, source.scope, source.return_.return_id, unit, source.as_of)


def require_edition(
    bank: Bank, scope: Scope, return_id: str, unit: str, as_of: date, *, begins: str = ""
) -> Head:
    """The newest edition of a report, which is the only one that people may sign.

    Args:
        bank: whose.
        scope: who asks.
        return_id: which return.
        unit: of which unit.
        as_of: the period's end.
        begins: what its hash begins with, if the one who signs says what was looked at.

    Raises:
        BranchmarkError: if nobody prepared it, or it holds something else.
        AccessError: if the unit lies outside the scope.
    """
    head = bank.ledger.returns.newest(scope, return_id, unit, as_of)
    if head is None:
        raise BranchmarkError(
            f"{return_id} of {unit}, {as_of}, is not prepared. Prepare it first: branchmark signoff "
            f"prepare {return_id} --branch {unit} --as-of {as_of}."
        )
    if not head.content_hash.startswith(begins.lower()):
        raise BranchmarkError(
            f"{head.called}, has the hash {head.content_hash[:12]}, not {begins}: it is not what was looked "
            "at. Look at it again: branchmark report."
        )
    return head
