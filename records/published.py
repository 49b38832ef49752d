"""What was published: facts, tree, findings and checks by month and version, switched in one commit.

Every result row carries the run that wrote it. A build writes its tables first and one row of
`publication` last; readers take only rows of the run that the newest publication of a month names. So
they see a whole build or the one before it, never a half, and what a dead build left behind is never
seen at all. What was delivered belongs in `records.deliveries`.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import polars as pl

from records.access import Scope
from records.delta import (
    append,
    append_first,
    delete,
    of_run,
    replace_month,
    replace_rows,
    scan,
    version_of,
    where,
    whole,
)
from transforms.catalogue.vocabulary import TOTAL
from transforms.clients import NODE_MEASURE
from transforms.cube import BRANCH_MEASURE
from transforms.errors import BranchmarkError, NoSuchMonthError
from transforms.facts import FACT
from transforms.hierarchy import NODE
from transforms.quality import QUALITY
from transforms.schema import COUNT, DAY, MONEY, TEXT, WIDE
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
FAILING_ROW: Final[Mapping[str, pl.DataType]] = {
    "rule_id": TEXT,
    "table": TEXT,
    "branch_id": TEXT,
    "key": TEXT,
    "source_row_no": pl.Int64(),
    "amount": MONEY,
}
CHECK_HISTORY: Final[Mapping[str, pl.DataType]] = {
    "run_id": TEXT,
    "run_time": pl.Datetime("us", "UTC"),
    "as_of_date": DAY,
    "snapshot_version": COUNT,
    **CHECK_RESULT,
    "set_by": TEXT,
    "parameters": TEXT,
    "detail": TEXT,
}
"""Every verdict of every run, published or not; never deleted. `parameters` is JSON, name to value."""
RECONCILIATION: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "gl_account_code": TEXT,
    "currency_code": TEXT,
    "loan_balance": WIDE,
    "ledger_balance": WIDE,
    "difference": WIDE,
    "explained": WIDE,
    "unexplained": WIDE,
    "unexplained_in_base": WIDE,
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
    "failing_row": {**FAILING_ROW, **_STAMPS},
    "check_result": {**CHECK_RESULT, **_STAMPS},
    "reconciliation": {**RECONCILIATION, **_STAMPS},
}
"""Result tables and their columns."""

_READ_BY_BRANCH: Final = ("metric_fact", "branch_measure")
"""Large tables, of which pages read the uncut rows of a few branches, for many months: these lie together."""

_KEPT: Final = ("node", "counts_for")
"""Small tables that every page and every answer looks at, some of them many times."""

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


class OvertakenError(BranchmarkError):
    """A run's figures come too late: they rest on what is no longer so."""

    def __init__(self, as_of: date, why: str = "another run published it meanwhile") -> None:
        super().__init__(
            f"{as_of.isoformat()} is left as it is: {why}. `branchmark build` builds it again if anything "
            "has changed."
        )


class Known(StrEnum):
    """Which of a month's publications is read."""

    NOW = "now"
    """The newest: what is known today."""
    REPORTED = "reported"
    """The first: what was reported at the time, whatever was delivered or built since."""


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


@dataclass(frozen=True)
class Judged:
    """A run that put a month to the rules, whether or not its figures were published."""

    as_of_date: date
    snapshot_version: int
    run_id: str
    run_time: datetime
    published: bool


class Published:
    """The published figures of a workspace's lake."""

    def __init__(self, root: Path, history: pl.DataFrame | None = None) -> None:
        self._root = root
        self._history = history
        self._current: dict[tuple[date, int], Publication] | None = None

    def pinned(self) -> "Published":
        """The same as it is published at this moment: whatever is read through it is of one state."""
        return Published(self._root, self.publications())

    def as_reported(self) -> "Published":
        """The same as each month was first published, whatever was delivered or built since."""
        first = self.publications().unique(["as_of_date"], keep="first", maintain_order=True)
        return Published(self._root, first)

    def with_version(self, as_of: date, version: int) -> "Published":
        """The same as if a month had no other version than this one.

        Raises:
            NoSuchMonthError: if that version is not published.
        """
        month, this = pl.col("as_of_date") == as_of, pl.col("snapshot_version") == version
        history = self.publications().filter(~month | this)
        if history.filter(month).is_empty():
            raise NoSuchMonthError(as_of, tuple(self.newest_versions()), what="published")
        return Published(self._root, history)

    def write(self, table: str, rows: pl.DataFrame, as_of: date, version: int, run_id: str) -> None:
        """Write a month's rows of a result table; readers do not see them before `publish`."""
        stamped = rows.with_columns(
            as_of_date=pl.lit(as_of),
            snapshot_version=pl.lit(version, dtype=COUNT),
            run_id=pl.lit(run_id),
        ).select(pl.col(name).cast(dtype) for name, dtype in RESULTS[table].items())
        if table in _READ_BY_BRANCH:
            cut = pl.col("slice") != TOTAL
            stamped = stamped.sort(cut, "branch_id", maintain_order=True)
        replace_month(self._root / table, stamped, as_of, version, run_id)

    def write_failing(
        self, files: Sequence[Path], as_of: date, version: int, run_id: str, *, figures: bool
    ) -> None:
        """Write the rows that broke rules, as Parquet holds them; they stream, however many they are.

        Args:
            files: Parquet with the columns `FAILING_ROW`.
            as_of: the month end.
            version: its version.
            run_id: the run.
            figures: whether these are figures, or else delivered rows; the others stay as written.
        """
        table = self._root / "failing_row"
        if not files and version_of(table) is None:
            return
        found = pl.scan_parquet(list(files)) if files else pl.LazyFrame(schema=dict(FAILING_ROW))
        stamped = found.with_columns(
            as_of_date=pl.lit(as_of),
            snapshot_version=pl.lit(version, dtype=COUNT),
            run_id=pl.lit(run_id),
        ).select(pl.col(name).cast(dtype) for name, dtype in RESULTS["failing_row"].items())
        part = f"\"table\" {'=' if figures else '<>'} 'metric_fact'"
        replace_rows(table, stamped, as_of, version, run_id, part=part)

    def record(self, verdicts: pl.DataFrame) -> None:
        """Add a run's verdicts, columns `CHECK_HISTORY`, to those of all runs before it."""
        rows = verdicts.select(pl.col(name).cast(dtype) for name, dtype in CHECK_HISTORY.items())
        append(self._root / "check_history", rows, partitioned=False)

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

    def counted(self, table: str) -> pl.DataFrame:
        """How many rows of a result table each run left: `as_of_date, snapshot_version, run_id, rows`."""
        rows = scan(self._root / table, RESULTS[table])
        return rows.group_by(*_STAMPS).agg(rows=pl.len()).sort(*_STAMPS).collect()

    def publish(self, publication: Publication, *, after: int | None = None) -> None:
        """Make what a run wrote for a month the month's figures, in one commit.

        Rows of older runs go afterwards, except those of the first run of the version, which are what
        was reported, and those of the run just replaced: a reader who asked a moment ago may still be
        reading them.

        Args:
            publication: the month, and the run that wrote it.
            after: the month's last publication when the run began, as `last_sequence` says; whatever is the
                last one if not given.

        Raises:
            OvertakenError: if the month was published meanwhile; nothing is changed then.
        """
        path = self._root / "publication"
        month = (publication.as_of_date, publication.snapshot_version)
        while True:
            # The commit goes through only on the very state that was looked at, whatever locks say.
            version = version_of(path)
            history = scan(path, PUBLICATION, version=version).sort("sequence").collect()
            last = _last_sequence(history, publication.as_of_date)
            if after is not None and last != after:
                raise OvertakenError(publication.as_of_date)
            row = {
                "sequence": history.height + 1,
                **{name: getattr(publication, name) for name in Publication.__dataclass_fields__},
            }
            if append_first(path, pl.DataFrame([row], schema=dict(PUBLICATION)), version):
                break
        before = _by_version(history).get(month)
        first = _by_version(history.reverse()).get(month)
        kept = {publication.run_id, *(one.run_id for one in (before, first) if one)}
        for table in RESULTS:
            delete(
                self._root / table,
                publication.as_of_date,
                publication.snapshot_version,
                but_runs=sorted(kept),
            )

    def last_sequence(self, as_of: date) -> int:
        """The number of a month's last publication, of whatever version; zero if there is none."""
        return _last_sequence(self.publications(), as_of)

    def publications(self) -> pl.DataFrame:
        """Every publication there has been, oldest first."""
        if self._history is not None:
            return self._history
        return whole(self._root / "publication", PUBLICATION, order=["sequence"])

    def current(self) -> dict[tuple[date, int], Publication]:
        """The newest publication of each month and version."""
        if self._history is None:
            return _by_version(self.publications())
        if self._current is None:  # pinned: worked out once for the many who ask
            self._current = _by_version(self._history)
        return dict(self._current)

    def last_published_at(self, as_of: date) -> datetime | None:
        """When any version of a month was published last, whichever of them this view shows."""
        rows = whole(self._root / "publication", PUBLICATION, order=["sequence"])
        return max(rows.filter(pl.col("as_of_date") == as_of)["published_at"], default=None)

    def first(self) -> dict[tuple[date, int], Publication]:
        """The first publication of each month and version."""
        return _by_version(self.publications().reverse())

    def reported(self) -> dict[date, Publication]:
        """The first publication of each month, in whatever version, oldest month first."""
        rows = self.publications().reverse().to_dicts()
        found = {row["as_of_date"]: _publication(row) for row in rows}
        return dict(sorted(found.items()))

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
        self,
        scope: Scope,
        *,
        as_of: date | None = None,
        version: int | None = None,
        known: Known = Known.NOW,
    ) -> pl.LazyFrame:
        """Metric facts with target, status and quality.

        Args:
            scope: whose branches.
            as_of: one month end; every published one if not given.
            version: a version of that month; the newest of each month if not given.
            known: as known now, or as reported: then, of the version or else of the month, the first
                publication.
        """
        return scope.limit(self._rows("metric_fact", as_of, version, known), "branch_id")

    def facts_of(self, scope: Scope, days: Collection[date]) -> pl.LazyFrame:
        """The facts of some months, each in its newest version; a month that is not published has none."""
        return scope.limit(self._of_months("metric_fact", days), "branch_id")

    def of_figure(
        self, scope: Scope, branch: str, metric: str, known: Known = Known.NOW
    ) -> pl.DataFrame:
        """Every month's uncut facts of one metric at one unit, each reading: what trends are made of.

        Raises:
            AccessError: if the unit is not in the scope.
        """
        of = {"branch_id": scope.require(branch), "metric_id": metric, "slice": TOTAL}
        rows = where(self._root / "metric_fact", METRIC_FACT, of)
        runs = [one.run_id for one in self._wanted(None, None, known)]
        return rows.filter(pl.col("run_id").is_in(runs)).sort("as_of_date", "reading")

    def nodes(
        self,
        scope: Scope,
        *,
        as_of: date | None = None,
        version: int | None = None,
        known: Known = Known.NOW,
    ) -> pl.LazyFrame:
        """The branch tree as published: parents before children."""
        frame = scope.limit(self._rows("node", as_of, version, known), "node_id")
        return frame.sort("as_of_date", "depth", "node_id")

    def branch_measures(self, scope: Scope, days: Iterable[date]) -> pl.LazyFrame:
        """Uncut additive measures by booking branch of some months: the base of comparisons."""
        wanted = self._of_months("branch_measure", days).filter(pl.col("slice") == TOTAL)
        return scope.limit(wanted, "branch_id")

    def counts_in(self, scope: Scope, days: Collection[date]) -> pl.LazyFrame:
        """Which node each branch counted for in some months, each in its newest version."""
        return scope.limit(self._of_months("counts_for", days), "node_id")

    def counts_for(self, scope: Scope, *, as_of: date, version: int | None = None) -> pl.LazyFrame:
        """Which node each branch counts for, as published."""
        return scope.limit(self._rows("counts_for", as_of, version), "node_id")

    def findings(self, scope: Scope, *, as_of: date, version: int | None = None) -> pl.LazyFrame:
        """What the checks found; findings about no branch in particular are everybody's."""
        return _for_reader(scope, self._rows("finding", as_of, version))

    def failing_rows(
        self, scope: Scope, *, as_of: date, version: int | None = None
    ) -> pl.LazyFrame:
        """Every row that breaks a rule, by rule, branch, place in the file and key.

        Rows that belong to no branch (clients, collateral) are for the whole bank's eyes only.
        """
        return scope.limit(self._rows("failing_row", as_of, version), "branch_id")

    def check_history(self) -> pl.LazyFrame:
        """Every verdict of every run there has been, oldest run first, published or not."""
        frame = scan(self._root / "check_history", CHECK_HISTORY)
        return frame.sort("run_time", "as_of_date", "table", "rule_id")

    def judged(self, as_of: date) -> Judged | None:
        """The newest run that judged the newest version of a month, published or stopped by a check."""
        newest = (
            scan(self._root / "check_history", CHECK_HISTORY)
            .filter(pl.col("as_of_date") == as_of)
            .sort("snapshot_version", "run_time")
            .tail(1)
            .collect()
        )
        if newest.is_empty():
            return None
        row = newest.row(0, named=True)
        current = self.current().get((as_of, row["snapshot_version"]))
        return Judged(
            as_of_date=as_of,
            snapshot_version=row["snapshot_version"],
            run_id=row["run_id"],
            run_time=row["run_time"],
            published=current is not None and current.run_id == row["run_id"],
        )

    def findings_of(self, scope: Scope, run: Judged) -> pl.LazyFrame:
        """What a run found, published or not; findings about no branch are everybody's."""
        return _for_reader(scope, self._of_run("finding", run))

    def failing_rows_of(self, scope: Scope, run: Judged) -> pl.LazyFrame:
        """Every row that broke a rule in a run, published or not."""
        return scope.limit(self._of_run("failing_row", run), "branch_id")

    def _of_run(self, table: str, run: Judged) -> pl.LazyFrame:
        return scan(self._root / table, RESULTS[table]).filter(
            pl.col("as_of_date") == run.as_of_date,
            pl.col("snapshot_version") == run.snapshot_version,
            pl.col("run_id") == run.run_id,
        )

    def check_results(self, *, as_of: date, version: int | None = None) -> pl.LazyFrame:
        """Every rule's verdict; about tables, not about branches."""
        return self._rows("check_result", as_of, version)

    def reconciliation(
        self, scope: Scope, *, as_of: date, version: int | None = None
    ) -> pl.LazyFrame:
        """Loans against the general ledger by branch, account and currency."""
        return scope.limit(self._rows("reconciliation", as_of, version), "branch_id")

    def _wanted(self, as_of: date | None, version: int | None, known: Known) -> list[Publication]:
        """The publications that a reader asks for."""
        if known is Known.REPORTED and (as_of is None or version is None):
            reported = self.reported()
            return [one for day, one in reported.items() if as_of in (None, day)]
        by_version = self.first() if known is Known.REPORTED else self.current()
        newest = _newest(by_version)
        if as_of is None:
            return [by_version[day, number] for day, number in newest.items()]
        number = version if version is not None else newest.get(as_of, 0)
        return [by_version[as_of, number]] if (as_of, number) in by_version else []

    def _of_months(self, table: str, days: Iterable[date]) -> pl.LazyFrame:
        """A result table of some months, each in its newest version."""
        current = self.current()
        newest = _newest(current)
        runs = [current[day, newest[day]].run_id for day in days if day in newest]
        return scan(self._root / table, RESULTS[table]).filter(pl.col("run_id").is_in(runs))

    def _rows(
        self, table: str, as_of: date | None, version: int | None, known: Known = Known.NOW
    ) -> pl.LazyFrame:
        wanted = self._wanted(as_of, version, known)
        path, columns = self._root / table, RESULTS[table]
        if len(wanted) == 1 and table in _KEPT:
            one = wanted[0]
            month = (one.as_of_date, one.snapshot_version, one.run_id)
            return of_run(path, columns, *month).lazy()
        frame = scan(path, columns)
        if len(wanted) == 1:
            one = wanted[0]
            return frame.filter(
                pl.col("as_of_date") == one.as_of_date,
                pl.col("snapshot_version") == one.snapshot_version,
                pl.col("run_id") == one.run_id,
            )
        # A run builds one month, so its name alone tells the month and version.
        return frame.filter(pl.col("run_id").is_in([one.run_id for one in wanted]))


def _last_sequence(history: pl.DataFrame, as_of: date) -> int:
    return max(history.filter(pl.col("as_of_date") == as_of)["sequence"], default=0)


def _publication(row: Mapping[str, object]) -> Publication:
    values = {name: row[name] for name in Publication.__dataclass_fields__}
    return Publication(**values)  # type: ignore[arg-type]


def _by_version(publications: pl.DataFrame) -> dict[tuple[date, int], Publication]:
    """The last given publication of each month and version."""
    return {
        (row["as_of_date"], row["snapshot_version"]): _publication(row)
        for row in publications.to_dicts()
    }


def _newest(published: Iterable[tuple[date, int]]) -> dict[date, int]:
    newest: dict[date, int] = {}
    for as_of, version in published:
        newest[as_of] = max(version, newest.get(as_of, 0))
    return dict(sorted(newest.items()))


def _for_reader(scope: Scope, findings: pl.LazyFrame) -> pl.LazyFrame:
    if scope.branches is None:
        return findings
    own, nobodys = (
        pl.col("branch_id").is_in(sorted(scope.branches)),
        pl.col("branch_id").is_null(),
    )
    # That clients or enterprises fail a rule is everybody's to know; whose clients they are is not.
    keys = (
        pl.when(nobodys).then(pl.lit([], dtype=FINDING["example_keys"])).otherwise("example_keys")
    )
    return findings.filter(own | nobodys).with_columns(example_keys=keys)
