"""The reference tables: what each holds and where it comes from, and the rows of one, found by text."""

from collections.abc import Callable
from html import escape
from typing import Final

import polars as pl
import streamlit as st

from dashboards import markup
from dashboards.app_pages import readings
from dashboards.app_pages.catalogue_parts import common
from dashboards.app_pages.desk import desk
from dashboards.definitions import references
from dashboards.definitions.search import holds
from dashboards.exports.document import Document
from dashboards.listing import Column
from dashboards.numbers import NOTHING
from transforms.reference import tables as reference_tables

SHOWN: Final = 200
"""Rows of a table that stand on the page; the rest is told, and found by searching."""

_VALIDITY: Final = (("valid_from", "valid_to"), ("from_date", "to_date"), ("effective", None))
_FINGERPRINT: Final = 12
_SHORT: Final = 12


def show() -> Callable[[], Document]:
    """Every table: what it holds, how many rows, where it comes from; gives it as a file."""
    at = desk()
    reference = readings.reference()
    own = {name.partition(".")[0] for name in at.workspace.texts("reference", ".csv")}
    st.caption(at.say("cg_reference_hint", fingerprint=reference.fingerprint[:_FINGERPRINT]))
    columns = [
        Column(at.say("cg_table"), width="22%"),
        Column(at.say("cg_holds"), width="31%"),
        Column(at.say("cg_rows"), number=True),
        Column(at.say("cg_provenance"), width="31%"),
        Column(at.say("cg_whose"), tight=True),
    ]
    lines = [
        _cells(name, reference.tables[name], own=name in own) for name in reference_tables.NAMES
    ]
    common.show_table(columns, lines, at.say("cg_section_reference"), least=900)
    return lambda: common.files().references(reference.tables)


def _cells(name: str, table: pl.DataFrame, *, own: bool) -> list[str]:
    at = desk()
    known = references.REFERENCES[name]
    pick = at.language.pick
    provenance = at.say("cg_bank_brings") if own else pick(known.provenance.en, known.provenance.zh)
    return [
        common.named(references.title(name, at.language), name),
        escape(pick(known.holds.en, known.holds.zh)),
        at.form.count(table.height),
        escape(provenance),
        escape(at.say("cg_of_bank" if own else "cg_of_product")),
    ]


def show_one(name: str) -> None:
    """The rows of a table, those in force on the month end told apart where rows are dated."""
    at, say = desk(), common.voice()
    reference, known = readings.reference(), references.REFERENCES[name]
    own = f"{name}.csv" in at.workspace.texts("reference", ".csv")
    pick = at.language.pick
    st.html(markup.message(pick(known.holds.en, known.holds.zh)))
    table = reference.tables[name]
    provenance = at.say("cg_bank_brings") if own else pick(known.provenance.en, known.provenance.zh)
    items = [
        (at.say("cg_provenance"), escape(provenance)),
        (at.say("cg_rows"), at.form.count(table.height)),
        (at.say("cg_code"), f"<code>{escape(name)}</code>"),
    ]
    st.html(common.points(items))
    search, note = st.columns([2, 3], vertical_alignment="center")
    with search:
        find = common.search_box(at.say("cg_search"), at.say("cg_search_rows"))
    shown = references.columns(table, at.language)
    lines = [references.cells(row, shown, say) for row in table.to_dicts()]
    keep = [place for place, line in enumerate(lines) if holds(find, *table.row(place), *line)]
    if not keep:
        common.nothing_found(find, ())
        return
    if len(keep) > SHOWN:
        note.caption(at.say("cg_rows_shown", shown=SHOWN, count=at.form.count(len(keep))))
    force = _in_force(table)
    columns = [
        *([Column(at.say("cg_in_force"), tight=True)] if force is not None else []),
        *(
            Column(references.heading(column, at.language), tight=_is_short(table[column]))
            for column in shown
        ),
    ]
    cells = [
        [
            *([_force(force[place])] if force is not None else []),
            *(escape(cell) or NOTHING for cell in lines[place]),
        ]
        for place in keep[:SHOWN]
    ]
    common.show_table(columns, cells, references.title(name, at.language), least=900)


def _is_short(cells: pl.Series) -> bool:
    """Whether the cells of a column are dates, codes and the like, which are kept in one line."""
    longest = cells.str.len_chars().max()
    return isinstance(longest, int) and longest <= _SHORT


def _in_force(table: pl.DataFrame) -> list[bool] | None:
    """Whether each row holds on the month end; none where rows bear no dates."""
    day = desk().month.as_of
    for first, last in _VALIDITY:
        if first in table.columns:
            start = pl.col(first).str.to_date(strict=False)
            end = pl.col(last).str.to_date(strict=False) if last else pl.lit(None, dtype=pl.Date)
            holds_on = (start <= day) & (end.is_null() | (end >= day))
            return table.select(holds_on.fill_null(value=False).alias("holds"))["holds"].to_list()
    return None


def _force(holds_on: bool) -> str:  # noqa: FBT001 - a cell of a column
    at = desk()
    if not holds_on:
        return f'<span class="bm-quiet">○ {escape(at.say("cg_no"))}</span>'
    return f"● {escape(at.say('cg_yes'))}"
