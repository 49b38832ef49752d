"""Findings: what a broken rule says to a branch, with the rows, the amount and the way to mend it.

A finding is a row of a table, for pages, reports and asset checks alike. Which rules were broken comes
from the suite's result; the complete figures are counted over the failing rows themselves
(`expectations.failing`), which can be kept.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from expectations.connections import lent
from expectations.delivered import Delivered, literal, opened
from expectations.failing import TABLE, gather
from expectations.model import Rule
from expectations.results import SuiteResult
from expectations.rules import asked_columns

EXAMPLES: Final = 5
"""How many keys a finding shows."""

FINDING_COLUMNS: Final = pl.Schema(
    {
        "rule_id": pl.String(),
        "severity": pl.String(),
        "table": pl.String(),
        "failing_rows": pl.Int64(),
        "failing_amount": pl.Decimal(38, 2),
        "branch_id": pl.String(),
        "example_keys": pl.List(pl.String()),
        "reason_en": pl.String(),
        "reason_zh": pl.String(),
        "remedy_en": pl.String(),
        "remedy_zh": pl.String(),
    }
)


def findings(
    delivered: Delivered, suite: SuiteResult, rules: Iterable[Rule], *, rows: Path | None = None
) -> pl.DataFrame:
    """Every broken rule of the suite, in the order of its results.

    A table whose rows belong to a branch gets one row a rule and branch, so that a branch reads what is
    its own; other tables one row a rule. `failing_amount` is the principal outstanding of the failing
    loans, each in its own currency; nothing for other tables. A check that could not be run is listed
    too, without rows.

    Args:
        delivered: What the suite measured.
        suite: Its verdicts.
        rules: The catalogue.
        rows: The failing rows, if the suite kept them; they are looked for anew if not.
    """
    known = {rule.id: rule for rule in rules}
    broken = [known[result.rule_id] for result in suite.failed]
    severity = {result.rule_id: result.severity.value for result in suite.failed}
    listed = [known[result.rule_id] for result in suite.failed if result.failing_rows]
    if not broken:
        return pl.DataFrame(schema=FINDING_COLUMNS)
    if not listed:
        counts = pl.DataFrame(schema=_COUNTS)
    elif rows is not None:
        with lent() as connection:
            counts = _counted(connection, f"read_parquet({literal(str(rows))})")
    else:
        with opened(delivered, asked_columns(listed, delivered.table)) as session:
            gather(session, listed)
            counts = _counted(session.connection, TABLE)
    counted = set(counts["rule_id"])
    parts = [
        _described(
            rule,
            delivered.table,
            severity[rule.id],
            counts.filter(pl.col("rule_id") == rule.id) if rule.id in counted else _BARE,
        )
        for rule in broken
    ]
    return pl.concat(parts)


_COUNTS: Final = pl.Schema(
    {
        name: FINDING_COLUMNS[name]
        for name in ("rule_id", "branch_id", "failing_rows", "failing_amount", "example_keys")
    }
)
_BARE: Final = pl.DataFrame({name: [None] for name in _COUNTS}, schema=_COUNTS)


def _counted(connection: duckdb.DuckDBPyConnection, rows: str) -> pl.DataFrame:
    """Rows, amount and the first keys, by rule and branch."""
    return (
        connection.sql(
            f"""
            SELECT rule_id, branch_id, count(*) AS failing_rows, sum(amount) AS failing_amount,
                min(key, {EXAMPLES}) AS example_keys
            FROM {rows}
            GROUP BY rule_id, branch_id
            ORDER BY rule_id, branch_id NULLS LAST
            """  # noqa: S608  # nothing in here comes from outside
        )
        .pl()
        .cast(_COUNTS)
    )


def _described(rule: Rule, table: str, severity: str, counts: pl.DataFrame) -> pl.DataFrame:
    return counts.select(
        rule_id=pl.lit(rule.id),
        severity=pl.lit(severity),
        table=pl.lit(table),
        failing_rows="failing_rows",
        failing_amount="failing_amount",
        branch_id="branch_id",
        example_keys="example_keys",
        reason_en=pl.lit(rule.reason.en),
        reason_zh=pl.lit(rule.reason.zh),
        remedy_en=pl.lit(rule.remedy.en),
        remedy_zh=pl.lit(rule.remedy.zh),
    )
