"""Entering a target: a draft, held against the same objections as a file or a command."""

from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl
import streamlit as st

from dashboards import markup, ordering
from dashboards.app_pages.aims import common
from dashboards.app_pages.desk import desk
from dashboards.units import BankUnit
from transforms.catalogue.model import Better, Kind, Unit
from transforms.errors import BranchmarkError
from transforms.phasing import Phasing
from transforms.proposals import Bank, Proposal, objections, settled
from transforms.scoring import load as scoring
from transforms.typed_numbers import typed_number

SCORING: Final = "scoring"
"""The workspace's folder of its own scoring profiles."""

_DIRECTIONS: Final = frozenset({Better.HIGHER, Better.LOWER})


class _UnreadableError(Exception):
    """A field that cannot be read; its text says which and why."""


def show(targets: pl.DataFrame, unit: BankUnit) -> None:
    """The form; what is wrong with an entry is said below it, all at once."""
    del targets
    at = desk()
    if not common.may_enter():
        return
    judged = _directed()
    known = {
        metric.metric_id: at.language.pick(metric.label.en, metric.label.zh)
        for metric in ordering.in_order(at.catalogue)
        if metric.kind is not Kind.TOLERANCE
        and (metric.better in _DIRECTIONS or metric.metric_id in judged)
    }
    left, right = st.columns(2)
    metric = left.selectbox(
        at.say("metric"), list(known), format_func=known.__getitem__, key="tg_metric"
    )
    readings = [one.name for one in at.catalogue.metrics[metric].readings]
    reading = right.selectbox(
        at.say("tg_reading"),
        readings,
        index=readings.index(at.catalogue.metrics[metric].default_reading),
        disabled=len(readings) == 1,
    )
    # What is typed belongs to one branch and metric: another one begins with an empty form.
    own = f"{unit.unit_id}_{metric}"
    with st.form(f"enter_{own}", border=True):
        left, right = st.columns(2)
        period = right.text_input(
            at.say("tg_period"), str(at.month.as_of.year), help=at.say("tg_period_hint")
        )
        value = left.text_input(
            at.say("tg_value"), help=at.say("tg_value_hint"), key=f"tg_value_{own}"
        )
        near = left.text_input(at.say("tg_near"), help=at.say("tg_near_hint"), key=f"tg_near_{own}")
        phasing = right.selectbox(
            at.say("tg_phasing"),
            [one.value for one in Phasing],
            format_func=lambda name: at.say(f"phasing_{name}"),
        )
        begins = left.text_input(at.say("tg_from"), help=at.say("tg_from_hint"))
        shares = right.text_input(at.say("tg_shares"), help=at.say("tg_shares_hint"))
        base = left.text_input(at.say("tg_base"), help=at.say("tg_base_hint"))
        note = right.text_input(at.say("tg_note"))
        by = common.person()
        submit = st.checkbox(at.say("tg_submit_too"), value=True)
        saved = st.form_submit_button(at.say("tg_save"), type="primary")
    if not saved:
        return
    if not by:
        st.error(at.say("tg_who_needed"))
        return
    try:
        proposal = Proposal(
            branch_id=unit.unit_id,
            metric_id=metric,
            reading=reading,
            period=period.strip(),
            target_value=_required(value, "tg_value", metric),
            near_band=_number(near, "tg_near", metric),
            phasing=phasing,
            phasing_shares=shares or None,
            base_value=_number(base, "tg_base", metric),
            valid_from=_day(begins),
            note=note,
        )
        _save(settled(proposal, at.catalogue), by, submit=submit)
    except _UnreadableError as error:
        st.error(markup.plain(str(error)))
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))


def _save(proposal: Proposal, by: str, *, submit: bool) -> None:
    at = desk()
    units = at.month.units
    bank = Bank(at.catalogue, set(units.by_id), at.month.root, _directed())
    found = objections(proposal, bank)
    for one in found:
        st.error(
            at.language.pick(f"{one.reason.en} {one.remedy.en}", f"{one.reason.zh}{one.remedy.zh}")
        )
    if found:
        return
    targets = at.ledger.targets
    entered = targets.enter(at.scope, [proposal], by=by, at=common.now(), submit=submit)
    if entered.unchanged:
        st.info(markup.plain(at.say("tg_same", name=proposal.name)))
        return
    kept = targets.all(at.scope, branch=proposal.branch_id, metric=proposal.metric_id)
    version = kept.filter(pl.col("target_id") == entered.target_ids[0])["version"].item()
    common.tell(at.say("tg_saved", name=proposal.name, version=version))


def _directed() -> frozenset[str]:
    """The metrics that a scoring profile of the bank judges."""
    at = desk()
    return scoring.directed(scoring.load(at.catalogue, at.workspace.texts(SCORING, ".yaml")))


def _required(text: str, field: str, metric: str) -> Decimal:
    found = _number(text, field, metric)
    if found is None:
        at = desk()
        raise _UnreadableError(at.say("tg_no_number", field=at.say(field), text="–"))
    return found


def _number(text: str, field: str, metric: str) -> Decimal | None:
    """A number as a person writes it; a share may be written in per cent."""
    at = desk()
    plain = text.strip().replace("％", "%")
    if not plain:
        return None
    per_cent = plain.endswith("%") and at.catalogue.metrics[metric].unit is Unit.RATIO
    number = typed_number(plain[:-1] if per_cent else plain)
    if number is None:
        raise _UnreadableError(at.say("tg_no_number", field=at.say(field), text=text))
    return number.scaleb(-2) if per_cent else number


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    at = desk()
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        why = at.say("tg_no_day", field=at.say("tg_from"), text=text)
        raise _UnreadableError(why) from None
