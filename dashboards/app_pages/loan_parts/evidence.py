"""What is known of one loan: the few facts at its head, and all of them in groups, codes spelled out."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import readings
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts import reveal
from dashboards.figure.members import names
from dashboards.loan_words import heading, spelled
from dashboards.numbers import NOTHING, fixed
from dashboards.port.loans import LoanFile

GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "lo_terms": (
        *("outstanding_principal", "currency_code", "original_amount", "interest_rate"),
        *("repricing_date", "approval_date", "disbursement_date", "maturity_date"),
        *("extended_maturity_date", "product_type", "issue_type", "main_security_type"),
        *("contract_id", "facility_id", "previous_loan_id", "gl_account_code"),
    ),
    "lo_risk": (
        *("loan_status", "loan_classification", "days_past_due", "impairment_allowance"),
        *("on_balance_sheet", "entrusted_flag", "movement"),
    ),
    "lo_use": (
        *("purpose_industry_code", "sei_tag", "green_tag", "green_catalogue_version"),
        *("green_tag_nfra", "tech_loan_tag", "supply_chain_product_code"),
        *("investment_linkage_flag", "linkage_mode", "growth_stage", "new_type_pledge_flag"),
        *("housing_loan_flag", "rental_housing_flag", "inclusive_flag_source"),
        "first_loan_flag_source",
    ),
}
"""Columns of a loan by what they tell."""
_PLACE: Final = "registered_region_code"
_HEAD: Final[Mapping[str, str]] = {
    "product_type": "ln_product",
    "purpose_industry_code": "ln_industry",
    "loan_classification": "ln_class",
    "days_past_due": "lo_past_due",
    "disbursement_date": "lo_drawn",
    "maturity_date": "lo_due",
}
"""What stands at the head of the page, and what it is called there."""
_CODES: Final = ("purpose_industry_code", "industry_code")


def subject_of(loan: LoanFile) -> str:
    """What the access log calls it."""
    return f"loan {loan.loan_id} on {loan.as_of}"


def borrower_text(loan: LoanFile) -> str:
    """The borrower, masked unless this session may see the name, as ready HTML."""
    if loan.borrower_id is None:
        return NOTHING
    name, number = reveal.borrowers([loan.borrower_id], subject_of(loan))[loan.borrower_id]
    return escape(name) + (f" <small>{escape(number)}</small>" if number else "")


def borrower_plain(loan: LoanFile) -> str:
    """The same as text."""
    if loan.borrower_id is None:
        return NOTHING
    told = reveal.borrowers([loan.borrower_id], subject_of(loan))[loan.borrower_id]
    return " ".join(part for part in told if part)


def value_text(loan: LoanFile, name: str, value: object) -> str:
    """A value of a loan or client in words; an industry by its name."""
    at = desk()
    label = loan.industries.get(str(value)) if name in _CODES else None
    called = "" if label is None else at.language.pick(label.en, label.zh)
    if name == _PLACE:
        called = names("region", readings.reference(), at.language).get(str(value), "")
    if called:
        return at.language.pick("{} ({})", "{}（{}）").format(called, value)
    return spelled(name, value, at.language)


def branch_text(code: str) -> str:
    """A unit by name, or by its number if no tree of the month has it."""
    at = desk()
    unit = at.month.units.by_id.get(code)
    return code if unit is None else unit.name(at.language)


def head(loan: LoanFile) -> None:
    """The facts that a reader looks for first, in one line each, side by side."""
    at = desk()
    facts = loan.facts
    told = [
        (at.say("ln_borrower"), borrower_text(loan)),
        (
            at.say("branch"),
            markup.linked(branch_text(loan.branch_id), at.branch_link(loan.branch_id))
            if loan.branch_id in at.month.units.by_id
            else escape(loan.branch_id),
        ),
    ]
    if loan.balance is not None:
        balance = f"{fixed(loan.balance, 2)} {at.form.currency}"
        told.append((at.say("ln_balance_plain"), escape(balance)))
    told += [
        (at.say(key), escape(value_text(loan, name, facts[name])))
        for name, key in _HEAD.items()
        if name in facts
    ]
    st.html(_record(told, columns=2))


def show(loan: LoanFile) -> None:
    """Every fact of the loan and of its client that was delivered."""
    at = desk()
    if not loan.facts:
        st.info(at.say("lo_left", day=at.day(loan.as_of)))
        return
    groups = [
        (at.say(key), [(name, loan.facts[name]) for name in names if name in loan.facts])
        for key, names in GROUPS.items()
    ]
    groups.append((at.say("lo_client"), list(loan.client.items())))
    halves = st.columns(2, gap="large")
    empty: list[str] = []
    for place, (title, facts) in enumerate(groups):
        given = [(name, value) for name, value in facts if value is not None]
        empty += [heading(name, at.language) for name, value in facts if value is None]
        with halves[place % 2]:
            st.header(title, anchor=False)
            told = [
                (heading(name, at.language), escape(value_text(loan, name, value)))
                for name, value in given
            ]
            st.html(_record(told) if told else f'<div class="bm">{NOTHING}</div>')
    if empty:
        st.caption(
            markup.plain(at.say("lo_empty", columns=at.language.pick(", ", "、").join(empty)))
        )


def _record(told: Sequence[tuple[str, str]], *, columns: int = 1) -> str:
    """Names and values side by side; the values are ready HTML."""
    style = "margin:0;padding:0;grid-template-columns:"
    style += "minmax(7em,max-content) minmax(0,1fr) " * columns
    inner = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in told)
    return f'<div class="bm"><dl class="bm-record" style="{style.strip()}">{inner}</dl></div>'
