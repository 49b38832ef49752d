"""What the children of a node contribute to its change: by their own ratio, and by their weight.

With w a child's share of the parent's denominator and r its ratio, the parent's change is the sum of
`mean(w) * dr` (within: the child itself got better or worse) and `dw * (mean(r) - mean(R))` (mix: a child
above the parent's ratio gained weight). Both add up to the change exactly, since the weights add up to one at
both ends. What causes moved belongs in `effects`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from transforms.analysis.bridge.effects import Amounts
from transforms.analysis.bridge.shape import Quotient, Shape, above, below


@dataclass(frozen=True)
class Contribution:
    """A child's part of its parent's change.

    Attributes:
        child: the child; the parent's own number for what it books itself.
        within: by its own ratio; for a total its whole change, and nothing is mix.
        mix: by its weight. Of a child that stands at one end only, all is mix.
    """

    child: str
    within: Fraction
    mix: Fraction

    @property
    def amount(self) -> Fraction:
        """Both together."""
        return self.within + self.mix


def contributions(
    shape: Shape, start: Mapping[str, Amounts], end: Mapping[str, Amounts]
) -> list[Contribution]:
    """Every child's part, in the order of `start`; they add up to the parent's change.

    Args:
        shape: the figure.
        start: sums by child at the start; together they are the parent's, which has a value.
        end: the same children's sums at the end.
    """
    whole = [_whole(shape, one) for one in (start, end)]
    found = []
    for child in start:
        within = mix = Fraction(0)
        for number, one in enumerate(shape.quotients):
            own, weighed = _of(one, number, (start[child], end[child]), (whole[0], whole[1]))
            within += own
            mix += weighed
        found.append(Contribution(child, within, mix))
    return found


def _whole(shape: Shape, children: Mapping[str, Amounts]) -> dict[str, Fraction]:
    return {
        name: sum((one[name] for one in children.values()), Fraction(0)) for name in shape.columns
    }


def _of(
    quotient: Quotient,
    number: int,
    child: tuple[Amounts, Amounts],
    whole: tuple[Amounts, Amounts],
) -> tuple[Fraction, Fraction]:
    """The within and the mix effect of a child on one quotient."""
    n = [one[above(number)] for one in child]
    if not quotient.below:
        return (n[1] - n[0]) * quotient.factor, Fraction(0)
    d = [one[below(number)] for one in child]
    tops = [one[above(number)] for one in whole]
    unders = [one[below(number)] for one in whole]
    mean = (tops[0] / unders[0] + tops[1] / unders[1]) / 2
    weight = [d[at] / unders[at] for at in (0, 1)]
    added = n[1] / unders[1] - n[0] / unders[0] - (weight[1] - weight[0]) * mean
    if d[0] == 0 or d[1] == 0:
        return Fraction(0), added * quotient.factor
    within = (weight[0] + weight[1]) / 2 * (n[1] / d[1] - n[0] / d[0])
    return within * quotient.factor, (added - within) * quotient.factor
