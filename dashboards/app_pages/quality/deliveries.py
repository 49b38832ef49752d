"""Deliveries: the account of a table by unit, and every table the month is computed with."""

from collections.abc import Mapping
from decimal import Decimal
from html import escape

import polars as pl
import streamlit as st

from dashboards import accounts, files, markup
from dashboards.app_pages import address
from dashboards.app_pages.desk import desk
from dashboards.app_pages.quality.common import download, show_bars, unit_link
from dashboards.exports.guarded import to_csv
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING
from dashboards.quality.evidence import Evidence
from dashboards.quality.parts import Parts
from transforms.accounting import Account
from transforms.schema import LOAN_SNAPSHOT, TABLES


def show(parts: Parts, evidence: Evidence) -> None:
    """The account by unit, then the tables."""
    at = desk()
    counted = at.month.delivered["table"].unique().sort().to_list()
    title, control = st.columns([3, 1], vertical_alignment="bottom")
    title.header(at.say("dq_account"), anchor=False)
    if not counted:
        st.info(at.say("dq_no_account"))
    else:
        name = st.query_params.get("table") or _first(counted)
        counted += [] if name in counted else [name]
        with control:
            texts = {one: table_name(one) for one in counted}
            label = at.say("dq_account_table")
            address.choice("table", label, counted, texts.__getitem__, name)
        _account(parts, name)
    _tables(evidence)


def table_name(name: str) -> str:
    """A table as its readers call it; figures are checked like one."""
    at = desk()
    if name == "metric_fact":
        return at.say("dq_figures")
    return at.language.pick(TABLES[name].en, TABLES[name].zh) if name in TABLES else name


def _first(names: list[str]) -> str:
    return LOAN_SNAPSHOT.name if LOAN_SNAPSHOT.name in names else names[0]


def _account(parts: Parts, name: str) -> None:
    at = desk()
    whole = at.month.account(parts.unit.unit_id, name)
    if whole is None:
        branch = parts.unit.name(at.language)
        st.info(markup.plain(at.say("dq_nothing_of_table", branch=branch)))
        return
    found = parts.accounts(name)
    below = [(unit, found[unit.unit_id]) for unit in parts.below if unit.unit_id in found]
    below.sort(key=lambda pair: (-_share(pair[1]), -pair[1].rejected_rows))
    if name == LOAN_SNAPSHOT.name:
        drawn = [
            {
                "name": unit.name(at.language),
                "value": float(_share(account) * 100),
                "printed": accounts.rejected_share(account, at.form),
            }
            for unit, account in below
            if account.rejected_rows
        ]
        show_bars(drawn, at.say("dq_rejected_by_unit"), "dq_rejected_by_unit_alt")
    lines = [[unit_link(unit, section="deliveries", table=name), *_cells(a)] for unit, a in below]
    if None in found and len(found) > 1:
        lines.append([unit_link(None), *_cells(found[None])])
    st.html(
        table(
            _account_columns(whole),
            lines,
            caption=at.say("dq_account"),
            whole=[[escape(parts.unit.name(at.language)), *_cells(whole)]],
            least_width=900,
        )
    )
    rows = parts.rows(at.month.delivered.filter(pl.col("table") == name))
    download(f"account_{name}", rows.height, lambda: to_csv(rows))


def _share(account: Account) -> Decimal:
    return Decimal(account.rejected_rows) / max(account.delivered_rows, 1)


def _account_columns(whole: Account) -> list[Column]:
    at = desk()
    columns = [
        Column(at.say("dq_unit"), tight=True),
        Column(at.say("dq_rows_accepted"), number=True),
        Column(f"+ {at.say('dq_rows_rejected')}", number=True),
        Column(f"= {at.say('dq_rows_delivered')}", number=True),
        Column(at.say("dq_share_rejected"), number=True),
    ]
    if whole.delivered is None:
        return columns
    return [
        *columns,
        Column(f"{at.form.currency} {at.say('dq_rows_accepted')}", number=True),
        Column(f"+ {at.say('dq_rows_rejected')}", number=True),
        Column(f"= {at.say('dq_money_delivered', currency=at.form.currency)}", number=True),
        Column(at.say("dq_rows_unmeasured"), number=True),
    ]


def _cells(account: Account) -> list[str]:
    at = desk()
    form = at.form
    cells = [
        form.count(account.accepted_rows),
        form.count(account.rejected_rows),
        form.count(account.delivered_rows),
        accounts.rejected_share(account, form),
    ]
    if account.delivered is None:
        return cells
    return [
        *cells,
        *(accounts.to_the_cent(part) for part in accounts.money(account)),
        form.count(account.unmeasured_rows) if account.unmeasured_rows else NOTHING,
    ]


def _tables(evidence: Evidence) -> None:
    at = desk()
    st.header(at.say("dq_delivered_tables"), anchor=False)
    columns = [
        Column(at.say("dq_account_table"), width="14%"),
        Column(at.say("dq_file"), width="17%"),
        Column(at.say("dq_read_as"), width="19%"),
        Column(at.say("dq_rows"), number=True),
        Column(at.say("dq_rows_rejected"), number=True),
        Column(at.say("dq_money", currency=at.form.currency), number=True),
        Column(at.say("dq_version_head"), width="7%"),
        Column(at.say("dq_when"), tight=True),
        Column(at.say("dq_reason"), width="14%"),
    ]
    order = list(TABLES)
    rows = sorted(evidence.tables.to_dicts(), key=lambda row: order.index(row["table"]))
    caption = at.say("dq_delivered_tables")
    st.html(table(columns, [_table_cells(row) for row in rows], caption=caption, least_width=940))
    download("tables", evidence.tables.height, lambda: to_csv(evidence.tables))
    if evidence.superseded.is_empty():
        return
    label = at.say("dq_replaced", count=evidence.superseded.height)
    with st.expander(label):
        replaced = [_table_cells(row) for row in evidence.superseded.to_dicts()]
        st.html(table(columns, replaced, caption=label, least_width=940))


def _table_cells(row: Mapping[str, object]) -> list[str]:
    at = desk()
    form = at.form
    own = row["as_of_date"] == at.month.as_of
    version = at.say("dq_version", version=row["snapshot_version"])
    carried = at.say("dq_carried", day=at.day(row["as_of_date"]))  # type: ignore[arg-type]
    name = str(row["table"])
    rejected = row["rejected_rows"]
    read_as = None if row["read_as"] is None else str(row["read_as"])
    outside = (
        f"<small>{escape(at.say('dq_outside', count=form.count(row['outside_rows'])))}</small>"  # type: ignore[arg-type]
        if row["outside_rows"]
        else ""
    )
    return [
        f'<span title="{escape(name)}">{escape(table_name(name))}</span>',
        f'<span style="overflow-wrap:anywhere">{escape(str(row["source_file"] or NOTHING))}</span>',
        f"<small>{escape(files.read_as(read_as, at.language) or NOTHING)}</small>",
        *(
            (NOTHING, NOTHING)
            if row["delivered_rows"] is None
            else (
                form.count(row["delivered_rows"]) + outside,  # type: ignore[arg-type]
                f"<b>{form.count(rejected)}</b>" if rejected else form.count(0),  # type: ignore[arg-type]
            )
        ),
        form.amount(row["delivered_amount"], bare=True),  # type: ignore[arg-type]
        escape(version if own else carried),
        f"{row['received_at']:%Y-%m-%d %H:%M}",
        escape(str(row["reason"] or "")),
    ]
