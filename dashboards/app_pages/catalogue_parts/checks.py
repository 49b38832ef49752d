"""The checks that data are put to: all of them by table, and one in full with its verdict of the month."""

from collections.abc import Callable, Sequence
from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, opening
from dashboards.app_pages.catalogue_parts import asked, common
from dashboards.app_pages.catalogue_parts.metrics import family_name
from dashboards.app_pages.desk import desk
from dashboards.definitions import guards
from dashboards.definitions.rests import basis_of
from dashboards.definitions.search import holds
from dashboards.exports.document import Document
from dashboards.listing import Column
from dashboards.numbers import NOTHING
from dashboards.port.rules import Check, CheckSetting
from dashboards.quality import states
from dashboards.units import BankUnit
from transforms.schema import TABLES


def table_name(name: str) -> str:
    """A table as its readers call it; figures are checked like one."""
    at = desk()
    if not name:
        return at.say("cg_every_table")
    if name in TABLES:
        return at.language.pick(TABLES[name].en, TABLES[name].zh)
    return at.say("dq_figures") if name == "metric_fact" else name


def severity(check: Check) -> str:
    """How grave a check is, by glyph and word."""
    return states.mark(states.SEVERITIES[check.severity], desk().say(f"severity_{check.severity}"))


def consequence(check: Check) -> str:
    """What becomes of what breaks it."""
    at = desk()
    if check.switched_off:
        return at.say("cg_switched_off")
    key = "cg_stops" if check.stops else "cg_rejects" if check.rejects else "cg_reports"
    return at.say(key)


def show() -> Callable[[], Document] | None:
    """How grave, the search box, and the checks table by table; gives what it shows as a file."""
    at = desk()
    every = asked.checks()
    if every is None:
        st.info(at.say("cg_no_checks"))
        return None
    options = {"all": at.say("cg_all_severities")} | {
        one: at.say(f"severity_{one}") for one in states.SEVERITIES
    }
    options = {
        name: text + at.language.pick(f" ({count})", f"（{count}）")
        for name, text in options.items()
        if (count := sum(name in {"all", check.severity} for check in every))
    }
    grave = common.chosen_of("group", options)
    search, note = st.columns([2, 3], vertical_alignment="center")
    with search:
        find = common.search_box(at.say("cg_search"), at.say("cg_search_checks"))
    note.caption(at.say("cg_checks_hint", day=at.day(at.month.as_of)))
    address.pills("group", at.say("cg_severity"), options, grave)
    shown = [
        check for check in every if grave in {"all", check.severity} and holds(find, *_texts(check))
    ]
    if not shown:
        common.nothing_found(find, [check.rule_id for check in every])
    by_table: dict[str, list[Check]] = {}
    for check in shown:
        by_table.setdefault(check.table, []).append(check)
    for name, checks in by_table.items():
        st.header(table_name(name), anchor=False)
        _table(checks)
    return lambda: document(shown)


def document(checks: Sequence[Check]) -> Document:
    """Checks as a file, each with its verdict of the month."""
    verdicts = asked.verdicts()
    told = {
        (check.table, check.rule_id): asked.verdict_text(verdicts.get((check.table, check.rule_id)))
        for check in checks
        if check.table
    }
    return common.files().checks(checks, told)


def _texts(check: Check) -> tuple[str, ...]:
    return (
        *(check.rule_id, check.table, check.says.en, check.says.zh),
        *(check.remedy.en, check.remedy.zh, check.source, table_name(check.table)),
    )


def _table(checks: Sequence[Check]) -> None:
    at = desk()
    columns = [
        Column(at.say("cg_check"), width="7%"),
        Column(at.say("cg_severity"), width="9%"),
        Column(at.say("cg_happens"), width="11%"),
        Column(at.say("cg_says"), width="37%"),
        Column(at.say("cg_remedy"), width="26%"),
        Column(at.say("cg_verdict"), width="10%"),
    ]
    verdicts = asked.verdicts()
    lines = [
        [
            markup.linked(check.rule_id, common.link(rule=check.rule_id)),
            severity(check),
            escape(consequence(check)),
            escape(at.language.pick(check.says.en, check.says.zh)),
            f'<span class="bm-quiet">{escape(at.language.pick(check.remedy.en, check.remedy.zh))}</span>',
            asked.verdict_mark(verdicts.get((check.table, check.rule_id)), check)
            if check.table
            else NOTHING,
        ]
        for check in checks
    ]
    common.show_table(columns, lines, table_name(checks[0].table), least=960)


def show_one(check: Check, unit: BankUnit) -> None:
    """What it says, what it asks, how the bank has set it, what it said of the month, what it guards."""
    at, say = desk(), common.voice()
    pick = at.language.pick
    st.html(markup.message(pick(check.says.en, check.says.zh)))
    items = [
        (at.say("cg_remedy"), escape(pick(check.remedy.en, check.remedy.zh))),
        (at.say("cg_severity"), f"{severity(check)} · {escape(consequence(check))}"),
        (at.say("cg_table"), escape(table_name(check.table))),
        (at.say("cg_breaks"), common.told(pick(check.breaks.en, check.breaks.zh))),
    ]
    if check.columns:
        told = say.listed(common.column_link(column) for column in sorted(check.columns))
        items.append((at.say("cg_needs"), told))
    if check.parameters:
        values = say.listed(
            f"<code>{escape(name)}</code> = {escape(value)}" for name, value in check.parameters
        )
        items.append((at.say("cg_parameters"), values))
    key = "cg_set_own" if check.own else "cg_set_bank" if check.setting else "cg_set_product"
    fixed = at.say("cg_fixed") if check.fixed else ""
    items += [
        (at.say("cg_set_by"), escape(" · ".join(part for part in (at.say(key), fixed) if part))),
        (at.say("cg_source"), escape(say.own(check.source))),
    ]
    st.html(common.points(items))
    _verdicts(check, unit)
    if check.settings:
        _settings(check.settings)
    _guarded(check)


def _verdicts(check: Check, unit: BankUnit) -> None:
    at = desk()
    st.header(at.say("cg_verdict_of", day=at.day(at.month.as_of)), anchor=False)
    verdicts = {
        table: verdict
        for (table, rule), verdict in asked.verdicts().items()
        if rule == check.rule_id
    }
    if not verdicts:
        st.caption(at.say("cg_not_asked"))
        return
    found = asked.found()
    columns = [
        Column(at.say("cg_table")),
        Column(at.say("cg_verdict")),
        Column(at.say("cg_checked_rows"), number=True),
        Column(at.say("cg_broken_rows"), number=True),
    ]
    lines = [
        [
            escape(table_name(table)),
            asked.verdict_mark(verdict, check),
            NOTHING if verdict.checked is None else at.form.count(verdict.checked),
            _rows_found(found.get((table, check.rule_id)), check, unit),
        ]
        for table, verdict in verdicts.items()
    ]
    common.show_table(columns, lines, at.say("cg_verdict"))


def _rows_found(rows: int | None, check: Check, unit: BankUnit) -> str:
    """How many rows broke it within the reader's branches, leading to them."""
    at = desk()
    if not rows:
        return NOTHING
    href = at.quality_link(unit.unit_id, section="findings", rule=check.rule_id)
    return markup.linked(at.form.count(rows), href)


def _settings(settings: Sequence[CheckSetting]) -> None:
    """How the bank has set it, at any time."""
    at = desk()
    st.header(at.say("cg_settings"), anchor=False)
    columns = [
        Column(at.say("cg_valid"), tight=True),
        Column(at.say("cg_setting")),
        Column(at.say("cg_why"), width="55%"),
    ]
    lines = [
        [escape(common.span(one.first, one.last)), escape(_setting(one)), escape(one.why)]
        for one in settings
    ]
    common.show_table(columns, lines, at.say("cg_settings"))


def _setting(one: CheckSetting) -> str:
    at = desk()
    if one.switched_off:
        return at.say("cg_switched_off")
    told = [f"{name} = {value}" for name, value in one.parameters]
    if one.severity:
        told.insert(0, at.say(f"severity_{one.severity}"))
    return at.language.pick(", ", "、").join(told)


def _guarded(check: Check) -> None:
    """The metrics that rest on what it asks about."""
    at = desk()
    st.header(at.say("cg_guarded"), anchor=False)
    if check.of_figures or not check.table:
        st.caption(at.say("cg_guards_all"))
        return
    metrics = at.catalogue.metrics
    bases = ((name, basis_of(metric, at.catalogue)) for name, metric in metrics.items())
    names = guards.guarded(check, bases)
    if not names:
        st.caption(at.say("cg_guards_none"))
        return
    by_family: dict[str, list[str]] = {name: [] for name in opening.known_families(at.catalogue)}
    for name in names:
        linked = markup.linked(
            at.language.pick(metrics[name].label.en, metrics[name].label.zh),
            common.link(metric=name),
        )
        by_family[metrics[name].family].append(linked)
    columns = [Column(at.say("cg_family"), width="16%"), Column(at.say("measures"))]
    lines = [
        [escape(family_name(family)), common.voice().listed(linked)]
        for family, linked in by_family.items()
        if linked
    ]
    common.show_table(columns, lines, at.say("cg_guarded"))
