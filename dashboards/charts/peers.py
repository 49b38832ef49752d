"""Peers on one line: light dots for others, a dark one for one's own, ticks at median and quartiles.

Not a league table: where one stands among many is seen, and who the others are is not asked. Which dots
may be drawn, and with which names, is decided before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import altair as alt
import polars as pl

from dashboards.charts.theme import dressed, layered, plotted
from dashboards.palette import Ground

PEERS: Final[Mapping[str, type[pl.DataType]]] = {
    "value": pl.Float64,
    "own": pl.Boolean,
    "name": pl.String,
    "printed": pl.String,
}
"""A dot a branch, values in the unit of the axis; `name` is empty for a branch that may not be named."""

MARKS: Final[Mapping[str, type[pl.DataType]]] = {
    "value": pl.Float64,
    "label": pl.String,
    "middle": pl.Boolean,
}
"""A tick a mark: median and quartiles; the median bears its label."""

_HEIGHT: Final = 110
_LINE: Final = 52
_TICK: Final = 34


@dataclass(frozen=True)
class PeerWords:
    """What the tooltip names."""

    branch: str
    value: str
    other: str
    """What stands for a branch that may not be named."""


def strip(
    dots: pl.DataFrame,
    marks: pl.DataFrame,
    ground: Ground,
    *,
    axis_title: str,
    words: PeerWords,
    description: str,
) -> alt.LayerChart:
    """The strip of one group.

    Args:
        dots: rows of `PEERS`.
        marks: rows of `MARKS`; empty where they are withheld.
        ground: the colours of the theme.
        axis_title: the unit.
        words: for its tooltip.
        description: the text alternative.
    """
    named = dots.select(*PEERS).with_columns(
        name=pl.when(pl.col("name") == "").then(pl.lit(words.other)).otherwise("name")
    )
    x = alt.X(
        "value:Q",
        title=axis_title,
        scale=alt.Scale(zero=False, padding=24),
        axis=alt.Axis(tickCount=6, format=",.2~f", grid=False, domain=True),
    )
    y = alt.YValue(_LINE)
    tooltip = [
        alt.Tooltip("name:N", title=words.branch),
        alt.Tooltip("printed:N", title=words.value),
    ]
    layers: list[alt.Chart] = []
    if marks.height:
        ticks = marks.select(*MARKS)
        layers += [
            plotted(ticks.filter(~pl.col("middle")))
            .mark_tick(orient="vertical", size=_TICK, thickness=1.5, color=ground.quiet)
            .encode(x=x, y=y),
            plotted(ticks.filter("middle"))
            .mark_tick(orient="vertical", size=_TICK + 14, thickness=2.5, color=ground.ink)
            .encode(x=x, y=y),
            plotted(ticks.filter("middle"))
            .mark_text(color=ground.quiet, baseline="bottom")
            .encode(x=x, y=alt.YValue(_LINE + _TICK + 8), text=alt.Text("label:N")),
        ]
    layers += [
        plotted(named.filter(~pl.col("own")))
        .mark_point(
            size=85,
            filled=True,
            color=ground.bands[0],
            opacity=0.9,
            stroke=ground.quiet,
            strokeWidth=0.8,
        )
        .encode(x=x, y=y, tooltip=tooltip),
        plotted(named.filter("own"))
        .mark_point(size=150, filled=True, color=ground.ink, opacity=1)
        .encode(x=x, y=y, tooltip=tooltip),
        plotted(
            named.filter("own").with_columns(
                label=pl.format("{} {}", pl.col("name"), pl.col("printed"))
            )
        )
        .mark_text(color=ground.ink, fontWeight="bold", fontSize=13)
        .encode(x=x, y=alt.YValue(_LINE - _TICK + 4), text=alt.Text("label:N")),
    ]
    chart = layered(layers, height=_HEIGHT)
    return dressed(chart, ground, description=description)
