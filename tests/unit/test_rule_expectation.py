"""A rule put to Great Expectations: what its query finds is counted, and it is asked once."""

import duckdb
import pytest
from sqlalchemy.event import listen

from expectations.engine import engine_over
from expectations.hidden import hidden
from expectations.rule_expectation import ExpectRuleToHold

with hidden("pyspark"):
    import great_expectations as gx


@pytest.fixture
def asked():
    """Put a query about a table of the numbers 0 to 999; the verdict, and the statements about it."""
    connection = duckdb.connect(":memory:")
    connection.execute("CREATE TABLE t AS SELECT range AS n FROM range(1000)")
    engine = engine_over(connection)
    statements = []
    listen(engine.engine, "before_cursor_execute", lambda *told: statements.append(told[2]))

    def put(query):
        source = gx.get_context(mode="ephemeral").data_sources.add_duckdb(name="s")
        source.use(engine)
        asset = source.add_table_asset(name="t")
        rule = ExpectRuleToHold(unexpected_rows_query=query, meta={"rule_id": "x"})
        suite = gx.ExpectationSuite(name="s", expectations=[rule])
        batch = asset.get_batch(asset.build_batch_request())
        (verdict,) = batch.validate(suite).results
        return verdict, [one for one in statements if "n >=" in one]

    yield put
    engine.close()
    connection.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT n FROM {batch} WHERE n >= 1000", 0),
        ("SELECT n FROM {batch} WHERE n >= 999", 1),
        ("SELECT n FROM {batch} WHERE n >= 300", 700),
    ],
)
def test_what_breaks_a_rule_is_counted_by_one_statement(asked, query, found):
    verdict, statements = asked(query)
    assert verdict.success == (found == 0)
    assert verdict.result["observed_value"] == found
    assert verdict.expectation_config.meta == {"rule_id": "x"}
    assert len(statements) == 1


def test_settings_are_put_together_once_and_anew_when_a_suite_gives_an_id():
    rule = ExpectRuleToHold(unexpected_rows_query="SELECT n FROM {batch} WHERE n < 0")
    before = rule.configuration
    assert rule.configuration is before
    assert before.id is None
    rule.id = "4d2f1a60-0000-4000-8000-000000000001"
    assert rule.configuration.id == rule.id
    assert rule.configuration.kwargs == before.kwargs
