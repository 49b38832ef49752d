"""Listed technology enterprises of a node's area, and which of them have a loan there.

The area of a node is the prefectures that its branches lie in, so an enterprise is counted once at a
node however many branches of it share a city. Small beside the loans, so plain Polars.
"""

from collections.abc import Mapping
from datetime import date
from typing import Final

import polars as pl

from transforms.catalogue.model import Aggregation, Catalogue, Entity
from transforms.classify import Rules, with_flags
from transforms.engines import neutral
from transforms.schema import TEXT, WIDE

LENT: Final = "is_tech_enterprise"
"""The loan flag that makes a listed enterprise one with a loan."""
_PREFECTURE: Final = 4
"""Digits of a region code that name the prefecture."""

NODE_COUNT: Final[Mapping[str, pl.DataType]] = {"node_id": TEXT, "measure": TEXT, "amount": WIDE}


def listed(
    lists: pl.DataFrame,
    branches: pl.DataFrame,
    counts_for: pl.DataFrame,
    lent: pl.DataFrame,
    rules: Rules,
) -> pl.DataFrame:
    """Node x listed enterprise of its area, with `has_loan` and the listing flags.

    Args:
        lists: `tech_enterprise_list` as the month is computed with.
        branches: rows of `branch`.
        counts_for: which node each branch counts for.
        lent: `branch_id, borrower_id` of technology enterprise loans.
        rules: whose listing flags decide.
    """
    as_of = rules.as_of
    areas = (
        branches.filter(_open(as_of))
        .select("branch_id", area=pl.col("region_code").str.slice(0, _PREFECTURE))
        .drop_nulls()
        .join(counts_for, on="branch_id", how="inner")
        .select("node_id", "area")
        .unique()
    )
    members = (
        lists.filter(
            pl.col("valid_from") <= as_of,
            pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of),
        )
        .select("borrower_id", area=pl.col("region_code").str.slice(0, _PREFECTURE))
        .drop_nulls()
        .unique()
    )
    with_loan = (
        lent.join(counts_for, on="branch_id", how="inner")
        .select("node_id", "borrower_id", has_loan=pl.lit(value=True))
        .unique()
    )
    rows = (
        areas.join(members, on="area", how="inner")
        .select("node_id", "borrower_id")
        .unique()
        .join(with_loan, on=["node_id", "borrower_id"], how="left")
        .with_columns(pl.col("has_loan").fill_null(value=False))
    )
    flags = rules.catalogue.flags_of(Entity.LISTING)
    judged: pl.DataFrame = (
        with_flags(neutral(rows.lazy()), flags, rules.parameters).to_native().collect()
    )
    return judged


def counts(judged: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Distinct enterprises by node for every measure over listings; rows of `NODE_COUNT`, sorted."""
    chosen = [
        m
        for m in catalogue.measures_by(Aggregation.COUNT_DISTINCT)
        if catalogue.entity_of(m) is Entity.LISTING
    ]
    tables = [
        judged.filter(pl.col(m.where))
        .group_by("node_id")
        .agg(amount=pl.col("borrower_id").n_unique().cast(WIDE))
        .select("node_id", "amount", measure=pl.lit(m.name))
        .select(*NODE_COUNT)
        for m in chosen
    ]
    return pl.concat([pl.DataFrame(schema=NODE_COUNT), *tables]).sort("node_id", "measure")


def _open(as_of: date) -> pl.Expr:
    opened = pl.col("opened_date").is_null() | (pl.col("opened_date") <= as_of)
    return opened & (pl.col("closed_date").is_null() | (pl.col("closed_date") > as_of))
