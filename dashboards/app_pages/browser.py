"""Which browser it is: every link loads the page anew and begins a new session, and some things outlast that.

Kept on the server under the random token that Streamlit gives each browser against forged requests. It proves
nobody's identity: what is kept under it must give no right to anybody.
"""

import streamlit as st
from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string


def token() -> str | None:
    """The browser's token, the same however it is masked in the cookie; none if it has none."""
    cookie = st.context.cookies.get("_streamlit_xsrf")
    found, _ = decode_xsrf_token_string(cookie) if isinstance(cookie, str) else (None, None)
    return None if found is None else found.hex()
