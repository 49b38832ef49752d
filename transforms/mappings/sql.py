"""The small SQL a mapping may use: one expression about one row, over source columns and `:as_of`.

Polars parses and runs it. This module puts the month end in, and refuses the constructs that would
stop a whole delivery over one odd row, or that look beyond the row. What the expression is *for*
is the mapping's business.
"""

import re
from datetime import date
from typing import Final

import polars as pl

# A quoted text, a quoted name, or one character of neither.
_TOKENS: Final = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|(?P<code>[^'\"]+)")
_AS_OF: Final = re.compile(r":as_of\b", re.IGNORECASE)
_RAISING: Final = re.compile(
    r"\b(CAST|DATE|DATETIME|TIMESTAMP|STRPTIME|STRFTIME)\s*\(|(::)", re.IGNORECASE
)
LONGEST: Final = 10_000
OPERATORS: Final = 1_000
"""A chain of some thousands is deeper than the stack of whoever computes it."""
_OPERATORS: Final = re.compile(r"[-+*/%<>=|&^~]+|\b(?:AND|OR|NOT|IN|IS|LIKE|WHEN)\b", re.IGNORECASE)
_PADS: Final = re.compile(r"\b([LR]PAD)\s*\(", re.IGNORECASE)
_FILLS: Final = re.compile(r"[^(),]*(?:\([^()]*\)[^(),]*)*,\s*[0-9]{1,3}\s*[,)]")
_BEYOND_THE_ROW: Final = re.compile(r"\b(OVER|SELECT|FROM)\b(?!\s*\))", re.IGNORECASE)


def misuse(statement: str) -> str | None:
    """What is wrong with the expression as such, or nothing."""
    code = " ".join(match["code"] or "''" for match in _TOKENS.finditer(statement))
    excess = _excess(statement, code)
    if excess:
        return excess
    raising = _RAISING.search(code)
    if raising:
        word = (raising[1] or raising[2]).upper()
        return (
            f"{word} stops the whole delivery at the first odd value: read the column under "
            "`read:` with `as: date`, `as: integer` or `as: amount` and use that name, or TRY_CAST"
        )
    # EXTRACT(YEAR FROM x) is a row's own business; anything else with FROM is a query.
    beyond = _BEYOND_THE_ROW.search(re.sub(r"(?i)EXTRACT\s*\(\s*\w+\s+FROM\b", " ", code))
    if beyond:
        return f"{beyond[1].upper()} looks beyond the row, and a mapping decides row by row"
    try:
        parsed = expression(statement, date(2000, 1, 31))
    except pl.exceptions.PolarsError as error:
        return f"the SQL does not parse: {str(error).splitlines()[0]}"
    if not parsed.meta.eq(parsed.meta.undo_aliases()):
        return 'two words stand side by side: write "Loan Number" with its double quotes'
    return None


def _excess(statement: str, code: str) -> str | None:
    """What would break whoever computes it: a chain too long, or texts without a bound."""
    if len(statement) > LONGEST or len(_OPERATORS.findall(code)) > OPERATORS:
        return (
            f"an expression has at most {LONGEST:,} characters and {OPERATORS:,} operators: "
            "many words and their codes belong under `codes:`"
        )
    for padded in _PADS.finditer(code):
        if not _FILLS.match(code, padded.end()):
            return f"{padded[1].upper()} takes a column and a length that is written out, up to 999"
    return None


def expression(statement: str, as_of: date) -> pl.Expr:
    """The expression with `:as_of` as a date; texts and quoted names are left as they are."""
    literal = f"DATE '{as_of.isoformat()}'"

    def put_in(match: re.Match[str]) -> str:
        return _AS_OF.sub(literal, match[0]) if match["code"] else match[0]

    return pl.sql_expr(_TOKENS.sub(put_in, statement))
