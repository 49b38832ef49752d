"""The demo bank's loan book on a month end: balances, arrears, tiers, and the canonical loan table.

Everything is read off the loans' life cycles in closed form, so a month costs the same whichever comes
before it. Marks and tags of a loan that come from elsewhere (facility, pledge, allowance) belong in `marks`,
what happened between two month ends in `flows`, companions of the book (ledger, lists) in `companions`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from transforms.sample.borrowers import Borrowers, Client
from transforms.sample.draws import (
    Bits,
    Flags,
    Ints,
    Shorts,
    blanked,
    dates,
    day_number,
    days,
    money,
    month_number,
    numbered,
    scaled,
    words,
)
from transforms.sample.industries import Form, Industries
from transforms.sample.network import Network
from transforms.sample.positions import Loans, Outcome, Positions, Product
from transforms.schema import LOAN_SNAPSHOT, RATE

PRODUCTS: Final = (
    "working_capital",
    "fixed_asset",
    "real_estate_development",
    "trade_finance",
    "supply_chain",
    "personal_business",
    "discounted_bill",
    "rediscounted_bill",
)
ACCOUNTS: Final = (
    "130101", "130201", "130202", "130301", "130102", "130401", "130501", "130601",
    "300101",  # entrusted
    "700101",  # off the balance sheet
)  # fmt: skip
CURRENCIES: Final = ("CNY", "EUR", "USD")
SECURITIES: Final = ("01", "02", "03", "04")
STATUSES: Final = ("normal", "extended", "overdue", "written_off", "transferred")
GONE: Final = 3
"""Place of the first status of a loan that has left the book."""
MOVEMENTS: Final = ("none", "transferred_out", "securitised")
TIERS: Final = ("FQ01", "FQ02", "FQ03", "FQ04", "FQ05")
ISSUES: Final = (
    "new", "refinance", "restructure", "renewal_no_repayment", "transferred_in", "other"
)  # fmt: skip
GREEN_EDITIONS: Final = ("2019", "2025", None)
GREEN_2025: Final = date(2025, 10, 1)
YUAN_PER_UNIT: Final = (10, 84, 75)
"""Ten times the yuan that a unit of each currency is reckoned at when a line is cut into a loan."""
_RATES: Final = (330, 370, 410, 440, 470, 460, 325)
"""Basis points by kind of client, at the last month."""
_GREEN_ITEMS: Final = {
    # section: level-1 item of the 2019 edition, of the 2025 edition
    "A": (4, 5), "C": (1, 1), "D": (3, 4), "E": (5, 6), "F": (6, 8), "G": (5, 6),
    "I": (6, 7), "K": (5, 6), "M": (6, 7), "N": (4, 2), "R": (6, 9),
}  # fmt: skip
_SUB_ITEMS: Final = (5, 6)


@dataclass(frozen=True, eq=False)
class World:
    """What never changes with the month: the clients, their credit and the register of branches."""

    seed: int
    branches: Network
    classes: Industries
    borrowers: Borrowers
    positions: Positions
    loans: Loans


@dataclass(frozen=True, eq=False)
class Book:
    """The loans in the book on one month end; all arrays run alike."""

    as_of: date
    month: int
    at: Ints
    """Position in `World.loans`."""
    position: Shorts
    node: Shorts
    """Booking branch, by position in the network."""
    original: Ints
    """Whole units of the loan's currency."""
    outstanding: Ints
    """In hundredths of the loan's currency."""
    past_due: Shorts
    tier: Shorts
    status: Shorts
    movement: Shorts
    issue: Shorts
    maturity: Shorts
    """As first agreed."""
    prolonged: Flags
    until: Shorts
    """Maturity after the extension, where it is prolonged."""
    drawn: Shorts
    approved: Shorts
    green_item: Shorts
    """Level-1 number, 0 where the loan is not green."""
    green_edition: Shorts
    account: Shorts


def bits(mix: Bits, start: int, width: int) -> Ints:
    """`width` of a loan's random bits, as a whole number."""
    return (mix >> np.uint64(start) & np.uint64((1 << width) - 1)).astype(np.int64)


def book(world: World, as_of: date) -> Book:
    """The loans in the book that month end, in order of their numbers."""
    loans, month = world.loans, month_number(as_of)
    at = np.flatnonzero((loans.start <= month) & (loans.end > month))
    position = loans.position[at]
    spot = _spot(world, at, position)
    arrears = _arrears(world, spot, month, day_number(as_of))
    original = _original(world, spot)
    drawn = days(spot.start, world.positions.day[position])
    approved = drawn - 2 - bits(spot.mix, 0, 5).astype(np.int32)
    green_item, green_edition = _green(world, spot, approved)
    positions = world.positions
    account = positions.product[position]
    account = np.where(positions.off_balance[position], len(ACCOUNTS) - 1, account)
    account = np.where(positions.entrusted[position], len(ACCOUNTS) - 2, account)
    return Book(
        as_of=as_of,
        month=month,
        at=at,
        position=position,
        node=world.branches.booking(as_of)[positions.node[position]],
        original=original,
        outstanding=_outstanding(world, spot, month, original, gone=arrears.written_off),
        past_due=arrears.days,
        tier=arrears.tier,
        status=arrears.status,
        movement=arrears.movement,
        issue=_issues(world, spot),
        maturity=days((spot.start + spot.term).astype(np.int32), positions.day[position]),
        prolonged=arrears.prolonged,
        until=days(
            np.where(arrears.prolonged, spot.end, spot.start).astype(np.int32),
            positions.day[position],
        ),
        drawn=drawn,
        approved=approved.astype(np.int32),
        green_item=green_item,
        green_edition=green_edition,
        account=account.astype(np.int32),
    )


def own_principal(held: Book) -> Ints:
    """By loan the principal on the bank's own book, in hundredths of the loan's currency."""
    own = (held.movement == 0) & (held.status < GONE)
    return np.where(own, held.outstanding, 0)


def principal_before(world: World, at: Ints, month: Shorts) -> Ints:
    """What some loans owe on the bank's own book at the end of the month before the given one."""
    spot = _spot(world, at, world.loans.position[at])
    none = np.zeros(len(at), dtype=np.bool_)
    left = _outstanding(world, spot, month - 1, _original(world, spot), gone=none)
    return np.where(world.positions.securitised_from[spot.position] < month, 0, left)


@dataclass(frozen=True, eq=False)
class _Spot:
    """The loans of a month, taken out of the world."""

    position: Shorts
    start: Shorts
    end: Shorts
    term: Shorts
    mix: Bits
    troubled: Flags
    restructured: Flags
    first: Flags


@dataclass(frozen=True, eq=False)
class _Arrears:
    days: Shorts
    tier: Shorts
    status: Shorts
    movement: Shorts
    prolonged: Flags
    written_off: Flags


def _spot(world: World, at: Ints, position: Shorts) -> _Spot:
    loans = world.loans
    return _Spot(
        position=position,
        start=loans.start[at],
        end=loans.end[at],
        term=loans.term[at],
        mix=loans.mix[at],
        troubled=loans.troubled[at],
        restructured=loans.restructured[at],
        first=loans.first[at],
    )


def _arrears(world: World, spot: _Spot, month: int, today: int) -> _Arrears:
    """Days past due and all that follows from them.

    The tiers keep to the 2023 measures: over 90 days at least substandard, over 270 at least doubtful,
    over 360 loss; a bank may be harsher than the days, never milder.
    """
    positions, at = world.positions, spot.position
    onset, resolved = positions.onset[at], positions.resolved[at]
    outcome = np.where(spot.troubled, positions.outcome[at], Outcome.NONE)
    leaving = spot.troubled & (month == resolved)
    written_off = leaving & (outcome == Outcome.WRITTEN_OFF)
    sold = leaving & (outcome == Outcome.TRANSFERRED)
    in_trouble = spot.troubled & (onset <= month) & ((month < resolved) | written_off | sold)
    since = days(np.where(in_trouble, onset, month).astype(np.int32), positions.day[at])
    late = _slips(spot, month) & ~spot.troubled
    slipped = days(np.where(late, month - bits(spot.mix, 42, 1), month).astype(np.int32), 5)
    late_days = np.where(in_trouble, today - since, np.where(late, today - slipped, 0))
    judged = np.where(late_days > 0, late_days + in_trouble * positions.harshness[at], 0)
    tier = (late_days > 10).astype(np.int32)  # noqa: PLR2004 - a slip of days stays normal
    for limit in (90, 270, 360):
        tier = tier + (judged > limit)
    watched = positions.watched_from[at]
    cured = spot.troubled & (outcome == Outcome.CURED) & (month >= resolved)
    mention = (watched <= month) & (month < watched + 12) | (cured & (month < resolved + 6))
    tier = np.where(mention, np.maximum(tier, 1), tier)
    tier = np.where(spot.restructured, np.where(month < spot.start + 12, 2, 1), tier)
    tier = np.where(written_off, 4, tier)
    prolonged = cured & (spot.end > spot.start + spot.term)
    extended = prolonged | ((bits(spot.mix, 59, 4) == 0) & (spot.term > 12) & mention)  # noqa: PLR2004
    status = np.select([written_off, sold, late_days > 0, extended], [3, 4, 2, 1], 0)
    securitised = positions.securitised_from[at] <= month
    return _Arrears(
        days=late_days.astype(np.int32),
        tier=tier.astype(np.int32),
        status=status.astype(np.int32),
        movement=np.select([sold, securitised & ~written_off], [1, 2], 0).astype(np.int32),
        prolonged=prolonged,
        written_off=written_off,
    )


def _slips(spot: _Spot, month: int) -> Flags:
    """Loans a few days or weeks late for one month or two, and then on time again."""
    length = np.maximum(spot.term - 4, 1)
    begins = spot.start + 1 + bits(spot.mix, 36, 6) % length
    slips = (bits(spot.mix, 26, 10) < spot.term) & (spot.term > 5)  # noqa: PLR2004 - half a year
    return slips & (begins <= month) & (month <= begins + bits(spot.mix, 42, 1))


def _original(world: World, spot: _Spot) -> Ints:
    positions, at = world.positions, spot.position
    line = positions.amount[at] * (70 + 30 * bits(spot.mix, 6, 3) // 7) * 100
    return line * 10 // np.array(YUAN_PER_UNIT, dtype=np.int64)[positions.currency[at]]


def _outstanding(
    world: World, spot: _Spot, month: int | Shorts, original: Ints, *, gone: Flags
) -> Ints:
    positions, at = world.positions, spot.position
    stop = np.where(spot.troubled, positions.onset[at], month)
    paid = np.clip(np.minimum(stop, month) - spot.start, 0, spot.term - 1).astype(np.int64)
    cents = original * 100
    left = np.where(positions.amortising[at], cents - cents * paid // spot.term, cents)
    return np.where(gone, 0, left)


def _issues(world: World, spot: _Spot) -> Shorts:
    positions, at = world.positions, spot.position
    client = world.borrowers.client[positions.borrower[at]]
    drawn = bits(spot.mix, 9, 10)
    renewed = np.where(client >= Client.SMALL, 260, 90)
    again = np.select([drawn < renewed, drawn < renewed + 100], [3, 1], 0)
    again = np.where(positions.product[at] >= Product.DISCOUNTED_BILL, 0, again)
    issue = np.where(spot.first, positions.first_issue[at], again)
    return np.where(spot.restructured, 2, issue).astype(np.int32)


def _green(world: World, spot: _Spot, approved: Shorts) -> tuple[Shorts, Shorts]:
    """Level-1 item and edition; a few of them wrong, as taggers are."""
    positions, at = world.positions, spot.position
    section = world.classes.section[positions.purpose[at] // len(Form)]
    new = approved >= day_number(GREEN_2025)
    old_item = np.full(len(at), 1, dtype=np.int32)
    new_item = np.full(len(at), 3, dtype=np.int32)
    for letter, (in_2019, in_2025) in _GREEN_ITEMS.items():
        here = section == ord(letter)
        old_item[here], new_item[here] = in_2019, in_2025
    slip = bits(spot.mix, 43, 8)
    stale, unsaid, unknown = slip < 8, (slip >= 8) & (slip < 13), (slip >= 13) & (slip < 16)  # noqa: PLR2004
    edition = np.where(new & ~stale, 1, 0)
    item = np.where(edition == 1, new_item, old_item)
    item = np.where(unknown & (edition == 0), 9, item)
    edition = np.where(unsaid, 2, edition)
    green = positions.green[at]
    return np.where(green, item, 0).astype(np.int32), edition.astype(np.int32)


def loan_frame(
    world: World, held: Book, tech_mark: pl.Series, marks: Mapping[str, pl.Series]
) -> pl.DataFrame:
    """The canonical loan table of that month end.

    Args:
        world: the bank.
        held: its book on the month end.
        tech_mark: the bank's own technology mark by borrower, null for none.
        marks: the columns that others write, by loan in the book.
    """
    positions, loans, at = world.positions, world.loans, held.position
    mix = loans.mix[held.at]
    replaced = np.isin(held.issue, (1, 2, 3)) & (loans.previous[held.at] >= 0)
    borrower = positions.borrower[at]
    corporate_tag = positions.sei_tag[at]
    return pl.DataFrame(
        {
            "loan_id": loans.ids.gather(held.at),
            "contract_id": numbered("K", at, 9),
            "borrower_id": world.borrowers.ids.gather(borrower),
            "booking_branch_id": words(world.branches.ids, held.node),
            "product_type": words(PRODUCTS, positions.product[at]),
            "gl_account_code": words(ACCOUNTS, held.account),
            "on_balance_sheet": pl.Series(~positions.off_balance[at]),
            "entrusted_flag": pl.Series(positions.entrusted[at]),
            "movement": words(MOVEMENTS, held.movement),
            "currency_code": words(CURRENCIES, positions.currency[at]),
            "original_amount": money(held.original * 100),
            "outstanding_principal": money(held.outstanding),
            "interest_rate": scaled(_basis_points(world, held, mix), Decimal("0.0001"), RATE),
            "approval_date": dates(held.approved),
            "disbursement_date": dates(held.drawn),
            "maturity_date": dates(held.maturity),
            "extended_maturity_date": dates(held.until, missing=~held.prolonged),
            "issue_type": words(ISSUES, held.issue),
            "previous_loan_id": blanked(
                loans.ids.gather(np.maximum(loans.previous[held.at], 0)), ~replaced
            ),
            "loan_status": words(STATUSES, held.status),
            "loan_classification": words(TIERS, held.tier),
            "days_past_due": pl.Series(held.past_due),
            "main_security_type": words(SECURITIES, positions.security[at]),
            "purpose_industry_code": world.classes.written.gather(positions.purpose[at]),
            "sei_tag": words((None, *"123456789"), corporate_tag),
            "green_tag": green_tags(mix, held.green_item),
            "green_catalogue_version": blanked(
                words(GREEN_EDITIONS, held.green_edition), held.green_item == 0
            ),
            "tech_loan_tag": tech_mark.gather(borrower),
            "supply_chain_product_code": words(
                (None, "SC01", "SC02", "SC03"),
                np.where(
                    positions.product[at] == Product.SUPPLY_CHAIN, 1 + bits(mix, 57, 2) % 3, 0
                ),
            ),
            **marks,
        },
        schema_overrides=LOAN_SNAPSHOT.dtypes,
    ).select(LOAN_SNAPSHOT.column_names)


def green_tags(mix: Bits, item: Shorts) -> pl.Series:
    """Green tags below some level-1 items, null where the item is 0."""
    place = (np.maximum(item, 1) - 1) * _SUB_ITEMS[0] * _SUB_ITEMS[1]
    place = place + bits(mix, 51, 4) % _SUB_ITEMS[0] * _SUB_ITEMS[1]
    place = place + bits(mix, 55, 4) % _SUB_ITEMS[1]
    return blanked(words(_all_green_tags(), place), item == 0)


def _all_green_tags() -> list[str]:
    return [
        f"{one}.{two}.{three}"
        for one in range(1, 10)
        for two in range(1, _SUB_ITEMS[0] + 1)
        for three in range(1, _SUB_ITEMS[1] + 1)
    ]


def _basis_points(world: World, held: Book, mix: Bits) -> Ints:
    positions, at = world.positions, held.position
    client = world.borrowers.client[positions.borrower[at]]
    product = positions.product[at]
    base = np.array(_RATES, dtype=np.int64)[client] + bits(mix, 19, 7) - 64
    age = np.clip(held.month - world.loans.start[held.at], 0, 60)
    base = base + age + np.array([0, 20, 125])[positions.currency[at]]
    base = base + 15 * np.isin(product, (Product.FIXED_ASSET, Product.REAL_ESTATE))
    bill = 130 + bits(mix, 19, 7) // 2
    return np.where(product >= Product.DISCOUNTED_BILL, bill, base)
