"""Why a figure moved since the month compared with: causes and units below, worked out when asked for."""

from collections.abc import Sequence
from decimal import Decimal
from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, asking, readings
from dashboards.app_pages.desk import desk
from dashboards.app_pages.metric_parts.asked import Asked
from dashboards.charts.theme import specification
from dashboards.figure.pictures import bridge_of, effect
from dashboards.listing import Column, table
from dashboards.markup import linked
from dashboards.numbers import NOTHING, fixed
from dashboards.port.analyses import BranchStep, BranchWalk, Step, Walk
from dashboards.scorecard_row import ScorecardRow
from dashboards.words import Comparison
from transforms.errors import BranchmarkError

_SHOWN: Final = 12
"""Units below that are listed at once; the rest is one line."""


def show(asked: Asked, row: ScorecardRow) -> None:
    """The comparison, the button, and once it is pressed the causes."""
    at = desk()
    st.header(at.say("wk_title", day=at.day(at.before)), anchor=False)
    if not at.is_now:
        st.info(at.say("only_as_known"))
        return
    if at.analyses is None:
        st.info(at.say("mt_nobody"))
        return
    options = {one.value: at.say(one.value) for one in Comparison}
    address.pills("comparison", at.say("comparison"), options, at.comparison.value, key="base")
    if row.reason or row.previous is None:
        st.write(markup.plain(row.change_note or at.say("mt_no_base", day=at.day(at.before))))
        return
    found = asking.answered(
        _key(row),
        at.say("wk_work_out"),
        ":material/waterfall_chart:",
        at.say("wk_working"),
        lambda: readings.walk(row),
    )
    if found is not None:
        _causes(found, row)
    if at.month.units.children(asked.unit.unit_id):
        _below(asked, row)


def _key(row: ScorecardRow, what: str = "walk") -> str:
    at = desk()
    return f"{what}_{at.before}_{at.month.as_of}_{row.branch_id}_{row.metric_id}_{row.reading}"


def known(row: ScorecardRow) -> Walk | None:
    """The causes, if a reader asked for them in this session and there is an answer."""
    at = desk()
    if at.analyses is None or not at.is_now or not st.session_state.get(_key(row)):
        return None
    try:
        return readings.walk(row)
    except BranchmarkError:
        return None  # said where it was asked for


def largest(found: Walk, row: ScorecardRow) -> tuple[tuple[str, str], ...]:
    """The causes by name with their effects, the largest first; what is nothing is left out."""
    at = desk()
    ordered = sorted(found.steps, key=lambda one: -abs(one.amount))
    return tuple(
        (at.language.pick(_lowered(one.label.en), one.label.zh), effect(one.amount, row, at.form))
        for one in ordered
        if one.amount
    )


def _lowered(label: str) -> str:
    """A label within a sentence; an abbreviation at its head keeps its capitals."""
    return label if label[:2].isupper() else label[:1].lower() + label[1:]


def _causes(found: Walk, row: ScorecardRow) -> None:
    at = desk()
    if not found.steps:
        st.write(at.say("wk_none"))
    else:
        days = (at.before, at.month.as_of)
        chart = bridge_of(row, found, days, at.form, at.style.ground, dark=at.style.dark)
        st.vega_lite_chart(specification(chart), theme=None)
        with st.expander(at.say("as_table"), icon=":material/table_rows:"):
            st.html(_table(found, row))
    for note in found.notes:
        st.caption(at.language.pick(note.en, note.zh))


def _table(found: Walk, row: ScorecardRow) -> str:
    at = desk()
    columns = [
        Column(at.say("wk_cause")),
        Column(at.say("wk_effect"), number=True),
        Column(at.say("wk_above"), number=True),
        Column(at.say("wk_below"), number=True),
    ]
    ends = [(at.day(at.before), found.start), (at.day(at.month.as_of), found.end)]
    first, last = (
        [escape(name), escape(at.form.value(value, row.unit, 2)), "", ""] for name, value in ends
    )
    lines = [_line(one, row) for one in found.steps]
    return table(columns, [first, *lines, last], caption=at.say("wk_cause"), least_width=700)


def _line(one: Step, row: ScorecardRow) -> list[str]:
    at = desk()
    return [
        escape(at.language.pick(one.label.en, one.label.zh)),
        escape(effect(one.amount, row, at.form)),
        *(
            NOTHING if side is None else fixed(side, 2, signed=True)
            for side in (one.numerator, one.denominator)
        ),
    ]


def _below(asked: Asked, row: ScorecardRow) -> None:
    """The same change, unit by unit."""
    at = desk()
    st.header(at.say("mt_by_unit"), anchor=False)
    found = asking.answered(
        _key(row, "walk_by_branch"),
        at.say("mt_by_unit_ask"),
        ":material/account_tree:",
        at.say("wk_working"),
        lambda: readings.walk_by_branch(row),
    )
    if found is None:
        return
    st.html(_units_table(found, asked, row))
    if found.weighed:
        st.caption(at.say("mt_by_unit_note"))


def _units_table(found: BranchWalk, asked: Asked, row: ScorecardRow) -> str:
    at = desk()
    columns = [
        Column(at.say("branch"), width="30%"),
        Column(at.say("mt_then"), number=True),
        Column(at.say("mt_now"), number=True),
        Column(at.say("wk_effect"), number=True),
        *(
            [Column(at.say("mt_within"), number=True), Column(at.say("mt_mix"), number=True)]
            if found.weighed
            else []
        ),
    ]
    rest = found.steps[_SHOWN:]
    lines = [_unit_line(one, found, asked, row) for one in found.steps[:_SHOWN]]
    if rest:
        lines.append(_rest_line(rest, found, row))
    return table(columns, lines, caption=at.say("mt_by_unit"), least_width=760)


def _unit_line(one: BranchStep, found: BranchWalk, asked: Asked, row: ScorecardRow) -> list[str]:
    at = desk()
    name = one.branch if one.label is None else at.language.pick(one.label.en, one.label.zh)
    if one.of_bank:
        cell = escape(at.say("mt_of_bank", branch=name))
    elif one.branch == asked.unit.unit_id:
        cell = escape(at.say("mt_itself", branch=name))
    elif one.branch in at.month.units.by_id:
        cell = linked(name, asked.link(branch=one.branch)) + " ›"
    else:
        cell = escape(name)
    ends = [at.form.value(value, row.unit, 2) for value in (one.start, one.end)]
    effects = [one.amount, *([one.within, one.mix] if found.weighed else [])]
    return [cell, *map(escape, ends), *(escape(effect(part, row, at.form)) for part in effects)]


def _rest_line(rest: Sequence[BranchStep], found: BranchWalk, row: ScorecardRow) -> list[str]:
    at = desk()
    zero = Decimal(0)
    sums = [sum((one.amount for one in rest), zero)]
    if found.weighed:
        sums += [sum((one.within for one in rest), zero), sum((one.mix for one in rest), zero)]
    name = escape(at.say("mt_others", count=len(rest)))
    return [name, NOTHING, NOTHING, *(escape(effect(one, row, at.form)) for one in sums)]
