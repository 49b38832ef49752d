"""The one look of all charts: system fonts, no frames, thin rules, greys of the ground they stand on.

Applied chart by chart, not by switching a global theme: one server draws for light and dark readers at
the same time. Colours belong in `palette`.
"""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import polars as pl
from altair.utils import schemapi

from dashboards.palette import Ground

# Else Altair asks a schema of each piece while it is put together, which takes most of the time; the charts
# are asked in tests.
schemapi.disable_debug_mode()

FONTS: Final = (
    "'Segoe UI', 'Helvetica Neue', Arial, 'Microsoft YaHei', 'PingFang SC', 'Noto Sans CJK SC', "
    "'Noto Sans SC', sans-serif"
)
"""System fonts with Chinese ones among them; nothing is fetched."""


def plotted(frame: pl.DataFrame) -> alt.Chart:
    """A chart on a small frame, its rows written into the specification."""
    rows = frame.with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()
    # Altair copies lists with all that is in them whenever charts are put together; tuples it leaves alone.
    return alt.Chart(alt.Data(values=tuple(rows)))


def layered(
    layers: Sequence[alt.Chart], *, height: int, width: int | None = None
) -> alt.LayerChart:
    """Charts on top of each other, the first at the back; of a given width they have no padding."""
    chart = alt.layer(*layers)
    # Set where it stands: each of Altair's methods would copy the chart first.
    chart.height = height
    if width is not None:
        chart.width, chart.padding = width, 0
    assert isinstance(chart, alt.LayerChart)  # noqa: S101 - none of the layers is a facet
    return chart


def dressed(chart: alt.LayerChart, ground: Ground, *, description: str) -> alt.LayerChart:
    """The chart in the product's look, with its text alternative."""
    label = {"labelColor": ground.quiet, "labelFontSize": 12, "titleColor": ground.quiet}
    own: alt.LayerChart = chart.copy(deep=False)
    own.description, own.background = description, "transparent"
    own.config = alt.Config(
        font=FONTS,
        view=alt.ViewConfig(stroke=None),
        axis=alt.AxisConfig(
            **label,
            titleFontSize=12,
            titleFontWeight="normal",
            domainColor=ground.rule,
            tickColor=ground.rule,
            gridColor=ground.rule,
        ),
        text=alt.MarkConfig(color=ground.ink, fontSize=12),
    )
    return own


def specification(chart: alt.LayerChart) -> dict[str, Any]:
    """The chart as Vega-Lite, as a page shows it: the page says how wide it is.

    That our charts are valid is a matter of tests, not of every reader's visit.
    """
    drawn: dict[str, Any] = chart.to_dict(validate=False)
    for name in ("continuousWidth", "continuousHeight"):
        drawn["config"]["view"].pop(name, None)
    return drawn


def value_axis(title: str, *, from_zero: bool = False) -> alt.Y:
    """The axis of values over time, with its unit above it; from zero only where bars or areas ask for it."""
    return alt.Y(
        "value:Q",
        title=title,
        scale=alt.Scale(zero=True) if from_zero else alt.Scale(zero=False, padding=14),
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
