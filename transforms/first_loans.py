"""First-time clients, judged event by event: which event counts, and which clause keeps another out.

Counting from events keeps clients who have repaid since. Each client counts once in life: at the
earliest qualifying event (the earlier receipt number on one day), in its month and at its branch.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.catalogue.model import Aggregation, Catalogue, Entity, Flag
from transforms.catalogue.vocabulary import ONCE, TOTAL
from transforms.classify import with_flags
from transforms.cube import BRANCH_MEASURE
from transforms.engines import neutral
from transforms.schema import WIDE

FIRST_TIME: Final = "is_first_time"
"""The event flag whose loans are first receipts."""


def judge(
    events: pl.DataFrame,
    tech_lists: pl.DataFrame,
    catalogue: Catalogue,
    parameters: Mapping[str, Decimal],
    as_of: date,
) -> pl.DataFrame:
    """Every event with its looked-up columns and flags.

    Args:
        events: first-loan events of all months up to `as_of`, with `reported`, the month that
            delivered each.
        tech_lists: technology lists as known at `as_of`.
        catalogue: whose event flags decide.
        parameters: the thresholds in force.
        as_of: the month end figures are asked for.
    """
    members = tech_lists.select(
        "borrower_id", list_from="valid_from", list_to="valid_to"
    ).drop_nulls("list_from")
    numbered = events.with_row_index("event_no")
    on_list = (
        numbered.join(members, on="borrower_id", how="inner")
        .filter(
            (pl.col("list_from") <= pl.col("event_date"))
            & (pl.col("list_to").is_null() | (pl.col("list_to") >= pl.col("event_date")))
        )
        .select("event_no")
        .unique()
    )
    judged = numbered.with_columns(
        days_since_query=(pl.col("event_date") - pl.col("registry_checked_on")).dt.total_days(),
        event_in_month=pl.col("event_date").dt.month_end() == pl.col("reported"),
        revoked=pl.col("revoked_on").is_not_null() & (pl.col("revoked_on") <= as_of),
        tech_listed_on_event=pl.col("event_no").is_in(on_list["event_no"].implode()),
    )
    judged = judged.with_columns(pl.lit(value=False).alias(name) for name in ONCE)
    for flag in catalogue.flags_of(Entity.EVENT):
        picks = [name for name in ONCE if any(c.sql == name for c in flag.all_of)]
        for name in picks:
            judged = judged.with_columns(_earliest(judged, flag, name, parameters).alias(name))
        judged = flagged(judged, (flag,), parameters)
    return judged.drop("event_no")


def _earliest(
    events: pl.DataFrame, flag: Flag, name: str, parameters: Mapping[str, Decimal]
) -> pl.Series:
    """Of every client's events that pass the rest of the flag, the earliest: True there, else False."""
    passing = flagged(events.with_columns(pl.lit(value=True).alias(name)), (flag,), parameters)
    passing = passing.filter(pl.col(flag.name))
    # Hardly a client has several: only theirs are put in order.
    several = passing["borrower_id"].is_duplicated()
    first = (
        passing.filter(several)
        .sort("event_date", "loan_id", "reported")
        .unique("borrower_id", keep="first", maintain_order=True)
    )
    counted = pl.concat([passing.filter(~several)["event_no"], first["event_no"]])
    return events["event_no"].is_in(counted.implode())


def first_receipts(judged: pl.DataFrame) -> pl.LazyFrame:
    """The loans that first-time clients were counted for: `loan_id`."""
    if FIRST_TIME not in judged.columns:
        return pl.LazyFrame(schema={"loan_id": pl.String()})
    return judged.lazy().filter(FIRST_TIME).select("loan_id").unique()


def event_measures(judged: pl.DataFrame, catalogue: Catalogue, as_of: date) -> pl.DataFrame:
    """Counts of flagged events by branch, in the month and since 1 January; rows of `BRANCH_MEASURE`."""
    windows = {
        "month": pl.col("reported") == as_of,
        "year_to_date": (pl.col("reported").dt.year() == as_of.year)
        & (pl.col("reported") <= as_of),
    }
    tables = [
        judged.filter(windows[measure.over], pl.col(measure.where))
        .group_by("branch_id")
        .agg(amount=pl.len().cast(WIDE))
        .select(
            "branch_id",
            slice=pl.lit(TOTAL),
            member=pl.lit(TOTAL),
            measure=pl.lit(measure.name),
            amount="amount",
        )
        for measure in catalogue.measures_by(Aggregation.COUNT_EVENTS)
    ]
    empty = pl.DataFrame(schema=BRANCH_MEASURE)
    return pl.concat([empty, *tables]).sort("branch_id", "measure")


def flagged(
    events: pl.DataFrame, flags: tuple[Flag, ...], parameters: Mapping[str, Decimal]
) -> pl.DataFrame:
    """Small rows of any kind with a column for each flag."""
    return with_flags(neutral(events.lazy()), flags, parameters).to_native().collect()
