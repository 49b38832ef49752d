"""One size against the peers: the ways in turn, compared to the last digit, as ratios of medians.

Filtered sums, the cube in DuckDB and distinct clients can each be put in several ways; every one is run
once, and the fastest becomes the peer. The peers must return the product's figures, or there is no result.
"""

import shutil
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks import duckdb_peers, peer_files
from benchmarks.book import Book
from benchmarks.timing import Series, Took, apart, interleaved, progress, ratios

CUBE: Final = "cube"
CLIENTS: Final = "clients"
CLASSIFY: Final = "classify"
PARTS: Final = (CUBE, CLIENTS, CLASSIFY)

_SMALL: Final = 10_000
"""Loans of the book that a way is run on first."""
_PANDAS_OFTEN: Final = 2_000_000
"""Up to so many loans pandas is run as often as the rest, beyond it once."""

_SET: Final = "grouping sets"
_SETS: Final = 1_000_000
"""Grouping sets take many times as long as the rest, and are tried up to so many loans."""


@dataclass(frozen=True)
class Asked:
    """What is asked of one size.

    Attributes:
        parts: which of `PARTS`.
        rounds: how often each way is run.
        pandas: up to how many loans pandas is run at all.
        branches: branches that book loans, about; those of the drawn bank if not said.
    """

    parts: Sequence[str] = PARTS
    rounds: int = 5
    pandas: int = 10_000_000
    branches: int | None = None


def measured(drawn: Book, rows: int, folder: Path, asked: Asked) -> dict[str, Any]:
    """The ratios of one size.

    Args:
        drawn: the drawn book, laid beside itself as often as it takes.
        rows: loans.
        folder: for files, removed afterwards.
        asked: what is asked.
    """
    parts = [part for part in asked.parts if part in PARTS]
    if not parts:
        return {}
    book = drawn.copied(rows, asked.branches)
    with_pandas = CUBE in parts and rows <= asked.pandas
    large, small = folder / f"peers-{rows}", folder / "peers-small"
    if not small.exists():
        Book.drawn(folder / "drawn-small", _SMALL)
        peer_files.prepare(Book.at(folder / "drawn-small"), small, lambda _: None, pandas=True)
    peer_files.prepare(book, large, lambda text: progress(f"{rows:,}: {text}"), pandas=with_pandas)
    try:
        return _told(Runner(large, small, rows), parts, asked, with_pandas=with_pandas)
    finally:
        shutil.rmtree(large)


@dataclass(frozen=True)
class Runner:
    """Runs ways over one size, and holds their figures against each other."""

    folder: Path
    small: Path
    rows: int

    def run(self, way: str) -> Took:
        """One way in a process of its own."""
        words = [way, str(self.folder), "--warm", str(self.small)]
        return apart("benchmarks.ways", words)

    def told(self, text: str) -> None:
        """Say what is under way."""
        progress(f"{self.rows:,}: {text}")

    def fastest(self, names: Iterable[str]) -> tuple[str, dict[str, float]]:
        """The way with the least seconds of processor, and those of all: one that is slow may wait long."""
        took: dict[str, float] = {}
        for name in names:
            self.told(f"trying {name}")
            took[name] = round(self.run(name).cpu, 3)
        return min(took, key=lambda name: took[name]), took

    def interleaved(self, ways: Mapping[str, int]) -> dict[str, Series]:
        """Every way so many times, in turn."""
        return interleaved(ways, self.run, self.told)

    def agree(self, ours: str, peers: Sequence[str]) -> int:
        """How many figures there are, all the same; or the end of the run."""
        own = self._figures(ours)
        for peer in peers:
            if not own.equals(theirs := self._figures(peer)):
                odd = pl.concat([own, theirs]).unique(keep="none").head(4)
                sys.exit(f"{ours} and {peer} disagree, so no ratio is worth anything:\n{odd}")
        return own.height

    def _figures(self, way: str) -> pl.DataFrame:
        return pl.read_parquet(self.folder / f"{way.replace(' ', '_')}.figures.parquet")


def _told(
    runner: Runner, parts: Sequence[str], asked: Asked, *, with_pandas: bool
) -> dict[str, Any]:
    steps: Mapping[str, Callable[[], dict[str, Any]]] = {
        CUBE: lambda: _cube(runner, asked, with_pandas=with_pandas),
        CLIENTS: lambda: _clients(runner, asked),
        CLASSIFY: lambda: _classify(runner, asked),
    }
    told: dict[str, Any] = {}
    for part in parts:
        told |= steps[part]()
    return told


def _cube(runner: Runner, asked: Asked, *, with_pandas: bool) -> dict[str, Any]:
    shapes = [name for name in duckdb_peers.FILTERED if runner.rows <= _SETS or _SET not in name]
    sums, tried = runner.fastest(shapes)
    cube, tried_cubes = runner.fastest(duckdb_peers.CUBES)
    rounds = dict.fromkeys((CUBE, sums, cube, "scan"), asked.rounds)
    if with_pandas:
        rounds["pandas"] = asked.rounds if runner.rows <= _PANDAS_OFTEN else 1
    series = runner.interleaved(rounds)
    figures = runner.agree(CUBE, [*tried, *tried_cubes, *(["pandas"] if with_pandas else [])])
    named = {
        CUBE: series[CUBE],
        "duckdb": series[sums],
        "duckdb_cube": series[cube],
        "scan": series["scan"],
        **({"pandas": series["pandas"]} if with_pandas else {}),
    }
    return {
        **_all(named),
        **ratios(named, CUBE, [name for name in named if name != CUBE]),
        "figures": figures,
        "duckdb_is": sums,
        "duckdb_cube_is": cube,
        "duckdb_tried_cpu_seconds": {**tried, **tried_cubes},
    }


def _clients(runner: Runner, asked: Asked) -> dict[str, Any]:
    peer, tried = runner.fastest(duckdb_peers.COUNTED)
    first = ("first_time", "first_time_duckdb")
    series = runner.interleaved(dict.fromkeys((CLIENTS, peer, *first), asked.rounds))
    figures = runner.agree(CLIENTS, list(tried)) + runner.agree(first[0], [first[1]])
    named = {
        CLIENTS: series[CLIENTS],
        "clients_duckdb": series[peer],
        **{name: series[name] for name in first},
    }
    return {
        **_all(named),
        **ratios(named, CLIENTS, ["clients_duckdb"]),
        **ratios(named, first[0], [first[1]]),
        "clients_figures": figures,
        "clients_duckdb_is": peer,
        "clients_tried_cpu_seconds": tried,
    }


def _classify(runner: Runner, asked: Asked) -> dict[str, Any]:
    ways = (CLASSIFY, "classify_duckdb")
    series = runner.interleaved(dict.fromkeys(ways, asked.rounds))
    runner.agree(*ways[:1], [ways[1]])
    return {**_all(series), **ratios(series, CLASSIFY, [ways[1]])}


def _all(series: Mapping[str, Series]) -> dict[str, Any]:
    return {key: value for name, one in series.items() for key, value in one.figures(name).items()}
