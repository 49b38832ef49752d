"""Overrides of a month: what became of each, what it moved, and in which rows of figures it shows.

How an override is applied is said by `transforms.overrides`; where, by `orchestration.months`.
"""

from collections.abc import Iterable

import polars as pl

from orchestration import months
from orchestration.months import MonthAtWork
from records.access import Scope
from transforms import overrides
from transforms.classify import classify
from transforms.overrides import State
from transforms.schema import BORROWER_SNAPSHOT, LOAN_SNAPSHOT, WIDE


def told(month: MonthAtWork, scope: Scope) -> pl.DataFrame:
    """Every override delivered for the month or carried to it, with what it moved.

    Args:
        month: the month.
        scope: who asks. Who may not see the whole bank sees the overrides of what is booked in the own
            branches, and of a client the own loans.

    Returns:
        Columns of `transforms.overrides.STATES`; `loans`, how many loans are computed with it, and
        `balance`, theirs in base currency. Both are empty where it was not applied, and the balance
        where a currency has no rate.
    """
    states = month.override_states
    classified: pl.LazyFrame = classify(
        months.loan_tables(month), month.rules(), flags=(), columns=()
    ).to_native()
    loans = scope.limit(classified, "booking_branch_id")
    named = [
        loans.select(pl.col(key).alias("row_key"), "balance")
        .filter(pl.col("row_key").is_in(states["row_key"].implode()))
        .with_columns(table_name=pl.lit(table))
        for table, key in _KEYS
    ]
    moved = (
        pl.concat(named)
        .group_by("table_name", "row_key")
        .agg(
            loans=pl.len().cast(pl.Int64),
            balance=pl.when(pl.col("balance").null_count() == 0).then(
                pl.col("balance").cast(WIDE).sum()
            ),
        )
        .collect()
    )
    # A client without a loan in the book: there is nothing that its override could move.
    moves = pl.col("loans").is_not_null()
    is_applied = pl.col("state") == State.APPLIED.value
    rows = states.join(moved, on=["table_name", "row_key"], how="left", maintain_order="left")
    if scope.branches is not None:
        rows = rows.filter(moves)
    return rows.with_columns(
        loans=pl.when(is_applied).then(pl.col("loans").fill_null(0)),
        balance=pl.when(is_applied & moves)
        .then("balance")
        .when(is_applied)
        .then(pl.lit(0, dtype=WIDE)),
    )


_KEYS = ((LOAN_SNAPSHOT.name, "loan_id"), (BORROWER_SNAPSHOT.name, "borrower_id"))


def with_overrides(rows: pl.LazyFrame, of_months: Iterable[MonthAtWork]) -> pl.LazyFrame:
    """Rows about loans with `overridden`: what of the loan or its client was overridden, in words.

    Args:
        rows: with `loan_id`, `borrower_id` and `as_of_date`; their order stays.
        of_months: the months that the rows are of.
    """
    every = tuple(of_months)
    named = []
    for table, key in _KEYS:
        marks = pl.concat(
            [
                _NO_MARKS,
                *(
                    overrides.marks(month.override_states, table).select(
                        "row_key", "overridden", as_of_date=pl.lit(month.as_of)
                    )
                    for month in every
                ),
            ]
        )
        name = f"overridden:{table}"
        named.append(name)
        if marks.is_empty():
            rows = rows.with_columns(pl.lit(None, dtype=pl.String).alias(name))
            continue
        rows = rows.join(
            marks.lazy().rename({"overridden": name}),
            left_on=[key, "as_of_date"],
            right_on=["row_key", "as_of_date"],
            how="left",
            maintain_order="left",
        )
    text = pl.concat_str(named, separator="; ", ignore_nulls=True)
    return rows.with_columns(overridden=pl.when(text != "").then(text)).drop(named)


_NO_MARKS = pl.DataFrame(
    schema={"row_key": pl.String(), "overridden": pl.String(), "as_of_date": pl.Date()}
)
