"""The head of a list: the figure as published, what the listed rows come to, and whether the two agree."""

from collections.abc import Callable
from decimal import Decimal
from html import escape

import streamlit as st

from dashboards import contributions, markup
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts.asked import Asked
from dashboards.contributions import Agreement
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING, fixed
from dashboards.palette import MARKS
from dashboards.port.loans import LoanList, Place
from transforms.catalogue.model import Kind
from transforms.scorecards import Status

_ENTITY_LOAN = "loan"


def message(of: Asked, found: LoanList, sides: tuple[Agreement, ...], value: str) -> str:
    """The sentence of the page: the figure, how many rows are behind it, and that they add up to it."""
    at = desk()
    about = at.language.pick(" at ", "，").join(
        part for part in (of.name, of.unit.name(at.language)) if part
    )
    if of.cut_text:
        about += at.language.pick(f", {of.cut_text}", f"，{of.cut_text}")
    open_ = [side for side in sides if side.difference]
    loans = _rows(found)
    if open_:
        return at.say("ln_message_open", figure=about, value=value, rows=at.form.count(loans))
    key = "ln_message" if any(side.listed is not None for side in sides) else "ln_message_bare"
    return at.say(key, figure=about, value=value, rows=at.form.count(loans))


def _rows(found: LoanList) -> int:
    return found.rows.filter(found.rows["place"] != Place.EXCLUDED.value).height


def show(of: Asked, found: LoanList, sides: tuple[Agreement, ...]) -> None:
    """Both sides, published and listed, to the cent."""
    at = desk()
    columns = [
        Column(at.say("ln_side"), tight=True, width="16%"),
        Column(at.say("ln_published"), number=True),
        Column(at.say("ln_listed"), number=True),
        Column(at.say("ln_rows"), number=True),
        Column(at.say("ln_clients"), number=True),
        Column(at.say("ln_agreement"), width="34%"),
    ]
    cells = [_line(side, of, found) for side in sides]
    st.html(table(columns, cells, caption=at.say("ln_adds_up"), least_width=760))
    told = [*_notes(of, found)]
    if told:
        st.caption(markup.plain(at.language.pick(" ", "").join(told)))


def _line(side: Agreement, of: Asked, found: LoanList) -> list[str]:
    at = desk()
    measures = found.rows.filter(found.rows["place"] == side.side)["measure"].unique()
    decimals = 2 if contributions.counts_money(measures, at.catalogue) else 0

    def exact(value: Decimal | None) -> str:
        return NOTHING if value is None else fixed(value, decimals)

    listed = side.listed
    return [
        escape(at.say(f"ln_{side.side}_word")),
        exact(side.published),
        exact(None if listed is None else listed.total),
        NOTHING if listed is None else at.form.count(listed.rows),
        NOTHING if listed is None else at.form.count(listed.clients),
        _verdict(side, of, exact),
    ]


def _verdict(side: Agreement, of: Asked, exact: Callable[[Decimal | None], str]) -> str:
    """Whether they agree, in a shape and words."""
    at = desk()
    if side.listed is None:
        return f'<span class="bm-quiet">{escape(_restless(side, of))}</span>'
    if side.published is None:
        return f'<span class="bm-quiet">{escape(at.say("ln_nothing_published"))}</span>'
    difference = side.difference or Decimal(0)
    status = Status.MET if not difference else Status.MISSED
    key = "ln_equal" if not difference else ("ln_more" if difference > 0 else "ln_less")
    text = at.say(key, amount=exact(abs(difference)))
    return (
        f'<span class="bm-mark bm-{status.name.lower()}"><span aria-hidden="true">'
        f"{MARKS[status].glyph}</span> <b>{escape(text)}</b></span>"
    )


def _restless(side: Agreement, of: Asked) -> str:
    """What a side without rows rests on."""
    at = desk()
    match of.metric.kind, side.side:
        case Kind.INDEX, Place.NUMERATOR.value:
            return at.say("ln_of_squares")
        case Kind.AVERAGE, Place.DENOMINATOR.value:
            return at.say("ln_of_months")
        case _:
            return at.say("ln_of_bank")


def _notes(of: Asked, found: LoanList) -> list[str]:
    """What is to be known of the list as a whole."""
    at = desk()
    told = []
    if found.hidden:
        told.append(at.say("ln_hidden", count=at.form.count(found.hidden)))
    days = found.rows["as_of_date"].unique().sort().to_list()
    if len(days) > 1:
        listed = at.language.pick(", ", "、").join(at.day(day) for day in days)
        told.append(at.say("ln_several_months", days=listed))
    if found.at_largest is not None:
        told.append(at.say("ln_of_largest", count=found.at_largest))
    others = [kind for kind in found.kinds if kind != _ENTITY_LOAN]
    told += [at.say(f"ln_rests_on_{kind}") for kind in others]
    if of.metric.kind is Kind.COUNT_DISTINCT:
        told.append(at.say("ln_counts_once"))
    return told
