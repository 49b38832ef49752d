"""The reports of the period: when each is due, how far it has come, who signed it, and who has it."""

from collections.abc import Sequence
from datetime import date
from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import readings
from dashboards.app_pages.address import REPORTS
from dashboards.app_pages.aims.common import now
from dashboards.app_pages.desk import desk
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING
from dashboards.port.reports import Listed, Reports
from dashboards.quality import states
from dashboards.release import reports
from dashboards.release.reports import Group, ReportLine, ReportState, Taken
from dashboards.units import BankUnit

_COMPARE: Final = "compare_reports"
_STEPS: Final = tuple(step.value for step in reports.SIGNED)


def listed(asked: Reports) -> Listed:
    """The reports of the month at the desk; compared with today's figures once that was asked for.

    Raises:
        BranchmarkError: if they cannot be told.
    """
    at = desk()
    compared = st.session_state.get(_COMPARE) == _key()
    if not compared:
        return asked.listed(at.scope, at.month.as_of)
    with st.spinner(at.say("rt_comparing")):
        return asked.listed(at.scope, at.month.as_of, compared=True)


def _key() -> tuple[str, date]:
    at = desk()
    return at.data_version, at.month.as_of


def told(found: Listed, unit: BankUnit) -> tuple[ReportLine, ...]:
    """A line for each report of the unit and of those below it."""
    at = desk()
    units = at.month.units
    own = {
        one.unit_id
        for one in units.all
        if any(above.unit_id == unit.unit_id for above in units.chain(one.unit_id))
    }
    made = reports.lines(
        found.rows,
        found.returns,
        found.receipts,
        now().date(),
        readings.reference().calendar,
        at.language,
    )
    return tuple(line for line in made if line.unit_id in own)


def show(found: Listed, lines: Sequence[ReportLine]) -> None:
    """Every report of the period; those made for many units in a line, and unit by unit below."""
    at = desk()
    groups = reports.grouped(lines)
    if groups:
        columns = [
            Column(at.say("rt_report"), width="24%"),
            Column(at.say("rt_due"), tight=True),
            Column(at.say("rp_state"), width="19%"),
            *_people(),
            Column(at.say("rt_sent"), tight=True),
        ]
        st.html(
            table(
                columns,
                [_group(one) for one in groups],
                caption=at.say("rt_reports"),
                least_width=900,
            )
        )
    else:
        st.info(at.say("rt_none"))
    _elsewhere(found)
    _compare(lines)
    for group in groups:
        if group.is_many and len(group.lines) > 1:
            _units(group)


def _people() -> list[Column]:
    at = desk()
    return [Column(at.say(f"sm_step_{step}"), width="11%") for step in _STEPS]


def _group(group: Group) -> list[str]:
    at = desk()
    first = group.lines[0]
    name = first.title(at.language)
    if len(group.lines) > 1:
        whose = at.say("rt_units", count=len(group.lines))
        state = states.mark(group.worst.standing, reports.in_words(group.lines, at.language))
        return [
            f"<b>{escape(name)}</b><br><small>{escape(whose)}</small>",
            _due(first),
            f'<span class="bm-wrap">{state}</span>',
            *("" for _ in _STEPS),
            _sent_together(group),
        ]
    whose = "" if first.return_ is None else at.say(f"rt_for_{first.return_.audience.value}")
    of = at.language.pick("{}, {}", "{}，{}").format(first.unit_name, whose)
    return [
        f"<b>{markup.linked(name, link(first))}</b><br><small>{escape(of)}</small>",
        _due(first),
        state_of(first),
        *(person(one) for one in first.steps),
        _sent(first),
    ]


def link(line: ReportLine, **more: str) -> str:
    """The address of the newest edition of a report, or of its draft."""
    return desk().link(REPORTS, branch=line.unit_id, report=line.return_id, **more)


def _due(line: ReportLine) -> str:
    at = desk()
    if line.due is None:
        return NOTHING
    told = "" if line.state.is_done else distance(line.due)
    doubt = (
        "" if line.announced else f" <span title='{escape(at.say('rt_not_announced'))}'>*</span>"
    )
    return f"{escape(at.day(line.due))}{doubt}<br><small>{escape(told)}</small>"


def distance(day: date) -> str:
    """How far off a day is, in working days."""
    at, today = desk(), now().date()
    worked = readings.reference().calendar
    if day == today:
        return at.say("rp_this_day")
    if day > today:
        return at.say("rp_ahead", count=worked.between(today, day).count)
    return at.say("rp_past", count=worked.between(day, today).count)


def state_of(line: ReportLine) -> str:
    """How far a report has come, and which edition of it, as ready HTML."""
    at = desk()
    word = at.say(f"rt_state_{line.state.value}")
    href = link(line, section="changes") if line.state is ReportState.OUTDATED else ""
    below = [] if line.edition is None else [at.say("rt_edition", edition=line.edition)]
    if line.is_late and line.state is not ReportState.OVERDUE:
        below.append(at.say("rt_late"))
    if line.is_touched:
        below.append(at.say("rt_touched"))
    small = at.language.pick(", ", "，").join(below)
    mark = states.mark(line.standing, word, href, line.note)
    return f'<span class="bm-wrap">{mark}</span>' + (
        f"<br><small>{escape(small)}</small>" if small else ""
    )


def person(taken: Taken | None) -> str:
    """Who took a step, and on which day, as ready HTML."""
    if taken is None:
        return f'<span class="bm-quiet">{NOTHING}</span>'
    day = desk().day(taken.at.date())
    return f"{escape(taken.person)}<br><small>{escape(day)}</small>"


def _sent(line: ReportLine) -> str:
    if not line.recipients:
        return f'<span class="bm-quiet">{NOTHING}</span>'
    return _receipts(line.sent, line.recipients, line.failed, link(line, section="files"))


def _sent_together(group: Group) -> str:
    of = [(one.sent, one.recipients, one.failed) for one in group.lines]
    sent, recipients, failed = (sum(column) for column in zip(*of, strict=True))
    return _receipts(sent, recipients, failed, "") if recipients else NOTHING


def _receipts(sent: int, recipients: int, failed: int, href: str) -> str:
    standing = states.Standing.GOOD if sent == recipients else states.Standing.OPEN
    if failed:
        standing = states.Standing.BAD
    told = desk().say("rt_sent_of", sent=sent, count=recipients)
    return states.mark(standing, told, href)


def _units(group: Group) -> None:
    """The reports of one definition, unit by unit, what asks for somebody first."""
    at = desk()
    title = at.say("rt_by_unit", report=group.lines[0].title(at.language))
    st.header(markup.plain(title), anchor=False)
    columns = [
        Column(at.say("dq_unit"), width="22%"),
        Column(at.say("rp_state"), width="21%"),
        *(Column(one.heading, width="13%") for one in _people()),
        Column(at.say("rt_sent"), tight=True),
    ]
    lines = sorted(group.lines, key=lambda one: one.gravity)
    rows = [
        [
            f"{markup.linked(one.unit_name, link(one))} <span aria-hidden='true'>›</span>",
            state_of(one),
            *(person(taken) for taken in one.steps),
            _sent(one),
        ]
        for one in lines
    ]
    st.html(table(columns, rows, caption=title, least_width=860))


def _elsewhere(found: Listed) -> None:
    """Reports that are not made at this month end, with their newest period before it."""
    at = desk()
    links = []
    for name, day in found.before.items():
        label = at.language.pick(found.returns[name].label.en, found.returns[name].label.zh)
        text = at.language.pick("{}, {}", "{}（{}）").format(label, at.day(day))
        links.append(markup.linked(text, at.link(REPORTS, period=day.isoformat())))
    if links:
        told = escape(at.say("rt_elsewhere"))
        st.html(f'<div class="bm"><small>{told} {" · ".join(links)}</small></div>')


def _compare(lines: Sequence[ReportLine]) -> None:
    """Something happened since: what it changed is found out when somebody asks."""
    at = desk()
    if not any(one.is_touched for one in lines):
        return
    if st.button(at.say("rt_compare"), key="ask_compare_reports", icon=":material/compare_arrows:"):
        st.session_state[_COMPARE] = _key()
        st.rerun()
