"""Targets that wait: drafts to be submitted, and submitted ones for a second person to decide on."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, Final

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages.aims import common
from dashboards.app_pages.aims.common import (
    cell,
    distance_text,
    key_of,
    metric_name,
    tell,
    unit_name,
    value_text,
)
from dashboards.app_pages.desk import desk
from dashboards.listing import Column, table
from dashboards.units import BankUnit
from transforms.errors import BranchmarkError
from transforms.target_states import State

OPEN: Final = (State.DRAFT.value, State.SUBMITTED.value)
_SHOWN: Final = 100
_LOOKED_AT: Final = "tg_looked_at"
_CONTROLS: Final = ("tg_all", "tg_chosen", "tg_reason")


def waiting(targets: pl.DataFrame, unit: BankUnit) -> pl.DataFrame:
    """What waits at the unit and below it, what was submitted first."""
    open_ones = common.below(targets.filter(pl.col("state").is_in(OPEN)), unit.unit_id)
    submitted = pl.col("state") == State.SUBMITTED.value
    return open_ones.sort(~submitted, "branch_id", "metric_id", "reading", "period")


def show(targets: pl.DataFrame, unit: BankUnit) -> None:
    """The list, and what may be done with the chosen ones."""
    at = desk()
    rows = waiting(targets, unit).to_dicts()
    if not rows:
        st.info(markup.plain(at.say("tg_none_waiting", branch=unit.name(at.language))))
        return
    seen = _seen_before(unit, rows)
    columns = [
        Column(at.say("branch")),
        Column(at.say("metric"), width="26%"),
        Column(at.say("tg_period"), tight=True),
        Column(at.say("tg_target"), number=True),
        Column(at.say("tg_state"), tight=True),
        Column(at.say("tg_version"), number=True),
        Column(at.say("tg_near"), number=True),
        Column(at.say("tg_phasing"), tight=True),
        Column(at.say("tg_from"), tight=True),
        Column(at.say("tg_made_by")),
        Column(at.say("tg_note"), width="20%"),
    ]
    lines = [_cells(row) for row in rows[:_SHOWN]]
    st.html(table(columns, lines, caption=at.say("tg_waiting"), least_width=1100))
    if len(rows) > _SHOWN:
        st.caption(at.say("tg_shown_of", shown=_SHOWN, count=at.form.count(len(rows))))
    _act(rows, as_seen=seen)


def _seen_before(unit: BankUnit, rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the list is what the reader saw last; what was chosen at another unit is forgotten."""
    now = [(row["target_id"], row["state"]) for row in rows]
    before = st.session_state.get(_LOOKED_AT)
    st.session_state[_LOOKED_AT] = (unit.unit_id, now)
    if before is None or before[0] != unit.unit_id:
        for key in _CONTROLS:
            st.session_state.pop(key, None)
        return False
    return bool(before[1] == now)


def _cells(row: Mapping[str, Any]) -> list[str]:
    at = desk()
    return [
        cell(unit_name(row["branch_id"])),
        cell(metric_name(row)),
        cell(row["period"]),
        cell(value_text(row["target_value"], row)),
        cell(at.say(f"state_{row['state']}")),
        cell(row["version"]),
        escape(distance_text(row["near_band"], row)),
        escape(at.say(f"phasing_{row['phasing']}")),
        cell(row["valid_from"]),
        cell(row["maker"]),
        cell(row["note"]),
    ]


def _act(rows: Sequence[Mapping[str, Any]], *, as_seen: bool) -> None:
    """The controls. Nothing is decided about a list that the reader has not seen."""
    at = desk()
    if not common.may_enter():
        return
    targets = at.ledger.targets
    by_key = {key_of(row): row for row in rows}
    with st.container(border=True):
        every = st.checkbox(at.say("tg_choose_all", count=at.form.count(len(rows))), key="tg_all")
        chosen = st.multiselect(
            at.say("tg_choose"), list(by_key), key="tg_chosen", disabled=every, placeholder=""
        )
        who, why = st.columns(2)
        with who:
            by = common.person()
        reason = why.text_input(at.say("tg_reason"), key="tg_reason")
        numbers = [row["target_id"] for key, row in by_key.items() if every or key in set(chosen)]
        steps: tuple[tuple[State, str, Callable[[], None]], ...] = (
            (
                State.SUBMITTED,
                "tg_submit",
                lambda: targets.submit(at.scope, numbers, by=by, at=common.now()),
            ),
            (
                State.APPROVED,
                "tg_approve",
                lambda: targets.approve(at.scope, numbers, by=by, at=common.now()),
            ),
            (
                State.REJECTED,
                "tg_reject",
                lambda: targets.reject(at.scope, numbers, by=by, at=common.now(), reason=reason),
            ),
            (
                State.WITHDRAWN,
                "tg_withdraw",
                lambda: targets.withdraw(at.scope, numbers, by=by, at=common.now(), reason=reason),
            ),
        )
        with st.container(horizontal=True):
            pressed = [
                (state, act)
                for state, label, act in steps
                if st.button(
                    at.say(label),
                    key=f"do_{label}",
                    type="primary" if state is State.APPROVED else "secondary",
                    disabled=not numbers,
                )
            ]
        st.caption(at.say("tg_four_eyes"))
    for state, act in pressed:
        if not by:
            st.error(at.say("tg_who_needed"))
            continue
        if not as_seen:
            st.error(at.say("tg_changed"))
            continue
        try:
            act()
        except BranchmarkError as error:
            st.error(markup.plain(at.refusal(error)))
        else:
            # The keys of what was acted on mean nothing any more.
            st.session_state.pop("tg_chosen", None)
            tell(at.say(f"tg_done_{state.value}", count=at.form.count(len(numbers))))
