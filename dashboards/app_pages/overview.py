"""Overview: where does the bank stand, and who is behind?

What keeps the month from being believed belongs in `month_state`.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from html import escape
from typing import Final

import polars as pl
import streamlit as st

from dashboards import markup, ordering, standing
from dashboards.app_pages import (
    address,
    check_ins,
    exporting,
    figures,
    month_state,
    opening,
    page_documents,
    readings,
    strip,
)
from dashboards.app_pages.address import OVERVIEW
from dashboards.app_pages.desk import desk
from dashboards.markup import Fold, GridLine
from dashboards.numbers import rounded
from dashboards.palette import MARKS
from dashboards.scorecard_row import ScorecardRow
from dashboards.side_by_side import Told
from dashboards.standing import Cards
from dashboards.units import BankUnit
from transforms.catalogue.model import Kind, Unit
from transforms.scorecards import Status

_LISTED: Final = 5
_CARD_ROWS: Final = 10
_BY_REGION: Final = "region"
_BY_BEHIND: Final = "behind"

Groups = Sequence[tuple[BankUnit | None, Sequence[BankUnit]]]
# Gives the scorecards of some units. Streamlit would print a bare string of the script that it serves.
Made = Callable[[Sequence[BankUnit]], Cards]


def _message(whole: Sequence[ScorecardRow], found: Told, count: int) -> str:
    """The sentence the page opens with: the bank, its branches, its tolerance."""
    at = desk()
    stop = at.language.pick(". ", "。")
    told = [figures.tally_text(whole)]
    furthest = standing.furthest_behind(whole)
    if furthest is not None:
        told.append(figures.furthest_text(furthest))
    if found.judged:
        told.append(at.say("message_branches", behind=found.behind_count, count=count))
    if found.exceeded:
        told.append(at.say("message_exceeded", names=figures.names(found.exceeded)))
    return (stop.join(told) + stop).strip()


def _behind(told: Told) -> None:
    at = desk()
    st.header(at.say("behind"), anchor=False)
    if not told.behind:
        st.write(at.say("behind_none" if told.judged else "no_targets"))
        return
    lines = []
    for one in told.behind:
        row = one.furthest
        name = at.month.units.by_id[one.branch].name(at.language)
        count = at.say("behind_line", missed=one.missed, near=one.near)
        furthest = at.say("furthest", metric=row.short_name, gap=row.gap_text)
        lines.append(
            (
                (
                    f"{markup.linked(name, at.branch_link(one.branch, metric=row.metric_id))} "
                    f"<span class='bm-missed' aria-hidden='true'>{MARKS[Status.MISSED].glyph}</span> "
                    f"{escape(count)}"
                ),
                escape(furthest) + markup.provisional(row.quality_short, row.quality_text),
            )
        )
    st.html(markup.listed(lines))
    if told.behind_count > _LISTED:
        st.caption(at.say("more_below", count=told.behind_count - _LISTED))


def _changes(told: Told) -> None:
    at = desk()
    day = at.day(at.before)
    st.header(at.say("movers", day=day), anchor=False)
    if at.before not in at.month.published:
        st.write(at.say("movers_no_month", day=day))
        return
    if not told.flips:
        st.write(at.say("movers_none", day=day))
        return
    lines: list[tuple[str, str]] = []
    colon = at.language.pick(": ", "：")
    for flip in told.flips:
        row = flip.row
        name = at.month.units.by_id[flip.branch].name(at.language)
        lines.append(
            (
                (
                    f"{markup.linked(name, at.metric_link(flip.branch, row.metric_id))} "
                    f"{escape(row.short_name)}{colon}{markup.mark(flip.before, at.style)} "
                    f"<span aria-hidden='true'>→</span> {markup.mark(row.status, at.style)}"
                ),
                escape(f"{row.value_text} ({row.change_text}); {row.gap_text}")
                + markup.provisional(row.quality_short, row.quality_text),
            )
        )
    st.html(markup.listed(lines))
    st.caption(at.say("moves", worse=told.worse, better=told.flip_count - told.worse))


def _order(whole: Sequence[ScorecardRow]) -> str:
    """How the address wants the branches sorted; what cannot be done is refused."""
    at = desk()
    known = (_BY_REGION, _BY_BEHIND, *at.catalogue.metrics)
    asked = st.query_params.get("sort", _BY_REGION)
    if asked not in known:
        told = ", ".join((_BY_REGION, _BY_BEHIND, *(row.metric_id for row in whole)))
        opening.refuse(at.say("unknown_sort", asked=asked, known=told), at.language)
    # Another family of metrics is shown than the one the branches were sorted by.
    return asked if asked in (*known[:2], *(row.metric_id for row in whole)) else _BY_REGION


def _matrix(
    whole: Sequence[ScorecardRow],
    groups: Groups,
    cards: Made,
    *,
    order: str,
    opened: str,
) -> None:
    at = desk()
    title, control = st.columns([3, 1], vertical_alignment="bottom")
    title.header(at.say("branches_by_metric"), anchor=False)
    short = {row.metric_id: row.short_name for row in whole}
    texts = {_BY_REGION: at.say("by_region"), _BY_BEHIND: at.say("by_behind"), **short}
    pair = at.language.pick("{}: {}", "{}：{}")
    with control:
        address.choice(
            "sort",
            at.say("sort_by"),
            list(texts),
            lambda name: pair.format(at.say("sort_by"), texts[name]),
            order,
            bare=True,
        )
    lines = [figures.grid_line(at.month.units.top, whole, "whole")]
    if order == _BY_REGION:
        lines += _by_region(groups, cards, opened)
    else:
        lines += _in_order(order, groups, cards)
    count = sum(len(members) for _, members in groups)
    if count > standing.MOST_LINES:
        st.caption(at.say("fold_hint", count=count, most=standing.MOST_LINES))
    # Above the table, which is longer than a screen: whoever reads it has to know what it leads to.
    st.caption(at.say("click_hint"))
    figures.show_grid(
        lines,
        whole,
        at.say("branches_by_metric"),
        sort=order,
        sorted_by=lambda name: at.link(OVERVIEW, sort=name),
    )
    _table(groups, cards)


def _by_region(groups: Groups, cards: Made, opened: str) -> list[GridLine]:
    top = desk().month.units.top
    folds = sum(len(members) for _, members in groups) > standing.MOST_LINES
    placed: list[tuple[BankUnit, str, Fold | None]] = []
    for region, members in groups:
        # Without regions there is nothing to fold by.
        seen: Sequence[BankUnit] = members[: standing.MOST_LINES]
        if region is not None and region != top:
            fold = _fold(region, len(members), opened) if folds else None
            placed.append((region, "group", fold))
            seen = members if fold is None or fold.is_open else ()
        placed += [(one, "branch", None) for one in seen]
    rows = cards([unit for unit, _, _ in placed])
    return [
        figures.grid_line(unit, rows[unit.unit_id], kind, fold=fold) for unit, kind, fold in placed
    ]


def _opened(groups: Groups) -> str:
    """The region whose branches are to be seen where they are folded; an unknown one is refused."""
    at = desk()
    asked = st.query_params.get("region", "")
    if asked and asked not in {region.unit_id for region, _ in groups if region is not None}:
        why = at.say("unknown_branch", asked=asked, day=at.day(at.month.as_of))
        opening.refuse(why, at.language)
    return asked


def _fold(region: BankUnit, count: int, opened: str) -> Fold:
    at = desk()
    text = at.say("fold_branches", count=count)
    if region.unit_id == opened:
        return Fold(count, text, at.link(OVERVIEW), is_open=True)
    return Fold(count, text, at.link(OVERVIEW, region=region.unit_id), is_open=False)


def _in_order(order: str, groups: Groups, made: Made) -> list[GridLine]:
    at = desk()
    cards = made([unit for _, members in groups for unit in members])
    region_of = {unit.unit_id: region for region, units in groups for unit in units}
    ranked = (
        standing.by_misses(cards) if order == _BY_BEHIND else standing.by_distance(cards, order)
    )
    lines = []
    for branch in ranked[: standing.MOST_LINES]:
        region = region_of[branch]
        note = region.name(at.language) if region else ""
        unit = at.month.units.by_id[branch]
        lines.append(figures.grid_line(unit, cards[branch], "branch", note=note))
    return lines


def _table(groups: Groups, made: Made) -> None:
    """The matrix as a grid that sorts, searches and downloads."""
    at = desk()
    opened = st.expander(at.say("show_table"), on_change="rerun", key="matrix_table")
    if not opened.open:
        return
    records = []
    cards = made([unit for _, members in groups for unit in members])
    for region, members in groups:
        for unit in members:
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
compared = [units.top, *(unit for unit in branches if unit != units.top)]
shown = figures.shown_metrics(compared)
rows = ordering.given_first(readings.cards([units.top], shown, history=True)[units.top.unit_id])
given = [row for row in rows if not row.reason]
somewhere = at.month.given([branch.unit_id for branch in branches])
columns = [row for row in given if row.metric_id in somewhere]
order, opened = _order(columns), _opened(groups)
column_names = [row.metric_id for row in columns]
aims = figures.main_metrics(compared)
# What is aimed at is most of what the columns show: read and worded once, for both.
above = [one for one, _ in groups if one is not None and one not in compared]
beside = readings.side_by_side(
    [unit.unit_id for unit in (*compared, *above)], list(dict.fromkeys((*column_names, *aims)))
)
names = [branch.unit_id for branch in branches]
told = beside.told(names, aims, _LISTED)


def _cards(asked: Sequence[BankUnit]) -> Cards:
    """What the columns show of some units."""
    return beside.cards([unit.unit_id for unit in asked], column_names)


strip.header()
tools = strip.title(at.workspace.name if at.scope.branches is None else units.top.name(at.language))
top = units.top.unit_id
message = _message(beside.cards([top], aims)[top], told, len(branches))
figures.message_and_family(message, compared)
month_state.show_notices(branches)
month_state.show_readiness(branches)
figures.show_scorecard(given, units.top, check_ins.said(units.top), most=_CARD_ROWS)
figures.show_missing(rows)
if branches:
    left, right = st.columns(2, gap="large")
    with left:
        _behind(told)
    with right:
        _changes(told)
if branches and columns:
    _matrix(columns, groups, _cards, order=order, opened=opened)
exporting.offer(
    lambda: page_documents.of_overview(
        rows, message, groups, _cards(branches), beside.cards(names, aims)
    ),
    tools,
)
