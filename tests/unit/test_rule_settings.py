"""What a bank may set of the rules, from when to when, and what is refused with the near miss."""

from datetime import date
from decimal import Decimal

import pytest

from expectations.delivered import opened
from expectations.model import Severity
from expectations.rejection import failing_rows, judge
from expectations.rules import load_rules
from tests.unit.trust import AS_OF, LOAN, OVERDUE, delivered
from transforms.errors import CatalogueError


def ours(text):
    """The rules with a bank's thresholds."""
    return {rule.id: rule for rule in load_rules({"ours.yaml": f"thresholds:\n{text}"})}


def test_a_severity_holds_for_its_months_and_the_products_own_before_and_after():
    rule = ours(
        "  W0305:\n"
        "    - {valid_from: 2026-01-01, valid_to: 2026-06-30, severity: error, why: audit}\n"
        "    - {valid_from: 2026-07-01, severity: critical, why: audit again}\n"
    )["W0305"]
    told = [
        rule.severity_on(day)
        for day in (date(2025, 12, 31), date(2026, 1, 31), date(2026, 6, 30), date(2026, 7, 31))
    ]
    assert told == [Severity.WARNING, Severity.ERROR, Severity.ERROR, Severity.CRITICAL]
    assert [rule.set_by(date(2025, 12, 31)), rule.set_by(date(2026, 1, 31))] == ["product", "bank"]
    assert not rule.may_block, "it judges rows, and rows block nothing"


def test_a_table_rule_made_critical_may_block_and_does_so_from_its_day_on():
    rule = ours("  W0216: {valid_from: 2026-10-31, severity: critical, why: files come short}\n")[
        "W0216"
    ]
    assert rule.may_block
    assert not rule.blocks_on(date(2026, 9, 30))
    assert rule.blocks_on(date(2026, 10, 31))


def test_a_parameter_of_the_bank_goes_before_reference_data_and_default(tmp_path):
    rules = ours("  W0208: {parameters: {rate_ceiling: 0.24}, why: our own ceiling}\n")
    rows = [LOAN | {"interest_rate": Decimal(rate)} for rate in ("0.24", "0.25")]
    delivery = delivered(tmp_path, "loan_snapshot", rows)
    assert failing_rows(rules["W0208"], delivery)["source_row_no"].to_list() == [2]
    assert failing_rows(ours("  {}")["W0208"], delivery).is_empty()
    given = type(delivery)(**{**vars(delivery), "parameters": {"rate_ceiling": Decimal("0.10")}})
    assert failing_rows(rules["W0208"], given)["source_row_no"].to_list() == [2]


def test_a_rule_switched_off_is_skipped_with_the_reason_and_rejects_nothing(tmp_path):
    rules = ours("  E0106: {switched_off: true, why: drawn on the next day by agreement}\n")
    delivery = delivered(
        tmp_path, "loan_snapshot", [LOAN | {"disbursement_date": date(2026, 11, 1)}]
    )
    with opened(delivery) as session:
        assert rules["E0106"].skipped_reason(session) == (
            "switched off by the bank: drawn on the next day by agreement"
        )
    assert judge(delivery, rules.values()).is_empty()
    assert judge(delivery, load_rules())["source_row_no"].to_list() == [1]


def test_a_rejecting_rule_made_an_error_keeps_the_row(tmp_path):
    rules = ours("  E0103: {severity: error, why: branches come late}\n")
    delivery = delivered(tmp_path, "loan_snapshot", [LOAN | {"booking_branch_id": "B9"}])
    assert judge(delivery, rules.values()).is_empty()
    assert failing_rows(rules["E0103"], delivery).height == 1


def test_own_rules_and_thresholds_may_stand_in_one_file_and_set_each_other(tmp_path):
    text = """
        table: loan_snapshot
        parameters: {most: 50}
        rules:
          - id: W9001
            severity: warning
            fails: outstanding_principal > :most
            needs: [outstanding_principal]
            reason: {en: Too much., zh: 过多。}
            remedy: {en: Look., zh: 请核实。}
            source: our handbook
        thresholds:
          W9001: {parameters: {most: 100}, why: raised}
    """
    rule = {one.id: one for one in load_rules({"ours.yaml": text})}["W9001"]
    assert rule.own
    assert rule.set_by(AS_OF) == "bank's own"
    delivery = delivered(tmp_path, "loan_snapshot", [OVERDUE | {"days_past_due": 1}])
    assert failing_rows(rule, delivery).is_empty()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  W0261: {severity: error, why: x}", "W0261 is no rule (did you mean W02"),
        ("  W0216: {parameters: {row_cuont_band: 1}, why: x}", "(did you mean row_count_band?)"),
        ("  W0216: {parameters: {psi_band: 1}, why: x}", "no parameter of it (it has row_count_band)"),
        ("  E0106: {parameters: {days: 1}, why: x}", "days is no parameter of it (it has none)"),
        ("  W0216: {parameters: {row_count_band: wide}, why: x}", "row_count_band must be a number"),
        ("  W0216: {severity: grave, why: x}", "'critical', 'error' or 'warning'"),
        ("  W0216: {severity: error}", "why: Field required"),
        ("  W0216: {why: x}", "sets nothing"),
        ("  W0216: {switched_off: true, severity: error, why: x}", "goes with neither"),
        ("  W0216: {valid_from: 2026-02-01, valid_to: 2026-01-31, severity: error, why: x}", "ends before"),
        ("  E0101: {switched_off: true, why: x}", "cannot be softened or switched off"),
        ("  E0002: {severity: warning, why: x}", "cannot be softened or switched off"),
        ("  E5002: {severity: warning, why: x}", "cannot be softened or switched off"),
        (
            "  W0216: [{switched_off: true, valid_to: 2026-06-30, why: x}, {severity: error, why: x}]",
            "two settings hold on 2026-06-30",
        ),
        ("  - W0216", "thresholds are given by rule id"),
    ],
)  # fmt: skip
def test_what_cannot_be_set_is_refused_by_file_and_rule(text, said):
    with pytest.raises(CatalogueError, match=r"^ours\.yaml is refused") as refused:
        ours(text)
    assert said in str(refused.value)


def test_two_files_may_not_set_a_rule_for_the_same_days():
    text = "thresholds:\n  W0216: {severity: error, why: x}\n"
    with pytest.raises(CatalogueError, match=r"^b\.yaml is refused: W0216: two settings hold"):
        load_rules({"a.yaml": text, "b.yaml": text})


def test_a_banks_own_rule_keeps_to_the_ids_that_are_the_banks():
    text = """
        table: branch
        rules:
          - {id: W0499, severity: warning, fails: branch_id = 'X', needs: [branch_id],
             reason: {en: X., zh: 某。}, remedy: {en: Y., zh: 某。}, source: us}
    """
    with pytest.raises(CatalogueError, match="a bank's own ids begin with E9 or W9"):
        load_rules({"ours.yaml": text})
