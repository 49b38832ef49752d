"""Why a figure moved since the month compared with: its causes as a picture and a table, when asked for."""

from decimal import Decimal
from html import escape

import polars as pl
import streamlit as st

from dashboards.app_pages import asking, readings
from dashboards.app_pages.desk import desk
from dashboards.charts.bridge import BRIDGE, bridge
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING, fixed
from dashboards.port.analyses import Step, Walk
from dashboards.scorecard import ScorecardRow
from transforms.catalogue.model import Better, Unit


def show(row: ScorecardRow) -> None:
    """The button, and once it is pressed the causes."""
    at = desk()
    if at.analyses is None or row.reason:
        return
    st.subheader(at.say("wk_title", day=at.day(at.before)), anchor=False)
    found = asking.answered(
        f"walk_{at.before}_{at.month.as_of}_{row.branch_id}_{row.metric_id}",
        at.say("wk_work_out"),
        ":material/waterfall_chart:",
        at.say("wk_working"),
        lambda: readings.walk(row),
    )
    if found is None:
        return
    if not found.steps:
        st.write(at.say("wk_none"))
    else:
        _draw(found, row)
    for note in found.notes:
        st.caption(at.language.pick(note.en, note.zh))


def _draw(found: Walk, row: ScorecardRow) -> None:
    at = desk()
    steps = [(at.language.pick(one.label.en, one.label.zh), one) for one in found.steps]
    ends = [(at.day(at.before), found.start), (at.day(at.month.as_of), found.end)]
    first, last = (
        {
            "name": name,
            "amount": float(value),
            "printed": _figure(value, row),
            "total": True,
            "good": None,
        }
        for name, value in ends
    )
    parts = [
        {
            "name": name,
            "amount": float(one.amount),
            "printed": _effect(one.amount, row),
            "total": False,
            "good": _is_good(one.amount, row),
        }
        for name, one in steps
        if one.amount  # what is nothing at the decimals shown stands in the table only
    ]
    comma = at.language.pick("; ", "；")
    told = comma.join(f"{part['name']} {part['printed']}" for part in parts)
    description = at.say(
        "wk_alt", metric=row.name, start=first["printed"], end=last["printed"], parts=told
    )
    frame = pl.DataFrame([first, *parts, last], schema=dict(BRIDGE), orient="row")
    st.altair_chart(
        bridge(frame, at.style.ground, dark=at.style.dark, description=description), theme=None
    )
    with st.expander(at.say("as_table")):
        columns = [
            Column(at.say("wk_cause")),
            Column(at.say("wk_effect"), number=True),
            Column(at.say("wk_above"), number=True),
            Column(at.say("wk_below"), number=True),
        ]
        whole = [[escape(name), escape(_figure(value, row)), "", ""] for name, value in ends]
        lines = [_line(name, one, row) for name, one in steps]
        shown = [whole[0], *lines, whole[1]]
        st.html(table(columns, shown, caption=at.say("wk_cause"), least_width=700))


def _line(name: str, one: Step, row: ScorecardRow) -> list[str]:
    return [
        escape(name),
        escape(_effect(one.amount, row)),
        *(
            NOTHING if side is None else fixed(side, 2, signed=True)
            for side in (one.numerator, one.denominator)
        ),
    ]


def _is_good(amount: Decimal, row: ScorecardRow) -> bool | None:
    if row.better not in {Better.HIGHER, Better.LOWER}:
        return None
    return (amount > 0) == (row.better is Better.HIGHER)


def _figure(value: Decimal, row: ScorecardRow) -> str:
    form = desk().form
    return form.value(value, row.unit, 2)


def _effect(value: Decimal, row: ScorecardRow) -> str:
    form = desk().form
    if row.unit is Unit.RATIO:
        return form.points(value * 100, 2, signed=True)
    if row.unit is Unit.CURRENCY:
        return form.amount(value, signed=True)
    if row.unit is Unit.COUNT:
        return form.count(value, signed=True)
    return form.quantity(value, row.unit, 2, signed=True)
