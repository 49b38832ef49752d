"""A month's suites: every table delivered for it, measured by its rules, with what it may be judged by.

What the rules are is said in `expectations`; what a verdict means for the build, in `defs.checks`.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import polars as pl

from expectations.delivered import Delivered, reference_context
from expectations.delivered import Source as ContextSource
from expectations.findings import FINDING_COLUMNS, findings
from expectations.results import CheckResult
from expectations.runner import run_suite
from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from records.deliveries import Batch
from records.published import CHECK_RESULT
from transforms.periods import previous_month_end
from transforms.reference.tables import Taxonomy
from transforms.schema import LOAN_SNAPSHOT, TABLES


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What the suites of a month said.

    Attributes:
        results: one row per rule and table, columns `CHECK_RESULT`.
        findings: one row per broken rule (and branch, for loans), with reason and remedy.
    """

    results: pl.DataFrame
    findings: pl.DataFrame


_WORTH_A_PROCESS: Final = 3
"""So many months make up for the seconds that another process needs to start."""

_Key = tuple[Path, date, int, str]
_AHEAD: dict[_Key, Future[Verdicts]] = {}
"""Suites under way in another process; `measured_ahead` fills and empties it."""


@contextmanager
def measured_ahead(coming: Sequence[MonthAtWork]) -> Iterator[None]:
    """Measure the suites of coming months on another core, while this process computes figures.

    The suites of a month rest on its delivery alone, so they need not wait for the months before. With
    one core or few months nothing is started, and `measure` does it all itself.
    """
    if len(coming) < _WORTH_A_PROCESS or (os.cpu_count() or 1) == 1:
        yield
        return
    # Polars and DuckDB have threads, which a forked process would not survive.
    executor = ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn"))
    keys = {_key(month): month for month in coming}
    try:
        for key, month in keys.items():
            root = month.bank.workspace.root
            _AHEAD[key] = executor.submit(_measured_there, root, month.as_of, month.version)
        yield
    finally:
        for key in keys:
            _AHEAD.pop(key, None)
        executor.shutdown(wait=True, cancel_futures=True)


def _measured_there(root: Path, as_of: date, version: int) -> Verdicts:
    return _measured(MonthAtWork(Bank.at(root), as_of, version))


def _key(month: MonthAtWork) -> _Key:
    """What a month's suites rest on."""
    chosen = month.bank.deliveries.chosen(month.as_of, month.version)
    told = "".join(f"{name}:{batch.content_hash}" for name, batch in sorted(chosen.items()))
    return month.bank.workspace.root, month.as_of, month.version, told


def measure(month: MonthAtWork) -> Verdicts:
    """Run the suite of every table that was delivered for this very month.

    Tables carried over from an earlier month were measured then.
    """
    ahead = _AHEAD.pop(_key(month), None)
    if ahead is not None:
        try:
            return ahead.result()
        except BrokenProcessPool:
            # The other process was ended from outside; nothing is lost but its work.
            pass
    return _measured(month)


def _measured(month: MonthAtWork) -> Verdicts:
    rows: list[dict[str, object]] = []
    found = [pl.DataFrame(schema=FINDING_COLUMNS)]
    now = datetime.now(UTC)
    for delivered in _own(month):
        suite = run_suite(delivered, rules=month.bank.rules, run_time=now)
        rows += [_row(suite.table, result) for result in suite.results]
        found.append(findings(delivered, suite, month.bank.rules))
    results = pl.DataFrame(rows, schema=dict(CHECK_RESULT)).sort("table", "rule_id")
    return Verdicts(results, pl.concat(found))


def _row(table: str, result: CheckResult) -> dict[str, object]:
    values = {name: getattr(result, name, None) for name in CHECK_RESULT}
    return {**values, "table": table, "severity": result.severity.value}


def _own(month: MonthAtWork) -> Iterator[Delivered]:
    deliveries = month.bank.deliveries
    chosen = deliveries.chosen(month.as_of, month.version)
    context = _context(month)
    for name in TABLES:
        batch = chosen.get(name)
        if batch is None or batch.as_of_date != month.as_of:
            continue
        yield Delivered(
            table=name,
            files=tuple(
                deliveries.evidence(batch.batch_id) / file
                for file in batch.delivered_file.split("; ")
            ),
            as_of=month.as_of,
            base_currency=month.bank.workspace.base_currency,
            context={view: source for view, source in context.items() if view != name},
            provided=batch.columns,
        )


def _context(month: MonthAtWork) -> dict[str, ContextSource]:
    """Accepted rows of the month's tables, last month's loans, and the reference lists."""
    deliveries = month.bank.deliveries
    chosen = deliveries.chosen(month.as_of, month.version)
    views: dict[str, ContextSource] = {
        **reference_context(month.bank.reference, _taxonomy(chosen[LOAN_SNAPSHOT.name])),
    }
    for name, batch in chosen.items():
        views[name] = deliveries.rows(SYSTEM, batch).drop("source_row_no").collect()
    before = previous_month_end(month.as_of)
    earlier = deliveries.chosen(before).get(LOAN_SNAPSHOT.name)
    if earlier is not None and earlier.as_of_date == before:
        loans = deliveries.rows(SYSTEM, earlier).drop("source_row_no").collect()
        views[f"previous_{LOAN_SNAPSHOT.name}"] = loans
    return views


def _taxonomy(batch: Batch) -> Taxonomy:
    return Taxonomy(batch.taxonomy)
