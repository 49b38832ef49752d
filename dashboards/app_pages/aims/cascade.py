"""Whether the targets right below a unit make up its own."""

from collections.abc import Mapping
from html import escape
from typing import Any

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages.aims.common import (
    cell,
    distance_text,
    metric_name,
    unit_name,
    value_text,
)
from dashboards.app_pages.desk import desk
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING
from dashboards.units import BankUnit
from transforms import cascade, target_states
from transforms.cascade import TOLD, Way
from transforms.catalogue.vocabulary import TOTAL

_SHOWN_UNITS = 3


def show(targets: pl.DataFrame, unit: BankUnit) -> None:
    """A line for each target of the unit that has targets right below it."""
    at = desk()
    below = [one.unit_id for one in at.month.units.children(unit.unit_id)]
    facts = (
        at.published.facts(at.scope, as_of=at.month.as_of)
        .filter(pl.col("slice") == TOTAL, pl.col("branch_id").is_in(below))
        .collect()
    )
    found = cascade.compared(
        target_states.in_force(targets, at.month.as_of),
        at.published.nodes(at.scope, as_of=at.month.as_of).collect(),
        facts,
        at.catalogue,
    )
    order = {name: place for place, name in enumerate(at.catalogue.metrics)}
    rows = (
        found.filter(pl.col("branch_id") == unit.unit_id)
        .with_columns(_order=pl.col("metric_id").replace_strict(order, default=len(order)))
        .sort("_order", "period")
        .to_dicts()
    )
    if not rows:
        st.info(markup.plain(at.say("tg_cascade_none", branch=unit.name(at.language))))
        return
    columns = [
        Column(at.say("metric"), width="26%"),
        Column(at.say("tg_period"), tight=True),
        Column(at.say("tg_target"), number=True),
        Column(at.say("tg_cascade_below"), number=True),
        Column(at.say("tg_cascade_gap"), number=True),
        Column("%", number=True),
        Column(at.say("tg_cascade_way"), width="18%"),
        Column(at.say("tg_cascade_without")),
    ]
    lines = [_cells(row) for row in rows]
    st.html(table(columns, lines, caption=at.say("tg_cascade"), least_width=900))
    st.caption(at.say("tg_cascade_hint"))


def _cells(row: Mapping[str, Any]) -> list[str]:
    at = desk()
    way = TOLD[Way(row["way"])]
    without = [unit_name(one) for one in row["without"]]
    names = at.language.pick(", ", "、").join(without[:_SHOWN_UNITS])
    if len(without) > _SHOWN_UNITS:
        names += at.say("and_more", count=len(without) - _SHOWN_UNITS)
    per_cent = row["gap_percent"]
    return [
        # The comparison names the metric's own reading; only another one needs saying.
        escape(metric_name({**row, "reading": _other_reading(row)})),
        cell(row["period"]),
        escape(value_text(row["target"], row)),
        escape(value_text(row["below"], row)),
        escape(distance_text(row["gap"], row)),
        escape(NOTHING if per_cent is None else at.form.share(per_cent / 100, signed=True)),
        escape(at.language.pick(way.en, way.zh)),
        escape(names or NOTHING),
    ]


def _other_reading(row: Mapping[str, Any]) -> str:
    metric = desk().catalogue.metrics.get(row["metric_id"])
    return "" if metric is None or row["reading"] == metric.default_reading else row["reading"]
