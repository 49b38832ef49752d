"""The book that is measured on: a month of the demo bank and the months it is compared with, on disk."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import polars as pl

from transforms import hierarchy
from transforms.availability import Held
from transforms.catalogue.load import definitions
from transforms.catalogue.model import At, Catalogue
from transforms.classify import LoanTables, Rules
from transforms.flows import Before
from transforms.measures import Material
from transforms.reference import tables as reference_tables
from transforms.sample.bank import BankSpec, demo_bank
from transforms.schema import TABLES
from transforms.trade import REPORTED

AS_OF: Final = date(2026, 10, 31)
BACK: Final = {At.PREVIOUS_MONTH: date(2026, 9, 30), At.YEAR_END: date(2025, 12, 31)}
_MONTHS: Final = 11
_SEED: Final = 7


@dataclass(frozen=True, eq=False)
class Book:
    """A drawn book in a folder, and the definitions that it is computed with."""

    folder: Path
    catalogue: Catalogue

    @classmethod
    def drawn(cls, folder: Path, loans: int) -> "Book":
        """Draw a bank of about so many loans and write the months that are needed."""
        bank = demo_bank(BankSpec(months=_MONTHS, loans=loans, seed=_SEED, last=AS_OF))
        for day in (AS_OF, *BACK.values()):
            for name, frame in bank.month(day).items():
                frame.write_parquet(folder / f"{day}_{name}.parquet")
        return cls(folder, definitions(reference_tables.load()).newest)

    def path(self, name: str, day: date = AS_OF) -> Path:
        """Where a table of a month is."""
        return self.folder / f"{day}_{name}.parquet"

    def tables(self, day: date = AS_OF) -> LoanTables:
        """The tables of a month; trade of this month only, since no other is drawn for it."""
        month = {name: pl.scan_parquet(self.path(name, day)) for name in TABLES}
        trades = month["supply_chain_trade"].with_columns(pl.lit(day).alias(REPORTED))
        return LoanTables(month, trades)

    def rules(self, day: date = AS_OF) -> Rules:
        """Definitions and reference data of a month."""
        return Rules(self.catalogue, reference_tables.load(), day, "CNY")

    def material(self) -> Material:
        """What the month's measures are taken from."""
        tables = self.tables()
        booking = tables.month["loan_snapshot"].select("booking_branch_id").unique().collect()
        days = frozenset((AS_OF, *BACK.values()))
        events = tables.month["borrower_first_loan_event"]
        return Material(
            tables=tables,
            rules=self.rules(),
            tree=hierarchy.build(
                tables.month["branch"].collect(),
                tables.month["branch_hierarchy"].collect(),
                booking["booking_branch_id"],
                AS_OF,
            ),
            held=Held(
                AS_OF,
                frozenset(f"{t.name}.{c}" for t in TABLES.values() for c in t.column_names),
                self.rules().taxonomy,
                dict.fromkeys(TABLES, days),
            ),
            first_loans=events.with_columns(pl.lit(AS_OF).alias(REPORTED)).collect(),
            before={at: Before(self.tables(day), self.rules(day)) for at, day in BACK.items()},
            year_flows=tables.month["loan_event"],
        )
