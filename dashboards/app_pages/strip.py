"""The head of every page: the way down to where the reader stands, and what the figures are of.

What the strip says is said by `dashboards.headline`, for files too.
"""

from collections.abc import Sequence
from html import escape
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import accounts, markup, words
from dashboards.app_pages import readings
from dashboards.app_pages.address import BRANCH, LOANS, METRIC, OVERVIEW, REPORTS
from dashboards.app_pages.desk import desk
from dashboards.headline import Headline, Item
from dashboards.stylesheet import sheet

_KEPT: Final = {METRIC: ("metric", "reading"), LOANS: ("metric", "reading")}
"""What a unit above is asked about too: a step up keeps the figure that is looked at."""

_PLAIN: Final = ("comparison", "version", "dates", "account", "quality", "sign_off")


def headline(branch: str) -> Headline:
    """What the strip rests on, for this page and for the files it offers."""
    at = desk()
    return Headline(
        bank=at.workspace.name,
        month=at.month,
        unit=branch,
        form=at.form,
        comparison=at.comparison,
        version=at.version,
        scope=at.scope,
        signatures=readings.signatures(branch),
        run_id=readings.run_id(),
    )


def header(
    branch: str | None = None, *, page: str = BRANCH, trail: Sequence[tuple[str, str]] = ()
) -> None:
    """The strip of a page about a unit; of the top one if none is named.

    Args:
        branch: the unit.
        page: where the units above it lead: their scorecards, or their data quality.
        trail: further steps below the unit, each a text and its address, such as the metric, the slice
            and the loans behind it; the last one is where the reader stands, and needs no address.
    """
    at = desk()
    unit = branch or at.month.units.top.unit_id
    items = {item.key: item for item in headline(unit).items()}
    told = [f"<b>{escape(items['period'].text)}</b>", *(_item(items[key], unit) for key in _PLAIN)]
    st.html(
        sheet(at.style)
        + markup.crumbs(_crumbs(branch, page, trail), at.say("place"))
        + markup.strip(told)
    )


def title(text: str) -> DeltaGenerator:
    """The page's name, and at the other end of its line room for what belongs to the whole page."""
    line = st.container(horizontal=True, vertical_alignment="center", key="title_line")
    line.title(markup.plain(text), anchor=False, width="stretch")
    return line.container(
        horizontal=True, width="content", vertical_alignment="center", key="title_tools"
    )


def _crumbs(branch: str | None, page: str, trail: Sequence[tuple[str, str]]) -> list[str]:
    """The steps from the bank to where the reader stands; all but the last lead there."""
    at = desk()
    kept = {
        name: value
        for name in _KEPT.get(page, ())
        if (value := st.query_params.get(name)) is not None
    }
    steps = [(at.workspace.name, at.link(OVERVIEW))]
    if branch:
        chain = at.month.units.chain(branch)
        steps += [
            (one.name(at.language), at.link(page, branch=one.unit_id, **kept)) for one in chain[:-1]
        ]
        # Below a unit's figure the unit itself is a step back, to its scorecard.
        own = at.branch_link(branch) if trail or page != BRANCH else ""
        steps.append((chain[-1].name(at.language), own))
    steps += trail
    *above, (here, _) = steps
    return [
        *(markup.linked(text, href) if href else escape(text) for text, href in above),
        f'<span aria-current="page">{escape(here)}</span>',
    ]


def _item(item: Item, unit: str) -> str:
    """One thing the strip says, as ready HTML; the exact rest on hover, what it rests on a step away."""
    at = desk()
    text, detail, href = item.text, item.detail, ""
    match item.key:
        case "comparison":
            text, detail = at.say("against", day=at.day(at.before)), item.text
        case "dates" if at.month.received_at is not None:
            text, detail = at.say("data_of", day=f"{at.month.received_at:%Y-%m-%d}"), item.text
        case "version" if item.detail:
            text += at.language.pick(": ", "：") + words.shortened(item.detail)
        case "account":
            href = at.quality_link(unit, section="deliveries")
            found = at.month.account(unit) if at.month.has_account else None
            if found is not None:
                text, detail = accounts.short(found, at.form), f"{item.text}\n{item.detail}"
        case "quality":
            href = at.quality_link(unit)
        case "sign_off":
            href = at.link(REPORTS, branch=unit)
        case _:
            pass
    inner = markup.linked(text, href) if href else escape(text)
    if item.glyph:
        inner = f'<span aria-hidden="true">{item.glyph}</span> {inner}'
    if item.alarming:
        inner = f"<b>{inner}</b>"
    return f'<span title="{escape(detail)}">{inner}</span>' if detail else inner
