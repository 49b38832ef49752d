"""How numbers are judged, as a user meets it: `checks`, `findings` with every row, history, `data-docs`."""

import csv
import io
import re
import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from records.access import Scope
from records.published import Published
from tests.whole import books
from tests.whole.commands import built, here, one_sentence

pytestmark = pytest.mark.whole

OCTOBER = date.fromisoformat(books.OCTOBER)


@pytest.fixture(scope="module")
def bank(tmp_path_factory):
    """Two months, built; W0217 is switched off by the bank."""
    folder = tmp_path_factory.mktemp("trust")
    root = books.delivered(folder / "bank", folder / "files")
    rules(root, "W0217: {switched_off: true, why: tiers come next year}")
    built(root)
    return root


@pytest.fixture
def copy(bank, tmp_path):
    """A copy of the bank to write to."""
    return Path(shutil.copytree(bank, tmp_path / "bank"))


def rules(root, text):
    (root / "rules").mkdir(exist_ok=True)
    (root / "rules" / "ours.yaml").write_text(f"thresholds:\n  {text}\n", encoding="utf-8")


def verdicts(root, *words):
    rows = here("checks", "-w", root, "--format", "json", *words).json
    return {(row["as_of_date"], row["rule"], row["table"]): row for row in rows}


def rows(root, *words):
    said = here("findings", "-w", root, "--rows", "--format", "csv", *words)
    assert said.code == 0, said.err
    return list(csv.DictReader(io.StringIO(said.out)))


def test_every_rule_has_a_verdict_for_every_month_and_passed_is_not_skipped(bank):
    september, october = (
        verdicts(bank, "--as-of", day) for day in (books.SEPTEMBER, books.OCTOBER)
    )
    moved = ("W0216", "loan_snapshot")
    assert september[books.SEPTEMBER, *moved]["outcome"] == "skipped"
    assert (
        september[books.SEPTEMBER, *moved]["why"] == "previous month not delivered (loan_snapshot)"
    )
    # One loan before, nine now.
    assert october[books.OCTOBER, *moved]["outcome"] == "broken"
    assert october[books.OCTOBER, *moved]["parameters"] == {"row_count_band": "0.2"}
    assert october[books.OCTOBER, "E0101", "loan_snapshot"]["outcome"] == "passed"
    assert october[books.OCTOBER, "E0301", "borrower_snapshot"]["outcome"] == "passed"
    assert (
        october[books.OCTOBER, "E1101", "loan_event"]["why"] == "table not delivered for this month"
    )
    assert october[books.OCTOBER, "E5003", "metric_fact"]["outcome"] == "passed"
    assert october[books.OCTOBER, "E5012", "metric_fact"]["outcome"] == "passed"


def test_a_rule_that_the_bank_switched_off_does_not_vanish(bank):
    off = verdicts(bank)[books.OCTOBER, "W0217", "loan_snapshot"]
    assert (off["outcome"], off["set_by"]) == ("skipped", "bank")
    assert off["why"] == "switched off by the bank: tiers come next year"
    said = here("checks", "-w", bank).out
    assert "tiers come next year" in said
    assert "E0101" not in said, "what passed is counted, not listed"


def test_findings_tell_reason_and_remedy_and_every_row(bank):
    # L1 and L3 are in listed classes and have no tag; L2 has one.
    found = here("findings", "-w", bank, "--rule", "W0210", "--format", "json").json
    assert [(f["branch"], f["rows"], f["amount"]) for f in found] == [
        ("north", 1, "1000000.00"),
        ("south", 1, "300000.25"),
    ]
    assert found[0]["remedy_zh"].endswith("。")
    assert rows(bank, "--rule", "W0210", "--branch", "south") == [
        {
            "rule_id": "W0210",
            "table": "loan_snapshot",
            "branch_id": "south",
            "key": "L3",
            "source_row_no": "3",
            "amount": "300000.25",
            # It was not rejected, so no column is wrong and the row stands in the book.
            "file": "loan_snapshot_2026-10.csv",
            "row_in_file": "3",
            "columns": "",
            "as_delivered": "",
        }
    ]


def test_a_branch_sees_its_own_rows_and_the_head_office_all(bank):
    every = rows(bank)
    assert {row["branch_id"] for row in every} > {"south"}
    south = rows(bank, "--branch", "south")
    assert {row["branch_id"] for row in south} == {"south"}
    assert south == [row for row in every if row["branch_id"] == "south"]
    assert rows(bank, "--branch", "HO") == [row for row in every if row["branch_id"]]
    scope = Scope.of("south", {"south"})
    lake = Published(bank / "lake")
    seen = lake.failing_rows(scope, as_of=OCTOBER).collect()
    assert seen.height == len(south)
    assert lake.failing_rows(Scope.of("x", set()), as_of=OCTOBER).collect().is_empty()


def test_findings_and_rows_agree(bank):
    told = here("findings", "-w", bank, "--format", "json").json
    counted = {(f["rule"], f["branch"]): f["rows"] for f in told if f["rows"]}
    listed = pl.DataFrame(rows(bank)).group_by("rule_id", "branch_id").len()
    assert {(r, b or None): n for r, b, n in listed.iter_rows()} == counted


def test_a_critical_table_rule_stops_the_month_and_its_rows_can_be_read_all_the_same(copy):
    before = built(copy)[books.OCTOBER]
    assert before == (1, "unchanged")
    runs = {
        row["run_id"] for row in here("checks", "-w", copy, "--history", "--format", "json").json
    }
    # From October on, a book that moves so much is not to be published.
    rules(copy, "W0216: {valid_from: 2026-10-01, severity: critical, why: files come short}")
    said = here("build", "-w", copy)
    assert "table loan_snapshot breaks the critical rule W0216" in one_sentence_of(said)
    stopped = verdicts(copy)[books.OCTOBER, "W0216", "loan_snapshot"]
    assert (stopped["outcome"], stopped["severity"], stopped["set_by"]) == (
        "broken",
        "critical",
        "bank",
    )
    assert "not published: a check stopped it" in here("checks", "-w", copy).out
    assert rows(copy, "--rule", "W0210"), "the rows of the stopped run"
    history = here("checks", "-w", copy, "--rule", "W0216", "--history", "--format", "json").json
    october = [r for r in history if r["as_of_date"] == books.OCTOBER]
    assert [r["severity"] for r in october] == ["warning", "critical"]
    assert runs < {row["run_id"] for row in history}
    # What was published stays; head office lets the month pass, and its figures are as before.
    assert Published(copy / "lake").current()[OCTOBER, 1].run_id in runs
    rules(copy, "W0216: {switched_off: true, why: the branch has grown}")
    assert built(copy)[books.OCTOBER] == (1, "built")


def one_sentence_of(said):
    assert said.code == 1
    assert "Traceback" not in said.err
    return said.err


def test_the_history_is_never_rewritten(copy):
    lake = Published(copy / "lake")
    first = lake.check_history().collect()
    assert built(copy, "--force")[books.OCTOBER] == (1, "built")
    second = lake.check_history().collect()
    assert second.height == 2 * first.height
    assert second.head(first.height).equals(first)
    assert set(second["run_id"]) > set(first["run_id"])


def test_a_wrong_threshold_is_refused_before_anything_is_built(copy):
    rules(copy, "W0261: {severity: error, why: x}")
    assert "W0261 is no rule (did you mean" in one_sentence(here("checks", "-w", copy))
    assert "W0261 is no rule" in one_sentence_of(here("build", "-w", copy))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["findings", "--rule", "W0261"], "No rule 'W0261'. Did you mean"),
        (["findings", "--branch", "sourth"], "No branch 'sourth'. Did you mean south"),
        (["findings", "--as-of", "2026-08-31"], "2026-08-31 is not judged"),
        (["checks", "--as-of", "2026-08-30"], "'2026-08-30' is not a month end"),
        (["data-docs", "--out", "."], ". is not empty"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(words, said, bank):
    assert said in one_sentence(here(*words, "-w", bank))


def test_before_anything_is_built_the_way_out_is_told(tmp_path):
    assert here("init", tmp_path / "new").code == 0
    assert "`branchmark build`" in one_sentence(here("checks", "-w", tmp_path / "new"))


def test_data_docs_ask_nothing_of_the_net(bank, tmp_path):
    site = tmp_path / "site"
    said = here("data-docs", "-w", bank, "--out", site, "--format", "json").json
    pages = list(site.rglob("*.html"))
    assert said["pages"] == len(pages) == 1 + 2 * len(said["suites"])
    assert "loan_snapshot" in said["suites"]
    assert {path.suffix for path in site.rglob("*") if path.is_file()} == {".html"}
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", text), page
        assert not re.search(r"url\([\"']?(?:https?:)?//|@import", text), page
        assert "default-src 'none'" in text
    suite = (site / "expectations" / "loan_snapshot.html").read_text(encoding="utf-8")
    assert "E0101 The loan receipt number stands more than once" in suite
    assert "借据号在当月重复出现" in suite
