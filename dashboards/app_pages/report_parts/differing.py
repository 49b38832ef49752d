"""What changed of a report by cell, since its release and since it was prepared; and what was adjusted."""

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from typing import Final

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages import exporting
from dashboards.app_pages.desk import desk
from dashboards.app_pages.report_parts.looked_at import Opened
from dashboards.exports.guarded import to_csv
from dashboards.listing import Column, table
from dashboards.summaries import changes as told
from dashboards.summaries import sheet
from dashboards.summaries.changes import Moved
from dashboards.summaries.formats import stem
from transforms.errors import BranchmarkError

_SHOWN: Final = 100


def changes(made: Opened) -> None:
    """Both comparisons, by cell."""
    at = desk()
    st.header(at.say("rt_since_prepared"), anchor=False)
    _since_prepared(made)
    st.header(at.say("sm_differences"), anchor=False)
    cells = made.paper.differences
    if cells is None:
        st.write(at.say("sm_differences_first"))
    elif cells.is_empty():
        st.success(at.say("sm_differences_none"), icon=":material/check_circle:")
    else:
        _cells(made, cells, "released")


def _since_prepared(made: Opened) -> None:
    """What would be another figure if the report were prepared now; filled only if something happened."""
    at = desk()
    if made.head is None:
        st.write(at.say("rt_since_draft"))
        return
    if not made.is_newest:
        st.write(at.say("rt_since_older"))
        return
    if not made.line.is_touched:
        st.success(at.say("rt_since_untouched"), icon=":material/check_circle:")
        return
    try:
        with st.spinner(at.say("rt_comparing")):
            found = made.change(at.scope)
    except BranchmarkError as error:
        st.error(markup.plain(at.refusal(error)))
        return
    if found is None:
        st.success(at.say("rt_since_same"), icon=":material/check_circle:")
        return
    comma = at.language.pick(", ", "、")
    parts = comma.join(at.say(f"rt_part_{name}") for name in found.parts)
    st.warning(at.say("rt_since_changed", count=found.cells.height, parts=parts))
    if found.cells.height:
        _cells(made, found.cells, "now")


def _cells(made: Opened, cells: pl.DataFrame, name: str) -> None:
    at = desk()
    paper = replace(made.paper, differences=cells)
    moved = told.since_release(paper, sheet.forms(paper))
    headings = ("rt_then", "rt_now") if name == "now" else ("sm_before", "sm_after")
    st.html(_table(moved[:_SHOWN], at.say(f"rt_against_{name}"), headings, why=True))
    if len(moved) > _SHOWN:
        st.caption(at.say("rt_more_cells", shown=_SHOWN, count=at.form.count(len(moved))))
    exporting.table_file(
        at.say("rp_download_cells"),
        lambda: to_csv(cells),
        name=f"{stem(made.paper)}-since-{name}.csv",
        key=f"download_{name}",
    )


def _table(moved: Sequence[Moved], caption: str, headings: tuple[str, str], *, why: bool) -> str:
    at = desk()
    before, after = (at.say(key) for key in headings)
    columns = [
        Column(at.say("rt_cell"), width="44%"),
        Column(at.say("sm_measured_in"), tight=True),
        Column(before, number=True),
        Column(after, number=True),
        Column(at.say("sm_change"), number=True),
        *([Column(at.say("sm_kind"), width="17%")] if why else []),
    ]
    rows = [
        [
            f"{escape(one.place)}<br><small>{escape(one.data_point)}</small>",
            escape(one.unit),
            escape(one.told_before),
            f"<b>{escape(one.told_after)}</b>",
            escape(one.told_change),
            *([f"<small>{escape(one.why)}</small>"] if why else []),
        ]
        for one in moved
    ]
    return table(columns, rows, caption=caption, least_width=820)


def adjustments(made: Opened) -> None:
    """The signed deltas that moved its cells, and the cells with what was published."""
    at = desk()
    entered = told.entered(made.paper)
    if not entered:
        st.write(at.say("sm_adjustments_none"))
        return
    headings = told.entered_headings(made.paper)
    columns = [Column(heading, number=number == _DELTA) for number, heading in enumerate(headings)]
    rows = [[escape(text) for text in row] for row in entered]
    st.html(table(columns, rows, caption=at.say("sm_adjustments"), least_width=900))
    moved = told.adjusted(made.paper, sheet.forms(made.paper))
    if not moved:
        return
    st.header(at.say("sm_adjusted_cells"), anchor=False)
    headings_of_cells = ("sm_before_adjusting", "sm_after_adjusting")
    st.html(_table(moved, at.say("sm_adjusted_cells"), headings_of_cells, why=False))


_DELTA: Final = 4
"""Which of the headings of adjustments stands above amounts."""
