"""`project`, `peers` and `changes` as a user meets them, on the shared demo banks."""

import csv
import io
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

import polars as pl
import pytest

from orchestration.bank import SYSTEM, Bank
from orchestration.questions import movements, peering, projecting
from orchestration.questions.projecting import Asked
from records.access import Scope
from records.published import RESULTS
from tests.whole.commands import here, kpis, one_sentence
from transforms.analysis.changed import reorganised
from transforms.errors import AccessError
from transforms.periods import month_ends

pytestmark = pytest.mark.whole


@pytest.fixture(scope="module")
def root(demo_bank):
    assert demo_bank.code == 0, demo_bank.err
    return demo_bank.root


@pytest.fixture(scope="module")
def bank(root):
    return Bank.at(root)


@pytest.fixture(scope="module")
def days(bank):
    return sorted(bank.published.newest_versions())


def value(root, metric, branch, reading, as_of="latest"):
    rows = kpis(
        root, "--metric", metric, "--branch", branch, "--reading", reading, "--as-of", as_of
    )
    return rows[0]


def asked(root, *words):
    return here("project", "-w", root, "--format", "json", *words).json


def test_a_projection_begins_at_the_published_figure_and_names_its_method(root, days):
    told = asked(root, "--metric", "sei_share", "--branch", "HO")
    assert told["as_of_date"] == days[-1].isoformat()
    assert told["to"] == f"{days[-1].year}-12-31"
    shown = value(root, "sei_share", "HO", told["reading"])
    assert Decimal(told["value"]) == Decimal(shown["value"])
    assert [one["method"] for one in told["methods"]] == ["run_rate", "seasonal", "last_value"]
    assert told["method"] == "last_value"  # three months know no year end
    assert told["methods"][0]["reason"] == f"there is no figure of {days[-1].year - 1}-12-31"
    assert told["low"] is None
    assert (
        told["no_range"]
        == f"no range: {told['tests']} test{'s' * (told['tests'] != 1)}, it takes 6"
    )


def test_a_ratio_is_the_quotient_of_its_projected_sides(root):
    told = asked(root, "--metric", "npl_ratio", "--branch", "HO")
    quotient = Decimal(told["numerator"]) / Decimal(told["denominator"])
    assert abs(Decimal(told["projected"]) - quotient) < Decimal("1e-11")


def test_the_back_tests_are_told_one_by_one(root, days):
    end = days[-1]
    words = ("--metric", "loan_balance", "--branch", "HO", "--as-of", days[1], "--to", end)
    rows = asked(root, *words)["backtest"]
    assert [(row["origin"], row["outcome"]) for row in rows if row["method"] == "last_value"] == [
        (days[0].isoformat(), days[1].isoformat())
    ]
    said = here("project", "-w", root, *words, "--backtest", "--method", "last_value")
    assert said.code == 0, said.err
    assert "What each method would have said then, and what came" in said.out
    assert "Method: last value (as asked)." in said.out
    sheet = here("project", "-w", root, *words, "--backtest", "--format", "csv")
    assert next(csv.DictReader(io.StringIO(sheet.out)))["origin"] == days[0].isoformat()


def test_the_target_of_the_period_is_compared_with(root, days):
    told = asked(root, "--metric", "npl_ratio", "--branch", "HO")
    reached = Decimal(told["projected"]) <= Decimal(told["target"])
    assert told["outlook"] == ("would_meet" if reached else "would_miss")  # without a range
    headroom = asked(root, "--metric", "inclusive_npl_tolerance", "--branch", "HO")
    assert headroom["target"] == "0"
    (note,) = headroom["notes"]
    assert note["en"].startswith("The limit is taken as it stands now;")
    came = {
        row["as_of_date"]: row["value"]
        for row in kpis(
            *(root, "--branch", "HO", "--metric", "inclusive_npl_tolerance", "--as-of", "all"),
            *("--reading", headroom["reading"]),
        )
    }
    tested = asked(
        *(root, "--metric", "inclusive_npl_tolerance", "--branch", "HO"),
        *("--as-of", days[-1], "--to", month_ends(date(days[-1].year, 12, 31), 2)[0]),
    )["backtest"]
    assert tested
    assert all(Decimal(one["actual"]) == Decimal(came[one["outcome"]]) for one in tested)
    positive = Decimal(headroom["projected"]) >= 0
    assert headroom["outlook"] == ("would_meet" if positive else "would_miss")


def test_a_figure_that_is_missing_is_not_projected_and_says_why(root):
    said = here("project", "-w", root, "--metric", "first_time_clients_ytd", "--branch", "HO")
    assert "borrower_first_loan_event was not delivered for" in one_sentence(said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--metric", "sei_growth_gap"), "it is the difference of two metrics"),
        (("--metric", "first_time_clients"), "it covers one month only"),
        (("--metric", "sei_shar"), "Did you mean"),
        (("--metric", "sei_share", "--branch", "B99999"), "No branch 'B99999'"),
        (("--metric", "sei_share", "--reading", "wide"), "No reading of sei_share 'wide'"),
        (("--metric", "sei_share", "--to", "2020-01-31"), "has ended by"),
        (("--metric", "sei_share", "--to", "2029-01-31"), "another year"),
    ],
)
def test_a_projection_that_cannot_be_is_refused_in_one_sentence(root, words, said):
    branch = () if "--branch" in words else ("--branch", "HO")
    assert said in one_sentence(here("project", "-w", root, *words, *branch))


def test_nobody_projects_a_branch_outside_their_scope(bank):
    metric = bank.catalogue.metrics["sei_share"]
    with pytest.raises(AccessError):
        projecting.project(bank, Scope.of("b303", ["B303"]), Asked(metric, "B302"))


def test_months_before_a_merger_are_rolled_up_over_todays_branches(grown):
    into, gone = merged(grown.bank)
    metric = grown.bank.catalogue.metrics["loan_balance"]
    told = projecting.project(grown.bank, SYSTEM, Asked(metric, into))
    assert any("rolled up over today's branches" in note.en for note in told.notes)
    day = date(2025, 3, 31)
    facts = grown.bank.published.facts(SYSTEM, as_of=day).filter(
        pl.col("metric_id") == "loan_balance",
        pl.col("reading") == metric.default_reading,
        pl.col("slice") == "total",
        pl.col("branch_id").is_in([into, gone]),
    )
    assert told.path.months[day].numerator == facts.collect()["value"].sum()


def test_clients_before_a_merger_cannot_be_counted_again_and_are_left_out(grown):
    into, _ = merged(grown.bank)
    metric = grown.bank.catalogue.metrics["loan_clients"]
    told = projecting.project(grown.bank, SYSTEM, Asked(metric, into))
    assert date(2025, 3, 31) not in told.path.months
    assert any("clients cannot be counted again" in note.en for note in told.notes)


def merged(bank):
    """A branch of the main level into which another was merged, and that one."""
    told = movements.changes(bank, SYSTEM, "HO", compare=date(2025, 3, 31))
    rows = told.events.filter(pl.col("kind") == "merged")
    return rows["branch_id"][0], rows["other_id"][0]


def peers_of(root, *words):
    return here("peers", "-w", root, "--format", "json", *words).json


def test_months_in_which_other_branches_began_to_count_are_those_of_sets_node_by_node(grown):
    published = grown.bank.published
    days = sorted(published.newest_versions())
    rows = published.counts_in(SYSTEM, days).select("as_of_date", "branch_id", "node_id").collect()
    counting, known = {}, {}
    for day, branch, node in rows.iter_rows():
        counting.setdefault((day, node), set()).add(branch)
        known.setdefault(day, set()).add(branch)
    expected = [
        (day, node)
        for earlier, day in pairwise(days)
        for node in sorted(rows["node_id"].unique())
        if counting.get((day, node), set()) & known[earlier]
        != counting.get((earlier, node), set()) & known[day]
    ]
    assert expected
    assert reorganised.regrouped(rows, days).rows() == expected


def test_a_branch_is_ranked_among_its_level_and_the_figures_are_the_published_ones(root):
    told = peers_of(root, "--metric", "npl_ratio", "--branch", "B303")
    members = {one["branch"]: one for one in told["members"]}
    assert told["branches"] == len([one for one in members.values() if one["rank"]])
    assert Decimal(members["B303"]["value"]) == Decimal(
        value(root, "npl_ratio", "B303", told["reading"])["value"]
    )
    better = sum(
        Decimal(one["shrunk"]) < Decimal(told["shrunk"])
        for one in members.values()
        if one["shrunk"] is not None
    )
    assert told["rank"] == better + 1
    assert told["clients"] == "loan_clients"
    assert "shrunk = w × value" in told["formula"] or "no more than chance" in told["formula"]


def test_a_count_is_ranked_as_it_stands(root):
    told = peers_of(root, "--metric", "loan_clients", "--branch", "B303", "--group", "size")
    assert told["formula"] is None
    assert told["dated"]
    assert any(
        "the groups are of" in note["en"] for note in told["notes"]
    )  # no year end is published
    values = [int(one["value"]) for one in told["members"] if one["rank"]]
    assert values == sorted(values, reverse=True)


def test_a_group_that_is_too_small_is_not_shown(root):
    told = peers_of(root, "--metric", "npl_ratio", "--branch", "HO")
    assert told["shown"] is False
    assert told["branches"] == 1
    assert [one["branch"] for one in told["members"]] == ["HO"]
    assert told["rank"] is None
    assert told["median"] is None
    said = here("peers", "-w", root, "--metric", "npl_ratio", "--branch", "HO")
    assert "Not shown: the group has figures of 1, and it takes 5" in said.out


def test_a_branch_sees_its_place_and_nobodys_name(bank):
    metric = bank.catalogue.metrics["first_time_clients"]
    told = peering.beside(bank, Scope.of("b303", ["B303"]), metric, "B303")
    named = told.rows["branch_id"].drop_nulls().to_list()
    assert named == ["B303"]
    others = told.rows.filter(~pl.col("own"))
    assert others["suppressed"].sum() > 30  # few clients of a small bank are new in one month
    assert others.filter(pl.col("value") < 3).is_empty()
    assert others["numerator"].null_count() == others.height
    assert told.marks_hidden
    assert told.own["rank"] is None  # its own count is as small
    with pytest.raises(AccessError):
        peering.beside(bank, Scope.of("b303", ["B303"]), metric, "B302")


def test_groups_are_data_for_whoever_ranks(bank, days):
    everybody = peering.groups(bank, SYSTEM, "level", days[-1])
    assert everybody.columns == ["branch_id", "group"]
    own = peering.groups(bank, Scope.of("b303", ["B303"]), "mix", days[-1])
    assert own["branch_id"].to_list() == ["B303"]


def test_a_bank_names_groups_of_its_own(root, tmp_path):
    own = tmp_path / "bank"
    shutil.copytree(root, own)
    listed = ", ".join(f"B{n}" for n in (101, 102, 201, 202, 301, 302, 303, 999))
    text = f"lists:\n  coast: {{label: {{en: On the coast, zh: 沿海}}, branches: [{listed}]}}\n"
    (own / "peers.yaml").write_text(text, encoding="utf-8")
    told = peers_of(own, "--metric", "loan_balance", "--branch", "B303", "--group", "coast")
    assert told["label"] == {"en": "On the coast", "zh": "沿海"}
    assert told["branches"] == 7
    assert [note["en"] for note in told["notes"]] == [
        f"On the list, but no branch on {told['as_of_date']}: B999."
    ]
    said = here(
        "peers", "-w", own, "--metric", "loan_balance", "--branch", "B304", "--group", "coast"
    )
    assert "B304 is in no group by coast" in one_sentence(said)
    (own / "peers.yaml").write_text("minimum_branches: 2\n", encoding="utf-8")
    refused = here("peers", "-w", own, "--metric", "loan_balance", "--branch", "B303")
    assert "minimum_branches" in one_sentence(refused)


def test_mean_rates_are_not_called_chance(root):
    told = here(
        "peers", "-w", root, "--metric", "loan_rate", "--branch", "B303", "--format", "json"
    )
    assert told.json["k"] == "30"
    assert len({one["shrunk"] for one in told.json["members"]}) > 1
    share = here(
        "peers", "-w", root, "--metric", "sei_share", "--branch", "B303", "--format", "json"
    )
    assert share.json["k"] != "30"


def test_an_unknown_grouping_is_refused(root):
    said = here("peers", "-w", root, "--metric", "npl_ratio", "--branch", "HO", "--group", "colour")
    assert one_sentence(said) == ("No group 'colour'. There are level, size, region, mix.")


def changed(root, *words):
    return here("changes", "-w", root, "--format", "json", *words).json


def test_changes_are_events_with_a_sentence_in_both_languages(root, days):
    told = changed(root, "--branch", "HO")
    assert told["compared_with"] == days[-2].isoformat()
    for one in told["events"]:
        assert one["en"].endswith(".")
        assert one["zh"].endswith("。")
    assert [one["place"] for one in told["events"]] == list(range(1, len(told["events"]) + 1))
    gravities = [one["gravity"] for one in told["events"]]
    assert gravities == sorted(gravities)


def test_a_status_event_is_what_the_two_months_published(root, days):
    statuses = [
        (branch, one)
        for branch in ("B303", "B403", "B201", "HO")
        for one in changed(root, "--branch", branch)["events"]
        if one["kind"] == "status"
    ]
    assert statuses
    branch, one = statuses[0]
    rows = [
        {
            row["reading"]: row
            for row in kpis(root, "--metric", one["metric"], "--branch", branch, "--as-of", day)
        }
        for day in (days[-2], days[-1])
    ]
    pairs = [
        (rows[0][reading]["status"], rows[1][reading]["status"], rows[1][reading]["value"])
        for reading in rows[1]
    ]
    assert any(
        (was, now) == (one["status_before"], one["status_after"])
        and Decimal(value) == Decimal(one["after"])
        for was, now, value in pairs
    )


def test_the_same_is_told_to_people_in_their_language_and_no_more_than_asked(root):
    told = changed(root, "--branch", "HO")
    english = here("changes", "-w", root, "--branch", "HO", "--top", "1").out
    chinese = here("changes", "-w", root, "--branch", "HO", "--lang", "zh").out
    if told["events"]:
        assert told["events"][0]["en"] in english.replace("\n", " ")
        assert told["events"][0]["zh"][:12] in chinese
    else:
        assert told["nothing"]["en"] in english
        assert told["nothing"]["zh"] in chinese


def test_a_branch_is_told_of_itself_and_of_no_other(bank):
    own = Scope.of("b303", ["B303"])
    told = movements.changes(bank, own, "B303")
    assert set(told.events["branch_id"]) <= {"B303"}
    with pytest.raises(AccessError):
        movements.changes(bank, own, "B302")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--compare", "last_week"), "is no comparison"),
        (("--compare", "2031-01-31"), "is not before"),
        (("--compare", "2020-01-31"), "is not published"),
        (
            ("--compare", "same_month_last_year"),
            "Name a published month end with --compare, such as",
        ),
        (("--branch", "B9999"), "No branch 'B9999'"),
    ],
)
def test_changes_that_cannot_be_told_are_refused_in_one_sentence(root, words, said):
    branch = () if "--branch" in words else ("--branch", "HO")
    assert said in one_sentence(here("changes", "-w", root, *words, *branch))


def test_the_first_month_has_nothing_to_be_compared_with(root, days):
    said = one_sentence(here("changes", "-w", root, "--branch", "HO", "--as-of", days[0]))
    assert f"No month before {days[0]} is" in said


def test_a_target_that_was_changed_since_is_told_with_both(root, tmp_path):
    own = tmp_path / "bank"
    shutil.copytree(root, own)
    before = value(own, "npl_ratio", "HO", "default")["target"]
    one = ("--branch", "HO", "--metric", "npl_ratio", "--period", "2026")
    for words in (("set", "--value", "0.5", "--by", "ann", "--submit"), ("approve", "--by", "bob")):
        assert here("targets", words[0], "-w", own, *one, *words[1:]).code == 0
    events = [e for e in changed(own, "--branch", "HO")["events"] if e["kind"] == "target"]
    assert [(e["metric"], e["target_before"], e["target_after"]) for e in events] == [
        ("npl_ratio", before, "0.5")
    ]
    assert not [e for e in changed(root, "--branch", "HO")["events"] if e["kind"] == "target"]


def test_a_restated_month_is_told_first_reported_and_known_now(root, tmp_path):
    own = tmp_path / "bank"
    shutil.copytree(root, own)
    bank = Bank.at(own)
    day = max(bank.published.newest_versions())
    restate(bank, day)
    told = changed(own, "--branch", "HO")
    events = [one for one in told["events"] if one["kind"] == "restated"]
    assert len(events) == 1
    one = events[0]
    assert (one["month"], one["metric"], one["figures"]) == (day.isoformat(), "npl_ratio", 1)
    assert Decimal(one["after"]) == Decimal(one["before"]) * 2
    assert "1 figure differs from the first report" in one["en"]
    path = asked(own, "--metric", "npl_ratio", "--branch", "HO")
    assert any(f"first reported: {day}" in note["en"] for note in path["notes"])


def restate(bank, day):
    """Publish a month again with twice the bank's NPL ratio, as another build would have."""
    published = bank.published
    version = published.newest_versions()[day]
    current = published.current()[day, version]
    run = "restated"
    at = (pl.col("metric_id") == "npl_ratio") & (pl.col("branch_id") == "HO")
    for table in RESULTS:
        rows = published.draft(table, day, version, current.run_id)
        if table == "metric_fact":
            twice = [
                pl.when(at & (pl.col("slice") == "total"))
                .then(pl.col(name) * Decimal(2))
                .otherwise(name)
                .cast(rows.schema[name])
                .alias(name)
                for name in ("value", "numerator")
            ]
            rows = rows.with_columns(twice)
        published.write(table, rows, day, version, run)
    published.publish(replace(current, run_id=run))
