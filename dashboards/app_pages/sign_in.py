"""The door: who is it that reads? Streamlit does the dance with the bank's provider; here it is decided.

Without sign-in the pages are for the machine they run on. Who may see what follows from the reader, in
`records.readers`; seeing the pages as somebody else belongs in `viewing`.
"""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NoReturn

import streamlit as st

from dashboards import markup, refusals
from dashboards.app_pages import address, wanted_address
from dashboards.i18n import Language, say
from records.ledger.access_log import Action
from records.ledger.ledger import Ledger
from records.reader_table import ReaderTable, ReaderTableError
from records.readers import LOCAL, Reader
from records.sign_in import NotAdmittedError, Why, admitted, has_ended
from records.sign_in_settings import SignIn, is_loopback
from records.workspace import Workspace
from transforms.errors import BranchmarkError

_UNNAMED: Final = "unknown"
_FORWARDED: Final = ("X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Real-Ip", "Via")


def require(workspace: Workspace, ledger: Ledger, language: Language) -> Reader:
    """Who reads; whoever may not is told so, and the run ends there."""
    settings = workspace.sign_in
    if settings is None:
        if not _is_here():
            _turn_away(say(language, "si_not_here"), language)
        return LOCAL
    claims: Mapping[str, object] = st.user.to_dict()
    if "is_logged_in" not in claims:
        _turn_away(say(language, "si_no_secrets"), language)
    if claims["is_logged_in"] is not True:
        _ask(workspace, language, say(language, "si_needed"))
    if has_ended(settings, claims, datetime.now(UTC)):
        _ask(workspace, language, say(language, "si_ended", hours=settings.hours))
    reader = _admitted(workspace, ledger, settings, claims, language)
    _write(
        workspace, ledger, language, (Action.SIGN_IN, reader.name, reader.role.value, claims["iat"])
    )
    wanted_address.go()
    return reader


def _admitted(
    workspace: Workspace,
    ledger: Ledger,
    settings: SignIn,
    claims: Mapping[str, object],
    language: Language,
) -> Reader:
    try:
        return admitted(settings, ReaderTable.of(workspace), claims)
    except NotAdmittedError as error:
        # A name that cannot be read is no name to log under.
        named = error.why not in {Why.NO_NAME, Why.ODD_NAME}
        who, what = (error.who, "") if named else (_UNNAMED, f" {error.who}")
        line = (Action.REFUSED, who, f"{error.why.value}{what}", claims["iat"])
        _write(workspace, ledger, language, line)
        why = say(language, f"si_{error.why.value}", detail=markup.plain(error.detail))
        _turn_away(why, language, who=error.who)
    except BranchmarkError as error:
        # What is wrong with the table names other people: that is for those who run the dashboard.
        sys.stderr.write(f"{error}\n")
        broken = isinstance(error, ReaderTableError)
        why = say(language, "si_table_broken") if broken else refusals.told(error, language)
        _turn_away(why, language)


def _write(
    workspace: Workspace,
    ledger: Ledger,
    language: Language,
    line: tuple[Action, str, str, object],
) -> None:
    """Write into the log that somebody came in, once for each token; who cannot be logged is not let in."""
    try:
        _written(str(workspace.root), *line, _ledger=ledger)
    except BranchmarkError as error:
        _turn_away(say(language, "si_not_logged", why=error), language)


@st.cache_resource(max_entries=4096, show_spinner=False)
def _written(
    root: str,  # noqa: ARG001 - a part of the key, as is `issued`
    action: Action,
    who: str,
    detail: str,
    issued: object,  # noqa: ARG001
    *,
    _ledger: Ledger,
) -> int:
    return _ledger.access_log.record(
        who=who,
        acting_as=None,
        action=action,
        subject=detail,
        reason="",
        at=datetime.now(UTC),
    )


def _is_here() -> bool:
    """Whether the server listens on this machine only, and the reader sits at it."""
    if not is_loopback(str(st.get_option("server.address") or "")):
        return False
    client = st.context.ip_address
    if isinstance(client, str) and not is_loopback(client):
        return False
    # A relay in front of the server makes everybody look as if they sat here.
    return not any(name in st.context.headers for name in _FORWARDED)


def _ask(workspace: Workspace, language: Language, why: str) -> NoReturn:
    """The page of who is not signed in; nothing of the bank but its name is on it."""
    wanted_address.keep()
    _bare()
    _, middle, _ = st.columns([1, 2, 1])
    with middle.container(border=True):
        st.caption(workspace.name)
        st.title(say(language, "si_bank"), anchor=False)
        st.write(why)
        if st.button(say(language, "si_button"), type="primary", icon=":material/login:"):
            st.login()
        _languages(language)
    st.stop()


def _bare() -> None:
    """No way to the pages: there is nothing behind them for who is not let in."""
    hidden = '[data-testid="stSidebar"],[data-testid="stExpandSidebarButton"]{display:none}'
    room = '[data-testid="stMainBlockContainer"]{padding-top:12vh}'
    st.html(f"<style>{hidden}{room}</style>")


def _languages(language: Language) -> None:
    st.session_state["choose_language"] = language.value
    st.segmented_control(
        say(language, "language"),
        list(map(str, Language)),
        format_func=lambda code: Language(code).own_name,
        key="choose_language",
        required=True,
        label_visibility="collapsed",
        on_change=address.chosen,
        args=("language",),
    )


def _turn_away(why: str, language: Language, *, who: str | None = None) -> NoReturn:
    """The page of who may not come in."""
    address.forget()
    _bare()
    _, middle, _ = st.columns([1, 2, 1])
    with middle.container(border=True):
        st.header(say(language, "si_turned_away" if who else "cannot_show"), anchor=False)
        st.error(why, icon=":material/block:")
        if who is not None:
            st.caption(say(language, "si_who", who=markup.plain(who)))
            st.button(say(language, "si_again"), icon=":material/logout:", on_click=st.logout)
    st.stop()
