"""Small books for tests: rows with sensible defaults, computed the way a build computes them.

A test names only the columns it is about; everything else is an ordinary loan of an ordinary firm.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import polars as pl

from transforms import availability, clients, cube, facts, first_loans, hierarchy
from transforms.catalogue.load import load as load_catalogue
from transforms.classify import LoanTables, Rules, classify
from transforms.periods import months_of_year_to
from transforms.reference import tables as reference_tables
from transforms.reference.tables import Taxonomy
from transforms.schema import TABLES

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
    "target": {"period_type": "year", "status": "approved", "valid_from": date(2026, 1, 1)},
    "fx_rate": {},
}

REFERENCE = reference_tables.load()
CATALOGUE = load_catalogue(REFERENCE.tables["thresholds"]["name"].unique())

Rows = Sequence[Mapping[str, object]]


def complete(table: str, rows: Rows) -> list[dict[str, object]]:
    """Rows of a canonical table with every column, the unnamed ones at their defaults."""
    names = TABLES[table].column_names
    numbered = []
    for number, row in enumerate(rows, 1):
        unknown = set(row) - set(names)
        assert not unknown, f"{table} has no {unknown}"
        whole = {**dict.fromkeys(names), **DEFAULTS[table], **row}
        if "relation_id" in names:
            whole["relation_id"] = whole["relation_id"] or f"R{number}"
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
        carried = TABLES[name].delivery.value == "carried"
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


def _measured(book: SmallBook, as_of: date):
    tables = {name: book.table(name, as_of) for name in TABLES}
    rules = Rules(CATALOGUE, REFERENCE, as_of, "CNY", book.taxonomy)
    loans = classify(
        LoanTables(
            loans=tables["loan_snapshot"].lazy(),
            borrowers=tables["borrower_snapshot"].lazy(),
            tech_lists=tables["tech_enterprise_list"].lazy(),
            relations=tables["supply_chain_relation"].lazy(),
            rates=tables["fx_rate"].lazy(),
        ),
        rules,
    )
    tree = hierarchy.build(
        tables["branch"],
        tables["branch_hierarchy"],
        tables["loan_snapshot"]["booking_branch_id"],
        as_of,
    )
    cells = cube.aggregate(loans, CATALOGUE).to_native().collect()
    pairs = clients.pairs(loans, CATALOGUE).to_native().collect()
    counts = clients.client_counts(pairs, tree.counts_for, CATALOGUE)
    reported = [
        book.table("borrower_first_loan_event", day).with_columns(reported=pl.lit(day))
        for day in sorted(book.months)
        if day <= as_of
    ]
    judged = first_loans.judge(
        pl.concat(reported),
        tables["tech_enterprise_list"],
        CATALOGUE,
        REFERENCE.thresholds(as_of),
        as_of,
    )
    events = first_loans.event_measures(judged, CATALOGUE, as_of)
    return tree, pl.concat([cube.branch_measures(cells, CATALOGUE), events]), counts


def engine_facts(book: SmallBook, as_of: date = AS_OF) -> pl.DataFrame:
    """All facts of a month, by the product's own engine."""
    tree, measures, counts = _measured(book, as_of)
    bases = {
        day: _measured(book, day)[1]
        for day in facts.base_dates(CATALOGUE, as_of)
        if day in book.months
    }
    held = availability.Held(
        book.held,
        book.taxonomy,
        tuple(day for day in months_of_year_to(as_of) if day not in book.months),
    )
    parameters = REFERENCE.thresholds(as_of)
    missing = availability.unavailable_measures(CATALOGUE, held, parameters, as_of)
    return facts.compute(
        facts.Month(
            as_of=as_of,
            measures=measures.filter(~pl.col("measure").is_in(sorted(missing))),
            clients=counts.filter(~pl.col("measure").is_in(sorted(missing))),
            bases=bases,
            tree=tree,
            unavailable=missing,
            unavailable_slices=availability.unavailable_slices(held),
            tolerance_rule=REFERENCE.tolerance_rule(as_of),
        ),
        CATALOGUE,
    )
