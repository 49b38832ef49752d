"""What closes the gap of a figure, in actions that are tried on the book when a reader asks for it."""

from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any, Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import asking, readings
from dashboards.app_pages.desk import desk
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING, fixed
from dashboards.palette import MARKS
from dashboards.scorecard_row import ScorecardRow
from transforms.analysis.gap.answers import Answer, Gap, Pace
from transforms.catalogue.model import Kind, Label, Unit
from transforms.scorecards import Status

_DAILY_PLACES: Final = 2


def show(row: ScorecardRow) -> None:
    """The button, and once it is pressed the actions."""
    at = desk()
    if at.analyses is None or not row.is_aimed or row.reason:
        return
    met = row.status in {Status.MET, Status.WITHIN}
    st.header(at.say("gp_title_met" if met else "gp_title"), anchor=False)
    found = asking.answered(
        f"gap_{at.month.as_of}_{row.branch_id}_{row.metric_id}",
        at.say("gp_work_out"),
        ":material/science:",
        at.say("gp_working"),
        lambda: readings.gap(row),
    )
    if found is not None:
        _answers(found, row)


def _answers(found: Gap, row: ScorecardRow) -> None:
    at = desk()
    if found.reason:
        st.info(markup.plain(_pick(found.reason)))
    if found.direction and not found.reason:
        st.caption(markup.plain(_pick(found.direction)))
    if found.answers:
        columns = [
            Column(at.say("gp_action"), width="34%"),
            Column(at.say("gp_amount"), number=True),
            Column(at.say("gp_daily"), number=True),
            Column(at.say("gp_then"), number=True),
            Column(at.say("status"), tight=True),
            Column(at.say("gp_verified")),
        ]
        lines = [_line(answer, found, row) for answer in found.answers]
        st.html(
            table(
                columns,
                lines,
                caption=at.say("gp_title_met" if found.met else "gp_title"),
                least_width=860,
            )
        )
        st.caption(at.say("gp_scenario"))
    if found.pace is not None:
        st.write(_pace(found.pace, row))
    if found.metric.kind is Kind.TOLERANCE:
        _watch(found)


def _line(answer: Answer, found: Gap, row: ScorecardRow) -> list[str]:
    at = desk()
    name = f"{_pick(answer.label)}"
    under = ""
    if answer.amount is None and answer.reason is not None:
        under = at.say("gp_not_possible", reason=_pick(answer.reason))
    if answer.note is not None and not under:
        under = _pick(answer.note)
    if answer.verified is None:
        tried = NOTHING
    elif found.met:
        tried = at.say("gp_held" if answer.verified else "gp_broken")
    else:
        tried = at.say("gp_yes" if answer.verified else "gp_no")
    status = ""
    if answer.status_after is not None:
        mark = MARKS[Status(answer.status_after)]
        status = f"{mark.glyph} {at.language.pick(mark.en, mark.zh)}"
    return [
        escape(name) + (f"<br><small>{escape(under)}</small>" if under else ""),
        escape(_amount(answer.amount, answer.unit)),
        escape(_amount(answer.per_working_day, answer.unit)),
        escape(_value(answer.value_after, row)),
        escape(status or NOTHING),
        escape(tried),
    ]


def _pick(label: Label) -> str:
    return desk().language.pick(label.en, label.zh)


def _amount(value: Decimal | None, unit: str) -> str:
    at = desk()
    if value is None:
        return NOTHING
    if unit == "clients":
        whole = value == value.to_integral_value()
        count = at.form.count(value) if whole else at.form.quantity(value, Unit.INDEX, 1)
        return at.say("gp_clients", count=count)
    if unit == "bp":
        return at.form.quantity(value, Unit.BP, 1)
    return at.form.amount(value)


def _value(value: Decimal | None, row: ScorecardRow) -> str:
    return desk().form.value(value, row.unit, max(row.decimals, _DAILY_PLACES))


def _pace(pace: Pace, row: ScorecardRow) -> str:
    at = desk()
    told = []
    if pace.needed is not None:
        told.append(
            at.say(
                "gp_pace",
                days=pace.days_left,
                until=at.day(pace.until),
                needed=_daily(pace.needed, row),
            )
        )
    if pace.so_far is not None:
        told.append(at.say("gp_pace_so_far", pace=_daily(pace.so_far, row)))
    return at.language.pick(" ", "").join(told)


def _daily(value: Decimal, row: ScorecardRow) -> str:
    """A change of the figure a working day; a share changes in points."""
    form = desk().form
    if row.unit is Unit.RATIO:
        return form.points(value * 100, 2 * _DAILY_PLACES, signed=True)
    if row.unit is Unit.CURRENCY:
        return form.amount(value, signed=True)
    if row.unit is Unit.COUNT:
        return fixed(value, _DAILY_PLACES, signed=True)
    return form.quantity(value, row.unit, _DAILY_PLACES, signed=True)


def _watch(found: Gap) -> None:
    at = desk()
    st.markdown(f"**{at.say('gp_watch')}**")
    if found.watch is None or found.watch.is_empty():
        st.write(at.say("gp_watch_none"))
        return
    columns = [
        Column(at.say("gp_loan"), tight=True),
        Column(at.say("gp_days"), number=True),
        Column(at.say("gp_balance"), number=True),
        Column(at.say("gp_added_up"), number=True),
        Column(at.say("gp_left"), number=True),
        Column(at.say("status")),
    ]
    lines = [_loan(row) for row in found.watch.to_dicts()]
    st.html(table(columns, lines, caption=at.say("gp_watch"), least_width=700))


def _loan(row: Mapping[str, Any]) -> list[str]:
    at = desk()
    told = at.say("gp_held" if row["within"] else "gp_broken")
    return [
        escape(row["loan_id"]),
        at.form.count(row["days_past_due"]),
        escape(at.form.amount(row["balance"])),
        escape(at.form.amount(row["cumulated"])),
        escape(at.form.points(row["headroom_pp"], 2)),
        escape(f"■ {told}" if row["breaks"] else told),
    ]
