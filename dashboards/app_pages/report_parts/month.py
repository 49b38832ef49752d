"""The month's calendar in working days, and how the unit's last months stand."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages import readings
from dashboards.app_pages.address import REPORTS
from dashboards.app_pages.aims.common import now
from dashboards.app_pages.desk import desk
from dashboards.i18n import month_text
from dashboards.listing import Column, table
from dashboards.quality.states import Standing
from dashboards.release import calendar
from dashboards.release.calendar import STEPS, Milestone, MonthState
from dashboards.release.signed import Signature
from dashboards.units import BankUnit


def show(unit: BankUnit, signature: Signature | None, months: Sequence[MonthState]) -> None:
    """Both."""
    at = desk()
    count = len(months)
    told = at.say("rp_year", unit=unit.name(at.language), count=count)
    st.header(markup.plain(told), anchor=False)
    _year(unit, months)
    st.caption(at.say("rp_year_hint"))
    left, _ = st.columns([3, 2])
    with left:
        _calendar(unit, signature)


def _calendar(unit: BankUnit, signature: Signature | None) -> None:
    at = desk()
    found = calendar.milestones(
        at.month.as_of,
        now().date(),
        delivered=at.month.received_at,
        published=at.month.published_at,
        cut_off_days=at.workspace.cut_off_working_days,
        signed=signature.at if signature and signature.holds else None,
        worked=readings.reference().calendar,
    )
    columns = [
        Column(at.say("rp_what"), width="34%"),
        Column(at.say("rp_day"), tight=True),
        Column(at.say("rp_working_day"), number=True),
        Column(at.say("rp_state"), width="30%"),
    ]
    st.header(at.say("rp_calendar"), anchor=False)
    st.html(
        table(
            columns,
            [_milestone(one, unit) for one in found],
            caption=at.say("rp_calendar"),
        )
    )
    if at.workspace.cut_off_working_days is None:
        st.caption(at.say("rp_no_cut_off"))
    if not all(one.announced for one in found):
        st.caption(at.say("rp_not_announced"))


def _milestone(one: Milestone, unit: BankUnit) -> list[str]:
    at = desk()
    name = escape(at.say(f"rp_at_{one.name}", unit=unit.name(at.language)))
    is_today = one.name == "today"
    return [
        f"<b>{name}</b>" if is_today else name,
        escape(at.day(one.day)),
        at.form.count(one.working_day),
        "" if is_today else _state(one),
    ]


def _state(one: Milestone) -> str:
    at = desk()
    glyph = f'<span aria-hidden="true">{one.standing.glyph}</span>'
    if one.standing is Standing.GOOD:
        told = at.say("rp_done")
    elif one.standing is Standing.WATCH:
        told = at.say("rp_late")
    else:
        told = _distance(one)
    return f'<span class="bm-state bm-{one.standing.value} bm-wrap">{glyph} <b>{escape(told)}</b></span>'


def _distance(one: Milestone) -> str:
    """How far off a day is, in working days."""
    at = desk()
    today = now().date()
    if one.day == today:
        return at.say("rp_this_day")
    worked = readings.reference().calendar
    if one.day > today:
        return at.say("rp_ahead", count=worked.between(today, one.day).count)
    return at.say("rp_past", count=worked.between(one.day, today).count)


def _year(unit: BankUnit, months: Sequence[MonthState]) -> None:
    """The months side by side: a glyph a step, its word for those who read it aloud or hover."""
    at = desk()
    columns = [
        Column(at.say("rp_year_step"), tight=True),
        *(Column(month_text(at.language, one.as_of), tight=True) for one in months),
    ]
    lines = [
        [escape(at.say(f"rp_step_{step}")), *(_cell(one, step, unit) for one in months)]
        for step in STEPS
    ]
    caption = at.say("rp_year", unit=unit.name(at.language), count=len(months))
    st.html(table(columns, lines, caption=caption, least_width=860))


def _cell(one: MonthState, step: str, unit: BankUnit) -> str:
    at = desk()
    standing = one.standing(step)
    state = "none" if standing is None else standing.value
    told = at.say(
        "rp_cell",
        month=at.day(one.as_of),
        step=at.say(f"rp_step_{step}"),
        state=at.say(f"rp_cell_{state}"),
    )
    glyph = "·" if standing is None else standing.glyph
    mark = (
        f'<span class="bm-state bm-{state if standing else "open"}" role="img" '
        f'title="{escape(told)}" aria-label="{escape(told)}">{glyph}</span>'
    )
    if one.version is None:
        return mark
    href = at.link(REPORTS, branch=unit.unit_id, period=one.as_of.isoformat())
    return f'<a href="{escape(href)}" target="_self">{mark}</a>'
