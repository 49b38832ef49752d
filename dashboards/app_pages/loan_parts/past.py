"""A loan over time and what is known against it: months, events, findings, overrides, where it came from."""

from decimal import Decimal
from html import escape
from typing import Final

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts.evidence import branch_text
from dashboards.charts.balance import BALANCE, balance
from dashboards.charts.theme import specification
from dashboards.i18n import month_text
from dashboards.listing import Column, table
from dashboards.loan_past import changed
from dashboards.loan_words import heading, spelled
from dashboards.numbers import NOTHING, fixed
from dashboards.port.loans import LoanFile

_FEW: Final = 2


def changes_of(loan: LoanFile) -> list[str]:
    """What changed from month to month, in words."""
    at = desk()
    branches = loan.history["booking_branch_id"].unique()
    named = {
        "booking_branch_id": {code: branch_text(code) for code in branches},
        "purpose_industry_code": {
            code: at.language.pick(label.en, label.zh) for code, label in loan.industries.items()
        },
    }
    return changed(loan.history, at.language, named)


def months(loan: LoanFile) -> None:
    """The loan at each month end it was booked in the reader's scope."""
    at = desk()
    st.header(at.say("lo_history"), anchor=False)
    rows = loan.history.to_dicts()
    if not rows:
        st.info(at.say("lo_no_history"))
        return
    if len(rows) > _FEW:
        _chart(loan)
    columns = [
        Column(at.say("month"), tight=True),
        Column(at.say("branch")),
        Column(at.say("lo_principal"), number=True),
        Column(heading("loan_classification", at.language)),
        Column(heading("days_past_due", at.language), number=True),
        Column(at.say("lo_changed"), width="42%"),
    ]
    cells = [
        [
            f"{row['as_of_date']:%Y-%m-%d}",
            escape(branch_text(row["booking_branch_id"])),
            _money(row["outstanding_principal"], row["currency_code"]),
            escape(spelled("loan_classification", row["loan_classification"], at.language)),
            spelled("days_past_due", row["days_past_due"], at.language),
            escape(told) or NOTHING,
        ]
        for row, told in zip(rows, changes_of(loan), strict=True)
    ]
    st.html(table(columns, cells[::-1], caption=at.say("lo_history"), least_width=820))
    st.caption(at.say("lo_history_hint"))


def _chart(loan: LoanFile) -> None:
    at = desk()
    rows = loan.history.to_dicts()
    largest = max(row["outstanding_principal"] for row in rows)
    scale = at.form.scale(largest)
    frame = pl.DataFrame(
        [
            (
                month_text(at.language, row["as_of_date"]),
                float(row["outstanding_principal"] / scale.size),
                _money(row["outstanding_principal"], row["currency_code"]),
            )
            for row in rows
        ],
        schema=dict(BALANCE),
        orient="row",
    )
    described = at.say(
        "lo_chart",
        first=at.day(rows[0]["as_of_date"]),
        last=at.day(rows[-1]["as_of_date"]),
        before=_money(rows[0]["outstanding_principal"], rows[0]["currency_code"]),
        now=_money(rows[-1]["outstanding_principal"], rows[-1]["currency_code"]),
    )
    unit = at.form.unit_of(scale) if rows[-1]["currency_code"] == at.form.currency else ""
    drawn = balance(frame, at.style.ground, unit=unit, description=described)
    st.vega_lite_chart(specification(drawn), theme=None, alt=described)


def events(loan: LoanFile) -> None:
    """Drawdowns, repayments and whatever else happened."""
    at = desk()
    st.header(at.say("lo_events"), anchor=False)
    if loan.events.is_empty():
        st.caption(at.say("lo_no_events"))
        return
    columns = [
        Column(at.say("lo_day"), tight=True),
        Column(heading("event_type", at.language)),
        Column(at.say("lo_amount"), number=True),
        Column(at.say("lo_from_to"), width="40%"),
    ]
    cells = [
        [
            f"{row['event_date']:%Y-%m-%d}",
            escape(spelled("event_type", row["event_type"], at.language)),
            _money(row["amount"], row["currency_code"]),
            escape(_from_to(row["event_type"], row["from_value"], row["to_value"])),
        ]
        for row in loan.events.iter_rows(named=True)
    ]
    st.html(table(columns, cells, caption=at.say("lo_events"), least_width=640))


def _from_to(event: str, before: str | None, after: str | None) -> str:
    if before is None and after is None:
        return NOTHING
    at = desk()
    told = []
    for one in (before, after):
        if one is None:
            told.append(NOTHING)
        elif event == "branch_move":
            told.append(branch_text(one))
        elif event == "reclassification":
            told.append(spelled("loan_classification", one, at.language))
        else:
            told.append(one)
    return " → ".join(told)


def findings(loan: LoanFile) -> None:
    """The rules that the loan breaks, with the remedy."""
    at = desk()
    st.header(at.say("lo_findings"), anchor=False)
    if loan.findings.is_empty():
        st.caption(at.say("lo_no_findings"))
        return
    columns = [
        Column(at.say("ln_rule_filter"), tight=True),
        Column(at.say("lo_severity"), tight=True),
        Column(at.say("lo_says"), width="40%"),
        Column(at.say("lo_remedy"), width="34%"),
    ]
    cells = [
        [
            markup.linked(row["rule_id"], at.quality_link(_unit(loan), rule=row["rule_id"])),
            escape(at.say(f"severity_{row['severity']}") if row["severity"] else NOTHING),
            escape(row[f"reason_{at.language.value}"] or NOTHING),
            escape(row[f"remedy_{at.language.value}"] or NOTHING),
        ]
        for row in loan.findings.iter_rows(named=True)
    ]
    st.html(table(columns, cells, caption=at.say("lo_findings"), least_width=820))


def overrides(loan: LoanFile) -> None:
    """What of the loan or its client was overridden, by whom and why."""
    at = desk()
    st.header(at.say("lo_overrides"), anchor=False)
    if loan.overrides.is_empty():
        st.caption(at.say("lo_no_overrides"))
        return
    columns = [
        Column(at.say("lo_override"), tight=True),
        Column(at.say("lo_column")),
        Column(at.say("lo_values")),
        Column(at.say("lo_state")),
        Column(at.say("ln_reason_word"), width="26%"),
        Column(at.say("lo_approved"), tight=True),
        Column(at.say("lo_until"), tight=True),
    ]
    cells = [
        [
            escape(row["override_id"]),
            escape(heading(row["column_name"], at.language)),
            escape(
                " → ".join(
                    spelled(row["column_name"], row[name], at.language)
                    for name in ("delivered_value", "value")
                )
            ),
            escape(at.say(f"lo_state_{row['state'].replace(' ', '_')}")),
            escape(row["reason"] or NOTHING),
            escape(row["approved_by"] or NOTHING),
            escape(str(row["valid_to"] or NOTHING)),
        ]
        for row in loan.overrides.iter_rows(named=True)
    ]
    st.html(table(columns, cells, caption=at.say("lo_overrides"), least_width=820))


def origin(loan: LoanFile) -> None:
    """The file, row and delivery that the loan's row came with."""
    at = desk()
    st.header(at.say("lo_origin"), anchor=False)
    if loan.origin is None:
        st.caption(at.say("lo_no_origin"))
        return
    one = loan.origin
    st.write(
        at.say(
            "lo_origin_said",
            row=at.form.count(one.row),
            file=one.file,
            batch=one.batch,
            received=f"{one.received_at:%Y-%m-%d %H:%M}",
            version=one.version,
        )
    )


def _unit(loan: LoanFile) -> str:
    at = desk()
    known = loan.branch_id in at.month.units.by_id
    return loan.branch_id if known else at.month.units.top.unit_id


def _money(value: Decimal | None, currency: str | None) -> str:
    at = desk()
    if value is None:
        return NOTHING
    code = "" if currency in {None, at.form.currency} else f" {currency}"
    return f"{fixed(value, 2)}{code}"
