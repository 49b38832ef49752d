"""A list of bars: one amount or share a unit, the largest first, its number at the end of the bar."""

from collections.abc import Mapping
from typing import Final

import altair as alt
import polars as pl

from dashboards.charts.theme import dressed, layered, plotted
from dashboards.palette import Ground

BARS: Final[Mapping[str, type[pl.DataType]]] = {
    "name": pl.String,
    "value": pl.Float64,
    "printed": pl.String,
}
"""A row a unit in the order shown, each name once; floats place marks, texts are printed from decimals."""

_ROW: Final = 24
_NAMES: Final = 210
_BEYOND: Final = 1.15


def bars(frame: pl.DataFrame, ground: Ground, *, description: str) -> alt.LayerChart:
    """The list of bars, each from zero.

    Args:
        frame: rows of `BARS`.
        ground: the colours of the theme.
        description: the text alternative.
    """
    rows = frame.select(*BARS)
    y = alt.Y(
        "name:N",
        sort=None,
        title=None,
        axis=alt.Axis(domain=False, ticks=False, labelLimit=_NAMES, labelPadding=6),
    )
    # Room for the number at the end of the longest bar.
    end = max([*rows["value"], 0.0]) * _BEYOND or 1.0
    x = alt.X("value:Q", axis=None, scale=alt.Scale(domain=[0, end], nice=False))
    tooltip = [alt.Tooltip("name:N", title=" "), alt.Tooltip("printed:N", title=" ")]
    drawn = plotted(rows).mark_bar(height=12, color=ground.prior).encode(x=x, y=y, tooltip=tooltip)
    told = (
        plotted(rows)
        .mark_text(align="left", dx=6, color=ground.ink)
        .encode(x=x, y=y, text=alt.Text("printed:N"))
    )
    chart = layered([drawn, told], height=_ROW * max(rows.height, 1))
    return dressed(chart, ground, description=description)
