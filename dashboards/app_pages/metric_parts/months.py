"""The months of a figure: trend, where it would stand at the year end, and what was restated."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import markup, words
from dashboards.app_pages import readings
from dashboards.app_pages.desk import desk
from dashboards.app_pages.metric_parts.asked import Asked
from dashboards.charts.theme import specification
from dashboards.figure.history import Point, breaks, restated
from dashboards.figure.markup import months_table, restated_table
from dashboards.figure.pictures import printed, range_text, trend_of
from dashboards.figure.subject import Subject
from dashboards.palette import QUALITY_GLYPH
from dashboards.pictures import doubts
from dashboards.port.analyses import Outlook
from dashboards.scorecard_row import ScorecardRow
from records.ledger.errors import LedgerError
from transforms.catalogue.model import Kind
from transforms.errors import BranchmarkError

_LAST_MONTH: Final = 12


@dataclass(frozen=True, eq=False)
class Trend:
    """The trend of a page, with the path ahead where there is one."""

    row: ScorecardRow
    history: Sequence[Point]
    said: dict[date, str]
    chart: DeltaGenerator
    caption: DeltaGenerator

    def carry_on(self) -> None:
        """Draw the months, and the path ahead: it takes less than drawing twice would."""
        at = desk()
        if not self._is_open():
            self.draw(None)
            return
        try:
            found = readings.outlook(self.row)
        except BranchmarkError:
            # Why not is a question of method; that there is none is all a reader needs here.
            self.draw(None, at.say("mt_no_outlook"))
            return
        self.draw(found, "" if found is None else _told(found, self.row))

    def known(self) -> Outlook | None:
        """The path ahead, if there is one."""
        if not self._is_open():
            return None
        try:
            return readings.outlook(self.row)
        except BranchmarkError:
            return None

    def _is_open(self) -> bool:
        """Whether the year has not ended, there is a figure to carry on, and somebody answers."""
        at = desk()
        return (
            at.analyses is not None
            and at.is_now
            and not self.row.reason
            and at.month.as_of.month < _LAST_MONTH
        )

    def draw(self, outlook: Outlook | None, told: str = "") -> None:
        """The picture, and below it what its marks mean."""
        at = desk()
        chart = trend_of(
            self.row,
            self.history,
            at.form,
            at.style.ground,
            compared=at.before,
            said=self.said,
            outlook=outlook,
        )
        if chart is not None:
            self.chart.vega_lite_chart(specification(chart), theme=None)
        self.caption.caption(at.language.pick(" ", "").join([*self._legend(), told]).strip())

    def _legend(self) -> list[str]:
        """What the marks mean that are there, and what keeps months from being final."""
        at = desk()
        history = self.history
        told = []
        if any(point.as_of == at.before and point.value is not None for point in history):
            told.append(at.say("mt_key_compared", comparison=at.say(at.comparison.value).lower()))
        if any(point.is_restated for point in history):
            told.append(at.say("mt_key_reported"))
        if self.said:
            told.append(at.say("mt_key_said"))
        if breaks(history, at.language):
            told.append(at.say("mt_key_break"))
        unsure = doubts(history, at.language)
        if unsure:
            stop = at.language.pick(".", "。")
            told.append(f"{QUALITY_GLYPH} " + at.language.pick("; ", "；").join(unsure) + stop)
        return told


def show(asked: Asked, of: Subject, history: Sequence[Point]) -> Trend | None:
    """The trend, the months as a table, and those that were restated."""
    at = desk()
    if not any(point.value is not None for point in history):
        st.info(markup.plain(at.say("mt_no_months", metric=of.row.name, reason=of.row.reason)))
        return None
    trend = Trend(of.row, history, _said(asked), st.empty(), st.empty())
    trend.carry_on()
    again = restated(history)
    if again:
        label = at.say("mt_log_count", count=len(again))
        with st.expander(label, icon=":material/history:"):
            st.html(restated_table(again, of.row, at.form))
    with st.expander(at.say("as_table"), icon=":material/table_rows:"):
        st.html(months_table(history, of.row, at.form))
    return trend


def _said(asked: Asked) -> dict[date, str]:
    """What people said about the figure, by month end: the latest of each month."""
    at = desk()
    try:
        entries = at.ledger.check_ins.all(
            at.scope, branch=asked.unit.unit_id, metric=asked.metric.metric_id
        )
    except LedgerError:
        return {}  # the page about entries says so
    comma = at.language.pick(": ", "：")
    return {
        row["as_of_date"]: words.shortened(f"{row['author']}{comma}{row['comment']}", 160)
        for row in entries.sort("made_at").to_dicts()
        if row["reading"] == asked.reading and row["as_of_date"] <= at.month.as_of
    }


def _told(found: Outlook, row: ScorecardRow) -> str:
    """The path ahead in a sentence: where it ends, how sure that is, by which method, against what."""
    at = desk()
    if found.value is None:
        return at.say("mt_no_outlook")
    text = at.say(
        "mt_outlook",
        day=at.day(found.to),
        value=printed(found.value, row, at.form),
        range=(
            range_text(found, row, at.form)
            if found.low is None or found.high is None
            else at.say("mt_outlook_range", range=range_text(found, row, at.form))
        ),
        method=at.language.pick(found.method.en, found.method.zh),
    )
    if found.target is not None and found.told != "not_judged":
        aim = printed(found.target, row, at.form)
        of = "_limit" if row.kind is Kind.TOLERANCE else ""
        text += at.say(f"mt_outlook_{found.told}{of}", target=aim)
    stop = at.language.pick(". ", "。")
    notes = [at.language.pick(note.en, note.zh) for note in found.notes]
    return text + stop + " ".join(notes)
