"""The bullet: one value against its target, on its own scale from zero (Stephen Few's specification).

Dark bar the value, cross line the target, triangle above the band the period compared with. Bands are
darker the worse, run the other way where lower is better, and are one where neither end is. A page draws
dozens of them, so they are written as SVG at once, which takes a thousandth of what a general chart does.
"""

from dataclasses import dataclass
from typing import Final

from dashboards.charts.image import number, picture
from dashboards.palette import Ground

_ROOM: Final = 1.12
_HEIGHT: Final = 26
_MIDDLE: Final = 15.0
"""What the marks are drawn around, from the top; the triangle stands above it."""
_BAND: Final = 18.0
_BAR: Final = 7.0
_TICK: Final = (2.5, 20.0)
_TRIANGLE: Final = 2.915, 2.5, 2.525
"""Half its width, where its middle lies, half its height."""


@dataclass(frozen=True)
class Bullet:
    """What a bullet shows. Floats place marks; texts are printed from decimals."""

    value: float
    target: float | None = None
    near_band: float | None = None
    previous: float | None = None


@dataclass(frozen=True)
class Scale:
    """Where values lie across a bullet."""

    bottom: float
    top: float
    width: int

    @classmethod
    def of(cls, shown: Bullet, width: int) -> "Scale":
        """From zero to beyond everything that is shown."""
        ends = [end for end in (shown.value, shown.target, shown.previous) if end is not None]
        top, bottom = max([*ends, 0.0]) * _ROOM, min([*ends, 0.0]) * _ROOM
        return cls(bottom, 1.0 if top == bottom else top, width)

    def at(self, value: float) -> float:
        """How far from the left."""
        return (value - self.bottom) / (self.top - self.bottom) * self.width


def bullet(
    shown: Bullet,
    ground: Ground,
    *,
    lower_is_better: bool,
    judged: bool = True,
    description: str,
    width: int = 140,
) -> str:
    """The bullet of one figure, as SVG.

    Args:
        shown: what it shows.
        ground: the colours of the theme.
        lower_is_better: turns the bands round.
        judged: whether the target parts good from bad; else it is a mark to compare with.
        description: the text alternative.
        width: in pixels.
    """
    scale = Scale.of(shown, width)
    ranges = (
        bands(shown, scale, ground, lower_is_better=lower_is_better)
        if judged and shown.target is not None
        else [(scale.bottom, scale.top, ground.bands[2])]
    )
    marks = [_bar(scale, start, end, _BAND, colour) for start, end, colour in ranges]
    start, end = min(0.0, shown.value), max(0.0, shown.value)
    marks.append(_bar(scale, start, end, _BAR, ground.ink))
    if shown.target is not None:
        wide, high = _TICK
        left = scale.at(shown.target) - wide / 2
        marks.append(_rectangle(left, wide, high, ground.ink))
    if shown.previous is not None:
        marks.append(_triangle(scale.at(shown.previous), ground.prior))
    return picture(marks, width=width, height=_HEIGHT, description=description)


def bands(
    shown: Bullet, scale: Scale, ground: Ground, *, lower_is_better: bool
) -> list[tuple[float, float, str]]:
    """Qualitative ranges as start, end and colour: beyond the band, within it, on the good side."""
    target, near = shown.target or 0.0, shown.near_band or 0.0
    worst, close, good = ground.bands
    if lower_is_better:
        edges, colours = [scale.bottom, target, target + near, scale.top], [good, close, worst]
    else:
        edges, colours = [scale.bottom, target - near, target, scale.top], [worst, close, good]
    edges = [min(max(edge, scale.bottom), scale.top) for edge in edges]
    found = zip(edges[:-1], edges[1:], colours, strict=True)
    return [(start, end, colour) for start, end, colour in found if end > start]


def _bar(scale: Scale, start: float, end: float, height: float, colour: str) -> str:
    left = scale.at(start)
    return _rectangle(left, scale.at(end) - left, height, colour)


def _rectangle(left: float, width: float, height: float, colour: str) -> str:
    top = _MIDDLE - height / 2
    return (
        f'<rect x="{number(left)}" y="{number(top)}" width="{number(width)}" '
        f'height="{number(height)}" fill="{colour}"/>'
    )


def _triangle(across: float, colour: str) -> str:
    half, middle, high = _TRIANGLE
    corners = (
        (across, middle + high),
        (across - half, middle - high),
        (across + half, middle - high),
    )
    points = " ".join(f"{number(x)},{number(y)}" for x, y in corners)
    return f'<polygon points="{points}" fill="{colour}" opacity="0.7"/>'
