"""Reports: what goes out, when, who signed it, what changed since, and where is the file?"""

from collections.abc import Mapping, Sequence
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, exporting, opening, strip
from dashboards.app_pages.desk import Desk, desk
from dashboards.app_pages.report_parts import (
    changed,
    due_month,
    files,
    month,
    opened,
    read,
    returns,
    sign,
    units,
)
from dashboards.app_pages.report_parts.read import Entered
from dashboards.documents import reports as document
from dashboards.exports.document import Document
from dashboards.port.reports import Reports
from dashboards.quality.parts import Parts
from dashboards.release import reports as lines_of
from dashboards.release import steps
from dashboards.release.reports import ReportLine
from dashboards.units import BankUnit
from transforms.errors import BranchmarkError

# By name the key of its words; each has an address of its own. Streamlit would print a bare string.
SECTIONS: Final[Mapping[str, str]] = {
    "returns": "rt_reports",
    "units": "rp_units",
    "calendar": "rp_calendar",
    "sign": "rp_sign",
    "since": "rp_since",
    "files": "rp_files",
}


def _every(at: Desk, unit: BankUnit) -> None:
    """Every report, and how far the unit's own figures are from a signature."""
    answers = None if at.analyses is None else at.analyses.reports
    parts = Parts.of(at.month, unit)
    known = {name: key for name, key in SECTIONS.items() if name != "returns" or answers}
    # A unit without others below it has nothing to list, and is here to be signed.
    first = "returns" if answers else "units" if parts.below else "sign"
    section = opening.asked_section(known, first)
    strip.header(unit.unit_id, page=address.REPORTS)
    tools = strip.title(
        f"{at.say('reports_page')}{at.language.pick(': ', '：')}{unit.name(at.language)}"
    )
    held = read.entered()
    exporting.offer(lambda: _document(at, parts, unit, held, answers), into=tools)
    pills = {name: at.say(key) for name, key in known.items()}
    if answers is not None and section == "returns":
        _returns(at, answers, unit, pills)
        return
    whole, below = read.steps(parts, held)
    st.html(markup.message(steps.message(whole, below, at.form)))
    units.bar(whole)
    address.pills("section", at.say("dq_section"), pills, section)
    if section == "units":
        units.show(whole, below)
    elif section == "calendar":
        _calendar(at, answers, unit, held)
    elif section == "sign":
        sign.show(unit, whole, held)
    elif section == "since":
        changed.show(unit, held)
    else:
        files.show(unit)


def _returns(at: Desk, answers: Reports, unit: BankUnit, pills: Mapping[str, str]) -> None:
    """The reports of the period; the readiness of the unit's own figures is a section of its own."""
    try:
        found = returns.listed(answers)
    except BranchmarkError as error:
        address.pills("section", at.say("dq_section"), pills, "returns")
        st.error(markup.plain(at.refusal(error)))
        return
    lines = returns.told(found, unit)
    name, period = unit.name(at.language), at.day(at.month.as_of)
    st.html(markup.message(lines_of.message(lines, period, name, at.language)))
    address.pills("section", at.say("dq_section"), pills, "returns")
    returns.show(found, lines)


def _calendar(at: Desk, answers: Reports | None, unit: BankUnit, held: Entered) -> None:
    if answers is not None:
        try:
            due_month.show(answers, unit)
        except BranchmarkError as error:
            st.error(markup.plain(at.refusal(error)))
    month.show(unit, held.last(unit.unit_id), read.year(unit, held))


def _document(
    at: Desk, parts: Parts, unit: BankUnit, held: Entered, answers: Reports | None
) -> Document:
    """The page as a document: reports, units by step, and signatures."""
    whole, below = read.steps(parts, held)
    lines: Sequence[ReportLine] = ()
    if answers is not None:
        lines = returns.told(answers.listed(at.scope, at.month.as_of), unit)
    return document.made(
        strip.headline(unit.unit_id), whole, below, held.of_month(at.month.as_of), at.form, lines
    )


at = desk()
unit = opening.unit_of_page()
asked = st.query_params.get("report")
if asked is None:
    _every(at, unit)
else:
    opened.show(asked, unit)
