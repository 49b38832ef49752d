"""What pages ask about a draft: what would become of it, and what can still be mended in it.

A part of `dashboards.port.analyses`. Nothing of a draft is kept: what a page holds is the answer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

import polars as pl

from records.access import Scope
from transforms.catalogue.model import Label

LARGEST_MB: Final = 100
"""So much may all files of a draft have together; a branch's book of a month has far less."""

Progress = Callable[[Label], None]
"""Told what is being done, in a few words."""


@dataclass(frozen=True, eq=False)
class Upload:
    """A file as a reader's browser sent it."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Lying:
    """A delivery that the bank has already: in the inbox, or taken.

    Attributes:
        place: its path below the workspace.
        mapping: what it is read with.
        as_of: the month end it is of; none if only its contents say so.
        taken: whether it was delivered, and does not wait in the inbox.
    """

    place: str
    mapping: str
    as_of: date | None
    taken: bool


@dataclass(frozen=True)
class Mappings:
    """How files can be read.

    Attributes:
        names: the bank's own mappings and those of the product.
        default: the one that the loan book was last delivered with.
    """

    names: tuple[str, ...]
    default: str


@dataclass(frozen=True, eq=False)
class Asked:
    """A draft to be checked.

    Attributes:
        branch: whose draft it is.
        mapping: what its files are read with.
        as_of: the month end; the files' own statement if none.
        uploads: its files.
        place: a delivery that the bank has, in place of files.
    """

    branch: str
    mapping: str
    as_of: date | None
    uploads: tuple[Upload, ...] = ()
    place: str = ""


@dataclass(frozen=True)
class TableAccount:
    """What would become of a branch's rows of a table. Money in base currency, none where there is none."""

    table: str
    read_as: str
    delivered: int
    accepted: int
    rejected: int
    delivered_amount: Decimal | None
    accepted_amount: Decimal | None
    rejected_amount: Decimal | None


@dataclass(frozen=True, eq=False)
class Answer:
    """What a draft says, of the branch's own rows and of those that name no branch of the bank.

    Attributes:
        branch: the branch it was checked for.
        as_of: the month end.
        files: the names of its files.
        others_as_of: the month end that the other branches are of; none if there are none.
        left_aside: loans of the draft that other branches book.
        rejected_elsewhere: rejected rows of the draft that belong to other branches.
        tables: the account of each table.
        notes: what is to be known of how it was read.
        gate: what keeps the month from being published: too much of the book would be rejected; none if not.
        figures: columns of `FIGURE` of `orchestration.checking`: `metric_id, reading, unit, published,
            published_as_of, draft, target, gap, status, mended, mended_status, reason`.
        work: `item, kind, loan_id, borrower_id, branch_id, amount, now, mended, closes`, the most helpful
            first.
        effects: `item, metric_id, reading, unit, before, after, gap_before, gap_after, status_before,
            status_after`, in the order of `work`.
        rows: `item, table, loan_id, source_file, row_in_file`: where each item is mended.
        remedies: what to do about a kind of item.
        rejected: columns of `records.deliveries.REJECTED` but for its stamps.
        findings: columns of `records.published.FINDING`.
        failing: columns of `records.published.FAILING_ROW`, and `source_file, row_in_file`.
    """

    branch: str
    as_of: date
    files: tuple[str, ...]
    others_as_of: date | None
    left_aside: int
    rejected_elsewhere: int
    tables: tuple[TableAccount, ...]
    notes: tuple[str, ...]
    gate: Label | None
    figures: pl.DataFrame
    work: pl.DataFrame
    effects: pl.DataFrame
    rows: pl.DataFrame
    remedies: dict[str, Label]
    rejected: pl.DataFrame
    findings: pl.DataFrame
    failing: pl.DataFrame


class Drafts(Protocol):
    """Answers about drafts of one workspace. Every one is limited by the reader's scope.

    Raises:
        BranchmarkError: in words for the reader, where there is no answer.
    """

    def mappings(self) -> Mappings:
        """How files can be read."""
        ...

    def lying(self, scope: Scope) -> tuple[Lying, ...]:
        """Deliveries that can be checked without being sent again, the newest first.

        They hold the rows of many branches, so that there are none but for who sees the whole bank.
        """
        ...

    def check(self, scope: Scope, asked: Asked, progress: Progress) -> Answer:
        """Run everything on a draft; nothing of it is stored."""
        ...
