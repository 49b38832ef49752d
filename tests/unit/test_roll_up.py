"""One status of several: worst, majority, most common, counts only."""

import pytest

from transforms.scorecards import Status
from transforms.scoring.model import Policy
from transforms.scoring.rollup import roll_up

MET, NEAR, MISSED = Status.MET, Status.NEAR, Status.MISSED
NINE = [MET] * 6 + [NEAR] * 2 + [MISSED]


def test_the_worst_of_nine_is_told_with_its_counts():
    one = roll_up(NINE, Policy.WORST)
    assert one.status is MISSED
    assert one.sentence() == "worst of 9: 6 met, 2 near, 1 missed"
    assert one.sentence("zh") == "取最差，共 9 项：6 达标，2 临近，1 未达标"


@pytest.mark.parametrize(
    ("statuses", "status", "sentence"),
    [
        (NINE, MET, "majority of 9: 6 met, 2 near, 1 missed"),
        ([MET, MET, NEAR, MISSED], None, "no majority of 4: 2 met, 1 near, 1 missed"),
        ([MET, MET, MET, NEAR, MISSED], MET, "majority of 5: 3 met, 1 near, 1 missed"),
    ],
)
def test_a_majority_is_more_than_half_and_without_it_nothing_is_said(statuses, status, sentence):
    one = roll_up(statuses, Policy.MAJORITY)
    assert (one.status, one.sentence()) == (status, sentence)


def test_the_most_common_goes_by_priority_where_several_have_equally_many():
    tied = [MET, MET, NEAR, NEAR, MISSED]
    worse = roll_up(tied, Policy.MAJORITY_WITH_PRIORITY)
    kinder = roll_up(tied, Policy.MAJORITY_WITH_PRIORITY, (MET, NEAR, MISSED))
    assert (worse.status, kinder.status) == (NEAR, MET)
    assert worse.sentence() == "most common of 5: 2 met, 2 near, 1 missed"


def test_counts_only_give_no_status():
    one = roll_up(NINE, Policy.COUNTS_ONLY)
    assert (one.status, one.sentence()) == (None, "counts of 9: 6 met, 2 near, 1 missed")


def test_a_tolerance_counts_under_its_own_name_and_decides_like_met_or_missed():
    one = roll_up([MET, Status.WITHIN, Status.EXCEEDED], Policy.WORST)
    assert one.status is MISSED
    assert one.sentence() == "worst of 3: 1 met, 1 within tolerance, 1 tolerance exceeded"
    assert roll_up([Status.WITHIN], Policy.WORST).status is MET


def test_what_is_no_judgement_is_counted_and_decides_nothing():
    one = roll_up(
        [MET, Status.NO_TARGET, Status.NO_TARGET, Status.NOT_COMPARABLE, None], Policy.WORST
    )
    assert one.status is MET
    assert one.sentence() == (
        "worst of 1: 1 met; not judged: 2 no target, 1 not comparable, 1 without a judgement"
    )


@pytest.mark.parametrize("policy", list(Policy))
def test_if_nothing_is_judged_nothing_decides_and_that_is_said(policy):
    one = roll_up([Status.NO_TARGET], policy)
    assert one.status is None
    assert one.sentence() == "nothing decides: none is judged; not judged: 1 no target"


def test_the_order_of_the_parts_changes_nothing():
    for policy in Policy:
        assert roll_up(NINE[::-1], policy) == roll_up(NINE, policy)
