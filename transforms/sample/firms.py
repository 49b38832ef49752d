"""What the demo bank knows of its borrowers: size in figures, control, research, technical staff.

Drawn once; a month's table is read off it. Kind, industry, branch and credit line of a borrower belong
in `borrowers`, memberships of technology lists in `companions`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from transforms.sample.borrowers import SIZES, TYPES, Borrowers, Client, group_ids
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
    month_number,
    on_curve,
    one_of,
    pick,
    stream,
    words,
)
from transforms.sample.industries import Industries
from transforms.sample.names import names
from transforms.sample.network import Network
from transforms.schema import BORROWER_SNAPSHOT

CONTROLS: Final = ("state", "collective", "private", "hk_mo_tw", "foreign")
LINKAGES: Final = (None, "loan_and_equity", "loan_and_warrant", "loan_and_fund", "other")
_CONTROL_WEIGHTS: Final = (
    # by kind of client, largest first: the larger, the more often the state
    (58, 3, 27, 6, 6),
    (38, 5, 43, 7, 7),
    (25, 8, 55, 6, 6),
    (20, 9, 62, 5, 4),
)
_CLIENTS_PER_PLATFORM: Final = 1_300
_PLATFORM_SECTIONS: Final = (ord("E"), ord("N"))
"""Construction, and the management of public facilities."""
_STAFF: Final = ((1000, 9000), (300, 700), (20, 260), (2, 18), (1, 8), (2, 12), (30, 900))
_TURNOVER: Final = (
    (40_000, 900_000), (4_000, 38_000), (500, 3_900), (20, 290), (10, 120), (20, 280), (500, 9_000)
)  # fmt: skip
"""Annual turnover in 10,000 yuan."""
_FILED_BY: Final = 4
"""The month by whose end the statements of the year before are in."""


@dataclass(frozen=True, eq=False)
class Firms:
    """Particulars of every borrower, in the order of `Borrowers` unless said otherwise."""

    technology: Flags
    """On a technology list at some time."""
    founded: Shorts
    linkage: Shorts
    """Place in `LINKAGES`: how the bank's loans to it are linked to an investment."""
    entry: Shorts
    """Month of first credit, in order of the borrowers' numbers, as the next."""
    frame: pl.DataFrame
    """What stays the same from month to month."""


def draw_firms(
    seed: int,
    borrowers: Borrowers,
    *,
    branches: Network,
    classes: Industries,
    technology: Flags,
    first: int,
) -> Firms:
    """Draw the particulars.

    Args:
        seed: of the bank.
        borrowers: whose.
        branches: where they are at home.
        classes: the industries.
        technology: by borrower, whether it is ever on a technology list.
        first: first month of the window.
    """
    size, client = len(borrowers), borrowers.client
    rng = stream(seed, "particulars")
    staff, turnover = (np.array(bounds, dtype=np.int64)[client] for bounds in (_STAFF, _TURNOVER))
    employees = staff[:, 0] + one_of(rng, staff[:, 1] - staff[:, 0])
    earned = (turnover[:, 0] + one_of(rng, turnover[:, 1] - turnover[:, 0])) * 1_000_000
    age = on_curve(rng, ((0, 2), (3000, 48), (7000, 140), (10000, 400)), size).astype(np.int32)
    known_from = np.where(borrowers.entry < 0, first, borrowers.entry).astype(np.int32)
    founded = days((known_from - age).astype(np.int32), 1 + below(rng, 28, size))
    firm = client <= Client.MICRO
    platform = _platforms(seed, borrowers, classes)
    controlled = np.where(platform, 0, _controls(seed, client))
    at = borrowers.order
    region = [node.region_code for node in branches.nodes]
    frame = pl.DataFrame(
        {
            "borrower_id": borrowers.ids.gather(at),
            "borrower_type": words(TYPES, client[at]),
            "enterprise_size": words(SIZES, client[at]),
            "industry_code": classes.codes.gather(borrowers.industry[at]),
            "registered_region_code": words(region, borrowers.node[at]),
            "group_id": group_ids(borrowers.group[at]),
            "employees": pl.Series(employees[at].astype(np.int32)),
            "turnover": money(earned[at]),
            "established_date": dates(founded[at]),
            "total_assets": _assets(seed, client, earned).gather(at),
            "controlling_type": blanked(words(CONTROLS, controlled), ~firm).gather(at),
            "platform_flag": pl.Series(platform[at]),
            **{
                name: column.gather(at)
                for name, column in _research(
                    seed, technology=technology, firm=firm, earned=earned, employees=employees
                ).items()
            },
        }
    ).with_columns(names())
    linked = stream(seed, "investment linkage")
    by_kind = 1 + pick(linked, (30, 35, 25, 10), size)
    invested = firm & technology & chance(linked, 60_000, size)
    return Firms(
        technology=technology,
        founded=founded,
        linkage=np.where(invested, by_kind, 0).astype(np.int32),
        entry=borrowers.entry[at],
        frame=frame,
    )


def _controls(seed: int, client: Shorts) -> Shorts:
    rng = stream(seed, "control")
    controlled = np.zeros(len(client), dtype=np.int32)
    for kind, weights in enumerate(_CONTROL_WEIGHTS):
        here = np.flatnonzero(client == kind)
        controlled[here] = pick(rng, weights, len(here))
    return controlled


def _platforms(seed: int, borrowers: Borrowers, classes: Industries) -> Flags:
    """A few large builders and keepers of public facilities, nearly all clients of long standing."""
    section = classes.section[borrowers.industry]
    fit = np.isin(borrowers.client, (Client.LARGE, Client.MEDIUM, Client.PUBLIC))
    fit &= np.isin(section, _PLATFORM_SECTIONS)
    chosen = stream(seed, "platforms").permutation(np.flatnonzero(fit))
    platform = np.zeros(len(borrowers), dtype=np.bool_)
    platform[chosen[: len(borrowers) // _CLIENTS_PER_PLATFORM]] = True
    return platform


def _assets(seed: int, client: Shorts, earned: Ints) -> pl.Series:
    """Total assets; persons keep no balance sheet."""
    rng = stream(seed, "total assets")
    assets = earned * (60 + below(rng, 220, len(earned))) // 100
    return blanked(money(assets), (client == Client.PROPRIETOR) | (client == Client.OWNER))


def _research(
    seed: int, *, technology: Flags, firm: Flags, earned: Ints, employees: Ints
) -> dict[str, pl.Series]:
    """Research expense of companies, and the technical staff of technology companies."""
    rng = stream(seed, "research")
    size = len(earned)
    modest, keen = below(rng, 21, size), 30 + below(rng, 91, size)
    low = chance(rng, 120_000, size)
    spent = earned * np.where(technology & ~low, keen, modest) // 1_000
    unsaid = chance(rng, np.where(technology, 40_000, 180_000).astype(np.int32), size)
    share, left = 10 + below(rng, 31, size), below(rng, 26, size)
    staff = np.minimum(np.clip(employees * share // 100, 5, 200), employees)
    uncounted = ~technology | chance(rng, 50_000, size)
    return {
        "rd_expense": blanked(money(spent), ~firm | unsaid),
        "core_tech_staff": blanked(pl.Series(staff.astype(np.int32)), uncounted),
        "core_tech_leavers": blanked(pl.Series((staff * left // 100).astype(np.int32)), uncounted),
    }


def borrower_frame(firms: Firms, borrowers: Borrowers, as_of: date) -> pl.DataFrame:
    """The borrower table of one month: everybody who has had credit by then."""
    month = month_number(as_of)
    keep = firms.entry <= month
    limits = borrowers.limit_at(month)[borrowers.order[keep]]
    year = as_of.year - (1 if as_of.month >= _FILED_BY else 2)
    filed = pl.lit(date(year, 12, 31))
    # A company founded since has statements of its opening, if any, and no date is told for them.
    known = (pl.col("established_date") <= filed) & pl.col("total_assets").is_not_null()
    return (
        firms.frame.filter(pl.Series(keep))
        .with_columns(
            total_credit_limit_cny=money(limits * 100),
            financials_date=pl.when(known).then(filed),
            total_assets=pl.when(known).then("total_assets"),
        )
        .select(BORROWER_SNAPSHOT.column_names)
    )


def growth_stages(firms: Firms, borrower: Shorts, drawn: Shorts) -> pl.Series:
    """By loan the stage of a technology company on the day of drawdown, null for others."""
    age = (drawn - firms.founded[borrower]) // 30
    stage = np.searchsorted(np.array((12, 36, 84, 168)), age, side="right")
    named = words(("seed", "start_up", "growth", "expansion", "mature"), stage)
    return blanked(named, ~firms.technology[borrower])
