"""The address that somebody wanted before signing in: a link from a mail still leads where it points.

The provider sends everybody back to the first page. What was wanted is kept on the server meanwhile, under
the browser; whether it may be seen is decided anew on arrival.
"""

import time
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import streamlit as st

from dashboards.app_pages import browser

_PATIENCE: Final = 15 * 60
"""Seconds that signing in may take."""
_MOST: Final = 1000
_LONGEST: Final = 2000
_HERE: Final = Path(__file__).parent


@st.cache_resource(show_spinner=False)
def _wanted() -> dict[str, tuple[float, str, dict[str, str]]]:
    """By browser: when, the page and its parameters; of this server."""
    return {}


def keep() -> None:
    """Remember where this browser wanted to go, unless it is the bare first page."""
    own, url = browser.token(), st.context.url
    page = urlsplit(url if isinstance(url, str) else "").path.rstrip("/").rpartition("/")[2]
    asked = st.query_params.to_dict()
    length = sum(len(name) + len(value) for name, value in asked.items())
    if own is None or length > _LONGEST or not (page or asked):
        return
    wanted = _wanted()
    while len(wanted) >= _MOST:
        wanted.pop(next(iter(wanted)), None)
    wanted[own] = (time.monotonic(), page, asked)


def go() -> None:
    """Lead who has just signed in where they wanted to go, once."""
    own = browser.token()
    kept = None if own is None else _wanted().pop(own, None)
    if kept is None:
        return
    since, page, asked = kept
    script = _HERE / f"{page.replace('-', '_') or 'overview'}.py"
    if time.monotonic() - since > _PATIENCE or st.query_params or script.parent != _HERE:
        return
    if script.is_file():
        st.switch_page(script, query_params=asked)
