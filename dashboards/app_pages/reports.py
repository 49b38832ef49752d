"""Reports: what goes out, when, and who signed it?"""

import streamlit as st

from dashboards.app_pages import address, opening, strip
from dashboards.app_pages.desk import desk

at = desk()
unit = opening.asked_unit()
strip.header(unit.unit_id, page=address.REPORTS)
st.title(at.say("reports_page"), anchor=False)
