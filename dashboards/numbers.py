"""How a number is printed: one rule for pages, charts, terminal and paper.

Shares with one decimal, small ratios with two; money in k, m and bn, or 万 and 亿; counts and
indices with thousands separators; a true minus sign; a dash where there is no number. Half up, from
exact decimals: a printed figure never depends on a binary float. Sentences around a number belong in
`words`.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Decimal
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from dashboards.i18n import Language
from transforms.catalogue.model import Unit

MINUS: Final = "\N{MINUS SIGN}"
NOTHING: Final = "\N{EN DASH}"
"""Stands where there is no number; never a zero."""

_SHOWN_OF_SCALE: Final = Decimal("0.1")
_READ_OF_SCALE: Final = 100_000


class Round(StrEnum):
    """How digits are dropped.

    Half up is the rule. A sum that must be raised is rounded up and room that may be used is rounded
    down, so that acting on the printed figure is always enough and never too much.
    """

    HALF_UP = ROUND_HALF_UP
    UP = ROUND_UP
    DOWN = ROUND_DOWN


class AmountUnit(StrEnum):
    """What amounts are written in."""

    AUTO = "auto"
    """Each in the largest unit that it fills."""
    SMALL = "small"
    """Thousands, or 万."""
    LARGE = "large"
    """Billions, or 亿."""


@dataclass(frozen=True)
class Scale:
    """A unit of money.

    Attributes:
        size: one of it, in units of the currency.
        least: the smallest amount written in it, so that the decimals left still tell something.
        suffix: what is written behind the number.
        decimals: how many are shown.
    """

    size: Decimal
    least: Decimal
    suffix: str
    decimals: int


_SCALES: Final = MappingProxyType(
    {
        Language.EN: (
            Scale(Decimal(10) ** 9, Decimal(10) ** 9, " bn", 2),
            Scale(Decimal(10) ** 6, Decimal(10) ** 6, " m", 1),
            Scale(Decimal(10) ** 3, Decimal(10) ** 4, " k", 0),
            Scale(Decimal(1), Decimal(0), "", 0),
        ),
        Language.ZH: (
            Scale(Decimal(10) ** 8, Decimal(10) ** 8, " 亿", 2),
            Scale(Decimal(10) ** 4, Decimal(10) ** 5, " 万", 0),
            Scale(Decimal(1), Decimal(0), " ", 0),
        ),
    }
)
_CHOSEN: Final = MappingProxyType(
    {
        (Language.EN, AmountUnit.SMALL): Scale(Decimal(10) ** 3, Decimal(0), " k", 0),
        (Language.EN, AmountUnit.LARGE): Scale(Decimal(10) ** 9, Decimal(0), " bn", 2),
        (Language.ZH, AmountUnit.SMALL): Scale(Decimal(10) ** 4, Decimal(0), " 万", 0),
        (Language.ZH, AmountUnit.LARGE): Scale(Decimal(10) ** 8, Decimal(0), " 亿", 2),
    }
)
"""The units that a reader may choose for all amounts."""

_UNIT_WORDS: Final = MappingProxyType(
    {
        Unit.PP: (" pp", " 个百分点"),
        Unit.BP: (" bp", " 基点"),
        Unit.DAYS: (" days", " 天"),
        Unit.INDEX: ("", ""),
    }
)
"""What is written behind a number; an index has no unit."""

_CURRENCY_ZH: Final = MappingProxyType(
    {"CNY": "元", "USD": "美元", "EUR": "欧元", "GBP": "英镑", "HKD": "港元", "JPY": "日元"}
)


def rounded(value: Decimal, decimals: int, how: Round = Round.HALF_UP) -> Decimal:
    """The value at so many decimals; away from zero where it lies half-way.

    >>> rounded(Decimal("0.125"), 2)
    Decimal('0.13')
    >>> rounded(Decimal("-0.125"), 2)
    Decimal('-0.13')
    """
    return value.quantize(_last_place(decimals), rounding=how)


@lru_cache
def _last_place(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)


def fixed(
    value: Decimal, decimals: int, *, signed: bool = False, how: Round = Round.HALF_UP
) -> str:
    """A plain number at so many decimals, with thousands separators and a true minus sign.

    >>> fixed(Decimal("-1234.5"), 0)
    '−1,235'
    >>> fixed(Decimal("0.04"), 1, signed=True)
    '0.0'
    """
    number = rounded(value, decimals, how)
    text = f"{abs(number):,.{decimals}f}"
    if number < 0:
        return MINUS + text
    return f"+{text}" if signed and number > 0 else text


@dataclass(frozen=True)
class Format:
    """Number texts of one language and one base currency.

    Attributes:
        language: decides the scales (k, m, bn or 万, 亿) and the words for units.
        currency: ISO 4217 code of all amounts.
        amounts: what amounts are written in.
    """

    language: Language
    currency: str
    amounts: AmountUnit = AmountUnit.AUTO

    def share(self, value: Decimal | None, decimals: int = 1, *, signed: bool = False) -> str:
        """A fraction as a percentage."""
        if value is None:
            return NOTHING
        return f"{fixed(value * 100, decimals, signed=signed)}%"

    def points(self, value: Decimal | None, decimals: int = 1, *, signed: bool = False) -> str:
        """Percentage points; the value is in points already."""
        return self.quantity(value, Unit.PP, decimals, signed=signed)

    def quantity(
        self, value: Decimal | None, unit: Unit, decimals: int = 1, *, signed: bool = False
    ) -> str:
        """A plain number with the word of its unit: points, basis points, days or an index.

        Chinese counts points in a sentence (0.3 个百分点), and not in a column of changes (+0.3 百分点).
        """
        if value is None:
            return NOTHING
        shown = 0 if unit is Unit.INDEX else decimals
        word = self.language.pick(*_UNIT_WORDS[unit])
        if signed and unit is Unit.PP:
            word = word.replace("个", "")
        return f"{fixed(value, shown, signed=signed)}{word}"

    def in_sentence(self, told: str) -> str:
        """A change as a sentence has it, where Chinese counts points; columns leave the counter out.

        >>> Format(Language.ZH, "CNY").in_sentence("+0.4 百分点")
        '+0.4 个百分点'
        """
        return re.sub("(?<!个)百分点", "个百分点", told)

    def count(self, value: Decimal | int | None, *, signed: bool = False) -> str:
        """A whole number."""
        if value is None:
            return NOTHING
        return fixed(Decimal(value), 0, signed=signed)

    def clients(self, value: Decimal, *, signed: bool = False) -> str:
        """A number of clients, with the word."""
        one = self.language is Language.EN and abs(rounded(value, 0)) == 1
        unit = " client" if one else self.language.pick(" clients", " 户")
        return f"{self.count(value, signed=signed)}{unit}"

    def scale(self, value: Decimal, how: Round = Round.HALF_UP) -> Scale:
        """The unit an amount is written in: the one chosen, else the largest that it fills.

        What rounds up to a whole larger unit is written in that: 1.00 bn, not 1,000.0 m. In a chosen
        unit nothing becomes a zero: what is too small for it keeps the unit that it fills.
        """
        chosen = _CHOSEN.get((self.language, self.amounts))
        if chosen and (not value or rounded(value / chosen.size, chosen.decimals, Round.DOWN)):
            return chosen
        scales = _SCALES[self.language]
        at = next(n for n, scale in enumerate(scales) if abs(value) >= scale.least)
        printed = abs(rounded(value / scales[at].size, scales[at].decimals, how))
        larger = scales[max(at - 1, 0)]
        return larger if printed * scales[at].size >= larger.least else scales[at]

    def amount(
        self,
        value: Decimal | None,
        *,
        signed: bool = False,
        how: Round = Round.HALF_UP,
        like: Decimal | None = None,
        bare: bool = False,
    ) -> str:
        """An amount of the base currency.

        Args:
            value: in units of the currency.
            signed: whether a plus sign is written.
            how: how digits are dropped.
            like: an amount beside which this one is read; its unit is used if it fits.
            bare: without the currency, where a heading names it.
        """
        if value is None:
            return NOTHING
        scale = self.scale(value, how)
        if like is not None:
            beside = self.scale(like)
            # In another's unit a number must neither vanish nor become too long to be read at a glance.
            if _SHOWN_OF_SCALE <= abs(value) / beside.size < _READ_OF_SCALE:
                scale = beside
        number = fixed(value / scale.size, scale.decimals, signed=signed, how=how)
        if bare:
            return f"{number}{scale.suffix.rstrip()}"
        if self.language is Language.EN:
            sign = number[0] if number[0] in "+−" else ""
            return f"{sign}{self.currency} {number.removeprefix(sign)}{scale.suffix}"
        return f"{number}{scale.suffix}{_CURRENCY_ZH.get(self.currency, self.currency)}"

    def unit_of(self, scale: Scale) -> str:
        """A unit of amounts as an axis or a heading names it: CNY bn, 亿元."""
        suffix = scale.suffix.strip()
        if self.language is Language.EN:
            return f"{self.currency} {suffix}".strip()
        return f"{suffix}{_CURRENCY_ZH.get(self.currency, self.currency)}"

    @property
    def currency_word(self) -> str:
        """The base currency as a heading names it: CNY, 元."""
        return self.language.pick(self.currency, _CURRENCY_ZH.get(self.currency, self.currency))

    def unit_choice(self, amounts: AmountUnit) -> str:
        """A unit of amounts as a choice of it is named: CNY k, 万元; nothing where each has its own."""
        chosen = _CHOSEN.get((self.language, amounts))
        return "" if chosen is None else self.unit_of(chosen)

    def scaled(self, value: Decimal | None, scale: Scale) -> str:
        """An amount in a given unit, which a heading names; a trace is not called zero."""
        if value is None:
            return NOTHING
        size = value / scale.size
        if value and not rounded(size, scale.decimals):
            least = fixed(Decimal(1).scaleb(-scale.decimals), scale.decimals)
            return f"<{least}" if value > 0 else f">{MINUS}{least}"
        return fixed(size, scale.decimals)

    def value(self, value: Decimal | None, unit: Unit, decimals: int = 1) -> str:
        """A metric's value in its own unit."""
        match unit:
            case Unit.CURRENCY:
                return self.amount(value)
            case Unit.COUNT:
                return self.count(value)
            case Unit.RATIO:
                return self.share(value, decimals)
            case Unit.PP | Unit.BP | Unit.DAYS | Unit.INDEX:
                return self.quantity(value, unit, decimals)

    def compact(self, value: Decimal | None, unit: Unit, decimals: int = 1) -> str:
        """The same for a crowded table, whose heading names the unit: no currency, no word."""
        if value is None:
            return NOTHING
        if unit is Unit.CURRENCY:
            return self.amount(value, bare=True)
        return fixed(value, decimals) if unit in HEADED else self.value(value, unit, decimals)


HEADED: Final = frozenset({Unit.PP, Unit.BP, Unit.DAYS})
"""Units that the heading of a column names, so that its cells need not."""
