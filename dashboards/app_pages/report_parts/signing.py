"""The steps of a report: what is signed, what stands in its way, the form that takes the next step, the past.

Whatever a page says, the ledger refuses a step out of order or by one of those who are on it already, and
what changed since it was prepared.
"""

from collections.abc import Mapping
from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages.address import REPORTS
from dashboards.app_pages.aims import common
from dashboards.app_pages.desk import desk
from dashboards.app_pages.report_parts.looked_at import Opened
from dashboards.listing import Column, table
from dashboards.quality import states
from dashboards.quality.states import Standing
from dashboards.summaries import sheet, verdicts
from records.ledger.people import is_same_person
from records.ledger.returns import Head, Step
from transforms.errors import BranchmarkError

_NEXT: Final = {
    Step.PREPARED: Step.CHECKED,
    Step.CHECKED: Step.APPROVED,
    Step.APPROVED: Step.RELEASED,
}
_NOT_BY: Final = {
    Step.CHECKED: (Step.PREPARED,),
    Step.APPROVED: (Step.PREPARED, Step.CHECKED),
    Step.RELEASED: (Step.PREPARED,),
}
"""Whose steps another person has to take; the ledger holds to it."""
_BARRED: Final = (Step.APPROVED, Step.RELEASED)
_SHORT: Final = 12


def show(made: Opened) -> None:
    """What is signed, with the next step; then every step there was."""
    at = desk()
    left, right = st.columns([3, 2], gap="large")
    with left:
        _content(made)
    with right:
        _next(made)
    try:
        if made.head is not None and made.is_newest and made.row is not None:
            _obstacles(made, made.head)
        _history(made)
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))


def _content(made: Opened) -> None:
    """What exactly is signed."""
    at, paper = desk(), made.paper
    missing = paper.package.cells["reason"].is_not_null().sum()
    items = {
        "sm_unit": paper.place,
        "sm_period": paper.period,
        "sm_return": f"{paper.return_.code} {paper.return_.version}",
        "sm_edition_word": paper.standing,
        "sm_data": at.say("sm_data_version", version=paper.package.snapshot_version),
        "sm_reconciliation": paper.reconciliation,
        "rt_cells": at.say("rt_cells_told", count=paper.package.cells.height, missing=missing),
        "sm_checks": verdicts.summary(paper),
    }
    record = "".join(
        f"<dt>{escape(at.say(key))}</dt><dd>{escape(text)}</dd>" for key, text in items.items()
    )
    record += f"<dt>{escape(at.say('sm_hash'))}</dt><dd><code>{paper.content_hash}</code></dd>"
    st.header(at.say("rp_you_sign"), anchor=False)
    st.html(
        f'<div class="bm"><dl class="bm-record" style="font-size:14px;padding:0">{record}</dl></div>'
    )


def _next(made: Opened) -> None:
    """The form of the step that comes next."""
    at = desk()
    if not made.is_newest:
        st.info(at.say("rt_step_older"))
        return
    if not common.may_enter():
        return
    state = None if made.row is None else Step(made.row["state"])
    if state in {None, Step.RETURNED}:
        _prepare(made, at.say("rt_prepare"))
        return
    try:
        with st.spinner(at.say("rt_comparing")):
            changed = made.change(at.scope)
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))
        return
    if changed is not None:
        st.warning(at.say("rt_step_outdated"), icon=":material/update:")
        _prepare(made, at.say("rt_prepare_anew"))
    elif state in _NEXT and made.head is not None:
        _step(made, made.head, _NEXT[state])
    elif state is Step.RELEASED:
        st.success(at.say("rt_step_released"), icon=":material/verified:")


def _prepare(made: Opened, label: str) -> None:
    at = desk()
    with st.form(f"prepare_{made.editions.height}", border=True):
        by = common.person()
        note = st.text_input(at.say("rp_note"), max_chars=500)
        pressed = st.form_submit_button(label, type="primary", icon=":material/edit_document:")
    if not pressed:
        return
    if not by:
        st.error(at.say("tg_who_needed"))
        return
    try:
        with st.spinner(at.say("rt_filling")):
            edition = made.asked.prepare(at.scope, made.draft, by=by, at=common.now(), note=note)
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))
        return
    st.query_params.pop("edition", None)
    common.tell(at.say("rt_prepared_now", edition=edition))


def _step(made: Opened, head: Head, step: Step) -> None:
    """The next step, and giving back; what is confirmed belongs to one content, and another asks anew."""
    at = desk()
    barred = _taken_by_reader(made, step)
    if barred:
        word = at.say(f"sm_step_{barred.value}")
        st.info(at.say("rt_step_other_person", step=word), icon=":material/group:")
    with st.form(f"step_{head.content_hash}_{step.value}", border=True):
        by = common.person()
        note = st.text_input(at.say("rt_note"), max_chars=500)
        confirmed = st.checkbox(at.say("rt_confirm"), disabled=barred is not None)
        with st.container(horizontal=True):
            taken = st.form_submit_button(
                at.say(f"rt_take_{step.value}"),
                type="primary",
                icon=":material/draw:",
                disabled=barred is not None,
            )
            back = st.form_submit_button(at.say("rt_take_returned"), icon=":material/undo:")
    if not taken and not back:
        return
    if not by:
        st.error(at.say("tg_who_needed"))
    elif back and not note.strip():
        st.error(at.say("rt_note_needed"))
    elif taken and not confirmed:
        st.error(at.say("rp_confirm_first"))
    else:
        _take(made, head, Step.RETURNED if back else step, by, note)


def _taken_by_reader(made: Opened, step: Step) -> Step | None:
    """The step that keeps who has signed in from the next one; none where nobody signs in."""
    at = desk()
    if at.workspace.sign_in is None:
        return None
    taken = {row["step"]: row["person"] for row in made.paper.steps.to_dicts()}
    return next(
        (
            one
            for one in _NOT_BY[step]
            if one in taken and is_same_person(taken[one], at.signed_in.name)
        ),
        None,
    )


def _take(made: Opened, head: Head, step: Step, by: str, note: str) -> None:
    at = desk()
    try:
        with st.spinner(at.say("rt_comparing")):
            made.asked.step(at.scope, head, step, by=by, at=common.now(), note=note)
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))
        return
    common.tell(at.say("rt_taken_now", step=at.say(f"sm_step_{step.value}"), person=by))


def _obstacles(made: Opened, head: Head) -> None:
    """What approval and release wait for."""
    at = desk()
    if made.row is None or made.row["state"] in {Step.RELEASED, Step.RETURNED}:
        return
    found = made.asked.obstacles(at.scope, head).to_dicts()
    st.header(at.say("rt_obstacles"), anchor=False)
    if not found:
        st.success(at.say("rt_obstacles_none"), icon=":material/check_circle:")
        return
    columns = [
        Column(at.say("rt_obstacle"), width="52%"),
        Column(at.say("rt_asks"), width="26%"),
        Column("", tight=True),
    ]
    rules = {one.name: one.rule for one in verdicts.cases(made.paper, sheet.forms(made.paper))}
    lines = []
    for row in found:
        standing = Standing.BAD if row["blocks"] else Standing.OPEN
        asks = at.say(f"rt_asks_{row['asks'] or 'nothing'}")
        lines.append([_about(row, rules), states.mark(standing, asks), _way(made, row)])
    st.html(table(columns, lines, caption=at.say("rt_obstacles"), least_width=640))


def _about(row: dict[str, object], rules: Mapping[str, str]) -> str:
    at = desk()
    metric = at.catalogue.metrics.get(str(row["metric_id"] or ""))
    if metric is not None:
        name = at.language.pick(metric.label.en, metric.label.zh)
        return escape(at.say("rt_obstacle_metric", metric=name))
    if row["case"] in rules:
        case = str(row["case"])
        return f"{escape(rules[case])}<br><small>{escape(case)}</small>"
    told = str(row[at.language.pick("label_en", "label_zh")] or "")
    return f"{escape(told)}<br><small>{escape(common.unit_name(str(row['unit_id'])))}</small>"


def _way(made: Opened, row: dict[str, object]) -> str:
    """Where an obstacle is taken away."""
    at = desk()
    unit = str(row["unit_id"])
    if row["metric_id"] is not None:
        return markup.linked(
            at.say("rp_to_say"), at.branch_link(unit, metric=str(row["metric_id"]))
        )
    if row["case"] is not None:
        name = made.draft.return_id
        href = at.link(REPORTS, branch=made.draft.unit_id, report=name, section="checks")
        return markup.linked(at.say("rt_to_checks"), href)
    return markup.linked(at.say("rt_to_ledger"), at.quality_link(unit, section="ledger"))


def _history(made: Opened) -> None:
    """Every step of every edition, the newest first."""
    at = desk()
    steps = made.asked.steps(at.scope, made.draft).sort("edition", "step_id", descending=True)
    st.header(at.say("rt_history"), anchor=False)
    if steps.is_empty():
        st.write(at.say("rt_history_none"))
        return
    columns = [
        Column(at.say("sm_edition_word"), number=True),
        Column(at.say("sm_step"), tight=True),
        Column(at.say("sm_person"), width="22%"),
        Column(at.say("sm_at"), tight=True),
        Column(at.say("rt_signed_hash"), tight=True),
        Column(at.say("note"), width="34%"),
    ]
    lines = [
        [
            str(row["edition"]),
            escape(at.say(f"sm_step_{row['step']}")),
            escape(row["person"]),
            f"{row['at']:%Y-%m-%d %H:%M} UTC",
            f"<code>{escape(row['content_hash'][:_SHORT])}</code>",
            common.cell(row["note"]),
        ]
        for row in steps.iter_rows(named=True)
    ]
    st.html(table(columns, lines, caption=at.say("rt_history"), least_width=760))
