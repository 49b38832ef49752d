"""How a month's figures come about, step by step: gather from `records`, call a transform, hand on.

Each function is one step of the build; the assets in `defs` only say when it runs and where its result
goes. No figure is computed here.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import polars as pl

from expectations.reconciliation import reconcile
from orchestration.bank import SYSTEM, Bank
from records.published import Publication
from transforms import (
    availability,
    clients,
    cube,
    facts,
    first_loans,
    hierarchy,
    quality,
    scorecards,
)
from transforms.availability import Held
from transforms.classify import LoanTables, Rules, classify
from transforms.engines import Frame
from transforms.hierarchy import Tree
from transforms.periods import months_of_year_to
from transforms.reference.tables import Taxonomy
from transforms.schema import (
    BORROWER_SNAPSHOT,
    BRANCH,
    BRANCH_HIERARCHY,
    FIRST_LOAN_EVENT,
    FX_RATE,
    GL_CONTROL_TOTAL,
    LOAN_SNAPSHOT,
    SUPPLY_CHAIN_RELATION,
    TARGET,
    TECH_ENTERPRISE_LIST,
)


@dataclass(frozen=True, eq=False)
class MonthAtWork:
    """One month of one bank, in the version that is being built."""

    bank: Bank
    as_of: date
    version: int

    @classmethod
    def newest(cls, bank: Bank, as_of: date) -> "MonthAtWork":
        """The newest delivered version of a month.

        Raises:
            NoSuchMonthError: if no loan book was delivered for it.
        """
        bank.deliveries.require(as_of)
        return cls(bank, as_of, bank.deliveries.latest_version(as_of))

    @property
    def base_dates(self) -> tuple[date, ...]:
        """The month ends this month is compared with."""
        return facts.base_dates(self.bank.catalogue, self.as_of)

    @property
    def fingerprint(self) -> str:
        """What the month's figures rest on, as one hash."""
        return self.bank.fingerprint(self.as_of, self.version, self.base_dates)

    @property
    def is_published(self) -> bool:
        """Whether exactly these inputs are what is published already."""
        current = self.bank.published.current().get((self.as_of, self.version))
        return current is not None and current.fingerprint == self.fingerprint

    def table(self, name: str) -> pl.LazyFrame:
        """A canonical table as this month is computed with."""
        return self.bank.deliveries.table(SYSTEM, name, self.as_of, self.version)

    def taxonomy(self) -> Taxonomy:
        """How the industries of the month's loans are coded."""
        chosen = self.bank.deliveries.chosen(self.as_of, self.version)
        return Taxonomy(chosen[LOAN_SNAPSHOT.name].taxonomy)


def tree(month: MonthAtWork) -> Tree:
    """The branches as organised at the month end."""
    booking = month.table(LOAN_SNAPSHOT.name).select("booking_branch_id").unique().collect()
    return hierarchy.build(
        month.table(BRANCH.name).collect(),
        month.table(BRANCH_HIERARCHY.name).collect(),
        booking["booking_branch_id"],
        month.as_of,
    )


def classified(month: MonthAtWork) -> Frame:
    """The month's loans with looked-up columns and flags, lazily."""
    return _classified(month, month.table(LOAN_SNAPSHOT.name))


def classified_loan(month: MonthAtWork, loan_id: str) -> pl.DataFrame:
    """One loan of the month, classified like all the others; no row if the book does not hold it."""
    loans = month.table(LOAN_SNAPSHOT.name).filter(pl.col("loan_id") == loan_id)
    one: pl.DataFrame = _classified(month, loans).to_native().collect()
    return one


def _classified(month: MonthAtWork, loans: pl.LazyFrame) -> Frame:
    tables = LoanTables(
        loans=loans,
        borrowers=month.table(BORROWER_SNAPSHOT.name),
        tech_lists=month.table(TECH_ENTERPRISE_LIST.name),
        relations=month.table(SUPPLY_CHAIN_RELATION.name),
        rates=month.table(FX_RATE.name),
    )
    rules = Rules(
        catalogue=month.bank.catalogue,
        reference=month.bank.reference,
        as_of=month.as_of,
        base_currency=month.bank.workspace.base_currency,
        taxonomy=month.taxonomy(),
    )
    return classify(tables, rules)


def judged_events(month: MonthAtWork) -> pl.DataFrame:
    """Every first-loan event up to the month, each with the flags that decide whether it counts."""
    deliveries = month.bank.deliveries
    reported = [
        deliveries.rows(SYSTEM, batch).with_columns(reported=pl.lit(day))
        for day, batch in deliveries.months_of(FIRST_LOAN_EVENT.name, month.as_of).items()
    ]
    empty = pl.LazyFrame(
        schema={**FIRST_LOAN_EVENT.dtypes, "source_row_no": pl.Int64(), "reported": pl.Date()}
    )
    return first_loans.judge(
        pl.concat([empty, *reported]).collect(),
        month.table(TECH_ENTERPRISE_LIST.name).collect(),
        month.bank.catalogue,
        month.bank.reference.thresholds(month.as_of),
        month.as_of,
    )


def measures(month: MonthAtWork, counts_for: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Additive measures by booking branch, and distinct counts by node, from one pass over the loans."""
    catalogue = month.bank.catalogue
    loans = classified(month)
    cells, marked = pl.collect_all(
        [
            cube.aggregate(loans, catalogue).to_native(),
            clients.pairs(loans, catalogue).to_native(),
        ],
        engine="streaming",
    )
    events = first_loans.event_measures(judged_events(month), catalogue, month.as_of)
    missing = availability.unavailable_measures(
        catalogue, held(month), month.bank.reference.thresholds(month.as_of), month.as_of
    )
    additive = pl.concat([cube.branch_measures(cells, catalogue), events]).filter(
        ~pl.col("measure").is_in(sorted(missing))
    )
    distinct = clients.client_counts(marked, counts_for, catalogue).filter(
        ~pl.col("measure").is_in(sorted(missing))
    )
    return additive, distinct


def held(month: MonthAtWork) -> Held:
    """What the month's book holds."""
    deliveries = month.bank.deliveries
    chosen = deliveries.chosen(month.as_of, month.version)
    with_events = deliveries.months_of(FIRST_LOAN_EVENT.name, month.as_of)
    return Held(
        columns=frozenset(
            f"{name}.{column}" for name, batch in chosen.items() for column in batch.columns
        ),
        taxonomy=month.taxonomy(),
        months_without_events=tuple(
            day for day in months_of_year_to(month.as_of) if day not in with_events
        ),
    )


def figures(
    month: MonthAtWork,
    at: Tree,
    additive: pl.DataFrame,
    distinct: pl.DataFrame,
    reconciled: pl.DataFrame,
) -> pl.DataFrame:
    """Every fact of the month, with target, status and quality beside it."""
    bank = month.bank
    newest = bank.published.newest_versions()
    bases = {
        day: bank.published.branch_measures(SYSTEM, day).collect()
        for day in month.base_dates
        if day in newest
    }
    holding = held(month)
    missing = availability.unavailable_measures(
        bank.catalogue, holding, bank.reference.thresholds(month.as_of), month.as_of
    )
    table = facts.compute(
        facts.Month(
            as_of=month.as_of,
            measures=additive,
            clients=distinct,
            bases=bases,
            tree=at,
            unavailable=missing,
            unavailable_slices=availability.unavailable_slices(holding),
            tolerance_rule=bank.reference.tolerance_rule(month.as_of),
        ),
        bank.catalogue,
    )
    states = quality.node_quality(
        reconciled, at, ledger_delivered=GL_CONTROL_TOTAL.name in holding.tables
    )
    targets = scorecards.in_period(month.table(TARGET.name).collect(), month.as_of)
    return scorecards.with_status(quality.with_quality(table, states), targets, bank.catalogue)


def reconciliation(month: MonthAtWork) -> pl.DataFrame:
    """Loans against the general ledger, by branch, account and currency."""
    delivered = GL_CONTROL_TOTAL.name in month.bank.deliveries.chosen(month.as_of, month.version)
    thresholds = month.bank.reference.thresholds(month.as_of)
    return reconcile(
        month.table(LOAN_SNAPSHOT.name),
        month.table(GL_CONTROL_TOTAL.name) if delivered else None,
        tolerance_ratio=thresholds["gl_tolerance_ratio"],
    )


def publish(month: MonthAtWork, run_id: str) -> None:
    """Make the month's new figures the published ones."""
    month.bank.published.publish(
        Publication(
            as_of_date=month.as_of,
            snapshot_version=month.version,
            fingerprint=month.fingerprint,
            catalogue_fingerprint=month.bank.catalogue.fingerprint,
            reference_fingerprint=month.bank.reference.fingerprint,
            run_id=run_id,
            published_at=datetime.now(UTC),
        )
    )
