"""What secures the demo bank's loans: items of collateral, their share in each loan, and guarantees.

Each credit position has its own item or guarantee, whatever receipt it stands at; some items secure two
positions of one client. A month's tables tell of the loans in the book, no more. Among the rows are the
odd ones of real files: more allocated than an item is worth, claims that rank behind another's.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from transforms.sample.borrowers import Borrowers
from transforms.sample.companions import Relations
from transforms.sample.draws import (
    Flags,
    Ints,
    Shorts,
    below,
    blanked,
    chance,
    dates,
    days,
    money,
    numbered,
    one_of,
    pick,
    stream,
    words,
)
from transforms.sample.positions import Positions
from transforms.sample.snapshot import Book, World
from transforms.schema import COLLATERAL, GUARANTEE, LOAN_COLLATERAL

PLEDGE, MORTGAGE, GUARANTEED = 0, 1, 2
"""Places of the main securities, in the order of `snapshot.SECURITIES`."""
TYPES: Final = (
    "real_estate", "land_use_right", "equipment",
    "receivable", "order", "deposit", "equity",
    "patent", "trademark", "software_copyright", "data_asset",
)  # fmt: skip
_MORTGAGED: Final = (76, 14, 10, 0, 0, 0, 0, 0, 0, 0, 0)
_PLEDGED: Final = (0, 0, 0, 400, 90, 310, 187, 4, 3, 2, 4)
_PLEDGED_BY_TECHNOLOGY: Final = (0, 0, 0, 30, 10, 20, 20, 560, 110, 200, 50)
_BESIDE_A_GUARANTEE: Final = (0, 0, 0, 0, 0, 0, 0, 60, 12, 28, 0)
"""Technology companies often pledge what they invented to whoever lends against a guarantee."""
_WORTH: Final = (
    # the least an item is worth in percent of the position, and the spread above it
    (105, 95), (100, 90), (70, 60), (90, 50), (80, 40), (100, 8), (110, 110),
    (90, 160), (80, 90), (80, 120), (70, 90),
)  # fmt: skip
_PLACED: Final = 3
"""The types from there on have no place."""
_NEW_TYPES: Final = (TYPES.index("order"), TYPES.index("data_asset"))
GUARANTORS: Final = ("guarantee_company", "core_enterprise", "owner", "group_company", "other")
_COMPANY, _CORE, _OWNER, _GROUP = range(4)
_GUARANTEE_COMPANIES: Final = 24


@dataclass(frozen=True, eq=False)
class Pledges:
    """What secures each position; all arrays run over the positions."""

    item: Ints
    """The position whose number the item bears, -1 for no collateral."""
    kind: Shorts
    """By item: place in `TYPES`, as the next five."""
    value: Ints
    """In yuan."""
    prior: Ints
    owner: pl.Series
    valued: Shorts
    """A month of valuation; most items are valued anew every year."""
    stale: Flags
    """Not valued for years."""
    allocated: Ints
    """The part of the item's value that secures the position, in yuan."""
    new_type: Flags
    """Secured by an order or a data asset."""
    guarantor: Shorts
    """Place in `GUARANTORS` as drawn; who is in no chain and no group has another."""
    guaranteed: Ints
    """In yuan."""
    house: pl.Series
    """The guarantee company that would guarantee it."""
    person: pl.Series
    """The owner, or anybody else, who would."""
    item_ids: pl.Series
    guarantee_ids: pl.Series


def draw_pledges(
    seed: int, borrowers: Borrowers, positions: Positions, technology: Flags
) -> Pledges:
    """Draw what secures every position.

    Args:
        seed: of the bank.
        borrowers: the clients.
        positions: what is to be secured.
        technology: by borrower, whether it is ever on a technology list.
    """
    rng = stream(seed, "collateral")
    size = len(positions.borrower)
    security, yuan = positions.security, positions.amount * 10_000
    keen = technology[positions.borrower]
    pledged, mortgaged = security == PLEDGE, security == MORTGAGE
    beside = keen & (security == GUARANTEED) & chance(rng, 300_000, size)
    kind = pick(rng, _MORTGAGED, size)
    for of, weights in (
        (pledged & ~keen, _PLEDGED),
        (pledged & keen, _PLEDGED_BY_TECHNOLOGY),
        (beside, _BESIDE_A_GUARANTEE),
    ):
        here = np.flatnonzero(of)
        kind[here] = pick(rng, weights, len(here))
    secured = pledged | mortgaged | beside
    item = np.where(secured, np.arange(size), -1)
    # A later position of a client may lean on what secures its first.
    main = positions.borrower.astype(np.int64)
    leans = (np.arange(size) >= len(borrowers)) & chance(rng, 300_000, size)
    leans &= (pledged | mortgaged) & (security[main] == security)
    item = np.where(leans, main, item)
    kind = np.where(leans, kind[main], kind).astype(np.int32)
    worth = np.array(_WORTH, dtype=np.int64)[kind]
    part = yuan * (worth[:, 0] + one_of(rng, worth[:, 1])) // 100 // 1_000 * 1_000 + 1_000
    value = np.zeros(size, dtype=np.int64)
    np.add.at(value, np.maximum(item, 0), np.where(secured, part, 0))
    burdened = chance(rng, 15_000, size)
    overdone = chance(rng, 3_000, size)
    foreign = chance(rng, 120_000, size)
    guaranteed = stream(seed, "guarantees")
    return Pledges(
        item=item,
        kind=kind,
        value=value,
        prior=np.where(burdened, value * (10 + below(rng, 31, size)) // 100, 0),
        owner=_either(
            foreign,
            numbered("O", 1 + below(rng, 90_000_000, size), 8),
            borrowers.ids.gather(positions.borrower),
        ),
        valued=np.where(secured, positions.start, 0).astype(np.int32),
        stale=chance(rng, 50_000, size),
        allocated=np.where(overdone, value[np.maximum(item, 0)] * 13 // 10, part),
        new_type=secured & np.isin(kind, _NEW_TYPES),
        guarantor=pick(guaranteed, (34, 14, 34, 12, 6), size),
        guaranteed=yuan * (8 + below(guaranteed, 5, size)) // 10,
        house=numbered("GC", 1 + below(guaranteed, _GUARANTEE_COMPANIES, size), 4),
        person=numbered("P", 1 + below(guaranteed, 90_000_000, size), 8),
        item_ids=numbered("S", np.arange(size), 9),
        guarantee_ids=numbered("GT", np.arange(size), 9),
    )


def collateral_frame(world: World, held: Book, given: Pledges) -> pl.DataFrame:
    """The items that secure loans in the book."""
    secures = np.zeros(len(given.item), dtype=np.bool_)
    items = given.item[held.position]
    secures[items[items >= 0]] = True
    at = np.flatnonzero(secures)
    borrower, kind = world.positions.borrower[at], given.kind[at]
    valued = held.month - (held.month - given.valued[at]) % 12 - 24 * given.stale[at]
    region = [node.region_code for node in world.branches.nodes]
    return pl.DataFrame(
        {
            "collateral_id": given.item_ids.gather(at),
            "collateral_type": words(TYPES, kind),
            "owner_id": given.owner.gather(at),
            "value": money(given.value[at] * 100),
            "valuation_date": dates(days(valued.astype(np.int32), 1)),
            "prior_claim_amount": money(given.prior[at] * 100),
            "region_code": blanked(words(region, world.borrowers.node[borrower]), kind >= _PLACED),
        },
        schema_overrides=COLLATERAL.dtypes,
    )


def loan_collateral_frame(world: World, held: Book, given: Pledges) -> pl.DataFrame:
    """Which item secures which loan in the book, and with how much of its value."""
    rows = np.flatnonzero(given.item[held.position] >= 0)
    at = held.position[rows]
    item = given.item[at]
    return pl.DataFrame(
        {
            "loan_id": world.loans.ids.gather(held.at[rows]),
            "collateral_id": given.item_ids.gather(item),
            "allocated_value": money(given.allocated[at] * 100),
            "rank": pl.Series(np.where(given.prior[item] > 0, 2, 1).astype(np.int32)),
            "valid_from": dates(held.drawn[rows]),
            "valid_to": None,
        },
        schema_overrides=LOAN_COLLATERAL.dtypes,
    )


def guarantee_frame(world: World, held: Book, given: Pledges, chains: Relations) -> pl.DataFrame:
    """The guarantees of the loans in the book."""
    positions = world.positions
    rows = np.flatnonzero(positions.security[held.position] == GUARANTEED)
    rows = rows[np.argsort(held.position[rows], kind="stable")]
    at = held.position[rows]
    borrower = positions.borrower[at]
    core = _core_of(chains, len(world.borrowers), borrower, held.drawn[rows])
    relative = _relatives(world.borrowers)[borrower]
    kind = given.guarantor[at]
    kind = np.where((kind == _CORE) & (core < 0), _COMPANY, kind)
    kind = np.where((kind == _GROUP) & (relative < 0), _OWNER, kind)
    client = np.where(kind == _CORE, core, relative)
    return pl.DataFrame(
        {
            "guarantee_id": given.guarantee_ids.gather(at),
            "loan_id": world.loans.ids.gather(held.at[rows]),
            "guarantor_id": _either(
                kind == _COMPANY,
                given.house.gather(at),
                _either(
                    (kind == _CORE) | (kind == _GROUP),
                    world.borrowers.ids.gather(np.maximum(client, 0)),
                    given.person.gather(at),
                ),
            ),
            "guarantor_type": words(GUARANTORS, kind),
            "amount": money(given.guaranteed[at] * 100),
            "valid_from": dates(held.drawn[rows]),
            "valid_to": None,
        },
        schema_overrides=GUARANTEE.dtypes,
    )


def _either(first: Flags, one: pl.Series, other: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(first)).then(one).otherwise(other)).to_series()


def _core_of(chains: Relations, clients: int, borrower: Shorts, drawn: Shorts) -> Ints:
    """The core enterprise that the borrower was tied to when the loan was drawn, -1 for none."""
    core, since = np.full(clients, -1, dtype=np.int64), np.zeros(clients, dtype=np.int64)
    core[chains.borrower], since[chains.borrower] = chains.core, chains.start
    itself = core[borrower] == borrower
    return np.where((since[borrower] <= drawn) & ~itself, core[borrower], -1)


def _relatives(borrowers: Borrowers) -> Ints:
    """By borrower another company of its group that was a client before the window, -1 for none."""
    groups = int(borrowers.group.max(initial=0)) + 1
    member = np.flatnonzero((borrowers.group > 0) & (borrowers.entry < 0))
    first, last = np.full(groups, -1, dtype=np.int64), np.full(groups, -1, dtype=np.int64)
    last[borrowers.group[member]] = member
    first[borrowers.group[member[::-1]]] = member[::-1]
    one, other = first[borrowers.group], last[borrowers.group]
    itself = np.arange(len(borrowers))
    return np.where(one != itself, one, np.where(other != itself, other, -1))
