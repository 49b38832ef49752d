"""The data dictionary: the tables a bank delivers, and every column of one of them."""

from collections.abc import Callable
from html import escape

import streamlit as st

from dashboards import markup
from dashboards.app_pages.catalogue_parts import common
from dashboards.app_pages.desk import desk
from dashboards.definitions.columns import DELIVERED, assumed, type_name, unit_name
from dashboards.definitions.search import holds
from dashboards.exports.document import Document
from dashboards.listing import Column
from dashboards.numbers import NOTHING
from transforms.codes import CodeList
from transforms.schema import TABLES, Presence, Table
from transforms.schema import Column as Declared


def show() -> Callable[[], Document]:
    """Every canonical table: what a row is, its key, what it is computed with; gives it as a file."""
    at = desk()
    st.caption(at.say("cg_dictionary_hint"))
    with st.columns([2, 3])[0]:
        find = common.search_box(at.say("cg_search"), at.say("cg_search_columns"))
    found = [one for one in TABLES.values() if holds(find, *_texts(one))]
    if not found:
        common.nothing_found(find, TABLES)
        return lambda: common.files().dictionary(found)
    columns = [
        Column(at.say("cg_table"), width="24%"),
        Column(at.say("cg_row_is"), width="30%"),
        Column(at.say("cg_key"), width="20%"),
        Column(at.say("cg_columns"), number=True),
        Column(at.say("cg_month_uses"), width="18%"),
    ]
    lines = [
        [
            common.named(at.language.pick(one.en, one.zh), one.name),
            escape(common.voice().own(one.grain)),
            common.voice().listed(f"<code>{escape(key)}</code>" for key in one.key),
            at.form.count(len(one.columns)),
            escape(at.say(f"cg_delivery_{one.delivery.value}")),
        ]
        for one in found
    ]
    common.show_table(columns, lines, at.say("cg_section_dictionary"), least=900)
    return lambda: common.files().dictionary(found)


def _texts(one: Table) -> tuple[str, ...]:
    columns = tuple(text for column in one.columns for text in (column.name, column.en, column.zh))
    return (one.name, one.en, one.zh, *columns)


def show_one(one: Table) -> None:
    """The columns of a table, and the codes that they take."""
    at, say = desk(), common.voice()
    english = f"{one.grain[0].upper()}{one.grain[1:]}."
    st.html(markup.message(at.language.pick(english, f"{say.own(one.grain)}。")))
    st.html(
        common.points(
            [
                (at.say("cg_code"), f"<code>{escape(one.name)}</code>"),
                (at.say("cg_key"), say.listed(f"<code>{escape(key)}</code>" for key in one.key)),
                (at.say("cg_month_uses"), escape(say.label(DELIVERED[one.delivery]))),
            ]
        )
    )
    with st.columns([2, 3])[0]:
        find = common.search_box(at.say("cg_search"), at.say("cg_search_columns"))
    found = [c for c in one.columns if holds(find, c.name, c.en, c.zh, c.standard)]
    if not found:
        common.nothing_found(find, one.column_names)
        return
    columns = [
        Column(at.say("cg_column"), width="17%"),
        Column(at.say("cg_meaning"), width="33%"),
        Column(at.say("cg_type"), width="10%"),
        Column(at.say("cg_unit"), width="10%"),
        Column(at.say("cg_if_absent"), width="14%"),
        Column(at.say("cg_standard"), width="16%"),
    ]
    common.show_table(columns, [_cells(column) for column in found], one.name, least=900)
    lists = {c.code_list.name: c.code_list for c in found if c.code_list is not None}
    for codes in lists.values():
        _codes(codes)


def _cells(column: Declared) -> list[str]:
    at, say = desk(), common.voice()
    absent = at.say(f"cg_absent_{column.presence.value}")
    if column.presence is Presence.ASSUMED:
        absent += say.beside(assumed(column, say))
    empty = "" if column.nullable else f"<br><small>{escape(at.say('cg_never_empty'))}</small>"
    return [
        f"<code>{escape(column.name)}</code>",
        escape(at.language.pick(column.en, column.zh)),
        escape(type_name(column.dtype, say)),
        escape(unit_name(column, say)) or NOTHING,
        common.told(absent) + empty,
        escape(say.own(column.standard)) or NOTHING,
    ]


def _codes(codes: CodeList) -> None:
    at = desk()
    with st.expander(at.say("cg_code_list", name=codes.name, count=len(codes.codes))):
        columns = [
            Column(at.say("cg_code"), tight=True),
            Column(at.say("cg_meaning")),
            Column(at.say("cg_also_spelt")),
        ]
        lines = [
            [
                f"<code>{escape(one.code)}</code>",
                escape(at.language.pick(one.en, one.zh)),
                escape(common.voice().listed(one.aliases)) or NOTHING,
            ]
            for one in codes.codes
        ]
        common.show_table(columns, lines, codes.name)
