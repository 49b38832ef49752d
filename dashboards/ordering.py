"""Which metrics a scorecard shows, and in which order: the core first, then family by family.

What a line says belongs in `scorecard_row`.
"""

from collections.abc import Collection, Sequence
from typing import Final

from dashboards.scorecard_row import ScorecardRow
from transforms.catalogue import families
from transforms.catalogue.model import Catalogue, Metric
from transforms.scorecards import Status

CORE: Final = (
    "sei_share",
    "tech_loan_share",
    "first_time_clients_ytd",
    "first_time_tech_clients_ytd",
    "green_share",
    "green_supply_chain_balance",
    "npl_ratio",
    "inclusive_npl_ratio",
    "inclusive_npl_tolerance",
    "loan_balance",
    "loan_increment_ytd",
)
"""What stands first on a scorecard, in this order; the rest follows family by family."""

_AT_LEAST: Final = 8
"""Figures that a scorecard without any target opens with, if the book gives as many."""


def opening(rows: Sequence[ScorecardRow]) -> tuple[ScorecardRow, ...]:
    """What a scorecard opens with: figures with a target or limit; without any, the main figures.

    What cannot be computed comes last, with its reason.
    """
    by_id = {row.metric_id: row for row in rows}
    names = choice(
        list(by_id),
        aimed={row.metric_id for row in rows if row.is_aimed},
        given={row.metric_id for row in rows if not row.reason},
    )
    return given_first([by_id[name] for name in names])


def choice(
    names: Sequence[str], *, aimed: Collection[str], given: Collection[str]
) -> tuple[str, ...]:
    """The metrics a scorecard opens with: the aimed ones, or the core filled up from the rest.

    Args:
        names: in the order of a scorecard.
        aimed: those that stand against a target or limit.
        given: those that have a value.
    """
    if aimed:
        return tuple(name for name in names if name in aimed)
    core = [name for name in names if name in CORE]
    rest = [name for name in names if name not in CORE and name in given]
    missing = _AT_LEAST - sum(name in given for name in core)
    chosen = {*core, *rest[: max(missing, 0)]}
    return tuple(name for name in names if name in chosen)


def given_first(rows: Sequence[ScorecardRow]) -> tuple[ScorecardRow, ...]:
    """Rows with a target first, then those without one, then what cannot be computed."""
    return tuple(sorted(rows, key=lambda row: 2 if row.reason else int(not row.is_aimed)))


_FIRST: Final = 4
_GRAVITY: Final = {
    Status.MISSED: 0,
    Status.EXCEEDED: 0,
    Status.NEAR: 1,
    Status.MET: 2,
    Status.WITHIN: 2,
}
_UNJUDGED: Final = 3


def leading(
    rows: Sequence[ScorecardRow], most: int = 10
) -> tuple[tuple[ScorecardRow, ...], tuple[ScorecardRow, ...]]:
    """The rows that a short scorecard shows, and the others, both in their order.

    The first four always; then what is missed, what is near, and what is met, until there are enough.
    """
    by_gravity = sorted(rows[_FIRST:], key=lambda row: _GRAVITY.get(row.status, _UNJUDGED))
    shown = {row.metric_id for row in (*rows[:_FIRST], *by_gravity[: most - _FIRST])}
    return (
        tuple(row for row in rows if row.metric_id in shown),
        tuple(row for row in rows if row.metric_id not in shown),
    )


def in_order(catalogue: Catalogue) -> tuple[Metric, ...]:
    """The metrics of a catalogue in the order of a scorecard: the core, then family by family."""
    core = [catalogue.metrics[name] for name in CORE if name in catalogue.metrics]
    rest = [metric for name, metric in catalogue.metrics.items() if name not in CORE]
    order = families.in_order(metric.family for metric in rest)
    return (*core, *sorted(rest, key=lambda metric: order.index(metric.family)))


def of_family(catalogue: Catalogue, family: str) -> tuple[str, ...]:
    """The metrics of one family, those of the core first."""
    return tuple(m.metric_id for m in in_order(catalogue) if m.family == family)
