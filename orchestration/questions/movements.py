"""What changed at a node since an earlier month: the frames gathered that events are found in.

How events are found and ranked is said by `transforms.analysis`; how they are told, by
`dashboards.sentences`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Final

import polars as pl

from dashboards.words import Comparison, accumulates
from orchestration.bank import SYSTEM, Bank
from records.access import Scope
from records.ledger import monthly
from records.published import Published
from transforms.analysis.changed import events, movements, reorganised, unusual
from transforms.catalogue.model import Catalogue, Kind, Unit
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.schema import DAY, TEXT


@dataclass(frozen=True, eq=False)
class Changed:
    """What changed at a node.

    Attributes:
        branch: the node.
        as_of: the month asked for.
        before: the month compared with.
        events: rows of `transforms.analysis.changed.events.EVENT`, the gravest first.
        names: names of the branches that events are about, English and Chinese, by number.
    """

    branch: str
    as_of: date
    before: date
    events: pl.DataFrame
    names: dict[str, tuple[str, str]]


_READ: Final = (
    *("branch_id", "metric_id", "as_of_date", "value", "target_value", "gap", "limit_value"),
    *("headroom_amount", "status", "reason", "definition_version"),
)


def changes(
    bank: Bank,
    scope: Scope,
    branch: str,
    *,
    as_of: date | None = None,
    compare: Comparison | date = Comparison.PREVIOUS_MONTH,
) -> Changed:
    """Everything worth a sentence that changed at a node since an earlier month.

    Args:
        bank: the bank.
        scope: who asks.
        branch: the node.
        as_of: the month asked for; the newest published one if not given.
        compare: the month compared with, or how it follows from the one asked for.

    Raises:
        AccessError: if the branch is not in the scope.
        BranchmarkError: if the month compared with is not before the one asked for.
        NoSuchMonthError: if one of them is not published.
        UnknownNameError: if there is no such branch.
    """
    published = bank.published.pinned()
    day = published.require(as_of)
    before = compare.before(day) if isinstance(compare, Comparison) else compare
    if before >= day:
        raise BranchmarkError(
            f"{before} is not before {day}. Name an earlier month end with --compare."
        )
    held = published.newest_versions()
    if isinstance(compare, Comparison) and before not in held:
        earlier = [one for one in held if one < day]
        raise BranchmarkError(
            f"{before}, which {day} is to be compared with, is not published. "
            + (
                f"Name a published month end with --compare, such as {max(earlier)}."
                if earlier
                else f"No month before {day} is: name a later one with --as-of."
            )
        )
    before = published.require(before)
    scope.require(branch)
    known = published.nodes(scope, as_of=day).collect()
    if branch not in known["node_id"]:
        raise UnknownNameError(
            "branch",
            branch,
            tuple(known["node_id"]),
            way_out="`branchmark kpis` lists the branches.",
        )
    metrics = _metrics(bank.catalogue)
    node = _Node(bank, published, scope, branch, before, day)
    facts = node.facts(metrics)
    then, now = (facts.filter(pl.col("as_of_date") == one) for one in (before, day))
    found = [
        movements.statuses(then, now),
        movements.headrooms(then, now),
        movements.definitions(then, now),
        node.aimed(metrics),
        node.found(),
        node.restated(facts, metrics),
        node.reorganised(),
        unusual.moves(facts, metrics, after=before, left_out=node.reorganised_in(facts)),
    ]
    names = pl.concat(
        [tree.select("node_id", "name_en", "name_zh") for tree in reversed(node.trees)]
    ).unique("node_id", keep="first", maintain_order=True)
    ranked = events.ranked(found, metrics)
    told = {*ranked["branch_id"].drop_nulls(), *ranked["other_id"].drop_nulls(), branch}
    return Changed(
        branch=branch,
        as_of=day,
        before=before,
        events=ranked,
        names={row[0]: (row[1], row[2]) for row in names.iter_rows() if row[0] in told},
    )


def _metrics(catalogue: Catalogue) -> pl.DataFrame:
    """`events.metrics_of`, with which figures cover the year so far, and which of these add up from zero."""
    yearly = [accumulates(one, catalogue) for one in catalogue.metrics.values()]
    sums = [
        one.unit in {Unit.COUNT, Unit.CURRENCY} and one.kind is not Kind.AVERAGE
        for one in catalogue.metrics.values()
    ]
    return events.metrics_of(catalogue).with_columns(
        yearly=pl.Series(yearly, dtype=pl.Boolean()),
        from_zero=pl.Series(yearly, dtype=pl.Boolean()) & pl.Series(sums, dtype=pl.Boolean()),
    )


@dataclass(frozen=True, eq=False)
class _Node:
    """One node and two month ends."""

    bank: Bank
    published: Published
    scope: Scope
    branch: str
    before: date
    as_of: date

    def facts(self, metrics: pl.DataFrame) -> pl.DataFrame:
        """Uncut facts of default readings of every month up to the one asked for."""
        return self._uncut(self.published.facts(self.scope), metrics, date.min)

    def _uncut(self, facts: pl.LazyFrame, metrics: pl.DataFrame, since: date) -> pl.DataFrame:
        return (
            facts.filter(
                pl.col("branch_id") == self.branch,
                pl.col("slice") == TOTAL,
                pl.col("as_of_date").is_between(since, self.as_of),
            )
            .join(metrics.lazy(), on=["metric_id", "reading"], how="semi")
            .select(_READ)
            .collect()
        )

    @cached_property
    def trees(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The whole tree as it was at either month end."""
        then, now = (
            self.published.nodes(SYSTEM, as_of=day).collect() for day in (self.before, self.as_of)
        )
        return then, now

    def aimed(self, metrics: pl.DataFrame) -> pl.DataFrame:
        """Targets that were changed or withdrawn since the month compared with was first reported."""
        then = self.published.reported()[self.before].published_at
        entered = self.bank.ledger.targets.all(SYSTEM, branch=self.branch)
        moments = ("made_at", "submitted_at", "checked_at", "withdrawn_at")
        if not entered.select(pl.any_horizontal((pl.col(moments) > then).any())).item():
            return events.nothing()
        return movements.targets(
            self._targets(entered, metrics, then),
            self._targets(entered, metrics, None),
            self.as_of,
        )

    def _targets(
        self, entered: pl.DataFrame, metrics: pl.DataFrame, known_at: datetime | None
    ) -> pl.DataFrame:
        """The node's targets for the month asked for, whole, as they stood in the ledger at a moment."""
        found = monthly.month_targets(
            SYSTEM,
            entered,
            self.published,
            self.bank.catalogue,
            self.as_of,
            known_at=known_at,
        )
        default = metrics.select("metric_id", default="reading")
        return (
            found.rows.join(default, on="metric_id", how="inner")
            .filter(pl.coalesce("reading", "default") == pl.col("default"))
            .select("branch_id", "metric_id", target_value="full_value")
        )

    def found(self) -> pl.DataFrame:
        """Grave rules that rows of the node and below break now, and none of them broke before."""
        grave = pl.col("severity").is_in(movements.GRAVE)
        then, now = pl.collect_all(
            [
                self._findings(self.before).select("rule_id").unique(),
                self._findings(self.as_of).filter(grave).select(*movements.FOUND),
            ]
        )
        return movements.findings(then, now, self.branch, self.as_of)

    def _findings(self, day: date) -> pl.LazyFrame:
        """What the checks found of the node and below."""
        found = self.published.findings(self.scope, as_of=day)
        root = self.published.nodes(self.scope, as_of=day).filter(pl.col("parent_id").is_null())
        if self.branch in root.collect()["node_id"]:
            return found
        counting = self.published.counts_for(self.scope, as_of=day).filter(
            pl.col("node_id") == self.branch
        )
        return found.filter(pl.col("branch_id").is_in(counting.collect()["branch_id"].to_list()))

    def restated(self, facts: pl.DataFrame, metrics: pl.DataFrame) -> pl.DataFrame:
        """Months from the one compared with on whose figures were restated."""
        newest, current = self.published.newest_versions(), self.published.current()
        others = [
            day
            for day, first in self.published.reported().items()
            if self.before <= day <= self.as_of and first.run_id != current[day, newest[day]].run_id
        ]
        if not others:
            return events.nothing()
        reported = self.published.as_reported().facts_of(self.scope, others)
        then = self._uncut(reported, metrics, self.before)
        batches = self.bank.deliveries.batches().filter(pl.col("snapshot_version") > 1)
        # A reason speaks of the whole delivery, and may name any branch of it.
        told = pl.col("reason") if self.scope.branches is None else pl.lit(None, dtype=TEXT)
        newest = self.published.newest_versions()
        reasons = (
            batches.sort("snapshot_version", "received_at")
            .group_by("as_of_date", maintain_order=True)
            .agg(pl.col("snapshot_version").last(), pl.col("reason").drop_nulls().last())
            .select(
                month=pl.col("as_of_date").cast(DAY),
                version=pl.col("as_of_date").replace_strict(
                    newest, default=None, return_dtype=pl.Int32()
                ),
                why=told.cast(TEXT),
            )
        )
        known = facts.filter(pl.col("as_of_date").is_in(others))
        return movements.restatements(then, known, reasons, metrics)

    def reorganised(self) -> pl.DataFrame:
        """Branches at or below the node that were merged, moved, opened or closed.

        The tree is read whole: what was merged into the node may have lain outside the reader's scope.
        """
        then, now = self.trees
        counts = self.published.counts_for(SYSTEM, as_of=self.as_of).collect()
        return reorganised.branches(then, now, counts, self.branch, self.as_of)

    def reorganised_in(self, facts: pl.DataFrame) -> list[date]:
        """The months in which other branches began to count for the node than counted before."""
        days = facts["as_of_date"].unique().sort().to_list()
        return _regrouped(self.bank, self.published, days).get(self.branch, [])


_KEPT: Final = 8
_kept: Final[dict[tuple[object, ...], dict[str, list[date]]]] = {}
"""By node, the months in which other branches began to count for it, of a few rows of months."""


def _regrouped(bank: Bank, published: Published, days: list[date]) -> dict[str, list[date]]:
    """The months in which other branches began to count for a node, by node; none for most of them."""
    newest, current = published.newest_versions(), published.current()
    key = (bank.workspace.root, *(current[day, newest[day]].run_id for day in days))
    found = _kept.get(key)
    if found is None:
        rows = published.counts_in(SYSTEM, days).select("as_of_date", "branch_id", "node_id")
        told = reorganised.regrouped(rows.collect(), days)
        by_node = told.group_by("node_id").agg(pl.col("as_of_date").sort())
        found = dict(by_node.iter_rows())
        for old in list(_kept)[: max(len(_kept) - _KEPT + 1, 0)]:
            _kept.pop(old, None)
        _kept[key] = found
    return found
