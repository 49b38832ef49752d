"""Scorecards gathered: published figures, those of the last year end, peers, and a profile of the bank's.

What a reader gets are the cards of the branches in their scope. Ranks are taken over the whole peer group,
so that a branch's score does not depend on who looks at it. The arithmetic belongs in
`transforms.scoring`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from orchestration.bank import SYSTEM, Bank
from orchestration.questions import peering
from records.access import Scope
from records.published import Published
from transforms import rollup
from transforms.analysis.peers.settings import FILE as PEERS
from transforms.arithmetic import Reckoner
from transforms.catalogue.model import Catalogue
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.hierarchy import Tree
from transforms.periods import previous_year_end
from transforms.scorecards import Status
from transforms.scoring import load
from transforms.scoring.model import Editions, Figure, Policy, Profile
from transforms.scoring.rollup import RollUp, roll_up
from transforms.scoring.score import BASE, Scores, score

FOLDER: Final = "scoring"
"""The workspace's folder of its own profiles."""
DEFAULT_GROUP: Final = "level"


@dataclass(frozen=True, eq=False)
class Scored:
    """All cards of a month that a reader may see.

    Attributes:
        as_of: the month end.
        version: its newest published version.
        group_way: how peers were chosen.
        nodes: the branches in the scope, rows of `hierarchy.NODE`.
        scores: their cards.
    """

    as_of: date
    version: int
    group_way: str
    nodes: pl.DataFrame
    scores: Scores

    @property
    def profile(self) -> Profile:
        """The profile, in the edition of the month."""
        return self.scores.profile

    def statuses(self, branches: Sequence[str]) -> Mapping[str, Sequence[Status]]:
        """The statuses of some branches' cards, in the order of their lines."""
        own = self.scores.lines.filter(pl.col("branch_id").is_in(branches))
        rows = own.group_by("branch_id", maintain_order=True).agg("status")
        return {branch: [Status(one) for one in statuses] for branch, statuses in rows.iter_rows()}

    def rolled_up(self, branch: str, policy: Policy | None = None) -> tuple[RollUp, RollUp]:
        """One status over the figures of a branch's card, and one over the branches right below it.

        Args:
            branch: a branch in the scope.
            policy: by which; the profile's own if not given.
        """
        profile = self.profile
        used = policy or profile.policy
        below = self.nodes.filter(pl.col("parent_id") == branch)["node_id"].sort()
        held = self.statuses([branch, *below])
        children = [roll_up(held.get(child, ()), used, profile.priority).status for child in below]
        return (
            roll_up(held.get(branch, ()), used, profile.priority),
            roll_up(children, used, profile.priority),
        )


def profiles(bank: Bank, catalogue: Catalogue | None = None) -> Editions:
    """Every scoring profile of the bank: the product's own, and those of its folder `scoring`.

    Raises:
        CatalogueError: if one of them cannot be used.
    """
    return load.load(catalogue or bank.catalogue, bank.workspace.texts(FOLDER, ".yaml"))


def scored(
    bank: Bank,
    scope: Scope,
    *,
    as_of: date | None = None,
    profile: str = load.STANDARD,
    group: str = DEFAULT_GROUP,
) -> Scored:
    """The cards of a published month.

    Args:
        bank: the bank.
        scope: whose cards are returned.
        as_of: the month end; the newest published one if not given.
        profile: by which profile, in the edition that holds on the month end.
        group: how peers are chosen, as `peering.groups` takes it.

    Raises:
        NoSuchMonthError: if the month is not published.
        UnknownNameError: if there is no such profile or grouping.
        BranchmarkError: if the profile is not in force that day.
        CatalogueError: if a profile cannot be used.
    """
    published = bank.published.pinned()
    day = published.require(as_of)
    cards = _whole_bank(bank, published, day, profile, group)
    nodes = published.nodes(scope, as_of=day).collect()
    mine = scope.limit(cards.cards.lazy(), "branch_id").collect()["branch_id"]
    return Scored(
        as_of=day,
        version=published.newest_versions()[day],
        group_way=group,
        nodes=nodes,
        scores=cards.of(*mine),
    )


_KEPT: Final = 8
_kept: Final[dict[tuple[object, ...], Scores]] = {}
"""The cards of whole months as they were scored last: a page of every branch shows one of them."""


def _whole_bank(bank: Bank, published: Published, day: date, profile: str, group: str) -> Scores:
    """The cards of all branches, scored anew when figures, definitions, profile or groups are others."""
    catalogue = bank.definitions.on(day)
    key = (
        bank.workspace.root,
        tuple(published.publications()["run_id"]),
        *(day, catalogue.fingerprint, bank.catalogue.fingerprint, bank.reference.fingerprint),
        *(profile, group, tuple(bank.workspace.texts(FOLDER, ".yaml").items())),
        bank.workspace.texts(".", PEERS).get(PEERS),
    )
    found = _kept.get(key)
    if found is None:
        chosen = load.in_force(profiles(bank, catalogue), profile, day)
        facts = published.facts(SYSTEM, as_of=day).filter(
            pl.col("slice") == TOTAL, pl.col("metric_id").is_in(sorted(_metrics(chosen)))
        )
        found = score(
            facts.collect(),
            chosen,
            base=base_figures(published, catalogue, chosen.bases, day),
            peers=peering.groups(bank, SYSTEM, group, day),
        )
        for old in list(_kept)[: max(len(_kept) - _KEPT + 1, 0)]:
            _kept.pop(old, None)
        _kept[key] = found
    return found


def base_figures(
    published: Published, catalogue: Catalogue, figures: Sequence[Figure], as_of: date
) -> pl.DataFrame:
    """Figures of the last year end over today's branches, so that a merger is no growth; rows of `BASE`.

    Args:
        published: what was published.
        catalogue: the definitions in force on the month end.
        figures: which figures; those of `Profile.bases`.
        as_of: the month end whose tree and year they are of.
    """
    day = previous_year_end(as_of)
    nodes = published.nodes(SYSTEM, as_of=as_of).collect()
    if not figures:
        return pl.DataFrame(schema=dict(BASE))
    held = published.branch_measures(SYSTEM, [day]).collect()
    if held.is_empty():
        why = f"the month {day.isoformat()} that it rests on is not published"
        return _no_base(nodes, figures, why)
    tree = Tree.of(nodes, published.counts_for(SYSTEM, as_of=as_of).collect())
    sums = rollup.node_sums(held, tree)
    given = set(held["measure"])
    reckoner = Reckoner(catalogue, day, lambda value: value)
    tables = []
    for figure in figures:
        metric = catalogue.metrics[figure.metric]
        reading = metric.reading(figure.reading)
        names = catalogue.plain_measures(reading)
        if not given.issuperset(names):
            why = f"the book of {day.isoformat()}, which it rests on, could not give it"
            tables.append(_no_base(nodes, [figure], why))
            continue
        told = reckoner.figures(metric, reading)
        tables.append(
            rollup.wide(sums, tree, names).select(
                branch_id="node_id",
                metric_id=pl.lit(figure.metric),
                reading=pl.lit(figure.reading),
                base_value=told.value,
                base_reason=told.reason,
            )
        )
    return pl.concat([_shaped(table) for table in tables])


def require_branch(found: Scored, scope: Scope, branch: str) -> str:
    """The branch, if the month has it and the reader may see it.

    Raises:
        AccessError: if it is outside the scope.
        UnknownNameError: if there is no such branch.
    """
    scope.require(branch)
    known = found.nodes["node_id"]
    if branch not in known:
        raise UnknownNameError(
            "branch", branch, tuple(known), way_out="`branchmark kpis` lists the branches."
        )
    return branch


def of_level(found: Scored, level: str) -> tuple[str, ...]:
    """The branches of a level that are in the scope.

    Raises:
        UnknownNameError: if no branch is of that level.
    """
    levels = found.nodes["level"].drop_nulls().unique().sort()
    here = found.nodes.filter(pl.col("level") == level)["node_id"]
    if here.is_empty():
        if levels.is_empty():
            raise BranchmarkError(
                "The branches of this bank have no levels. Deliver `level` with the branch table, or name "
                "one branch with --branch."
            )
        raise UnknownNameError(
            "level", level, tuple(levels), way_out=f"There are {', '.join(levels)}."
        )
    return tuple(here)


def _metrics(profile: Profile) -> set[str]:
    """Every metric that the profile looks at."""
    parts = (*profile.lines, *profile.items)
    exempt = {part.exempt.metric for part in parts if part.exempt is not None}
    seen = {part.figure.metric for part in (*parts, *profile.vetoes)}
    return seen | exempt


def _no_base(nodes: pl.DataFrame, figures: Sequence[Figure], why: str) -> pl.DataFrame:
    named = pl.DataFrame(
        {
            "metric_id": [figure.metric for figure in figures],
            "reading": [figure.reading for figure in figures],
        }
    )
    return _shaped(
        nodes.select(branch_id="node_id")
        .join(named, how="cross")
        .with_columns(base_value=pl.lit(None), base_reason=pl.lit(why))
    )


def _shaped(table: pl.DataFrame) -> pl.DataFrame:
    return table.select(pl.col(name).cast(dtype) for name, dtype in BASE.items())
