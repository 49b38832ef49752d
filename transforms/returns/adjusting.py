"""Adjustments: signed deltas that people approved, put into a report and told apart from its figures.

A delta is on the numerator or denominator of one published figure of one unit. It moves the same figure of
every unit above, and every cell that takes one of them; figures are reckoned from their adjusted parts, then
sums and formulas from the adjusted cells. A figure of a month takes what holds for that month, so that what
has expired vanishes and an opening column shows what was released. Another slice, reading or metric is
another figure, but for the denominator that the parts of a whole share: whoever moves a loan between two
kinds enters one delta for each. Who may enter and approve
them belongs in `records.ledger.adjustments`; sums and formulas in `reckoning`.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import polars as pl

from transforms import tolerance
from transforms.arithmetic import EMPTY_PORTFOLIO, NO_GROWTH, NO_POSITIVE_BASE
from transforms.catalogue.model import Better, Catalogue, Kind, Metric, Unit
from transforms.catalogue.vocabulary import TOTAL
from transforms.errors import BranchmarkError, UnknownNameError
from transforms.returns import filling
from transforms.returns.model import Return, Take
from transforms.returns.package import ADJUSTED, LARGEST, SERIES
from transforms.returns.quantities import unit_of
from transforms.returns.reckoning import changed, measured, reckoned, with_printed
from transforms.schema import TEXT, WIDE
from transforms.scorecards import status_of

NUMERATOR: Final = "numerator"
DENOMINATOR: Final = "denominator"

_WITHOUT_DENOMINATOR: Final = frozenset({Kind.TOTAL, Kind.COUNT_DISTINCT, Kind.AVERAGE})
"""What has none, or the number of months."""
_REFUSED: Final[Mapping[Kind, str]] = {
    Kind.GAP: "it compares two other metrics: adjust those that it compares",
    Kind.INDEX: "a sum of squared shares does not follow from its parts: adjust the balances themselves",
    Kind.TOP_N: "the largest few are others at every unit: adjust the balance itself",
}
"""What cannot be reckoned from numerator and denominator at every unit above, and the way out."""
_CENT: Final = Decimal("0.01")

_FIGURE: Final = ("metric_id", "reading", "slice", "member", "as_of_date")
_AT: Final = ["unit_id", *_FIGURE]
"""What a figure is of."""
_SIGNS: Final = {Better.HIGHER: 1, Better.LOWER: -1}


class AdjustmentError(BranchmarkError):
    """An adjustment that cannot be put into a report."""


def require(
    catalogue: Catalogue,
    metric_id: str,
    reading: str,
    side: str,
    amount: Decimal,
    *,
    slice_: str = TOTAL,
) -> None:
    """Refuse a delta that could not be put into a report; asked when it is entered and when it is used.

    Args:
        catalogue: the definitions of the month.
        metric_id: whose figure.
        reading: which reading; the metric's own if empty.
        side: `numerator` or `denominator`.
        amount: the signed delta.
        slice_: by what the figure is cut.

    Raises:
        UnknownNameError: if there is no such metric, reading or cut.
        AdjustmentError: if its kind, side or amount cannot be.
    """
    metric = catalogue.metrics.get(metric_id)
    if metric is None:
        raise UnknownNameError(
            "metric",
            metric_id,
            tuple(catalogue.metrics),
            way_out="`branchmark catalogue` lists them.",
        )
    readings = [one.name for one in metric.readings]
    if reading and reading not in readings:
        raise UnknownNameError(
            "reading", reading, readings, way_out=f"{metric_id} has {', '.join(readings)}."
        )
    if metric.kind in _REFUSED:
        raise AdjustmentError(f"{metric_id} cannot be adjusted, {_REFUSED[metric.kind]}.")
    if side not in (NUMERATOR, DENOMINATOR):
        raise AdjustmentError(
            f"An adjustment of {metric_id} is on its numerator or denominator, not on {side!r}. "
            f"Name one of the two."
        )
    if side == DENOMINATOR and metric.kind in _WITHOUT_DENOMINATOR:
        raise AdjustmentError(
            f"{metric_id} has no denominator that can be adjusted. Its value is adjusted on the "
            f"numerator."
        )
    if slice_ not in (TOTAL, *metric.cuts):
        told = f"it is cut by {', '.join(metric.cuts)}" if metric.cuts else "it is not cut"
        raise UnknownNameError("cut", slice_, metric.cuts, way_out=f"Of {metric_id} {told}.")
    if side == DENOMINATOR and slice_ in metric.composition:
        raise AdjustmentError(
            f"The parts of {metric_id} by {slice_} are all of the whole, whose denominator they share. "
            f"Adjust that of the whole."
        )
    _require_amount(
        f"{side} of {metric_id}",
        amount,
        _measured(metric, reading or metric.default_reading, side, catalogue),
    )


def _require_amount(what: str, amount: Decimal, measured_in: Unit | None) -> None:
    """Refuse what is no amount of a side of a figure.

    Raises:
        AdjustmentError: if it is none.
    """
    if not amount.is_finite() or abs(amount) >= LARGEST:
        raise AdjustmentError(
            f"{amount} is too large to be added to the {what}. Give a number of at most "
            f"{LARGEST.adjusted()} digits before the point."
        )
    if measured_in is Unit.COUNT and amount != amount.to_integral_value():
        raise AdjustmentError(
            f"{amount} is no number of clients: the {what} counts. Give a whole number."
        )
    if measured_in is Unit.CURRENCY and amount != amount.quantize(_CENT):
        raise AdjustmentError(
            f"{amount} has parts of a cent: the {what} is an amount. Give two decimals at most."
        )


def _measured(metric: Metric, reading: str, side: str, catalogue: Catalogue) -> Unit | None:
    if metric.kind in (Kind.TOTAL, Kind.COUNT_DISTINCT):
        return metric.unit
    found = unit_of(metric, metric.reading(reading), Take(side), catalogue)
    return found if isinstance(found, Unit) else None


def adjusted(
    return_: Return,
    cells: pl.DataFrame,
    series: pl.DataFrame,
    adjustments: pl.DataFrame,
    facts: pl.DataFrame,
    tree: pl.DataFrame,
    catalogue: Catalogue,
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Cells and trends with adjustments, and which of these moved any of them.

    Args:
        return_: the return.
        cells: rows of `CELL` as published.
        series: rows of `SERIES` as published.
        adjustments: rows of `ADJUSTED`; those of units outside the tree, and of months that no cell is
            of, move nothing.
        facts: the published facts that cells and series were filled from.
        tree: rows of `NODE`: the unit of the report and those below it.
        catalogue: the definitions.

    Raises:
        UnknownNameError: if one names a reading that does not exist.
        AdjustmentError: if one of a figure that the report takes cannot be put into it.
    """
    # One of another report's metrics, or of one that is no more, is no obstacle to this one.
    concerned = adjustments.filter(
        pl.col("metric_id").is_in(cells["metric_id"].drop_nulls().unique().implode())
    )
    if concerned.is_empty():
        return cells, series, adjustments.select(*ADJUSTED).clear()
    for row in concerned.select("metric_id", "reading", "side", "amount", "slice").iter_rows():
        metric, reading, side, amount, slice_ = row
        require(catalogue, metric, reading or "", side, amount, slice_=slice_)
    taken = _taken(cells, series)
    whole = _reached(concerned, taken, tree, catalogue)
    reached = pl.concat([whole, _of_parts(whole, taken, catalogue)])
    applied = reached.join(taken, on=_AT, how="inner").filter(_concerns())
    figures = _figures(reached, facts, catalogue)
    new_cells = reckoned(return_, _moved_cells(cells, figures), catalogue)
    return (
        new_cells,
        _moved_series(series, new_cells, figures, catalogue),
        adjustments.select(*ADJUSTED)
        .filter(pl.col("adjustment_id").is_in(applied["adjustment_id"].unique().implode()))
        .sort("adjustment_id"),
    )


def _reached(
    adjustments: pl.DataFrame, taken: pl.DataFrame, tree: pl.DataFrame, catalogue: Catalogue
) -> pl.DataFrame:
    """Every figure that each adjustment moves: `adjustment_id, side, amount` and `_AT`."""
    own = pl.DataFrame(
        [(name, metric.default_reading) for name, metric in catalogue.metrics.items()],
        schema={"metric_id": TEXT, "_own": TEXT},
        orient="row",
    )
    named = adjustments.join(own, on="metric_id", how="left").with_columns(
        reading=pl.when(pl.col("reading").fill_null("") == "").then("_own").otherwise("reading")
    )
    days = taken.select("as_of_date").unique()
    return (
        named.join(_above(tree), on="branch_id", how="inner")
        .join(days, how="cross")
        .filter(pl.col("as_of_date").is_between("live_from", "live_to"))
        .select("adjustment_id", "side", "amount", *_AT)
    )


def _of_parts(reached: pl.DataFrame, taken: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """The parts of a whole whose denominator is adjusted: it is theirs too."""
    cuts = pl.DataFrame(
        [(name, cut) for name, metric in catalogue.metrics.items() for cut in metric.composition],
        schema={"metric_id": TEXT, "slice": TEXT},
        orient="row",
    )
    parts = taken.select(_AT).unique().join(cuts, on=["metric_id", "slice"], how="semi")
    whole = reached.filter(pl.col("side") == DENOMINATOR, pl.col("slice") == TOTAL)
    return (
        whole.drop("slice", "member")
        .join(parts, on=[name for name in _AT if name not in ("slice", "member")], how="inner")
        .select(reached.columns)
    )


def _above(tree: pl.DataFrame) -> pl.DataFrame:
    """Each unit of a tree with itself and every unit above it: `branch_id, unit_id`."""
    parents = tree.select(unit_id="node_id", _parent="parent_id")
    reached = tree.select(branch_id="node_id", unit_id="node_id")
    found = [reached]
    while reached.height:
        reached = (
            reached.join(parents, on="unit_id", how="inner")
            .select("branch_id", unit_id="_parent")
            .filter(pl.col("unit_id").is_in(tree["node_id"].implode()))
        )
        found.append(reached)
    return pl.concat(found)


def _taken(cells: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Figures that cells and trends take, and what of them: `_AT` and `take`."""
    figures = cells.filter(pl.col("metric_id").is_not_null())
    return pl.concat(
        [figures.select(*_AT, "take"), _of_cells(series, figures).select(*_AT, "take")]
    ).unique()


def _of_cells(series: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Rows of trends with the figure that their cell takes."""
    names = ("unit_id", "metric_id", "reading", "slice", "member", "take", "scale", "decimals")
    return series.join(
        cells.select("table_id", "row_id", "column_id", *names),
        on=["table_id", "row_id", "column_id"],
        how="left",
        maintain_order="left",
    )


def _concerns() -> pl.Expr:
    """Whether what a cell takes of a figure moves with a side of it."""
    sides = (Take.NUMERATOR.value, Take.DENOMINATOR.value)
    from_both = (Take.VALUE, Take.GAP, Take.HEADROOM, Take.STATUS)
    return (
        pl.when(pl.col("take").is_in(sides))
        .then(pl.col("take") == pl.col("side"))
        .otherwise(pl.col("take").is_in([one.value for one in from_both]))
    )


def _figures(reached: pl.DataFrame, facts: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Published figures as adjusted, those only that are: `_AT` and a column for each `Take`, `_reason`."""
    on = [
        pl.when(pl.col("side") == side).then("amount").sum().cast(WIDE).alias(f"_{side}")
        for side in (NUMERATOR, DENOMINATOR)
    ]
    moved = (
        reached.group_by(_AT)
        .agg(on)
        .filter((pl.col(f"_{NUMERATOR}") != 0) | (pl.col(f"_{DENOMINATOR}") != 0))
    )
    terms = pl.DataFrame(
        [
            (
                name,
                metric.kind.value,
                metric.base is not None,
                _SIGNS.get(metric.better),
                metric.kind is Kind.TOLERANCE,
                metric.unit.value,
            )
            for name, metric in catalogue.metrics.items()
        ],
        schema={
            "metric_id": TEXT,
            "_kind": TEXT,
            "_has_base": pl.Boolean(),
            "_sign": pl.Int64(),
            "tolerated": pl.Boolean(),
            "unit": TEXT,
        },
        orient="row",
    )
    known = (
        facts.lazy()
        .rename({"branch_id": "unit_id"})
        .join(moved.lazy(), on=["metric_id", "unit_id", "as_of_date"], how="semi")
        .collect()
    )
    nothing = pl.when("is_empty").then(pl.lit(0, dtype=WIDE))
    found = (
        filling.figures(moved, known, catalogue)
        .filter(pl.col("found").is_not_null() | pl.col("is_empty"))
        .join(known.select(*_AT, "near_band"), on=_AT, how="left")
        .join(terms, on="metric_id", how="left")
        .with_columns(
            (pl.coalesce(side, nothing) + pl.col(f"_{side}")).cast(WIDE)
            for side in (NUMERATOR, DENOMINATOR)
        )
        .with_columns(value=_value().cast(WIDE))
        .with_columns(gap=((pl.col("value") - pl.col("target_value")) * pl.col("_sign")).cast(WIDE))
    )
    balance, limit = pl.col(DENOMINATOR), pl.col("limit_value")
    room = tolerance.verdict(pl.col(NUMERATOR), balance, limit).headroom_amount
    why = (
        pl.when(pl.col("_kind") == Kind.GROWTH.value)
        .then(pl.lit(NO_POSITIVE_BASE))
        .when(pl.col("_has_base") & (pl.col("_kind") == Kind.RATIO.value))
        .then(pl.lit(NO_GROWTH))
        .otherwise(pl.lit(EMPTY_PORTFOLIO))
    )
    return found.select(
        *_AT,
        pl.col("value").alias(Take.VALUE.value),
        pl.col(NUMERATOR).alias(Take.NUMERATOR.value),
        pl.col(DENOMINATOR).alias(Take.DENOMINATOR.value),
        pl.col("target_value").alias(Take.TARGET.value),
        pl.col("gap").alias(Take.GAP.value),
        limit.alias(Take.LIMIT.value),
        pl.when(pl.col("tolerated")).then(room).cast(WIDE).alias(Take.HEADROOM.value),
        status_of().alias(Take.STATUS.value),
        _reason=pl.coalesce("reason", why),
    )


def _value() -> pl.Expr:
    """A figure from its adjusted parts, as `transforms.arithmetic` reckons it from measures."""
    above, below, kind = pl.col(NUMERATOR), pl.col(DENOMINATOR), pl.col("_kind")
    scaled = pl.when(pl.col("unit") == Unit.BP.value).then(above * 10_000).otherwise(above)
    grows = (kind == Kind.GROWTH.value) | pl.col("_has_base")
    usable = pl.when(grows).then(below > 0).otherwise(below != 0)
    room = pl.col("limit_value") - tolerance.percentage_points(above, below)
    return (
        pl.when(kind.is_in([Kind.TOTAL.value, Kind.COUNT_DISTINCT.value]))
        .then(above)
        .when(kind.is_in([Kind.INCREMENT.value, Kind.INCREMENT_DIFFERENCE.value]))
        .then(above - below)
        .when(kind == Kind.TOLERANCE.value)
        .then(room)
        .otherwise(scaled / pl.when(usable).then(below))
    )


def _moved_cells(cells: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    joined = _beside(cells, figures)
    is_moved, new = pl.col("_is").is_not_null(), _new(pl.col("exact"))
    empties = new.is_null() & pl.col("exact").is_not_null()
    status = pl.col("take") == Take.STATUS.value
    return (
        joined.with_columns(
            exact=new.cast(WIDE),
            text=pl.when(is_moved & status).then(f"_{Take.STATUS.value}").otherwise("text"),
            reason=pl.when(is_moved & empties)
            .then("_reason")
            .when(~is_moved | status | new.is_null())
            .then("reason"),
        )
        .with_columns(
            adjustment=pl.when(is_moved & ~status)
            .then(changed())
            .otherwise("adjustment")
            .cast(WIDE)
        )
        .select(cells.columns)
    )


def _moved_series(
    series: pl.DataFrame, cells: pl.DataFrame, figures: pl.DataFrame, catalogue: Catalogue
) -> pl.DataFrame:
    joined = _beside(_of_cells(series, cells), figures)
    told = measured(joined.with_columns(exact=_new(pl.col("exact")).cast(WIDE)), catalogue)
    return with_printed(told).select(pl.col(name).cast(dtype) for name, dtype in SERIES.items())


def _beside(rows: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    """Rows with the adjusted figure that they take, columns with `_` before them."""
    new = figures.rename({one.value: f"_{one.value}" for one in Take})
    return rows.join(
        new.with_columns(_is=pl.lit(value=True)), on=_AT, how="left", maintain_order="left"
    )


def _new(old: pl.Expr) -> pl.Expr:
    """What a row takes of its adjusted figure; the old one where it is not adjusted."""
    taken = pl.lit(None, dtype=WIDE)
    for one in Take:
        if one is not Take.STATUS:
            taken = pl.when(pl.col("take") == one.value).then(f"_{one.value}").otherwise(taken)
    return pl.when(pl.col("_is").is_not_null()).then(taken).otherwise(old)
