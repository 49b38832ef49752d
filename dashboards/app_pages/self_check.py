"""Self check: what of a draft will be rejected, and what can still be mended before cut-off?"""

import streamlit as st

from dashboards.app_pages import address, opening, strip
from dashboards.app_pages.desk import desk

at = desk()
unit = opening.asked_unit()
strip.header(unit.unit_id, page=address.SELF_CHECK)
st.title(at.say("self_check_page"), anchor=False)
