"""What a figure is as a bridge sees it: quotients of sums over loans, and which figures are none.

A total, a ratio, a weighted mean and the gap of two of these are sums over the loans of a month end; so
each loan has a share in their change. What rests on other rows, on the largest few or on several months
is refused here, with the figures behind it that can be asked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Final

from transforms.catalogue.model import (
    Aggregation,
    At,
    Catalogue,
    Entity,
    Kind,
    Measure,
    Metric,
    Reading,
    Unit,
)
from transforms.errors import BranchmarkError

_BP: Final = 10_000
_PP: Final = 100
_NAMED: Final = 3
_QUOTIENTS: Final = frozenset({Kind.RATIO, Kind.WEIGHTED_MEAN})
_WHY: Final = {
    Kind.INCREMENT: "compares two months already",
    Kind.GROWTH: "compares two months already",
    Kind.INCREMENT_DIFFERENCE: "compares four months already",
    Kind.AVERAGE: "is a mean of several months",
    Kind.TOLERANCE: "is the room below a limit, no share of loans",
    Kind.INDEX: "is a sum of squares, to which no loan contributes by itself",
    Kind.TOP_N: "rests on the largest few, who are others at every month end",
}


class NoBridgeError(BranchmarkError):
    """A figure whose change cannot be split over loans."""

    def __init__(self, metric_id: str, why: str, behind: tuple[str, ...]) -> None:
        told = " or ".join(behind[:_NAMED])
        way_out = (
            f"Bridge {told} instead."
            if behind
            else "Bridge a total, a share or a ratio over loans; `branchmark catalogue` lists them."
        )
        super().__init__(f"{metric_id} cannot be bridged: it {why}. {way_out}")


@dataclass(frozen=True)
class Weighed:
    """A measure over loans times a factor."""

    measure: str
    times: Decimal


@dataclass(frozen=True)
class Quotient:
    """A sum of measures over another one, times a factor; with nothing below it is a total.

    Attributes:
        role: `value`, or in a gap `minuend` and `subtrahend`.
        whole_bank: it is the whole bank's, whatever node the figure is of.
    """

    role: str
    above: tuple[Weighed, ...]
    below: tuple[Weighed, ...]
    factor: Fraction
    whole_bank: bool = False


@dataclass(frozen=True)
class Shape:
    """A figure as a sum of quotients, or as a count of distinct clients.

    Attributes:
        quotients: one, or the two of a gap.
        counted: clients are counted, each once at a node.
    """

    quotients: tuple[Quotient, ...]
    counted: bool = False

    @property
    def of_bank(self) -> frozenset[str]:
        """Columns that every loan of the bank counts in, whatever the node."""
        return frozenset(
            name
            for number, one in enumerate(self.quotients)
            if one.whole_bank
            for name in (above(number), below(number))
        )

    @property
    def columns(self) -> dict[str, tuple[Weighed, ...]]:
        """What each loan adds, by column: `0:n` is the numerator of the first quotient, `0:d` below it."""
        found = {}
        for number, one in enumerate(self.quotients):
            found[above(number)] = one.above
            if one.below:
                found[below(number)] = one.below
        return found


def above(number: int) -> str:
    """The column of a quotient's numerator."""
    return f"{number}:n"


def below(number: int) -> str:
    """The column of a quotient's denominator."""
    return f"{number}:d"


def shape_of(catalogue: Catalogue, metric: Metric, reading: Reading) -> Shape:
    """How a reading of a metric is made from loans.

    Raises:
        NoBridgeError: if it is not, naming what can be bridged instead.
    """
    why = _why_not(catalogue, metric, reading)
    if why:
        raise NoBridgeError(metric.metric_id, why, tuple(_behind(catalogue, metric, reading)))
    if metric.kind is Kind.GAP:
        scale = Fraction(_PP if metric.unit is Unit.PP else 1)
        sides = []
        for role, pair, sign in (
            ("minuend", reading.minuend, 1),
            ("subtrahend", reading.subtrahend, -1),
        ):
            assert pair is not None  # noqa: S101 - the catalogue refuses such a gap
            other = catalogue.metrics[pair[0]]
            inner = _quotient(catalogue, other, other.reading(pair[1]))
            sides.append(
                replace(
                    inner,
                    role=role,
                    factor=inner.factor * scale * sign,
                    whole_bank=metric.of_root and role == "subtrahend",
                )
            )
        return Shape(tuple(sides))
    counted = metric.kind is Kind.COUNT_DISTINCT
    return Shape((_quotient(catalogue, metric, reading),), counted=counted)


def _quotient(catalogue: Catalogue, metric: Metric, reading: Reading) -> Quotient:
    factor = Fraction(_BP if metric.unit is Unit.BP and metric.kind in _QUOTIENTS else 1)
    own = reading.denominator if metric.kind in _QUOTIENTS else None
    return Quotient(
        "value",
        _weighed(catalogue, reading.numerator),
        _weighed(catalogue, own) if own else (),
        factor,
    )


def _weighed(catalogue: Catalogue, name: str) -> tuple[Weighed, ...]:
    return tuple(Weighed(term.measure, term.times) for term in catalogue.terms(name))


def _why_not(catalogue: Catalogue, metric: Metric, reading: Reading) -> str:
    """Why a figure has no bridge; empty if it has one."""
    if metric.kind is Kind.GAP:
        return _why_no_gap(catalogue, reading)
    if metric.kind in _WHY or metric.base is not None:
        return _WHY.get(metric.kind, "compares two months already")
    if metric.annualised:
        return "is scaled to a year by the months that have passed"
    named = [reading.numerator, *([reading.denominator] if reading.denominator else [])]
    terms = [term for name in named for term in catalogue.terms(name)]
    if any(term.at is not At.NOW for term in terms):
        return "adds up several months"
    counted = metric.kind is Kind.COUNT_DISTINCT
    measures = [catalogue.measures[term.measure] for term in terms]
    if all(_over_loans(catalogue, one, counted=counted) for one in measures):
        return ""
    return "is not made from the loans of a month end alone"


def _why_no_gap(catalogue: Catalogue, reading: Reading) -> str:
    for pair in (reading.minuend, reading.subtrahend):
        if pair is not None:
            other = catalogue.metrics[pair[0]]
            why = _why_not(catalogue, other, other.reading(pair[1]))
            if why:
                return f"is a gap of {other.metric_id}, which {why}"
    return ""


def _over_loans(catalogue: Catalogue, measure: Measure, *, counted: bool) -> bool:
    wanted = Aggregation.COUNT_DISTINCT if counted else Aggregation.SUM
    return measure.aggregation is wanted and catalogue.entity_of(measure) is Entity.LOAN


def _behind(catalogue: Catalogue, metric: Metric, reading: Reading) -> Iterator[str]:
    """Figures that can be bridged and share a measure with one that cannot, the likest first."""
    own = set(catalogue.plain_measures(reading)) | set(_named(catalogue, reading))
    found = []
    for other in catalogue.metrics.values():
        if other.metric_id == metric.metric_id:
            continue
        told = other.reading(other.default_reading)
        theirs = set(catalogue.plain_measures(told))
        same = told.numerator and told.numerator == told.denominator
        if theirs <= own and theirs and not same and not _why_not(catalogue, other, told):
            found.append((-len(theirs), other.metric_id))
    for _, name in sorted(found):
        yield name


def _named(catalogue: Catalogue, reading: Reading) -> Iterator[str]:
    for name in reading.measures:
        for term in catalogue.terms(name):
            yield term.measure
