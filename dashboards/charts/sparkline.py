"""Thirteen months in a word's space: the line, its last point, and the same month last year.

Written as SVG at once, like the bullet beside it.
"""

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Final

from dashboards.charts.image import number, picture
from dashboards.palette import Ground

_HEIGHT: Final = 26
_PADDING: Final = 5
_FIRST, _LAST = 2.55, 2.915
"""Radius of the first point and of the last."""

Months = Sequence[tuple[date, float | None]]
"""A pair a month, oldest first; a month without a value breaks the line."""


def sparkline(months: Months, ground: Ground, *, description: str, width: int = 84) -> str:
    """The history of one figure, as SVG.

    Args:
        months: what it shows.
        ground: the colours of the theme.
        description: the text alternative.
        width: in pixels.
    """
    places = _places(months, width)
    drawn = [
        "M" + "L".join(f"{number(x)},{number(y)}" for x, y in run)
        for has_value, found in groupby(places, key=lambda place: place is not None)
        if has_value and len(run := [place for place in found if place is not None]) > 1
    ]
    marks: list[str] = []
    if drawn:
        line = f'fill="none" stroke="{ground.prior}" stroke-width="1.5"'
        marks.append(f'<path d="{"".join(drawn)}" {line}/>')
    if places and places[0] is not None:
        ring = f'fill="{ground.page}" stroke="{ground.prior}" stroke-width="1.5" opacity="0.7"'
        marks.append(_point(places[0], _FIRST, ring))
    if places and places[-1] is not None:
        marks.append(_point(places[-1], _LAST, f'fill="{ground.ink}"'))
    return picture(marks, width=width, height=_HEIGHT, description=description)


def _places(months: Months, width: int) -> list[tuple[float, float] | None]:
    """Where each month lies; a value that never changes lies in the middle."""
    values = [value for _, value in months if value is not None]
    low, high = min(values, default=0.0), max(values, default=0.0)
    first, last = months[0][0].toordinal(), months[-1][0].toordinal()
    across, up = width - 2 * _PADDING, _HEIGHT - 2 * _PADDING
    return [
        None
        if value is None
        else (
            _PADDING + across * _share(day.toordinal(), first, last),
            _HEIGHT - _PADDING - up * _share(value, low, high),
        )
        for day, value in months
    ]


def _share(value: float, low: float, high: float) -> float:
    return (value - low) / (high - low) if high > low else 0.5


def _point(place: tuple[float, float], radius: float, look: str) -> str:
    x, y = place
    return f'<circle cx="{number(x)}" cy="{number(y)}" r="{radius}" {look}/>'
