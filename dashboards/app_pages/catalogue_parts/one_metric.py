"""One metric in full: what it means, how it is made, since when, what guards it, and where it stands."""

from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages import readings
from dashboards.app_pages.catalogue_parts import asked, common
from dashboards.app_pages.catalogue_parts.checks import severity, table_name
from dashboards.app_pages.desk import desk
from dashboards.definitions import guards, history
from dashboards.definitions.flags import conditions
from dashboards.definitions.metrics import Edition, MetricTeller
from dashboards.definitions.rests import Basis, basis_of
from dashboards.definitions.words import ENTITIES
from dashboards.figure.subject import reading_name
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING
from dashboards.units import BankUnit
from transforms.catalogue.model import Flag, Kind, Metric, Parts
from transforms.catalogue.vocabulary import SLICES
from transforms.phasing import accumulates
from transforms.reference.tables import in_force
from transforms.scorecards import RULES, When


def show(metric: Metric, unit: BankUnit) -> None:
    """Everything that is known of a metric's meaning, the short answers first."""
    at, teller = desk(), common.teller()
    basis = basis_of(metric, at.catalogue)
    left, right = st.columns([5, 2], gap="large")
    with left:
        told = teller.points(metric, at.catalogue, cuts=False)
        st.html(common.points((name, common.told(text)) for name, text in told))
    with right:
        _stands(metric, unit)
    _readings(metric, teller)
    _slices(metric)
    _status(metric)
    _thresholds(basis)
    _flags(basis)
    _guards(basis)
    _editions(metric, teller)


def _stands(metric: Metric, unit: BankUnit) -> None:
    """The figure of the month at the unit, and the way to its own page."""
    at = desk()
    with st.container(border=True):
        st.html(
            f'<div class="bm"><small>{escape(unit.name(at.language))}'
            f"{at.language.pick(', ', '，')}{escape(at.day(at.month.as_of))}</small></div>"
        )
        found = [
            row
            for row in readings.cards([unit], [metric.metric_id])[unit.unit_id]
            if row.metric_id == metric.metric_id
        ]
        if not found:
            st.caption(
                at.say("metric_without_figure", metric=_name(metric), branch=unit.name(at.language))
            )
            return
        row = found[0]
        lines = [
            f'<p class="bm-figure">{escape(row.value_text)}</p>',
            markup.marked(row.status, row.status_glyph, row.status_word),
        ]
        lines += [f"<p>{escape(text)}</p>" for text in (row.gap_text, row.reason) if text]
        lines.append(
            "<p>"
            + markup.linked(at.say("cg_to_metric"), at.metric_link(unit.unit_id, metric.metric_id))
            + "</p>"
        )
        st.html(f'<div class="bm">{"".join(lines)}</div>')


def _name(metric: Metric) -> str:
    return desk().language.pick(metric.label.en, metric.label.zh)


def _readings(metric: Metric, teller: MetricTeller) -> None:
    """Reading by reading what is taken, and combined measures term by term."""
    at = desk()
    st.header(at.say("cg_how_made"), anchor=False)
    heads, lines = teller.readings(metric, at.catalogue)
    columns = [Column(head[0].upper() + head[1:]) for head in heads]
    cells = [[common.told(cell) for cell in line] for line in lines]
    if metric.readings[1:]:
        for reading, line in zip(metric.readings, cells, strict=True):
            word = reading_name(reading.name, at.language)
            if word != reading.name:
                line[0] = f"{escape(word)}<br>{line[0]}"
    common.show_table(columns, cells, at.say("cg_how_made"))
    for name in teller.combined(metric, at.catalogue):
        terms = "".join(
            f"<li>{common.told(term)}</li>" for term in teller.teller(at.catalogue).spelled(name)
        )
        title = common.told(at.say("cg_term_by_term", name=f"`{name}`"))
        st.html(f'<div class="bm"><p>{title}</p><ul>{terms}</ul></div>')


_PARTS = {
    Parts.ADD_UP: "cg_parts_add_up",
    Parts.TERMS_ADD_UP: "cg_terms_add_up",
    Parts.NEED_NOT: "cg_parts_need_not",
}


def _slices(metric: Metric) -> None:
    """What it may be cut by, and whether the parts add up."""
    at = desk()
    if not metric.cuts:
        return
    st.header(at.say("cg_slices"), anchor=False)
    columns = [Column(at.say("cg_slice")), Column(at.say("cg_code")), Column(at.say("cg_parts"))]
    lines = [
        [
            escape(at.language.pick(SLICES[name].en, SLICES[name].zh)),
            f"<code>{escape(name)}</code>",
            escape(at.say(_PARTS[metric.parts(name)])),
        ]
        for name in metric.cuts
    ]
    common.show_table(columns, lines, at.say("cg_slices"))


_OF_TOLERANCE = frozenset({When.WITHIN, When.WITHIN_NARROWLY, When.BEYOND})
_OF_TARGET = frozenset({When.NO_TARGET, When.MET, When.MET_NARROWLY, When.IN_BAND, When.OTHERWISE})


def _status(metric: Metric) -> None:
    """The rules of its status in order, and how a year's target is spread over the months."""
    at = desk()
    st.header(at.say("cg_status"), anchor=False)
    is_tolerance = metric.kind is Kind.TOLERANCE
    other = _OF_TARGET if is_tolerance else _OF_TOLERANCE
    columns = [Column(at.say("status"), tight=True), Column(at.say("cg_status_if"), width="80%")]
    lines = [
        [markup.mark(rule.status, at.style), escape(at.say(f"cg_when_{rule.when.value}"))]
        for rule in RULES
        if rule.when not in other
    ]
    common.show_table(columns, lines, at.say("cg_status"))
    key = "cg_phase_zero" if accumulates(metric, at.catalogue) else "cg_phase_base"
    st.caption(at.say("cg_status_order") + ("" if is_tolerance else " " + at.say(key)))


def _thresholds(basis: Basis) -> None:
    """The dated numbers its conditions name, with what is in force at the month end."""
    at, say = desk(), common.voice()
    if not basis.thresholds:
        return
    st.header(at.say("cg_thresholds"), anchor=False)
    dated = readings.reference().tables["thresholds"]
    now = {row["name"]: row for row in in_force(dated, at.month.as_of).to_dicts()}
    columns = [
        Column(at.say("cg_code")),
        Column(at.say("cg_in_force_on", day=at.day(at.month.as_of)), number=True),
        Column(at.say("cg_unit")),
        Column(at.say("cg_valid"), tight=True),
        Column(at.say("cg_source")),
        Column(at.say("cg_confidence")),
    ]
    lines = []
    for name in basis.thresholds:
        row = now.get(name)
        if row is None:
            lines.append(
                [common.threshold_link(name), escape(at.say("cg_not_in_force")), *[NOTHING] * 4]
            )
            continue
        told = [escape(say.own(row[key] or NOTHING)) for key in ("source", "confidence")]
        lines.append(
            [
                common.threshold_link(name),
                escape(_number(row["value"])),
                escape(say.own(row["unit"])),
                escape(common.span(row["valid_from"], row["valid_to"])),
                *told,
            ]
        )
    common.show_table(columns, lines, at.say("cg_thresholds"))


def _number(text: str) -> str:
    """A number of a reference table with separators; as it is written where it is none."""
    return f"{int(text):,}" if text.isdecimal() else text


def _flags(basis: Basis) -> None:
    """The conditions of every flag it rests on, from the top down."""
    at = desk()
    if not basis.flags:
        return
    st.header(at.say("cg_flags"), anchor=False)
    st.caption(at.say("cg_flags_hint"))
    columns = [
        Column("", width="9%"),
        Column(at.say("cg_condition"), width="45%"),
        Column("SQL", width="46%"),
    ]
    for flag in basis.flags:
        lines = [
            [escape(word), common.told(text), common.told(sql)]
            for word, text, sql in conditions(common.voice(), at.catalogue, flag)
        ]
        caption = at.language.pick(flag.label.en, flag.label.zh)
        st.html(_flag_head(flag) + table(columns, lines, caption=caption))


def _flag_head(flag: Flag) -> str:
    at, say = desk(), common.voice()
    kind = say.label(ENTITIES[flag.entity][0])
    return (
        f'<div class="bm" id="flag-{escape(flag.name)}"><p class="bm-flag">'
        f"<b>{escape(at.language.pick(flag.label.en, flag.label.zh))}</b> "
        f"<code>{escape(flag.name)}</code> <small>{escape(kind)} · {common.told(say.source(flag.source))}"
        "</small></p></div>"
    )


def _guards(basis: Basis) -> None:
    """The checks that ask about what it rests on, with the verdict of the month."""
    at = desk()
    st.header(at.say("cg_guards"), anchor=False)
    checks = asked.checks()
    if checks is None:
        st.caption(at.say("cg_no_checks"))
        return
    found = guards.guarding(basis, checks)
    verdicts = asked.verdicts()
    general = sum(not check.table or check.of_figures for check in checks)
    href = common.link(section=common.CHECKS)
    st.html(
        f'<div class="bm"><p class="bm-quiet">{escape(at.say("cg_guards_hint", count=general))} '
        f"{markup.linked(at.say('cg_see_checks'), href)}</p></div>"
    )
    if not found:
        return
    columns = [
        Column(at.say("cg_check"), tight=True),
        Column(at.say("cg_severity"), tight=True),
        Column(at.say("cg_table"), width="14%"),
        Column(at.say("cg_says"), width="46%"),
        Column(at.say("cg_verdict"), width="16%"),
    ]
    lines = [
        [
            markup.linked(check.rule_id, common.link(rule=check.rule_id)),
            severity(check),
            escape(table_name(check.table)),
            escape(at.language.pick(check.says.en, check.says.zh)),
            asked.verdict_mark(verdicts.get((check.table, check.rule_id)), check),
        ]
        for check in found
    ]
    with st.expander(at.say("cg_guards_count", count=len(found)), expanded=len(found) <= _FEW):
        common.show_table(columns, lines, at.say("cg_guards"), least=900)


_FEW = 12


def _editions(metric: Metric, teller: MetricTeller) -> None:
    """Since when it is defined as it is, and what was another before."""
    at = desk()
    st.header(at.say("cg_editions"), anchor=False)
    editions = teller.editions(metric.metric_id)
    columns = [
        Column(at.say("cg_version"), tight=True),
        Column(at.say("cg_valid"), tight=True),
        Column(at.say("cg_changed"), width="70%"),
    ]
    before = [None, *editions]
    lines = [
        [
            f"<code>{escape(one.version)}</code>",
            escape(common.span(one.first or metric.valid_from, one.last or metric.valid_to)),
            _what_changed(metric.metric_id, earlier, one),
        ]
        for earlier, one in zip(before, editions, strict=False)
    ]
    common.show_table(columns, lines[::-1], at.say("cg_editions"))


def _what_changed(name: str, before: Edition | None, after: Edition) -> str:
    at = desk()
    if before is None:
        return escape(at.say("cg_first_edition"))
    texts = history.changed(name, before.catalogue, after.catalogue, common.voice())
    return "<br>".join(map(common.told, texts)) or escape(at.say("cg_changed_below"))
