"""Why a loan counts, or does not: each metric's rules put to one loan, clause by clause, with its facts.

The same clauses that classify the whole book are asked about a single row; nothing is decided anew. The
rows behind a figure, the other way round, are listed by `trace`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.catalogue.model import (
    Aggregation,
    At,
    Catalogue,
    Clause,
    Entity,
    Flag,
    Label,
    Measure,
    Metric,
    Reading,
)
from transforms.catalogue.sql import columns_of, with_parameters
from transforms.catalogue.vocabulary import NAMES
from transforms.classify import clause_sql
from transforms.trace import Side, parts_of

Kin = tuple[Entity, At | None]
"""A kind of row; for changes also what they are measured from."""


@dataclass(frozen=True)
class Answer:
    """Whether one row counts under a flag, and the clauses that say so.

    Attributes:
        counts: the verdict.
        because: labels of the clauses that admitted it, or of the ones that keep it out.
        facts: what those clauses looked at, by name, as the row has it.
    """

    counts: bool
    because: tuple[Label, ...]
    facts: Mapping[str, object]


@dataclass(frozen=True)
class Explanation:
    """One metric's use of the loan, in its numerator or denominator.

    Attributes:
        amount: what the loan adds to the measure: money, or a number of one.
    """

    metric: Metric
    reading: Reading
    role: str
    measure: Measure
    answer: Answer
    amount: Decimal | None


NO_ROW: Final[Mapping[Entity, Label]] = {
    Entity.LOAN: Label("the loan has left the book", "该笔贷款已不在台账中"),
    Entity.EVENT: Label("no first-loan event names this loan", "没有首贷事件涉及该笔贷款"),
    Entity.FLOW: Label("no event of the month names this loan", "当月没有发生额涉及该笔贷款"),
    Entity.CHANGE: Label("the loan is in neither book", "该笔贷款不在两期台账中"),
    Entity.LISTING: Label("it is about listed enterprises, not loans", "针对名单企业，而非贷款"),
    Entity.TRADE: Label("it is about trade, not loans", "针对交易，而非贷款"),
}


def explain(
    catalogue: Catalogue,
    rows: Mapping[Kin, pl.DataFrame],
    parameters: Mapping[str, Decimal],
    *,
    as_of: date,
    among: Collection[Measure] = (),
    metric_id: str | None = None,
) -> Iterator[Explanation]:
    """What every metric makes of a loan at its month end; what it was at base months is left out.

    Args:
        catalogue: whose metrics are asked.
        rows: the loan's rows by kind, with flags: its own, its events, its changes.
        parameters: the thresholds in force.
        as_of: the month end.
        among: measures of the largest that the loan's client belongs to, at the whole bank.
        metric_id: one metric only.
    """
    for metric in catalogue.metrics.values():
        if metric_id not in (None, metric.metric_id):
            continue
        for reading in metric.readings:
            seen: dict[tuple[str, str], None] = {}
            for part in parts_of(catalogue, metric, reading, as_of):
                role = Side.NUMERATOR if part.side is Side.NUMERATOR else Side.DENOMINATOR
                key = (role.value, part.measure)
                measure = catalogue.measures[part.measure]
                if key in seen or part.as_of != as_of or not measure.where:
                    continue
                seen[key] = None
                answer, amount = _answered(catalogue, measure, rows, parameters, among)
                yield Explanation(metric, reading, role.value, measure, answer, amount)


def _answered(
    catalogue: Catalogue,
    measure: Measure,
    rows: Mapping[Kin, pl.DataFrame],
    parameters: Mapping[str, Decimal],
    among: Collection[Measure],
) -> tuple[Answer, Decimal | None]:
    """Whether the loan counts in a measure, and what it adds if it does."""
    flag = catalogue.flags[measure.where]
    window = At.YEAR_TO_DATE if measure.window == "year_to_date" else None
    own = rows.get((flag.entity, measure.since or window))
    if own is None or own.is_empty():
        return Answer(counts=False, because=(NO_ROW[flag.entity],), facts={}), None
    # Of several events the first that counts speaks for the loan, or the first of all.
    chosen = own.filter(pl.col(flag.name))
    answer = judge(catalogue, flag, (chosen if chosen.height else own).head(1), parameters)
    if answer.counts and measure.aggregation is Aggregation.LARGEST and measure not in among:
        told = Label(
            f"its client is not among the {measure.largest} largest of the bank",
            f"其客户不属于全行最大的{measure.largest}家",
        )
        answer = Answer(counts=False, because=(told,), facts=answer.facts)
    return answer, _amount(measure, chosen) if answer.counts else None


def _amount(measure: Measure, rows: pl.DataFrame) -> Decimal:
    if measure.aggregation in (Aggregation.SUM, Aggregation.LARGEST):
        return sum(rows[measure.over].drop_nulls().to_list(), Decimal(0))
    return Decimal(1)


def judge(
    catalogue: Catalogue, flag: Flag, row: pl.DataFrame, parameters: Mapping[str, Decimal]
) -> Answer:
    """One flag put to one row."""
    holds = _holds(flag, row, parameters)
    missing = [clause for clause in flag.all_of if not holds[clause]]
    if missing:
        return _not(catalogue, missing[0], row, parameters)
    if flag.any_of:
        met = tuple(clause for clause in flag.any_of if holds[clause])
        asked = met or flag.any_of
        return Answer(
            counts=bool(met),
            because=tuple(_label(clause, parameters) for clause in asked),
            facts=_facts(catalogue, asked, row),
        )
    return Answer(
        counts=True,
        because=tuple(_label(clause, parameters) for clause in flag.all_of),
        facts=_facts(catalogue, flag.all_of, row),
    )


def _not(
    catalogue: Catalogue, clause: Clause, row: pl.DataFrame, parameters: Mapping[str, Decimal]
) -> Answer:
    """Why a clause fails: itself, or, where it names another flag, what fails there."""
    deeper = catalogue.flags.get(clause.sql)
    if deeper is None:
        return Answer(
            counts=False,
            because=(_label(clause, parameters),),
            facts=_facts(catalogue, (clause,), row),
        )
    return judge(catalogue, deeper, row, parameters)


def _facts(
    catalogue: Catalogue, clauses: tuple[Clause, ...], row: pl.DataFrame
) -> dict[str, object]:
    """The columns that clauses look at, down through the flags they name, as the row has them."""
    found: dict[str, object] = {}
    queue = [name for clause in clauses for name in columns_of(clause.sql)]
    asked: set[str] = set()
    while queue:
        name = queue.pop(0)
        if name in asked:
            continue
        asked.add(name)
        deeper = catalogue.flags.get(name)
        if deeper is not None:
            queue += [used for clause in deeper.clauses for used in columns_of(clause.sql)]
        elif name in row.columns:
            found[name] = row[name].item()
            # Beside what was looked up stands what it was looked up by.
            known = NAMES[Entity.LOAN].get(name)
            for need in sorted(known.needs) if known is not None else ():
                column = need.partition(".")[2]
                if column in row.columns:
                    found[column] = row[column].item()
    return found


def _holds(flag: Flag, row: pl.DataFrame, parameters: Mapping[str, Decimal]) -> dict[Clause, bool]:
    asked = row.select(
        pl.sql_expr(clause_sql(clause.sql, parameters)).alias(str(number))
        for number, clause in enumerate(flag.clauses)
    ).row(0)
    return dict(zip(flag.clauses, asked, strict=True))


def _label(clause: Clause, parameters: Mapping[str, Decimal]) -> Label:
    said = {name: f"{value:,}" for name, value in parameters.items()}
    return Label(with_parameters(clause.label.en, said), with_parameters(clause.label.zh, said))
