"""How far a figure is from its target, and the smallest amount of an action that closes it.

A figure is reckoned here as facts are, to the same twelve decimals, from sums that an action moves by so
much a unit; the amount is searched in whole fen (or clients), so that it meets and one fen less does not.
Which actions there are for a metric is said in `plans`, what a unit of one does in `effects`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, localcontext
from typing import Final

from transforms.analysis.gap.effects import Step
from transforms.catalogue.model import Better

_DIGITS: Final = 60
_PLACES: Final = Decimal("0.000000000001")
_PP: Final = Decimal("0.01")
_HUNDRED: Final = 100
FEN: Final = 100
"""Units in one yuan: amounts are searched in fen."""
MOST: Final = 10**17
"""So many fen at most are looked at: a thousand trillion yuan."""


@dataclass(frozen=True)
class Quotient:
    """A figure, or one side of a difference, as sums.

    Attributes:
        numerator: what is divided, or the whole figure where nothing is.
        denominator: by what; none for totals.
        scale: a factor on the numerator: ten thousand for basis points.
    """

    numerator: Decimal
    denominator: Decimal | None = None
    scale: int = 1

    def value(self, step: Step, units: Decimal) -> Decimal | None:
        """The figure after so many units, as facts give it; none where there is nothing to divide by."""
        above = (self.numerator + step.numerator * units) * self.scale
        if self.denominator is None:
            return above
        below = self.denominator + step.denominator * units
        if below <= 0:
            return None
        return rounded(above, below)


def rounded(above: Decimal, below: Decimal) -> Decimal:
    """A quotient to twelve decimals, half to even, as a column of facts holds it."""
    with localcontext() as context:
        context.prec = _DIGITS
        return (above / below).quantize(_PLACES, ROUND_HALF_EVEN)


def percent(above: Decimal, below: Decimal) -> Decimal:
    """A ratio in percent at two decimals, half up, as the tolerance compares it."""
    with localcontext() as context:
        context.prec = _DIGITS
        return rounded(above * _HUNDRED, below).quantize(_PP, ROUND_HALF_UP)


@dataclass(frozen=True)
class Reference:
    """What a tolerance rests on: the bank's own ratio, which an action moves too, and what is added to it.

    Attributes:
        numerator: non-performing balance of the whole bank; none if the limit is fixed.
        denominator: balance of the whole bank.
        delta: percentage points on top, or the fixed limit itself.
    """

    delta: Decimal
    numerator: Decimal | None = None
    denominator: Decimal | None = None

    def limit(self, step: Step, units: Decimal) -> Decimal | None:
        """The limit in percentage points after so many units."""
        if self.numerator is None or self.denominator is None:
            return self.delta
        below = self.denominator + step.denominator * units
        if below <= 0:
            return None
        return percent(self.numerator + step.numerator * units, below) + self.delta


@dataclass(frozen=True)
class Standing:
    """A figure and what it is held against.

    Attributes:
        own: its sums, or those of what is subtracted from.
        target: what it has to reach; zero for a tolerance, whose value is its headroom.
        better: which way it points.
        less: the sums of what is subtracted, for a difference of two figures.
        factor: what a difference is multiplied by: a hundred for percentage points.
        reference: for a tolerance what its limit rests on.
    """

    own: Quotient
    target: Decimal
    better: Better
    less: Quotient | None = None
    factor: int = 1
    reference: Reference | None = None

    def value(self, moved: "Moved", units: Decimal) -> Decimal | None:
        """The figure after so many units of an action."""
        first = self.own.value(moved.own, units)
        if self.reference is not None:
            return self._headroom(moved, units)
        if first is None or self.less is None:
            return first
        second = self.less.value(moved.less, units)
        return None if second is None else (first - second) * self.factor

    def _headroom(self, moved: "Moved", units: Decimal) -> Decimal | None:
        assert self.reference is not None  # noqa: S101 - asked for tolerances only
        assert self.own.denominator is not None  # noqa: S101 - a tolerance is of a ratio
        below = self.own.denominator + moved.own.denominator * units
        limit = self.reference.limit(moved.less, units)
        if below <= 0 or limit is None:
            return None
        return limit - percent(self.own.numerator + moved.own.numerator * units, below)

    def met(self, value: Decimal | None) -> bool:
        """Whether a figure reaches the target."""
        if value is None:
            return False
        return value <= self.target if self.better is Better.LOWER else value >= self.target

    def gap(self, value: Decimal | None) -> Decimal | None:
        """How far, in the favourable sense: below zero where the target is missed."""
        if value is None:
            return None
        return (self.target - value) if self.better is Better.LOWER else (value - self.target)


NOTHING: Final = Step()


@dataclass(frozen=True)
class Moved:
    """What one unit of an action does to a figure's own sums, and to those it is compared with."""

    own: Step
    less: Step = NOTHING


@dataclass(frozen=True)
class Solved:
    """How much of an action.

    Attributes:
        units: whole steps: fen, clients; none if no amount does it.
        value_after: the figure then, by this reckoning.
        all_of_it: a headroom that is bounded by what there is, and not by the target.
    """

    units: int | None
    value_after: Decimal | None
    all_of_it: bool = False


def closing(standing: Standing, moved: Moved, *, per_unit: Decimal, most: int) -> Solved:
    """The least of an action with which a missed target is met.

    Args:
        standing: the figure.
        moved: what a unit does.
        per_unit: units in a whole step: 0.01 yuan, one client.
        most: so many steps there are at most.
    """

    def met(steps: int) -> bool:
        return standing.met(standing.value(moved, steps * per_unit))

    bound = _reach(met, most)
    if bound is None or (most == MOST and _only_by_rounding(standing, moved, bound * per_unit)):
        return Solved(None, None)
    steps = _first(met, 0, bound)
    return Solved(steps, standing.value(moved, steps * per_unit))


def _only_by_rounding(standing: Standing, moved: Moved, units: Decimal) -> bool:
    """Whether a figure comes ever nearer to its target without reaching it, until twelve decimals end."""
    if standing.reference is not None or standing.less is not None:
        return False
    own, step = standing.own, moved.own
    if own.denominator is None:
        return False
    twice = 2 * units
    above = (own.numerator + step.numerator * twice) * own.scale
    asked = standing.target * (own.denominator + step.denominator * twice)
    return above > asked if standing.better is Better.LOWER else above < asked


def headroom(standing: Standing, moved: Moved, *, per_unit: Decimal, most: int) -> Solved:
    """The most of an action with which a target that is met stays met."""

    def missed(steps: int) -> bool:
        value = standing.value(moved, steps * per_unit)
        # Where nothing is left to divide by there is no figure, and so none that misses.
        return value is not None and not standing.met(value)

    bound = _reach(missed, most)
    if bound is None:
        return Solved(most, standing.value(moved, most * per_unit), all_of_it=True)
    steps = _first(missed, 0, bound) - 1
    return Solved(steps, standing.value(moved, steps * per_unit))


def _reach(holds: Callable[[int], bool], most: int) -> int | None:
    """A number of steps at which something holds, looked for by doubling; none up to the most."""
    steps = 1
    while steps < most:
        if holds(steps):
            return steps
        steps *= 2
    return most if most > 0 and holds(most) else None


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The first step at which something holds, between one at which it does not and one at which it does."""
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
