"""One published month as pages show it, read once: how figures stand, tree, reconciliation, account.

Everything read here is limited by the reader's scope. The figures themselves are read for what a page
shows of them, in `scorecard`; what is drawn belongs in `app_pages`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property

import polars as pl

from dashboards import scorecard
from dashboards.units import Units
from records.access import Scope
from records.deliveries import Deliveries
from records.published import Published
from transforms.accounting import Account, account_of
from transforms.catalogue.model import Catalogue
from transforms.errors import BranchmarkError
from transforms.quality import QualityState
from transforms.schema import LOAN_SNAPSHOT


class NothingSeenError(BranchmarkError):
    """None of a reader's units was part of the bank in that month."""


@dataclass(frozen=True, eq=False)
class Month:
    """A published month, as one reader may see it.

    Attributes:
        version: of the newest publication of the month.
        received_at: when the newest table of the month was delivered, if it is known.
        restated_because: the reason given for the version; empty for a first one, if none was given, or
            for a reader of some branches.
        pending: tables of the month that were delivered after it was published, and are in no figure.
        unpublished: months with a loan book that are not published.
        published: the month ends there are, as they were when this was read.
        standing: a row a unit: `branch_id`, the metrics with a target or limit `aimed`, with a value `given`.
        delivered: rows and money of the month's own deliveries, by table, branch and currency.
        counts_for: `branch_id, node_id`: each branch with every node it counts for.
        root: the node everything counts for; none for a reader who does not see the whole bank.
        rejected_rows: rows of any table that were rejected, within the scope.
        quality: by unit, with the amount behind a provisional one.
        unreconciled: booking branches whose loans and ledger differ; none without a ledger.
        findings: by severity, how many rules found something and how many rows fail.
    """

    as_of: date
    version: int
    published_at: datetime
    received_at: datetime | None
    restated_because: str
    pending: tuple[str, ...]
    unpublished: tuple[date, ...]
    units: Units
    published: frozenset[date]
    standing: pl.DataFrame
    delivered: pl.DataFrame
    counts_for: pl.DataFrame
    root: str | None
    rejected_rows: int
    quality: dict[str, tuple[QualityState, Decimal | None]]
    unreconciled: tuple[str, ...] | None
    findings: dict[str, tuple[int, int]]

    @property
    def has_account(self) -> bool:
        """Whether rows and money were counted when the month was delivered, within the scope."""
        return not self.delivered.is_empty()

    def account(self, unit: str, table: str = LOAN_SNAPSHOT.name) -> Account | None:
        """The account of a table at a unit; None if nothing of it was delivered there."""
        return account_of(
            self.delivered, table, counts_for=self.counts_for, node=unit, root=self.root or ""
        )

    def quality_of(self, unit: str) -> tuple[QualityState, Decimal | None]:
        """How sure the figures of a unit are, and the amount behind provisional ones."""
        return self.quality.get(unit, (QualityState.NOT_RECONCILED, None))

    def aimed(self, units: Collection[str]) -> frozenset[str]:
        """The metrics that have a target or limit at one of these units."""
        return self._where(units, "aimed")

    def given(self, units: Collection[str]) -> frozenset[str]:
        """The metrics that have a value at one of these units."""
        return self._where(units, "given")

    def _where(self, units: Collection[str], what: str) -> frozenset[str]:
        if len(units) == 1:
            return self._metrics[what].get(next(iter(units)), frozenset())
        own = self.standing.filter(pl.col("branch_id").is_in(list(units)))
        return frozenset(own[what].explode(empty_as_null=False).unique())

    @cached_property
    def _metrics(self) -> dict[str, dict[str, frozenset[str]]]:
        """By `aimed` and `given`, and by unit: pages that list units ask for one after the other."""
        return {
            what: {
                unit: frozenset(names)
                for unit, names in self.standing.select("branch_id", what).iter_rows()
            }
            for what in ("aimed", "given")
        }


def read(
    published: Published,
    deliveries: Deliveries,
    scope: Scope,
    catalogue: Catalogue,
    *,
    as_of: date,
) -> Month:
    """Read a month.

    Raises:
        NoSuchMonthError: if it is not published.
        NothingSeenError: if none of the reader's units was part of the bank then.
    """
    published = published.pinned()
    day = published.require(as_of)
    if (
        scope.branches is not None
        and published.nodes(scope, as_of=day).head(1).collect().is_empty()
    ):
        raise NothingSeenError(f"{day.isoformat()} shows none of your units. Choose another month.")
    version = published.newest_versions()[day]
    published_at = published.current()[day, version].published_at
    chosen = deliveries.chosen(day, version)
    own = [batch for batch in chosen.values() if batch.as_of_date == day]
    standing = _standing(published, scope, catalogue, day)
    units = Units.of(published.nodes(scope, as_of=day).collect())
    quality = _quality(standing)
    top, _ = quality.get(units.top.unit_id, (QualityState.NOT_RECONCILED, None))
    return Month(
        as_of=day,
        version=version,
        published_at=published_at,
        received_at=max((batch.received_at for batch in own), default=None),
        # A reason speaks of the whole delivery, and may name any branch of it.
        restated_because=""
        if scope.branches is not None
        else "; ".join(
            dict.fromkeys(b.reason for b in own if b.reason and b.snapshot_version == version)
        ),
        # Behind an earlier version nothing waits that a later one holds.
        pending=_pending(deliveries, day, published.last_published_at(day) or published_at),
        unpublished=tuple(
            month for month in deliveries.months() if month not in published.newest_versions()
        ),
        units=units,
        published=frozenset(published.newest_versions()),
        standing=standing.select("branch_id", "aimed", "given"),
        delivered=deliveries.account(scope, day, version),
        counts_for=published.counts_for(scope, as_of=day).select("branch_id", "node_id").collect(),
        root=units.top.unit_id if scope.branches is None else None,
        rejected_rows=deliveries.rejected(scope, day, version).height,
        quality=quality,
        unreconciled=(
            None if top is QualityState.NOT_RECONCILED else _unreconciled(published, scope, day)
        ),
        findings=_findings(published, scope, day),
    )


def _pending(deliveries: Deliveries, day: date, published_at: datetime) -> tuple[str, ...]:
    rows = deliveries.batches().filter(
        pl.col("as_of_date") == day, pl.col("received_at") > published_at
    )
    return tuple(rows["table"].unique(maintain_order=True))


def _standing(published: Published, scope: Scope, catalogue: Catalogue, day: date) -> pl.DataFrame:
    """A row a unit: which metrics are aimed at something, which have a value, how sure all of them are."""
    aimed = pl.col("target_value").is_not_null() | pl.col("limit_value").is_not_null()
    return (
        scorecard.default_facts(published, scope, catalogue, [day])
        .group_by("branch_id")
        .agg(
            aimed=pl.col("metric_id").filter(aimed),
            given=pl.col("metric_id").filter(pl.col("reason").is_null()),
            quality_state=pl.col("quality_state").first(),
            quality_amount=pl.col("quality_amount").first(),
        )
        .sort("branch_id")
        .collect()
    )


def _quality(standing: pl.DataFrame) -> dict[str, tuple[QualityState, Decimal | None]]:
    rows = standing.select("branch_id", "quality_state", "quality_amount").iter_rows()
    return {unit: (QualityState(state), amount) for unit, state, amount in rows}


def _unreconciled(published: Published, scope: Scope, day: date) -> tuple[str, ...]:
    rows = published.reconciliation(scope, as_of=day).collect()
    return tuple(rows.filter(~pl.col("reconciled"))["branch_id"].unique().sort())


def _findings(published: Published, scope: Scope, day: date) -> dict[str, tuple[int, int]]:
    rows = (
        published.findings(scope, as_of=day)
        .group_by("severity")
        .agg(rules=pl.col("rule_id").n_unique(), rows=pl.col("failing_rows").sum())
        .collect()
    )
    return {row["severity"]: (row["rules"], row["rows"]) for row in rows.to_dicts()}
