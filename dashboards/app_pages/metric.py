"""Metric: what is in this number, and why did it move?"""

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, exporting, opening, readings, strip
from dashboards.app_pages.desk import desk
from dashboards.app_pages.metric_parts import apart, asked, beside, causes, members, months
from dashboards.documents.metric import Shown, document
from dashboards.exports.document import Document
from dashboards.figure.history import points
from dashboards.figure.markup import defined, head
from dashboards.figure.subject import Subject, message, subject
from dashboards.scorecard import short_name
from transforms.trace import Side


def _head(of: Subject) -> None:
    """The figure, its target, its changes, what it is made from, and what it means."""
    loans = {side.value: looked.loans(side=side) for side in Side}
    others = {part.metric: looked.link(metric=part.metric) for part in of.parts if part.metric}
    meaning = at.link(address.CATALOGUE, metric=of.metric.metric_id)
    st.html(
        head(of, at.form, at.style, chosen=at.comparison, loans=loans, metrics=others)
        + defined(of, at.form, meaning)
    )


def _below(of: Subject) -> None:
    """The part of the page that the address asks for."""
    asked.sections(looked)
    if looked.section == asked.CAUSES:
        causes.show(looked, of.row)
    elif looked.section == asked.PARTS:
        members.show(looked, of, members.made(looked, of, facts))
    elif looked.section == asked.BESIDE:
        beside.show(looked, of, beside.below_of(looked, facts))
    else:
        apart.show(looked, of, apart.of_figure(looked, facts))


def _document(of: Subject) -> Document:
    """What the page shows, with every part of it, as a file."""
    return document(
        Shown(
            headline=strip.headline(unit.unit_id),
            unit=unit,
            subject=of,
            history=history,
            said={} if trend is None else trend.said,
            parts=members.made(looked, of, facts),
            below=beside.below_of(looked, facts),
            units=at.month.units.children(unit.unit_id),
            readings=[one.row for one in apart.of_figure(looked, facts)],
            walk=causes.known(of.row),
            outlook=None if trend is None else trend.known(),
            message=message(of, at.form, at.comparison, _told(of)),
        ),
        at.catalogue,
        readings.reference(),
    )


def _told(of: Subject) -> tuple[tuple[str, str], ...]:
    """The causes of the change, once they are known."""
    walk = causes.known(of.row)
    return () if walk is None else causes.largest(walk, of.row)


at = desk()
unit = opening.unit_of_page()

looked = asked.asked()
facts = looked.facts
name = short_name(looked.metric, at.language)
found = subject(
    facts,
    at.catalogue,
    at.form,
    branch=unit.unit_id,
    metric=looked.metric.metric_id,
    reading=looked.reading,
    comparison=at.comparison,
)

strip.header(unit.unit_id, page=address.METRIC, trail=[(name, "")])
own = unit.name(at.language)
tools = strip.title(at.language.pick(f"{name} · {own}", f"{own} · {name}"))
with tools:
    asked.controls(looked)
if found is None:
    st.info(markup.plain(at.say("metric_without_figure", metric=name, branch=own)))
    st.stop()

history = points(facts, looked.reading, at.form)
sentence = st.empty()
sentence.html(markup.message(message(found, at.form, at.comparison)))
_head(found)
trend = months.show(looked, found, history)
_below(found)
sentence.html(markup.message(message(found, at.form, at.comparison, _told(found))))
exporting.offer(lambda: _document(found), tools)
