"""Whose figures are shown: the reader's own, or another reader's whose view an administrator takes.

Who has signed in is decided in `sign_in`. The other reader is kept for the sign-in and the browser, and never
in the address, so that no link carries it; from then on scope, role and rights are the other's. It narrows
and never widens.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, browser
from dashboards.app_pages.desk import Desk, desk
from dashboards.i18n import Language, say
from records.ledger.access_log import Action
from records.reader_table import ReaderTable, described
from records.readers import LIMITED, Reader, Role, unknown_units
from transforms.errors import BranchmarkError, UnknownNameError

VIEWED: Final = "viewed_as"
"""Where a session without a browser keeps who has signed in, and as whom the pages are seen."""
_MOST: Final = 1000
_WRONG: Final = "view_wrong"
_DESCRIBED: Final = "\0"


@st.cache_resource(show_spinner=False)
def _views() -> dict[tuple[str, Reader, object], Reader]:
    """As whom pages are seen, by browser, administrator and sign-in; of this server."""
    return {}


def _key(signed_in: Reader) -> tuple[str, Reader, object] | None:
    own = browser.token()
    return None if own is None else (own, signed_in, st.user.to_dict().get("iat"))


def seen_as(signed_in: Reader) -> Reader:
    """The reader whose view is shown; whoever is no administrator sees their own."""
    if not signed_in.may_view_as:
        st.session_state.pop(VIEWED, None)
        return signed_in
    key = _key(signed_in)
    if key is not None:
        return _views().get(key, signed_in)
    kept: tuple[Reader, Reader] = st.session_state.get(VIEWED, (signed_in, signed_in))
    if kept[0] != signed_in:
        st.session_state.pop(VIEWED, None)
        return signed_in
    return kept[1]


def _keep(signed_in: Reader, other: Reader | None) -> None:
    """Keep as whom pages are seen from now on; as oneself if as nobody else."""
    views, key = _views(), _key(signed_in)
    if key is not None:
        views.pop(key, None)
        while len(views) >= _MOST:
            views.pop(next(iter(views)), None)
        if other is not None:
            views[key] = other
    elif other is not None:
        st.session_state[VIEWED] = (signed_in, other)


def role_text(language: Language, reader: Reader, names: Sequence[str] | None = None) -> str:
    """A reader's role and units in words: branch, Garden Branch."""
    role = say(language, f"role_{reader.role.value}")
    if reader.sees_all:
        units = say(language, "si_whole_bank")
    else:
        units = language.pick(", ", "、").join(names or reader.units)
    return say(language, "si_role_units", role=role, units=units)


def show_banner() -> None:
    """That the pages are seen as another reader sees them, and the way back."""
    at = desk()
    if not at.is_viewing_as:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="bm_view_as"):
        who = at.say("va_banner", who=at.reader.name, what=_what(at))
        st.markdown(f":material/visibility: **{markup.plain(who)}**")
        st.button(at.say("va_end"), key="end_view_as", on_click=_end)
    _show_wrong()


def show_identity() -> None:
    """Who reads, with role and units, the way out, and for an administrator the way to another's view."""
    at = desk()
    with st.container(key="bm_reader"):
        if at.workspace.sign_in is None:
            st.caption(at.say("local_mode"))
        else:
            role = role_text(at.language, at.signed_in, _names(at, at.signed_in))
            st.html(
                f'<p style="margin:0;font-size:13px"><b>{escape(at.signed_in.name)}</b><br>'
                f"{escape(role)}</p>"
            )
            unknown = unknown_units(at.reader, at.published)
            if unknown:
                st.warning(markup.plain(at.say("si_unknown_units", units=", ".join(unknown))))
            st.button(
                at.say("si_out"), key="sign_out", icon=":material/logout:", on_click=_sign_out
            )
        if at.signed_in.may_view_as and not at.is_viewing_as:
            _choice(at)


def _choice(at: Desk) -> None:
    """The form of an administrator: a reader of the table, or a role and units."""
    with st.expander(at.say("va_title"), icon=":material/visibility:"):
        try:
            readers = ReaderTable.of(at.workspace).readers
        except BranchmarkError as error:
            st.error(markup.plain(at.refusal(error)))
            readers = ()
        names = [reader.name for reader in readers if reader.name != at.signed_in.name]
        chosen = st.selectbox(
            at.say("va_reader"),
            [*names, _DESCRIBED],
            format_func=lambda one: at.say("va_described") if one == _DESCRIBED else one,
            key="view_reader",
        )
        if chosen == _DESCRIBED:
            roles = [role.value for role in Role if role is not Role.ADMINISTRATOR]
            st.selectbox(
                at.say("va_role"),
                roles,
                index=roles.index(Role.BRANCH.value),
                format_func=lambda one: at.say(f"role_{one}"),
                key="view_role",
            )
            st.text_input(at.say("va_units"), key="view_units", max_chars=200)
        st.button(at.say("va_begin"), key="begin_view_as", on_click=_begin)
        st.caption(at.say("va_hint"))
        _show_wrong()


def _show_wrong() -> None:
    wrong = st.session_state.pop(_WRONG, None)
    if wrong:
        st.error(markup.plain(wrong))


def _begin() -> None:
    """Take the other's view, once it is written down."""
    at = desk()
    try:
        other = _chosen(at)
        _write(at, Action.VIEW_AS, other)
    except BranchmarkError as error:
        st.session_state[_WRONG] = at.refusal(error)
        return
    _forget()
    _keep(at.signed_in, other)


def _end() -> None:
    """Back to the own view, once it is written down."""
    at = desk()
    try:
        _write(at, Action.END_VIEW_AS, at.reader)
    except BranchmarkError as error:
        st.session_state[_WRONG] = at.refusal(error)
        return
    _forget()
    _keep(at.signed_in, None)


def _sign_out() -> None:
    """End the session, here and at the provider; another's view ends first."""
    if desk().is_viewing_as:
        _end()
    _forget()
    st.logout()


def _forget() -> None:
    """Keep nothing that was chosen or worked out for another: answers asked for, entries half made."""
    for key in list(st.session_state):
        del st.session_state[key]
    address.forget()
    for name in list(st.query_params):
        if name != "language":
            del st.query_params[name]


def _chosen(at: Desk) -> Reader:
    """The reader that the form names.

    Raises:
        BranchmarkError: if the table does not know it any more, or role and units do not fit.
    """
    asked = st.session_state["view_reader"]
    if asked != _DESCRIBED:
        return ReaderTable.of(at.workspace).require(asked)
    role = Role(st.session_state["view_role"])
    units = tuple(dict.fromkeys(str(st.session_state["view_units"]).replace(",", " ").split()))
    other = described(role, units if role in LIMITED or role is Role.AUDITOR else ())
    unknown = unknown_units(other, at.published)
    if unknown:
        raise UnknownNameError(
            "unit", unknown[0], list(at.month.units.by_id), way_out="Write numbers of units: B205."
        )
    return other


def _write(at: Desk, action: Action, other: Reader) -> None:
    at.ledger.access_log.record(
        who=at.signed_in.name,
        acting_as=None,
        action=action,
        subject=" ".join((other.name, other.role.value, *other.units)),
        reason="",
        at=datetime.now(UTC),
    )


def _what(at: Desk) -> str:
    return role_text(at.language, at.reader, _names(at, at.reader))


def _names(at: Desk, reader: Reader) -> list[str]:
    """What a reader's units are called, as far as the month knows them."""
    known = at.month.units.by_id
    return [
        f"{unit} {known[unit].name(at.language)}" if unit in known else unit
        for unit in reader.units
    ]
