"""The score of a unit: its total, and every step of the arithmetic that leads there."""

from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any

import streamlit as st

from dashboards.analyses import Score
from dashboards.app_pages import readings
from dashboards.app_pages.desk import desk
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING, fixed
from dashboards.palette import MARKS
from dashboards.units import BankUnit
from transforms.catalogue.model import Label
from transforms.errors import BranchmarkError
from transforms.scorecards import Status
from transforms.scoring.words import plain


def show(unit: BankUnit) -> None:
    """The total in a line, and the card folded away."""
    at = desk()
    try:
        found = readings.score(unit.unit_id)
    except BranchmarkError as error:
        st.info(str(error))
        return
    if found is None:
        return
    card = found.scores.cards.row(0, named=True)
    profile = found.scores.profile
    if card["total"] is None:
        head = at.say(
            "sc_none",
            scored=plain(card["scored_weight"]),
            whole=plain(profile.total),
            least=plain(profile.least_scored),
        )
    else:
        head = at.say("sc_title", total=_points(card["total"]), whole=plain(profile.total))
        if card["rank"] is not None:
            rank = at.say("sc_rank", rank=card["rank"], ranked=card["ranked"])
            head += at.language.pick(f", {rank}", f"，{rank}")
    with st.expander(head, icon=":material/calculate:"):
        st.html(_card(found))
        label = at.language.pick(profile.label.en, profile.label.zh)
        told = [
            at.say("sc_profile", label=label, version=profile.version),
            at.say("sc_figures", told=found.figures.sentence(at.language.value)),
        ]
        if sum(found.below.counts.values()) or found.below.beside:
            told.append(at.say("sc_below", told=found.below.sentence(at.language.value)))
        st.caption(at.language.pick(". ", "。").join(told))


def _points(value: Decimal | None) -> str:
    return NOTHING if value is None else fixed(value, 2)


def _card(found: Score) -> str:
    """The card as a table: lines under their groups, then what is taken off and added, and the total."""
    at = desk()
    scores = found.scores
    card = scores.cards.row(0, named=True)
    subtotals = {row["group_id"]: row for row in scores.groups.to_dicts()}
    rows: list[list[str]] = []
    labels = {line.line_id: line.label for line in scores.profile.lines}
    for group in scores.profile.groups:
        sub = subtotals[group.group_id]
        rows.append(_bold(_name(group.label), weight=sub["weight"], score=sub["score"]))
        rows += [
            _line(row, _name(labels[row["line_id"]]))
            for row in scores.lines.to_dicts()
            if row["group_id"] == group.group_id
        ]
    rows.append(_bold(at.say("sc_lines"), score=card["lines_score"]))
    items = {item.item_id: item.label for item in scores.profile.items}
    rows += [
        [
            escape(_name(items[row["item_id"]])),
            "",
            "",
            escape(
                row[f"calculation_{at.language.value}"] or row[f"reason_{at.language.value}"] or ""
            ),
            "",
            _points(row["points"]),
            "",
        ]
        for row in scores.items.to_dicts()
    ]
    rows.append(_bold(at.say("sc_total"), weight=scores.profile.total, score=card["total"]))
    columns = [
        Column(at.say("metric"), width="24%"),
        Column(at.say("value"), number=True),
        Column(at.say("target"), number=True),
        Column(at.say("sc_calculation")),
        Column(at.say("sc_weight"), number=True),
        Column(at.say("sc_score"), number=True),
        Column(at.say("status"), tight=True),
    ]
    return table(columns, rows, caption=at.say("sc_how"), least_width=900)


def _name(label: Label) -> str:
    return desk().language.pick(label.en, label.zh)


def _bold(name: str, *, weight: Decimal | None = None, score: Decimal | None = None) -> list[str]:
    shown = "" if weight is None else plain(weight)
    return [
        f"<b>{escape(name)}</b>",
        *("", "", ""),
        f"<b>{shown}</b>",
        f"<b>{_points(score)}</b>",
        "",
    ]


def _line(row: Mapping[str, Any], name: str) -> list[str]:
    at = desk()
    metric = at.catalogue.metrics[row["metric_id"]]
    mark = MARKS[Status(row["status"])]
    language = at.language.value
    told = row[f"calculation_{language}"] or row[f"reason_{language}"] or ""
    status = (
        f'<span class="bm-mark bm-{Status(row["status"]).name.lower()}">'
        f'<span aria-hidden="true">{mark.glyph}</span> '
        f"<b>{escape(at.language.pick(mark.en, mark.zh))}</b></span>"
    )
    return [
        escape(name),
        escape(at.form.value(row["value"], metric.unit, 2)),
        escape(at.form.value(row["target_value"], metric.unit, 2)),
        f"<small>{escape(told)}</small>",
        plain(row["weight"]),
        _points(row["score"]),
        status,
    ]
