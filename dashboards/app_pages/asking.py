"""Answers that take seconds: a button, and once it was pressed the answer while the session lasts."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from dashboards import markup
from dashboards.app_pages.desk import desk
from transforms.errors import BranchmarkError

Answer = TypeVar("Answer")


def answered(
    name: str, label: str, icon: str, working: str, answer: Callable[[], Answer | None]
) -> Answer | None:
    """The answer, if it was asked for and there is one; why not is said in words.

    Args:
        name: what is asked, of which figure; pressed once, it stays pressed.
        label: of the button.
        icon: of the button.
        working: said while it is worked out.
        answer: works it out.
    """
    if not st.session_state.get(name):
        if not st.button(label, key=f"ask_{name}", icon=icon):
            return None
        st.session_state[name] = True
        st.rerun()  # without the button
    try:
        with st.spinner(working):
            return answer()
    except BranchmarkError as error:
        st.info(markup.plain(desk().refusal(error)))
        return None
