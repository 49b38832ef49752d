"""What changed at a unit: the sentences that mails carry too, the gravest first."""

from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import readings
from dashboards.app_pages.desk import desk
from dashboards.sentences import Teller
from dashboards.units import BankUnit
from transforms.errors import BranchmarkError

_SHOWN: Final = 5


def show(unit: BankUnit) -> None:
    """The first few sentences, the others folded away."""
    at = desk()
    try:
        found = readings.changes(unit.unit_id)
    except BranchmarkError as error:
        st.header(at.say("wc_title", day=at.day(at.before)), anchor=False)
        st.info(markup.plain(at.refusal(error)))
        return
    if found is None:
        return
    st.header(at.say("wc_title", day=at.day(at.before)), anchor=False)
    teller = Teller(at.catalogue, at.workspace.base_currency, found.names)
    told = [one.text(at.language) for one in teller.tell_all(found.events)]
    if not told:
        nothing = teller.nothing(unit.unit_id, at.before, at.month.as_of)
        st.write(nothing.text(at.language))
        return
    st.html(markup.listed([(escape(one), "") for one in told[:_SHOWN]]))
    more = told[_SHOWN:]
    if more:
        with st.expander(at.say("wc_more", count=len(more))):
            st.html(markup.listed([(escape(one), "") for one in more]))
