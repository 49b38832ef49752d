"""Overrides: which values were put in place of delivered ones, until when, and which have no effect."""

from collections.abc import Mapping
from html import escape

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages.desk import desk
from dashboards.app_pages.quality.common import download, unit_name
from dashboards.app_pages.quality.deliveries import table_name
from dashboards.exports.guarded import to_csv
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING
from dashboards.quality import overrides, states
from dashboards.quality.evidence import Evidence
from dashboards.quality.overrides import EXPIRING, GROUP, ORDER, WITHOUT_EFFECT
from dashboards.quality.parts import Parts
from dashboards.quality.states import Standing
from transforms.overrides import State

_EFFECTS = {
    State.NOT_FOUND: "dq_effect_not_found",
    State.STALE: "dq_effect_stale",
    State.CONTESTED: "dq_effect_contested",
    State.UNREADABLE: "dq_effect_unreadable",
}
_SHOWN_UNITS = 2


def count(parts: Parts, evidence: Evidence) -> int:
    """How many overrides are about the unit."""
    if evidence.overrides is None:
        return 0
    return parts.rows(evidence.overrides)["override_id"].n_unique()


def show(parts: Parts, evidence: Evidence) -> None:
    """The overrides by what has to be done about them."""
    at = desk()
    if evidence.overrides is None:
        st.info(at.say("dq_no_overrides"), icon=":material/check_circle:")
        return
    rows = overrides.listed(parts.rows(evidence.overrides), at.month.as_of)
    if rows.is_empty():
        st.info(markup.plain(at.say("dq_no_overrides_here", branch=parts.unit.name(at.language))))
        return
    held: dict[str, int] = dict(rows.group_by(GROUP).len().iter_rows())
    comma = at.language.pick(", ", "，")
    told = comma.join(
        f"{held[name]} {at.say(f'dq_override_{name}').lower()}" for name in ORDER if name in held
    )
    stop = at.language.pick(".", "。")
    message = at.say("dq_overrides_message", count=at.form.count(rows.height), told=told)
    st.html(markup.message(message + stop))
    columns = [
        Column(at.say("dq_override"), tight=True),
        Column(at.say("dq_state"), width="17%"),
        Column(at.say("dq_whose")),
        Column(at.say("dq_unit")),
        Column(at.say("dq_what"), width="18%"),
        Column(at.say("dq_reason"), width="16%"),
        Column(at.say("dq_approved_by")),
        Column(at.say("dq_until"), tight=True),
    ]
    cells = [_cells(row) for row in rows.to_dicts()]
    st.html(table(columns, cells, caption=at.say("dq_overrides"), least_width=960))
    st.caption(at.say("dq_overrides_hint"))
    flat = rows.with_columns(pl.col("branches").list.join("; "))
    download("overrides", rows.height, lambda: to_csv(flat))


def _cells(row: Mapping[str, object]) -> list[str]:
    at = desk()
    branches = row["branches"]
    names = [unit_name(str(one)) for one in branches] if isinstance(branches, list) else []
    shown = at.language.pick(", ", "、").join(names[:_SHOWN_UNITS])
    if len(names) > _SHOWN_UNITS:
        shown += at.say("and_more", count=len(names) - _SHOWN_UNITS)
    before = row["delivered_value"] or row["value_before"] or NOTHING
    return [
        escape(str(row["override_id"])),
        _state(row),
        f"{escape(str(row['row_key']))}<br><small>{escape(table_name(str(row['table_name'])))}</small>",
        escape(shown or NOTHING),
        f"{escape(str(row['column_name']))}<br>{escape(str(before))} → <b>{escape(str(row['value']))}</b>",
        escape(str(row["reason"] or NOTHING)),
        escape(str(row["approved_by"] or NOTHING)),
        escape(str(row["valid_to"] or NOTHING)),
    ]


def _state(row: Mapping[str, object]) -> str:
    """The group of an override, and what to do where it has no effect."""
    at = desk()
    group = str(row[GROUP])
    standing = (
        Standing.BAD
        if group == WITHOUT_EFFECT
        else Standing.WATCH
        if group == EXPIRING
        else Standing.GOOD
        if group == overrides.IN_FORCE
        else Standing.OPEN
    )
    told = states.mark(standing, at.say(f"dq_override_{group}"))
    effect = _EFFECTS.get(State(str(row["state"])))
    return told + (f"<br><small>{escape(at.say(effect))}</small>" if effect else "")
