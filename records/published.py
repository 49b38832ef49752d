"""What was published: facts, tree, findings and checks by month and version, switched in one commit.

Every result row carries the run that wrote it. A build writes its tables first and one row of
`publication` last; readers take only rows of the run that the newest publication of a month names. So
they see a whole build or the one before it, never a half, and what a dead build left behind is never
seen at all. What was delivered belongs in `records.deliveries`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from records.access import Scope
from records.delta import append, delete, replace_month, scan
from transforms.catalogue.vocabulary import TOTAL
from transforms.clients import NODE_MEASURE
from transforms.cube import BRANCH_MEASURE
from transforms.errors import NoSuchMonthError
from transforms.facts import FACT
from transforms.hierarchy import NODE
from transforms.quality import QUALITY
from transforms.schema import COUNT, DAY, TEXT, WIDE
from transforms.scorecards import SCORED

_STAMPS: Final[Mapping[str, pl.DataType]] = {
    "as_of_date": DAY,
    "snapshot_version": COUNT,
    "run_id": TEXT,
}

METRIC_FACT: Final = {**FACT, **QUALITY, **SCORED, "snapshot_version": COUNT, "run_id": TEXT}

FINDING: Final[Mapping[str, pl.DataType]] = {
    "rule_id": TEXT,
    "severity": TEXT,
    "table": TEXT,
    "branch_id": TEXT,
    "failing_rows": pl.Int64(),
    "failing_amount": pl.Decimal(38, 2),
    "example_keys": pl.List(pl.String),
    "reason_en": TEXT,
    "reason_zh": TEXT,
    "remedy_en": TEXT,
    "remedy_zh": TEXT,
}
CHECK_RESULT: Final[Mapping[str, pl.DataType]] = {
    "table": TEXT,
    "rule_id": TEXT,
    "severity": TEXT,
    "passed": pl.Boolean(),
    "failing_rows": pl.Int64(),
    "checked_rows": pl.Int64(),
    "skipped_reason": TEXT,
}
RECONCILIATION: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "gl_account_code": TEXT,
    "currency_code": TEXT,
    "loan_balance": WIDE,
    "ledger_balance": WIDE,
    "difference": WIDE,
    "tolerance": WIDE,
    "reconciled": pl.Boolean(),
}

RESULTS: Final[Mapping[str, Mapping[str, pl.DataType]]] = {
    "metric_fact": METRIC_FACT,
    "node": {**NODE, **_STAMPS},
    "counts_for": {"branch_id": TEXT, "node_id": TEXT, **_STAMPS},
    "node_measure": {**NODE_MEASURE, **_STAMPS},
    "branch_measure": {**BRANCH_MEASURE, **_STAMPS},
    "finding": {**FINDING, **_STAMPS},
    "check_result": {**CHECK_RESULT, **_STAMPS},
    "reconciliation": {**RECONCILIATION, **_STAMPS},
}
"""Result tables and their columns."""

PUBLICATION: Final[Mapping[str, pl.DataType]] = {
    "sequence": pl.Int64(),
    "as_of_date": DAY,
    "snapshot_version": COUNT,
    "fingerprint": TEXT,
    "catalogue_fingerprint": TEXT,
    "reference_fingerprint": TEXT,
    "run_id": TEXT,
    "published_at": pl.Datetime("us", "UTC"),
}


@dataclass(frozen=True)
class Publication:
    """One published month: what it was made from and when."""

    as_of_date: date
    snapshot_version: int
    fingerprint: str
    catalogue_fingerprint: str
    reference_fingerprint: str
    run_id: str
    published_at: datetime


class Published:
    """The published figures of a workspace's lake."""

    def __init__(self, root: Path, history: pl.DataFrame | None = None) -> None:
        self._root = root
        self._history = history

    def pinned(self) -> "Published":
        """The same as it is published at this moment: whatever is read through it is of one state."""
        return Published(self._root, self.publications())

    def write(self, table: str, rows: pl.DataFrame, as_of: date, version: int, run_id: str) -> None:
        """Write a month's rows of a result table; readers do not see them before `publish`."""
        stamped = rows.with_columns(
            as_of_date=pl.lit(as_of),
            snapshot_version=pl.lit(version, dtype=COUNT),
            run_id=pl.lit(run_id),
        ).select(pl.col(name).cast(dtype) for name, dtype in RESULTS[table].items())
        replace_month(self._root / table, stamped, as_of, version, run_id)

    def draft(self, table: str, as_of: date, version: int, run_id: str) -> pl.DataFrame:
        """What a run wrote for a month, published or not: for the build itself."""
        return (
            scan(self._root / table, RESULTS[table])
            .filter(
                pl.col("as_of_date") == as_of,
                pl.col("snapshot_version") == version,
                pl.col("run_id") == run_id,
            )
            .collect()
        )

    def publish(self, publication: Publication) -> None:
        """Make what a run wrote for a month the month's figures, in one commit.

        Rows of older runs go afterwards, except those of the run just replaced: a reader who asked a
        moment ago may still be reading them.
        """
        history = self.publications()
        before = self.current().get((publication.as_of_date, publication.snapshot_version))
        row = {
            "sequence": history.height + 1,
            **{name: getattr(publication, name) for name in Publication.__dataclass_fields__},
        }
        append(
            self._root / "publication",
            pl.DataFrame([row], schema=dict(PUBLICATION)),
            partitioned=False,
        )
        kept = {publication.run_id, *([before.run_id] if before else [])}
        for table in RESULTS:
            delete(
                self._root / table,
                publication.as_of_date,
                publication.snapshot_version,
                but_runs=sorted(kept),
            )

    def publications(self) -> pl.DataFrame:
        """Every publication there has been, oldest first."""
        if self._history is not None:
            return self._history
        return scan(self._root / "publication", PUBLICATION).sort("sequence").collect()

    def current(self) -> dict[tuple[date, int], Publication]:
        """The newest publication of each month and version."""
        return {
            (row["as_of_date"], row["snapshot_version"]): Publication(
                **{name: row[name] for name in Publication.__dataclass_fields__}
            )
            for row in self.publications().to_dicts()
        }

    def newest_versions(self) -> dict[date, int]:
        """The newest published version of each month, oldest month first."""
        return _newest(self.current())

    def require(self, as_of: date | None) -> date:
        """The month end, or the newest one if none is given, if it is published.

        Raises:
            NoSuchMonthError: if it is not, or nothing is.
        """
        months = self.newest_versions()
        if as_of is None and months:
            return max(months)
        if as_of not in months or as_of is None:
            raise NoSuchMonthError(as_of, tuple(months), what="published")
        return as_of

    def facts(
        self, scope: Scope, *, as_of: date | None = None, version: int | None = None
    ) -> pl.LazyFrame:
        """Metric facts with target, status and quality.

        Args:
            scope: whose branches.
            as_of: one month end; every published one if not given.
            version: a version of that month; the newest of each month if not given.
        """
        return scope.limit(self._rows("metric_fact", as_of, version), "branch_id")

    def nodes(
        self, scope: Scope, *, as_of: date | None = None, version: int | None = None
    ) -> pl.LazyFrame:
        """The branch tree as published: parents before children."""
        frame = scope.limit(self._rows("node", as_of, version), "node_id")
        return frame.sort("as_of_date", "depth", "node_id")

    def branch_measures(self, scope: Scope, days: Iterable[date]) -> pl.LazyFrame:
        """Uncut additive measures by booking branch of some months: the base of comparisons."""
        current = self.current()
        newest = _newest(current)
        runs = [current[day, newest[day]].run_id for day in days if day in newest]
        frame = scan(self._root / "branch_measure", RESULTS["branch_measure"])
        wanted = frame.filter(pl.col("run_id").is_in(runs), pl.col("slice") == TOTAL)
        return scope.limit(wanted, "branch_id")

    def counts_for(self, scope: Scope, *, as_of: date, version: int | None = None) -> pl.LazyFrame:
        """Which node each branch counts for, as published."""
        return scope.limit(self._rows("counts_for", as_of, version), "node_id")

    def findings(self, scope: Scope, *, as_of: date, version: int | None = None) -> pl.LazyFrame:
        """What the checks found; findings about no branch in particular are everybody's."""
        frame = self._rows("finding", as_of, version)
        if scope.branches is None:
            return frame
        own = pl.col("branch_id").is_in(sorted(scope.branches))
        return frame.filter(own | pl.col("branch_id").is_null())

    def check_results(self, *, as_of: date, version: int | None = None) -> pl.LazyFrame:
        """Every rule's verdict; about tables, not about branches."""
        return self._rows("check_result", as_of, version)

    def reconciliation(
        self, scope: Scope, *, as_of: date, version: int | None = None
    ) -> pl.LazyFrame:
        """Loans against the general ledger by branch, account and currency."""
        return scope.limit(self._rows("reconciliation", as_of, version), "branch_id")

    def _rows(self, table: str, as_of: date | None, version: int | None) -> pl.LazyFrame:
        current = self.current()
        newest = _newest(current)
        if as_of is None:
            wanted = [current[day, number] for day, number in newest.items()]
        else:
            number = version if version is not None else newest.get(as_of, 0)
            wanted = [current[as_of, number]] if (as_of, number) in current else []
        frame = scan(self._root / table, RESULTS[table])
        if len(wanted) == 1:
            one = wanted[0]
            return frame.filter(
                pl.col("as_of_date") == one.as_of_date,
                pl.col("snapshot_version") == one.snapshot_version,
                pl.col("run_id") == one.run_id,
            )
        # A run builds one month, so its name alone tells the month and version.
        return frame.filter(pl.col("run_id").is_in([one.run_id for one in wanted]))


def _newest(published: Iterable[tuple[date, int]]) -> dict[date, int]:
    newest: dict[date, int] = {}
    for as_of, version in published:
        newest[as_of] = max(version, newest.get(as_of, 0))
    return dict(sorted(newest.items()))
