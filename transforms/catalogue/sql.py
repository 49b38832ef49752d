"""SQL conditions as text: the thresholds and columns they name. Nothing is run here."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

import polars as pl

_PARAMETER: Final = re.compile(r":([a-z_][a-z0-9_]*)")


def with_parameters(text: str, values: Mapping[str, object]) -> str:
    """A label (or SQL) with every `:name` that has a value replaced by it.

    >>> with_parameters("limit <= :inclusive_limit", {"inclusive_limit": 10000000})
    'limit <= 10000000'
    """
    return _PARAMETER.sub(lambda match: str(values.get(match.group(1), match.group(0))), text)


def parameters_of(sql: str) -> tuple[str, ...]:
    """The thresholds a SQL condition names as `:name`.

    >>> parameters_of("line <= :inclusive_limit")
    ('inclusive_limit',)
    """
    return tuple(_PARAMETER.findall(sql))


@cache
def columns_of(sql: str) -> tuple[str, ...]:
    """The names a SQL condition refers to, each once, in the order they first appear.

    >>> columns_of("line <= :inclusive_limit AND is_loan")
    ('line', 'is_loan')

    Raises:
        polars.exceptions.PolarsError: if the text is no SQL expression.
    """
    return tuple(dict.fromkeys(pl.sql_expr(_PARAMETER.sub("0", sql)).meta.root_names()))
