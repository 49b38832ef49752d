"""Trying a rule on loading: its SQL is bound against the columns that it declares it needs.

A rule that could not run is refused with the near miss named, before any delivery meets it.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

import duckdb
import polars as pl

from expectations.delivered import (
    CONTEXT_COLUMNS,
    DELIVERY_COLUMNS,
    Parameter,
    bound,
    parameter_names,
    sql_type,
)
from expectations.figures import FIGURES
from expectations.model import Rule, split_needed, table_of
from transforms import schema
from transforms.errors import did_you_mean

GIVEN_PARAMETERS: Final[Mapping[str, Parameter]] = {
    "as_of": date(2000, 1, 31),
    "base_currency": "CNY",
}
"""What every delivery knows, with values to try a condition on."""

_BLAMABLE: Final = tuple(
    view for name in (*schema.TABLES, *FIGURES) for view in (name, f"previous_{name}")
)


def near(asked: str, known: Iterable[str]) -> str:
    """The near misses in brackets, for a sentence that goes on."""
    said = did_you_mean(asked, known).strip()
    return f" ({said[0].lower()}{said[1:]})" if said else ""


def unbindable(rule: Rule, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What DuckDB objects to in the rule's SQL, given only the columns that it says it needs."""
    own = "_any" if rule.is_intake else table_of(rule.table).name
    known = {**CONTEXT_COLUMNS, own: {**CONTEXT_COLUMNS.get(own, {}), **DELIVERY_COLUMNS}}
    views: dict[str, set[str]] = {own: set(DELIVERY_COLUMNS)}
    problems: list[str] = []
    for needed in (*rule.needs, *rule.repeats, *rule.empty_if_absent):
        view, column = split_needed(needed, own)
        if column not in known.get(view, {}):
            asked, choice = (column, known[view]) if view in known else (view, known)
            problems.append(f"needs {needed}, which no table has{near(asked, choice)}")
        else:
            views.setdefault(view, set()).add(column)
    blamed = rule.blamed(own)
    if blamed != own and (blamed not in _BLAMABLE or blamed not in views):
        problems.append(f"blames {blamed}, of which it needs no column{near(blamed, _BLAMABLE)}")
    sql = rule.row_condition or rule.fails or ""
    values = {**rule.parameters, **GIVEN_PARAMETERS}
    unknown = sorted(parameter_names(sql) - values.keys())
    problems += [f":{name} is no parameter{near(name, values)}" for name in unknown]
    if problems:
        return problems
    tables = ", ".join(
        f"{view} AS (SELECT {', '.join(_nulls(known[view], columns))})"
        for view, columns in views.items()
    )
    source = f" FROM {blamed}" if rule.row_condition else ""
    try:
        described = connection.execute(
            f"DESCRIBE WITH {tables} SELECT ({bound(sql, values)}) AS broken{source}"
        ).fetchall()
    except duckdb.Error as error:
        return [f"its SQL cannot run: {' '.join(str(error).split())}"]
    return [] if described[0][1] == "BOOLEAN" else [f"its SQL gives {described[0][1]}, not BOOLEAN"]


def _nulls(types: Mapping[str, pl.DataType], columns: Iterable[str]) -> Iterable[str]:
    return (f"NULL::{sql_type(types[name])} AS {name}" for name in sorted(columns))
