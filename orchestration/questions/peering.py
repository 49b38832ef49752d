"""A branch beside its peers: groups and figures gathered, and shown as far as the reader may see.

Figures of all branches of a group are read to rank one of them; what leaves this module of branches
outside the reader's scope has no name and no small count. Ranking, shrinkage and suppression are said by
`transforms.analysis.peers.ranking`, groups by `transforms.analysis.peers.groups`.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from orchestration.bank import SYSTEM, Bank
from orchestration.questions import peer_notes
from records.access import Scope
from records.published import Published
from transforms import rollup
from transforms.analysis.peers import groups as peer_groups
from transforms.analysis.peers import ranking as peers
from transforms.analysis.peers.settings import FILE, WAYS, PeerSettings, settings
from transforms.catalogue.load import unknown_metric
from transforms.catalogue.model import (
    Aggregation,
    Catalogue,
    Kind,
    Label,
    Metric,
    Reading,
    Unit,
)
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.hierarchy import Tree
from transforms.periods import previous_year_end
from transforms.schema import WIDE

_CLIENTS: Final = "loan_clients"
"""Who stands behind a ratio whose own denominator nobody counts by client."""

_COUNTS: Final = frozenset({Aggregation.COUNT_DISTINCT, Aggregation.COUNT_EVENTS})
_BASIS_POINTS: Final = Decimal(10_000)


@dataclass(frozen=True, eq=False)
class Beside:
    """A branch and its peers in one metric.

    Attributes:
        metric: the metric.
        reading: which reading.
        branch: the branch.
        as_of: the month end.
        way: how the peers were chosen.
        group: their group, as `peers.groups` names it.
        label: the same for people.
        dated: the month end that the group was made from; none for one that needs no figures.
        rows: the group as `peers.shown` gives it; the branch alone, unranked, if the group is too small.
        too_small: how many figures the group has, if they are too few to be shown.
        minimum: how many it takes.
        clients: the metric that counts who stands behind the ratio; none where nothing is shrunk.
        marks_hidden: whether median, quartiles and best are withheld: of counts one of which is
            suppressed, they could tell it.
        smallest: the smallest count of clients that is shown of others.
        notes: what else is to be said.
    """

    metric: Metric
    reading: str
    branch: str
    as_of: date
    way: str
    group: str
    label: Label
    dated: date | None
    rows: pl.DataFrame
    too_small: int | None
    minimum: int
    clients: Metric | None
    marks_hidden: bool
    smallest: int
    notes: tuple[Label, ...]

    @property
    def own(self) -> dict[str, object]:
        """The row of the branch."""
        return self.rows.filter(pl.col("branch_id") == self.branch).row(0, named=True)

    @property
    def is_shrunk(self) -> bool:
        """Whether ratios were drawn towards the group's."""
        return self.rows["shrunk"].count() > 0


def peer_settings(bank: Bank) -> PeerSettings:
    """How the bank groups its branches: its own `peers.yaml`, or the shipped one.

    Raises:
        BranchmarkError: if it is refused, or names a metric that there is not.
    """
    own = bank.workspace.texts(".", FILE)
    found = settings(own.get(FILE))
    for name in (found.size.metric, *found.mix.metrics):
        if name not in bank.catalogue.metrics:
            raise unknown_metric(name, bank.catalogue)
    measure = bank.catalogue.metrics[found.size.metric]
    if measure.kind is not Kind.TOTAL or not _adds_up(bank.catalogue, measure):
        raise BranchmarkError(
            f"{FILE} sizes branches by {found.size.metric}, which does not add up over branches. Name an "
            "amount, such as loan_balance."
        )
    return found


def _adds_up(catalogue: Catalogue, metric: Metric) -> bool:
    name = metric.reading(metric.default_reading).numerator
    return catalogue.measures[name].aggregation is Aggregation.SUM


def groups(bank: Bank, scope: Scope, way: str, as_of: date) -> pl.DataFrame:
    """The group of every branch: `branch_id, group`; what cannot be placed is absent.

    Args:
        bank: the bank.
        scope: whose branches are returned.
        way: `level`, `size`, `region`, `mix`, or a list of `peers.yaml`.
        as_of: a published month end.

    Raises:
        UnknownNameError: if there is no such grouping.
    """
    found, _ = _grouped(bank, bank.published.pinned(), way, as_of)
    return scope.limit(found.lazy(), "branch_id").collect()


def _grouped(
    bank: Bank, published: Published, way: str, as_of: date
) -> tuple[pl.DataFrame, date | None]:
    """The groups, and the month end that they were made from, if figures were needed."""
    said = peer_settings(bank)
    nodes = published.nodes(SYSTEM, as_of=as_of).collect()
    match way:
        case "level":
            return peer_groups.by_level(nodes), None
        case "region":
            return peer_groups.by_region(nodes), None
        case "size":
            day = _dated(published, as_of)
            sizes = _sizes(bank, published, said.size.metric, day, as_of)
            return peer_groups.by_size(nodes, sizes, said.size.parts), day
        case "mix":
            day = _dated(published, as_of)
            shares = _values(bank.catalogue, published, said.mix.metrics, day)
            return peer_groups.by_mix(nodes, shares, said.mix.metrics), day
        case _ if way in said.lists:
            return peer_groups.by_list(nodes, way, said.lists[way].branches), None
    known = (*WAYS, *said.lists)
    raise UnknownNameError("group", way, known, way_out=f"There are {', '.join(known)}.")


def _dated(published: Published, as_of: date) -> date:
    """The last year end; while it is not published, the first month of the year that is."""
    newest = published.newest_versions()
    year_end = previous_year_end(as_of)
    return min(day for day in newest if day >= year_end)


def _sizes(bank: Bank, published: Published, metric: str, day: date, as_of: date) -> pl.DataFrame:
    """The sizes of that day, rolled up over the branches of the month asked for."""
    one = bank.catalogue.metrics[metric]
    name = one.reading(one.default_reading).numerator
    held = published.branch_measures(SYSTEM, [day]).filter(pl.col("measure") == name).collect()
    tree = Tree.of(
        published.nodes(SYSTEM, as_of=as_of).collect(),
        published.counts_for(SYSTEM, as_of=as_of).collect(),
    )
    sums = rollup.node_sums(held, tree)
    return sums.select(branch_id="node_id", value="amount")


def _values(
    catalogue: Catalogue, published: Published, names: tuple[str, ...], day: date
) -> pl.DataFrame:
    defaults = pl.DataFrame(
        {
            "metric_id": list(names),
            "reading": [catalogue.metrics[name].default_reading for name in names],
        }
    )
    return (
        published.facts(SYSTEM, as_of=day)
        .filter(pl.col("slice") == TOTAL, pl.col("metric_id").is_in(list(names)))
        .join(defaults.lazy(), on=["metric_id", "reading"], how="semi")
        .select("branch_id", "metric_id", "value")
        .collect()
    )


def beside(
    bank: Bank,
    scope: Scope,
    metric: Metric,
    branch: str,
    *,
    way: str = "level",
    as_of: date | None = None,
    reading: str | None = None,
) -> Beside:
    """A branch among its peers.

    Args:
        bank: the bank.
        scope: who asks: of branches outside, no name and no small count is given.
        metric: in which metric.
        branch: the branch.
        way: how its peers are chosen, as `groups` takes it.
        as_of: the month end; the newest published one if not given.
        reading: which reading; the default one if not given.

    Raises:
        AccessError: if the branch is not in the scope.
        BranchmarkError: if the branch is in no group of that kind.
        NoSuchMonthError: if the month is not published.
        UnknownNameError: if there is no such branch or grouping.
    """
    published = bank.published.pinned()
    day = published.require(as_of)
    scope.require(branch)
    known = published.nodes(scope, as_of=day).collect()["node_id"]
    if branch not in known:
        raise UnknownNameError(
            "branch", branch, tuple(known), way_out="`branchmark kpis` lists the branches."
        )
    said = peer_settings(bank)
    placed, dated = _grouped(bank, published, way, day)
    own = placed.filter(pl.col("branch_id") == branch)
    if own.is_empty():
        raise BranchmarkError(
            f"{branch} is in no group by {way}: it has no figures to be placed by, no peers, or is not on "
            "the list. Choose another grouping with --group."
        )
    group = str(own["group"][0])
    name = reading or metric.default_reading
    members = placed.filter(pl.col("group") == group)
    figures, clients = _figures(bank.catalogue, published, metric, name, members, day)
    parts = _is_share(bank.catalogue, metric, metric.reading(name))
    rows = peers.ranked(
        peers.shrunk(figures, said.shrinkage_constant, parts=parts)
        if clients is not None
        else peers.unshrunk(figures),
        metric.better,
    )
    count = int(rows["compared"].count())
    too_small = count if count < said.minimum_branches else None
    counted = _is_counted(bank.catalogue, metric, metric.reading(name))
    told = peers.shown(rows, own=scope.branches, counted=counted, smallest=said.smallest_count)
    if too_small is not None:
        told = _alone(told, branch)
    return Beside(
        metric=metric,
        reading=name,
        branch=branch,
        as_of=day,
        way=way,
        group=group,
        label=peer_notes.label(bank.catalogue, said, way, group),
        dated=dated,
        rows=told,
        too_small=too_small,
        minimum=said.minimum_branches,
        clients=clients,
        marks_hidden=metric.unit is Unit.COUNT and bool(told["suppressed"].any()),
        smallest=said.smallest_count,
        notes=(
            *peer_notes.notes(rows, dated, day),
            *peer_notes.unlisted(said, way, published.nodes(SYSTEM, as_of=day).collect(), day),
        ),
    )


def _figures(
    catalogue: Catalogue,
    published: Published,
    metric: Metric,
    reading: str,
    members: pl.DataFrame,
    day: date,
) -> tuple[pl.DataFrame, Metric | None]:
    """`peers.FIGURES` of a group, and who counts the clients, where ratios are to be shrunk."""
    facts = published.facts(SYSTEM, as_of=day).filter(
        pl.col("slice") == TOTAL, pl.col("branch_id").is_in(members["branch_id"].to_list())
    )
    own = facts.filter(
        pl.col("metric_id") == metric.metric_id, pl.col("reading") == reading
    ).select("branch_id", "value", "numerator", "denominator")
    counted, clients = own.with_columns(n=pl.lit(None, dtype=WIDE)), None
    shrinks = metric.kind in {Kind.RATIO, Kind.WEIGHTED_MEAN} and metric.base is None
    if shrinks:
        clients = _who_counts(catalogue, metric.reading(reading))
        if clients is metric:
            counted = own.with_columns(n="denominator")
        elif clients is not None:
            n = facts.filter(
                pl.col("metric_id") == clients.metric_id,
                pl.col("reading") == clients.default_reading,
            ).select("branch_id", n="value")
            counted = own.join(n, on="branch_id", how="left")
    if metric.unit is Unit.BP:
        factor = pl.lit(_BASIS_POINTS, dtype=WIDE)
        counted = counted.with_columns(numerator=pl.col("numerator") * factor)
    rows = members.lazy().join(counted, on="branch_id", how="left")
    shaped = rows.select(pl.col(name).cast(dtype) for name, dtype in peers.FIGURES.items())
    return shaped.collect(), clients


def _who_counts(catalogue: Catalogue, reading: Reading) -> Metric | None:
    """The metric that counts the clients of a ratio's denominator; else all clients with loans.

    The metric that the reading belongs to itself, where its denominator counts clients.
    """
    below = catalogue.measures[str(reading.denominator)]
    counts = [
        one
        for one in catalogue.metrics.values()
        if one.kind is Kind.COUNT_DISTINCT and below.where
        if catalogue.measures[one.reading(one.default_reading).numerator].where == below.where
    ]
    if below.aggregation in _COUNTS:
        return next(
            one for one in catalogue.metrics.values() if any(r is reading for r in one.readings)
        )
    return counts[0] if counts else catalogue.metrics.get(_CLIENTS)


def _is_share(catalogue: Catalogue, metric: Metric, reading: Reading) -> bool:
    """Whether the numerator is a part of the denominator: a ratio of one and the same amount or count.

    A mean rate, or an allowance over loans, lies between 0 and 1 too; but no client counts for it or not.
    """
    if metric.kind is not Kind.RATIO or reading.denominator is None:
        return False
    above, below = (
        {
            (one.aggregation, one.over, one.since)
            for one in (catalogue.measures[term.measure] for term in catalogue.terms(name))
        }
        for name in (reading.numerator, reading.denominator)
    )
    return above == below or all(one[0] in _COUNTS for one in above | below)


def _is_counted(catalogue: Catalogue, metric: Metric, reading: Reading) -> bool:
    """Whether the numerator counts clients, so that a small one tells of single clients."""
    if metric.unit is Unit.COUNT:
        return True
    if not reading.numerator:
        return False
    return catalogue.measures[reading.numerator].aggregation in _COUNTS


def _alone(rows: pl.DataFrame, branch: str) -> pl.DataFrame:
    """The branch's own figure without its place."""
    places = ("mean", "k", "weight", "shrunk", "rank", "quartile", "distance")
    marks = ("median", "lower", "upper", "best")
    return rows.filter(pl.col("branch_id") == branch).with_columns(
        pl.lit(None, dtype=rows.schema[name]).alias(name) for name in (*places, *marks)
    )
