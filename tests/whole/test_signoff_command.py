"""`signoff`: prepared, checked, approved and released by different people, and reopened by a change."""

import csv
import io
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest

from orchestration.bank import SYSTEM, Bank
from records.published import RESULTS
from tests.whole import own_returns
from tests.whole.commands import here, kpis, one_sentence

pytestmark = pytest.mark.whole

OCTOBER, SEPTEMBER = "2026-10-31", "2026-09-30"
LI, WANG, ZHAO = "Li Wei", "Wang Fang", "Zhao Min"


@pytest.fixture(scope="module")
def root(demo_bank, tmp_path_factory):
    """One copy for all; each test works on a unit or month of its own."""
    made = shutil.copytree(demo_bank.root, tmp_path_factory.mktemp("signed") / "bank")
    return own_returns.bring(made)


def signoff(root, step, *words, before=()):
    return here(*before, "signoff", step, *words, "-w", root, "--format", "json")


def house(root, step, branch, by, *words):
    return signoff(root, step, "house_book", "--branch", branch, "--by", by, *words)


def status(root, *words):
    return {(row["report"], row["unit"]): row for row in signoff(root, "status", *words).json}


def cells(root, *words):
    told = here("report", *words, "-w", root, "--format", "json").json
    return {row["data_point"]: row for row in told["cells"]}


def released(root, branch, *words):
    """A report of a branch, all the way."""
    house(root, "prepare", branch, LI, *words)
    for step, by in (("check", WANG), ("approve", ZHAO), ("release", WANG)):
        assert house(root, step, branch, by, *words).code == 0


def republished(root, day, branch, metric, more):
    """The month published again with another figure of a branch, as a restatement leaves it."""
    published = Bank.at(root).published
    old = published.current()[day, published.newest_versions()[day]]
    run = f"again-{branch}"
    for table in RESULTS:
        rows = published.draft(table, day, old.snapshot_version, old.run_id)
        if table == "metric_fact":
            own = (pl.col("branch_id") == branch) & (pl.col("metric_id") == metric)
            grown = own & (pl.col("slice") == "total")
            rows = rows.with_columns(
                pl.when(grown).then(pl.col(name) + more).otherwise(pl.col(name)).alias(name)
                for name in ("numerator", "value")
            )
        published.write(table, rows, day, old.snapshot_version, run)
    at = datetime.now(UTC)
    published.publish(replace(old, run_id=run, fingerprint=f"of {run}", published_at=at))


def test_a_report_goes_out_when_three_people_have_signed_the_same_hash(root):
    prepared = house(root, "prepare", "B101", LI).json[0]
    assert (prepared["edition"], prepared["is_new"], prepared["failing_checks"]) == (1, True, 0)
    signed = [prepared]
    for step, by in (("check", WANG), ("approve", ZHAO), ("release", WANG)):
        signed.append(house(root, step, "B101", by, "--hash", prepared["hash"]).json)
    assert len({one["content_hash"] for one in signed}) == 1
    row = status(root, "house_book")["house_book", "B101"]
    assert (row["state"], row["edition"], row["outdated"]) == ("released", 1, False)
    people = [row[f"{step}_by"] for step in ("prepared", "checked", "approved", "released")]
    assert people == [LI, WANG, ZHAO, WANG]
    steps = signoff(root, "history", "house_book", "--branch", "B101").json
    assert [one["step"] for one in steps] == ["prepared", "checked", "approved", "released"]
    assert steps[-1]["anchor"]
    assert status(root, "house_book")["house_book", "B102"]["state"] == "none"


def test_nobody_signs_twice_and_no_step_is_left_out(root):
    refused = one_sentence(house(root, "check", "B103", WANG))
    assert "house_book of B103, 2026-10-31, is not prepared" in refused
    house(root, "prepare", "B103", LI)
    assert LI in one_sentence(house(root, "check", "B103", " li  WEI "))
    assert one_sentence(house(root, "approve", "B103", ZHAO))  # nobody checked it yet
    assert house(root, "check", "B103", WANG).code == 0
    for by in (LI, WANG):
        assert "approved by somebody else" in one_sentence(house(root, "approve", "B103", by))
    assert house(root, "approve", "B103", ZHAO).code == 0
    assert "released by somebody else" in one_sentence(house(root, "release", "B103", LI))
    assert status(root, "house_book")["house_book", "B103"]["state"] == "approved"
    assert house(root, "release", "B103", ZHAO).code == 0
    assert one_sentence(house(root, "release", "B103", WANG))


def test_the_same_content_is_the_same_edition_and_another_hash_is_not_signed(root):
    first = house(root, "prepare", "B104", LI).json[0]
    again = house(root, "prepare", "B104", ZHAO).json[0]
    assert (again["edition"], again["is_new"], again["by"]) == (1, False, LI)
    assert again["content_hash"] == first["content_hash"]
    refused = one_sentence(house(root, "check", "B104", WANG, "--hash", "0123"))
    assert first["hash"] in refused
    assert "not 0123" in refused


def test_what_was_given_back_is_prepared_anew_as_another_edition(root):
    house(root, "prepare", "B105", LI)
    back = house(root, "return", "B105", WANG, "--note", "The opening figure is another.").json
    assert (back["step"], back["edition"]) == ("returned", 1)
    assert one_sentence(house(root, "check", "B105", ZHAO))
    again = house(root, "prepare", "B105", LI).json[0]
    assert (again["edition"], again["is_new"]) == (2, True)
    assert house(root, "check", "B105", WANG).code == 0


def test_a_failed_check_blocks_until_somebody_else_than_the_preparer_says_why(root):
    def bank(step, by, *words):
        return signoff(root, step, "bank_book", "--by", by, *words)

    def obstacles():
        rows = signoff(root, "obstacles", "bank_book").json
        return [(row["asks"], row["case"]) for row in rows]

    assert bank("prepare", LI).json[0]["failing_checks"] == 2
    assert bank("check", WANG).code == 0
    assert obstacles() == [("reason", "HALF#1"), ("comment", "LARGE#1")]
    refused = one_sentence(bank("approve", ZHAO))
    assert "HALF#1" in refused
    assert "LARGE#1" in refused
    said = ("--text", "Known, and told to the regulator.")
    own = one_sentence(bank("reason", LI, "--case", "HALF#1", *said))
    assert LI in own
    assert "NO#1" in one_sentence(bank("reason", ZHAO, "--case", "NO#1", *said))
    assert bank("comment", LI, "--case", "HALF#1", *said).code == 0
    assert bank("comment", LI, "--case", "LARGE#1", *said).code == 0
    assert obstacles() == [("reason", "HALF#1")]  # a comment is no reason
    assert bank("reason", ZHAO, "--case", "HALF#1", *said).code == 0
    assert obstacles() == []
    assert bank("approve", ZHAO).code == 0
    assert bank("release", WANG).code == 0
    shown = signoff(root, "checks", "bank_book", "--failing").json
    assert shown[0]["said"] == [f"{LI}: {said[1]}", f"{ZHAO}: {said[1]}"]


def test_missed_metrics_of_a_branchs_own_report_ask_for_a_check_in(root):
    missed = [
        row
        for row in kpis(root, "--branch", "B205")
        if row["branch"] == "B205" and row["status"] == "missed" and row["target"] is not None
    ]
    assert missed

    def card(step, by, *words):
        return signoff(root, step, "own_card", "--branch", "B205", "--by", by, *words)

    card("prepare", LI)
    card("check", WANG)
    refused = one_sentence(card("approve", ZHAO))
    assert all(row["metric"] in refused for row in missed)
    asked = signoff(root, "obstacles", "own_card", "--branch", "B205").json
    for row in [one for one in asked if one["asks"] == "check_in"]:
        words = ("--metric", row["metric_id"], "--reading", row["reading"], "--by", LI)
        said = ("--comment", "A large client repaid early.", "-w", root)
        assert here("checkins", "add", "--branch", "B205", *words, *said).code == 0
    left = signoff(root, "obstacles", "own_card", "--branch", "B205").json
    assert not [row for row in left if row["blocks"]]
    assert card("approve", ZHAO).code == 0


def test_a_book_off_the_ledger_is_shown_and_does_not_block(root):
    signoff(root, "prepare", "own_card", "--branch", "B602", "--by", LI)
    shown = signoff(root, "obstacles", "own_card", "--branch", "B602").json
    book = [row for row in shown if row["what"] == "book"]
    assert {row["unit_id"] for row in book} == {"B60203"}
    assert not any(row["blocks"] for row in book)
    assert sum(Decimal(row["difference"]) for row in book) == Decimal(-5_000_000)


def test_a_restated_month_reopens_and_says_which_cells_changed(root, tmp_path):
    released(root, "B201")
    house(root, "prepare", "B204", LI)
    before = cells(root, "house_book", "--branch", "B201")
    first = tmp_path / "first"
    ways = ("house_book", "--branch", "B201", "--released", "--format", "csv", "-w", root)
    here("report", *ways, "--out", first)
    republished(root, date.fromisoformat(OCTOBER), "B201", "loan_balance", 1000)

    row = status(root, "house_book")["house_book", "B201"]
    assert (row["state"], row["edition"], row["outdated"]) == ("released", 1, True)
    assert status(root, "house_book")["house_book", "B202"]["outdated"] is None
    assert status(root, "house_book")["house_book", "B204"]["outdated"] is False
    changed = {"HB.T.010.A", "HB.T.010.C", "HB.U.000.A"}
    since = signoff(root, "differences", "house_book", "--branch", "B201", "--against", "now").json
    assert {one["data_point"] for one in since} == changed

    # The released one stays as it was signed, and says that it is no longer what holds.
    again = here("report", *ways, "--out", tmp_path / "again")
    assert "3 cell(s) changed" in again.err
    name = "house_book-B201-2026-10-e1.csv"
    assert (tmp_path / "again" / name).read_bytes() == (first / name).read_bytes()

    anew = house(root, "prepare", "B201", LI).json[0]
    assert (anew["edition"], anew["is_new"]) == (2, True)
    told = signoff(root, "differences", "house_book", "--branch", "B201").json
    assert {one["data_point"] for one in told} == changed
    now = cells(root, "house_book", "--branch", "B201")
    grown = Decimal(now["HB.T.010.A"]["exact"]) - Decimal(before["HB.T.010.A"]["exact"])
    assert grown == 1000
    # It starts over: what was signed of the first edition is not signed of the second.
    assert status(root, "house_book")["house_book", "B201"]["state"] == "prepared"
    assert one_sentence(house(root, "release", "B201", WANG))


def test_what_changed_since_it_was_prepared_is_signed_by_nobody(root):
    house(root, "prepare", "B203", LI)
    republished(root, date.fromisoformat(OCTOBER), "B203", "sei_balance", -1)
    refused = one_sentence(house(root, "check", "B203", WANG))
    assert "HB.T.020.A" in refused
    assert "Prepare it anew" in refused


def adjust(root, step, *words):
    return signoff(root, "adjust", step, *words)


def test_an_adjustment_shows_in_cells_and_files_and_expires(root, tmp_path):
    said = ("--reason", "Booked twice", "--evidence", "GL 1107", "--by", LI)
    live = ("--from", SEPTEMBER, "--until", SEPTEMBER)
    figure = ("--branch", "B301", "--metric", "loan_balance", "--amount", "-2500000")
    before = cells(root, "house_book", "--branch", "B301", "--as-of", SEPTEMBER)
    released(root, "B301", "--as-of", SEPTEMBER)
    number = adjust(root, "enter", *figure, *live, *said).json[0]["number"]
    assert cells(root, "house_book", "--branch", "B301", "--as-of", SEPTEMBER, "--draft") == before
    own = one_sentence(adjust(root, "approve", number, "--by", LI))
    assert LI in own
    adjust(root, "approve", number, "--by", WANG)

    row = status(root, "house_book", "--as-of", SEPTEMBER, "--branch", "B301")
    assert row["house_book", "B301"]["outdated"] is True
    assert house(root, "prepare", "B301", LI, "--as-of", SEPTEMBER).json[0]["adjustments"] == 1
    after = cells(root, "house_book", "--branch", "B301", "--as-of", SEPTEMBER)
    moved = {name for name in after if after[name]["adjustment"]}
    assert moved == {"HB.T.010.A", "HB.T.010.C", "HB.U.000.A"}
    assert after["HB.T.010.A"]["published"] == before["HB.T.010.A"]["published"]
    assert after["HB.T.010.A"]["adjustment"] == "-2500000"
    out = Decimal(after["HB.T.010.A"]["exact"]) - Decimal(before["HB.T.010.A"]["exact"])
    assert out == -2_500_000

    # The unit above moves with it; the month after takes it as its opening figure, and no further.
    assert cells(root, "bank_book", "--as-of", SEPTEMBER)["BB.T.010.A"]["adjustment"] == "-2500000"
    october = cells(root, "house_book", "--branch", "B301")
    assert october["HB.T.010.A"]["adjustment"] is None
    assert october["HB.T.010.B"]["adjustment"] == "-2500000"
    assert cells(root, "bank_book", "--draft")["BB.T.010.A"]["adjustment"] is None

    ways = ("house_book", "--branch", "B301", "--as-of", SEPTEMBER, "--format", "csv")
    here("report", *ways, "--out", tmp_path, "-w", root)
    text = (tmp_path / "house_book-B301-2026-09-e2.csv").read_text(encoding="utf-8-sig")
    rows = {row["data_point"]: row for row in csv.DictReader(io.StringIO(text))}
    assert Decimal(rows["HB.T.010.A"]["adjustment"]) == -2_500_000

    adjust(root, "withdraw", number, "--by", ZHAO, "--reason", "Corrected in the ledger")
    row = status(root, "house_book", "--as-of", SEPTEMBER, "--branch", "B301", "--outdated")
    assert ("house_book", "B301") in row


def test_an_adjustment_that_cannot_be_is_refused_when_it_is_entered(root):
    rest = ("--reason", "Why", "--from", OCTOBER, "--until", OCTOBER, "--by", LI)

    def figure(metric):
        return "--branch", "B301", "--metric", metric, "--amount", "1"

    for words, told in (
        (("--branch", "B301", "--metric", "loan_balanc", "--amount", "1"), "loan_balance"),
        (("--branch", "B301", "--metric", "loan_balance", "--amount", "much"), "is no number"),
        ((*figure("loan_balance"), "--side", "below"), "below"),
        ((*figure("loan_balance"), "--slice", "by_sise"), "enterprise_size"),
        ((*figure("loan_balance"), "--member", "large"), "member of total"),
        (figure("ten_largest_clients_share"), "cannot be adjusted"),
        (("--branch", "B3O1", "--metric", "loan_balance", "--amount", "1"), "B301"),
    ):
        assert told in one_sentence(adjust(root, "enter", *words, *rest))


def test_a_reader_of_one_branch_sees_prepares_and_signs_no_other(root):
    house(root, "prepare", "B206", LI)
    own = ("--as", "branch:B205")

    def asked(step, *words):
        return signoff(root, step, "house_book", *words, before=own)

    assert {unit for _, unit in status_as(root, own)} == {"B205"}
    for step in ("prepare", "check", "approve", "release"):
        assert "B206" in one_sentence(asked(step, "--branch", "B206", "--by", WANG))
    for step in ("checks", "obstacles", "differences", "history"):
        assert "B206" in one_sentence(asked(step, "--branch", "B206"))
    for words in (("house_book", "--branch", "B206"), ("bank_book",)):
        assert "no access" in one_sentence(here(*own, "report", *words, "-w", root))
    assert asked("prepare", "--branch", "B205", "--by", LI).json[0]["unit"] == "B205"
    assert asked("check", "--branch", "B205", "--by", WANG).code == 0
    auditor = ("--as", "auditor:B205")
    refused = signoff(root, "approve", "house_book", "--by", ZHAO, before=auditor)
    assert "auditor" in one_sentence(refused)
    figure = ("--branch", "B206", "--metric", "loan_balance", "--amount", "1")
    rest = ("--reason", "Why", "--from", OCTOBER, "--until", OCTOBER, "--by", LI)
    assert "B206" in one_sentence(signoff(root, "adjust", "enter", *figure, *rest, before=own))


def status_as(root, own):
    rows = signoff(root, "status", before=own).json
    return {(row["report"], row["unit"]) for row in rows}


def test_a_released_report_is_printed_by_the_definition_it_was_filled_by(root, tmp_path):
    released(root, "B304")
    path = root / "returns" / "house.yaml"
    before = path.read_text(encoding="utf-8")
    ways = ("house_book", "--branch", "B304", "--format", "csv", "--released", "-w", root)
    here("report", *ways, "--out", tmp_path / "first")
    try:
        path.write_text(before.replace("en: Now", "en: At present"), encoding="utf-8")
        refused = here("report", *ways, "--out", tmp_path / "then")
        assert "definition" in refused.err
        name = "house_book-B304-2026-10-e1.csv"
        assert (tmp_path / "then" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()
        assert status(root, "house_book")["house_book", "B304"]["outdated"] is True
        assert house(root, "prepare", "B304", LI).json[0]["edition"] == 2
        row = status(root, "house_book")["house_book", "B304"]
        assert (row["edition"], row["state"], row["released_edition"]) == (2, "prepared", 1)

        path.unlink()  # the bank defines no such report any more
        gone = here("report", *ways, "--out", tmp_path / "gone")
        assert "no longer defines" in gone.err
        assert (tmp_path / "gone" / name).read_bytes() == (tmp_path / "first" / name).read_bytes()
        row = status(root, "--as-of", OCTOBER)["house_book", "B304"]
        assert (row["outdated"], row["released_edition"]) == (True, 1)
        assert "house_book" in one_sentence(house(root, "prepare", "B304", LI))
        assert one_sentence(here("report", *ways[:3], "--draft", "-w", root))
    finally:
        path.write_text(before, encoding="utf-8")


def test_the_whole_house_is_prepared_from_one_reading(root):
    month = ("--as-of", SEPTEMBER)
    rows = signoff(root, "prepare", "own_card", "--all-units", "--by", ZHAO, *month).json
    nodes = Bank.at(root).published.nodes(SYSTEM, as_of=date.fromisoformat(SEPTEMBER)).collect()
    tier1 = nodes.filter(pl.col("level") == "tier1")["node_id"].to_list()
    assert [row["unit"] for row in rows] == tier1
    figures = {
        row["branch"]: Decimal(row["value"])
        for row in kpis(root, "--metric", "loan_balance", *month)
        if row["reading"] == "default"
    }
    for unit in tier1[::9]:
        told = cells(root, "own_card", "--branch", unit, *month)["OC.T.010.A"]
        assert Decimal(told["exact"]) == figures[unit]


def test_what_is_asked_wrongly_is_refused_in_one_sentence(root):
    assert "house_book" in one_sentence(signoff(root, "status", "house_bok"))
    both = ("house_book", "--all-units", "--branch", "B101", "--by", LI)
    assert "contradict" in one_sentence(signoff(root, "prepare", *both))
    assert "HO" in one_sentence(house(root, "prepare", "HO", LI))
    assert "Nobody" in one_sentence(house(root, "prepare", "B101", "  "))
    assert one_sentence(signoff(root, "differences", "house_book", "--branch", "B102"))
