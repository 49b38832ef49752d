"""Which metrics can be carried on to a later day, and by which sides: read from the catalogue.

What is done with a shape is said by `methods`.
"""

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from transforms.analysis.projection.methods import Form, Month, Nature, Shape
from transforms.catalogue.model import (
    At,
    Catalogue,
    Entity,
    Kind,
    Label,
    Measure,
    Metric,
    Reading,
    Term,
    Unit,
)

_BASIS_POINTS: Final = Decimal(10_000)
_YEARLY: Final = {At.YEAR_END: Nature.FIXED, At.SAME_MONTH_LAST_YEAR: Nature.YEAR_AGO}
_STANDING: Final = frozenset({Entity.LOAN, Entity.LISTING, Entity.TRADE, None})

_ONE_MONTH: Final = Label(
    "it covers one month only; project the same figure of the year so far",
    "该指标只反映当月；请推算其年初以来累计数",
)
_MIXED: Final = Label(
    "it adds what stands at a month end to what the year brought; project each",
    "该指标由时点数与当年累计数相加；请分别推算",
)
_TWO_METRICS: Final = Label(
    "it is the difference of two metrics; project each", "该指标是两个指标之差；请分别推算"
)
_INDEX: Final = Label(
    "an index of concentration has no path of its own", "集中度指数没有可推算的自身路径"
)
_ANNUALISED: Final = Label(
    "it is turned into a whole year's rate already", "该指标已折算为全年水平"
)

_BY_KIND: Final[Mapping[Kind, Shape | Label]] = MappingProxyType(
    {
        Kind.GAP: _TWO_METRICS,
        Kind.INDEX: _INDEX,
        Kind.AVERAGE: Shape(Form.RATIO, Nature.TO_DATE, Nature.MONTHS),
        Kind.INCREMENT_DIFFERENCE: Shape(Form.DIFFERENCE, Nature.TO_DATE, Nature.YEAR_AGO),
    }
)


def shape_of(catalogue: Catalogue, metric: Metric, reading: Reading) -> Shape | Label:
    """How a metric is made from sides that can be carried on, or why it is not.

    Args:
        catalogue: the definitions.
        metric: the metric.
        reading: which reading of it.
    """
    if metric.kind in _BY_KIND:
        return _BY_KIND[metric.kind]
    if metric.annualised:
        return _ANNUALISED
    if metric.kind in {Kind.INCREMENT, Kind.GROWTH}:
        form = Form.GROWTH if metric.kind is Kind.GROWTH else Form.DIFFERENCE
        base = None if metric.base is None else _YEARLY.get(metric.base)
        return _ONE_MONTH if base is None else Shape(form, Nature.STOCK, base)
    return _of_sides(catalogue, metric, reading)


def _of_sides(catalogue: Catalogue, metric: Metric, reading: Reading) -> Shape | Label:
    names = [reading.numerator, *([reading.denominator] if reading.denominator else [])]
    if metric.base is not None:
        return Shape(Form.RATIO, Nature.TO_DATE, Nature.TO_DATE)
    natures = [_nature(catalogue, name) for name in names]
    for nature in natures:
        if isinstance(nature, Label):
            return nature
    first, *second = [nature for nature in natures if isinstance(nature, Nature)]
    if not second or metric.kind in {Kind.TOTAL, Kind.COUNT_DISTINCT}:
        return Shape(Form.AMOUNT, first)
    if metric.kind is Kind.TOLERANCE:
        return Shape(Form.HEADROOM, first, second[0])
    factor = _BASIS_POINTS if metric.unit is Unit.BP else Decimal(1)
    return Shape(Form.RATIO, first, second[0], factor)


def _nature(catalogue: Catalogue, name: str) -> Nature | Label:
    terms = catalogue.terms(name)
    if any(term.at is At.YEAR_END for term in terms):
        return Nature.TO_DATE
    found = {_of_term(catalogue, term) for term in terms}
    if None in found:
        return _ONE_MONTH
    return next(one for one in found if one) if len(found) == 1 else _MIXED


def _of_term(catalogue: Catalogue, term: Term) -> Nature | None:
    measure = catalogue.measures[term.measure]
    if term.at is At.YEAR_TO_DATE or _covers_the_year(measure):
        return Nature.TO_DATE
    standing = term.at is At.NOW and catalogue.entity_of(measure) in _STANDING
    return Nature.STOCK if standing else None


def _covers_the_year(measure: Measure) -> bool:
    return "year_to_date" in (measure.over, measure.window) or measure.since is At.YEAR_END


def month_of(
    kind: Kind,
    numerator: Decimal,
    denominator: Decimal | None,
    definition: str,
    limit: Decimal | None = None,
) -> Month:
    """A published figure as a month of a path.

    Growth is published as what was added over what was there; its path is what is there.
    """
    if kind is Kind.GROWTH and denominator is not None:
        numerator += denominator
    return Month(numerator, denominator, definition, limit)
