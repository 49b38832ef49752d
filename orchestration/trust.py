"""A month's suites: every table delivered for it, and its figures, measured by their rules.

What the rules are is said in `expectations`; what a verdict means for the build, in `defs.checks`.
"""

import json
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import polars as pl

from expectations import figures
from expectations.delivered import Delivered, reference_context
from expectations.delivered import Source as ContextSource
from expectations.figures import METRIC_FACT
from expectations.findings import FINDING_COLUMNS, findings
from expectations.results import CheckResult
from expectations.rules import rules_for
from orchestration.bank import SYSTEM
from orchestration.months import MonthAtWork
from records.published import CHECK_HISTORY, CHECK_RESULT
from transforms.periods import previous_month_end
from transforms.schema import LOAN_SNAPSHOT, OVERRIDE, TABLES, Delivery


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What the suites of a month said.

    Attributes:
        results: one row per rule and table, columns `CHECK_HISTORY` but for run, month and version.
        findings: one row per broken rule (and branch, where rows have one), with reason and remedy.
        folder: where the rows that break rules are, as Parquet; the caller removes it.
    """

    results: pl.DataFrame
    findings: pl.DataFrame
    folder: Path

    @property
    def failing(self) -> tuple[Path, ...]:
        """The files with the rows that break rules."""
        return tuple(sorted(self.folder.glob("*.parquet")))


def measure(month: MonthAtWork) -> Verdicts:
    """Run the suite of every table that was delivered for this very month.

    Tables carried over from an earlier month were measured then, but for overrides: what becomes of
    them is of the month.
    """
    return _verdicts(month, own_deliveries(month))


def measure_figures(month: MonthAtWork, run_id: str) -> Verdicts:
    """Run the suite of the month's figures, as a run has just written them."""
    published = month.bank.published

    def drafted(table: str) -> pl.DataFrame:
        return published.draft(table, month.as_of, month.version, run_id)

    facts = METRIC_FACT.column_names
    before = previous_month_end(month.as_of)
    context: dict[str, ContextSource] = {
        "branch_measure": drafted("branch_measure"),
        "counts_for": drafted("counts_for"),
        "node": drafted("node"),
        "rate_range": figures.rate_range(month.table(LOAN_SNAPSHOT.name)),
        **figures.definitions(month.catalogue),
    }
    if before in published.newest_versions():
        earlier = published.facts(SYSTEM, as_of=before).select(facts)
        context[f"previous_{METRIC_FACT.name}"] = earlier
    given = drafted(METRIC_FACT.name).select(
        pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("source_row_no"), *facts
    )
    delivered = Delivered(
        table=METRIC_FACT.name,
        files=(),
        as_of=month.as_of,
        base_currency=month.bank.workspace.base_currency,
        context=context,
        given=given,
    )
    return _verdicts(month, [delivered])


def measure_draft(
    month: MonthAtWork,
    drafted: Mapping[str, tuple[tuple[Path, ...], frozenset[str]]],
    scratch: Path,
) -> Verdicts:
    """Run the suites of a draft's tables, amid the month that it stands in for.

    Args:
        month: the month with the draft's rows in it.
        drafted: by table, the files of the draft's typed rows, and the columns that it brings.
        scratch: a folder outside the workspace, which is only read.
    """
    context = _context(month)
    measured = [
        _delivered(month, name, files, provided, context)
        for name, (files, provided) in drafted.items()
    ]
    return _verdicts(month, measured, scratch)


def _verdicts(
    month: MonthAtWork, measured: Iterable[Delivered], scratch: Path | None = None
) -> Verdicts:
    # Great Expectations takes seconds to import, and most commands never judge anything.
    from expectations.runner import run_suite  # noqa: PLC0415

    rows: list[dict[str, object]] = []
    found = [pl.DataFrame(schema=FINDING_COLUMNS)]
    now = datetime.now(UTC)
    scratch = scratch or month.bank.workspace.scratch
    scratch.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="failing-", dir=scratch))
    with ExitStack() as undone:
        undone.callback(shutil.rmtree, folder)
        for delivered in measured:
            keep = folder / f"{delivered.table}.parquet"
            suite = run_suite(delivered, rules=month.bank.rules, run_time=now, keep=keep)
            rows += [_row(suite.table, now, result) for result in suite.results]
            listed = keep if keep.exists() else None
            found.append(findings(delivered, suite, month.bank.rules, rows=listed))
        undone.pop_all()
    asked = {str(row["table"]) for row in rows}
    if METRIC_FACT.name not in asked:
        rows += _not_asked(month, asked, now)
    results = pl.DataFrame(rows, schema=_RESULT).sort("table", "rule_id")
    return Verdicts(results, pl.concat(found), folder)


_RESULT: Final = {
    name: dtype
    for name, dtype in CHECK_HISTORY.items()
    if name in CHECK_RESULT or name in {"run_time", "set_by", "parameters", "detail"}
}


def _row(table: str, now: datetime, result: CheckResult) -> dict[str, object]:
    values = {name: getattr(result, name, None) for name in CHECK_RESULT}
    return {
        **values,
        "table": table,
        "severity": result.severity.value,
        "run_time": now,
        "set_by": result.set_by,
        "detail": result.detail,
        "parameters": json.dumps(dict(result.parameters), ensure_ascii=False),
    }


def _not_asked(month: MonthAtWork, asked: set[str], now: datetime) -> Iterator[dict[str, object]]:
    """Rules of tables that were not delivered for the month: not broken, and not passed either."""
    for table in TABLES.keys() - asked:
        for rule in rules_for(month.bank.rules, table):
            if not rule.is_intake:
                yield {
                    "table": table,
                    "rule_id": rule.id,
                    "severity": rule.severity_on(month.as_of).value,
                    "passed": True,
                    "checked_rows": 0,
                    "skipped_reason": "table not delivered for this month",
                    "run_time": now,
                    "set_by": rule.set_by(month.as_of),
                    "parameters": "{}",
                    "detail": "skipped: table not delivered for this month",
                }


def own_deliveries(month: MonthAtWork) -> Iterator[Delivered]:
    """Every table that was delivered for this very month, amid what it may be judged by."""
    deliveries = month.bank.deliveries
    chosen = deliveries.chosen(month.as_of, month.version)
    context = _context(month)
    for name in TABLES:
        batch = chosen.get(name)
        if batch is None or (batch.as_of_date != month.as_of and name != OVERRIDE.name):
            continue
        evidence = deliveries.evidence(batch.batch_id)
        files = tuple(evidence / file for file in batch.delivered_file.split("; "))
        yield _delivered(month, name, files, batch.columns, context)


def _delivered(
    month: MonthAtWork,
    name: str,
    files: tuple[Path, ...],
    provided: frozenset[str],
    context: Mapping[str, ContextSource],
) -> Delivered:
    """A table of the month amid what it may be judged by."""
    return Delivered(
        table=name,
        files=files,
        as_of=month.as_of,
        base_currency=month.bank.workspace.base_currency,
        context={view: source for view, source in context.items() if view != name},
        parameters=month.bank.reference.thresholds(month.as_of),
        provided=provided,
    )


def _context(month: MonthAtWork) -> dict[str, ContextSource]:
    """Accepted rows of the month's tables and of last month's, reference lists, the metrics.

    Rows are read when a suite asks for them, and no further: a large book is never held whole.
    """
    deliveries = month.bank.deliveries
    chosen = deliveries.chosen(month.as_of, month.version)
    views: dict[str, ContextSource] = {
        **reference_context(month.bank.reference, month.taxonomy()),
        "metric": figures.definitions(month.catalogue)["metric"],
    }
    for name in {**chosen, **month.instead}:
        views[name] = month.as_delivered(name).drop("source_row_no", strict=False)
    if OVERRIDE.name in views:
        views["override_state"] = month.override_states.select("source_row_no", "state")
    before = previous_month_end(month.as_of)
    if before in deliveries.months():
        for name, batch in deliveries.chosen(before).items():
            if TABLES[name].delivery is Delivery.CARRIED or batch.as_of_date == before:
                views[f"previous_{name}"] = deliveries.rows(SYSTEM, batch).drop("source_row_no")
    return views
