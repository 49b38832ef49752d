"""What every lookup is given: the month's tables, the rules in force, and the engine that runs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import narwhals as nw
import polars as pl

from transforms.catalogue.model import Catalogue
from transforms.engines import POLARS, Engine, Frame, neutral
from transforms.reference.tables import Reference, Taxonomy
from transforms.schema import TABLES, Table
from transforms.trade import TRADES


@dataclass(frozen=True, eq=False)
class LoanTables:
    """The canonical tables of one month that loans are classified with, as native lazy frames.

    A table that was not delivered is missing. Keys are unique: the checks reject duplicates, and a
    borrower standing twice would double its loans here.

    Attributes:
        month: tables by name, as the month is computed with.
        trades: `supply_chain_trade` of the last fifteen months, with `reported`.
        first_receipts: `loan_id` of the first-time clients that were counted so far.
    """

    month: Mapping[str, pl.LazyFrame]
    trades: pl.LazyFrame | None = None
    first_receipts: pl.LazyFrame | None = None


@dataclass(frozen=True, eq=False)
class Rules:
    """What a month is classified by: definitions and dated reference data, and where it stands."""

    catalogue: Catalogue
    reference: Reference
    as_of: date
    base_currency: str
    taxonomy: Taxonomy = Taxonomy.GBT4754

    @property
    def parameters(self) -> dict[str, Decimal]:
        """The named thresholds in force that month."""
        return self.reference.thresholds(self.as_of)


@dataclass(frozen=True, eq=False)
class Inputs:
    """Tables, rules and engine of one classification."""

    tables: LoanTables
    rules: Rules
    engine: Engine = POLARS

    def table(self, table: Table) -> Frame:
        """A table of the month; without rows if it was not delivered."""
        given = self.tables.month.get(table.name)
        if given is None:
            return self.engine.frame(pl.DataFrame(schema=TABLES[table.name].dtypes))
        return neutral(given)

    def trades(self) -> pl.DataFrame:
        """Trade of the last fifteen months by pair: small beside the loans, so it is gathered."""
        if self.tables.trades is None:
            return pl.DataFrame(schema=TRADES)
        return self.engine.gathered(self.tables.trades)

    def beside(self, loans: Frame, small: pl.DataFrame, *, on: str) -> Frame:
        """Loans with the columns of a reference table, looked up by the loan's column of that name."""
        return self.engine.with_small(loans, self.engine.frame(small), on=on)

    def first_receipts(self) -> Frame:
        """The loans of counted first-time clients."""
        given = self.tables.first_receipts
        if given is None:
            return self.engine.frame(pl.DataFrame(schema={"loan_id": pl.String()}))
        return self.engine.frame(self.engine.gathered(given))


@dataclass(frozen=True)
class Lookup:
    """One step that puts columns beside loans.

    Attributes:
        gives: columns it adds.
        needs: columns of other lookups that it builds on.
        attach: the step itself.
    """

    gives: tuple[str, ...]
    attach: Callable[[Frame, Inputs], Frame]
    needs: tuple[str, ...] = ()


def valid_on(as_of: date) -> nw.Expr:
    """Whether a row with `valid_from` and `valid_to` holds that day; both days count."""
    return (nw.col("valid_from") <= as_of) & (
        nw.col("valid_to").is_null() | (nw.col("valid_to") >= as_of)
    )


def day_as_number(column: str) -> nw.Expr:
    """A date as the whole number yyyymmdd, so that years can be added without a calendar."""
    day = nw.col(column).dt
    return (
        day.year().cast(nw.Int32) * 10_000
        + day.month().cast(nw.Int32) * 100
        + day.day().cast(nw.Int32)
    )


YEAR: Final = 10_000
"""A year, in the numbers of `day_as_number`."""
