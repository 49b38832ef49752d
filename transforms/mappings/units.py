"""Words for the unit that an amount is counted in: 万元, 亿元, percent; in a mapping, a header or a value.

What a unit does to a number is in `values`; that a header's unit and the mapping's agree, in `model`.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

_SCALES: Final = {
    "百": 2,
    "千": 3,
    "万": 4,
    "十万": 5,
    "百万": 6,
    "千万": 7,
    "亿": 8,
    "十亿": 9,
    "百亿": 10,
}

IN_VALUES: Final[Mapping[str, Decimal]] = MappingProxyType(
    {"元": Decimal(1)}
    | {
        f"{scale}{yuan}": Decimal(10) ** power
        for scale, power in _SCALES.items()
        for yuan in ("", "元")
    }
)
"""What may stand behind the digits of an amount: `12.5万元`, `3亿`."""

WORDS: Final[Mapping[str, Decimal]] = MappingProxyType(
    {
        **IN_VALUES,
        "%": Decimal("0.01"),
        "％": Decimal("0.01"),
        "‰": Decimal("0.001"),
        "thousand": Decimal(1000),
        "million": Decimal(1_000_000),
        "billion": Decimal(1_000_000_000),
    }
)
"""What a mapping may say for `unit`, and a header in brackets."""

SIGNS: Final = "十百千万亿元"
"""The characters that the units in values are made of."""

_MONEY: Final = r"(?:人民币|美元|港元|港币|欧元|日元|英镑|元|圆)"
_CODE: Final = r"(?:cny|rmb|usd|eur|hkd|jpy|gbp|¥|￥|\$)"
_SCALE: Final = "|".join(sorted(_SCALES, key=len, reverse=True))
_BRACKETED: Final = re.compile(
    rf"[(（\[【]\s*(?:单位\s*[:：]\s*)?(?:人民币|{_CODE})?\s*(?:in\s+)?(?:"
    rf"(?P<scale>{_SCALE})?{_MONEY}|(?P<bare>{_SCALE})|(?P<share>[%％‰])"
    rf"|(?P<english>thousand|million|billion)s?(?:\s+{_CODE}|\s+yuan)?"
    r")\s*[)）\]】]\s*$",
    re.IGNORECASE,
)
_AT_END: Final = re.compile(rf"(?<![0-9０-９十百千万亿])(?P<scale>{_SCALE})元$")


def of_header(name: str) -> tuple[str, Decimal] | None:
    """The unit that a column's name states at its end, as a word and a factor; None if it states none.

    >>> of_header("贷款余额(万元)"), of_header("余额（单位：亿元）"), of_header("贷款余额_万元")
    (('万元', Decimal('10000')), ('亿元', Decimal('100000000')), ('万元', Decimal('10000')))
    >>> of_header("执行利率(%)"), of_header("Balance (CNY million)"), of_header("授信额度")
    (('%', Decimal('0.01')), ('million', Decimal('1000000')), None)
    """
    found = _BRACKETED.search(name.strip())
    if found is None:
        ending = _AT_END.search(name.strip())
        if ending is None:
            return None
        return _known(f"{ending['scale']}元")
    if found["share"] or found["english"]:
        return _known((found["share"] or found["english"]).lower())
    return _known(f"{found['scale'] or found['bare'] or ''}元")


def _known(word: str) -> tuple[str, Decimal]:
    return word, WORDS[word]
