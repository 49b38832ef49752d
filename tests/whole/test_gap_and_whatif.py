"""`gap` and `whatif` as a branch uses them, on the published demo bank; nothing may be stored."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from orchestration.bank import SYSTEM, Bank
from orchestration.months import MonthAtWork
from orchestration.questions import gaps, whatif
from orchestration.questions.whatif import Scenario, Trial, action_of
from records.access import Scope
from tests.whole.commands import contents, here, kpis, one_sentence
from transforms.analysis.gap.answers import Asked
from transforms.errors import AccessError

pytestmark = pytest.mark.whole

BRANCH = "B303"
REGION = "R5"
"""A region that misses its target of the share, and has some loans that count."""


@pytest.fixture(scope="module")
def root(demo_bank):
    """The shared bank, which nothing in this file may change."""
    assert demo_bank.code == 0, demo_bank.err
    before = contents(demo_bank.root)
    yield demo_bank.root
    assert contents(demo_bank.root) == before


def tried(root, *words):
    return here("whatif", "-w", root, "--format", "json", *words).json


def test_a_gap_is_told_in_actions_that_were_tried_on_the_book(root):
    """The share's amounts follow from numerator N, denominator D and target t, to the fen."""
    told = here(
        "gap", "-w", root, "--branch", REGION, "--metric", "sei_share", "--format", "json"
    ).json
    (published,) = [
        row
        for row in kpis(root, "--branch", REGION, "--metric", "sei_share")
        if row["reading"] == "confirmed"
    ]
    assert {"metric", "branch", "target", "value", "gap", "actions"} <= set(told)
    assert (told["metric"], told["branch"], told["met"]) == ("sei_share", REGION, False)
    above, below = Decimal(published["numerator"]), Decimal(published["denominator"])
    target = Decimal(told["target"])
    actions = {one["action"]: one for one in told["actions"]}
    wanted = {
        "lend_at_flat_book": target * below - above,
        "lend_on_top": (target * below - above) / (1 - target),
        "run_off_others": below - above / target,
    }
    for name, amount in wanted.items():
        one = actions[name]
        assert abs(Decimal(one["amount"]) - amount) <= Decimal("0.01"), name
        assert (one["unit"], one["verified"], one["status_after"]) == ("CNY", True, "met")
        assert Decimal(one["value_after"]) >= target
    assert "evidence" in actions
    rate = told["run_rate"]
    assert rate["until"] == "2026-12-31"
    # Mondays to Fridays: 21 in November and 23 in December, with no holiday among them.
    assert (rate["working_days_left"], rate["holidays_announced"]) == (44, True)
    missing = (Decimal(rate["target"]) - Decimal(told["value"])) / 44
    assert abs(Decimal(rate["needed_per_working_day"]) - missing) < Decimal("1e-11")


def test_one_fen_less_than_advised_misses(root):
    bank = Bank.at(Path(root))
    (found,) = gaps.gaps(bank, SYSTEM, Asked(REGION, "sei_share", verify=False))
    advised = next(one.amount for one in found.answers if one.way == "lend_on_top")
    trial = Trial(MonthAtWork.newest(bank, found.as_of), SYSTEM)
    statuses = []
    for amount in (advised, advised - Decimal("0.01")):
        action = action_of({"lend": amount, "like": "is_sei_confirmed"}, REGION, "test")
        rows = trial.figures(trial.applied([action]).material)
        own = rows.filter(pl.col("branch_id") == REGION, pl.col("metric_id") == "sei_share")
        statuses += own.filter(pl.col("reading") == "confirmed")["status"].to_list()
    assert statuses == ["met", "near"]


def test_the_tolerance_tells_its_headroom_and_the_loans_that_would_use_it(root):
    told = here(
        "gap",
        *("-w", root, "--branch", "B205", "--metric", "inclusive_npl_tolerance"),
        *("--format", "json"),
    ).json
    assert told["status"] == "within"
    turn = next(one for one in told["actions"] if one["action"] == "turn_npl")
    assert (turn["verified"], Decimal(turn["value_after"])) == (True, 0)
    # What is printed is rounded half up, so that a little more fits than limit times balance.
    assert Decimal(turn["amount"]) >= Decimal(told["headroom_amount"])
    cumulated = [Decimal(row["cumulated"]) for row in told["overdue_60_to_90"]]
    assert cumulated == sorted(cumulated)
    assert sum(row["breaks"] for row in told["overdue_60_to_90"]) <= 1


def test_all_gaps_of_a_branch_are_listed_and_said_to_be_unverified(root):
    told = here("gap", "-w", root, "--branch", BRANCH, "--format", "json").json
    assert told["verified"] is False
    names = {one["metric"] for one in told["gaps"]}
    assert {"sei_share", "npl_ratio", "loan_increment_ytd"} & names
    assert all(one["verified"] is None for gap in told["gaps"] for one in gap["actions"])
    page = here("gap", "-w", root, "--branch", BRANCH).out
    assert "Not verified" in page
    rows = list(
        csv.DictReader(
            io.StringIO(here("gap", "-w", root, "--branch", BRANCH, "--format", "csv").out)
        )
    )
    assert {row["metric"] for row in rows} == names


def test_a_metric_without_a_side_is_held_as_the_banks_scoring_profile_holds_it(root):
    """The catalogue takes no side on price; the standard profile says that a wide spread is better."""
    words = ("gap", "-w", root, "--branch", "HO", "--metric", "lpr_spread")
    for asked, side, by in (
        ((), 1, "higher is better by the scoring profile standard 1."),
        (("--better", "lower"), -1, "lower is better as asked; the catalogue says neither"),
    ):
        told = here(*words, *asked, "--format", "json").json
        missing = Decimal(told["target"]) - Decimal(told["value"])
        assert (told["met"], told["direction"]["en"].startswith(by)) == (missing * side <= 0, True)
        points = next(one for one in told["actions"] if one["action"] == "reprice")
        assert points["verified"] is True
        # To four decimals of a basis point, on the side on which the target is met.
        assert 0 <= (Decimal(points["amount"]) - missing) * side < Decimal("0.0001")


def test_ratios_differ_in_points(root):
    page = here("gap", "-w", root, "--branch", REGION, "--metric", "sei_share", "--no-verify").out
    told = " ".join(page.split())
    assert " pp short of it" in told
    assert " pp a working day is needed to reach " in told


def test_a_scenario_is_marked_in_every_format_and_tells_what_lies_above(root):
    words = ("--branch", BRANCH, "--lend", "200000000", "--like", "is_sei_confirmed")
    told = tried(root, *words)
    assert (told["scenario"], told["stored"]) == (True, False)
    assert told["watermark"]["en"] == "SCENARIO - NOT DATA"
    (action,) = told["actions"]
    assert (action["action"], Decimal(action["amount"])) == ("lend", 200_000_000)
    moved = {
        row["branch"]: Decimal(row["change"])
        for row in told["changes"]
        if (row["metric"], row["reading"]) == ("loan_balance", "default")
    }
    assert moved["HO"] == moved["R3"] == moved[BRANCH] == 200_000_000
    page = here("whatif", "-w", root, *words)
    assert page.out.count("SCENARIO - NOT DATA") >= 3


def test_a_scenario_comes_from_a_file_too(root, tmp_path):
    path = tmp_path / "plan.yaml"
    path.write_text(
        f"name: year end\nbranch: {BRANCH}\nactions:\n"
        "  - lend: 50_000_000.00\n    like: is_green\n"
        "  - run-off: 20000000\n    of: [is_corporate]\n    but-not: is_green\n    how: pro-rata\n"
        "  - first_time_clients: 3\n    technology: true\n",
        encoding="utf-8",
    )
    words = ("--scenario", path, "--metric", "first_time_tech_clients", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(here("whatif", "-w", root, *words).out)))
    assert {row["scenario"] for row in rows} == {"SCENARIO - NOT DATA"}
    moved = {row["branch"]: Decimal(row["change"]) for row in rows}
    assert moved[BRANCH] == moved["R3"] == moved["HO"] == 3


def test_a_file_in_which_an_action_would_be_lost_is_refused(root, tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text(f"branch: {BRANCH}\nactions:\n  - lend: 5\n    lend: 7\n", encoding="utf-8")
    sentence = one_sentence(here("whatif", "-w", root, "--scenario", path))
    assert "twice.yaml line 4" in sentence
    assert "'lend' stands twice" in sentence


def test_nothing_is_stored_whatever_is_tried(root):
    """Every action at once; the other tests of this file leave the folder alone too."""
    before = contents(root)
    words = ("--lend", 1_000_000, "--run-off", 300_000, "--turn-npl", "20000.01")
    more = ("--cure", 5000, "--recover", 400, "--write-off", 30, "--first-time", 2, "--reprice", 1)
    told = tried(root, "--branch", REGION, *words, *more)
    assert len(told["actions"]) == 8
    assert contents(root) == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("whatif", "--branch", BRANCH), "Nothing is to be done"),
        (("whatif", "--lend", 1), "names no branch"),
        (("whatif", "--branch", "B999", "--lend", 1), "No branch 'B999'"),
        (("whatif", "--branch", BRANCH, "--lend", "-5"), "amounts are above zero"),
        (("whatif", "--branch", BRANCH, "--cure", "L77"), "No loan 'L77'"),
        (("whatif", "--branch", BRANCH, "--run-off", 10**15), "is asked for"),
        (("whatif", "--branch", BRANCH, "--lend", 1, "--set", "rate"), "sets nothing"),
        (("whatif", "--scenario", "absent.yaml"), "cannot be read"),
        (("gap", "--branch", BRANCH, "--metric", "sei_shar"), "Did you mean sei_share"),
        (("gap", "--branch", BRANCH, "--metric", "sei_share", "--reading", "x"), "No reading"),
        (("gap", "--branch", BRANCH, "--metric", "mlt_share"), "no approved target"),
        (("gap", "--branch", "B999"), "No branch 'B999'"),
        (("gap", "--branch", BRANCH, "--rate", "3.45"), "no rate"),
        (
            ("gap", "--branch", BRANCH, "--metric", "sei_share", "--better", "lower"),
            "higher is better",
        ),
        (("whatif", "--branch", BRANCH, "--lend", "nan"), "is no amount"),
        (("whatif", "--branch", BRANCH, "--lend", "L1"), "is no amount"),
        (
            ("whatif", "--branch", BRANCH, "--lend", 1, "--like", "sei_shar"),
            "Did you mean sei_share",
        ),
        (
            ("whatif", "--branch", BRANCH, "--run-off", 1, "--like", "is_npl"),
            "--like goes with none",
        ),
        (("whatif", "--branch", BRANCH, "--lend", 1, "--how", "pro_rata"), "--how goes with none"),
    ],
)
def test_bad_use_is_refused_in_one_sentence(root, words, sentence):
    assert sentence in one_sentence(here(*words[:1], "-w", root, *words[1:]))


def test_a_branch_sees_and_touches_its_own_only(root):
    bank = Bank.at(Path(root))
    own = Scope.of("reader", [BRANCH])
    action = action_of({"turn_npl": "1000.00"}, BRANCH, "test")
    outcome = whatif.run(bank, own, Scenario("", (action,)))
    assert set(outcome.changes["branch_id"]) == {BRANCH}
    with pytest.raises(AccessError):
        whatif.run(bank, own, Scenario("", (action_of({"turn_npl": 1}, "B205", "test"),)))
    with pytest.raises(AccessError):
        gaps.gaps(bank, own, Asked("B205"))
