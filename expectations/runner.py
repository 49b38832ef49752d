"""Suites on Great Expectations: the rules of a table, put to a delivery as one suite.

The only door to Great Expectations, beside its engine and its expectation. Importing it costs seconds, so
whatever only needs rules, rejected rows or findings imports those modules and not this one. What a verdict
means for a figure is decided elsewhere: here are the verdicts.
"""

import re
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from typing_extensions import override

from expectations.delivered import Delivered, Session, bound, opened
from expectations.engine import DuckDBDatasource, engine_over
from expectations.failing import TABLE, WHOLE, export, gather
from expectations.hidden import hidden
from expectations.model import Rule, Scope, Severity
from expectations.results import CheckResult, SuiteResult
from expectations.rule_expectation import ExpectRuleToHold
from expectations.rules import asked_columns, rules_for

with hidden("pyspark"):
    import great_expectations as gx
    from great_expectations import expectations as gxe
    from great_expectations.checkpoint.checkpoint import CheckpointResult
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.core.batch_definition import BatchDefinition
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context import EphemeralDataContext
    from great_expectations.data_context.data_context.context_factory import project_manager
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.expectations.expectation import Expectation as GxExpectation
    from great_expectations.expectations.metadata_types import FailureSeverity

_CORE: Final[Mapping[str, type[GxExpectation]]] = {
    "not_null": gxe.ExpectColumnValuesToNotBeNull,
    "between": gxe.ExpectColumnValuesToBeBetween,
    "in_set": gxe.ExpectColumnValuesToBeInSet,
    "row_count": gxe.ExpectTableRowCountToBeBetween,
}

_FORM: Final[Mapping[str, Any]] = {
    "result_format": {"result_format": "BASIC", "partial_unexpected_count": 0}
}
"""Counts are wanted, not rows: those are gathered by our own conditions."""

_GX_SEVERITY: Final = {
    Severity.CRITICAL: FailureSeverity.CRITICAL,
    Severity.ERROR: FailureSeverity.WARNING,
    Severity.WARNING: FailureSeverity.INFO,
}
"""Great Expectations knows three grades too. Nothing is decided by them: the rule's own severity is."""


def run_suite(
    delivered: Delivered,
    *,
    rules: Iterable[Rule],
    run_time: datetime,
    keep: Path | None = None,
) -> SuiteResult:
    """Measure a delivery by the rules of its table, as one suite.

    A suite is put to its batch as it is: a checkpoint around it would store the suite, its definition and
    its result four times over, which takes longer than to ask the questions, and only the site reads it.

    Args:
        delivered: The table and its surroundings.
        rules: The catalogue; rules for other tables are left aside.
        run_time: When the run counts as made, so that a rerun does not pass for the first.
        keep: Where to leave the failing rows, columns `failing.FAILING_COLUMNS`, if there are any.
    """
    measured = rules_for(rules, delivered.table)
    with opened(delivered, asked_columns(measured, delivered.table)) as session:
        skipped = {rule.id: rule.skipped_reason(session) for rule in measured}
        asked = [rule for rule in measured if skipped[rule.id] is None]
        counted = session.frame(f"SELECT count(*) AS rows FROM {delivered.table}")  # noqa: S608
        rows = int(counted["rows"][0])
        gathered = gather(session, asked)
        verdicts = _verdicts(asked, session, gathered) if asked else {}
        found = session.frame(f"SELECT count(*) AS rows FROM {TABLE}")  # noqa: S608
        if keep is not None and found["rows"][0]:
            export(session, keep)
    return SuiteResult(
        table=delivered.table,
        run_time=run_time,
        results=tuple(
            _check_result(rule, delivered, rows, skipped[rule.id], verdicts.get(rule.id, {}))
            for rule in measured
        ),
    )


def _verdicts(
    rules: Iterable[Rule], session: Session, gathered: Collection[str]
) -> dict[str, dict[str, Any]]:
    """What Great Expectations says, by rule id: its results come back in an order of its own."""
    with _datasource(_unwritten(), session) as source:
        asset = source.add_table_asset(name=session.delivered.table)
        batch = asset.get_batch(asset.build_batch_request())
        return dict(_by_rule(batch.validate(_suite(rules, session, gathered), **_FORM)))


def document(
    deliveries: Iterable[Delivered], *, rules: Iterable[Rule], run_time: datetime, folder: Path
) -> tuple[str, ...]:
    """Write Great Expectations' own site about suites, run anew, and say which tables are in it.

    As it writes it, the site loads styles and scripts from the net: `expectations.offline` mends that.

    Args:
        deliveries: What is measured, a suite for each.
        rules: The catalogue.
        run_time: When the run counts as made.
        folder: Where the site goes.
    """
    known = tuple(rules)
    done: list[str] = []
    context = gx.get_context(mode="ephemeral", project_config=_settings())
    context.add_data_docs_site(
        site_name="suites",
        site_config={
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder),
            },
        },
    )
    for delivered in deliveries:
        measured = rules_for(known, delivered.table)
        with (
            opened(delivered, asked_columns(measured, delivered.table)) as session,
            _datasource(context, session) as source,
        ):
            asked = [rule for rule in measured if rule.skipped_reason(session) is None]
            if asked:
                _checked(asked, session, run_time, context, source, gather(session, asked))
                done.append(delivered.table)
    context.build_data_docs(site_names=["suites"])
    return tuple(done)


def _checked(
    rules: Iterable[Rule],
    session: Session,
    run_time: datetime,
    context: EphemeralDataContext,
    source: DuckDBDatasource,
    gathered: Collection[str],
) -> CheckpointResult:
    """The suite as a checkpoint, whose results the context keeps for its site."""
    table = session.delivered.table
    suite = context.suites.add(_suite(rules, session, gathered))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=table, data=_batch(source, session), suite=suite)
    )
    checkpoint = context.checkpoints.add(
        gx.Checkpoint(name=table, validation_definitions=[definition], **_FORM)
    )
    return checkpoint.run(run_id=RunIdentifier(run_name=table, run_time=run_time))


def _batch(source: DuckDBDatasource, session: Session) -> BatchDefinition[Any]:
    """The delivered table, whole."""
    table = session.delivered.table
    return source.add_table_asset(name=table).add_batch_definition_whole_table(table)


def _suite(
    rules: Iterable[Rule], session: Session, gathered: Collection[str]
) -> gx.ExpectationSuite:
    """The rules as a suite."""
    return gx.ExpectationSuite(
        name=session.delivered.table,
        expectations=[_asked(rule, session, gathered) for rule in rules],
    )


class _Unwritten(EphemeralDataContext):
    """A context for one suite: its settings are not written out as YAML whenever a table is named to it."""

    @override
    def _save_project_config(self) -> None:
        """Nothing is kept."""


def _unwritten() -> EphemeralDataContext:
    context = _Unwritten(project_config=_settings())
    project_manager.set_project(context)
    return context


def _settings() -> DataContextConfig:
    """A context that lives in memory and tells nobody."""
    return DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False),
    )


@contextmanager
def _datasource(context: EphemeralDataContext, session: Session) -> Generator[DuckDBDatasource]:
    """The session as a data source of the context."""
    engine = engine_over(session.connection)
    try:
        source = context.data_sources.add_duckdb(name=f"delivered_{session.delivered.table}")
        source.use(engine)
        yield source
    finally:
        engine.close()


def _asked(rule: Rule, session: Session, gathered: Collection[str]) -> GxExpectation:
    """The rule in Great Expectations' words; its id rides along in `meta`."""
    core = rule.expectation
    if core is None:
        kind: type[GxExpectation] = ExpectRuleToHold
        said: dict[str, Any] = {"unexpected_rows_query": _unexpected(rule, session, gathered)}
    else:
        kind = _CORE[core.type]
        said = {
            "column": core.column,
            "min_value": _number(core.min),
            "max_value": _number(core.max),
            "value_set": list(core.values) or None,
        }
    given = {name: value for name, value in said.items() if value is not None}
    return kind(
        **given,
        meta={"rule_id": rule.id},
        description=f"{rule.id} {rule.reason.en} {rule.reason.zh}",
        severity=_GX_SEVERITY[rule.severity_on(session.delivered.as_of)],
    )


def _unexpected(rule: Rule, session: Session, gathered: Collection[str]) -> str:
    """A query for the rows to blame, or for one row if a table as a whole breaks its rule.

    Rows that were gathered are not looked for again.
    """
    values = rule.values(session.delivered)
    # Great Expectations wants its batch named, also where other rows are looked at.
    once = "(SELECT count(*) FROM {batch})"
    if rule.id in gathered:
        kept = WHOLE if rule.row_condition is None else TABLE
        # Named without being opened: what was found in it stands in a table of the session.
        kept += " /* of {batch} */"
        what, where, condition = "1 AS broken", kept, f"rule_id = '{rule.id}'"
    elif rule.blames:
        what, where, condition = "1 AS broken", f"{rule.blames}, {once}", rule.row_condition or ""
    elif rule.row_condition is not None:
        what, where, condition = "source_row_no", "{batch}", rule.row_condition
    else:
        what, where, condition = "1 AS broken", once, rule.fails or ""
    return f"SELECT {what} FROM {where} WHERE {_escaped(bound(condition, values))}"  # noqa: S608


def _escaped(sql: str) -> str:
    """SQL that survives two readers: `{}` of Great Expectations, and `:name` of SQLAlchemy."""
    braced = sql.replace("{", "{{").replace("}", "}}")
    return re.sub(r"(?<!:):(?=\w)", r"\\:", braced)


def _number(value: Decimal | None) -> float | int | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def _by_rule(
    result: ExpectationSuiteValidationResult,
) -> Iterator[tuple[str, dict[str, Any]]]:
    for verdict in result.results:
        told = verdict.exception_info or {}
        # One exception is a flat dictionary; several are keyed by the metric that raised.
        errors = [told] if "raised_exception" in told else list(told.values())
        asked = verdict.expectation_config
        if asked is None:
            raise TypeError("Great Expectations gave a result for no expectation")
        yield (
            asked.meta["rule_id"],
            {
                "success": bool(verdict.success),
                "error": next(
                    (str(e["exception_message"]) for e in errors if e["raised_exception"]), None
                ),
                **(verdict.result or {}),
            },
        )


def _check_result(
    rule: Rule,
    delivered: Delivered,
    rows: int,
    skipped: str | None,
    verdict: Mapping[str, Any],
) -> CheckResult:
    """A verdict in our words. A check that could not be run has not passed."""
    error = verdict.get("error")
    failing = verdict.get("unexpected_count", verdict.get("observed_value"))
    listed = rule.row_condition is not None and error is None and failing is not None
    passed = skipped is None and error is None and bool(verdict.get("success"))
    if skipped:
        detail = f"skipped: {skipped}"
    elif error:
        detail = f"could not be run: {' '.join(error.split())}"
    elif passed:
        detail = f"{rows} row(s) checked"
    elif rule.blames:
        detail = f"{failing} row(s) of {rule.blames} break the rule"
    elif rule.scope is Scope.TABLE:
        detail = "the table breaks the rule"
    else:
        detail = f"{failing} of {rows} row(s) break the rule"
    return CheckResult(
        rule_id=rule.id,
        severity=rule.severity_on(delivered.as_of),
        passed=passed or skipped is not None,
        failing_rows=int(failing) if listed and failing is not None else None,
        checked_rows=rows,
        skipped_reason=skipped,
        detail=detail,
        set_by=rule.set_by(delivered.as_of),
        parameters={name: str(value) for name, value in rule.used_values(delivered).items()},
    )
