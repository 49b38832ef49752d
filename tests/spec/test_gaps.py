"""Gap to target in actions: the amounts, worked by hand; N of D against a target t."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.scenario import CATALOGUE
from transforms.analysis.gap.actions import sign
from transforms.analysis.gap.answers import Answer, Gap
from transforms.analysis.gap.closing import (
    MOST,
    Moved,
    Quotient,
    Reference,
    Standing,
    closing,
    headroom,
    percent,
    rounded,
)
from transforms.analysis.gap.effects import Step
from transforms.analysis.gap.plans import Way, evidence_for, plans, stays
from transforms.analysis.gap.watch import watch_list
from transforms.catalogue.model import Better

FEN = Decimal("0.01")
ONE = Decimal(1)


def step(above, below, less=(0, 0)):
    return Moved(Step(Decimal(above), Decimal(below)), Step(*map(Decimal, less)))


def share(above, below, target, better=Better.HIGHER):
    return Standing(Quotient(Decimal(above), Decimal(below)), Decimal(target), better)


def least(standing, moved, most=MOST, unit=FEN):
    solved = closing(standing, moved, per_unit=unit, most=most)
    return None if solved.units is None else solved.units * unit


def greatest(standing, moved, most=MOST, unit=FEN):
    solved = headroom(standing, moved, per_unit=unit, most=most)
    return solved.units * unit, solved.all_of_it


FLAT, ON_TOP, OTHERS_OFF = step(1, 0), step(1, 1), step(0, -1)
CURED, REPAID, DILUTED = step(-1, 0), step(-1, -1), step(0, 1)


@pytest.mark.parametrize(
    ("moved", "amount"),
    [
        (FLAT, "50.00"),  # 0.15 * 1000 - 100
        (ON_TOP, "58.83"),  # 50 / 0.85 = 58.8235..., rounded to where it meets
        (OTHERS_OFF, "333.34"),  # 1000 - 100 / 0.15 = 333.3333...
    ],
)
def test_a_share_of_100_in_1000_reaches_15_per_cent(moved, amount):
    standing = share(100, 1000, "0.15")
    assert least(standing, moved) == Decimal(amount)
    assert standing.met(standing.value(moved, Decimal(amount)))
    assert not standing.met(standing.value(moved, Decimal(amount) - FEN))


@pytest.mark.parametrize(
    ("moved", "amount"),
    [
        (CURED, "30.00"),  # 50 - 0.02 * 1000
        (REPAID, "30.62"),  # 30 / 0.98 = 30.6122...
        (DILUTED, "1500.00"),  # 50 / 0.02 - 1000
    ],
)
def test_a_bad_share_of_50_in_1000_comes_down_to_2_per_cent(moved, amount):
    standing = share(50, 1000, "0.02", Better.LOWER)
    assert least(standing, moved) == Decimal(amount)
    assert not standing.met(standing.value(moved, Decimal(amount) - FEN))


def test_a_total_lacks_what_it_lacks():
    standing = Standing(Quotient(Decimal("99.99")), Decimal("123.45"), Better.HIGHER)
    assert least(standing, step(1, 0)) == Decimal("23.46")


def test_clients_are_whole():
    standing = Standing(Quotient(Decimal(133)), Decimal("134.2"), Better.HIGHER)
    assert least(standing, step(1, 0), unit=ONE) == 2


def test_new_lending_at_a_rate_lifts_the_mean_only_if_the_rate_is_above_the_target():
    """3.00 % of 100 at 4.00 % for x: (3 + 0.04 x) / (100 + x) = 3.50 % at x = 0.5 / 0.005 = 100."""
    standing = share(3, 100, "0.035")
    assert least(standing, step("0.04", 1)) == 100
    assert least(standing, step("0.035", 1)) is None


def test_basis_points_are_reckoned_to_the_target_too():
    """30 bp against 35 bp: 5 of 10,000 on the whole stock."""
    standing = Standing(Quotient(Decimal("0.3"), Decimal(100), 10_000), Decimal(35), Better.HIGHER)
    assert least(standing, step("0.01", 0), unit=Decimal("0.0001")) == 5


def test_growth_beside_that_of_all_loans_needs_more_than_growth_alone():
    """10 on 100 against 100 on 1,000; one pp more: x / 100 - x / 1000 = 0.01, x = 1.1111..."""
    standing = Standing(
        Quotient(Decimal(10), Decimal(100)),
        ONE,
        Better.HIGHER,
        less=Quotient(Decimal(100), Decimal(1000)),
        factor=100,
    )
    assert least(standing, step(1, 0, (1, 0))) == Decimal("1.12")
    assert least(standing, step(1, 0)) == ONE


def test_what_cannot_be_is_said():
    """A target of the whole cannot be reached by lending on top, nor by more run-off than there is."""
    assert least(share(100, 1000, 1), ON_TOP) is None
    assert least(share(100, 1000, "1.2"), OTHERS_OFF, most=90_000) is None
    assert least(share(100, 1000, "0.15"), OTHERS_OFF, most=33_333) is None
    assert least(share(0, 1000, "0.15"), OTHERS_OFF, most=100_000) is None


def test_a_met_target_tells_how_much_may_be_lost_before_it_is_missed():
    """20 of 100 against 15 %: other lending up to 20 / 0.15 - 100 = 33.3333..."""
    standing = share(20, 100, "0.15")
    assert greatest(standing, DILUTED) == (Decimal("33.33"), False)
    assert greatest(standing, REPAID) == (Decimal("5.88"), False)  # 5 / 0.85 = 5.8823...
    assert greatest(standing, OTHERS_OFF, most=8000) == (80, True)


def tolerance(bad, balance, bank_bad, bank, delta=3):
    own = Quotient(Decimal(bad), Decimal(balance))
    reference = Reference(Decimal(delta), Decimal(bank_bad), Decimal(bank))
    return Standing(own, Decimal(0), Better.HIGHER, reference=reference)


def test_a_tolerance_is_closed_at_two_decimals_as_printed():
    """401 of 10,000 is 4.01 %; 400.49 is printed 4.00 %, against 1.00 % + 3.00 pp."""
    standing = tolerance(401, 10_000, 1000, 100_000)
    assert standing.value(FLAT, Decimal(0)) == Decimal("-0.01")
    assert least(standing, step(-1, 0, (-1, 0))) == Decimal("0.51")


def test_the_headroom_of_a_tolerance_ends_where_the_printed_ratio_breaks():
    """400 of 10,000: 400.49 is 4.00 %, 400.50 is 4.01 %. The bank's ratio stays at 1.00 %."""
    standing = tolerance(400, 10_000, 1000, 100_000)
    assert greatest(standing, step(1, 0, (1, 0))) == (Decimal("0.49"), False)


def test_what_turns_bad_lifts_the_limit_of_a_branch_that_is_most_of_the_bank():
    """The branch is the bank: each yuan moves ratio and limit alike, and the limit never breaks."""
    standing = tolerance(400, 10_000, 400, 10_000)
    assert greatest(standing, step(1, 0, (1, 0)), most=960_000) == (9600, True)


def test_figures_round_half_to_even_at_twelve_places_and_ratios_half_up_at_two():
    """As the columns of facts do: 1.5 and 2.5 in 1,000,000,000,000 both end in 2."""
    trillion = Decimal(10) ** 12
    assert rounded(Decimal("1.5"), trillion) == rounded(Decimal("2.5"), trillion)
    assert rounded(Decimal("2.5"), trillion) == Decimal("0.000000000002")
    assert percent(Decimal("400.50"), Decimal(10_000)) == Decimal("4.01")


def overdue(*balances):
    return pl.DataFrame(
        {
            "loan_id": [f"L{n}" for n, _ in enumerate(balances)],
            "borrower_id": ["C"] * len(balances),
            "booking_branch_id": ["north"] * len(balances),
            "balance": [Decimal(one) for one in balances],
            "days_past_due": [75] * len(balances),
        },
        schema_overrides={"days_past_due": pl.Int32, "balance": pl.Decimal(38, 2)},
    )


def test_overdue_loans_are_cumulated_until_the_limit_breaks():
    """390 of 10,000 and a limit of 4.00 %: 6 and 4 fit, 0.50 more is 4.005 %, printed 4.01 %."""
    rows = watch_list(
        overdue(4, "0.5", 6, "0.1"), Quotient(Decimal(390), Decimal(10_000)), Reference(Decimal(4))
    )
    told = rows.select("loan_id", "cumulated", "headroom_pp", "within", "breaks").rows()
    assert told == [
        ("L2", 6, Decimal("0.04"), True, False),
        ("L0", 10, Decimal("0.00"), True, False),
        ("L1", Decimal("10.5"), Decimal("-0.01"), False, True),
        ("L3", Decimal("10.6"), Decimal("-0.01"), False, False),
    ]


def test_a_limit_that_is_broken_already_breaks_at_no_loan():
    rows = watch_list(overdue(4), Quotient(Decimal(500), Decimal(10_000)), Reference(Decimal(4)))
    assert rows.select("within", "breaks").rows() == [(False, False)]


def test_running_all_of_the_rest_off_leaves_nothing_that_could_miss():
    """0 of 100 bad against 5 %: all 100.00 may run off, the last fen of it too."""
    standing = share(0, 100, "0.05", Better.LOWER)
    assert greatest(standing, OTHERS_OFF, most=10_000) == (Decimal("100.00"), True)


def ways(metric_id, *, met, better=None):
    metric = CATALOGUE.metrics[metric_id]
    metric = metric if better is None else replace(metric, better=better)
    found = plans(CATALOGUE, metric, metric.reading(metric.default_reading), met=met)
    return [one.way.value for one in found]


def test_no_new_loan_is_overdue():
    """So what is better when lower, and overdue or special mention, is not used up by lending."""
    assert ways("overdue_ratio", met=True) == ["run_off_others"]
    assert ways("special_mention_ratio", met=True) == ["run_off_others"]
    assert ways("two_high_share", met=True) == ["lend", "run_off_others"]


def test_a_rate_that_is_ahead_may_be_given_up_in_basis_points():
    assert ways("lpr_spread", met=True, better=Better.HIGHER) == ["reprice"]
    metric = replace(CATALOGUE.metrics["lpr_spread"], better=Better.HIGHER)
    (away,) = plans(CATALOGUE, metric, metric.reading("default"), met=True)
    towards = plans(CATALOGUE, metric, metric.reading("default"), met=False)[-1]
    assert (sign(metric, away), sign(metric, towards)) == (-1, 1)


def test_evidence_is_no_way_to_fewer_bad_loans():
    metric = CATALOGUE.metrics["tech_small_npl_tolerance"]
    assert evidence_for(CATALOGUE, metric, metric.reading("default")) == ()
    share_of = CATALOGUE.metrics["sei_share"]
    assert evidence_for(CATALOGUE, share_of, share_of.reading("confirmed"))


@pytest.mark.parametrize(
    ("metric_id", "stay"),
    [
        ("first_time_clients_ytd", True),
        ("loan_disbursed_ytd", True),
        ("first_time_share", False),  # others draw as well
        ("loan_clients", False),  # a client leaves with his last loan
        ("ten_largest_clients_share", False),
        ("npl_formed_ytd", False),
    ],
)
def test_only_what_is_counted_for_good_stays_counted(metric_id, stay):
    metric = CATALOGUE.metrics[metric_id]
    assert stays(CATALOGUE, metric, metric.reading(metric.default_reading)) is stay


def test_only_what_is_proved_or_follows_from_the_figures_closes_a_gap():
    """Evidence that was not tried is an upper bound; what was tried and misses does not close either."""
    metric = CATALOGUE.metrics["sei_share"]
    way, label = Way.LEND_ON_TOP, metric.label
    plain = Answer(way, ONE, "CNY", label, "")
    others = [
        replace(plain, at_most=True),
        replace(plain, verified=False),
        replace(plain, all_of_it=True),
        replace(plain, amount=None),
    ]
    found = Gap(
        as_of=date(2026, 10, 31),
        branch="north",
        metric=metric,
        reading=metric.reading("confirmed"),
        value=Decimal("0.1"),
        target=Decimal("0.2"),
        distance=Decimal("-0.1"),
        status="missed",
        met=False,
        answers=(plain, *others, replace(plain, verified=True)),
    )
    assert found.closing == (plain, replace(plain, verified=True))
