"""Loan: what is known of one loan, and which figures count it?"""

import streamlit as st

from dashboards.app_pages import address, opening, strip
from dashboards.app_pages.desk import desk

at = desk()
unit = opening.asked_unit()
strip.header(unit.unit_id, page=address.LOAN)
st.title(at.say("loan_page"), anchor=False)
