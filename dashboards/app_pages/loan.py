"""Loan: what is known of one loan, and which figures count it?"""

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, exporting, opening, strip
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts import counted, evidence, kept, past, reveal, search
from dashboards.documents.loan import Shown, document
from dashboards.exports.document import Document
from dashboards.port.loans import LoanFile, Use
from dashboards.scorecard import short_name
from dashboards.units import BankUnit
from transforms.errors import BranchmarkError


def _uses(loan: LoanFile) -> None:
    """Which figures count it, and the one the reader came from first."""
    uses = _known_uses(loan)
    if uses is None:
        return
    st.html(markup.message(counted.message(uses)))
    metric = st.query_params.get("metric")
    if metric is not None:
        reading = st.query_params.get("reading", at.catalogue.metrics[metric].default_reading)
        first = counted.asked_about(uses, metric, reading)
        label = short_name(at.catalogue.metrics[metric], at.language)
        st.header(markup.plain(at.say("lo_in_figure", metric=label)), anchor=False)
        st.html(counted.uses_table(loan, list(first), caption=label, with_verdict=True))
    shown = st.query_params.get("show", "in")
    if shown not in counted.SHOWN:
        known = ", ".join(counted.SHOWN)
        opening.refuse(at.say("ln_unknown_show", asked=shown, known=known), at.language)
    counted.show(loan, uses, shown)


def _known_uses(loan: LoanFile) -> tuple[Use, ...] | None:
    try:
        with st.spinner(at.say("lo_working")):
            return kept.uses(loan.loan_id, loan.as_of)
    except BranchmarkError as error:
        st.info(markup.plain(at.refusal(error)))
        return None


def _past(loan: LoanFile) -> None:
    past.months(loan)
    past.events(loan)


def _trust(loan: LoanFile) -> None:
    past.findings(loan)
    past.overrides(loan)
    past.origin(loan)


# Streamlit would print a bare string of a page.
SECTIONS: Final[Mapping[str, Callable[[LoanFile], None]]] = {
    "uses": _uses,
    "facts": evidence.show,
    "past": _past,
    "trust": _trust,
}


def _found(unit: BankUnit, loan: str) -> LoanFile:
    """The loan; one that is not there, or not of this unit, or not for this reader, is refused alike."""
    try:
        with st.spinner(at.say("lo_searching")):
            found = kept.file(loan, at.month.as_of)
    except BranchmarkError as error:
        opening.refuse(at.refusal(error), at.language)
    if found is None or not _is_of(unit, found.branch_id):
        why = at.say(
            "lo_unknown", asked=loan, branch=unit.name(at.language), day=at.day(at.month.as_of)
        )
        opening.refuse(why, at.language)
    return found


def _is_of(unit: BankUnit, branch: str) -> bool:
    """Whether a branch counts for the unit; everything counts for the whole bank."""
    if unit.unit_id == at.month.root:
        return True
    return (branch, unit.unit_id) in set(at.month.counts_for.iter_rows())


def _trail(loan: LoanFile | None) -> list[tuple[str, str]]:
    """The steps from the unit down to the loan, by way of the figure it was found behind."""
    metric = st.query_params.get("metric")
    steps: list[tuple[str, str]] = []
    if metric in at.catalogue.metrics:
        reading = st.query_params.get("reading")
        more = {} if reading is None else {"reading": reading}
        name = short_name(at.catalogue.metrics[metric], at.language)
        steps.append((name, at.metric_link(unit.unit_id, metric, **more)))
        steps.append((at.say("loans_page"), at.loans_link(unit.unit_id, metric, **more)))
    else:
        steps.append((at.say("loans_page"), at.link(address.LOANS, branch=unit.unit_id)))
    steps.append((at.say("loan_page") if loan is None else loan.loan_id, ""))
    return steps


def _page(loan: LoanFile) -> None:
    subject = evidence.subject_of(loan)
    evidence.head(loan)
    section = opening.asked_section(SECTIONS, "uses")
    texts = {name: at.say(f"lo_section_{name}") for name in SECTIONS}
    texts["trust"] += at.language.pick(f" ({loan.findings.height})", f"（{loan.findings.height}）")
    line = st.container(horizontal=True, vertical_alignment="center")
    with line:
        address.pills("section", at.say("lo_sections"), texts, section, drops=("show",))
        if loan.borrower_id is not None:
            reveal.control(subject, loan.loan_id)
    SECTIONS[section](loan)
    exporting.offer(lambda: _document(loan), tools)


def _document(loan: LoanFile) -> Document:
    """The whole page, every section of it, as a file."""
    revealed = reveal.is_revealed(evidence.subject_of(loan))
    return document(
        Shown(
            loan=loan,
            uses=kept.uses(loan.loan_id, loan.as_of),
            changes=past.changes_of(loan),
            borrower=evidence.borrower_plain(loan),
            masked=at.say("ln_files_named" if revealed else "ln_files_masked"),
            headline=strip.headline(unit.unit_id),
            branches={code: one.name(at.language) for code, one in at.month.units.by_id.items()},
        ),
        at.catalogue,
        at.language,
    )


def _check_reading() -> None:
    """Refuse a reading that the figure the reader came from does not have."""
    metric, reading = (st.query_params.get(name) for name in ("metric", "reading"))
    if metric is None or reading is None:
        return
    known = [one.name for one in at.catalogue.metrics[metric].readings]
    if reading not in known:
        listed = at.language.pick(", ", "、").join(known)
        why = at.say("ln_unknown_reading", asked=reading, metric=metric, known=listed)
        opening.refuse(why, at.language)


at = desk()
unit = opening.unit_of_page()

number = st.query_params.get("loan")
asked_metric = st.query_params.get("metric")
if asked_metric is not None and asked_metric not in at.catalogue.metrics:
    opening.refuse(at.say("unknown_metric", asked=asked_metric), at.language)
_check_reading()
if not at.is_now or kept.answers() is None:
    strip.header(unit.unit_id, page=address.LOAN, trail=_trail(None))
    strip.title(at.say("loan_page"))
    st.info(at.say("only_as_known" if not at.is_now else "ln_nobody"))
elif number is None:
    strip.header(unit.unit_id, page=address.LOAN, trail=_trail(None))
    with strip.title(at.say("lo_title_find", branch=unit.name(at.language))):
        search.box()
    search.show(unit)
else:
    loan = _found(unit, number)
    strip.header(unit.unit_id, page=address.LOAN, trail=_trail(loan))
    tools = strip.title(at.say("lo_title", loan=loan.loan_id))
    with tools:
        search.box()
    _page(loan)
