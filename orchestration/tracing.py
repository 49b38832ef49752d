"""The rows behind a published figure, gathered month by month: what `loans`, `fork` and `explain` read.

What a part of a figure is, and how a row is told apart, belongs in `transforms.trace`; here its rows
are found in the delivered books, restated to the tree of the figure's own month.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Final

import polars as pl

from orchestration import months
from orchestration.bank import Bank
from orchestration.months import MonthAtWork
from orchestration.overriding import with_overrides
from records.layout import LAID_BY
from transforms import changes, first_loans, flows, measures, reasons, trace, trade
from transforms.catalogue.model import (
    Aggregation,
    At,
    Catalogue,
    Entity,
    Flag,
    Kind,
    Measure,
    Metric,
    Reading,
)
from transforms.catalogue.vocabulary import SLICES, UNTAGGED
from transforms.classify import SLICE_COLUMNS, LoanTables, classify
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.explain import Kin
from transforms.hierarchy import Tree
from transforms.measures import Material
from transforms.schema import LOAN_EVENT, LOAN_SNAPSHOT
from transforms.trace import Part, Side

_BRANCH: Final[Mapping[Entity | None, str]] = dict.fromkeys(
    (Entity.LOAN, None), LAID_BY[LOAN_SNAPSHOT.name]
)
"""The column that rows are chosen by. Loans lie by theirs: asked for by its own name, and not by the name it
bears in a list, the rest of the book is left unread."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Classified rows of every kind of one month, made when first asked for.

    Attributes:
        month: the month.
        tree: the tree that nodes are taken from; that of the figure's month.
    """

    month: MonthAtWork
    tree: Tree

    @cached_property
    def material(self) -> Material:
        """What the month's measures are taken from."""
        return months.material(self.month, self.tree)

    @cached_property
    def events(self) -> pl.DataFrame:
        """First-loan events of all months so far, judged."""
        material = self.material
        return measures.judged_events(material.first_loans, material.tables, material.rules)

    @cached_property
    def loans(self) -> pl.LazyFrame:
        """The month's loans, with everything that measures ask for."""
        rows: pl.LazyFrame = measures.classified(self.material, self.events).to_native()
        return rows.with_columns(branch_id=pl.col("booking_branch_id"))

    @cached_property
    def flows(self) -> pl.LazyFrame:
        """The month's loan events, judged."""
        material = self.material
        before = material.before.get(At.PREVIOUS_MONTH)
        rows: pl.LazyFrame = flows.flows(material.tables, material.rules, before).to_native()
        return rows

    def changes(self, since: At) -> pl.LazyFrame:
        """The month's loans against an earlier book."""
        material = self.material
        then = material.before[since]
        now = changes.reduced(
            measures.classified(material, self.events), material.rules, branch="booking_branch_id"
        )
        rows: pl.LazyFrame = changes.changes(
            now, changes.side(then.tables, then.rules), material.rules
        ).to_native()
        return rows

    def of_loan(self, loan_id: str) -> dict[Kin, pl.DataFrame]:
        """Every row about one loan, by kind: its own, its events, its changes."""
        one = pl.col("loan_id") == loan_id
        found: dict[Kin, pl.DataFrame] = {
            (Entity.LOAN, None): self.every_loan.filter(one).collect(),
            (Entity.EVENT, None): self.events.filter(one),
        }
        if LOAN_EVENT.name in self.material.tables.month:
            found[Entity.FLOW, None] = self.flows.filter(one).collect()
            found[Entity.FLOW, At.YEAR_TO_DATE] = self._of_year(one)
        for since in self.material.before:
            found[Entity.CHANGE, since] = self.changes(since).filter(one).collect()
        return found

    def _of_year(self, one: pl.Expr) -> pl.DataFrame:
        """A loan's events of the year, with the flags that clients of a year are counted by."""
        catalogue = self.month.catalogue
        named = {m.where for m in catalogue.measures.values() if m.window == "year_to_date"}
        flags = tuple(flag for flag in catalogue.flags_of(Entity.FLOW) if flag.name in named)
        events = self.month.history(LOAN_EVENT.name).filter(one).collect()
        return first_loans.flagged(events, flags, self.material.parameters)

    def among_largest(self, loan_id: str) -> tuple[Measure, ...]:
        """Measures of the bank's largest that the loan's client (group, member) is one of."""
        catalogue = self.month.catalogue
        return tuple(
            measure
            for measure in catalogue.measures_by(Aggregation.LARGEST)
            if of_largest(self.of(measure, catalogue), measure)
            .filter(pl.col("loan_id") == loan_id)
            .select(pl.len())
            .collect()
            .item()
        )

    @cached_property
    def every_loan(self) -> pl.LazyFrame:
        """The month's loans with every lookup and flag, asked for or not."""
        rows: pl.LazyFrame = classify(self._tables, self.material.rules).to_native()
        return rows

    def of(self, measure: Measure, catalogue: Catalogue, cut_by: str | None = None) -> pl.LazyFrame:
        """Rows of the kind that a measure is taken over, with `branch_id` and its flag.

        Args:
            measure: the measure.
            catalogue: its definitions.
            cut_by: a slice whose member is asked for too.
        """
        entity = catalogue.entity_of(measure)
        if entity is Entity.EVENT:
            return self._events(measure)
        if entity is Entity.FLOW and measure.window == "year_to_date":
            return self._year_flows(catalogue.flags[measure.where])
        if entity is Entity.CHANGE and measure.since is not None:
            return self.changes(measure.since)
        return {
            Entity.FLOW: lambda: self.flows,
            Entity.TRADE: self._trade,
            Entity.LISTING: self._listed,
        }.get(entity or Entity.LOAN, lambda: self._loans_for(measure, cut_by))()

    def _loans_for(self, measure: Measure, cut_by: str | None) -> pl.LazyFrame:
        """The month's loans with what one measure asks for and nothing else: a list may be long."""
        wanted = {measure.over, measure.by, cut_by} - {None, ""}
        rows: pl.LazyFrame = classify(
            self._tables,
            self.material.rules,
            flags=(measure.where,),
            columns={name for name in wanted if name is not None},
        ).to_native()
        return rows.with_columns(branch_id=pl.col("booking_branch_id"))

    @cached_property
    def _tables(self) -> LoanTables:
        material = self.material
        return LoanTables(
            material.tables.month,
            material.tables.trades,
            first_loans.first_receipts(self.events),
        )

    def _events(self, measure: Measure) -> pl.LazyFrame:
        day = self.month.as_of
        window = (
            pl.col("reported") == day
            if measure.over == "month"
            else pl.col("reported").dt.year() == day.year
        )
        return self.events.lazy().filter(window)

    def _year_flows(self, flag: Flag) -> pl.LazyFrame:
        year = self.month.history(LOAN_EVENT.name).collect()
        return first_loans.flagged(year, (flag,), self.material.parameters).lazy()

    def _trade(self) -> pl.LazyFrame:
        lent = (
            self.loans.filter(pl.col(trade.LENT))
            .select("borrower_id", "balance", "branch_id", core_enterprise_id="core_enterprise")
            .collect()
        )
        return measures.judged_trade(self.material, lent).lazy()

    def _listed(self) -> pl.LazyFrame:
        lent = self.loans.filter(pl.col("is_tech_enterprise")).select("branch_id", "borrower_id")
        rows = measures.judged_listings(self.material, lent.unique().collect())
        return rows.rename({"node_id": "branch_id"}).lazy()


@dataclass(frozen=True, eq=False)
class Figure:
    """One figure to be taken apart.

    Attributes:
        bank: the bank.
        month: the month of the figure.
        node: the branch it is of.
        metric: the metric.
        reading: under which reading.
    """

    bank: Bank
    month: MonthAtWork
    node: str
    metric: Metric
    reading: Reading
    _rows: dict[date, Rows] = field(default_factory=dict)

    @cached_property
    def tree(self) -> Tree:
        """The branches of the figure's month."""
        return months.tree(self.month)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """What the figure is made of."""
        return trace.parts_of(self.month.catalogue, self.metric, self.reading, self.month.as_of)

    def rows(self, side: Side, *, cut: tuple[str, str] | None = None) -> Iterator[pl.LazyFrame]:
        """The rows of one side, part by part; with the columns `trace.ROW` and `trace.WHY`.

        Args:
            side: which side.
            cut: only the loans of one member of a slice, as (slice, member).

        Raises:
            BranchmarkError: if the side has no loans to list.
        """
        if side is Side.EXCLUDED:
            yield from self._left_out(cut)
            return
        own = [part for part in self.parts if part.side is side and self.has_rows(part)]
        if not own:
            raise BranchmarkError(
                f"{self.metric.metric_id} has no loans in its {side}. {self._other_side(side)}"
            )
        for part in own:
            yield trace.rows_of_part(
                self.of_node(part, cut=self._cut_for(side, cut)), part, *self.judged_by(part)
            )

    def _left_out(self, cut: tuple[str, str] | None) -> Iterator[pl.LazyFrame]:
        """What is not in the numerator: for a sum over months, of each of them."""
        above = [p for p in self.parts if p.side is Side.NUMERATOR and self.has_rows(p)]
        first = (above or list(self.parts))[0]
        for part in above or [first]:
            if part.measure != first.measure or part.times < 0:
                continue
            rows = self.of_node(part, whole_clients=True, cut=cut)
            yield trace.rows_left_out(rows, part, *self.judged_by(part))
            measure = self._catalogue_at(part.as_of).measures[part.measure]
            if measure.aggregation is Aggregation.LARGEST:
                let_in = rows.filter(pl.col(measure.where))
                among = self.of_node(part, cut=cut).select("loan_id")
                yield trace.rows_of_part(
                    let_in.join(among, on="loan_id", how="anti"), part, *self.judged_by(part)
                ).with_columns(
                    side=pl.lit(Side.EXCLUDED.value),
                    because=pl.lit(
                        f"not so: its client is among the {measure.largest} largest of the branch"
                    ),
                    why=pl.lit(reasons.not_largest(measure.largest)),
                )

    def _cut_for(self, side: Side, cut: tuple[str, str] | None) -> tuple[str, str] | None:
        """Of a composition the numerator alone is cut."""
        whole = cut is not None and cut[0] in self.metric.composition
        return None if whole and side is Side.DENOMINATOR else cut

    def _other_side(self, side: Side) -> str:
        if self.metric.kind is Kind.INDEX:
            return "An index is made from the loans of its denominator; list that side."
        others = [part.side for part in self.parts if part.side is not side]
        return f"List its {others[0]}." if others else "It is a number the bank reports as a whole."

    def overridden(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Rows of the figure with `overridden`: what of the loan or its client was, in words."""
        days = sorted({part.as_of for part in self.parts if self.has_rows(part)})
        return with_overrides(rows, (self.rows_at(day).month for day in days))

    def has_rows(self, part: Part) -> bool:
        """Whether a part is made of rows; what a bank reports as a whole is not."""
        measure = self.month.catalogue.measures[part.measure]
        return measure.aggregation is not Aggregation.REPORTED

    def rows_at(self, day: date) -> Rows:
        """Classified rows of a month that the figure rests on."""
        if day not in self._rows:
            month = self.month if day == self.month.as_of else MonthAtWork.newest(self.bank, day)
            self._rows[day] = Rows(month, self.tree)
        return self._rows[day]

    def _catalogue_at(self, day: date) -> Catalogue:
        return self.bank.definitions.on(day)

    def judged_by(self, part: Part) -> tuple[Catalogue, Mapping[str, Decimal]]:
        """The definitions and thresholds in force at a part's month end."""
        return self._catalogue_at(part.as_of), self.bank.reference.thresholds(part.as_of)

    def of_node(
        self, part: Part, *, whole_clients: bool = False, cut: tuple[str, str] | None = None
    ) -> pl.LazyFrame:
        """Rows of the kind a part is taken over, of the node's branches, flags and all.

        Args:
            part: the part.
            whole_clients: also clients that are not among the largest.
            cut: only the loans of one member of a slice, as (slice, member).
        """
        catalogue = self._catalogue_at(part.as_of)
        measure = catalogue.measures[part.measure]
        rows = self.rows_at(part.as_of).of(measure, catalogue, cut[0] if cut else None)
        if catalogue.entity_of(measure) is Entity.LISTING:
            return rows.filter(pl.col("branch_id") == self.node)
        node = self.tree.root if part.whole_bank else self.node
        here = rows.filter(
            self._counts(node, _BRANCH.get(catalogue.entity_of(measure), "branch_id"))
        )
        if cut is not None and catalogue.entity_of(measure) is Entity.LOAN:
            here = here.filter(self._member(*cut))
        if measure.aggregation is Aggregation.LARGEST and not whole_clients:
            return of_largest(here, measure)
        return here

    def _member(self, slice_: str, member: str) -> pl.Expr:
        """Whether a loan is in a member of a slice."""
        if SLICES[slice_].of_branch:
            places = measures.places(self.rows_at(self.month.as_of).material)
            inside = places.filter(pl.col(slice_).fill_null(UNTAGGED) == member)["branch_id"]
            return pl.col("branch_id").is_in(inside.implode())
        column = SLICE_COLUMNS.get(slice_, slice_)
        return pl.col(column).fill_null(UNTAGGED) == member

    def _counts(self, node: str, branch: str) -> pl.Expr:
        """Whether a row's branch counts for the node; strays count for the root."""
        counts_for = self.tree.counts_for
        own = counts_for.filter(pl.col("node_id") == node)["branch_id"]
        # A plain list is held against the extremes of each group of rows; a series is not.
        inside = pl.col(branch).is_in(own.to_list())
        if node != self.tree.root:
            return inside
        return inside | ~pl.col(branch).is_in(counts_for["branch_id"].to_list())


def of_largest(rows: pl.LazyFrame, measure: Measure) -> pl.LazyFrame:
    """Only the rows of the largest few clients, groups or members."""
    key = {
        "borrower_id": pl.col("borrower_id"),
        "group_id": pl.coalesce("group_id", "borrower_id"),
    }.get(measure.by, pl.col(measure.by))
    keyed = rows.with_columns(_key=key)
    largest = (
        keyed.filter(pl.col(measure.where))
        .group_by("_key")
        .agg(_held=pl.col(measure.over).sum())
        .sort("_held", "_key", descending=[True, False])
        .head(measure.largest)
        .select("_key")
    )
    return keyed.join(largest, on="_key", how="semi")


def require_slice(metric: Metric, slice_: str, member: str) -> None:
    """Refuse a slice that a metric is not cut by, or a member that the slice does not have.

    Raises:
        UnknownNameError: naming what there is.
    """
    if slice_ not in metric.cuts:
        cuts = ", ".join(metric.cuts) or "nothing"
        raise UnknownNameError(
            f"slice of {metric.metric_id}",
            slice_,
            metric.cuts or tuple(SLICES),
            way_out=f"{metric.metric_id} can be cut by {cuts}.",
        )
    codes = SLICES[slice_].code_list
    known = (*codes.values, UNTAGGED) if codes is not None else (member,)
    if member not in known:
        raise UnknownNameError(
            f"member of {slice_}", member, known, way_out=f"There are {', '.join(known)}."
        )
