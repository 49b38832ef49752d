"""The draft that is asked about: a form for its files, the check, and the answer kept for the session.

Files live in the browser's session and, while they are checked, in a folder of the workspace that the
answering side clears. Kept is the answer alone, for who asked, with what they may see.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboards import markup
from dashboards.app_pages import address, opening
from dashboards.app_pages.desk import desk
from dashboards.port.drafts import LARGEST_MB, Answer, Asked, Drafts, Lying, Upload
from dashboards.units import BankUnit
from transforms.catalogue.model import Label
from transforms.errors import BranchmarkError
from transforms.mappings.model import CANONICAL
from transforms.periods import month_end

UPLOAD: Final = "upload"
BANK: Final = "bank"
# Under the first of these keys the answer is kept, under the second how often a draft was checked: another
# number makes another control, and the files of the one before are let go.
_KEPT: Final = "self_check_answer"
_TURN: Final = "self_check_turn"

_KINDS: Final = ("csv", "txt", "tsv", "xlsx", "xlsm", "parquet", "json", "jsonl", "ndjson")


@dataclass(frozen=True, eq=False)
class _Kept:
    """An answer, and whose it is."""

    whose: tuple[object, ...]
    answer: Answer


def _whose(branch: str) -> tuple[object, ...]:
    at = desk()
    return (str(at.workspace.root), at.signed_in, at.reader, at.scope_key, branch)


def answer(branch: str) -> Answer | None:
    """The answer about the branch's draft, if this reader had one checked in this session."""
    kept = st.session_state.get(_KEPT)
    if isinstance(kept, _Kept) and kept.whose == _whose(branch):
        return kept.answer
    return None


def forget() -> None:
    """Put the answer away."""
    st.session_state.pop(_KEPT, None)


def form(unit: BankUnit, drafts: Drafts) -> None:
    """The controls, and the check when its button is pressed."""
    at = desk()
    lying = drafts.lying(at.scope)
    source = _source() if at.scope.branches is None else UPLOAD
    with st.container(border=True, key="self_check"):
        uploads: Sequence[UploadedFile] = ()
        chosen = None
        if source == BANK:
            chosen = _chosen(lying)
        else:
            uploads = st.file_uploader(
                at.say("ck_files"),
                type=list(_KINDS),
                accept_multiple_files=True,
                max_upload_size=LARGEST_MB,
                key=f"self_check_files_{st.session_state.get(_TURN, 0)}",
                help=at.say("ck_files_hint", limit=LARGEST_MB),
            )
        left, right = st.columns(2)
        with left:
            mapping = _mapping(drafts, chosen)
        with right:
            as_of = _month(chosen)
        pressed = st.button(
            at.say("ck_check"),
            type="primary",
            icon=":material/rule:",
            key="self_check_go",
            disabled=source == BANK and chosen is None,
        )
    if not pressed:
        return
    if source == UPLOAD and not uploads:
        st.warning(at.say("ck_no_file"))
        return
    _check(
        drafts,
        Asked(
            branch=unit.unit_id,
            mapping=mapping,
            as_of=as_of,
            uploads=tuple(Upload(one.name, one.getvalue()) for one in uploads),
            place=chosen.place if chosen else "",
        ),
    )


def _source() -> str:
    """Where the draft comes from, as the address says."""
    at = desk()
    asked = st.query_params.get("from", UPLOAD)
    texts = {UPLOAD: at.say("ck_from_upload"), BANK: at.say("ck_from_bank")}
    if asked not in texts:
        told = ", ".join(texts)
        opening.refuse(at.say("unknown_source", asked=asked, known=told), at.language)
    address.pills("from", at.say("ck_from"), texts, asked)
    return asked


def _chosen(lying: tuple[Lying, ...]) -> Lying | None:
    at = desk()
    if not lying:
        st.info(at.say("ck_lying_none"))
        return None
    by_place = {one.place: one for one in lying}

    def text(place: str) -> str:
        one = by_place[place]
        told = at.say("ck_lying_waits")
        if one.taken and one.as_of is not None:
            told = at.say("ck_lying_taken", day=at.day(one.as_of))
        return at.language.pick(f"{place} ({told})", f"{place}（{told}）")

    place = st.selectbox(
        at.say("ck_lying"), list(by_place), format_func=text, key="self_check_place"
    )
    return by_place[place]


def _mapping(drafts: Drafts, chosen: Lying | None) -> str:
    at = desk()
    known = drafts.mappings()
    default = chosen.mapping if chosen and chosen.mapping in known.names else known.default
    named: str = st.selectbox(
        at.say("ck_mapping"),
        list(known.names),
        index=known.names.index(default),
        format_func=lambda name: at.say("ck_mapping_canonical") if name == CANONICAL else name,
        help=at.say("ck_mapping_hint", name=known.default),
        key=f"self_check_mapping_{default}",
    )
    return named


def _month(chosen: Lying | None) -> date | None:
    """The month end of the draft: the page's, the one after the newest, or as the files say."""
    at = desk()
    coming = month_end(max(at.month.published) + timedelta(days=1))
    months = sorted({*at.month.published, coming}, reverse=True)
    default = chosen.as_of if chosen and chosen.as_of in months else at.month.as_of
    options: list[date | None] = [*months, None]
    found: date | None = st.selectbox(
        at.say("ck_month"),
        options,
        index=options.index(default),
        format_func=lambda day: at.say("ck_month_of_file") if day is None else at.day(day),
        key=f"self_check_month_{default}",
    )
    return found


def _check(drafts: Drafts, asked: Asked) -> None:
    """Check the draft, tell what is being done meanwhile, and keep the answer."""
    at = desk()
    at.scope.require(asked.branch)
    refused = ""
    with st.status(at.say("ck_working")) as status:

        def progress(step: Label) -> None:
            status.update(label=at.language.pick(step.en, step.zh))

        try:
            found = drafts.check(at.scope, asked, progress)
            status.update(label=at.say("ck_done"), state="complete")
        except BranchmarkError as error:
            status.update(label=at.say("ck_failed"), state="error")
            refused = at.refusal(error)
    if refused:  # told below the folded steps, where it is seen
        st.error(markup.plain(refused))
        return
    st.session_state[_KEPT] = _Kept(_whose(asked.branch), found)
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    st.query_params.pop("section", None)
    st.rerun()
