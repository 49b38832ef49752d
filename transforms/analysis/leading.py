"""What a figure leads with: the measures its two sides begin with, and the loans that a flow is of.

What each row adds to a figure, at which month, is said by `transforms.trace`.
"""

from dataclasses import dataclass

from transforms import trace
from transforms.catalogue.flags import implied
from transforms.catalogue.model import Catalogue, Entity, Kind, Measure, Metric, Reading
from transforms.periods import month_ends
from transforms.trace import Side


@dataclass(frozen=True)
class Sides:
    """The plain measures that a figure's numerator and denominator begin with, as they are taken now."""

    numerator: Measure | None
    denominator: Measure | None


def sides(catalogue: Catalogue, metric: Metric, reading: Reading) -> Sides:
    """The leading measures of a figure; of a difference those of what is subtracted from."""
    if metric.kind is Kind.GAP and reading.minuend is not None:
        name, own = reading.minuend
        inner = catalogue.metrics[name]
        return sides(catalogue, inner, inner.reading(own))
    # Which month is asked for does not matter here, only that one term is of it.
    day = month_ends(metric.valid_from, 1)[0]
    found: dict[Side, Measure] = {}
    for part in trace.parts_of(catalogue, metric, reading, day):
        if part.as_of == day and part.times > 0:
            found.setdefault(part.side, catalogue.measures[part.measure])
    return Sides(found.get(Side.NUMERATOR), found.get(Side.DENOMINATOR))


def like_flow(catalogue: Catalogue, flow: str) -> str:
    """The loan flag that asks for most of what a flow flag asks of the loan."""
    asked = {clause.sql for clause in catalogue.flags[flow].all_of}

    def shared(name: str) -> int:
        own = {
            clause.sql
            for inner in implied(catalogue, {name})
            for clause in catalogue.flags[inner].clauses
        }
        return len((own | {name}) & asked)

    loans = sorted(flag.name for flag in catalogue.flags_of(Entity.LOAN))
    # Of those that ask for as much, the one that asks for least beside.
    return max(loans, key=lambda name: (shared(name), -len(implied(catalogue, {name}))))
