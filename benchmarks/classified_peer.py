"""From delivered tables to a few figures: what classifying costs, beside DuckDB doing it for these alone.

The product classifies every loan by all that measures ask for and keeps it narrow. DuckDB joins and judges
what eight measures need, and sums them: much less, and written by hand for these eight.
"""

import tempfile
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.book import Book
from benchmarks.peer_files import NARROW, RAW, connected, narrowed
from transforms import cube
from transforms.catalogue.model import Catalogue
from transforms.catalogue.vocabulary import TOTAL
from transforms.cube import BRANCH_MEASURE
from transforms.engines import PolarsEngine, neutral
from transforms.reference import tables as reference_tables
from transforms.schema import WIDE

MEASURES: Final = (
    "loan_balance",
    "corporate_balance",
    "npl_balance",
    "inclusive_balance",
    "inclusive_npl_balance",
    "sei_balance_strict",
    "sei_balance_confirmed",
    "sei_balance_broad",
)
"""What both are asked for, and compared by."""
_PEER: Final = """
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
    FROM read_parquet('{loans}') l
    LEFT JOIN read_parquet('{borrowers}') b USING (borrower_id)
    LEFT JOIN read_parquet('{rates}') f USING (currency_code)
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


def few(folder: Path, catalogue: Catalogue) -> pl.DataFrame:
    """The product's: classified, kept narrow, and the few measures taken from that."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        path = Path(scratch) / NARROW
        narrowed(folder, catalogue, path)
        engine = PolarsEngine()
        loans = neutral(pl.scan_parquet(path))
        whole = {TOTAL: cube.aggregate(loans, catalogue, engine)[TOTAL]}
        rows = cube.branch_measures(engine.collected(whole, as_coded=True), catalogue)
    asked = pl.col("measure").is_in(MEASURES) & (pl.col("amount") != 0)
    return rows.filter(pl.col("slice") == TOTAL, asked)


def few_in_duckdb(folder: Path, catalogue: Catalogue) -> pl.DataFrame:
    """DuckDB over the same tables: one query with joins and filtered sums, for eight of the measures."""
    book = Book(folder / RAW, catalogue)
    query = _PEER.format(
        loans=book.path("loan_snapshot"),
        borrowers=book.path("borrower_snapshot"),
        rates=book.path("fx_rate"),
    )
    with connected() as connection:
        connection.register("sei", reference_tables.load().sei_classes())
        wide = connection.sql(query).pl()
    rows = wide.with_columns(pl.col(MEASURES).cast(WIDE)).unpivot(
        MEASURES, index="branch_id", variable_name="measure", value_name="amount"
    )
    told = rows.with_columns(slice=pl.lit(TOTAL), member=pl.lit(TOTAL)).select(*BRANCH_MEASURE)
    return told.filter(pl.col("amount") != 0)
