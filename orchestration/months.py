"""How a month's figures come about, step by step: gather from `records`, call a transform, hand on.

Each function is one step of the build; the assets in `defs` only say when it runs and where its result
goes. No figure is computed here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Final

import polars as pl

from expectations.reconciliation import reconcile
from orchestration.auditing import noted
from orchestration.bank import HISTORIES, SYSTEM, Bank
from orchestration.month_targets import MonthTargets, month_targets
from records.deliveries import Batch
from records.ledger.events import PUBLISHED
from records.published import OvertakenError, Publication
from transforms import (
    availability,
    facts,
    hierarchy,
    measures,
    overrides,
    quality,
    scorecards,
)
from transforms.availability import Held
from transforms.catalogue.model import At, Catalogue
from transforms.classify import LoanTables, Rules
from transforms.clients import NODE_MEASURE
from transforms.cube import BRANCH_MEASURE
from transforms.facts import Month
from transforms.flows import Before
from transforms.hierarchy import Tree
from transforms.measures import Material, Measures
from transforms.periods import previous_month_end, previous_year_end
from transforms.reference.tables import Taxonomy
from transforms.schema import (
    BRANCH,
    BRANCH_HIERARCHY,
    FIRST_LOAN_EVENT,
    FX_RATE,
    GL_CONTROL_TOTAL,
    LOAN_EVENT,
    LOAN_SNAPSHOT,
    OVERRIDE,
    RECONCILIATION_ITEM,
    SUPPLY_CHAIN_TRADE,
    TABLES,
    Delivery,
)
from transforms.trade import REPORTED


@dataclass(frozen=True, eq=False)
class StandIn:
    """A table that a month is computed with in place of the delivered one; nothing is stored.

    Attributes:
        rows: its canonical columns.
        columns: those of them that it really brings; all of them if not said.
        taxonomy: how it codes industries, for loans that were delivered for no month yet.
        in_earlier_months: whether the months compared with are computed with it too.
    """

    rows: pl.LazyFrame
    columns: frozenset[str] | None = None
    taxonomy: Taxonomy | None = None
    in_earlier_months: bool = False

    @property
    def brought(self) -> frozenset[str]:
        """The columns it really brings."""
        return self.columns or frozenset(self.rows.collect_schema())


@dataclass(frozen=True, eq=False)
class MonthAtWork:
    """One month of one bank, in the version that is being built."""

    bank: Bank
    as_of: date
    version: int
    instead: Mapping[str, StandIn] = field(default_factory=dict)
    """Tables to be computed with in place of the delivered ones, by name."""

    @classmethod
    def newest(cls, bank: Bank, as_of: date | None) -> "MonthAtWork":
        """The newest delivered version of a month; of the newest month if none is given.

        Raises:
            NoSuchMonthError: if no loan book was delivered for it.
        """
        day = bank.deliveries.require(as_of)
        return cls(bank, day, bank.deliveries.latest_version(day))

    @classmethod
    def published(cls, bank: Bank, as_of: date) -> "MonthAtWork":
        """The version of a month that its published figures are of, whatever was delivered since.

        Raises:
            NoSuchMonthError: if the month is not published.
        """
        day = bank.published.require(as_of)
        return cls(bank, day, bank.published.newest_versions()[day])

    @property
    def catalogue(self) -> Catalogue:
        """The definitions in force that month."""
        return self.bank.definitions.on(self.as_of)

    @property
    def base_dates(self) -> tuple[date, ...]:
        """The month ends this month is compared with."""
        return facts.base_dates(self.catalogue, self.as_of)

    @property
    def fingerprint(self) -> str:
        """What the month's figures rest on, as one hash."""
        return self.fingerprint_after({})

    @property
    def inputs(self) -> str:
        """What the month's measures rest on, as one hash: all but the months it is compared with."""
        return self.bank.fingerprint(self.as_of, self.version, (), self.targets.fingerprint)

    def fingerprint_after(self, coming: Mapping[date, str]) -> str:
        """The same once other months are published, with the fingerprints that these will have."""
        return self.bank.fingerprint(
            self.as_of, self.version, self.base_dates, self.targets.fingerprint, coming
        )

    @property
    def is_published(self) -> bool:
        """Whether exactly these inputs are what is published already."""
        return self.is_published_with(self.fingerprint)

    def is_published_with(self, fingerprint: str) -> bool:
        """Whether the version's last publication rests on these inputs."""
        current = self.bank.published.current().get((self.as_of, self.version))
        return current is not None and current.fingerprint == fingerprint

    def table(self, name: str) -> pl.LazyFrame:
        """A canonical table as this month is computed with: as delivered, and overridden."""
        rows = self.as_delivered(name)
        if self.overrides.is_empty():
            return rows
        return overrides.apply(name, rows, self.overrides, self.as_of)

    def as_delivered(self, name: str) -> pl.LazyFrame:
        """A canonical table as it was delivered for this month, or carried to it."""
        if name in self.instead:
            return self.instead[name].rows
        return self.bank.deliveries.table(SYSTEM, name, self.as_of, self.version)

    @cached_property
    def overrides(self) -> pl.DataFrame:
        """The overrides that were delivered, in force this month or not."""
        return self.as_delivered(OVERRIDE.name).collect()

    @cached_property
    def override_states(self) -> pl.DataFrame:
        """What became of each override this month; columns `transforms.overrides.STATES`."""
        named = {name: self.as_delivered(name) for name in overrides.OVERRIDABLE}
        return overrides.judged(self.overrides, named, self.as_of)

    @cached_property
    def targets(self) -> MonthTargets:
        """The targets that hold at the month end, as known now."""
        return month_targets(self.bank, self.catalogue, self.as_of)

    def tables(self) -> dict[str, pl.LazyFrame]:
        """Every table that was delivered, as this month is computed with."""
        chosen = self.bank.deliveries.chosen(self.as_of, self.version)
        return {name: self.table(name) for name in (*chosen, *self.instead)}

    @property
    def instead_before(self) -> dict[str, StandIn]:
        """What stands in for delivered tables in the months this one is compared with."""
        return {name: one for name, one in self.instead.items() if one.in_earlier_months}

    def history(self, name: str) -> pl.LazyFrame:
        """A monthly table of this month and those before that it is read with, with `reported`."""
        deliveries = self.bank.deliveries
        rows = {day: deliveries.rows(SYSTEM, batch) for day, batch in self.batches(name).items()}
        if name in self.instead:
            rows[self.as_of] = self.instead[name].rows
        columns = {**TABLES[name].dtypes, "source_row_no": pl.Int64()}
        reported = [
            frame.select(*columns).with_columns(pl.lit(day).alias(REPORTED))
            for day, frame in sorted(rows.items())
        ]
        return pl.concat([pl.LazyFrame(schema={**columns, REPORTED: pl.Date()}), *reported])

    def batches(self, name: str) -> dict[date, Batch]:
        """The deliveries of a monthly table for this month and those before that it is read with."""
        deliveries = self.bank.deliveries
        first = HISTORIES[name](self.as_of)
        own = deliveries.chosen(self.as_of, self.version)
        batches = {
            day: batch
            for day, batch in deliveries.months_of(name, self.as_of).items()
            if day >= first
        }
        if name in own:
            batches[self.as_of] = own[name]
        return dict(sorted(batches.items()))

    def rules(self) -> Rules:
        """Definitions and reference data in force that month."""
        return Rules(
            catalogue=self.catalogue,
            reference=self.bank.reference,
            as_of=self.as_of,
            base_currency=self.bank.workspace.base_currency,
            taxonomy=self.taxonomy(),
        )

    def taxonomy(self) -> Taxonomy:
        """How the industries of the month's loans are coded."""
        stand_in = self.instead.get(LOAN_SNAPSHOT.name)
        if stand_in is not None and stand_in.taxonomy is not None:
            return stand_in.taxonomy
        chosen = self.bank.deliveries.chosen(self.as_of, self.version)
        return Taxonomy(chosen[LOAN_SNAPSHOT.name].taxonomy)


@dataclass(frozen=True)
class Begun:
    """What a run's figures rest on, noted as they are made and looked at again before they are published.

    Attributes:
        version: the month's version.
        inputs: what its measures rest on, as one hash: all but the months it is compared with.
        after: the number of the month's last publication when the run began.
        fingerprint: what its facts rest on, as one hash; none before they are begun.
    """

    version: int
    inputs: str
    after: int
    fingerprint: str | None = None

    @classmethod
    def now(cls, month: MonthAtWork) -> "Begun":
        """What measures rest on that are begun now."""
        after = month.bank.published.last_sequence(month.as_of)
        return cls(month.version, month.inputs, after)

    def with_bases(self, month: MonthAtWork) -> "Begun":
        """What facts rest on that are begun now, from these measures.

        Raises:
            OvertakenError: if the measures rest on what is no longer so.
        """
        if self.version != month.version:
            raise OvertakenError(
                month.as_of,
                f"version {month.version} was delivered while version {self.version} was computed",
            )
        if self.inputs != month.inputs:
            raise OvertakenError(month.as_of, _CHANGED)
        return replace(self, fingerprint=month.fingerprint)

    def require(self, month: MonthAtWork) -> None:
        """Refuse figures that rest on what is no longer so.

        Raises:
            OvertakenError: if they do.
        """
        if self.with_bases(month).fingerprint != self.fingerprint:
            raise OvertakenError(month.as_of, _CHANGED)


_CHANGED: Final = "what it is computed from changed meanwhile"


def tree(month: MonthAtWork) -> Tree:
    """The branches as organised at the month end."""
    booking = month.table(LOAN_SNAPSHOT.name).select("booking_branch_id").unique().collect()
    return hierarchy.build(
        month.table(BRANCH.name).collect(),
        month.table(BRANCH_HIERARCHY.name).collect(),
        booking["booking_branch_id"],
        month.as_of,
    )


@dataclass(frozen=True, eq=False)
class Reader:
    """How tables of months come to the engine that takes their measures.

    Attributes:
        tables: every table that a month is computed with.
        history: a monthly table of a month and those before, with `reported`.
    """

    tables: Callable[[MonthAtWork], Mapping[str, pl.LazyFrame]]
    history: Callable[[MonthAtWork, str], pl.LazyFrame]


HERE: Final = Reader(MonthAtWork.tables, MonthAtWork.history)
"""Lazily, in this process."""


def loan_tables(month: MonthAtWork, by: Reader = HERE) -> LoanTables:
    """The month's tables as loans are classified with."""
    return LoanTables(month=by.tables(month), trades=by.history(month, SUPPLY_CHAIN_TRADE.name))


def before(month: MonthAtWork, by: Reader = HERE) -> dict[At, Before]:
    """The delivered books that the month's loans are followed from, one by one."""
    back = {
        At.PREVIOUS_MONTH: previous_month_end(month.as_of),
        At.YEAR_END: previous_year_end(month.as_of),
    }
    delivered = month.bank.deliveries.months()
    found = {}
    for at, day in back.items():
        if day in delivered:
            then = replace(MonthAtWork.newest(month.bank, day), instead=month.instead_before)
            # Judged by today's definitions: what changed is the loan, not the rule.
            rules = replace(then.rules(), catalogue=month.catalogue)
            found[at] = Before(LoanTables(month=by.tables(then)), rules)
    return found


def material(month: MonthAtWork, at: Tree, by: Reader = HERE) -> Material:
    """What the month's measures are taken from."""
    return Material(
        tables=loan_tables(month, by),
        rules=month.rules(),
        tree=at,
        held=held(month),
        first_loans=month.history(FIRST_LOAN_EVENT.name).collect(),
        before=before(month, by),
        year_flows=by.history(month, LOAN_EVENT.name),
    )


def judged_events(month: MonthAtWork) -> pl.DataFrame:
    """Every first-loan event up to the month, each with the flags that decide whether it counts."""
    events = month.history(FIRST_LOAN_EVENT.name).collect()
    return measures.judged_events(events, loan_tables(month), month.rules())


def held(month: MonthAtWork) -> Held:
    """What the month's book holds."""
    deliveries = month.bank.deliveries
    chosen = deliveries.chosen(month.as_of, month.version)
    monthly = [table.name for table in TABLES.values() if table.delivery is Delivery.MONTHLY]
    return Held(
        as_of=month.as_of,
        columns=frozenset(
            f"{name}.{column}" for name, batch in chosen.items() for column in batch.columns
        )
        | frozenset(
            f"{name}.{column}"
            for name, stand_in in month.instead.items()
            for column in stand_in.brought
        ),
        taxonomy=month.taxonomy(),
        months={
            name: frozenset(deliveries.months_of(name, month.as_of))
            | ({month.as_of} if name in month.instead else frozenset())
            for name in monthly
        },
    )


def figures(
    month: MonthAtWork,
    at: Tree,
    measured: Measures,
    reconciled: pl.DataFrame,
    *,
    earlier: Mapping[date, pl.DataFrame] | None = None,
) -> pl.DataFrame:
    """Every fact of the month, with target, status and quality beside it.

    Args:
        month: the month.
        at: its branches.
        measured: its measures.
        reconciled: loans against the ledger.
        earlier: measures of the months it compares with; as published if not given.
    """
    bases = published_bases(month) if earlier is None else earlier
    table = facts.compute(gathered(month, at, measured, bases), month.catalogue)
    states = quality.node_quality(
        reconciled, at, ledger_delivered=GL_CONTROL_TOTAL.name in held(month).tables
    )
    judged = quality.with_quality(table, states)
    return scorecards.with_status(judged, month.targets.rows, month.catalogue)


def published_bases(month: MonthAtWork) -> dict[date, pl.DataFrame]:
    """Measures of the months that a month compares with, as published."""
    rows = month.bank.published.branch_measures(SYSTEM, month.base_dates).collect()
    by_day = rows.partition_by("as_of_date", as_dict=True)
    return {day: rows.select(*BRANCH_MEASURE) for (day,), rows in by_day.items()}


def gathered(
    month: MonthAtWork,
    at: Tree,
    measured: Measures,
    earlier: Mapping[date, pl.DataFrame],
) -> Month:
    """Everything the month's facts are made from."""
    bank, catalogue, holding = month.bank, month.catalogue, held(month)
    return Month(
        as_of=month.as_of,
        measures=measured.additive.select(*BRANCH_MEASURE),
        node_measures=measured.by_node.select(*NODE_MEASURE),
        earlier=earlier,
        tree=at,
        unavailable=availability.unavailable_measures(
            catalogue, holding, bank.reference.thresholds(month.as_of)
        ),
        unavailable_slices=availability.unavailable_slices(holding),
        tolerance_rules={
            name: bank.reference.rules_named(name, month.as_of)
            for name in facts.tolerance_names(catalogue)
        },
        regions=facts.regions_of(month.table(BRANCH.name).collect()),
        annual_npl_target=scorecards.annual_target(month.targets.annual, at.root, "npl_ratio"),
    )


def reconciliation(month: MonthAtWork) -> pl.DataFrame:
    """Loans against the general ledger, by branch, account and currency."""
    delivered = month.bank.deliveries.chosen(month.as_of, month.version)
    thresholds = month.bank.reference.thresholds(month.as_of)
    return reconcile(
        month.table(LOAN_SNAPSHOT.name),
        month.table(GL_CONTROL_TOTAL.name) if GL_CONTROL_TOTAL.name in delivered else None,
        tolerance_ratio=thresholds["gl_tolerance_ratio"],
        items=month.table(RECONCILIATION_ITEM.name),
        rates=month.table(FX_RATE.name),
        base_currency=month.bank.workspace.base_currency,
    )


def publish(month: MonthAtWork, run_id: str, *, by: str, begun: Begun | None = None) -> str | None:
    """Make the month's new figures the published ones.

    Args:
        month: the month.
        run_id: the run that wrote them.
        by: who publishes, for the audit log.
        begun: what they rest on; what is so now if not given.

    Returns:
        What is to be said if the audit log does not hold it.

    Raises:
        OvertakenError: if they rest on what is no longer so; nothing is changed then.
    """
    if begun is not None:
        begun.require(month)
    publication = Publication(
        as_of_date=month.as_of,
        snapshot_version=month.version,
        fingerprint=month.fingerprint,
        catalogue_fingerprint=month.catalogue.fingerprint,
        reference_fingerprint=month.bank.reference.fingerprint,
        run_id=run_id,
        published_at=datetime.now(UTC),
    )
    month.bank.published.publish(publication, after=begun.after if begun else None)
    return noted(
        month.bank,
        who=by,
        action=PUBLISHED,
        subject=month.as_of.isoformat(),
        detail={
            "snapshot_version": month.version,
            "fingerprint": publication.fingerprint,
            "run_id": run_id,
        },
    )
