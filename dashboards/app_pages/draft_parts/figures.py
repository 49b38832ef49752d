"""The branch's figures: as published, by the draft, and if every thing on the list were mended."""

from datetime import date
from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages.desk import desk
from dashboards.drafts.told import FigureLine, Told
from dashboards.listing import Column, table


def show(told: Told) -> None:
    """A line a figure."""
    at = desk()
    lines = told.figures()
    if not lines:
        st.info(at.say("ck_message_no_targets"))
        return
    columns = [
        Column(at.say("metric"), width="21%"),
        Column(published_heading(told), number=True),
        Column(at.say("ck_draft"), number=True),
        Column(at.say("change"), number=True),
        Column(at.say("target"), number=True),
        Column(at.say("gap")),
        Column(at.say("status"), tight=True),
        Column(at.say("ck_if_mended"), number=True),
        Column("", tight=True),
    ]
    st.html(
        table(
            columns,
            [_cells(line) for line in lines],
            caption=at.say("ck_figures"),
            least_width=980,
        )
    )
    st.caption(at.say("ck_figures_hint"))


def published_heading(told: Told) -> str:
    """What the published figures are of."""
    at = desk()
    days = told.answer.figures["published_as_of"].drop_nulls()
    if days.is_empty():
        return at.say("ck_published_never")
    return at.say("ck_published", day=at.day(date.fromisoformat(days[0])))


def _cells(line: FigureLine) -> list[str]:
    at = desk()
    mended, then = escape(line.mended), markup.mark(line.mended_status, at.style)
    same = f'<span class="bm-quiet">{escape(at.say("ck_unmended"))}</span>'
    if not line.helped:
        mended, then = same, ""
    return [
        escape(line.name),
        escape(line.published),
        f"<b>{escape(line.draft)}</b>",
        same if line.is_published_so else escape(line.change),
        escape(line.target),
        f'<span class="bm-quiet">{escape(line.reason)}</span>' if line.reason else escape(line.gap),
        markup.marked(line.status, line.status_glyph, line.status_word),
        mended,
        then,
    ]
