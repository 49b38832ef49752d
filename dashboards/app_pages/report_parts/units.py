"""The unit, and the units below it, step by step; every cell leads to where it is mended."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages.address import REPORTS
from dashboards.app_pages.desk import Desk, desk
from dashboards.listing import Column, table
from dashboards.quality import states
from dashboards.release.steps import STEPS, UnitSteps
from dashboards.units import BankUnit

# Which section of the data-quality page tells more about a step.
_SECTIONS = {
    "delivered": "deliveries",
    "findings": "findings",
    "reconciled": "ledger",
    "published": "deliveries",
}


def bar(whole: UnitSteps) -> None:
    """The steps of the unit in a line."""
    at = desk()
    items = [
        f"<small>{escape(at.say(f'rp_step_{name}'))}</small><br>{_state(at, whole, name)}"
        for name in STEPS
        if name in whole.steps
    ]
    inner = "".join(
        f'<li style="padding:0 22px 0 0;margin:0;list-style:none">{item}</li>' for item in items
    )
    st.html(
        f'<div class="bm"><ol aria-label="{escape(at.say("rp_bar"))}" '
        f'style="display:flex;flex-wrap:wrap;gap:6px 0;margin:0;padding:0">{inner}</ol></div>'
    )


def show(whole: UnitSteps, below: Sequence[UnitSteps]) -> None:
    """Units by step."""
    at = desk()
    columns = [
        Column(at.say("dq_unit"), tight=True),
        *(
            Column(at.say(f"rp_step_{name}"), width="22%" if name == "signed" else "")
            for name in STEPS
        ),
    ]
    st.html(
        table(
            columns,
            [_line(at, one, _link(at, one.unit)) for one in below],
            caption=at.say("rp_units"),
            whole=[_line(at, whole, escape(whole.unit.name(at.language)))],
            least_width=900,
        )
    )
    st.caption(at.say("rp_matrix_hint"))


def _link(at: Desk, unit: BankUnit) -> str:
    name = markup.linked(unit.name(at.language), at.link(REPORTS, branch=unit.unit_id))
    return f"{name} <span aria-hidden='true'>›</span>"


def _line(at: Desk, one: UnitSteps, name: str) -> list[str]:
    return [name, *(_state(at, one, step) if step in one.steps else "" for step in STEPS)]


def _state(at: Desk, one: UnitSteps, name: str) -> str:
    """A step with the way to where it is mended."""
    unit, step = one.unit.unit_id, one.steps[name]
    if name in _SECTIONS:
        href = at.quality_link(unit, section=_SECTIONS[name])
    elif name == "check_ins":
        href = at.link(REPORTS, branch=unit, section="sign")
    else:
        section = "since" if one.is_outdated else "sign"
        href = at.link(REPORTS, branch=unit, section=section)
    return f'<span class="bm-wrap">{states.mark(step.standing, step.text, href, step.title)}</span>'
