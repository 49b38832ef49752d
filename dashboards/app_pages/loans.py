"""Loans: which loans is a figure made of, and which rule put each of them in or out?"""

import streamlit as st

from dashboards.app_pages import address, opening, strip
from dashboards.app_pages.desk import desk

at = desk()
unit = opening.asked_unit()
strip.header(unit.unit_id, page=address.LOANS)
st.title(at.say("loans_page"), anchor=False)
