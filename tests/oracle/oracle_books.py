"""Tiny books for the tests of the oracle: rows with every column, of which a test names a few.

Everything unnamed is an ordinary loan of an ordinary firm, which is in no special portfolio.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.oracle import oracle
from transforms.schema import TABLES

REFERENCE = Path(__file__).parents[2] / "transforms" / "reference"
AUG, SEP, OCT = date(2026, 8, 31), date(2026, 9, 30), date(2026, 10, 31)
YEAR_END, YEAR_AGO = date(2025, 12, 31), date(2025, 10, 31)

PLAIN = "0111"  # rice: on no list


def money(amount):
    return Decimal(amount).quantize(Decimal("0.01"))


def row(table, **columns):
    """A row with every column of the table, empty where not named."""
    names = TABLES[table].column_names
    assert set(columns) <= set(names), f"{table} has no {set(columns) - set(names)}"
    return {**dict.fromkeys(names), **columns}


def loan(loan_id, amount, **changes):
    """A plain loan of borrower `E` at branch `A`, in no special portfolio."""
    plain = {
        "borrower_id": "E",
        "booking_branch_id": "A",
        "product_type": "working_capital",
        "on_balance_sheet": True,
        "entrusted_flag": False,
        "movement": "none",
        "currency_code": "CNY",
        "outstanding_principal": money(amount),
        "approval_date": date(2024, 1, 5),
        "disbursement_date": date(2024, 1, 10),
        "loan_status": "normal",
        "loan_classification": "FQ01",
        "purpose_industry_code": PLAIN,
    }
    return row("loan_snapshot", loan_id=loan_id, **{**plain, **changes})


def borrower(borrower_id, **changes):
    """A large enterprise without a group."""
    large = {
        "borrower_type": "enterprise",
        "enterprise_size": "CS01",
        "total_credit_limit_cny": money(500_000_000),
    }
    return row("borrower_snapshot", borrower_id=borrower_id, **{**large, **changes})


def small(borrower_id, **changes):
    """A small enterprise exactly at the inclusive credit line."""
    line = {"enterprise_size": "CS03", "total_credit_limit_cny": money(10_000_000)}
    return borrower(borrower_id, **{**line, **changes})


def branch(branch_id, level="tier1", closed=None, into=None, opened=None, region=None):
    return row(
        "branch",
        branch_id=branch_id,
        level=level,
        opened_date=opened,
        closed_date=closed,
        merged_into_branch_id=into,
        region_code=region,
    )


def under(parent, child, start=date(2020, 1, 1), end=None):
    return row("branch_hierarchy", child_id=child, parent_id=parent, valid_from=start, valid_to=end)


def listed(borrower_id, start=date(2020, 1, 1), end=None, list_type="srdi", region=None):
    return row(
        "tech_enterprise_list",
        borrower_id=borrower_id,
        list_type=list_type,
        valid_from=start,
        valid_to=end,
        region_code=region,
    )


def event(borrower_id, loan_id, day, checked, **changes):
    """A first drawdown at branch `A`."""
    new = {
        "branch_id": "A",
        "event_date": day,
        "issue_type": "new",
        "borrower_type": "enterprise",
        "registry_checked_on": checked,
    }
    return row(
        "borrower_first_loan_event",
        borrower_id=borrower_id,
        loan_id=loan_id,
        **{**new, **changes},
    )


def flow(event_type, loan_id, amount, **changes):
    """Something that happened to a loan of borrower `E` at branch `A`."""
    usual = {
        "event_id": f"{event_type} {loan_id}",
        "borrower_id": "E",
        "branch_id": "A",
        "event_date": OCT,
        "currency_code": "CNY",
    }
    return row(
        "loan_event",
        loan_id=loan_id,
        event_type=event_type,
        amount=money(amount),
        **{**usual, **changes},
    )


def relation(**changes):
    """A proven tie of borrower `E` to a core enterprise."""
    proven = {
        "relation_id": "R",
        "borrower_id": "E",
        "core_enterprise_id": "CORE",
        "core_group_id": "G-CORE",
        "evidence_type": "order",
        "evidence_ref": "O-1",
        "valid_from": date(2025, 1, 1),
    }
    return row("supply_chain_relation", **{**proven, **changes})


def trade(amount, settled=None, days=None, borrower_id="E", core="CORE"):
    return row(
        "supply_chain_trade",
        borrower_id=borrower_id,
        core_enterprise_id=core,
        trade_amount=money(amount),
        settled_amount=None if settled is None else money(settled),
        settlement_days=days,
    )


def month(loans=(), **tables):
    """One month's delivery of every table: head office over A and B, and the borrower E."""
    given = {
        **dict.fromkeys(TABLES, ()),
        "loan_snapshot": loans,
        "borrower_snapshot": [borrower("E")],
        "branch": [branch("HO", "head"), branch("A"), branch("B")],
        "branch_hierarchy": [under("HO", "A"), under("HO", "B")],
        **tables,
    }
    return {name: list(rows) for name, rows in given.items()}


def compute(book, as_of=OCT):
    return oracle.compute(book, as_of, reference_dir=REFERENCE)


def ask(book, metric, reading=None, branch_id="A", as_of=OCT):
    """One figure; without a reading, that of the metric's first."""
    reading = reading or oracle.DEFAULT_READINGS[metric]
    return compute(book, as_of)[metric, reading, branch_id]


def value_of(book, metric, reading=None, branch_id="A", as_of=OCT):
    return ask(book, metric, reading, branch_id, as_of).value


def parts_of(book, metric, reading=None, branch_id="A", as_of=OCT):
    """What stands above and what below the line."""
    figure = ask(book, metric, reading, branch_id, as_of)
    return figure.numerator, figure.denominator


def cut(book, metric, by, reading=None, branch_id="A", as_of=OCT):
    """A metric's members with what stands above and below the line of each."""
    reading = reading or oracle.DEFAULT_READINGS[metric]
    figures = oracle.slices(book, as_of, reference_dir=REFERENCE)
    return {
        key[4]: (figure.numerator, figure.denominator)
        for key, figure in figures.items()
        if key[:4] == (metric, reading, branch_id, by)
    }
