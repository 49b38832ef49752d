"""How like a column's name is to what the canonical tables, the standards and other banks call it.

Names only: what the values say belongs in `evidence`. The synonyms are data, in `terms/synonyms.yaml`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

import yaml

from transforms.mappings.canonical import folded
from transforms.mappings.model import packaged, packaged_text, parse_mapping
from transforms.schema import TABLES, Table

AS_OF: Final = "as_of_date"
SAME: Final = 1.0
SYNONYM: Final = 0.95
ALIKE: Final = 0.8
"""The most that names can say which are alike and not the same."""

_SHORT: Final = {
    "amt": "amount",
    "acct": "account",
    "bal": "balance",
    "ccy": "currency",
    "cd": "code",
    "cls": "class",
    "cur": "currency",
    "curr": "currency",
    "cust": "customer",
    "dt": "date",
    "emp": "employees",
    "flg": "flag",
    "guar": "guarantee",
    "ind": "industry",
    "int": "interest",
    "no": "id",
    "num": "id",
    "number": "id",
    "org": "branch",
    "prod": "product",
    "typ": "type",
}
"""Short words of column names; a number, a code of a thing and its id are the same to a name."""


@dataclass(frozen=True)
class Likeness:
    """How like two names are, from 0 to 1, and by what."""

    score: float
    why: str


def plain(name: str) -> str:
    """A name without capitals, blanks, signs and units in brackets.

    >>> plain("Loan No."), plain("贷款余额（万元）")
    ('loanno', '贷款余额')
    """
    bare = re.sub(r"\((?:[^()]*元|%|[a-z]{3})\)$", "", folded(name))
    return re.sub(r"[\W_]+", "", bare)


def likeness(name: str, table: Table, column: str) -> Likeness:
    """How like a file's column name is to a canonical column.

    >>> from transforms.schema import LOAN_SNAPSHOT
    >>> likeness("借据号", LOAN_SNAPSHOT, "loan_id")
    Likeness(score=0.95, why='synonym 借据号')
    >>> likeness("Loan_ID", LOAN_SNAPSHOT, "loan_id").score
    1.0
    """
    given = plain(name)
    if not given:
        return Likeness(0.0, "")
    if given == plain(column):
        return Likeness(SAME, "name")
    declared = table.column(column) if column in table.column_names else None
    if declared is not None and given == plain(declared.zh):
        return Likeness(SAME, f"Chinese term {declared.zh}")
    known = _synonyms()[table.name].get(column, ())
    for word in known:
        if given == plain(word):
            return Likeness(SYNONYM, f"synonym {word}")
    others = [column, *([declared.zh] if declared else []), *known]
    best = max(((_alike(name, other), other) for other in others), key=lambda pair: pair[0])
    return Likeness(ALIKE * best[0], f"like {best[1]}")


def called(table: str, column: str) -> tuple[str, ...]:
    """What files call a column, as far as the product knows: its own name, and every other that it reads."""
    return (column, *_synonyms().get(table, {}).get(column, ()))


def states_month(name: str) -> bool:
    """Whether a column of that name is likely to state the month end."""
    return plain(name) in {plain(word) for word in (AS_OF, *_months())}


def _alike(one: str, other: str) -> float:
    """From 0 to 1: by words where both are written in letters, by pairs of characters otherwise."""
    if one.isascii() != other.isascii():
        return 0.0
    return _dice(_words(one), _words(other)) if one.isascii() else _by_characters(one, other)


def _words(name: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return {_SHORT.get(word, word) for word in re.split(r"[\W_]+", spaced.lower()) if word}


def _by_characters(one: str, other: str) -> float:
    """Pairs of characters; a term that stands whole inside the other counts for more."""
    first, second = plain(one), plain(other)
    short, long = sorted((first, second), key=len)
    pairs = _dice(_pairs(first), _pairs(second))
    if len(short) < 2 or short not in long:  # noqa: PLR2004 - one character is no term
        return pairs
    # What a Chinese term is stands at its end: 贷款余额 is a balance, 余额方向 is not.
    whole = (0.6 if long.endswith(short) else 0.4) + 0.4 * len(short) / len(long)
    return max(pairs, whole)


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _dice(one: set[str], other: set[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other)) if one and other else 0.0


@lru_cache(maxsize=1)
def _texts() -> Mapping[str, object]:
    file = resources.files("transforms.mappings") / "terms" / "synonyms.yaml"
    content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - plain text
    return content if isinstance(content, dict) else {}


def _months() -> list[str]:
    words = _texts()[AS_OF]
    return words if isinstance(words, list) else []


@lru_cache(maxsize=1)
def _synonyms() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """By table and column, the product's list first, then what its own mappings read it from."""
    found: dict[str, dict[str, list[str]]] = {name: {} for name in TABLES}
    for table, columns in _texts().items():
        if table != AS_OF and isinstance(columns, dict):
            found[table] = {name: list(words) for name, words in columns.items()}
    for table, column, source in _mapped():
        if len(plain(source)) > 2:  # noqa: PLR2004 - `id` says nothing of whose it is
            found[table].setdefault(column, []).append(source)
    return {
        table: {name: tuple(dict.fromkeys(words)) for name, words in columns.items()}
        for table, columns in found.items()
    }


def _mapped() -> Iterable[tuple[str, str, str]]:
    for name in packaged():
        mapping = parse_mapping(name, packaged_text(name))
        for table, rules in mapping.tables.items():
            for column, rule in rules.columns.items():
                if rule.source is not None and rule.source not in mapping.read:
                    yield table, column, rule.source
