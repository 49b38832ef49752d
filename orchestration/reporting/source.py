"""What the reports of one return and month are filled from, read once, within a scope.

How cells are filled, adjusted and checked is said in `transforms.returns`; what becomes of a filled report,
in `preparing` and `workflow`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import polars as pl

from orchestration.bank import SYSTEM, Bank
from orchestration.reporting import heads
from orchestration.reporting.defined import made_for, period_of, periods, require
from records.access import Scope
from records.ledger.adjustments import AdjustmentState
from records.ledger.returns import Head
from records.package_store import PackageStore
from records.published import Publication, Published
from transforms.catalogue.model import Catalogue
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.hierarchy import NODE, branch_of, under
from transforms.returns import adjusting, cross_checks, filling, load
from transforms.returns.model import (
    Cell,
    CheckKind,
    MadeFor,
    Moment,
    PictureKind,
    Point,
    Return,
    ReturnTable,
)
from transforms.returns.package import ADJUSTED, Package


@dataclass(frozen=True, eq=False)
class Source:
    """What the reports of one return and month are filled from, read once within a scope.

    Attributes:
        bank: whose.
        scope: who asks.
        return_: the return.
        as_of: the period's end.
        published: everything as published at one moment.
        tree: the units in the scope, as organised in that month.
        named: the units whose facts were read; none for all.
    """

    bank: Bank
    scope: Scope
    return_: Return
    as_of: date
    published: Published
    tree: pl.DataFrame
    named: tuple[str, ...] | None = None

    @classmethod
    def of(
        cls,
        bank: Bank,
        scope: Scope,
        return_: Return,
        as_of: date | None,
        units: Collection[str] | None = None,
    ) -> "Source":
        """What a return of a month is filled from.

        Args:
            bank: whose.
            scope: who asks.
            return_: the return.
            as_of: the period's end; the newest published one if not given.
            units: the units that are filled; all that it is made for, if none are named.

        Raises:
            NoSuchMonthError: if the month is not published.
            BranchmarkError: if the return is not made in that month.
        """
        published = bank.published.pinned()
        day = period_of(published, return_, as_of)
        tree = published.nodes(scope, as_of=day).select(*NODE).collect()
        named = None if units is None else tuple(units)
        return cls(bank, scope, return_, day, published, tree, named)

    @property
    def publication(self) -> Publication:
        """The month's newest publication."""
        return self.published.current()[self.as_of, self.published.newest_versions()[self.as_of]]

    @property
    def catalogue(self) -> Catalogue:
        """The definitions of the month."""
        return self.bank.definitions.on(self.as_of)

    @property
    def units(self) -> tuple[str, ...]:
        """The units in the scope that the return is made for."""
        return made_for(self.tree, self.return_)

    def unit(self, asked: str | None) -> str:
        """A unit that the return is made for; the only one, if none is named.

        Raises:
            AccessError: if it, or a unit below it, lies outside the scope.
            UnknownNameError: if there is no such unit.
            BranchmarkError: if it is not made for that unit, or nobody says for which.
        """
        return_, known = self.return_, self.units
        if asked is None:
            if return_.made_for is MadeFor.BANK:
                whole = self.published.nodes(SYSTEM, as_of=self.as_of).collect()
                return self.scope.require(made_for(whole, return_)[0])
            if len(known) != 1:
                raise BranchmarkError(
                    f"{return_.return_id} is made for each of {len(known)} units. Name one with --branch, "
                    "or take --all-units."
                )
            return known[0]
        self.scope.require(asked)
        every = tuple(self.tree["node_id"])
        if asked not in every:
            raise UnknownNameError(
                "unit",
                asked,
                every,
                way_out=f"{len(every)} are open at {self.as_of}; `branchmark kpis` lists them.",
            )
        if asked not in known:
            levels = ", ".join(return_.levels)
            whom = f"units of level {levels}" if levels else "the whole bank"
            raise BranchmarkError(
                f"{return_.return_id} is made for {whom}, and {asked} is none of them. "
                f"`branchmark report` says for whom each report is made."
            )
        return asked

    def package(self, unit: str) -> Package:
        """The report of a unit, filled, adjusted and checked.

        Raises:
            AccessError: if the unit, or one below it, lies outside the scope.
        """
        tree = self._tree_of(unit)
        facts = self._facts_of(tree)
        cells, series, applied = self._filled(self.return_, unit, self.as_of, facts, tree)
        verdicts = cross_checks.verdicts(
            self.return_, cells, earlier=self._earlier(unit), others=self._others(unit)
        )
        publication = self.publication
        return Package(
            return_id=self.return_.return_id,
            return_version=self.return_.version,
            definition_hash=self._definition_hash,
            unit_id=unit,
            as_of=self.as_of,
            snapshot_version=publication.snapshot_version,
            run_id=publication.run_id,
            fingerprint=publication.fingerprint,
            base_currency=self.bank.workspace.base_currency,
            units=filling.units(self.return_, unit, tree),
            cells=cells,
            series=series,
            verdicts=verdicts,
            adjustments=applied,
            bank=self.bank.workspace.name,
        )

    def cells(self, unit: str) -> pl.DataFrame:
        """The cells of a unit's report, adjusted, without its checks."""
        tree = self._tree_of(unit)
        return self._filled(self.return_, unit, self.as_of, self._facts_of(tree), tree)[0]

    def _filled(
        self, return_: Return, unit: str, as_of: date, facts: pl.DataFrame, tree: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Cells and series with what was adjusted, and which adjustments moved them."""
        catalogue = self.bank.definitions.on(as_of)
        cells, series = filling.cells(return_, unit, as_of, facts, tree, catalogue)
        entered = self._adjustments.filter(pl.col("branch_id").is_in(tree["node_id"].implode()))
        return adjusting.adjusted(return_, cells, series, entered, facts, tree, catalogue)

    def _earlier(self, unit: str) -> Mapping[date, pl.DataFrame]:
        """What was released for the month ends that opening figures are of; else what would be now."""
        found: dict[date, pl.DataFrame] = {}
        for day in self._openings:
            head = self._released.get((unit, day))
            if head is not None:
                found[day] = PackageStore.of(self.bank.workspace).read(head).cells
            elif day in self._trees and unit in self._trees[day]["node_id"]:
                # Only its figures of that very month are compared, so no other month is looked at.
                tree = branch_of(self._trees[day], unit)
                facts = self._facts_of(tree).filter(pl.col("as_of_date") == day)
                found[day] = self._filled(self._opened, unit, day, facts, tree)[0]
        return found

    @cached_property
    def _released(self) -> Mapping[tuple[str, date], Head]:
        """The newest released editions of this return, by unit and period."""
        return heads.released(self.bank, self.scope, self.return_.return_id)

    def _others(self, unit: str) -> Mapping[str, pl.DataFrame]:
        """The cells of other reports of the unit that checks compare with, as they would be now."""
        return {
            name: source.cells(unit)
            for name, source in self._beside.items()
            if unit in source.units
        }

    @cached_property
    def _beside(self) -> Mapping[str, "Source"]:
        found: dict[str, Source] = {}
        for name in sorted(Takes.of(self.return_).others):
            other = require(self.bank, name)
            if self.as_of in periods(self.published, other):
                found[name] = Source(
                    self.bank, self.scope, other, self.as_of, self.published, self.tree, self.named
                )
        return found

    @cached_property
    def _definition_hash(self) -> str:
        return load.definition_hash(self.return_)

    @cached_property
    def _days(self) -> tuple[date, ...]:
        return filling.days(self.return_, self.as_of)

    @cached_property
    def _opened(self) -> Return:
        """The return as far as opening figures are in it: those tables, and nothing drawn."""
        named = {cell.table for cell in _opening_cells(self.return_)}
        tables = [one for one in self.return_.tables if one.table_id in named]
        return replace(self.return_, tables=tuple(replace(one, picture=None) for one in tables))

    @cached_property
    def _openings(self) -> tuple[date, ...]:
        """The month ends whose closing figures are this one's opening ones."""
        columns = {
            (table.table_id, column.column_id): column.at
            for table in self.return_.tables
            for column in table.columns
        }
        moments = {columns[cell.table, cell.column] for cell in _opening_cells(self.return_)}
        return tuple(sorted({filling.day_of(one, self.as_of) for one in moments} - {self.as_of}))

    @cached_property
    def _trees(self) -> Mapping[date, pl.DataFrame]:
        """How the units in the scope were organised at the month ends of opening figures."""
        known = self.published.newest_versions()
        return {
            day: self.published.nodes(self.scope, as_of=day).select(*NODE).collect()
            for day in self._openings
            if day in known
        }

    @cached_property
    def _facts(self) -> Mapping[str, pl.DataFrame]:
        """The facts that the units are filled from, by unit: read once, however many there are."""
        takes = Takes.of(self.return_)
        roots = self.units if self.named is None else self.named
        trees = (self.tree, *self._trees.values())
        nodes = frozenset[str]().union(*(under(tree, roots) for tree in trees))
        days = {filling.day_of(one, self.as_of) for one in takes.moments}
        rows = self.published.facts_of(self.scope, {*self._days, *days}).filter(
            pl.col("branch_id").is_in(sorted(nodes)),
            pl.col("branch_id").is_in(sorted(roots)) & _is_of(takes.figures)
            | _is_of(takes.of_units),
            pl.col("as_of_date").is_in(sorted(days)) | _is_of(takes.in_trends),
        )
        every = rows.collect()
        parts = every.partition_by("branch_id", as_dict=True, maintain_order=True)
        return {"": every.clear(), **{str(key[0]): part for key, part in parts.items()}}

    def _facts_of(self, tree: pl.DataFrame) -> pl.DataFrame:
        own = [self._facts[node] for node in tree["node_id"] if node in self._facts]
        return pl.concat([self._facts[""], *own])

    @cached_property
    def _adjustments(self) -> pl.DataFrame:
        """Approved adjustments of any month that cells are of; each says for which months it lives."""
        first, last = min(self._days, default=self.as_of), self.as_of
        entered = self.bank.ledger.adjustments.all(self.scope).filter(
            pl.col("state") == AdjustmentState.APPROVED.value,
            pl.col("live_from") <= last,
            pl.col("live_to") >= first,
        )
        return entered.select(*ADJUSTED)

    def _tree_of(self, unit: str) -> pl.DataFrame:
        """The unit and all below it.

        Raises:
            AccessError: if a unit that the report speaks of lies outside the scope: a report is shown whole
                or not at all.
        """
        if self.scope.branches is not None:
            whole = self.published.nodes(SYSTEM, as_of=self.as_of).select(*NODE).collect()
            for one in filling.units(self.return_, unit, whole)["unit_id"]:
                self.scope.require(one)
        return branch_of(self.tree, unit)


def _is_of(points: frozenset[Point]) -> pl.Expr:
    """Whether a fact is of one of the figures, cut as asked or whole, whatever the member and reading.

    Whether a figure is cut at all is told by its other members, and what it is cut from by the whole.
    """
    by_slice = {one.slice: set[str]() for one in points} | {TOTAL: set[str]()}
    for one in points:
        by_slice[one.slice].add(one.metric)
        by_slice[TOTAL].add(one.metric)
    return pl.any_horizontal(
        (pl.col("slice") == slice_) & pl.col("metric_id").is_in(sorted(metrics))
        for slice_, metrics in sorted(by_slice.items())
    )


@dataclass(frozen=True)
class Takes:
    """What a return takes of the published facts.

    Attributes:
        figures: every figure.
        of_units: those that tables take of each unit below the report's own.
        in_trends: those that are drawn over thirteen months.
        moments: the month ends that cells are of.
        others: the other returns that checks compare with.
    """

    figures: frozenset[Point]
    of_units: frozenset[Point]
    in_trends: frozenset[Point]
    moments: frozenset[Moment]
    others: frozenset[str]

    @classmethod
    def of(cls, return_: Return) -> "Takes":
        """What a return takes."""
        sides = [
            side for one in return_.checks for side in (one.left, one.right) if side is not None
        ]
        named = {cell.report for side in sides for _, cell in side.cells if cell.report}
        return cls(
            _points(return_.tables),
            _points(one for one in return_.tables if one.units),
            _points(one for one in return_.tables if _is_trend(one)),
            frozenset(column.at for table in return_.tables for column in table.columns),
            frozenset(named - {return_.return_id}),
        )


def _opening_cells(return_: Return) -> tuple[Cell, ...]:
    """The cells that hold opening figures."""
    asked = (one for one in return_.checks if one.kind is CheckKind.OPENING)
    return tuple(cell for one in asked for _, cell in one.left.cells)


def _points(tables: Iterable[ReturnTable]) -> frozenset[Point]:
    lines = [line for table in tables for line in (*table.rows, *table.columns)]
    return frozenset(line.point for line in lines if line.point is not None)


def _is_trend(table: ReturnTable) -> bool:
    return table.picture is not None and table.picture.kind is PictureKind.TREND
