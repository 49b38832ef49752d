"""Findings: every rule that found something, and the rows behind one of them."""

from html import escape

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages.desk import desk
from dashboards.app_pages.quality.common import download, unit_link, unit_name
from dashboards.app_pages.quality.deliveries import table_name
from dashboards.app_pages.quality.rejected import ALL, shown_text
from dashboards.exports.guarded import to_csv
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING, fixed
from dashboards.quality import states
from dashboards.quality.evidence import Evidence
from dashboards.quality.findings import Rule, by_part, by_rule, rules_of
from dashboards.quality.parts import Parts
from dashboards.quality.rejections import PER_PAGE


def count(parts: Parts, evidence: Evidence) -> int:
    """How many rules found something at the unit."""
    return parts.rows(evidence.findings)["rule_id"].n_unique()


def show(parts: Parts, evidence: Evidence) -> None:
    """The rules, or one of them if the address names it."""
    at = desk()
    found = parts.rows(evidence.findings)
    asked = st.query_params.get("rule", ALL)
    rules = rules_of(by_rule(found), at.language)
    if asked != ALL:
        known = {rule.rule_id: rule for rule in rules}
        if asked not in known:
            _back(parts)
            told = at.language.pick(", ", "、").join(known) or at.say("none")
            st.error(markup.plain(at.say("unknown_rule", asked=asked, known=told)))
            return
        _rule(known[asked], parts, evidence)
        return
    if not rules:
        st.success(at.say("dq_nothing_found"), icon=":material/check_circle:")
        return
    columns = [
        Column(at.say("dq_rule"), tight=True),
        Column(at.say("dq_severity"), tight=True),
        Column(at.say("dq_account_table"), width="12%"),
        Column(at.say("dq_failing_rows"), number=True),
        Column(at.say("dq_failing_amount"), number=True, width="12%"),
        Column(at.say("dq_why"), width="52%"),
    ]
    lines = [_cells(rule, parts) for rule in rules]
    st.caption(at.say("dq_finding_hint"))
    st.html(table(columns, lines, caption=at.say("dq_findings"), least_width=900))
    language = at.language
    download("findings", found.height, lambda: _export(found, language.value))


def _export(found: pl.DataFrame, language: str) -> bytes:
    reason, remedy = f"reason_{language}", f"remedy_{language}"
    columns = (
        *("rule_id", "severity", "table", "branch_id", "failing_rows", "failing_amount"),
        *(reason, remedy),
    )
    return to_csv(found.select(*columns))


def _severity(rule: Rule) -> str:
    at = desk()
    return states.mark(states.SEVERITIES[rule.severity], at.say(f"severity_{rule.severity}"))


def _rows(rows: int | None) -> str:
    at = desk()
    return escape(at.say("dq_not_run")) if rows is None else at.form.count(rows)


def _amount(rule: Rule) -> str:
    return NOTHING if rule.amount is None else fixed(rule.amount, 2)


def _cells(rule: Rule, parts: Parts) -> list[str]:
    at = desk()
    link = at.quality_link(parts.unit.unit_id, section="findings", rule=rule.rule_id)
    return [
        f"{markup.linked(rule.rule_id, link)} <span aria-hidden='true'>›</span>",
        _severity(rule),
        escape(table_name(rule.table)),
        _rows(rule.rows),
        _amount(rule),
        f"{escape(rule.reason)} <small>{escape(rule.remedy)}</small>",
    ]


def _rule(rule: Rule, parts: Parts, evidence: Evidence) -> None:
    """One rule: what it says, where it found how much, and the rows."""
    at = desk()
    _back(parts)
    st.header(at.say("dq_rule_of", rule=rule.rule_id), anchor=False)
    items = [_severity(rule), escape(table_name(rule.table)), f"<b>{_rows(rule.rows)}</b>"]
    st.html(
        markup.strip(items)
        + f'<div class="bm"><p class="bm-message">{escape(rule.reason)}</p>'
        + f"<p>{escape(rule.remedy)}</p></div>"
    )
    rows = (
        at.published.failing_rows(at.scope, as_of=at.month.as_of, version=at.month.version)
        .filter(pl.col("rule_id") == rule.rule_id)
        .select("rule_id", "table", "branch_id", "key", "source_row_no", "amount")
        .collect()
    )
    failing = parts.rows(rows)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _by_unit(rule, parts, evidence)
    with right:
        if failing.is_empty():
            _examples(rule, parts, evidence)
        else:
            _failing(failing, rule)


def _back(parts: Parts) -> None:
    """The way back to all rules."""
    at = desk()
    back = at.quality_link(parts.unit.unit_id, section="findings")
    st.html(f'<div class="bm">{markup.linked(at.say("dq_back_to_rules"), back)}</div>')


def _by_unit(rule: Rule, parts: Parts, evidence: Evidence) -> None:
    at = desk()
    found = by_part(parts.parted(evidence.findings), rule.rule_id)
    if not parts.below or list(found) == [None]:
        return
    units = {unit.unit_id: unit for unit in parts.below}
    columns = [
        Column(at.say("dq_by_unit")),
        Column(at.say("dq_failing_rows"), number=True),
        Column(at.say("dq_failing_amount"), number=True),
    ]
    lines = [
        [
            unit_link(units.get(part or ""), section="findings", rule=rule.rule_id),
            _rows(rows),
            NOTHING if amount is None else fixed(amount, 2),
        ]
        for part, (rows, amount) in found.items()
    ]
    st.html(table(columns, lines, caption=at.say("dq_by_unit")))


def _failing(failing: pl.DataFrame, rule: Rule) -> None:
    at = desk()
    st.caption(shown_text(failing.height))
    columns = [
        Column(at.say("dq_key")),
        Column(at.say("dq_unit")),
        Column(at.say("dq_row_in_file"), number=True),
        Column(at.say("dq_amount"), number=True),
    ]
    lines = [
        [
            escape(row["key"] or NOTHING),
            escape(unit_name(row["branch_id"])),
            at.form.count(row["source_row_no"]),
            NOTHING if row["amount"] is None else fixed(row["amount"], 2),
        ]
        for row in failing.head(PER_PAGE).to_dicts()
    ]
    st.html(table(columns, lines, caption=at.say("dq_rule_of", rule=rule.rule_id)))
    download(f"failing_{rule.rule_id}", failing.height, lambda: to_csv(failing))


def _examples(rule: Rule, parts: Parts, evidence: Evidence) -> None:
    """What is known of the rows where they were not kept: the first of each branch."""
    at = desk()
    own = parts.rows(evidence.findings).filter(pl.col("rule_id") == rule.rule_id)
    keys = own.select("branch_id", key=pl.col("example_keys")).explode("key").drop_nulls("key")
    if keys.is_empty():
        return
    st.caption(at.say("dq_examples"))
    lines = [
        [escape(row["key"]), escape(unit_name(row["branch_id"]))]
        for row in keys.head(PER_PAGE).to_dicts()
    ]
    columns = [Column(at.say("dq_key")), Column(at.say("dq_unit"))]
    st.html(table(columns, lines, caption=at.say("dq_rule_of", rule=rule.rule_id)))
