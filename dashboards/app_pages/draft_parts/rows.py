"""Rows of the draft that would be rejected, rules that found something, and how the files were read."""

from html import escape

import polars as pl
import streamlit as st

from dashboards import files
from dashboards.app_pages import exporting
from dashboards.app_pages.desk import desk
from dashboards.app_pages.quality.deliveries import table_name
from dashboards.app_pages.quality.rejected import shown_text
from dashboards.drafts.told import Told
from dashboards.exports.guarded import to_csv
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING, fixed
from dashboards.quality import rejections, states
from dashboards.quality.findings import Rule, by_rule, rules_of
from dashboards.quality.rejections import PER_PAGE


def rejected_count(told: Told) -> int:
    """How many of the branch's rows would be rejected."""
    return told.answer.rejected.height


def findings_count(told: Told) -> int:
    """How many rules found something in its rows."""
    return int(told.answer.findings["rule_id"].n_unique())


def rejected(told: Told) -> None:
    """Each row as it stands in the draft, with every rule it breaks and what to do."""
    at = desk()
    answer = told.answer
    if answer.rejected_elsewhere:
        count = at.form.count(answer.rejected_elsewhere)
        st.info(at.say("ck_rejected_elsewhere", count=count))
    if answer.rejected.is_empty():
        st.success(at.say("ck_rejected_none"), icon=":material/check_circle:")
        return
    st.caption(shown_text(answer.rejected.height))
    columns = [
        Column(at.say("dq_file"), width="17%"),
        Column(at.say("dq_row_in_file"), number=True),
        Column(at.say("dq_why"), width="43%"),
        Column(at.say("dq_amount"), number=True),
        Column(at.say("dq_as_delivered"), width="28%"),
    ]
    lines = [
        [
            f"{escape(row['source_file'])}<br><small>{escape(table_name(row['table']))}</small>",
            at.form.count(row["row_in_file"]),
            rejections.why(row, at.language),
            escape(rejections.amount(row)),
            rejections.as_delivered(row["as_delivered"], at.language),
        ]
        for row in answer.rejected.head(PER_PAGE).to_dicts()
    ]
    st.html(table(columns, lines, caption=at.say("ck_rejected"), least_width=900))
    language = at.language
    stamped = answer.rejected.with_columns(
        as_of_date=pl.lit(answer.as_of), snapshot_version=pl.lit(None, dtype=pl.Int64())
    )
    exporting.table_file(
        at.say("ck_download_rejected"),
        lambda: rejections.export(stamped, language),
        name=f"rejected_{answer.branch}_{answer.as_of:%Y-%m-%d}.csv",
        key="download_rejected",
    )


def findings(told: Told) -> None:
    """Each rule that found something, with its rows to open."""
    at = desk()
    answer = told.answer
    rules = rules_of(by_rule(answer.findings), at.language)
    if not rules:
        st.success(at.say("ck_findings_none"), icon=":material/check_circle:")
        return
    columns = [
        Column(at.say("dq_rule"), tight=True),
        Column(at.say("dq_severity"), tight=True),
        Column(at.say("dq_account_table"), width="12%"),
        Column(at.say("dq_failing_amount"), number=True),
        Column(at.say("dq_why"), width="44%"),
        Column(at.say("dq_failing_rows"), width="22%"),
    ]
    st.html(
        table(
            columns,
            [_finding(rule, told) for rule in rules],
            caption=at.say("ck_findings"),
            least_width=900,
        )
    )
    exporting.table_file(
        at.say("ck_download_failing"),
        lambda: to_csv(answer.failing.drop("source_row_no")),
        name=f"findings_{answer.branch}_{answer.as_of:%Y-%m-%d}.csv",
        key="download_failing",
    )


def _finding(rule: Rule, told: Told) -> list[str]:
    at = desk()
    return [
        escape(rule.rule_id),
        states.mark(states.SEVERITIES[rule.severity], at.say(f"severity_{rule.severity}")),
        escape(table_name(rule.table)),
        NOTHING if rule.amount is None else fixed(rule.amount, 2),
        f"{escape(rule.reason)} <small>{escape(rule.remedy)}</small>",
        _rows(rule, told),
    ]


def _rows(rule: Rule, told: Told) -> str:
    """How many rows break the rule, and the first of them to open."""
    at = desk()
    if rule.rows is None:
        return escape(at.say("dq_not_run"))
    own = told.answer.failing.filter(
        pl.col("rule_id") == rule.rule_id, pl.col("table") == rule.table
    ).sort("source_file", "row_in_file")
    if own.is_empty():
        return at.form.count(rule.rows)
    shown = [
        f"<li>{escape(key or NOTHING)} <small>{escape(_place(file, row, told))}</small></li>"
        for key, file, row in own.head(PER_PAGE)
        .select("key", "source_file", "row_in_file")
        .iter_rows()
    ]
    if own.height > PER_PAGE:
        more = at.say("ck_more_rows", count=at.form.count(own.height - PER_PAGE))
        shown.append(f"<li><small>{escape(more)}</small></li>")
    return (
        f"<details><summary>{at.form.count(rule.rows)}</summary>"
        f'<ul class="bm-list">{"".join(shown)}</ul></details>'
    )


def _place(file: str | None, row: int | None, told: Told) -> str:
    at = desk()
    if row is None:
        return NOTHING
    key = "ck_row_of" if len(told.answer.files) > 1 else "ck_row"
    return at.say(key, file=file or NOTHING, row=at.form.count(row))


def read(told: Told) -> None:
    """The account of each table, how its files were read, and what is to be known of it."""
    at = desk()
    columns = [
        Column(at.say("dq_account_table"), width="18%"),
        Column(at.say("dq_rows_delivered"), number=True),
        Column(at.say("dq_rows_accepted"), number=True),
        Column(at.say("dq_rows_rejected"), number=True),
        Column(at.say("dq_money_delivered", currency=at.form.currency), number=True),
        Column(at.say("dq_rows_accepted"), number=True),
        Column(at.say("dq_rows_rejected"), number=True),
        Column(at.say("dq_read_as"), width="30%"),
    ]
    lines = [
        [
            escape(table_name(one.table)),
            at.form.count(one.delivered),
            at.form.count(one.accepted),
            at.form.count(one.rejected),
            *(
                escape(at.form.amount(money, bare=True))
                for money in (one.delivered_amount, one.accepted_amount, one.rejected_amount)
            ),
            f"<small>{escape(files.read_as(one.read_as, at.language))}</small>",
        ]
        for one in told.answer.tables
    ]
    st.html(table(columns, lines, caption=at.say("ck_account"), least_width=900))
    if told.answer.notes:
        st.header(at.say("ck_notes"), anchor=False)
        st.html(
            '<div class="bm"><ul class="bm-list">'
            + "".join(
                f"<li>{escape(files.note(note, at.language))}</li>" for note in told.answer.notes
            )
            + "</ul></div>"
        )
