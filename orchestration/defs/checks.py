"""The suites as asset checks: one check a rule, on the delivered book or the figures.

A critical rule about a table as a whole stops the month: before anything is computed if a delivered table
breaks it, before publication if the figures do. A critical rule about rows does not: its rows were set
aside at intake, and the finding says so. Every verdict is kept in the history, whatever comes of the run.
"""

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import dagster as dg
import polars as pl

from expectations.figures import FIGURES
from expectations.rules import Rule, load_rules
from orchestration import settings, trust
from orchestration.bank import Bank
from orchestration.defs.assets import delivered_book, metric_fact
from orchestration.defs.resources import BankResource, build_of
from orchestration.months import MonthAtWork
from orchestration.partitions import MONTHS
from orchestration.trust import Verdicts
from records.workspace import SETTINGS


def _name(rule: Rule) -> str:
    return f"{rule.id}__{'every_table' if rule.is_intake else rule.table}"


def _declared() -> tuple[Rule, ...]:
    """The rules of the workspace that definitions are loaded for; the product's own without one."""
    root = settings.workspace_root()
    return Bank.at(root).rules if (root / SETTINGS).is_file() else load_rules()


def _specs(rules: Iterable[Rule], asset: dg.AssetsDefinition) -> Iterator[dg.AssetCheckSpec]:
    """One check a rule; a rule of intake is one check over every delivered table."""
    for rule in rules:
        yield dg.AssetCheckSpec(
            _name(rule),
            asset=asset,
            description=rule.reason.en,
            blocking=rule.may_block,
            partitions_def=MONTHS,
        )


def suites() -> dg.AssetChecksDefinition:
    """Every rule's verdict on the tables delivered for a month, kept with its findings."""
    rules = [rule for rule in _declared() if rule.table not in FIGURES]

    @dg.multi_asset_check(name="suites", specs=list(_specs(rules, delivered_book)))
    def measured(
        context: dg.AssetCheckExecutionContext, bank: BankResource
    ) -> Iterator[dg.AssetCheckResult]:
        month = bank.month(context.partition_key)
        verdicts = trust.measure(month)
        _keep(month, verdicts, build_of(context.op_execution_context.run), figures=False)
        yield from _results(month, rules, verdicts, delivered_book)

    return measured


def figure_suite() -> dg.AssetChecksDefinition:
    """Every rule's verdict on the month's figures, before they are published."""
    rules = [rule for rule in _declared() if rule.table in FIGURES]

    @dg.multi_asset_check(name="figure_suite", specs=list(_specs(rules, metric_fact)))
    def measured(
        context: dg.AssetCheckExecutionContext, bank: BankResource
    ) -> Iterator[dg.AssetCheckResult]:
        month = bank.month(context.partition_key)
        run_id = build_of(context.op_execution_context.run)
        verdicts = trust.measure_figures(month, run_id)
        _keep(month, verdicts, run_id, figures=True)
        yield from _results(month, rules, verdicts, metric_fact)

    return measured


def _keep(month: MonthAtWork, verdicts: Verdicts, run_id: str, *, figures: bool) -> None:
    """Write verdicts, findings and failing rows beside those that the run's other suite wrote."""
    published, as_of, version = month.bank.published, month.as_of, month.version
    of_figures = pl.col("table").is_in(list(FIGURES))
    try:
        for table, rows in (("check_result", verdicts.results), ("finding", verdicts.findings)):
            held = published.draft(table, as_of, version, run_id)
            others = held.filter(~of_figures if figures else of_figures)
            both = pl.concat([others, rows], how="diagonal") if others.height else rows
            published.write(table, both, as_of, version, run_id)
        published.write_failing(verdicts.failing, as_of, version, run_id, figures=figures)
        published.record(
            verdicts.results.with_columns(
                run_id=pl.lit(run_id),
                as_of_date=pl.lit(as_of),
                snapshot_version=pl.lit(version),
            )
        )
    finally:
        shutil.rmtree(verdicts.folder)


def _results(
    month: MonthAtWork, rules: Iterable[Rule], verdicts: Verdicts, asset: dg.AssetsDefinition
) -> Iterator[dg.AssetCheckResult]:
    said: dict[str, list[dict[str, Any]]] = {}
    for row in verdicts.results.iter_rows(named=True):
        said.setdefault(row["rule_id"], []).append(row)
    for rule in rules:
        yield _result(rule, month, said.get(rule.id, []), asset)


def _result(
    rule: Rule, month: MonthAtWork, said: Sequence[Mapping[str, Any]], asset: dg.AssetsDefinition
) -> dg.AssetCheckResult:
    """A rule's verdict over the tables it was put to; not asked is not broken, and says why."""
    asked = [row for row in said if row["skipped_reason"] is None]
    why = {row["skipped_reason"] for row in said} if not asked else set()
    grave = rule.blocks_on(month.as_of)
    return dg.AssetCheckResult(
        asset_key=asset.key,
        check_name=_name(rule),
        passed=all(row["passed"] for row in asked),
        severity=dg.AssetCheckSeverity.ERROR if grave else dg.AssetCheckSeverity.WARN,
        metadata={
            "severity": rule.severity_on(month.as_of).value,
            "set_by": rule.set_by(month.as_of),
            "remedy": rule.remedy.en,
            "failing_rows": sum(row["failing_rows"] or 0 for row in asked),
            "checked_rows": sum(row["checked_rows"] or 0 for row in asked),
            "skipped": "; ".join(sorted(why)),
        },
    )
