"""The size standard by industry code: what an enterprise must reach to be large, medium or small.

The standard itself is a reference table; here it is spread over the codes of GB/T 4754, so that a rule
can look a borrower up. What follows for a borrower is said in `rules/borrower_snapshot.yaml`.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from transforms import schema
from transforms.reference.tables import Reference

_INDICATORS: Final = (
    ("employees", "employees", "", 1),
    ("turnover", "revenue", "_10k_cny", 10_000),
    ("assets", "assets", "_10k_cny", 10_000),
)
_SIZES: Final = ("large", "medium", "small")

SIZE_CLASS: Final[Mapping[str, pl.DataType]] = MappingProxyType(
    {
        "code": schema.TEXT,
        **{f"{name}_{size}": pl.Int64() for name, *_ in _INDICATORS for size in _SIZES},
    }
)
"""Minima by industry code of 3 or 4 digits: persons and yuan; empty where the sector does not ask."""


def size_classes(reference: Reference) -> pl.DataFrame:
    """The view `size_class`: rows of `SIZE_CLASS`, sorted by code; uncovered sectors are not in it."""
    codes = reference.tables["gbt4754_2017"].filter(pl.col("level").is_in(["3", "4"]))
    parts = [
        codes.filter(_in_scope(str(row["gbt_scope"]))).select(
            "code",
            **{
                f"{name}_{size}": _minimum(row[f"{column}_{size}_min{unit}"], times)
                for name, column, unit, times in _INDICATORS
                for size in _SIZES
            },
        )
        for row in reference.tables["enterprise_size_standard"].to_dicts()
    ]
    return pl.concat(parts).select(*SIZE_CLASS).sort("code")


def _minimum(text: str | None, times: int) -> pl.Expr:
    return pl.lit(None if text is None else int(text) * times, dtype=pl.Int64())


def _in_scope(scope: str) -> pl.Expr:
    """Codes in a scope as the standard writes it: `A (excl. 05)`, `592-599`, `M, N, 85, 7030`."""
    left_out = re.findall(r"(?:excl\.|not) (\d+)", scope)
    named = re.sub(r"\(.*?\)", "", scope)
    tokens = re.findall(r"\d+-\d+|\d+|[A-Z]", named)
    inside = [_covers(token) for token in tokens]
    outside = [pl.col("code").str.starts_with(code) for code in left_out]
    within = pl.any_horizontal(inside)
    return within & ~pl.any_horizontal(outside) if outside else within


def _covers(token: str) -> pl.Expr:
    first, dash, last = token.partition("-")
    if dash:
        group = pl.col("code").str.slice(0, len(first))
        return (group >= first) & (group <= last)
    if token.isdigit():
        return pl.col("code").str.starts_with(token)
    return pl.col("section") == token
