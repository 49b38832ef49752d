"""What is known of a loan in words: columns by their names, codes spelled out, values as people read them.

Names of columns and codes are declared in `transforms.schema` and `transforms.codes`.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from dashboards.definitions.words import chinese
from dashboards.i18n import Language, day_text, say
from dashboards.numbers import NOTHING, fixed
from transforms.catalogue.model import Entity
from transforms.catalogue.vocabulary import NAMES
from transforms.schema import BORROWER_SNAPSHOT, LOAN_EVENT, LOAN_SNAPSHOT, RATE, Column

_COLUMNS: Final[Mapping[str, Column]] = {
    column.name: column
    for table in (LOAN_EVENT, BORROWER_SNAPSHOT, LOAN_SNAPSHOT)
    for column in table.columns
}
"""Columns of all that is told of a loan; those of the loan itself before others of the same name."""

_TAGS: Final = ("sei_tag", "green_tag", "tech_loan_tag", "supply_chain_product_code")
_NORMAL: Final = "FQ01"
_PLACES: Final = 2
_RATE_PLACES: Final = 4


def heading(name: str, language: Language) -> str:
    """What a column or looked-up name of a loan is called."""
    column = _COLUMNS.get(name)
    if column is not None:
        return language.pick(_short(column.en), column.zh)
    known = NAMES[Entity.LOAN].get(name)
    if known is None:
        return name
    return language.pick(_short(known.meaning), chinese().get(known.meaning, name))


def _short(meaning: str) -> str:
    """A meaning up to its first comma or semicolon: what follows qualifies it."""
    return meaning.partition(";")[0].partition(",")[0]


def spelled(name: str, value: object, language: Language) -> str:
    """A value of a column in words: codes spelled out, the code behind them where it says more."""
    column = _COLUMNS.get(name)
    named = labels_of(name, language)
    if value in named:
        return named[str(value)]
    match value:
        case None:
            told = NOTHING
        case bool():
            told = say(language, "ln_yes" if value else "ln_no")
        case Decimal() if column is not None and column.dtype == RATE:
            told = f"{fixed(value * 100, _RATE_PLACES).rstrip('0').rstrip('.')}%"
        case Decimal():
            told = fixed(value, _PLACES)
        case date():
            told = day_text(language, value)
        case int():
            told = fixed(Decimal(value), 0)
        case _:
            told = str(value)
    return told


_OVERRIDE: Final = re.compile(
    r"(?P<column>\w+) (?P<before>.*?) → (?P<value>.*?) "
    r"\((?P<name>[^()]*?), approved by (?P<by>[^()]*?), until (?P<until>\d{4}-\d{2}-\d{2}|null)\)"
)
_EMPTY_TEXT: Final = "(empty)"


def overridden(told: str, language: Language) -> str:
    """What of a loan was overridden, as lists bear it in codes, with the reader's words for them.

    >>> overridden("sei_tag (empty) → 3 (O-17, approved by li, until 2026-12-31)", Language.ZH)
    '战略性新兴产业类型：– → 新材料产业（O-17，li 批准，至 2026-12-31）'
    """

    def one(found: re.Match[str]) -> str:
        name = found["column"]
        values = (None if text == _EMPTY_TEXT else text for text in found.group("before", "value"))
        before, value = (spelled(name, text, language) for text in values)
        until = found["until"]
        if language is Language.EN:
            ways = f"({found['name']}, approved by {found['by']}, until {until})"
            return f"{heading(name, language)}: {before} → {value} {ways}"
        ways = f"（{found['name']}，{found['by']} 批准，至 {until}）"
        return f"{heading(name, language)}：{before} → {value}{ways}"

    text = _OVERRIDE.sub(one, told)
    return text if language is Language.EN else text.replace("）; ", "）；")


def labels_of(name: str, language: Language) -> dict[str, str]:
    """The words of a column's codes; none where it holds no codes of a list."""
    column = _COLUMNS.get(name)
    if column is None or column.code_list is None:
        return {}
    return {code.code: language.pick(code.en, code.zh) for code in column.code_list.codes}


def marks(row: Mapping[str, object], language: Language) -> list[tuple[str, str]]:
    """The tags of a loan, and its class if that is not normal: each short, by its code, and in words."""
    told = []
    tier = row.get("loan_classification")
    if tier is not None and tier != _NORMAL:
        word = spelled("loan_classification", tier, language)
        told.append((word, f"{heading('loan_classification', language)}: {word}"))
    for name in _TAGS:
        value = row.get(name)
        if value is not None:
            word = spelled(name, value, language)
            short = say(language, f"ln_tag_{name}", code=value)
            told.append((short, f"{heading(name, language)}: {word}"))
    return told
