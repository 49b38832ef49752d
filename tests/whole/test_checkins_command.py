"""What a branch says about its figures, and the signature that waits for it."""

import shutil
from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from orchestration.bank import SYSTEM, Bank
from orchestration.questions.scoring import scored
from records.access import Scope
from records.ledger.sign_offs import signing_obstacles
from tests.whole.commands import here, kpis, one_sentence
from transforms.errors import AccessError, UnknownNameError

pytestmark = pytest.mark.whole

OCTOBER = "2026-10-31"
AT = datetime(2026, 11, 10, 8, 0, tzinfo=UTC)


@pytest.fixture
def root(demo_bank, tmp_path):
    """A copy to write to, so that no test finds what another said or signed."""
    return shutil.copytree(demo_bank.root, tmp_path / "bank")


@pytest.fixture(scope="module")
def missing(demo_bank):
    """A tier-1 branch and the metrics it misses; at least two, and something it meets."""
    rows = kpis(demo_bank.root)
    found = {}
    for one in rows:
        if one["status"] == "missed" and one["branch"] != "HO" and one["target"] is not None:
            found.setdefault(one["branch"], []).append(one["metric"])
    exceeded = {one["branch"] for one in rows if one["status"] == "exceeded"}
    branch = min(b for b, metrics in found.items() if len(metrics) >= 2 and b not in exceeded)
    return branch, sorted(found[branch])


def said(root, *words):
    return here("checkins", *words, "-w", root, "--format", "json")


def add(root, branch, metric, *words, comment="A client repaid early."):
    how = ("--branch", branch, "--metric", metric, "--comment", comment, "--by", "Li")
    return said(root, "add", *how, *words)


def test_a_missed_metric_keeps_figures_from_being_signed_until_somebody_speaks(root, missing):
    branch, metrics = missing
    refused = one_sentence(here("sign", branch, "-w", root, "--by", "Wang"))
    assert refused == (
        f"{branch}, {OCTOBER}, cannot be signed: {len(metrics)} missed metric(s) without a check-in: "
        f"{', '.join(metrics)}. Enter one for each: branchmark checkins add."
    )
    waiting = said(root, "open", "--branch", branch).json
    assert [(one["what"], one["metric"]) for one in waiting] == [
        ("check-in missing", metric) for metric in metrics
    ]
    action = ("--action", "Two projects.", "--due", "2020-01-31", "--owner", "Chen")
    (one,) = add(root, branch, metrics[0], *action, "--opinion", "near").json
    assert (one["status"], one["opinion"], one["version"]) == ("missed", "near", 1)
    assert (
        f"1 missed metric(s) without a check-in: {metrics[1]}."
        in one_sentence(here("sign", branch, "-w", root, "--by", "Wang"))
        or len(metrics) > 2
    )
    for metric in metrics[1:]:
        assert add(root, branch, metric).code == 0
    (still,) = said(root, "open", "--branch", branch).json
    assert (still["what"], still["owner"], still["overdue"]) == ("action open", "Chen", True)
    signed = here("sign", branch, "-w", root, "--by", "Wang", "--checkins", "--format", "json").json
    publication = Bank.at(root).published.current()[date(2026, 10, 31), 1]
    assert (signed["by"], signed["fingerprint"]) == ("Wang", publication.fingerprint)
    assert [one["metric"] for one in signed["said"]] == metrics
    again = one_sentence(here("sign", branch, "-w", root, "--by", "Zhao"))
    assert f"{branch}, {OCTOBER}, version 1, was signed by Wang already" in again
    # The action is done: the check-in is corrected, and nothing is open any more.
    number = str(one["number"])
    done = add(root, branch, metrics[0], *action, "--done", "--corrects", number).json
    assert done[0]["corrects"] == one["number"]
    assert said(root, "open", "--branch", branch).json == []
    history = said(root, "list", "--branch", branch, "--metric", metrics[0], "--all").json
    assert [one["done"] for one in history] == [False, True]


def test_a_scorecard_is_signed_once_its_own_misses_are_spoken_of(demo_bank, tmp_path):
    root = shutil.copytree(demo_bank.root, tmp_path / "bank")
    bank = Bank.at(root)
    lines = scored(bank, SYSTEM).scores.lines
    own = kpis(root)
    bad = {(one["branch"], one["metric"]) for one in own if one["status"] in {"missed", "exceeded"}}
    missed = lines.filter(pl.col("status").is_in(["missed", "exceeded"]))
    # A branch that misses something which no line of its card is about.
    branch = min(
        one
        for one in missed["branch_id"].unique()
        if {m for b, m in bad if b == one} - set(lines["metric_id"])
    )
    asked = sorted(missed.filter(pl.col("branch_id") == branch)["metric_id"].unique())
    waiting = said(root, "open", "--branch", branch, "--profile", "standard").json
    assert [one["metric"] for one in waiting] == asked
    refused = one_sentence(
        here("sign", branch, "-w", root, "--by", "Wang", "--profile", "standard")
    )
    assert f"{len(asked)} missed metric(s) without a check-in: {', '.join(asked)}" in refused
    for metric in asked:
        assert add(root, branch, metric).code == 0
    assert "without a check-in" in one_sentence(here("sign", branch, "-w", root, "--by", "Wang"))
    words = ("--by", "Wang", "--profile", "standard", "--format", "json")
    assert (
        here("sign", branch, "-w", root, *words).json["signed"].startswith("scorecard standard 1.")
    )
    unknown = one_sentence(here("sign", branch, "-w", root, "--by", "Wang", "--profile", "nope"))
    assert "No scoring profile 'nope'" in unknown


def test_only_what_was_said_about_the_very_version_counts(root, missing):
    branch, metrics = missing
    bank = Bank.at(root)
    told = bank.ledger.check_ins
    catalogue = bank.definitions.on(date(2026, 10, 31))

    class Restated:
        """The check-ins of a version that nobody has spoken about yet."""

        def all(self, scope, **asked):
            return told.all(scope, **{**asked, "version": asked["version"] + 1})

    def open_ones(check_ins):
        found = signing_obstacles(SYSTEM, bank.published, check_ins, catalogue, branch=branch)
        return sorted(found["metric_id"])

    assert open_ones(Restated()) == metrics


def test_obstacles_are_for_those_who_may_see_the_branch(root, missing):
    bank = Bank.at(root)
    catalogue = bank.definitions.on(date(2026, 10, 31))
    other = Scope.of("another", ["B999"])
    with pytest.raises(AccessError):
        signing_obstacles(
            other, bank.published, bank.ledger.check_ins, catalogue, branch=missing[0]
        )
    with pytest.raises(AccessError):
        bank.ledger.sign_offs.all(other, branch=missing[0])
    assert bank.ledger.sign_offs.all(other).is_empty()
    with pytest.raises(UnknownNameError):
        signing_obstacles(
            SYSTEM, bank.published, bank.ledger.check_ins, catalogue, branch="nowhere"
        )


def test_figures_published_anew_are_another_thing_to_sign(root, missing):
    branch, metrics = missing
    for metric in metrics:
        assert add(root, branch, metric).code == 0
    assert here("sign", branch, "-w", root, "--by", "Wang").code == 0
    bank = Bank.at(root)
    day = date(2026, 10, 31)
    held = bank.published.current()[day, 1]
    rows = bank.published.facts(SYSTEM, as_of=day).collect().drop("as_of_date")
    nodes = bank.published.nodes(SYSTEM, as_of=day).collect()
    met = rows.with_columns(status=pl.lit("met"))
    bank.published.write("metric_fact", met, day, 1, "another")
    bank.published.write("node", nodes, day, 1, "another")
    bank.published.publish(replace(held, run_id="another", fingerprint="f2", published_at=AT))
    assert here("sign", branch, "-w", root, "--by", "Wang").code == 0
    signed = Bank.at(root).ledger.sign_offs.all(SYSTEM, branch=branch)
    assert signed["fingerprint"].to_list() == [held.fingerprint, "f2"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--metric", "sei_shar"), "Did you mean sei_share"),
        (("--metric", "sei_share", "--reading", "wide"), "No reading of sei_share 'wide'"),
        (("--metric", "sei_share", "--due", "soon"), "--due 'soon' is no day"),
        (("--metric", "sei_share", "--opinion", "fine"), "no opinion on a status"),
        (("--metric", "sei_share", "--as-of", "2019-12-31"), "is not published"),
        (("--metric", "sei_share", "--corrects", "999"), "no check-in number 999"),
        (("--metric", "sei_share", "--branch", "B0"), "No branch 'B0'"),
    ],
)
def test_a_check_in_about_nothing_is_refused(demo_bank, words, told):
    how = ("--branch", "HO", "--comment", "x", "--by", "Li", "-w", demo_bank.root)
    before = (demo_bank.root / "ledger.db").read_bytes()
    assert told in one_sentence(here("checkins", "add", *how, *words))
    assert (demo_bank.root / "ledger.db").read_bytes() == before
