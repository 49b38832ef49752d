"""What goes out: the papers that pages make of the unit's month, and the head that each of them bears."""

from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages import strip
from dashboards.app_pages.desk import desk
from dashboards.listing import Column, table
from dashboards.units import BankUnit


def show(unit: BankUnit) -> None:
    """The papers with where they are made, and their head."""
    at = desk()
    places = {
        "scorecard": (at.say("branch_page"), at.branch_link(unit.unit_id)),
        "quality": (at.say("data_quality"), at.quality_link(unit.unit_id)),
        "targets": (at.say("targets_page"), at.targets_link(unit.unit_id)),
        "sign_off": (at.say("reports_page"), ""),
    }
    columns = [
        Column(at.say("rp_artefact"), width="20%"),
        Column(at.say("rp_holds"), width="56%"),
        Column(at.say("rp_made_at"), width="24%"),
    ]
    lines = [
        [
            f"<b>{escape(at.say(f'rp_file_{name}'))}</b>",
            escape(at.say(f"rp_file_{name}_holds")),
            f"{markup.linked(page, href)} <span aria-hidden='true'>›</span>"
            if href
            else escape(page),
        ]
        for name, (page, href) in places.items()
    ]
    st.html(table(columns, lines, caption=at.say("rp_files"), least_width=760))
    st.header(at.say("rp_bear"), anchor=False)
    st.caption(at.say("rp_bear_hint"))
    record = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(text)}</dd>"
        for label, text in strip.headline(unit.unit_id).pairs()
    )
    st.html(f'<div class="bm"><dl class="bm-record" style="padding:0">{record}</dl></div>')
