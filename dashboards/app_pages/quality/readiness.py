"""Readiness: each unit by step, the worst first; every cell leads to what is behind it."""

from html import escape

import streamlit as st

from dashboards.app_pages import readings, strip
from dashboards.app_pages.desk import desk
from dashboards.app_pages.quality.common import unit_link
from dashboards.documents import data_quality
from dashboards.documents.data_quality import QualityPage
from dashboards.exports.document import Document
from dashboards.listing import Column, table
from dashboards.quality import readiness, states
from dashboards.quality.evidence import Evidence
from dashboards.quality.parts import Parts
from dashboards.quality.readiness import STEPS, Line

_SECTIONS = {
    "delivered": "deliveries",
    "rejected": "rejected",
    "findings": "findings",
    "reconciled": "ledger",
    "overrides": "overrides",
    "published": "deliveries",
}
"""Which section of the page tells more about a step."""


def message(parts: Parts) -> str:
    """The sentence the page opens with."""
    at = desk()
    whole, below = readings.readiness(parts)
    return readiness.message(whole, below, at.form)


def document(parts: Parts, evidence: Evidence) -> Document:
    """The whole page as a document."""
    at = desk()
    whole, below = readings.readiness(parts)
    said = readiness.message(whole, below, at.form)
    head = strip.headline(parts.unit.unit_id)
    return data_quality.document(QualityPage(head, parts, evidence, whole, below, said))


def show(parts: Parts, evidence: Evidence) -> None:  # noqa: ARG001 - as all sections are asked
    """The matrix of units by steps."""
    at = desk()
    whole, below = readings.readiness(parts)
    columns = [
        Column(at.say("dq_unit"), tight=True),
        *(Column(at.say(f"dq_step_{name}"), tight=name != "overrides") for name in STEPS),
    ]
    caption = at.say("dq_matrix")
    st.html(
        table(
            columns,
            [_cells(line, unit_link(line.unit)) for line in below],
            caption=caption,
            whole=[_cells(whole, escape(parts.unit.name(at.language)))],
            least_width=900,
        )
    )
    st.caption(at.say("dq_matrix_hint"))
    if at.month.unpublished:
        comma = at.language.pick(", ", "、")
        months = comma.join(at.day(day) for day in at.month.unpublished)
        st.info(at.say("dq_unpublished", months=months))


def _cells(line: Line, name: str) -> list[str]:
    at = desk()
    cells = [name]
    for step in STEPS:
        found = line.steps.get(step)
        if found is None:
            cells.append("")
            continue
        href = at.quality_link(line.unit.unit_id, section=_SECTIONS[step]) if line.unit else ""
        told = states.mark(found.standing, found.text, href, found.title)
        cells.append(f'<span class="bm-wrap">{told}</span>' if step == "overrides" else told)
    return cells
