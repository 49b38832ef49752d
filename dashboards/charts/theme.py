"""The one look of all charts: system fonts, no frames, thin rules, greys of the ground they stand on.

Applied chart by chart, not by switching a global theme: one server draws for light and dark readers at
the same time. Colours belong in `palette`.
"""

from collections.abc import Sequence
from typing import Final

import altair as alt
import polars as pl

from dashboards.palette import Ground

FONTS: Final = (
    "'Segoe UI', 'Helvetica Neue', Arial, 'Microsoft YaHei', 'PingFang SC', 'Noto Sans CJK SC', "
    "'Noto Sans SC', sans-serif"
)
"""System fonts with Chinese ones among them; nothing is fetched."""


def plotted(frame: pl.DataFrame) -> alt.Chart:
    """A chart on a small frame, its rows written into the specification."""
    rows = frame.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()
    return alt.Chart(alt.Data(values=rows))


def layered(
    layers: Sequence[alt.Chart], *, height: int, width: int | None = None
) -> alt.LayerChart:
    """Charts on top of each other, the first at the back; of a given width they have no padding."""
    chart = alt.layer(*layers)
    if width is None:
        chart = chart.properties(height=height)
    else:
        chart = chart.properties(height=height, width=width, padding=0)
    assert isinstance(chart, alt.LayerChart)  # noqa: S101 - none of the layers is a facet
    return chart


def dressed(chart: alt.LayerChart, ground: Ground, *, description: str) -> alt.LayerChart:
    """The chart in the product's look, with its text alternative."""
    label = {"labelColor": ground.quiet, "labelFontSize": 12, "titleColor": ground.quiet}
    dressed_chart: alt.LayerChart = (
        chart.properties(description=description, background="transparent")
        .configure(font=FONTS)
        .configure_view(stroke=None)
        .configure_axis(
            **label,
            titleFontSize=12,
            titleFontWeight="normal",
            domainColor=ground.rule,
            tickColor=ground.rule,
            gridColor=ground.rule,
        )
        .configure_text(color=ground.ink, fontSize=12)
    )
    return dressed_chart


def value_axis(title: str) -> alt.Y:
    """The axis of values over time: not from zero, with its unit above it."""
    return alt.Y(
        "value:Q",
        title=title,
        scale=alt.Scale(zero=False, padding=14),
        axis=alt.Axis(
            tickCount=4,
            format=",.2~f",
            domain=False,
            ticks=False,
            titleAngle=0,
            titleAlign="left",
            titleAnchor="end",
            titleX=-4,
            titleY=-12,
            titleBaseline="bottom",
        ),
    )
