"""The ways that are timed: the product's cube and month, the same figures in DuckDB, the bare scan."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

import duckdb
import polars as pl

from benchmarks.book import AS_OF, Book
from transforms import cube, facts, measures
from transforms.catalogue.vocabulary import TOTAL
from transforms.facts import Month
from transforms.reference import tables as reference_tables

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
"""What the peers are asked for, and compared by."""

Figures = dict[tuple[str, str], Decimal]

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

_COLUMNS: Final = (
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


def _compared(rows: pl.DataFrame) -> Figures:
    whole = rows.filter(pl.col("slice") == TOTAL, pl.col("measure").is_in(MEASURES))
    told = whole.select("branch_id", "measure", "amount").iter_rows()
    return {(branch, measure): amount for branch, measure, amount in told if amount}


def own_cube(book: Book) -> Figures:
    """The product's cube alone: classify, every summed measure of loans, whole and by every slice."""
    material, catalogue = book.material(), book.catalogue
    events = measures.judged_events(material.first_loans, material.tables, material.rules)
    loans = measures.classified(material, events)
    cells = cube.aggregate(loans, catalogue)
    taken = pl.collect_all([one.to_native() for one in cells.values()], engine="streaming")
    return _compared(cube.branch_measures(dict(zip(cells, taken, strict=True)), catalogue))


def own_month(book: Book) -> Figures:
    """All metrics at all nodes: every kind of row, distinct clients, the largest, the facts."""
    material, catalogue = book.material(), book.catalogue
    taken = measures.take(material)
    reference = material.rules.reference
    facts.compute(
        Month(
            as_of=AS_OF,
            measures=taken.additive,
            node_measures=taken.by_node,
            earlier={},
            tree=material.tree,
            unavailable=material.unavailable(),
            unavailable_slices={},
            tolerance_rules={
                name: reference.rules_named(name, AS_OF)
                for name in facts.tolerance_names(catalogue)
            },
        ),
        catalogue,
    )
    return _compared(taken.additive)


def peer(book: Book) -> Figures:
    """DuckDB over the same files, one query with filtered sums, for eight of the measures."""
    sei = reference_tables.load().sei_classes()  # noqa: F841 - DuckDB finds it by name
    query = _PEER.format(
        loans=book.path("loan_snapshot"),
        borrowers=book.path("borrower_snapshot"),
        rates=book.path("fx_rate"),
    )
    with duckdb.connect() as connection:
        answer = connection.sql(query).pl()
    long = answer.unpivot(list(MEASURES), index="branch_id")
    return {(row[0], row[1]): Decimal(row[2]) for row in long.iter_rows() if row[2]}


def floor(book: Book) -> Figures:
    """Reading the columns that the peers' figures need, and nothing more."""
    lazy = pl.scan_parquet(book.path("loan_snapshot")).select(pl.col(_COLUMNS).null_count())
    lazy.collect(engine="streaming")
    return {}


WAYS: Final[Mapping[str, Callable[[Book], Figures]]] = {
    "cube": own_cube,
    "month": own_month,
    "duckdb": peer,
    "scan": floor,
}
