"""Catalogue: what does a figure mean, and since when?"""

import streamlit as st

from dashboards.app_pages import address, opening, strip
from dashboards.app_pages.desk import desk

at = desk()
unit = opening.asked_unit()
strip.header(unit.unit_id, page=address.CATALOGUE)
st.title(at.say("catalogue_page"), anchor=False)
