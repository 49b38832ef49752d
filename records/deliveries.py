"""What was delivered: canonical rows by month and version, rejected rows, and where each came from.

A delivery becomes visible with its rows in `load_batch`, written last: an intake killed midway leaves
nothing behind that a reader could see. Figures made from deliveries belong in `records.published`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from records import layout
from records.access import Scope
from records.delta import append, columns_schema, files, scan, whole
from transforms import schema
from transforms.errors import NoSuchMonthError
from transforms.schema import COUNT, DAY, MONEY, TABLES, TEXT, Delivery

_TEXTS: Final = pl.List(pl.String)

LOAD_BATCH: Final[Mapping[str, pl.DataType]] = {
    "as_of_date": DAY,
    "snapshot_version": COUNT,
    "batch_id": TEXT,
    "table": TEXT,
    "mapping": TEXT,
    "source_file": TEXT,
    "source_sha256": TEXT,
    "encoding": TEXT,
    "delimiter": TEXT,
    "source_rows": pl.Int64(),
    "outside_rows": pl.Int64(),
    "delivered_rows": pl.Int64(),
    "accepted_rows": pl.Int64(),
    "rejected_rows": pl.Int64(),
    "delivered_amount": pl.Decimal(38, 2),
    "accepted_amount": pl.Decimal(38, 2),
    "rejected_amount": pl.Decimal(38, 2),
    "rows_without_amount": pl.Int64(),
    "rows_without_rate": pl.Int64(),
    "delivered_gross": pl.Decimal(38, 2),
    "rejected_gross": pl.Decimal(38, 2),
    "read_as": TEXT,
    "columns": _TEXTS,
    "assumed": _TEXTS,
    "taxonomy": TEXT,
    "content_hash": TEXT,
    "delivered_file": TEXT,
    "received_at": pl.Datetime("us", "UTC"),
    "reason": TEXT,
}
"""One row per delivered table: evidence for every row and every figure. Amounts in base currency."""

ACCOUNT: Final[Mapping[str, pl.DataType]] = {
    "as_of_date": DAY,
    "snapshot_version": COUNT,
    "batch_id": TEXT,
    "table": TEXT,
    "branch_id": TEXT,
    "currency_code": TEXT,
    "delivered_rows": pl.Int64(),
    "accepted_rows": pl.Int64(),
    "rejected_rows": pl.Int64(),
    "rows_without_amount": pl.Int64(),
    "delivered_amount": pl.Decimal(38, 2),
    "accepted_amount": pl.Decimal(38, 2),
    "rejected_amount": pl.Decimal(38, 2),
    "delivered_in_base": pl.Decimal(38, 2),
    "accepted_in_base": pl.Decimal(38, 2),
    "rejected_in_base": pl.Decimal(38, 2),
}
"""Accepted + rejected = delivered, by table, branch and currency; in base currency where there is a rate."""

REJECTED: Final[Mapping[str, pl.DataType]] = {
    "as_of_date": DAY,
    "snapshot_version": COUNT,
    "batch_id": TEXT,
    "table": TEXT,
    "source_file": TEXT,
    "source_row_no": pl.Int64(),
    "row_in_file": pl.Int64(),
    "branch_id": TEXT,
    "currency_code": TEXT,
    "amount": MONEY,
    "rule_ids": _TEXTS,
    "reasons_en": _TEXTS,
    "reasons_zh": _TEXTS,
    "remedies_en": _TEXTS,
    "remedies_zh": _TEXTS,
    "problems": _TEXTS,
    "as_delivered": TEXT,
}
"""Rejected rows as delivered (JSON of the source row), with the rules they break as worded that day.

`source_row_no` counts on from file to file, `row_in_file` begins anew; both from 1, without headers.
"""

_AMOUNT_COLUMN: Final = {
    schema.LOAN_SNAPSHOT.name: "outstanding_principal",
    schema.GL_CONTROL_TOTAL.name: "balance",
}
_BRANCH_COLUMN: Final = {
    schema.LOAN_SNAPSHOT.name: "booking_branch_id",
    schema.FIRST_LOAN_EVENT.name: "branch_id",
    schema.GL_CONTROL_TOTAL.name: "branch_id",
    schema.RECONCILIATION_ITEM.name: "branch_id",
    schema.LOAN_EVENT.name: "branch_id",
    schema.WRITE_OFF_RECOVERY.name: "branch_id",
}


def amount_column(table: str) -> str | None:
    """The column whose sum must be accounted for, row by row, in a delivery of that table."""
    return _AMOUNT_COLUMN.get(table)


def currency_column(table: str) -> str | None:
    """The column that says in which currency `amount_column` is, if the table has one."""
    return "currency_code" if table in _AMOUNT_COLUMN else None


def branch_column(table: str) -> str | None:
    """The column that says which branch a row of that table belongs to, if any does."""
    return _BRANCH_COLUMN.get(table)


@dataclass(frozen=True, eq=False)
class TableDelivery:
    """One table of a delivery, judged: what was taken, what was not, and the account of it.

    Attributes:
        batch: values of `LOAD_BATCH` other than date, version and batch id.
        accepted: canonical columns and `source_row_no`.
        rejected: columns of `REJECTED` other than date, version and batch id.
        account: columns of `ACCOUNT` other than date, version and batch id.
    """

    table: str
    batch: Mapping[str, object]
    accepted: pl.LazyFrame
    rejected: pl.LazyFrame | pl.DataFrame
    account: pl.DataFrame


@dataclass(frozen=True)
class Batch:
    """One delivered table, as `load_batch` holds it."""

    as_of_date: date
    snapshot_version: int
    batch_id: str
    table: str
    columns: frozenset[str]
    taxonomy: str
    content_hash: str
    source_file: str
    delivered_file: str
    delivered_rows: int
    accepted_rows: int
    rejected_rows: int
    delivered_amount: Decimal | None
    accepted_amount: Decimal | None
    rejected_amount: Decimal | None
    rows_without_amount: int | None
    rows_without_rate: int | None
    delivered_gross: Decimal | None
    rejected_gross: Decimal | None
    received_at: datetime
    reason: str | None


@dataclass(frozen=True, eq=False)
class Stored:
    """Where the rows of one delivered table lie.

    Attributes:
        files: Parquet files; they may hold other deliveries of the month beside it.
        batch_id: which of their rows are its own, by the column of that name.
        columns: the columns of `Deliveries.rows`.
    """

    files: tuple[str, ...]
    batch_id: str
    columns: Mapping[str, pl.DataType]


class _Known(NamedTuple):
    """What was chosen so far among these deliveries."""

    batches: pl.DataFrame | None
    chosen: dict[tuple[date, int | None], dict[str, Batch]]


class Deliveries:
    """The delivered tables of a workspace's lake."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known = _Known(None, {})

    def evidence(self, batch_id: str) -> Path:
        """Folder for the typed rows of a delivery, accepted or not, as the suites read them."""
        return self._root / "delivered" / batch_id

    def batches(self) -> pl.DataFrame:
        """Every delivered table, oldest delivery first; read again only when one was added."""
        order = ("received_at", "as_of_date", "snapshot_version", "table")
        return whole(self._root / "load_batch", LOAD_BATCH, order=order)

    def months(self) -> tuple[date, ...]:
        """Month ends with a loan book, oldest first."""
        loans = self.batches().filter(pl.col("table") == schema.LOAN_SNAPSHOT.name)
        return tuple(loans["as_of_date"].unique().sort())

    def latest_version(self, as_of: date) -> int:
        """The newest version of a month, 0 if nothing was delivered for it."""
        versions = self.batches().filter(pl.col("as_of_date") == as_of)["snapshot_version"]
        return max(versions, default=0)

    def next_version(self, as_of: date, tables: frozenset[str]) -> int:
        """The version a delivery of those tables gets.

        The tables of a month may come in several deliveries; they are one version until a table
        comes a second time, which is a restatement.
        """
        held = self.batches().filter(pl.col("as_of_date") == as_of)
        again = held.filter(pl.col("table").is_in(sorted(tables)))
        newest = max(held["snapshot_version"], default=1)
        return newest + 1 if again.height else newest

    def same(self, as_of: date, hashes: Mapping[str, str]) -> int | None:
        """The version that holds exactly these contents as its newest, if one does."""
        chosen = self.chosen(as_of)
        for table, content_hash in hashes.items():
            batch = chosen.get(table)
            if batch is None or batch.as_of_date != as_of or batch.content_hash != content_hash:
                return None
        return self.latest_version(as_of)

    def store(
        self,
        as_of: date,
        version: int,
        batch_id: str,
        tables: list[TableDelivery],
        *,
        sizes: layout.Sizes = layout.SIZES,
    ) -> None:
        """Write a delivery; it becomes visible whole, with the last write, or not at all.

        Args:
            as_of: the month end.
            version: its version.
            batch_id: the delivery.
            tables: its tables; accepted rows stream, and are never held whole.
            sizes: how much of them is sorted and written at once.
        """
        stamps = (
            pl.lit(as_of).alias("as_of_date"),
            pl.lit(version, dtype=COUNT).alias("snapshot_version"),
            pl.lit(batch_id).alias("batch_id"),
        )
        partition = {"as_of_date": as_of.isoformat(), "snapshot_version": str(version)}
        for delivery in tables:
            rows = delivery.accepted.with_columns(pl.lit(batch_id).alias("batch_id"))
            table, by = self._root / delivery.table, layout.LAID_BY.get(delivery.table)
            layout.append(table, rows, partition, by=by, batch=batch_id, sizes=sizes)
            rejected = (
                delivery.rejected.lazy()
                .with_columns(pl.lit(batch_id).alias("batch_id"))
                .select(name for name in REJECTED if name not in partition)
            )
            layout.append(self._root / "rejected_rows", rejected, partition, batch=batch_id)
        account = pl.concat([delivery.account for delivery in tables]).with_columns(stamps)
        append(self._root / "delivery_account", account.select(*ACCOUNT), partitioned=False)
        batches = pl.DataFrame(
            [
                {
                    **delivery.batch,
                    "table": delivery.table,
                    "as_of_date": as_of,
                    "snapshot_version": version,
                    "batch_id": batch_id,
                }
                for delivery in tables
            ],
            schema=dict(LOAD_BATCH),
        )
        append(self._root / "load_batch", batches, partitioned=False)

    def chosen(self, as_of: date, version: int | None = None) -> dict[str, Batch]:
        """Which delivery of each table a month is computed with, by table name.

        Args:
            as_of: the month end.
            version: the month's version; the newest if not given.
        """
        every = self.batches()
        # Asked a hundred times while a month is built: the answer stands until something is delivered.
        known = self._known
        if known.batches is not every:
            known = self._known = _Known(every, {})
        if (as_of, version) not in known.chosen:
            known.chosen[as_of, version] = _chosen(every, as_of, version)
        return dict(known.chosen[as_of, version])

    def months_of(self, table: str, until: date) -> dict[date, Batch]:
        """The newest delivery of a monthly table for each month up to a date."""
        rows = self.batches().filter(pl.col("table") == table, pl.col("as_of_date") <= until)
        ordered = rows.sort("as_of_date", "snapshot_version", "received_at").to_dicts()
        return {row["as_of_date"]: batch_of(row) for row in ordered}

    def rows(self, scope: Scope, batch: Batch) -> pl.LazyFrame:
        """Accepted rows of one delivered table: canonical columns and `source_row_no`."""
        table = TABLES[batch.table]
        frame = (
            scan(self._root / batch.table, columns_schema(table))
            .filter(
                pl.col("as_of_date") == batch.as_of_date,
                pl.col("snapshot_version") == batch.snapshot_version,
                pl.col("batch_id") == batch.batch_id,
            )
            .select(*table.column_names, "source_row_no")
        )
        column = branch_column(batch.table)
        return scope.limit(frame, column) if column else frame

    def stored(self, scope: Scope, batch: Batch) -> Stored:
        """Where the rows of one delivered table lie, for an engine that reads files by itself.

        Raises:
            BranchmarkError: if the scope is not the whole bank: a file holds rows of every branch.
        """
        scope.require_whole_bank()
        own = self._root / batch.table
        return Stored(
            files(own, batch.as_of_date, batch.snapshot_version),
            batch.batch_id,
            {**TABLES[batch.table].dtypes, "source_row_no": pl.Int64()},
        )

    def table(
        self, scope: Scope, name: str, as_of: date, version: int | None = None
    ) -> pl.LazyFrame:
        """A canonical table as a month is computed with; empty if it was never delivered."""
        batch = self.chosen(as_of, version).get(name)
        if batch is None:
            return pl.LazyFrame(schema={**TABLES[name].dtypes, "source_row_no": pl.Int64()})
        return self.rows(scope, batch)

    def rejected(self, scope: Scope, as_of: date, version: int | None = None) -> pl.DataFrame:
        """The rejected rows of the tables that a month's own deliveries brought last."""
        rows = scan(self._root / "rejected_rows", REJECTED)
        frame = self._brought_last(rows, as_of, version)
        return scope.limit(frame, "branch_id").sort("table", "source_row_no").collect()

    def account(self, scope: Scope, as_of: date, version: int | None = None) -> pl.DataFrame:
        """Rows and money of a month's own deliveries, by table, branch and currency."""
        rows = scan(self._root / "delivery_account", ACCOUNT)
        frame = self._brought_last(rows, as_of, version)
        ordered = scope.limit(frame, "branch_id").sort(
            "table", "branch_id", "currency_code", nulls_last=True
        )
        return ordered.collect()

    def _brought_last(self, rows: pl.LazyFrame, as_of: date, version: int | None) -> pl.LazyFrame:
        """Rows of the deliveries that a month's own tables are taken from.

        A delivery brings several tables, and each of them may be delivered again by itself.
        """
        chosen = self.chosen(as_of, version).values()
        own = [
            {"batch_id": batch.batch_id, "table": batch.table}
            for batch in chosen
            if batch.as_of_date == as_of
        ]
        brought = pl.LazyFrame(own, schema={"batch_id": TEXT, "table": TEXT})
        of_month = rows.filter(pl.col("as_of_date") == as_of)
        return of_month.join(brought, on=["batch_id", "table"], how="semi")

    def require(self, as_of: date | None) -> date:
        """The month end, or the newest one if none is given, if a loan book was delivered for it.

        Raises:
            NoSuchMonthError: if it was not, or nothing was.
        """
        months = self.months()
        if as_of is None and months:
            return months[-1]
        if as_of is None or as_of not in months:
            raise NoSuchMonthError(as_of, months, what="delivered")
        return as_of


def _chosen(every: pl.DataFrame, as_of: date, version: int | None) -> dict[str, Batch]:
    carried = [name for name, one in TABLES.items() if one.delivery is Delivery.CARRIED]
    batches = every.filter(
        pl.col("as_of_date") <= as_of,
        pl.col("table").is_in(carried) | (pl.col("as_of_date") == as_of),
    )
    if version is not None:
        batches = batches.filter(
            (pl.col("as_of_date") < as_of) | (pl.col("snapshot_version") <= version)
        )
    ordered = batches.sort("as_of_date", "snapshot_version", "received_at").to_dicts()
    return {row["table"]: batch_of(row) for row in ordered}


def batch_of(row: Mapping[str, object]) -> Batch:
    """The delivered table that a row of `load_batch` tells of."""
    values = {name: row[name] for name in Batch.__dataclass_fields__}
    values["columns"] = frozenset(row["columns"] or ())  # type: ignore[call-overload]
    return Batch(**values)  # type: ignore[arg-type]
