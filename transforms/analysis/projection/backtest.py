"""What a method of projection would have said before: its errors, the range they give, and which errs least.

A back-test starts at an earlier month end and looks as far ahead as the projection does; it sees no month
after its start. How a path is carried on is said by `methods`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from transforms.analysis.projection.methods import (
    EXACT,
    VALUE_PLACES,
    Method,
    Path,
    Point,
    carry_on,
)
from transforms.catalogue.model import Better, Label
from transforms.periods import months_back, previous_year_end
from transforms.working_days import WorkingCalendar, WorkingDays

MINIMUM_TESTS: Final = 6
"""Fewer past outcomes than these give no range."""

_ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class BackTest:
    """What a method would have said then, and what came."""

    method: Method
    origin: date
    outcome: date
    projected: Decimal
    actual: Decimal

    @property
    def error(self) -> Decimal:
        """How much more came than was projected, in the unit of the value."""
        return self.actual - self.projected


@dataclass(frozen=True)
class Projection:
    """One method's answer.

    Attributes:
        low: the value with the most that came too little in the past; none without a range.
        high: the value with the most that came too much.
        tests: every back-test of the method, oldest first.
        mean_error: the mean absolute error over the origins that all methods share.
        shared: how many these are.
        no_range: why there is no range.
    """

    method: Method
    point: Point
    tests: tuple[BackTest, ...]
    low: Decimal | None = None
    high: Decimal | None = None
    mean_error: Decimal | None = None
    shared: int = 0
    no_range: Label | None = None


class Outlook(StrEnum):
    """A projection beside the target of its period."""

    WOULD_MEET = "would_meet"
    WOULD_MISS = "would_miss"
    INSIDE_THE_RANGE = "inside_the_range"
    NOT_JUDGED = "not_judged"


def back_tests(path: Path, as_of: date, to: date, method: Method) -> tuple[BackTest, ...]:
    """The method at every earlier month end whose outcome, as far ahead, is known by now.

    Left out are outcomes of another definition than their origin's, and, for figures that start anew
    each January, outcomes of another year.

    Args:
        path: the months.
        as_of: the last month that is known.
        to: what the projection is for; its distance from `as_of` is the distance of the tests.
        method: which.
    """
    ahead = distance(as_of, to)
    known = path.until(as_of)
    found = []
    for origin in sorted(known.months):
        outcome = months_back(origin, -ahead)
        actual = known.value(outcome)
        if actual is None or (path.shape.within_the_year and outcome.year != origin.year):
            continue
        if known.months[origin].definition != known.months[outcome].definition:
            continue
        point = carry_on(known, origin, outcome, method)
        if point.value is not None:
            found.append(BackTest(method, origin, outcome, point.value, actual))
    return tuple(found)


def distance(as_of: date, to: date) -> int:
    """How many months lie between two month ends."""
    return (to.year - as_of.year) * 12 + to.month - as_of.month


def project(
    path: Path, as_of: date, to: date, *, minimum: int = MINIMUM_TESTS, floored: bool = False
) -> tuple[Projection, ...]:
    """What every method says, with its range and its mean error, in the order of `Method`.

    The range reaches from the value plus the lowest past error to the value plus the highest, and holds
    the value itself.

    Args:
        path: the months; none after `as_of` is looked at.
        as_of: the month end that is carried on.
        to: the end of the period.
        minimum: how many back-tests a range needs.
        floored: whether the figure cannot be below zero, so that its range ends there.
    """
    tests = {method: back_tests(path, as_of, to, method) for method in Method}
    shared = _shared(tests.values())
    found = []
    for method in Method:
        own = tests[method]
        point = carry_on(path, as_of, to, method)
        low = high = no_range = None
        if point.value is not None and len(own) >= minimum:
            low = point.value + min(_ZERO, *(test.error for test in own))
            high = point.value + max(_ZERO, *(test.error for test in own))
            low = max(low, min(_ZERO, point.value)) if floored else low
        elif point.value is not None:
            no_range = Label(
                f"no range: {len(own)} {'test' if len(own) == 1 else 'tests'}, it takes {minimum}",
                f"无区间：回测仅 {len(own)} 次，至少需 {minimum} 次",
            )
        found.append(
            Projection(
                method=method,
                point=point,
                tests=own,
                low=low,
                high=high,
                mean_error=mean_error(own, shared),
                shared=len(shared),
                no_range=no_range,
            )
        )
    return tuple(found)


def _shared(tests: Iterable[tuple[BackTest, ...]]) -> frozenset[date]:
    """The origins at which every method that was tested at all was tested."""
    tested = [{one.origin for one in own} for own in tests if own]
    return frozenset(set.intersection(*tested)) if tested else frozenset()


def mean_error(tests: Sequence[BackTest], origins: frozenset[date]) -> Decimal | None:
    """The mean absolute error at some origins, half up at twelve decimals; none without a test there."""
    errors = [abs(test.error) for test in tests if test.origin in origins]
    if not errors:
        return None
    mean = EXACT.divide(sum(errors, _ZERO), Decimal(len(errors)))
    return mean.quantize(VALUE_PLACES, context=EXACT)


def chosen(found: Sequence[Projection], *, minimum: int = MINIMUM_TESTS) -> Projection:
    """The method with the smallest mean error; of equals, and of untested ones, the first."""
    answered = [one for one in found if one.point.value is not None]
    tested = [
        (one.mean_error, place, one)
        for place, one in enumerate(answered)
        if one.mean_error is not None and len(one.tests) >= minimum
    ]
    if tested:
        return min(tested, key=lambda row: row[:2])[2]
    return answered[0] if answered else found[0]


def worse_than_last_value(one: Projection, found: Sequence[Projection]) -> bool:
    """Whether a method erred more than leaving everything as it stands."""
    base = next(each for each in found if each.method is Method.LAST_VALUE)
    return (
        one.mean_error is not None
        and base.mean_error is not None
        and one.mean_error > base.mean_error
    )


def outlook(one: Projection, target: Decimal | None, better: Better) -> Outlook:
    """How a projection stands to the target; without a range the value alone is judged.

    Args:
        one: the projection.
        target: of the period that ends on its day; zero for a headroom.
        better: which direction is favourable.
    """
    value = one.point.value
    if value is None or target is None or better not in {Better.HIGHER, Better.LOWER}:
        return Outlook.NOT_JUDGED
    ends = sorted((value if one.low is None else one.low, value if one.high is None else one.high))
    gaps = [end - target if better is Better.HIGHER else target - end for end in ends]
    if min(gaps) >= 0:
        return Outlook.WOULD_MEET
    return Outlook.WOULD_MISS if max(gaps) < 0 else Outlook.INSIDE_THE_RANGE


def working_days(
    calendar: WorkingCalendar, as_of: date, to: date
) -> tuple[WorkingDays, WorkingDays]:
    """The working days of the year so far, and those that remain."""
    return calendar.between(previous_year_end(as_of), as_of), calendar.between(as_of, to)
