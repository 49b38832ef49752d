"""Targets as people set them: from a file to the figure, and what happens when one is changed.

The small book of two months: in October north has 1,500,050.50 of loans, south 599,999.50.
"""

import csv
import json
import shutil

import pytest

from tests.targeting import approved, proposal
from tests.whole import books
from tests.whole.commands import (
    built,
    figures,
    here,
    ingest,
    made,
    one_sentence,
    write_csv,
)

pytestmark = pytest.mark.whole

KEY = "south/loan_balance/2026"
SEPTEMBER, OCTOBER = books.SEPTEMBER, books.OCTOBER


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The book, built with a target of north and paths of the whole bank; copied to be written to."""
    folder = tmp_path_factory.mktemp("targets")
    root = books.delivered(folder / "bank", folder)
    approved(
        root,
        proposal("north", "loan_balance", "800000"),
        proposal("HO", "loan_balance", "2520000", phasing="linear", base_value="120000"),
        proposal("HO", "inclusive_balance", "640000", phasing="linear"),
    )
    built(root)
    return root


@pytest.fixture
def root(published, tmp_path):
    return shutil.copytree(published, tmp_path / "bank")


def row(branch="south", metric="loan_balance", value="500000", **other):
    return {
        "branch_id": branch,
        "metric_id": metric,
        "period": "2026",
        "target_value": value,
        "near_band": "",
        "valid_from": "2026-01-01",
    } | other


def imported(root, tmp_path, *rows, options=(), name="target.csv"):
    file = write_csv(tmp_path / name, rows)
    return here("targets", "import", file, "-w", root, "--format", "json", "--by", "Li", *options)


def listed(root, *options):
    said = here("targets", "list", "-w", root, "--format", "json", *options).json
    return {(one["key"], one["version"]): one for one in said}


def figure(root, *words, metric="loan_balance", branch="south"):
    return figures(root, "--metric", metric, *words)[metric, "default", branch]


def test_from_a_file_to_the_status_of_a_figure_by_way_of_a_second_person(root, tmp_path):
    """South's balance in October is 599,999.50; 700,000 are asked of it in that month alone."""
    october = "south/loan_balance/2026-10"
    said = imported(root, tmp_path, row(value="700000", near_band="50000", period="2026-10")).json
    assert (said["entered"], said["refused"]) == (1, 0)
    assert built(root)[OCTOBER] == (1, "unchanged")  # a draft is nothing to a month
    assert here("targets", "submit", october, "-w", root, "--by", "Li").code == 0
    refused = here("targets", "approve", october, "-w", root, "--by", " LI ")
    assert "Have a second person approve it" in one_sentence(refused)
    assert here("targets", "approve", october, "-w", root, "--by", "Wang").code == 0
    before = figure(root)
    assert (before["target"], before["status"]) == (None, "no_target")
    versions = here("versions", "-w", root, "--format", "json").json
    assert {one["as_of_date"]: one["state"] for one in versions} == {
        SEPTEMBER: "current",
        OCTOBER: "current, to be built anew",
    }
    assert built(root) == {SEPTEMBER: (1, "unchanged"), OCTOBER: (1, "built")}
    after = figure(root)
    assert (after["target"], after["gap"], after["status"]) == ("700000.00", "-100000.50", "missed")
    reported = figure(root, "--as-of", OCTOBER, "--as-reported")
    assert (reported["target"], reported["status"]) == (None, "no_target")
    # Taken back by somebody else, it leaves the month that it held for.
    how = ("--reason", "set in error", "-w", root)
    refused = here("targets", "withdraw", october, "--by", "li", *how)
    assert "Have a second person withdraw it" in one_sentence(refused)
    assert here("targets", "withdraw", october, "--by", "zhao", *how).code == 0
    assert built(root)[OCTOBER] == (1, "built")
    assert figure(root)["status"] == "no_target"


def test_a_target_changed_in_october_leaves_september_its_step_and_a_diff_tells_what_flipped(
    root, tmp_path
):
    assert figure(root, "--as-of", SEPTEMBER, branch="north")["status"] == "met"
    assert figure(root, branch="north")["status"] == "met"
    # October is restated, and from October on more is asked of north.
    more = [books.loan("L1", "C1", "north", "1000000.01"), *books.october()[1:]]
    file = write_csv(tmp_path / "loan_snapshot.csv", more)
    ingest(root, file, "--as-of", OCTOBER, "--reason", "a cent")
    options = ("--branch", "north", "--metric", "loan_balance", "--period", "2026")
    changed = here(
        *("targets", "set", *options, "--value", "9000000", "--from", "2026-10-01"),
        *("--by", "Li", "--submit", "-w", root, "--format", "json"),
    ).json
    assert (changed[0]["version"], changed[0]["state"]) == (2, "submitted")
    assert here("targets", "approve", "--all", "--by", "Wang", "-w", root).code == 0
    assert built(root) == {SEPTEMBER: (1, "unchanged"), OCTOBER: (2, "built")}
    september = figure(root, "--as-of", SEPTEMBER, branch="north")
    assert (september["target"], september["status"]) == ("800000.00", "met")
    assert figure(root, branch="north")["target"] == "9000000.00"
    flipped = here(
        *("diff", "-w", root, "--branch", "north", "--metric", "loan_balance", "--format", "json")
    ).json["statuses_flipped"]
    assert [(one["reading"], one["status"]) for one in flipped] == [("default", "met → missed")]
    assert (flipped[0]["target_value_before"], flipped[0]["target_value_after"]) == (
        "800000",
        "9000000",
    )
    assert listed(root)["north/loan_balance/2026", 1]["holds_until"] == "2026-09-30"
    steps = here("targets", "history", "north/loan_balance/2026", "-w", root, "--format", "json")
    assert [(one["version"], one["step"], one["person"]) for one in steps.json] == [
        (1, "made", "li"),
        (1, "submitted", "li"),
        (1, "approved", "wang"),
        (2, "made", "Li"),
        (2, "submitted", "Li"),
        (2, "approved", "Wang"),
    ]


def test_a_path_begins_at_the_stated_base_and_a_missing_one_is_no_full_target(published):
    """From 120,000 to 2,520,000 in a year: by October ten twelfths of the way, 2,120,000."""
    bank = figure(published, branch="HO")
    assert (bank["value"], bank["target"], bank["gap"], bank["status"]) == (
        "2100050.00",
        "2120000.00",
        "-19950.00",
        "missed",
    )
    without = figures(published, "--metric", "inclusive_balance", "--branch", "HO")
    assert {one["status"] for one in without.values()} == {"no_target"}
    then = listed(published, "--as-of", OCTOBER)["HO/inclusive_balance/2026", 1]
    assert then["month_target"] is None
    assert "2025-12-31, which is not published" in then["month_reason"]
    path = here(
        "targets", "phase", "HO/loan_balance/2026", "-w", published, "--format", "json"
    ).json
    assert [(one["as_of_date"], one["target"]) for one in path][:2] == [
        ("2026-01-31", "320000"),
        ("2026-02-28", "520000"),
    ]
    assert (path[-1]["target"], path[-1]["share"]) == ("2520000", "1")


BAD = {
    "branch": row("sauth"),
    "metric": row(metric="loan_balanse"),
    "neutral": row(metric="loan_rate", value="0.05"),
    "unit": row(metric="sei_share", value="15"),
    "period": row(period="2026-13"),
    "number": row(value="a lot"),
    "day": row(valid_from="the first"),
    "empty": row(value=""),
    "twice": row(value="600000"),
}


def test_every_bad_row_of_a_file_is_told_with_its_place_and_reason(root, tmp_path):
    file = write_csv(tmp_path / "target.csv", [row(), *BAD.values()])
    how = ("-w", root, "--by", "Li", "--format", "json")
    said = here("targets", "import", file, *how)
    assert said.code == 1
    assert said.err.strip() == (
        "Nothing was entered: 9 of 10 rows cannot be taken. Mend them, or enter the others with "
        "--accept-good."
    )
    assert (KEY, 1) not in listed(root)
    good = here("targets", "import", file, "--accept-good", *how).json
    assert (good["entered"], good["refused"]) == (1, 9)
    told = {one["row"]: one for one in good["refusals"]}
    assert sorted(told) == list(range(2, 11))
    words = ("sauth", "loan_balanse", "neither way", "0.15 is 15 %", "2026-13", "target_value")
    for number, word in enumerate(words, start=2):
        assert word in told[number]["reason"], told[number]
        assert all(told[number][name] for name in ("file", "remedy", "reason_zh", "remedy_zh"))
    assert "target.csv row 1" in told[10]["reason"]
    assert listed(root)[KEY, 1]["source"] == "target.csv row 1"


def test_a_workbook_made_by_the_template_is_read_back(root, tmp_path):
    said = here("template", "target", "--format", "xlsx", "--headers", "zh", "--out", tmp_path)
    assert said.code == 0
    # Filled by hand: the same columns, as text.
    header = ["机构号", "指标", "期间", "目标值", "生效日期", "分解方式"]
    path = tmp_path / "targets of 2026.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerow(["south", "loan_balance", "2026", "500,000.00", "2026-01-01", "按月均摊"])
    how = ("-w", root, "--by", "Li", "--format", "json")
    assert here("targets", "import", path, *how).json["entered"] == 1
    assert here("targets", "import", path, *how).json["unchanged"] == 1
    one = listed(root)[KEY, 1]
    assert (one["target"], one["phasing"], one["state"]) == ("500000", "linear", "draft")


def test_a_target_without_a_first_day_begins_with_its_period(root, tmp_path):
    path = tmp_path / "days.csv"
    path.write_text("branch_id,metric_id,period,target_value\nsouth,green_share,2026Q3,0.1\n")
    number = here("targets", "import", path, "--by", "x", "-w", root, "--format", "json").json
    rows = here("targets", "list", "--metric", "green_share", "-w", root, "--format", "json").json
    (one,) = [row for row in rows if row["number"] in number["target_ids"]]
    assert (one["valid_from"], one["valid_to"]) == ("2026-07-01", None)


def test_a_file_cannot_say_who_approved_it(root, tmp_path):
    said = imported(root, tmp_path, row(status="approved", maker="Zhao", checker="Wang")).json
    assert "status, maker, checker are not taken from a file" in said["notes"][-1]
    one = listed(root)[KEY, 1]
    assert (one["state"], one["maker"], one["checker"]) == ("draft", "Li", None)


def test_targets_are_not_delivered_and_the_way_in_is_named(root, tmp_path):
    file = write_csv(tmp_path / "target.csv", [row()])
    said = here("ingest", file, "-w", root, "--as-of", OCTOBER, "--reason", "x")
    assert one_sentence(said) == (
        "Mapping canonical: the table target is entered in the ledger, and no file delivers it. Import "
        "it with: branchmark targets import FILE --by NAME."
    )
    tried = here("simulate", "-w", root, "--with", file)
    assert "No table 'target'" in one_sentence(tried)


def test_a_file_of_targets_in_the_inbox_is_refused_with_the_way_in(root):
    file = write_csv(root / "inbox" / "target_2026-10.csv", [row()])
    said = here("inbox", "-w", root, "--settle", "0", "--format", "json")
    (one,) = [one for one in json.loads(said.out) if "target" in one["file"]]
    assert one["state"] == "refused"
    assert "branchmark targets import" in one["why"]
    assert not file.exists()


def test_a_file_that_went_along_with_deliveries_once_is_named_in_the_receipt(tmp_path):
    root = made(tmp_path / "bank")
    write_csv(root / "targets.csv", [row()])
    file = write_csv(tmp_path / "loan_snapshot.csv", books.october())
    notes = ingest(root, file, "--as-of", OCTOBER)["notes"]
    assert any("branchmark targets import targets.csv" in note for note in notes)


def test_the_targets_of_the_branches_are_held_against_the_one_above(root):
    approved(
        root,
        proposal("HO", "green_balance", "2000000"),
        proposal("north", "green_balance", "1500000"),
        proposal("south", "green_balance", "400000"),
    )
    how = ("-w", root, "--period", "2026", "--metric", "green_balance", "--format", "json")
    (one,) = here("targets", "cascade", *how).json
    assert (one["branch"], one["below"], one["gap"], one["gap_percent"]) == (
        "HO",
        "1900000",
        "-100000",
        "-5",
    )
    alone = one_sentence(here("targets", "cascade", *how, "--branch", "north"))
    assert "of north that holds on 2026-10-31 has targets of branches right below it" in alone
    assert "No branch 'nroth'" in one_sentence(
        here("targets", "cascade", *how, "--branch", "nroth")
    )
    nothing = here("targets", "cascade", "-w", root, "--period", "2031")
    assert "No month of 2031 is published" in one_sentence(nothing)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("approve", "--by", "x"), "No target is named"),
        (("approve", "--all", "--by", "x"), "No target is submitted there"),
        (("approve", "south/x", "--by", "x"), "names no target"),
        (("approve", "77", "--by", "x"), "There is no target '77'"),
        (("history", "south/npl_ratio/2026"), "There is no target"),
        (("list", "--metric", "npl_ratoi"), "Did you mean npl_ratio"),
        (("list", "--as-of", "2026-10-30"), "is not a month end"),
        (("cascade", "--period", "next year"), "is no period"),
        (("list", "--period", "2o26"), "is no period"),
        (("approve", "--all", "--period", "2o26", "--by", "x"), "is no period"),
        (("list", "--branch", "nroth"), "No branch 'nroth'"),
        (("phase", "\N{SUPERSCRIPT TWO}"), "names no target"),
        (
            ("set", *("--branch", "south", "--metric", "tech_clients", "--period", "2026"),
             *("--value", "1,5", "--by", "x")),
            "commas between thousands only",
        ),
        (
            ("set", *("--branch", "south", "--metric", "npl_ratio", "--period", "2026"),
             *("--value", "0.01", "--shares", "0.1 1", "--by", "x")),
            "the phasing is none",
        ),
        (("reject", "77", "--by", "x", "--reason", "y"), "There is no target '77'"),
        (
            ("set", *("--branch", "south", "--metric", "npl_ratio", "--period", "2026"),
             *("--value", "1,5 %", "--by", "x")),
            "is no number",
        ),
        (
            ("set", *("--branch", "south", "--metric", "npl_ratio", "--period", "2026"),
             *("--value", "1.5", "--by", "x")),
            "Write 0.015 if per cent were meant",
        ),
        (
            ("set", *("--branch", "south", "--metric", "npl_ratio", "--period", "2026"),
             *("--value", "0.015", "--by", "x", "--from", "1 July")),
            "is no day",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_in_one_sentence(published, words, said):
    before = (published / "ledger.db").read_bytes()
    assert said in one_sentence(here("targets", *words, "-w", published))
    assert (published / "ledger.db").read_bytes() == before


def test_where_the_ledger_is_and_its_upgrade(tmp_path, monkeypatch):
    root = made(tmp_path / "bank")
    told = here("ledger", "-w", root, "--format", "json").json
    assert (told["place"], told["state"]) == (str(root / "ledger.db"), "empty")
    assert here("ledger", "upgrade", "-w", root, "--format", "json").json["state"] == "up to date"
    settings = root / "branchmark.toml"
    settings.write_text(settings.read_text("utf-8") + 'ledger = "env:NOWHERE"\n', "utf-8")
    monkeypatch.delenv("NOWHERE", raising=False)
    told = one_sentence(here("targets", "list", "-w", root))
    assert "environment variable NOWHERE is not set" in told
    monkeypatch.setenv("NOWHERE", "postgresql://u:hush@127.0.0.1:1/x")
    said = one_sentence(here("targets", "list", "-w", root))
    assert "x on 127.0.0.1:1 cannot be read" in said
    assert "hush" not in said
