"""The work list: what can be mended before cut-off, the most helpful first, with rows and remedy."""

from html import escape
from typing import Final

import streamlit as st

from dashboards import markup
from dashboards.app_pages import address, exporting, opening
from dashboards.app_pages.desk import desk
from dashboards.app_pages.quality.rejected import shown_text
from dashboards.drafts.told import Effect, Item, Told
from dashboards.exports.guarded import to_csv
from dashboards.listing import Column, table
from dashboards.numbers import NOTHING
from dashboards.palette import MARKS
from dashboards.quality.rejections import PER_PAGE

ALL: Final = "all"
_SHOWN_PLACES: Final = 3


def count(told: Told) -> int:
    """How many things can be mended."""
    return told.answer.work.height


def show(told: Told) -> None:
    """The list, narrowed to one kind if the address names it, with all of it to download."""
    at = desk()
    if told.answer.work.is_empty():
        st.success(at.say("ck_work_none"), icon=":material/check_circle:")
        return
    kind = _kind(told)
    items = told.items("" if kind == ALL else kind)
    if kind != ALL:
        st.html(f'<div class="bm"><p style="margin:0">{escape(told.remedy(kind))}</p></div>')
    st.caption(at.language.pick(" ", "").join([shown_text(len(items)), at.say("ck_work_hint")]))
    columns = [
        Column(at.say("ck_rank"), number=True),
        Column(at.say("ck_what"), width="31%"),
        Column(at.say("ck_where"), width="13%"),
        Column(at.say("ck_balance"), number=True),
        Column(at.say("ck_now_tried"), tight=True),
        Column(at.say("ck_effect"), width="34%"),
    ]
    st.html(
        table(
            columns,
            [_cells(one, told, named=kind == ALL) for one in items[:PER_PAGE]],
            caption=at.say("ck_mend"),
            least_width=980,
        )
    )
    exporting.table_file(
        at.say("ck_download_work"),
        lambda: to_csv(told.work_frame()),
        name=f"work_{told.answer.branch}_{told.answer.as_of:%Y-%m-%d}.csv",
        key="download_work",
    )


def _kind(told: Told) -> str:
    """The kind of the address, and the words to choose another."""
    at = desk()
    sizes = dict(told.answer.work["kind"].value_counts(sort=True).iter_rows())
    asked = st.query_params.get("kind", ALL)
    texts = {ALL: at.say("ck_all_kinds")} | {
        kind: at.say(f"ck_kind_{kind}") + at.language.pick(f" ({size})", f"（{size}）")
        for kind, size in sizes.items()
    }
    if asked not in texts:
        known = ", ".join(texts)
        opening.refuse(at.say("unknown_kind", asked=asked, known=known), at.language)
    if len(sizes) > 1:
        address.pills("kind", at.say("ck_what"), texts, asked)
    return asked


def _cells(item: Item, told: Told, *, named: bool) -> list[str]:
    at = desk()
    remedy = f"<br><small>{escape(told.remedy(item.kind))}</small>" if named else ""
    return [
        at.form.count(item.rank),
        escape(at.say(f"ck_kind_{item.kind}")) + remedy,
        _where(item, told),
        NOTHING if item.amount is None else escape(at.form.amount(item.amount)),
        f"{escape(item.now)} → <b>{escape(item.tried)}</b>",
        "<br>".join(_effect(one) for one in item.effects)
        or f'<span class="bm-quiet">{escape(at.say("ck_no_effect"))}</span>',
    ]


def _where(item: Item, told: Told) -> str:
    """The loan or client, and the rows of the files in which it is mended."""
    at = desk()
    head = escape(item.loan or at.say("ck_client", client=item.borrower))
    if not item.places:
        return f"{head}<br><small>{escape(at.say('ck_not_in_draft'))}</small>"
    several = len(told.answer.files) > 1
    rows = []
    for place in item.places[:_SHOWN_PLACES]:
        key = "ck_row_of" if several else "ck_row"
        row = at.say(key, file=place.file, row=at.form.count(place.row))
        loan = "" if item.loan else f"{place.loan} "
        rows.append(f"<small>{escape(loan + row)}</small>")
    if len(item.places) > _SHOWN_PLACES:
        more = at.say("ck_more_rows", count=len(item.places) - _SHOWN_PLACES)
        rows.append(f"<small>{escape(more)}</small>")
    return "<br>".join([head, *rows])


def _effect(effect: Effect) -> str:
    """A figure before and after; where its status changes, the new one in its colour."""
    at = desk()
    told = f"{escape(effect.name)} {escape(effect.before)} → <b>{escape(effect.after)}</b>"
    if not effect.flips:
        return told
    before = MARKS[effect.status_before].word(at.language)
    return f"{told} <small>{escape(before)} →</small> {markup.mark(effect.status_after, at.style)}"
