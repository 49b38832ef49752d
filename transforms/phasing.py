"""The target of a month from the target of its period: how a year's target is spread over its months.

A year is spread by *cumulative shares*: how much of the way from the base to the target lies behind a
branch at the end of each month. What accumulates over a year begins at zero; stocks and ratios begin at
the figure of the year end before. Targets of a quarter or a month hold in full in each of their months.

Everything is exact. Shares from history have six decimals. A month's target is rounded half to even:
amounts and counts to two decimals, everything else to six. The twelfth share is 1: December's target is
the year's.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from transforms.catalogue.model import Aggregation, At, Catalogue, Kind, Label, Metric, Unit
from transforms.errors import BranchmarkError
from transforms.periods import month_end, previous_year_end

MONTHS: Final = 12
PAST_YEARS: Final = 3
"""So many years before are looked at for a path from history."""
_SHARE: Final = 6
_PLACES: Final = {Unit.CURRENCY: 2, Unit.COUNT: 2}
_OTHERWISE: Final = 6


class Phasing(StrEnum):
    """How the target of a year is spread over its months."""

    NONE = "none"
    """The full target holds in every month."""
    LINEAR = "linear"
    """A twelfth of the way in every month."""
    SEASONAL = "seasonal"
    """By twelve cumulative shares that stand beside the target."""
    HISTORY = "history"
    """As the years before went, on average."""


class PeriodType(StrEnum):
    """The kinds of periods a target may be for, the narrowest last."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"


@dataclass(frozen=True)
class Period:
    """A period: its kind, and its first and last day."""

    kind: PeriodType
    first: date
    last: date

    def holds(self, as_of: date) -> bool:
        """Whether the day lies in it."""
        return self.first <= as_of <= self.last


class BadPeriodError(BranchmarkError):
    """A period that cannot be read."""

    def __init__(self, given: str) -> None:
        super().__init__(f"{given!r} is no period. Write 2026, 2026Q3 or 2026-10.")


def parse_period(text: str) -> Period:
    """A period as a person writes it.

    >>> parse_period("2026Q3").first, parse_period("2026Q3").kind.value
    (datetime.date(2026, 7, 1), 'quarter')
    >>> parse_period("2026-02").last
    datetime.date(2026, 2, 28)

    Raises:
        BadPeriodError: if it is none.
    """
    year, rest = text[:4], text[4:]
    if not (year.isascii() and year.isdigit() and len(year) == 4 and year > "1900"):  # noqa: PLR2004
        raise BadPeriodError(text)
    if not rest:
        return Period(PeriodType.YEAR, date(int(year), 1, 1), date(int(year), 12, 31))
    if len(rest) == 2 and rest[0] == "Q" and rest[1] in "1234":  # noqa: PLR2004
        last = int(rest[1]) * 3
        first = date(int(year), last - 2, 1)
        return Period(PeriodType.QUARTER, first, month_end(date(int(year), last, 1)))
    if len(rest) == 3 and rest[0] == "-" and rest[1:] in _TWO_DIGITS:  # noqa: PLR2004
        first = date(int(year), int(rest[1:]), 1)
        return Period(PeriodType.MONTH, first, month_end(first))
    raise BadPeriodError(text)


_TWO_DIGITS: Final = tuple(f"{month:02}" for month in range(1, MONTHS + 1))


def accumulates(metric: Metric, catalogue: Catalogue) -> bool:
    """Whether the metric is at zero when the year begins, and adds up from there.

    Increments and growth since the year end do, and what is counted or summed over the year so far;
    a share of two such sums does not: it is a level from its first month on.
    """
    if metric.kind in {Kind.INCREMENT, Kind.INCREMENT_DIFFERENCE, Kind.GROWTH}:
        return metric.kind is Kind.INCREMENT_DIFFERENCE or metric.base is At.YEAR_END
    if metric.kind is Kind.GAP:
        # A gap of two growths since the year end is zero then, too.
        reading = metric.reading(metric.default_reading)
        pairs = [pair for pair in (reading.minuend, reading.subtrahend) if pair is not None]
        return all(accumulates(catalogue.metrics[name], catalogue) for name, _ in pairs)
    if metric.kind is not Kind.TOTAL:
        return False
    reading = metric.reading(metric.default_reading)
    # A balance now less the same balance at the year end is nothing when the year begins.
    left: dict[str, Decimal] = defaultdict(Decimal)
    for term in catalogue.terms(reading.numerator):
        if term.at in {At.NOW, At.YEAR_END} and not _over_the_year(catalogue, term.measure):
            left[term.measure] += term.times
        elif term.at not in {At.NOW, At.YEAR_TO_DATE}:
            return False
    return not any(left.values())


def _over_the_year(catalogue: Catalogue, measure: str) -> bool:
    found = catalogue.measures[measure]
    counted = found.aggregation is Aggregation.COUNT_EVENTS and found.over == "year_to_date"
    return counted or found.window == "year_to_date"


@dataclass(frozen=True)
class Path:
    """Twelve cumulative shares, and the years that they come from where they come from history."""

    shares: tuple[Fraction, ...]
    years: tuple[int, ...] = ()


LINEAR: Final = Path(tuple(Fraction(month, MONTHS) for month in range(1, MONTHS + 1)))
"""A twelfth more every month."""


class BadSharesError(BranchmarkError):
    """Twelve cumulative shares were asked for, and something else was given."""

    def __init__(self, why: str) -> None:
        self.reason = f"The shares of the months {why}."
        super().__init__(
            f"{self.reason} Write twelve numbers from January to December, the last "
            "of them 1, such as 0.10 0.18 0.27 0.35 0.43 0.52 0.60 0.68 0.77 0.85 0.93 1."
        )


def parse_shares(text: str) -> tuple[Decimal, ...]:
    """Twelve cumulative shares as a person writes them: with spaces, commas or semicolons between.

    >>> parse_shares("0.1 .2 .3 .4 .5 .6 .7 .8 .85 .9 .95 1")[0]
    Decimal('0.1')

    Raises:
        BadSharesError: if they are not twelve numbers from 0 to 2 of which the last is 1.
    """
    words = text.replace(",", " ").replace(";", " ").replace("，", " ").replace("；", " ").split()
    try:
        shares = tuple(Decimal(word) for word in words)
    except ArithmeticError:
        raise BadSharesError("are no numbers") from None
    if len(shares) != MONTHS:
        raise BadSharesError(f"are {len(shares) or 'missing'}")
    # More than the whole way may lie behind a branch in between: a year that begins with a rush.
    if not all(share.is_finite() and 0 <= share <= 2 for share in shares):  # noqa: PLR2004
        raise BadSharesError("do not lie between 0 and 2")
    if shares[-1] != 1:
        raise BadSharesError(f"end with {shares[-1]}")
    return shares


Figures = Mapping[date, Decimal]
"""A metric's published figures by month end."""


def path_of_history(figures: Figures, year: int, *, from_zero: bool) -> Path | None:
    """The mean path of the years before, of those whose every month end is known.

    A year's path is how far each month end lay on the way from the year end before to its own; a year
    in which there was no way to go is left out.

    Args:
        figures: published figures of the metric for the branch.
        year: the year of the target; it and later ones are not looked at.
        from_zero: whether the figure is zero when a year begins.
    """
    found: dict[int, list[Fraction]] = {}
    for past in range(year - PAST_YEARS, year):
        ends = [month_end(date(past, month, 1)) for month in range(1, MONTHS + 1)]
        base = Decimal(0) if from_zero else figures.get(date(past - 1, 12, 31))
        values = [figures.get(day) for day in ends]
        known = [value for value in values if value is not None]
        if base is None or len(known) < MONTHS or known[-1] == base:
            continue
        way = Fraction(known[-1]) - Fraction(base)
        found[past] = [(Fraction(value) - Fraction(base)) / way for value in known]
    if not found:
        return None
    columns = zip(*found.values(), strict=True)
    mean = tuple(round(sum(column, Fraction(0)) / len(found), _SHARE) for column in columns)
    return Path(mean, tuple(found))


@dataclass(frozen=True)
class Asked:
    """A target as it was approved, and what is needed to spread it over its year.

    Attributes:
        full: the target of the period.
        from_zero: whether the figure is zero when the year begins.
        shares: for a seasonal target.
        base: the base that stands beside the target; none if it is not stated.
        figures: published figures of the metric for the branch, by month end: the year end before, and
            for a path from history the months of the years before.
    """

    period: Period
    unit: Unit
    full: Decimal
    phasing: Phasing
    from_zero: bool
    shares: Sequence[Decimal] = ()
    base: Decimal | None = None
    figures: Figures | None = None


@dataclass(frozen=True)
class Phased:
    """The target of a month, or why there is none.

    Attributes:
        value: the month's target; none if it cannot be told.
        base: where the path begins; none if the full target holds.
        share: how much of the way lies behind; none if the full target holds.
        years: the years a path from history comes from.
        reason: why there is no target.
    """

    value: Decimal | None
    base: Decimal | None = None
    share: Decimal | None = None
    years: tuple[int, ...] = ()
    reason: Label | None = None


NO_BASE: Final = Label(
    "the target begins at the figure of {day}, which is not published and not stated as base_value",
    "目标以 {day} 的指标值为起点，该值未发布，也未填写 base_value",
)
NO_HISTORY: Final = Label(
    "the target follows the path of the years before, and of none of {first} to {last} every month "
    "is published",
    "目标按历史进度分解，而 {first} 至 {last} 年均无完整的月度发布值",
)


def phased(asked: Asked, as_of: date) -> Phased:
    """The target of a month end within the period.

    A full target is never put in place of one that cannot be told.
    """
    if asked.phasing is Phasing.NONE or asked.period.kind is not PeriodType.YEAR:
        return Phased(asked.full)
    figures = asked.figures or {}
    year = asked.period.first.year
    eve = previous_year_end(asked.period.first)
    base = Decimal(0) if asked.from_zero else asked.base
    if base is None:
        base = figures.get(eve)
    if base is None:
        return Phased(None, reason=_told(NO_BASE, day=eve.isoformat()))
    path: Path | None = LINEAR
    if asked.phasing is Phasing.SEASONAL:
        path = Path(tuple(Fraction(share) for share in asked.shares))
    elif asked.phasing is Phasing.HISTORY:
        path = path_of_history(figures, year, from_zero=asked.from_zero)
    if path is None:
        told = _told(NO_HISTORY, first=str(year - PAST_YEARS), last=str(year - 1))
        return Phased(None, reason=told)
    share = path.shares[as_of.month - 1]
    value = Fraction(base) + (Fraction(asked.full) - Fraction(base)) * share
    places = _PLACES.get(asked.unit, _OTHERWISE)
    rounded = asked.full if share == 1 else _rounded(value, places)
    return Phased(rounded, base, _rounded(share, _SHARE), path.years)


def _rounded(value: Fraction, places: int) -> Decimal:
    """Half to even, without a step in between."""
    return Decimal(int(round(value, places) * 10**places)).scaleb(-places)


def _told(label: Label, **facts: str) -> Label:
    return Label(label.en.format(**facts), label.zh.format(**facts))
