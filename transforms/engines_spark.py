"""Spark as an engine: the same definitions, on loan rows that are spread over several machines.

Everything is native to Spark, so that its workers need no Python of ours. Amounts stay exact: Spark drops
decimals of a product without a word where its type would need more than 38 digits, so operands are given
types whose product fits, and what does not fit them is an error of the job. What a session is opened with
belongs in `orchestration.spark`; how a condition is worded there, in `spark_sql`.

Only who asks for this engine needs pyspark: nothing else imports this module.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Final, cast

import polars as pl
import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import DecimalType, StructType
from pyspark.storagelevel import StorageLevel

from transforms.engines import Frame, One, Other, neutral
from transforms.errors import BranchmarkError
from transforms.spark_sql import spark_sql

_AMOUNT: Final = DecimalType(22, 2)
"""Money in base currency: sixteen digits before the point as delivered, times a rate of four."""
_QUOTIENT: Final = DecimalType(30, 8)
_DIGITS: Final = 38
_AMONG: Final = "_among"
_MEMBER: Final = "_member"
_WHOLE: Final = DecimalType(_DIGITS - 1 - _AMOUNT.precision, 0)
"""The whole part of a wide factor: as many digits as its product with an amount leaves."""


class SparkFailedError(BranchmarkError):
    """A job of the cluster ended without a result."""

    def __init__(self, error: Exception) -> None:
        said = str(getattr(error, "java_exception", None) or error).strip().splitlines()
        cause = next((line.strip() for line in said if line.strip()), type(error).__name__)
        super().__init__(
            f"Spark ended without a result: {cause.rstrip('.')}. Its own log says more; mend the cluster or "
            "the setting it names and run again, or build with --engine polars."
        )


class SparkEngine:
    """Spark, lazily, in a session that somebody else opened and closes."""

    def __init__(self, session: SparkSession) -> None:
        self._session = session
        self._kept: list[DataFrame] = []

    @property
    def session(self) -> SparkSession:
        """The session it runs in."""
        return self._session

    def frame(self, small: pl.DataFrame) -> Frame:
        """A small reference table as a Spark frame, sent along with the tasks that need it."""
        return neutral(self._session.createDataFrame(_arrow(small)))

    def parquet(self, files: Sequence[str], columns: Mapping[str, pl.DataType]) -> DataFrame:
        """Parquet files that every worker can open, with these columns; one that a file lacks is empty."""
        held = cast("StructType", from_arrow_schema(_arrow(pl.DataFrame(schema=columns)).schema))
        if not files:
            return self._session.createDataFrame([], held)
        return self._session.read.schema(held).parquet(*files)

    def with_sql(self, frame: Frame, columns: Mapping[str, str]) -> Frame:
        """The frame with a column for each SQL expression, in the words of Spark."""
        told = {name: F.expr(spark_sql(sql)) for name, sql in columns.items()}
        return neutral(_native(frame).withColumns(told))

    def with_money_product(self, frame: Frame, name: str, amount: str, rate: str) -> Frame:
        """The frame with `amount * rate`, rounded half up; exact, since both are decimals."""
        native = _native(frame)
        exact = F.round(_product(native, amount, rate), 2)
        return neutral(native.withColumn(name, exact.cast(_AMOUNT)))

    def with_exact_product(self, frame: Frame, name: str, amount: str, rate: str) -> Frame:
        """The frame with `amount * rate`, not rounded: ten decimals."""
        native = _native(frame)
        return neutral(native.withColumn(name, _product(native, amount, rate)))

    def with_quotient(self, frame: Frame, name: str, above: str, below: str) -> Frame:
        """The frame with `above / below` at eight decimals, by whole numbers so that it is exact.

        A quotient of decimals is rounded before it can be rounded half up. So the remainder is taken off
        first: what is then divided comes out even.
        """
        top, bottom = (_cents(column) for column in (above, below))
        doubled = (bottom * F.lit(2)).cast(DecimalType(24, 0))
        safe = F.when(doubled > 0, doubled)
        eighths = (top * F.lit(2 * 10**8).cast(DecimalType(9, 0))).cast(DecimalType(33, 0))
        whole = (eighths + bottom).cast(DecimalType(34, 0))
        even = (whole - whole % safe).cast(DecimalType(34, 0))
        counted = (even / safe).cast(DecimalType(29, 0))
        quotient = counted * F.expr("CAST('0.00000001' AS DECIMAL(8, 8))")
        return neutral(_native(frame).withColumn(name, quotient.cast(_QUOTIENT)))

    def with_small(self, frame: Frame, small: Frame, *, on: str) -> Frame:
        """The frame with the other columns of a small table beside it; null where its key is not.

        Spark knows how large its tables are, and sends the small ones to every worker by itself.
        """
        return neutral(_native(frame).join(_native(small), on=on, how="left"))

    def with_mark(self, frame: Frame, name: str, column: str, members: Frame) -> Frame:
        """The frame with a yes/no column: whether `column` is among the members."""
        found = _native(frame).join(
            _members(members).withColumn(name, F.lit(True)),  # noqa: FBT003 - a value, not a switch
            on=F.col(column) == F.col(_MEMBER),
            how="left",
        )
        marked = F.coalesce(F.col(name), F.lit(False))  # noqa: FBT003
        return neutral(found.drop(_MEMBER).withColumn(name, marked))

    def where(self, frame: Frame, sql: str) -> Frame:
        """The rows for which an SQL expression holds."""
        return neutral(_native(frame).where(F.expr(spark_sql(sql))))

    def among(self, frame: Frame, column: str, members: Frame, *, or_sql: str = "FALSE") -> Frame:
        """The rows whose `column` is among the members."""
        if or_sql != "FALSE":
            # Spark would hold every row against every member to join by an OR.
            marked = _native(self.with_mark(frame, _AMONG, column, members))
            wanted = marked.where(F.expr(spark_sql(or_sql)) | F.col(_AMONG))
            return neutral(wanted.drop(_AMONG))
        known = _members(members)
        return neutral(
            _native(frame).join(known, on=F.col(column) == F.col(_MEMBER), how="left_semi")
        )

    def with_bits(self, frame: Frame, keys: Mapping[str, Sequence[str]]) -> Frame:
        """The frame with whole numbers that hold yes/no columns as bits, the first lowest."""
        packed = {key: _bits(flags) for key, flags in keys.items()}
        return neutral(_native(frame).withColumns(packed))

    def with_masked(self, frame: Frame, masks: Mapping[str, tuple[str, int]]) -> Frame:
        """The frame with whole numbers of which only some bits are left."""
        left = {
            name: F.col(column).bitwiseAND(F.lit(mask).cast("long"))
            for name, (column, mask) in masks.items()
        }
        return neutral(_native(frame).withColumns(left))

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
        native = _native(frame)
        taken = [
            *(F.bit_or(name).alias(name) for name in marks),
            *(_sum(native, name) for name in sums),
            *(F.min(name).alias(name) for name in smallest),
            *(F.max(name).alias(name) for name in largest),
        ]
        if not taken:
            return neutral(native.select(*by).distinct())
        return neutral(native.groupBy(*by).agg(*taken))

    def kept(self, frame: Frame, *, coded: Sequence[str] = ()) -> Frame:
        """The frame worked out once and kept by the workers; what a lost worker held is made again.

        Args:
            frame: what is kept.
            coded: texts of few values; Spark's own columns in memory code them by themselves.
        """
        del coded
        native = _native(frame).persist(StorageLevel.MEMORY_AND_DISK)
        self._kept.append(native)
        return neutral(native)

    def small(self, frame: Frame) -> Frame:
        """The same frame: Spark sends a small table to its workers by itself."""
        return frame

    def collected(
        self, frames: Mapping[str, Frame], *, as_coded: bool = False
    ) -> dict[str, pl.DataFrame]:
        """Small results by name, one job each; texts are always texts here."""
        del as_coded
        return {name: self.gathered(_native(frame)) for name, frame in frames.items()}

    def numbered(self, frame: Frame, name: str) -> Frame:
        """The frame as it is: what a lost worker held is made again, and would get other numbers."""
        del name
        return frame

    def both(self, one: Callable[[], One], other: Callable[[], Other]) -> tuple[One, Other]:
        """What two steps give, one after the other: each of Spark's jobs has all of the cluster."""
        return one(), other()

    def part(self, native: DataFrame, key: str, number: int, parts: int) -> DataFrame:
        """One of several parts of a table: rows of one key are in the same part."""
        return native.where(F.pmod(F.xxhash64(key), F.lit(parts)) == number)

    def replaced(self, native: DataFrame, key: str, rows: pl.DataFrame) -> DataFrame:
        """A table with these rows, of the same columns, in place of those that bear their keys."""
        ours = _native(self.frame(rows.select(native.columns)))
        rest = native.join(F.broadcast(ours.select(key)), on=key, how="left_anti")
        return rest.select(native.columns).unionByName(ours)

    def release(self) -> None:
        """Let go of what was kept; whoever opened the session says when."""
        for native in self._kept:
            native.unpersist()
        self._kept.clear()

    def gathered(self, native: DataFrame | pl.LazyFrame) -> pl.DataFrame:
        """The rows of one small frame, here: of Spark, or of what was gathered without it.

        Raises:
            SparkFailedError: if the cluster could not work them out.
        """
        if isinstance(native, pl.LazyFrame):
            return native.collect()
        try:
            table = native.toArrow()
        except (Py4JJavaError, PySparkException) as error:
            raise SparkFailedError(error) from None
        return cast("pl.DataFrame", pl.from_arrow(table))


def _native(frame: Frame) -> DataFrame:
    return cast("DataFrame", frame.to_native())


def _members(members: Frame) -> DataFrame:
    """The values of a single column, each once, under a name that no other column bears."""
    native = _native(members)
    known = native.select(F.col(native.columns[0]).alias(_MEMBER))
    return known.where(F.col(_MEMBER).isNotNull()).distinct()


def _arrow(small: pl.DataFrame) -> pa.Table:
    """A Polars frame in Arrow's older types: Spark knows no views of text."""
    return small.to_arrow(compat_level=pl.CompatLevel.oldest())


def _sum(native: DataFrame, name: str) -> Column:
    """A sum that is zero without rows, of the type that Spark gives sums: nothing of it is cut."""
    held = native.schema[name].dataType
    return F.coalesce(F.sum(name), F.lit(0).cast(held)).alias(name)


def _bits(flags: Sequence[str]) -> Column:
    """Up to 62 yes/no columns as one whole number."""
    none = F.lit(0).cast("long")
    each = [
        F.when(F.col(flag), F.lit(1 << bit).cast("long")).otherwise(none)
        for bit, flag in enumerate(flags)
    ]
    return reduce(Column.bitwiseOR, each, none)


def _product(native: DataFrame, amount: str, rate: str) -> Column:
    """`amount * rate` with ten decimals, all of them right."""
    factor = native.schema[rate].dataType
    money = F.col(amount).cast(_AMOUNT)
    if isinstance(factor, DecimalType) and _AMOUNT.precision + factor.precision < _DIGITS:
        return (money * F.col(rate)).cast(DecimalType(38, 10))
    # A wide factor in two parts, since one product of all its digits would be cut.
    whole = F.floor(F.col(rate)).cast(_WHOLE)
    rest = (F.col(rate) - F.floor(F.col(rate))).cast(DecimalType(8, 8))
    wide = DecimalType(_DIGITS - 1, 10)
    return ((money * whole).cast(wide) + (money * rest).cast(wide)).cast(DecimalType(38, 10))


def _cents(column: str) -> Column:
    """Money, or a whole number, in hundredths."""
    return (F.col(column).cast(_AMOUNT) * F.lit(100).cast(DecimalType(3, 0))).cast(
        DecimalType(_AMOUNT.precision, 0)
    )
