"""What the sections of the catalogue share: definitions at hand, addresses, marked text, the search box."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

import streamlit as st

from dashboards import markup, words
from dashboards.app_pages import address, opening, readings
from dashboards.app_pages.desk import desk
from dashboards.definitions.marks import rich
from dashboards.definitions.metrics import MetricTeller
from dashboards.definitions.voice import Voice
from dashboards.documents.catalogue import CatalogueFiles
from dashboards.listing import Column, table
from transforms.catalogue.load import Definitions
from transforms.schema import TABLES

METRICS: Final = "metrics"
CHECKS: Final = "checks"
REFERENCE: Final = "reference"
DICTIONARY: Final = "dictionary"
CHANGES: Final = "changes"
"""Sections, as the address names them."""

_PREFIXES: Final = (("data-dictionary.md#", "table"), ("checks.md#", "rule"))


def definitions() -> Definitions:
    """The definitions of all times: the product's, with those of the workspace."""
    at = desk()
    return readings.definitions(
        tuple(at.workspace.texts("catalogue", ".yaml").items()),
        tuple(at.workspace.texts("reference", ".csv").items()),
    )


def voice() -> Voice:
    """Tells definitions in the reader's language."""
    return Voice(desk().language)


def teller() -> MetricTeller:
    """Tells metrics in the reader's language."""
    return MetricTeller(voice(), definitions(), readings.reference())


def files() -> CatalogueFiles:
    """Makes files of what the catalogue shows."""
    at = desk()
    return CatalogueFiles(at.catalogue, teller(), at.month.as_of)


def link(**more: str) -> str:
    """An address within the catalogue, about the same unit."""
    at = desk()
    return at.link(address.CATALOGUE, branch=st.query_params.get("branch", ""), **more)


def told(text: str) -> str:
    """A marked text as HTML, its links leading to what the catalogue holds."""
    return rich(text, _where)


def _where(named: str) -> str | None:
    """Where a link of a definition leads: to a metric, a table, a list of rules, or down the page."""
    at = desk()
    for prefix, parameter in _PREFIXES:
        if named.startswith(prefix):
            return link(**{parameter: named.removeprefix(prefix)})
    name = named.removeprefix("#")
    if name in at.catalogue.metrics:
        return link(metric=name)
    if name in at.catalogue.flags:
        return f"#flag-{name}"
    if name in {"tolerance-rules", "容忍度规则"}:
        return link(table="npl_tolerance_rules")
    return None


def threshold_link(name: str) -> str:
    """A dated number, leading to its rows."""
    href = link(table="thresholds", find=name)
    return f'<a href="{escape(href)}" target="_self"><code>{escape(name)}</code></a>'


def column_link(column: str) -> str:
    """A delivered column `table.column`, leading to its table; as it is where no table has it."""
    name = column.partition(".")[0]
    if name not in TABLES:
        return f"<code>{escape(column)}</code>"
    return f'<a href="{escape(link(table=name))}" target="_self"><code>{escape(column)}</code></a>'


def named(text: str, table_name: str) -> str:
    """A table as its readers call it, leading to it, with its name in files below."""
    linked = markup.linked(text, link(table=table_name))
    return f"{linked}<br><code>{escape(table_name)}</code>"


def points(items: Iterable[tuple[str, str]]) -> str:
    """Names and what there is to say of each, as a list of two columns; the texts are ready HTML."""
    inner = "".join(f"<dt>{escape(name)}</dt><dd>{text}</dd>" for name, text in items)
    return f'<div class="bm"><dl class="bm-points">{inner}</dl></div>'


def show_table(
    columns: Sequence[Column], lines: Sequence[Sequence[str]], caption: str, *, least: int = 0
) -> None:
    """A table of ready cells."""
    st.html(table(columns, lines, caption=caption, least_width=least))


def back(section: str) -> None:
    """The way back from one thing to all of its kind."""
    at = desk()
    href, text = link(section=section), at.say(f"cg_all_{section}")
    st.html(f'<div class="bm">{markup.linked(text, href)}</div>')


def chosen_of(name: str, options: Mapping[str, str]) -> str:
    """What the address says of a narrower choice, `all` unless it says something; else refused."""
    at = desk()
    asked = st.query_params.get(name, "all")
    if asked not in options:
        known = at.language.pick(", ", "、").join(options)
        opening.refuse(at.say("cg_unknown_choice", asked=asked, known=known), at.language)
    return asked


def search_box(label: str, hint: str) -> str:
    """The box to search by, which writes the address; gives what is searched for."""
    asked = st.query_params.get("find", "")
    st.session_state["choose_find"] = asked
    st.text_input(
        label,
        key="choose_find",
        placeholder=hint,
        icon=":material/search:",
        label_visibility="collapsed",
        on_change=_found,
    )
    return asked


def _found() -> None:
    asked = st.session_state["choose_find"].strip()
    if asked:
        st.query_params["find"] = asked
    else:
        st.query_params.pop("find", None)


def nothing_found(asked: str, known: Iterable[str]) -> None:
    """Says that nothing holds what was searched for, with the near miss."""
    at = desk()
    st.info(
        markup.plain(
            at.say("cg_nothing_found", asked=asked) + words.near_miss(asked, known, at.language)
        )
    )


def unknown(kind: str, asked: str, known: Iterable[str], section: str) -> None:
    """Says that nothing bears a name of the address, with the near miss and the way back."""
    at = desk()
    st.error(
        markup.plain(
            at.say(f"cg_unknown_{kind}", asked=asked) + words.near_miss(asked, known, at.language)
        ),
        icon=":material/block:",
    )
    back(section)


def span(first: object, last: object) -> str:
    """From one day to another, either open."""
    at = desk()
    if not last:
        return at.say("cg_since", day=first) if first else at.say("cg_always")
    return at.say("cg_until", day=last) if not first else at.say("cg_span", first=first, last=last)
