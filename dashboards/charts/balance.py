"""A loan's balance over the months as steps: what was owed at each month end, from zero."""

from collections.abc import Mapping
from typing import Final

import altair as alt
import polars as pl

from dashboards.charts.theme import dressed, layered, plotted, value_axis
from dashboards.palette import Ground

BALANCE: Final[Mapping[str, type[pl.DataType]]] = {
    "month": pl.String,
    "value": pl.Float64,
    "printed": pl.String,
}
"""A row a month in order, values in the unit of the axis; the texts are printed from decimals."""

_HEIGHT: Final = 150


def balance(frame: pl.DataFrame, ground: Ground, *, unit: str, description: str) -> alt.LayerChart:
    """The chart.

    Args:
        frame: rows of `BALANCE`.
        ground: the colours of the theme.
        unit: what the axis counts in.
        description: the text alternative.
    """
    rows = frame.select(*BALANCE)
    months = rows["month"].to_list()
    every = max(1, len(months) // 8)
    x = alt.X(
        "month:O",
        sort=months,
        title=None,
        axis=alt.Axis(labelAngle=0, values=months[::-1][::every], ticks=False, labelPadding=6),
    )
    y = value_axis(unit, from_zero=True)
    tooltip = [alt.Tooltip("month:O", title=" "), alt.Tooltip("printed:N", title=" ")]
    line = (
        plotted(rows)
        .mark_line(interpolate="step-after", color=ground.ink, strokeWidth=1.8)
        .encode(x=x, y=y)
    )
    points = (
        plotted(rows)
        .mark_point(filled=True, size=36, color=ground.ink, opacity=1)
        .encode(x=x, y=y, tooltip=tooltip)
    )
    return dressed(layered([line, points], height=_HEIGHT), ground, description=description)
