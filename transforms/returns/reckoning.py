"""Cells reckoned from other cells: rows that are sums, columns that are formulas, and what is printed.

One way for a report as published and for one with adjustments: whoever changed the exact figure of a cell
puts all cells through `reckoned` again. Which figure a cell takes belongs in `filling`, what an adjustment
moves in `adjusting`.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.arithmetic import EMPTY_PORTFOLIO
from transforms.catalogue.model import Catalogue, Unit
from transforms.quality import QualityState
from transforms.returns.model import DIVISOR, Return, Scale, Take
from transforms.returns.package import CELL
from transforms.returns.quantities import unit_of
from transforms.schema import COUNT, TEXT, WIDE

NO_SUM_OF_SHARES: Final = "shares and rates do not add up"
"""Why a row that is a sum is empty in a column of ratios."""

ADDS_UP: Final = (*DIVISOR, Scale.COUNT, Scale.LOANS)
"""Units of columns whose cells may be summed: amounts and counts."""

QUOTIENT: Final = "/"
"""The sign of a formula that divides; the other subtracts."""

_TIMES: Final[Mapping[tuple[Scale, Unit], Decimal]] = {
    (Scale.PERCENT, Unit.RATIO): Decimal(100),
    (Scale.PP, Unit.RATIO): Decimal(100),
    (Scale.BP, Unit.RATIO): Decimal(10_000),
    (Scale.BP, Unit.PP): Decimal(100),
    (Scale.PERCENT, Unit.BP): Decimal("0.01"),
    (Scale.PP, Unit.BP): Decimal("0.01"),
}
"""What figures are multiplied by in a column; the others, but for amounts, stand as they are."""

_KEY: Final = ["table_id", "row_id", "column_id"]
_SIDES: Final = ("published_value", "exact")
"""Reckoned alike, so that what adjustments changed shows in sums and formulas too."""
_ADDED: Final[Mapping[str, pl.DataType]] = {
    "table_id": TEXT,
    "row_id": TEXT,
    "part": TEXT,
    "place": COUNT,
    "parts": COUNT,
}
"""One part of a sum a row."""
_COMBINED: Final[Mapping[str, pl.DataType]] = {
    "table_id": TEXT,
    "column_id": TEXT,
    "left": TEXT,
    "sign": TEXT,
    "right": TEXT,
}
"""One formula a row."""
_WORST: Final = (QualityState.PROVISIONAL, QualityState.NOT_RECONCILED, QualityState.FINAL)
_RECKONED: Final = (*_SIDES, "reason", "quality_state", "unit")
"""What a sum or formula gives of its cell."""


def reckoned(return_: Return, cells: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Cells with sums, formulas and everything printed reckoned from the figures that they rest on.

    A sum or formula whose part is missing is missing too, for the part's reason. Its `adjustment` is what
    adjustments of its parts changed of it. In a row that is a sum, a formula is one of sums, never a sum of
    formulas.

    Args:
        return_: says which rows are sums and which columns formulas.
        cells: rows of `CELL`: every cell of the return, those of figures with `published_value`,
            `adjustment` and `exact`; what the others hold there is written over. `printed` and `unit` need
            not be there.
        catalogue: says what figures are measured in.

    Returns:
        The same rows in the same order.
    """
    held = measured(cells, catalogue)
    plain = _plain_columns(return_)
    for parts in _sums(return_):
        held = _put(held, _added(held.join(plain, on=["table_id", "column_id"], how="semi"), parts))
    for formulas in _formulas(return_):
        held = _put(held, _combined(held, formulas))
    return with_printed(held).select(pl.col(name).cast(dtype) for name, dtype in CELL.items())


def measured(figures: pl.DataFrame, catalogue: Catalogue) -> pl.DataFrame:
    """Figures with `unit`, what they are measured in; nothing for cells that are reckoned.

    Args:
        figures: rows with `metric_id`, `reading` and `take`.
        catalogue: says what each metric is measured in, and its parts.
    """
    by = ["metric_id", "reading", "take"]
    kinds = figures.select(by).unique(maintain_order=True)
    units = pl.DataFrame(
        [
            (metric, reading, take, _unit(metric, reading, take, catalogue))
            for metric, reading, take in kinds.iter_rows()
        ],
        schema={**kinds.schema, "unit": TEXT},
        orient="row",
    )
    bare = figures.drop("unit", strict=False)
    return bare.join(units, on=by, how="left", nulls_equal=True, maintain_order="left")


def _unit(
    metric: str | None, reading: str | None, take: str | None, catalogue: Catalogue
) -> str | None:
    if metric is None or take is None:
        return None
    of = catalogue.metrics[metric]
    found = unit_of(of, of.reading(reading or of.default_reading), Take(take), catalogue)
    return found.value if isinstance(found, Unit) else None


def with_printed(figures: pl.DataFrame) -> pl.DataFrame:
    """Figures with `printed`: in the unit of their column, rounded half away from zero, once.

    Rounded before it is divided: 499,999.999999999999 yuan are 0.00 亿元, although twelve decimals of 亿元
    would make them 0.005 first.

    Args:
        figures: rows with `exact`, `scale`, `decimals` and `unit`: what the exact figure is measured in, a
            code of `Unit`; amounts and counts may go without.
    """
    by = ["scale", "unit", "decimals"]
    kinds = figures.select(by).unique(maintain_order=True)
    ways = pl.DataFrame(
        [(*kind, *_way(*kind)) for kind in kinds.iter_rows()],
        schema={**kinds.schema, "_step": WIDE, "_over": WIDE, "_times": WIDE},
        orient="row",
    )
    reached = pl.col("exact").abs() + pl.col("_step") / 2
    rounded = (reached - reached % pl.col("_step")) * pl.col("exact").sign()
    return (
        figures.join(ways, on=by, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(printed=(rounded / pl.col("_over") * pl.col("_times")).cast(WIDE))
        .drop("_step", "_over", "_times")
    )


def _way(
    scale: str | None, unit: str | None, decimals: int | None
) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    """The step that a figure is rounded to in its own unit, what divides it then and what multiplies it."""
    if scale is None or decimals is None or scale == Scale.TEXT:
        return None, None, None
    over, times = _over_and_times(Scale(scale), unit)
    return over / times / 10**decimals, over, times


def _over_and_times(scale: Scale, unit: str | None) -> tuple[Decimal, Decimal]:
    over = DIVISOR.get(scale, Decimal(1))
    return over, _TIMES.get((scale, Unit(unit)), Decimal(1)) if unit else Decimal(1)


def factor(scale: Scale, unit: str | None) -> Decimal:
    """What an exact figure is multiplied by to be in the unit it is printed in.

    >>> factor(Scale.PERCENT, "ratio")
    Decimal('100')

    Args:
        scale: the unit it is printed in.
        unit: what it is measured in, a code of `Unit`; amounts and counts may go without.
    """
    over, times = _over_and_times(scale, unit)
    return times / over


def _plain_columns(return_: Return) -> pl.DataFrame:
    """Columns that are no formulas: `table_id, column_id`."""
    return pl.DataFrame(
        [
            (table.table_id, column.column_id)
            for table in return_.tables
            for column in table.columns
            if column.formula is None
        ],
        schema={"table_id": TEXT, "column_id": TEXT},
        orient="row",
    )


def _sums(return_: Return) -> Iterator[pl.DataFrame]:
    """Rows that are sums, rows of `_ADDED`, a frame for each step: those first that rest on no other sum."""
    parts = {
        (table.table_id, row.row_id): [(table.table_id, part) for part in row.sum_of]
        for table in return_.tables
        for row in table.rows
        if row.sum_of
    }
    for step in _steps(parts):
        rows = [
            (*row, part, place, len(parts[row]))
            for row in step
            for place, (_, part) in enumerate(parts[row])
        ]
        yield pl.DataFrame(rows, schema=_ADDED, orient="row")


def _formulas(return_: Return) -> Iterator[pl.DataFrame]:
    """Columns that are formulas, rows of `_COMBINED`, a frame for each step as for sums."""
    found = {
        (table.table_id, column.column_id): column.formula
        for table in return_.tables
        for column in table.columns
        if column.formula is not None
    }
    parts = {
        (table, column): [(table, one.left), (table, one.right)]
        for (table, column), one in found.items()
    }
    for step in _steps(parts):
        rows = [(*at, found[at].left, found[at].sign, found[at].right) for at in step]
        yield pl.DataFrame(rows, schema=_COMBINED, orient="row")


def _steps(
    parts: Mapping[tuple[str, str], Sequence[tuple[str, str]]],
) -> Iterator[list[tuple[str, str]]]:
    """What is reckoned, in steps: each after all that it rests on. The loader has refused circles."""
    left = dict(parts)
    while left:
        step = [one for one, rests_on in left.items() if not any(part in left for part in rests_on)]
        yield step
        for one in step:
            del left[one]


def _added(held: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """The sums of some rows, in every column that is given."""
    summed = parts.join(held.rename({"row_id": "part"}), on=["table_id", "part"], how="inner").sort(
        "place"
    )
    adds_up = pl.col("scale").first().is_in([one.value for one in ADDS_UP])
    return summed.group_by(_KEY, maintain_order=True).agg(
        *(
            pl.when(adds_up & (pl.col(name).count() == pl.col("parts").first()))
            .then(pl.col(name).sum())
            .cast(WIDE)
            .alias(name)
            for name in _SIDES
        ),
        reason=pl.when(adds_up)
        .then(pl.col("reason").filter(pl.col("exact").is_null()).first())
        .otherwise(pl.lit(NO_SUM_OF_SHARES)),
        quality_state=_worst(pl.col("quality_state")),
        unit=pl.col("unit").first(),
    )


def _worst(states: pl.Expr) -> pl.Expr:
    """How far a cell may be believed that rests on several."""
    return pl.coalesce(
        *(pl.when((states == one.value).any()).then(pl.lit(one.value)) for one in _WORST)
    )


def _combined(held: pl.DataFrame, formulas: pl.DataFrame) -> pl.DataFrame:
    """What formulas give, in every row of their tables."""
    sides = {
        side: held.select(
            "table_id",
            "row_id",
            pl.col("column_id").alias(side),
            *(pl.col(name).alias(f"{side}_{name}") for name in _RECKONED),
        )
        for side in ("left", "right")
    }
    both = formulas.join(sides["left"], on=["table_id", "left"], how="inner").join(
        sides["right"], on=["table_id", "row_id", "right"], how="left"
    )
    divides = pl.col("sign") == QUOTIENT
    empty = divides & (pl.col("right_exact") == 0)
    return both.with_columns(
        *(
            pl.when(divides)
            .then(_quotient(pl.col(f"left_{name}"), pl.col(f"right_{name}")))
            .otherwise(pl.col(f"left_{name}") - pl.col(f"right_{name}"))
            .cast(WIDE)
            .alias(name)
            for name in _SIDES
        ),
        reason=pl.coalesce(
            *(
                pl.when(pl.col(f"{side}_exact").is_null()).then(f"{side}_reason")
                for side in ("left", "right")
            ),
            pl.when(empty).then(pl.lit(EMPTY_PORTFOLIO)),
        ),
        quality_state=pl.coalesce(
            *(
                pl.when(
                    (pl.col("left_quality_state") == one.value)
                    | (pl.col("right_quality_state") == one.value)
                ).then(pl.lit(one.value))
                for one in _WORST
            )
        ),
        unit=pl.when(divides).then(pl.lit(Unit.RATIO.value)).otherwise("left_unit"),
    ).select(*_KEY, *_RECKONED)


def changed() -> pl.Expr:
    """What adjustments changed of a cell: all of it where it was or became empty; nothing of an empty one."""
    published, exact = pl.col("published_value"), pl.col("exact")
    is_any = published.is_not_null() | exact.is_not_null()
    return pl.when(is_any).then(exact.fill_null(0) - published.fill_null(0))


def _quotient(left: pl.Expr, right: pl.Expr) -> pl.Expr:
    return left / pl.when(right != 0).then(right)


def _put(held: pl.DataFrame, reckoned_: pl.DataFrame) -> pl.DataFrame:
    """Cells with those reckoned in the place of what stood there."""
    joined = held.join(
        reckoned_.with_columns(_is=pl.lit(value=True)),
        on=_KEY,
        how="left",
        suffix="_reckoned",
        maintain_order="left",
    )
    is_reckoned = pl.col("_is").is_not_null()
    return (
        joined.with_columns(
            pl.when(is_reckoned).then(f"{name}_reckoned").otherwise(name).alias(name)
            for name in _RECKONED
        )
        .with_columns(
            adjustment=pl.when(is_reckoned).then(changed()).otherwise("adjustment").cast(WIDE)
        )
        .select(held.columns)
    )
