"""The rows behind a figure: which measures at which times, and what each row adds, with its rule.

A figure is taken apart into *parts*: one measure at one month end, times a factor, in the numerator or
denominator. The rows of a part are those its flag admits; each says which rule let it in, and a row left
out says which condition kept it out. Everything is an expression over lazy rows, so that a list of ten
million loans streams. Where the rows of a month come from belongs in `orchestration.tracing`; one loan
put to every metric, in `explain`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

import polars as pl

from transforms import reasons
from transforms.arithmetic import dates_of
from transforms.catalogue.model import (
    Aggregation,
    At,
    Catalogue,
    Clause,
    Entity,
    Flag,
    Kind,
    Measure,
    Metric,
    Reading,
)
from transforms.catalogue.sql import with_parameters
from transforms.classify import clause_sql
from transforms.schema import DAY, TEXT, WIDE

ROW: Final[Mapping[str, pl.DataType]] = {
    "loan_id": TEXT,
    "side": TEXT,
    "amount": WIDE,
    "rule": TEXT,
    "because": TEXT,
    "borrower_id": TEXT,
    "branch_id": TEXT,
    "as_of_date": DAY,
    "metric_id": TEXT,
    "measure": TEXT,
    "balance": WIDE,
}
"""One row behind a figure. `amount` is what it adds: the amounts of a side add up to the figure's."""

WHY: Final = "why"
"""Column beside `ROW`: the key of what decided, which `transforms.reasons` puts into words."""

_MONTHS: Final = 12


class Side(StrEnum):
    """Where a row stands in a figure."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    EXCLUDED = "excluded"
    """In the node's book, and not in the numerator."""


@dataclass(frozen=True)
class Part:
    """One measure at one month end, on one side of a figure.

    Attributes:
        metric_id: the metric it belongs to; for a gap one of the two.
        side: numerator or denominator.
        measure: a plain measure.
        as_of: the month end it is taken at.
        times: what it is multiplied by.
        whole_bank: it is the whole bank's, whatever branch the figure is of.
    """

    metric_id: str
    side: Side
    measure: str
    as_of: date
    times: Decimal
    whole_bank: bool = False


def parts_of(
    catalogue: Catalogue, metric: Metric, reading: Reading, as_of: date
) -> tuple[Part, ...]:
    """Every part of a figure; parts of earlier months for comparisons and sums over the year."""
    if metric.kind is Kind.GAP:
        return tuple(
            replace(part, whole_bank=metric.of_root and pair is reading.subtrahend)
            for pair in (reading.minuend, reading.subtrahend)
            if pair is not None
            for part in parts_of(
                catalogue,
                catalogue.metrics[pair[0]],
                catalogue.metrics[pair[0]].reading(pair[1]),
                as_of,
            )
        )
    return tuple(
        Part(metric.metric_id, side, term.measure, day, term.times * times)
        for side, name, at, times in _terms(metric, reading, as_of)
        for term in catalogue.terms(name, at)
        for day in dates_of(term.at, as_of)
    )


def _terms(metric: Metric, reading: Reading, as_of: date) -> list[tuple[Side, str, At, Decimal]]:
    """The measures of a reading with side, time and factor, as `arithmetic` reckons with them."""
    one, minus = Decimal(1), Decimal(-1)
    top, bottom = Side.NUMERATOR, Side.DENOMINATOR
    own, below = reading.numerator, reading.denominator
    match metric.kind:
        case Kind.INCREMENT:
            return [(top, own, At.NOW, one), (bottom, own, _base(metric), one)]
        case Kind.GROWTH:
            base = _base(metric)
            return [(top, own, At.NOW, one), (top, own, base, minus), (bottom, own, base, one)]
        case Kind.INCREMENT_DIFFERENCE:
            return [
                (top, own, At.NOW, one),
                (top, own, At.YEAR_END, minus),
                (bottom, own, At.SAME_MONTH_LAST_YEAR, one),
                (bottom, own, At.YEAR_END_BEFORE, minus),
            ]
        case Kind.AVERAGE:
            return [(top, own, At.YEAR_TO_DATE, one)]
        case Kind.INDEX:
            return [(bottom, own, At.NOW, one)]
        case _:
            above = [(top, own, Decimal(_MONTHS) if metric.annualised else one)]
            if below is not None:
                above.append((bottom, below, Decimal(as_of.month) if metric.annualised else one))
            times = [(At.NOW, one)] + ([(metric.base, minus)] if metric.base else [])
            return [
                (side, name, at, factor * sign)
                for side, name, factor in above
                for at, sign in times
            ]


def _base(metric: Metric) -> At:
    assert metric.base is not None  # noqa: S101 - the catalogue refuses such a metric without one
    return metric.base


def admitted(flag: Flag, parameters: Mapping[str, Decimal]) -> pl.Expr:
    """What let a row in, in words: the conditions of `any` that hold, or all of `all`."""
    if not flag.any_of:
        return pl.lit("; ".join(_text(clause, parameters) for clause in flag.all_of))
    met = [
        pl.when(_holds(clause, parameters)).then(pl.lit(_text(clause, parameters)))
        for clause in flag.any_of
    ]
    return pl.concat_str(met, separator="; ", ignore_nulls=True)


@dataclass(frozen=True)
class Refusal:
    """Expressions that say what kept a row out: the flag that refused it, the condition, and its key."""

    rule: pl.Expr
    because: pl.Expr
    why: pl.Expr


def refused(catalogue: Catalogue, flag: Flag, parameters: Mapping[str, Decimal]) -> Refusal:
    """What kept a row out: the first condition not met, looked for in the flags it names.

    For rows that the flag does not admit; a row that it admits gets an empty text.
    """
    rule: pl.Expr = pl.lit(None, dtype=TEXT)
    because: pl.Expr = pl.lit(None, dtype=TEXT)
    why: pl.Expr = pl.lit(None, dtype=TEXT)
    if flag.any_of:
        none = ~pl.any_horizontal(*(_holds(clause, parameters) for clause in flag.any_of))
        told = " and ".join(f"not so: {_text(clause, parameters)}" for clause in flag.any_of)
        rule = pl.when(none).then(pl.lit(flag.name)).otherwise(rule)
        because = pl.when(none).then(pl.lit(told)).otherwise(because)
        why = pl.when(none).then(pl.lit(reasons.refused_by(flag))).otherwise(why)
    for place, clause in reversed(list(enumerate(flag.all_of, 1))):
        out = ~_holds(clause, parameters)
        deeper = catalogue.flags.get(clause.sql)
        if deeper is None:
            inner = Refusal(
                pl.lit(flag.name),
                pl.lit(f"not so: {_text(clause, parameters)}"),
                pl.lit(reasons.refused_by(flag, place)),
            )
        else:
            inner = refused(catalogue, deeper, parameters)
        rule = pl.when(out).then(inner.rule).otherwise(rule)
        because = pl.when(out).then(inner.because).otherwise(because)
        why = pl.when(out).then(inner.why).otherwise(why)
    return Refusal(rule, because, why)


def _holds(clause: Clause, parameters: Mapping[str, Decimal]) -> pl.Expr:
    return pl.sql_expr(clause_sql(clause.sql, parameters))


def _text(clause: Clause, parameters: Mapping[str, Decimal]) -> str:
    said = {name: f"{value:,}" for name, value in parameters.items()}
    return with_parameters(clause.label.en, said)


def rows_of_part(
    rows: pl.LazyFrame,
    part: Part,
    catalogue: Catalogue,
    parameters: Mapping[str, Decimal],
) -> pl.LazyFrame:
    """The rows of a part with what each adds; columns `ROW` and `WHY`.

    Args:
        rows: classified rows of the measure's kind, of the node's branches only. For the largest
            few, only the rows of those clients.
        part: the part.
        catalogue: whose flags decide.
        parameters: the thresholds in force at the part's month end.
    """
    measure = catalogue.measures[part.measure]
    flag = catalogue.flags[measure.where]
    let_in = rows.filter(pl.col(flag.name))
    amount = _amount(measure, let_in.collect_schema().names())
    return (
        _shaped(let_in, part, amount * pl.lit(part.times, dtype=WIDE))
        .with_columns(
            rule=pl.lit(flag.name),
            because=admitted(flag, parameters),
            why=reasons.admitted_by(flag, [_holds(clause, parameters) for clause in flag.any_of]),
        )
        .select(*ROW, WHY)
    )


def rows_left_out(
    rows: pl.LazyFrame,
    part: Part,
    catalogue: Catalogue,
    parameters: Mapping[str, Decimal],
) -> pl.LazyFrame:
    """The rows that a part's flag refuses, with what kept each out; columns `ROW` and `WHY`."""
    flag = catalogue.flags[catalogue.measures[part.measure].where]
    told = refused(catalogue, flag, parameters)
    out = rows.filter(~pl.col(flag.name)).with_columns(
        _rule=told.rule, _because=told.because, why=told.why
    )
    amount = pl.col("balance") if flag.entity is Entity.LOAN else pl.lit(0)
    return (
        _shaped(out, part, amount)
        .with_columns(side=pl.lit(Side.EXCLUDED.value), rule="_rule", because="_because")
        .select(*ROW, WHY)
    )


def _amount(measure: Measure, held: Collection[str]) -> pl.Expr:
    match measure.aggregation:
        case Aggregation.SUM | Aggregation.LARGEST:
            return pl.col(measure.over).cast(WIDE).fill_null(0)
        case Aggregation.COUNT_DISTINCT:
            # A client counts once: with the first of its loans, so that a list is the same every day.
            by = "loan_id" if "loan_id" in held else "borrower_id"
            first = pl.int_range(pl.len()).over("borrower_id", order_by=by) == 0
            return first.cast(pl.Int64).cast(WIDE)
        case _:
            return pl.lit(1, dtype=WIDE)


def _shaped(rows: pl.LazyFrame, part: Part, amount: pl.Expr) -> pl.LazyFrame:
    held = rows.collect_schema()
    balance = next((name for name in ("balance", "now_balance", "amount_in") if name in held), None)
    return rows.with_columns(
        side=pl.lit(part.side.value),
        amount=amount.cast(WIDE),
        as_of_date=pl.lit(part.as_of),
        metric_id=pl.lit(part.metric_id),
        measure=pl.lit(part.measure),
        balance=pl.lit(None, dtype=WIDE) if balance is None else pl.col(balance).cast(WIDE),
        loan_id=pl.col("loan_id") if "loan_id" in held else pl.lit(None, dtype=TEXT),
        rule=pl.lit(None, dtype=TEXT),
        because=pl.lit(None, dtype=TEXT),
    )
