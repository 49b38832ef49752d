"""Findings: what a broken rule says to a branch, with the rows, the amount and the way to mend it.

A finding is a row of a table, for pages, reports and asset checks alike. Which rules were broken comes
from the suite's result; the complete figures come from DuckDB, by the rule's own condition.
"""

from collections.abc import Iterable
from typing import Final

import polars as pl

from expectations.delivered import Delivered, Session, opened
from expectations.rejection import condition_of
from expectations.results import SuiteResult
from expectations.rules import AMOUNT, Rule, asked_columns, branch_column, canonical_of
from transforms import schema

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


def findings(delivered: Delivered, suite: SuiteResult, rules: Iterable[Rule]) -> pl.DataFrame:
    """Every broken rule of the suite, in the order of its results.

    Loans, their events and write-offs get one row a rule and booking branch, so that a branch reads
    what is its own; other tables one row a rule, or one a branch where a row is a branch.
    `failing_amount` is the principal outstanding of the failing loans, each in its own currency;
    nothing for other tables. A check that could not be run is listed too, without rows.
    """
    known = {rule.id: rule for rule in rules}
    broken = [known[result.rule_id] for result in suite.failed]
    counted = {result.rule_id for result in suite.failed if result.failing_rows}
    if not broken:
        return pl.DataFrame(schema=FINDING_COLUMNS)
    with opened(delivered, asked_columns(broken, delivered.table)) as session:
        parts = [
            _described(
                rule, delivered.table, _counted(rule, session) if rule.id in counted else _BARE
            )
            for rule in broken
        ]
    return pl.concat(parts)


_COUNT_COLUMNS: Final = pl.Schema(
    {
        name: FINDING_COLUMNS[name]
        for name in ("branch_id", "failing_rows", "failing_amount", "example_keys")
    }
)
_BARE: Final = pl.DataFrame({name: [None] for name in _COUNT_COLUMNS}, schema=_COUNT_COLUMNS)


def _counted(rule: Rule, session: Session) -> pl.DataFrame:
    """Rows, amount and the first keys, by branch where the table has one to act."""
    own = session.delivered.table
    blamed = rule.blamed(own)
    table = canonical_of(blamed)
    # Rows of another view have no number in the delivered file; their key is never empty.
    unnamed = "'row ' || source_row_no" if blamed == own else "NULL"
    key = ", ".join(table.key)
    return session.frame(
        f"""
        SELECT {branch_column(blamed) or "NULL"} AS branch_id,
            count(*) AS failing_rows,
            {f"sum({AMOUNT})" if table is schema.LOAN_SNAPSHOT else "NULL"} AS failing_amount,
            min(coalesce(nullif(concat_ws(' | ', {key}), ''), {unnamed}), {EXAMPLES})
                AS example_keys
        FROM {blamed}
        WHERE {condition_of(rule, session)}
        GROUP BY 1
        ORDER BY 1 NULLS LAST
        """  # noqa: S608  # the SQL is the catalogue's own
    ).cast(_COUNT_COLUMNS)


def _described(rule: Rule, table: str, counts: pl.DataFrame) -> pl.DataFrame:
    return counts.select(
        rule_id=pl.lit(rule.id),
        severity=pl.lit(rule.severity.value),
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
