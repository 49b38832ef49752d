"""Loans: which loans is a figure made of, and which rule put each of them in or out?"""

import polars as pl
import streamlit as st

from dashboards import contributions, markup
from dashboards.app_pages import address, exporting, opening, readings, strip
from dashboards.app_pages.desk import desk
from dashboards.app_pages.loan_parts import choose, files, head, kept, published, reveal, rows
from dashboards.app_pages.loan_parts.asked import Asked, asked
from dashboards.app_pages.loan_parts.tabs import filtered, tabs, toolbar
from dashboards.contributions import Agreement
from dashboards.documents.common import definitions_of
from dashboards.documents.loans import CAP, document
from dashboards.exports.document import Document
from dashboards.port.loans import LoanList
from transforms.catalogue.model import Kind
from transforms.errors import BranchmarkError


def _trail(of: Asked) -> list[tuple[str, str]]:
    """The steps from the unit down to the list."""
    more = {"reading": of.reading, **({} if of.cut is None else {"slice": of.cut[0]})}
    steps = [(of.name, at.metric_link(of.unit.unit_id, of.metric.metric_id, **more))]
    if of.cut_text:
        steps.append((of.cut_text, ""))
    return [*steps, (at.say("loans_page"), "")]


def _difference(of: Asked) -> None:
    """Of a difference of two figures: the lists of either."""
    reading = of.metric.reading(of.reading)
    st.html(markup.message(at.say("ln_difference_of", figure=of.name)))
    lines = []
    for pair in (reading.minuend, reading.subtrahend):
        if pair is None:
            continue
        metric, other = pair
        label = at.catalogue.metrics[metric].label
        name, branch = at.language.pick(label.en, label.zh), of.unit.unit_id
        if of.metric.of_root and pair is reading.subtrahend and at.month.root is not None:
            name, branch = at.say("ln_of_whole_bank", metric=name), at.month.root
        lines.append((markup.linked(name, at.loans_link(branch, metric, reading=other)), ""))
    st.html(markup.listed(lines))


def _page(of: Asked) -> None:
    """The list, or why there is none."""
    name, branch = of.name, of.unit.name(at.language)
    figure = published.figure(of)
    if figure is None:
        cut = of.cut_text or at.day(at.month.as_of)
        st.info(markup.plain(at.say("ln_not_published", figure=name, branch=branch, cut=cut)))
    elif figure.why_not:
        st.info(
            markup.plain(at.say("ln_not_given", figure=name, branch=branch, reason=figure.why_not))
        )
    elif of.metric.kind is Kind.GAP:
        _difference(of)
    elif not at.is_now:
        st.info(at.say("only_as_known"))
    elif kept.answers() is None:
        st.info(at.say("ln_nobody"))
    else:
        _list(of, figure)


def _list(of: Asked, figure: published.Figure) -> None:
    """The list: what the figure is made of, what decided, and the rows."""
    try:
        with st.spinner(at.say("ln_working")):
            found = kept.listed(of.question)
    except BranchmarkError as error:
        st.info(markup.plain(at.refusal(error)))
        return
    sides = contributions.agreements(found, figure.sides)
    st.html(markup.message(head.message(of, found, sides, figure.value)))
    head.show(of, found, sides)
    tabs(of, found)
    shown = filtered(of, found)
    if shown is None:
        return
    _rows(of, found, shown, sides, figure)


def _rows(
    of: Asked,
    found: LoanList,
    shown: pl.DataFrame,
    sides: tuple[Agreement, ...],
    figure: published.Figure,
) -> None:
    pages = contributions.pages(shown.height)
    if of.page > pages:
        opening.refuse(
            at.say("ln_unknown_page", asked=of.page, pages=at.form.count(pages)), at.language
        )
    one_rule = shown["why"].n_unique() == 1
    toolbar(of, found, shown, one_rule=one_rule)
    ordered = contributions.ordered(shown, of.order)
    st.html(rows.show(of, found, contributions.page_of(ordered, of.page), one_rule=one_rule))
    _pager(of, shown, pages)
    st.caption(at.say("ln_unmasked" if reveal.is_revealed(rows.subject_of(of)) else "ln_masked"))
    exporting.offer(lambda: _document(of, found, ordered, sides, figure), tools)


def _pager(of: Asked, shown: pl.DataFrame, pages: int) -> None:
    if pages == 1:
        return
    first = (of.page - 1) * contributions.PER_PAGE + 1
    last = min(of.page * contributions.PER_PAGE, shown.height)
    line = st.container(horizontal=True, vertical_alignment="center")
    line.caption(
        at.say(
            "ln_rows_shown",
            first=at.form.count(first),
            last=at.form.count(last),
            count=at.form.count(shown.height),
        ),
        width="content",
    )
    with line:
        # A key of its own for each page: the address says which one is shown, not what was clicked last.
        key = f"page_{of.page}"
        st.pagination(
            pages,
            default=of.page,
            key=f"choose_{key}",
            on_change=address.chosen,
            args=("page", (), key),
        )


def _document(
    of: Asked,
    found: LoanList,
    ordered: pl.DataFrame,
    sides: tuple[Agreement, ...],
    figure: published.Figure,
) -> Document:
    """What the page shows, as a file."""
    metric = of.metric.metric_id
    filters = [(at.say("metric"), of.name), (at.say("ln_place"), at.say(f"ln_tab_{of.place}"))]
    if of.cut is not None:
        filters.append((at.say("ln_cut"), of.cut_text))
    if of.rule is not None:
        filters.append((at.say("ln_rule_filter"), of.rule))
    revealed = reveal.is_revealed(rows.subject_of(of))
    filters.append(
        (at.say("ln_borrower"), at.say("ln_files_named" if revealed else "ln_files_masked"))
    )
    base = Document(
        stem=f"loans-{metric}-{of.unit.unit_id}-{at.month.as_of}",
        title=_title(of),
        strip=strip.headline(of.unit.unit_id).pairs(),
        filters=tuple(filters),
        message=head.message(of, found, sides, figure.value),
        definitions=definitions_of([metric], at.catalogue, readings.reference(), at.language),
    )
    return document(
        base,
        sides,
        contributions.by_rule(ordered),
        files.named(of, ordered.head(CAP)),
        found,
        at.month.units.by_id,
        at.language,
    )


def _title(of: Asked) -> str:
    return at.say("ln_title", figure=of.name, branch=of.unit.name(at.language))


at = desk()
unit = opening.unit_of_page()

looked = asked(unit)
if looked is None:
    strip.header(unit.unit_id, page=address.LOANS, trail=[(at.say("loans_page"), "")])
    strip.title(at.say("ln_choose_title", branch=unit.name(at.language)))
    choose.show(unit)
else:
    strip.header(unit.unit_id, page=address.LOANS, trail=_trail(looked))
    tools = strip.title(_title(looked))
    with tools:
        choose.controls(looked)
    _page(looked)
