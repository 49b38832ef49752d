"""The rows of a list as a table: of the page shown, each loan with what it adds and what decided."""

from collections.abc import Mapping
from decimal import Decimal
from html import escape
from typing import Any

import polars as pl

from dashboards import contributions, markup
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts import reveal
from dashboards.app_pages.loan_parts.asked import Asked
from dashboards.listing import Column, table
from dashboards.loan_words import marks, overridden, spelled
from dashboards.numbers import NOTHING, fixed
from dashboards.port.loans import LoanList, Place

Row = Mapping[str, Any]


def subject_of(of: Asked) -> str:
    """What the access log calls the list."""
    at = desk()
    cut = "" if of.cut is None else f" {of.cut[0]}={of.cut[1]}"
    return (
        f"loans of {of.metric.metric_id}/{of.reading} at {of.unit.unit_id} on {at.month.as_of}{cut}"
    )


def show(of: Asked, found: LoanList, page: pl.DataFrame, *, one_rule: bool) -> str:
    """The table of a page of rows, as ready HTML.

    Args:
        of: what is asked for.
        found: the list they are of.
        page: the rows of the page.
        one_rule: whether one rule decided about all, which then need not stand in each row.
    """
    at = desk()
    subject = subject_of(of)
    shown = reveal.borrowers(page["borrower_id"].drop_nulls().unique().to_list(), subject)
    months = found.rows["as_of_date"].n_unique() > 1
    named = page["loan_id"].is_not_null().any()
    adds = of.place is not Place.EXCLUDED
    columns = [
        *([Column(at.say("ln_loan"), tight=True)] if named else []),
        Column(at.say("ln_borrower"), tight=not reveal.is_revealed(subject)),
        *([Column(at.say("month"), tight=True)] if months else []),
        Column(at.say("branch"), width="15%"),
        Column(at.say("ln_balance", unit=at.form.currency), number=True),
        *([Column(at.say("ln_adds"), number=True)] if adds else []),
        *([] if one_rule else [Column(at.say("ln_rule"), width="21%")]),
        Column(at.say("ln_industry"), width="17%"),
        Column(at.say("ln_product")),
        Column(at.say("ln_marks")),
    ]
    cells = []
    for row in page.iter_rows(named=True):
        first, under = shown.get(row["borrower_id"], (NOTHING, ""))
        borrower = escape(first) + (f"<br><small>{escape(under)}</small>" if under else "")
        cells.append(
            [
                *([_loan(of, row)] if named else []),
                borrower,
                *([escape(f"{row['as_of_date']:%Y-%m-%d}")] if months else []),
                _branch(of, row),
                _exact(row["balance"], 2),
                *([_added(row)] if adds else []),
                *([] if one_rule else [_why(found, row)]),
                _industry(found, row),
                escape(spelled("product_type", row["product_type"], at.language)),
                _marks(row),
            ]
        )
    return table(columns, cells, caption=at.say("ln_list"), least_width=980)


def _loan(of: Asked, row: Row) -> str:
    at = desk()
    loan = row["loan_id"]
    if loan is None:
        return NOTHING
    asked = {"branch": of.unit.unit_id, "metric": of.metric.metric_id, "reading": of.reading}
    text = markup.linked(str(loan), at.loan_link(str(loan), **asked))
    if row["overridden"]:
        title = escape(overridden(str(row["overridden"]), at.language))
        text += f'<br><small title="{title}">{escape(at.say("ln_overridden"))}</small>'
    return text


def _branch(of: Asked, row: Row) -> str:
    """The unit that books it; a step down where it lies below the one looked at."""
    at = desk()
    code = str(row["branch_id"])
    unit = at.month.units.by_id.get(code)
    if unit is None:
        return escape(code)
    name = unit.name(at.language)
    if code == of.unit.unit_id:
        return escape(name)
    return markup.linked(name, of.link(code, side=of.place.value))


def _exact(value: Decimal | None, decimals: int) -> str:
    return NOTHING if value is None else fixed(value, decimals)


def _added(row: Row) -> str:
    at = desk()
    money = contributions.counts_money([row["measure"]], at.catalogue)
    if not money and row["amount"] == 0:
        return f'<span title="{escape(at.say("ln_counted_before"))}">0</span>'
    return _exact(row["amount"], 2 if money else 0)


def _why(found: LoanList, row: Row) -> str:
    at = desk()
    label = found.reasons.get(row["why"])
    told = str(row["why"] or NOTHING) if label is None else at.language.pick(label.en, label.zh)
    return escape(told)


def _marks(row: Row) -> str:
    """The tags of a loan by their codes, in words on hover."""
    at = desk()
    told = [
        f'<span title="{escape(said)}">{escape(short)}</span>'
        for short, said in marks(row, at.language)
    ]
    return at.language.pick("; ", "；").join(told) or NOTHING


def _industry(found: LoanList, row: Row) -> str:
    at = desk()
    code = row["purpose_industry_code"]
    if code is None:
        return NOTHING
    label = found.industries.get(code)
    name = "" if label is None else at.language.pick(label.en, label.zh)
    return f"{escape(name)} <small>{escape(str(code))}</small>" if name else escape(str(code))
