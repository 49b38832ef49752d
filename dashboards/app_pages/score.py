"""The score of a unit: its total, and every step of the arithmetic that leads there."""

from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import markup, words
from dashboards.app_pages import readings
from dashboards.app_pages.desk import desk
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING, fixed
from dashboards.palette import MARKS
from dashboards.port.analyses import Score
from dashboards.units import BankUnit
from transforms.catalogue.model import Label
from transforms.errors import BranchmarkError
from transforms.scorecards import Status
from transforms.scoring.model import Kind, Line
from transforms.scoring.words import MISSING, plain, said


def show(unit: BankUnit, line: DeltaGenerator, below: DeltaGenerator) -> None:
    """The total in a line, and the card folded away.

    Args:
        unit: whose score.
        line: where the total goes.
        below: where every step of the arithmetic goes.
    """
    at = desk()
    try:
        found = readings.score(unit.unit_id)
    except BranchmarkError as error:
        below.info(markup.plain(at.refusal(error)))
        return
    if found is None:
        return
    line.html(f'<div class="bm"><p class="bm-score">{_headline(found)}</p></div>', width="content")
    with below.expander(at.say("sc_how"), icon=":material/calculate:"):
        st.html(_card(found))
        profile = found.scores.profile
        label = at.language.pick(profile.label.en, profile.label.zh)
        told = [
            at.say("sc_profile", label=label, version=profile.version),
            at.say("sc_figures", told=found.figures.sentence(at.language.value)),
        ]
        if sum(found.below.counts.values()) or found.below.beside:
            told.append(at.say("sc_below", told=found.below.sentence(at.language.value)))
        st.caption(markup.plain(at.language.pick(". ", "。").join(told)))


def _headline(found: Score) -> str:
    """The total and the rank, or why there is no total, as ready HTML."""
    at, profile = desk(), found.scores.profile
    card = found.scores.cards.row(0, named=True)
    if card["total"] is None:
        return escape(
            at.say(
                "sc_none",
                scored=plain(card["scored_weight"]),
                whole=plain(profile.total),
                least=plain(profile.least_scored),
            )
        )
    told = f"{escape(at.say('score_word'))} <b>{_points(card['total'])}</b>"
    told += f" <small>/ {plain(profile.total)}</small>"
    # The only one of its kind is no first among others.
    if card["rank"] is not None and card["ranked"] > 1:
        rank = at.say("sc_rank", rank=card["rank"], ranked=card["ranked"])
        told += f" <small>{escape(rank)}</small>"
    return told


def _points(value: Decimal | None) -> str:
    return NOTHING if value is None else fixed(value, 2)


def _card(found: Score) -> str:
    """The card as a table: lines under their groups, then what is taken off and added, and the total."""
    at = desk()
    scores = found.scores
    card = scores.cards.row(0, named=True)
    subtotals = {row["group_id"]: row for row in scores.groups.to_dicts()}
    rows: list[list[str]] = []
    lines = {line.line_id: line for line in scores.profile.lines}
    for group in scores.profile.groups:
        sub = subtotals[group.group_id]
        rows.append(_bold(_name(group.label), weight=sub["weight"], score=sub["score"]))
        rows += [
            _line(row, lines[row["line_id"]])
            for row in scores.lines.to_dicts()
            if row["group_id"] == group.group_id
        ]
    rows.append(_bold(at.say("sc_lines"), score=card["lines_score"]))
    items = {item.item_id: item.label for item in scores.profile.items}
    for kind, name in ((Kind.DEDUCTION, "deductions"), (Kind.BONUS, "bonuses")):
        rows += [
            _beside(_name(items[row["item_id"]]), _told(row), row["points"])
            for row in scores.items.to_dicts()
            if row["kind"] == kind.value
        ]
        if card[f"{name}_asked"] != card[name]:
            limited = at.say("sc_limited", asked=_points(card[f"{name}_asked"]))
            rows.append(_bold(at.say(f"sc_{name}"), told=limited, score=card[name]))
    vetoes = {veto.veto_id: veto.label for veto in scores.profile.vetoes}
    rows += [
        _beside(_name(vetoes[row["veto_id"]]), _veto(row), None)
        for row in scores.vetoes.to_dicts()
        if row["hit"] or row["reason_en"]
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


def _bold(
    name: str, *, told: str = "", weight: Decimal | None = None, score: Decimal | None = None
) -> list[str]:
    shown = "" if weight is None else plain(weight)
    return [
        f"<b>{escape(name)}</b>",
        *("", ""),
        f"<small>{escape(told)}</small>",
        f"<b>{shown}</b>",
        f"<b>{_points(score)}</b>",
        "",
    ]


def _beside(name: str, told: str, points: Decimal | None) -> list[str]:
    """A deduction, bonus or veto: what it takes or adds, and how."""
    shown = "" if points is None else _points(points)
    return [escape(name), "", "", f"<small>{escape(told)}</small>", "", shown, ""]


def _told(row: Mapping[str, Any], *more: str) -> str:
    """Why there is nothing to reckon with, what becomes of it, and the arithmetic, as far as there is any."""
    at = desk()
    why = words.reason(row[f"reason_{at.language.value}"], at.language)
    parts = (why, *more, row[f"calculation_{at.language.value}"])
    return at.language.pick("; ", "；").join(part for part in parts if part)


def _veto(row: Mapping[str, Any]) -> str:
    """At what a veto holds the total, or why it is not judged."""
    at = desk()
    if not row["hit"]:
        return at.say("sc_veto_open", why=words.reason(row["reason_en"], at.language))
    return at.say(
        "sc_veto", value=plain(row["value"]), beyond=plain(row["beyond"]), cap=plain(row["cap"])
    )


def _line(row: Mapping[str, Any], line: Line) -> list[str]:
    at = desk()
    metric = at.catalogue.metrics[row["metric_id"]]
    mark = MARKS[Status(row["status"])]
    rule = ""
    if row["lack"] is not None:
        at_least = "" if line.missing.at is None else plain(line.missing.at)
        rule = said(MISSING[line.missing.rule], at.language.value).format(at=at_least)
    status = (
        f'<span class="bm-mark bm-{Status(row["status"]).name.lower()}">'
        f'<span aria-hidden="true">{mark.glyph}</span> '
        f"<b>{escape(at.language.pick(mark.en, mark.zh))}</b></span>"
    )
    return [
        escape(_name(line.label)),
        escape(at.form.value(row["value"], metric.unit, 2)),
        escape(at.form.value(row["target_value"], metric.unit, 2)),
        f"<small>{escape(_told(row, rule))}</small>",
        plain(row["weight"]),
        _points(row["score"]),
        status,
    ]
