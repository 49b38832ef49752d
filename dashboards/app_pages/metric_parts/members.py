"""A figure cut by a slice: what each member adds, ranked, with the way to its loans."""

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages import readings
from dashboards.app_pages.desk import desk
from dashboards.app_pages.metric_parts import asked as address_of
from dashboards.app_pages.metric_parts.asked import Asked
from dashboards.figure import members
from dashboards.figure.breakdown import Breakdown, breakdown
from dashboards.figure.markup import parts_table
from dashboards.figure.read import Facts
from dashboards.figure.subject import Subject, unit_of
from dashboards.scorecard_row import ScorecardRow
from transforms.catalogue.model import Parts
from transforms.trace import Side


def made(asked: Asked, of: Subject, facts: Facts) -> Breakdown | None:
    """The breakdown by the slice asked for; none if the figure has none, or the book gives none."""
    at = desk()
    cut = asked.cut
    if cut is None:
        return None
    now = facts.parts.filter(pl.col("as_of_date") == at.month.as_of)
    if now.is_empty():
        return None
    return breakdown(
        now,
        facts.parts.filter(pl.col("as_of_date") == at.before),
        of.metric,
        cut,
        members.names(cut, readings.reference(), at.language),
        of.row.numerator,
    )


def show(asked: Asked, of: Subject, found: Breakdown | None) -> None:
    """The slices to choose from, and the members of the one chosen."""
    at = desk()
    st.header(at.say("mt_section_parts"), anchor=False)
    if asked.cut is None:
        st.write(markup.plain(at.say("mt_no_slices", metric=of.row.name)))
        return
    address_of.slices(asked)
    if found is None:
        name = members.slice_name(asked.cut, at.language)
        st.info(markup.plain(at.say("mt_slice_not_given", slice=name, day=at.day(at.month.as_of))))
        return
    links = {
        one.code: asked.loans(slice=found.slice, member=one.code, side=Side.NUMERATOR)
        for one in found.all
    }
    amount = unit_of(at.catalogue.measures[of.reading.numerator], at.catalogue)
    st.html(parts_table(found, found.members, of.row, at.form, amount=amount, links=links))
    st.caption(adds_up(found, of.row))
    if len(found.all) > len(found.members):
        with st.expander(at.say("mt_all_members", count=len(found.all))):
            st.html(parts_table(found, found.all, of.row, at.form, amount=amount, links=links))


def adds_up(found: Breakdown, row: ScorecardRow) -> str:
    """Whether the members add up to the figure, and how changes are told."""
    at = desk()
    told = at.say(f"mt_parts_{found.parts.value}")
    if found.parts is not Parts.NEED_NOT and found.difference:
        told = at.say("mt_parts_lack", amount=at.form.amount(found.difference))
    since = at.say("mt_change_since", day=at.day(at.before))
    _ = row
    return at.language.pick(f"{told} {since}", f"{told}{since}")
