"""What we lean on, or guard against, in Great Expectations, SQLAlchemy, DuckDB and marshmallow.

Each of these once cost a day somewhere. When one fails after an upgrade, the guard it names may go, or
must change.
"""

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import duckdb
import polars as pl
import pytest
import sqlalchemy as sa

from expectations.engine import engine_over
from expectations.hidden import hidden

with hidden("pyspark"):
    import great_expectations as gx
    from great_expectations import expectations as gxe
    from great_expectations.core.run_identifier import RunIdentifier


@pytest.fixture
def checked():
    """Run expectations over a table `t` of 1,000 rows: n from 0 to 999, small is n % 3, word may be empty."""
    connection = duckdb.connect(":memory:")
    connection.execute(
        "CREATE TABLE t AS SELECT range AS n, range % 3 AS small, "
        "CASE WHEN range % 10 = 0 THEN NULL ELSE 'x' END AS word FROM range(1000)"
    )
    engine = engine_over(connection)

    def run(*asked, result_format="COMPLETE", **run_id):
        context = gx.get_context(mode="ephemeral")
        source = context.data_sources.add_duckdb(name="s")
        source.use(engine)
        batch = source.add_table_asset(name="t").add_batch_definition_whole_table("t")
        suite = context.suites.add(gx.ExpectationSuite(name="s", expectations=list(asked)))
        definition = context.validation_definitions.add(
            gx.ValidationDefinition(name="v", data=batch, suite=suite)
        )
        checkpoint = context.checkpoints.add(
            gx.Checkpoint(
                name="c",
                validation_definitions=[definition],
                result_format={"result_format": result_format},
            )
        )
        return checkpoint.run(run_id=RunIdentifier(**run_id) if run_id else None)

    yield run
    engine.close()
    connection.close()


def results(outcome):
    (validation,) = outcome.run_results.values()
    return validation.results


def test_marshmallow_is_still_of_the_third_major():
    """With 4, one numpy bool loses the whole result of a checkpoint."""
    assert version("marshmallow").split(".")[0] == "3"


def test_a_suites_success_ignores_severity(checked):
    """So a decision is taken from the gravest broken rule, in `SuiteResult.worst`."""
    outcome = checked(gxe.ExpectColumnValuesToNotBeNull(column="word", severity="info"))
    assert not outcome.success


def test_results_come_back_in_an_order_of_their_own(checked):
    """So results are told apart by `meta`, never by place."""
    asked = [
        gxe.ExpectColumnValuesToNotBeNull(column="word", meta={"rule_id": "1"}),
        gxe.ExpectColumnValuesToBeBetween(column="n", min_value=0, meta={"rule_id": "2"}),
        gxe.ExpectColumnValuesToBeInSet(column="word", value_set=["x"], meta={"rule_id": "3"}),
    ]
    order = [result.expectation_config.meta["rule_id"] for result in results(checked(*asked))]
    assert sorted(order) == ["1", "2", "3"]
    assert order != ["1", "2", "3"]


def test_a_list_of_failing_values_or_rows_stops_at_200(checked):
    """So complete lists come from our own query, in `expectations.rejection`."""
    column, rows = results(
        checked(
            gxe.ExpectColumnValuesToBeBetween(column="n", max_value=-1),
            gxe.UnexpectedRowsExpectation(
                unexpected_rows_query="SELECT n FROM {batch} WHERE n >= 0"
            ),
        )
    )
    if "unexpected_count" not in column.result:
        column, rows = rows, column
    assert column.result["unexpected_count"] == 1000
    assert len(column.result["partial_unexpected_list"]) <= 200
    assert rows.result["observed_value"] == 1000
    assert len(rows.result["details"]["unexpected_rows"]) == 200


def test_a_check_that_raises_leaves_a_result_with_the_exception(checked):
    """So `_check_result` looks for an error before it believes a verdict, in both shapes seen."""
    good, bad = (
        gxe.ExpectColumnValuesToNotBeNull(column="n", meta={"rule_id": "good"}),
        gxe.UnexpectedRowsExpectation(
            unexpected_rows_query="SELECT 1 FROM {batch} WHERE CAST(word AS INTEGER) = 1",
            meta={"rule_id": "bad"},
        ),
    )
    told = {r.expectation_config.meta["rule_id"]: r for r in results(checked(good, bad))}
    assert told["good"].success
    assert not told["bad"].success
    info = told["bad"].exception_info
    flat = [info] if "raised_exception" in info else list(info.values())
    assert any("Conversion Error" in item["exception_message"] for item in flat)


def test_the_run_keeps_the_time_it_is_given(checked):
    """So that a rerun is told apart from the first run."""
    moment = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)
    outcome = checked(gxe.ExpectColumnValuesToNotBeNull(column="n"), run_name="t", run_time=moment)
    assert outcome.run_id.run_time == moment


def test_duckdb_objects_to_a_rollback_outside_a_transaction():
    """So the dialect's `do_rollback` does nothing."""
    with (
        duckdb.connect(":memory:") as connection,
        pytest.raises(duckdb.Error, match="no transaction"),
    ):
        connection.rollback()


def test_a_frame_registered_on_one_connection_is_unknown_to_its_cursors():
    """So frames become tables before SQLAlchemy, which works through cursors, is let in."""
    with duckdb.connect(":memory:") as connection:
        connection.register("given", pl.DataFrame({"a": [1]}))
        connection.execute("CREATE TABLE kept AS SELECT * FROM given")
        cursor = connection.cursor()
        with pytest.raises(duckdb.CatalogException):
            cursor.execute("SELECT * FROM given")
        assert cursor.execute("SELECT a FROM kept").fetchall() == [(1,)]


def test_an_in_memory_duckdb_would_spill_into_the_working_folder():
    """So every session names its own temporary folder."""
    with duckdb.connect(":memory:") as connection:
        (folder,) = connection.execute("SELECT current_setting('temp_directory')").fetchone()
    assert not Path(folder).is_absolute()


def test_rows_compare_with_their_empty_parts_as_equal():
    """The key of a row may have empty parts; `Rule.repeats` leans on this."""
    with duckdb.connect(":memory:") as connection:
        answer = connection.execute("SELECT row(1, NULL) IN (SELECT row(1, NULL))").fetchone()
    assert answer == (True,)


def test_the_dialect_answers_through_sqlalchemy_with_exact_decimals():
    with duckdb.connect(":memory:") as connection:
        connection.execute("CREATE VIEW v AS SELECT 1.10::DECIMAL(18, 2) AS money, 'a' AS word")
        engine = engine_over(connection)
        with engine.get_connection() as opened:
            row = opened.execute(sa.text("SELECT money FROM v WHERE word = :w"), {"w": "a"}).one()
            names = [column["name"] for column in sa.inspect(opened).get_columns("v")]
        engine.close()
        assert row == (Decimal("1.10"),)
        assert names == ["money", "word"]
        assert connection.execute("SELECT 1").fetchone() == (1,), (
            "the caller's connection stays open"
        )


def test_rules_and_findings_are_had_without_great_expectations():
    """Importing it costs seconds; a page or a dry run must not pay them."""
    code = (
        "import sys, expectations.rules, expectations.rejection, expectations.findings, "
        "expectations.reconciliation, expectations.results; "
        "sys.exit('great_expectations' in sys.modules)"
    )
    root = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


def test_pyspark_ends_a_process_that_imports_it_beside_great_expectations_and_so_it_is_hidden():
    """Its connect package calls sys.exit(0) where its extras are missing and there is no main file."""
    seen = "import sys, expectations.runner; print('pyspark' in sys.modules)"
    guarded = subprocess.run(
        [sys.executable, "-c", seen], capture_output=True, text=True, check=False
    )
    assert (guarded.returncode, guarded.stdout.strip()) == (0, "False"), guarded.stderr


def test_scipys_statistics_are_loaded_when_they_are_used_and_not_before():
    seen = (
        "import sys, expectations.runner as _; part = 'scipy.stats._distn_infrastructure';"
        "before = part in sys.modules;"
        "from great_expectations.expectations.core import expect_column_kl_divergence_to_be_less_than as kl;"
        "print(before, kl.stats.norm.cdf(0), part in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout.split()) == (0, ["False", "0.5", "True"]), told.stderr
