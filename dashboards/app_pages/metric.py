"""Metric: what is in this number, and why did it move?"""

import streamlit as st

from dashboards.app_pages import address, opening, strip
from dashboards.app_pages.desk import desk

at = desk()
unit = opening.asked_unit()
strip.header(unit.unit_id, page=address.METRIC)
st.title(at.say("metric_page"), anchor=False)
