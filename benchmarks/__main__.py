"""What the speed claims rest on: `python -m benchmarks --rows 1e6 --json out.json`.

A month of the demo bank is drawn, written as Parquet, and computed in turn, several times over: the
product's cube alone, the whole month (all metrics at all nodes), DuckDB with hand-written filtered sums,
and a bare scan of the columns needed (the floor). The peers must return the same figures. Ratios are of
medians in one run.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.book import Book
from benchmarks.ways import WAYS

ROUNDS = 5


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", default="2e5", help="loans a month, several separated by commas")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    given = parser.parse_args()
    results = [measured(int(float(rows))) for rows in given.rows.split(",")]
    heads = ("rows", "cube s", "month s", "month/cube", "/DuckDB", "/scan", "peak MB")
    sys.stdout.write("".join(f"{head:>12}" for head in heads) + "\n")
    for one in results:
        told = (
            f"{one['rows']:,}",
            one["cube_seconds"],
            one["month_seconds"],
            one["month_vs_cube"],
            one["cube_vs_duckdb"],
            one["cube_vs_scan"],
            one["peak_mb"],
        )
        sys.stdout.write("".join(f"{value:>12}" for value in told) + "\n")
    if given.json:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def measured(rows: int) -> dict[str, float]:
    """One size: the ways in turn, interleaved, and their medians as ratios."""
    with tempfile.TemporaryDirectory(prefix="branchmark-bench-") as name:
        book = Book.drawn(Path(name), rows)
        told = {way: run(book) for way, run in WAYS.items()}
        if not told["cube"] == told["month"] == told["duckdb"]:
            sys.exit("The peers disagree: no ratio is worth anything.")
        seconds: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(ROUNDS):
            for way, run in WAYS.items():
                start = time.perf_counter()
                run(book)
                seconds[way].append(time.perf_counter() - start)
    median = {way: statistics.median(taken) for way, taken in seconds.items()}
    return {
        "rows": rows,
        "cube_seconds": round(median["cube"], 3),
        "month_seconds": round(median["month"], 3),
        "month_vs_cube": round(median["month"] / median["cube"], 2),
        "cube_vs_duckdb": round(median["cube"] / median["duckdb"], 2),
        "cube_vs_scan": round(median["cube"] / median["scan"], 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    main()
