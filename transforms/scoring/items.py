"""Deductions, bonuses and vetoes: figures beyond a limit, the points it costs or brings, and what it caps.

A tolerance waives a deduction and says how much it waived. A figure that is missing costs nothing and
brings nothing, with the reason beside it; the limits of all items together belong in `score`.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from transforms.catalogue.model import Better, Label
from transforms.schema import COUNT, TEXT, WIDE
from transforms.scoring import words
from transforms.scoring.completion import HALF_UP, Lack
from transforms.scoring.model import Kind, Profile
from transforms.scoring.words import Language, number, said

ITEM: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "item_no": COUNT,
    "item_id": TEXT,
    "kind": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "unit": TEXT,
    "value": WIDE,
    "beyond": WIDE,
    "excess": WIDE,
    "asked": WIDE,
    "points": WIDE,
    "exempted": pl.Boolean(),
    "quality_state": TEXT,
    "reason_en": TEXT,
    "reason_zh": TEXT,
    "calculation_en": TEXT,
    "calculation_zh": TEXT,
}
"""A deduction (negative points) or bonus. `asked` is before its tolerance and its own limit."""

VETOED: Final[Mapping[str, pl.DataType]] = {
    "branch_id": TEXT,
    "veto_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "unit": TEXT,
    "value": WIDE,
    "beyond": WIDE,
    "cap": WIDE,
    "hit": pl.Boolean(),
    "reason_en": TEXT,
    "reason_zh": TEXT,
}
"""A veto and whether it holds; a figure that is missing vetoes nothing, with the reason."""
_UNLIMITED: Final = "99999999"
_WAIVED: Final = Label("; waived within the tolerance: 0", "；在容忍度内免扣：0")
_LIMITED: Final = Label("; limited to {}", "；以 {} 为限")
_NONE: Final = Label("{} is not beyond {}: 0", "{} 未越过 {}：0")


def items_of(uncut: pl.DataFrame, profile: Profile, branches: pl.DataFrame) -> pl.DataFrame:
    """Every deduction and bonus of every branch; rows of `ITEM`."""
    items = profile.items
    exempts = [item.exempt for item in items]
    own = pl.DataFrame(
        [
            pl.Series("item_no", range(len(items)), dtype=COUNT),
            pl.Series("item_id", [item.item_id for item in items], dtype=TEXT),
            pl.Series("kind", [item.kind.value for item in items], dtype=TEXT),
            pl.Series("metric_id", [item.figure.metric for item in items], dtype=TEXT),
            pl.Series("reading", [item.figure.reading for item in items], dtype=TEXT),
            pl.Series("unit", [item.figure.unit.value for item in items], dtype=TEXT),
            pl.Series(
                "sign",
                [1 if item.figure.better is Better.HIGHER else -1 for item in items],
                pl.Int64(),
            ),
            pl.Series("stated", [item.beyond for item in items], dtype=WIDE),
            pl.Series("by_target", [item.beyond is None for item in items], dtype=pl.Boolean()),
            pl.Series("per", [item.per for item in items], dtype=WIDE),
            pl.Series("each", [item.points for item in items], dtype=WIDE),
            pl.Series("limit", [item.limit for item in items], dtype=WIDE),
            pl.Series("exempt_metric", [one.metric if one else None for one in exempts], TEXT),
            pl.Series("exempt_reading", [one.reading if one else None for one in exempts], TEXT),
        ]
    )
    deducts = pl.col("kind") == Kind.DEDUCTION.value
    rows = (
        _looked_up(branches.join(own, how="cross"), uncut)
        .with_columns(beyond=pl.when("by_target").then("target_value").otherwise("stated"))
        .with_columns(lack=_lack())
    )
    past = (pl.col("value") - pl.col("beyond")) * pl.col("sign")
    unfavourable = pl.when(deducts).then(-past).otherwise(past)
    counted = rows.with_columns(
        excess=pl.when(pl.col("lack").is_null()).then(
            pl.max_horizontal(unfavourable, pl.lit(0, dtype=WIDE))
        )
    ).with_columns(
        asked=(pl.col("excess") / pl.col("per") * pl.col("each"))
        .round(profile.score_places, mode=HALF_UP)
        .cast(WIDE)
    )
    limited = pl.min_horizontal("asked", "limit")
    exempted = pl.col("within").fill_null(value=False) & (pl.col("asked") > 0)
    signed = pl.when(deducts).then(pl.lit(-1)).otherwise(pl.lit(1))
    pointed = counted.with_columns(
        exempted=exempted.fill_null(value=False),
        points=pl.when(exempted).then(pl.lit(0, dtype=WIDE)).otherwise(limited * signed),
        asked=pl.col("asked") * signed,
    )
    told = pointed.with_columns(
        *(words.reason(language).alias(f"reason_{language}") for language in words.LANGUAGES),
        *(_calculation(language).alias(f"calculation_{language}") for language in words.LANGUAGES),
    )
    return told.sort("branch_id", "item_no").select(
        pl.col(name).cast(dtype) for name, dtype in ITEM.items()
    )


def vetoes_of(uncut: pl.DataFrame, profile: Profile, branches: pl.DataFrame) -> pl.DataFrame:
    """Every veto of every branch; rows of `VETOED`."""
    vetoes = profile.vetoes
    own = pl.DataFrame(
        [
            pl.Series("veto_no", range(len(vetoes)), dtype=COUNT),
            pl.Series("veto_id", [veto.veto_id for veto in vetoes], dtype=TEXT),
            pl.Series("metric_id", [veto.figure.metric for veto in vetoes], dtype=TEXT),
            pl.Series("reading", [veto.figure.reading for veto in vetoes], dtype=TEXT),
            pl.Series("unit", [veto.figure.unit.value for veto in vetoes], dtype=TEXT),
            pl.Series(
                "sign",
                [1 if veto.figure.better is Better.HIGHER else -1 for veto in vetoes],
                pl.Int64(),
            ),
            pl.Series("beyond", [veto.beyond for veto in vetoes], dtype=WIDE),
            pl.Series("cap", [veto.cap for veto in vetoes], dtype=WIDE),
            pl.Series("by_target", [False] * len(vetoes), dtype=pl.Boolean()),
            pl.Series("exempt_metric", [None] * len(vetoes), dtype=TEXT),
            pl.Series("exempt_reading", [None] * len(vetoes), dtype=TEXT),
        ]
    )
    rows = _looked_up(branches.join(own, how="cross"), uncut).with_columns(lack=_lack())
    past = (pl.col("value") - pl.col("beyond")) * pl.col("sign")
    told = rows.with_columns(
        *(words.reason(language).alias(f"reason_{language}") for language in words.LANGUAGES),
        hit=(past < 0).fill_null(value=False),
    )
    return told.sort("branch_id", "veto_no").select(
        pl.col(name).cast(dtype) for name, dtype in VETOED.items()
    )


def _looked_up(rows: pl.DataFrame, uncut: pl.DataFrame) -> pl.DataFrame:
    """The figure of each row beside it, and whether its tolerance holds."""
    figures = uncut.select(
        "branch_id",
        "metric_id",
        "reading",
        "value",
        "target_value",
        "reason",
        "quality_state",
        published=pl.lit(value=True),
    )
    tolerances = uncut.select(
        "branch_id",
        within=pl.col("value") >= 0,
        exempt_metric="metric_id",
        exempt_reading="reading",
    )
    return (
        rows.join(figures, on=["branch_id", "metric_id", "reading"], how="left")
        .join(tolerances, on=["branch_id", "exempt_metric", "exempt_reading"], how="left")
        .with_columns(
            pl.col("published").fill_null(value=False), base_reason=pl.lit(None, dtype=TEXT)
        )
    )


def _lack() -> pl.Expr:
    return (
        pl.when(~pl.col("published"))
        .then(pl.lit(Lack.NOT_PUBLISHED.value))
        .when(pl.col("value").is_null())
        .then(pl.lit(Lack.NO_VALUE.value))
        .when(pl.col("by_target") & pl.col("target_value").is_null())
        .then(pl.lit(Lack.NO_TARGET.value))
    )


def _calculation(language: Language) -> pl.Expr:
    value, beyond = number(pl.col("value")), number(pl.col("beyond"))
    deducts = pl.col("kind") == Kind.DEDUCTION.value
    # Told so that the difference is positive, whichever way the figure points.
    upwards = (pl.col("value") - pl.col("beyond")) > 0
    larger = pl.when(upwards).then(value).otherwise(beyond)
    smaller = pl.when(upwards).then(beyond).otherwise(value)
    sign = pl.when(deducts).then(pl.lit("-")).otherwise(pl.lit(""))
    reckoned = pl.format(
        "{}({} - {}) / {} × {} = {}",
        sign,
        larger,
        smaller,
        number(pl.col("per")),
        number(pl.col("each")),
        number(pl.col("asked")),
    )
    end = (
        pl.when("exempted")
        .then(pl.lit(said(_WAIVED, language)))
        .when(pl.col("points") != pl.col("asked"))
        .then(pl.format(said(_LIMITED, language), number(pl.col("points"))))
        .otherwise(pl.lit(""))
    )
    return pl.when(pl.col("lack").is_null()).then(
        pl.when(pl.col("excess") > 0)
        .then(pl.concat_str(reckoned, end))
        .otherwise(pl.format(said(_NONE, language), value, beyond))
    )
