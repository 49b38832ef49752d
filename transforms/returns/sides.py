"""Sides of cross-checks as people write them: `SEI.010.A + SEI.020.A`, `SEI.*.B`, `other:T.010.A`, `0.05`."""

import re
from decimal import Decimal
from typing import Final

from transforms.returns.model import Cell, Side

EVERY: Final = "*"
"""A row that stands for each row."""
_TERM: Final = re.compile(
    r"\s*(?P<sign>[+-])?\s*(?:(?P<number>\d+(?:\.\d+)?)|"
    r"(?:(?P<report>[a-z][a-z0-9_]*):)?(?P<table>[A-Z][A-Z0-9_]*)"
    r"\.(?P<row>\*|[0-9A-Z][0-9A-Z_]*)\.(?P<column>[A-Z][A-Z0-9_]*))(?=\s|[+-]|$)"
)


def side_of(text: str) -> Side | str:
    """The side, or what of the text cannot be read.

    >>> side_of("SEI.010.A - QT:T.010.A")
    'QT:T.010.A'
    >>> side_of("SEI.010.A - 0.5").number
    Decimal('-0.5')
    """
    cells: list[tuple[int, Cell]] = []
    number = Decimal(0)
    place = 0
    while place < len(text.rstrip()):
        found = _TERM.match(text, place)
        if found is None or (place and found["sign"] is None):
            return text[place:].lstrip(" +-")
        sign = -1 if found["sign"] == "-" else 1
        if found["number"]:
            number += sign * Decimal(found["number"])
        else:
            address = (found["table"], found["row"], found["column"], found["report"] or "")
            cells.append((sign, Cell(*address)))
        place = found.end()
    return Side(tuple(cells), number) if place else "nothing"
