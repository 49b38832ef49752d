"""The cross-checks of a report: what does not hold first, with room to say why; then the others."""

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
from dashboards.summaries.verdicts import Case
from records.ledger.returns import Head, RemarkKind, Step
from transforms.errors import BranchmarkError
from transforms.returns.model import Severity
from transforms.returns.package import FAILS, HOLDS

_ENDED: Final = (Step.RELEASED, Step.RETURNED)
_CELLS: Final = 3
"""So many data points are named; the rest is counted."""


def show(made: Opened) -> None:
    """All checks, and the form that says something about one of them."""
    at = desk()
    forms = sheet.forms(made.paper)
    cases = verdicts.cases(made.paper, forms)
    failing = [one for one in cases if one.state == FAILS]
    if failing:
        st.html(_table(made, failing, at.say("rt_failing")))
        st.caption(at.say("sm_checks_unit", currency=made.paper.form.currency_word))
        _form(made, failing)
    else:
        st.success(at.say("rt_none_fails"), icon=":material/check_circle:")
    others = [one for one in verdicts.gathered(cases, forms, made.paper) if one.state != FAILS]
    if others:
        holding = sum(one.state == HOLDS for one in cases)
        with st.expander(at.say("rt_other_checks", holds=holding, count=len(cases))):
            st.html(_table(made, others, at.say("rt_others")))


def _table(made: Opened, cases: list[Case], caption: str) -> str:
    at = desk()
    columns = [
        Column(at.say("sm_rule"), width="27%"),
        Column(at.say("sm_left"), number=True),
        Column(at.say("sm_relation"), tight=True),
        Column(at.say("sm_right"), number=True),
        Column(at.say("sm_difference"), number=True),
        Column(at.say("sm_verdict"), width="14%"),
        Column(at.say("rt_said"), width="22%"),
    ]
    rows = [_line(made, one) for one in cases]
    return table(columns, rows, caption=caption, least_width=900)


def _line(made: Opened, one: Case) -> list[str]:
    standing = Standing.GOOD if one.state == HOLDS else Standing.OPEN
    if one.state == FAILS:
        blocks = one.row["severity"] == Severity.BLOCKS.value
        standing = Standing.BAD if blocks else Standing.WATCH
        asks = "reason" if blocks else ""
        said = made.paper.remarks_on.get(one.name, [])
        if any(asks in {"", remark["kind"]} for remark in said):
            standing = Standing.OPEN
    return [
        f"{escape(one.rule)}<br><small>{escape(one.name)} {_cells(made, one)}</small>",
        escape(one.left),
        escape(one.relation),
        escape(one.right),
        escape(one.difference),
        f'<span class="bm-wrap">{states.mark(standing, one.verdict)}</span>',
        f"<small>{'<br>'.join(escape(text) for text in one.remarks)}</small>",
    ]


def _cells(made: Opened, one: Case) -> str:
    """The first cells that a case is about, each leading to its table."""
    at = desk()
    points = [point for point in one.row["cells"] or () if point in made.paper.cells]
    if one.number == 0 or not points:
        return ""
    more = {} if made.row is None else {"edition": str(made.row["edition"])}
    links = [
        markup.linked(
            point,
            at.link(
                REPORTS,
                branch=made.draft.unit_id,
                report=made.draft.return_id,
                table=made.paper.cells[point]["table_id"],
                **more,
            ),
        )
        for point in points[:_CELLS]
    ]
    rest = f" +{len(points) - _CELLS}" if len(points) > _CELLS else ""
    return " ".join(links) + rest


def _form(made: Opened, failing: list[Case]) -> None:
    """A word about one of them, before the edition is released."""
    at = desk()
    st.header(at.say("rt_say"), anchor=False)
    head = made.head
    if head is None:
        st.caption(at.say("rt_say_prepared_first"))
        return
    if not made.is_newest or made.row is None or made.row["state"] in _ENDED:
        st.caption(at.say("rt_say_ended"))
        return
    if not common.may_enter():
        return
    by_name = {one.name: one for one in failing}
    unsaid = [one.name for one in failing if one.name not in made.paper.remarks_on]
    names = [*unsaid, *(name for name in by_name if name not in unsaid)]
    left, _ = st.columns([3, 2])
    with left, st.form(f"remark_{head.package_id}_{len(made.paper.remarks)}", border=True):
        chosen = st.selectbox(
            at.say("rt_case"),
            names,
            format_func=lambda name: f"{name}  {by_name[name].rule}",
        )
        text = st.text_area(at.say("rt_text"), max_chars=1000, height=90)
        st.caption(at.say("rt_say_hint"))
        by = common.person()
        pressed = st.form_submit_button(at.say("rt_say_it"), type="primary")
    if pressed:
        _remark(made, head, by_name[chosen], text, by)


def _remark(made: Opened, head: Head, case: Case, text: str, by: str) -> None:
    at = desk()
    if not by:
        st.error(at.say("tg_who_needed"))
        return
    blocks = case.row["severity"] == Severity.BLOCKS.value
    kind: RemarkKind = "reason" if blocks else "comment"
    try:
        made.asked.remark(
            at.scope, head, case=case.name, kind=kind, text=text, by=by, at=common.now()
        )
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))
        return
    common.tell(at.say("rt_said_now", case=case.name))
