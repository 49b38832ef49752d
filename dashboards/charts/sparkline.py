"""Thirteen months in a word's space: the line, its last point, and the same month last year."""

from collections.abc import Mapping
from typing import Final

import altair as alt
import polars as pl

from dashboards.charts.theme import dressed, layered, plotted
from dashboards.palette import Ground

HISTORY: Final[Mapping[str, type[pl.DataType]]] = {"as_of": pl.Date, "value": pl.Float64}
"""A row a month, oldest first; a month without a value breaks the line."""

_HEIGHT: Final = 26


def sparkline(
    frame: pl.DataFrame, ground: Ground, *, description: str, width: int = 84
) -> alt.LayerChart:
    """The history of one figure.

    Args:
        frame: rows of `HISTORY`.
        ground: the colours of the theme.
        description: the text alternative.
        width: in pixels.
    """
    points = frame.select(*HISTORY)
    x = alt.X("as_of:T", axis=None, scale=alt.Scale(padding=5))
    y = alt.Y("value:Q", axis=None, scale=alt.Scale(zero=False, padding=5, nice=False))
    line = plotted(points).mark_line(color=ground.prior, strokeWidth=1.5).encode(x=x, y=y)
    first = (
        plotted(points.head(1).drop_nulls("value"))
        .mark_point(size=26, filled=False, color=ground.prior, fill=ground.page, strokeWidth=1.5)
        .encode(x=x, y=y)
    )
    last = (
        plotted(points.tail(1).drop_nulls("value"))
        .mark_point(size=34, filled=True, color=ground.ink, opacity=1)
        .encode(x=x, y=y)
    )
    chart = layered([line, first, last], width=width, height=_HEIGHT)
    return dressed(chart, ground, description=description)
