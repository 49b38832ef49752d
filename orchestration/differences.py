"""Versions of a month side by side: what was delivered as which, and what changed from one to another.

Both versions are read within a scope, figures as published and rows as accepted. How two frames are
compared is said by `transforms.differences`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

import polars as pl

from orchestration import months
from orchestration.bank import Bank
from orchestration.months import MonthAtWork
from records.access import Scope
from records.deliveries import Batch
from records.published import Known, Publication
from transforms import differences
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, NoSuchMonthError, UnknownNameError
from transforms.hierarchy import Tree
from transforms.schema import LOAN_SNAPSHOT, TABLES


@dataclass(frozen=True)
class Version:
    """One delivered table of one version of a month, and what was published of the version.

    Attributes:
        amount: accepted, in base currency; nothing for a table without money.
        first_published: when the version's figures were first published; never if they were not.
        published: when they were published last.
        publications: how often.
        state: `current` (what is read), `superseded`, or `to be built`.
    """

    as_of_date: date
    version: int
    state: str
    table: str
    file: str
    received: datetime
    reason: str | None
    delivered_rows: int
    accepted_rows: int
    rejected_rows: int
    amount: Decimal | None
    first_published: datetime | None
    published: datetime | None
    publications: int


CURRENT = "current"
OUTDATED = "current, to be built anew"
SUPERSEDED = "superseded"
UNBUILT = "to be built"
NO_BOOK = "no loan book"


def versions(bank: Bank, as_of: date | None = None) -> Iterator[Version]:
    """Every version of a month, or of all, with the tables delivered as it; oldest first.

    The account of deliveries is of the whole bank, not of a branch.

    Raises:
        NoSuchMonthError: if nothing was delivered for the month, or at all.
    """
    batches = bank.deliveries.batches()
    known = tuple(batches["as_of_date"].unique().sort())
    if (as_of is not None and as_of not in known) or not known:
        raise NoSuchMonthError(as_of, known, what="delivered")
    if as_of is not None:
        batches = batches.filter(pl.col("as_of_date") == as_of)
    published = bank.published.pinned()
    first, last = published.first(), published.current()
    newest = published.newest_versions()
    times = {
        (day, number): count
        for day, number, count in published.publications()
        .group_by("as_of_date", "snapshot_version")
        .len()
        .iter_rows()
    }
    states: dict[tuple[date, int], str] = {}
    for row in batches.sort("as_of_date", "snapshot_version", "received_at", "table").to_dicts():
        key = (row["as_of_date"], row["snapshot_version"])
        if key not in states:
            states[key] = _state(bank, *key, newest.get(row["as_of_date"]))
        yield Version(
            as_of_date=row["as_of_date"],
            version=row["snapshot_version"],
            state=states[key],
            table=row["table"],
            file=row["source_file"],
            received=row["received_at"],
            reason=row["reason"],
            delivered_rows=row["delivered_rows"],
            accepted_rows=row["accepted_rows"],
            rejected_rows=row["rejected_rows"],
            amount=row["accepted_amount"],
            first_published=_when(first.get(key)),
            published=_when(last.get(key)),
            publications=times.get(key, 0),
        )


def _when(publication: Publication | None) -> datetime | None:
    return None if publication is None else publication.published_at


def _state(bank: Bank, as_of: date, version: int, newest: int | None) -> str:
    """What a version is to readers: the newest published one is what they get."""
    if newest is not None and version < newest:
        return SUPERSEDED
    if as_of not in bank.deliveries.months():
        return NO_BOOK
    if version != newest:
        return UNBUILT if version == bank.deliveries.latest_version(as_of) else SUPERSEDED
    return CURRENT if MonthAtWork(bank, as_of, version).is_published else OUTDATED


@dataclass(frozen=True, eq=False)
class Difference:
    """Two versions of one month.

    Attributes:
        bank: the bank.
        scope: who asks.
        as_of: the month end.
        before: the earlier version.
        after: the later one.
    """

    bank: Bank
    scope: Scope
    as_of: date
    before: int
    after: int

    @classmethod
    def between(
        cls, bank: Bank, scope: Scope, as_of: date | None, before: int | None, after: int | None
    ) -> "Difference":
        """Two versions of a month; the newest and the one before it, where none are named.

        Args:
            bank: the bank.
            scope: who asks.
            as_of: the month end; the newest delivered one if not given.
            before: a version.
            after: another.

        Raises:
            NoSuchMonthError: if no loan book was delivered for the month.
            BranchmarkError: if there are no such two versions.
        """
        delivered = bank.deliveries.months()
        if not delivered:
            raise NoSuchMonthError(None, (), what="delivered")
        day = bank.deliveries.require(as_of or delivered[-1])
        batches = bank.deliveries.batches().filter(pl.col("as_of_date") == day)
        known = sorted(set(batches["snapshot_version"]))
        told = ", ".join(map(str, known))
        for asked in (before, after):
            if asked is not None and asked not in known:
                raise BranchmarkError(
                    f"{day} has no version {asked}. It has {told}: `branchmark versions` tells more."
                )
        last = known[-1] if after is None else after
        earlier = [number for number in known if number < last]
        if before is None and not earlier:
            raise BranchmarkError(
                f"{day} has no version before {last} to compare with. Name a month that was restated, "
                "with --as-of; `branchmark versions` lists them."
            )
        first = earlier[-1] if before is None else before
        if first == last:
            raise BranchmarkError(
                f"Version {first} of {day} is compared with itself. Name two versions, with --from "
                "and --to."
            )
        return cls(bank, scope, day, first, last)

    @cached_property
    def unpublished(self) -> tuple[int, ...]:
        """Versions that were delivered and not built, so that they have no figures."""
        known = self.bank.published.current()
        return tuple(v for v in (self.before, self.after) if (self.as_of, v) not in known)

    @property
    def rules_changed(self) -> bool:
        """Whether definitions or reference data changed between the publications, not only the book."""
        known = self.bank.published.current()
        first, last = (known.get((self.as_of, v)) for v in (self.before, self.after))
        return (
            first is not None
            and last is not None
            and (first.catalogue_fingerprint, first.reference_fingerprint)
            != (last.catalogue_fingerprint, last.reference_fingerprint)
        )

    def figures(self, branch: str | None = None, metric: str | None = None) -> pl.DataFrame:
        """Uncut figures that differ, by `transforms.differences.figures`; each version as last published.

        Args:
            branch: of one branch only.
            metric: one metric only.

        Raises:
            BranchmarkError: if a version is not published.
        """
        if self.unpublished:
            raise BranchmarkError(
                f"{self.as_of} version {self.unpublished[0]} is not published, so its figures cannot "
                "be compared. Build it: branchmark build."
            )
        asked = pl.col("slice") == TOTAL
        if branch is not None:
            asked &= pl.col("branch_id") == self.scope.require(branch)
        if metric is not None:
            asked &= pl.col("metric_id") == metric
        before, after = (
            self.bank.published.facts(
                self.scope, as_of=self.as_of, version=version, known=Known.NOW
            ).filter(asked)
            for version in (self.before, self.after)
        )
        return differences.figures(before, after)

    def loans(self, branch: str | None = None) -> pl.DataFrame:
        """Accepted loans that differ, by `transforms.differences.rows`, in order of their numbers.

        Args:
            branch: only those booked in one branch or below it, in either version.

        Raises:
            AccessError: if the branch is not in the scope.
            UnknownNameError: if there is none.
        """
        changed = self._rows(LOAN_SNAPSHOT.name)
        if branch is not None:
            tree = self._tree
            if self.scope.require(branch) not in tree.nodes["node_id"]:
                raise UnknownNameError(
                    "branch",
                    branch,
                    tuple(tree.nodes["node_id"]),
                    way_out="`branchmark kpis` lists the branches.",
                )
            # At the root every loan counts, also of a branch that no tree knows.
            if branch != tree.root:
                own = tree.counts_for.filter(pl.col("node_id") == branch)["branch_id"]
                changed = differences.of_branches(changed, own)
        return changed.sort("loan_id").collect(engine="streaming")

    @cached_property
    def _tree(self) -> Tree:
        return months.tree(MonthAtWork(self.bank, self.as_of, self.after))

    def tables(self) -> pl.DataFrame:
        """Delivered tables other than the loans that differ, with how many rows do.

        Columns `table, rows_before, rows_after, added, gone, changed`, in the order of the dictionary.
        A table that one version does not have counts no rows there.
        """
        found = []
        for name in TABLES:
            before, after = (self._chosen(version).get(name) for version in self._both)
            if name == LOAN_SNAPSHOT.name or _same(before, after):
                continue
            counts = differences.counted(self._rows(name)).collect().row(0, named=True)
            if any(counts.values()):
                held = {
                    "rows_before": self._count(before),
                    "rows_after": self._count(after),
                }
                found.append({"table": name, **held, **counts})
        return pl.DataFrame(found, schema=TABLE_COUNTS)

    @property
    def _both(self) -> tuple[int, int]:
        return self.before, self.after

    def _chosen(self, version: int) -> dict[str, Batch]:
        return self.bank.deliveries.chosen(self.as_of, version)

    def _count(self, batch: Batch | None) -> int:
        if batch is None:
            return 0
        rows = self.bank.deliveries.rows(self.scope, batch)
        return int(rows.select(pl.len()).collect().item())

    def _rows(self, table: str) -> pl.LazyFrame:
        before, after = (
            self.bank.deliveries.table(self.scope, table, self.as_of, version)
            for version in self._both
        )
        return differences.rows(table, before, after)


TABLE_COUNTS = {
    "table": pl.String(),
    **dict.fromkeys(("rows_before", "rows_after", "added", "gone", "changed"), pl.Int64()),
}
"""Columns of `Difference.tables`."""


def _same(before: Batch | None, after: Batch | None) -> bool:
    """Whether two versions take a table from the same delivery, or neither has it."""
    if before is None or after is None:
        return before is after
    return before.batch_id == after.batch_id
