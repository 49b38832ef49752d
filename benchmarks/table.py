"""The results as Markdown, for the documentation: `python -m benchmarks.table out.json`.

A row a size, and only tables of what was measured; nothing is rounded up.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

Results = Sequence[Mapping[str, Any]]

_CUBE: Final = (
    ("loans", "loans"),
    ("cube, s", "cube_seconds"),
    ("of DuckDB's filtered sums", "cube_vs_duckdb"),
    ("of the cube in DuckDB", "cube_vs_duckdb_cube"),
    ("of pandas", "cube_vs_pandas"),
    ("of the bare scan", "cube_vs_scan"),
    ("figures", "figures"),
)
_PEAKS: Final = (
    ("loans", "loans"),
    ("cube, MB", "cube_peak_mb"),
    ("DuckDB's filtered sums, MB", "duckdb_peak_mb"),
    ("cube in DuckDB, MB", "duckdb_cube_peak_mb"),
    ("pandas, MB", "pandas_peak_mb"),
    ("scan, MB", "scan_peak_mb"),
)
_CLIENTS: Final = (
    ("loans", "loans"),
    ("clients, s", "clients_seconds"),
    ("of DuckDB", "clients_vs_duckdb"),
    ("first-time clients, s", "first_time_seconds"),
    ("of DuckDB", "first_time_vs_duckdb"),
)
_CLASSIFY: Final = (
    ("loans", "loans"),
    ("all that measures ask for, s", "classify_seconds"),
    ("eight figures in DuckDB, s", "classify_duckdb_seconds"),
)
_MONTH: Final = (
    ("loans", "loans"),
    ("month, s", "month_seconds"),
    ("of processor, s", "month_cpu_seconds"),
    ("peak, MB", "month_peak_mb"),
    ("growth of loans", "growth_of_rows"),
    ("growth of time", "growth"),
    ("`branchmark build`, s", "build_seconds"),
)
_INTAKE: Final = (
    ("rows", "rows"),
    ("file, MB", "megabytes"),
    ("Polars bare, s", "bare_seconds"),
    ("DuckDB bare, s", "duckdb_seconds"),
    ("product, s", "utf-8_seconds"),
    ("of Polars bare", "utf-8_vs_bare"),
    ("of DuckDB bare", "utf-8_vs_duckdb"),
    ("GB18030 of Polars bare", "gb18030_vs_bare"),
)
_SUITES: Final = (
    ("loans", "rows"),
    ("product, s", "product_seconds"),
    ("pandas, s", "pandas_seconds"),
    ("of pandas", "suite_vs_pandas"),
    ("rules of the product", "product_rules"),
    ("of pandas", "pandas_rules"),
    ("product, MB", "product_peak_mb"),
    ("pandas, MB", "pandas_peak_mb"),
)
_BACKFILL: Final = (
    ("months", "months"),
    ("one process, s", "one_process_seconds"),
    ("a process a core, s", "processes_seconds"),
    ("times as fast", "speed_up"),
    ("banks apart, times as fast", "most"),
    ("nothing changed, s", "unchanged_seconds"),
    ("one month changed, s", "changed_seconds"),
)


def printed(results: Results) -> str:
    """Every table that something was measured for."""
    tables = [
        ("Cube and facts", _CUBE, _with(results, "cube_seconds")),
        ("Their peak memory", _PEAKS, _with(results, "cube_seconds")),
        ("Clients", _CLIENTS, _with(results, "clients_seconds")),
        ("Classification", _CLASSIFY, _with(results, "classify_seconds")),
        ("Whole months", _MONTH, _with(results, "month_seconds")),
        ("Opening a text file", _INTAKE, [one["intake"] for one in _with(results, "intake")]),
        ("The loan suite", _SUITES, [one["suites"] for one in _with(results, "suites")]),
        ("Backfill", _BACKFILL, [one["backfill"] for one in _with(results, "backfill")]),
    ]
    texts = [f"{head}\n\n{_table(columns, rows)}" for head, columns, rows in tables if rows]
    texts += [_steps(one) for one in _with(results, "month_steps")]
    return "\n".join([*texts, _machine(results)])


def _with(results: Results, key: str) -> list[Mapping[str, Any]]:
    return [one for one in results if one.get(key)]


def _table(columns: Sequence[tuple[str, str]], rows: Results) -> str:
    held = [(head, key) for head, key in columns if any(row.get(key) is not None for row in rows)]
    lines = [
        [head for head, _ in held],
        ["---"] * len(held),
        *([_cell(row.get(key)) for _, key in held] for row in rows),
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _steps(one: Mapping[str, Any]) -> str:
    steps = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in one["month_steps"].items())
    return f"{one['loans']:,} loans: {steps}.\n"


def _machine(results: Results) -> str:
    machine = next((one["machine"] for one in results if "machine" in one), None)
    if machine is None:
        return ""
    libraries = ("python", "polars", "duckdb", "pandas", "great_expectations", "deltalake")
    told = ", ".join(f"{name} {machine[name]}" for name in libraries if name in machine)
    return f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_gb']} GB; {told}.\n"


def main() -> None:
    """Print the tables of a file of results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.table", description=__doc__)
    parser.add_argument("json", type=Path, help="what `python -m benchmarks --json` wrote")
    given = parser.parse_args()
    sys.stdout.write(printed(json.loads(given.json.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
