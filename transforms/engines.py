"""The engine that touches loan rows: the few things Narwhals leaves to the engine itself.

Definitions are SQL text and frames are Narwhals, so that `classify`, `narrow`, `cube` and `clients` read
the same whichever engine runs them. An engine says how its own SQL is attached, how money is multiplied,
how a small table is looked up in, how flags are packed, and where what is read several times is kept.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import narwhals as nw
import polars as pl

One = TypeVar("One")
Other = TypeVar("Other")

Frame = nw.LazyFrame[Any]
"""A lazy frame of whichever engine."""

_MONEY_PLACES: Final = 2
_RATE_PLACES: Final = 8
_CENT: Final = 10**_RATE_PLACES
"""A cent, in the last places of a product."""
_LARGEST: Final = 10.0**37
_NO_DECIMAL: Final = 2**127 - 1
"""Has 39 digits: Polars refuses to make a decimal of it, where whole numbers would wrap around."""
_BESIDE: Final = "_beside"
_FEW_KEYS: Final = 1_000
"""So many keys are looked up in morsel by morsel, though their index is made anew for each."""
_KEPT_ROWS: Final = 262_144


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
        """The frame with `amount * rate`, rounded half up (away from zero) to two decimals.

        Amounts have up to two decimals and rates up to eight, as all that is delivered and derived.
        """
        ...

    def with_exact_product(self, frame: Frame, name: str, amount: str, rate: str) -> Frame:
        """The frame with `amount * rate`, not rounded: two decimals and eight give ten."""
        ...

    def with_quotient(self, frame: Frame, name: str, above: str, below: str) -> Frame:
        """The frame with `above / below`, rounded half up to eight decimals; null unless below > 0.

        Both are zero or more; amounts of money or whole numbers.
        """
        ...

    def with_small(self, frame: Frame, small: Frame, *, on: str) -> Frame:
        """The frame with the other columns of a small table beside it; null where its key is not.

        Args:
            frame: any number of rows, none of them lost or doubled.
            small: what is looked up in: the column `on`, once each and never null, and others.
            on: the key, a column of both.
        """
        ...

    def with_mark(self, frame: Frame, name: str, column: str, members: Frame) -> Frame:
        """The frame with a yes/no column: whether `column` is among the members, a single column."""
        ...

    def where(self, frame: Frame, sql: str) -> Frame:
        """The rows for which an SQL expression holds, which is never unknown."""
        ...

    def among(self, frame: Frame, column: str, members: Frame, *, or_sql: str = "FALSE") -> Frame:
        """The rows whose `column` is among the members, a single column of few values.

        Args:
            frame: any rows.
            column: what is looked for.
            members: a single column of few values.
            or_sql: rows for which this SQL expression holds are among them too.
        """
        ...

    def with_bits(self, frame: Frame, keys: Mapping[str, Sequence[str]]) -> Frame:
        """The frame with whole numbers, each holding up to 62 yes/no columns as bits, the first lowest."""
        ...

    def with_masked(self, frame: Frame, masks: Mapping[str, tuple[str, int]]) -> Frame:
        """The frame with whole numbers of which only some bits are left: name to column and mask."""
        ...

    def grouped(
        self,
        frame: Frame,
        by: Sequence[str],
        *,
        marks: Sequence[str],
        sums: Sequence[str],
        smallest: Sequence[str] = (),
        largest: Sequence[str] = (),
    ) -> Frame:
        """One row a group: `by`, bits that any of its rows has, sums, smallest and largest values.

        Texts that are kept as numbers are compared in an order of the engine's own: the smallest and the
        largest tell whether there are several.
        """
        ...

    def kept(self, frame: Frame, *, coded: Sequence[str] = ()) -> Frame:
        """The same rows, worked out once, to be read several times.

        Args:
            frame: what is kept.
            coded: texts of few values, by which rows are grouped: the engine may keep them as numbers,
                and gives them back as texts when they are collected or cast.
        """
        ...

    def collected(
        self, frames: Mapping[str, Frame], *, as_coded: bool = False
    ) -> dict[str, pl.DataFrame]:
        """The rows of frames, by name; what they share is worked out once where the engine can.

        Args:
            frames: what is collected.
            as_coded: whether texts that are kept as numbers may stay so, for who groups by them again.
        """
        ...

    def small(self, frame: Frame) -> Frame:
        """A small table that several frames look things up in: worked out once where that saves work."""
        ...

    def gathered(self, native: Any) -> pl.DataFrame:  # noqa: ANN401 - the engine's own frame type
        """The rows of one small table of the engine's own."""
        ...

    def numbered(self, frame: Frame, name: str) -> Frame:
        """The frame with a number for each row, in no order, by which it can be told from all others.

        An engine that may work rows out twice, and would number them otherwise then, leaves it out.
        """
        ...

    def both(self, one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
        """What two steps give that do not rest on each other: side by side where cores would idle."""
        ...

    def part(self, native: Any, key: str, number: int, parts: int) -> Any:  # noqa: ANN401 - the same
        """Of a table of the engine's own, one of so many parts; rows with the same key stay together."""
        ...


class PolarsEngine:
    """Polars, lazily: the default.

    Args:
        scratch: gives a new path for a Parquet file; what is kept lies there, and whoever gives the
            paths removes them. Without it, what is kept is held in memory: for small books.
        beside: whether steps that do not rest on each other run side by side: more is held at once.
    """

    def __init__(self, scratch: Callable[[], Path] | None = None, *, beside: bool = False) -> None:
        self._scratch = scratch
        self._beside = beside

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
        """The frame with `amount * rate`, rounded half up; exact, since both are whole numbers."""
        exact = _units(amount, _MONEY_PLACES) * _units(rate, _RATE_PLACES)
        rounded = (exact.abs() + _CENT // 2) // _CENT * exact.sign()
        product = _unless_too_large(rounded, amount, rate)
        money = product.reinterpret(dtype=pl.Decimal(38, _MONEY_PLACES))
        return neutral(frame.to_native().with_columns(money.alias(name)))

    def with_exact_product(self, frame: Frame, name: str, amount: str, rate: str) -> Frame:
        """The frame with `amount * rate`, not rounded: exact, since both are whole numbers."""
        whole = _units(amount, _MONEY_PLACES) * _units(rate, _RATE_PLACES)
        product = _unless_too_large(whole, amount, rate)
        exact = product.reinterpret(dtype=pl.Decimal(38, _MONEY_PLACES + _RATE_PLACES))
        return neutral(frame.to_native().with_columns(exact.alias(name)))

    def with_quotient(self, frame: Frame, name: str, above: str, below: str) -> Frame:
        """The frame with `above / below` at eight decimals, by whole numbers so that it is exact."""
        top, bottom = (_units(column, _MONEY_PLACES) for column in (above, below))
        safe = pl.when(bottom > 0).then(bottom)
        eighths = (top * (2 * 10**_RATE_PLACES) + safe) // (safe * 2)
        quotient = eighths.reinterpret(dtype=pl.Decimal(38, _RATE_PLACES))
        return neutral(frame.to_native().with_columns(quotient.alias(name)))

    def with_small(self, frame: Frame, small: Frame, *, on: str) -> Frame:
        """The frame with the other columns of a small table beside it; null where its key is not.

        A join would carry every column of a loan through it once more. A key is found once, and all that
        stands beside it is taken together.
        """
        table = self.gathered(small.to_native())
        names = [name for name in table.columns if name != on]
        beside = table.select(names).to_struct(_BESIDE)
        if table.is_empty():
            empty = [pl.lit(None, dtype=table.schema[name]).alias(name) for name in names]
            return neutral(frame.to_native().with_columns(empty))
        keys, dtype = table[on], beside.dtype
        if table.height <= _FEW_KEYS:

            def found_in(rows: pl.Series) -> pl.Series:
                return rows.replace_strict(keys, beside, default=None, return_dtype=dtype)

            # Left to itself, Polars would hold the whole frame while it looks values up.
            found = pl.col(on).map_batches(found_in, return_dtype=dtype, is_elementwise=True)
        else:
            found = pl.col(on).replace_strict(keys, beside, default=None, return_dtype=dtype)
        return neutral(frame.to_native().with_columns(found.alias(_BESIDE)).unnest(_BESIDE))

    def with_mark(self, frame: Frame, name: str, column: str, members: Frame) -> Frame:
        """The frame with a yes/no column: whether `column` is among the members."""
        mark = self._is_among(column, members).fill_null(value=False)
        return neutral(frame.to_native().with_columns(mark.alias(name)))

    def where(self, frame: Frame, sql: str) -> Frame:
        """The rows for which an SQL expression holds; a scan of Parquet reads no more of others."""
        return neutral(frame.to_native().filter(pl.sql_expr(sql)))

    def among(self, frame: Frame, column: str, members: Frame, *, or_sql: str = "FALSE") -> Frame:
        """The rows whose `column` is among the members; a scan of Parquet reads no more of others."""
        wanted = self._is_among(column, members)
        if or_sql != "FALSE":
            wanted = pl.sql_expr(or_sql) | wanted
        return neutral(frame.to_native().filter(wanted))

    def _is_among(self, column: str, members: Frame) -> pl.Expr:
        known = self.gathered(members.to_native()).to_series().drop_nulls().unique()
        return pl.col(column).is_in(known.implode())

    def with_bits(self, frame: Frame, keys: Mapping[str, Sequence[str]]) -> Frame:
        """The frame with whole numbers that hold yes/no columns as bits, eight to a byte first."""
        packed = [
            pl.sum_horizontal(
                _byte(eight).cast(pl.Int64) * pl.lit(1 << (8 * place), dtype=pl.Int64)
                for place, eight in enumerate(_eights(flags))
            ).alias(key)
            for key, flags in keys.items()
        ]
        return neutral(frame.to_native().with_columns(packed))

    def with_masked(self, frame: Frame, masks: Mapping[str, tuple[str, int]]) -> Frame:
        """The frame with whole numbers of which only some bits are left."""
        left = [
            (pl.col(column) & pl.lit(mask, dtype=pl.Int64)).alias(name)
            for name, (column, mask) in masks.items()
        ]
        return neutral(frame.to_native().with_columns(left))

    def grouped(
        self,
        frame: Frame,
        by: Sequence[str],
        *,
        marks: Sequence[str],
        sums: Sequence[str],
        smallest: Sequence[str] = (),
        largest: Sequence[str] = (),
    ) -> Frame:
        """One row a group: `by`, bits that any of its rows has, sums, smallest and largest values."""
        native = frame.to_native()
        coded = [
            name
            for name, dtype in native.collect_schema().items()
            if dtype == pl.Categorical and name in {*smallest, *largest}
        ]
        numbered = native.with_columns(pl.col(coded).to_physical())
        grouped = numbered.group_by(*by).agg(
            pl.col(marks).bitwise_or(),
            pl.col(sums).sum(),
            pl.col(smallest).min(),
            pl.col(largest).max(),
        )
        return neutral(grouped.with_columns(pl.col(coded).cat.to(pl.Categorical)))

    def kept(self, frame: Frame, *, coded: Sequence[str] = ()) -> Frame:
        """The same rows in a Parquet file of the scratch, streamed there; in memory without one."""
        native = frame.to_native().with_columns(pl.col(coded).cast(pl.Categorical))
        if self._scratch is None:
            return neutral(native.collect(engine="streaming").lazy())
        path = self._scratch()
        native.sink_parquet(path, compression="lz4", row_group_size=_KEPT_ROWS, statistics=False)
        return neutral(pl.scan_parquet(path))

    def collected(
        self, frames: Mapping[str, Frame], *, as_coded: bool = False
    ) -> dict[str, pl.DataFrame]:
        """The rows of frames, by name, in one go."""
        natives = [frame.to_native() for frame in frames.values()]
        taken = pl.collect_all(natives, engine="streaming")
        if not as_coded:
            taken = [one.with_columns(pl.col(pl.Categorical).cast(pl.String)) for one in taken]
        return dict(zip(frames, taken, strict=True))

    def small(self, frame: Frame) -> Frame:
        """A small table, held in memory."""
        return neutral(self.gathered(frame.to_native()).lazy())

    def gathered(self, native: pl.LazyFrame) -> pl.DataFrame:
        """The rows of one small table, which may come from a large one."""
        return native.collect(engine="streaming")

    def numbered(self, frame: Frame, name: str) -> Frame:
        """The frame with a number for each row, from 0."""
        return neutral(frame.to_native().with_row_index(name))

    def both(self, one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
        """What two steps give; side by side if the engine was made so."""
        if not self._beside:
            return one(), other()
        with ThreadPoolExecutor(1) as beside:
            waiting = beside.submit(other)
            return one(), waiting.result()

    def part(self, native: pl.LazyFrame, key: str, number: int, parts: int) -> pl.LazyFrame:
        """One of so many parts of a table; rows with the same key stay together."""
        return native.filter(pl.col(key).hash() % parts == number)


def _units(column: str, places: int) -> pl.Expr:
    """A decimal column as whole numbers of its last place: whole numbers multiply in a sixth of the time."""
    return pl.col(column).cast(pl.Decimal(38, places)).reinterpret(dtype=pl.Int128)


def _unless_too_large(whole: pl.Expr, amount: str, rate: str) -> pl.Expr:
    """What a product comes to in whole numbers; refused by the engine where these would wrap around."""
    cents, parts = _units(amount, _MONEY_PLACES), _units(rate, _RATE_PLACES)
    size = (cents.cast(pl.Float64) * parts.cast(pl.Float64)).abs()
    return pl.when(size >= _LARGEST).then(pl.lit(_NO_DECIMAL, dtype=pl.Int128)).otherwise(whole)


def _eights(flags: Sequence[str]) -> list[Sequence[str]]:
    return [flags[start : start + 8] for start in range(0, len(flags), 8)]


def _byte(flags: Sequence[str]) -> pl.Expr:
    none = pl.lit(0, dtype=pl.UInt8)
    return pl.sum_horizontal(
        pl.when(pl.col(flag)).then(pl.lit(1 << bit, dtype=pl.UInt8)).otherwise(none)
        for bit, flag in enumerate(flags)
    )


POLARS: Engine = PolarsEngine()
