"""The suites as asset checks on the delivered book: one check a rule, blocking by severity.

A critical rule about a table as a whole stops the month. A critical rule about rows does not: its rows
were set aside at intake, and the finding says so.
"""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from expectations.rules import Rule, Scope, Severity, load_rules
from orchestration import trust
from orchestration.defs.assets import delivered_book
from orchestration.defs.resources import BankResource, build_of
from orchestration.partitions import MONTHS


def _blocks(rule: Rule) -> bool:
    return rule.severity is Severity.CRITICAL and rule.scope is Scope.TABLE


def _name(rule: Rule) -> str:
    return f"{rule.id}__{'every_table' if rule.is_intake else rule.table}"


def _specs() -> Iterator[dg.AssetCheckSpec]:
    """One check a rule; a rule of intake is one check over every delivered table."""
    for rule in load_rules():
        yield dg.AssetCheckSpec(
            _name(rule),
            asset=delivered_book,
            description=rule.reason.en,
            blocking=_blocks(rule),
            partitions_def=MONTHS,
        )


def suites() -> dg.AssetChecksDefinition:
    """Every rule's verdict on the tables delivered for a month, kept with its findings."""

    @dg.multi_asset_check(name="suites", specs=list(_specs()))
    def measured(
        context: dg.AssetCheckExecutionContext, bank: BankResource
    ) -> Iterator[dg.AssetCheckResult]:
        month = bank.month(context.partition_key)
        verdicts = trust.measure(month)

        def write(table: str, rows: pl.DataFrame) -> None:
            published = month.bank.published
            published.write(
                table, rows, month.as_of, month.version, build_of(context.op_execution_context.run)
            )

        write("check_result", verdicts.results)
        write("finding", verdicts.findings)
        for rule in month.bank.rules:
            said = verdicts.results.filter(pl.col("rule_id") == rule.id)
            yield _result(rule, said)

    return measured


def _result(rule: Rule, said: pl.DataFrame) -> dg.AssetCheckResult:
    """A rule's verdict over the tables it was put to; not delivered is not broken."""
    asked = said.filter(pl.col("skipped_reason").is_null())
    skipped = (
        "" if asked.height else "; ".join(said["skipped_reason"]) or "not delivered this month"
    )
    return dg.AssetCheckResult(
        asset_key=delivered_book.key,
        check_name=_name(rule),
        passed=bool(asked["passed"].all()),
        severity=dg.AssetCheckSeverity.ERROR if _blocks(rule) else dg.AssetCheckSeverity.WARN,
        metadata={
            "severity": rule.severity.value,
            "remedy": rule.remedy.en,
            "failing_rows": int(asked["failing_rows"].sum() or 0),
            "checked_rows": int(asked["checked_rows"].sum() or 0),
            "skipped": skipped,
        },
    )
