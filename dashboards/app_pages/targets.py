"""Targets: what is this unit held against, who stands for it, and what waits for a second person?"""

from collections.abc import Callable, Mapping
from typing import Final

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, exporting, opening, strip
from dashboards.app_pages.aims import cascade, common, enter, in_force, waiting
from dashboards.app_pages.desk import desk
from dashboards.units import BankUnit
from transforms.errors import BranchmarkError

# By name, each with an address of its own. Streamlit would print a bare string of a page.
SECTIONS: Final[Mapping[str, Callable[[pl.DataFrame, BankUnit], None]]] = {
    "in_force": in_force.show,
    "waiting": waiting.show,
    "enter": enter.show,
    "cascade": cascade.show,
}


def _entered() -> pl.DataFrame:
    """Every version of every target that the reader may see, or a sentence why there is none."""
    at = desk()
    try:
        return at.ledger.targets.all(at.scope)
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)), title=at.say("tg_ledger_broken"))
        st.stop()


at = desk()
unit = opening.unit_of_page()

section = opening.asked_section(SECTIONS, "in_force")
strip.header(unit.unit_id, page=address.TARGETS)
tools = strip.title(
    f"{at.say('targets_page')}{at.language.pick(': ', '：')}{unit.name(at.language)}"
)
entered = _entered()
held = in_force.held(entered, unit).height
open_ones = waiting.waiting(entered, unit).height
key = "tg_message" if held else "tg_message_none"
message = at.say(key, held=held, waiting=open_ones, day=at.day(at.month.as_of))
message += at.language.pick(".", "。")
st.html(markup.message(message))
labels = {name: at.say(f"tg_{name}") for name in SECTIONS}
labels["waiting"] += at.language.pick(f" ({open_ones})", f"（{open_ones}）")
address.pills("section", at.say("tg_section"), labels, section)
common.show_told()
SECTIONS[section](entered, unit)
exporting.offer(lambda: in_force.document(entered, unit, message), tools)
