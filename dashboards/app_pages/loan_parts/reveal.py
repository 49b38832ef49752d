"""Names of borrowers: shown to somebody who says why, once that is written down, and for this list alone.

What was revealed is forgotten with the session. A list is named by what decides which borrowers are in it:
another unit, metric or month is another list, and asks again.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts import kept
from dashboards.masking import mask_of
from records.ledger.access_log import Action
from transforms.errors import BranchmarkError

_REVEALED: Final = "loans_revealed"


def key_of(subject: str) -> str:
    """What is revealed, of which workspace and for whom."""
    at = desk()
    return f"{at.workspace.root}|{at.signed_in.name}|{at.reader.name}|{at.month.as_of}|{subject}"


def is_revealed(subject: str) -> bool:
    """Whether this session was shown the names of that list or loan."""
    return key_of(subject) in st.session_state.get(_REVEALED, frozenset())


def control(subject: str, label: str) -> None:
    """The control that asks why, writes it down, and shows the names; or hides them again.

    Args:
        subject: what the log calls the list or loan.
        label: what it is called for the reader.
    """
    at = desk()
    if is_revealed(subject):
        st.button(
            at.say("ln_hide"),
            icon=":material/visibility_off:",
            on_click=_set,
            args=(subject,),
            kwargs={"shown": False},
            key="hide_names",
        )
        return
    place = st.popover(at.say("ln_reveal"), icon=":material/visibility:")
    with place.form("reveal_names", border=False):
        st.caption(at.say("ln_reveal_why", subject=label))
        reason = st.text_input(at.say("ln_reason"), key="reveal_reason")
        if st.form_submit_button(at.say("ln_reveal_confirm"), type="primary"):
            _reveal(subject, reason)


def _reveal(subject: str, reason: str) -> None:
    at = desk()
    if not any(letter.isalpha() for letter in reason):
        st.error(at.say("ln_reason_missing"))
        return
    try:
        at.ledger.access_log.record(
            who=at.signed_in.name,
            acting_as=at.acting_as,
            action=Action.REVEAL,
            subject=subject,
            reason=reason,
            at=datetime.now(UTC),
        )
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)), title=at.say("ln_not_logged"))
        return
    _set(subject, shown=True)
    st.rerun()


def _set(subject: str, *, shown: bool) -> None:
    held: frozenset[str] = st.session_state.get(_REVEALED, frozenset())
    key = frozenset({key_of(subject)})
    st.session_state[_REVEALED] = held | key if shown else held - key


def borrowers(numbers: Collection[str], subject: str) -> Mapping[str, tuple[str, str]]:
    """How borrowers are shown, by number: a name or mask, and a quieter number where it may be seen."""
    at = desk()
    if not is_revealed(subject):
        return {number: (mask_of(number), "") for number in numbers}
    known = kept.names(numbers, at.month.as_of)
    return {
        number: (known[number], number) if number in known else (number, "") for number in numbers
    }
