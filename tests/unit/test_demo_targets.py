"""The demo bank's targets in the ledger, and a demo that was killed in the middle of entering them."""

from datetime import date
from decimal import Decimal

import polars as pl

from orchestration.bank import SYSTEM, Bank
from orchestration.targets import demo as targets_demo
from records.workspace import create
from tests.scenario import frame
from tests.targeting import NOON

ROWS = [
    {"metric_id": "green_share", "target_value": Decimal("0.02"), "status": "superseded"},
    {"metric_id": "green_share", "target_value": Decimal("0.10"), "status": "approved"},
    {"metric_id": "sei_share", "target_value": Decimal("0.15"), "status": "approved"},
    {"metric_id": "sei_share", "target_value": Decimal("0.35"), "status": "draft"},
    {"metric_id": "npl_ratio", "target_value": Decimal("0.01"), "status": "submitted"},
]
DRAWN = frame(
    "target",
    [{"branch_id": "HO", "period": "2026", "valid_from": date(2026, 1, 1)} | row for row in ROWS],
)


def told(bank):
    rows = bank.ledger.targets.all(SYSTEM)
    return rows.select(
        "metric_id", "version", pl.col("target_value").cast(pl.Float64), "state", "checker"
    ).rows()


EXPECTED = [
    ("green_share", 1, 0.02, "superseded", "finance.ho"),
    ("green_share", 2, 0.10, "approved", "finance.ho"),
    ("npl_ratio", 1, 0.01, "submitted", None),
    ("sei_share", 1, 0.15, "approved", "finance.ho"),
    ("sei_share", 2, 0.35, "draft", None),
]


def test_drafts_stay_drafts_and_approved_targets_have_a_second_person(tmp_path):
    bank = Bank(create(tmp_path / "bank", name="Bank", base_currency="CNY"))
    targets_demo.enter(bank, DRAWN, NOON)
    assert told(bank) == EXPECTED
    targets_demo.enter(bank, DRAWN, NOON)
    assert told(bank) == EXPECTED


def test_a_demo_that_was_killed_before_the_approvals_is_taken_up_again(tmp_path):
    bank = Bank(create(tmp_path / "bank", name="Bank", base_currency="CNY"))
    waiting = DRAWN.filter(pl.col("status") == "approved").with_columns(status=pl.lit("submitted"))
    first = DRAWN.filter(pl.col("status") == "superseded")
    targets_demo.enter(bank, pl.concat([first, waiting]), NOON)
    targets_demo.enter(bank, DRAWN, NOON)
    assert told(bank) == EXPECTED
