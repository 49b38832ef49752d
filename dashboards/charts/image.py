"""Pictures for tables and paper: charts as SVG, and the frame of what is written as SVG at once."""

import base64
from collections.abc import Sequence
from html import escape

import altair as alt
import vl_convert


def svg(chart: alt.LayerChart) -> str:
    """The chart as SVG."""
    text: str = vl_convert.vegalite_to_svg(chart.to_dict(validate=False))
    return text


def picture(marks: Sequence[str], *, width: int, height: int, description: str) -> str:
    """Marks as one SVG; what lies beyond its edges is cut off.

    Args:
        marks: elements of SVG, the first at the back.
        width: in pixels.
        height: in pixels.
        description: the text alternative.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{escape(description)}">'
        f"{''.join(marks)}</svg>"
    )


def number(value: float) -> str:
    """A place or size in a picture: hundredths of a pixel are more than anybody sees."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def data_uri(drawn: str) -> str:
    """An SVG as the address of an image, so that it stands within a page and loads nothing."""
    packed = base64.b64encode(drawn.encode()).decode("ascii")
    return f"data:image/svg+xml;base64,{packed}"
