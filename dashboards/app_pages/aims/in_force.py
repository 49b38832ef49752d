"""Targets in force: what a unit is held against at the month end, and who stands for it."""

from collections.abc import Mapping
from html import escape
from typing import Any

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages import readings, strip
from dashboards.app_pages.aims.common import below, cell, distance_text, metric_name, value_text
from dashboards.app_pages.desk import desk
from dashboards.documents import targets as targets_document
from dashboards.documents.targets import TargetsPage
from dashboards.exports.document import Document
from dashboards.listing import Column, table
from dashboards.units import BankUnit
from transforms import target_states
from transforms.catalogue.vocabulary import TOTAL
from transforms.phasing import Phasing


def held(targets: pl.DataFrame, unit: BankUnit) -> pl.DataFrame:
    """The unit's targets in force at the month end, with `asked`: what the published figures know."""
    at = desk()
    own = target_states.in_force(targets, at.month.as_of).filter(
        pl.col("branch_id") == unit.unit_id
    )
    defaults = {m.metric_id: m.default_reading for m in at.catalogue.metrics.values()}
    read = pl.when(pl.col("reading") != "").then("reading")
    read = read.otherwise(pl.col("metric_id").replace_strict(defaults, default=""))
    published = (
        at.published.facts(at.scope, as_of=at.month.as_of)
        .filter(pl.col("branch_id") == unit.unit_id, pl.col("slice") == TOTAL)
        .select("metric_id", _read="reading", asked="target_value")
        .collect()
    )
    order = {name: place for place, name in enumerate(at.catalogue.metrics)}
    return (
        own.with_columns(_read=read)
        .join(published, on=["metric_id", "_read"], how="left")
        .with_columns(_order=pl.col("metric_id").replace_strict(order, default=len(order)))
        .sort("_order", "reading", "period")
        .drop("_order", "_read")
    )


def document(targets: pl.DataFrame, unit: BankUnit, message: str) -> Document:
    """The targets of the unit, and every version of those of the unit and below it."""
    at = desk()
    page = TargetsPage(
        headline=strip.headline(unit.unit_id),
        unit=unit,
        message=message,
        held=held(targets, unit),
        every=below(targets, unit.unit_id),
    )
    return targets_document.document(page, at.catalogue, readings.reference())


def show(targets: pl.DataFrame, unit: BankUnit) -> None:
    """The table, and what the published figures do not know yet."""
    at = desk()
    rows = held(targets, unit).to_dicts()
    day = at.day(at.month.as_of)
    if not rows:
        st.info(markup.plain(at.say("tg_none_here", branch=unit.name(at.language), day=day)))
        return
    late = [row for row in rows if _is_late(row, rows)]
    if late:
        comma = at.language.pick(", ", "、")
        names = comma.join(metric_name(row) for row in late)
        st.warning(markup.plain(at.say("tg_stale", count=len(late), names=names)))
    columns = [
        Column(at.say("metric"), width="26%"),
        Column(at.say("tg_period"), tight=True),
        Column(at.say("tg_target"), number=True),
        Column(at.say("tg_asked_now", day=day), number=True),
        Column(at.say("tg_near"), number=True),
        Column(at.say("tg_phasing"), tight=True),
        Column(at.say("tg_from"), tight=True),
        Column(at.say("tg_version"), number=True),
        Column(at.say("tg_made_by")),
        Column(at.say("tg_approved_by"), tight=True),
    ]
    lines = [_cells(row, unit) for row in rows]
    st.html(table(columns, lines, caption=at.say("tg_in_force"), least_width=960))


def _is_late(row: Mapping[str, Any], rows: list[dict[str, Any]]) -> bool:
    """Whether the published figures were built without this target."""
    narrower = any(
        other["metric_id"] == row["metric_id"]
        and other["reading"] == row["reading"]
        and len(other["period"]) > len(row["period"])
        for other in rows
    )
    if narrower:
        return False
    if row["phasing"] == Phasing.NONE.value:
        return bool(row["asked"] != row["target_value"])
    return row["asked"] is None


def _cells(row: Mapping[str, Any], unit: BankUnit) -> list[str]:
    at = desk()
    name = markup.linked(metric_name(row), at.branch_link(unit.unit_id, metric=row["metric_id"]))
    note = f"<br><small>{escape(row['note'])}</small>" if row["note"] else ""
    return [
        name + note,
        cell(row["period"]),
        escape(value_text(row["target_value"], row)),
        escape(value_text(row["asked"], row)),
        escape(distance_text(row["near_band"], row)),
        escape(at.say(f"phasing_{row['phasing']}")),
        cell(row["valid_from"]),
        cell(row["version"]),
        cell(row["maker"]),
        cell(row["checker"]),
    ]
