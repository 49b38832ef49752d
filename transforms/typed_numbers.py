"""Numbers as a person types them into a command or a page.

Columns of files are read by `mappings.values`, which decides for a whole column how it is written.
"""

import re
import unicodedata
from decimal import Decimal
from typing import Final

_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.[0-9]+)?(?<=[0-9])(?:[eE][+-]?[0-9]{1,3})?"
)


def typed_number(text: str) -> Decimal | None:
    """The number, exactly as typed; none if it cannot be read in one way only.

    Commas stand between thousands: what might be a decimal comma is no number.

    >>> typed_number("1,200,000.50"), typed_number("０．１５"), typed_number("1.5e8")
    (Decimal('1200000.50'), Decimal('0.15'), Decimal('1.5E+8'))
    >>> typed_number("1,5"), typed_number("0,15"), typed_number("nan"), typed_number("1_000")
    (None, None, None, None)
    """
    plain = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-").strip()
    if not _NUMBER.fullmatch(plain):
        return None
    return Decimal(plain.replace(",", ""))
