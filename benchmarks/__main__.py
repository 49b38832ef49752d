"""What the speed claims rest on: `python -m benchmarks --rows 1e6,1e7 --json out.json`.

The demo bank is drawn, with its realistic correlation between flags, and laid beside itself up to each size.
Then, in one run, every way in a process of its own, in turn, as medians of several rounds:

- cube: every summed measure by branch, whole and by every slice, against hand-written DuckDB, pandas and the
  bare scan of the columns; clients: distinct clients at every node; classify: from tables to a few figures.
- month: a whole month in a real lake, intake and suites apart, and how it grows with the book.
- intake, suites, backfill: files, rules, and many months.

Peers must return the same figures, or the run ends. Progress goes to standard error.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from benchmarks import against_peers, backfill, intake, suites, whole_months
from benchmarks.book import DRAWN, Book
from benchmarks.table import printed
from benchmarks.timing import THREADS, progress

MONTH: Final = "month"
ASIDE: Final = ("intake", "suites", "backfill")
"""Parts with sizes of their own; what they tell stands with the largest book."""
PARTS: Final = (*against_peers.PARTS, MONTH, *ASIDE)
_WITH_SUITES: Final = 1_000_000


def main() -> None:
    """Run the benchmarks and print their tables."""
    given = _arguments()
    parts = given.only.split(",")
    if unknown := set(parts) - set(PARTS):
        sys.exit(f"There is no part {', '.join(sorted(unknown))}. There are {', '.join(PARTS)}.")
    peers = against_peers.Asked(parts, given.rounds, given.pandas_rows, given.branches)
    months = whole_months.Asked(given.rounds, given.often_rows, _WITH_SUITES, given.branches)
    rows = _sizes(given.rows) if set(parts) & set(against_peers.PARTS) else []
    month_rows = _sizes(given.month_rows or given.rows) if MONTH in parts else []
    results: list[dict[str, Any]] = []
    with ExitStack() as undone:
        folder = given.folder or Path(
            undone.enter_context(tempfile.TemporaryDirectory(prefix="branchmark-bench-"))
        )
        for size in sorted({*rows, *month_rows}):
            drawn = _drawn(folder, min(size, DRAWN))
            one: dict[str, Any] = {"rows": size, "loans": drawn.copied(size).loans}
            if size in rows:
                one |= against_peers.measured(drawn, size, folder, peers)
            if size in month_rows:
                one |= whole_months.measured(drawn, size, folder, months)
            results.append(one)
            _write(given.json, complete(results))
        aside = results[-1] if results else {"rows": 0}
        results = results or [aside]
        if "intake" in parts:
            aside["intake"] = intake.measured(int(float(given.intake_rows)), given.rounds)
        if "suites" in parts:
            aside["suites"] = suites.measured(int(float(given.suite_rows)), given.rounds)
        if "backfill" in parts:
            aside["backfill"] = backfill.measured(
                folder, months=given.months, loans=int(float(given.loans)), bank=given.bank
            )
    told = complete(results)
    _write(given.json, told)
    sys.stdout.write(printed(told))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", default="1e6", help="loans a month, several separated by commas")
    parser.add_argument("--month-rows", help="the same for whole months, if it is to be another")
    parser.add_argument("--only", default=",".join(PARTS), help="parts, separated by commas")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each way")
    parser.add_argument("--branches", type=int, help="branches that book loans, about")
    parser.add_argument("--pandas-rows", type=_number, default=10_000_000, help="pandas up to here")
    parser.add_argument("--often-rows", type=_number, default=10_000_000, help="larger months once")
    parser.add_argument("--intake-rows", default="2e6", help="rows of the file that is opened")
    parser.add_argument("--suite-rows", default="2e5", help="loans that both suites measure")
    parser.add_argument("--months", type=int, default=24, help="months of the backfill")
    parser.add_argument("--loans", default="6e4", help="loans a month of the backfill")
    parser.add_argument("--bank", type=Path, help="a built demo bank, copied for the backfill")
    parser.add_argument(
        "--folder", type=Path, help="where files are written, and the drawn book kept"
    )
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    return parser.parse_args()


def _number(text: str) -> int:
    return int(float(text))


def _sizes(text: str) -> list[int]:
    return [_number(one) for one in text.split(",")]


def _drawn(folder: Path, loans: int) -> Book:
    """The drawn book of that size, which is drawn once for all that are laid of it."""
    place = folder / f"drawn-{loans}"
    if place.exists():
        return Book.at(place)
    progress(f"drawing a bank of {loans:,} loans")
    return Book.drawn(place, loans)


def complete(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results with what grows beside the smallest size, and the machine."""
    keys = ("cube_seconds", "cube_vs_duckdb", "cube_vs_duckdb_cube", "cube_vs_scan")
    empty = dict.fromkeys((*keys, "cube_vs_pandas", "clients_vs_duckdb"))
    empty |= dict.fromkeys(("month_seconds", "month_peak_mb", "growth"))
    first = next((one for one in results if one.get("month_seconds")), {})
    cubed = next((one for one in results if one.get("cube_seconds")), {})
    told = []
    for one in results:
        grown: dict[str, float] = {}
        if one.get("month_seconds"):
            grown["growth"] = round(one["month_seconds"] / first["month_seconds"], 2)
            grown["growth_cpu"] = round(one["month_cpu_seconds"] / first["month_cpu_seconds"], 2)
            grown["growth_of_rows"] = round(one["loans"] / first["loans"], 2)
        if one.get("cube_seconds"):
            grown["cube_growth"] = round(one["cube_seconds"] / cubed["cube_seconds"], 2)
        told.append({**empty, **one, **grown, "machine": machine()})
    return told


def machine() -> dict[str, Any]:
    """What it was measured on."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    names = [line.partition(": ")[2] for line in info.splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    packages = ("polars", "duckdb", "pandas", "great-expectations", "deltalake", "dagster")
    return {
        "cores": THREADS,
        "cpu": names[0] if names else platform.processor(),
        "memory_gb": round(memory / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name.replace("-", "_"): version(name) for name in packages},
    }


def _write(path: Path | None, results: list[dict[str, Any]]) -> None:
    """Written after every size, so that a long run that is ended leaves what it has measured."""
    if path is not None:
        path.write_text(json.dumps(results, indent=2, default=str) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
