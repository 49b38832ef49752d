"""The suites as asset checks on the delivered book: one check a rule, blocking by severity.

A critical rule about a table as a whole stops the month. A critical rule about rows does not: its rows
were set aside at intake, and the finding says so.
"""

from collections.abc import Iterator

import dagster as dg

from expectations.rules import Rule, Scope, Severity, load_rules
from orchestration import trust
from orchestration.defs.assets import delivered_book
from orchestration.defs.resources import BankResource
from orchestration.partitions import MONTHS
from transforms.schema import TABLES


def _blocks(rule: Rule) -> bool:
    return rule.severity is Severity.CRITICAL and rule.scope is Scope.TABLE


def _name(table: str, rule_id: str) -> str:
    return f"{table}__{rule_id}"


def _specs() -> Iterator[dg.AssetCheckSpec]:
    for rule in load_rules():
        for table in TABLES:
            if rule.holds_for(table):
                yield dg.AssetCheckSpec(
                    _name(table, rule.id),
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
        month.bank.published.write("check_result", verdicts.results, month.as_of, month.version)
        month.bank.published.write("finding", verdicts.findings, month.as_of, month.version)
        said = {(row["table"], row["rule_id"]): row for row in verdicts.results.to_dicts()}
        for rule in month.bank.rules:
            for table in TABLES:
                if rule.holds_for(table):
                    yield _result(rule, table, said.get((table, rule.id)))

    return measured


def _result(rule: Rule, table: str, verdict: dict[str, object] | None) -> dg.AssetCheckResult:
    skipped = "not delivered for this month" if verdict is None else verdict["skipped_reason"]
    return dg.AssetCheckResult(
        asset_key=delivered_book.key,
        check_name=_name(table, rule.id),
        passed=bool(skipped) or bool(verdict and verdict["passed"]),
        severity=dg.AssetCheckSeverity.ERROR if _blocks(rule) else dg.AssetCheckSeverity.WARN,
        metadata={
            "severity": rule.severity.value,
            "remedy": rule.remedy.en,
            "failing_rows": str(verdict["failing_rows"]) if verdict else "",
            "skipped": str(skipped or ""),
        },
    )
