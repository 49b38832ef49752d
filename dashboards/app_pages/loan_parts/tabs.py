"""Which rows of a list are shown: the part of the figure, the rule that decided, the order."""

from collections.abc import Mapping
from html import escape
from typing import Any

import polars as pl
import streamlit as st

from dashboards import contributions, markup
from dashboards.app_pages import address, opening
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts import files, reveal
from dashboards.app_pages.loan_parts.asked import Asked
from dashboards.app_pages.loan_parts.rows import subject_of
from dashboards.contributions import Order
from dashboards.listing import Column, table
from dashboards.numbers import fixed
from dashboards.port.loans import LoanList, Place

_ALL = "all"
"""Stands in the control where no rule is chosen."""
_LONGEST = 90


def tabs(of: Asked, found: LoanList) -> None:
    """The parts of the figure, each with how many rows it holds; the ones that cannot hold any left out."""
    at = desk()
    held = dict(found.rows.group_by("place").len().iter_rows())
    possible = [
        place
        for place in Place
        if held.get(place.value) or place is of.place or place.value in found.sums
    ]
    texts = {}
    for place in possible:
        alone = place is Place.NUMERATOR and Place.DENOMINATOR.value not in found.sums
        text = at.say(f"ln_tab_{place.value}{'_alone' if alone else ''}")
        count = at.form.count(held.get(place.value, 0))
        texts[place.value] = text + at.language.pick(f" ({count})", f"（{count}）")
    address.pills("side", at.say("ln_tabs"), texts, of.place.value, drops=("show", "rule", "page"))


def filtered(of: Asked, found: LoanList) -> pl.DataFrame | None:
    """The rows of the tab and rule asked for; a sentence and nothing if there are none."""
    at = desk()
    here = contributions.in_place(found.rows, of.place)
    if here.is_empty():
        place = at.say(f"ln_tab_{of.place.value}")
        st.info(markup.plain(at.say("ln_none_here", place=place, branch=of.unit.name(at.language))))
        return None
    if of.rule is None:
        return here
    rows = contributions.in_place(found.rows, of.place, of.rule)
    if rows.is_empty():
        known = at.language.pick(", ", "、").join(contributions.by_rule(here)["why"].drop_nulls())
        opening.refuse(at.say("ln_unknown_rule", asked=of.rule, known=known), at.language)
    return rows


def toolbar(of: Asked, found: LoanList, shown: pl.DataFrame, *, one_rule: bool) -> None:
    """What decided, rule by rule, and the controls of the list."""
    at = desk()
    here = contributions.by_rule(contributions.in_place(found.rows, of.place))
    if here.height > 1:
        _summary(of, found, here)
    elif one_rule:
        told = _words(found, shown["why"][0])
        st.html(
            f'<div class="bm"><p class="bm-quiet">'
            f"{escape(at.say('ln_rule_all', count=at.form.count(shown.height), rule=told))}</p></div>"
        )
    line = st.container(horizontal=True, vertical_alignment="center", key="list_tools")
    with line:
        if here.height > 1:
            _rule_choice(of, found, here)
        address.choice(
            "sort",
            at.say("ln_sort"),
            [
                one.value
                for one in Order
                if one is not Order.AMOUNT or of.place is not Place.EXCLUDED
            ],
            lambda name: at.say("ln_sort_is", name=at.say(f"ln_sort_{name}")),
            of.order.value,
            bare=True,
            drops=("page",),
        )
        files.offer(of, found, shown)
        reveal.control(subject_of(of), f"{of.name}, {of.unit.name(at.language)}")


def _rule_choice(of: Asked, found: LoanList, here: pl.DataFrame) -> None:
    at = desk()
    texts = {_ALL: at.say("ln_all_rules")}
    for key, count in here.select("why", "rows").iter_rows():
        told = _words(found, key)
        short = told if len(told) <= _LONGEST else f"{told[:_LONGEST].rstrip()}…"
        number = at.form.count(count)
        texts[key] = short + at.language.pick(f" ({number})", f"（{number}）")
    current = of.rule or _ALL
    if current not in texts:
        texts[current] = current
    st.session_state["choose_rule"] = current
    st.selectbox(
        at.say("ln_rule_filter"),
        list(texts),
        format_func=texts.__getitem__,
        key="choose_rule",
        label_visibility="collapsed",
        on_change=_chosen_rule,
    )


def _chosen_rule() -> None:
    """Write the rule into the address; all of them are none."""
    if st.session_state["choose_rule"] == _ALL:
        st.session_state["choose_rule"] = None
    address.chosen("rule", ("page",))


def _summary(of: Asked, found: LoanList, here: pl.DataFrame) -> None:
    at = desk()
    out = of.place is not Place.NUMERATOR
    columns = [
        Column(at.say("ln_rule_out" if out else "ln_rule_in")),
        Column(at.say("ln_rows"), number=True, width="9%"),
        Column(at.say("ln_clients"), number=True, width="9%"),
        (
            Column(at.say("ln_balance", unit=at.form.currency), number=True, width="18%")
            if of.place is Place.EXCLUDED
            else Column(at.say("ln_adds"), number=True, width="18%")
        ),
    ]
    cells = [
        [
            markup.linked(_words(found, row["why"]), of.link(side=of.place.value, rule=row["why"]))
            + f" <small>{escape(row['rule'] or '')}</small>",
            at.form.count(row["rows"]),
            at.form.count(row["clients"]),
            _sum(of, row),
        ]
        for row in here.iter_rows(named=True)
    ]
    st.html(table(columns, cells, caption=at.say("ln_by_rule"), least_width=700))


def _sum(of: Asked, row: Mapping[str, Any]) -> str:
    """What the rows of a rule add, or, of rows left out, what is owed on them."""
    if of.place is Place.EXCLUDED:
        return fixed(row["balance"], 2)
    money = contributions.counts_money(row["measures"], desk().catalogue)
    return fixed(row["amount"], 2 if money else 0)


def _words(found: LoanList, key: str | None) -> str:
    at = desk()
    label = found.reasons.get(key or "")
    return str(key) if label is None else at.language.pick(label.en, label.zh)
