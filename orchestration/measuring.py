"""The measures of a month, by the engine that the build asks for: on this machine, or on a cluster.

A small book is held in memory; a large one goes through the scratch, a part at a time. On a cluster the
same steps read the same files of the lake by way of Spark. What a measure is, is said in `transforms`; what
it is taken from, in `months`.
"""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, cast

import polars as pl

from orchestration import interrupts, spark
from orchestration.bank import SYSTEM
from orchestration.months import MonthAtWork, Reader, material
from orchestration.spark import Cluster, EngineName
from transforms import measures, overrides
from transforms.engines import PolarsEngine
from transforms.hierarchy import Tree
from transforms.measures import Measures
from transforms.schema import LOAN_SNAPSHOT, TABLES
from transforms.trade import REPORTED

_HELD_LOANS: Final = 250_000
"""So many loans are kept in memory while measures are taken of them; more go to a file of the scratch."""
_LOANS_A_PART: Final = 3_500_000
"""So many loans are classified at once: what is looked up by client is held for these alone."""
_BESIDE_LOANS: Final = 20_000_000
"""Up to so many loans flows are taken beside loans, so that no core idles; beyond, memory is dearer."""
_PATIENCE: Final = 60
"""Seconds to wait for a delivery that is coming in."""
_MOST_PARTS: Final = 12
"""Each part reads the book once more, so that a very large one is taken in larger parts."""


def taken(month: MonthAtWork, at: Tree, engine: EngineName = EngineName.POLARS) -> Measures:
    """Every measure of the month, from one pass over its loans.

    Raises:
        SparkError: if Spark is asked for and no session can be opened.
    """
    if engine is EngineName.POLARS:
        rows = loans_of(month)
        if rows <= _HELD_LOANS:
            return measures.take(material(month, at))
        with _scratch(month) as path:
            parts = min(-(-rows // _LOANS_A_PART), _MOST_PARTS)
            here = PolarsEngine(path, beside=rows <= _BESIDE_LOANS)
            return measures.take(material(month, at), engine=here, parts=parts)
    with interrupts.raised(), spark.working(month.bank.workspace) as cluster:
        there = Reader(partial(_tables_on, cluster), partial(_history_on, cluster))
        return measures.take(material(month, at, there), engine=cluster.engine)


def loans_of(month: MonthAtWork) -> int:
    """How many loans the month's book holds."""
    stand_in = month.instead.get(LOAN_SNAPSHOT.name)
    if stand_in is not None:
        rows: int = stand_in.rows.select(pl.len()).collect().item()
        return rows
    chosen = month.bank.deliveries.chosen(month.as_of, month.version)
    return chosen[LOAN_SNAPSHOT.name].accepted_rows


@contextmanager
def _scratch(month: MonthAtWork) -> Iterator[Callable[[], Path]]:
    """New paths in a folder that is gone afterwards.

    A delivery empties the scratch, which it takes for its own; so none may come in meanwhile, also where
    nothing else is written, as in a simulation.
    """
    within = month.bank.workspace.scratch
    with month.bank.writing("measure a large book", wait_seconds=_PATIENCE, together=True):
        within.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="loans-", dir=within) as folder:
            number = itertools.count()

            def new() -> Path:
                interrupts.heed()  # from one file to the next may take half a minute
                return Path(folder) / f"{next(number)}.parquet"

            yield new


def _tables_on(cluster: Cluster, month: MonthAtWork) -> dict[str, pl.LazyFrame]:
    """Every delivered table as a frame of Spark: only that engine looks into it."""
    deliveries = month.bank.deliveries
    tables: dict[str, pl.LazyFrame] = {}
    for name, batch in deliveries.chosen(month.as_of, month.version).items():
        native = cluster.delivered(deliveries.stored(SYSTEM, batch))
        keys = month.overrides.filter(pl.col("table_name") == name)["row_key"].drop_nulls().unique()
        if len(keys):
            mend = partial(overrides.apply, name, overrides=month.overrides, as_of=month.as_of)
            native = cluster.mended(native, TABLES[name].key[0], keys, mend)
        tables[name] = cast("pl.LazyFrame", native)
    return tables


def _history_on(cluster: Cluster, month: MonthAtWork, name: str) -> pl.LazyFrame:
    """The same for a monthly table of this month and those before."""
    stored = {
        day: month.bank.deliveries.stored(SYSTEM, batch)
        for day, batch in month.batches(name).items()
    }
    columns = {**TABLES[name].dtypes, "source_row_no": pl.Int64()}
    return cast("pl.LazyFrame", cluster.reported(stored, columns, REPORTED))
