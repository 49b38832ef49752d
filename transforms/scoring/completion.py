"""How far each line of a card has come: formulas, bands and ranks as expressions, and why there is none.

Every division has a reason where it would not be one: a target or base that is zero or negative makes a
completion not computable. What a completion is worth belongs in `score`; the words of the reasons in
`words`.
"""

from enum import StrEnum
from typing import Final

import polars as pl

from transforms.catalogue.model import Better
from transforms.schema import COUNT, TEXT, WIDE
from transforms.scoring.model import Bands, Formula, Line, Profile

HALF_UP: Final = "half_away_from_zero"
_NEEDS_TARGET: Final = (Formula.HIGHER, Formula.LOWER, Formula.INCREMENT)


class Lack(StrEnum):
    """Why a line cannot be scored."""

    NOT_PUBLISHED = "not_published"
    NO_VALUE = "no_value"
    """The figure has a reason of its own."""
    NO_TARGET = "no_target"
    TARGET_NOT_POSITIVE = "target_not_positive"
    NO_BASE = "no_base"
    """The figure of the last year end has a reason of its own."""
    BASE_NOT_POSITIVE = "base_not_positive"
    TARGET_NOT_BEYOND_BASE = "target_not_beyond_base"
    NO_PEER_GROUP = "no_peer_group"
    TOO_FEW_PEERS = "too_few_peers"


def spec(profile: Profile) -> pl.DataFrame:
    """The lines of a profile as a frame, one row a line."""
    lines = profile.lines
    exempts = [line.exempt for line in lines]
    rankings = [line.ranking for line in lines]

    def amounts(name: str, values: list[object]) -> pl.Series:
        return pl.Series(name, values, dtype=WIDE)

    return pl.DataFrame(
        [
            pl.Series("line_no", range(len(lines)), dtype=COUNT),
            pl.Series("line_id", [line.line_id for line in lines], dtype=TEXT),
            pl.Series("group_id", [line.group for line in lines], dtype=TEXT),
            pl.Series("metric_id", [line.figure.metric for line in lines], dtype=TEXT),
            pl.Series("reading", [line.figure.reading for line in lines], dtype=TEXT),
            pl.Series("unit", [line.figure.unit.value for line in lines], dtype=TEXT),
            pl.Series("sign", [_sign(line) for line in lines], dtype=pl.Int64()),
            pl.Series("tolerated", [line.figure.tolerated for line in lines], dtype=pl.Boolean()),
            pl.Series("formula", [line.formula.value for line in lines], dtype=TEXT),
            pl.Series(
                "against", [line.against.value if line.against else None for line in lines], TEXT
            ),
            amounts("weight", [line.weight for line in lines]),
            amounts("floor", [line.floor for line in lines]),
            amounts("cap", [line.cap for line in lines]),
            pl.Series("missing_rule", [line.missing.rule.value for line in lines], dtype=TEXT),
            amounts("neutral_at", [line.missing.at for line in lines]),
            pl.Series("exempt_metric", [one.metric if one else None for one in exempts], TEXT),
            pl.Series("exempt_reading", [one.reading if one else None for one in exempts], TEXT),
            amounts("rank_first", [one.first if one else None for one in rankings]),
            amounts("rank_last", [one.last if one else None for one in rankings]),
            pl.Series("rank_least", [one.least if one else None for one in rankings], COUNT),
        ]
    )


def _sign(line: Line) -> int:
    return 1 if line.figure.better is Better.HIGHER else -1


def with_completion(rows: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Rows with `rank, peers, lack, against_completion, band_from, completion`.

    Args:
        rows: columns of `spec`, with `peer_group, published, value, target_value, base_value` beside them.
        profile: whose lines they are.
    """
    ranked = rows.with_columns(_rank(), _peers())
    lacking = ranked.with_columns(lack=_lack())
    places = profile.completion_places
    against = _against().round(places, mode=HALF_UP)
    with_against = lacking.with_columns(
        against_completion=pl.when(pl.col("lack").is_null()).then(against).cast(WIDE)
    )
    share, reached = _shares(profile)
    return with_against.with_columns(
        band_from=pl.when(pl.col("lack").is_null()).then(reached).cast(WIDE),
        completion=pl.when(pl.col("lack").is_null())
        .then(
            pl.when(formula=Formula.BANDS.value)
            .then(share)
            .when(formula=Formula.RANK.value)
            .then(_by_rank().round(places, mode=HALF_UP))
            .otherwise("against_completion")
        )
        .cast(WIDE),
    )


def _among() -> pl.Expr:
    """The values ranked: of lines scored by rank, in a peer group."""
    by_rank = pl.col("formula") == Formula.RANK.value
    return pl.when(by_rank & pl.col("peer_group").is_not_null()).then(
        pl.col("value") * pl.col("sign")
    )


def _rank() -> pl.Expr:
    place = _among().rank("min", descending=True).over("line_no", "peer_group")
    return place.cast(COUNT).alias("rank")


def _peers() -> pl.Expr:
    counted = _among().count().over("line_no", "peer_group").cast(COUNT)
    return pl.when(_among().is_not_null()).then(counted).alias("peers")


def _against() -> pl.Expr:
    """The completion by the formula that needs a target; a divisor that is none is left empty."""
    value, target, base = pl.col("value"), pl.col("target_value"), pl.col("base_value")
    quotient = value / pl.when(target > 0).then(target)
    span = target - base
    return (
        pl.when(pl.col("against") == Formula.HIGHER.value)
        .then(quotient)
        .when(pl.col("against") == Formula.LOWER.value)
        .then(pl.lit(2, dtype=WIDE) - quotient)
        .when(pl.col("against") == Formula.INCREMENT.value)
        .then((value - base) / pl.when(span != 0).then(span))
    )


def _by_rank() -> pl.Expr:
    places = pl.col("peers").cast(WIDE) - 1
    behind = pl.col("peers").cast(WIDE) - pl.col("rank").cast(WIDE)
    span = pl.col("rank_first") - pl.col("rank_last")
    return pl.col("rank_last") + span * behind / pl.when(places > 0).then(places)


def _shares(profile: Profile) -> tuple[pl.Expr, pl.Expr]:
    """Share and threshold of the step that is reached; the threshold is empty where none is."""
    share, reached = pl.lit(None, dtype=WIDE), pl.lit(None, dtype=WIDE)
    for at, line in enumerate(profile.lines):
        if line.bands is not None:
            mine = pl.col("line_no") == at
            own, start = _steps(line.bands)
            share = pl.when(mine).then(own).otherwise(share)
            reached = pl.when(mine).then(start).otherwise(reached)
    return share, reached


def _steps(bands: Bands) -> tuple[pl.Expr, pl.Expr]:
    given = pl.col("value") if bands.of is None else pl.col("against_completion")
    share: pl.Expr = pl.lit(bands.otherwise, dtype=WIDE)
    reached: pl.Expr = pl.lit(None, dtype=WIDE)
    for step in reversed(bands.steps):
        threshold = pl.lit(step.threshold, dtype=WIDE)
        holds = given >= threshold if bands.upward else given <= threshold
        share = pl.when(holds).then(pl.lit(step.share, dtype=WIDE)).otherwise(share)
        reached = pl.when(holds).then(threshold).otherwise(reached)
    return share, reached


def _lack() -> pl.Expr:
    """Why there is no completion; the first reason that holds."""
    target, base = pl.col("target_value"), pl.col("base_value")
    needs = pl.col("against").is_in([one.value for one in _NEEDS_TARGET])
    grows = pl.col("against") == Formula.INCREMENT.value
    by_rank = pl.col("formula") == Formula.RANK.value
    reasons = (
        (~pl.col("published"), Lack.NOT_PUBLISHED),
        (pl.col("value").is_null(), Lack.NO_VALUE),
        (needs & target.is_null(), Lack.NO_TARGET),
        (needs & (target <= 0), Lack.TARGET_NOT_POSITIVE),
        (grows & base.is_null(), Lack.NO_BASE),
        (grows & (base <= 0), Lack.BASE_NOT_POSITIVE),
        (grows & ((target - base) * pl.col("sign") <= 0), Lack.TARGET_NOT_BEYOND_BASE),
        (by_rank & pl.col("peer_group").is_null(), Lack.NO_PEER_GROUP),
        (by_rank & (pl.col("peers") < pl.col("rank_least")), Lack.TOO_FEW_PEERS),
    )
    found = pl.lit(None, dtype=TEXT)
    for holds, lack in reversed(reasons):
        found = pl.when(holds).then(pl.lit(lack.value)).otherwise(found)
    return found
