"""What opening a text file costs: `python -m benchmarks.intake --rows 2e6 --json out.json`.

A book of 40 columns is drawn and written as CSV, once as UTF-8 and once as GB18030. Each way reads the
whole of it, several times over and in turn, in a process of its own, so that its peak memory is its own:
Polars bare to Parquet (the measure), DuckDB bare to Parquet, Polars bare into memory, and the product,
which looks at every line and then writes the same Parquet. The ways must find the same rows. The same at
a quarter of the rows tells whether memory grows with the file. Ratios are of medians in one run.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from benchmarks.timing import THREADS, peak, progress
from orchestration.sources import open_source

ROUNDS: Final = 5
COLUMNS: Final = 40
_PART: Final = 4


def bare(path: Path, folder: Path) -> int:
    """Polars alone: from CSV to Parquet, every column text."""
    out = folder / "bare.parquet"
    pl.scan_csv(path, infer_schema=False).sink_parquet(out)
    return _rows(out)


def bare_duckdb(path: Path, folder: Path) -> int:
    """DuckDB alone: from CSV to Parquet, every column text."""
    out = folder / "duckdb.parquet"
    source = f"read_csv('{path}', all_varchar = true, header = true)"
    with duckdb.connect(
        config={"threads": THREADS, "preserve_insertion_order": False}
    ) as connection:
        connection.execute(f"COPY (FROM {source}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)")
    return _rows(out)


def memory(path: Path, folder: Path) -> int:
    """Polars alone: the whole file into memory."""
    _ = folder
    return pl.read_csv(path).height


def ours(path: Path, folder: Path) -> int:
    """The product: encoding and separator found out, every line looked at, then to Parquet."""
    out = folder / "ours.parquet"
    source = open_source(path, scratch=folder / "scratch")
    source.frame.sink_parquet(out)
    return _rows(out)


def opening(path: Path, folder: Path) -> int:
    """The product's look at every line alone; what it takes has to stay the same for larger files."""
    return open_source(path, scratch=folder / "scratch").rows


WAYS: Final[Mapping[str, Callable[[Path, Path], int]]] = {
    "bare": bare,
    "duckdb": bare_duckdb,
    "memory": memory,
    "utf-8": ours,
    "gb18030": ours,
    "opening": opening,
}


_FILES: Final = {"gb18030": "gb18030", "opening": "gb18030"}
"""The file a way reads, where it is not the one in UTF-8."""


@dataclass(frozen=True)
class Took:
    """One run of a way: seconds, and the process's peak in megabytes."""

    seconds: float
    peak: int


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    parser.add_argument("--rows", default="2e6", help="rows of the file")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        _one(given.one[0], Path(given.one[1]), Path(given.one[2]))
        return
    rows = int(float(given.rows))
    results = [measured(rows // _PART), measured(rows)]
    width = max(map(len, results[0]))
    for name in results[0]:
        sys.stdout.write(
            f"{name:<{width}}" + "".join(f"{one[name]:>12,}" for one in results) + "\n"
        )
    if given.json:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def measured(rows: int, rounds: int = ROUNDS) -> dict[str, float]:
    """One size: the ways in turn, interleaved, and their medians as ratios."""
    with tempfile.TemporaryDirectory(prefix="branchmark-bench-") as name:
        folder = Path(name)
        files = _drawn(folder, rows)
        took: dict[str, list[Took]] = {way: [] for way in WAYS}
        for number in range(rounds):
            for way in WAYS:
                progress(f"opening {rows:,} rows of text: {way} {number + 1}/{rounds}")
                took[way].append(_apart(way, files[_FILES.get(way, "utf-8")], folder, rows))
        size = files["utf-8"].stat().st_size
    seconds = {way: statistics.median(one.seconds for one in runs) for way, runs in took.items()}
    peak = {way: max(one.peak for one in runs) for way, runs in took.items()}
    ratio = {way: round(taken / seconds["bare"], 2) for way, taken in seconds.items()}
    return {
        "rows": rows,
        "megabytes": size >> 20,
        **{f"{way}_seconds": round(taken, 2) for way, taken in seconds.items()},
        **{f"{way}_vs_bare": ratio[way] for way in ("utf-8", "gb18030", "opening")},
        "utf-8_vs_duckdb": round(seconds["utf-8"] / seconds["duckdb"], 2),
        **{f"{way}_peak_mb": megabytes for way, megabytes in peak.items()},
    }


def _apart(way: str, path: Path, folder: Path, rows: int) -> Took:
    """A way in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.intake", "--one", way, str(path), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)  # noqa: S603
    found, seconds, peak = done.stdout.split()
    if int(found) != rows:
        sys.exit(f"{way} finds {found} rows of {rows}: no ratio is worth anything.")
    return Took(float(seconds), int(peak))


def _one(way: str, path: Path, folder: Path) -> None:
    start = time.perf_counter()
    rows = WAYS[way](path, folder)
    seconds = time.perf_counter() - start
    sys.stdout.write(f"{rows} {seconds} {peak()}\n")


def _rows(path: Path) -> int:
    return pl.scan_parquet(path).select(pl.len()).collect().item()


def _drawn(folder: Path, rows: int) -> dict[str, Path]:
    """The same book in both encodings."""
    plain, chinese = folder / "book.csv", folder / "book.gb18030.csv"
    pl.LazyFrame({"at": pl.int_range(rows, eager=True)}).select(
        _column(place) for place in range(COLUMNS)
    ).sink_csv(plain)
    with (
        plain.open(encoding="utf-8", newline="") as text,
        chinese.open("w", encoding="gb18030", newline="") as out,
    ):
        while piece := text.read(1 << 22):
            out.write(piece)
    return {"utf-8": plain, "gb18030": chinese}


def _column(place: int) -> pl.Expr:
    """A column of a loan book: numbers of loans, amounts, dates, names, codes and flags in turn."""
    drawn = (pl.col("at") * (place * 7919 + 104_729) + place * 31) % 1_000_003
    digits = drawn.cast(pl.String)
    two = (drawn % 28 + 1).cast(pl.String).str.zfill(2)
    kinds = (
        pl.format("J-{}", digits),
        pl.format("{}.{}", digits, (drawn % 90 + 10).cast(pl.String)),
        pl.format("2026-{}-{}", (drawn % 9 + 1).cast(pl.String).str.zfill(2), two),
        pl.format("某某实业有限公司{}", (drawn % 5000).cast(pl.String)),
        pl.format("FQ0{}", (drawn % 5 + 1).cast(pl.String)),
        pl.format("C{}", (drawn % 9000 + 1000).cast(pl.String)),
        pl.format("0.0{}", (drawn % 900 + 100).cast(pl.String)),
        pl.when(drawn % 3 == 0).then(pl.lit("是")).when(drawn % 3 == 1).then(pl.lit("否")),
    )
    return kinds[place % len(kinds)].alias(f"字段{place}")


if __name__ == "__main__":
    main()
