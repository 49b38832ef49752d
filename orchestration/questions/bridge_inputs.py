"""What a bridge is made from, as delivered: books, the events between them, and overrides put in place.

Nothing is computed here; which months in which version belongs in `bridging`.
"""

from datetime import date
from typing import Final

import polars as pl

from orchestration import months
from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from orchestration.questions.bridge_asked import Asked, behind
from transforms import first_loans, overrides
from transforms.analysis.bridge.books import Book
from transforms.analysis.bridge.shape import shape_of
from transforms.catalogue.model import Metric, Reading
from transforms.classify import LoanTables
from transforms.overrides import State
from transforms.periods import month_ends
from transforms.schema import (
    BORROWER_SNAPSHOT,
    LOAN_EVENT,
    LOAN_SNAPSHOT,
    SUPPLY_CHAIN_TRADE,
    TEXT,
)

_MONTHS: Final = 12


def book(month: MonthAtWork, metric: Metric, reading: Reading) -> Book:
    """A month's book as a build would compute it, for one figure.

    Raises:
        NoBridgeError: if the figure is none that can be bridged.
    """
    catalogue = month.catalogue
    tables = LoanTables(
        month=month.tables(),
        trades=month.history(SUPPLY_CHAIN_TRADE.name),
        first_receipts=first_loans.first_receipts(months.judged_events(month)),
    )
    named = [metric.metric_id, *behind(metric, reading)]
    version = "; ".join(catalogue.versions[name] for name in named)
    return Book(tables, month.rules(), shape_of(catalogue, metric, reading), version)


def events(bank: Bank, asked: Asked) -> pl.LazyFrame:
    """The loan events of the months after the start up to the end, each month as delivered last."""
    known = bank.deliveries.months_of(LOAN_EVENT.name, asked.end)
    rows = [
        bank.deliveries.rows(SYSTEM, batch).select(*LOAN_EVENT.column_names)
        for day, batch in known.items()
        if day > asked.start
    ]
    return pl.concat([pl.LazyFrame(schema=LOAN_EVENT.dtypes), *rows])


def without_events(bank: Bank, asked: Asked) -> tuple[date, ...]:
    """The month ends after the start up to the end that no loan events were delivered for."""
    apart = (asked.end.year - asked.start.year) * _MONTHS + asked.end.month - asked.start.month
    known = bank.deliveries.months_of(LOAN_EVENT.name, asked.end)
    return tuple(day for day in month_ends(asked.end, apart) if day not in known)


def overridden(then: MonthAtWork, now: MonthAtWork) -> dict[str, pl.LazyFrame] | None:
    """The start's loans and clients as delivered, with the overrides that the end applies.

    Nothing if both apply the same ones.
    """
    applied = [
        month.override_states.filter(pl.col("state") == State.APPLIED.value)
        for month in (then, now)
    ]
    told = ["override_id", "table_name", "row_key", "column_name", "value"]
    if applied[0].select(told).sort(told).equals(applied[1].select(told).sort(told)):
        return None
    # Put in whatever the old cell held: what was delivered anew is not the override's doing.
    put = applied[1].with_columns(value_before=pl.lit(None, dtype=TEXT))
    return {
        table.name: overrides.apply(
            table.name, then.as_delivered(table.name), put, now.as_of
        ).select(*table.column_names)
        for table in (LOAN_SNAPSHOT, BORROWER_SNAPSHOT)
    }
