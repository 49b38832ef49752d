"""What a file's name says, and how to write a name that says too much: months, hostile characters.

Only texts: nothing here looks at a disk.
"""

import hashlib
import re
import unicodedata
from datetime import date
from typing import Final

from transforms.errors import BadDateError
from transforms.periods import month_end, parse_month_end

LONGEST: Final = 255
"""Bytes in a name, on the file systems of Linux, macOS and Windows alike."""

_MONTH: Final = re.compile(r"\d{4}-\d{2}(-\d{2})?")
_DATED: Final = (
    re.compile(r"(?<!\d)(\d{4})[-_.](\d{1,2})[-_.](\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)"),
    re.compile(r"(?<!\d)(\d{4})年(\d{1,2})月(\d{1,2})日"),
    re.compile(r"(?<!\d)(\d{4})-(\d{2})(?![-_.]?\d)()"),
    re.compile(r"(?<!\d)(\d{4})年(\d{1,2})月(?!\d)()"),
)
_UNSEEN: Final = ("Cc", "Cf", "Cs")
"""Unicode's kinds of characters that nobody sees: control, format, and bytes that are no text."""


def states_month(folder: str) -> bool:
    """Whether a folder is named like a month; whether there is such a month is asked later.

    >>> [states_month(name) for name in ("2026-10-31", "2026-10", "2026-99", "ibrd")]
    [True, True, True, False]
    """
    return _MONTH.fullmatch(folder) is not None


def month_of_folder(folder: str) -> date:
    """The month end that a folder's name states.

    >>> month_of_folder("2026-10")
    datetime.date(2026, 10, 31)

    Raises:
        BadDateError: if there is no such day, or it is not a month end.
    """
    if folder.count("-") > 1:
        return parse_month_end(folder)
    try:
        return month_end(date.fromisoformat(f"{folder}-01"))
    except ValueError:
        raise BadDateError(folder) from None


def month_in(name: str) -> date | None:
    """The only month end in a file's name, if there is exactly one; a day within a month is none.

    >>> month_in("loans_20261031_sent_20261105.csv")
    datetime.date(2026, 10, 31)
    >>> month_in("loan_snapshot_2026-10.csv")
    datetime.date(2026, 10, 31)
    >>> month_in("贷款台账2026年9月.csv")
    datetime.date(2026, 9, 30)
    >>> month_in("loans_2026-09-30_2026-10-31.csv"), month_in("loans_20261105.csv")
    (None, None)
    """
    found = set()
    for pattern in _DATED:
        for year, month, day in pattern.findall(name):
            try:
                first = date(int(year), int(month), 1)
                end = month_end(first)
                if not day or first.replace(day=int(day)) == end:
                    found.add(end)
            except ValueError:
                continue
    return found.pop() if len(found) == 1 else None


def is_plain(name: str) -> bool:
    r"""Whether a name can be read by a person as it is.

    >>> is_plain("贷款 (1).csv"), is_plain("a\nb.csv"), is_plain("a\u202efdp.csv")
    (True, False, False)
    """
    return not any(unicodedata.category(character) in _UNSEEN for character in name)


def readable(name: str) -> str:
    r"""A name with its unseen characters written out.

    >>> readable("a\nb.csv"), readable("a\udcffb.csv")
    ('a\\nb.csv', 'a\\udcffb.csv')
    """
    return "".join(
        character.encode("unicode_escape").decode("ascii")
        if unicodedata.category(character) in _UNSEEN
        else character
        for character in name
    )


def fitting(name: str, *, spare: int) -> str:
    r"""A plain name for a file, with room for so many more bytes; unlike names stay unlike.

    >>> fitting("loans.csv", spare=40)
    'loans.csv'
    >>> fitting("a\nb.csv", spare=40)
    'a_b~ff79ce9d.csv'
    >>> len(fitting("贷" * 85, spare=40).encode())
    213
    """
    plain = "".join("_" if unicodedata.category(one) in _UNSEEN else one for one in name)
    room = LONGEST - spare
    if plain == name and len(name.encode()) <= room:
        return name
    stem, dot, ending = plain.rpartition(".")
    if not dot or len(ending.encode()) > 16:  # noqa: PLR2004 - no ending is longer
        stem, dot, ending = plain, "", ""
    mark = "~" + hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    left = room - len(f"{mark}{dot}{ending}".encode())
    return f"{stem.encode()[:left].decode('utf-8', 'ignore')}{mark}{dot}{ending}"
