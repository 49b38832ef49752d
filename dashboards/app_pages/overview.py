"""Overview: where does the bank stand, and who is behind?"""

from collections.abc import Sequence
from decimal import Decimal
from html import escape

import polars as pl
import streamlit as st

from dashboards import markup, scorecard, standing
from dashboards.app_pages import address, figures, opening, readings, strip
from dashboards.app_pages.desk import desk
from dashboards.markup import GridLine
from dashboards.numbers import rounded
from dashboards.palette import MARKS
from dashboards.scorecard import ScorecardRow
from dashboards.standing import Cards
from dashboards.units import BankUnit
from transforms.catalogue.model import Kind, Unit
from transforms.scorecards import Status

_LISTED = 6
_BY_REGION, _BY_BEHIND = "region", "behind"


def _message(whole: Sequence[ScorecardRow], cards: Cards) -> str:
    """The sentence the page opens with: the bank, its branches, its tolerance."""
    at = desk()
    stop = at.language.pick(". ", "。")
    told = [figures.tally_text(whole)]
    furthest = standing.furthest_behind(whole)
    if furthest is not None:
        told.append(figures.furthest_text(furthest))
    behind = standing.behind(cards)
    if any(standing.judged(card) for card in cards.values()):
        told.append(at.say("message_branches", behind=len(behind), count=len(cards)))
    exceeded = [
        branch
        for branch, card in cards.items()
        if any(row.status is Status.EXCEEDED for row in card)
    ]
    if exceeded:
        told.append(at.say("message_exceeded", names=figures.names(exceeded)))
    return (stop.join(told) + stop).strip()


def _readiness() -> None:
    """What keeps the month from being believed, in a line, with the way to the rows."""
    at = desk()
    seen, form = at.month, at.form
    top = seen.units.top.unit_id
    items = []
    if seen.unreconciled:
        told = at.say(
            "unreconciled_some",
            count=len(seen.unreconciled),
            names=figures.names(seen.unreconciled),
        )
        link = markup.linked(told, at.quality_link(top, section="ledger"))
        items.append(f"{at.say('unreconciled')}: <b>{link}</b>")
    rejected = markup.linked(
        form.count(seen.rejected_rows), at.quality_link(top, section="rejected")
    )
    items.append(f"{at.say('rejected_rows')}: <b>{rejected}</b>")
    graded = [
        at.say(
            "rules_with_findings",
            rules=form.count(seen.findings[grade][0]),
            severity=at.say(f"severity_{grade}"),
            rows=form.count(seen.findings[grade][1]),
        )
        for grade in ("critical", "error", "warning")
        if grade in seen.findings
    ]
    comma = at.language.pick(", ", "，")
    found = markup.linked(
        comma.join(graded) or at.say("none"), at.quality_link(top, section="findings")
    )
    items.append(f"{at.say('findings')}: <b>{found}</b>")
    st.html(markup.strip(items))


def _behind(cards: Cards) -> None:
    at = desk()
    st.subheader(at.say("behind"), anchor=False)
    found = standing.behind(cards)
    if not found:
        judged = any(standing.judged(card) for card in cards.values())
        st.write(at.say("behind_none" if judged else "no_targets"))
        return
    lines = []
    for one in found[:_LISTED]:
        row = one.furthest
        name = at.month.units.by_id[one.branch].name(at.language)
        count = at.say("behind_line", missed=one.missed, near=one.near)
        furthest = at.say("furthest", metric=row.short_name, gap=row.gap_text)
        lines.append(
            (
                (
                    f"{markup.linked(name, at.branch_link(one.branch, metric=row.metric_id))} › "
                    f"<span class='bm-missed'>{MARKS[Status.MISSED].glyph}</span> {escape(count)}"
                ),
                escape(furthest) + markup.provisional(row.quality_short, row.quality_text),
            )
        )
    st.html(markup.listed(lines))
    if len(found) > _LISTED:
        st.caption(at.say("more_below", count=len(found) - _LISTED))


def _changes(cards: Cards) -> None:
    at = desk()
    day = at.day(at.before)
    st.subheader(at.say("movers", day=day), anchor=False)
    if at.before not in at.month.published:
        st.write(at.say("movers_no_month", day=day))
        return
    found = standing.flips(cards)
    if not found:
        st.write(at.say("movers_none", day=day))
        return
    lines = []
    for flip in found[:_LISTED]:
        row = flip.row
        name = at.month.units.by_id[flip.branch].name(at.language)
        lines.append(
            (
                (
                    f"{markup.linked(name, at.branch_link(flip.branch, metric=row.metric_id))} › "
                    f"{escape(row.short_name)}: {markup.mark(flip.before, at.style)} → "
                    f"{markup.mark(row.status, at.style)}"
                ),
                escape(f"{row.value_text} ({row.change_text}); {row.gap_text}")
                + markup.provisional(row.quality_short, row.quality_text),
            )
        )
    st.html(markup.listed(lines))
    worse = sum(flip.worse for flip in found)
    st.caption(at.say("moves", worse=worse, better=len(found) - worse))


def _matrix(
    whole: Sequence[ScorecardRow],
    groups: Sequence[tuple[BankUnit | None, Sequence[BankUnit]]],
    cards: Cards,
) -> None:
    at = desk()
    title, control = st.columns([3, 1], vertical_alignment="bottom")
    title.subheader(at.say("branches_by_metric"), anchor=False)
    short = {row.metric_id: row.short_name for row in whole if not row.reason}
    texts = {_BY_REGION: at.say("by_region"), _BY_BEHIND: at.say("by_behind"), **short}
    asked = st.query_params.get("sort", _BY_REGION)
    order = asked if asked in texts else _BY_REGION
    st.session_state["choose_sort"] = order
    control.selectbox(
        at.say("sort_by"),
        list(texts),
        format_func=texts.__getitem__,
        key="choose_sort",
        label_visibility="collapsed",
        on_change=address.chosen,
        args=("sort",),
    )
    top = at.month.units.top
    lines = [GridLine(top.name(at.language), at.branch_link(top.unit_id), whole, "whole")]
    if order == _BY_REGION:
        lines += _by_region(whole, groups, cards)
    else:
        lines += _in_order(order, groups, cards)
    if not short:
        return
    figures.show_grid(lines, whole, at.say("branches_by_metric"))
    st.caption(at.say("click_hint"))
    _table(groups, cards)


def _by_region(
    whole: Sequence[ScorecardRow],
    groups: Sequence[tuple[BankUnit | None, Sequence[BankUnit]]],
    cards: Cards,
) -> list[GridLine]:
    at = desk()
    shown = [row.metric_id for row in whole]
    regions = readings.cards([region for region, _ in groups if region], shown)
    lines: list[GridLine] = []
    for region, units in groups:
        if region is not None:
            name, href = region.name(at.language), at.branch_link(region.unit_id)
            lines.append(GridLine(name, href, regions[region.unit_id], "group"))
        lines += [
            GridLine(u.name(at.language), at.branch_link(u.unit_id), cards[u.unit_id], "branch")
            for u in units
        ]
    return lines


def _in_order(
    order: str, groups: Sequence[tuple[BankUnit | None, Sequence[BankUnit]]], cards: Cards
) -> list[GridLine]:
    at = desk()
    region_of = {unit.unit_id: region for region, units in groups for unit in units}
    ranked = (
        standing.by_misses(cards) if order == _BY_BEHIND else standing.by_distance(cards, order)
    )
    lines = []
    for branch in ranked:
        region = region_of[branch]
        note = region.name(at.language) if region else ""
        name = at.month.units.by_id[branch].name(at.language)
        lines.append(GridLine(name, at.branch_link(branch), cards[branch], "branch", note))
    return lines


def _table(groups: Sequence[tuple[BankUnit | None, Sequence[BankUnit]]], cards: Cards) -> None:
    """The matrix as a grid that sorts, searches and downloads."""
    at = desk()
    opened = st.expander(at.say("show_table"), on_change="rerun", key="matrix_table")
    if not opened.open:
        return
    records = []
    for region, units in groups:
        for unit in units:
            record: dict[str, str | float | None] = {
                at.say("by_region"): region.name(at.language) if region else "",
                at.say("branch"): unit.name(at.language),
            }
            for row in cards[unit.unit_id]:
                record[f"{row.short_name} ({figures.unit_word(row.unit)})"] = _plain(row)
            record[at.say("quality")] = next(
                (row.quality_text for row in cards[unit.unit_id] if row.quality_text), ""
            )
            records.append(record)
    with opened:
        st.dataframe(pl.DataFrame(records, infer_schema_length=None), hide_index=True)


def _plain(row: ScorecardRow) -> float | None:
    if row.value is None:
        return None
    size = Decimal(100) if row.unit is Unit.RATIO and row.kind is not Kind.TOLERANCE else Decimal(1)
    return float(rounded(row.value * size, 4))


at = desk()
units = at.month.units
chosen = opening.branch_choice(None)
if chosen is not None:
    st.switch_page("app_pages/branch.py", query_params={**at.parameters, "branch": chosen})

groups = units.compared()
branches = [unit for _, members in groups for unit in members]
compared = [units.top, *branches]
shown = figures.shown_metrics(compared)
rows = scorecard.given_first(readings.cards([units.top], shown, history=True)[units.top.unit_id])
given = [row for row in rows if not row.reason]
somewhere = at.month.given([branch.unit_id for branch in branches])
columns = [row for row in given if row.metric_id in somewhere]
cards = readings.cards(branches, [row.metric_id for row in columns])
aims = figures.main_metrics(compared)
aimed = readings.cards(compared, aims)
aimed_branches = {branch.unit_id: aimed[branch.unit_id] for branch in branches}

strip.header()
st.title(at.workspace.name, anchor=False)
st.html(markup.message(_message(aimed[units.top.unit_id], aimed_branches)))
_readiness()
figures.family_choice(compared)
figures.show_scorecard(given, units.top.unit_id, at.say("bank_scorecard"))
figures.show_missing(rows)
left, right = st.columns(2, gap="large")
with left:
    _behind(aimed_branches)
with right:
    _changes(aimed_branches)
_matrix(columns, groups, cards)
