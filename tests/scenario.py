"""Small books for tests: rows with sensible defaults, computed the way a build computes them.

A test names only the columns it is about; everything else is an ordinary loan of an ordinary firm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import polars as pl

from transforms import availability, facts, hierarchy, measures, scorecards, target_states
from transforms.catalogue.load import load as load_catalogue
from transforms.catalogue.model import At
from transforms.classify import LoanTables, Rules
from transforms.flows import Before
from transforms.hierarchy import Tree
from transforms.measures import Material, Measures
from transforms.periods import (
    month_ends,
    months_back,
    months_of_year_to,
    previous_month_end,
    previous_year_end,
)
from transforms.reference import tables as reference_tables
from transforms.reference.tables import Taxonomy
from transforms.schema import TABLES
from transforms.trade import HISTORY_MONTHS, TRADES

AS_OF = date(2026, 10, 31)

DEFAULTS: dict[str, dict[str, object]] = {
    "loan_snapshot": {
        "borrower_id": "C1",
        "booking_branch_id": "north",
        "product_type": "working_capital",
        "on_balance_sheet": True,
        "entrusted_flag": False,
        "movement": "none",
        "currency_code": "CNY",
        "outstanding_principal": Decimal("100.00"),
        "disbursement_date": date(2024, 3, 1),
        "issue_type": "new",
        "loan_status": "normal",
        "loan_classification": "FQ01",
        "days_past_due": 0,
        "purpose_industry_code": "5111",
    },
    "borrower_snapshot": {
        "borrower_type": "enterprise",
        "enterprise_size": "CS02",
        "total_credit_limit_cny": Decimal("50000000.00"),
    },
    "branch": {"level": "tier1"},
    "branch_hierarchy": {"valid_from": date(2020, 1, 1)},
    "tech_enterprise_list": {"list_type": "high_tech", "valid_from": date(2020, 1, 1)},
    "borrower_first_loan_event": {
        "branch_id": "north",
        "issue_type": "new",
        "borrower_type": "enterprise",
    },
    "supply_chain_relation": {
        "core_enterprise_id": "CORE",
        "evidence_type": "order",
        "evidence_ref": "O-1",
        "valid_from": date(2020, 1, 1),
    },
    "gl_control_total": {"currency_code": "CNY"},
    "reconciliation_item": {"currency_code": "CNY"},
    "target": {
        "period_type": "year",
        "status": "approved",
        "valid_from": date(2026, 1, 1),
        "phasing": "none",
    },
    "fx_rate": {},
    "loan_event": {
        "borrower_id": "C1",
        "branch_id": "north",
        "event_type": "drawdown",
        "currency_code": "CNY",
    },
    "write_off_recovery": {"branch_id": "north", "method": "write_off", "currency_code": "CNY"},
    "collateral": {},
    "loan_collateral": {"valid_from": date(2020, 1, 1)},
    "guarantee": {"valid_from": date(2020, 1, 1)},
    "facility": {"borrower_id": "C1"},
    "lpr_rate": {},
    "net_capital": {"kind": "net_capital"},
    "supply_chain_trade": {"core_enterprise_id": "CORE"},
    "override": {
        "table_name": "loan_snapshot",
        "reason": "mended",
        "valid_from": date(2020, 1, 1),
        "valid_to": date(2029, 12, 31),
        "requested_by": "li",
        "approved_by": "wang",
        "approved_on": date(2020, 1, 1),
    },
}

REFERENCE = reference_tables.load()
DEFINITIONS = load_catalogue(
    REFERENCE.tables["thresholds"]["name"].unique(),
    rules=REFERENCE.tables["npl_tolerance_rules"]["rule_id"],
)
CATALOGUE = DEFINITIONS.newest

Rows = Sequence[Mapping[str, object]]


def complete(table: str, rows: Rows) -> list[dict[str, object]]:
    """Rows of a canonical table with every column, the unnamed ones at their defaults."""
    names = TABLES[table].column_names
    numbered = []
    for number, row in enumerate(rows, 1):
        unknown = set(row) - set(names)
        assert not unknown, f"{table} has no {unknown}"
        whole = {**dict.fromkeys(names), **DEFAULTS[table], **row}
        for key, letter in (("relation_id", "R"), ("event_id", "V"), ("guarantee_id", "G")):
            if key in names:
                whole[key] = whole[key] or f"{letter}{number}"
        numbered.append(whole)
    return numbered


def frame(table: str, rows: Rows) -> pl.DataFrame:
    """Rows of a canonical table as a typed frame."""
    return pl.DataFrame(complete(table, rows), schema=TABLES[table].dtypes)


@dataclass(frozen=True)
class SmallBook:
    """Canonical tables by month: `book.months[date][table]` are complete rows."""

    months: Mapping[date, Mapping[str, list[dict[str, object]]]]
    taxonomy: Taxonomy = Taxonomy.GBT4754
    held: frozenset[str] = field(
        default_factory=lambda: frozenset(
            f"{table.name}.{column}" for table in TABLES.values() for column in table.column_names
        )
    )

    def table(self, name: str, as_of: date) -> pl.DataFrame:
        """A table as a month is computed with: its own rows, or those carried from before."""
        own = self.months[as_of].get(name)
        carried = TABLES[name].delivery.value in {"carried", "entered"}
        if own is None and carried:
            before = [
                day for day in sorted(self.months) if day < as_of and name in self.months[day]
            ]
            own = self.months[before[-1]][name] if before else None
        return pl.DataFrame(own or [], schema=TABLES[name].dtypes)


def small_book(
    as_of: date = AS_OF,
    *,
    earlier: Mapping[date, Mapping[str, Rows]] | None = None,
    **tables: Rows,
) -> SmallBook:
    """A book of one month (and perhaps earlier ones), from rows that name only what matters."""
    months = {day: dict(given) for day, given in (earlier or {}).items()} | {as_of: dict(tables)}
    return SmallBook(
        {
            day: {name: complete(name, rows) for name, rows in given.items()}
            for day, given in months.items()
        }
    )


def every_month(last: date, count: int, **tables: object) -> dict[date, dict[str, object]]:
    """`count` months up to `last` that deliver the same: a quiet stretch for figures of the year."""
    return {day: dict(tables) for day in month_ends(last, count)}


def _tables(book: SmallBook, as_of: date) -> LoanTables:
    window = [months_back(as_of, back) for back in range(HISTORY_MONTHS)]
    trades = [
        book.table("supply_chain_trade", day).with_columns(reported=pl.lit(day))
        for day in sorted(book.months)
        if day in window
    ]
    return LoanTables(
        month={name: book.table(name, as_of).lazy() for name in TABLES},
        trades=pl.concat([pl.DataFrame(schema=TRADES), *trades]).lazy(),
    )


def _rules(book: SmallBook, as_of: date, reference=None, definitions=None) -> Rules:
    catalogue = (definitions or DEFINITIONS).on(as_of)
    return Rules(catalogue, reference or REFERENCE, as_of, "CNY", book.taxonomy)


def tree_of(book: SmallBook, as_of: date) -> Tree:
    """The branches of a small book."""
    return hierarchy.build(
        book.table("branch", as_of),
        book.table("branch_hierarchy", as_of),
        book.table("loan_snapshot", as_of)["booking_branch_id"],
        as_of,
    )


def material_of(book: SmallBook, as_of: date, reference=None, definitions=None) -> Material:
    """What the measures of a month are taken from, gathered as a build gathers it."""
    held_months = {name: frozenset(day for day in book.months) for name in TABLES}
    reported = [
        book.table("borrower_first_loan_event", day).with_columns(reported=pl.lit(day))
        for day in sorted(book.months)
        if day <= as_of
    ]
    year = [book.table("loan_event", day) for day in months_of_year_to(as_of) if day in book.months]
    back = {At.PREVIOUS_MONTH: previous_month_end(as_of), At.YEAR_END: previous_year_end(as_of)}
    return Material(
        tables=_tables(book, as_of),
        rules=_rules(book, as_of, reference, definitions),
        tree=tree_of(book, as_of),
        held=availability.Held(as_of, book.held, book.taxonomy, held_months),
        first_loans=pl.concat(reported),
        before={
            at: Before(_tables(book, day), _rules(book, day, reference, definitions))
            for at, day in back.items()
            if day in book.months
        },
        year_flows=pl.concat(year).lazy(),
    )


def measured(book: SmallBook, as_of: date, **given) -> Measures:
    """All measures of a month."""
    return measures.take(material_of(book, as_of, **given))


def aims(targets: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Of drawn targets those that are approved and hold on a day, as figures are held against them."""
    holding = targets.filter(
        pl.col("status") == "approved",
        pl.col("period").is_in(list(target_states.periods_of(as_of))),
        pl.col("valid_from") <= as_of,
        pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of),
    )
    return target_states.narrowest(holding)


def gathered_of(
    book: SmallBook, as_of: date, material: Material, taken: Measures, **given
) -> facts.Month:
    """Everything the facts of a month are made from, gathered as a build gathers it."""
    catalogue = material.rules.catalogue
    names = facts.tolerance_names(catalogue)
    targets = aims(book.table("target", as_of), as_of)
    return facts.Month(
        as_of=as_of,
        measures=taken.additive,
        node_measures=taken.by_node,
        earlier={
            day: measured(book, day, **given).additive
            for day in facts.base_dates(catalogue, as_of)
            if day in book.months
        },
        tree=material.tree,
        unavailable=material.unavailable(),
        unavailable_slices=availability.unavailable_slices(material.held),
        tolerance_rules={name: material.rules.reference.rules_named(name, as_of) for name in names},
        regions=facts.regions_of(book.table("branch", as_of)),
        annual_npl_target=scorecards.annual_target(targets, material.tree.root, "npl_ratio"),
    )


def engine_facts(book: SmallBook, as_of: date = AS_OF, *, reference=None, definitions=None):
    """All facts of a month, by the product's own engine."""
    given = {"reference": reference, "definitions": definitions}
    material = material_of(book, as_of, **given)
    taken = measures.take(material)
    whole = gathered_of(book, as_of, material, taken, **given)
    return facts.compute(whole, material.rules.catalogue)
