"""Metric facts: every metric and reading, for every node, with numerator, denominator and reason.

Time arithmetic is declared by the catalogue (`base`) and done here once: the base month's measures are
rolled up over today's tree. Targets and status belong in `scorecards`, quality in `quality`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from transforms import tolerance
from transforms.availability import in_force
from transforms.catalogue.model import Base, Catalogue, Kind, Metric, Reading
from transforms.catalogue.vocabulary import TOTAL
from transforms.hierarchy import Tree
from transforms.periods import previous_month_end, previous_year_end, same_month_last_year
from transforms.reference.tables import ToleranceRule
from transforms.rollup import node_sums, wide
from transforms.schema import DAY, TEXT, WIDE

FACT: Final[Mapping[str, pl.DataType]] = {
    "metric_id": TEXT,
    "reading": TEXT,
    "definition_version": TEXT,
    "branch_id": TEXT,
    "slice": TEXT,
    "member": TEXT,
    "as_of_date": DAY,
    "numerator": WIDE,
    "denominator": WIDE,
    "value": WIDE,
    "unit": TEXT,
    "limit_value": WIDE,
    "headroom_amount": WIDE,
    "reason": TEXT,
}
"""One figure a row. `branch_id` is a node of the tree. A value that cannot be given has a reason."""

EMPTY_PORTFOLIO: Final = "there is nothing in the denominator"
NO_POSITIVE_BASE: Final = "the base is zero or negative"


@dataclass(frozen=True, eq=False)
class Month:
    """Everything the facts of one month are made from.

    Attributes:
        as_of: the month end.
        measures: additive measures by booking branch (`cube.BRANCH_MEASURE`), events included.
        clients: distinct counts by node (`clients.CLIENT_COUNT`).
        bases: measures of the months compared with; a month not published is absent.
        tree: the branches as organised at `as_of`.
        unavailable: measures the book cannot give, with the reason.
        unavailable_slices: slices the book cannot be cut by, with the reason.
        tolerance_rule: the rule in force, if any.
    """

    as_of: date
    measures: pl.DataFrame
    clients: pl.DataFrame
    bases: Mapping[date, pl.DataFrame]
    tree: Tree
    unavailable: Mapping[str, str]
    unavailable_slices: Mapping[str, str]
    tolerance_rule: ToleranceRule | None


def base_date(base: Base, as_of: date) -> date:
    """The month end that a comparison goes back to."""
    return {
        Base.PREVIOUS_MONTH: previous_month_end,
        Base.YEAR_END: previous_year_end,
        Base.SAME_MONTH_LAST_YEAR: same_month_last_year,
    }[base](as_of)


def base_dates(catalogue: Catalogue, as_of: date) -> tuple[date, ...]:
    """Every month end that the catalogue compares with, oldest first."""
    bases = {metric.base for metric in catalogue.metrics.values() if metric.base is not None}
    return tuple(sorted({base_date(base, as_of) for base in bases}))


def compute(month: Month, catalogue: Catalogue) -> pl.DataFrame:
    """All facts of a month: rows of `FACT`, sorted by metric, reading, branch and slice."""
    sums = pl.concat(
        [
            node_sums(month.measures, month.tree),
            month.clients.select(
                "node_id",
                pl.lit(TOTAL).alias("slice"),
                pl.lit(TOTAL).alias("member"),
                "measure",
                "amount",
            ),
        ]
    )
    rows = wide(sums, month.tree, list(catalogue.measures))
    for day, measures in month.bases.items():
        rows = _with_base(rows, node_sums(measures, month.tree), day)
    tables = [
        _facts(metric, reading, rows, month, catalogue)
        for metric in catalogue.metrics.values()
        for reading in metric.readings
    ]
    return pl.concat(tables).sort("metric_id", "reading", "branch_id", "slice", "member")


def _base_column(measure: str, day: date) -> str:
    return f"{measure}@{day.isoformat()}"


def _with_base(rows: pl.DataFrame, sums: pl.DataFrame, day: date) -> pl.DataFrame:
    uncut = sums.filter(pl.col("slice") == TOTAL)
    for name in uncut["measure"].unique().sort():
        one = uncut.filter(pl.col("measure") == name).select(
            "node_id", pl.col("amount").alias(_base_column(name, day))
        )
        rows = rows.join(one, on="node_id", how="left").with_columns(
            pl.col(_base_column(name, day)).fill_null(pl.lit(0, dtype=WIDE))
        )
    return rows


def _facts(
    metric: Metric, reading: Reading, rows: pl.DataFrame, month: Month, catalogue: Catalogue
) -> pl.DataFrame:
    slices = [name for name in metric.slices if name not in month.unavailable_slices]
    rows = rows.filter(pl.col("slice").is_in([TOTAL, *slices]))
    reason = _why_not(metric, reading, month)
    figures = _nothing(reason) if reason else _figures(metric, reading, rows, month)
    table = rows.select(
        metric_id=pl.lit(metric.metric_id),
        reading=pl.lit(reading.name),
        definition_version=pl.lit(catalogue.versions[metric.metric_id]),
        branch_id="node_id",
        slice="slice",
        member="member",
        as_of_date=pl.lit(month.as_of),
        numerator=figures.numerator,
        denominator=figures.denominator,
        value=figures.value,
        unit=pl.lit(metric.unit.value),
        limit_value=figures.limit,
        headroom_amount=figures.headroom,
        reason=figures.reason,
    ).with_columns(pl.col(name).cast(dtype) for name, dtype in FACT.items())
    # A member with nothing in it at all belongs to another metric's cut.
    empty = (pl.col("numerator") == 0) & (pl.col("denominator").fill_null(0) == 0)
    return table.filter((pl.col("slice") == TOTAL) | ~empty.fill_null(value=True))


@dataclass(frozen=True, eq=False)
class _Figures:
    numerator: pl.Expr
    denominator: pl.Expr
    value: pl.Expr
    reason: pl.Expr
    limit: pl.Expr
    headroom: pl.Expr


_NO_AMOUNT: Final = pl.lit(None, dtype=WIDE)
_NO_TEXT: Final = pl.lit(None, dtype=TEXT)


def _plain(numerator: pl.Expr, denominator: pl.Expr, value: pl.Expr, reason: pl.Expr) -> _Figures:
    return _Figures(numerator, denominator, value, reason, _NO_AMOUNT, _NO_AMOUNT)


def _nothing(reason: str) -> _Figures:
    return _plain(_NO_AMOUNT, _NO_AMOUNT, _NO_AMOUNT, pl.lit(reason))


def _why_not(metric: Metric, reading: Reading, month: Month) -> str | None:
    """Why the metric cannot be computed for this month at all."""
    for name in reading.measures:
        if name in month.unavailable:
            return month.unavailable[name]
    outside = in_force(metric.valid_from, metric.valid_to, month.as_of)
    if outside:
        return outside
    if metric.base is not None:
        return _why_no_base(base_date(metric.base, month.as_of), reading, month)
    if metric.kind is Kind.TOLERANCE:
        return _why_no_tolerance(month.tolerance_rule)
    return None


def _why_no_base(day: date, reading: Reading, month: Month) -> str | None:
    if day not in month.bases:
        return f"{day.isoformat()} is not published, and this compares with it"
    if reading.numerator not in month.bases[day]["measure"]:
        return f"the book of {day.isoformat()} could not give it, and this compares with it"
    return None


def _why_no_tolerance(rule: ToleranceRule | None) -> str | None:
    if rule is None:
        return "no tolerance rule is in force"
    if rule.base != tolerance.ALL_LOANS:
        return f"the rule in force rests on {rule.base}, which is not delivered"
    return None


def _figures(metric: Metric, reading: Reading, rows: pl.DataFrame, month: Month) -> _Figures:
    numerator = pl.col(reading.numerator)
    match metric.kind:
        case Kind.TOTAL | Kind.COUNT_DISTINCT:
            return _plain(numerator, _NO_AMOUNT, numerator, _NO_TEXT)
        case Kind.RATIO:
            return _ratio(numerator, pl.col(str(reading.denominator)), EMPTY_PORTFOLIO)
        case Kind.INCREMENT | Kind.GROWTH:
            return _against_base(metric, numerator, _base_of(metric, reading, month))
        case Kind.TOLERANCE:
            return _tolerance(reading, rows, month)


def _ratio(numerator: pl.Expr, denominator: pl.Expr, otherwise: str) -> _Figures:
    safe = pl.when(denominator != 0).then(denominator)
    reason = pl.when(denominator == 0).then(pl.lit(otherwise))
    return _plain(numerator, denominator, numerator / safe, reason)


def _base_of(metric: Metric, reading: Reading, month: Month) -> pl.Expr:
    assert metric.base is not None  # noqa: S101 - the catalogue refuses such a metric without one
    return pl.col(_base_column(reading.numerator, base_date(metric.base, month.as_of)))


def _against_base(metric: Metric, now: pl.Expr, then: pl.Expr) -> _Figures:
    if metric.kind is Kind.INCREMENT:
        return _plain(now, then, now - then, _NO_TEXT)
    positive = then > 0
    return _plain(
        now - then,
        then,
        (now - then) / pl.when(positive).then(then),
        pl.when(~positive).then(pl.lit(NO_POSITIVE_BASE)),
    )


def _tolerance(reading: Reading, rows: pl.DataFrame, month: Month) -> _Figures:
    npl, balance = pl.col(reading.numerator), pl.col(str(reading.denominator))
    bank = rows.filter(pl.col("node_id") == month.tree.root, pl.col("slice") == TOTAL)
    reference = tolerance.reference_percent(
        bank[str(reading.reference_numerator)].item(),
        bank[str(reading.reference_denominator)].item(),
    )
    if reference is None or month.tolerance_rule is None:
        return _nothing(EMPTY_PORTFOLIO)
    verdict = tolerance.verdict(npl, balance, reference, month.tolerance_rule)
    return _Figures(
        numerator=npl,
        denominator=balance,
        value=verdict.headroom_pp,
        reason=pl.when(balance == 0).then(pl.lit(EMPTY_PORTFOLIO)),
        limit=verdict.limit_pp,
        headroom=verdict.headroom_amount,
    )
