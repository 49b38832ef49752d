"""A figure beside others: the units of its level, and the units below it, each with its own page."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from html import escape
from typing import Any, Final

import streamlit as st

from dashboards import markup, scorecard
from dashboards.app_pages import address, readings
from dashboards.app_pages.desk import desk
from dashboards.app_pages.metric_parts.asked import ORDERS, Asked
from dashboards.charts.theme import specification
from dashboards.figure.pictures import peers_of, printed
from dashboards.figure.read import Facts
from dashboards.figure.subject import Subject, read_as
from dashboards.listing import Column, table
from dashboards.markup import linked
from dashboards.numbers import NOTHING
from dashboards.port.analyses import Peers
from dashboards.scorecard_row import ScorecardRow
from transforms.catalogue.model import Better, Kind
from transforms.errors import BranchmarkError

_LAST: Final = Decimal("Infinity")


def show(asked: Asked, of: Subject, below: Sequence[ScorecardRow]) -> None:
    """Peers as a strip, and the units below as a table."""
    at = desk()
    st.header(at.say("mt_peers"), anchor=False)
    if not at.is_now:
        st.info(at.say("only_as_known"))
    elif at.analyses is None:
        st.info(at.say("mt_nobody"))
    elif of.row.reason:
        st.write(markup.plain(of.row.reason))
    else:
        _peers(asked, of.row)
    name = asked.unit.name(at.language)
    st.header(markup.plain(at.say("children", branch=name)), anchor=False)
    if not below:
        st.write(markup.plain(at.say("children_none", branch=name)))
        return
    address.pills(
        "order",
        at.say("sort_by"),
        {one: at.say(f"mt_order_{one}") for one in ORDERS},
        asked.order,
    )
    st.html(_below(asked, of.row, below))


def below_of(asked: Asked, facts: Facts) -> tuple[ScorecardRow, ...]:
    """The figure of every unit below, in the order asked for."""
    at = desk()
    cards = scorecard.of_branches(
        facts.below,
        read_as(at.catalogue, asked.metric.metric_id, asked.reading),
        at.form,
        as_of=at.month.as_of,
        branches=asked.question.below,
        comparison=at.comparison,
        metrics=[asked.metric.metric_id],
    )
    rows = [row for card in cards.values() for row in card]
    names = at.month.units.by_id

    def place(row: ScorecardRow) -> tuple[Decimal, str]:
        name = names[row.branch_id].name(at.language)
        return (_place(row, asked.order), name)

    return tuple(sorted(rows, key=place))


def _place(row: ScorecardRow, order: str) -> Decimal:
    """Where a row stands in an order; what has no such number comes last."""
    if order == "name":
        return Decimal(0)
    if order == "value":
        return _LAST if row.value is None else -row.value
    if order == "change":
        moved = None if row.value is None or row.previous is None else row.value - row.previous
        return _LAST if moved is None else -abs(moved)
    if row.shortfall is not None:
        return row.shortfall
    return _LAST if row.value is None else Decimal(10) ** 18 - row.value


def _below(asked: Asked, row: ScorecardRow, rows: Sequence[ScorecardRow]) -> str:
    at = desk()
    aimed = any(one.is_aimed for one in rows)
    aim = "mt_limit" if row.kind is Kind.TOLERANCE else "target"
    columns = [
        Column(at.say("branch"), width="32%"),
        Column(at.say("value"), number=True),
        *([Column(at.say(aim), number=True), Column(at.say("gap"))] if aimed else []),
        Column(at.say("change"), number=True),
        Column(at.say("status"), tight=True),
        Column(""),
    ]
    whole = _below_line(asked, row, asked.unit.name(at.language), aimed=aimed)
    names = at.month.units.by_id
    lines = [
        _below_line(asked, one, names[one.branch_id].name(at.language), aimed=aimed) for one in rows
    ]
    caption = at.say("children", branch=asked.unit.name(at.language))
    return table(columns, lines, caption=caption, whole=[whole], least_width=760)


def _below_line(asked: Asked, row: ScorecardRow, name: str, *, aimed: bool) -> list[str]:
    at = desk()
    own = row.branch_id == asked.unit.unit_id
    where = f"{linked(name, asked.link(branch=row.branch_id))} ›"
    loans = at.loans_link(row.branch_id, row.metric_id, reading=row.reading)
    gap = escape(row.gap_text or row.reason or NOTHING)
    return [
        escape(name) if own else where + markup.provisional(row.quality_short, row.quality_text),
        escape(row.value_text),
        *([escape(row.target_text or NOTHING), gap] if aimed else []),
        escape(row.change_text),
        markup.marked(row.status, row.status_glyph, row.status_word),
        linked(at.say("mt_loans"), loans),
    ]


def _peers(asked: Asked, row: ScorecardRow) -> None:
    at = desk()
    try:
        found = readings.peers(row)
    except BranchmarkError:
        st.write(markup.plain(at.say("mt_no_peers", branch=asked.unit.name(at.language))))
        return
    if found is None:
        return
    if found.too_small is not None:
        st.write(at.say("mt_peers_few", count=found.too_small, minimum=found.minimum))
        return
    units = at.month.units.by_id
    names = {code: unit.name(at.language) for code, unit in units.items()}
    own = found.rows.filter(found.rows["branch_id"] == asked.unit.unit_id).to_dicts()
    st.html(markup.message(_place_text(own[0] if own else {}, found, row)))
    chart = peers_of(row, found, asked.unit.unit_id, names, at.form, at.style.ground)
    if chart is None:
        st.write(markup.plain(at.say("mt_no_peers", branch=names[asked.unit.unit_id])))
        return
    st.vega_lite_chart(specification(chart), theme=None)
    told = [at.say("mt_peers_key")]
    if found.marks_hidden:
        told.append(at.say("mt_marks_hidden"))
    if found.drawn:
        told.append(at.say("mt_drawn"))
    told += [at.language.pick(note.en, note.zh) for note in found.notes]
    st.caption(markup.plain(at.language.pick(" ", "").join(told)))
    with st.expander(at.say("as_table"), icon=":material/table_rows:"):
        st.html(_ranked(asked, found, names, row))


def _place_text(own: Mapping[str, Any], found: Peers, row: ScorecardRow) -> str:
    """Where the unit stands, in a sentence; a rank that would tell single clients is not there."""
    at = desk()
    if own.get("rank") is None:
        return at.say("mt_peers_unranked")
    key = "mt_rank" if row.better in {Better.HIGHER, Better.LOWER} else "mt_rank_plain"
    text = at.say(key, rank=own["rank"], of=own["of"], quartile=own["quartile"])
    if found.marks_hidden or own.get("median") is None:
        return text
    return text + at.say("mt_rank_median", median=printed(own["median"], row, at.form))


def _ranked(asked: Asked, found: Peers, names: Mapping[str, str], row: ScorecardRow) -> str:
    """The group in its order; units that may not be named, and counts that may not be told, are not."""
    at = desk()
    columns = [
        Column(at.say("mt_rank_head"), number=True),
        Column(at.say("branch"), width="44%"),
        Column(at.say("value"), number=True),
        *([Column(at.say("mt_drawn_head"), number=True)] if found.drawn else []),
    ]
    lines = []
    for one in found.rows.to_dicts():
        code = one["branch_id"]
        if code is None:
            name = f'<span class="bm-quiet">{escape(at.say("mt_unnamed"))}</span>'
        elif code == asked.unit.unit_id:
            name = f"<b>{escape(names.get(code, code))}</b>"
        elif code in names:
            name = linked(names[code], asked.link(branch=code)) + " ›"
        else:
            name = escape(code)
        value = (
            at.say("mt_suppressed") if one["suppressed"] else printed(one["value"], row, at.form)
        )
        lines.append(
            [
                NOTHING if one["rank"] is None else str(one["rank"]),
                name,
                escape(value),
                *([escape(printed(one["shrunk"], row, at.form))] if found.drawn else []),
            ]
        )
    return table(columns, lines, caption=at.say("mt_peers"))
