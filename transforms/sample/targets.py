"""Targets of the demo bank: set around what branches reach, so that some meet, some are near, some miss.

Head office, regions and tier-1 branches have a target for each metric and year, sub-branches for two. Growth
of inclusive loans and price have one guideline for all, as head offices set them.
A few drafts and superseded rows stand among them that nobody may count.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from transforms.sample import network as net
from transforms.sample.companions import Certificates, Events
from transforms.sample.draws import Flags, Ints, Shorts, below, month_number, stream
from transforms.sample.measures import Flagged, by_node, first_clients
from transforms.sample.network import Network, Node
from transforms.sample.snapshot import World
from transforms.schema import TARGET

MEETS, NEAR, MISSES = 0, 1, 2
RATIO: Final = Decimal("0.0001")
WHOLE: Final = Decimal(1)


@dataclass(frozen=True)
class Aim:
    """How targets of one metric are set: unit, band and direction, all in `unit`."""

    metric: str
    unit: Decimal
    band: int
    lower_is_better: bool = False


AIMS: Final = (
    Aim("loan_increment_ytd", WHOLE, 40_000_000),
    Aim("sei_share", RATIO, 50),
    Aim("tech_loan_share", RATIO, 50),
    Aim("first_time_clients_ytd", WHOLE, 3),
    Aim("first_time_tech_clients_ytd", WHOLE, 1),
    Aim("green_share", RATIO, 50),
    Aim("green_supply_chain_balance", WHOLE, 5_000_000),
    Aim("npl_ratio", RATIO, 10, lower_is_better=True),
    Aim("inclusive_balance", WHOLE, 20_000_000),
    Aim("inclusive_npl_ratio", RATIO, 30, lower_is_better=True),
    Aim("overdue_ratio", RATIO, 10, lower_is_better=True),
    Aim("ten_largest_clients_share", RATIO, 50, lower_is_better=True),
)
GUIDELINES: Final = (
    # Inclusive loans shall not grow more slowly than all loans; a point behind is near.
    ("inclusive_growth_gap", Decimal(0), Decimal(1)),
    # Basis points over the loan prime rate.
    ("lpr_spread", Decimal(50), Decimal(5)),
)
SUB_BRANCH_METRICS: Final = frozenset({"loan_increment_ytd", "inclusive_balance"})
_DRAFTED: Final = ("B101", "B201", "B207", "B302", "B501")

_LARGEST: Final = 10
_STRUCTURE_ASKED: Final = 350
"""In hundredths of a point: the branch that grows without structure was asked to keep the share it had."""
_DRAWN: Final = (
    "branch_id",
    "metric_id",
    "reading",
    "period_type",
    "period",
    "target_value",
    "near_band",
    "status",
    "maker",
    "checker",
    "valid_from",
    "valid_to",
)
"""Columns that are drawn; the others stand as they are assumed."""


@dataclass(frozen=True, eq=False)
class Clients:
    """Loans with client, branch and balance in cents: the largest are taken under each node anew."""

    borrower: Shorts
    branch: Shorts
    balance: Ints

    def largest(self, under: Flags) -> tuple[int, int]:
        """What the ten largest clients hold, and all of them, in whole yuan."""
        here = under[self.branch]
        held = np.zeros(int(self.borrower.max(initial=0)) + 1, dtype=np.int64)
        np.add.at(held, self.borrower[here], self.balance[here])
        top = np.partition(held, len(held) - _LARGEST)[-_LARGEST:] if len(held) > _LARGEST else held
        return int(top.sum()) // 100, int(held.sum()) // 100


Sums = dict[str, tuple[Ints, Ints | None] | Clients]
"""By metric the numerator and, for ratios, the denominator, by branch, in whole yuan; or the clients."""


def reached(
    world: World, flagged: Flagged, base: Flagged | None, *, found: Events, lists: Certificates
) -> Sums:
    """What the branches reached on a month end, before any rolling up."""
    nodes, as_of = len(world.branches.nodes), flagged.held.as_of

    def yuan(of: Flagged, counted: Flags) -> Ints:
        moved = np.zeros(nodes, dtype=np.int64)
        np.add.at(moved, world.branches.booking(as_of), by_node(of, counted, nodes))
        return moved // 100

    loans, corporate = yuan(flagged, flagged.scope), yuan(flagged, flagged.corporate)
    inclusive = yuan(flagged, flagged.inclusive)
    before = loans * 93 // 100 if base is None else yuan(base, base.scope)
    held = flagged.held
    scope = flagged.scope
    clients = Clients(
        world.positions.borrower[held.position[scope]],
        world.branches.booking(as_of)[held.node[scope]],
        flagged.balance[scope],
    )
    return {
        "loan_increment_ytd": (loans - before, None),
        "sei_share": (yuan(flagged, flagged.sei), corporate),
        "tech_loan_share": (yuan(flagged, flagged.technology), corporate),
        "first_time_clients_ytd": (_clients(world, found, as_of), None),
        "first_time_tech_clients_ytd": (
            _clients(world, found, as_of, only=_listed(found, lists)),
            None,
        ),
        "green_share": (yuan(flagged, flagged.green), corporate),
        "green_supply_chain_balance": (yuan(flagged, flagged.chain), None),
        "npl_ratio": (yuan(flagged, flagged.npl), loans),
        "inclusive_balance": (inclusive, None),
        "inclusive_npl_ratio": (yuan(flagged, flagged.inclusive & flagged.npl), inclusive),
        "overdue_ratio": (yuan(flagged, scope & (held.past_due > 0)), loans),
        "ten_largest_clients_share": clients,
    }


def _clients(world: World, found: Events, as_of: date, *, only: Flags | None = None) -> Ints:
    nodes = len(world.branches.nodes)
    moved = np.zeros(nodes, dtype=np.int64)
    np.add.at(moved, world.branches.booking(as_of), first_clients(found, as_of, nodes, only=only))
    return moved


def _listed(found: Events, lists: Certificates) -> Flags:
    """Events whose borrower was on a list that day."""
    at = pl.DataFrame({"borrower": found.borrower, "day": found.day}).with_row_index("event")
    held = pl.DataFrame({"borrower": lists.borrower, "start": lists.start, "end": lists.end})
    hits = at.join(held, on="borrower").filter(pl.col("day").is_between("start", "end"))
    listed = np.zeros(len(found.borrower), dtype=np.bool_)
    listed[hits["event"].to_numpy()] = True
    return listed


def target_frame(
    world: World, measured: dict[int, tuple[date, Callable[[], Sums]]]
) -> pl.DataFrame:
    """All targets of the window.

    Args:
        world: the bank.
        measured: by year the month end the targets are set around, and what was reached on it.
    """
    rows: list[tuple[object, ...]] = []
    for year, (as_of, sums) in measured.items():
        reached_then = sums()
        for aim in AIMS:
            rows += _of_metric(world, aim, year, as_of, reached_then[aim.metric])
        rows += _guidelines(world.branches, year)
        rows += _not_counting(year)
    drawn = {name: TARGET.dtypes[name] for name in _DRAWN}
    rest = (
        pl.lit("none" if name == "phasing" else None, dtype=dtype).alias(name)
        for name, dtype in TARGET.dtypes.items()
        if name not in drawn
    )
    return pl.DataFrame(rows, schema=drawn, orient="row").with_columns(rest).sort(TARGET.key)


def known(frame: pl.DataFrame, branches: Network, as_of: date) -> pl.DataFrame:
    """The targets as delivered for that month end; those of a closed branch end with it."""
    closed = [node for node in branches.nodes if node.closed is not None and node.closed <= as_of]
    if not closed or closed[0].closed is None:
        return frame.filter(pl.col("valid_from") <= as_of)
    gone = pl.col("branch_id").is_in([node.branch_id for node in closed])
    eve = closed[0].closed - timedelta(days=1)
    ends = pl.when(gone & (pl.col("valid_from") <= eve)).then(
        pl.min_horizontal("valid_to", pl.lit(eve))
    )
    return frame.filter(pl.col("valid_from") <= as_of).with_columns(
        valid_to=ends.otherwise("valid_to")
    )


def _of_metric(
    world: World, aim: Aim, year: int, as_of: date, sums: tuple[Ints, Ints | None] | Clients
) -> list[tuple[object, ...]]:
    branches = world.branches
    above = _levels(branches, as_of)
    rng = stream(world.seed, f"targets {aim.metric} {year}")
    higher = [node for node in branches.nodes if node.level in {"head", "region"}]
    tier1 = list(branches.of_level("tier1"))
    places = rng.permutation(len(tier1))
    outcome = {
        node.branch_id: MEETS if place * 2 < len(tier1) else (MISSES, NEAR, NEAR)[place % 3]
        for node, place in zip(tier1, places.tolist(), strict=True)
    }
    outcome |= {node.branch_id: (MEETS, NEAR, MISSES)[at % 3] for at, node in enumerate(higher)}
    outcome[net.HEAD] = MEETS
    if aim.metric == "sei_share":
        outcome[net.VOLUME_ONLY] = MISSES
    if aim.metric == "loan_increment_ytd":
        outcome[net.VOLUME_ONLY] = MEETS
    if aim.metric == "inclusive_npl_ratio":
        # Both lie well beyond their own target; the tolerance alone tells them apart.
        outcome[net.TOLERANCE_INSIDE] = outcome[net.TOLERANCE_OUTSIDE] = MISSES
    rows = []
    for node in [*higher, *tier1]:
        value = _value(sums, above[_successor(branches, node, as_of)])
        if aim.metric == "sei_share" and node.branch_id == net.VOLUME_ONLY:
            value += _STRUCTURE_ASKED
        rows.append(_row(node, aim, year, value, outcome[node.branch_id]))
    if aim.metric in SUB_BRANCH_METRICS and not isinstance(sums, Clients):
        subs = [
            node
            for node in branches.of_level("tier2")
            if node.opened < date(year, 1, 1) and (node.closed is None or node.closed > as_of)
        ]
        drawn = below(rng, 4, len(subs)).tolist()
        for node, at in zip(subs, drawn, strict=True):
            small = Aim(aim.metric, aim.unit, max(aim.band // 8, 1))
            value = int(sums[0][branches.index(node.branch_id)])
            rows.append(_row(node, small, year, value, (MEETS, MEETS, NEAR, MISSES)[at]))
    return rows


def _successor(branches: Network, node: Node, as_of: date) -> str:
    """The branch itself, or the one it merged into if it is closed by then."""
    if node.merged_into is not None and node.closed is not None and node.closed <= as_of:
        return branches.nodes[branches.index(node.merged_into)].branch_id
    return node.branch_id


def _levels(branches: Network, as_of: date) -> dict[str, Flags]:
    """For head office, regions and tier-1 branches the branches under them."""
    tier1 = branches.of_level("tier1")
    place = branches.tier1_of(as_of)
    under = {net.HEAD: np.ones(len(place), dtype=np.bool_)}
    for at, node in enumerate(tier1):
        mine = place == at
        under[node.branch_id] = mine
        under[node.parent] = under.get(node.parent, np.zeros_like(mine)) | mine
    return under


def _value(sums: tuple[Ints, Ints | None] | Clients, under: Flags) -> int:
    if isinstance(sums, Clients):
        part, whole = sums.largest(under)
        return part * 10_000 // whole if whole else 0
    top, bottom = sums
    total = int(top[under].sum())
    if bottom is None:
        return total
    base = int(bottom[under].sum())
    return total * 10_000 // base if base else 0


def _row(node: Node, aim: Aim, year: int, value: int, outcome: int) -> tuple[object, ...]:
    band = aim.band * {"head": 8, "region": 4}.get(node.level, 1) if aim.unit == WHOLE else aim.band
    # Distances in tenths of the band: met with some room, just short of it, or well short.
    distance = {MEETS: -6, NEAR: 5, MISSES: 17}[outcome] * band
    distance = -(-distance // 10)
    target = value - distance if aim.lower_is_better else value + distance
    if aim.unit == WHOLE and band >= 1_000_000:  # noqa: PLR2004 - amounts in round millions
        target = target // 1_000_000 * 1_000_000
        # Nobody plans to shrink: a branch whose book fell was asked for a little growth and missed it.
        target = max(target, band)
    target = max(target, 5 if aim.unit == RATIO else 1)
    return _approved(node, aim.metric, year, target * aim.unit, band * aim.unit)


def _guidelines(branches: Network, year: int) -> list[tuple[object, ...]]:
    return [
        _approved(node, metric, year, target, band)
        for metric, target, band in GUIDELINES
        for node in branches.nodes
        if node.level in {"head", "region", "tier1"}
    ]


def _approved(
    node: Node, metric: str, year: int, target: Decimal, band: Decimal
) -> tuple[object, ...]:
    return (
        node.branch_id,
        metric,
        None,
        "year",
        str(year),
        target,
        band,
        "approved",
        f"planning.{node.branch_id.lower()}",
        "finance.ho" if node.level in {"head", "region"} else "planning.ho",
        date(year, 1, 1),
        date(year, 12, 31),
    )


def _not_counting(year: int) -> list[tuple[object, ...]]:
    """Drafts of the spring, and a first version that the approved one replaced."""
    drafts = [
        (branch_id, "sei_share", None, "year", str(year), Decimal("0.35"), Decimal("0.005"),
         "draft" if at % 2 else "submitted", f"planning.{branch_id.lower()}", None,
         date(year, 4, 1), date(year, 12, 31))
        for at, branch_id in enumerate(_DRAFTED)
    ]  # fmt: skip
    replaced = (
        net.HEAD, "green_share", None, "year", str(year), Decimal("0.02"), Decimal("0.005"),
        "superseded", "planning.ho", "finance.ho", date(year - 1, 12, 15), date(year, 12, 31),
    )  # fmt: skip
    return [*drafts, replaced]


def year_ends(ends: tuple[date, ...]) -> dict[int, date]:
    """By year of the window its last month end in the window."""
    return {day.year: day for day in ends}


def base_of(year: int, ends: tuple[date, ...]) -> date | None:
    """The year end before, if the window holds it."""
    day = date(year - 1, 12, 31)
    return day if month_number(day) >= month_number(ends[0]) else None
