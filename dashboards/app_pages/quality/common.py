"""What several sections of the data-quality page show alike: units as links, downloads, bars by unit."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Final

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages import exporting
from dashboards.app_pages.desk import desk
from dashboards.charts.bars import BARS, bars
from dashboards.charts.theme import specification
from dashboards.units import BankUnit

SHOWN_BARS: Final = 12
"""Bars of a picture; the rest is told, and stands in the table."""


def unit_name(unit_id: str | None) -> str:
    """A unit as its readers call it; what is in no tree by its number, nothing by a word."""
    at = desk()
    if unit_id is None:
        return at.say("dq_no_branch")
    known = at.month.units.by_id.get(unit_id)
    return known.name(at.language) if known else unit_id


def unit_link(unit: BankUnit | None, **more: str) -> str:
    """A unit leading to its own data quality; the rest as a word, as ready HTML."""
    at = desk()
    if unit is None:
        title = escape(at.say("dq_rest_title"))
        return f'<span title="{title}">{escape(at.say("dq_rest"))}</span>'
    name = markup.linked(unit.name(at.language), at.quality_link(unit.unit_id, **more))
    return f"{name} <span aria-hidden='true'>›</span>"


def download(name: str, rows: int, data: Callable[[], bytes]) -> None:
    """The button that gives all rows as a file; they are written only when it is pressed."""
    at = desk()
    exporting.table_file(
        at.say("dq_download", count=at.form.count(rows)),
        data,
        name=f"{name}_{at.month.as_of:%Y-%m-%d}_v{at.month.version}.csv",
        key=f"download_{name}",
    )


def show_bars(lines: Sequence[Mapping[str, object]], title: str, alt: str) -> None:
    """Bars of the units that have most, with the same numbers in words for those who cannot see them.

    Args:
        lines: rows of `charts.bars.BARS`, the largest first.
        title: what is drawn.
        alt: key of the sentence that tells it, with a blank for the parts.
    """
    at = desk()
    if not lines:
        return
    shown = pl.DataFrame(lines[:SHOWN_BARS], schema=BARS)
    comma = at.language.pick("; ", "；")
    told = comma.join(f"{row['name']} {row['printed']}" for row in shown.to_dicts())
    st.header(title, anchor=False)
    chart = bars(shown, at.style.ground, description=at.say(alt, parts=told))
    st.vega_lite_chart(specification(chart), theme=None)
    if len(lines) > SHOWN_BARS:
        st.caption(at.say("dq_more_units", count=len(lines) - SHOWN_BARS))
