"""The same figures in DuckDB, as somebody would write them who knows it well.

Filtered sums: `sum(balance) FILTER (is_npl)` for every measure, grouped by branch, and by branch and member
for every slice. That can be put as a statement for each cut, or as one statement with grouping sets, over
flags as bits or as yes/no columns; all four are tried, and the fastest is what the product is held against.
The cube: grouped once by branch, flags and member, and the filtered sums taken from that, which is
what the product does. Every statement is made of the same catalogue, so no measure can be left out.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from benchmarks.book import AS_OF, Book
from benchmarks.peer_files import EVENTS, NARROW, PLAIN, RAW, TREE, connected, members
from transforms import narrow
from transforms.catalogue.model import Aggregation, Catalogue, Entity, Measure
from transforms.catalogue.vocabulary import TOTAL
from transforms.clients import NODE_MEASURE
from transforms.cube import APART, BRANCH_MEASURE, measures_cut_by
from transforms.schema import WIDE

Flag = Callable[[str], str]
"""The condition that a flag is, in SQL."""


def whole_and_cut(catalogue: Catalogue) -> dict[str, tuple[Measure, ...]]:
    """The summed measures of loans: whole, and by every slice that metrics ask for."""
    cuts = {name: measures_cut_by(catalogue, name, Aggregation.SUM) for name in members()}
    asked = {name: measures for name, measures in cuts.items() if measures}
    return {TOTAL: catalogue.sums_of(Entity.LOAN), **asked}


def as_bits(catalogue: Catalogue) -> Flag:
    """Flags as bits of whole numbers."""
    bits = narrow.bits(catalogue)
    return lambda flag: f"({bits[flag].column} & {bits[flag].mask}) <> 0"


def as_columns(catalogue: Catalogue) -> Flag:
    """Flags as yes/no columns."""
    _ = catalogue
    return lambda flag: flag


def _filtered(measures: Sequence[Measure], flag: Flag) -> str:
    return ", ".join(f"sum({m.over}) FILTER ({flag(m.where)}) AS {m.name}" for m in measures)


def statements(folder: Path, catalogue: Catalogue, *, file: str, flag: Flag) -> pl.DataFrame:
    """Filtered sums, a statement for each cut."""
    source = f"read_parquet('{folder / file}')"
    tables = []
    with connected() as connection:
        for slice_, measures in whole_and_cut(catalogue).items():
            member = "" if slice_ == TOTAL else f"{slice_} AS member, "
            query = (
                f"SELECT branch_id, {member}{_filtered(measures, flag)} FROM {source} GROUP BY ALL"  # noqa: S608
            )
            tables.append(_long(connection.sql(query).pl(), measures, slice_))
    return _all(tables, BRANCH_MEASURE)


def grouping_sets(folder: Path, catalogue: Catalogue, *, file: str, flag: Flag) -> pl.DataFrame:
    """Filtered sums, one statement for all cuts."""
    cuts = whole_and_cut(catalogue)
    slices = [name for name in cuts if name != TOTAL]
    every = {measure.name: measure for measures in cuts.values() for measure in measures}
    sets = ", ".join(["(branch_id)", *(f"(branch_id, {name})" for name in slices)])
    query = f"""
        SELECT branch_id, {", ".join(slices)}, {_filtered(list(every.values()), flag)}
        FROM read_parquet('{folder / file}') GROUP BY GROUPING SETS ({sets})
    """  # noqa: S608
    with connected() as connection:
        wide = connection.sql(query).pl()
    whole = pl.all_horizontal(pl.col(name).is_null() for name in slices)
    tables = [_long(wide.filter(whole), cuts[TOTAL], TOTAL)]
    tables += [
        _long(
            wide.filter(pl.col(name).is_not_null()).with_columns(member=pl.col(name)),
            cuts[name],
            name,
        )
        for name in slices
    ]
    return _all(tables, BRANCH_MEASURE)


def cube(folder: Path, catalogue: Catalogue, *, file: str) -> pl.DataFrame:
    """The one-pass cube: grouped by branch, flags and members, and filtered sums of what is left.

    The same two tables of cells as the product makes: one with all slices of few members, and one of
    industries.
    """
    flag = as_bits(catalogue)
    cuts = whole_and_cut(catalogue)
    apart = [name for family in APART.values() for name in family if name in cuts]
    tables = []
    with connected() as connection:
        for own in ([name for name in cuts if name not in apart], apart):
            asked = {m for name in own for m in cuts[name]}
            masks = narrow.masks(catalogue, {m.where for m in asked})
            members_of = ", ".join(name for name in own if name != TOTAL)
            keys = ", ".join(f"{column} & {mask} AS {column}" for column, mask in masks.items())
            sums = ", ".join(f"sum({name}) AS {name}" for name in sorted({m.over for m in asked}))
            some = " OR ".join(f"({column} & {mask}) <> 0" for column, mask in masks.items())
            kept = "" if TOTAL in own else f"WHERE {some}"
            connection.execute(
                f"CREATE OR REPLACE TEMP TABLE cells AS SELECT branch_id, {members_of}, {keys}, "  # noqa: S608
                f"{sums} FROM read_parquet('{folder / file}') {kept} GROUP BY ALL"
            )
            for name in own:
                by = "" if name == TOTAL else f"{name} AS member, "
                query = (
                    f"SELECT branch_id, {by}{_filtered(cuts[name], flag)} FROM cells GROUP BY ALL"  # noqa: S608
                )
                tables.append(_long(connection.sql(query).pl(), cuts[name], name))
    return _all(tables, BRANCH_MEASURE)


def clients(folder: Path, catalogue: Catalogue, *, file: str, flag: Flag) -> pl.DataFrame:
    """Distinct clients and the largest few at every node, by `count(DISTINCT ...) FILTER`."""
    source = (
        f"read_parquet('{folder / file}') JOIN read_parquet('{folder / TREE}') USING (branch_id)"
    )
    distinct = catalogue.measures_by(Aggregation.COUNT_DISTINCT)
    cuts = {TOTAL: tuple(m for m in distinct if catalogue.entity_of(m) is Entity.LOAN)}
    cuts |= {
        name: measures_cut_by(catalogue, name, Aggregation.COUNT_DISTINCT) for name in members()
    }
    tables = []
    with connected() as connection:
        for slice_, measures in cuts.items():
            if measures:
                by = "" if slice_ == TOTAL else f"{slice_} AS member, "
                counts = ", ".join(
                    f"count(DISTINCT borrower_id) FILTER ({flag(m.where)}) AS {m.name}"
                    for m in measures
                )
                query = f"SELECT node_id, {by}{counts} FROM {source} GROUP BY ALL"  # noqa: S608
                tables.append(_long(connection.sql(query).pl(), measures, slice_))
        tables += [
            _largest(connection, source, measure, flag)
            for measure in catalogue.measures_by(Aggregation.LARGEST)
            if measure.by in {"borrower_id", "group_id"}
        ]
    return _all(tables, NODE_MEASURE)


def _largest(
    connection: duckdb.DuckDBPyConnection, source: str, measure: Measure, flag: Flag
) -> pl.DataFrame:
    key = "borrower_id" if measure.by == "borrower_id" else "coalesce(group_id, borrower_id)"
    query = f"""
        WITH held AS (
            SELECT node_id, {key} AS key, sum({measure.over}) AS amount
            FROM {source} WHERE {flag(measure.where)} GROUP BY ALL
        ), placed AS (
            SELECT node_id, amount FROM held
            QUALIFY row_number() OVER (PARTITION BY node_id ORDER BY amount DESC) <= {measure.largest}
        )
        SELECT node_id, sum(amount) AS {measure.name} FROM placed GROUP BY ALL
    """  # noqa: S608
    return _long(connection.sql(query).pl(), (measure,), TOTAL)


def first_time(
    folder: Path, catalogue: Catalogue, parameters: Mapping[str, object]
) -> pl.DataFrame:
    """First-time clients of the month and the year, from the events."""
    lists = Book(folder / RAW, catalogue).path("tech_enterprise_list")
    query = f"""
        WITH events AS (
            SELECT *, last_day(event_date) = reported AS in_month,
                coalesce(revoked_on <= DATE '{AS_OF}', FALSE) AS revoked
            FROM read_parquet('{folder / EVENTS}')
            WHERE borrower_type = 'enterprise' AND issue_type = 'new'
        ), first_time AS (
            SELECT * FROM events
            WHERE event_date - registry_checked_on BETWEEN 0 AND {parameters["first_loan_query_days"]}
                AND in_month AND NOT revoked
            QUALIFY row_number() OVER (
                PARTITION BY borrower_id ORDER BY event_date, loan_id, reported) = 1
        ), new_to_bank AS (
            SELECT * FROM events WHERE in_month AND NOT revoked
            QUALIFY row_number() OVER (
                PARTITION BY borrower_id ORDER BY event_date, loan_id, reported) = 1
        ), counted AS (
            SELECT *, 'first_time' AS what FROM first_time
            UNION ALL SELECT *, 'new_to_bank' AS what FROM new_to_bank
            UNION ALL SELECT *, 'first_time_tech' AS what FROM first_time
            WHERE EXISTS (FROM read_parquet('{lists}') l
                WHERE l.borrower_id = first_time.borrower_id AND l.valid_from <= event_date
                    AND (l.valid_to IS NULL OR l.valid_to >= event_date))
        )
        SELECT branch_id, what || '_clients_month' AS measure,
            count(*) FILTER (reported = DATE '{AS_OF}') AS amount FROM counted GROUP BY ALL
        UNION ALL SELECT branch_id, what || '_clients_year', count(*) FROM counted GROUP BY ALL
    """  # noqa: S608
    with connected() as connection:
        rows = connection.sql(query).pl()
    told = rows.select(
        "branch_id",
        slice=pl.lit(TOTAL),
        member=pl.lit(TOTAL),
        measure="measure",
        amount=pl.col("amount").cast(WIDE),
    )
    return told.filter(pl.col("amount") != 0)


def _long(wide: pl.DataFrame, measures: Sequence[Measure], slice_: str) -> pl.DataFrame:
    place = "node_id" if "node_id" in wide.columns else "branch_id"
    names = [m.name for m in measures]
    cut = slice_ != TOTAL
    return (
        wide.with_columns(pl.col(names).cast(WIDE))
        .unpivot(
            names,
            index=[place, "member"] if cut else [place],
            variable_name="measure",
            value_name="amount",
        )
        .filter(pl.col("amount") != 0)
        .select(
            place,
            slice=pl.lit(slice_),
            member=pl.col("member") if cut else pl.lit(TOTAL),
            measure="measure",
            amount="amount",
        )
    )


def _all(tables: Sequence[pl.DataFrame], columns: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.concat(tables).select(*columns)


FILTERED: Final[
    Mapping[str, tuple[Callable[..., pl.DataFrame], str, Callable[[Catalogue], Flag]]]
] = {
    "statements over bits": (statements, NARROW, as_bits),
    "statements over columns": (statements, PLAIN, as_columns),
    "grouping sets over bits": (grouping_sets, NARROW, as_bits),
    "grouping sets over columns": (grouping_sets, PLAIN, as_columns),
}
"""Ways to put filtered sums."""
CUBES: Final[Mapping[str, str]] = {
    "cube over the same file": NARROW,
    "cube over short amounts": PLAIN,
}
"""Files that the cube can be taken from."""
COUNTED: Final[Mapping[str, tuple[str, Callable[[Catalogue], Flag]]]] = {
    "clients over bits": (NARROW, as_bits),
    "clients over columns": (PLAIN, as_columns),
}
"""Ways to put distinct clients."""
