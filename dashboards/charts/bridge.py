"""The bridge: a figure then, what moved it, and the figure now, from top to bottom (a waterfall lying down).

Totals are bars only where the axis starts at zero; on a cut axis they are thin markers, since a bar cut off
below would lie about their ratio. Blue is favourable, crimson unfavourable, and every part has its sign in
words: colour says nothing that the label does not. What the parts are belongs in `transforms.analysis`.
"""

from collections.abc import Mapping
from typing import Final

import altair as alt
import polars as pl

from dashboards.charts.theme import dressed, layered, plotted
from dashboards.palette import MARKS, Ground
from transforms.scorecards import Status

BRIDGE: Final[Mapping[str, type[pl.DataType]]] = {
    "name": pl.String,
    "amount": pl.Float64,
    "printed": pl.String,
    "total": pl.Boolean,
    "good": pl.Boolean,
}
"""A row a bar, from the start to the end, each name once. Of the two totals `amount` is the figure, of a
part its effect; `good` is whether an effect is favourable, empty where neither way is. Floats place marks;
what is read stands in `printed`, with its sign and unit."""

_ROW: Final = 26
_NAMES: Final = 210
_ROOM: Final = 0.08
_LABEL: Final = 0.16
_CUT: Final = 0.5


def bridge(frame: pl.DataFrame, ground: Ground, *, dark: bool, description: str) -> alt.LayerChart:
    """The waterfall of one figure.

    Args:
        frame: rows of `BRIDGE`, the first and the last of them totals.
        ground: the colours of the theme.
        dark: whether it stands on dark ground.
        description: the text alternative.
    """
    rows = _placed(frame)
    low, high = _domain(rows)
    scale = alt.Scale(domain=[low, high], nice=False, zero=False)
    x = alt.X("from:Q", axis=None, scale=scale)
    y = alt.Y(
        "name:N",
        sort=None,
        title=None,
        axis=alt.Axis(domain=False, ticks=False, labelLimit=_NAMES, labelPadding=6),
    )
    tooltip = [alt.Tooltip("name:N", title=" "), alt.Tooltip("printed:N", title=" ")]
    steps = rows.filter(~pl.col("total")).with_columns(colour=_colour(ground, dark=dark))
    drawn = (
        plotted(steps)
        .mark_bar(height=14, clip=True)
        .encode(
            x=x,
            x2="to:Q",
            y=y,
            color=alt.Color("colour:N", scale=None, legend=None),
            tooltip=tooltip,
        )
    )
    told = (
        plotted(rows)
        .mark_text(align="left", dx=6)
        .encode(x=alt.X("right:Q", axis=None, scale=scale), y=y, text=alt.Text("printed:N"))
    )
    layers = [_links(rows, scale, ground), *_totals(rows, x, y, ground, low), drawn, told]
    return dressed(layered(layers, height=_ROW * rows.height), ground, description=description)


def _placed(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with where each bar begins and ends, and its right end."""
    rows = frame.select(*BRIDGE)
    before = pl.when(pl.col("total").cum_sum() <= 1).then("amount").otherwise(0.0)
    upto = before.cum_sum()
    first = pl.int_range(pl.len()) == 0
    return rows.with_columns(
        pl.when("total").then(0.0).otherwise(upto - pl.col("amount")).alias("from"),
        pl.when(pl.col("total") & ~first).then("amount").otherwise(upto).alias("to"),
    ).with_columns(
        right=pl.when("total").then("to").otherwise(pl.max_horizontal("from", "to")),
        next=pl.col("name").shift(-1),
    )


def _domain(rows: pl.DataFrame) -> tuple[float, float]:
    """The axis: from zero if the parts are large against the totals, else around them, with room to read."""
    ends = rows["to"].to_list() + rows.filter(~pl.col("total"))["from"].to_list()
    low, high = min(ends), max(ends)
    span = high - low
    # Parts that take up less than half of the way from zero would be slivers there.
    whole = max(high, 0.0) - min(low, 0.0)
    if span == 0 or span > _CUT * whole:
        low, high = min(low, 0.0), max(high, 0.0)
        span = (high - low) or 1.0
        return low - (_ROOM * span if low < 0 else 0.0), high + _LABEL * span
    return low - _ROOM * span, high + _LABEL * span


def _totals(rows: pl.DataFrame, x: alt.X, y: alt.Y, ground: Ground, low: float) -> list[alt.Chart]:
    totals = rows.filter("total")
    if low <= 0:
        bar: alt.Chart = (
            plotted(totals).mark_bar(height=14, color=ground.ink).encode(x=x, x2="to:Q", y=y)
        )
        return [bar]
    marker: alt.Chart = (
        plotted(totals.with_columns(pl.col("to").alias("from")))
        .mark_tick(orient="vertical", thickness=3, size=18, color=ground.ink, opacity=1)
        .encode(x=x, y=y)
    )
    return [marker]


def _links(rows: pl.DataFrame, scale: alt.Scale, ground: Ground) -> alt.Chart:
    """A thin line from where a bar ends down to where the next begins."""
    pairs = rows.drop_nulls("next")
    ends = pl.concat(
        [
            pairs.select(link="name", name="name", at="to"),
            pairs.select(link="name", name="next", at="to"),
        ]
    )
    links: alt.Chart = (
        plotted(ends)
        .mark_line(color=ground.rule, strokeWidth=1, clip=True)
        .encode(
            x=alt.X("at:Q", axis=None, scale=scale),
            y=alt.Y("name:N", sort=rows["name"].to_list()),
            detail="link:N",
        )
    )
    return links


def _colour(ground: Ground, *, dark: bool) -> pl.Expr:
    good, bad = (MARKS[one].colour(dark=dark) for one in (Status.MET, Status.MISSED))
    return (
        pl.when(pl.col("good").is_null())
        .then(pl.lit(ground.prior))
        .when("good")
        .then(pl.lit(good))
        .otherwise(pl.lit(bad))
    )
