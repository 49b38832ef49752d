"""The change log: from which month on figures were computed under which definitions, and what changed."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import readings
from dashboards.app_pages.catalogue_parts import common
from dashboards.app_pages.desk import desk
from dashboards.definitions import history
from dashboards.definitions.history import Stretch, Turn
from dashboards.exports.document import Document
from dashboards.listing import Column
from dashboards.quality.states import Standing, mark
from transforms.catalogue.load import Definitions

_SHOWN: Final = 12
"""So much of a fingerprint tells it apart."""


def show() -> Callable[[], Document]:
    """What published months were computed under, then the days on which definitions changed."""
    at = desk()
    definitions = common.definitions()
    st.header(at.say("cg_published_under"), anchor=False)
    st.caption(at.say("cg_published_hint"))
    stretches = history.stretches(at.published.publications())
    _stretches(stretches, definitions)
    st.header(at.say("cg_turns"), anchor=False)
    turns = history.turns(definitions)
    if not turns:
        st.caption(at.say("cg_no_turns"))
    for turn in turns:
        _turn(turn, only=len(turns) == 1)
    return lambda: common.files().changes(stretches)


def _stretches(stretches: Sequence[Stretch], definitions: Definitions) -> None:
    at = desk()
    columns = [
        Column(at.say("cg_months"), tight=True),
        Column(at.say("cg_count"), number=True),
        Column(at.say("cg_definitions"), tight=True),
        Column(at.say("cg_section_reference"), tight=True),
        Column(at.say("cg_last_published"), tight=True),
        Column(at.say("cg_as_at_hand"), width="30%"),
    ]
    reference = readings.reference().fingerprint
    lines = [
        [
            escape(_months(one)),
            at.form.count(one.months),
            f"<code>{escape(one.catalogue[:_SHOWN])}</code>",
            f"<code>{escape(one.reference[:_SHOWN])}</code>",
            f"{one.published_at:%Y-%m-%d %H:%M} UTC",
            _at_hand(
                definitions=definitions.on(one.last).fingerprint == one.catalogue,
                reference=reference == one.reference,
            ),
        ]
        for one in stretches
    ]
    common.show_table(columns, lines, at.say("cg_published_under"), least=900)


def _months(one: Stretch) -> str:
    at = desk()
    if one.first == one.last:
        return at.day(one.last)
    return at.say("cg_span", first=at.day(one.first), last=at.day(one.last))


def _at_hand(*, definitions: bool, reference: bool) -> str:
    """Whether figures rest on what is at hand today, or on what was before."""
    at = desk()
    if definitions and reference:
        return mark(Standing.GOOD, at.say("cg_same"))
    keys = [
        *([] if definitions else ["cg_other_definitions"]),
        *([] if reference else ["cg_other_reference"]),
    ]
    told = at.language.pick("; ", "；").join(at.say(key) for key in keys)
    return f'<span class="bm-wrap">{mark(Standing.WATCH, told)}</span>'


def _turn(turn: Turn, *, only: bool) -> None:
    """A day from which definitions were others: which metrics, and what changed in each."""
    at, voice = desk(), common.voice()
    title = at.say("cg_turn", day=at.day(turn.day), count=len(turn.metrics))
    with st.expander(title, expanded=only):
        for key, names in (("cg_came", turn.came), ("cg_gone", turn.gone)):
            if names:
                held = turn.after if key == "cg_came" else turn.before
                labels = [held.metrics[name].label for name in names]
                told = voice.listed(voice.label(label) for label in labels)
                st.write(markup.plain(at.say(key, names=told)))
        columns = [Column(at.say("metric"), width="30%"), Column(at.say("cg_changed"))]
        lines = [
            [
                markup.linked(
                    voice.label(turn.after.metrics[name].label), common.link(metric=name)
                ),
                "<br>".join(
                    common.told(text)
                    for text in history.changed(name, turn.before, turn.after, voice)
                )
                or escape(at.say("cg_changed_below")),
            ]
            for name in turn.metrics
        ]
        common.show_table(columns, lines, title)
