"""Metric facts: every metric and reading, for every node, with numerator, denominator and reason.

Measures of this month and of earlier ones are rolled up over today's tree into one wide frame; how each
kind of metric is reckoned from it is said in `arithmetic`. Targets and status belong in `scorecards`,
quality in `quality`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

import polars as pl

from transforms import clients, tolerance
from transforms.arithmetic import (
    WHOLE,
    Figures,
    Reckoner,
    column,
    dates_of,
    herfindahl,
    index_column,
    limit_column,
    nothing,
    terms_of,
)
from transforms.availability import in_force
from transforms.catalogue.model import Aggregation, At, Catalogue, Kind, Metric, Reading, Term
from transforms.catalogue.vocabulary import TOTAL
from transforms.hierarchy import Tree
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

WHOLE_BANK_ONLY: Final = "it is defined for the whole bank only"


@dataclass(frozen=True, eq=False)
class Month:
    """Everything the facts of one month are made from.

    Attributes:
        as_of: the month end.
        measures: additive measures by booking branch (`cube.BRANCH_MEASURE`), all kinds of rows.
        node_measures: what was taken at every node anew (`clients.NODE_MEASURE`).
        earlier: additive measures of the months compared with; a month not published is absent.
        tree: the branches as organised at `as_of`.
        unavailable: measures the book cannot give, with the reason.
        unavailable_slices: slices the book cannot be cut by, with the reason.
        tolerance_rules: the rules that hold under each name a reading gives, one for each scope.
        regions: region code by branch.
        annual_npl_target: the bank's approved target of the year for its NPL ratio.
    """

    as_of: date
    measures: pl.DataFrame
    node_measures: pl.DataFrame
    earlier: Mapping[date, pl.DataFrame]
    tree: Tree
    unavailable: Mapping[str, str]
    unavailable_slices: Mapping[str, str]
    tolerance_rules: Mapping[str, tuple[ToleranceRule, ...]] = field(default_factory=dict)
    regions: Mapping[str, str] = field(default_factory=dict)
    annual_npl_target: Decimal | None = None


def base_dates(catalogue: Catalogue, as_of: date) -> tuple[date, ...]:
    """Every earlier month end that the catalogue's metrics rest on, oldest first."""
    ats = {term.at for term in _terms(catalogue)}
    days = {day for at in ats for day in dates_of(at, as_of)}
    return tuple(sorted(days - {as_of}))


def tolerance_names(catalogue: Catalogue) -> tuple[str, ...]:
    """The rules that readings of tolerances name."""
    named = {
        reading.rule
        for metric in catalogue.metrics.values()
        for reading in metric.readings
        if reading.rule is not None
    }
    return tuple(sorted(named))


def regions_of(branches: pl.DataFrame) -> dict[str, str]:
    """Region code by branch, from rows of the canonical table `branch`."""
    return dict(branches.select("branch_id", "region_code").drop_nulls().iter_rows())


def _terms(catalogue: Catalogue) -> tuple[Term, ...]:
    return tuple(
        dict.fromkeys(
            term
            for metric in catalogue.metrics.values()
            for reading in metric.readings
            for term in terms_of(catalogue, metric, reading)
        )
    )


def compute(month: Month, catalogue: Catalogue) -> pl.DataFrame:
    """All facts of a month: rows of `FACT`, sorted by metric, reading, branch and slice."""
    rows = _wide_frame(month, catalogue)
    root = rows.filter(pl.col("node_id") == month.tree.root, pl.col("slice") == TOTAL)
    reckoner = Reckoner(catalogue, month.as_of, lambda expr: _literal(root, expr))
    by_slice = {
        name: rows.filter(pl.col("slice") == name).lazy() for name in rows["slice"].unique()
    }
    tables = [
        table
        for metric in catalogue.metrics.values()
        for reading in metric.readings
        for table in _facts(metric, reading, by_slice, month, reckoner)
    ]
    # Hundreds of small tables that have nothing in common: to look for that takes longer than to make them.
    made = pl.collect_all(tables, optimizations=pl.QueryOptFlags.none())
    return pl.concat(made).sort("metric_id", "reading", "branch_id", "slice", "member")


def _literal(root: pl.DataFrame, expr: pl.Expr) -> pl.Expr:
    """An expression's value at the root, for every row."""
    return pl.lit(root.select(expr.alias("v"))["v"].item(), dtype=WIDE)


def _wide_frame(month: Month, catalogue: Catalogue) -> pl.DataFrame:
    """One row per node and member, a column per measure and time; indices and limits beside them."""
    sums = node_sums(month.measures, month.tree)
    sums = pl.concat(
        [
            sums,
            month.node_measures.select(sums.columns),
            clients.largest_members(sums, catalogue).select(sums.columns),
        ]
    )
    plain = [
        name
        for name, measure in catalogue.measures.items()
        if measure.aggregation is not Aggregation.COMBINED
    ]
    rows = wide(sums, month.tree, plain)
    terms = _terms(catalogue)
    for at in sorted({term.at for term in terms if term.at is not At.NOW}):
        names = sorted({term.measure for term in terms if term.at is at})
        days = dates_of(at, month.as_of)
        frames = [
            month.measures if day == month.as_of else month.earlier[day]
            for day in days
            if day == month.as_of or day in month.earlier
        ]
        rows = _with_time(rows, frames, names, at, month.tree)
    rows = _with_whole(rows, catalogue)
    rows = _with_indices(rows, sums, catalogue)
    return _with_limits(rows, month, catalogue)


def _with_time(
    rows: pl.DataFrame, frames: list[pl.DataFrame], names: list[str], at: At, tree: Tree
) -> pl.DataFrame:
    empty = pl.DataFrame(
        schema={"node_id": TEXT, **dict.fromkeys([column(name, at) for name in names], WIDE)}
    )
    if frames:
        uncut = pl.concat(frames).filter(pl.col("slice") == TOTAL, pl.col("measure").is_in(names))
        held = wide(node_sums(uncut, tree), tree, names)
        empty = held.select("node_id", *(pl.col(name).alias(column(name, at)) for name in names))
    return rows.join(empty, on="node_id", how="left", maintain_order="left")


def _with_whole(rows: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Uncut amounts beside the members, for shares that are parts of a whole."""
    names = sorted(
        {
            term.measure
            for metric in catalogue.metrics.values()
            if metric.composition
            for reading in metric.readings
            for term in catalogue.terms(str(reading.denominator))
        }
    )
    uncut = rows.filter(pl.col("slice") == TOTAL).select(
        "node_id", *(pl.col(name).alias(name + WHOLE) for name in names)
    )
    return rows.join(uncut, on="node_id", how="left", maintain_order="left")


def _with_indices(rows: pl.DataFrame, sums: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    wanted = {
        (reading.numerator, reading.over)
        for metric in catalogue.metrics.values()
        if metric.kind is Kind.INDEX
        for reading in metric.readings
    }
    for measure, over in sorted(wanted, key=str):
        parts = sums.filter(pl.col("slice") == over, pl.col("measure") == measure)
        found = herfindahl(parts.select("node_id", "amount"))
        name = index_column(measure, str(over))
        rows = rows.join(
            found.rename({"index": name}), on="node_id", how="left", maintain_order="left"
        )
    return rows


def _with_limits(rows: pl.DataFrame, month: Month, catalogue: Catalogue) -> pl.DataFrame:
    for rule in tolerance_names(catalogue):
        reading = next(
            reading
            for metric in catalogue.metrics.values()
            for reading in metric.readings
            if reading.rule == rule
        )
        root = rows.filter(pl.col("node_id") == month.tree.root, pl.col("slice") == TOTAL)
        all_loans = tolerance.reference_percent(
            root[str(reading.reference_numerator)].item(),
            root[str(reading.reference_denominator)].item(),
        )
        limits = tolerance.limits(
            month.tolerance_rules.get(rule, ()),
            month.tree,
            month.regions,
            all_loans=all_loans,
            annual_target=month.annual_npl_target,
        )
        name = limit_column(rule)
        rows = rows.join(
            limits.rename({"limit_pp": name, "no_limit": f"{name}:none"}),
            on="node_id",
            how="left",
            maintain_order="left",
        )
    return rows


def _facts(
    metric: Metric,
    reading: Reading,
    by_slice: Mapping[str, pl.LazyFrame],
    month: Month,
    reckoner: Reckoner,
) -> list[pl.LazyFrame]:
    reason = _why_not(metric, reading, month, reckoner.catalogue)
    held = [
        name
        for name in (TOTAL, *metric.cuts)
        if name in by_slice and name not in month.unavailable_slices
    ]
    tables = []
    for name in held:
        if name != TOTAL and reason is not None:
            continue
        if reason is not None:
            figures = nothing(reason)
        else:
            figures = reckoner.figures(metric, reading, whole=name in metric.composition)
        table = _table(metric, reading, by_slice[name], figures, month.as_of, reckoner.catalogue)
        if name != TOTAL:
            # A member with nothing in it at all belongs to another metric's cut.
            below = pl.lit(0) if name in metric.composition else pl.col("denominator").fill_null(0)
            empty = (pl.col("numerator").fill_null(0) == 0) & (below == 0)
            table = table.filter(~empty)
        elif metric.whole_bank and reason is None:
            table = _root_only(table, month.tree.root)
        tables.append(table)
    return tables


def _root_only(table: pl.LazyFrame, root: str) -> pl.LazyFrame:
    amounts = ("numerator", "denominator", "value", "limit_value", "headroom_amount")
    at_root = pl.col("branch_id") == root
    return table.with_columns(
        *(pl.when(at_root).then(pl.col(name)).alias(name) for name in amounts),
        reason=pl.when(at_root).then("reason").otherwise(pl.lit(WHOLE_BANK_ONLY)),
    )


def _table(
    metric: Metric,
    reading: Reading,
    rows: pl.LazyFrame,
    figures: Figures,
    as_of: date,
    catalogue: Catalogue,
) -> pl.LazyFrame:
    return rows.select(
        metric_id=pl.lit(metric.metric_id),
        reading=pl.lit(reading.name),
        definition_version=pl.lit(catalogue.versions[metric.metric_id]),
        branch_id="node_id",
        slice="slice",
        member="member",
        as_of_date=pl.lit(as_of),
        numerator=figures.numerator,
        denominator=figures.denominator,
        value=figures.value,
        unit=pl.lit(metric.unit.value),
        limit_value=figures.limit,
        headroom_amount=figures.headroom,
        reason=figures.reason,
    ).with_columns(pl.col(name).cast(dtype) for name, dtype in FACT.items())


def _why_not(metric: Metric, reading: Reading, month: Month, catalogue: Catalogue) -> str | None:
    """Why the metric cannot be computed for this month at all."""
    outside = in_force(metric.valid_from, metric.valid_to, month.as_of)
    if outside:
        return outside
    terms = terms_of(catalogue, metric, reading)
    for term in terms:
        if term.measure in month.unavailable:
            return month.unavailable[term.measure]
    for term in terms:
        reason = _why_not_then(term, month)
        if reason:
            return reason
    if metric.kind is Kind.INDEX and reading.over in month.unavailable_slices:
        return month.unavailable_slices[str(reading.over)]
    if metric.kind is Kind.TOLERANCE and not month.tolerance_rules.get(str(reading.rule)):
        return "no tolerance rule is in force"
    return None


def _why_not_then(term: Term, month: Month) -> str | None:
    if term.at is At.NOW:
        return None
    for day in dates_of(term.at, month.as_of):
        if day == month.as_of:
            continue
        if day not in month.earlier:
            return f"the month {day.isoformat()} that it rests on is not published"
        if term.measure not in month.earlier[day]["measure"]:
            return f"the book of {day.isoformat()}, which it rests on, could not give it"
    return None
