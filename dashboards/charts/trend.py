"""The trend of one metric: months along, the target as a step that keeps its earlier heights."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import altair as alt
import polars as pl

from dashboards.charts.theme import dressed, layered, plotted, value_axis
from dashboards.palette import Ground

TREND: Final[Mapping[str, type[pl.DataType]]] = {
    "as_of": pl.Date,
    "month": pl.String,
    "value": pl.Float64,
    "target": pl.Float64,
    "printed": pl.String,
    "printed_target": pl.String,
    "doubt": pl.String,
}
"""A row a month, values in the unit of the axis; the printed texts stand in tooltip and labels.

`doubt` says what keeps the month's value from being final; it is empty for a final one.
"""

_HEIGHT: Final = 240


@dataclass(frozen=True)
class TrendWords:
    """The words of a trend: what its tooltip names, and the glyph of a value that is not final."""

    month: str
    value: str
    target: str
    quality: str
    glyph: str


def trend(
    frame: pl.DataFrame,
    ground: Ground,
    *,
    axis_title: str,
    words: TrendWords,
    description: str,
    compared: str | None = None,
) -> alt.LayerChart:
    """The trend of one figure.

    Args:
        frame: rows of `TREND`, oldest first.
        ground: the colours of the theme.
        axis_title: the unit.
        words: for its tooltip and labels.
        description: the text alternative.
        compared: the month compared with, as its `month` text; gets a hollow mark.
    """
    points = frame.select(*TREND).with_columns(
        label=pl.when(pl.col("doubt") == "")
        .then("printed")
        .otherwise(pl.format("{} {}", "printed", pl.lit(words.glyph)))
    )
    x = alt.X(
        "month:O",
        sort=None,
        title=None,
        scale=alt.Scale(paddingOuter=0.4),
        axis=alt.Axis(labelAngle=0, ticks=False, labelPadding=8, labelOverlap=True),
    )
    y = value_axis(axis_title)
    tooltip = [
        alt.Tooltip("month:O", title=words.month),
        alt.Tooltip("printed:N", title=words.value),
        alt.Tooltip("printed_target:N", title=words.target),
    ]
    if (points["doubt"] != "").any():
        tooltip.append(alt.Tooltip("doubt:N", title=words.quality))
    line = plotted(points).mark_line(color=ground.ink, strokeWidth=2).encode(x=x, y=y)
    dots = (
        plotted(points.drop_nulls("value"))
        .mark_point(size=42, filled=True, color=ground.ink, opacity=1)
        .encode(x=x, y=y, tooltip=tooltip)
    )
    last = (
        plotted(points.tail(1).drop_nulls("value"))
        .mark_text(dy=-14, fontWeight="bold", color=ground.ink, fontSize=13)
        .encode(x=x, y=y, text="label:N")
    )
    layers: list[alt.Chart] = [*_target(points, x, ground, words.target), line, dots, last]
    doubtful = points.head(-1).drop_nulls("value").filter(pl.col("doubt") != "")
    if doubtful.height:
        layers.append(
            plotted(doubtful)
            .mark_text(dy=-14, color=ground.ink, fontSize=12)
            .encode(x=x, y=y, text=alt.value(words.glyph))
        )
    before = points.filter(pl.col("month") == (compared or "")).drop_nulls("value")
    if before.height:
        layers.append(
            plotted(before)
            .mark_point(
                size=70, filled=True, fill=ground.page, stroke=ground.ink, strokeWidth=2, opacity=1
            )
            .encode(x=x, y=y, tooltip=tooltip)
        )
    chart = layered(layers, height=_HEIGHT)
    return dressed(chart, ground, description=description)


def _target(
    points: pl.DataFrame, x: alt.X, ground: Ground, target_word: str
) -> tuple[alt.Chart, ...]:
    held = points.drop_nulls("target")
    if held.is_empty():
        return ()
    step = (
        plotted(points)
        .mark_line(interpolate="step", color=ground.quiet, strokeWidth=1.5, strokeDash=[5, 4])
        .encode(x=x, y="target:Q")
    )
    first = held.row(0, named=True)
    # On the side where the value is not.
    below = first["value"] is not None and first["value"] > first["target"]
    label = (
        plotted(held.head(1))
        .mark_text(dy=11 if below else -9, align="left", dx=-8, color=ground.quiet)
        .encode(x=x, y="target:Q", text=alt.value(target_word))
    )
    return (step, label)
