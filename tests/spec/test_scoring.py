"""Scoring, rule by rule: small cards that a credit officer can work out with a pencil."""

from decimal import Decimal

import pytest

from tests.cards import card, line, peers_of, scored, table, text_of

HIGHER = "metric: sei_share, weight: 10, formula: higher"
LOWER = "metric: npl_ratio, weight: 10, formula: lower"
INCREMENT = "metric: sei_balance, weight: 10, formula: increment"


def one(profile_line, actual, target=None, **more):
    """A card of a single line at branch north."""
    metric = profile_line.partition("metric: ")[2].partition(",")[0]
    base = more.pop("base", None)
    figures = f"metric | actual | target\n{metric} | {actual or ''} | {target or ''}"
    drawn = None if base is None else f"metric | base\n{metric} | {base}"
    return line(scored(text_of([profile_line], **more), figures, base=drawn))


def shown(row):
    """Completion and score, as they would be read out."""
    done = row["completion"]
    return (None if done is None else str(done.normalize() + 0), str(row["score"].normalize() + 0))


# --- completion ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("actual", "target", "completion", "score"),
    [
        ("0.12", "0.10", "1.2", "12"),  # exactly at the cap
        ("0.1201", "0.10", "1.201", "12"),  # beyond it nothing more is earned
        ("0.10", "0.10", "1", "10"),
        ("0.09", "0.10", "0.9", "9"),
        ("0", "0.10", "0", "0"),  # exactly at the floor
    ],
)
def test_where_more_is_better_the_completion_is_actual_over_target(
    actual, target, completion, score
):
    assert shown(one(HIGHER, actual, target)) == (completion, score)


@pytest.mark.parametrize(
    ("actual", "completion", "score"),
    [
        ("0.0129", "1.14", "11.4"),
        ("0.0150", "1", "10"),
        ("0.0120", "1.2", "12"),  # exactly at the cap
        ("0.0000", "2", "12"),
        ("0.0300", "0", "0"),  # twice the target: exactly at the floor
        ("0.0450", "-1", "0"),
    ],
)
def test_where_less_is_better_the_completion_is_two_less_actual_over_target(
    actual, completion, score
):
    row = one(LOWER, actual, "0.0150")
    assert shown(row) == (completion, score)


def test_the_arithmetic_is_printed_with_its_numbers():
    row = one(LOWER, "0.0129", "0.0150")
    assert row["calculation_en"] == "2 - 0.0129 / 0.015 = 1.14; 10 × 1.14 = 11.4"
    row = one(LOWER, "0.0450", "0.0150")
    assert row["calculation_en"] == "2 - 0.045 / 0.015 = -1; at least 0; 10 × 0 = 0"
    assert row["calculation_zh"] == "2 - 0.045 / 0.015 = -1；保底 0; 10 × 0 = 0"
    row = one(HIGHER, "0.15", "0.10")
    assert row["calculation_en"] == "0.15 / 0.1 = 1.5; capped at 1.2; 10 × 1.2 = 12"


@pytest.mark.parametrize(
    ("actual", "completion", "score"),
    [
        ("130", "0.75", "7.5"),  # 30 of the 40 asked for
        ("140", "1", "10"),
        ("100", "0", "0"),
        ("90", "-0.25", "0"),
        ("160", "1.5", "12"),
    ],
)
def test_an_increment_is_what_was_gained_over_what_was_asked_since_the_year_end(
    actual, completion, score
):
    row = one(INCREMENT, actual, "140", base="100")
    assert shown(row) == (completion, score)
    assert row["calculation_en"].startswith(f"({actual} - 100) / (140 - 100) = {completion}")


def test_an_increment_downwards_counts_what_was_brought_down():
    lower = "metric: npl_ratio, weight: 10, formula: increment"
    row = one(lower, "0.015", "0.01", base="0.02")
    assert shown(row) == ("0.5", "5")


@pytest.mark.parametrize(
    ("actual", "base", "target", "why"),
    [
        ("5", "100", None, "it has no approved target"),
        ("5", "100", "0", "its target is zero or negative, so that nothing can be divided by it"),
        ("5", "100", "-3", "its target is zero or negative, so that nothing can be divided by it"),
        ("5", "0", "140", "its base of the last year end is zero or negative"),
        ("5", "-1", "140", "its base of the last year end is zero or negative"),
        ("5", "", "140", "the month 2025-12-31 is not published"),
        ("200", "140", "140", "its target asks for nothing beyond the last year end"),
        ("200", "150", "140", "its target asks for nothing beyond the last year end"),
        (None, "100", "140", "the book lacks a column"),
    ],
)
def test_an_increment_that_cannot_be_reckoned_says_why_and_gives_nothing_away(
    actual, base, target, why
):
    row = one(INCREMENT, actual, target, base=base, missing="zero")
    assert (row["completion"], row["score"], row["reason_en"]) == (None, 0, why)


@pytest.mark.parametrize("formula", [HIGHER, LOWER])
@pytest.mark.parametrize("target", ["0", "-0.01"])
def test_a_target_of_nothing_is_never_a_completion_of_120_per_cent(formula, target):
    row = one(formula, "0.05", target, missing="zero")
    assert (row["completion"], row["score"]) == (None, 0)
    assert "zero or negative" in row["reason_en"]
    assert "零或负数" in row["reason_zh"]


def test_floor_and_cap_are_the_profiles_and_a_line_may_have_its_own():
    rest = ["floor: 0.5", "cap: 1.1"]
    lines = [HIGHER, "metric: green_share, weight: 10, formula: higher, floor: 0.2, cap: 1.5"]
    scores = scored(
        text_of(lines, *rest),
        """
        metric      | actual | target
        sei_share   |   0.20 |   0.10
        green_share |   0.20 |   0.10
        """,
    )
    assert [row["score"] for row in scores.lines.to_dicts()] == [11, 15]
    low = scored(
        text_of(lines, *rest),
        """
        metric      | actual | target
        sei_share   |      0 |   0.10
        green_share |      0 |   0.10
        """,
    )
    assert [row["score"] for row in low.lines.to_dicts()] == [5, 2]


def test_completions_round_at_four_decimals_and_scores_at_two_half_up():
    """2 / 3 is 0.66666…; 0.00125 of 10 is 0.0125, and its half goes up."""
    assert shown(one(HIGHER, "2", "3")) == ("0.6667", "6.67")
    assert shown(one("metric: sei_share, weight: 5, formula: higher", "0.201", "1")) == (
        "0.201",
        "1.01",  # 1.005
    )
    coarse = "rounding: {completion: 2, score: 1}"
    row = line(
        scored(text_of([HIGHER], coarse), "metric | actual | target\nsei_share | 0.105 | 0.1")
    )
    assert shown(row) == ("1.05", "10.5")


# --- bands --------------------------------------------------------------------------------------------

HEADROOM = (
    "metric: inclusive_npl_tolerance, weight: 10, formula: bands, bands: {steps: ["
    "{at_least: 0, share: 1}, {at_least: -0.5, share: 0.5}], otherwise: 0.1}"
)


@pytest.mark.parametrize(
    ("headroom", "score"),
    [("3", 10), ("0", 10), ("-0.01", 5), ("-0.5", 5), ("-0.51", 1)],
)
def test_bands_give_the_share_of_the_step_that_is_reached_and_thresholds_count(headroom, score):
    assert one(HEADROOM, headroom)["score"] == score


def test_bands_of_a_figure_that_should_be_low_ask_for_at_most():
    steps = (
        "metric: overdue_ratio, weight: 10, formula: bands, bands: {steps: ["
        "{at_most: 0.01, share: 1.1}, {at_most: 0.02, share: 0.6}]}"
    )
    assert [one(steps, actual)["score"] for actual in ("0.01", "0.010001", "0.02", "0.021")] == [
        11,
        6,
        6,
        0,
    ]


@pytest.mark.parametrize(
    ("actual", "score"), [("0.10", 10), ("0.0999", 6), ("0.08", 6), ("0.0799", 0)]
)
def test_bands_may_cut_a_completion_instead(actual, score):
    steps = (
        "metric: sei_share, weight: 10, formula: bands, bands: {of: higher, steps: ["
        "{at_least: 1, share: 1}, {at_least: 0.8, share: 0.6}]}"
    )
    row = one(steps, actual, "0.10")
    assert row["score"] == score
    if score == 6:
        assert "reaches 0.8: 0.6; 10 × 0.6 = 6" in row["calculation_en"]


def test_bands_of_the_value_need_no_target_and_bands_of_a_completion_do():
    assert one(HEADROOM, "0.2")["reason_en"] is None
    steps = (
        "metric: sei_share, weight: 10, formula: bands, bands: {of: higher, steps: ["
        "{at_least: 1, share: 1}]}"
    )
    assert one(steps, "0.10")["reason_en"] == "it has no approved target"


# --- tolerance ----------------------------------------------------------------------------------------

TOLERATED = (
    "metric: inclusive_npl_ratio, weight: 10, formula: lower, "
    "exempt: {tolerance: inclusive_npl_tolerance}"
)


@pytest.mark.parametrize(
    ("headroom", "actual", "score", "exempted"),
    [
        ("0.00", "0.045", 10, True),  # exactly at the limit is within
        ("-0.01", "0.045", 5, False),
        ("1.00", "0.030", 10, False),  # on target anyway
        ("1.00", "0.024", 12, False),  # better than the target earns what it earns, no more
        ("", "0.045", 5, False),  # no tolerance, no exemption
    ],
)
def test_within_the_tolerance_nothing_is_taken_off_and_nothing_is_added(
    headroom, actual, score, exempted
):
    scores = scored(
        text_of([TOLERATED]),
        f"""
        metric                  | actual     | target
        inclusive_npl_ratio     | {actual}   | 0.030
        inclusive_npl_tolerance | {headroom} |
        """,
    )
    row = line(scores)
    assert (row["score"], row["exempted"]) == (score, exempted)
    assert ("within the tolerance: 1" in row["calculation_en"]) == exempted


DEDUCTION = """\
deductions:
  - metric: inclusive_npl_ratio
    per: 0.005
    points: 1
    limit: 3
    exempt: {tolerance: inclusive_npl_tolerance}
deduction_limit: 10"""


@pytest.mark.parametrize(
    ("actual", "headroom", "asked", "points", "total"),
    [
        ("0.0400", "-0.1", "0", "0", 10),  # at its target
        ("0.0425", "-0.1", "-0.5", "-0.5", Decimal("9.5")),  # half a unit costs half a point
        ("0.0450", "-0.1", "-1", "-1", 9),
        ("0.0600", "-0.1", "-4", "-3", 7),  # its own limit
        ("0.0600", "0.0", "-4", "0", 10),  # waived within the tolerance
        ("0.0300", "3", "0", "0", 10),  # and never an extra point
    ],
)
def test_a_deduction_costs_points_by_the_unit_up_to_its_limit_and_none_within_the_tolerance(
    actual, headroom, asked, points, total
):
    scores = scored(
        text_of([HIGHER], DEDUCTION),
        f"""
        metric                  | actual     | target
        sei_share               | 0.1        | 0.1
        inclusive_npl_ratio     | {actual}   | 0.04
        inclusive_npl_tolerance | {headroom} |
        """,
    )
    (item,) = scores.items.to_dicts()
    assert (item["asked"], item["points"]) == (Decimal(asked), Decimal(points))
    assert card(scores)["total"] == total


def test_deductions_together_are_limited_and_bonuses_too():
    rest = """\
deductions:
  - {metric: npl_ratio, beyond: 0.01, per: 0.001, points: 1}
  - {metric: overdue_ratio, beyond: 0.02, per: 0.001, points: 1}
bonuses:
  - {metric: green_share, beyond: 0.10, per: 0.01, points: 1}
  - {metric: tech_loan_share, beyond: target, per: 0.01, points: 2}
deduction_limit: 10
bonus_limit: 5"""
    scores = scored(
        text_of(["metric: sei_share, weight: 100, formula: higher"], rest),
        """
        metric          | actual | target
        sei_share       |   0.10 |  0.10
        npl_ratio       |  0.017 |
        overdue_ratio   |  0.026 |
        green_share     |   0.13 |
        tech_loan_share |   0.22 |  0.20
        """,
    )
    row = card(scores)
    assert (row["deductions_asked"], row["deductions"]) == (-13, -10)  # 7 and 6
    assert (row["bonuses_asked"], row["bonuses"]) == (7, 5)  # 3 and 4
    assert row["total"] == 95
    told = scores.items["calculation_en"].to_list()
    assert told[0] == "-(0.017 - 0.01) / 0.001 × 1 = -7"
    assert told[2] == "(0.13 - 0.1) / 0.01 × 1 = 3"


def test_a_deduction_on_a_figure_that_should_be_high_counts_what_is_missing_from_it():
    rest = "deductions: [{metric: tech_loan_share, beyond: 0.20, per: 0.01, points: 1}]"
    scores = scored(
        text_of([HIGHER], rest),
        """
        metric          | actual | target
        sei_share       |    0.1 | 0.1
        tech_loan_share |   0.17 |
        """,
    )
    (item,) = scores.items.to_dicts()
    assert (item["points"], item["calculation_en"]) == (-3, "-(0.2 - 0.17) / 0.01 × 1 = -3")


def test_a_deduction_whose_figure_is_missing_costs_nothing_and_says_why():
    rest = "deductions: [{metric: npl_ratio, per: 0.001, points: 1}]"
    scores = scored(
        text_of([HIGHER], rest),
        """
        metric    | actual | target
        sei_share |    0.1 | 0.1
        npl_ratio |   0.02 |
        """,
    )
    (item,) = scores.items.to_dicts()
    assert (item["points"], item["reason_en"]) == (None, "it has no approved target")
    assert card(scores)["total"] == 10


# --- veto ---------------------------------------------------------------------------------------------

VETOES = """\
vetoes:
  - {id: bad_loans, metric: npl_ratio, beyond: 0.05, cap: 6}
  - {id: very_bad_loans, metric: npl_ratio, beyond: 0.10}"""


@pytest.mark.parametrize(
    ("npl", "named", "total"),
    [
        ("0.05", [], 12),  # at the limit is not beyond it
        ("0.0501", ["bad_loans"], 6),
        ("0.1001", ["bad_loans", "very_bad_loans"], 0),
        ("", [], 12),
    ],
)
def test_a_veto_caps_the_total_or_makes_it_nothing_and_is_named(npl, named, total):
    scores = scored(
        text_of([HIGHER], VETOES),
        f"""
        metric    | actual | target
        sei_share |   0.12 | 0.1
        npl_ratio | {npl}  |
        """,
    )
    row = card(scores)
    assert (row["vetoes"], row["total"], row["before_vetoes"]) == (named, total, 12)
    assert (
        scores.vetoes["reason_en"].to_list() == ["the book lacks a column" if not npl else None] * 2
    )


def test_a_veto_lifts_no_total_that_is_lower_anyway():
    rest = VETOES + "\ndeductions: [{metric: npl_ratio, beyond: 0.01, per: 0.01, points: 5}]"
    scores = scored(
        text_of(["metric: sei_share, weight: 4, formula: higher"], rest),
        """
        metric    | actual | target
        sei_share |    0.1 | 0.1
        npl_ratio |   0.11 |
        """,
    )
    assert card(scores)["total"] == -6  # 4, less 10 of the 50 asked for


# --- rank ---------------------------------------------------------------------------------------------

RANKED = "metric: sei_share, weight: 12, formula: rank, rank: {least: 2}"


def test_ranks_share_the_weight_out_from_the_first_to_the_last_and_ties_share_the_better_rank():
    scores = scored(
        text_of([RANKED], missing="zero"),
        """
        branch | metric    | actual
        a      | sei_share |   0.30
        b      | sei_share |   0.20
        c      | sei_share |   0.20
        d      | sei_share |   0.10
        e      | sei_share |
        f      | sei_share |   0.90
        g      | sei_share |   0.90
        """,
        peers=peers_of(a="large", b="large", c="large", d="large", e="large", f="small"),
    )
    expected = table(
        """
        branch | rank | peers | completion | score | why
        a      | 1    | 4     | 1          | 12    |
        b      | 2    | 4     | 0.6667     | 8     |
        c      | 2    | 4     | 0.6667     | 8     |
        d      | 4    | 4     | 0          | 0     |
        e      |      |       |            | 0     | the book lacks a column
        f      | 1    | 1     |            | 0     | too few peers have the figure
        g      |      |       |            | 0     | the branch is in no peer group
        """
    )
    for row in expected:
        own = line(scores, branch=row["branch"])
        told = [own["rank"], own["peers"], own["completion"], own["score"], own["reason_en"]]
        assert [
            None if x is None else str(x.normalize() + 0 if isinstance(x, Decimal) else x)
            for x in told
        ] == [row[name] for name in ("rank", "peers", "completion", "score", "why")], row
    b = line(scores, branch="b")["calculation_en"]
    assert b == "rank 2 of 4: 0 + (1 - 0) × (4 - 2) / (4 - 1) = 0.6667; 12 × 0.6667 = 8"


def test_where_less_is_better_the_lowest_is_first_and_the_shares_of_first_and_last_may_be_set():
    ranked = "metric: npl_ratio, weight: 10, formula: rank, rank: {first: 1.2, last: 0.4, least: 3}"
    scores = scored(
        text_of([ranked]),
        """
        branch | metric    | actual
        a      | npl_ratio |   0.01
        b      | npl_ratio |   0.02
        c      | npl_ratio |   0.03
        """,
        peers=peers_of(a="x", b="x", c="x"),
    )
    assert scores.lines["score"].to_list() == [12, 8, 4]


# --- what is missing ----------------------------------------------------------------------------------

THREE = [
    "metric: sei_share, weight: 50, formula: higher",
    "metric: green_share, weight: 30, formula: higher",
    "metric: tech_loan_share, weight: 20, formula: higher",
]
ONE_MISSING = """
metric          | actual | target
sei_share       |   0.10 | 0.10
green_share     |   0.05 | 0.10
tech_loan_share |   0.10 |
"""


def test_a_missing_line_may_score_nothing():
    scores = scored(text_of(THREE, missing="zero"), ONE_MISSING)
    assert scores.lines["score"].to_list() == [50, 15, 0]
    assert card(scores)["total"] == 65
    assert card(scores)["scored_weight"] == 100


def test_a_missing_line_may_be_left_out_and_the_others_carry_its_weight():
    """50 and 30 of 80 are 62.5 and 37.5 of 100."""
    scores = scored(text_of(THREE, missing="exclude"), ONE_MISSING)
    assert scores.lines["weight_used"].to_list() == [Decimal("62.5"), Decimal("37.5"), None]
    assert scores.lines["score"].to_list() == [Decimal("62.5"), Decimal("18.75"), None]
    assert card(scores)["total"] == Decimal("81.25")
    assert card(scores)["scored_weight"] == 80


def test_a_missing_line_may_count_as_neutral():
    scores = scored(text_of(THREE, missing="{rule: neutral, at: 0.6}"), ONE_MISSING)
    assert scores.lines["score"].to_list() == [50, 15, 12]
    assert line(scores, "tech_loan_share")["calculation_en"] == "20 × 0.6 = 12"


def test_a_line_may_have_a_rule_of_its_own():
    lines = [*THREE[:2], THREE[2] + ", missing: {rule: zero}"]
    scores = scored(text_of(lines, missing="exclude"), ONE_MISSING.replace("0.05", ""))
    assert scores.lines["counted"].to_list() == [1, None, 0]
    # 50 and 20 of 70, at four decimals; the remainder goes where most was cut off.
    used = [Decimal("71.4286"), None, Decimal("28.5714")]
    assert scores.lines["weight_used"].to_list() == used
    assert card(scores)["total"] == Decimal("71.43")


def test_weights_in_thirds_still_add_up():
    lines = [
        "metric: sei_share, weight: 10, formula: higher",
        "metric: green_share, weight: 10, formula: higher",
        "metric: tech_loan_share, weight: 10, formula: higher",
        "metric: npl_ratio, weight: 10, formula: lower",
    ]
    figures = """
    metric          | actual | target
    sei_share       |   0.10 | 0.10
    green_share     |   0.10 | 0.10
    tech_loan_share |   0.10 | 0.10
    npl_ratio       |   0.10 |
    """
    scores = scored(text_of(lines), figures)
    used = scores.lines["weight_used"].drop_nulls().sort().to_list()
    assert used == [Decimal("13.3333"), Decimal("13.3333"), Decimal("13.3334")]
    # Of equal remainders the first by name is rounded up, wherever it stands in the profile.
    for one in (scores, scored(text_of(lines[::-1]), figures)):
        assert line(one, "green_share")["weight_used"] == Decimal("13.3334")


def test_on_too_little_there_is_no_total_and_no_rank():
    rest = "least_scored: 80"  # exactly what one of them has
    figures = """
    branch | metric          | actual | target
    full   | sei_share       |   0.10 | 0.10
    full   | green_share     |   0.10 | 0.10
    little | sei_share       |   0.10 | 0.10
    little | tech_loan_share |   0.10 |
    bare   | tech_loan_share |   0.10 |
    """
    scores = scored(text_of(THREE, rest), figures, peers=peers_of(full="x", little="x", bare="x"))
    told = {
        row["branch_id"]: (row["scored_weight"], row["total"], row["rank"], row["ranked"])
        for row in scores.cards.to_dicts()
    }
    assert told == {
        "full": (80, 100, 1, 1),
        "little": (50, None, None, 1),
        "bare": (0, None, None, 1),
    }


def test_a_metric_that_was_not_published_says_so():
    scores = scored(text_of(THREE), "metric | actual | target\nsei_share | 0.1 | 0.1")
    assert line(scores, "green_share")["reason_en"] == "it is not among the published figures"


# --- totals -------------------------------------------------------------------------------------------


def test_groups_have_subtotals_and_ties_in_the_total_share_the_better_rank():
    text = text_of(THREE).replace("weight: 100\n", "weight: 80\n", 1)
    moved = "      - {metric: tech_loan_share, weight: 20, formula: higher}\n"
    text = text.replace(moved, "") + (
        f"  other:\n    label: {{en: Other, zh: 其他}}\n    weight: 20\n    lines:\n{moved}"
    )
    figures = """
    branch | metric          | actual | target
    a      | sei_share       |   0.10 | 0.10
    a      | green_share     |   0.10 | 0.10
    a      | tech_loan_share |   0.05 | 0.10
    b      | sei_share       |   0.08 | 0.10
    b      | green_share     |   0.10 | 0.10
    b      | tech_loan_share |   0.10 | 0.10
    c      | sei_share       |   0.05 | 0.10
    c      | green_share     |   0.10 | 0.10
    c      | tech_loan_share |   0.10 | 0.10
    """
    scores = scored(text, figures, peers=peers_of(a="x", b="x", c="x"))
    groups = [tuple(row.values()) for row in scores.groups.to_dicts()]
    assert groups[:2] == [("a", "all", 80, 80, 80), ("a", "other", 20, 20, 10)]
    assert scores.cards.select("total", "rank", "ranked").rows() == [
        (90, 1, 3),
        (90, 1, 3),
        (75, 3, 3),
    ]


def test_status_stands_beside_the_score_and_points_the_way_the_line_does():
    """The catalogue takes no side on the spread; the profile does, and then a target is judged."""
    spread = "metric: lpr_spread, weight: 10, formula: higher, better: higher"
    scores = scored(
        text_of([spread, LOWER]),
        """
        metric     | actual | target | band
        lpr_spread |     48 | 50     | 5
        npl_ratio  |   0.02 | 0.01   | 0.001
        """,
    )
    assert scores.lines["status"].to_list() == ["near", "missed"]


def test_a_profile_may_bring_its_own_rules_of_status():
    rules = """\
status:
  - {when: not_computable, status: not_comparable}
  - {when: nothing_to_compute_on, status: n/a}
  - {when: within_narrowly, below: 0.2, status: near}
  - {when: within, status: within}
  - {when: beyond, status: exceeded}
  - {when: no_target, status: no_target}
  - {when: met_narrowly, below: 5, status: near}
  - {when: met, status: met}
  - {when: otherwise, status: missed}"""
    lines = [HIGHER, "metric: green_share, weight: 10, formula: higher", HEADROOM, LOWER]
    figures = """
    metric                  | actual | target | band | reason
    sei_share               |  0.104 | 0.10   |      |
    green_share             |  0.099 | 0.10   | 0.01 |
    inclusive_npl_tolerance |   0.15 |        |      |
    npl_ratio               |        | 0.01   |      | empty
    """
    assert scored(text_of(lines, rules), figures).lines["status"].to_list() == [
        "near",
        "missed",
        "near",
        "n/a",
    ]
    assert scored(text_of(lines), figures).lines["status"].to_list() == [
        "met",
        "near",
        "within",
        "n/a",
    ]
