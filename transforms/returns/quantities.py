"""What a cell is a number of: yuan, heads, a share; which units of print fit it, and whether branches add up.

The catalogue says what a metric's value is measured in; what its numerator and denominator are follows from
its kind and from how their measures are taken. Reading definitions belongs in `load`, filling in `filling`.
"""

from collections.abc import Mapping
from typing import Final

from transforms.catalogue.model import (
    NODE_LEVEL,
    Aggregation,
    Catalogue,
    Kind,
    Metric,
    Reading,
    Unit,
)
from transforms.returns.model import Column, Formula, Scale, Take

AMOUNTS: Final = (Scale.UNITS, Scale.THOUSAND, Scale.WAN, Scale.MILLION, Scale.YI)
FITS: Final[Mapping[Unit, tuple[Scale, ...]]] = {
    Unit.CURRENCY: AMOUNTS,
    Unit.COUNT: (Scale.COUNT, Scale.LOANS),
    Unit.RATIO: (Scale.PERCENT, Scale.PP, Scale.BP),
    Unit.PP: (Scale.PP, Scale.PERCENT, Scale.BP),
    Unit.BP: (Scale.BP, Scale.PP, Scale.PERCENT),
    Unit.DAYS: (Scale.DAYS,),
    Unit.INDEX: (Scale.INDEX,),
}
"""The units that a number may be printed in."""
_KIND_OF: Final = {
    scale: scales[0] for scales in reversed(tuple(FITS.values())) for scale in scales
}
"""Scales of one kind, called by the first of them: shares, percentage points and basis points are one."""
ADDS_UP: Final = frozenset({Unit.CURRENCY, Unit.COUNT})
"""What may be summed, and be a part of something, at all."""

_COUNTED: Final = frozenset({Aggregation.COUNT_DISTINCT, Aggregation.COUNT_EVENTS})
_OVER_AMOUNTS: Final = frozenset({Kind.TOTAL, Kind.COUNT_DISTINCT, Kind.RATIO, Kind.TOP_N})
_AGAINST_A_BASE: Final = frozenset({Kind.INCREMENT, Kind.INCREMENT_DIFFERENCE, Kind.GROWTH})
_CHANGES: Final = frozenset({Kind.INCREMENT, Kind.INCREMENT_DIFFERENCE, Kind.GAP})
_SIGNED: Final = frozenset({Kind.INCREMENT_DIFFERENCE, Kind.GROWTH})
_OF_A_TOLERANCE: Final = {Take.LIMIT: Unit.PP, Take.HEADROOM: Unit.CURRENCY}
_OF_A_TARGET: Final = frozenset({Take.TARGET, Take.GAP, Take.STATUS})


def unit_of(metric: Metric, reading: Reading, take: Take, catalogue: Catalogue) -> Unit | str:
    """What is taken of a figure is measured in, or why it cannot be taken.

    A status is a text; it counts as fitting and is measured in what the metric is.
    """
    if take in _OF_A_TOLERANCE:
        if metric.kind is not Kind.TOLERANCE:
            return f"only a tolerance has a {take}; {metric.metric_id} is a {metric.kind}"
        return _OF_A_TOLERANCE[take]
    if take is Take.VALUE or take in _OF_A_TARGET:
        return metric.unit
    is_above = take is Take.NUMERATOR
    kind = metric.kind
    found: Unit | None = None
    is_counted_above = kind in _OVER_AMOUNTS and is_above and not metric.annualised
    if kind is Kind.TOLERANCE or (kind is Kind.INDEX and not is_above):
        found = Unit.CURRENCY
    elif kind in _AGAINST_A_BASE or (kind is Kind.AVERAGE and is_above) or is_counted_above:
        found = _measured(reading.numerator, catalogue)
    elif reading.denominator and not is_above and not metric.annualised:
        found = _measured(reading.denominator, catalogue)
    if found is None:
        way_out = "annualised" if metric.annualised else f"of a {kind}"
        return f"the {take} of {metric.metric_id} is no amount and no count ({way_out}); take its value"
    return found


def _measured(name: str, catalogue: Catalogue) -> Unit:
    aggregation = catalogue.measures[name].aggregation
    if aggregation is Aggregation.COMBINED:
        aggregation = catalogue.measures[catalogue.terms(name)[0].measure].aggregation
    return Unit.COUNT if aggregation in _COUNTED else Unit.CURRENCY


def adds_up(metric: Metric, reading: Reading, take: Take, catalogue: Catalogue) -> bool:
    """Whether what is taken at the branches below a unit adds up to what is taken at the unit.

    Clients counted once and the largest few do not: they are taken at every unit anew.
    """
    unit = unit_of(metric, reading, take, catalogue)
    if take in (Take.TARGET, Take.GAP, Take.HEADROOM) or unit not in ADDS_UP or metric.whole_bank:
        return False
    plain = catalogue.plain_measures(reading)
    return all(catalogue.measures[name].aggregation not in NODE_LEVEL for name in plain)


def is_part(metric: Metric, take: Take) -> bool:
    """Whether it is a part of something: it cannot be negative, and is no target or limit set by people."""
    if take is Take.VALUE:
        return metric.kind not in _CHANGES
    return take in (Take.NUMERATOR, Take.DENOMINATOR) and metric.kind not in _SIGNED


def kind_of(scale: Scale) -> Scale | None:
    """What may be reckoned with each other, called by one of them; none of a text, and of `own`."""
    return _KIND_OF.get(scale)


def formula_problem(column: Column, left: Column, right: Column) -> str | None:
    """Why two columns cannot be reckoned with each other into a third; none if they can."""
    formula = column.formula
    assert isinstance(formula, Formula)  # noqa: S101 - the caller has seen it
    if Scale.TEXT in (left.scale, right.scale):
        return "a text is nothing to reckon with"
    kinds = kind_of(left.scale), kind_of(right.scale)
    if formula.sign == "/":
        if None in kinds or kinds[0] is not kinds[1]:
            return (
                f"{left.scale} by {right.scale} is no share; both must be amounts, or both counts"
            )
        return None if column.scale is Scale.PERCENT else "a quotient is printed in percent"
    if Scale.OWN in (left.scale, right.scale):
        same = left.scale is right.scale is column.scale
        return None if same else "both columns and their difference must leave the unit to the row"
    if kinds[0] is not kinds[1] or kind_of(column.scale) is not kinds[0]:
        return f"{left.scale}, {right.scale} and {column.scale} are not of one kind"
    return None
