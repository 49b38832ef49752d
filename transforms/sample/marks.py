"""Columns of the demo bank's loans that come from beside the book: facility, allowance, marks and tags.

Marks of the source systems are mostly right and sometimes wrong, as in real files: the product compares
them and never counts by them. What follows from a loan's life alone belongs in `snapshot`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from transforms.sample.borrowers import LINE_MARK, Client
from transforms.sample.companions import Events
from transforms.sample.draws import (
    Bits,
    Flags,
    Ints,
    blanked,
    chance,
    dates,
    day_number,
    money,
    stream,
    words,
)
from transforms.sample.facilities import Facilities
from transforms.sample.firms import LINKAGES, Firms, growth_stages
from transforms.sample.industries import Form, Kind
from transforms.sample.positions import Positions, Product
from transforms.sample.security import Pledges
from transforms.sample.snapshot import Book, World, bits, green_tags, own_principal

ALLOWANCE: Final = (1_800, 4_500, 30_000, 60_000, 100_000)
"""Allowance by tier in hundred-thousandths of the principal, before a spread of up to a tenth."""
_YEAR: Final = 12


@dataclass(frozen=True, eq=False)
class Sources:
    """What the marks are read from."""

    firms: Firms
    facilities: Facilities
    pledges: Pledges
    first_loans: Flags
    """By loan, whether the source system calls it a first loan."""
    rental: Flags
    """By position, whether it pays for rental housing."""


def first_loan_marks(seed: int, loans: int, found: Events) -> Flags:
    """The source system's first-loan mark: set for whoever qualifies, and for some who do not."""
    rng = stream(seed, "first-loan mark of the source")
    marked = np.zeros(loans, dtype=np.bool_)
    marked[found.loan] = found.qualifies | chance(rng, 400_000, len(found.loan))
    marked[found.elsewhere] = chance(rng, 30_000, len(found.elsewhere))
    return marked


def rental_housing(seed: int, positions: Positions) -> Flags:
    """Positions of real estate companies that pay for rental housing."""
    drawn = chance(stream(seed, "rental housing"), 70_000, len(positions.product))
    return drawn & (positions.product == Product.REAL_ESTATE)


def loan_columns(world: World, held: Book, given: Sources) -> dict[str, pl.Series]:
    """The columns of the canonical loan table that are not the book's own, by loan in the book."""
    positions, at = world.positions, held.position
    borrower = positions.borrower[at]
    more = world.loans.more[held.at]
    firm = world.borrowers.client[borrower] <= Client.MICRO
    kind = world.classes.kind[positions.purpose[at] // len(Form)]
    emerging = np.isin(kind, (Kind.WHOLE, Kind.STARRED))
    linkage = np.where(emerging, given.firms.linkage[borrower], 0)
    wrong = bits(more, 0, 10) < 3  # noqa: PLR2004 - three in a thousand
    return {
        "facility_id": given.facilities.ids.gather(given.facilities.of_position[at]),
        "repricing_date": _repriced(world, held, bits(more, 10, 7)),
        "impairment_allowance": _allowance(world, held, bits(more, 17, 7)),
        "green_tag_nfra": _green_by_the_regulator(held, world.loans.mix[held.at], more),
        "investment_linkage_flag": blanked(pl.Series(linkage > 0), ~firm),
        "linkage_mode": words(LINKAGES, linkage),
        "growth_stage": growth_stages(given.firms, borrower, held.drawn),
        "new_type_pledge_flag": pl.Series(given.pledges.new_type[at]),
        # A corporate bank has no housing loans, and its files no such column.
        "housing_loan_flag": pl.Series([None], dtype=pl.Boolean()).new_from_index(0, len(at)),
        "rental_housing_flag": pl.Series(given.rental[at]),
        "inclusive_flag_source": pl.Series(_inclusive(world, held) ^ wrong),
        "first_loan_flag_source": pl.Series(given.first_loans[held.at]),
    }


def _repriced(world: World, held: Book, drawn: Ints) -> pl.Series:
    """New Year's Day, for long loans at a floating rate that are older than it."""
    floating = (world.loans.term[held.at] > _YEAR) & (drawn < 77)  # noqa: PLR2004 - six in ten
    new_year = day_number(date(held.as_of.year, 1, 1))
    set_on = np.full(len(drawn), new_year, dtype=np.int32)
    return dates(set_on, missing=~floating | (held.drawn >= new_year))


def _allowance(world: World, held: Book, drawn: Ints) -> pl.Series:
    """By tier, on what the bank has at risk; entrusted loans are at the risk of others."""
    share = np.array(ALLOWANCE, dtype=np.int64)[held.tier] * (900 + drawn * 200 // 127) // 1_000
    kept = own_principal(held) * np.minimum(share, 100_000) // 100_000
    return blanked(money(kept), world.positions.entrusted[held.position])


def _green_by_the_regulator(held: Book, mix: Bits, more: Bits) -> pl.Series:
    """The regulator's form takes nearly all that the green catalogue takes, and a little more."""
    drawn = bits(more, 24, 10)
    wider = np.where(drawn < 15, 1 + bits(more, 34, 8) % 6, 0)  # noqa: PLR2004 - of 1,024
    item = np.where(held.green_item > 0, np.where(drawn < 985, held.green_item, 0), wider)  # noqa: PLR2004
    return green_tags(mix, item.astype(np.int32))


def _inclusive(world: World, held: Book) -> Flags:
    """Inclusive business by the client and its line, as a core system marks it."""
    borrower = world.positions.borrower[held.position]
    client = world.borrowers.client[borrower]
    small = (client >= Client.SMALL) & (client <= Client.OWNER)
    line = world.borrowers.limit_at(held.month)[borrower]
    lent = world.positions.product[held.position] < Product.DISCOUNTED_BILL
    return small & (line <= LINE_MARK * 10_000) & lent
