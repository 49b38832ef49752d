"""Where a figure will stand at the end of a period: named methods, back-tested, never one silent number.

A figure is projected by its sides: numerator and denominator each on their own path, the quotient last.
A method sees the months up to its starting point and none after it. Which months there are, and how a
branch that was merged is made comparable with itself, is said by `orchestration.questions.projecting`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from transforms.catalogue.model import Label
from transforms.periods import months_back, previous_year_end
from transforms.working_days import WorkingCalendar

EXACT: Final = Context(prec=50, rounding=ROUND_HALF_UP)
"""The one rounding of this package: half up, after every digit that could matter."""
_AMOUNT: Final = Decimal("0.01")
VALUE_PLACES: Final = Decimal("0.000000000001")
"""A value has twelve decimals, as facts have."""
_ZERO: Final = Decimal(0)
_HUNDRED: Final = Decimal(100)
_PERCENT: Final = Decimal("0.01")
"""A tolerance is judged on percentages as they are printed."""


class Method(StrEnum):
    """How a path is carried on to the end of the period."""

    RUN_RATE = "run_rate"
    SEASONAL = "seasonal"
    LAST_VALUE = "last_value"

    @property
    def label(self) -> Label:
        """Its name for people."""
        return _LABELS[self]


_LABELS: Final[Mapping[Method, Label]] = MappingProxyType(
    {
        Method.RUN_RATE: Label("working-day run rate", "工作日均速推算"),
        Method.SEASONAL: Label("seasonal", "季节性推算"),
        Method.LAST_VALUE: Label("last value", "维持现值"),
    }
)


class Nature(StrEnum):
    """How one side of a figure behaves over the year."""

    STOCK = "stock"
    """It stands at a month end."""
    TO_DATE = "to_date"
    """It adds up from January on and starts anew each year."""
    FIXED = "fixed"
    """It is known until the year ends: what a comparison with the year end starts from."""
    YEAR_AGO = "year_ago"
    """It is what the numerator was a year before."""
    MONTHS = "months"
    """The number of months of the year so far."""
    NONE = "none"
    """The figure has no such side."""


class Form(StrEnum):
    """How the value is made from its two sides."""

    AMOUNT = "amount"
    RATIO = "ratio"
    DIFFERENCE = "difference"
    GROWTH = "growth"
    HEADROOM = "headroom"
    """A limit in percent, less the ratio in percent."""


@dataclass(frozen=True)
class Shape:
    """What is projected: a value by its sides.

    Attributes:
        form: how the value is made.
        numerator: how the numerator behaves.
        denominator: how the denominator does.
        factor: what the quotient is multiplied with (10,000 for basis points).
    """

    form: Form
    numerator: Nature
    denominator: Nature = Nature.NONE
    factor: Decimal = Decimal(1)

    @property
    def within_the_year(self) -> bool:
        """Whether it starts anew each January, so that no path leads over a year end."""
        yearly = {Nature.TO_DATE, Nature.FIXED, Nature.MONTHS}
        return not yearly.isdisjoint({self.numerator, self.denominator})

    def value(
        self, numerator: Decimal, denominator: Decimal | None, limit: Decimal | None = None
    ) -> Decimal | None:
        """The value of two sides, half up at twelve decimals; none over an empty denominator.

        A headroom is what is left under a limit, of a ratio in percent at two decimals, as the rule judges
        it; without a limit there is none.
        """
        match self.form, denominator:
            case Form.AMOUNT, _:
                found = numerator
            case Form.DIFFERENCE, Decimal():
                found = EXACT.subtract(numerator, denominator)
            case Form.RATIO, Decimal() if denominator != 0:
                found = EXACT.divide(EXACT.multiply(numerator, self.factor), denominator)
            case Form.GROWTH, Decimal() if denominator > 0:
                found = EXACT.divide(EXACT.subtract(numerator, denominator), denominator)
            case Form.HEADROOM, Decimal() if denominator != 0 and limit is not None:
                percent = EXACT.divide(EXACT.multiply(numerator, _HUNDRED), denominator)
                found = limit - percent.quantize(_PERCENT, context=EXACT)
            case _:
                return None
        return found.quantize(VALUE_PLACES, context=EXACT)


@dataclass(frozen=True)
class Month:
    """A figure at one month end.

    Attributes:
        numerator: as published, or rolled up over today's branches.
        denominator: the same; none for a figure without one.
        definition: which definition it was computed by.
        limit: of a headroom, in percent, as it stood that day.
    """

    numerator: Decimal
    denominator: Decimal | None = None
    definition: str = ""
    limit: Decimal | None = None


@dataclass(frozen=True)
class Path:
    """The months of one figure, oldest first, and the calendar that days between them are counted by."""

    shape: Shape
    months: Mapping[date, Month]
    calendar: WorkingCalendar

    def until(self, day: date) -> "Path":
        """What was there on a day: no month after it."""
        return replace(self, months={at: one for at, one in self.months.items() if at <= day})

    def value(self, day: date) -> Decimal | None:
        """The value of a month; none if the month or its value is missing."""
        month = self.months.get(day)
        if month is None:
            return None
        return self.shape.value(month.numerator, month.denominator, month.limit)

    def numerators(self) -> dict[date, Decimal]:
        """The numerator by month end."""
        return {day: month.numerator for day, month in self.months.items()}

    def denominators(self) -> dict[date, Decimal]:
        """The denominator by month end, of months that have one."""
        return {d: m.denominator for d, m in self.months.items() if m.denominator is not None}


@dataclass(frozen=True)
class Point:
    """A figure carried on to a later day, or why it cannot be."""

    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    reason: Label | None = None


def carry_on(path: Path, origin: date, to: date, method: Method) -> Point:
    """A figure of a month carried on to a later month end by a method.

    Amounts are rounded half up to two decimals, the value to twelve. A limit is taken to stand as it does
    at the origin.

    Args:
        path: its months; those after the origin are not looked at.
        origin: the month end that is carried on.
        to: a later month end, at most twelve months on.
        method: how.
    """
    known = path.until(origin)
    if origin not in known.months:
        return Point(reason=_not_there(origin))
    shape = path.shape
    keep = method is Method.LAST_VALUE and shape.form is not Form.AMOUNT
    days = path.calendar
    above = _side(shape.numerator, known.numerators(), days, origin, to, method, keep=keep)
    if isinstance(above, Label):
        return Point(reason=above)
    below: Decimal | Label | None = None
    if shape.denominator is Nature.YEAR_AGO:
        then = months_back(to, 12)
        below = known.numerators().get(then, _not_there(then))
    elif shape.denominator is not Nature.NONE:
        sides = known.denominators()
        below = _side(shape.denominator, sides, days, origin, to, method, keep=keep)
    if isinstance(below, Label):
        return Point(reason=below)
    value = shape.value(above, below, known.months[origin].limit)
    if value is None:
        return Point(None, above, below, Label("there would be nothing to divide by", "分母将为零"))
    return Point(value, above, below)


def _side(
    nature: Nature,
    amounts: Mapping[date, Decimal],
    calendar: WorkingCalendar,
    origin: date,
    to: date,
    method: Method,
    *,
    keep: bool,
) -> Decimal | Label:
    if nature is Nature.MONTHS and not keep:
        return Decimal(to.month)
    now = amounts.get(origin)
    if now is None:
        return _not_there(origin)
    if keep or nature is Nature.FIXED:
        return now
    if method is Method.RUN_RATE:
        ahead = _run_rate(nature, amounts, calendar, origin, to)
    else:
        ahead = _OTHERS[method](nature, amounts, origin, to)
    if isinstance(ahead, Label):
        return ahead
    # A balance ends at nothing; what adds up may be an increment, and that may be below zero.
    ahead = max(ahead, _ZERO) if nature is Nature.STOCK and now >= 0 else ahead
    return ahead.quantize(_AMOUNT, context=EXACT)


def _run_rate(
    nature: Nature,
    amounts: Mapping[date, Decimal],
    calendar: WorkingCalendar,
    origin: date,
    to: date,
) -> Decimal | Label:
    """As much a working day as since the year began."""
    began = previous_year_end(origin)
    start = amounts.get(began) if nature is Nature.STOCK else _ZERO
    if start is None:
        return _not_there(began)
    gone, ahead = calendar.between(began, origin).count, calendar.between(origin, to).count
    moved = EXACT.multiply(amounts[origin] - start, Decimal(ahead))
    return amounts[origin] + EXACT.divide(moved, Decimal(gone))


def _seasonal(
    nature: Nature, amounts: Mapping[date, Decimal], origin: date, to: date
) -> Decimal | Label:
    """A balance grows as in the same months of earlier years; a sum has its mean share by now."""
    years = origin.year - min(amounts).year + 1
    pairs = [
        (amounts.get(months_back(origin, 12 * back)), amounts.get(months_back(to, 12 * back)))
        for back in range(1, years + 1)
    ]
    whole = [(then, end) for then, end in pairs if then and end and then > 0 and end > 0]
    if not whole:
        return Label(
            "no earlier year has the same months, with amounts above zero",
            "没有可比年度：以前年度缺少相同月份，或其金额不为正",
        )
    count = Decimal(len(whole))
    if nature is Nature.STOCK:
        growth = EXACT.divide(sum((EXACT.divide(e, t) for t, e in whole), _ZERO), count)
        return EXACT.multiply(amounts[origin], growth)
    share = EXACT.divide(sum((EXACT.divide(t, e) for t, e in whole), _ZERO), count)
    return EXACT.divide(amounts[origin], share)


def _last_value(
    nature: Nature, amounts: Mapping[date, Decimal], origin: date, to: date
) -> Decimal | Label:
    """A balance stays; a sum gets what the same months of last year added."""
    if nature is Nature.STOCK:
        return amounts[origin]
    then, end = (amounts.get(months_back(day, 12)) for day in (origin, to))
    if then is None or end is None:
        return _not_there(months_back(origin if then is None else to, 12))
    return amounts[origin] + end - then


_Carry = Callable[[Nature, Mapping[date, Decimal], date, date], Decimal | Label]
_OTHERS: Final[Mapping[Method, _Carry]] = MappingProxyType(
    {
        Method.SEASONAL: _seasonal,
        Method.LAST_VALUE: _last_value,
    }
)


def _not_there(day: date) -> Label:
    return Label(f"there is no figure of {day.isoformat()}", f"缺少 {day.isoformat()} 的数据")
