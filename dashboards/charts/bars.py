"""A list of bars: one amount or share a unit, the largest first, its number at the end of the bar."""

from collections.abc import Mapping
from typing import Final, Literal

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
_ROOM: Final = 0.15


def bars(
    frame: pl.DataFrame,
    ground: Ground,
    *,
    description: str,
    span: tuple[float, float] | None = None,
) -> alt.LayerChart:
    """The list of bars, each from zero.

    Args:
        frame: rows of `BARS`.
        ground: the colours of the theme.
        description: the text alternative.
        span: the least and the largest value of several lists that are read beside each other.
    """
    rows = frame.select(*BARS)
    y = alt.Y(
        "name:N",
        sort=None,
        title=None,
        axis=alt.Axis(domain=False, ticks=False, labelLimit=_NAMES, labelPadding=6),
    )
    # Room for the number at the end of the longest bar, on either side of zero.
    values = [*rows["value"], *(span or ()), 0.0]
    lowest, highest = min(values), max(values)
    room = (highest - lowest) * _ROOM
    low, high = (lowest - room if lowest < 0 else 0), (highest + room if highest > 0 else 0)
    scale = alt.Scale(domain=[low, high] if low < high else [0, 1], nice=False)
    x = alt.X("value:Q", axis=None, scale=scale)
    tooltip = [alt.Tooltip("name:N", title=" "), alt.Tooltip("printed:N", title=" ")]
    drawn = plotted(rows).mark_bar(height=12, color=ground.prior).encode(x=x, y=y, tooltip=tooltip)
    told = [
        plotted(part)
        .mark_text(align=side, dx=6 if side == "left" else -6, color=ground.ink)
        .encode(x=x, y=y, text=alt.Text("printed:N"))
        for part, side in _ends(rows)
    ]
    chart = layered([drawn, *told], height=_ROW * max(rows.height, 1))
    return dressed(chart, ground, description=description)


def _ends(rows: pl.DataFrame) -> list[tuple[pl.DataFrame, Literal["left", "right"]]]:
    """On which side of its end a bar's number begins: beyond it, whichever way the bar goes."""
    beyond: tuple[tuple[pl.DataFrame, Literal["left", "right"]], ...] = (
        (rows.filter(pl.col("value") >= 0), "left"),
        (rows.filter(pl.col("value") < 0), "right"),
    )
    return [(part, side) for part, side in beyond if part.height]
