"""What the metric page shows of one figure, read from what is published, in one pass over it.

What is made of the rows belongs in the modules beside this one; answers that take the book itself are asked
through `dashboards.port`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from records.access import Scope
from records.deliveries import Deliveries
from records.published import Known, Published
from transforms.catalogue.vocabulary import TOTAL
from transforms.schema import LOAN_SNAPSHOT

LONGEST: Final = 36
"""Months of history that a trend shows at most."""

_ORDER: Final = ("as_of_date", "reading", "branch_id", "member")


@dataclass(frozen=True)
class Question:
    """Which figure is looked at.

    Attributes:
        branch: the unit.
        metric: what.
        reading: under which reading the parts and the units below are shown.
        cut: the slice that it is broken down by; none if it cannot be.
        as_of: the month end.
        before: the month ends it is compared with.
        below: the units right below.
    """

    branch: str
    metric: str
    reading: str
    cut: str | None
    as_of: date
    before: tuple[date, ...]
    below: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Facts:
    """Rows of facts about one figure.

    Attributes:
        months: the published month ends up to the one looked at, oldest first.
        own: the unit's uncut figures, every reading, those months.
        reported: the same of the one reading, as months that were published again first had it.
        parts: the members of the slice, at the month end and those compared with.
        below: the units below, uncut, at the same month ends.
        reasons: why a version was delivered, by month and version.
        taxonomies: how industries were coded, by month; empty where no loan book is known.
    """

    months: tuple[date, ...]
    own: pl.DataFrame
    reported: pl.DataFrame
    parts: pl.DataFrame
    below: pl.DataFrame
    reasons: dict[tuple[date, int], str]
    taxonomies: dict[date, str]

    def of_reading(self, reading: str) -> pl.DataFrame:
        """The unit's figures under one reading."""
        return self.own.filter(pl.col("reading") == reading)


def read(published: Published, deliveries: Deliveries, scope: Scope, asked: Question) -> Facts:
    """Read everything that is published about a figure.

    Raises:
        AccessError: if the unit is not in the scope.
    """
    published = published.pinned()
    branch = scope.require(asked.branch)
    versions = {d: v for d, v in published.newest_versions().items() if d <= asked.as_of}
    months = tuple(versions)[-LONGEST:]
    own = pl.col("branch_id") == branch
    uncut = pl.col("slice") == TOTAL
    near = published.facts_of(scope, [asked.as_of, *asked.before]).filter(
        pl.col("metric_id") == asked.metric, pl.col("reading") == asked.reading
    )
    cuts = [] if asked.cut is None else [asked.cut]
    # Apart from each other: of each, whole groups of rows that cannot hold any are passed over.
    below, parts = pl.collect_all(
        [
            near.filter(uncut, pl.col("branch_id").is_in(list(asked.below))).sort(*_ORDER),
            near.filter(own, pl.col("slice").is_in(cuts)).sort(*_ORDER),
        ]
    )
    history = published.of_figure(scope, branch, asked.metric)
    return Facts(
        months=months,
        own=history.filter(pl.col("as_of_date").is_in(months)),
        reported=_reported(published, scope, asked, months),
        parts=parts,
        below=below,
        # A reason speaks of the whole delivery, and may name any branch of it.
        reasons={} if scope.branches is not None else _reasons(deliveries, months),
        taxonomies=_taxonomies(deliveries, {day: versions[day] for day in months}),
    )


def _reported(
    published: Published, scope: Scope, asked: Question, months: Sequence[date]
) -> pl.DataFrame:
    """The unit's uncut figures as first published, of the months that were published more than once."""
    again = (
        published.publications()
        .group_by("as_of_date")
        .len()
        .filter(pl.col("len") > 1, pl.col("as_of_date").is_in(list(months)))
    )["as_of_date"].to_list()
    return published.of_figure(scope, asked.branch, asked.metric, Known.REPORTED).filter(
        pl.col("reading") == asked.reading, pl.col("as_of_date").is_in(again)
    )


def _reasons(deliveries: Deliveries, months: Sequence[date]) -> dict[tuple[date, int], str]:
    rows = deliveries.batches().filter(
        pl.col("as_of_date").is_in(list(months)), pl.col("reason").str.len_chars() > 0
    )
    told: dict[tuple[date, int], list[str]] = {}
    for day, version, reason in rows.select("as_of_date", "snapshot_version", "reason").iter_rows():
        told.setdefault((day, version), []).append(reason)
    return {key: "; ".join(dict.fromkeys(reasons)) for key, reasons in told.items()}


def _taxonomies(deliveries: Deliveries, versions: dict[date, int]) -> dict[date, str]:
    """By month how the loan book of the published version, or of the last before it, codes industries."""
    rows = deliveries.batches().filter(
        pl.col("table") == LOAN_SNAPSHOT.name, pl.col("as_of_date").is_in(list(versions))
    )
    ordered = rows.sort("as_of_date", "snapshot_version").select(
        "as_of_date", "snapshot_version", "taxonomy"
    )
    return {
        day: taxonomy for day, version, taxonomy in ordered.iter_rows() if version <= versions[day]
    }
