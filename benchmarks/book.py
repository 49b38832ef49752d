"""The book that is measured on: a drawn bank, laid beside itself until there are as many loans as asked for.

The demo bank is drawn once, of a million loans at most, and written as Parquet: its realistic correlation
between flags is what makes a cube small or large. A larger book is that one copied, streaming, each copy
with keys of its own: clients, groups, loans, collateral and core enterprises of one copy are none of
another. Branches, rates and lists of codes stay as they are; the ledger and the bank's capital grow
along. Three month ends are there whole (the month, the one before, the year end), and of the others
what a month reads back to.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from records.layout import LAID_BY, SIZES, in_order
from transforms import hierarchy
from transforms.availability import Held
from transforms.catalogue.load import definitions
from transforms.catalogue.model import At, Catalogue
from transforms.classify import LoanTables, Rules
from transforms.measures import Material
from transforms.periods import month_ends
from transforms.reference import tables as reference_tables
from transforms.sample.bank import BankSpec, demo_bank
from transforms.schema import (
    FIRST_LOAN_EVENT,
    LOAN_EVENT,
    LOAN_SNAPSHOT,
    OVERRIDE,
    SUPPLY_CHAIN_TRADE,
    TABLES,
    Delivery,
)
from transforms.trade import HISTORY_MONTHS, REPORTED

AS_OF: Final = date(2026, 10, 31)
BACK: Final = {At.PREVIOUS_MONTH: date(2026, 9, 30), At.YEAR_END: date(2025, 12, 31)}
WHOLE: Final = (BACK[At.YEAR_END], BACK[At.PREVIOUS_MONTH], AS_OF)
"""The month ends of which every table is there."""
DRAWN: Final = 1_000_000
"""Loans that are drawn at most; more are copies."""
_SEED: Final = 7
_MANY: Final = 10_000_000
"""More than a table about branches has rows."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "loan_snapshot": (
        *("loan_id", "contract_id", "facility_id", "borrower_id"),
        "previous_loan_id",
    ),
    "borrower_snapshot": ("borrower_id", "group_id"),
    "tech_enterprise_list": ("borrower_id", "certificate_no"),
    "borrower_first_loan_event": ("borrower_id", "loan_id", "evidence_ref"),
    "supply_chain_relation": (
        *("relation_id", "borrower_id", "loan_id", "core_enterprise_id"),
        *("core_group_id", "evidence_ref"),
    ),
    "loan_event": ("event_id", "loan_id", "borrower_id", "transaction_no"),
    "write_off_recovery": ("loan_id", "borrower_id"),
    "collateral": ("collateral_id", "owner_id"),
    "loan_collateral": ("loan_id", "collateral_id"),
    "guarantee": ("guarantee_id", "loan_id", "guarantor_id"),
    "facility": ("facility_id", "borrower_id"),
    "supply_chain_trade": ("borrower_id", "core_enterprise_id"),
}
"""Tables that grow with the book, and the keys that each copy gets its own of."""

_SCALED: Final = {
    "gl_control_total": "balance",
    "reconciliation_item": "amount",
    "net_capital": "amount",
}
"""Tables of sums, which grow with the book instead."""

_BOOKED: Final = {
    "loan_snapshot": "booking_branch_id",
    "borrower_first_loan_event": "branch_id",
    "loan_event": "branch_id",
    "write_off_recovery": "branch_id",
}
"""The column that says where a row of a growing table is booked."""

_OF_BRANCH: Final = {
    "branch": "branch_id",
    "branch_hierarchy": "child_id",
    "gl_control_total": "branch_id",
}
"""Tables about branches, which grow with their number."""


@dataclass(frozen=True, eq=False)
class Book:
    """A drawn book in a folder, how often it is laid beside itself, and its definitions.

    Attributes:
        folder: where the drawn book is.
        catalogue: the definitions.
        copies: how often the drawn book is there.
        twins: at how many branches in place of one those copies are booked.
    """

    folder: Path
    catalogue: Catalogue
    copies: int = 1
    twins: int = 1

    @classmethod
    def at(cls, folder: Path) -> "Book":
        """The book in a folder."""
        return cls(folder, definitions(reference_tables.load()).newest)

    @classmethod
    def drawn(cls, folder: Path, loans: int) -> "Book":
        """Draw a bank of about so many loans, and write the months that are needed."""
        folder.mkdir(parents=True, exist_ok=True)
        days = month_ends(AS_OF, HISTORY_MONTHS)
        bank = demo_bank(BankSpec(months=len(days), loans=loans, seed=_SEED, last=AS_OF))
        book = cls.at(folder)
        for day in days:
            month = bank.month(day)
            for name in tables_of(day):
                rows = month[name].with_columns(
                    source_row_no=pl.int_range(1, pl.len() + 1, dtype=pl.Int64)
                )
                rows.write_parquet(book.path(name, day), compression="lz4")
        return book

    def copied(self, rows: int, branches: int | None = None) -> "Book":
        """The same laid beside itself until there are at least so many loans.

        Args:
            rows: loans of the month.
            branches: branches that book loans, about: further copies book at twins of the first
                copy's branches, below the same parents. As they are, if not given.
        """
        copies = max(1, -(-rows // self.loans))
        wanted = 1 if branches is None else round(branches / self.booked.len())
        return replace(self, copies=copies, twins=max(1, min(copies, wanted)))

    def written(self, folder: Path) -> "Book":
        """The month's tables as files of their own, so that reading one is reading and nothing else.

        Loans lie by branch, as the lake lays them.
        """
        folder.mkdir(parents=True, exist_ok=True)
        book = Book(folder, self.catalogue)
        for name in tables_of(AS_OF):
            rows = self.rows(name)
            if name in LAID_BY:
                files = []
                for number, part in enumerate(in_order(rows, LAID_BY[name], SIZES)):
                    files.append(folder / f"{name}-{number}.parquet")
                    part.sink_parquet(files[-1], compression="lz4")
                pl.scan_parquet(files).sink_parquet(book.path(name), compression="lz4")
                for file in files:
                    file.unlink()
            else:
                rows.sink_parquet(book.path(name), compression="lz4")
        return book

    @property
    def loans(self) -> int:
        """Loans of the month."""
        held: int = pl.scan_parquet(self.path(LOAN_SNAPSHOT.name)).select(pl.len()).collect().item()
        return held * self.copies

    @cached_property
    def booked(self) -> pl.Series:
        """The branches that book loans of the drawn book, at any of the three month ends."""
        files = [self.path(LOAN_SNAPSHOT.name, day) for day in WHOLE]
        loans = pl.scan_parquet([file for file in files if file.exists()])
        return loans.select("booking_branch_id").unique().collect()["booking_branch_id"].sort()

    def path(self, name: str, day: date = AS_OF) -> Path:
        """Where a table of a month of the drawn book is."""
        return self.folder / f"{day}_{name}.parquet"

    def rows(self, name: str, day: date = AS_OF) -> pl.LazyFrame:
        """A table of a month, with the place of each row."""
        drawn = pl.scan_parquet(self.path(name, day))
        if name in KEYS:
            held: int = drawn.select(pl.len()).collect().item() if self.copies > 1 else 0
            return pl.concat(
                _copy(drawn, name, number, number % self.twins, held)
                for number in range(self.copies)
            )
        if name in _OF_BRANCH:
            return pl.concat(self._twin(drawn, name, twin) for twin in range(self.twins))
        return _scaled(drawn, name, self.copies)

    def _twin(self, rows: pl.LazyFrame, name: str, twin: int) -> pl.LazyFrame:
        """Branches, their places in the tree or their ledgers, as one of the twins has them."""
        key = pl.col(_OF_BRANCH[name])
        scaled = _scaled(rows, name, len(range(twin, self.copies, self.twins)))
        if twin == 0:
            return scaled
        own = scaled.filter(key.is_in(self.booked.implode()))
        return own.with_columns(key + _named(twin), pl.col("source_row_no") + twin * _MANY)

    def read(self, name: str, day: date = AS_OF) -> pl.LazyFrame:
        """A table of a month, as it is declared."""
        return self.rows(name, day).select(*TABLES[name].column_names)

    def history(self, name: str, first: date) -> pl.LazyFrame:
        """A monthly table of all months from one on, with `reported`."""
        days = [day for day, table in months() if table == name and day >= first]
        return pl.concat(
            self.read(name, day).with_columns(pl.lit(day).alias(REPORTED)) for day in days
        )

    def tables(self, day: date = AS_OF) -> LoanTables:
        """The tables of a month, with the trade of the months before."""
        return LoanTables({name: self.read(name, day) for name in tables_of(day)}, self.trades())

    def trades(self) -> pl.LazyFrame:
        """Trade of all months that are read back to."""
        return self.history(SUPPLY_CHAIN_TRADE.name, date.min)

    def rules(self, day: date = AS_OF) -> Rules:
        """Definitions and reference data of a month."""
        return Rules(self.catalogue, reference_tables.load(), day, "CNY")

    def first_loans(self) -> pl.DataFrame:
        """First-loan events of the year so far."""
        return self.history(FIRST_LOAN_EVENT.name, date(AS_OF.year, 1, 1)).collect()

    def tree(self) -> hierarchy.Tree:
        """The branches of the month."""
        twins = [self.booked, *(self.booked + _named(number) for number in range(1, self.twins))]
        return hierarchy.build(
            self.read("branch").collect(),
            self.read("branch_hierarchy").collect(),
            pl.concat(twins),
            AS_OF,
        )

    def material(self) -> Material:
        """What the month's measures are taken from, without the months before."""
        return Material(
            tables=self.tables(),
            rules=self.rules(),
            tree=self.tree(),
            held=Held(
                AS_OF,
                frozenset(f"{t.name}.{c}" for t in TABLES.values() for c in t.column_names),
                self.rules().taxonomy,
                {name: frozenset({AS_OF}) for name in TABLES},
            ),
            first_loans=self.first_loans(),
        )


def tables_of(day: date) -> tuple[str, ...]:
    """The tables that are kept of a month: all of three, and of the others what is read back to."""
    if day in WHOLE:
        # Values mended by hand are of single loans, and say nothing about speed.
        return tuple(
            name
            for name, table in TABLES.items()
            if table.delivery is not Delivery.ENTERED and name != OVERRIDE.name
        )
    read_back = (LOAN_EVENT.name, FIRST_LOAN_EVENT.name) if day.year == AS_OF.year else ()
    return (SUPPLY_CHAIN_TRADE.name, *read_back)


def months() -> Iterator[tuple[date, str]]:
    """Every month end and table that is there."""
    for day in month_ends(AS_OF, HISTORY_MONTHS):
        for name in tables_of(day):
            yield day, name


def _copy(rows: pl.LazyFrame, name: str, number: int, twin: int, held: int) -> pl.LazyFrame:
    if number == 0:
        return rows
    changed = [pl.col(key) + f"-{number}" for key in KEYS[name]]
    if twin and name in _BOOKED:
        changed.append(pl.col(_BOOKED[name]) + _named(twin))
    return rows.with_columns(*changed, pl.col("source_row_no") + number * held)


def _scaled(rows: pl.LazyFrame, name: str, times: int) -> pl.LazyFrame:
    """Sums of the book that many times over."""
    if name not in _SCALED:
        return rows
    amount = _SCALED[name]
    dtype = TABLES[name].dtypes[amount]
    return rows.with_columns((pl.col(amount) * times).cast(dtype).alias(amount))


def _named(twin: int) -> str:
    return f"T{twin}"
