"""Specs as drawn tables: loans above, expected figures below, for a credit officer to read."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.scenario import AS_OF, engine_facts, small_book
from transforms.catalogue.vocabulary import TOTAL

COLUMNS = {
    "loan": "loan_id",
    "client": "borrower_id",
    "branch": "booking_branch_id",
    "balance": "outstanding_principal",
    "class": "loan_classification",
    "purpose": "purpose_industry_code",
    "sei tag": "sei_tag",
    "green tag": "green_tag",
    "edition": "green_catalogue_version",
    "approved": "approval_date",
    "drawn": "disbursement_date",
    "product": "product_type",
    "status": "loan_status",
    "currency": "currency_code",
    "days past due": "days_past_due",
    "tech mark": "tech_loan_tag",
    "on balance": "on_balance_sheet",
    "entrusted": "entrusted_flag",
    "size": "enterprise_size",
    "type": "borrower_type",
    "line": "total_credit_limit_cny",
    "group": "group_id",
    "core": "core_enterprise_id",
    "core group": "core_group_id",
    "evidence": "evidence_ref",
    "list": "list_type",
    "from": "valid_from",
    "to": "valid_to",
    "parent": "parent_id",
    "event": "event_date",
    "checked": "registry_checked_on",
    "issue": "issue_type",
    "revoked": "revoked_on",
    "closed": "closed_date",
    "into": "merged_into_branch_id",
}
BY_TABLE = {
    "branch": {"branch": "branch_id"},
    "branch_hierarchy": {"branch": "child_id"},
    "borrower_first_loan_event": {"branch": "branch_id"},
    "fx_rate": {"rate": "rate"},
}
DATES = {"approval_date", "disbursement_date", "valid_from", "valid_to", "event_date"}
DATES |= {"registry_checked_on", "revoked_on", "closed_date"}
AMOUNTS = {"outstanding_principal", "total_credit_limit_cny", "rate"}


def drawn(table: str, text: str) -> list[dict[str, object]]:
    """The rows of a drawn table. An empty cell is an empty value, `yes` and `no` are themselves."""
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    names = [cell.strip() for cell in lines[0].split("|")]
    columns = [{**COLUMNS, **BY_TABLE.get(table, {})}[name] for name in names]
    return [
        {
            column: _value(column, cell.strip())
            for column, cell in zip(columns, line.split("|"), strict=True)
        }
        for line in lines[1:]
    ]


def _value(column: str, cell: str) -> object:
    if not cell:
        return None
    if cell in ("yes", "no"):
        return cell == "yes"
    if column in DATES:
        return date.fromisoformat(cell)
    if column in AMOUNTS:
        return Decimal(cell.replace(",", ""))
    return int(cell) if column == "days_past_due" else cell


class Spec:
    """What a spec is written in."""

    def __call__(self, loans: str, *, as_of: date = AS_OF, before=None, **given):
        """Compute a drawn book and compare figures.

        Args:
            loans: the drawn loan table.
            as_of: the month end.
            before: earlier months, each a dict of drawn tables.
            given: drawn companion tables (`borrower_snapshot=...`), then expected figures: metric
                (`sei_share__strict` for a reading) to branch to a value, or (numerator, denominator).
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
        facts = engine_facts(book, as_of).filter(pl.col("slice") == TOTAL)
        assert expected, "a spec that expects nothing proves nothing"
        for name, figures in expected.items():
            metric, _, reading = name.partition("__")
            for branch, figure in figures.items():
                self._compare(facts, metric, reading or None, branch, figure)
        return facts

    @staticmethod
    def _compare(facts, metric, reading, branch, figure):
        rows = facts.filter(pl.col("metric_id") == metric, pl.col("branch_id") == branch)
        if reading or rows["reading"].n_unique() > 1:
            rows = rows.filter(pl.col("reading") == (reading or "confirmed"))
        assert rows.height == 1, f"{metric} at {branch}: {rows.height} figures"
        row = rows.row(0, named=True)
        if isinstance(figure, tuple):
            told = (row["numerator"], row["denominator"])
            assert told == tuple(map(Decimal, figure)), f"{metric} at {branch}"
        elif figure is None or isinstance(figure, str):
            assert row["value"] is None, f"{metric} at {branch} should have no value"
            if figure:
                assert figure in row["reason"]
        else:
            assert row["value"] == Decimal(str(figure)), f"{metric} at {branch}"


@pytest.fixture
def spec() -> Spec:
    """A drawn table in, expected figures out."""
    return Spec()
