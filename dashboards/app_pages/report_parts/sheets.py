"""The tables of a report as its form has them; each figure leads to the metric's page or to its loans."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address
from dashboards.app_pages.desk import desk
from dashboards.numbers import NOTHING
from dashboards.summaries import sheet
from dashboards.summaries.paper import Paper
from dashboards.summaries.sheet import Entry, Form, Head, Line
from dashboards.summaries.words import ADJUSTED_MARK
from transforms.catalogue.model import Kind
from transforms.catalogue.vocabulary import TOTAL
from transforms.returns.model import Take

_LISTED: Final = {Take.NUMERATOR.value: "numerator", Take.DENOMINATOR.value: "denominator"}
"""Which side of a figure the loans are listed of."""
_EVERY: Final = "*"


def show(paper: Paper) -> None:
    """One table at a time, chosen by the address."""
    at = desk()
    tables = paper.return_.tables
    names = {one.table_id: at.language.pick(one.label.en, one.label.zh) for one in tables}
    asked = st.query_params.get("table", tables[0].table_id)
    if asked not in names:
        st.error(markup.plain(at.say("rt_unknown_table", asked=asked, known=", ".join(names))))
        return
    left, _ = st.columns([2, 3])
    with left:
        address.choice("table", at.say("rt_table"), list(names), names.__getitem__, asked)
    form = sheet.form_of(paper, paper.return_.table(asked))
    if form.units:
        st.caption(markup.plain(form.units))
    st.html(_table(form))
    _notes(paper, form)


def _table(form: Form) -> str:
    at = desk()
    number = at.say("sm_unit_number" if form.of_units else "sm_line")
    item = at.say("sm_unit_name" if form.of_units else "sm_item")
    head = f'<th scope="col">{escape(number)}</th><th scope="col">{escape(item)}</th>'
    if form.has_units:
        head += f'<th scope="col">{escape(at.say("sm_measured_in"))}</th>'
    head += "".join(_head(one) for one in form.heads)
    body = "".join(_line(line, form) for line in form.lines)
    width = 240 + 62 * len(form.heads)
    return (
        '<div class="bm bm-wide" tabindex="0">'
        f'<table class="bm-plain" style="min-width:{width}px" aria-label="{escape(form.title)}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _head(head: Head) -> str:
    at = desk()
    lines = [head.unit, "" if head.day is None else at.day(head.day), head.column_id]
    below = "".join(f"<br><small>{escape(line)}</small>" for line in lines if line)
    kind = "bm-number" if head.is_number else ""
    style = ' style="white-space:normal"' if head.is_number else ""
    return f'<th scope="col" class="{kind}"{style}>{escape(head.label)}{_marks(head.marks)}{below}</th>'


def _marks(marks: Sequence[str]) -> str:
    return _raised(" ".join(marks)) if marks else ""


def _raised(text: str) -> str:
    """A mark that stands with what it is about, and makes no line higher."""
    return f'<sup style="line-height:0">&nbsp;{escape(text)}</sup>'


def _line(line: Line, form: Form) -> str:
    kind = "bm-whole" if line.is_strong else ""
    label = escape(line.label) + _marks(line.marks)
    if line.is_doubtful:
        label += f' <small class="bm-doubt">{escape(desk().say("rt_provisional"))}</small>'
    unit = f'<td class="bm-cell"><small>{escape(line.unit)}</small></td>' if form.has_units else ""
    cells = "".join(
        _cell(entry, is_number=head.is_number)
        for entry, head in zip(line.entries, form.heads, strict=True)
    )
    return (
        f'<tr class="{kind}"><td class="bm-quiet">{escape(line.number)}</td>'
        f'<th scope="row" style="padding-left:{8 + line.level * 14}px">{label}</th>'
        f"{unit}{cells}</tr>"
    )


def _cell(entry: Entry, *, is_number: bool) -> str:
    kind = "bm-number" if is_number else "bm-cell"
    cell = entry.cell
    if cell is None:
        return f'<td class="{kind}"></td>'
    at = desk()
    text = escape(entry.text)
    if entry.status is not None:
        text = markup.mark(entry.status, at.style)
    href = link(cell)
    if href and not entry.missing:
        text = f'<a href="{escape(href)}" target="_self">{text}</a>'
    if entry.missing:
        text = f"{NOTHING}{_raised(str(entry.missing))}"
    if entry.is_adjusted:
        text += _raised(ADJUSTED_MARK)
    return f'<td class="{kind}" title="{escape(cell["data_point"])}">{text}</td>'


def link(cell: Mapping[str, Any]) -> str:
    """Where a figure is told more of: its loans where they add up to it, else the metric's page."""
    at = desk()
    metric = at.catalogue.metrics.get(cell["metric_id"] or "")
    if metric is None or cell["as_of_date"] is None or cell["unit_id"] in {None, _EVERY}:
        return ""
    more = {"period": cell["as_of_date"].isoformat()}
    if cell["reading"] and cell["reading"] != metric.default_reading:
        more["reading"] = cell["reading"]
    is_cut = cell["slice"] not in {None, TOTAL}
    side = _LISTED.get(cell["take"])
    adds_up = cell["take"] == Take.VALUE.value and metric.kind is Kind.TOTAL
    if side is None and not adds_up:
        if is_cut:
            more |= {"section": "parts", "slice": cell["slice"]}
        return at.metric_link(cell["unit_id"], metric.metric_id, **more)
    if is_cut:
        more |= {"slice": cell["slice"], "member": cell["member"]}
    return at.loans_link(cell["unit_id"], metric.metric_id, side=side or "numerator", **more)


def _notes(paper: Paper, form: Form) -> None:
    at = desk()
    told = [f"<sup>{escape(mark)}</sup> {escape(text)}" for mark, text in form.notes]
    if form.is_adjusted:
        title = at.say("sm_adjustments")
        told.append(escape(at.say("sm_adjusted_mark", mark=ADJUSTED_MARK, title=title)))
    if form.is_doubtful:
        told.append(escape(at.say("sm_quality_mark")))
    disclaimer = at.language.pick(paper.return_.disclaimer.en, paper.return_.disclaimer.zh)
    told += [escape(disclaimer)] if disclaimer else []
    st.html(f'<div class="bm"><small>{"<br>".join(told)}</small></div>')
