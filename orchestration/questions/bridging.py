"""The bridge between two published month ends: its books gathered, its sums checked, its parts told.

How a loan's share in a change is measured belongs in `transforms.analysis.bridge.books`, what it is worth
in `transforms.analysis.bridge.effects`. Here the months are found, in the version that is asked for, and
nothing is told that does not begin and end at the published figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Final

import polars as pl

from orchestration import months
from orchestration.bank import Bank
from orchestration.months import MonthAtWork
from orchestration.questions import bridge_inputs
from orchestration.questions.bridge_asked import Asked, OverTree, metric_of, month_of
from records.access import Scope
from records.published import Known
from transforms.analysis.bridge import books as bridge_books
from transforms.analysis.bridge import effects as bridge
from transforms.analysis.bridge import loans as bridge_loans
from transforms.analysis.bridge.books import FIRST, NOW, THEN, Between, Book, Walk
from transforms.analysis.bridge.causes import Cause
from transforms.analysis.bridge.effects import Amounts, Part
from transforms.analysis.bridge.shape import Shape, above, below, shape_of
from transforms.catalogue.model import Label, Metric, Reading, Unit
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.hierarchy import Tree

_PLACES: Final[Mapping[Unit, int]] = {Unit.CURRENCY: 2, Unit.COUNT: 0}
_EXACT: Final = 12
_MONTHS: Final = 12
_NEARLY: Final = Fraction(1, 10**9)


@dataclass(frozen=True)
class Printed:
    """One cause in decimals that add up.

    Attributes:
        part: the cause with its exact effects.
        amount: its effect; the amounts of all causes add up to the change.
        effects: the same by quotient, above and below; they add up to the amount.
    """

    part: Part
    amount: Decimal
    effects: tuple[Decimal, ...]


@dataclass(frozen=True, eq=False)
class Bridge:
    """One bridge, computed when first asked for.

    Attributes:
        bank: the bank.
        scope: who asks.
        asked: what for.
        metric: the metric as it is defined at the end.
        reading: its reading.
        node: the branch.
        first: the month that the bridge begins with, in the version asked for.
        then: the same month as known now.
        now: the month it ends with.
    """

    bank: Bank
    scope: Scope
    asked: Asked
    metric: Metric
    reading: Reading
    node: str
    first: MonthAtWork
    then: MonthAtWork
    now: MonthAtWork

    @classmethod
    def of(cls, bank: Bank, scope: Scope, asked: Asked) -> "Bridge":
        """The bridge that is asked for, with both ends looked up and nothing computed yet.

        Raises:
            BranchmarkError: if there is no such month, metric, reading or branch, the dates are the wrong
                way round, a figure is missing at one end, or the metric cannot be bridged.
        """
        bank.published.require(asked.start)
        bank.published.require(asked.end)
        if asked.start >= asked.end:
            raise BranchmarkError(
                f"A bridge leads from an earlier month end to a later one, not from {asked.start} to "
                f"{asked.end}. Exchange --from and --to, or name two months."
            )
        first = month_of(bank, asked.start, asked.known)
        now = month_of(bank, asked.end, asked.known)
        metric, reading = metric_of(bank, now.catalogue, asked, None)
        metric_of(bank, first.catalogue, asked, reading)
        # A refusal that names what can be asked for comes before anything about branches.
        shape_of(now.catalogue, metric, reading)
        nodes = tuple(
            bank.published.nodes(
                scope, as_of=asked.end, version=now.version, known=asked.known
            ).collect()["node_id"]
        )
        node = nodes[0] if asked.branch is None else scope.require(asked.branch)
        then = month_of(bank, asked.start, Known.NOW)
        made = cls(bank, scope, asked, metric, reading, node, first, then, now)
        if node not in nodes:
            raise made._no_branch(nodes)
        return made

    def _no_branch(self, nodes: tuple[str, ...]) -> BranchmarkError:
        if self.node in self._tree(self.first).nodes["node_id"]:
            rows = self._tree(self.now).counts_for.filter(pl.col("branch_id") == self.node)
            heir = rows.sort("node_id")["node_id"]
            depth = dict(self._tree(self.now).nodes.select("node_id", "depth").iter_rows())
            nearest = max(heir, key=lambda one: depth.get(one, 0), default=nodes[0])
            return BranchmarkError(
                f"{self.node} is no longer a branch on {self.asked.end}; its loans count for {nearest}. "
                f"Bridge {nearest}, or end before it closed."
            )
        return UnknownNameError(
            "branch", self.node, nodes, way_out="`branchmark kpis` lists the branches."
        )

    @property
    def unit(self) -> Unit:
        """What the figure and the amounts are measured in."""
        return self.metric.unit

    @property
    def places(self) -> int:
        """To how many decimals figures and amounts are told exactly."""
        return _PLACES.get(self.unit, _EXACT)

    @cached_property
    def shape(self) -> Shape:
        """How the figure is made from loans."""
        return shape_of(self.now.catalogue, self.metric, self.reading)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """What each loan adds, by column."""
        return tuple(self.shape.columns)

    @cached_property
    def trees(self) -> dict[str, Tree]:
        """The trees that loans count by, by the names of `bridge.books`."""
        now = self._tree(self.now)
        if self.asked.tree is OverTree.TODAY:
            return {FIRST: now, THEN: now, NOW: now}
        return {FIRST: self._tree(self.first), THEN: self._tree(self.then), NOW: now}

    def _tree(self, month: MonthAtWork) -> Tree:
        if month not in self._known:
            self._known[month] = months.tree(month)
        return self._known[month]

    @cached_property
    def _known(self) -> dict[MonthAtWork, Tree]:
        return {}

    @cached_property
    def inside(self) -> dict[str, pl.Series | None]:
        """By tree the branches that count for the node; at the root all, also those no tree knows."""
        return {name: inside_of(tree, self.node) for name, tree in self.trees.items()}

    @cached_property
    def walked(self) -> Walk:
        """The books between the two month ends."""
        start = self._book(self.then)
        reported = None if self.first.version == self.then.version else self._book(self.first)
        return bridge_books.walk(
            Between(
                start,
                self._book(self.now),
                bridge_inputs.events(self.bank, self.asked),
                reported,
                bridge_inputs.overridden(self.then, self.now),
            )
        )

    def _book(self, month: MonthAtWork) -> Book:
        found = bridge_inputs.book(
            month, *metric_of(self.bank, month.catalogue, self.asked, self.reading)
        )
        if list(found.shape.columns) != list(self.columns):
            raise BranchmarkError(
                f"{self.metric.metric_id} was another kind of figure on {month.as_of}: its change has no "
                "parts. Begin after its definition changed; `branchmark catalogue` tells when."
            )
        return found

    @cached_property
    def sums(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """What stood at the start and what moved: `tree, branch_id`, the second with `cause`."""
        rows, tree = self.walked.first
        start = (
            rows.group_by("branch_id")
            .agg(pl.col(name).sum() for name in self.columns)
            .with_columns(tree=pl.lit(tree))
            .collect(engine="streaming")
        )
        return start, bridge_books.sums(self.walked, self.columns)

    def here(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows of `sums` that count for the node."""
        return bridge.at_node(rows.lazy(), self.shape, self.inside).collect()

    @cached_property
    def ends(self) -> tuple[Amounts, Amounts]:
        """The sums of the node at the start and at the end."""
        start, moved = (self.here(rows) for rows in self.sums)
        before, added = bridge.total(start, self.columns), bridge.total(moved, self.columns)
        return before, {name: before[name] + added[name] for name in self.columns}

    @cached_property
    def exact(self) -> tuple[Part, ...]:
        """Every cause with its exact effect.

        Raises:
            BranchmarkError: as `require` does.
        """
        if self.shape.counted:
            return self._clients()
        self.require()
        before, after = self.ends
        moved = bridge.by_cause(self.here(self.sums[1]), self.columns)
        return tuple(bridge.parts(self.shape, before, after, moved))

    @cached_property
    def _steps(self) -> pl.DataFrame:
        return bridge.client_steps(self.walked, self.columns[0], self.inside)

    @property
    def _counted_ends(self) -> tuple[Amounts, Amounts]:
        counted = [Fraction(one) for one in self._steps["clients"]]
        return {self.columns[0]: counted[0]}, {self.columns[0]: counted[-1]}

    def _clients(self) -> tuple[Part, ...]:
        self.require()
        counted = [Fraction(one) for one in self._steps["clients"]]
        found = []
        for at, cause in enumerate(self._steps["cause"][1:], 1):
            added = counted[at] - counted[at - 1]
            if added:
                found.append(Part(Cause(cause), bridge.decimal(added), None, (added, Fraction(0))))
        return tuple(found)

    @cached_property
    def start(self) -> Decimal:
        """The figure at the start: as published, or restated to the later tree."""
        return self._values[0]

    @cached_property
    def end(self) -> Decimal:
        """The figure at the end, as published."""
        return self._values[1]

    @property
    def change(self) -> Decimal:
        """The end less the start."""
        return self.end - self.start

    @cached_property
    def _values(self) -> tuple[Decimal, Decimal]:
        self.require()
        end = self._published(self.now)["value"].quantize(Decimal(1).scaleb(-self.places))
        if self.asked.tree is OverTree.THEN:
            start = self._published(self.first)["value"].quantize(Decimal(1).scaleb(-self.places))
            return start, end
        begins = self._counted_ends if self.shape.counted else self.ends
        value = bridge.value_of(self.shape, begins[0])
        assert value is not None  # noqa: S101 - `require` refuses a start without a value
        return bridge.rounded(value, self.places), end

    def printed(self, places: int | None = None, *, scale: int = 0) -> tuple[Printed, ...]:
        """Every cause in decimals that add up to the change of the figures as printed.

        Args:
            places: how many decimals; those of `places` if not given.
            scale: by which power of ten the figure is printed larger: 2 for percent.
        """
        chosen = self.places if places is None else places
        factor = Fraction(10) ** scale
        unit = Decimal(1).scaleb(-chosen)
        told = [(one.scaleb(scale)).quantize(unit) for one in (self.start, self.end)]
        exact = [effect * factor for part in self.exact for effect in part.effects]
        leaves = bridge.apportioned(exact, told[1] - told[0], chosen)
        width = 2 * len(self.shape.quotients)
        found = []
        for number, part in enumerate(self.exact):
            own = tuple(leaves[number * width : (number + 1) * width])
            found.append(Printed(part, sum(own, Decimal(0)), own))
        return tuple(found)

    def adding_up(
        self, exact: Sequence[Fraction], total: Decimal, places: int, scale: int
    ) -> list[Decimal]:
        """Fractions of the figure's unit as decimals that add up to a total, `scale` powers of ten larger."""
        return bridge.apportioned([one * Fraction(10) ** scale for one in exact], total, places)

    @cached_property
    def notes(self) -> tuple[Label, ...]:
        """What a reader must know beside the parts."""
        found = []
        missing = bridge_inputs.without_events(self.bank, self.asked)
        if missing:
            en = ", ".join(day.isoformat() for day in missing)
            found.append(
                Label(
                    f"No loan events were delivered for {en}: what changed in those months is told without.",
                    f"以下月份未交付贷款发生额：{en}；其变动无法按发生额说明。",
                )
            )
        if self.asked.tree is OverTree.TODAY:
            found.append(
                Label(
                    f"The start is restated to the branches of {self.asked.end}.",
                    f"期初数已按 {self.asked.end} 的机构重述。",
                )
            )
        if self.first.version != self.then.version:
            found.append(
                Label(
                    f"{self.asked.start} was first reported as version {self.first.version}, and is known as "
                    f"version {self.then.version}.",
                    f"{self.asked.start} 首次报告为第 {self.first.version} 版，"
                    f"现为第 {self.then.version} 版。",
                )
            )
        return tuple(found)

    def by_loan(self, cause: Cause | None = None) -> pl.LazyFrame:
        """Each loan's share in the change; rows of `bridge_loans.SHARE`, loans without a share left out.

        Args:
            cause: only what one cause did.

        Raises:
            BranchmarkError: if clients are counted.
        """
        if self.shape.counted:
            raise BranchmarkError(
                f"{self.metric.metric_id} counts clients, and none of a client's loans is the one that "
                "counts. Ask by cause; `branchmark loans` lists the loans of either month."
            )
        self.require()
        if self.shape.of_bank:
            # The bank's side of the gap is made from every loan there is.
            self.scope.require(self.trees[NOW].root)
        moved = bridge_books.by_loan(self.walked, self.columns)
        rows = bridge.at_node(moved, self.shape, self.inside)
        if cause is not None:
            rows = rows.filter(pl.col("cause") == cause.value)
        return bridge_loans.shares(rows, self.shape, bridge.weights(self.shape, *self.ends))

    def require(self) -> None:
        """Refuse a figure without a value at one end, or published from other inputs than there are now.

        Raises:
            BranchmarkError: with the way out.
        """
        self._require(*(self._counted_ends if self.shape.counted else self.ends))

    def _require(self, before: Amounts, after: Amounts) -> None:
        ends = ((self.first, before), (self.now, after))
        for month, sums in ends:
            if bridge.value_of(self.shape, sums) is None:
                raise BranchmarkError(
                    f"{self.metric.metric_id} of {self.node} has no value on {month.as_of}: there is nothing "
                    "in the denominator. Bridge a total, or two months in which it has one."
                )
            if month is self.first and self.asked.tree is OverTree.TODAY:
                continue
            if not _agrees(self.shape, sums, self._published(month)):
                raise self._outdated(month)

    def _outdated(self, month: MonthAtWork) -> BranchmarkError:
        if self.asked.known is Known.REPORTED:
            return BranchmarkError(
                f"{month.as_of} was first reported from other tables, definitions or lists than are kept of "
                "it, so that figure cannot be split over loans. Ask for it as known now: --known now."
            )
        return BranchmarkError(
            f"{month.as_of} was published from other deliveries, definitions or lists than hold now, so "
            "its figure cannot be split over loans. Publish it anew: branchmark build."
        )

    def _published(self, month: MonthAtWork) -> Mapping[str, Decimal]:
        """The published figure of the node.

        Raises:
            BranchmarkError: if it has no value there, with the reason.
        """
        rows = (
            self.bank.published.facts(
                self.scope, as_of=month.as_of, version=month.version, known=self.asked.known
            )
            .filter(
                pl.col("metric_id") == self.metric.metric_id,
                pl.col("reading") == self.reading.name,
                pl.col("branch_id") == self.node,
                pl.col("slice") == TOTAL,
            )
            .collect()
        )
        if rows.is_empty():
            raise BranchmarkError(
                f"{self.node} has no {self.metric.metric_id} on {month.as_of}: there was no such branch. "
                "Restate the start to the branches of today with --tree today, or begin later."
            )
        row = rows.row(0, named=True)
        if row["value"] is None:
            raise BranchmarkError(
                f"{self.metric.metric_id} of {self.node} has no value on {month.as_of}: {row['reason']}. "
                "Bridge two months in which it has one."
            )
        return row

    def check_ends(self) -> None:
        """Refuse what has no figure at one of the ends, before anything is computed.

        Raises:
            BranchmarkError: with the reason.
        """
        self._published(self.now)
        if self.asked.tree is OverTree.THEN:
            self._published(self.first)


def inside_of(tree: Tree, node: str) -> pl.Series | None:
    """The branches that count for a node; nothing for all of them, also those no tree knows."""
    if node == tree.root:
        return None
    return tree.counts_for.filter(pl.col("node_id") == node)["branch_id"]


def _agrees(shape: Shape, sums: Amounts, row: Mapping[str, Decimal]) -> bool:
    """Whether sums are those of a published figure."""
    value = bridge.value_of(shape, sums)
    if value is None or abs(value - Fraction(row["value"])) > _NEARLY:
        return False
    if len(shape.quotients) > 1 or shape.counted:
        return True
    told = [(above(0), row["numerator"]), (below(0), row["denominator"])]
    return all(sums[name] == Fraction(one) for name, one in told if name in sums)
