"""Puts published figures into the cells of a return: each cell one figure, as published for its month end.

One pass over the facts of a few months. Nothing is guessed: where a month, a unit or a figure is missing, the
cell is empty and says why. A member that a figure is cut by and that holds nothing is zero, since the book
was delivered and the rest of the cut is there. Sums, formulas and rounding belong in `reckoning`, signed
deltas in `adjusting`.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

import polars as pl

from transforms.arithmetic import EMPTY_PORTFOLIO
from transforms.catalogue.model import Catalogue, Kind
from transforms.catalogue.vocabulary import TOTAL
from transforms.hierarchy import branch_of
from transforms.periods import (
    month_ends,
    months_back,
    previous_month_end,
    previous_year_end,
    same_month_last_year,
)
from transforms.returns.model import (
    WHOLE_ROW,
    Column,
    Moment,
    PictureKind,
    Point,
    Return,
    ReturnTable,
    Row,
    Take,
)
from transforms.returns.package import CELL, SERIES, UNIT
from transforms.returns.reckoning import measured, reckoned, with_printed
from transforms.schema import COUNT, DAY, TEXT, WIDE

TREND_MONTHS: Final = 13

NOT_PUBLISHED: Final = "nothing is published of it for that month end"
NO_SUCH_CUT: Final = "the book cannot be cut by it"
NOT_COLLECTED: Final = "no figure of it is defined"
NO_TARGET: Final = "no target is set for it"
NEITHER_WAY: Final = "the metric points neither way, so that there is no gap"
NOT_GIVEN: Final = "it is not given for this figure"

_COLUMN_OF: Final[Mapping[Take, str]] = {
    Take.VALUE: "value",
    Take.NUMERATOR: "numerator",
    Take.DENOMINATOR: "denominator",
    Take.TARGET: "target_value",
    Take.GAP: "gap",
    Take.LIMIT: "limit_value",
    Take.HEADROOM: "headroom_amount",
}
_FIGURE: Final = ["metric_id", "reading", "slice", "member", "unit_id", "as_of_date"]
_CUT: Final = ["metric_id", "reading", "slice", "unit_id", "as_of_date"]
_WHOLE: Final = ["metric_id", "reading", "unit_id", "as_of_date"]
_NO_MEMBER: Final = ("numerator", "denominator", "value")
_OF_TARGETS: Final = (Take.TARGET.value, Take.GAP.value)
_FILLED: Final = [name for name in CELL if name not in ("printed", "unit")]
"""What is filled here of a cell; the rest is reckoned."""
_WANTED: Final[Mapping[str, pl.DataType]] = {
    "table_id": TEXT,
    "row_id": TEXT,
    "column_id": TEXT,
    "unit_id": TEXT,
    "metric_id": TEXT,
    "reading": TEXT,
    "slice": TEXT,
    "member": TEXT,
    "take": TEXT,
    "as_of_date": DAY,
    "scale": TEXT,
    "decimals": COUNT,
    "collected": pl.Boolean(),
}


def day_of(moment: Moment, as_of: date) -> date:
    """The month end that a cell takes its figure of.

    >>> day_of(Moment.PREVIOUS_QUARTER, date(2026, 10, 31))
    datetime.date(2026, 9, 30)
    >>> day_of(Moment.PREVIOUS_QUARTER, date(2026, 9, 30))
    datetime.date(2026, 6, 30)
    """
    if moment is Moment.PREVIOUS_MONTH:
        return previous_month_end(as_of)
    if moment is Moment.PREVIOUS_QUARTER:
        return months_back(as_of, (as_of.month - 1) % 3 + 1)
    if moment is Moment.YEAR_END:
        return previous_year_end(as_of)
    return same_month_last_year(as_of) if moment is Moment.YEAR_AGO else as_of


def days(return_: Return, as_of: date) -> tuple[date, ...]:
    """The month ends whose facts a return needs, oldest first, those of its trends included."""
    taken = {day_of(column.at, as_of) for table in return_.tables for column in table.columns}
    if any(_is_trend(table) for table in return_.tables):
        taken |= set(month_ends(as_of, TREND_MONTHS))
    return tuple(sorted(taken | {as_of}))


def units(return_: Return, unit: str, tree: pl.DataFrame) -> pl.DataFrame:
    """The units that a report speaks of, parents first: rows of `UNIT`, the report's own first.

    Its own and, of those below it, the ones whose levels are rows of some table.
    """
    levels = {level for table in return_.tables for level in table.units}
    below = branch_of(tree, unit).sort("depth", "node_id")
    spoken_of = (pl.col("node_id") == unit) | pl.col("level").is_in(sorted(levels))
    return (
        below.filter(spoken_of)
        .rename({"node_id": "unit_id"})
        # Whose unit it is reported under is told inside the report only.
        .with_columns(parent_id=pl.when(pl.col("unit_id") != unit).then("parent_id"))
        .select(pl.col(name).cast(dtype) for name, dtype in UNIT.items())
    )


def cells(
    return_: Return,
    unit: str,
    as_of: date,
    facts: pl.DataFrame,
    tree: pl.DataFrame,
    catalogue: Catalogue,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The filled cells and trends of a return, unadjusted.

    Args:
        return_: what is filled.
        unit: whose report it is.
        as_of: its month end.
        facts: published facts of `days`; of units outside the report's own subtree none is taken.
        tree: the branch tree of the month end, rows of `hierarchy.NODE`.
        catalogue: the definitions.

    Returns:
        Rows of `CELL` in the order of tables, rows and columns, and rows of `SERIES`.
    """
    below = branch_of(tree, unit).sort("depth", "node_id")
    wanted = _concat(
        [_wanted(table, unit, as_of, below) for table in return_.tables], _WANTED
    ).with_row_index("place")
    trends = _concat(
        [_trend(table, unit, as_of) for table in return_.tables if _is_trend(table)], _WANTED
    ).with_row_index("place")
    points = pl.concat([wanted, trends]).select("metric_id", "unit_id", "as_of_date").unique()
    held = (
        facts.lazy()
        .rename({"branch_id": "unit_id"})
        .join(points.lazy(), on=["metric_id", "unit_id", "as_of_date"], how="semi")
        .collect()
    )
    filled = _filled(wanted, held, return_, catalogue)
    drawn = _filled(trends, held, return_, catalogue)
    return (
        reckoned(return_, filled, catalogue),
        with_printed(measured(drawn, catalogue)).select(
            pl.col(name).cast(dtype) for name, dtype in SERIES.items()
        ),
    )


def _is_trend(table: ReturnTable) -> bool:
    return table.picture is not None and table.picture.kind is PictureKind.TREND


def _wanted(table: ReturnTable, unit: str, as_of: date, below: pl.DataFrame) -> pl.DataFrame:
    """One row for each cell of a table: which figure, whose, of which month end."""
    if not table.units:
        rows = [
            _cell(table, row.row_id, unit, column, row.point, as_of, row)
            for row in table.rows
            if not row.heading
            for column in table.columns
        ]
        return pl.DataFrame(rows, schema=dict(_WANTED), orient="row")
    of_whole = pl.DataFrame(
        [_cell(table, WHOLE_ROW, unit, column, column.point, as_of) for column in table.columns],
        schema=dict(_WANTED),
        orient="row",
    )
    at_level = pl.col("level").is_in(list(table.units)) & (pl.col("node_id") != unit)
    each = below.filter(at_level).select(unit_id="node_id")
    of_units = each.join(of_whole.drop("unit_id"), how="cross").with_columns(row_id="unit_id")
    return pl.concat([of_whole, of_units.select(*_WANTED)])


def _cell(
    table: ReturnTable,
    row_id: str,
    unit: str,
    column: Column,
    point: Point | None,
    as_of: date,
    row: Row | None = None,
) -> tuple[object, ...]:
    scale, decimals = column.unit_of(row)
    taken = point if column.formula is None else None
    return (
        table.table_id,
        row_id,
        column.column_id,
        unit,
        *((taken.metric, taken.reading, taken.slice, taken.member) if taken else (None,) * 4),
        column.take.value,
        day_of(column.at, as_of),
        scale.value,
        decimals,
        row is None or not row.not_collected,
    )


def _trend(table: ReturnTable, unit: str, as_of: date) -> pl.DataFrame:
    """One row for each month of each row that is drawn."""
    assert table.picture is not None  # noqa: S101 - the caller has seen it
    column = next(one for one in table.columns if one.column_id == table.picture.column)
    drawn: Iterator[tuple[str, Point | None, Row | None]] = (
        (row.row_id, row.point, row)
        for row in table.rows
        if row.point is not None and row.row_id in (table.picture.rows or (row.row_id,))
    )
    lines = [(WHOLE_ROW, column.point, None)] if table.units else list(drawn)
    rows = [_cell(table, row_id, unit, column, point, as_of, row) for row_id, point, row in lines]
    months = pl.DataFrame({"as_of_date": month_ends(as_of, TREND_MONTHS)})
    told = pl.DataFrame(rows, schema=dict(_WANTED), orient="row").drop("as_of_date")
    return told.join(months, how="cross", maintain_order="left_right").select(*_WANTED)


def _concat(frames: list[pl.DataFrame], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.concat([pl.DataFrame(schema=dict(schema)), *frames])


def figures(wanted: pl.DataFrame, facts: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """What was published of figures: rows as wanted, with the columns of facts beside them.

    Args:
        wanted: rows with `metric_id, reading, slice, member, unit_id, as_of_date`.
        facts: published facts, `unit_id` in the place of `branch_id`.
        catalogue: the definitions.
    """
    every = [*_COLUMN_OF.values(), "status", "reason"]
    known = facts.select(
        *_FIGURE, *every, "definition_version", "snapshot_version", "quality_state", found=True
    )
    whole = known.filter(pl.col("slice") == TOTAL).select(
        *_WHOLE,
        whole_value="value",
        whole_numerator="numerator",
        whole_denominator="denominator",
        whole_reason="reason",
        whole_definition="definition_version",
        whole_snapshot="snapshot_version",
        whole_quality="quality_state",
        published=True,
    )
    cuts = known.filter(pl.col("slice") != TOTAL).select(_CUT).unique().with_columns(is_cut=True)
    joined = (
        wanted.join(known, on=_FIGURE, how="left", maintain_order="left")
        .join(whole, on=_WHOLE, how="left", maintain_order="left")
        .join(cuts, on=_CUT, how="left", maintain_order="left")
    )
    return _empty_members(joined, catalogue)


def _filled(
    wanted: pl.DataFrame, facts: pl.DataFrame, return_: Return, catalogue: Catalogue
) -> pl.DataFrame:
    """Cells with what was published of their figures, in the order asked for."""
    given = figures(wanted, facts, catalogue)
    amount = pl.coalesce(
        pl.when(pl.col("take") == take.value).then(pl.col(name))
        for take, name in _COLUMN_OF.items()
    ).cast(WIDE)
    is_figure = pl.col("metric_id").is_not_null()
    is_text = pl.col("take") == Take.STATUS.value
    code = pl.lit(return_.code)
    return (
        given.sort("place")
        .with_columns(
            published_value=amount,
            text=pl.when(is_text & is_figure).then("status"),
        )
        .with_columns(
            data_point=pl.concat_str(code, "table_id", "row_id", "column_id", separator="."),
            adjustment=pl.when(pl.col("published_value").is_not_null()).then(pl.lit(0, dtype=WIDE)),
            exact="published_value",
            reason=_reason(),
        )
        .select(pl.col(name).cast(CELL[name]) for name in _FILLED)
    )


def _empty_members(joined: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """What a member holds that no fact tells of: nothing, where the figure is cut at all.

    Published facts leave out members with nothing in them. A cut of a figure that is there holds it whole:
    so a member that is not in it has zero, and a share of nothing is none.
    """
    shares = [
        name
        for name, metric in catalogue.metrics.items()
        if metric.kind in (Kind.RATIO, Kind.WEIGHTED_MEAN, Kind.TOP_N)
    ]
    compositions = pl.DataFrame(
        [(m.metric_id, cut, True) for m in catalogue.metrics.values() for cut in m.composition],
        schema={"metric_id": TEXT, "slice": TEXT, "of_whole": pl.Boolean()},
        orient="row",
    )
    nothing = pl.lit(0, dtype=WIDE)
    holds_none = (pl.col("whole_numerator").fill_null(1) == 0) & (
        pl.col("whole_denominator").fill_null(0) == 0
    )
    is_empty = (
        pl.col("found").is_null()
        & (pl.col("slice") != TOTAL)
        & pl.col("published").fill_null(value=False)
        & (pl.col("is_cut").fill_null(value=False) | holds_none)
        & pl.col("whole_numerator").is_not_null()
    )
    is_share = pl.col("metric_id").is_in(shares)
    in_whole = pl.col("of_whole").fill_null(value=False)
    below = pl.when(in_whole).then("whole_denominator").when(is_share).then(nothing)
    above_nothing = pl.when(in_whole & (pl.col("whole_denominator") != 0)).then(nothing)
    value = pl.when(is_share).then(above_nothing).otherwise(nothing)
    empty = {"numerator": nothing, "denominator": below, "value": value}
    stamps = {
        "definition_version": "whole_definition",
        "snapshot_version": "whole_snapshot",
        "quality_state": "whole_quality",
    }
    return (
        joined.join(compositions, on=["metric_id", "slice"], how="left", maintain_order="left")
        .with_columns(is_empty=is_empty)
        .with_columns(
            *(
                pl.when("is_empty").then(empty[name]).otherwise(pl.col(name)).alias(name)
                for name in _NO_MEMBER
            ),
            *(
                pl.when("is_empty").then(pl.col(other)).otherwise(pl.col(name)).alias(name)
                for name, other in stamps.items()
            ),
        )
    )


def _reason() -> pl.Expr:
    """Why a cell of a figure is empty; nothing where it is not."""
    take = pl.col("take")
    why = (
        pl.when(~pl.col("collected"))
        .then(pl.lit(NOT_COLLECTED))
        .when(pl.col("metric_id").is_null())
        .then(pl.lit(None, dtype=TEXT))
        .when(pl.col("published").is_null() & pl.col("found").is_null())
        .then(pl.lit(NOT_PUBLISHED))
        .when("is_empty")
        .then(pl.lit(EMPTY_PORTFOLIO))
        .when(pl.col("found").is_null())
        .then(pl.coalesce("whole_reason", pl.lit(NO_SUCH_CUT)))
        .when(take.is_in(_OF_TARGETS) & pl.col("target_value").is_null())
        .then(pl.lit(NO_TARGET))
        .when((take == Take.GAP.value) & pl.col("value").is_not_null())
        .then(pl.lit(NEITHER_WAY))
        .otherwise(pl.coalesce("reason", pl.lit(NOT_GIVEN)))
    )
    is_missing = pl.col("published_value").is_null() & pl.col("text").is_null()
    return pl.when(is_missing).then(why)
