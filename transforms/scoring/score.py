"""Scores: published figures times a profile, line by line with every operand, and the totals.

Frames in, frames out. Every score is the product of two printed numbers, rounded half up; every total is a
sum of printed scores. How a completion is reckoned belongs in `completion`, words in `words`, one status of
several in `rollup`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.catalogue.vocabulary import TOTAL
from transforms.schema import COUNT, TEXT, WIDE
from transforms.scorecards import status_of
from transforms.scoring import words
from transforms.scoring.completion import HALF_UP, spec, with_completion
from transforms.scoring.items import items_of, vetoes_of
from transforms.scoring.model import Missing, Profile

_WEIGHT_PLACES: Final = 4
_TENTHOUSANDTH: Final = Decimal("0.0001")

BASE: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "base_value": WIDE,
    "base_reason": TEXT,
}
"""Figures of the last year end over today's branches, or why there are none."""

PEERS: Final[Mapping[str, pl.DataType]] = {"branch_id": TEXT, "group": TEXT}
"""The peer group of each branch; a branch without one is ranked with nobody."""

LINE: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "peer_group": TEXT,
    "group_id": TEXT,
    "line_no": COUNT,
    "line_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "unit": TEXT,
    "value": WIDE,
    "target_value": WIDE,
    "base_value": WIDE,
    "rank": COUNT,
    "peers": COUNT,
    "formula": TEXT,
    "completion": WIDE,
    "floor": WIDE,
    "cap": WIDE,
    "exempted": pl.Boolean(),
    "counted": WIDE,
    "weight": WIDE,
    "weight_used": WIDE,
    "score": WIDE,
    "status": TEXT,
    "quality_state": TEXT,
    "lack": TEXT,
    "missing_rule": TEXT,
    "reason_en": TEXT,
    "reason_zh": TEXT,
    "calculation_en": TEXT,
    "calculation_zh": TEXT,
}
"""A line of a card. `counted` is the completion that is multiplied; `weight_used` the weight it is
multiplied with. Both and the score are empty where the line is left out."""

GROUP: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "group_id": TEXT,
    "weight": WIDE,
    "weight_used": WIDE,
    "score": WIDE,
}
"""A subtotal of a card."""

CARD: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "peer_group": TEXT,
    "scored_weight": WIDE,
    "lines_score": WIDE,
    "deductions_asked": WIDE,
    "deductions": WIDE,
    "bonuses_asked": WIDE,
    "bonuses": WIDE,
    "before_vetoes": WIDE,
    "veto_cap": WIDE,
    "vetoes": pl.List(pl.String),
    "total": WIDE,
    "rank": COUNT,
    "ranked": COUNT,
}
"""A card's totals. `asked` is before the limit; deductions are negative. `ranked` counts the peers with a
total; no total means that too little could be scored."""


@dataclass(frozen=True, eq=False)
class Scores:
    """The cards of all branches under one profile.

    Attributes:
        profile: the profile, in its version.
        lines: rows of `LINE`, by branch in the order of the profile.
        groups: rows of `GROUP`.
        items: rows of `items.ITEM`: deductions and bonuses.
        vetoes: rows of `items.VETOED`.
        cards: rows of `CARD`, one a branch.
    """

    profile: Profile
    lines: pl.DataFrame
    groups: pl.DataFrame
    items: pl.DataFrame
    vetoes: pl.DataFrame
    cards: pl.DataFrame

    def of(self, *branches: str) -> "Scores":
        """The cards of some branches only; ranks stay those among all."""
        mine = pl.col("branch_id").is_in(branches)
        return Scores(
            self.profile,
            self.lines.filter(mine),
            self.groups.filter(mine),
            self.items.filter(mine),
            self.vetoes.filter(mine),
            self.cards.filter(mine),
        )


def score(
    facts: pl.DataFrame,
    profile: Profile,
    *,
    base: pl.DataFrame | None = None,
    peers: pl.DataFrame | None = None,
) -> Scores:
    """Score every branch that has facts.

    Args:
        facts: published facts with target and quality; sliced ones are passed over.
        profile: by which.
        base: rows of `BASE`, for lines scored by increment.
        peers: rows of `PEERS`, for ranks.
    """
    uncut = facts.filter(pl.col("slice") == TOTAL)
    branches = _branches(uncut, peers)
    lines = _lines(uncut, profile, branches, base)
    items = items_of(uncut, profile, branches)
    vetoes = vetoes_of(uncut, profile, branches)
    cards = _cards(lines, items, vetoes, profile, branches)
    groups = (
        lines.group_by("branch_id", "group_id", maintain_order=True)
        .agg(pl.col("weight", "weight_used", "score").sum())
        .select(pl.col(name).cast(dtype) for name, dtype in GROUP.items())
    )
    return Scores(
        profile=profile,
        lines=lines.select(pl.col(name).cast(dtype) for name, dtype in LINE.items()),
        groups=groups,
        items=items,
        vetoes=vetoes,
        cards=cards,
    )


def _branches(uncut: pl.DataFrame, peers: pl.DataFrame | None) -> pl.DataFrame:
    """`branch_id, peer_group` of every branch that has facts."""
    known = pl.DataFrame(schema=dict(PEERS)) if peers is None else peers
    return (
        uncut.select("branch_id")
        .unique()
        .join(known.select("branch_id", peer_group="group"), on="branch_id", how="left")
        .sort("branch_id")
    )


def _lines(
    uncut: pl.DataFrame, profile: Profile, branches: pl.DataFrame, base: pl.DataFrame | None
) -> pl.DataFrame:
    known = pl.DataFrame(schema=dict(BASE)) if base is None else base.select(*BASE)
    figures = uncut.select(
        "branch_id",
        "metric_id",
        "reading",
        "numerator",
        "value",
        "target_value",
        "near_band",
        "reason",
        "quality_state",
        published=pl.lit(value=True),
    )
    # What is exempted rests on another figure of the same branch.
    tolerances = uncut.select(
        "branch_id",
        within=pl.col("value") >= 0,
        exempt_metric="metric_id",
        exempt_reading="reading",
    )
    on = ["branch_id", "metric_id", "reading"]
    rows = (
        branches.join(spec(profile), how="cross")
        .join(figures, on=on, how="left")
        .join(known, on=on, how="left")
        .join(tolerances, on=["branch_id", "exempt_metric", "exempt_reading"], how="left")
        .with_columns(
            pl.col("published").fill_null(value=False),
            gap=((pl.col("value") - pl.col("target_value")) * pl.col("sign")).cast(WIDE),
        )
        .with_columns(status=status_of(profile.status))
        .sort("branch_id", "line_no")
    )
    counted = with_completion(rows, profile).with_columns(_bounded()).with_columns(_counted())
    weighed = _weighed(counted, profile)
    scored = weighed.with_columns(
        score=(pl.col("weight_used") * pl.col("counted"))
        .round(profile.score_places, mode=HALF_UP)
        .cast(WIDE)
    )
    return scored.with_columns(
        *(words.reason(language).alias(f"reason_{language}") for language in words.LANGUAGES),
        *(
            words.calculation(language).alias(f"calculation_{language}")
            for language in words.LANGUAGES
        ),
    )


def _bounded() -> pl.Expr:
    """The completion between floor and cap."""
    return pl.min_horizontal("cap", pl.max_horizontal("floor", "completion")).alias("bounded")


def _counted() -> list[pl.Expr]:
    """`exempted` and `counted`: what is multiplied, or nothing where the line is left out."""
    whole = pl.min_horizontal("cap", pl.lit(1, dtype=WIDE))
    lacking = pl.col("lack").is_not_null()
    lifted = ~lacking & pl.col("within").fill_null(value=False) & (pl.col("bounded") < whole)
    counted = (
        pl.when(lifted)
        .then(whole)
        .when(~lacking)
        .then("bounded")
        .when(pl.col("missing_rule") == Missing.ZERO.value)
        .then(pl.lit(0, dtype=WIDE))
        .when(pl.col("missing_rule") == Missing.NEUTRAL.value)
        .then("neutral_at")
    )
    return [lifted.alias("exempted"), counted.cast(WIDE).alias("counted")]


def _weighed(rows: pl.DataFrame, profile: Profile) -> pl.DataFrame:
    """Rows with `weight_used`: where lines are left out, the others carry their weight in proportion.

    Shares are cut to four decimals; what is left goes to the largest remainders, so that the weights add
    up to the total exactly.
    """
    total = pl.lit(profile.total, dtype=WIDE)
    kept = pl.when(pl.col("counted").is_not_null()).then("weight")
    sum_kept = kept.sum().over("branch_id")
    share = (kept * total / pl.when(sum_kept > 0).then(sum_kept)).cast(WIDE)
    cut = rows.with_columns(_share=share).with_columns(
        # Half of the last place is taken off before rounding half up: the share is cut, not rounded.
        _cut=(pl.col("_share") - pl.lit(_TENTHOUSANDTH / 2, dtype=WIDE))
        .round(_WEIGHT_PLACES, mode="half_away_from_zero")
        .cast(WIDE)
    )
    left = (total - pl.col("_cut").sum().over("branch_id")) * 10_000
    place = (
        pl.struct(-(pl.col("_share") - pl.col("_cut")), pl.col("line_id"))
        .rank("ordinal")
        .over("branch_id", pl.col("counted").is_null())
    )
    extra = pl.when(place.cast(WIDE) <= left).then(pl.lit(_TENTHOUSANDTH, dtype=WIDE)).otherwise(0)
    return cut.with_columns(
        weight_used=pl.when(sum_kept == total)
        .then(kept)
        .otherwise(pl.col("_cut") + extra)
        .cast(WIDE)
    )


def _cards(
    lines: pl.DataFrame,
    items: pl.DataFrame,
    vetoes: pl.DataFrame,
    profile: Profile,
    branches: pl.DataFrame,
) -> pl.DataFrame:
    def points(kind: str) -> pl.Expr:
        own = pl.col("points").filter(pl.col("kind") == kind)
        return own.sum().cast(WIDE)

    sums = lines.group_by("branch_id").agg(
        scored_weight=pl.col("weight").filter(pl.col("counted").is_not_null()).sum(),
        lines_score=pl.col("score").sum(),
    )
    beside = items.group_by("branch_id").agg(
        deductions_asked=points("deduction"), bonuses_asked=points("bonus")
    )
    held = (
        vetoes.filter("hit")
        .group_by("branch_id", maintain_order=True)
        .agg(veto_cap=pl.col("cap").min(), vetoes=pl.col("veto_id"))
    )
    nothing = pl.lit(0, dtype=WIDE)
    together = (
        branches.join(sums, on="branch_id", how="left")
        .join(beside, on="branch_id", how="left")
        .join(held, on="branch_id", how="left")
        .with_columns(pl.col("deductions_asked", "bonuses_asked").fill_null(nothing))
        .with_columns(
            deductions=pl.max_horizontal(
                "deductions_asked", pl.lit(-profile.deduction_limit, dtype=WIDE)
            ),
            bonuses=pl.min_horizontal("bonuses_asked", pl.lit(profile.bonus_limit, dtype=WIDE)),
            vetoes=pl.col("vetoes").fill_null([]),
        )
    )
    enough = (pl.col("scored_weight") >= pl.lit(profile.least_scored, dtype=WIDE)) & (
        pl.col("scored_weight") > 0
    )
    summed = together.with_columns(
        before_vetoes=pl.when(enough).then(
            pl.col("lines_score") + pl.col("deductions") + pl.col("bonuses")
        )
    ).with_columns(
        total=pl.when(pl.col("before_vetoes").is_not_null()).then(
            pl.min_horizontal("before_vetoes", "veto_cap")
        )
    )
    ranked = summed.with_columns(
        rank=pl.when(pl.col("peer_group").is_not_null()).then(
            pl.col("total").rank("min", descending=True).over("peer_group")
        ),
        ranked=pl.when(pl.col("peer_group").is_not_null()).then(
            pl.col("total").count().over("peer_group")
        ),
    )
    return ranked.select(pl.col(name).cast(dtype) for name, dtype in CARD.items())
