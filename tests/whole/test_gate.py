"""A month of which too much was rejected is not published, and says how much and what the limit is."""

from datetime import date

import polars as pl
import pytest

from orchestration.bank import SYSTEM, Bank
from records.access import Scope
from tests.whole import books
from tests.whole.commands import allowing, built, here, ingest, kpis, made, write_csv

pytestmark = pytest.mark.whole


@pytest.fixture
def delivered(tmp_path):
    """North's 900.00 of good loans and 100.00 in a code that no list has: 10 % is rejected."""
    root = made(tmp_path / "bank")
    files = books.written(tmp_path)
    rows = [
        books.loan("L1", "C1", "north", "900.00"),
        books.loan("L2", "C2", "north", "100.00", loan_classification="FQ09"),
    ]
    loans = write_csv(tmp_path / "loan_snapshot.csv", rows)
    words = (loans, files["branch"], files["branch_hierarchy"], "--as-of", books.OCTOBER)
    return root, ingest(root, *words)


def test_a_month_beyond_the_limit_stays_unpublished_until_the_limit_or_the_book_changes(delivered):
    root, receipt = delivered
    said = "10.00 % of the delivered balance was rejected (over the limit of 5 %)"
    assert (receipt["publishable"], receipt["gate"]) == (False, said)
    done = here("build", "-w", root)
    assert (done.code, said in done.err, "Traceback" in done.err) == (1, True, False)
    assert here("kpis", "-w", root).code == 1
    allowing(root, max_rejected_percent=10)
    assert built(root) == {books.OCTOBER: (1, "built")}
    (row,) = [
        row
        for row in kpis(root, "--metric", "loan_balance", "--branch", "north")
        if row["reading"] == "default"
    ]
    assert row["value"] == "900.00"


@pytest.mark.parametrize("given", ["'much'", "101", "-1", "true"])
def test_a_limit_that_is_no_percentage_is_refused(delivered, given):
    root, _ = delivered
    allowing(root, max_rejected_percent=given)
    done = here("build", "-w", root)
    assert done.code == 1
    assert "Write a number from 0 to 100" in done.err


def test_a_second_delivery_of_a_table_asks_for_a_reason_and_then_is_a_version(delivered, tmp_path):
    root, _ = delivered
    again = write_csv(tmp_path / "loan_snapshot.csv", [books.loan("L1", "C1", "north", "901.00")])
    words = ("ingest", "-w", root, again, "--as-of", books.OCTOBER)
    for reason in ((), ("--reason", "  ")):
        done = here(*words, *reason)
        assert done.code == 1
        assert (
            "2026-10-31 holds borrower_snapshot and loan_snapshot already, in version 1" in done.err
        )
    receipt = ingest(root, again, "--as-of", books.OCTOBER, "--reason", "a late correction")
    assert receipt["snapshot_version"] == 2
    # The same once more changes nothing, and so asks for nothing.
    assert ingest(root, again, "--as-of", books.OCTOBER)["unchanged"]


def test_the_account_counts_a_table_that_came_twice_once(delivered, tmp_path):
    """Branches came with the first loans; the second loans came alone."""
    root, _ = delivered
    rows = [
        books.loan("L1", "C1", "north", "901.00"),
        books.loan("L2", "C2", "south", "5.00", loan_classification="FQ09"),
    ]
    again = write_csv(tmp_path / "loan_snapshot.csv", rows)
    ingest(root, again, "--as-of", books.OCTOBER, "--reason", "a late correction")
    deliveries = Bank.at(root).deliveries
    day = date(2026, 10, 31)
    account = deliveries.account(SYSTEM, day).filter(pl.col("table") == "loan_snapshot")
    assert account.select("branch_id", "delivered_rows", "rejected_rows").rows() == [
        ("north", 1, 0),
        ("south", 1, 1),
    ]
    kept = deliveries.rejected(SYSTEM, day)
    assert kept.filter(pl.col("table") == "loan_snapshot")["branch_id"].to_list() == ["south"]
    # A reader of one branch sees that branch's rows only, and the first version is what it was.
    assert deliveries.rejected(Scope.of("north", ["north"]), day).is_empty()
    first = deliveries.account(SYSTEM, day, 1).filter(pl.col("table") == "loan_snapshot")
    assert first.select("delivered_amount", "rejected_amount").rows() == [(1000, 100)]
