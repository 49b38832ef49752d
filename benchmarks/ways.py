"""The ways that are timed, each in a process of its own: the product's, its peers', and the bare scan.

Every way but the scan gives its figures, so that they can be compared to the last digit. A way is run on a
small book first: what a library does once in a process is not what is measured.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks import duckdb_peers, pandas_peer, peer_files
from benchmarks.book import AS_OF, Book
from benchmarks.classified_peer import few, few_in_duckdb
from benchmarks.peer_files import EVENTS, NARROW, RAW, TREE
from benchmarks.timing import timed
from transforms import clients, cube, first_loans, narrow
from transforms.catalogue.load import definitions
from transforms.catalogue.model import Catalogue
from transforms.engines import PolarsEngine, neutral
from transforms.reference import tables as reference_tables

Way = Callable[[Path, Catalogue], pl.DataFrame]


def own_cube(folder: Path, catalogue: Catalogue) -> pl.DataFrame:
    """The product's: one pass to a small cube for each slice, every summed measure from these."""
    engine = PolarsEngine()
    loans = neutral(pl.scan_parquet(folder / NARROW))
    cubes = engine.collected(cube.aggregate(loans, catalogue, engine), as_coded=True)
    return cube.branch_measures(cubes, catalogue).filter(pl.col("amount") != 0)


def scan(folder: Path, catalogue: Catalogue) -> pl.DataFrame:
    """The floor: each column that the cubes need is read, and reduced by the least that reads it."""
    lazy = pl.scan_parquet(folder / NARROW)
    numbers = [*narrow.amounts(catalogue), *narrow.keys(catalogue)]
    cuts = [name for name in duckdb_peers.whole_and_cut(catalogue) if name in peer_files.members()]
    names = ["branch_id", *cuts]
    read = lazy.select(pl.col(numbers).sum(), pl.col(names).to_physical().cast(pl.UInt64).sum())
    read.collect(engine="streaming")
    return pl.DataFrame()


def own_clients(folder: Path, catalogue: Catalogue) -> pl.DataFrame:
    """The product's: client by client once, and those of several branches branch by branch."""
    engine = PolarsEngine()
    loans = neutral(pl.scan_parquet(folder / NARROW))
    counts_for = pl.read_parquet(folder / TREE)
    loans = clients.told_apart(loans, clients.group_ids(loans), engine)
    taken = engine.collected(clients.by_client(loans, catalogue, engine))
    shared = engine.collected(clients.at_branches(loans, taken, catalogue, engine))
    counted = clients.counted(taken, shared, counts_for, catalogue)
    return clients.node_measures([counted], counts_for, catalogue).filter(pl.col("amount") != 0)


def own_first_time(folder: Path, catalogue: Catalogue) -> pl.DataFrame:
    """The product's: every event judged by the catalogue's flags, and counted."""
    lists = Book(folder / RAW, catalogue).read("tech_enterprise_list").collect()
    events = pl.read_parquet(folder / EVENTS)
    judged = first_loans.judge(events, lists, catalogue, parameters(), AS_OF)
    return first_loans.event_measures(judged, catalogue, AS_OF)


def parameters() -> Mapping[str, Decimal]:
    """The thresholds in force."""
    return reference_tables.load().thresholds(AS_OF)


def duckdb_first_time(folder: Path, catalogue: Catalogue) -> pl.DataFrame:
    """The same in one statement."""
    return duckdb_peers.first_time(folder, catalogue, parameters())


def _filtered(name: str) -> Way:
    shape, file, flags = duckdb_peers.FILTERED[name]
    return lambda folder, catalogue: shape(folder, catalogue, file=file, flag=flags(catalogue))


def _cube(name: str) -> Way:
    file = duckdb_peers.CUBES[name]
    return lambda folder, catalogue: duckdb_peers.cube(folder, catalogue, file=file)


def _counted(name: str) -> Way:
    file, flags = duckdb_peers.COUNTED[name]
    return lambda folder, catalogue: duckdb_peers.clients(
        folder, catalogue, file=file, flag=flags(catalogue)
    )


WAYS: Final[Mapping[str, Way]] = {
    "cube": own_cube,
    "scan": scan,
    "pandas": pandas_peer.sums,
    "clients": own_clients,
    "first_time": own_first_time,
    "first_time_duckdb": duckdb_first_time,
    "classify": few,
    "classify_duckdb": few_in_duckdb,
    **{name: _filtered(name) for name in duckdb_peers.FILTERED},
    **{name: _cube(name) for name in duckdb_peers.CUBES},
    **{name: _counted(name) for name in duckdb_peers.COUNTED},
}
"""By name: what works out the figures, in no order, from a folder that `peer_files.prepare` wrote."""


def in_order(figures: pl.DataFrame) -> pl.DataFrame:
    """Figures as they are compared; sorting them is nobody's work that is measured."""
    return figures.sort(figures.columns[:-1]) if figures.width else figures


def main() -> None:
    """Run one way, and say what it took and found."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ways", description=__doc__)
    parser.add_argument("way", choices=WAYS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--warm", type=Path, help="a small book, to run it on first")
    given = parser.parse_args()
    catalogue = definitions(reference_tables.load()).newest
    way = WAYS[given.way]
    if given.warm:
        way(given.warm, catalogue)
    found: list[pl.DataFrame] = []

    def run() -> Mapping[str, Any]:
        found.append(way(given.folder, catalogue))
        return {"rows": found[0].height}

    took = timed(run)
    if not found[0].is_empty():
        in_order(found[0]).write_parquet(
            given.folder / f"{given.way.replace(' ', '_')}.figures.parquet"
        )
    sys.stdout.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    main()
