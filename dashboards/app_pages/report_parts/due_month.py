"""The month in which the period's reports are due, as a calendar: what is due on each day, and its state."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import readings
from dashboards.app_pages.address import REPORTS
from dashboards.app_pages.aims.common import now
from dashboards.app_pages.desk import desk
from dashboards.app_pages.report_parts import returns
from dashboards.port.reports import DueReport, Reports
from dashboards.quality import states
from dashboards.quality.states import Standing
from dashboards.release import due_days, reports
from dashboards.release.due_days import Day
from dashboards.release.reports import ReportLine
from dashboards.units import BankUnit
from transforms.periods import month_end

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CELL: Final = "vertical-align:top;height:46px;padding:4px 6px;width:14.28%"

Lines = Mapping[tuple[str, date], Sequence[ReportLine]]


def show(asked: Reports, unit: BankUnit) -> None:
    """The month after the period's end.

    Raises:
        BranchmarkError: if what is due cannot be told.
    """
    at = desk()
    first = at.month.as_of + timedelta(days=1)
    due = asked.calendar(first, month_end(first))
    known = _lines(asked, due, unit)
    worked = readings.reference().calendar
    title = at.say("rt_due_month", month=_month(first))
    st.header(markup.plain(title), anchor=False)
    head = "".join(
        f'<th scope="col" style="padding-left:6px">{escape(at.say(f"rt_{name}"))}</th>'
        for name in _WEEKDAYS
    )
    body = "".join(
        f"<tr>{''.join(_day(one, known) for one in week)}</tr>"
        for week in due_days.weeks(first, now().date(), due, worked)
    )
    st.html(
        f'<div class="bm bm-wide" tabindex="0"><table class="bm-plain" aria-label="{escape(title)}" '
        f'style="table-layout:fixed;min-width:760px"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
    st.caption(at.say("rt_due_hint"))
    if not worked.knows(first.year):
        st.caption(at.say("rp_not_announced"))


def _month(day: date) -> str:
    """A month that nobody takes for a day."""
    return desk().language.pick(f"{day:%Y-%m}", f"{day.year}年{day.month}月")


def _lines(asked: Reports, due: Sequence[DueReport], unit: BankUnit) -> Lines:
    """How the reports of the unit, and of those below it, stand of each period that is due."""
    at = desk()
    found: dict[tuple[str, date], list[ReportLine]] = {}
    for period in sorted({one.period for one in due if one.is_published}):
        for line in returns.told(asked.listed(at.scope, period), unit):
            found.setdefault((line.return_id, period), []).append(line)
    return found


def _day(day: Day | None, known: Lines) -> str:
    at = desk()
    if day is None:
        return f'<td style="{_CELL}"></td>'
    number = f"<b>{day.day.day}</b>" if day.is_today else str(day.day.day)
    told = f" <small>{escape(at.say('rt_today'))}</small>" if day.is_today else ""
    if not day.is_worked:
        told += f" <small>{escape(at.say('rt_off'))}</small>"
    kind = "" if day.is_worked else ' class="bm-quiet"'
    items = "".join(_item(one, known) for one in day.reports)
    return f'<td style="{_CELL}"{kind}>{number}{told}{items}</td>'


def _item(one: DueReport, known: Lines) -> str:
    """A report on its day: whose period it is of, and how it stands."""
    at = desk()
    label = at.language.pick(one.label.en, one.label.zh)
    lines = known.get((one.return_id, one.period), ())
    if not one.is_published:
        told, standing, href = at.say("rt_unpublished"), Standing.OPEN, ""
    elif not lines:
        # Made of other units than the one that is looked at, or than the reader may see.
        return ""
    else:
        standing = min(lines, key=lambda line: line.gravity).standing
        told = reports.in_words(lines, at.language)
        href = at.link(REPORTS, period=one.period.isoformat())
        if len(lines) == 1:
            told = at.say(f"rt_state_{lines[0].state.value}")
            href = at.link(
                REPORTS,
                branch=lines[0].unit_id,
                report=one.return_id,
                period=one.period.isoformat(),
            )
    period = _month(one.period)
    colon = at.language.pick(": ", "：")
    name = states.mark(standing, label, href)
    return (
        f'<div class="bm-wrap" style="margin-top:3px">{name}'
        f"<br><small>{escape(period)}{colon}{escape(told)}</small></div>"
    )
