"""Scoring profiles as files: what is refused and how, editions, versions, and how they read."""

from datetime import date
from decimal import Decimal

import pytest

from tests.cards import profile_of, text_of
from tests.scenario import CATALOGUE
from transforms.errors import BranchmarkError, CatalogueError, UnknownNameError
from transforms.scoring import load, told
from transforms.scoring.model import Formula

LINE = "metric: sei_share, weight: 10, formula: higher"
BANDED = "metric: sei_share, weight: 10, formula: bands, bands: {{steps: [{}]}}"


def refusal(text, name="tried.yaml"):
    with pytest.raises(CatalogueError) as refused:
        load.load(CATALOGUE, texts={name: text})
    return str(refused.value)


def test_the_standard_profile_weighs_as_the_bank_decided():
    (profile,) = load.load(CATALOGUE)[load.STANDARD]
    weights = {group.group_id: group.weight for group in profile.groups}
    assert weights == {"compliance_risk": 45, "structure": 35, "volume_price": 20}
    own = {line.figure.metric: line.weight for line in profile.lines}
    assert own == {
        "npl_ratio": 15,
        "overdue_ratio": 10,
        "inclusive_npl_tolerance": 10,
        "ten_largest_clients_share": 10,
        "sei_share": 10,
        "first_time_tech_clients_ytd": 8,
        "tech_loan_share": 5,
        "green_share": 5,
        "green_supply_chain_balance": 4,
        "inclusive_growth_gap": 3,
        "loan_increment_ytd": 10,
        "lpr_spread": 10,
    }
    assert (profile.deduction_limit, profile.bonus_limit) == (10, 5)
    assert {
        (line.floor, line.cap) for line in profile.lines if line.formula is not Formula.BANDS
    } == {
        (0, Decimal("1.2")),
        (0, 1),
    }


@pytest.mark.parametrize(
    ("line", "told_so"),
    [
        (
            "metric: sei_shar, weight: 10, formula: higher",
            "tried.yaml line 13, groups.all.lines.0.metric: no metric 'sei_shar'. Did you mean sei_share",
        ),
        (
            "metric: sei_share, reading: confirm, weight: 10, formula: higher",
            (
                "sei_share has no reading 'confirm'; it has strict, confirmed, broad, all_loans. "
                "Did you mean confirmed"
            ),
        ),
        (
            "metric: sei_share, weight: 10, formula: higer",
            (
                "line 13, groups.all.lines.0.formula: input should be 'higher', 'lower', 'increment', "
                "'bands' or 'rank'. Did you mean higher"
            ),
        ),
        (
            "metric: sei_share, wieght: 10, weight: 10, formula: higher",
            "nothing is called 'wieght' here. Did you mean weight",
        ),
        (
            "metric: npl_ratio, weight: 10, formula: higher",
            "higher does not fit npl_ratio, of which lower is better; write lower",
        ),
        (
            "metric: lpr_spread, weight: 10, formula: higher",
            "lpr_spread points neither way in the catalogue; say with `better`",
        ),
        (
            "metric: sei_share, weight: 10, formula: higher, better: lower",
            "the catalogue says of sei_share that higher is better",
        ),
        (
            "metric: sei_share, weight: 10, formula: higher, floor: 1.3",
            "the floor 1.3 is above the cap 1.2",
        ),
        ("metric: sei_share, weight: 0, formula: higher", "input should be greater than 0"),
        ("metric: sei_share, weight: NaN, formula: higher", "input should be a finite number"),
        (
            "metric: sei_share, weight: 10, formula: bands",
            "bands needs `bands` with its steps",
        ),
        (
            LINE + ", rank: {least: 3}",
            "only the formula rank takes it",
        ),
        (
            "metric: sei_share, weight: 10, formula: rank, rank: {first: 0.2, last: 0.5}",
            "the first gets 0.2, less than the last with 0.5",
        ),
        (
            "metric: loan_clients, weight: 10, formula: increment",
            "loan_clients cannot be taken over today's branches at the last year end",
        ),
        (
            "metric: loan_increment_ytd, weight: 10, formula: increment",
            "loan_increment_ytd cannot be taken over today's branches at the last year end",
        ),
        (
            BANDED.format("{at_least: 0.1, share: 1}, {at_least: 0.1, share: 0.5}"),
            "at_least 0.1 asks for no less than 0.1 before it; the most demanding step comes first",
        ),
        (
            BANDED.format("{at_least: 0.2, share: 0.5}, {at_least: 0.1, share: 1}"),
            "the share 1 for less is above the share 0.5 for more",
        ),
        (
            BANDED.format("{at_most: 0.2, share: 0.5}"),
            "each step needs `at_least`, and nothing else, here",
        ),
        (
            LINE + ", exempt: {tolerance: npl_ratio}",
            "npl_ratio is no tolerance; there are inclusive_npl_tolerance, tech_small_npl_tolerance",
        ),
        (
            LINE + ", missing: {rule: neutral}",
            "`at` is the completion of a neutral line: neutral needs it, no other rule takes it",
        ),
        (
            LINE + ", missing: {rule: zero, at: 1}",
            "neutral needs it, no other rule takes it",
        ),
    ],
)
def test_a_wrong_line_is_refused_with_file_line_name_and_near_miss(line, told_so):
    assert told_so in refusal(text_of([line]))


@pytest.mark.parametrize(
    ("rest", "told_so"),
    [
        ("total: 99", "'total' stands twice"),
        ("cap: &one 1.2\nfloor: *one", "anchors and aliases are not used here"),
        ("cap: [", "is no YAML"),
        (
            "valid_to: 2019-12-31",
            "line 8, valid_to: it ends on 2019-12-31, before it begins",
        ),
        ("least_scored: 11", "it is more than the total of 10"),
        ("roll_up: {policy: wurst}", "Did you mean worst"),
        (
            "roll_up: {policy: worst, priority: [missed, missed, near]}",
            "it must name met, near and missed, each once",
        ),
        (
            "bonuses: [{metric: npl_ratio, per: 1, points: 1, exempt: {tolerance: inclusive_npl_tolerance}}]",
            "a tolerance waives a deduction; it never adds points",
        ),
        (
            "deductions: [{metric: npl_ratio, per: 0, points: 1}]",
            "deductions.0.per: input should be greater than 0",
        ),
        (
            "deductions: [{metric: npl_ratio, per: 1, points: 1}, {metric: npl_ratio, per: 2, points: 1}]",
            "deduction or bonus 'npl_ratio' stands twice; give one of them an `id` of its own",
        ),
        ("vetoes: [{metric: npl_ratoi, beyond: 1}]", "Did you mean npl_ratio"),
        (
            "status: [{when: met, status: met}, {when: otherwise, status: missed}]",
            (
                "without a rule for not_computable, nothing_to_compute_on, no_target a missing figure "
                "would be judged"
            ),
        ),
        (
            "status: [{when: no_target, status: missed}]",
            "what is missing is not judged; it cannot be missed",
        ),
        (
            "status: [{when: otherwise, status: missed}, {when: met, status: met}]",
            "otherwise comes last: nothing after it is ever reached",
        ),
        ("status: [{when: met, status: met, below: 3}]", "only the narrow rules take it"),
        (
            "status: [{when: met_narrowly, status: near}]",
            "only the narrow rules take it, and need it",
        ),
    ],
)
def test_a_wrong_profile_is_refused_whole(rest, told_so):
    assert told_so in refusal(text_of([LINE], rest))


def test_weights_that_do_not_add_up_are_refused_with_both_numbers():
    assert "the groups weigh 10, and the total of the profile is 100" in refusal(
        text_of([LINE], total=100)
    )
    wrong = text_of([LINE]).replace("weight: 10\n", "weight: 12\n")
    assert "its lines weigh 10, the group says 12" in refusal(wrong)


def test_the_same_metric_twice_needs_names():
    twice = [LINE, "metric: sei_share, reading: strict, weight: 5, formula: higher"]
    assert "line 'sei_share' stands twice" in refusal(text_of(twice))
    named = [LINE, "id: strict, metric: sei_share, reading: strict, weight: 5, formula: higher"]
    assert [line.line_id for line in profile_of(text_of(named)).lines] == ["sei_share", "strict"]


def test_every_problem_of_every_file_is_told_at_once():
    with pytest.raises(CatalogueError) as refused:
        load.load(
            CATALOGUE,
            {"own.yaml": text_of(["metric: gren_share, weight: 1, formula: higher"])},
            texts={"shipped.yaml": text_of(["metric: sei_shar, weight: 1, formula: higher"])},
        )
    assert len(refused.value.problems) == 2
    assert refused.value.problems[1].startswith("scoring/own.yaml line 13")


def test_another_weight_makes_another_version_and_another_name_does_not():
    first = profile_of(text_of([LINE]))
    heavier = profile_of(text_of([LINE.replace("10", "11")]))
    renamed = profile_of(text_of([LINE]).replace("Tried", "Tried again"))
    declared = profile_of(text_of([LINE]).replace("version: 1", "version: 2"))
    assert first.version.startswith("1.")
    assert heavier.version != first.version
    assert renamed.version == first.version
    assert declared.version != first.version


def test_a_workspace_adds_profiles_and_takes_the_place_of_the_products():
    own = text_of([LINE]).replace("id: tried", "id: standard")
    held = load.load(CATALOGUE, {"mine.yaml": own, "other.yaml": text_of([LINE])})
    assert set(held) == {"standard", "tried"}
    assert [line.figure.metric for line in held["standard"][0].lines] == ["sei_share"]


def test_the_edition_of_the_day_is_used_and_two_for_one_day_are_refused():
    until = text_of([LINE], "valid_to: 2025-12-31")
    since = text_of([LINE.replace("10", "20")]).replace("2020-01-01", "2026-01-01")
    held = load.load(CATALOGUE, {"b.yaml": since, "a.yaml": until}, texts={})
    assert load.in_force(held, "tried", date(2025, 12, 31)).total == 10
    assert load.in_force(held, "tried", date(2026, 1, 1)).total == 20
    with pytest.raises(BranchmarkError, match=r"not in force on 2019-12-31: it holds from 2020"):
        load.in_force(held, "tried", date(2019, 12, 31))
    with pytest.raises(UnknownNameError, match=r"Did you mean tried\?"):
        load.in_force(held, "treid", date(2026, 1, 1))
    with pytest.raises(CatalogueError, match=r"editions of tried hold at the same time from 2026"):
        load.load(CATALOGUE, {"a.yaml": text_of([LINE]), "b.yaml": since}, texts={})


def test_a_profile_reads_in_both_languages():
    (profile,) = load.load(CATALOGUE)[load.STANDARD]
    by_name = {line.line_id: line for line in profile.lines}
    assert told.line(by_name["npl_ratio"], profile) == "2 - actual / target; counts from 0 to 1.2"
    assert (
        told.line(by_name["inclusive_growth_gap"], profile, "zh")
        == "按指标值分档：不低于 0 pp：1，不低于 -1 pp：0.6，不低于 -3 pp：0.3，其余 0"
    )
    (item,) = profile.items
    assert told.item(item) == (
        "points taken: 1 for each 0.5 pp above its target; at most 5; within Headroom under the NPL "
        "tolerance nothing is taken off"
    )
    for language in ("en", "zh"):
        sentences = told.rules(profile, language)
        assert len(sentences) == 6 + len(profile.status)
        assert not [one for one in sentences if "{" in one]


def test_a_profile_that_uses_everything_reads_whole():
    text = text_of(
        [
            "metric: sei_share, weight: 5, formula: rank",
            (
                "metric: green_share, weight: 5, formula: bands, missing: {rule: neutral, at: 0.6}, "
                "bands: {of: higher, steps: [{at_least: 1, share: 1}]}"
            ),
            (
                "metric: inclusive_npl_ratio, weight: 5, formula: lower, exempt: {tolerance: "
                "inclusive_npl_tolerance}"
            ),
        ],
        "vetoes: [{metric: npl_ratio, beyond: 0.05, cap: 60}]",
        "bonuses: [{metric: tech_loan_share, beyond: 0.2, per: 0.01, points: 1, limit: 2}]",
        "status:",
        "  - {when: not_computable, status: not_comparable}",
        "  - {when: nothing_to_compute_on, status: n/a}",
        "  - {when: within_narrowly, below: 0.2, status: near}",
        "  - {when: within, status: within}",
        "  - {when: beyond, status: exceeded}",
        "  - {when: no_target, status: no_target}",
        "  - {when: met, status: met}",
        "  - {when: otherwise, status: missed}",
    )
    profile = profile_of(text)
    lines = [told.line(one, profile) for one in profile.lines]
    assert lines[0].startswith("by rank among peers, from 1 for the first to 0 for the last")
    assert lines[1].startswith("by steps of actual / target: at least 1: 1, otherwise 0")
    assert lines[1].endswith("if a line cannot be scored, it counts as a completion of 0.6")
    assert "it counts as completed, and no more" in lines[2]
    assert told.veto(profile.vetoes[0]) == "above 5 % the total is 60 at most"
    assert told.item(profile.items[0]) == "points added: 1 for each 1 pp above 20 %; at most 2"
    assert "status near if within its tolerance by less than 0.2 pp" in told.rules(profile)


def test_a_file_that_nests_without_end_is_refused_and_breaks_nothing():
    assert "nests more than 20 deep" in refusal("cap: " + "[" * 5000)
    assert "nests more than 20 deep" in refusal("cap: " + "[" * 5000 + "]" * 5000)


def test_an_empty_file_is_no_profile():
    assert "id: field required" in refusal("")
    assert "input should be a valid dictionary" in refusal("- 1")
