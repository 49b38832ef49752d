"""The data dictionary: every canonical table and column, the code lists, and what the product writes.

Both languages stand side by side, as they do in the schema.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from dashboards.definitions.columns import DELIVERED, assumed, type_name
from dashboards.definitions.marks import codes
from dashboards.definitions.voice import Voice
from dashboards.i18n import Language
from docs.generator.markdown import paragraph, table
from records.deliveries import ACCOUNT, LOAD_BATCH, REJECTED
from records.published import CHECK_HISTORY, PUBLICATION, RESULTS
from transforms.codes import CodeList
from transforms.schema import SYSTEM_COLUMNS, TABLES, Column, Presence, Table

_ABSENT: Final[Mapping[Presence, str]] = MappingProxyType(
    {Presence.REQUIRED: "refused", Presence.ASSUMED: "assumed", Presence.OPTIONAL: "left empty"}
)
_ENGLISH: Final = Voice(Language.EN)
_RESULT_MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "load_batch": "One row per delivered table: the account of what was taken. Written last: "
        "with it a delivery becomes visible.",
        "rejected_rows": "Rejected rows, word for word as delivered, with the rules they break.",
        "delivery_account": "Accepted + rejected = delivered, by table, branch and currency, also in base "
        "currency where there is a rate.",
        "metric_fact": "Every figure: metric, reading, node, slice, numerator, denominator, value, "
        "target, status and quality.",
        "node": "The branch tree as organised at the month end.",
        "counts_for": "Which node each branch, open or closed, counts for.",
        "node_measure": "Measures taken at every node anew: distinct counts, largest clients, what the "
        "bank reports as a whole.",
        "branch_measure": "Additive measures by booking branch: the base of later comparisons.",
        "finding": "Broken rules of the month, by branch where it applies, with reason and remedy.",
        "check_result": "Every rule's verdict of the month, broken or not, or why it was skipped.",
        "failing_row": "Every row that breaks a rule of the month: its key, branch, amount and place in the "
        "delivered file.",
        "check_history": "Every verdict of every run, published or not. Nothing is removed from it.",
        "reconciliation": "Loans against the general ledger by branch, account and currency, with what is "
        "explained of a difference.",
        "publication": "One row per publication: the month, its version, and the run that readers take.",
    }
)


def dictionary_page() -> Iterator[str]:
    """Every canonical table and column, the code lists, and the tables the product writes."""
    yield from paragraph("# Data dictionary")
    yield from paragraph(
        "*This page is written by `docs/generate.py` from `transforms/schema.py`, `transforms/codes.py` and "
        "`records/`. Change it there and write the page again; a test keeps the two in step.*"
    )
    yield from paragraph(
        "*Delivered tables* are what a bank's files become, by their own column names or through a "
        "[mapping](mappings.md). *If absent* says what happens when a file lacks the whole column: it is "
        "*refused*, or a value is *assumed* and reported, or the column is *left empty* and metrics that "
        "need it are not computable. *Empty* says whether single values may be missing. Tier A columns "
        "are those the metrics rest on first; tier B adds to them."
    )
    yield from table(
        ("table", "名称", "a row is", "key", "columns"),
        (
            (
                f"[{one.name}](#{one.name})",
                one.zh,
                one.grain,
                codes(one.key),
                len(one.columns),
            )
            for one in TABLES.values()
        ),
    )
    for one in TABLES.values():
        yield from _canonical(one)
    yield from paragraph("## Added to every delivered row")
    yield from table(
        ("column", "type", "meaning", "含义"),
        ((f"`{c.name}`", _type(c.dtype), c.en, c.zh) for c in SYSTEM_COLUMNS),
    )
    yield from paragraph("## Code lists")
    yield from paragraph(
        "A code is accepted in its canonical form or in one of the spellings, whatever the capitals. An "
        "unknown code is a problem of the row ([E0004](checks.md#e0004)); it never becomes *other*."
    )
    for code_list in _code_lists():
        yield from paragraph(f"### code list {code_list.name}")
        yield from table(
            ("code", "meaning", "含义", "also spelt"),
            ((f"`{c.code}`", c.en, c.zh, ", ".join(c.aliases)) for c in code_list.codes),
        )
    yield from paragraph("## Written by the product")
    yield from paragraph(
        "Tables of the workspace's lake beside the delivered ones. Figures have twelve decimals "
        "([why](decisions/0010-facts-are-decimal-38-12.md))."
    )
    written = {
        "load_batch": LOAD_BATCH,
        "rejected_rows": REJECTED,
        "delivery_account": ACCOUNT,
        **RESULTS,
        "check_history": CHECK_HISTORY,
    }
    for name, columns in {**written, "publication": PUBLICATION}.items():
        yield from paragraph(f"### {name}")
        yield from paragraph(_RESULT_MEANINGS.get(name, ""))
        yield from table(
            ("column", "type"), ((f"`{column}`", _type(t)) for column, t in columns.items())
        )


def _canonical(one: Table) -> Iterator[str]:
    yield from paragraph(f"## {one.name}")
    yield from paragraph(f"**{one.en}** · {one.zh}: {one.grain}. {DELIVERED[one.delivery].en}")
    yield from table(
        ("column", "type", "unit", "tier", "if absent", "empty", "meaning", "含义", "standard"),
        map(_column, one.columns),
    )


def _column(column: Column) -> tuple[str, ...]:
    absent = _ABSENT[column.presence]
    if column.presence is Presence.ASSUMED:
        absent += f" {assumed(column, _ENGLISH)}"
    unit = column.unit
    if column.code_list is not None:
        unit = f"[{unit or 'code'}](#code-list-{column.code_list.name})"
    return (
        f"`{column.name}`",
        _type(column.dtype),
        unit,
        column.tier,
        absent,
        "yes" if column.nullable else "no",
        column.en,
        column.zh,
        column.standard,
    )


def _code_lists() -> Iterator[CodeList]:
    """The lists that columns use, each once, in the order they are met."""
    lists = {
        column.code_list.name: column.code_list
        for one in TABLES.values()
        for column in one.columns
        if column.code_list is not None
    }
    yield from lists.values()


def _type(dtype: pl.DataType) -> str:
    return type_name(dtype, _ENGLISH)
