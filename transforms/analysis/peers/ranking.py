"""Branches beside their peers: rank, quartile, median, shrinkage of what rests on few clients, suppression.

Which branches are peers is said by `groups`; who asks, and where the figures come from, by
`orchestration.questions.peering`. Everything is exact decimals at twelve places, whatever the order of the
rows.
"""

from collections.abc import Collection
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.catalogue.model import Better
from transforms.schema import WIDE

FIGURES: Final = pl.Schema(
    {
        "branch_id": pl.String(),
        "group": pl.String(),
        "value": WIDE,
        "numerator": WIDE,
        "denominator": WIDE,
        "n": WIDE,
    }
)
"""What is compared. `n` is how many clients stand behind a ratio; nothing where that is not known."""

_ONE: Final = pl.lit(1, dtype=WIDE)


def shrunk(figures: pl.DataFrame, constant: Decimal, *, parts: bool = True) -> pl.DataFrame:
    """Ratios drawn towards their group's, the more the fewer clients stand behind them.

    With r a branch's ratio, n its clients, p the group's ratio (sum of numerators over sum of
    denominators): shrunk = w·r + (1 − w)·p, w = n / (n + k). Of shares, k = p(1 − p) / t², where t² is
    the spread of the branches less what chance gives: Σ n(r − p)² / Σ n − m·p(1 − p) / Σ n over m
    branches. Is t² not above zero, no branch is told from another and w is 0. Of ratios that are no
    shares (a rate, a coverage, or one outside 0 to 1), k is the constant.

    Args:
        figures: `FIGURES` of ratios.
        constant: k where the spread does not say.
        parts: whether the numerator is a part of the denominator, so that a client counts or does not;
            only then does chance spread as p(1 − p) / n.

    Returns:
        The same with `mean` (p), `k` (nothing where w is 0 for all), `weight` and `shrunk`; these are
        empty where the value or n is.
    """
    usable = pl.col("value").is_not_null() & pl.col("n").is_not_null() & (pl.col("n") > 0)
    rows = figures.with_columns(_use=usable).with_columns(
        _below=pl.when("_use").then("denominator").sum().over("group"),
        _above=pl.when("_use").then("numerator").sum().over("group"),
        _n=pl.when("_use").then("n").sum().over("group"),
        _m=pl.col("_use").sum().over("group").cast(WIDE),
    )
    rows = rows.with_columns(
        mean=pl.col("_above") / pl.when(pl.col("_below") != 0).then("_below"),
    ).with_columns(_off=pl.col("value") - pl.col("mean"))
    chance = pl.col("mean") * (_ONE - pl.col("mean"))
    spread = pl.when("_use").then(pl.col("n") * pl.col("_off") * pl.col("_off")).sum().over("group")
    shares = pl.lit(parts) & (
        pl.when("_use")
        .then(pl.col("value").is_between(0, 1) & pl.col("mean").is_between(0, 1))
        .all()
        .over("group")
    )
    total = pl.when(pl.col("_n") > 0).then("_n")
    rows = rows.with_columns(
        _t2=(spread - pl.col("_m") * chance) / total, _chance=chance, _shares=shares
    ).with_columns(
        k=pl.when(~pl.col("_shares"))
        .then(pl.lit(constant, dtype=WIDE))
        .when(pl.col("_t2") > 0)
        .then(pl.col("_chance") / pl.when(pl.col("_t2") > 0).then("_t2"))
    )
    weight = pl.when("_use").then(
        pl.when(pl.col("k").is_null())
        .then(pl.lit(0, dtype=WIDE))
        .otherwise(pl.col("n") / pl.when("_use").then(pl.col("n") + pl.col("k")))
    )
    rows = rows.with_columns(weight=weight)
    return rows.with_columns(shrunk=pl.col("mean") + pl.col("weight") * pl.col("_off")).select(
        *figures.columns, "mean", "k", "weight", "shrunk"
    )


def unshrunk(figures: pl.DataFrame) -> pl.DataFrame:
    """The same columns for figures that are no ratios: sums and counts stand as they are."""
    nothing = pl.lit(None, dtype=WIDE)
    return figures.with_columns(mean=nothing, k=nothing, weight=nothing, shrunk=nothing)


def ranked(rows: pl.DataFrame, better: Better) -> pl.DataFrame:
    """Rank, quartile and distance to the median, within each group.

    What is ranked is the shrunk value where there is one, else the value. Equals share the better rank;
    quartile 1 is the best: of m branches, rank r is in quartile floor(4(r − 1) / m) + 1. Where neither
    direction is favourable, the largest comes first. The median of an even number is the mean of the
    middle two; quartile marks are the values at the nearest ranks.

    Args:
        rows: what `shrunk` or `unshrunk` gave.
        better: which direction is favourable.

    Returns:
        The same with `compared` (what was ranked), `rank`, `of` (branches with a figure), `quartile`,
        `median`, `lower`, `upper` (quartile marks), `best`, and `distance` to the median: above zero is
        favourable, empty where neither direction is.
    """
    descending = better is not Better.LOWER
    some = pl.col("compared").is_not_null()
    rows = rows.with_columns(compared=pl.coalesce("shrunk", "value"))
    # A ratio without clients known behind it cannot be set beside those that were drawn together.
    drawn = pl.col("shrunk").is_not_null().any().over("group")
    rows = rows.with_columns(
        compared=pl.when(drawn).then("shrunk").otherwise("compared"),
    )
    marks = (
        rows.filter(some)
        .group_by("group")
        .agg(
            of=pl.len().cast(pl.Int64),
            _low=pl.col("compared").sort().get(_at(pl.len() - 1, 2)),
            _high=pl.col("compared").sort().get(_at(pl.len(), 2)),
            lower=pl.col("compared").sort().get(_at(pl.len() - 1, 4)),
            upper=pl.col("compared").sort().get(_at(3 * pl.len().cast(pl.Int64) - 1, 4)),
            best=pl.col("compared").max() if descending else pl.col("compared").min(),
        )
        .with_columns(median=(pl.col("_low") + pl.col("_high")) / pl.lit(2, dtype=WIDE))
        .drop("_low", "_high")
    )
    sign = {Better.HIGHER: 1, Better.LOWER: -1}.get(better)
    distance = pl.lit(None, dtype=WIDE)
    if sign is not None:
        distance = (pl.col("compared") - pl.col("median")) * pl.lit(sign, dtype=WIDE)
    rank = pl.col("compared").rank("min", descending=descending).over("group").cast(pl.Int64)
    return (
        rows.join(marks, on="group", how="left", maintain_order="left")
        .with_columns(rank=rank, distance=distance)
        .with_columns(quartile=(pl.col("rank") - 1) * 4 // pl.col("of") + 1)
        .sort("group", "rank", "branch_id", nulls_last=True)
    )


def _at(count: pl.Expr, parts: int) -> pl.Expr:
    return count.cast(pl.Int64) // parts


def shown(
    rows: pl.DataFrame,
    *,
    own: Collection[str] | None,
    counted: bool,
    smallest: int,
) -> pl.DataFrame:
    """What a reader may see: own branches whole, of others no name and no small count.

    Args:
        rows: what `ranked` gave.
        own: the branches the reader may see; all if not given.
        counted: whether the figure is a count of clients, or a ratio whose numerator is one.
        smallest: the smallest count of clients that is shown of others.

    Returns:
        The same with `own` and `suppressed`. Of others `branch_id` is empty, and so are numerator,
        denominator and weight. Where a count is too small the figures are empty and `suppressed` holds.
        Of plain counts further ones are suppressed, the smallest first, until two are and together make
        up as many as may be shown: so that none follows from the group's total. Whoever does not see all
        gets no rank for a small count of their own, since it would tell the smaller ones.
    """
    mine = pl.lit(value=True) if own is None else pl.col("branch_id").is_in(sorted(own))
    small = pl.col("n").is_not_null() & (pl.col("n") < smallest)
    if counted:
        small = small | (pl.col("numerator").is_not_null() & (pl.col("numerator") < smallest))
    rows = rows.with_columns(own=mine).with_columns(_small=~pl.col("own") & small)
    if counted:
        rows = _secondary(rows, smallest)
    hidden = pl.col("_small").fill_null(value=False)
    # Beside a small count of one's own, a rank tells exactly what the smaller ones are.
    telling = hidden
    if counted and own is not None:
        telling = hidden | small
    other = ~pl.col("own")
    blank = ("value", "n", "shrunk", "compared")
    places = ("rank", "quartile", "distance")
    apart = ("branch_id", "numerator", "denominator", "weight")
    return (
        rows.with_columns(
            *(pl.when(~hidden).then(name).alias(name) for name in blank),
            *(pl.when(~telling).then(name).alias(name) for name in places),
            *(pl.when(~other).then(name).alias(name) for name in apart),
            suppressed=hidden,
        )
        .drop("_small")
        .sort("group", "rank", "own", "branch_id", nulls_last=True)
    )


def _secondary(rows: pl.DataFrame, smallest: int) -> pl.DataFrame:
    """More counts suppressed beside the small ones, so that no total gives them away."""
    others = rows.filter(~pl.col("own"), pl.col("numerator").is_not_null()).sort(
        "group", "numerator", "branch_id"
    )
    before = pl.col("numerator").cum_sum().over("group") - pl.col("numerator")
    place = pl.int_range(pl.len()).over("group")
    any_small = pl.col("_small").any().over("group")
    wanted = any_small & ((place < 2) | (before < smallest))  # noqa: PLR2004 - two hide each other
    further = others.filter(pl.col("_small") | wanted).select(
        "branch_id", "group", _more=pl.lit(value=True)
    )
    return (
        rows.join(further, on=["branch_id", "group"], how="left", maintain_order="left")
        .with_columns(_small=pl.col("_small") | pl.col("_more").fill_null(value=False))
        .drop("_more")
    )
