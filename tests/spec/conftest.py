"""Specs as drawn tables: loans above, expected figures below, for a credit officer to read."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.scenario import AS_OF, DEFINITIONS, engine_facts, small_book
from transforms.catalogue.load import Definitions
from transforms.catalogue.model import Aggregation, Catalogue
from transforms.catalogue.vocabulary import TOTAL
from transforms.schema import TABLES

COLUMNS = {
    "loan": "loan_id",
    "client": "borrower_id",
    "branch": "booking_branch_id",
    "balance": "outstanding_principal",
    "class": "loan_classification",
    "purpose": "purpose_industry_code",
    "green mark": "green_tag_nfra",
    "edition": "green_catalogue_version",
    "approved": "approval_date",
    "drawn": "disbursement_date",
    "due": "maturity_date",
    "extended to": "extended_maturity_date",
    "repriced": "repricing_date",
    "rate": "interest_rate",
    "allowance": "impairment_allowance",
    "product": "product_type",
    "status": "loan_status",
    "currency": "currency_code",
    "tech mark": "tech_loan_tag",
    "on balance": "on_balance_sheet",
    "entrusted": "entrusted_flag",
    "security": "main_security_type",
    "linked": "investment_linkage_flag",
    "mode": "linkage_mode",
    "stage": "growth_stage",
    "housing": "housing_loan_flag",
    "rental": "rental_housing_flag",
    "size": "enterprise_size",
    "type": "borrower_type",
    "line": "total_credit_limit_cny",
    "group": "group_id",
    "control": "controlling_type",
    "platform": "platform_flag",
    "industry": "industry_code",
    "R&D": "rd_expense",
    "staff": "core_tech_staff",
    "leavers": "core_tech_leavers",
    "core": "core_enterprise_id",
    "core group": "core_group_id",
    "evidence": "evidence_ref",
    "use": "green_use_code",
    "list": "list_type",
    "place": "region_code",
    "from": "valid_from",
    "to": "valid_to",
    "parent": "parent_id",
    "event": "event_date",
    "checked": "registry_checked_on",
    "issue": "issue_type",
    "revoked": "revoked_on",
    "closed": "closed_date",
    "into": "merged_into_branch_id",
    "item": "collateral_id",
    "traded": "trade_amount",
    "paid": "settled_amount",
    "days": "settlement_days",
    "reported": "reported_on",
    "metric": "metric_id",
    "target": "target_value",
}
BY_TABLE = {
    "borrower_snapshot": {"place": "registered_region_code"},
    "branch_hierarchy": {"branch": "child_id"},
    "collateral": {"kind": "collateral_type"},
    "fx_rate": {"rate": "rate"},
    "loan_event": {"event": "event_type"},
    "lpr_rate": {"from": "effective_date", "rate": "rate"},
}


def _column(table: str, name: str) -> str:
    """The canonical column behind a heading: its own name, or the word a credit officer uses."""
    known = TABLES[table].column_names
    own = {**COLUMNS, **BY_TABLE.get(table, {})}
    if "branch_id" in known:
        own["branch"] = "branch_id"
    plain = name.replace(" ", "_")
    return plain if plain in known else own[name]


def drawn(table: str, text: str) -> list[dict[str, object]]:
    """The rows of a drawn table. An empty cell is an empty value, `yes` and `no` are themselves."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    columns = [_column(table, cell.strip()) for cell in lines[0].split("|")]
    dtypes = TABLES[table].dtypes
    return [
        {
            column: _value(dtypes[column], cell.strip())
            for column, cell in zip(columns, line.split("|"), strict=True)
        }
        for line in lines[1:]
    ]


def _value(dtype: pl.DataType, cell: str) -> object:
    if not cell:
        return None
    if dtype == pl.Boolean:
        return {"yes": True, "no": False}[cell]
    if dtype == pl.Date:
        return date.fromisoformat(cell)
    if isinstance(dtype, pl.Decimal):
        return Decimal(cell.replace(",", ""))
    return int(cell) if dtype.is_integer() else cell


def only(definitions: Definitions, metrics: Iterable[str]) -> Definitions:
    """Definitions reduced to some metrics: a spec need not wait for the hundred others."""
    wanted = tuple(metrics)
    return Definitions(
        definitions.ends, tuple(_reduced(one, wanted) for one in definitions.catalogues)
    )


def _reduced(whole: Catalogue, wanted: Iterable[str]) -> Catalogue:
    readings = [reading for name in wanted for reading in whole.metrics[name].readings]
    pairs = [pair for one in readings for pair in (one.minuend, one.subtrahend) if pair]
    metrics = {*wanted, *(metric for metric, _ in pairs)}
    plain = {
        name
        for metric in metrics
        for reading in whole.metrics[metric].readings
        for name in (*reading.measures, *whole.plain_measures(reading))
    }
    # By these the engine finds where a pair trades and who of the listed has a loan.
    plain |= {"supply_chain_balance", "tech_enterprise_balance"}
    queue = list(plain)
    while queue:
        terms = {term.measure for term in whole.measures[queue.pop()].terms}
        queue += terms - plain
        plain |= terms
    # The largest members of a slice are found among its sums.
    found = [whole.measures[name] for name in plain]
    largest = {(m.over, m.where) for m in found if m.aggregation is Aggregation.LARGEST}
    plain |= {m.name for m in whole.measures_by(Aggregation.SUM) if (m.over, m.where) in largest}
    return replace(
        whole,
        measures={name: one for name, one in whole.measures.items() if name in plain},
        metrics={name: one for name, one in whole.metrics.items() if name in metrics},
    )


class Spec:
    """What a spec is written in."""

    def __call__(
        self,
        loans: str,
        *,
        as_of: date = AS_OF,
        before=None,
        reference=None,
        definitions=None,
        **given,
    ):
        """Compute a drawn book and compare figures.

        Args:
            loans: the drawn loan table.
            as_of: the month end.
            before: earlier months, each a dict of drawn tables.
            reference: reference data other than the product's own.
            definitions: definitions other than the product's own; those not asked for are left out.
            given: drawn companion tables (`borrower_snapshot=...`), then expected figures: metric
                (`sei_share__strict` for a reading other than the default) to branch, or to (branch,
                slice, member), to a value, or (numerator, denominator), or the reason there is none.
        """
        tables = {name: drawn(name, text) for name, text in given.items() if isinstance(text, str)}
        expected = {name: figures for name, figures in given.items() if isinstance(figures, dict)}
        earlier = {
            day: {name: drawn(name, text) for name, text in month.items()}
            for day, month in (before or {}).items()
        }
        book = small_book(
            as_of, earlier=earlier, loan_snapshot=drawn("loan_snapshot", loans), **tables
        )
        asked = [name.partition("__")[0] for name in expected]
        definitions = only(definitions or DEFINITIONS, asked)
        facts = engine_facts(book, as_of, reference=reference, definitions=definitions)
        self.catalogue = definitions.on(as_of)
        assert expected, "a spec that expects nothing proves nothing"
        for name, figures in expected.items():
            for where, figure in figures.items():
                place = where if isinstance(where, tuple) else (where, TOTAL, TOTAL)
                _compare(self.row(facts, name, *place), f"{name} at {where}", figure)
        return facts

    def row(self, facts, name, branch, slice_=TOTAL, member=TOTAL):
        """One figure; `metric__reading` for a reading other than the default."""
        metric, _, reading = name.partition("__")
        rows = facts.filter(
            pl.col("metric_id") == metric,
            pl.col("reading") == (reading or self.catalogue.metrics[metric].default_reading),
            pl.col("branch_id") == branch,
            pl.col("slice") == slice_,
            pl.col("member") == member,
        )
        assert rows.height == 1, f"{name} at {branch}: {rows.height} figures"
        return rows.row(0, named=True)

    @staticmethod
    def members(facts, metric, slice_, branch="HO"):
        """The figures of a metric by the members of a slice: member to value."""
        rows = facts.filter(
            pl.col("metric_id") == metric, pl.col("slice") == slice_, pl.col("branch_id") == branch
        )
        return dict(rows.select("member", "value").iter_rows())


def _compare(row, where, figure):
    if isinstance(figure, tuple):
        told = (row["numerator"], row["denominator"])
        assert told == tuple(Decimal(str(one)) for one in figure), where
    elif figure is None or isinstance(figure, str):
        assert row["value"] is None, f"{where} should have no value"
        assert (figure or "") in row["reason"], where
    else:
        assert row["value"] == Decimal(str(figure)), where


@pytest.fixture
def spec() -> Spec:
    """A drawn table in, expected figures out."""
    return Spec()
