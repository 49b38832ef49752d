"""What the ways read: one book as the product keeps it, and the same in the form that each peer likes best.

The product's own file holds narrow loans (`transforms.narrow`). DuckDB is given the same rows with a yes/no
column for each flag as well, and amounts in no more digits than they need; pandas, which has no decimals
of its own, whole numbers of the smallest unit. Nobody's file is written while a clock runs.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import duckdb
import polars as pl
from typing_extensions import override

from benchmarks.book import Book
from benchmarks.timing import THREADS
from transforms import measures, narrow
from transforms.catalogue.model import Catalogue
from transforms.catalogue.vocabulary import SLICES
from transforms.engines import PolarsEngine

NARROW: Final = "narrow.parquet"
PLAIN: Final = "plain.parquet"
WHOLE_NUMBERS: Final = "whole_numbers.parquet"
TREE: Final = "counts_for.parquet"
EVENTS: Final = "events.parquet"
TRADES: Final = "trades.parquet"
RAW: Final = "raw"
"""Folder with the month's tables as they were delivered."""

UNITS: Final = 2
"""Decimals of money: what pandas counts in whole."""
HALF: Final = 10**9
"""Amounts of more decimals are too large for pandas' whole numbers: it sums them in two halves."""
_SMALL: Final = 18
"""Digits that fit 64 bits."""
_GROUP: Final = 122_880


def members() -> tuple[str, ...]:
    """The slices that loans are cut by."""
    return tuple(name for name, one in SLICES.items() if not one.of_branch)


def prepare(book: Book, folder: Path, told: Callable[[str], None], *, pandas: bool) -> None:
    """Write what all ways read of a book.

    Args:
        book: the book.
        folder: where to.
        told: hears what is written.
        pandas: whether the form for pandas is wanted.
    """
    told("writing the month's tables")
    book.written(folder / RAW)
    book.first_loans().write_parquet(folder / EVENTS)
    book.trades().sink_parquet(folder / TRADES)
    book.tree().counts_for.write_parquet(folder / TREE)
    told("classifying them")
    narrowed(folder, book.catalogue, folder / NARROW)
    told("writing what the peers read")
    write_plain(folder, book.catalogue)
    if pandas:
        write_whole_numbers(folder, book.catalogue)


class Filed(Book):
    """A month's tables as `prepare` wrote them, with what is read of other months beside them."""

    @override
    def trades(self) -> pl.LazyFrame:
        """Trade of all months that are read back to."""
        return pl.scan_parquet(self.folder.parent / TRADES)

    @override
    def first_loans(self) -> pl.DataFrame:
        """First-loan events of the year so far."""
        return pl.read_parquet(self.folder.parent / EVENTS)


def narrowed(folder: Path, catalogue: Catalogue, path: Path) -> None:
    """Classify the month's loans and keep them narrow, as the product does in every build."""
    given = Filed(folder / RAW, catalogue).material()
    judged = measures.judged_events(given.first_loans, given.tables, given.rules)
    engine = PolarsEngine(scratch=lambda: path)
    engine.kept(measures.narrowed(given, judged, engine=engine), coded=narrow.CODED)


def write_plain(folder: Path, catalogue: Catalogue) -> None:
    """The narrow loans as DuckDB takes them best."""
    flags = ", ".join(
        f"({bit.column} & {bit.mask}) <> 0 AS {flag}"
        for flag, bit in narrow.bits(catalogue).items()
        if flag not in narrow.alone(catalogue)
    )
    source = f"read_parquet('{folder / NARROW}')"
    with connected() as connection:
        schema = pl.scan_parquet(folder / NARROW).collect_schema()
        amounts = narrow.amounts(catalogue)
        highest = connection.sql(
            f"SELECT {', '.join(f'max(abs({name}))' for name in amounts)} FROM {source}"  # noqa: S608
        ).fetchall()[0]
        fitting = []
        for name, most in zip(amounts, highest, strict=True):
            dtype = schema[name]
            scale = dtype.scale if isinstance(dtype, pl.Decimal) else 0
            if most is None or most < 10 ** (_SMALL - scale):
                fitting.append(f"{name}::DECIMAL({_SMALL}, {scale}) AS {name}")
        replaced = f"REPLACE ({', '.join(fitting)})" if fitting else ""
        connection.execute(
            f"COPY (SELECT * {replaced}, {flags} FROM {source}) TO '{folder / PLAIN}' "  # noqa: S608
            f"(FORMAT parquet, COMPRESSION lz4_raw, ROW_GROUP_SIZE {_GROUP})"
        )


def write_whole_numbers(folder: Path, catalogue: Catalogue) -> None:
    """The narrow loans as pandas takes them best: amounts as whole numbers, exact."""
    schema = pl.scan_parquet(folder / NARROW).collect_schema()
    columns = ["branch_id", *members(), *narrow.bits(catalogue)]
    for name in narrow.amounts(catalogue):
        dtype = schema[name]
        scale = dtype.scale if isinstance(dtype, pl.Decimal) else 0
        whole = f"({name} * 1{'0' * scale}::HUGEINT)::DECIMAL(38, 0)::HUGEINT"
        if scale <= UNITS:
            columns.append(f"({whole})::BIGINT AS {name}")
        else:
            columns.append(f"({whole} // {HALF})::BIGINT AS {name}_high")
            columns.append(f"({whole} % {HALF})::BIGINT AS {name}_low")
    with connected() as connection:
        connection.execute(
            f"COPY (SELECT {', '.join(columns)} FROM read_parquet('{folder / PLAIN}')) "  # noqa: S608
            f"TO '{folder / WHOLE_NUMBERS}' (FORMAT parquet, COMPRESSION lz4_raw)"
        )


def connected() -> duckdb.DuckDBPyConnection:
    """DuckDB with the threads that everybody has, and all the memory that it likes."""
    return duckdb.connect(config={"threads": THREADS, "preserve_insertion_order": False})
