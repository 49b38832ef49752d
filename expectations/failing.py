"""Every row that breaks a rule, complete, as one Parquet file: what findings count and pages list.

Asked of DuckDB within its memory limit, and written from there: a million failing rows never become Python
objects. Great Expectations takes no part, since its results list 200 rows at most.
"""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from expectations.delivered import Session, bound, literal, sql_type
from expectations.model import Rule
from expectations.rejection import condition_of
from expectations.rules import AMOUNT, branch_column, canonical_of
from transforms import schema

FAILING_COLUMNS: Final = pl.Schema(
    {
        "rule_id": pl.String(),
        "table": pl.String(),
        "branch_id": pl.String(),
        "key": pl.String(),
        "source_row_no": pl.Int64(),
        "amount": schema.MONEY,
    }
)
"""One row a rule and row that breaks it.

`table` is the one that holds the row, with `previous_` before it for last month's; `key` its key, parts
separated by ` | `; `source_row_no` its place in the delivered file, for rows of the measured table.
`amount` is the principal of a loan in its own currency, empty for other tables.
"""


TABLE: Final = "rule_break"
"""Where a session keeps its failing rows, with the columns of `FAILING_COLUMNS`."""
WHOLE: Final = "table_break"
"""Where it keeps the rules that a table as a whole breaks: `rule_id`."""


def gather(session: Session, rules: Iterable[Rule]) -> frozenset[str]:
    """Find every row of the session that breaks one of the rules, and keep them in `TABLE`.

    Rules that look at the row itself and at short lists share one pass over the rows. Rules on the table as a
    whole have no rows: those that are broken are kept in `WHOLE`, by their id.

    Returns:
        The rules that were gathered. One whose SQL cannot be computed over these rows is not among them.
    """
    columns = ", ".join(f'"{name}" {sql_type(kind)}' for name, kind in FAILING_COLUMNS.items())
    session.connection.execute(f"CREATE TABLE {TABLE} ({columns})")
    session.connection.execute(f"CREATE TABLE {WHOLE} (rule_id VARCHAR)")
    asked = tuple(rules)
    gathered = {rule.id for rule in asked if rule.row_condition is None and _asked(rule, session)}
    groups = _groups(session.delivered.table, asked)
    while groups:
        view, group = groups.pop(0)
        try:
            session.connection.execute(f"INSERT INTO {TABLE} {_rows(view, group, session)}")
        except duckdb.Error:
            # One of them spoils the pass: each is asked alone. One that fails alone is left to Great
            # Expectations, which tells why.
            if len(group) > 1:
                groups = [*((view, [rule]) for rule in group), *groups]
            continue
        gathered.update(rule.id for rule in group)
    return frozenset(gathered)


def _asked(rule: Rule, session: Session) -> bool:
    """Whether a rule on the table as a whole could be asked; if it is broken, it is noted."""
    broken = bound(rule.condition, rule.values(session.delivered))
    try:
        session.connection.execute(f"INSERT INTO {WHOLE} SELECT '{rule.id}' WHERE {broken}")
    except duckdb.Error:
        return False
    return True


def export(session: Session, path: Path) -> None:
    """Write what was gathered, in the order of rules, branches, rows and keys."""
    session.connection.execute(
        f"""
        COPY (
            FROM {TABLE} ORDER BY rule_id, branch_id NULLS LAST, source_row_no, key
        ) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)
        """
    )


def _groups(table: str, rules: Iterable[Rule]) -> list[tuple[str, list[Rule]]]:
    """Rules that are asked together, with the view whose rows they blame.

    A rule that looks into a table as long as a book builds a hash table as large, so it is asked alone.
    """
    together: dict[str, list[Rule]] = {}
    alone: list[tuple[str, list[Rule]]] = []
    for rule in rules:
        if rule.row_condition is None:
            continue
        looked_into = set(_FROM.findall(rule.row_condition))
        if looked_into <= _SHORT:
            together.setdefault(rule.blamed(table), []).append(rule)
        else:
            alone.append((rule.blamed(table), [rule]))
    return [*together.items(), *alone]


_FROM: Final = re.compile(r"\b(?:FROM|JOIN)\s+(\w+)", re.IGNORECASE)
_SHORT: Final = frozenset(
    {
        schema.BRANCH.name,
        schema.BRANCH_HIERARCHY.name,
        schema.FX_RATE.name,
        schema.LPR_RATE.name,
        "green_edition",
        "green_item",
        "industry",
        "metric",
        "sei_class",
    }
)
"""Tables and lists that are short in any bank."""


def _rows(view: str, rules: Sequence[Rule], session: Session) -> str:
    """A query for the rows of one view, once for each rule that they break."""
    mine = view == session.delivered.table
    table = canonical_of(view)
    # A figure has no place in a file.
    number = "source_row_no" if mine and session.delivered.given is None else "NULL"
    unnamed = "'row ' || source_row_no" if mine else "NULL"
    key = f"coalesce(nullif(concat_ws(' | ', {', '.join(table.key)}), ''), {unnamed})"
    amount = AMOUNT if table is schema.LOAN_SNAPSHOT else "NULL"
    broken = ", ".join(
        f"CASE WHEN {condition_of(rule, session)} THEN '{rule.id}' END" for rule in rules
    )
    return f"""
        SELECT unnest(broken) AS rule_id, '{view}' AS "table", branch_id, key, source_row_no, amount
        FROM (
            SELECT list_filter([{broken}], lambda id: id IS NOT NULL) AS broken,
                {branch_column(view) or "NULL"}::VARCHAR AS branch_id,
                {key} AS key,
                {number}::BIGINT AS source_row_no,
                {amount}::DECIMAL(18, 2) AS amount
            FROM {view}
        )
        WHERE len(broken) > 0
    """  # noqa: S608  # the SQL is the catalogue's own
