"""What a cell of a workbook says, as text: numbers in their shortest form, dates as ISO."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import IntEnum
from typing import Final

_PLAIN: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]{1,9})?")
DIGITS: Final = 15
"""Excel keeps no more digits of a number."""
_BUILT_IN_DATES: Final = frozenset((*range(14, 23), *range(27, 37), *range(50, 59)))
_NO_LETTERS: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ELAPSED: Final = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_LAST_SERIAL: Final = 2958465
_SECONDS: Final = 86400


class Cell(IntEnum):
    """What a cell holds, as far as it matters for reading it."""

    PLAIN = 0
    DAY = 1
    MOMENT = 2
    LONG = 3
    """A number of more digits than Excel keeps."""
    UNKNOWN = 4
    """A formula whose answer is not in the file."""


def place(column: int, row: int) -> str:
    """The name of a cell as Excel writes it.

    >>> place(0, 4), place(27, 17)
    ('A4', 'AB17')
    """
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


def number_text(raw: str) -> str:
    """A number in its shortest decimal form; Excel writes 17 digits, of which 15 are meant.

    >>> number_text("1.1000000000000001"), number_text("1E-07"), number_text("6222021234567890")
    ('1.1', '0.0000001', '6222021234567890')
    """
    if _PLAIN.fullmatch(raw):
        return raw
    value = float(raw)
    if value - value != 0:  # infinite, or no number
        return raw
    return f"{Decimal(repr(value)):f}".removesuffix(".0")


def date_text(serial: float, *, date_1904: bool) -> tuple[str, Cell] | None:
    """A serial number as an ISO date, or date and time; None where it is none.

    Day 60 of the 1900 system is a 29 February that never was: it is written so, and unreadable.
    """
    if serial - serial != 0:  # infinite, or no number
        return None
    day = int(serial)
    if not (0 if date_1904 else 1) <= day <= _LAST_SERIAL:
        return None
    if date_1904:
        epoch = date(1904, 1, 1)
    elif day == 60:  # noqa: PLR2004 - Excel's own day
        return "1900-02-29", Cell.PLAIN
    else:
        epoch = date(1899, 12, 30) if day > 60 else date(1899, 12, 31)  # noqa: PLR2004
    seconds = round((serial - day) * _SECONDS)
    try:
        start = datetime.combine(epoch, datetime.min.time()) + timedelta(days=day)
        moment = start + timedelta(seconds=seconds)
    except OverflowError:
        return None
    if seconds == 0:
        return moment.date().isoformat(), Cell.DAY
    return moment.isoformat(sep=" "), Cell.MOMENT


def is_date(number: str, codes: Mapping[str, str]) -> bool:
    """Whether a number under this format is a date: by the format's letters, or its number."""
    if number not in codes:
        return number.isdigit() and int(number) in _BUILT_IN_DATES
    code = codes[number].partition(";")[0]
    if _ELAPSED.search(code):
        return False
    letters = _NO_LETTERS.sub("", code).lower()
    return letters != "general" and any(letter in letters for letter in "ymdhs")


def iso_text(value: str) -> tuple[str, Cell]:
    """A date that the file has as text; left as it is where it is none."""
    try:
        moment = datetime.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        return value, Cell.PLAIN
    if moment.time() == datetime.min.time():
        return moment.date().isoformat(), Cell.DAY
    return moment.isoformat(sep=" "), Cell.MOMENT
