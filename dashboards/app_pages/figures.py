"""The figures of a page: which metrics it shows, their scorecard, and units by metrics.

The tables are made in `dashboards.markup`; what a row says in `dashboards.scorecard`.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

import polars as pl
import streamlit as st

from dashboards import card, markup, openings, ordering
from dashboards.app_pages import address, check_ins, readings
from dashboards.app_pages.desk import desk
from dashboards.app_pages.opening import TARGETS, known_families
from dashboards.markup import Fold, GridLine, Heading
from dashboards.numbers import HEADED, Scale
from dashboards.pictures import history_words
from dashboards.scorecard_row import ScorecardRow
from dashboards.units import BankUnit
from transforms.catalogue import families
from transforms.catalogue.model import Kind, Unit

_SHOWN_NAMES: Final = 3


def main_metrics(units: Sequence[BankUnit]) -> tuple[str, ...]:
    """What has a target or limit at one of these units; if nothing has, their main figures."""
    at = desk()
    names = [unit.unit_id for unit in units]
    return ordering.choice(
        [metric.metric_id for metric in ordering.in_order(at.catalogue)],
        aimed=at.month.aimed(names),
        given=at.month.given(names),
    )


def shown_metrics(units: Sequence[BankUnit]) -> tuple[str, ...]:
    """The metrics of the family asked for."""
    at = desk()
    if at.family == TARGETS:
        return main_metrics(units)
    return ordering.of_family(at.catalogue, at.family)


def family_choice(units: Sequence[BankUnit]) -> None:
    """The control that chooses which family of metrics a page shows."""
    at = desk()
    main = "targets" if at.month.aimed([unit.unit_id for unit in units]) else "main"
    texts = {TARGETS: at.say(f"family_{main}")}
    for name in known_families(at.catalogue):
        label = families.label_of(name)
        texts[name] = at.language.pick(label.en, label.zh)
    pair = at.language.pick("{}: {}", "{}：{}")
    address.choice(
        "family",
        at.say("family"),
        list(texts),
        lambda name: pair.format(at.say("family"), texts[name]),
        at.family,
        bare=True,
    )


def message_and_family(text: str, units: Sequence[BankUnit]) -> None:
    """The sentence that a page opens with, and beside it which figures it shows."""
    said, choice = st.columns([4, 1], gap="medium", vertical_alignment="center")
    said.html(markup.message(text))
    with choice:
        family_choice(units)


def show_missing(rows: Sequence[ScorecardRow]) -> None:
    """What cannot be computed, folded into one block, its reasons each told once."""
    missing = [row for row in rows if row.reason]
    if not missing:
        return
    at = desk()
    groups: dict[str, list[ScorecardRow]] = {}
    for row in missing:
        groups.setdefault(row.reason, []).append(row)
    with st.expander(at.say("not_computed", count=len(missing))):
        ordered = sorted(groups.items(), key=lambda group: -len(group[1]))
        st.html(markup.reasons(ordered, at.style))


def show_scorecard(
    rows: Sequence[ScorecardRow], unit: BankUnit, said: pl.DataFrame | None, *, most: int = 0
) -> None:
    """The scorecard of one unit; without a single row, a sentence.

    Args:
        rows: in order.
        unit: whose they are.
        said: the check-ins on its figures; none without a ledger.
        most: how many rows are shown at once, the others folded away; all of them if none.
    """
    at = desk()
    if not rows:
        st.info(markup.plain(at.say("family_empty", branch=unit.name(at.language))))
        return
    shown, rest = ordering.leading(rows, most) if most else (tuple(rows), ())
    _table(shown, unit, said)
    if rest:
        key = "show_rest" if at.family == TARGETS else "show_rest_family"
        with st.expander(at.say(key, count=len(rest))):
            _table(rest, unit, said)
    legend = [at.say("legend", comparison=at.say(at.comparison.value).lower())]
    told = legend if any(row.is_aimed for row in rows) else []
    origins = {row.origin: row.origin_sentence for row in rows if row.origin}
    told += [f"{card.origin_sign(key)} {sentence}" for key, sentence in origins.items()]
    st.caption(markup.plain(at.language.pick(" ", "").join(told)))


def _table(rows: Sequence[ScorecardRow], unit: BankUnit, said: pl.DataFrame | None) -> None:
    at, branch = desk(), unit.unit_id
    drawn = readings.pictures(rows, branch)
    behind = card.Behind(
        metric=lambda row: at.metric_link(branch, row.metric_id),
        loans=lambda row: at.loans_link(branch, row.metric_id),
        notes=lambda row: check_ins.notes(unit, row, said),
        bullet=lambda row: drawn[row.metric_id][0],
        sparkline=lambda row: drawn[row.metric_id][1],
        history=lambda row: history_words(row, at.form),
    )
    caption = at.say("standing_title", name=unit.name(at.language))
    st.html(
        card.scorecard_table(rows, at.style, behind, caption=caption, unit=at.form.currency_word)
    )


def grid_line(
    unit: BankUnit,
    rows: Sequence[ScorecardRow],
    kind: str,
    *,
    note: str = "",
    fold: Fold | None = None,
) -> GridLine:
    """The line of a unit in a matrix, its figures leading to their own pages."""
    at = desk()
    return GridLine(
        unit.name(at.language),
        at.branch_link(unit.unit_id),
        rows,
        kind,
        note,
        lambda metric: at.metric_link(unit.unit_id, metric),
        fold,
    )


def show_grid(
    lines: Sequence[GridLine],
    whole: Sequence[ScorecardRow],
    caption: str,
    *,
    sort: str = "",
    sorted_by: Callable[[str], str] | None = None,
) -> None:
    """The matrix of units by the metrics of the whole; the heading carries its targets.

    Args:
        lines: a line a unit, in order.
        whole: the scorecard whose metrics are the columns.
        caption: what the table is, for those who cannot see it.
        sort: the metric the lines are sorted by, if by one.
        sorted_by: gives the address of the same, sorted by a metric.
    """
    at = desk()
    rows = {row.metric_id: row for row in whole if not row.reason}
    columns = list(rows)
    scales = {name: _scale(name, lines) for name in columns if rows[name].unit is Unit.CURRENCY}
    headings = {
        name: Heading(
            row.short_name,
            _heading(row, scales.get(name)),
            row.about,
            sorted_by(name) if sorted_by else "",
            sorts=name == sort,
        )
        for name, row in rows.items()
    }

    def text(row: ScorecardRow) -> str:
        scale = scales.get(row.metric_id)
        return at.form.scaled(row.value, scale) if scale else row.compact_text

    st.html(markup.grid(lines, columns, headings, text, at.style, caption=caption))


def _scale(metric_id: str, lines: Sequence[GridLine]) -> Scale:
    """One unit for a whole column of amounts: that of the amount in the middle, nothings left out."""
    sizes = sorted(
        abs(row.value)
        for line in lines
        for row in line.card
        if row.metric_id == metric_id and row.value
    )
    return desk().form.scale(sizes[len(sizes) // 2] if sizes else Decimal(0))


def _heading(row: ScorecardRow, scale: Scale | None) -> tuple[str, str]:
    """Unit and target of the whole, below the name of a column."""
    at = desk()
    unit = at.form.unit_of(scale) if scale else ""
    if row.unit in HEADED:
        unit = unit_word(row.unit)
    if not row.target_text:
        return unit, ""
    printed = at.form.scaled(row.target, scale) if scale else row.compact_target
    return unit, at.say("limit_is" if row.kind is Kind.TOLERANCE else "target_is", value=printed)


def unit_word(unit: Unit) -> str:
    """A unit as a heading names it; amounts are in the base currency."""
    at = desk()
    keys = {Unit.RATIO: "axis_percent", Unit.PP: "axis_points", Unit.COUNT: "axis_clients"}
    if unit is Unit.CURRENCY:
        return at.form.currency
    return at.say(keys.get(unit, f"axis_{unit}"))


def tally_text(card: Sequence[ScorecardRow]) -> str:
    """How many targets are met, of those there are."""
    return openings.tally_text(card, desk().form)


def furthest_text(row: ScorecardRow) -> str:
    """Where a unit is furthest behind, as half a sentence."""
    return openings.furthest_text(row, desk().form)


def names(units: Sequence[str]) -> str:
    """A few units by name, and how many more there are."""
    at = desk()
    by_id = at.month.units.by_id
    told = [by_id[one].name(at.language) if one in by_id else one for one in units]
    more = len(told) - _SHOWN_NAMES
    text = at.language.pick(", ", "、").join(told[:_SHOWN_NAMES])
    return text + (at.say("and_more", count=more) if more > 0 else "")
