"""Signing: what keeps the unit's figures from a signature, what is signed, and who signed before.

Whatever a page says, the ledger refuses a signature while a missed metric stands without a word, and a
second one on the same figures.
"""

from html import escape

import polars as pl
import streamlit as st

from dashboards import markup, words
from dashboards.app_pages import check_ins, figures, readings
from dashboards.app_pages.aims import common
from dashboards.app_pages.desk import desk
from dashboards.app_pages.report_parts.read import Entered
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING
from dashboards.palette import MARKS
from dashboards.release.steps import UnitSteps
from dashboards.units import BankUnit
from transforms.errors import BranchmarkError
from transforms.scorecards import Status

_SHORT = 12


def show(unit: BankUnit, whole: UnitSteps, held: Entered) -> None:
    """The way to a signature, and the signatures there are."""
    at = desk()
    common.show_told()
    if held.broken:
        st.error(markup.plain(held.broken), title=at.say("tg_ledger_broken"))
        return
    signature = held.last(unit.unit_id)
    if not at.is_now:
        st.info(at.say("rp_only_now"))
    elif signature is not None and signature.holds:
        st.success(
            at.say(
                "rp_is_signed",
                person=markup.plain(signature.person),
                version=signature.version,
                day=at.day(signature.at.date()),
            ),
            icon=":material/verified:",
        )
    else:
        _way(unit, whole)
    _signatures(unit, held)


def _way(unit: BankUnit, whole: UnitSteps) -> None:
    """What is open, else what is signed with the form."""
    at = desk()
    try:
        found = check_ins.obstacles(unit)
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))
        return
    if found.height:
        _obstacles(unit, found)
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        _content(unit, whole)
    with right:
        if common.may_enter():
            _form(unit)


def _obstacles(unit: BankUnit, found: pl.DataFrame) -> None:
    at = desk()
    key = "rp_obstacle_one" if found.height == 1 else "rp_obstacles"
    st.warning(at.say(key, count=found.height), icon=":material/edit_note:")
    columns = [
        Column(at.say("rp_missed_metric"), width="40%"),
        Column(at.say("value"), number=True),
        Column(at.say("target"), number=True),
        Column(at.say("status"), tight=True),
        Column("", tight=True),
    ]
    lines = []
    for row in found.to_dicts():
        metric = at.catalogue.metrics[row["metric_id"]]
        decimals = words.decimals_of(metric)
        name = at.language.pick(metric.label.en, metric.label.zh)
        if row["reading"] != metric.default_reading:
            name += at.language.pick(f" ({row['reading']})", f"（{row['reading']}）")
        target = row["target_value"]
        lines.append(
            [
                escape(name),
                escape(at.form.value(row["value"], metric.unit, decimals)),
                NOTHING if target is None else escape(at.form.value(target, metric.unit, decimals)),
                markup.mark(Status(row["status"]), at.style),
                markup.linked(
                    at.say("rp_to_say"), at.branch_link(unit.unit_id, metric=row["metric_id"])
                ),
            ]
        )
    st.html(table(columns, lines, caption=at.say("rp_missed_metric"), least_width=640))


def _content(unit: BankUnit, whole: UnitSteps) -> None:
    """What exactly is signed."""
    at = desk()
    publication = at.published.current()[at.month.as_of, at.month.version]
    rows = readings.cards([unit], figures.main_metrics([unit]))[unit.unit_id]
    counted: dict[Status, int] = {}
    for row in rows:
        counted[row.status] = counted.get(row.status, 0) + 1
    told = at.language.pick(", ", "，").join(
        f"{count} {MARKS[status].word(at.language)}"
        for status, count in sorted(counted.items(), key=lambda pair: list(Status).index(pair[0]))
    )
    version = at.say(
        "rp_sign_version_text",
        version=at.month.version,
        day=at.day(publication.published_at.date()),
    )
    items = {
        "rp_sign_unit": unit.name(at.language),
        "rp_sign_month": at.day(at.month.as_of),
        "rp_sign_version": version,
        "rp_sign_fingerprint": publication.fingerprint[:_SHORT],
        "rp_sign_figures": told or NOTHING,
        "rp_sign_said": whole.steps["check_ins"].text,
        "rp_sign_quality": whole.steps["reconciled"].text
        if "reconciled" in whole.steps
        else NOTHING,
    }
    record = "".join(
        f"<dt>{escape(at.say(key))}</dt><dd>{escape(text)}</dd>" for key, text in items.items()
    )
    st.header(at.say("rp_you_sign"), anchor=False)
    st.html(
        f'<div class="bm"><dl class="bm-record" style="font-size:14px;padding:0">{record}</dl></div>'
    )


def _form(unit: BankUnit) -> None:
    """The signature; what is confirmed belongs to one publication, and another one asks anew."""
    at = desk()
    name = unit.name(at.language)
    with st.form(f"sign_{unit.unit_id}_{readings.run_id()}", border=True):
        by = common.person()
        note = st.text_input(at.say("rp_note"), max_chars=500)
        confirmed = st.checkbox(at.say("rp_confirm"))
        pressed = st.form_submit_button(
            markup.plain(at.say("rp_sign_now", unit=name)), type="primary", icon=":material/draw:"
        )
    if not pressed:
        return
    if not by:
        st.error(at.say("tg_who_needed"))
        return
    if not confirmed:
        st.error(at.say("rp_confirm_first"))
        return
    try:
        at.ledger.sign_offs.sign(
            at.scope,
            at.published,
            at.catalogue,
            branch=unit.unit_id,
            as_of=at.month.as_of,
            by=by,
            at=common.now(),
            note=note,
        )
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))
        return
    told = {"unit": name, "day": at.day(at.month.as_of), "version": at.month.version}
    common.tell(at.say("rp_signed_now", **told))


def _signatures(unit: BankUnit, held: Entered) -> None:
    at = desk()
    st.header(at.say("rp_signatures"), anchor=False)
    own = held.of_month(at.month.as_of).filter(pl.col("branch_id") == unit.unit_id)
    if own.is_empty():
        st.write(at.say("rp_signatures_none"))
        return
    columns = [
        Column(at.say("rp_by"), width="24%"),
        Column(at.say("rp_at"), tight=True),
        Column(at.say("rp_of_version"), number=True),
        Column(at.say("rp_sign_fingerprint"), tight=True),
        Column(at.say("rp_of_figures"), width="24%"),
        Column(at.say("note"), width="24%"),
    ]
    lines = [
        [
            escape(row["person"]),
            escape(at.day(row["at"].date())),
            at.form.count(row["snapshot_version"]),
            escape(row["fingerprint"][:_SHORT]),
            escape(at.say("rp_of_these" if _is_shown(row["run_id"]) else "rp_of_others")),
            common.cell(row["note"]),
        ]
        for row in own.reverse().to_dicts()
    ]
    st.html(table(columns, lines, caption=at.say("rp_signatures"), least_width=760))


def _is_shown(run_id: str) -> bool:
    return run_id == readings.run_id()
