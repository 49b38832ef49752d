"""The readings of a figure side by side, and on demand the loans that tell them apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape

import polars as pl
import streamlit as st

from dashboards import markup, scorecard
from dashboards.app_pages import asking, readings
from dashboards.app_pages.desk import desk
from dashboards.app_pages.metric_parts.asked import Asked
from dashboards.figure.pictures import effect
from dashboards.figure.read import Facts
from dashboards.figure.subject import Subject, read_as, reading_name, unit_of
from dashboards.listing import Column, table
from dashboards.markup import linked
from dashboards.numbers import NOTHING
from dashboards.port.analyses import Apart
from dashboards.scorecard_row import ScorecardRow
from transforms.catalogue.model import Unit
from transforms.trace import Side


@dataclass(frozen=True)
class Read:
    """One reading of a figure."""

    name: str
    row: ScorecardRow


def of_figure(asked: Asked, facts: Facts) -> tuple[Read, ...]:
    """Every reading that has a figure, the metric's own first."""
    at = desk()
    metric = asked.metric
    names = sorted(
        (one.name for one in metric.readings), key=lambda name: name != metric.default_reading
    )
    found: list[Read] = []
    for name in names:
        rows = scorecard.of_branches(
            facts.of_reading(name).filter(pl.col("as_of_date").is_in([at.month.as_of, at.before])),
            read_as(at.catalogue, metric.metric_id, name),
            at.form,
            as_of=at.month.as_of,
            branches=[asked.unit.unit_id],
            comparison=at.comparison,
            metrics=[metric.metric_id],
        )[asked.unit.unit_id]
        found += [Read(name, row) for row in rows]
    return tuple(found)


def show(asked: Asked, of: Subject, read: Sequence[Read]) -> None:
    """The readings, and the loans between them when a reader asks."""
    at = desk()
    st.header(at.say("mt_section_readings"), anchor=False)
    if len(read) <= 1:
        st.write(markup.plain(at.say("mt_one_reading", metric=of.row.name)))
        return
    st.html(_table(asked, read))
    st.caption(at.say("mt_readings_note"))
    if not at.is_now:
        st.info(at.say("only_as_known"))
        return
    if at.analyses is None or of.row.reason:
        return
    found = asking.answered(
        f"apart_{at.month.as_of}_{of.row.branch_id}_{of.row.metric_id}_{asked.reading}",
        at.say("mt_apart_ask"),
        ":material/compare_arrows:",
        at.say("mt_apart_working"),
        lambda: readings.apart(of.row),
    )
    if found is None:
        return
    if not found:
        st.write(at.say("mt_apart_none"))
        return
    st.html(_apart(asked, found))


def _table(asked: Asked, read: Sequence[Read]) -> str:
    at = desk()
    base = read[0].row
    columns = [
        Column(at.say("mt_reading"), width="30%"),
        Column(at.say("value"), number=True),
        Column(at.say("mt_numerator"), number=True),
        Column(at.say("mt_denominator"), number=True),
        Column(at.say("mt_to_own", reading=reading_name(read[0].name, at.language)), number=True),
        Column(at.say("change"), number=True),
        Column(at.say("status"), tight=True),
        Column(""),
    ]
    lines = [_line(asked, one, base) for one in read]
    return table(columns, lines, caption=at.say("mt_section_readings"), least_width=860)


def _line(asked: Asked, one: Read, base: ScorecardRow) -> list[str]:
    at = desk()
    row = one.row
    name = reading_name(one.name, at.language)
    chosen = one.name == asked.reading
    cell = f"<b>{escape(name)}</b>" if chosen else linked(name, asked.link(reading=one.name)) + " ›"
    if chosen:
        cell += f" <small>{escape(at.say('mt_this_page'))}</small>"
    away = None if row.value is None or base.value is None else row.value - base.value
    loans = asked.loans(reading=one.name, side=Side.NUMERATOR)
    return [
        cell,
        escape(row.value_text) if not row.reason else escape(row.reason),
        *(_side(asked, one.name, value, number) for number, value in enumerate(_sides(row))),
        escape(
            NOTHING if away is None or row is base else effect(away, row, at.form, row.decimals)
        ),
        escape(row.change_text),
        markup.marked(row.status, row.status_glyph, row.status_word),
        linked(at.say("mt_loans"), loans),
    ]


def _sides(row: ScorecardRow) -> tuple[Decimal | None, Decimal | None]:
    return row.numerator, row.denominator


def _side(asked: Asked, reading: str, value: Decimal | None, number: int) -> str:
    """A numerator or denominator, if it is a number that a reader knows."""
    at = desk()
    own = asked.metric.reading(reading)
    name = (own.numerator, own.denominator or own.numerator)[number]
    unit = unit_of(at.catalogue.measures[name], at.catalogue) if name else None
    return NOTHING if unit is None else escape(at.form.value(value, unit, 0))


def _apart(asked: Asked, found: Sequence[Apart]) -> str:
    at = desk()
    columns = [
        Column(at.say("mt_counted_by")),
        Column(at.say("mt_left_out_by")),
        Column(at.say("mt_side")),
        Column(at.say("mt_loan_count"), number=True),
        Column(at.say("mt_amount"), number=True),
        Column(""),
    ]
    lines = [
        [
            escape(reading_name(one.counted, at.language)),
            escape(reading_name(one.left_out, at.language)),
            escape(at.say(f"mt_{one.side}")),
            escape(at.form.count(one.loans)),
            escape(_amount(asked, one)),
            linked(at.say("mt_loans"), asked.loans(reading=one.counted, side=one.side)),
        ]
        for one in found
    ]
    return table(columns, lines, caption=at.say("mt_apart"), least_width=720)


def _amount(asked: Asked, one: Apart) -> str:
    at = desk()
    own = asked.metric.reading(one.counted)
    name = own.numerator if one.side == Side.NUMERATOR else own.denominator or own.numerator
    unit = unit_of(at.catalogue.measures[name], at.catalogue)
    return NOTHING if unit is not Unit.CURRENCY else at.form.amount(one.amount)
