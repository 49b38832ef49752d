"""Amounts by rates, to the last digit: whatever the engine does for speed, it is what `Decimal` says."""

from decimal import ROUND_HALF_UP, Context, Decimal

import narwhals as nw
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.engines import POLARS, Frame, neutral

_WIDE = Context(prec=80, rounding=ROUND_HALF_UP)
_CENTS = st.none() | st.integers(-(10**18) + 1, 10**18 - 1)
_PARTS = st.none() | st.integers(-(10**12) + 1, 10**12 - 1) | st.just(10**8)


def _book(cents: list[int | None], parts: list[int | None]) -> Frame:
    told = {
        "amount": [None if one is None else Decimal(one).scaleb(-2) for one in cents],
        "rate": [None if one is None else Decimal(one).scaleb(-8) for one in parts],
    }
    schema = {"amount": pl.Decimal(18, 2), "rate": pl.Decimal(12, 8)}
    return neutral(pl.LazyFrame(told, schema=schema))


def _column(frame: Frame, name: str) -> pl.Series:
    native: pl.LazyFrame = nw.to_native(frame)
    return native.collect(engine="streaming")[name]


def _times(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else _WIDE.multiply(one, other)


@given(st.lists(st.tuples(_CENTS, _PARTS), min_size=1, max_size=30))
def test_an_amount_by_a_rate_is_what_decimal_arithmetic_says(
    rows: list[tuple[int | None, int | None]],
) -> None:
    book = _book([one for one, _ in rows], [other for _, other in rows])
    amounts, rates = _column(book, "amount"), _column(book, "rate")
    exact = [_times(one, other) for one, other in zip(amounts, rates, strict=True)]

    product = _column(POLARS.with_exact_product(book, "product", "amount", "rate"), "product")
    money = _column(POLARS.with_money_product(book, "money", "amount", "rate"), "money")

    assert product.to_list() == exact
    assert product.dtype == pl.Decimal(38, 10)
    cent = Decimal("0.01")
    assert money.to_list() == [
        None if one is None else one.quantize(cent, context=_WIDE) for one in exact
    ]
    assert money.dtype == pl.Decimal(38, 2)


@given(st.lists(st.tuples(_CENTS, _CENTS), min_size=1, max_size=30))
def test_a_quotient_is_what_decimal_arithmetic_says(
    rows: list[tuple[int | None, int | None]],
) -> None:
    def size(one: int | None) -> Decimal | None:
        return None if one is None else Decimal(abs(one)).scaleb(-2)

    told = {"above": [size(one) for one, _ in rows], "below": [size(one) for _, one in rows]}
    book = neutral(pl.LazyFrame(told, schema=dict.fromkeys(told, pl.Decimal(18, 2))))

    quotient = _column(POLARS.with_quotient(book, "quotient", "above", "below"), "quotient")

    places = Decimal(1).scaleb(-8)
    assert quotient.to_list() == [
        None
        if above is None or not below
        else _WIDE.divide(above, below).quantize(places, context=_WIDE)
        for above, below in zip(told["above"], told["below"], strict=True)
    ]


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("amount", "rate"),
    [("9" * 30 + ".00", "9" * 12 + ".00000000"), ("1" + "0" * 35 + ".99", "1000.00000000")],
)
def test_a_product_that_no_decimal_holds_is_refused_and_not_wrapped_around(
    amount: str, rate: str, sign: int
) -> None:
    schema = {"amount": pl.Decimal(38, 2), "rate": pl.Decimal(38, 8)}
    told = {"amount": [Decimal(amount) * sign], "rate": [Decimal(rate)]}
    book = neutral(pl.LazyFrame(told, schema=schema))

    for product in (
        POLARS.with_exact_product(book, "product", "amount", "rate"),
        POLARS.with_money_product(book, "product", "amount", "rate"),
    ):
        with pytest.raises(pl.exceptions.PolarsError, match=r"(?i)decimal"):
            _column(product, "product")
