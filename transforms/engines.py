"""The engine that touches loan rows: the few things Narwhals leaves to the engine itself.

Definitions are SQL text and frames are Narwhals, so that `classify`, `cube` and `clients` read the same
whichever engine runs them. An engine says how its own SQL is attached, how money is multiplied, and how
a small reference table comes into it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, Protocol

import narwhals as nw
import polars as pl

Frame = nw.LazyFrame[Any]
"""A lazy frame of whichever engine."""

_QUOTIENT_PLACES: Final = 8
_EIGHTH: Final = Decimal(1).scaleb(-_QUOTIENT_PLACES)


def neutral(native: Any) -> Frame:  # noqa: ANN401 - the engine's own frame type, whichever it is
    """An engine's lazy frame as a Narwhals frame."""
    return nw.from_native(native)


class Engine(Protocol):
    """What classification needs from an engine."""

    def frame(self, small: pl.DataFrame) -> Frame:
        """A small reference table as a frame of this engine."""
        ...

    def with_sql(self, frame: Frame, columns: Mapping[str, str]) -> Frame:
        """The frame with a column for each SQL expression."""
        ...

    def with_money_product(self, frame: Frame, name: str, amount: str, rate: str) -> Frame:
        """The frame with `amount * rate`, rounded half up (away from zero) to two decimals."""
        ...

    def with_exact_product(self, frame: Frame, name: str, amount: str, rate: str) -> Frame:
        """The frame with `amount * rate`, not rounded: ten decimals."""
        ...

    def with_quotient(self, frame: Frame, name: str, above: str, below: str) -> Frame:
        """The frame with `above / below`, rounded half up to eight decimals; null unless below > 0.

        Both are zero or more; amounts of money or whole numbers.
        """
        ...


class PolarsEngine:
    """Polars, lazily: the default."""

    def frame(self, small: pl.DataFrame) -> Frame:
        """A small reference table as a lazy Polars frame."""
        return neutral(small.lazy())

    def with_sql(self, frame: Frame, columns: Mapping[str, str]) -> Frame:
        """The frame with a column for each SQL expression."""
        native = frame.to_native().with_columns(
            pl.sql_expr(sql).alias(name) for name, sql in columns.items()
        )
        return neutral(native)

    def with_money_product(self, frame: Frame, name: str, amount: str, rate: str) -> Frame:
        """The frame with `amount * rate`, rounded half up; exact, since both are decimals."""
        exact = pl.col(amount).cast(pl.Decimal(38, 10)) * pl.col(rate).cast(pl.Decimal(38, 10))
        # Most of a book is in base currency: its amounts pass through without arithmetic.
        product = (
            pl.when(pl.col(rate) == 1)
            .then(pl.col(amount).cast(pl.Decimal(38, 2)))
            .otherwise(exact.round(2, mode="half_away_from_zero").cast(pl.Decimal(38, 2)))
        )
        return neutral(frame.to_native().with_columns(product.alias(name)))

    def with_exact_product(self, frame: Frame, name: str, amount: str, rate: str) -> Frame:
        """The frame with `amount * rate`, not rounded: both are decimals."""
        exact = pl.col(amount).cast(pl.Decimal(38, 10)) * pl.col(rate).cast(pl.Decimal(38, 10))
        return neutral(frame.to_native().with_columns(exact.alias(name)))

    def with_quotient(self, frame: Frame, name: str, above: str, below: str) -> Frame:
        """The frame with `above / below` at eight decimals, by whole numbers so that it is exact."""
        cents = [(pl.col(column).cast(pl.Decimal(38, 2)) * 100) for column in (above, below)]
        top, bottom = (one.cast(pl.Decimal(38, 0)).cast(pl.Int128) for one in cents)
        safe = pl.when(bottom > 0).then(bottom)
        eighths = (top * (2 * 10**_QUOTIENT_PLACES) + safe) // (safe * 2)
        quotient = eighths.cast(pl.Decimal(38, 0)).cast(pl.Decimal(38, _QUOTIENT_PLACES)) * (
            pl.lit(_EIGHTH, dtype=pl.Decimal(38, _QUOTIENT_PLACES))
        )
        return neutral(frame.to_native().with_columns(quotient.alias(name)))


POLARS: Engine = PolarsEngine()
