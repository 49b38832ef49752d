"""Delivering and building again: what has not changed stays, what has becomes a version with a reason."""

import csv
import io
from decimal import Decimal

import polars as pl
import pytest

from records.deliveries import Deliveries
from tests.whole import books
from tests.whole.commands import (
    built,
    contents,
    figures,
    here,
    ingest,
    kpis,
    start,
    write_csv,
)

pytestmark = pytest.mark.whole

BALANCE = ("loan_balance", "default", "HO")
SINCE = ("loan_increment_mom", "default", "HO")


def key(row):
    return row["metric"], row["reading"], row["branch"]


@pytest.fixture(scope="module")
def told(two_months, tmp_path_factory):
    """One bank's story, told step by step: what was said and published at each."""
    folder = tmp_path_factory.mktemp("restatement")
    root, files = two_months.copy(folder / "bank"), two_months.files
    story = {"root": root, "first": two_months.built}
    story["figures of the first build"] = kpis(root, "--as-of", "all")

    lake = contents(root / "lake")
    story["october again"] = ingest(root, files / "loan_snapshot_2026-10.csv")
    story["built again"] = built(root)
    story["lake untouched"] = contents(root / "lake") == lake

    mended = books.october()
    mended[0]["outstanding_principal"] = "1000000.07"
    changed = write_csv(folder / "mended" / "loan_snapshot_2026-10.csv", mended)
    words = (changed, "--reason", "seven cents were missing")
    story["october mended"] = ingest(root, *words)
    story["delivered but not built"] = kpis(root, "--as-of", "all")
    story["second"] = built(root)
    story["october by version"] = {
        version: kpis(root, "--as-of", books.OCTOBER, "--version", version) for version in (1, 2)
    }
    story["october by default"] = kpis(root)

    less = [{**books.september()[0], "outstanding_principal": "800000.00"}]
    changed = write_csv(folder / "mended" / "loan_snapshot_2026-09.csv", less)
    story["september mended"] = ingest(root, changed, "--reason", "a repayment was late")
    story["third"] = built(root)
    story["after september"] = figures(root)
    story["september by version"] = {
        version: figures(root, "--as-of", books.SEPTEMBER, "--version", version)[BALANCE]["value"]
        for version in (1, 2)
    }

    story["october as at first"] = ingest(
        root, files / "loan_snapshot_2026-10.csv", "--reason", "it was right at first"
    )
    story["fourth"] = built(root)
    story["last"] = figures(root)
    return story


def test_the_same_file_again_is_unchanged_and_the_same_version(told):
    assert told["first"] == {books.SEPTEMBER: (1, "built"), books.OCTOBER: (1, "built")}
    again = told["october again"]
    assert (again["unchanged"], again["snapshot_version"]) == (True, 1)
    assert again["accepted_rows"] == len(books.october())


def test_a_second_build_says_unchanged_and_the_lake_does_not_grow(told):
    assert told["built again"] == {
        books.SEPTEMBER: (1, "unchanged"),
        books.OCTOBER: (1, "unchanged"),
    }
    assert told["lake untouched"]


def test_a_changed_file_is_a_second_version_and_waits_for_its_build(told):
    mended = told["october mended"]
    assert (mended["unchanged"], mended["snapshot_version"]) == (False, 2)
    assert told["delivered but not built"] == told["figures of the first build"]
    assert told["second"] == {books.SEPTEMBER: (1, "unchanged"), books.OCTOBER: (2, "built")}


def test_the_old_version_stays_readable_and_the_new_one_is_the_default(told):
    first = [
        row for row in told["figures of the first build"] if row["as_of_date"] == books.OCTOBER
    ]
    assert told["october by version"][1] == first
    assert told["october by default"] == told["october by version"][2]
    balance = {
        version: next(row["value"] for row in rows if key(row) == BALANCE)
        for version, rows in told["october by version"].items()
    }
    assert balance == {1: "2100050.00", 2: "2100050.07"}


def test_the_reason_is_kept_with_the_version(told):
    batches = Deliveries(told["root"] / "lake").batches()
    reasons = batches.filter(pl.col("table") == "loan_snapshot").select(
        pl.col("as_of_date").cast(pl.String), "snapshot_version", "reason"
    )
    assert set(reasons.rows()) == {
        (books.SEPTEMBER, 1, None),
        (books.SEPTEMBER, 2, "a repayment was late"),
        (books.OCTOBER, 1, None),
        (books.OCTOBER, 2, "seven cents were missing"),
        (books.OCTOBER, 3, "it was right at first"),
    }


def test_restating_a_month_rebuilds_the_months_that_compare_with_it(told):
    assert told["third"] == {books.SEPTEMBER: (2, "built"), books.OCTOBER: (2, "built")}
    assert told["september by version"] == {1: "900000.00", 2: "800000.00"}
    assert told["after september"][SINCE]["value"] == "1300050.07"


def test_going_back_to_the_first_content_is_a_version_of_its_own(told):
    assert told["october as at first"]["snapshot_version"] == 3
    assert told["fourth"] == {books.SEPTEMBER: (2, "unchanged"), books.OCTOBER: (3, "built")}
    assert told["last"][BALANCE]["value"] == "2100050.00"
    assert Decimal(told["last"][SINCE]["value"]) == Decimal("2100050.00") - 800000


def test_each_fact_stands_once_in_each_version(told):
    rows = [
        row
        for day, versions in ((books.SEPTEMBER, 2), (books.OCTOBER, 3))
        for version in range(1, versions + 1)
        for row in kpis(told["root"], "--as-of", day, "--version", version)
    ]
    keys = {
        (*(row[name] for name in ("as_of_date", "snapshot_version")), *key(row)) for row in rows
    }
    assert len(keys) == len(rows) == 5 * len(kpis(told["root"]))


def test_a_forced_build_of_the_same_inputs_gives_the_same_figures(told):
    root = told["root"]
    before = here("kpis", "-w", root, "--as-of", "all", "--format", "csv").out
    assert set(built(root, "--force").values()) == {(2, "built"), (3, "built")}
    assert here("kpis", "-w", root, "--as-of", "all", "--format", "csv").out == before
    assert len(list(csv.reader(io.StringIO(before)))) > 100


def test_the_same_seed_gives_the_same_files_and_the_same_figures(tmp_path):
    """Two demo banks, one made here, the other by a process of its own, which has more threads."""
    words = ("demo", "--no-serve", "--months", "1", "--loans", "200", "--seed", 7, "--workspace")
    one, other = (tmp_path / name for name in ("one", "other"))
    beside = start(*words, one, POLARS_MAX_THREADS="4")
    assert here(*words, other).code == 0
    beside.communicate(timeout=200)
    assert beside.returncode == 0
    assert contents(one / "inbox") == contents(other / "inbox")
    said = [here("kpis", "-w", root, "--format", "json", "--as-of", "all") for root in (one, other)]
    assert said[0].code == 0
    assert len(said[0].out) > 100_000
    assert said[0].out == said[1].out
