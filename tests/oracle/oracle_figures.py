"""What a figure is, and the arithmetic that every metric shares: rounding, quotients, month ends.

Nothing here knows a loan. What is counted belongs in `oracle_loans.py` and `oracle_flows.py`, what
is divided by what in `oracle_metrics.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

CENT = Decimal("0.01")
ZERO = Decimal(0)
ENOUGH_DIGITS = 80
"""An 18-digit amount times a 12-digit rate does not fit the 28 digits Decimal starts with."""
DEFAULT = "default"


class NotComputableError(Exception):
    """Something a metric needs was never delivered: the figure is `n/c`, not zero."""


@dataclass(frozen=True)
class Figure:
    """One figure of one branch; `exact` is the value before any rounding.

    `n/a`: the parts are known and give no value, as nothing is divided by nothing.
    `n/c`: a part is not known, so there is not even a numerator.
    """

    numerator: Decimal | None
    denominator: Decimal | None
    value: Decimal | None
    status: str = "ok"
    reason: str = ""
    exact: Fraction | None = None
    ratio_pp: Decimal | None = None
    reference_pp: Decimal | None = None
    limit_pp: Decimal | None = None
    headroom_amount: Decimal | None = None


def half_up(number: Fraction, places: int) -> Decimal:
    """Rounded to so many decimals, exact halves away from zero."""
    scaled = abs(number) * 10**places + Fraction(1, 2)
    whole = scaled.numerator // scaled.denominator
    return Decimal(whole if number >= 0 else -whole).scaleb(-places)


def not_computable(reason: str) -> Figure:
    """A figure that stays open."""
    return Figure(None, None, None, "n/c", reason)


def total(amount: Decimal | int) -> Figure:
    """A figure that is an amount or a count."""
    amount = Decimal(amount)
    return Figure(amount, None, amount, exact=Fraction(amount))


def difference(now: Decimal, base: Decimal) -> Figure:
    """A figure that is a change: the numerator is where it stands, the denominator where it was."""
    return Figure(now, base, now - base, exact=Fraction(now) - Fraction(base))


def ratio(numerator: Decimal | int, denominator: Decimal | int, *, times: int = 1) -> Figure:
    """A figure that is a quotient; nothing is divided by zero. `times` 10,000 gives basis points."""
    numerator, denominator = Decimal(numerator), Decimal(denominator)
    if denominator == 0:
        return Figure(numerator, denominator, None, "n/a", "the denominator is zero")
    exact = Fraction(numerator) / Fraction(denominator) * times
    return Figure(numerator, denominator, half_up(exact, 12), exact=exact)


def ratio_above_zero(numerator: Decimal, denominator: Decimal) -> Figure:
    """A growth or a share of growth, which says nothing on a base that is not above zero."""
    if denominator <= 0:
        return Figure(numerator, denominator, None, "n/a", "the denominator is not above zero")
    return ratio(numerator, denominator)


def growth(now: Decimal, base: Decimal) -> Figure:
    """How much more than the base, as a fraction of the base."""
    return ratio_above_zero(now - base, base)


def gap_in_points(one: Figure, other: Figure) -> Figure:
    """The first ratio less the second in percentage points, from the unrounded ratios."""
    if one.exact is None or other.exact is None:
        return Figure(one.numerator, one.denominator, None, "n/a", "one of the two ratios is open")
    points = (one.exact - other.exact) * 100
    return Figure(one.numerator, one.denominator, half_up(points, 12), exact=points)


def in_base_currency(
    amount: Decimal, currency: str, rates: Mapping[str, Decimal], base_currency: str
) -> Decimal:
    """An amount at the month's rate, half up to the cent; the base currency is worth one."""
    rate = Decimal(1) if currency == base_currency else rates[currency]
    return (amount * rate).quantize(CENT, rounding=ROUND_HALF_UP)


def month_end(year: int, month: int) -> date:
    """The last day of a month."""
    first_of_next = date(year, month + 1, 1) if month < 12 else date(year + 1, 1, 1)
    return first_of_next - timedelta(days=1)


def months_before(day: date, count: int) -> date:
    """The month end so many months earlier."""
    index = day.year * 12 + day.month - 1 - count
    return month_end(index // 12, index % 12 + 1)


def year_end_before(day: date) -> date:
    """The last day of the year before."""
    return date(day.year - 1, 12, 31)


def months_of_year(day: date) -> list[date]:
    """The month ends of the year, up to and with the day."""
    return [month_end(day.year, month) for month in range(1, day.month + 1)]
