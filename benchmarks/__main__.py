"""What the speed claims rest on: `python -m benchmarks --rows 1e6 --json out.json`.

A month of the demo bank is drawn, written as Parquet, and computed three ways in turn, several times
over: by the product's own one pass, by DuckDB with hand-written filtered sums, and as a bare scan of the
columns needed (the floor). The peers must return the same figures. Ratios are of medians in one run.
"""

import argparse
import json
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl

from transforms import cube
from transforms.catalogue.load import load as load_catalogue
from transforms.classify import LoanTables, Rules, classify
from transforms.reference import tables as reference_tables
from transforms.sample.bank import BankSpec, demo_bank

AS_OF = date(2026, 10, 31)
ROUNDS = 5

MEASURES = (
    "loan_balance",
    "corporate_balance",
    "npl_balance",
    "inclusive_balance",
    "inclusive_npl_balance",
    "sei_balance_strict",
    "sei_balance_confirmed",
    "sei_balance_broad",
)

PEER = """
WITH classified AS (
    SELECT
        l.booking_branch_id AS branch_id,
        CASE WHEN l.currency_code = 'CNY' THEN l.outstanding_principal
             ELSE round(l.outstanding_principal::DECIMAL(28, 2) * f.rate, 2) END::DECIMAL(38, 2) AS balance,
        l.on_balance_sheet AND NOT l.entrusted_flag AND l.movement = 'none'
            AND l.loan_status NOT IN ('written_off', 'transferred', 'settled')
            AND l.product_type <> 'rediscounted_bill'
            AND l.outstanding_principal > 0 AS is_loan,
        coalesce(b.borrower_type, 'enterprise') IN ('enterprise', 'public') AS corporate,
        l.loan_classification IN ('FQ03', 'FQ04', 'FQ05') AS npl,
        l.product_type <> 'discounted_bill' AND b.total_credit_limit_cny <= 10000000
            AND ((b.borrower_type = 'enterprise' AND b.enterprise_size IN ('CS03', 'CS04'))
                 OR b.borrower_type IN ('individual_business', 'business_owner')) AS inclusive,
        s.sei_whole AS whole,
        s.code IS NOT NULL AS listed,
        list_contains(s.sei_fields, l.sei_tag) AS tagged
    FROM read_parquet('{folder}/loan_snapshot.parquet') l
    LEFT JOIN read_parquet('{folder}/borrower_snapshot.parquet') b USING (borrower_id)
    LEFT JOIN read_parquet('{folder}/fx_rate.parquet') f USING (currency_code)
    LEFT JOIN sei s
        ON s.code = left(regexp_replace(l.purpose_industry_code, '^[A-Za-z]', ''), 4)
)
SELECT
    branch_id,
    sum(balance) FILTER (is_loan) AS loan_balance,
    sum(balance) FILTER (is_loan AND corporate) AS corporate_balance,
    sum(balance) FILTER (is_loan AND npl) AS npl_balance,
    sum(balance) FILTER (is_loan AND inclusive) AS inclusive_balance,
    sum(balance) FILTER (is_loan AND inclusive AND npl) AS inclusive_npl_balance,
    sum(balance) FILTER (is_loan AND corporate AND whole) AS sei_balance_strict,
    sum(balance) FILTER (is_loan AND corporate AND (whole OR tagged)) AS sei_balance_confirmed,
    sum(balance) FILTER (is_loan AND corporate AND listed) AS sei_balance_broad
FROM classified
GROUP BY branch_id
"""

Figures = dict[tuple[str, str], Decimal]


def main() -> None:
    """Run the benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", default="2e5", help="loans a month, several separated by commas")
    parser.add_argument("--json", type=Path, help="also write the results to this file")
    given = parser.parse_args()
    results = [measured(int(float(rows))) for rows in given.rows.split(",")]
    print(f"{'rows':>12} {'cube s':>8} {'/ DuckDB':>9} {'/ scan':>7} {'peak MB':>8}")
    for one in results:
        print(
            f"{one['rows']:>12,} {one['cube_seconds']:>8} {one['cube_vs_duckdb']:>9} "
            f"{one['cube_vs_scan']:>7} {one['peak_mb']:>8}"
        )
    if given.json:
        given.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


def measured(rows: int) -> dict[str, float]:
    """One size: the three ways in turn, interleaved, and their medians as ratios."""
    with tempfile.TemporaryDirectory(prefix="branchmark-bench-") as name:
        folder = Path(name)
        bank = demo_bank(BankSpec(months=1, loans=rows, seed=7, last=AS_OF))
        for table, frame in bank.month(AS_OF).items():
            frame.write_parquet(folder / f"{table}.parquet")
        del bank
        ways: dict[str, Callable[[], Figures]] = {
            "cube": lambda: own(folder),
            "duckdb": lambda: peer(folder),
            "scan": lambda: floor(folder),
        }
        told = {way: run() for way, run in ways.items()}
        if told["cube"] != told["duckdb"]:
            sys.exit("The peers disagree: no ratio is worth anything.")
        seconds: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, run in ways.items():
                start = time.perf_counter()
                run()
                seconds[way].append(time.perf_counter() - start)
    median = {way: statistics.median(taken) for way, taken in seconds.items()}
    return {
        "rows": rows,
        "cube_seconds": round(median["cube"], 3),
        "cube_vs_duckdb": round(median["cube"] / median["duckdb"], 2),
        "cube_vs_scan": round(median["cube"] / median["scan"], 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def own(folder: Path) -> Figures:
    """The product's way: classify, one cube, measures from the cube (all of the catalogue's)."""
    reference = reference_tables.load()
    catalogue = load_catalogue(reference.tables["thresholds"]["name"].unique())

    def table(name: str) -> pl.LazyFrame:
        return pl.scan_parquet(folder / f"{name}.parquet")

    loans = classify(
        LoanTables(
            loans=table("loan_snapshot"),
            borrowers=table("borrower_snapshot"),
            tech_lists=table("tech_enterprise_list"),
            relations=table("supply_chain_relation"),
            rates=table("fx_rate"),
        ),
        Rules(catalogue, reference, AS_OF, "CNY"),
    )
    cells = cube.aggregate(loans, catalogue).to_native().collect(engine="streaming")
    whole = cube.branch_measures(cells, catalogue).filter(
        pl.col("slice") == "total", pl.col("measure").is_in(MEASURES)
    )
    return {(row[0], row[3]): row[4] for row in whole.iter_rows() if row[4]}


def peer(folder: Path) -> Figures:
    """DuckDB over the same files, one query with filtered sums, for eight of the measures."""
    sei = reference_tables.load().sei_classes()  # noqa: F841 - DuckDB finds it by name
    with duckdb.connect() as connection:
        answer = connection.sql(PEER.format(folder=folder)).pl()
    long = answer.unpivot(list(MEASURES), index="branch_id")
    return {(row[0], row[1]): Decimal(row[2]) for row in long.iter_rows() if row[2]}


def floor(folder: Path) -> Figures:
    """Reading the columns that the figures need, and nothing more."""
    columns = (
        "outstanding_principal",
        "booking_branch_id",
        "borrower_id",
        "loan_classification",
        "purpose_industry_code",
        "sei_tag",
        "product_type",
        "loan_status",
        "currency_code",
    )
    lazy = pl.scan_parquet(folder / "loan_snapshot.parquet").select(pl.col(columns).null_count())
    lazy.collect(engine="streaming")
    return {}


if __name__ == "__main__":
    main()
