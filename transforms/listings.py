"""Listed technology enterprises of a node's area, and which of them have a loan there.

The area of a node is the prefectures that its branches lie in, so an enterprise is counted once at a
node however many branches of it share a city. Small beside the loans, so plain Polars.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from transforms.catalogue.model import Aggregation, Entity
from transforms.classify import Rules, with_flags
from transforms.engines import neutral
from transforms.schema import TEXT, WIDE

LENT: Final = "is_tech_enterprise"
"""The loan flag that makes a listed enterprise one with a loan."""
_PREFECTURE: Final = 4
"""Digits of a region code that name the prefecture."""

_ENTERPRISE: Final = ("node_id", "borrower_id")

NODE_COUNT: Final[Mapping[str, pl.DataType]] = {"node_id": TEXT, "measure": TEXT, "amount": WIDE}


@dataclass(frozen=True, eq=False)
class Listings:
    """What listed enterprises of a month are told from.

    Attributes:
        lists: `tech_enterprise_list` as the month is computed with.
        branches: rows of `branch`.
        counts_for: which node each branch counts for.
        lent: `branch_id, borrower_id` of technology enterprise loans.
        rules: whose listing flags decide.
    """

    lists: pl.DataFrame
    branches: pl.DataFrame
    counts_for: pl.DataFrame
    lent: pl.DataFrame
    rules: Rules


def listed(at: Listings) -> pl.DataFrame:
    """Node x listed enterprise of its area, with `has_loan` and the listing flags.

    Every enterprise stands here once for each node above it, to be shown one by one; `counts` tells how
    many there are without laying them out.
    """
    with_loan = (
        at.lent.lazy()
        .join(at.counts_for.lazy(), on="branch_id", how="inner")
        .select(*_ENTERPRISE, has_loan=pl.lit(value=True))
        .unique()
    )
    rows = (
        _areas(at)
        .join(_members(at), on="area", how="inner")
        .select(*_ENTERPRISE)
        .unique()
        .join(with_loan, on=_ENTERPRISE, how="left")
        .with_columns(pl.col("has_loan").fill_null(value=False))
    )
    return _judged(rows, at.rules)


def counts(at: Listings) -> pl.DataFrame:
    """Distinct enterprises by node for every measure over listings; rows of `NODE_COUNT`, sorted.

    All that a listing flag may ask about is whether there is a loan: enterprises are counted by that, and
    those on the list of one area add up over areas.
    """
    areas = _areas(at).collect().lazy()
    members = _members(at).collect(engine="streaming").lazy()
    of_one = members.group_by("borrower_id").agg(pl.col("area").min(), areas=pl.len())
    alone = of_one.filter(pl.col("areas") == 1).group_by("area").agg(found=pl.len())
    several = of_one.filter(pl.col("areas") > 1).select("borrower_id")
    added_up = areas.join(alone, on="area", how="inner").select("node_id", "found")
    at_nodes = (
        areas.join(members.join(several, on="borrower_id", how="semi"), on="area", how="inner")
        .group_by("node_id")
        .agg(found=pl.col("borrower_id").n_unique())
    )
    with_loan = (
        at.lent.lazy()
        .join(members, on="borrower_id", how="inner")
        .join(at.counts_for.lazy(), on="branch_id", how="inner")
        .join(areas, on=["node_id", "area"], how="semi")
        .group_by("node_id")
        .agg(with_loan=pl.col("borrower_id").n_unique())
    )
    told = (
        pl.concat([added_up, at_nodes])
        .group_by("node_id")
        .agg(pl.col("found").cast(pl.Int64).sum())
        .join(with_loan, on="node_id", how="left")
        .with_columns(pl.col("with_loan").cast(pl.Int64).fill_null(0))
        .collect(engine="streaming")
        .lazy()
    )
    lending, others = pl.col("with_loan"), pl.col("found") - pl.col("with_loan")
    rows = pl.concat(
        told.select("node_id", has_loan=pl.lit(value), enterprises=number)
        for value, number in ((True, lending), (False, others))
    )
    judged = _judged(rows.filter(pl.col("enterprises") > 0), at.rules)
    tables = [
        judged.filter(pl.col(m.where))
        .group_by("node_id")
        .agg(amount=pl.col("enterprises").sum().cast(WIDE))
        .select("node_id", "amount", measure=pl.lit(m.name))
        .select(*NODE_COUNT)
        for m in at.rules.catalogue.measures_by(Aggregation.COUNT_DISTINCT)
        if at.rules.catalogue.entity_of(m) is Entity.LISTING
    ]
    return pl.concat([pl.DataFrame(schema=NODE_COUNT), *tables]).sort("node_id", "measure")


def _areas(at: Listings) -> pl.LazyFrame:
    """The prefectures of every node: `node_id, area`, each pair once."""
    return (
        at.branches.lazy()
        .filter(_open(at.rules.as_of))
        .select("branch_id", area=pl.col("region_code").str.slice(0, _PREFECTURE))
        .drop_nulls()
        .join(at.counts_for.lazy(), on="branch_id", how="inner")
        .select("node_id", "area")
        .unique()
    )


def _members(at: Listings) -> pl.LazyFrame:
    """Who is on a list of a prefecture that day: `borrower_id, area`, each pair once."""
    as_of = at.rules.as_of
    return (
        at.lists.lazy()
        .filter(
            pl.col("valid_from") <= as_of,
            pl.col("valid_to").is_null() | (pl.col("valid_to") >= as_of),
        )
        .select("borrower_id", area=pl.col("region_code").str.slice(0, _PREFECTURE))
        .drop_nulls()
        .unique()
    )


def _judged(rows: pl.LazyFrame, rules: Rules) -> pl.DataFrame:
    flags = rules.catalogue.flags_of(Entity.LISTING)
    judged: pl.LazyFrame = with_flags(neutral(rows), flags, rules.parameters).to_native()
    return judged.collect(engine="streaming")


def _open(as_of: date) -> pl.Expr:
    opened = pl.col("opened_date").is_null() | (pl.col("opened_date") <= as_of)
    return opened & (pl.col("closed_date").is_null() | (pl.col("closed_date") > as_of))
