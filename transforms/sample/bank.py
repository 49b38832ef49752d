"""The demo bank: a believable Chinese bank, month by month, from a seed.

`demo_bank(BankSpec())` draws the static world once (branches, borrowers, life cycles of loans);
`DemoBank.month` reads the canonical tables of a month end off it. The same specification gives the same
bytes on any day, machine and number of threads.

What a reader can find in it, all at the last month (`DemoBank.stories` tells those that the size of the
bank allows, with figures):

- B205 Changzhou: its inclusive NPL ratio is just inside the tolerance of 3.00 points over all loans.
- B503 Chongqing: just outside it.
- B303 Foshan: grows fastest of all without structure; its share of strategic emerging industries falls
  and misses its target.
- B404 Zhuzhou: merged into B403 Changsha two thirds through the window, sub-branches and all.
- B601 Jinan: the month before the last was delivered twice. At first some of its bad loans were told as
  special mention.
- B60203, a sub-branch in Qingdao: its ledger is 5,000,000.00 yuan above its loans in the last three
  months.

Also there: a sub-branch that moved from Hangzhou (B206) to Jiaxing (B208), three that open within the
window, clients of two branches, credit lines at exactly ten million, certificates that lapse, tags in
the wrong field, green items of the wrong edition, first-loan events without evidence or twice, suppliers
of their core enterprise's own group, targets that are only drafts, and values mended by hand for a
while. Beside the stocks stand the flows:
every drawdown, repayment, renewal, write-off and move between branches, so that opening and events give
the closing principal of each loan and branch; recoveries of loans written off; collateral, guarantees
and facilities of what is in the book; trade along the chains, loan prime rates and net capital. Some of
it is odd on purpose: facilities that do not add up to the client's line, items worth less than what is
allocated of them, source marks that are wrong, pairs that are paid ever later.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property, partial
from types import MappingProxyType
from typing import Final

import numpy as np
import polars as pl

from transforms import periods
from transforms.errors import BadDateError, BranchmarkError, NoSuchMonthError
from transforms.reference import tables
from transforms.sample import borrowers as people
from transforms.sample import (
    companions,
    corrections,
    facilities,
    firms,
    flows,
    ledger,
    markets,
    marks,
    measures,
    positions,
    security,
    snapshot,
    stories,
    targets,
    trade,
)
from transforms.sample import network as net
from transforms.sample.draws import Flags, Ints, Shorts, day_number, month_number
from transforms.sample.industries import industries
from transforms.sample.network import network
from transforms.sample.restated import SHORTEST_WINDOW, Restated, restated
from transforms.sample.snapshot import World

LONGEST_WINDOW = 120
UNDELIVERED: Final = MappingProxyType({"loan_snapshot": ("housing_loan_flag",)})
"""Columns the bank's files leave out, by table; in `DemoBank.month` they stand empty, as declared."""


@dataclass(frozen=True)
class BankSpec:
    """How large a bank, over which months, from which seed.

    Attributes:
        months: month ends, up to `last`.
        loans: loan rows at the last month, about.
        seed: of every draw.
        last: the last month end.
    """

    months: int = 24
    loans: int = 60_000
    seed: int = 20260101
    last: date = field(default=date(2026, 10, 31))

    def __post_init__(self) -> None:
        """Refuse a bank that cannot be drawn."""
        if not 1 <= self.months <= LONGEST_WINDOW:
            raise BranchmarkError(
                f"A demo bank of {self.months} months cannot be drawn. Ask for 1 to {LONGEST_WINDOW}."
            )
        if self.loans < 1 or self.seed < 0:
            raise BranchmarkError(
                f"A demo bank of {self.loans} loans from seed {self.seed} cannot be drawn. Ask for at "
                "least one loan and a seed of 0 or more."
            )
        if self.last != periods.month_end(self.last):
            raise BadDateError(self.last.isoformat(), nearest=periods.month_end(self.last))


@dataclass(frozen=True, eq=False)
class DemoBank:
    """A drawn bank; ask it for a month."""

    spec: BankSpec
    world: World
    certificates: companions.Certificates
    events: companions.Events
    relations: companions.Relations
    rates: dict[int, tuple[int, int, int]]
    window: positions.Window
    sources: marks.Sources
    pairs: trade.Pairs

    @property
    def month_ends(self) -> tuple[date, ...]:
        """The month ends of the window, oldest first."""
        return periods.month_ends(self.spec.last, self.spec.months)

    @cached_property
    def stories(self) -> dict[str, str]:
        """What is worth finding at the last month, by branch: one sentence each."""
        told = stories.tell(self.world, self.month_ends, self._flags)
        return told if self.restated is None else {**told, net.RESTATED: self.restated.story}

    @cached_property
    def restated(self) -> Restated | None:
        """The month before the last as it was delivered first; none in a bank of few months."""
        if len(self.month_ends) < SHORTEST_WINDOW:
            return None
        as_of = self.month_ends[-2]
        return restated(self.month(as_of)["loan_snapshot"], self.world.branches, as_of)

    @property
    def drawn_targets(self) -> pl.DataFrame:
        """Every target that was set by the last month end, drafts among them; rows of `TARGET`."""
        return targets.known(self._targets, self.world.branches, self.month_ends[-1])

    def month(self, as_of: date) -> dict[str, pl.DataFrame]:
        """Every table that is delivered for that month end, typed and ordered as declared, sorted by key.

        Raises:
            NoSuchMonthError: if the month is not in the bank's window.
        """
        if as_of not in self.month_ends:
            raise NoSuchMonthError(as_of, self.month_ends, what="in the demo bank")
        world, month, sources = self.world, month_number(as_of), self.sources
        held = snapshot.book(world, as_of)
        before = snapshot.book(world, periods.previous_month_end(as_of))
        tech = companions.tech_marks(
            self.spec.seed, self.certificates, len(world.borrowers), day_number(as_of)
        )
        columns = marks.loan_columns(world, held, sources)
        pledges = sources.pledges
        differs = ledger.differences(self.window, month)
        return {
            "loan_snapshot": snapshot.loan_frame(world, held, tech, columns),
            "borrower_snapshot": firms.borrower_frame(sources.firms, world.borrowers, as_of),
            "branch": world.branches.branch_frame(as_of),
            "branch_hierarchy": world.branches.hierarchy_frame(as_of),
            "tech_enterprise_list": self.certificates.known(as_of),
            "borrower_first_loan_event": self.events.reported(as_of),
            "supply_chain_relation": self.relations.known(as_of),
            "gl_control_total": ledger.ledger_frame(world, held, differs),
            "reconciliation_item": ledger.item_frame(differs, as_of),
            "fx_rate": companions.rate_frame(self.rates[month]),
            "loan_event": flows.event_frame(world, before, held, self._disposals),
            "write_off_recovery": flows.write_off_frame(world, self._disposals, as_of),
            "collateral": security.collateral_frame(world, held, pledges),
            "loan_collateral": security.loan_collateral_frame(world, held, pledges),
            "guarantee": security.guarantee_frame(world, held, pledges, self.relations),
            "facility": facilities.facility_frame(
                world, held, sources.facilities, self.rates[month]
            ),
            "lpr_rate": markets.quotations(as_of),
            "net_capital": markets.capital_frame(self._capital, as_of),
            "supply_chain_trade": trade.trade_frame(
                self.spec.seed, world.borrowers, self.pairs, as_of
            ),
            "override": corrections.known(self._overrides, as_of),
        }

    @cached_property
    def _overrides(self) -> pl.DataFrame:
        last = self.spec.last
        held = snapshot.book(self.world, last)
        tech = companions.tech_marks(
            self.spec.seed, self.certificates, len(self.world.borrowers), day_number(last)
        )
        columns = marks.loan_columns(self.world, held, self.sources)
        return corrections.override_frame(
            self.world,
            held,
            snapshot.loan_frame(self.world, held, tech, columns),
            firms.borrower_frame(self.sources.firms, self.world.borrowers, last),
        )

    @cached_property
    def _disposals(self) -> flows.Disposals:
        return flows.draw_disposals(self.world, first=self.window.first, last=self.window.last)

    @cached_property
    def _capital(self) -> markets.Capital:
        last = self.spec.last
        return markets.capital(
            self.world,
            snapshot.book(self.world, last),
            self.rates[month_number(last)],
            first=self.window.first,
        )

    @cached_property
    def _targets(self) -> pl.DataFrame:
        ends = self.month_ends
        return targets.target_frame(
            self.world,
            {
                year: (as_of, partial(self._reached, as_of, targets.base_of(year, ends)))
                for year, as_of in targets.year_ends(ends).items()
            },
        )

    def _reached(self, as_of: date, base: date | None) -> targets.Sums:
        return targets.reached(
            self.world,
            self._flags(self.world, as_of),
            None if base is None else self._flags(self.world, base),
            found=self.events,
            lists=self.certificates,
        )

    def _flags(self, world: World, as_of: date) -> measures.Flagged:
        return measures.flag(
            world,
            snapshot.book(world, as_of),
            rates=self.rates[month_number(as_of)],
            lists=self.certificates,
            chains=self.relations,
        )


def demo_bank(spec: BankSpec) -> DemoBank:
    """Draw the bank: everything that does not change with the month, once."""
    seed = spec.seed
    reference = tables.load()
    window = positions.Window.of(last=month_number(spec.last), months=spec.months, loans=spec.loans)
    branches = network(reference, last=spec.last, months=spec.months)
    classes = industries(reference)
    entry, further = positions.entries(seed, window)
    who = people.roll(seed, branches, classes, entry)
    lent, again = positions.draw_positions(seed, window, who, further, branches, classes)
    clients = people.enlist(
        seed,
        who,
        _need(lent.borrower, lent.amount, len(entry)),
        first=window.first,
        last=window.last,
    )
    loans = positions.draw_loans(seed, window, lent)
    world = World(seed, branches, classes, clients, lent, loans)
    lists = companions.certificates(seed, clients, classes, window, branches)
    events = companions.events(
        seed, clients, lent, loans, again=again, held=lists, branches=branches
    )
    chains = companions.relations(seed, clients, lent, loans, classes=classes, window=window)
    drawn = DemoBank(
        spec=spec,
        world=world,
        certificates=lists,
        events=events,
        relations=chains,
        rates=companions.rates(seed, window),
        window=window,
        sources=_sources(world, lists, events, window),
        pairs=trade.draw_pairs(seed, clients, chains, first=window.first),
    )
    acted = stories.steered(world, spec.last, drawn._flags)  # noqa: SLF001 - its own maker
    return replace(drawn, world=acted)


def _sources(
    world: World,
    lists: companions.Certificates,
    events: companions.Events,
    window: positions.Window,
) -> marks.Sources:
    """Draw what stands behind the columns of the loans that are not their own."""
    seed, clients, lent = world.seed, world.borrowers, world.positions
    technology: Flags = np.zeros(len(clients), dtype=np.bool_)
    technology[lists.borrower] = True
    return marks.Sources(
        firms=firms.draw_firms(
            seed,
            clients,
            branches=world.branches,
            classes=world.classes,
            technology=technology,
            first=window.first,
        ),
        facilities=facilities.draw_facilities(seed, clients, lent, first=window.first),
        pledges=security.draw_pledges(seed, clients, lent, technology),
        first_loans=marks.first_loan_marks(seed, len(world.loans.position), events),
        rental=marks.rental_housing(seed, lent),
    )


def _need(borrower: Shorts, amount: Ints, clients: int) -> Ints:
    """By borrower the most it may ever owe, over all its positions."""
    need = np.zeros(clients, dtype=np.int64)
    np.add.at(need, borrower, amount)
    return need
