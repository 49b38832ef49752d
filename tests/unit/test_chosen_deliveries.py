"""Which delivery of a table a month is computed with, asked again and again while deliveries come in."""

from datetime import UTC, date, datetime

import polars as pl
import pytest

from records.deliveries import LOAD_BATCH, Deliveries
from records.delta import append

SEPTEMBER, OCTOBER = date(2026, 9, 30), date(2026, 10, 31)


@pytest.fixture
def came(tmp_path):
    """Note a delivery, as the last write of an intake does."""

    def note(batch, table, as_of, version, hour):
        row = dict.fromkeys(LOAD_BATCH) | {
            "batch_id": batch,
            "table": table,
            "as_of_date": as_of,
            "snapshot_version": version,
            "columns": [],
            "assumed": [],
            "received_at": datetime(2026, 11, 2, hour, tzinfo=UTC),
        }
        rows = pl.DataFrame([row], schema=dict(LOAD_BATCH))
        append(tmp_path / "load_batch", rows, partitioned=False)

    return note


def ids(deliveries, as_of, version=None):
    return {name: one.batch_id for name, one in deliveries.chosen(as_of, version).items()}


def test_an_answer_stands_until_something_is_delivered_and_no_longer(came, tmp_path):
    deliveries = Deliveries(tmp_path)
    assert ids(deliveries, OCTOBER) == {}
    came("b1", "branch", SEPTEMBER, 1, 8)
    came("l1", "loan_snapshot", OCTOBER, 1, 9)
    assert ids(deliveries, OCTOBER) == {"branch": "b1", "loan_snapshot": "l1"}
    came("l2", "loan_snapshot", OCTOBER, 2, 10)
    assert ids(deliveries, OCTOBER) == {"branch": "b1", "loan_snapshot": "l2"}
    assert ids(deliveries, OCTOBER, 1) == {"branch": "b1", "loan_snapshot": "l1"}
    assert ids(deliveries, SEPTEMBER) == {"branch": "b1"}


def test_who_changes_an_answer_changes_nobody_elses(came, tmp_path):
    came("l1", "loan_snapshot", OCTOBER, 1, 9)
    deliveries = Deliveries(tmp_path)
    deliveries.chosen(OCTOBER).clear()
    assert ids(deliveries, OCTOBER) == {"loan_snapshot": "l1"}
