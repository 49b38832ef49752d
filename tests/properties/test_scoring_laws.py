"""Laws of scoring that hold for any figures and any profile."""

import random
from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from orchestration.cli.cards import Card
from orchestration.questions.scoring import Scored
from tests.cards import card, facts_of, peers_of, profile_of, recomputed, scored, text_of
from transforms.hierarchy import NODE
from transforms.scoring.score import score

LAWS = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
TOLERATED = "exempt: {tolerance: inclusive_npl_tolerance}"
STEPS = (
    "{steps: [{at_least: 0.2, share: 1.1}, {at_least: 0.1, share: 0.7}, {at_least: 0, share: 0.2}]}"
)
EVERY_FORMULA = {
    "higher": ("sei_share", 1, "formula: higher"),
    "lower": ("npl_ratio", -1, "formula: lower"),
    "increment": ("sei_share", 1, "formula: increment"),
    "increment downwards": ("npl_ratio", -1, "formula: increment"),
    "bands of the value": ("sei_share", 1, f"formula: bands, bands: {STEPS}"),
    "bands of a completion": (
        "npl_ratio",
        -1,
        "formula: bands, bands: {of: lower, steps: [{at_least: 1, share: 1}, {at_least: 0.5, share: 0.3}]}",
    ),
    "rank": ("sei_share", 1, "formula: rank, rank: {least: 2}"),
    "exempted": ("inclusive_npl_ratio", -1, f"formula: lower, {TOLERATED}"),
}


@pytest.mark.parametrize("name", list(EVERY_FORMULA))
def test_a_better_figure_never_scores_less(name):
    """All branches have one target and base, and figures from bad to good; scores never fall."""
    metric, sign, formula = EVERY_FORMULA[name]
    draw = random.Random(11)  # noqa: S311 - figures, no secrets
    values = sorted({Decimal(draw.randint(-500, 3000)) / 10_000 for _ in range(60)})
    target, base = ("0.12", "0.04") if sign > 0 else ("0.04", "0.12")
    rows = "".join(f"b{at} | {metric} | {one} | {target}\n" for at, one in enumerate(values))
    within = "".join(f"b{at} | inclusive_npl_tolerance | 1 |\n" for at in range(0, 60, 7))
    drawn = "branch | metric | actual | target\n" + rows + (within if name == "exempted" else "")
    bases = "branch | metric | base\n" + "".join(
        f"b{at} | {metric} | {base}\n" for at in range(len(values))
    )
    scores = scored(
        text_of([f"metric: {metric}, weight: 10, {formula}"]),
        drawn,
        base=bases,
        peers=peers_of(**{f"b{at}": "x" for at in range(len(values))}),
    )
    kept = scores.lines.filter(pl.col("value").is_not_null(), ~pl.col("exempted"))
    ordered = kept.sort(pl.col("value") * sign)["score"].to_list()
    assert ordered == sorted(ordered)
    assert len(set(ordered)) >= 3
    assert min(ordered) >= 0
    assert max(ordered) <= 12


@st.composite
def cards(draw):
    """A profile of some lines with odd weights, and figures of which some are missing."""
    metrics = ["sei_share", "green_share", "tech_loan_share", "npl_ratio", "overdue_ratio"]
    lower = {"npl_ratio", "overdue_ratio"}
    weights = draw(st.lists(st.integers(1, 4000), min_size=2, max_size=5))
    lines = [
        f"metric: {metric}, weight: {Decimal(weight) / 100}, formula: "
        + ("lower" if metric in lower else "higher")
        for metric, weight in zip(metrics, weights, strict=False)
    ]
    amount = st.one_of(st.none(), st.integers(-50, 4000))
    figures = "metric | actual | target\n" + "".join(
        f"{metric} | {_cell(draw(amount))} | {_cell(draw(amount))}\n"
        for metric, _ in zip(metrics, weights, strict=False)
    )
    missing = draw(st.sampled_from(["exclude", "zero", "{rule: neutral, at: 0.55}"]))
    return lines, figures, missing


def _cell(value):
    return "" if value is None else str(Decimal(value) / 10_000)


@LAWS
@given(cards())
def test_the_weights_used_add_up_to_the_total_and_scores_to_the_lines_score(drawn):
    lines, figures, missing = drawn
    scores = scored(text_of(lines, missing=missing), figures)
    used = scores.lines["weight_used"].drop_nulls()
    whole = scores.profile.total
    assert used.len() == 0 or used.sum() == whole
    assert (used >= 0).all()
    assert scores.lines["score"].sum() == card(scores)["lines_score"]
    assert scores.groups["score"].sum() == card(scores)["lines_score"]


@LAWS
@given(cards(), st.randoms(use_true_random=False))
def test_the_order_of_lines_and_of_rows_changes_nothing(drawn, shuffler):
    lines, figures, missing = drawn
    profile = profile_of(text_of(lines, missing=missing))
    facts = facts_of(figures)
    turned = list(profile.lines)
    shuffler.shuffle(turned)
    one = score(facts, profile)
    other = score(facts.reverse(), replace(profile, lines=tuple(turned)))
    by_name = ["line_id", "completion", "weight_used", "score", "status", "calculation_zh"]
    assert (
        one.lines.select(by_name)
        .sort("line_id")
        .equals(other.lines.select(by_name).sort("line_id"))
    )
    assert one.cards.equals(other.cards)


ITEMS = """\
deductions:
  - metric: inclusive_npl_ratio
    per: 0.003
    points: 0.7
    limit: 4
    exempt: {tolerance: inclusive_npl_tolerance}
  - {metric: two_high_share, beyond: 0.1, per: 0.007, points: 1}
deduction_limit: 6
bonuses: [{metric: manufacturing_share, beyond: 0.1, per: 0.01, points: 0.3, limit: 2}]
bonus_limit: 1.5
vetoes: [{metric: npl_ratio, beyond: 0.2, cap: 20}, {id: hard, metric: npl_ratio, beyond: 0.35}]
total: 100"""
FULL = [
    "metric: sei_share, weight: 17.5, formula: higher",
    "metric: npl_ratio, weight: 22.25, formula: lower, floor: 0.1, cap: 1.15",
    "metric: green_share, weight: 10.25, formula: increment",
    f"metric: tech_loan_share, weight: 20, formula: bands, bands: {STEPS}",
    f"metric: inclusive_npl_ratio, weight: 20, formula: lower, {TOLERATED}",
    "metric: mlt_share, better: higher, weight: 10, formula: rank, rank: {least: 2, last: 0.3}",
]
LOOKED_AT = (
    "sei_share",
    "npl_ratio",
    "green_share",
    "tech_loan_share",
    "inclusive_npl_ratio",
    "inclusive_npl_tolerance",
    "mlt_share",
    "two_high_share",
    "manufacturing_share",
)


@LAWS
@given(st.data(), st.sampled_from(["exclude", "zero", "{rule: neutral, at: 0.55}"]))
def test_a_pencil_comes_to_the_same_total(data, missing):
    """An independent reckoning in plain decimals, from nothing but the rows that are printed."""
    amount = st.one_of(st.none(), st.integers(-50, 4000))
    figures, bases = "branch | metric | actual | target\n", "branch | metric | base\n"
    for branch in ("a", "b", "c"):
        for metric in LOOKED_AT:
            drawn = _cell(data.draw(amount)), _cell(data.draw(amount))
            figures += f"{branch} | {metric} | {drawn[0]} | {drawn[1]}\n"
        bases += f"{branch} | green_share | {_cell(data.draw(amount))}\n"
    text = text_of(FULL, ITEMS, missing=missing, total=100).replace("total: 100\n", "", 1)
    scores = scored(text, figures, base=bases, peers=peers_of(a="x", b="x", c="x"))
    nodes = pl.DataFrame([("a", None, None, "A", "甲", 0)], schema=dict(NODE), orient="row")
    shown = Card(Scored(date(2026, 10, 31), 1, "level", nodes, scores), None, "a", None).flat()
    own = card(scores, "a")
    assert shown[-1]["row"] == "total"
    if own["total"] is None:
        assert [row["score"] for row in shown if row["row"] == "line"] == [None] * len(FULL)
    else:
        printed = [
            {name: None if cell is None else str(cell) for name, cell in row.items()}
            for row in shown
        ]
        assert recomputed(printed) == own["total"] == Decimal(printed[-1]["score"])


@LAWS
@given(st.lists(st.integers(0, 5), min_size=3, max_size=12), st.randoms(use_true_random=False))
def test_equal_branches_share_the_better_rank_whatever_the_order_of_rows(values, shuffler):
    names = [f"b{at}" for at in range(len(values))]
    figures = facts_of(
        "branch | metric | actual\n"
        + "".join(
            f"{name} | sei_share | 0.{one}\n" for name, one in zip(names, values, strict=True)
        )
    )
    order = list(range(len(values)))
    shuffler.shuffle(order)
    text = text_of(["metric: sei_share, weight: 10, formula: rank"], missing="zero")
    peers = peers_of(**dict.fromkeys(names, "x"))
    scores = scored(text, figures[order], peers=peers[order[::-1]])
    told = dict(scores.lines.select("branch_id", "rank").iter_rows())
    assert told == {
        name: 1 + sum(other > one for other in values)
        for name, one in zip(names, values, strict=True)
    }
    assert scores.cards["rank"].to_list() == scores.lines["rank"].to_list()


@LAWS
@given(st.integers(0, 9000), st.integers(-300, 300))
def test_an_exemption_never_adds_points_beyond_a_target_that_is_met(npl, headroom):
    """Within or not, the score never exceeds the better of full marks and what the figure earns itself."""
    figures = (
        "metric | actual | target\n"
        f"inclusive_npl_ratio | {Decimal(npl) / 100_000} | 0.03\n"
        f"inclusive_npl_tolerance | {Decimal(headroom) / 100} |\n"
    )
    line = "metric: inclusive_npl_ratio, weight: 10, formula: lower"
    without = card(scored(text_of([line]), figures))["total"]
    with_it = card(scored(text_of([f"{line}, {TOLERATED}"]), figures))["total"]
    assert with_it == (max(without, Decimal(10)) if headroom >= 0 else without)
