"""Status words, glyphs and colours, and the greys of charts, for light and dark backgrounds.

Colour never stands alone: every status has a glyph and a word. Blue is favourable, dark crimson is
unfavourable, everything unremarkable stays grey. Which status a figure has belongs in
`transforms.scorecards`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dashboards.i18n import Language
from transforms.catalogue.model import Better
from transforms.scorecards import Status


@dataclass(frozen=True)
class Mark:
    """How a status is shown: a glyph, a word, a colour on light and on dark ground."""

    glyph: str
    en: str
    zh: str
    light: str
    dark: str

    def word(self, language: Language) -> str:
        """The status in words."""
        return language.pick(self.en, self.zh)

    def colour(self, *, dark: bool) -> str:
        """The colour of glyph and word."""
        return self.dark if dark else self.light


_GOOD: Final = ("#1D5FA8", "#6FB1FF")
_CLOSE: Final = ("#A86200", "#F0B840")
_BAD: Final = ("#8E1B3B", "#E85D75")
_GREY: Final = ("#6B7280", "#E3E6EA")

MARKS: Final[Mapping[Status, Mark]] = MappingProxyType(
    {
        Status.MET: Mark("●", "met", "达标", *_GOOD),
        Status.NEAR: Mark("▲", "near", "临近", *_CLOSE),
        Status.MISSED: Mark("■", "missed", "未达标", *_BAD),
        Status.WITHIN: Mark("●", "within", "容忍度内", *_GOOD),
        Status.EXCEEDED: Mark("■", "exceeded", "超容忍度", *_BAD),
        Status.NO_TARGET: Mark("–", "no target", "无目标", *_GREY),
        Status.NOT_COMPARABLE: Mark("○", "not comparable", "不可比", *_GREY),
        Status.NOT_APPLICABLE: Mark("○", "not applicable", "不适用", *_GREY),
    }
)
"""How each status is shown."""

READ: Final = Mark("–", "not judged", "不评判", *_GREY)
"""How a figure is shown that points neither way: it is read, whatever target stands beside it."""


def mark_of(status: Status, better: Better) -> Mark:
    """How a figure of that status and direction is shown."""
    if status is Status.NO_TARGET and better in {Better.NEUTRAL, Better.BAND}:
        return READ
    return MARKS[status]


QUALITY_GLYPH: Final = "◔"
"""Marks a figure that is not final."""


@dataclass(frozen=True)
class Ground:
    """The neutral colours of one theme.

    Attributes:
        page: the background.
        ink: text, bars and lines.
        quiet: secondary text.
        rule: thin lines.
        faint: the line under a link.
        bands: qualitative ranges of a bullet, worst first.
        prior: the mark of the period compared with.
    """

    page: str
    ink: str
    quiet: str
    rule: str
    faint: str
    bands: tuple[str, str, str]
    prior: str


LIGHT: Final = Ground(
    page="#FFFFFF",
    ink="#1B2430",
    quiet="#5B6472",
    rule="#DDE2E8",
    faint="#9AA3AF",
    bands=("#C3C9D1", "#DADFE5", "#EDF0F3"),
    prior="#5B6472",
)
DARK: Final = Ground(
    page="#0E1117",
    ink="#E3E6EA",
    quiet="#A3ACB8",
    rule="#303845",
    faint="#6B7583",
    bands=("#4B5462", "#38404C", "#272E38"),
    prior="#A3ACB8",
)


def ground(*, dark: bool) -> Ground:
    """The neutral colours of a theme."""
    return DARK if dark else LIGHT


def _channel(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB`, as WCAG 2.2 defines it."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.2126 * _channel(red) + 0.7152 * _channel(green) + 0.0722 * _channel(blue)


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 (none) to 21 (black on white), as WCAG 2.2 defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)
