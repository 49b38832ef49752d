"""Branch scorecard: how does this unit stand against its targets, and what closes the gap?"""

from collections.abc import Sequence

import streamlit as st

from dashboards import markup, openings, ordering, standing
from dashboards.app_pages import (
    address,
    check_ins,
    closing,
    exporting,
    figures,
    opening,
    page_documents,
    readings,
    score,
    strip,
    what_changed,
)
from dashboards.app_pages.desk import desk
from dashboards.scorecard_row import ScorecardRow
from dashboards.units import BankUnit


def _closer(unit: BankUnit, rows: Sequence[ScorecardRow]) -> ScorecardRow | None:
    """The figure that is looked at more closely, and the control that chooses another."""
    at = desk()
    default = standing.furthest_behind(rows) or next(iter(rows), None)
    asked = st.query_params.get("metric") or (default.metric_id if default else "")
    if not asked:
        return None
    title, control = st.columns([3, 1], vertical_alignment="bottom")
    if asked not in at.catalogue.metrics:
        st.error(markup.plain(at.say("unknown_metric", asked=asked)))
        return None
    listed = {row.metric_id: row for row in rows}
    if asked not in listed:
        found = readings.cards([unit], [asked], history=True)[unit.unit_id]
        listed = {row.metric_id: row for row in found} | listed
    if asked not in listed:
        st.info(
            markup.plain(
                at.say("metric_without_figure", metric=asked, branch=unit.name(at.language))
            )
        )
        return None
    with control:
        address.choice(
            "metric",
            at.say("metric"),
            list(listed),
            lambda name: listed[name].name,
            asked,
            bare=True,
        )
    row = listed[asked]
    pair = at.language.pick("{}: {}", "{}：{}")
    title.header(markup.plain(pair.format(at.say("closer"), row.name)), anchor=False)
    return row


def _children(unit: BankUnit, rows: Sequence[ScorecardRow]) -> None:
    at = desk()
    name = unit.name(at.language)
    st.header(markup.plain(at.say("children", branch=name)), anchor=False)
    below = at.month.units.children(unit.unit_id)
    if not below:
        st.write(markup.plain(at.say("children_none", branch=name)))
        return
    if not rows:
        return
    cards = readings.cards(below, [row.metric_id for row in rows])
    lines = [figures.grid_line(unit, rows, "whole")]
    lines += [figures.grid_line(one, cards[one.unit_id], "branch") for one in below]
    figures.show_grid(lines, rows, at.say("children", branch=name))


at = desk()
unit = opening.unit_of_page()

shown = figures.shown_metrics([unit])
rows = ordering.given_first(readings.cards([unit], shown, history=True)[unit.unit_id])
given = [row for row in rows if not row.reason]
aimed = readings.cards([unit], figures.main_metrics([unit]))[unit.unit_id]

strip.header(unit.unit_id)
tools = strip.title(unit.name(at.language))
total = tools.container(width="content")
message = openings.of_unit(aimed, at.form)
figures.message_and_family(message, [unit])
entries = check_ins.said(unit)
figures.show_scorecard(given, unit, entries)
figures.show_missing(rows)

# What is worked out on the book comes after everything that is published: nothing waits for it.
scored = st.container()
changed = st.container()
needed = st.container()
looked_at = _closer(unit, given)
if looked_at is not None:
    if at.is_now:
        closing.show(looked_at)
    if entries is not None:
        check_ins.show(unit, looked_at, entries)
_children(unit, given)
exporting.offer(lambda: page_documents.of_branch(unit, rows, message, entries), tools)
if entries is not None:
    with needed:
        check_ins.show_needed(unit, aimed)
if at.is_now:
    score.show(unit, total, scored)
    with changed:
        what_changed.show(unit)
elif at.analyses is not None:
    changed.info(at.say("only_as_known"), icon=":material/history:")
