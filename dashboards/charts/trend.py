"""The trend of one figure: months along, the target as a step that keeps its earlier heights.

One notation wherever time is drawn: a solid point is what is known, a hollow one behind it what was first
reported; a triangle above a point marks the month compared with, a diamond below a month that somebody said
something about it; a rule and a break in the line, that the figure means something else from there on; the
dotted path ahead leads to the end of the period, its range a band. Which months these are is said by
`figure.history`; what is read stands in texts printed from decimals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import polars as pl

from dashboards.charts.theme import dressed, layered, plotted, value_axis
from dashboards.palette import Ground

TREND: Final[Mapping[str, type[pl.DataType]]] = {
    "month": pl.String,
    "value": pl.Float64,
    "target": pl.Float64,
    "reported": pl.Float64,
    "printed": pl.String,
    "short": pl.String,
    "printed_target": pl.String,
    "printed_reported": pl.String,
    "doubt": pl.String,
    "said": pl.String,
}
"""A row a month, values in the unit of the axis; the printed texts stand in tooltip and labels,
`short` without the currency, which the axis names.

`reported` is what was first reported, where that was another number. `doubt` says what keeps the month's
value from being final, `said` what somebody said about it; both are empty where there is nothing. Months
ahead have no value.
"""

_HEIGHT: Final = 240
_BASE: Final = 8
_BOTTOM: Final = alt.YValue("height")
"""Of the plot, however much room a page gives it."""


@dataclass(frozen=True)
class TrendWords:
    """The words of a trend: what its tooltip names, and the glyph of a value that is not final."""

    month: str
    value: str
    target: str
    quality: str
    glyph: str
    reported: str = ""
    said: str = ""
    range: str = ""


@dataclass(frozen=True)
class End:
    """Where the path ahead ends, and what is written there.

    Attributes:
        month: the end of the period, as its `month` text.
        value: projected, in the unit of the axis.
        low: the lower end of the range; none without one.
        high: the upper end.
        printed: the projected value, as `short` prints it.
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
class Beside:
    """What is marked beside the points of a trend.

    Attributes:
        compared: the month compared with, as its `month` text; none if it is not to be marked.
        breaks: months from which on the figure means something else, with what changed.
        end: where the path ahead ends; none if there is no path.
    """

    compared: str | None = None
    breaks: tuple[tuple[str, str], ...] = ()
    end: End | None = None


def trend(
    frame: pl.DataFrame,
    ground: Ground,
    *,
    axis_title: str,
    words: TrendWords,
    description: str,
    beside: Beside | None = None,
) -> alt.LayerChart:
    """The trend of one figure.

    Args:
        frame: rows of `TREND`, oldest first.
        ground: the colours of the theme.
        axis_title: the unit.
        words: for its tooltip and labels.
        description: the text alternative.
        beside: what is marked beside the points.
    """
    marked = beside or Beside()
    breaks, end = marked.breaks, marked.end
    points = _labelled(frame.select(*TREND), [month for month, _ in breaks], words)
    known = points.drop_nulls("value")
    x = alt.X(
        "month:O",
        sort=None,
        title=None,
        scale=alt.Scale(domain=points["month"].to_list(), paddingOuter=0.4),
        axis=alt.Axis(
            labelAngle=0, ticks=False, labelPadding=8, labelOverlap=True, labelSeparation=10
        ),
    )
    y = value_axis(axis_title)
    tooltip = _tooltip(points, words)
    layers: list[alt.Chart] = [*_ahead(known, end, x, y, ground), *_breaks(breaks, x, ground)]
    layers += [
        *_target(points, x, ground, words.target),
        plotted(points)
        .mark_line(color=ground.ink, strokeWidth=2)
        .encode(x=x, y=y, detail=alt.Detail("segment:N")),
        *_reported(points, x, ground, tooltip),
        plotted(known)
        .mark_point(size=42, filled=True, color=ground.ink, opacity=1)
        .encode(x=x, y=y, tooltip=tooltip),
        plotted(known.tail(1))
        .mark_text(
            dy=14 if _falls_to(known) else -14, fontWeight="bold", color=ground.ink, fontSize=13
        )
        .encode(x=x, y=y, text=alt.Text("label:N")),
        *_marks(points, known, marked.compared, x, y, ground, words),
        *_end(
            end,
            x,
            y,
            ground,
            words,
            is_high=_is_high(points, end),
            is_above=_is_above_target(points, end),
        ),
    ]
    return dressed(layered(layers, height=_HEIGHT), ground, description=description)


def _labelled(points: pl.DataFrame, breaks: Sequence[str], words: TrendWords) -> pl.DataFrame:
    """Rows with the label of each point, and the stretch of one meaning that it lies in."""
    return points.with_columns(
        label=pl.when(pl.col("doubt") == "")
        .then("short")
        .otherwise(pl.format("{} {}", "short", pl.lit(words.glyph))),
        segment=pl.col("month").is_in(list(breaks)).cast(pl.Int64).cum_sum(),
    )


def _tooltip(points: pl.DataFrame, words: TrendWords) -> list[alt.Tooltip]:
    tooltip = [
        alt.Tooltip("month:O", title=words.month),
        alt.Tooltip("printed:N", title=words.value),
        alt.Tooltip("printed_target:N", title=words.target),
    ]
    if points["reported"].count():
        tooltip.append(alt.Tooltip("printed_reported:N", title=words.reported))
    if (points["doubt"] != "").any():
        tooltip.append(alt.Tooltip("doubt:N", title=words.quality))
    return tooltip


def _ahead(
    known: pl.DataFrame, end: End | None, x: alt.X, y: alt.Y, ground: Ground
) -> list[alt.Chart]:
    """The dotted path from the last known month to the end of the period, and its range."""
    if end is None or known.is_empty():
        return []
    last = known.row(-1, named=True)
    path = pl.DataFrame(
        {
            "month": [last["month"], end.month],
            "value": [last["value"], end.value],
            "low": [last["value"], end.low],
            "high": [last["value"], end.high],
        }
    )
    layers: list[alt.Chart] = []
    if end.low is not None and end.high is not None:
        layers.append(
            plotted(path)
            .mark_area(color=ground.bands[1], opacity=0.8)
            .encode(x=x, y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
        )
    layers.append(
        plotted(path).mark_line(color=ground.ink, strokeWidth=2, strokeDash=[2, 4]).encode(x=x, y=y)
    )
    return layers


def _falls_to(known: pl.DataFrame) -> bool:
    """Whether the line comes to its last point from above, so that its label has room below."""
    steps = known["value"].diff().tail(1).drop_nulls()
    return bool((steps < 0).any())


def _is_high(points: pl.DataFrame, end: End | None) -> bool:
    """Whether the path ends in the upper half of the plot, so that words have room below it."""
    if end is None:
        return True
    ends = [end.value, *(one for one in (end.low, end.high) if one is not None)]
    drawn = [one for name in ("value", "target") for one in points[name].drop_nulls()] + ends
    return end.value >= (min(drawn) + max(drawn)) / 2


def _is_above_target(points: pl.DataFrame, end: End | None) -> bool:
    """Whether the target runs below the end of the path, so that its label has room above it."""
    target = points["target"].drop_nulls().tail(1).to_list()
    return bool(target) and end is not None and end.value >= target[0]


def _end(
    end: End | None,
    x: alt.X,
    y: alt.Y,
    ground: Ground,
    words: TrendWords,
    *,
    is_high: bool,
    is_above: bool,
) -> list[alt.Chart]:
    """The hatched end of the path: where the figure would stand, and by which method.

    The method stands at the edge of the plot that the path does not come near.
    """
    if end is None:
        return []
    final = pl.DataFrame(
        {
            "month": [end.month],
            "value": [end.value],
            "printed": [end.printed],
            "range": [end.printed_range],
            "method": [end.method],
        }
    )
    tooltip = [
        alt.Tooltip("month:O", title=words.month),
        alt.Tooltip("printed:N", title=end.method),
        alt.Tooltip("range:N", title=words.range),
    ]
    mark = (
        plotted(final)
        .mark_point(
            size=80,
            filled=True,
            fill=ground.page,
            stroke=ground.ink,
            strokeWidth=2,
            strokeDash=[2, 2],
            opacity=1,
        )
        .encode(x=x, y=y, tooltip=tooltip)
    )
    told = (
        plotted(final)
        .mark_text(
            dy=-17 if is_above else 17,
            dx=12,
            align="right",
            fontWeight="bold",
            fontSize=13,
            color=ground.quiet,
        )
        .encode(x=x, y=y, text=alt.Text("printed:N"))
    )
    method = (
        plotted(final)
        .mark_text(
            color=ground.quiet,
            align="right",
            baseline="bottom" if is_high else "top",
            dx=14,
            dy=-4 if is_high else 2,
        )
        .encode(x=x, y=_BOTTOM if is_high else alt.YValue(0), text=alt.Text("method:N"))
    )
    return [mark, told, method]


def _breaks(breaks: Sequence[tuple[str, str]], x: alt.X, ground: Ground) -> list[alt.Chart]:
    if not breaks:
        return []
    rows = pl.DataFrame(list(breaks), schema={"month": pl.String, "text": pl.String}, orient="row")
    rule: alt.Chart = (
        plotted(rows)
        .mark_rule(color=ground.quiet, strokeWidth=1)
        .encode(x=x, tooltip=alt.Tooltip("text:N"))
    )
    label: alt.Chart = (
        plotted(rows)
        .mark_text(align="left", baseline="top", dx=4, color=ground.quiet, fontSize=11)
        .encode(x=x, y=alt.YValue(0), text=alt.Text("text:N"))
    )
    return [rule, label]


def _reported(
    points: pl.DataFrame, x: alt.X, ground: Ground, tooltip: list[alt.Tooltip]
) -> list[alt.Chart]:
    """What was first reported, hollow, behind what is known."""
    rows = points.drop_nulls("reported")
    if rows.is_empty():
        return []
    hollow: alt.Chart = (
        plotted(rows)
        .mark_point(
            size=95, filled=True, fill=ground.page, stroke=ground.ink, strokeWidth=1.5, opacity=1
        )
        .encode(x=x, y=alt.Y("reported:Q"), tooltip=tooltip)
    )
    return [hollow]


def _marks(
    points: pl.DataFrame,
    known: pl.DataFrame,
    compared: str | None,
    x: alt.X,
    y: alt.Y,
    ground: Ground,
    words: TrendWords,
) -> list[alt.Chart]:
    """Small marks beside points: not final, compared with, spoken of."""
    layers: list[alt.Chart] = []
    doubtful = known.head(-1).filter(pl.col("doubt") != "")
    if doubtful.height:
        layers.append(
            plotted(doubtful)
            .mark_text(dy=-14, color=ground.ink, fontSize=12)
            .encode(x=x, y=y, text=alt.TextValue(words.glyph))
        )
    before = known.filter(pl.col("month") == (compared or ""))
    if before.height:
        layers.append(
            plotted(before)
            .mark_point(shape="triangle-down", filled=True, size=52, color=ground.prior, opacity=1)
            .encode(x=x, y=y, yOffset=alt.YOffsetValue(-13))
        )
    said = points.filter(pl.col("said") != "")
    if said.height:
        tooltip = [
            alt.Tooltip("month:O", title=words.month),
            alt.Tooltip("said:N", title=words.said),
        ]
        layers.append(
            plotted(said)
            .mark_point(shape="diamond", filled=True, size=60, color=ground.quiet, opacity=1)
            .encode(x=x, y=_BOTTOM, yOffset=alt.YOffsetValue(-_BASE), tooltip=tooltip)
        )
    return layers


def _target(
    points: pl.DataFrame, x: alt.X, ground: Ground, target_word: str
) -> tuple[alt.Chart, ...]:
    held = points.drop_nulls("target")
    if held.is_empty():
        return ()
    step = (
        plotted(points)
        .mark_line(interpolate="step", color=ground.quiet, strokeWidth=1.5, strokeDash=[5, 4])
        .encode(x=x, y=alt.Y("target:Q"))
    )
    first = held.row(0, named=True)
    # On the side where the value is not.
    below = first["value"] is not None and first["value"] > first["target"]
    label = (
        plotted(held.head(1))
        .mark_text(dy=11 if below else -9, align="left", dx=-8, color=ground.quiet)
        .encode(x=x, y=alt.Y("target:Q"), text=alt.TextValue(target_word))
    )
    return (step, label)
