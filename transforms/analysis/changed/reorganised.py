"""Which branches were merged, moved, opened or closed between two month ends, as events."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from transforms.analysis.changed.events import GRAVITY, EventKind, events
from transforms.schema import DAY, WIDE


def branches(
    before: pl.DataFrame, now: pl.DataFrame, counts_for: pl.DataFrame, branch: str, as_of: date
) -> pl.DataFrame:
    """Branches at or below a node that were merged, moved, opened or closed.

    Args:
        before: rows of `hierarchy.NODE` of the whole bank at the month compared with.
        now: the same at the month asked for.
        counts_for: `branch_id, node_id` of the month asked for: what was closed counts for its successor.
        branch: the node.
        as_of: the month asked for.

    Returns:
        `events.EVENT`; `rows` counts the branches right below to which the same happened.
    """
    own = counts_for.filter(pl.col("node_id") == branch).select(other_id="branch_id")
    depths = now.select("node_id", "depth")
    successor = (
        counts_for.join(depths, on="node_id", how="inner")
        .sort("branch_id", "depth", descending=[False, True])
        .unique("branch_id", keep="first", maintain_order=True)
        .select(other_id="branch_id", into="node_id")
    )
    then = before.select(other_id="node_id", parent_then="parent_id", _was=pl.lit(value=True))
    today = now.select(other_id="node_id", parent_now="parent_id", _is=pl.lit(value=True))
    root = now.filter(pl.col("parent_id").is_null())["node_id"]
    rows = (
        then.join(today, on="other_id", how="full", coalesce=True)
        .join(own, on="other_id", how="semi")
        .join(successor, on="other_id", how="left")
    )
    gone = pl.col("_is").is_null()
    # What is closed without a successor counts for the root alone.
    merged = gone & ~pl.col("into").is_in(root.implode())
    kind = (
        pl.when(merged)
        .then(pl.lit(EventKind.MERGED.value))
        .when(gone)
        .then(pl.lit(EventKind.CLOSED.value))
        .when(pl.col("_was").is_null())
        .then(pl.lit(EventKind.OPENED.value))
        .when(pl.col("parent_then").ne_missing(pl.col("parent_now")))
        .then(pl.lit(EventKind.MOVED.value))
    )
    rows = _folded(rows.with_columns(kind=kind).drop_nulls("kind")).with_columns(
        branch_id=pl.when(pl.col("kind") == EventKind.MERGED.value)
        .then("into")
        .otherwise(pl.coalesce("parent_now", "parent_then", pl.lit(branch))),
        gravity=pl.lit(GRAVITY["branches"]),
        size=pl.col("kind").replace_strict(_SIZES, return_dtype=pl.Int32).cast(WIDE),
        month=pl.lit(as_of),
    )
    return events(rows, other_id="other_id", month="month", rows="below")


def regrouped(counts: pl.DataFrame, days: Sequence[date]) -> pl.DataFrame:
    """For which nodes other branches began to count, and when: `as_of_date, node_id`.

    Only branches that there were in both of two following months are looked at: one that was opened and
    one that is gone do not make another node of it.

    Args:
        counts: `as_of_date, branch_id, node_id`: the nodes each branch counted for, in every month.
        days: the months, each compared with the one before it in this list.
    """
    order = pl.DataFrame({"as_of_date": days}, schema={"as_of_date": DAY}).with_row_index("_number")
    here = counts.join(order, on="as_of_date", how="inner").select(
        "_number", "branch_id", "node_id"
    )
    there = here.with_columns(pl.col("_number") + 1)
    branch, whole = ["_number", "branch_id"], ["_number", "branch_id", "node_id"]
    began = here.join(there, on=whole, how="anti").join(there, on=branch, how="semi")
    ended = there.join(here, on=whole, how="anti").join(here, on=branch, how="semi")
    found = pl.concat([began, ended]).join(order, on="_number", how="inner")
    return found.select("as_of_date", "node_id").unique().sort("as_of_date", "node_id")


def _folded(rows: pl.DataFrame) -> pl.DataFrame:
    """Branches to which the same happened as to the one above them are counted there: `below`."""
    above = pl.coalesce("parent_then", "parent_now")
    named = rows.select("other_id", "kind", _above=above)
    with_it = named.join(
        named.select(_above="other_id", kind="kind"), on=["_above", "kind"], how="semi"
    )
    below = with_it.group_by("_above", "kind").agg(below=pl.len().cast(pl.Int64))
    return rows.join(with_it, on=["other_id", "kind"], how="anti").join(
        below, left_on=["other_id", "kind"], right_on=["_above", "kind"], how="left"
    )


_SIZES: Final = {
    EventKind.MERGED.value: 4,
    EventKind.MOVED.value: 3,
    EventKind.CLOSED.value: 2,
    EventKind.OPENED.value: 1,
}
