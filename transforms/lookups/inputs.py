"""What every lookup is given: the month's tables, the rules in force, and the engine that runs it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Part:
    """One of several parts of a big book: some clients, each with all its loans."""

    number: int
    parts: int


@dataclass(frozen=True, eq=False)
class Inputs:
    """Tables, rules and engine of one classification.

    Attributes:
        tables: the tables of the whole month.
        rules: definitions and reference data in force.
        engine: what runs it.
        part: which clients' loans are classified, where a whole book is taken, be it in one part.
        known: small tables worked out before, by name: all parts of a book share them.
    """

    tables: LoanTables
    rules: Rules
    engine: Engine = POLARS
    part: Part | None = None
    known: dict[str, Frame] = field(default_factory=dict)

    def table(self, table: Table) -> Frame:
        """A table of the month; without rows if it was not delivered."""
        given = self.tables.month.get(table.name)
        if given is None:
            return self.engine.frame(pl.DataFrame(schema=TABLES[table.name].dtypes))
        return neutral(given)

    def of_part(self, table: Table) -> Frame:
        """A table with a column `borrower_id`: of a part, the rows of its clients alone."""
        whole = self.table(table)
        if self.part is None or self.part.parts == 1:
            return whole
        number, parts = self.part.number, self.part.parts
        return neutral(self.engine.part(whole.to_native(), "borrower_id", number, parts))

    def once(self, name: str, make: Callable[[], Frame]) -> Frame:
        """A small table by its name, worked out when it is first asked for."""
        if name not in self.known:
            self.known[name] = self.engine.small(make())
        return self.known[name]

    def values(self, table: Table, column: str) -> Frame:
        """What a column of few values holds, each value once and none empty: one column of texts."""
        held = self.table(table).select(column).unique().drop_nulls()
        return neutral(self.engine.gathered(held.to_native()).lazy())

    def trades(self) -> pl.LazyFrame:
        """Trade of the last fifteen months by pair: small beside the loans, so plain Polars."""
        given = self.tables.trades
        if given is None or isinstance(given, pl.LazyFrame):
            return pl.LazyFrame(schema=TRADES) if given is None else given
        return self.engine.gathered(given).lazy()

    def beside(self, loans: Frame, small: pl.DataFrame, *, on: str) -> Frame:
        """Loans with the columns of a reference table, looked up by the loan's column of that name."""
        return self.engine.with_small(loans, self.engine.frame(small), on=on)

    def reckoned(
        self, loans: Frame, source: tuple[Table, str], on: str, reckon: Callable[[Frame], Frame]
    ) -> Frame:
        """Loans with columns that follow from one text of few values: each value is looked at once.

        Args:
            loans: with the column `on`.
            source: the table and column that its values come from.
            on: the loan's column, which may bear another name.
            reckon: from a frame with a column `on` alone to one with the others beside it.
        """

        def make() -> Frame:
            values = self.values(*source).rename({source[1]: on})
            return self.engine.frame(POLARS.gathered(reckon(values).to_native()))

        return self.engine.with_small(loans, self.once(f"{on} reckoned", make), on=on)

    def first_receipts(self) -> Frame:
        """The loans of counted first-time clients."""
        given = self.tables.first_receipts
        if given is None:
            return self.engine.frame(pl.DataFrame(schema={"loan_id": pl.String()}))
        return self.once("first receipts", lambda: self.engine.frame(self.engine.gathered(given)))


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
