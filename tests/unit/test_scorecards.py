"""Status by ordered rules."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.scenario import CATALOGUE, aims, engine_facts, frame, small_book
from transforms.schema import WIDE
from transforms.scorecards import RULES, Status, StatusRule, When, status_of, with_status


def _status(metric, target, band=None, *, loans=None, borrowers=(), reading=None, **columns):
    book = small_book(
        borrower_snapshot=borrowers,
        loan_snapshot=loans
        or [
            {
                "loan_id": "L1",
                "outstanding_principal": Decimal(10),
                "purpose_industry_code": "3911",
            },
            {"loan_id": "L2", "outstanding_principal": Decimal(90), "loan_classification": "FQ03"},
        ],
    )
    targets = frame(
        "target",
        [
            {
                "branch_id": "HO",
                "metric_id": metric,
                "reading": reading,
                "period": "2026",
                "target_value": Decimal(target),
                "near_band": None if band is None else Decimal(band),
                **columns,
            }
        ],
    )
    scored = with_status(engine_facts(book), aims(targets, date(2026, 10, 31)), CATALOGUE)
    return scored.filter(
        pl.col("metric_id") == metric,
        pl.col("branch_id") == "HO",
        pl.col("slice") == "total",
        pl.col("reading") == (reading or CATALOGUE.metrics[metric].default_reading),
    ).row(0, named=True)


@pytest.mark.parametrize(
    ("target", "band", "status", "gap"),
    [
        ("0.10", None, "met", "0"),
        ("0.1000000001", None, "missed", "-0.0000000001"),
        ("0.11", "0.01", "near", "-0.01"),
        ("0.11", "0.0099", "missed", "-0.01"),
        ("0.08", None, "met", "0.02"),
    ],
)
def test_higher_is_better_for_a_share(target, band, status, gap):
    row = _status("sei_share", target, band)
    assert (row["status"], row["gap"]) == (status, Decimal(gap))


@pytest.mark.parametrize(
    ("target", "band", "status", "gap"),
    [
        ("0.90", None, "met", "0"),
        ("0.89", "0.01", "near", "-0.01"),
        ("0.89", None, "missed", "-0.01"),
        ("0.95", None, "met", "0.05"),
    ],
)
def test_lower_is_better_for_a_ratio_of_bad_loans(target, band, status, gap):
    row = _status("npl_ratio", target, band)
    assert (row["status"], row["gap"]) == (status, Decimal(gap))


def test_a_figure_that_points_neither_way_is_read_and_not_judged():
    """Neutral, or better inside a band that is set bank by bank: a target changes nothing."""
    for metric in ("write_offs_ytd", "provision_ratio", "unsecured_share"):
        row = _status(metric, "0.5")
        assert row["gap"] is None
        assert row["status"] in {"no_target", "not_comparable"}


def test_an_empty_reading_is_the_default_reading_and_another_must_be_named():
    assert _status("sei_share", "0.5", reading="strict")["status"] == "missed"
    assert _status("sei_share", "0.5")["reading"] == "confirmed"


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "draft"},
        {"period": "2025"},
        {"valid_from": date(2026, 11, 1)},
        {"valid_from": date(2025, 1, 1), "valid_to": date(2026, 10, 30)},
        {"branch_id": "north"},
    ],
)
def test_a_target_that_does_not_hold_is_no_target(columns):
    row = _status("sei_share", "0.5", **columns)
    assert row["status"] == "no_target"
    assert row["target_value"] is None


def test_what_cannot_be_computed_is_not_comparable_and_what_is_empty_is_not_applicable():
    assert _status("loan_growth_yoy", "0.1")["status"] == "not_comparable"
    empty = [{"loan_id": "L1", "outstanding_principal": Decimal(0)}]
    assert _status("sei_share", "0.1", loans=empty)["status"] == "n/a"


@pytest.mark.parametrize(
    ("bad", "status"), [("0", "within"), ("3.00", "within"), ("3.01", "exceeded")]
)
def test_a_tolerance_is_within_or_exceeded_whatever_the_targets(bad, status):
    """100 of inclusive loans beside a million of good ones: the bank stands at 0.00 %."""
    loans = [
        {
            "loan_id": "L1",
            "outstanding_principal": Decimal(bad),
            "loan_classification": "FQ03",
            "borrower_id": "S",
        },
        {"loan_id": "L2", "outstanding_principal": 100 - Decimal(bad), "borrower_id": "S"},
        {"loan_id": "L3", "outstanding_principal": Decimal(1_000_000)},
    ]
    small = {
        "borrower_id": "S",
        "enterprise_size": "CS03",
        "total_credit_limit_cny": Decimal(1000),
    }
    row = _status("inclusive_npl_tolerance", "9", loans=loans, borrowers=[small])
    assert row["status"] == status


def test_a_tolerance_on_an_empty_portfolio_is_not_applicable():
    assert _status("inclusive_npl_tolerance", "1")["status"] == "n/a"


def _by_rules(rules, *rows):
    """Statuses of figures: numerator, value, tolerance?, target, band; higher is better."""
    columns = ("numerator", "value", "tolerated", "target_value", "near_band")
    frame = pl.DataFrame(
        [
            [one if isinstance(one, bool) or one is None else Decimal(one) for one in row]
            for row in rows
        ],
        schema={name: pl.Boolean() if name == "tolerated" else WIDE for name in columns},
        orient="row",
    )
    gaps = frame.with_columns(gap=pl.col("value") - pl.col("target_value"))
    return gaps.select(status=status_of(rules))["status"].to_list()


def test_the_first_rule_that_holds_decides():
    rows = (
        (None, None, True, "1", None),
        ("1", None, True, "1", None),
        ("1", "0", True, "1", None),
        ("1", "-0.01", True, "1", None),
        ("1", "9", False, None, None),
        ("1", "10", False, "10", None),
        ("1", "9", False, "10", "1"),
        ("1", "8.99", False, "10", "1"),
        ("1", "9", False, "10", None),
    )
    assert _by_rules(RULES, *rows) == [
        "not_comparable",
        "n/a",
        "within",
        "exceeded",
        "no_target",
        "met",
        "near",
        "missed",
        "missed",
    ]


def test_a_bank_may_call_near_what_is_met_with_little_headroom():
    """Less than 5 % above a target of 10, or less than 0.2 points under a tolerance."""
    rules = (
        *RULES[:2],
        StatusRule(When.WITHIN_NARROWLY, Status.NEAR, Decimal("0.2")),
        *RULES[2:5],
        StatusRule(When.MET_NARROWLY, Status.NEAR, Decimal(5)),
        *RULES[5:],
    )
    rows = (
        ("1", "10", False, "10", None),
        ("1", "10.49", False, "10", None),
        ("1", "10.5", False, "10", None),
        ("1", "9", False, "10", None),
        ("1", "0.19", True, None, None),
        ("1", "0.2", True, None, None),
        ("1", "5", False, "0", None),
        ("1", "0", False, "0", None),
    )
    assert _by_rules(rules, *rows) == [
        "near",
        "near",
        "met",
        "missed",
        "near",
        "within",
        "met",
        "met",
    ]
