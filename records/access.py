"""Who may see which branches. Every read of branch data takes a `Scope`; there is no unscoped read.

A scope is decided once, at the door (command line, page, schedule), and carried to the lake.
"""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from transforms.errors import AccessError, BranchmarkError


@dataclass(frozen=True)
class Scope:
    """What one reader may see.

    Attributes:
        who: the reader, as written in logs and on exports.
        branches: the nodes the reader may see; `None` is the whole bank.
    """

    who: str
    branches: frozenset[str] | None = None

    @classmethod
    def whole_bank(cls, who: str) -> "Scope":
        """Head office, and the product itself at work: every branch."""
        return cls(who, None)

    @classmethod
    def of(cls, who: str, branches: Collection[str]) -> "Scope":
        """The given nodes and no others."""
        return cls(who, frozenset(branches))

    def require(self, branch: str) -> str:
        """The branch, if the reader may see it.

        Raises:
            AccessError: if not.
        """
        if self.branches is not None and branch not in self.branches:
            raise AccessError(branch, self.who)
        return branch

    def require_whole_bank(self) -> None:
        """For what cannot be limited to branches.

        Raises:
            BranchmarkError: if the reader may see some branches only.
        """
        if self.branches is not None:
            raise BranchmarkError(
                f"{self.who} sees some branches only, and files of the lake hold rows of all. Read them as "
                "head office."
            )

    def limit(self, frame: pl.LazyFrame, column: str) -> pl.LazyFrame:
        """The rows of a frame whose branch column lies in the scope."""
        if self.branches is None:
            return frame
        return frame.filter(pl.col(column).is_in(sorted(self.branches)))
