"""Choosing the figure whose loans are listed: every figure of the unit, a step from its list."""

from html import escape
from typing import Final

import streamlit as st

from dashboards import markup, ordering, scorecard
from dashboards.app_pages import address, figures, readings
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts.asked import Asked
from dashboards.figure.subject import reading_name
from dashboards.listing import Column, table
from dashboards.units import BankUnit

_OF_LIST: Final = ("rule", "page")
"""What is asked about a list, and means nothing beside another."""


def show(unit: BankUnit) -> None:
    """The figures of the family asked for; what cannot be computed is said below."""
    at = desk()
    st.html(markup.message(at.say("ln_choose")))
    with st.container(width=330):
        figures.family_choice([unit])
    shown = figures.shown_metrics([unit])
    rows = ordering.given_first(readings.cards([unit], shown)[unit.unit_id])
    given = [row for row in rows if not row.reason]
    columns = [
        Column(at.say("measure"), width="46%"),
        Column(at.say("value"), number=True, width="16%"),
        Column(at.say("status"), tight=True, width="18%"),
        Column(at.say("gap")),
    ]
    cells = [
        [
            markup.linked(row.name, at.loans_link(unit.unit_id, row.metric_id))
            + ' <span aria-hidden="true">›</span>'
            + (f" <small>{escape(row.reading_text)}</small>" if row.reading_text else ""),
            escape(row.value_text),
            markup.marked(row.status, row.status_glyph, row.status_word),
            escape(row.gap_text),
        ]
        for row in given
    ]
    if cells:
        st.html(table(columns, cells, caption=at.say("ln_choose_list")))
    else:
        st.info(markup.plain(at.say("family_empty", branch=unit.name(at.language))))
    figures.show_missing(rows)


def controls(of: Asked) -> None:
    """Which figure, and which of its readings: both hold for the whole page."""
    at = desk()
    by_id = at.catalogue.metrics
    names = [one.name for one in of.metric.readings]
    if len(names) > 1:
        address.choice(
            "reading",
            at.say("mt_reading"),
            names,
            lambda name: at.say("mt_reading_is", name=reading_name(name, at.language)),
            of.reading,
            bare=True,
            drops=_OF_LIST,
        )
    address.choice(
        "metric",
        at.say("metric"),
        [one.metric_id for one in ordering.in_order(at.catalogue)],
        lambda name: scorecard.short_name(by_id[name], at.language),
        of.metric.metric_id,
        bare=True,
        drops=(*_OF_LIST, "reading", "slice", "member", "side", "show"),
    )
