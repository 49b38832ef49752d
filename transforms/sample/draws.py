"""Seeded draws in whole numbers, and the columns made of them.

Everything random in the demo bank comes from here, so that the same seed gives the same bytes on any
machine: one stream per purpose, integers only, no logarithm or power that a mathematics library could
round its own way. What is drawn, and how often, belongs to the modules of the things drawn.
"""

import zlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

Ints: TypeAlias = npt.NDArray[np.int64]
Shorts: TypeAlias = npt.NDArray[np.int32]
Bits: TypeAlias = npt.NDArray[np.uint64]
Flags: TypeAlias = npt.NDArray[np.bool_]

MILLION: Final = 1_000_000
NEVER: Final = 30_000
"""A month, counted from 1970, that no book reaches."""
EPOCH: Final = date(1970, 1, 1)


def stream(seed: int, purpose: str) -> np.random.Generator:
    """The generator of one purpose: a new purpose never shifts the draws of another."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(purpose.encode())]))


def below(rng: np.random.Generator, limit: int, size: int) -> Shorts:
    """`size` whole numbers from 0 up to, not including, `limit`."""
    return rng.integers(0, limit, size, dtype=np.int32)


def chance(rng: np.random.Generator, per_million: int | Shorts, size: int) -> Flags:
    """True as often as said, in parts per million; one probability, or one for each."""
    return below(rng, MILLION, size) < per_million


def pick(rng: np.random.Generator, weights: Sequence[int] | Ints, size: int) -> Shorts:
    """Positions in `weights`, drawn in proportion to them."""
    edges = np.cumsum(np.asarray(weights, dtype=np.int64))
    drawn = rng.integers(0, int(edges[-1]), size, dtype=np.int64)
    return np.searchsorted(edges, drawn, side="right").astype(np.int32)


def on_curve(rng: np.random.Generator, points: Sequence[tuple[int, int]], size: int) -> Ints:
    """Values whose distribution runs straight between `(share in 1/10,000, value)` points."""
    shares = np.array([share for share, _ in points], dtype=np.int64)
    values = np.array([value for _, value in points], dtype=np.int64)
    drawn = rng.integers(0, 10_000, size, dtype=np.int64)
    left = np.searchsorted(shares, drawn, side="right") - 1
    width = shares[left + 1] - shares[left]
    return values[left] + (values[left + 1] - values[left]) * (drawn - shares[left]) // width


def one_of(rng: np.random.Generator, counts: Ints) -> Ints:
    """For every count one whole number below it (0 where the count is 0)."""
    drawn = rng.integers(0, 1 << 31, len(counts), dtype=np.int64)
    return drawn * counts >> 31


def month_number(day: date) -> int:
    """Months since January 1970.

    >>> month_number(date(1970, 3, 31))
    2
    """
    return (day.year - 1970) * 12 + day.month - 1


def day_number(day: date) -> int:
    """Days since 1 January 1970."""
    return (day - EPOCH).days


def first_day(month: int) -> date:
    """The first day of a month given by its number.

    >>> first_day(14)
    datetime.date(1971, 3, 1)
    """
    return date(1970 + month // 12, month % 12 + 1, 1)


def days(months: Shorts, day_of_month: Shorts | int) -> Shorts:
    """Day numbers of a day (1 to 28) in each of the months."""
    if len(months) == 0:
        return np.zeros(0, dtype=np.int32)
    low = int(months.min())
    table = np.arange(low, int(months.max()) + 1).astype("datetime64[M]").astype("datetime64[D]")
    return (table.astype(np.int32)[months - low] + day_of_month - 1).astype(np.int32)


def dates(numbers: Shorts, missing: Flags | None = None) -> pl.Series:
    """Day numbers as dates, null where `missing`."""
    column = pl.Series(numbers.astype(np.int32)).cast(pl.Date)
    return column if missing is None else blanked(column, missing)


def money(cents: Ints) -> pl.Series:
    """Whole cents as exact amounts of two decimals."""
    return scaled(cents, Decimal("0.01"), pl.Decimal(18, 2))


def scaled(units: Ints, unit: Decimal, dtype: pl.Decimal) -> pl.Series:
    """Whole numbers of a decimal unit as exact decimals: no binary fraction in between."""
    return (pl.Series(units).cast(pl.Decimal(18, 0)) * pl.Series([unit])).cast(dtype)


def words(codes: Sequence[str | None], at: npt.NDArray[np.integer]) -> pl.Series:
    """The codes at the given positions, as a text column."""
    return pl.Series(codes, dtype=pl.String).gather(pl.Series(at.astype(np.uint32)))


def numbered(prefix: str, numbers: Ints | Shorts, width: int) -> pl.Series:
    """Identifiers of one width, so that sorting them as text sorts them as numbers.

    >>> numbered("L", np.array([7, 12]), 4).to_list()
    ['L0007', 'L0012']
    """
    column = pl.Series(numbers)
    return pl.select(pl.lit(prefix) + column.cast(pl.String).str.zfill(width)).to_series()


def blanked(column: pl.Series, missing: Flags) -> pl.Series:
    """The column with nulls where `missing`."""
    return pl.select(pl.when(~pl.Series(missing)).then(column)).to_series()
