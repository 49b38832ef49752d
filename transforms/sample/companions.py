"""What stands beside the demo bank's loans: certificates, first-loan events, chains, rates, ledger.

Each is drawn once for the whole window, with the odd rows that real files hold: evidence that is
missing, late or too old, certificates that lapse, a supplier of its own group. A month's file holds
what was known by that month end.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import numpy as np
import polars as pl

from transforms import periods
from transforms.sample import network as net
from transforms.sample.borrowers import TYPES, Borrowers, Client, group_ids
from transforms.sample.draws import (
    Flags,
    Ints,
    Shorts,
    below,
    blanked,
    chance,
    dates,
    day_number,
    days,
    first_day,
    month_number,
    numbered,
    one_of,
    pick,
    scaled,
    stream,
    words,
)
from transforms.sample.industries import Industries
from transforms.sample.positions import Loans, Positions, Product, Twins, Window
from transforms.sample.snapshot import CURRENCIES, ISSUES, Book
from transforms.schema import (
    FIRST_LOAN_EVENT,
    FX_RATE,
    RATE,
    SUPPLY_CHAIN_RELATION,
    TECH_ENTERPRISE_LIST,
)

LISTS: Final = (
    "high_tech",
    "tech_sme",
    "srdi",
    "innovative_sme",
    "little_giant",
    "demonstration",
    "single_champion",
    "technology_centre",
)
_LIST_WEIGHTS: Final = (34, 34, 14, 12, 3, 1, 1, 1)
_LIST_MONTHS: Final = (36, 12, 36, 36, 36, 60, 36, 60)
TECH_MARKS: Final = ("T01", "T02", "T03", "T07", "T04", "T05", "T06", "T07")
"""The bank's own mark by list, as in the central bank's technology loan items."""
FAR_DAY: Final = 60_000
"""A day beyond every window, for rows that never end."""
CHAIN_DIVISIONS: Final = (30, 36, 39)
_USD: Final = 71_200
_EUR: Final = 80_500


@dataclass(frozen=True, eq=False)
class Certificates:
    """Memberships of technology lists."""

    borrower: Ints
    kind: Shorts
    start: Shorts
    """First and last day, as day numbers."""
    end: Shorts
    frame: pl.DataFrame

    def holders(self, day: int, size: int) -> Flags:
        """By borrower: on any list that day."""
        held = np.zeros(size, dtype=np.bool_)
        held[self.borrower[(self.start <= day) & (self.end >= day)]] = True
        return held

    def known(self, as_of: date) -> pl.DataFrame:
        """The list as delivered for that month end."""
        return self.frame.filter(pl.col("valid_from") <= as_of)


def certificates(
    seed: int, borrowers: Borrowers, classes: Industries, window: Window, branches: net.Network
) -> Certificates:
    """Draw memberships: mostly of companies in listed industries, renewed or lapsed.

    The lists come from the authorities, so they also name companies that are no clients.
    """
    rng = stream(seed, "certificates")
    share = np.array([420_000, 380_000, 60_000, 9_000], dtype=np.int32)
    kind_of = classes.kind[borrowers.industry]
    firm = borrowers.client <= Client.MICRO
    member = np.flatnonzero(firm & chance(rng, share[kind_of], len(borrowers)))
    size = len(member)
    kind = pick(rng, _LIST_WEIGHTS, size)
    months = np.array(_LIST_MONTHS, dtype=np.int32)[kind]
    begin = window.first - 40 + below(rng, window.months + 40, size)
    day = 1 + below(rng, 28, size)
    again = np.flatnonzero(chance(rng, 620_000, size))
    other = np.flatnonzero(chance(rng, 300_000, size))
    other_kind = (kind[other] + 1 + below(rng, len(LISTS) - 1, len(other))) % len(LISTS)
    other_months = np.array(_LIST_MONTHS, dtype=np.int32)[other_kind]
    other_begin = window.first - 30 + below(rng, window.months + 30, len(other))
    borrower = np.concatenate([member, member[again], member[other]])
    kinds = np.concatenate([kind, kind[again], other_kind]).astype(np.int32)
    begins = np.concatenate([begin, begin[again] + months[again], other_begin]).astype(np.int32)
    spans = np.concatenate([months, months[again], other_months]).astype(np.int32)
    on_day = np.concatenate([day, day[again], day[other]])
    start = days(begins, on_day)
    open_ended = chance(rng, 30_000, len(start))
    open_ended[: len(again) + size] = False
    end = np.where(open_ended, FAR_DAY, days(begins + spans, on_day) - 1).astype(np.int32)
    frame = pl.DataFrame(
        {
            "borrower_id": borrowers.ids.gather(borrower),
            "list_type": words(LISTS, kinds),
            "certificate_no": numbered(
                "GR", begins * 1_000_000 + below(rng, 1_000_000, len(end)), 10
            ),
            "region_code": words(
                [node.region_code for node in branches.nodes], borrowers.node[borrower]
            ),
            "valid_from": dates(start),
            "valid_to": dates(end, missing=open_ended),
        },
        schema_overrides=TECH_ENTERPRISE_LIST.dtypes,
    )
    both = pl.concat([frame, _outsiders(seed, size, window, branches)])
    return Certificates(borrower, kinds, start, end, both.sort(TECH_ENTERPRISE_LIST.key))


def _outsiders(seed: int, count: int, window: Window, branches: net.Network) -> pl.DataFrame:
    """Memberships of as many companies that never borrow here, where the bank has branches."""
    rng = stream(seed, "technology companies elsewhere")
    again = np.flatnonzero(chance(rng, 300_000, count))
    who = np.concatenate([np.arange(count), again])
    size = len(who)
    kind = pick(rng, _LIST_WEIGHTS, count)
    second = (kind[again] + 1 + below(rng, len(LISTS) - 1, len(again))) % len(LISTS)
    kinds = np.concatenate([kind, second]).astype(np.int32)
    months = np.array(_LIST_MONTHS, dtype=np.int32)[kinds]
    # Many are renewed without a gap, which the authorities write as one long membership.
    months = months * (1 + 2 * chance(rng, 660_000, size))
    begin = (window.first - 40 + below(rng, window.months + 40, size)).astype(np.int32)
    day = 1 + below(rng, 28, size)
    tier1 = branches.of_level("tier1")
    place = pick(rng, [node.weight for node in tier1], count)
    return pl.DataFrame(
        {
            "borrower_id": numbered("E", who + 1, 9),
            "list_type": words(LISTS, kinds),
            "certificate_no": numbered(
                "GR", begin.astype(np.int64) * 1_000_000 + below(rng, 1_000_000, size), 10
            ),
            "region_code": words([node.region_code for node in tier1], place[who]),
            "valid_from": dates(days(begin, day)),
            "valid_to": dates(days(begin + months, day) - 1),
        },
        schema_overrides=TECH_ENTERPRISE_LIST.dtypes,
    )


def tech_marks(seed: int, held: Certificates, size: int, day: int) -> pl.Series:
    """The bank's own technology mark by borrower: mostly right, sometimes stale or missing."""
    rng = stream(seed, "technology mark")
    overlooked, marked = chance(rng, 90_000, size), chance(rng, 2_000, size)
    mark = np.where(marked, 1, 0)
    ever = held.start <= day
    mark[held.borrower[ever]] = held.kind[ever] + 1
    # Marks of lapsed members are taken off, but not everywhere.
    stale = ~held.holders(day, size) & ~chance(rng, 150_000, size)
    mark = np.where((stale & ~marked) | overlooked, 0, mark)
    return words((None, *TECH_MARKS), mark)


@dataclass(frozen=True, eq=False)
class Events:
    """First-loan events of the window; the arrays run over those that may be first of all banks."""

    borrower: Ints
    loan: Ints
    node: Shorts
    month: Shorts
    day: Shorts
    qualifies: Flags
    """Counts as a first-time client: proven, and the first such event of its borrower."""
    elsewhere: Ints
    """First loans here of clients that have loans of other banks: new to the bank, nothing more."""
    frame: pl.DataFrame
    """The canonical rows in order of their key, with the month they are reported in as `_month`."""

    def reported(self, as_of: date) -> pl.DataFrame:
        """The events of that month."""
        rows = self.frame.filter(pl.col("_month") == month_number(as_of))
        return rows.select(FIRST_LOAN_EVENT.column_names)


def events(
    seed: int,
    borrowers: Borrowers,
    positions: Positions,
    loans: Loans,
    *,
    again: Twins,
    held: Certificates,
    branches: net.Network,
) -> Events:
    """Draw the events: about a third of new clients never had a loan from any bank.

    The others are told too, with nothing but the bank's own records for evidence.
    """
    rng = stream(seed, "first loans")
    first_loan = np.full(len(positions.start), -1, dtype=np.int64)
    first_loan[loans.position[loans.first]] = np.flatnonzero(loans.first)
    clients = len(borrowers)
    fresh = (borrowers.entry >= 0) & (borrowers.client != Client.PUBLIC)
    # Technology companies are the ones that come without any credit history.
    young = np.zeros(clients, dtype=np.bool_)
    young[held.borrower] = True
    fresh &= chance(rng, np.where(young, 900_000, 300_000).astype(np.int32), clients)
    fresh[again.borrower] = True
    bill = positions.product >= Product.DISCOUNTED_BILL
    chosen = np.concatenate([np.flatnonzero(fresh & ~bill[:clients]), again.position])
    chosen = chosen[first_loan[chosen] >= 0]
    loan, size = first_loan[chosen], len(chosen)
    month = positions.start[chosen]
    drawn = days(month, positions.day[chosen])
    issue = positions.first_issue[chosen]
    evidence = pick(rng, (860, 80, 40, 20), size)
    lag = np.select(
        [evidence == 0, evidence == 2, evidence == 3],  # noqa: PLR2004 - fresh, stale, late
        [below(rng, 26, size), 31 + below(rng, 60, size), -1 - below(rng, 5, size)],
        0,
    )
    checked = (drawn - lag).astype(np.int32)
    unproven = evidence == 1
    month_last = days(month + 1, 1) - 1
    revoked_at = np.minimum(drawn + 1 + below(rng, 12, size), month_last).astype(np.int32)
    revoked = chance(rng, 15_000, size) & (revoked_at > drawn)
    told = np.zeros(len(positions.start), dtype=np.bool_)
    told[chosen] = True
    others = np.flatnonzero((borrowers.entry >= 0) & (first_loan[:clients] >= 0) & ~told[:clients])
    own = np.ones(len(others), dtype=np.int32)
    level = np.where(unproven, 1 + below(rng, 2, size), 0)
    never = np.ones(len(others), dtype=np.bool_)
    at = np.concatenate([chosen, others])
    first, unproven = first_loan[at], np.concatenate([unproven, never])
    client = borrowers.client[positions.borrower[at]]
    frame = pl.DataFrame(
        {
            "borrower_id": borrowers.ids.gather(positions.borrower[at]),
            "loan_id": loans.ids.gather(first),
            "branch_id": words(branches.ids, _booked(branches, positions, at)),
            "event_date": dates(days(positions.start[at], positions.day[at])),
            "issue_type": words(ISSUES, positions.first_issue[at]),
            "borrower_type": words(TYPES, client),
            "registry_checked_on": dates(np.concatenate([checked, own]), missing=unproven),
            "evidence_ref": blanked(numbered("CR", first + 1, 10), unproven),
            "evidence_level": words(
                ("registry", "own_bank", "unknown"), np.concatenate([level, own])
            ),
            "revoked_on": dates(
                np.concatenate([revoked_at, own]), missing=np.concatenate([~revoked, never])
            ),
        },
        schema_overrides=FIRST_LOAN_EVENT.dtypes,
    ).with_columns(_month=pl.Series(positions.start[at]))
    client = client[:size]
    good = (client <= Client.MICRO) & (issue == 0) & (evidence == 0) & ~revoked
    who = positions.borrower[chosen].astype(np.int64)
    order = np.lexsort((loan, who, ~good))
    _, first_of = np.unique(np.where(good, who, -1)[order], return_index=True)
    counted = np.zeros(size, dtype=np.bool_)
    counted[order[first_of]] = True
    return Events(
        borrower=who,
        loan=loan,
        node=_booked(branches, positions, chosen),
        month=month,
        day=drawn,
        qualifies=counted & good,
        elsewhere=first_loan[others],
        frame=frame.sort(FIRST_LOAN_EVENT.key),
    )


def _booked(branches: net.Network, positions: Positions, at: Ints) -> Shorts:
    """The branch that books the first loan of each position at the end of its first month."""
    kept, month = positions.node[at].astype(np.int32), positions.start[at]
    for number in np.unique(month).tolist():
        here = month == number
        kept[here] = branches.booking(periods.month_end(first_day(number)))[kept[here]]
    return kept


@dataclass(frozen=True, eq=False)
class Relations:
    """Ties of borrowers to core enterprises."""

    borrower: Ints
    loan: Ints
    """Position of the one loan the relation is for, -1 for all of the borrower's."""
    core: Ints
    """The core enterprise among the borrowers, -1 where none is named."""
    start: Shorts
    end: Shorts
    proven: Flags
    """Core enterprise and evidence named, and not the borrower's own group."""
    frame: pl.DataFrame

    def tied(self, held: Book, borrower: Shorts) -> Flags:
        """By loan in the book: tied to a core enterprise of another group, with evidence."""
        today = day_number(held.as_of)
        valid = self.proven & (self.start <= today) & (self.end >= today)
        whole, single = valid & (self.loan < 0), valid & (self.loan >= 0)
        by_client = np.isin(borrower, self.borrower[whole])
        return by_client | np.isin(held.at, self.loan[single])

    def known(self, as_of: date) -> pl.DataFrame:
        """The relations as delivered for that month end."""
        return self.frame.filter(pl.col("valid_from") <= as_of)


def relations(
    seed: int,
    borrowers: Borrowers,
    positions: Positions,
    loans: Loans,
    *,
    classes: Industries,
    window: Window,
) -> Relations:
    """Draw chains around large makers of cars, electronics and building materials."""
    rng = stream(seed, "chains")
    clients = len(borrowers)
    core = _cores(borrowers, classes)
    green = np.zeros(clients, dtype=np.bool_)
    green[positions.borrower[positions.green]] = True
    supplier = (borrowers.client >= Client.MEDIUM) & (borrowers.client <= Client.MICRO)
    section = classes.section[borrowers.industry]
    supplier &= np.isin(section, [ord("C"), ord("F"), ord("G"), ord("N"), ord("D")])
    likely = np.where(green, 420_000, 45_000).astype(np.int32)
    borrower = np.flatnonzero(supplier & chance(rng, likely, clients))
    size = len(borrower)
    chosen = core[one_of(rng, np.full(size, len(core)))]
    entry = np.maximum(borrowers.entry[borrower], window.first)
    begin = np.where(
        borrowers.entry[borrower] < 0, window.first - 12 + below(rng, 12, size), entry
    ).astype(np.int32)
    start = days(begin, 28)
    span = 6 + below(rng, 30, size)
    lapses = chance(rng, 420_000, size)
    end = np.where(lapses, days(begin + span, 27), FAR_DAY).astype(np.int32)
    gap = pick(rng, (880, 60, 30, 30), size)
    core_group = borrowers.group[chosen]
    own = chance(rng, 15_000, size) & (borrowers.group[borrower] > 0)
    core_group = np.where(own, borrowers.group[borrower], core_group).astype(np.int32)
    loan = _a_loan(positions, loans, clients, window.first)[borrower]
    loan = np.where(chance(rng, 120_000, size) & (loan >= 0), loan, -1)
    drawn = days(loans.start[np.maximum(loan, 0)], 28) if len(loans.start) else start
    start = np.where(loan >= 0, np.maximum(start, drawn), start).astype(np.int32)
    end = np.maximum(end, start).astype(np.int32)
    use = np.where(green[borrower], 1 + below(rng, 4, size), 0)
    unnamed, no_kind, no_ref = gap == 3, gap == 1, gap == 2  # noqa: PLR2004 - the gaps above
    frame = pl.DataFrame(
        {
            "relation_id": numbered("SC", np.arange(1, size + 1), 8),
            "borrower_id": borrowers.ids.gather(borrower),
            "loan_id": blanked(loans.ids.gather(np.maximum(loan, 0)), loan < 0),
            "core_enterprise_id": blanked(borrowers.ids.gather(chosen), unnamed),
            "core_group_id": group_ids(core_group),
            "role": words(
                ("supplier", "distributor", "buyer", "logistics"), pick(rng, (80, 14, 3, 3), size)
            ),
            "evidence_type": blanked(
                words(
                    ("confirmed_payable", "order", "e_voucher", "contract", "platform_data"),
                    pick(rng, (35, 20, 20, 20, 5), size),
                ),
                no_kind,
            ),
            "evidence_ref": blanked(numbered("EV", np.arange(1, size + 1), 8), no_kind | no_ref),
            "green_use_code": words(
                (None, "energy_saving_equipment", "recycling_line", "cleaner_production", "other"),
                use,
            ),
            "valid_from": dates(start),
            "valid_to": dates(end, missing=end >= FAR_DAY),
        },
        schema_overrides=SUPPLY_CHAIN_RELATION.dtypes,
    )
    same = (core_group > 0) & (core_group == borrowers.group[borrower])
    return Relations(
        borrower=borrower,
        loan=loan,
        core=np.where(unnamed, -1, chosen),
        start=start,
        end=end,
        proven=(gap == 0) & ~same,
        frame=frame,
    )


def _cores(borrowers: Borrowers, classes: Industries) -> Ints:
    """Up to thirty large makers; the largest clients there are where the bank has no such maker."""
    maker = np.isin(classes.division[borrowers.industry], CHAIN_DIVISIONS)
    maker &= borrowers.client == Client.LARGE
    found = np.flatnonzero(maker & (borrowers.entry < 0))[:30]
    return found if len(found) else np.argsort(-borrowers.limit, kind="stable")[:1]


def _a_loan(positions: Positions, loans: Loans, clients: int, first: int) -> Ints:
    """By borrower one of its loans in the window, -1 for none."""
    loan = np.full(clients, -1, dtype=np.int64)
    within = np.flatnonzero(loans.end > first)
    loan[positions.borrower[loans.position[within]]] = within
    return loan


def rates(seed: int, window: Window) -> dict[int, tuple[int, int, int]]:
    """By month the yuan per unit of each currency, in ten-thousandths; within a narrow band."""
    rng = stream(seed, "exchange rates")
    euro = np.clip(_EUR + np.cumsum(below(rng, 1_401, window.months) - 700), 76_500, 83_500)
    dollar = np.clip(_USD + np.cumsum(below(rng, 301, window.months) - 150), 69_500, 73_500)
    return {
        window.first + at: (10_000, int(euro[at]), int(dollar[at])) for at in range(window.months)
    }


def rate_frame(of_month: tuple[int, int, int]) -> pl.DataFrame:
    """The exchange rates of one month end."""
    units = np.array(of_month, dtype=np.int64)
    return pl.DataFrame(
        {
            "currency_code": pl.Series(CURRENCIES),
            "rate": scaled(units, Decimal("0.0001"), RATE),
        },
        schema_overrides=FX_RATE.dtypes,
    )
