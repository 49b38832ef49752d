"""Self-check: what of a draft will be rejected, and what can still be mended before cut-off?"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, exporting, opening, readings, strip
from dashboards.app_pages.desk import desk
from dashboards.app_pages.draft_parts import asked, deadline, figures, rows, work
from dashboards.documents import self_check as document
from dashboards.drafts.told import Told, message
from dashboards.port.drafts import Answer, Drafts
from dashboards.units import BankUnit

# By name, each with an address of its own, what shows it and what counts it. Streamlit would print a bare
# string of a page.
SECTIONS: Final[Mapping[str, tuple[Callable[[Told], None], Callable[[Told], int] | None]]] = {
    "figures": (figures.show, None),
    "mend": (work.show, work.count),
    "rejected": (rows.rejected, rows.rejected_count),
    "findings": (rows.findings, rows.findings_count),
    "read": (rows.read, None),
}


def _ask(unit: BankUnit, drafts: Drafts) -> None:
    """The form, and beside it what becomes of a draft."""
    at = desk()
    st.html(markup.message(at.say("ck_intro")))
    left, right = st.columns([3, 2], gap="large")
    # What stands beside the form is drawn first: it is read while a draft is checked.
    with right:
        st.header(at.say("ck_how"), anchor=False)
        lines = [at.say(f"ck_how_{one}") for one in ("same", "own", "gone")]
        lines += [one for one in [deadline.text(at.month.as_of)] if one]
        st.html(
            '<div class="bm"><ul class="bm-list">'
            + "".join(f"<li>{escape(line)}</li>" for line in lines)
            + "</ul></div>"
        )
    with left:
        asked.form(unit, drafts)


def _of(told: Told, unit: BankUnit) -> str:
    """What the answer is about, in one quiet line."""
    at = desk()
    due = deadline.text(told.answer.as_of)
    about = told.about(unit.name(at.language))
    return at.language.pick(" ", "").join([*about, *([due] if due else [])])


def _answer(answer: Answer, unit: BankUnit, section: str) -> None:
    at = desk()
    told = Told(answer, at.catalogue, at.form)
    st.html(markup.message(message(told)))
    if answer.gate is not None:
        st.error(markup.plain(told.gate()), title=at.say("ck_gate"))
    st.caption(markup.plain(_of(told, unit)))
    labels = {}
    for name, (_, count) in SECTIONS.items():
        labels[name] = at.say(f"ck_{name}")
        if count is not None:
            number = at.form.count(count(told))
            labels[name] += at.language.pick(f" ({number})", f"（{number}）")
    address.pills("section", at.say("dq_section"), labels, section, drops=("kind",))
    SECTIONS[section][0](told)


at = desk()
unit = opening.unit_of_page()

section = opening.asked_section(SECTIONS, "figures")
strip.header(unit.unit_id, page=address.SELF_CHECK)
tools = strip.title(
    f"{at.say('self_check_page')}{at.language.pick(': ', '：')}{unit.name(at.language)}"
)
if not at.is_now:
    st.info(at.say("only_as_known"))
elif at.analyses is None:
    st.info(at.say("ck_no_bank"))
else:
    found = asked.answer(unit.unit_id)
    if found is None:
        _ask(unit, at.analyses.drafts)
    else:
        with tools:
            st.button(
                at.say("ck_another"),
                icon=":material/upload_file:",
                key="self_check_another",
                on_click=asked.forget,
            )
        exporting.offer(
            lambda: document.made(
                Told(found, at.catalogue, at.form),
                strip.headline(unit.unit_id),
                unit,
                readings.reference(),
            ),
            into=tools,
        )
        _answer(found, unit, section)
