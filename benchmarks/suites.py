"""What the speed claim of the loan suite rests on: `python -m benchmarks.suites --rows 5e6`.

The demo bank's book is drawn once and copied up to the size asked for. Then, each in a process of its own
with the same threads: the product's loan suite, with the failing rows written and counted; and, at
`--compared` rows, the same suite put into core expectations of Great Expectations' pandas engine, beside
the product's at that size. The pandas side is given every help: it holds the book in memory already, in
floats, its lookups are sets made beforehand, and it is asked only those rules that core expectations can
say. The two must count the same failing rows. Seconds of the product include reading the files. On a busy
machine compare the seconds of processor.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import duckdb
import polars as pl

from benchmarks.book import AS_OF, BACK
from benchmarks.pandas_suite import expectations
from benchmarks.timing import THREADS, peak, progress
from expectations.delivered import Delivered, reference_context
from expectations.findings import findings
from expectations.rules import load_rules
from transforms.catalogue.model import At
from transforms.periods import month_end
from transforms.reference import tables as reference_tables
from transforms.sample.bank import BankSpec, demo_bank
from transforms.schema import LOAN_SNAPSHOT

MEMORY: Final = "1GB"
"""What DuckDB may hold; the process stays below twice that."""
_DRAWN: Final = 100_000
_BEFORE: Final = BACK[At.PREVIOUS_MONTH]
_COPIED: Final = {
    "loan_snapshot": ("loan_id", "borrower_id", "facility_id"),
    "borrower_snapshot": ("borrower_id",),
    "facility": ("facility_id", "borrower_id"),
    "tech_enterprise_list": ("borrower_id",),
    "borrower_first_loan_event": ("borrower_id", "loan_id"),
}
"""Tables that grow with the book, and the keys that each copy gets its own of."""
_WHOLE: Final = ("branch", "branch_hierarchy", "fx_rate", "lpr_rate", "net_capital")


def main() -> None:
    """Run the benchmark and print what it measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.suites", description=__doc__)
    parser.add_argument("--rows", default="5e6", help="loans of the large book")
    parser.add_argument("--compared", default="2e5", help="loans that both engines measure")
    parser.add_argument("--full", action="store_true", help="pandas at the large size too: minutes")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    parser.add_argument("--one", choices=_ENGINES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(_ENGINES[given.one](given.folder)) + "\n")
        return
    large, small = int(float(given.rows)), int(float(given.compared))
    told: dict[str, dict[str, Any]] = {}
    for rows in (small, large):
        with tempfile.TemporaryDirectory(prefix="branchmark-bench-") as name:
            draw(Path(name), rows)
            engines = ["product"] + (["pandas"] if rows == small or given.full else [])
            for engine in engines:
                told[f"{engine} {rows:,}"] = _apart(engine, Path(name))
    for name, one in told.items():
        sys.stdout.write(
            f"{name:>20}: suite {one['seconds']:>7} s ({one['cpu_seconds']} of processor), "
            f"findings {one.get('findings', '-')} s, "
            f"{one['rules']} rules, {one['broken']} broken, peak {one['peak_mb']} MB\n"
        )
    for rows in (small, large):
        if f"pandas {rows:,}" in told:
            ours, theirs = told[f"product {rows:,}"], told[f"pandas {rows:,}"]
            _agree(ours["counts"], theirs["counts"])
            ratio = theirs["seconds"] / ours["seconds"]
            used = theirs["cpu_seconds"] / ours["cpu_seconds"]
            sys.stdout.write(
                f"at {rows:,} rows the product is {ratio:.1f} times as fast, and takes "
                f"{used:.1f} times less of the processor\n"
            )
    if given.json:
        given.json.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")


def measured(rows: int, rounds: int) -> dict[str, Any]:
    """The suite by both engines over one book, in turn, as a ratio of medians."""
    took: dict[str, list[dict[str, Any]]] = {engine: [] for engine in _ENGINES}
    with tempfile.TemporaryDirectory(prefix="branchmark-bench-") as name:
        draw(Path(name), rows)
        for number in range(rounds):
            for engine, runs in took.items():
                progress(f"the loan suite over {rows:,} loans: {engine} {number + 1}/{rounds}")
                runs.append(_apart(engine, Path(name)))
    for ours, theirs in zip(took["product"], took["pandas"], strict=True):
        _agree(ours["counts"], theirs["counts"])

    def median(engine: str, what: str) -> float:
        return statistics.median(one[what] for one in took[engine])

    told: dict[str, Any] = {"rows": rows}
    for engine, runs in took.items():
        told[f"{engine}_seconds"] = median(engine, "seconds")
        told[f"{engine}_cpu_seconds"] = median(engine, "cpu_seconds")
        told[f"{engine}_peak_mb"] = max(one["peak_mb"] for one in runs)
        told[f"{engine}_rules"] = runs[0]["rules"]
    return {
        **told,
        "suite_vs_pandas": round(median("product", "seconds") / median("pandas", "seconds"), 3),
        "suite_vs_pandas_cpu": round(
            median("product", "cpu_seconds") / median("pandas", "cpu_seconds"), 3
        ),
    }


def draw(folder: Path, rows: int) -> None:
    """Write a month of that many loans, and the month before, as Parquet."""
    bank = demo_bank(BankSpec(months=2, loans=min(rows, _DRAWN), seed=7, last=AS_OF))
    for day in (AS_OF, month_end(_BEFORE)):
        month = bank.month(day)
        loans = month[LOAN_SNAPSHOT.name].height
        for name in (*_COPIED, *_WHOLE):
            path = folder / f"{day}_{name}.parquet"
            frame = month[name]
            if name == LOAN_SNAPSHOT.name:
                frame = frame.with_columns(
                    source_row_no=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
                    problems=pl.lit([], dtype=pl.List(pl.String)),
                )
            frame.write_parquet(path)
            if name in _COPIED and rows > loans:
                _copied(path, name, loans, rows)


def _copied(path: Path, name: str, loans: int, rows: int) -> None:
    """Put as many copies of a table in its place as the loans need, keys numbered by copy."""
    replaced = ", ".join(f"{key} || '-' || copy AS {key}" for key in _COPIED[name])
    numbered = ", source_row_no + copy * $loans AS source_row_no" if name == "loan_snapshot" else ""
    limit = f"WHERE source_row_no + copy * {loans} <= {rows}" if name == "loan_snapshot" else ""
    query = f"""
        COPY (SELECT * EXCLUDE (copy) REPLACE ({replaced}{numbered.replace("$loans", str(loans))})
            FROM read_parquet('{path}'), range({-(-rows // loans)}) AS copies(copy) {limit})
        TO '{path}.copied' (FORMAT parquet, COMPRESSION zstd)
    """  # noqa: S608  # the benchmark's own paths
    with duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY}) as connection:
        connection.execute(query)
    Path(f"{path}.copied").replace(path)


def product(folder: Path) -> dict[str, Any]:
    """The loan suite as the build runs it."""
    from expectations.runner import run_suite  # noqa: PLC0415 - seconds that are not measured

    rules = load_rules()
    delivered, kept = _delivered(folder), folder / "failing.parquet"
    start, used = time.perf_counter(), time.process_time()
    suite = run_suite(delivered, rules=rules, run_time=datetime.now(UTC), keep=kept)
    measured, cpu = time.perf_counter(), time.process_time() - used
    findings(delivered, suite, rules, rows=kept)
    return {
        "seconds": round(measured - start, 2),
        "cpu_seconds": round(cpu, 2),
        "findings": round(time.perf_counter() - measured, 2),
        "rules": sum(result.skipped_reason is None for result in suite.results),
        "skipped": [r.rule_id for r in suite.results if r.skipped_reason is not None],
        "broken": len(suite.failed),
        "unable": [r.detail for r in suite.failed if "could not be run" in r.detail],
        "peak_mb": peak(),
        "counts": {r.rule_id: r.failing_rows for r in suite.results if r.failing_rows is not None},
    }


def pandas(folder: Path) -> dict[str, Any]:
    """The rules that core expectations can say, on Great Expectations' pandas engine."""
    import great_expectations as gx  # noqa: PLC0415 - as above
    from great_expectations.data_context.types.base import ProgressBarsConfig  # noqa: PLC0415

    book = _floats(pl.read_parquet(folder / f"{AS_OF}_loan_snapshot.parquet")).to_pandas()
    around = {
        name: pl.read_parquet(folder / f"{AS_OF}_{name}.parquet")
        for name in (*_COPIED, *_WHOLE)
        if name != LOAN_SNAPSHOT.name
    }
    before = pl.scan_parquet(folder / f"{_BEFORE}_loan_snapshot.parquet")
    asked = expectations(around, before.select(pl.len()).collect().item(), AS_OF)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("book").add_dataframe_asset("loans")
    batch = asset.add_batch_definition_whole_dataframe("loans").get_batch({"dataframe": book})
    suite = gx.ExpectationSuite(name="loans", expectations=asked)
    start, used = time.perf_counter(), time.process_time()
    said: Any = batch.validate(
        suite, result_format={"result_format": "BASIC", "partial_unexpected_count": 0}
    )
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    counts: dict[str, int] = {}
    for one in said.results:
        if one.exception_info.get("raised_exception"):
            raise RuntimeError(one.exception_info["exception_message"])
        if "unexpected_count" in one.result:
            rule = one.expectation_config.meta["rule_id"]
            counts[rule] = counts.get(rule, 0) + one.result["unexpected_count"]
    return {
        "seconds": round(seconds, 2),
        "cpu_seconds": round(cpu, 2),
        "rules": len(asked),
        "broken": sum(not one.success for one in said.results),
        "peak_mb": peak(),
        "counts": counts,
    }


_ENGINES: Final = {"product": product, "pandas": pandas}


def _delivered(folder: Path) -> Delivered:
    def read(name: str, day: date) -> pl.LazyFrame:
        return pl.scan_parquet(folder / f"{day}_{name}.parquet")

    around = {name: read(name, AS_OF) for name in (*_COPIED, *_WHOLE) if name != "loan_snapshot"}
    before = {
        f"previous_{name}": read(name, _BEFORE) for name in ("loan_snapshot", "borrower_snapshot")
    }
    return Delivered(
        table="loan_snapshot",
        files=(folder / f"{AS_OF}_loan_snapshot.parquet",),
        as_of=AS_OF,
        base_currency="CNY",
        context={**reference_context(reference_tables.load()), **around, **before},
        memory_limit=MEMORY,
        scratch=folder,
    )


def _floats(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.drop("problems").with_columns(pl.col(pl.Decimal).cast(pl.Float64))


def _apart(engine: str, folder: Path) -> dict[str, Any]:
    """Measure in a process of its own, so that its peak is its own."""
    done = subprocess.run(  # noqa: S603 - this module
        [sys.executable, "-m", "benchmarks.suites", "--one", engine, "--folder", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "POLARS_MAX_THREADS": str(THREADS), "OMP_NUM_THREADS": str(THREADS)},
    )
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def _agree(ours: dict[str, int], theirs: dict[str, int]) -> None:
    apart = {rule: (ours.get(rule), count) for rule, count in theirs.items() if ours[rule] != count}
    if apart:
        sys.exit(f"The engines disagree, so no ratio is worth anything: {apart}")


if __name__ == "__main__":
    main()
