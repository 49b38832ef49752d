"""The strip at the head of every page: where, when, which version, what was taken, how sure.

What it says is worded in `dashboards.accounts` and `dashboards.words`.
"""

from html import escape

import streamlit as st

from dashboards import accounts, markup, words
from dashboards.app_pages.address import BRANCH, OVERVIEW
from dashboards.app_pages.desk import desk
from dashboards.numbers import NOTHING
from dashboards.palette import QUALITY_GLYPH
from dashboards.stylesheet import sheet
from transforms.quality import QualityState


def header(branch: str | None = None, *, page: str = BRANCH) -> None:
    """The strip of a page about a unit; of the top one if none is named.

    Args:
        branch: the unit.
        page: where the units above it lead: their scorecards, or their data quality.
    """
    at = desk()
    seen = at.month
    unit = branch or seen.units.top.unit_id
    place = [
        markup.linked(one.name(at.language), at.link(page, branch=one.unit_id))
        for one in (seen.units.chain(branch)[:-1] if branch else ())
    ]
    crumbs = " › ".join([markup.linked(at.workspace.name, at.link(OVERVIEW)), *place])
    items = [
        crumbs,
        f"<b>{at.day(seen.as_of)}</b>",
        at.say(
            "compared_with",
            comparison=at.say(at.comparison.value).lower(),
            day=at.day(at.before),
        ),
        _version(),
        at.say(
            "dates",
            received=f"{seen.received_at:%Y-%m-%d}" if seen.received_at else NOTHING,
            published=f"{seen.published_at:%Y-%m-%d %H:%M}",
        ),
        account_item(unit),
        quality_item(unit),
        (
            markup.linked(at.say("data_quality_link"), at.quality_link(unit))
            if page == BRANCH
            else markup.linked(at.say("scorecard_link"), at.branch_link(unit))
        ),
    ]
    st.html(sheet(at.style) + markup.strip(items))


def _version() -> str:
    """Which version the figures are of, why it was delivered, and whether a newer one waits."""
    at = desk()
    seen = at.month
    key = "restated_version" if seen.version > 1 else "reported_version"
    told = escape(at.say(key, version=seen.version))
    reason = seen.restated_because
    if reason:
        told += at.language.pick(": ", "：")
        told += f'<span title="{escape(reason)}">{escape(words.shortened(reason))}</span>'
    if seen.pending:
        told += f" <b>{escape(at.say('newer_waits'))}</b>"
    return told


def account_item(unit: str) -> str:
    """The account of the loan book at a unit, its exact sums on hover, as ready HTML."""
    at = desk()
    if not at.month.has_account:
        return escape(at.say("account_unknown"))
    found = at.month.account(unit)
    if found is None:
        return escape(at.say("account_none"))
    exact = escape(accounts.equation(found, at.form))
    return f'<span title="{exact}">{escape(accounts.sentence(found, at.form))}</span>'


def quality_item(unit: str) -> str:
    """The reconciliation badge of a unit, as ready HTML."""
    at = desk()
    state, amount = at.month.quality_of(unit)
    if state is QualityState.FINAL:
        return f"● {at.say('reconciled')}"
    return f"<b>{QUALITY_GLYPH} {escape(words.quality(state, amount, at.form))}</b>"
