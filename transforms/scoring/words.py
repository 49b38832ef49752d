"""What a card says in words: why a line has no score, and the arithmetic of one that has, in two languages.

Numbers stand in the arithmetic as they were used, so that anybody can follow it with a pencil. How a page
lays them out belongs elsewhere.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

import polars as pl

from transforms.catalogue.model import Label
from transforms.schema import WIDE
from transforms.scorecards import Status, When
from transforms.scoring.completion import Lack
from transforms.scoring.model import Formula, Missing, Policy

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "zh")

LACKS: Final[Mapping[Lack, Label]] = {
    Lack.NOT_PUBLISHED: Label("it is not among the published figures", "已发布的数据中没有该指标"),
    Lack.NO_VALUE: Label("it cannot be given", "无法得出"),
    Lack.NO_TARGET: Label("it has no approved target", "没有经批准的目标"),
    Lack.TARGET_NOT_POSITIVE: Label(
        "its target is zero or negative, so that nothing can be divided by it",
        "目标为零或负数，不能作除数",
    ),
    Lack.NO_BASE: Label("it has no figure of the last year end", "没有上年末的数据"),
    Lack.BASE_NOT_POSITIVE: Label(
        "its base of the last year end is zero or negative", "上年末基数为零或负数"
    ),
    Lack.TARGET_NOT_BEYOND_BASE: Label(
        "its target asks for nothing beyond the last year end", "目标未优于上年末，没有可完成的增量"
    ),
    Lack.NO_PEER_GROUP: Label("the branch is in no peer group", "该机构不属于任何同类组"),
    Lack.TOO_FEW_PEERS: Label("too few peers have the figure", "有该数据的同类机构太少"),
}
"""Why a line cannot be scored."""

MISSING: Final[Mapping[Missing, Label]] = {
    Missing.ZERO: Label("it scores nothing", "按零分计"),
    Missing.EXCLUDE: Label(
        "it is left out, and the other lines carry its weight", "不计分，权重由其余各项按比例承担"
    ),
    Missing.NEUTRAL: Label("it counts as a completion of {at}", "按完成度 {at} 计"),
}
"""What becomes of it then."""

FORMULAS: Final[Mapping[Formula, Label]] = {
    Formula.HIGHER: Label("actual / target", "实际 / 目标"),
    Formula.LOWER: Label("2 - actual / target", "2 - 实际 / 目标"),
    Formula.INCREMENT: Label(
        "(actual - last year end) / (target - last year end)",
        "(实际 - 上年末) / (目标 - 上年末)",
    ),
    Formula.BANDS: Label("by steps", "分档"),
    Formula.RANK: Label("by rank among peers", "按同类排名"),
}
"""How a completion is reckoned."""

POLICIES: Final[Mapping[Policy, Label]] = {
    Policy.WORST: Label("worst", "取最差"),
    Policy.MAJORITY: Label("majority", "过半数"),
    Policy.MAJORITY_WITH_PRIORITY: Label("most common", "取最多（并列按优先次序）"),
    Policy.COUNTS_ONLY: Label("counts", "仅计数"),
}
"""How one status is made of several."""

STATUSES: Final[Mapping[Status, Label]] = {
    Status.MET: Label("met", "达标"),
    Status.WITHIN: Label("within tolerance", "容忍度内"),
    Status.NEAR: Label("near", "临近"),
    Status.MISSED: Label("missed", "未达标"),
    Status.EXCEEDED: Label("tolerance exceeded", "超容忍度"),
    Status.NO_TARGET: Label("no target", "无目标"),
    Status.NOT_COMPARABLE: Label("not comparable", "不可比"),
    Status.NOT_APPLICABLE: Label("n/a", "不适用"),
}
"""Statuses as a roll-up counts them, the better first."""

WHENS: Final[Mapping[When, Label]] = {
    When.NOT_COMPUTABLE: Label("the book cannot give it", "数据无法得出"),
    When.NOTHING_TO_COMPUTE_ON: Label("its portfolio or base is empty", "组合或基数为空"),
    When.WITHIN_NARROWLY: Label(
        "within its tolerance by less than {below} pp", "在容忍度内但余量不足 {below} 个百分点"
    ),
    When.WITHIN: Label("within its tolerance", "在容忍度内"),
    When.BEYOND: Label("beyond its tolerance", "超出容忍度"),
    When.NO_TARGET: Label("it has no approved target", "没有经批准的目标"),
    When.MET_NARROWLY: Label(
        "at or beyond its target by less than {below} % of it", "达到目标但富余不足目标的 {below} %"
    ),
    When.MET: Label("at or beyond its target", "达到或优于目标"),
    When.IN_BAND: Label("short of it by no more than the near band", "差距在临近区间内"),
    When.OTHERWISE: Label("otherwise", "其他"),
}
"""What the rules of status ask."""

_REACHES: Final = Label("{} reaches {}: {}", "{} 达到 {}：{}")
_REACHES_NONE: Final = Label("{} reaches no step: {}", "{} 未达任何档：{}")
_RANKED: Final = Label(
    "rank {} of {}: {} + ({} - {}) × ({} - {}) / ({} - 1) = {}",
    "第 {} 名（共 {}）：{} + ({} - {}) × ({} - {}) / ({} - 1) = {}",
)
_CAPPED: Final = Label("; capped at {}", "；封顶 {}")
_FLOORED: Final = Label("; at least {}", "；保底 {}")
_EXEMPT: Final = Label("; within the tolerance: {}", "；在容忍度内：{}")


def said(label: Label, language: Language) -> str:
    """A label in a language."""
    return label.en if language == "en" else label.zh


def plain(value: Decimal) -> str:
    """A decimal without trailing zeros or exponent.

    >>> plain(Decimal("1.200000")), plain(Decimal("100")), plain(Decimal("0E-12"))
    ('1.2', '100', '0')
    """
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def number(expr: pl.Expr) -> pl.Expr:
    """A decimal column as text, without trailing zeros."""
    text = expr.cast(WIDE).cast(pl.String).str.strip_chars_end("0").str.strip_chars_end(".")
    return pl.when(text == "-0").then(pl.lit("0")).otherwise(text)


def reason(language: Language) -> pl.Expr:
    """Why a line has no completion: the figure's own reason where it has one."""
    own = pl.col("lack").replace_strict(
        {lack.value: said(label, language) for lack, label in LACKS.items()},
        default=None,
        return_dtype=pl.String(),
    )
    given = (
        pl.when(pl.col("lack") == Lack.NO_VALUE.value)
        .then("reason")
        .when(pl.col("lack") == Lack.NO_BASE.value)
        .then("base_reason")
    )
    return pl.when(pl.col("lack").is_not_null()).then(pl.coalesce(given, own))


def calculation(language: Language) -> pl.Expr:
    """The arithmetic of a line with its numbers; empty where it has no score."""
    counted = (
        pl.when("exempted")
        .then(pl.format(said(_EXEMPT, language), number(pl.col("counted"))))
        .when(pl.col("completion") > pl.col("cap"))
        .then(pl.format(said(_CAPPED, language), number(pl.col("cap"))))
        .when(pl.col("completion") < pl.col("floor"))
        .then(pl.format(said(_FLOORED, language), number(pl.col("floor"))))
        .otherwise(pl.lit(""))
    )
    end = pl.format(
        "{} × {} = {}",
        number(pl.col("weight_used")),
        number(pl.col("counted")),
        number(pl.col("score")),
    )
    reckoned = pl.concat_str(_completion(language), counted, pl.lit("; "), end)
    return pl.when(pl.col("score").is_not_null()).then(
        pl.when(pl.col("lack").is_null()).then(reckoned).otherwise(end)
    )


def _completion(language: Language) -> pl.Expr:
    against = _against()
    reached = number(
        pl.when(pl.col("against").is_null()).then("value").otherwise("against_completion")
    )
    before = pl.when(pl.col("against").is_null()).then(pl.lit("")).otherwise(against + "; ")
    share = number(pl.col("completion"))
    step = (
        pl.when(pl.col("band_from").is_null())
        .then(pl.format(said(_REACHES_NONE, language), reached, share))
        .otherwise(pl.format(said(_REACHES, language), reached, number(pl.col("band_from")), share))
    )
    rank, peers = pl.col("rank").cast(pl.String), pl.col("peers").cast(pl.String)
    first, last = number(pl.col("rank_first")), number(pl.col("rank_last"))
    ranked = pl.format(
        said(_RANKED, language), rank, peers, last, first, last, peers, rank, peers, share
    )
    return (
        pl.when(pl.col("formula") == Formula.BANDS.value)
        .then(pl.concat_str(before, step))
        .when(pl.col("formula") == Formula.RANK.value)
        .then(ranked)
        .otherwise(against)
    )


def _against() -> pl.Expr:
    value, target, base = (number(pl.col(name)) for name in ("value", "target_value", "base_value"))
    done = number(pl.col("against_completion"))
    return (
        pl.when(pl.col("against") == Formula.HIGHER.value)
        .then(pl.format("{} / {} = {}", value, target, done))
        .when(pl.col("against") == Formula.LOWER.value)
        .then(pl.format("2 - {} / {} = {}", value, target, done))
        .when(pl.col("against") == Formula.INCREMENT.value)
        .then(pl.format("({} - {}) / ({} - {}) = {}", value, base, target, base, done))
    )
