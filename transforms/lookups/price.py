"""Money of a loan: balance and allowance in base currency, interest, and the spread to the LPR."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

import narwhals as nw
import polars as pl

from transforms import schema
from transforms.engines import Frame
from transforms.lookups.inputs import YEAR, Inputs, day_as_number

BALANCE_GIVES: Final = ("balance", "in_base_currency", "fx")
TERM_GIVES: Final = ("long_term", "drawn_this_year")
PRODUCT_GIVES: Final = ("development_loan",)
LPR_GIVES: Final = ("lpr", "spread_rate", "spread")

_TERMS: Final = 10
"""What a day is multiplied by to make room for a term in years."""
_SHORT: Final = 1
_LONG: Final = 5
_YEARS: Final = {"1Y": _SHORT, "5Y": _LONG}
"""Terms that loans are priced by, and what they are called in a key."""


def attach_balance(loans: Frame, at: Inputs) -> Frame:
    """Principal in base currency at the month-end middle rate; the base currency's rate is one."""
    known = at.table(schema.FX_RATE).select("currency_code", fx=nw.col("rate"))
    own = nw.col("currency_code") == at.rules.base_currency
    joined = at.engine.with_small(loans, known, on="currency_code").with_columns(
        fx=nw.when(own).then(nw.lit(Decimal(1)).cast(nw.Decimal(12, 8))).otherwise(nw.col("fx")),
        in_base_currency=own,
    )
    return at.engine.with_money_product(joined, "balance", "outstanding_principal", "fx")


def attach_allowance(loans: Frame, at: Inputs) -> Frame:
    """Allowance for impairment in base currency."""
    return at.engine.with_money_product(loans, "allowance", "impairment_allowance", "fx")


def attach_interest(loans: Frame, at: Inputs) -> Frame:
    """Principal times annual rate."""
    return at.engine.with_exact_product(loans, "interest", "balance", "interest_rate")


def attach_term(loans: Frame, at: Inputs) -> Frame:
    """Whether the original term is over one year, and whether the loan was drawn this year."""
    longer = day_as_number("maturity_date") > day_as_number("disbursement_date") + YEAR
    return loans.with_columns(
        long_term=longer,
        drawn_this_year=nw.col("disbursement_date").dt.year() == at.rules.as_of.year,
    )


def attach_product(loans: Frame, at: Inputs) -> Frame:
    """Whether the product is a real estate development loan."""
    del at
    return loans.with_columns(development_loan=nw.col("product_type") == "real_estate_development")


def attach_lpr(loans: Frame, at: Inputs) -> Frame:
    """The LPR of the loan's term on the day its rate was set, and the spread to it."""
    priced = loans.with_columns(
        priced_on=nw.coalesce("repricing_date", "disbursement_date"),
    ).with_columns(
        _quoted=day_as_number("priced_on").cast(nw.Int64) * _TERMS
        + nw.when(nw.col("long_term")).then(nw.lit(_LONG)).otherwise(nw.lit(_SHORT)),
    )
    joined = at.beside(priced, _by_day(at), on="_quoted").with_columns(
        # A loan whose term is not known has no benchmark.
        lpr=nw.when(~nw.col("long_term").is_null()).then(nw.col("lpr")),
    )
    spread = joined.with_columns(spread_rate=nw.col("interest_rate") - nw.col("lpr"))
    return at.engine.with_exact_product(spread, "spread", "balance", "spread_rate")


def _by_day(at: Inputs) -> pl.DataFrame:
    """`_quoted, lpr`: every day since the first quotation, so that loans find theirs by equality.

    `_quoted` is the day as a number, and the term in years as its last digit.
    """
    quotes = at.engine.gathered(at.table(schema.LPR_RATE).to_native())
    quotes = quotes.filter(
        pl.col("effective_date") <= at.rules.as_of, pl.col("term").is_in(list(_YEARS))
    ).sort("term", "effective_date")
    if quotes.is_empty():
        return pl.DataFrame(schema={"_quoted": pl.Int64(), "lpr": schema.RATE})
    until = at.rules.as_of + timedelta(days=1)
    following = pl.col("effective_date").shift(-1).over("term").fill_null(until)
    years = pl.col("term").replace_strict(_YEARS, return_dtype=pl.Int64)
    return (
        quotes.with_columns(_until=following)
        .with_columns(
            day=pl.date_ranges("effective_date", "_until", closed="left"),
        )
        .explode("day")
        .select(
            _quoted=pl.col("day").dt.strftime("%Y%m%d").cast(pl.Int64) * _TERMS + years,
            lpr="rate",
        )
    )
