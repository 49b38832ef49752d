"""Which figures count a loan, on which side and by which rule; or which leave it out, and why."""

from decimal import Decimal
from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts.evidence import value_text
from dashboards.figure.subject import reading_name
from dashboards.listing import Column, table
from dashboards.loan_words import heading
from dashboards.numbers import NOTHING, fixed
from dashboards.port.loans import LoanFile, Use
from transforms.catalogue.builder import DEFAULT_READING

SHOWN: Final = ("in", "out")
_FACTS: Final = 6


def message(uses: tuple[Use, ...]) -> str:
    """How many figures count the loan."""
    at = desk()
    counting = {use.metric for use in uses if use.counts}
    return at.say("lo_message", count=len(counting), of=len({use.metric for use in uses}))


def asked_about(uses: tuple[Use, ...], metric: str, reading: str) -> tuple[Use, ...]:
    """What the figure that the reader came from makes of the loan; nothing of an unknown reading."""
    return tuple(use for use in uses if use.metric == metric and use.reading == reading)


def show(loan: LoanFile, uses: tuple[Use, ...], shown: str) -> None:
    """The figures that count the loan, or those that do not."""
    at = desk()
    groups = {name: [use for use in uses if use.counts == (name == "in")] for name in SHOWN}
    texts = {
        name: at.say(f"lo_show_{name}") + at.language.pick(f" ({len(group)})", f"（{len(group)}）")
        for name, group in groups.items()
    }
    address.pills("show", at.say("lo_show"), texts, shown)
    if not groups[shown]:
        st.info(at.say(f"lo_none_{shown}"))
        return
    st.html(uses_table(loan, groups[shown], caption=texts[shown]))


def uses_table(loan: LoanFile, uses: list[Use], *, caption: str, with_verdict: bool = False) -> str:
    """Uses of a loan as ready HTML; with a word on each whether it counts, where that differs."""
    at = desk()
    columns = [
        Column(at.say("metric"), width="25%"),
        Column(at.say("ln_side"), tight=True),
        *([Column(at.say("lo_counts"), tight=True)] if with_verdict else []),
        Column(at.say("ln_adds"), number=True),
        Column(at.say("ln_rule"), width="31%"),
        Column(at.say("lo_looked_at"), width="27%"),
    ]
    cells = [
        [
            _metric(use),
            escape(at.say(f"ln_{use.side}_word")),
            *([_verdict(use)] if with_verdict else []),
            _amount(use),
            escape(because(use)),
            facts(loan, use),
        ]
        for use in uses
    ]
    return table(columns, cells, caption=caption, least_width=900)


def _metric(use: Use) -> str:
    at = desk()
    label = at.catalogue.metrics[use.metric].label
    branch = st.query_params.get("branch", at.month.units.top.unit_id)
    href = at.loans_link(branch, use.metric, reading=use.reading)
    text = markup.linked(at.language.pick(label.en, label.zh), href)
    if use.reading != DEFAULT_READING:
        text += f" <small>{escape(reading_name(use.reading, at.language))}</small>"
    return text


def _verdict(use: Use) -> str:
    at = desk()
    glyph, key = ("●", "ln_yes") if use.counts else ("○", "ln_no")
    return f'<span aria-hidden="true">{glyph}</span> <b>{escape(at.say(key))}</b>'


def _amount(use: Use) -> str:
    value: Decimal | None = use.amount
    if not use.counts or value is None:
        return NOTHING
    return fixed(value, 2 if use.is_money else 0)


def because(use: Use) -> str:
    """The conditions that admit a loan, or the one that keeps it out."""
    at = desk()
    told = [at.language.pick(label.en, label.zh) for label in use.because]
    if use.counts:
        text = at.language.pick("; ", "；").join(told)
        return text[:1].upper() + text[1:]
    return at.say("lo_not_met", rule=at.language.pick("; nor: ", "；也不满足：").join(told))


def facts(loan: LoanFile, use: Use) -> str:
    """What the conditions looked at, as ready HTML; the rest on hover where it is much."""
    at = desk()
    pair = at.language.pick("{}: {}", "{}：{}")
    told = [
        pair.format(heading(name, at.language), value_text(loan, name, value))
        for name, value in use.facts
    ]
    comma = at.language.pick("; ", "；")
    if len(told) <= _FACTS:
        return f"<small>{escape(comma.join(told))}</small>"
    return (
        f'<small title="{escape(comma.join(told))}">{escape(comma.join(told[:_FACTS]))} …</small>'
    )
