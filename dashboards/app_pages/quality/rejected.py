"""Rejected rows as they were delivered, each with every rule it breaks and what to do about it."""

from html import escape

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages import address
from dashboards.app_pages.desk import desk
from dashboards.app_pages.quality.common import download, unit_name
from dashboards.app_pages.quality.deliveries import table_name
from dashboards.listing import Column, table
from dashboards.quality import rejections
from dashboards.quality.evidence import Evidence
from dashboards.quality.parts import Parts
from dashboards.quality.rejections import PER_PAGE

ALL = "all"
"""Stands in the address where no rule or table is chosen."""


def count(parts: Parts, evidence: Evidence) -> int:
    """How many rows of the unit were rejected."""
    return parts.rows(evidence.rejected).height


def show(parts: Parts, evidence: Evidence) -> None:
    """The rows, filtered by rule and table, with all of them to download."""
    at = desk()
    rows = parts.rows(evidence.rejected)
    if rows.is_empty():
        whole = evidence.rejected.is_empty()
        name = parts.unit.name(at.language)
        key = "dq_nothing_rejected" if whole else "dq_nothing_rejected_here"
        st.success(markup.plain(at.say(key, branch=name)), icon=":material/check_circle:")
        return
    rule, of_table = _filters(rows)
    shown = rejections.filtered(rows, rule=rule, table=of_table)
    if shown.is_empty():
        st.info(at.say("dq_none_match"))
        return
    st.caption(shown_text(shown.height))
    columns = [
        Column(at.say("dq_file"), width="13%"),
        Column(at.say("dq_row_in_file"), number=True, width="6%"),
        Column(at.say("dq_unit"), width="13%"),
        Column(at.say("dq_why"), width="34%"),
        Column(at.say("dq_amount"), number=True, width="10%"),
        Column(at.say("dq_as_delivered"), width="24%"),
    ]
    cells = [_cells(row) for row in shown.head(PER_PAGE).to_dicts()]
    st.html(table(columns, cells, caption=at.say("dq_rejected"), least_width=940))
    language = at.language
    download("rejected", shown.height, lambda: rejections.export(shown, language))


def shown_text(rows: int) -> str:
    """How many rows stand on the page, of those there are."""
    at = desk()
    if rows <= PER_PAGE:
        return at.say("dq_all_shown", count=at.form.count(rows))
    return at.say("dq_shown", shown=PER_PAGE, count=at.form.count(rows))


def _filters(rows: pl.DataFrame) -> tuple[str | None, str | None]:
    """The rule and table asked for, whether they have rows or not; nothing for all of them."""
    at = desk()
    rules = dict(rejections.by_rule(rows).iter_rows())
    tables = rows["table"].unique().sort().to_list()
    left, right = st.columns([3, 2])
    rule = st.query_params.get("rule", ALL)
    known = [ALL, *rules]
    if rule not in known:
        known.append(rule)

    rule_texts = {
        name: f"{name} · {_reason_of(rows, name)} ({at.form.count(rules.get(name, 0))})"
        for name in known
    }
    rule_texts[ALL] = at.say("dq_all_rules")
    of_table = st.query_params.get("table", ALL)
    tables += [] if of_table in {ALL, *tables} else [of_table]
    table_texts = {ALL: at.say("dq_all_tables"), **{name: table_name(name) for name in tables}}
    with left:
        address.choice("rule", at.say("dq_rule"), known, rule_texts.__getitem__, rule)
    with right:
        address.choice(
            "table",
            at.say("dq_account_table"),
            list(table_texts),
            table_texts.__getitem__,
            of_table,
        )
    return (None if rule == ALL else rule), (None if of_table == ALL else of_table)


def _reason_of(rows: pl.DataFrame, rule: str) -> str:
    """Why rows of a rule were rejected, as worded that day; nothing if the wording was not kept."""
    at = desk()
    broken = rows.filter(pl.col("rule_ids").list.contains(rule)).head(1)
    for row in broken.to_dicts():
        reasons = row[f"reasons_{at.language.value}"] or []
        place = row["rule_ids"].index(rule)
        return str(reasons[place]) if place < len(reasons) else ""
    return ""


def _cells(row: dict[str, object]) -> list[str]:
    at = desk()
    number = row["row_in_file"] or row["source_row_no"]
    branch = row["branch_id"]
    name = escape(unit_name(None if branch is None else str(branch)))
    if branch is not None and str(branch) in at.month.units.by_id:
        name = markup.linked(
            unit_name(str(branch)), at.quality_link(str(branch), section="rejected")
        )
    return [
        f"{escape(str(row['source_file']))}<br><small>{escape(table_name(str(row['table'])))}</small>",
        at.form.count(number),  # type: ignore[arg-type]
        name,
        rejections.why(row, at.language),
        escape(rejections.amount(row)),
        rejections.as_delivered(row["as_delivered"], at.language),
    ]
