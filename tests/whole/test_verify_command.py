"""`branchmark verify`: the audit log, signed reports, deliveries and publications, proved and altered."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import pytest

from orchestration import intake, months
from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from orchestration.reporting import layouts
from orchestration.reporting.defined import returns
from records.ledger.adjustments import Proposal
from records.ledger.returns import Step
from records.package_store import PackageStore
from records.published import RESULTS
from tests.whole.commands import here
from transforms.catalogue.vocabulary import TOTAL
from transforms.returns import load
from transforms.returns.package import ADJUSTED, CELL, SERIES, UNIT, VERDICT, Package

pytestmark = pytest.mark.whole

DELTA = Decimal("-1000.5")
GUARD = "return_step_no_update"


def prepared(bank, unit):
    """A report of one unit: a balance with an adjustment, a share's numerator, and its status."""
    day = bank.published.require(None)
    facts = bank.published.facts(SYSTEM, as_of=day).filter(
        pl.col("branch_id") == unit, pl.col("slice") == TOTAL
    )
    number = bank.ledger.adjustments.enter(
        SYSTEM,
        Proposal(
            branch_id=unit, metric_id="loan_balance", reading="", slice=TOTAL, member=TOTAL,
            side="numerator", amount=DELTA, reason="late booking", evidence="", live_from=day,
            live_to=day,
        ),
        by="Li",
        at=datetime.now(UTC),
    )  # fmt: skip
    bank.ledger.adjustments.decide(SYSTEM, number, approve=True, by="Zhao", at=datetime.now(UTC))
    rows = facts.collect()
    taken = (("loan_balance", "value"), ("sei_share", "numerator"), ("sei_share", "status"))
    cells = []
    for place, (metric, take) in enumerate(taken):
        row = rows.filter(pl.col("metric_id") == metric).row(0, named=True)
        delta = DELTA if metric == "loan_balance" else Decimal(0)
        value = None if take == "status" else row[take]
        cells.append(
            {
                "data_point": f"T.A.{place}.A", "table_id": "A", "row_id": str(place),
                "column_id": "A", "unit_id": unit, "metric_id": metric, "reading": row["reading"],
                "slice": TOTAL, "member": TOTAL, "take": take, "as_of_date": day,
                "snapshot_version": row["snapshot_version"], "published_value": value,
                "adjustment": delta, "exact": None if value is None else value + delta,
                "text": row["status"] if take == "status" else None,
            }
        )  # fmt: skip
    # A member with nothing in it has no published row, and is zero in a report.
    none = {"slice": "industry", "member": "nobody", "take": "value", "published_value": Decimal(0)}
    cells.append(
        {**cells[0], **none, "data_point": "T.A.9.A", "adjustment": Decimal(0), "exact": Decimal(0)}
    )
    publication = bank.published.current()[day, bank.published.newest_versions()[day]]
    layout = returns(bank)["branch_scorecard"]
    layouts.keep(bank, layout)
    package = Package(
        return_id="hand_made", return_version="1",
        definition_hash=load.definition_hash(layout), unit_id=unit, as_of=day,
        snapshot_version=publication.snapshot_version, run_id=publication.run_id,
        fingerprint=publication.fingerprint, base_currency="CNY",
        units=pl.DataFrame(schema=dict(UNIT)), cells=pl.DataFrame(cells, schema=dict(CELL)),
        series=pl.DataFrame(schema=dict(SERIES)), verdicts=pl.DataFrame(schema=dict(VERDICT)),
        adjustments=bank.ledger.adjustments.in_force(SYSTEM, day).select(*ADJUSTED),
    )  # fmt: skip
    PackageStore.of(bank.workspace).keep(package)
    return bank.ledger.returns.prepare(SYSTEM, package, by="Li", at=datetime.now(UTC))[0]


@pytest.fixture(scope="module")
def signed(demo_bank, tmp_path_factory):
    """The demo bank with a released report; its workspace and the edition."""
    root = tmp_path_factory.mktemp("verified") / "bank"
    shutil.copytree(demo_bank.root, root)
    bank = Bank.at(root)
    head = prepared(bank, "B205")
    for step, by in ((Step.CHECKED, "Chen"), (Step.APPROVED, "Zhao"), (Step.RELEASED, "Sun")):
        bank.ledger.returns.step(
            SYSTEM,
            head.package_id,
            step,
            content_hash=head.content_hash,
            by=by,
            at=datetime.now(UTC),
        )
    return root, head


def verify(root, *words):
    return here("verify", "--workspace", root, *words)


def checks(said):
    return {one["check"]: one for one in said["checks"]}


def test_a_bank_that_nobody_touched_is_proved_with_what_was_looked_at(signed):
    root, _ = signed
    bank = Bank.at(root)
    told = checks(verify(root, "--format", "json").json)
    assert {name: one["verdict"] for name, one in told.items()} == dict.fromkeys(
        ("chain", "packages", "released reports", "deliveries", "publications"), "ok"
    )
    assert told["chain"]["examined"] == bank.ledger.chain.head()[0]
    assert (told["packages"]["examined"], told["released reports"]["examined"]) == (1, 4)
    assert told["deliveries"]["examined"] == bank.deliveries.batches().height
    assert told["publications"]["examined"] == len(bank.published.current())


def test_deliveries_and_publications_are_in_the_audit_log_with_their_hashes(signed):
    bank = Bank.at(signed[0])
    events = bank.ledger.events.all()
    batches, publications = bank.deliveries.batches(), bank.published.publications()
    delivered = events.filter(pl.col("action") == "delivered")
    assert delivered.height == batches["batch_id"].n_unique()
    for row in batches.to_dicts():
        assert delivered["detail"].str.contains(row["content_hash"], literal=True).any()
    published = events.filter(pl.col("action") == "published")
    assert published["subject"].to_list() == [str(one) for one in publications["as_of_date"]]
    for found, row in zip(published["detail"], publications.to_dicts(), strict=True):
        assert row["fingerprint"] in found
        assert row["run_id"] in found


def test_an_anchor_is_proved_and_another_is_a_fault(signed):
    root, _ = signed
    number, hashed = Bank.at(root).ledger.chain.head()
    assert verify(root, "--as-of", "latest", "--anchor", f"{number}:{hashed[:16]}…").code == 0
    said = verify(root, "--as-of", "latest", "--anchor", f"{number}:{'0' * 16}")
    assert said.code == 1
    assert f"The chain does not hold {number}:{'0' * 16}" in said.out
    assert "is no anchor" in verify(root, "--anchor", "12").err


def altered_row(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        found = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (GUARD,))
        (guard,) = found.fetchone()
        connection.execute(f"DROP TRIGGER {GUARD}")
        connection.execute("UPDATE return_step SET person = 'Li' WHERE step = 'approved'")
        connection.execute(guard)


def unguarded(path):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(f"DROP TRIGGER {GUARD}")


def guarded_in_name_only(path):
    unguarded(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            f"CREATE TRIGGER {GUARD} BEFORE UPDATE ON return_step WHEN 0 BEGIN "
            "SELECT RAISE(ABORT, 'rows of return_step are added, never changed'); END"
        )


def altered_rows(path):
    pl.read_parquet(path).reverse().write_parquet(path)


DAMAGE = {
    "chain": ("ledger.db", altered_row, "Row 3 of return_step was altered after link"),
    "triggers": ("ledger.db", unguarded, "no longer refuses to change rows of return_step:"),
    "idle triggers": (
        "ledger.db",
        guarded_in_name_only,
        "no longer refuses to change rows of return_step:",
    ),
    "packages": (
        "reports/packages/*.gz",
        lambda path: path.write_bytes(b"nothing"),
        "does not hold what was signed",
    ),
    "definitions": (
        "reports/definitions/*.json",
        lambda path: path.write_text(
            path.read_text("utf-8").replace("Month end", "Year end"), "utf-8"
        ),
        "was altered since it was kept",
    ),
    "deliveries": (
        "lake/delivered/*/loan_snapshot.0.parquet",
        altered_rows,
        "are not what was delivered",
    ),
    "sources": (
        "archive/*/*/loan_snapshot*",
        lambda path: path.write_bytes(path.read_bytes() + b" "),
        "is not the file that was delivered",
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_what_was_altered_is_named_with_the_way_out(signed, what):
    root, _ = signed
    place, damage, said = DAMAGE[what]
    path = next(root.glob(place))
    kept = path.read_bytes()
    try:
        damage(path)
        told = verify(root)
    finally:
        path.write_bytes(kept)
    assert told.code == 1
    (line,) = [one for one in told.out.splitlines() if one.startswith("Fault: ")]
    assert said in line
    assert "back" in line.partition(said)[2]


def test_figures_that_are_not_the_signed_ones_are_a_fault_unless_built_anew_since(signed, tmp_path):
    root = tmp_path / "bank"
    shutil.copytree(signed[0], root)
    bank = Bank.at(root)
    head = bank.ledger.returns.head(SYSTEM, 1)
    day, version = head.as_of, head.snapshot_version
    facts = bank.published.draft("metric_fact", day, version, head.run_id)
    is_cell = (pl.col("branch_id") == "B205") & (pl.col("metric_id") == "loan_balance")
    other = facts.with_columns(
        value=pl.when(is_cell & (pl.col("slice") == TOTAL)).then(Decimal(7)).otherwise("value")
    )
    bank.published.write("metric_fact", other, day, version, head.run_id)
    told = verify(root)
    assert told.code == 1
    assert f"hand_made, B205, {day}, edition 1: cell T.A.0.A holds " in told.out
    assert f"and 7 is published for {day}. Put lake/metric_fact back" in told.out
    for table in RESULTS:
        rows = bank.published.draft(table, day, version, head.run_id)
        bank.published.write(table, rows, day, version, "again")
    months.publish(MonthAtWork.newest(bank, day), "again", by="Li")
    said = checks(verify(root, "--format", "json").json)
    assert said["released reports"]["verdict"] == "outdated"
    assert said["released reports"]["findings"][0]["sentence"] == (
        f"hand_made, B205, {day}, edition 1: {day} was built anew since, and 1 cell(s) changed (T.A.0.A)."
    )
    bank = Bank.at(root)
    bank.ledger.adjustments.withdraw(SYSTEM, 1, by="Zhao", at=datetime.now(UTC), reason="mistaken")
    said = verify(root)
    assert said.code == 0
    assert "Outdated: hand_made, B205" in said.out
    assert "adjustment 1 was withdrawn" in said.out


def test_a_delivery_that_the_log_cannot_hold_is_taken_and_said(signed, tmp_path):
    root = tmp_path / "bank"
    shutil.copytree(signed[0], root)
    with closing(sqlite3.connect(root / "ledger.db")) as connection, connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )
    bank = Bank.at(root)
    day = bank.deliveries.months()[-1]
    path = next((root / "archive" / str(day)).rglob("fx_rate*"))
    again = tmp_path / "fx_rate.parquet"
    pl.read_parquet(path).reverse().write_parquet(again)
    receipt = intake.ingest(bank, [again], mapping="canonical", as_of=day, reason="again")
    assert receipt.snapshot_version == 2
    assert any(
        "the audit log does not hold it" in one and "disk full" in one for one in receipt.notes
    )
    said = months.publish(MonthAtWork.newest(bank, day), "run", by="Li")
    assert "the audit log does not hold it" in said
    assert bank.published.newest_versions()[day] == 2
