"""Each loan's share in the change of a figure: one row a loan, lazily, so that a long list streams.

The weights are whole fractions (`effects`); here they meet millions of rows, as whole numbers of 128 bits.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import polars as pl

from transforms.analysis.bridge.books import NOW
from transforms.analysis.bridge.effects import Effect, decimal
from transforms.analysis.bridge.shape import Quotient, Shape, above, below
from transforms.schema import TEXT, WIDE

_EXACT: Final = pl.Decimal(38, 18)
_DIGITS: Final = 34
_LARGE: Final = 1000
_FINE: Final = 10

SHARE: Final[Mapping[str, pl.DataType]] = {
    "loan_id": TEXT,
    "borrower_id": TEXT,
    "branch_id": TEXT,
    "causes": TEXT,
    "amount": _EXACT,
    "numerator": WIDE,
    "denominator": WIDE,
}
"""A loan's share in a change: `amount` in the unit of the figure, rounded to eighteen decimals; what it adds
above and below exactly (of a gap nothing); its causes, the one with the largest effect first."""


def shares(rows: pl.LazyFrame, shape: Shape, weighed: tuple[Effect, ...]) -> pl.LazyFrame:
    """Signed rows by loan and cause as one row a loan: `SHARE`, loans without a share left out.

    Cents, what lies beyond them, and weights of some thirty decimals, as whole numbers of 128 bits, make
    effects that are rounded to eighteen; a total is its amount.
    """
    columns = tuple(shape.columns)
    summed = rows.group_by("loan_id", "cause").agg(
        *(pl.col(name).sum() for name in columns),
        borrower_id=_last("borrower_id"),
        branch_id=_last("branch_id"),
    )
    some = pl.any_horizontal(pl.col(name) != 0 for name in columns)
    effect = pl.sum_horizontal(
        _worth(number, one, effect)
        for number, (one, effect) in enumerate(zip(shape.quotients, weighed, strict=True))
    )
    plain = len(shape.quotients) == 1
    none = pl.lit(None, dtype=WIDE)
    return (
        summed.filter(some)
        .with_columns(_effect=effect)
        .sort("loan_id", pl.col("_effect").abs(), "cause", descending=[False, True, False])
        .group_by("loan_id", maintain_order=True)
        .agg(
            pl.col("borrower_id").first(),
            pl.col("branch_id").first(),
            causes=pl.col("cause").str.join("; "),
            amount=pl.col("_effect").sum(),
            numerator=pl.col(above(0)).sum() if plain else none,
            denominator=pl.col(below(0)).sum() if plain and below(0) in columns else none,
        )
        .select(pl.col(name).cast(dtype) for name, dtype in SHARE.items())
    )


def _last(name: str) -> pl.Expr:
    """What a loan has in the later book, if it is there; else, whatever the order of rows, the same."""
    return pl.col(name).sort_by(pl.col("tree") == NOW, name).last()


def _worth(number: int, quotient: Quotient, effect: Effect) -> pl.Expr:
    """What a row's sums are worth to a quotient, to eighteen decimals."""
    if not quotient.below:
        return (pl.col(above(number)) * pl.lit(decimal(quotient.factor), dtype=WIDE)).cast(_EXACT)
    # Figures in basis points leave fewer of the digits that a number of 128 bits holds.
    digits = _DIGITS if abs(quotient.factor) < _LARGE else _DIGITS - 2
    worth: list[pl.Expr] = []
    for name, weight in ((above(number), effect.per_above), (below(number), -effect.per_below)):
        cents = _whole(pl.col(name) * 100)
        beyond = _whole(pl.col(name) * 10**_FINE) - cents * 10 ** (_FINE - 2)
        for amount, places in ((cents, 2), (beyond, _FINE)):
            worth.append(amount * pl.lit(round(weight * 10 ** (digits - places)), dtype=pl.Int128))
    step = 10 ** (digits - _EXACT.scale)
    cut = (pl.sum_horizontal(worth) + step // 2) // step
    unit = pl.lit(Decimal(1).scaleb(-_EXACT.scale), dtype=_EXACT)
    return cut.cast(pl.Decimal(38, 0)).cast(_EXACT) * unit


def _whole(number: pl.Expr) -> pl.Expr:
    return number.round(0).cast(pl.Decimal(38, 0)).cast(pl.Int128)
