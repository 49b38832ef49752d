"""What the data-quality page rests on: the month's deliveries, rejects, findings, ledger and overrides.

Everything is limited by the reader's scope. What is said about it belongs in the modules beside this one.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from dashboards.masking import unnamed
from records.access import Scope
from records.deliveries import Deliveries
from records.published import Published
from transforms import overrides
from transforms.periods import previous_month_end
from transforms.schema import BORROWER_SNAPSHOT, LOAN_SNAPSHOT, OVERRIDE

_TABLES: Final = (
    *("as_of_date", "snapshot_version", "table", "source_file", "read_as", "source_rows"),
    *("outside_rows", "delivered_rows", "accepted_rows", "rejected_rows", "received_at", "reason"),
    *("delivered_amount", "accepted_amount", "rejected_amount"),
    *("rows_without_amount", "rows_without_rate", "mapping", "batch_id"),
)

_WHOLE: Final = (
    *("source_rows", "outside_rows", "delivered_rows", "accepted_rows", "rejected_rows"),
    *("delivered_amount", "accepted_amount", "rejected_amount"),
    *("rows_without_amount", "rows_without_rate", "reason", "source_file"),
)
"""What is said of a delivery as a whole, with the rows of all branches; its files may be called like them."""

_COUNTED: Final = r", [\d,]+ (?:rows|files?)\b"
"""In how a delivery was read: how much of it there was."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The material of one month, within one scope.

    Attributes:
        tables: a row a table that the month is computed with, its own or carried; columns of `LOAD_BATCH`,
            without what is said of all branches together if not all may be seen.
        superseded: a row a delivery of the month that a later one replaced, the same columns.
        rejected: rejected rows of the month's own deliveries; columns of `REJECTED`.
        findings: what the checks found; columns of `FINDING`.
        ledger: loans against the ledger by branch, account and currency; columns of `RECONCILIATION`.
        overrides: what became of each override, columns of `transforms.overrides.STATES` and
            `branch_id`, a row for each branch whose loans it is about; none if none was ever delivered.
        booked_before: branches that had loans in the month before, if it was delivered.
    """

    tables: pl.DataFrame
    superseded: pl.DataFrame
    rejected: pl.DataFrame
    findings: pl.DataFrame
    ledger: pl.DataFrame
    overrides: pl.DataFrame | None
    booked_before: frozenset[str]


def read(
    published: Published,
    deliveries: Deliveries,
    scope: Scope,
    *,
    as_of: date,
    version: int,
    named: Collection[str] = (),
) -> Evidence:
    """Read a published month's evidence.

    Args:
        published: what the checks said.
        deliveries: what was delivered.
        scope: whose branches may be seen.
        as_of: a published month end.
        version: the version its figures are of.
        named: headings of the bank's own that hold names of borrowers.
    """
    chosen = deliveries.chosen(as_of, version)
    held = deliveries.batches().select(_TABLES)
    if scope.branches is not None:
        held = held.with_columns(
            *(pl.lit(None, dtype=held.schema[name]).alias(name) for name in _WHOLE),
            pl.col("read_as").str.replace_all(_COUNTED, ""),
        )
    own = held.filter(pl.col("as_of_date") == as_of, pl.col("snapshot_version") <= version)
    used = held.join(
        pl.DataFrame(
            [(batch.batch_id, batch.table) for batch in chosen.values()],
            schema={"batch_id": pl.String, "table": pl.String},
            orient="row",
        ),
        on=["batch_id", "table"],
        how="semi",
        maintain_order="left",
    )
    before = deliveries.account(scope, previous_month_end(as_of))
    return Evidence(
        tables=used,
        superseded=own.join(used, on=["batch_id", "table"], how="anti"),
        rejected=deliveries.rejected(scope, as_of, version).with_columns(
            unnamed("as_delivered", named)
        ),
        findings=published.findings(scope, as_of=as_of).collect(),
        ledger=published.reconciliation(scope, as_of=as_of).collect(),
        overrides=_overrides(deliveries, scope, as_of, version)
        if OVERRIDE.name in chosen
        else None,
        booked_before=frozenset(
            before.filter(pl.col("table") == LOAN_SNAPSHOT.name)["branch_id"].drop_nulls()
        ),
    )


def _overrides(deliveries: Deliveries, scope: Scope, as_of: date, version: int) -> pl.DataFrame:
    """What became of each override, at the branches whose loans it is about.

    The table names rows, not branches: a reader of some branches sees what is about their loans and
    clients, and nothing else.
    """
    tables = {name: deliveries.table(scope, name, as_of, version) for name in overrides.OVERRIDABLE}
    given = deliveries.table(scope, OVERRIDE.name, as_of, version).collect()
    loans = tables[LOAN_SNAPSHOT.name].select(
        "loan_id", "borrower_id", branch_id="booking_branch_id"
    )
    places = pl.concat(
        loans.select(
            pl.lit(table).alias("table_name"), pl.col(key).alias("row_key"), pl.col("branch_id")
        ).unique()
        for table, key in ((LOAN_SNAPSHOT.name, "loan_id"), (BORROWER_SNAPSHOT.name, "borrower_id"))
    )
    states = overrides.judged(given, tables, as_of)
    named = states.lazy().join(
        places, on=["table_name", "row_key"], how="left" if scope.branches is None else "inner"
    )
    return named.sort("override_id", "branch_id", nulls_last=True).collect()
