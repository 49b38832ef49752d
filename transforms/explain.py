"""Why a loan counts, or does not: each metric's rules put to one loan, clause by clause.

The same clauses that classify the whole book are asked about a single row; nothing is decided anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import polars as pl

from transforms.catalogue.builder import with_parameters
from transforms.catalogue.model import (
    Aggregation,
    Catalogue,
    Clause,
    Entity,
    Flag,
    Label,
    Measure,
    Metric,
    Reading,
)
from transforms.classify import clause_sql


@dataclass(frozen=True)
class Answer:
    """Whether one row counts under a flag, and the clauses that say so.

    Attributes:
        counts: the verdict.
        because: labels of the clauses that admitted it, or of the ones that keep it out.
    """

    counts: bool
    because: tuple[Label, ...]


@dataclass(frozen=True)
class Explanation:
    """One metric's use of the loan, in its numerator or denominator."""

    metric: Metric
    reading: Reading
    role: str
    measure: Measure
    answer: Answer


def explain(
    catalogue: Catalogue,
    loan: pl.DataFrame,
    events: pl.DataFrame,
    parameters: Mapping[str, Decimal],
) -> Iterator[Explanation]:
    """What every metric makes of a loan.

    Args:
        catalogue: whose metrics are asked.
        loan: one classified row.
        events: the judged first-loan events of this loan, one row or none.
        parameters: the thresholds in force.
    """
    rows = {Entity.LOAN: loan, Entity.EVENT: events}
    for metric in catalogue.metrics.values():
        for reading in metric.readings:
            for role, name in (
                ("numerator", reading.numerator),
                ("denominator", reading.denominator),
            ):
                if name is None:
                    continue
                measure = catalogue.measures[name]
                entity = (
                    Entity.EVENT if measure.aggregation is Aggregation.COUNT_EVENTS else Entity.LOAN
                )
                answer = judge(catalogue, catalogue.flags[measure.where], rows[entity], parameters)
                yield Explanation(metric, reading, role, measure, answer)


NO_EVENT = Label("no first-loan event names this loan", "没有首贷事件涉及该笔贷款")


def judge(
    catalogue: Catalogue, flag: Flag, row: pl.DataFrame, parameters: Mapping[str, Decimal]
) -> Answer:
    """One flag put to one row (or to none, for a loan without an event)."""
    if row.is_empty():
        return Answer(counts=False, because=(NO_EVENT,))
    holds = _holds(flag, row, parameters)
    missing = [clause for clause in flag.all_of if not holds[clause]]
    if missing:
        return Answer(counts=False, because=_not(catalogue, missing[0], row, parameters))
    if flag.any_of:
        met = [clause for clause in flag.any_of if holds[clause]]
        labels = met or flag.any_of
        return Answer(
            counts=bool(met), because=tuple(_label(clause, parameters) for clause in labels)
        )
    return Answer(counts=True, because=tuple(_label(clause, parameters) for clause in flag.all_of))


def _not(
    catalogue: Catalogue, clause: Clause, row: pl.DataFrame, parameters: Mapping[str, Decimal]
) -> tuple[Label, ...]:
    """Why a clause fails: itself, or, where it names another flag, what fails there."""
    deeper = catalogue.flags.get(clause.sql)
    if deeper is None:
        return (_label(clause, parameters),)
    return judge(catalogue, deeper, row, parameters).because


def _holds(flag: Flag, row: pl.DataFrame, parameters: Mapping[str, Decimal]) -> dict[Clause, bool]:
    asked = row.select(
        pl.sql_expr(clause_sql(clause.sql, parameters)).alias(str(number))
        for number, clause in enumerate(flag.clauses)
    ).row(0)
    return dict(zip(flag.clauses, asked, strict=True))


def _label(clause: Clause, parameters: Mapping[str, Decimal]) -> Label:
    said = {name: f"{value:,}" for name, value in parameters.items()}
    return Label(with_parameters(clause.label.en, said), with_parameters(clause.label.zh, said))
