"""`scorecard` and `profiles`: the arithmetic as printed, ranks, roll-ups, a bank's own profile, refusals."""

import csv
import io
import re
import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from orchestration.bank import SYSTEM, Bank
from orchestration.questions import scoring
from orchestration.questions.scoring import base_figures
from records.access import Scope
from tests.cards import profile_of, recomputed, text_of
from tests.whole.commands import figures, here, kpis, one_sentence
from tests.whole.grown import LAST
from transforms.errors import AccessError
from transforms.scorecards import JUDGED

pytestmark = pytest.mark.whole
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "scorecards.md"

PROFILE = re.compile(r"^```yaml\n(id: review.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def own(demo_bank, tmp_path_factory):
    """The demo bank with the profile of the handbook in its folder."""
    root = tmp_path_factory.mktemp("scoring") / "bank"
    shutil.copytree(demo_bank.root, root)
    (text,) = re.findall(
        r"^```yaml\n(id: review.*?)^```$",
        DOCUMENT.read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    (root / "scoring").mkdir()
    (root / "scoring" / "review.yaml").write_text(text, encoding="utf-8")
    return root


def rows_of(root, *words):
    said = here("scorecard", "-w", root, "--format", "csv", *words)
    assert said.code == 0, said.err
    return list(csv.DictReader(io.StringIO(said.out)))


def card_of(root, *words):
    return here("scorecard", "-w", root, "--format", "json", *words).json


@pytest.mark.parametrize("profile", ["standard", "review"])
@pytest.mark.parametrize("branch", ["HO", "R3", "B205", "B303", "B503"])
def test_the_total_can_be_recomputed_by_hand_from_what_is_printed(own, branch, profile):
    rows = rows_of(own, "--branch", branch, "--profile", profile)
    (total,) = [row for row in rows if row["row"] == "total"]
    assert Decimal(total["score"]) == recomputed(rows)
    subtotals = [Decimal(row["score"]) for row in rows if row["row"] == "subtotal"]
    lines = [Decimal(row["score"]) for row in rows if row["row"] == "line" and row["score"]]
    assert sum(subtotals) == sum(lines)


def test_json_and_csv_tell_the_same_and_json_has_the_agreed_names(own):
    card = card_of(own, "--branch", "B205", "--profile", "review")
    assert {"branch", "as_of_date", "profile", "profile_version", "total", "lines"} <= set(card)
    rows = rows_of(own, "--branch", "B205", "--profile", "review")
    (total,) = [row for row in rows if row["row"] == "total"]
    assert card["total"] == total["score"]
    lines = [row for row in rows if row["row"] == "line"]
    names = ("metric", "value", "target", "completion", "weight", "score", "status")
    assert [[line[name] or "" for name in names] for line in card["lines"]] == [
        [row[name] for name in names] for row in lines
    ]
    assert card["profile_version"] == lines[0]["profile_version"]


def test_every_line_of_the_standard_profile_has_an_approved_target_or_needs_none(demo_bank):
    for branch in ("HO", "R1", "B205"):
        lines = card_of(demo_bank.root, "--branch", branch)["lines"]
        without = {line["metric"] for line in lines if line["target"] is None}
        assert without == {"inclusive_npl_tolerance"}


def test_values_targets_and_statuses_are_the_published_ones(demo_bank):
    card = card_of(demo_bank.root, "--branch", "B205")
    published = figures(demo_bank.root, "--branch", "B205")
    for line in card["lines"]:
        own = published[line["metric"], line["reading"], "B205"]
        value = None if own["value"] is None else Decimal(own["value"])
        assert (None if line["value"] is None else Decimal(line["value"])) == value
        if line["metric"] != "lpr_spread":  # the catalogue takes no side on it
            assert line["status"] == own["status"]
        assert line["quality_state"] == own["quality_state"]


def test_what_cannot_be_scored_says_why_and_is_never_a_zero(demo_bank):
    card = card_of(demo_bank.root, "--branch", "HO")
    missing = {line["metric"]: line for line in card["lines"] if line["missing"]}
    increment = missing["loan_increment_ytd"]
    assert (increment["completion"], increment["score"], increment["missing"]) == (
        None,
        None,
        "exclude",
    )
    assert "2025-12-31" in increment["reason"]
    scored = sum(Decimal(line["weight"]) for line in card["lines"] if not line["missing"])
    assert Decimal(card["scored_weight"]) == scored < 100
    used = [Decimal(line["weight_used"]) for line in card["lines"] if line["weight_used"]]
    assert sum(used) == 100


def test_all_branches_are_ranked_and_ties_share_the_better_rank(demo_bank):
    rows = here("scorecard", "-w", demo_bank.root, "--all", "--format", "json").json
    totals = [Decimal(row["total"]) for row in rows if row["total"]]
    assert len(rows) > 30
    assert [row["rank"] for row in rows if row["total"]] == [
        1 + sum(other > one for other in totals) for one in totals
    ]
    assert all(row["rank"] is None for row in rows if not row["total"])
    last = next(row for row in rows if row["rank"] == max(row["rank"] or 0 for row in rows))
    card = card_of(demo_bank.root, "--branch", last["branch"])
    assert (card["rank"], card["total"]) == (last["rank"], last["total"])
    assert card["roll_up"]["figures"]["text"] == last["roll_up"]


def test_sub_branches_with_few_targets_have_no_total_and_it_says_so(demo_bank):
    card = card_of(demo_bank.root, "--branch", "B20501")
    assert (card["total"], card["rank"]) == (None, None)
    assert re.fullmatch(
        r"only [\d.]+ of 100 points of weight can be scored, and the profile asks for 50",
        card["reason"],
    )
    told = here("scorecard", "-w", demo_bank.root, "--branch", "B20501")
    assert card["reason"] in " ".join(told.out.split())


def test_a_status_is_rolled_up_over_figures_and_branches_with_counts(demo_bank):
    worst = card_of(demo_bank.root, "--branch", "R2")
    counts = card_of(demo_bank.root, "--branch", "R2", "--policy", "counts_only")
    own = worst["roll_up"]["figures"]
    judged = {status.value for status in JUDGED}
    listed = [line["status"] for line in worst["lines"]]
    assert own["counts"] == {s: listed.count(s) for s in own["counts"]}
    assert sum(own["counts"].values()) == sum(one in judged for one in listed)
    assert own["text"].startswith(f"worst of {sum(own['counts'].values())}: ")
    assert counts["roll_up"]["figures"]["counts"] == own["counts"]
    assert counts["roll_up"]["figures"]["status"] is None
    below = worst["roll_up"]["branches_below"]
    published = kpis(demo_bank.root, "--metric", "npl_ratio")
    nodes = [row for row in published if re.fullmatch(r"B2\d\d", row["branch"])]
    assert sum(below["counts"].values()) + sum(below["not_judged"].values()) == len(nodes) == 9


def test_a_comparison_adds_up_to_the_change_of_the_lines(demo_bank):
    card = card_of(demo_bank.root, "--branch", "B303", "--compare", "2026-09-30")
    then = card_of(demo_bank.root, "--branch", "B303", "--as-of", "2026-09-30")
    assert card["compare"]["total"] == then["total"]
    assert Decimal(card["compare"]["change"]) == Decimal(card["total"]) - Decimal(then["total"])
    before = {line["line"]: line["score"] for line in then["lines"]}
    assert {line["line"]: line["compare_score"] for line in card["lines"]} == before


def test_a_profile_is_listed_and_read_out(own):
    listed = here("profiles", "-w", own, "--format", "json").json
    assert {row["profile"]: row["file"] for row in listed} == {
        "standard": "standard.yaml",
        "review": "scoring/review.yaml",
    }
    early = here("profiles", "-w", own, "--as-of", "2016-12-31", "--format", "json").json
    assert [row["profile"] for row in early] == ["standard"]  # the bank's own holds from 2020
    assert "is not a month end" in one_sentence(here("profiles", "-w", own, "--as-of", "soon"))
    told = here("profiles", "review", "-w", own)
    assert "Status near if within its tolerance by less than 0.2 pp." in told.out
    (shown,) = {
        row["version"] for row in here("profiles", "review", "-w", own, "--format", "json").json
    }
    assert card_of(own, "--profile", "review")["profile_version"] == shown


def test_the_table_prints_the_arithmetic_and_the_version(demo_bank):
    said = here("scorecard", "-w", demo_bank.root, "--branch", "B205").out
    text = " ".join(said.split())
    assert re.search(r"Standard scorecard \(standard 1\.[0-9a-f]{8}\)", text)
    assert re.search(r"2 - [0-9.]+ / [0-9.]+ = [0-9.]+; [0-9.]+ × [0-9.]+ = [0-9.]+", text)
    assert "the weights used add up to the whole" in text
    assert re.search(r"Rank \d+ of \d+ in tier1; ties share the better rank\.", text)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--branch", "B999"], "No branch 'B999'."),
        (["--profile", "standart"], "No scoring profile 'standart'. Did you mean standard?"),
        (["--group", "sizes"], "No group 'sizes'. Did you mean size?"),
        (["--all", "--branch", "B205"], "Leave one of them out."),
        (["--all", "--level", "tier3"], "No level 'tier3'. Did you mean tier2 or tier1?"),
        (["--as-of", "2020-01-31"], "2020-01-31 is not published"),
        (["--compare", "2026-10-30"], "did you mean 2026-10-31?"),
        (["--compare", "2026-10-31"], "--compare names 2026-10-31, the month that is scored."),
        (["--level", "tier1"], "Add --all, or leave it out."),
        (["--branch", ""], "No branch ''."),
    ],
)
def test_wrong_use_is_refused_in_one_sentence(demo_bank, words, told):
    assert told in one_sentence(here("scorecard", "-w", demo_bank.root, *words))


def test_a_wrong_profile_of_the_bank_is_refused_with_file_line_and_near_miss(own):
    path = own / "scoring" / "wrong.yaml"
    text = text_of(["metric: gren_share, weight: 10, formula: higher"])
    try:
        path.write_text(text, encoding="utf-8")
        for command in ("scorecard", "profiles"):
            told = one_sentence(here(command, "-w", own))
            assert (
                "scoring/wrong.yaml line 13, groups.all.lines.0.metric: no metric 'gren_share'"
                in told
            )
            assert "Did you mean green_share" in told
    finally:
        path.unlink()


def test_a_reader_gets_the_cards_of_their_scope_and_the_same_ranks_as_everybody(demo_bank):
    bank = Bank.at(demo_bank.root)
    narrow = Scope.of("branch reader", ["B205"])
    mine, all_of_them = scoring.scored(bank, narrow), scoring.scored(bank, SYSTEM)
    for name in ("lines", "groups", "items", "vetoes", "cards"):
        held = getattr(mine.scores, name)
        assert set(held["branch_id"]) <= {"B205"}
        assert held.equals(getattr(all_of_them.scores.of("B205"), name))
    assert mine.nodes["node_id"].to_list() == ["B205"]
    with pytest.raises(AccessError):
        scoring.require_branch(mine, narrow, "B503")


def test_the_base_of_an_increment_is_the_last_year_end_over_todays_branches(grown):
    """Value less base is the increment that is published, at every node, merged or not."""
    lines = [
        f"metric: {metric}, weight: 5, formula: increment"
        for metric in ("sei_balance", "npl_ratio")
    ]
    profile = profile_of(text_of(lines), grown.catalogue)
    base = base_figures(grown.bank.published, grown.catalogue, profile.bases, LAST)
    told = {(row["metric_id"], row["branch_id"]): row["base_value"] for row in base.to_dicts()}
    for (metric, _, node), row in grown.facts.items():
        if metric == "sei_increment_ytd":
            now = grown.facts["sei_balance", "confirmed", node]["value"]
            assert now - told["sei_balance", node] == row["value"]
    nodes = {node for _, node in told}
    assert len(nodes) > 100
    # A share is made anew from its parts: at the root it is the one published then.
    then = grown.bank.published.facts(SYSTEM, as_of=date(2025, 12, 31)).filter(
        pl.col("metric_id") == "npl_ratio", pl.col("branch_id") == "HO", pl.col("slice") == "total"
    )
    assert then.collect()["value"].to_list() == [told["npl_ratio", "HO"]]


def test_a_year_end_that_is_not_published_is_a_reason_and_no_base(demo_bank):
    bank = Bank.at(demo_bank.root)
    profile = profile_of(
        text_of(["metric: sei_balance, weight: 5, formula: increment"]), bank.catalogue
    )
    base = base_figures(bank.published, bank.catalogue, profile.bases, bank.published.require(None))
    assert base["base_value"].null_count() == base.height > 0
    assert set(base["base_reason"]) == {"the month 2025-12-31 that it rests on is not published"}
