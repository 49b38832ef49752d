"""Charts as pictures: SVG for tables and paper, the same specification as on screen."""

import base64

import altair as alt
import vl_convert


def svg(chart: alt.LayerChart) -> str:
    """The chart as SVG."""
    text: str = vl_convert.vegalite_to_svg(chart.to_dict())
    return text


def data_uri(picture: str) -> str:
    """An SVG as the address of an image, so that it stands within a page and loads nothing."""
    packed = base64.b64encode(picture.encode()).decode("ascii")
    return f"data:image/svg+xml;base64,{packed}"
