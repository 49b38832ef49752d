"""Ledger: loans against the general ledger by branch, account and currency, what is open first."""

from collections.abc import Mapping
from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address
from dashboards.app_pages.desk import desk
from dashboards.app_pages.quality.common import download, show_bars, unit_name
from dashboards.exports.guarded import to_csv
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING, fixed
from dashboards.quality import ledger, states
from dashboards.quality.evidence import Evidence
from dashboards.quality.parts import Parts
from transforms.quality import QualityState

_OPEN, _ALL = "open", "all"
_MONEY = (*ledger.SUMMED, "tolerance")
_SHOWN = 100


def count(parts: Parts, evidence: Evidence) -> int:
    """How many accounts of the unit do not agree."""
    return ledger.open_accounts(parts.rows(evidence.ledger)).height


def show(parts: Parts, evidence: Evidence) -> None:
    """The accounts of the unit, what it adds up to, and which unit has how much of it."""
    at = desk()
    rows = parts.rows(evidence.ledger)
    state, _ = at.month.quality_of(parts.unit.unit_id)
    if state is QualityState.NOT_RECONCILED:
        st.warning(at.say("dq_no_ledger_long"), icon=":material/info:")
        return
    if rows.is_empty():
        st.info(markup.plain(at.say("dq_no_accounts_here", branch=parts.unit.name(at.language))))
        return
    found = ledger.summary(rows)
    st.html(markup.message(ledger.told(found, at.form)))
    if found.open:
        _bars(parts, evidence)
    asked = st.query_params.get("show", _OPEN if found.open else _ALL)
    shown = asked if asked in {_OPEN, _ALL} else _OPEN
    options = {_OPEN: at.say("dq_only_open"), _ALL: at.say("dq_all_accounts")}
    if found.open:
        address.pills("show", at.say("dq_state"), options, shown)
    listed = ledger.open_accounts(rows) if shown == _OPEN else ledger.in_order(rows)
    columns = [
        Column(at.say("dq_unit")),
        Column(at.say("dq_account_code"), tight=True),
        Column(at.say("dq_currency"), tight=True),
        *(Column(at.say(f"dq_{name}"), number=True) for name in _MONEY),
        Column(at.say("dq_state")),
    ]
    cells = [_cells(row) for row in listed.head(_SHOWN).to_dicts()]
    whole = [
        [
            escape(at.say("dq_all_of", currency=row["currency_code"] or NOTHING)),
            "",
            escape(row["currency_code"] or NOTHING),
            *(_money(row[name]) for name in ledger.SUMMED),
            "",
            "",
        ]
        for row in ledger.sums(rows).to_dicts()
    ]
    st.html(table(columns, cells, caption=at.say("dq_ledger"), whole=whole, least_width=960))
    told = [at.say("dq_ledger_hint")]
    if listed.height > _SHOWN:
        told.append(at.say("dq_shown", shown=_SHOWN, count=at.form.count(listed.height)))
    st.caption(markup.plain(at.language.pick(" ", "").join(told)))
    download("ledger", rows.height, lambda: to_csv(ledger.in_order(rows)))


def _bars(parts: Parts, evidence: Evidence) -> None:
    at = desk()
    if not parts.below:
        return
    lines = [
        {
            "name": unit_name(part) if part else at.say("dq_rest"),
            "value": float(amount),
            "printed": at.form.amount(amount),
        }
        for part, amount in ledger.by_part(parts.parted(evidence.ledger)).items()
    ]
    show_bars(lines, at.say("dq_open_by_unit"), "dq_open_by_unit_alt")


def _cells(row: Mapping[str, object]) -> list[str]:
    at = desk()
    branch = row["branch_id"]
    name = unit_name(None if branch is None else str(branch))
    linked = escape(name)
    if branch in at.month.units.by_id:
        linked = markup.linked(name, at.quality_link(str(branch), section="ledger"))
    standing, words = ledger.state(row, at.language)
    return [
        linked,
        escape(str(row["gl_account_code"] or NOTHING)),
        escape(str(row["currency_code"] or NOTHING)),
        *(_money(row[name]) for name in _MONEY),
        f'<span class="bm-wrap">{states.mark(standing, words)}</span>',
    ]


def _money(value: object) -> str:
    return NOTHING if value is None else fixed(value, 2)  # type: ignore[arg-type]
