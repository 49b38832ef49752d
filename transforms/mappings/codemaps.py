"""What a bank's own codes mean: its order of the nine SEI fields, and its way of writing GB/T 4754.

What a code list holds belongs in `transforms.codes`, and how a text is looked up in `values`. What a
class of three digits may claim is settled where classes are used
(docs/decisions/0003-three-digit-industry-codes.md), not here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import polars as pl
from typing_extensions import override

from transforms.codes import SEI_FIELD, CodeList
from transforms.schema import Column

INDUSTRY_COLUMNS: Final = frozenset({"purpose_industry_code", "industry_code"})
"""Columns of classes of the economy; cleaned where a book is coded by GB/T 4754."""

_FULL_WIDTH: Final = {chr(0xFF01 + at): chr(0x21 + at) for at in range(94)} | {"\u3000": " "}
_CODE_THEN_NAME: Final = r"^([A-T]?) *([0-9]{2,6})(?:[^0-9A-Z].*)?$"


def is_numbered(word: str) -> bool:
    """Whether a word says only a place in an order: `3`, `03` and `SE03` do, names do not.

    >>> [is_numbered(word) for word in ("3", "03", "se03", "新材料", "SEI")]
    [True, True, True, False, False]
    """
    return re.fullmatch(r"(SE)?0?[1-9]", word.strip().upper()) is not None


def has_order(column: Column) -> bool:
    """Whether sources number the column's codes in orders of their own."""
    return column.code_list is SEI_FIELD


def misordered(column: Column, order: Sequence[str]) -> str | None:
    """What is wrong with an order as a mapping gives it; nothing if it names every code once."""
    if not has_order(column) or column.code_list is None:
        return "order is for sei_tag, whose fields every source numbers its own way"
    spellings = column.code_list.spellings
    unknown = [word for word in order if word.strip().upper() not in spellings]
    if unknown:
        known = ", ".join(code.zh for code in column.code_list.codes)
        return f"{unknown[0]!r} is no field; they are {known}"
    meant = [spellings[word.strip().upper()] for word in order]
    if sorted(meant) != sorted(column.code_list.values):
        return f"order names all {len(column.code_list.codes)} fields, each once"
    return None


def own_codes(column: Column, codes: Mapping[str, str], order: Sequence[str]) -> dict[str, str]:
    """The mapping's own words for canonical codes, an order written out.

    >>> from transforms.schema import LOAN_SNAPSHOT
    >>> marts = ["7", "1", "4", "2", "6", "3", "5", "8", "9"]
    >>> words = own_codes(LOAN_SNAPSHOT.column("sei_tag"), {}, marts)
    >>> words["1"], words["SE02"], words["03"]
    ('7', '1', '4')
    """
    if column.code_list is None:
        return dict(codes)
    spellings = column.code_list.spellings
    numbered = {
        form.format(place): spellings[word.strip().upper()]
        for place, word in enumerate(order, start=1)
        for form in ("{}", "0{}", "SE0{}")
    }
    own = {given: spellings.get(meant.strip().upper(), meant) for given, meant in codes.items()}
    return {**numbered, **own}


@dataclass(frozen=True)
class _NamesOnly(CodeList):
    """A numbered list of which only the names are known: the numbers are the source's own."""

    @property
    @override
    def spellings(self) -> dict[str, str]:
        """The spellings that are no numbers."""
        return {
            spelling: code
            for spelling, code in super().spellings.items()
            if not is_numbered(spelling)
        }


def coded_column(column: Column, codes: Mapping[str, str]) -> Column:
    """The column as its codes are to be looked up, beside the mapping's own words.

    A source that numbers the fields its own way numbers all of them: a number that its map does not
    list is unknown, and is never read in the order of the standard.
    """
    own_numbers = has_order(column) and any(is_numbered(word) for word in codes)
    if not own_numbers or column.code_list is None:
        return column
    return replace(column, code_list=_NamesOnly(column.code_list.name, column.code_list.codes))


def industry(text: pl.Expr) -> pl.Expr:
    """A class of GB/T 4754 as code lists write it: `C 3921`, `ｃ３９２１` and `C3921 …` are `C3921`.

    The section letter stays where it was delivered, and so do the digits that were; a text that is
    no code stays what it is.
    """
    plain = text.str.replace_many(list(_FULL_WIDTH), list(_FULL_WIDTH.values()))
    plain = plain.str.strip_chars().str.to_uppercase()
    code = pl.concat_str(
        plain.str.extract(_CODE_THEN_NAME, 1), plain.str.extract(_CODE_THEN_NAME, 2)
    )
    return code.fill_null(text)
