"""The address of a page, the only truth about what is shown: controls write it, pages read it.

What the parameters mean is decided where they are read: for all pages in `opening`, else by the page.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import streamlit as st

OVERVIEW: Final = ""
BRANCH: Final = "branch"
METRIC: Final = "metric"
LOANS: Final = "loans"
LOAN: Final = "loan"
SELF_CHECK: Final = "self-check"
DATA_QUALITY: Final = "data-quality"
TARGETS: Final = "targets"
REPORTS: Final = "reports"
CATALOGUE: Final = "catalogue"
"""Addresses of the pages."""

_REMEMBERED: Final = "remembered"


def asked(name: str) -> str | None:
    """What the address says, or what this reader chose on another page."""
    remembered: Mapping[str, str] = st.session_state.get(_REMEMBERED, {})
    return st.query_params.get(name) or remembered.get(name)


def remember(parameters: Mapping[str, str]) -> None:
    """Keep what all pages share for the next page, and write it into the address of this one."""
    st.session_state[_REMEMBERED] = {**st.session_state.get(_REMEMBERED, {}), **parameters}
    state = {
        name: value for name, value in parameters.items() if st.query_params.get(name) != value
    }
    if state:
        st.query_params.update(state)


def unit(default: str) -> str:
    """The unit of the address; else the one looked at on the page before, which the address then names."""
    remembered: dict[str, str] = st.session_state.setdefault(_REMEMBERED, {})
    asked_for = st.query_params.get("branch")
    if asked_for is None:
        asked_for = remembered.get("branch", default)
        st.query_params["branch"] = asked_for
    remembered["branch"] = asked_for
    return asked_for


def forget() -> None:
    """Keep nothing: what was asked for cannot be shown."""
    st.session_state.pop(_REMEMBERED, None)


def chosen(name: str, drops: Sequence[str] = (), key: str = "") -> None:
    """Write what a control says into the address; a control that says nothing takes it out.

    Args:
        name: the parameter.
        drops: parameters that mean nothing beside the new value.
        key: of the control, where another one chooses the same.
    """
    for dropped in drops:
        st.query_params.pop(dropped, None)
    value = st.session_state[f"choose_{key or name}"]
    if value is None:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = value


def choice(
    name: str,
    label: str,
    options: Sequence[str],
    text: Callable[[str], str],
    current: str,
    *,
    bare: bool = False,
    drops: Sequence[str] = (),
) -> None:
    """A list to choose one from, which writes the address.

    Args:
        name: the parameter.
        label: what is chosen.
        options: the values.
        text: the word for a value.
        current: the value chosen.
        bare: whether the label is only for those who cannot see the list.
        drops: parameters that mean nothing beside another value.
    """
    st.session_state[f"choose_{name}"] = current
    st.selectbox(
        label,
        options,
        format_func=text,
        key=f"choose_{name}",
        label_visibility="collapsed" if bare else "visible",
        on_change=chosen,
        args=(name, drops),
    )


def pills(
    name: str,
    label: str,
    options: Mapping[str, str],
    current: str,
    *,
    drops: Sequence[str] = (),
    key: str = "",
) -> None:
    """A row of words to choose one from, which writes the address.

    Args:
        name: the parameter.
        label: what is chosen, for those who cannot see it.
        options: word by value.
        current: the value chosen.
        drops: parameters that mean nothing beside another value.
        key: of the control, where another one on the page chooses the same.
    """
    st.session_state[f"choose_{key or name}"] = current
    st.pills(
        label,
        list(options),
        format_func=options.__getitem__,
        key=f"choose_{key or name}",
        required=True,
        label_visibility="collapsed",
        on_change=chosen,
        args=(name, drops, key),
    )
