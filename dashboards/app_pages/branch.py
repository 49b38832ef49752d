"""Branch scorecard: how does this unit stand against its targets, and what closes the gap?"""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from dashboards import markup, scorecard, standing
from dashboards.app_pages import (
    address,
    check_ins,
    closing,
    figures,
    opening,
    readings,
    score,
    strip,
    walked,
    what_changed,
)
from dashboards.app_pages.desk import desk
from dashboards.markup import GridLine
from dashboards.palette import QUALITY_GLYPH
from dashboards.pictures import doubts, trend_of
from dashboards.scorecard import ScorecardRow
from dashboards.units import BankUnit


def _message(rows: Sequence[ScorecardRow]) -> str:
    """The sentence the page opens with: targets met, and where it is furthest behind."""
    at = desk()
    told = [figures.tally_text(rows)]
    furthest = standing.furthest_behind(rows)
    if furthest is not None:
        told.append(figures.furthest_text(furthest))
        if furthest.money_text:
            told.append(furthest.money_text[0].upper() + furthest.money_text[1:])
    stop = at.language.pick(". ", "。")
    return (stop.join(told) + stop).strip()


def _metric(unit: BankUnit, rows: Sequence[ScorecardRow]) -> ScorecardRow | None:
    """The figure that is looked at more closely, and the control that chooses another."""
    at = desk()
    asked = st.query_params.get("metric") or (rows[0].metric_id if rows else "")
    if not asked:
        return None
    known = at.catalogue.metrics
    title, control = st.columns([3, 1], vertical_alignment="bottom")
    if asked not in known:
        st.error(at.say("unknown_metric", asked=asked))
        return None
    listed = {row.metric_id: row for row in rows}
    if asked not in listed:
        found = readings.cards([unit], [asked], history=True)[unit.unit_id]
        listed = {row.metric_id: row for row in found} | listed
    if asked not in listed:
        st.info(at.say("metric_without_figure", metric=asked, branch=unit.name(at.language)))
        return None
    by_id = listed
    st.session_state["choose_metric"] = asked
    with control:
        st.selectbox(
            at.say("metric"),
            list(by_id),
            format_func=lambda name: by_id[name].name,
            key="choose_metric",
            label_visibility="collapsed",
            on_change=address.chosen,
            args=("metric",),
        )
    row = by_id[asked]
    title.subheader(at.say("trend_of", metric=row.name), anchor=False)
    return row


def _trend(row: ScorecardRow) -> None:
    at = desk()
    chart = trend_of(row, at.form, at.style.ground, at.comparison)
    if chart is None:
        st.info(at.say("trend_none", metric=row.name, reason=row.reason))
        return
    st.altair_chart(chart, theme=None)
    told = doubts(row, at.language)
    if told:
        st.caption(f"{QUALITY_GLYPH} " + at.language.pick("; ", "；").join(told))
    opened = st.expander(at.say("as_table"), on_change="rerun", key="trend_table")
    if opened.open:
        form = at.form
        opened.dataframe(
            pl.DataFrame(
                {
                    at.say("month"): [point.as_of for point in row.history],
                    at.say("value"): [
                        form.value(point.value, row.unit, row.decimals) for point in row.history
                    ],
                    at.say("target"): [
                        form.value(point.target, row.unit, row.decimals) for point in row.history
                    ],
                    at.say("quality"): [point.quality_text for point in row.history],
                }
            ),
            hide_index=True,
        )


def _children(unit: BankUnit, rows: Sequence[ScorecardRow]) -> None:
    at = desk()
    name = unit.name(at.language)
    st.subheader(at.say("children", branch=name), anchor=False)
    below = at.month.units.children(unit.unit_id)
    if not below:
        st.write(at.say("children_none", branch=name))
        return
    cards = readings.cards(below, [row.metric_id for row in rows])
    if not rows:
        return
    lines = [GridLine(name, at.branch_link(unit.unit_id), rows, "whole")]
    lines += [
        GridLine(u.name(at.language), at.branch_link(u.unit_id), cards[u.unit_id], "branch")
        for u in below
    ]
    figures.show_grid(lines, rows, at.say("children", branch=name))


at = desk()
unit = opening.asked_unit()
chosen = opening.branch_choice(unit.unit_id)
if chosen is not None:
    st.query_params["branch"] = chosen
    st.rerun()

shown = figures.shown_metrics([unit])
rows = scorecard.given_first(readings.cards([unit], shown, history=True)[unit.unit_id])
given = [row for row in rows if not row.reason]
aimed = readings.cards([unit], figures.main_metrics([unit]))[unit.unit_id]

strip.header(unit.unit_id)
st.title(unit.name(at.language), anchor=False)
st.html(markup.message(_message(aimed)))
score.show(unit)
figures.family_choice([unit])
figures.show_scorecard(given, unit.unit_id, at.say("scorecard"))
figures.show_missing(rows)
what_changed.show(unit)
entries = check_ins.said(unit)
if entries is not None:
    check_ins.show_needed(unit, aimed)
looked_at = _metric(unit, rows)
if looked_at is not None:
    _trend(looked_at)
    walked.show(looked_at)
    closing.show(looked_at)
    if entries is not None:
        check_ins.show(unit, looked_at, entries)
_children(unit, given)
