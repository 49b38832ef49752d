"""The bullet: one value against its target, on its own scale from zero (Stephen Few's specification).

Dark bar the value, cross line the target, triangle above the band the period compared with. Bands are
darker the worse, run the other way where lower is better, and are one where neither end is.
"""

from collections.abc import Mapping
from typing import Final

import altair as alt
import polars as pl

from dashboards.charts.theme import dressed, layered, plotted
from dashboards.palette import Ground

BULLET: Final[Mapping[str, type[pl.DataType]]] = {
    "value": pl.Float64,
    "target": pl.Float64,
    "near_band": pl.Float64,
    "previous": pl.Float64,
}
"""One row; all but the value may be empty. Floats place marks; texts are printed from decimals."""

_ROOM: Final = 1.12
_HEIGHT: Final = 26


def bullet(
    frame: pl.DataFrame,
    ground: Ground,
    *,
    lower_is_better: bool,
    judged: bool = True,
    description: str,
    width: int = 140,
) -> alt.LayerChart:
    """The bullet of one figure.

    Args:
        frame: one row of `BULLET`.
        ground: the colours of the theme.
        lower_is_better: turns the bands round.
        judged: whether the target parts good from bad; else it is a mark to compare with.
        description: the text alternative.
        width: in pixels.
    """
    row = frame.select(*BULLET).row(0, named=True)
    ends = [row[name] for name in ("value", "target", "previous") if row[name] is not None]
    top = max([*ends, 0.0]) * _ROOM
    bottom = min([*ends, 0.0]) * _ROOM
    if top == bottom:
        top = 1.0
    scale = alt.Scale(domain=[bottom, top], nice=False, zero=False)
    across = alt.X("from:Q", scale=scale, axis=None)
    ranges = (
        _bands(row, bottom, top, ground, lower_is_better=lower_is_better)
        if judged and row["target"] is not None
        else pl.DataFrame({"from": [bottom], "to": [top], "colour": [ground.bands[2]]})
    )
    bands = (
        plotted(ranges)
        .mark_bar(height=18, y=15)
        .encode(x=across, x2="to:Q", color=alt.Color("colour:N", scale=None, legend=None))
    )
    bar = (
        plotted(pl.DataFrame({"from": [0.0], "to": [row["value"]]}))
        .mark_bar(height=7, y=15, color=ground.ink)
        .encode(x=across, x2="to:Q")
    )
    layers: list[alt.Chart] = [bands, bar]
    if row["target"] is not None:
        layers.append(_tick(row["target"], scale, ground.ink))
    if row["previous"] is not None:
        layers.append(
            plotted(pl.DataFrame({"from": [row["previous"]]}))
            .mark_point(
                shape="triangle-down", clip=True, filled=True, size=34, y=2.5, color=ground.prior
            )
            .encode(x=alt.X("from:Q", scale=scale, axis=None))
        )
    chart = layered(layers, width=width, height=_HEIGHT)
    return dressed(chart, ground, description=description)


def _tick(at: float, scale: alt.Scale, colour: str) -> alt.Chart:
    tick: alt.Chart = (
        plotted(pl.DataFrame({"from": [at]}))
        .mark_tick(
            orient="vertical", clip=True, thickness=2.5, size=20, y=15, color=colour, opacity=1
        )
        .encode(x=alt.X("from:Q", scale=scale, axis=None))
    )
    return tick


def _bands(
    row: Mapping[str, float | None],
    bottom: float,
    top: float,
    ground: Ground,
    *,
    lower_is_better: bool,
) -> pl.DataFrame:
    """Qualitative ranges: beyond the band, within it, on the good side of the target."""
    target = row["target"] or 0.0
    near = row["near_band"] or 0.0
    worst, close, good = ground.bands
    if lower_is_better:
        edges, colours = [bottom, target, target + near, top], [good, close, worst]
    else:
        edges, colours = [bottom, target - near, target, top], [worst, close, good]
    edges = [min(max(edge, bottom), top) for edge in edges]
    return pl.DataFrame({"from": edges[:-1], "to": edges[1:], "colour": colours}).filter(
        pl.col("to") > pl.col("from")
    )
