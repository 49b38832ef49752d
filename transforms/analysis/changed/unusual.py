"""Which monthly moves are unusual: against the moves of the same figure in the months before.

A move is unusual if it lies more than 3.5 robust deviations from the median of all earlier monthly moves
(1.4826 times their median absolute deviation stands for one), if there are six of them at least, and if
it and its distance from the median are large enough to be worth a word. Only earlier months are looked at.
"""

from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms.analysis.changed.events import GRAVITY, EventKind, events, nothing
from transforms.catalogue.model import Unit
from transforms.schema import WIDE

LEAST_MOVES: Final = 6
"""Earlier moves that a judgement takes."""
DEVIATIONS: Final = Decimal("3.5")
_ROBUST: Final = Decimal("1.4826")
_PART: Final = Decimal("0.01")
_LEAST: Final[Mapping[str, Decimal]] = MappingProxyType(
    {
        Unit.RATIO.value: Decimal("0.001"),
        Unit.PP.value: Decimal("0.1"),
        Unit.BP.value: Decimal(1),
        Unit.DAYS.value: Decimal(1),
        Unit.INDEX.value: Decimal(10),
        Unit.COUNT.value: Decimal(3),
        Unit.CURRENCY.value: Decimal(0),
    }
)
"""The smallest move worth a word, by unit; amounts and counts have to be one hundredth as well."""

_SURE: Final = Decimal(99)
"""The score of a move where none had ever differed before."""


def moves(
    history: pl.DataFrame,
    metrics: pl.DataFrame,
    *,
    after: date,
    left_out: Collection[date] = (),
) -> pl.DataFrame:
    """The most unusual monthly move of each figure after a month end, as events.

    Args:
        history: uncut facts of default readings of one node, up to the month asked for:
            `branch_id, metric_id, as_of_date, value, target_value, limit_value`.
        metrics: `metric_id, unit, sign, yearly, from_zero`: yearly ones start anew each January, of which
            sums do so from zero and others have no move in that month.
        after: moves up to and with this month end only stand for comparison.
        left_out: months whose move is no move, because other branches counted for the node.
    """
    changes = _changes(history, metrics).filter(~pl.col("as_of_date").is_in(sorted(left_out)))
    asked = changes.filter(pl.col("as_of_date") > after)
    earlier = asked.select("metric_id", month="as_of_date").join(
        changes.select("metric_id", "as_of_date", "move"), on="metric_id", how="inner"
    )
    earlier = earlier.filter(pl.col("as_of_date") < pl.col("month"))
    key = ("metric_id", "month")
    middles = earlier.group_by(key).agg(
        _count=pl.len().cast(pl.Int64), middle=_median(pl.col("move"))
    )
    off = earlier.join(middles, on=key, how="inner").with_columns(
        _off=(pl.col("move") - pl.col("middle")).abs()
    )
    spreads = off.group_by(key).agg(deviation=_median(pl.col("_off")) * pl.lit(_ROBUST, dtype=WIDE))
    judged = (
        asked.rename({"as_of_date": "month"})
        .join(middles.filter(pl.col("_count") >= LEAST_MOVES), on=key, how="inner")
        .join(spreads, on=key, how="inner")
        .with_columns(_from=pl.col("move") - pl.col("middle"))
    )
    reach = pl.col("deviation") * pl.lit(DEVIATIONS, dtype=WIDE)
    some = pl.when(pl.col("deviation") > 0).then("deviation")
    least = pl.col("unit").replace_strict(dict(_LEAST), return_dtype=WIDE)
    larger = pl.max_horizontal(pl.col("value").abs(), pl.col("then").abs())
    amounts = pl.col("unit").is_in([Unit.CURRENCY.value, Unit.COUNT.value])
    # Where a figure always moved by the same, anything else is far off in deviations, however little it is.
    told = pl.min_horizontal(pl.col("move").abs(), pl.col("_from").abs())
    worth = (told >= least) & (~amounts | (told >= larger * pl.lit(_PART, dtype=WIDE)))
    found = (
        judged.filter((pl.col("_from").abs() > reach) & worth)
        .with_columns(
            score=(pl.col("_from").abs() / some).fill_null(pl.lit(_SURE, dtype=WIDE)),
            low=pl.col("middle") - reach,
            high=pl.col("middle") + reach,
            favourable=pl.col("move") * pl.col("sign").cast(WIDE) > 0,
        )
        .sort("metric_id", "score", "month", descending=[False, True, True])
        .unique("metric_id", keep="first", maintain_order=True)
    )
    if found.is_empty():
        return nothing()
    aimed = pl.col("target_value").is_not_null() | pl.col("limit_value").is_not_null()
    gravity = (
        pl.when(pl.col("favourable").fill_null(value=True))
        .then(GRAVITY["other_move"])
        .when(aimed)
        .then(GRAVITY["unfavourable_aimed"])
        .otherwise(GRAVITY["unfavourable"])
    )
    return events(
        found.with_columns(
            kind=pl.lit(EventKind.MOVE.value), gravity=gravity, size=pl.col("score")
        ),
        month="month",
        before="then",
        after="value",
        usual_low="low",
        usual_high="high",
    )


def _changes(history: pl.DataFrame, metrics: pl.DataFrame) -> pl.DataFrame:
    """What each month added: against the month before, or from nothing where a year begins."""
    number = pl.col("as_of_date").dt.year() * 12 + pl.col("as_of_date").dt.month()
    rows = (
        history.drop_nulls("value")
        .join(
            metrics.select("metric_id", "unit", "sign", "yearly", "from_zero"),
            on="metric_id",
            how="inner",
        )
        .sort("metric_id", "as_of_date")
        .with_columns(_number=number)
    )
    follows = pl.col("_number") - pl.col("_number").shift(1).over("metric_id") == 1
    january = pl.col("as_of_date").dt.month() == 1
    then = (
        pl.when(pl.col("from_zero") & january)
        .then(pl.lit(0, dtype=WIDE))
        .when(pl.col("yearly") & january)
        .then(pl.lit(None, dtype=WIDE))
        .when(follows)
        .then(pl.col("value").shift(1).over("metric_id"))
    )
    return (
        rows.with_columns(then=then)
        .with_columns(move=pl.col("value") - pl.col("then"))
        .drop_nulls("move")
        .drop("_number")
    )


def _median(column: pl.Expr) -> pl.Expr:
    """The middle value, or the mean of the middle two, as an exact decimal."""
    count = pl.len().cast(pl.Int64)
    ordered = column.sort()
    return (ordered.get((count - 1) // 2) + ordered.get(count // 2)) / pl.lit(2, dtype=WIDE)
