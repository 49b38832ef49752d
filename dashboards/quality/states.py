"""How a step stands on the data-quality page: a glyph, a word and a colour, never colour alone."""

from enum import StrEnum
from html import escape


class Standing(StrEnum):
    """How one step of a unit stands; what is worse ranks higher."""

    GOOD = "good"
    OPEN = "open"
    """Nothing to judge."""
    WATCH = "watch"
    BAD = "bad"

    @property
    def glyph(self) -> str:
        """The shape that tells it apart without colour."""
        return {"good": "●", "open": "○", "watch": "▲", "bad": "■"}[self.value]

    @property
    def gravity(self) -> int:
        """0 where nothing has to be done."""
        return {"good": 0, "open": 0, "watch": 1, "bad": 2}[self.value]


def mark(standing: Standing, text: str, href: str = "", title: str = "") -> str:
    """Glyph and words of a standing as ready HTML, leading somewhere if there is somewhere to go."""
    words = f"<b>{escape(text)}</b>"
    if href:
        words = f'<a href="{escape(href)}" target="_self">{words}</a>'
    hint = f' title="{escape(title)}"' if title else ""
    return (
        f'<span class="bm-state bm-{standing.value}"{hint}>'
        f'<span aria-hidden="true">{standing.glyph}</span> {words}</span>'
    )


SEVERITIES = {"critical": Standing.BAD, "error": Standing.BAD, "warning": Standing.WATCH}
"""How a finding of a severity stands, the gravest first."""
