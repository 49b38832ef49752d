"""Suites on Great Expectations say the same as our own conditions, rule by rule."""

from datetime import UTC, datetime
from itertools import groupby

import pytest

from expectations import runner
from expectations.findings import findings
from expectations.rejection import failing_rows
from expectations.rules import Scope, Severity, load_rules, parse_rules, rules_for
from tests.unit.trust import CASES, GOOD, LOAN, delivered
from transforms import schema

RULES = load_rules()
BY_ID = {rule.id: rule for rule in RULES}
RUN_TIME = datetime(2026, 11, 1, 8, 30, tzinfo=UTC)


def run(delivery, rules=RULES):
    return runner.run_suite(delivery, rules=rules, run_time=RUN_TIME)


def by_id(result):
    return {check.rule_id: check for check in result.results}


@pytest.mark.parametrize("table", schema.TABLES)
def test_a_good_month_passes_every_check_and_skips_none(table, tmp_path):
    result = run(delivered(tmp_path, table))
    assert [check.rule_id for check in result.results] == [
        rule.id for rule in rules_for(RULES, table)
    ]
    assert result.failed == ()
    assert result.worst is None
    assert {check.skipped_reason for check in result.results} == {None}
    assert {check.checked_rows for check in result.results} == {len(GOOD[table])}
    assert result.run_time == RUN_TIME


def bad_rows(table):
    """The good rows and all bad rows of the table's cases, in one delivery."""
    rows = [row for case in CASES if case.table == table and not case.alone for row in case.rows]
    return [*GOOD[table], *rows]


@pytest.mark.parametrize("table", schema.TABLES)
def test_great_expectations_counts_the_rows_that_our_own_condition_finds(table, tmp_path):
    delivery = delivered(tmp_path, table, bad_rows(table))
    checks = by_id(run(delivery))
    for rule in rules_for(RULES, table):
        if rule.row_condition is None:
            continue
        found = failing_rows(rule, delivery).height
        assert checks[rule.id].failing_rows == found, rule.id
        assert checks[rule.id].passed == (found == 0), rule.id
    expected = {
        case.rule_id
        for case in CASES
        if case.table == table and case.rows and not case.alone and not case.context
    }
    broken = {check.rule_id for check in checks.values() if not check.passed}
    assert expected <= broken


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not case.rows and not BY_ID[case.rule_id].blames],
    ids=lambda case: case.rule_id,
)
def test_a_rule_on_the_table_as_a_whole_fails_without_rows(case, tmp_path):
    delivery = delivered(tmp_path, case.table, case.all_rows, context=case.context)
    result = run(delivery)
    assert {check.rule_id for check in result.failed} == {case.rule_id} | case.also
    whole = [check for check in result.failed if not BY_ID[check.rule_id].blames]
    assert {check.failing_rows for check in whole} == {None}
    told = findings(delivery, result, RULES)
    assert told["rule_id"].to_list() == [check.rule_id for check in result.failed]


def test_results_keep_the_order_of_the_rules_and_their_own_severity(tmp_path):
    rows = [
        LOAN | {"interest_rate": None, "loan_classification": None},
        LOAN | {"loan_id": "L2", "interest_rate": 5},
    ]
    result = run(delivered(tmp_path, "loan_snapshot", rows, without=("previous_loan_snapshot",)))
    assert [(check.rule_id, check.failing_rows) for check in result.failed] == [
        ("W0208", 1),
        ("W0217", 1),
    ]
    assert result.worst is Severity.WARNING
    assert {check.rule_id: check.severity for check in result.results} == {
        rule.id: rule.severity for rule in rules_for(RULES, "loan_snapshot")
    }


def test_a_skipped_rule_has_not_failed_and_says_why(tmp_path):
    checks = by_id(
        run(delivered(tmp_path, "loan_snapshot", without=("branch", "previous_loan_snapshot")))
    )
    for rule_id, why in (
        ("E0103", "no branch table delivered"),
        ("W0216", "previous month not delivered (loan_snapshot)"),
    ):
        assert checks[rule_id].passed
        assert checks[rule_id].failing_rows is None
        assert checks[rule_id].skipped_reason == why
        assert checks[rule_id].detail == f"skipped: {why}"
    assert checks["E0101"].skipped_reason is None


OWN = r"""
table: loan_snapshot
rules:
  - id: W9901
    severity: warning
    fails: regexp_matches(loan_id, '^L\d{{1}}$') AND loan_id <> 'L:as_of'
    needs: [loan_id]
    reason: {{en: One digit., zh: 一位数字。}}
    remedy: {{en: None., zh: 无。}}
    source: test
  - id: W9902
    severity: warning
    fails: CAST(loan_id AS INTEGER) > 0
    needs: [loan_id]
    reason: {{en: Text., zh: 文本。}}
    remedy: {{en: None., zh: 无。}}
    source: test
""".replace("{{", "{").replace("}}", "}")


def test_braces_and_colons_in_a_rules_sql_survive_the_way_down(tmp_path):
    own = parse_rules("own.yaml", OWN)
    delivery = delivered(tmp_path, "loan_snapshot")
    check = by_id(run(delivery, own[:1]))["W9901"]
    assert check.failing_rows == failing_rows(own[0], delivery).height == 9


def test_a_check_that_cannot_be_run_has_not_passed_and_spoils_no_other(tmp_path):
    own = parse_rules("own.yaml", OWN)
    delivery = delivered(tmp_path, "loan_snapshot")
    checks = by_id(run(delivery, (*RULES, *own)))
    assert not checks["W9902"].passed
    assert checks["W9902"].failing_rows is None
    assert checks["W9902"].detail.startswith("could not be run: ")
    assert "Conversion Error" in checks["W9902"].detail
    assert checks["W9901"].failing_rows == 9
    assert {check.rule_id for check in checks.values() if not check.passed} == {"W9901", "W9902"}


def test_an_empty_table_breaks_only_the_rules_on_the_table(tmp_path):
    for table in schema.TABLES:
        result = run(delivered(tmp_path, table, []))
        assert {
            check.rule_id
            for check in result.failed
            if BY_ID[check.rule_id].scope is not Scope.TABLE
        } == set()


def test_the_same_delivery_gives_the_same_result_again(tmp_path):
    delivery = delivered(tmp_path, "branch_hierarchy", bad_rows("branch_hierarchy"))
    first = run(delivery)
    assert run(delivery) == first
    assert findings(delivery, first, RULES).equals(findings(delivery, first, RULES))


def test_nothing_is_printed_and_no_progress_is_drawn(tmp_path, capfd):
    run(delivered(tmp_path, "fx_rate"))
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_no_rule_at_all_is_no_failure(tmp_path):
    assert run(delivered(tmp_path, "fx_rate"), ()).results == ()


def test_cases_of_a_table_are_told_apart():
    tables = [name for name, _ in groupby(case.table for case in CASES)]
    entered = schema.Delivery.ENTERED
    delivered = {name for name, one in schema.TABLES.items() if one.delivery is not entered}
    assert set(tables) == delivered
