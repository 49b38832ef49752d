"""The same figures in pandas: rows that a flag admits are taken, grouped and summed, flag by flag.

pandas has no decimals, so money is counted in whole cents, and amounts of ten decimals in two halves: the
sums are exact. It is given a file with yes/no columns and whole numbers, read with names as categories.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq

from benchmarks.duckdb_peers import whole_and_cut
from benchmarks.peer_files import HALF, UNITS, WHOLE_NUMBERS, members
from transforms.catalogue.model import Catalogue, Measure
from transforms.catalogue.vocabulary import TOTAL
from transforms.cube import BRANCH_MEASURE
from transforms.schema import WIDE

_LONG: int = 10
"""Decimals of amounts that are summed in halves."""


def sums(folder: Path, catalogue: Catalogue) -> pl.DataFrame:
    """Every summed measure, whole and by every slice."""
    places = ["branch_id", *members()]
    table = pq.read_table(folder / WHOLE_NUMBERS, read_dictionary=places)
    book: Any = table.to_pandas(self_destruct=True)
    del table
    cuts = whole_and_cut(catalogue)
    tables = []
    for flag in sorted({m.where for measures in cuts.values() for m in measures}):
        admitted = book[book[flag].to_numpy()]
        for slice_, measures in cuts.items():
            asked = [m for m in measures if m.where == flag]
            if asked:
                tables.append(_summed(admitted, asked, slice_))
    return pl.concat(tables)


def _summed(admitted: Any, measures: Sequence[Measure], slice_: str) -> pl.DataFrame:  # noqa: ANN401
    by = ["branch_id"] if slice_ == TOTAL else ["branch_id", slice_]
    held = {m.over: _columns(admitted, m.over) for m in measures}
    columns = list(dict.fromkeys(name for names in held.values() for name in names))
    grouped = admitted.groupby(by, observed=True, sort=False)[columns].sum().reset_index()
    rows = pl.from_pandas(grouped).with_columns(pl.col(by).cast(pl.String))
    member = pl.lit(TOTAL) if slice_ == TOTAL else pl.col(slice_)
    told = [
        rows.select(
            "branch_id",
            slice=pl.lit(slice_),
            member=member,
            measure=pl.lit(m.name),
            amount=_amount(held[m.over]),
        )
        for m in measures
    ]
    return pl.concat(told).filter(pl.col("amount") != 0).select(*BRANCH_MEASURE)


def _columns(book: Any, amount: str) -> list[str]:  # noqa: ANN401 - pandas has no types of its own
    return [amount] if amount in book.columns else [f"{amount}_high", f"{amount}_low"]


def _amount(columns: Sequence[str]) -> pl.Expr:
    """The exact amount of whole numbers that were summed."""
    whole = pl.Decimal(38, 0)
    if len(columns) == 1:
        return _shifted(pl.col(columns[0]).cast(whole), UNITS)
    high, low = (pl.col(name).cast(whole) for name in columns)
    return _shifted(high * pl.lit(HALF).cast(whole) + low, _LONG)


def _shifted(amount: pl.Expr, decimals: int) -> pl.Expr:
    unit = pl.lit(f"0.{'0' * (decimals - 1)}1").cast(pl.Decimal(12, decimals))
    return (amount * unit).cast(WIDE)
