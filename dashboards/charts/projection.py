"""A figure carried on: months as they were, a dotted path to the period's end, the range as a band.

The band opens from today to the range at the end; without a range there is none, and the end says so.
The target is a step that keeps its earlier heights.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import altair as alt
import polars as pl

from dashboards.charts.theme import dressed, layered, plotted, value_axis
from dashboards.palette import Ground

PATH: Final[Mapping[str, type[pl.DataType]]] = {
    "month": pl.String,
    "value": pl.Float64,
    "target": pl.Float64,
    "printed": pl.String,
}
"""A row a month from the first drawn to the period's end; months ahead have no value, the last a target."""

_HEIGHT: Final = 240


@dataclass(frozen=True)
class End:
    """Where the path ends, and what is written there.

    Attributes:
        month: the end of the period, as its `month` text.
        value: projected, in the unit of the axis.
        low: the lower end of the range; none without one.
        high: the upper end.
        printed: the projected value.
        printed_range: the range, or why there is none.
        method: the method's name.
    """

    month: str
    value: float
    low: float | None
    high: float | None
    printed: str
    printed_range: str
    method: str


@dataclass(frozen=True)
class PathWords:
    """What labels and tooltip name."""

    month: str
    value: str
    target: str
    projected: str
    range: str


def path(
    months: pl.DataFrame,
    end: End,
    ground: Ground,
    *,
    axis_title: str,
    words: PathWords,
    description: str,
) -> alt.LayerChart:
    """The path of one figure to the end of its period.

    Args:
        months: rows of `PATH`, oldest first.
        end: where it ends.
        ground: the colours of the theme.
        axis_title: the unit.
        words: for labels and tooltip.
        description: the text alternative.
    """
    rows = months.select(*PATH)
    known = rows.drop_nulls("value")
    x = alt.X(
        "month:O",
        title=None,
        sort=None,
        scale=alt.Scale(domain=rows["month"].to_list(), paddingOuter=0.4),
        axis=alt.Axis(labelAngle=0, ticks=False, labelPadding=8, labelOverlap=True),
    )
    y = value_axis(axis_title)
    layers: list[alt.Chart] = []
    if known.height:
        last = known.row(-1, named=True)
        ahead = pl.DataFrame(
            {
                "month": [last["month"], end.month],
                "value": [last["value"], end.value],
                "low": [last["value"], end.low],
                "high": [last["value"], end.high],
            }
        )
        if end.low is not None and end.high is not None:
            layers.append(
                plotted(ahead)
                .mark_area(color=ground.bands[1], opacity=0.8)
                .encode(x=x, y=alt.Y("low:Q", title=axis_title), y2="high:Q")
            )
        layers.append(
            plotted(ahead)
            .mark_line(color=ground.ink, strokeWidth=2, strokeDash=[2, 4])
            .encode(x=x, y=y)
        )
    layers += _target(rows, x, ground, words.target)
    layers += [
        plotted(known).mark_line(color=ground.ink, strokeWidth=2).encode(x=x, y=y),
        plotted(known)
        .mark_point(size=36, filled=True, color=ground.ink, opacity=1)
        .encode(
            x=x,
            y=y,
            tooltip=[
                alt.Tooltip("month:O", title=words.month),
                alt.Tooltip("printed:N", title=words.value),
            ],
        ),
    ]
    final = pl.DataFrame(
        {
            "month": [end.month],
            "value": [end.value],
            "printed": [end.printed],
            "range": [end.printed_range],
            "method": [end.method],
            "told": [end.method if end.low is not None else f"{end.method}; {end.printed_range}"],
        }
    )
    tooltip = [
        alt.Tooltip("month:O", title=words.month),
        alt.Tooltip("printed:N", title=words.projected),
        alt.Tooltip("range:N", title=words.range),
        alt.Tooltip("method:N", title=words.projected),
    ]
    layers += [
        plotted(final)
        .mark_point(
            size=80, filled=True, fill=ground.page, stroke=ground.ink, strokeWidth=2, opacity=1
        )
        .encode(x=x, y=y, tooltip=tooltip),
        plotted(final)
        .mark_text(dy=-16, fontWeight="bold", fontSize=13, color=ground.ink)
        .encode(x=x, y=y, text="printed:N"),
        plotted(final)
        .mark_text(dy=18, color=ground.quiet, align="right", dx=14)
        .encode(x=x, y=y, text="told:N"),
    ]
    return dressed(layered(layers, height=_HEIGHT), ground, description=description)


def _target(rows: pl.DataFrame, x: alt.X, ground: Ground, word: str) -> list[alt.Chart]:
    held = rows.drop_nulls("target")
    if held.is_empty():
        return []
    step = (
        plotted(rows)
        .mark_line(interpolate="step", color=ground.quiet, strokeWidth=1.5, strokeDash=[5, 4])
        .encode(x=x, y="target:Q")
    )
    first = held.row(0, named=True)
    below = first["value"] is not None and first["value"] > first["target"]
    label = (
        plotted(held.head(1))
        .mark_text(dy=11 if below else -9, align="left", dx=-8, color=ground.quiet)
        .encode(x=x, y="target:Q", text=alt.value(word))
    )
    return [step, label]
