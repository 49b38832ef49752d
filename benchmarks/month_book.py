"""A workspace with a book of any size in its lake, without intake: what a whole month is measured on.

The rows are stored by the product's own `Deliveries.store`, so that files, order and statistics are those of
a real lake; nothing is judged, since the demo bank's rows are in order. The month, the one before and the
year end are there whole, and of the other months what is read back to.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.book import AS_OF, Book, tables_of
from records.deliveries import (
    ACCOUNT,
    LOAD_BATCH,
    REJECTED,
    Deliveries,
    TableDelivery,
    amount_column,
)
from records.published import Publication, Published
from records.workspace import create
from transforms import facts, measures
from transforms.catalogue.vocabulary import TOTAL
from transforms.periods import month_ends
from transforms.reference.tables import Taxonomy
from transforms.sample.bank import UNDELIVERED
from transforms.schema import (
    BORROWER_SNAPSHOT,
    FIRST_LOAN_EVENT,
    LOAN_EVENT,
    LOAN_SNAPSHOT,
    TABLES,
    Delivery,
)
from transforms.trade import HISTORY_MONTHS

_STAMPS: Final = ("as_of_date", "snapshot_version", "batch_id")
_UNREAD: Final = ("facility", "guarantee")
"""Tables that rules look at, and no figure."""


@dataclass(frozen=True)
class Extent:
    """How much of a bank is laid into the lake.

    Attributes:
        suites: whether the suites can run as well: they read the typed rows of a delivery, which are
            kept beside the lake.
        light: of a very large book only what figures read, and what is carried on only once, so that
            the disk takes it.
    """

    suites: bool = False
    light: bool = False


def lay(root: Path, book: Book, told: Callable[[str], None], extent: Extent = Extent()) -> None:
    """Make a workspace and store the book in its lake.

    Args:
        root: a new folder.
        book: the book.
        told: hears which month is laid.
        extent: how much of it.
    """
    workspace = create(root, name="Benchmark", base_currency="CNY")
    deliveries = Deliveries(workspace.lake)
    for day in month_ends(AS_OF, HISTORY_MONTHS):
        told(f"laying {day}")
        batch = f"{day:%Y%m}"
        evidence = deliveries.evidence(batch) if extent.suites and day == AS_OF else None
        tables = [
            _delivery(book, name, day, evidence)
            for name in tables_of(day)
            if not extent.light or _in_light(name, day)
        ]
        deliveries.store(day, 1, batch, tables)
    told("publishing the months that it is compared with")
    _publish_bases(Published(workspace.lake), book)


def _publish_bases(published: Published, book: Book) -> None:
    """Measures of the months that the month's facts are compared with: those of the drawn book."""
    measured = measures.take(replace(book, copies=1, twins=1).material()).additive
    whole = measured.filter(pl.col("slice") == TOTAL)
    for day in facts.base_dates(book.catalogue, AS_OF):
        run, at = f"{day:%Y%m}", datetime(day.year, day.month, day.day, tzinfo=UTC)
        published.write("branch_measure", whole, day, 1, run)
        published.publish(Publication(day, 1, run, "catalogue", "reference", run, at))


def _in_light(name: str, day: date) -> bool:
    """Whether a very large bank delivers the table for that month."""
    if name in _UNREAD:
        return False
    if name in {LOAN_EVENT.name, FIRST_LOAN_EVENT.name}:
        return day == AS_OF
    carried = TABLES[name].delivery is Delivery.CARRIED
    return not carried or day == AS_OF or name == BORROWER_SNAPSHOT.name


def _delivery(book: Book, name: str, day: date, evidence: Path | None) -> TableDelivery:
    rows = book.rows(name, day)
    file = f"{name}.0.parquet"
    if evidence is not None:
        evidence.mkdir(parents=True, exist_ok=True)
        typed = rows.with_columns(problems=pl.lit([], dtype=pl.List(pl.String)))
        typed.sink_parquet(evidence / file, compression="lz4")
    account = _account(rows, name)
    return TableDelivery(
        table=name,
        batch=_batch(name, day, file, account),
        accepted=rows.select(*TABLES[name].column_names, "source_row_no"),
        rejected=pl.LazyFrame(schema=REJECTED).drop(_STAMPS),
        account=account,
    )


def _account(rows: pl.LazyFrame, name: str) -> pl.DataFrame:
    """Everything delivered was accepted; told for the whole bank, which is what the gate looks at."""
    amount = amount_column(name)
    money = pl.col(amount).sum() if amount else pl.lit(None)
    counted = rows.select(delivered_rows=pl.len(), delivered_amount=money.cast(pl.Decimal(38, 2)))
    whole = counted.collect(engine="streaming").with_columns(
        pl.col("delivered_rows").alias("accepted_rows"),
        pl.col("delivered_amount").alias("accepted_amount"),
        pl.col("delivered_amount").alias("delivered_in_base"),
        pl.col("delivered_amount").alias("accepted_in_base"),
        table=pl.lit(name),
        rejected_rows=pl.lit(0),
        rows_without_amount=pl.lit(0),
    )
    return whole.select(
        (pl.col(column) if column in whole.columns else pl.lit(None)).cast(dtype).alias(column)
        for column, dtype in ACCOUNT.items()
        if column not in _STAMPS
    )


def _batch(name: str, day: date, file: str, account: pl.DataFrame) -> Mapping[str, object]:
    row = account.row(0, named=True)
    told: dict[str, object] = {
        **dict.fromkeys(column for column in LOAD_BATCH if column not in (*_STAMPS, "table")),
        "mapping": "canonical",
        "source_file": f"{name}.parquet",
        "source_rows": row["delivered_rows"],
        "outside_rows": 0,
        "delivered_rows": row["delivered_rows"],
        "accepted_rows": row["accepted_rows"],
        "rejected_rows": 0,
        "delivered_amount": row["delivered_amount"],
        "accepted_amount": row["accepted_amount"],
        "delivered_gross": row["delivered_amount"],
        "rows_without_amount": 0,
        "rows_without_rate": 0,
        "columns": [
            column
            for column in TABLES[name].column_names
            if column not in UNDELIVERED.get(name, ())
        ],
        "assumed": list[str](),
        "taxonomy": Taxonomy.GBT4754.value,
        "content_hash": hashlib.sha256(f"{day}{name}{row}".encode()).hexdigest(),
        "delivered_file": file,
        "received_at": datetime(day.year, day.month, day.day, tzinfo=UTC),
    }
    if name == LOAN_SNAPSHOT.name:
        return {**told, "rejected_amount": 0, "rejected_gross": 0}
    return told
