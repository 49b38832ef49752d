"""Which rows are set aside and why; complete lists, whatever the size; findings a branch can act on."""

from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from expectations.delivered import opened
from expectations.findings import FINDING_COLUMNS, findings
from expectations.rejection import condition_of, failing_rows, judge
from expectations.results import CheckResult, SuiteResult
from expectations.rules import Severity, load_rules
from tests.unit.trust import CASES, GOOD, LOAN, OVERDUE, delivered, frame
from transforms import schema
from transforms.errors import UnknownNameError

RULES = load_rules()
BY_ID = {rule.id: rule for rule in RULES}


def rejected(delivery):
    return dict(judge(delivery, RULES).iter_rows())


@pytest.mark.parametrize("table", schema.TABLES)
def test_a_good_month_loses_no_row(table, tmp_path):
    assert judge(delivered(tmp_path, table), RULES).is_empty()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule_id)
def test_exactly_the_rows_that_break_a_rejecting_rule_are_set_aside(case, tmp_path):
    delivery = delivered(tmp_path, case.table, case.all_rows, context=case.context)
    aside = rejected(delivery)
    if BY_ID[case.rule_id].rejects:
        assert sorted(aside) == case.expected_rows
        assert all(case.rule_id in rule_ids for rule_ids in aside.values())
    else:
        assert {rule_id for ids in aside.values() for rule_id in ids} <= case.also


def test_a_row_is_set_aside_once_with_all_its_rules(tmp_path):
    rows = [
        LOAN,
        LOAN
        | {"outstanding_principal": Decimal(-1), "currency_code": "EUR"}
        | {"problems": ["E0003:maturity_date", "E0002:original_amount", "E0003:approval_date"]},
        LOAN | {"loan_id": "L2", "problems": ["E0007"]},
        LOAN | {"loan_id": "L3"},
    ]
    assert rejected(delivered(tmp_path, "loan_snapshot", rows)) == {
        2: ["E0002", "E0003", "E0101", "E0102", "E0105"],
        3: ["E0007"],
    }


def test_a_problem_of_an_unknown_kind_still_sets_its_row_aside(tmp_path):
    rows = [LOAN | {"problems": ["E0009:loan_id"]}]
    assert rejected(delivered(tmp_path, "loan_snapshot", rows)) == {1: ["E0009"]}


def test_the_first_row_of_a_receipt_stands_even_across_files(tmp_path):
    rows = [LOAN, LOAN | {"loan_id": "L2"}, LOAN, LOAN]
    delivery = delivered(tmp_path, "loan_snapshot", rows)
    whole = pl.read_parquet(delivery.files[0])
    parts = (tmp_path / "b.parquet", tmp_path / "a.parquet")
    whole[2:].write_parquet(parts[0])  # the later rows come in the file read first
    whole[:2].write_parquet(parts[1])
    split = type(delivery)(**{**vars(delivery), "files": parts})
    assert rejected(split) == {3: ["E0101"], 4: ["E0101"]}


def test_an_empty_file_sets_nothing_aside(tmp_path):
    nothing = judge(delivered(tmp_path, "loan_snapshot", []), RULES)
    assert nothing.is_empty()
    assert dict(nothing.schema) == {"source_row_no": pl.Int64(), "rule_ids": pl.List(pl.String())}


def test_a_rule_without_its_table_sets_nothing_aside(tmp_path):
    rows = [LOAN | {"booking_branch_id": "B9"}]
    assert rejected(delivered(tmp_path, "loan_snapshot", rows, without=("branch",))) == {}


def test_a_branch_table_with_an_empty_number_still_refuses_unknown_branches(tmp_path):
    rows = [LOAN | {"booking_branch_id": "B9"}]
    around = {"branch": [*GOOD["branch"], {"branch_id": None}]}
    assert rejected(delivered(tmp_path, "loan_snapshot", rows, context=around)) == {1: ["E0103"]}


def test_the_list_of_failing_rows_is_complete_where_a_results_list_stops_at_200(tmp_path):
    rows = [LOAN | {"loan_id": f"L{n:04}", "interest_rate": Decimal(9)} for n in range(1000)]
    found = failing_rows(BY_ID["W0208"], delivered(tmp_path, "loan_snapshot", rows))
    assert found["loan_id"].to_list() == [row["loan_id"] for row in rows]
    assert found.columns == ["source_row_no", "loan_id"]


def test_a_rule_is_not_asked_of_another_table(tmp_path):
    with pytest.raises(UnknownNameError, match="It measures branch, not fx_rate"):
        failing_rows(BY_ID["E0402"], delivered(tmp_path, "fx_rate"))


def test_a_table_rule_has_no_rows_to_blame(tmp_path):
    delivery = delivered(tmp_path, "loan_snapshot", [])
    assert failing_rows(BY_ID["E0107"], delivery).is_empty()
    with opened(delivery) as session, pytest.raises(ValueError, match="E0107 has no row condition"):
        condition_of(BY_ID["E0107"], session)


def test_judging_stays_within_a_small_memory_limit(tmp_path):
    delivery = delivered(tmp_path, "loan_snapshot")
    many = frame("loan_snapshot", [LOAN]).select(
        pl.all().repeat_by(200_000).explode(empty_as_null=False)
    )
    many = many.with_columns(
        source_row_no=pl.int_range(1, many.height + 1, dtype=pl.Int64),
        loan_id=pl.format("L{}", pl.int_range(many.height) // 2),
        problems=pl.lit([], dtype=pl.List(pl.String)),
    )
    many.write_parquet(delivery.files[0])
    small = type(delivery)(**{**vars(delivery), "memory_limit": "150MB"})
    assert judge(small, RULES)["source_row_no"].to_list() == list(range(2, 200_001, 2))


def suite(table, *failed):
    """A suite's result, as if those (rule, rows) had been found broken and all others not."""
    rows = dict(failed)
    return SuiteResult(
        table=table,
        run_time=datetime(2026, 11, 1, tzinfo=UTC),
        results=tuple(
            CheckResult(
                rule_id=rule.id,
                severity=rule.severity,
                passed=rule.id not in rows,
                failing_rows=rows.get(rule.id),
                checked_rows=9,
                skipped_reason=None,
                detail="",
            )
            for rule in RULES
            if rule.holds_for(table)
        ),
    )


def test_a_finding_tells_each_branch_its_rows_amount_examples_and_remedy(tmp_path):
    late = OVERDUE | {"days_past_due": 91, "outstanding_principal": Decimal("10.01")}
    rows = [
        *(late | {"loan_id": f"N{n}", "booking_branch_id": "B2"} for n in (7, 3, 5, 1, 9, 8)),
        late | {"loan_id": "M1"},
        LOAN,
        late | {"loan_id": None, "booking_branch_id": None, "outstanding_principal": None},
    ]
    delivery = delivered(tmp_path, "loan_snapshot", rows)
    told = findings(delivery, suite("loan_snapshot", ("E0203", 8)), RULES)
    assert dict(told.schema) == dict(FINDING_COLUMNS)
    assert told.select(
        "rule_id", "severity", "failing_rows", "failing_amount", "branch_id", "example_keys"
    ).rows() == [
        ("E0203", "error", 1, Decimal("10.01"), "B1", ["M1"]),
        ("E0203", "error", 6, Decimal("60.06"), "B2", ["N1", "N3", "N5", "N7", "N8"]),
        ("E0203", "error", 1, None, None, ["row 9"]),
    ]
    assert told["remedy_zh"][0] == BY_ID["E0203"].remedy.zh


def test_findings_of_other_tables_have_no_amount(tmp_path):
    first = GOOD["branch"][0]
    rows = [*GOOD["branch"], first]
    told = findings(delivered(tmp_path, "branch", rows), suite("branch", ("E0401", 1)), RULES)
    assert told.select("rule_id", "failing_rows", "failing_amount", "branch_id").rows() == [
        ("E0401", 1, None, first["branch_id"])
    ]
    assert told["example_keys"].to_list() == [[first["branch_id"]]]


def test_a_check_without_rows_is_a_finding_all_the_same(tmp_path):
    told = findings(
        delivered(tmp_path, "loan_snapshot", []),
        suite("loan_snapshot", ("E0107", None), ("E0102", None)),
        RULES,
    )
    assert told.select("rule_id", "failing_rows", "example_keys").rows() == [
        ("E0102", None, None),
        ("E0107", None, None),
    ]


def test_no_broken_rule_makes_an_empty_table_of_findings(tmp_path):
    told = findings(delivered(tmp_path, "fx_rate"), suite("fx_rate"), RULES)
    assert told.is_empty()
    assert dict(told.schema) == dict(FINDING_COLUMNS)


def test_the_order_of_rows_in_the_file_changes_no_finding(tmp_path):
    rows = [
        LOAN | {"loan_id": f"L{n}", "booking_branch_id": f"B{n % 2 + 1}", "sei_tag": "5"}
        for n in range(40)
    ]
    broken = suite("loan_snapshot", ("W0209", 40))
    forward = findings(delivered(tmp_path, "loan_snapshot", rows), broken, RULES)
    backward = findings(delivered(tmp_path, "loan_snapshot", rows[::-1]), broken, RULES)
    assert forward.equals(backward)
    assert forward.height == 2


def test_the_worst_severity_decides_not_the_number_of_broken_rules():
    assert suite("loan_snapshot", ("W0202", 9), ("W0206", 9)).worst is Severity.WARNING
    assert suite("loan_snapshot", ("W0202", 9), ("E0201", 1)).worst is Severity.ERROR
    assert suite("loan_snapshot", ("E0102", 1), ("E0201", 1)).worst is Severity.CRITICAL
    assert suite("loan_snapshot").worst is None
