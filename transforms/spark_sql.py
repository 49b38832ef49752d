"""Conditions of the catalogue as Spark reads them: the same text, token by token, or a refusal.

Definitions are written in the SQL of Polars. Most of it is said in the same words on Spark, some in others
(quotes, powers of ten), and some reckons differently there. What is not known to mean the same is refused
by name: a cluster that answers another question than the bank asked is worse than one that answers none.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from transforms.errors import BranchmarkError

FIXED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "spark.sql.ansi.enabled": "true",
        "spark.sql.ansi.doubleQuotedIdentifiers": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.caseSensitive": "true",
        "spark.sql.parser.escapedStringLiterals": "false",
        "spark.sql.decimalOperations.allowPrecisionLoss": "true",
        "spark.sql.legacy.decimal.retainFractionDigitsOnTruncate": "true",
        "spark.sql.session.collation.default": "UTF8_BINARY",
    }
)
"""Settings of a session that conditions and exact amounts rest on: a bank cannot set them otherwise.

ANSI: what does not fit its type is an error, never a null. Where two amounts meet in one column, decimals
are kept and an overflow is that error; otherwise Spark would cut decimals without a word.
"""

_TOKEN: Final = re.compile(
    r"""
    (?P<space>\s+)
    |(?P<text>'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[^\W\d]\w*)
    |(?P<sign><>|!=|<=|>=|\|\||[=<>(),+*-])
    |(?P<other>.)
    """,
    re.VERBOSE,
)

_WORDS: Final = frozenset(
    {
        *("AND", "OR", "NOT", "IN", "IS", "NULL", "TRUE", "FALSE", "BETWEEN", "LIKE"),
        *("CASE", "WHEN", "THEN", "ELSE", "END", "DATE"),
    }
)
"""Words of the language, the same on both sides; any other word not followed by `(` is a column."""

_FUNCTIONS: Final = {
    "coalesce": "coalesce",
    "abs": "abs",
    "lower": "lower",
    "upper": "upper",
    "nullif": "nullif",
    "starts_with": "startswith",
    "ends_with": "endswith",
}
"""Functions that mean the same on both sides, and what they are called there."""

_Token = tuple[str, str]


class OtherOnSparkError(BranchmarkError):
    """A condition that Spark would read otherwise than the product does."""

    def __init__(self, sql: str, what: str) -> None:
        super().__init__(
            f"The condition {sql!r} cannot be put to Spark: {what}. Write it in other words, or build with "
            "--engine polars."
        )


def spark_sql(sql: str) -> str:
    r"""A condition of the catalogue in the words of Spark.

    >>> spark_sql("size IN ('CS03', 'CS04') AND \"group\" <> 'it''s'")
    "`size` IN ('CS03', 'CS04') AND `group` <> 'it\\'s'"
    >>> spark_sql("COALESCE((balance >= 1E+7), FALSE)")
    'coalesce((`balance` >= 10000000), FALSE)'

    Raises:
        OtherOnSparkError: if Spark would read it otherwise, or it is not known whether it would.
    """
    tokens = [(str(match.lastgroup), match.group()) for match in _TOKEN.finditer(sql)]
    solid = [token for token in tokens if token[0] != "space"]
    told = iter([_told(sql, solid, place) for place in range(len(solid))])
    return "".join(" " if kind == "space" else next(told) for kind, _ in tokens)


def _told(sql: str, tokens: list[_Token], place: int) -> str:
    kind, text = tokens[place]
    told = text
    match kind:
        case "text":
            told = _literal(sql, text, of_pattern=_is_word(tokens, place - 1, "LIKE"))
        case "quoted":
            told = _column(text[1:-1].replace('""', '"'))
        case "number":
            told = _number(text)
        case "word" if text.upper() not in _WORDS:
            called = tokens[place + 1 : place + 2] == [("sign", "(")]
            told = _function(sql, text) if called else _column(text)
        case "sign" if text == "*":
            _require_number(sql, tokens, place)
        case "other":
            raise OtherOnSparkError(sql, f"{text} reckons otherwise there, or is not known")
        case _:
            pass
    return told


def _is_word(tokens: list[_Token], place: int, word: str) -> bool:
    return place >= 0 and tokens[place][0] == "word" and tokens[place][1].upper() == word


def _literal(sql: str, text: str, *, of_pattern: bool) -> str:
    """A text between quotes: Spark escapes by a backslash what standard SQL doubles."""
    plain = text[1:-1].replace("''", "'")
    if of_pattern and "\\" in plain:
        raise OtherOnSparkError(sql, "a backslash in a pattern of LIKE means something else there")
    escaped = plain.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _column(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _number(text: str) -> str:
    """A number, written out: with a power of ten it would be an inexact one."""
    if "e" not in text.lower():
        return text
    return format(Decimal(text), "f")


def _function(sql: str, name: str) -> str:
    told = _FUNCTIONS.get(name.lower())
    if told is None:
        raise OtherOnSparkError(sql, f"the function {name} is not known to mean the same there")
    return told


def _require_number(sql: str, tokens: list[_Token], place: int) -> None:
    """A product is exact there with a number on one side; of two amounts, cents may be lost."""
    beside = [tokens[at][0] for at in (place - 1, place + 1) if 0 <= at < len(tokens)]
    if "number" not in beside:
        raise OtherOnSparkError(sql, "a product of two columns loses decimals there")
