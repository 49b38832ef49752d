"""Finding a loan: by its number among those of the unit, or the largest ones where nothing is asked yet."""

from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts import kept
from dashboards.listing import Column, table
from dashboards.numbers import fixed
from dashboards.units import BankUnit
from transforms.errors import BranchmarkError


def box() -> None:
    """The box that takes a number, or how it begins."""
    at = desk()
    st.session_state["find_loan"] = st.query_params.get("find", "")
    st.text_input(
        at.say("lo_find"),
        key="find_loan",
        placeholder=at.say("lo_find"),
        label_visibility="collapsed",
        on_change=_find,
        icon=":material/search:",
        width=260,
    )


def _find() -> None:
    """Ask the address for what was typed, in the place of a loan."""
    text = st.session_state["find_loan"].strip()
    st.query_params.pop("loan", None)
    if text:
        st.query_params["find"] = text
    else:
        st.query_params.pop("find", None)


def show(unit: BankUnit) -> None:
    """The loans of the unit that were found; a single one is opened at once."""
    at = desk()
    text = st.query_params.get("find", "")
    name = unit.name(at.language)
    try:
        with st.spinner(at.say("lo_searching")):
            found = kept.starting(unit.unit_id, text, at.month.as_of)
    except BranchmarkError as error:
        st.info(markup.plain(at.refusal(error)))
        return
    if found.is_empty():
        st.info(
            markup.plain(
                at.say("lo_none_found", asked=text, branch=name, day=at.day(at.month.as_of))
            )
        )
        return
    if text and (found.height == 1 or found["loan_id"][0] == text):
        st.query_params["loan"] = found["loan_id"][0]
        st.query_params.pop("find", None)
        st.rerun()
    key = "lo_found" if text else "lo_largest"
    st.html(markup.message(at.say(key, count=found.height, asked=text, branch=name)))
    units = at.month.units.by_id
    columns = [
        Column(at.say("ln_loan"), tight=True, width="24%"),
        Column(at.say("branch")),
        Column(at.say("lo_principal"), number=True, width="24%"),
    ]
    cells = [
        [
            markup.linked(row["loan_id"], at.loan_link(row["loan_id"], branch=unit.unit_id)),
            escape(
                units[row["branch_id"]].name(at.language)
                if row["branch_id"] in units
                else row["branch_id"]
            ),
            fixed(row["balance"], 2),
        ]
        for row in found.iter_rows(named=True)
    ]
    st.html(table(columns, cells, caption=at.say("lo_list")))
