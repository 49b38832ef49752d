"""A figure carried on to its period's end, worked out by hand; no test looks ahead of its origin.

From the end of 2025 to the end of October 2026 there are 204 working days, to the end of the year 44 more.
"""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.analysis.projection import shapes
from transforms.analysis.projection.backtest import (
    BackTest,
    Outlook,
    Projection,
    back_tests,
    chosen,
    outlook,
    project,
    working_days,
    worse_than_last_value,
)
from transforms.analysis.projection.methods import (
    Form,
    Method,
    Month,
    Nature,
    Path,
    Point,
    Shape,
    carry_on,
)
from transforms.catalogue.load import definitions
from transforms.catalogue.model import Better, Label
from transforms.periods import month_ends, months_back
from transforms.reference import tables

OCTOBER = date(2026, 10, 31)
END = date(2026, 12, 31)
STOCK = Shape(Form.AMOUNT, Nature.STOCK)
CALENDAR = tables.load().calendar
TO_DATE = Shape(Form.AMOUNT, Nature.TO_DATE)
RATIO = Shape(Form.RATIO, Nature.STOCK, Nature.STOCK)


def path(shape, months):
    """A path from `{"2026-10": amount}` or `{"2026-10": (numerator, denominator)}`, with a limit last."""
    found = {}
    for text, sides in months.items():
        above, below, *limit = sides if isinstance(sides, tuple) else (sides, None)
        day = months_back(date.fromisoformat(f"{text}-01"), 0)
        found[day] = Month(Decimal(above), None if below is None else Decimal(below), "1", *limit)
    return Path(shape, found, CALENDAR)


def carried(shape, months, method):
    point = carry_on(path(shape, months), OCTOBER, END, method)
    assert point.reason is None, point.reason
    return point.value


def test_working_days_of_the_year_are_gone_and_ahead():
    gone, ahead = working_days(CALENDAR, OCTOBER, END)
    assert (gone.count, ahead.count, ahead.announced) == (204, 44, True)


def test_a_balance_goes_on_at_its_pace_of_a_working_day():
    months = {"2025-12": 1000, "2026-10": 1408}  # 408 in 204 days, so 88 in 44
    assert carried(STOCK, months, Method.RUN_RATE) == Decimal(1496)


def test_what_adds_up_since_january_goes_on_at_its_pace_from_zero():
    assert carried(TO_DATE, {"2026-10": 102}, Method.RUN_RATE) == Decimal(
        124
    )  # 102 + 102 * 44 / 204


def test_a_balance_cannot_fall_below_nothing():
    assert carried(STOCK, {"2025-12": 1000, "2026-10": 10}, Method.RUN_RATE) == 0


def test_a_balance_grows_as_in_the_same_months_of_earlier_years():
    months = {"2025-10": 200, "2025-12": 210, "2026-10": 400}  # five per cent
    assert carried(STOCK, months, Method.SEASONAL) == Decimal(420)
    months |= {"2024-10": 100, "2024-12": 115}  # fifteen: ten on the mean
    assert carried(STOCK, months, Method.SEASONAL) == Decimal(440)


def test_what_adds_up_since_january_has_its_mean_share_by_now():
    months = {"2025-10": 80, "2025-12": 100, "2026-10": 60}  # 80 % by October
    assert carried(TO_DATE, months, Method.SEASONAL) == Decimal(75)
    months |= {"2024-10": 40, "2024-12": 100}  # 40 %: the mean is 60 %
    assert carried(TO_DATE, months, Method.SEASONAL) == Decimal(100)


def test_an_amount_is_rounded_half_up_to_two_decimals():
    months = {"2025-10": 2, "2025-12": 2, "2024-10": 2, "2024-12": 3, "2026-10": "0.02"}
    assert carried(STOCK, months, Method.SEASONAL) == Decimal("0.03")  # 0.02 * 1.25 = 0.025


def test_the_baseline_leaves_a_balance_and_adds_last_years_remainder_to_a_sum():
    assert carried(STOCK, {"2026-10": 400}, Method.LAST_VALUE) == 400
    months = {"2025-10": 80, "2025-12": 100, "2026-10": 60}
    assert carried(TO_DATE, months, Method.LAST_VALUE) == 80


def test_a_ratio_is_projected_by_its_sides_and_divided_last():
    months = {"2025-12": (100, 1000), "2026-10": (304, 1204)}  # a working day adds one to each
    point = carry_on(path(RATIO, months), OCTOBER, END, Method.RUN_RATE)
    assert (point.numerator, point.denominator) == (348, 1248)
    assert point.value == Decimal("0.278846153846")
    kept = carry_on(path(RATIO, months), OCTOBER, END, Method.LAST_VALUE)
    assert kept.value == Decimal("0.252491694352")


def test_an_increment_is_against_the_year_end_that_is_known():
    shape = Shape(Form.DIFFERENCE, Nature.STOCK, Nature.FIXED)
    assert carried(shape, {"2025-12": (100, 90), "2026-10": (304, 100)}, Method.RUN_RATE) == 248


def test_growth_on_the_year_is_against_the_same_day_a_year_before():
    shape = Shape(Form.GROWTH, Nature.STOCK, Nature.YEAR_AGO)
    months = {"2025-12": (300, 250), "2026-10": (504, 400)}
    assert carried(shape, months, Method.RUN_RATE) == Decimal("0.826666666667")  # 548 against 300


def test_an_average_is_over_all_months_of_the_period():
    shape = Shape(Form.RATIO, Nature.TO_DATE, Nature.MONTHS)
    assert carried(shape, {"2026-10": (2040, 10)}, Method.RUN_RATE) == Decimal("206.666666666667")
    assert carried(shape, {"2026-10": (2040, 10)}, Method.LAST_VALUE) == 204


def test_headroom_is_the_limit_of_today_less_the_projected_ratio():
    shape = Shape(Form.HEADROOM, Nature.STOCK, Nature.STOCK)
    # Ten cents a working day; the limit was 5 % and is 4 %.
    months = {"2025-12": (0, 1000, Decimal(5)), "2026-10": ("20.40", 1000, Decimal(4))}
    assert carried(shape, months, Method.RUN_RATE) == Decimal("1.52")  # 24.80 of 1,000 is 2.48 %


def test_headroom_is_judged_at_two_decimals_of_a_percent():
    shape = Shape(Form.HEADROOM, Nature.STOCK, Nature.STOCK)
    months = {"2026-10": ("40.04", 1000, Decimal(4))}  # 4.004 % is 4.00 % as the rule reads it
    assert carried(shape, months, Method.LAST_VALUE) == 0


def test_a_back_test_of_headroom_meets_the_limit_that_came():
    shape = Shape(Form.HEADROOM, Nature.STOCK, Nature.STOCK)
    held = path(
        shape,
        {"2026-08": (20, 1000, Decimal(4)), "2026-09": (30, 1000, Decimal("4.5"))},
    )
    (test,) = back_tests(held, date(2026, 9, 30), date(2026, 10, 31), Method.LAST_VALUE)
    assert (test.projected, test.actual) == (2, Decimal("1.5"))  # 4 - 2, and 4.5 - 3 came


@pytest.mark.parametrize(
    ("shape", "months", "method", "said"),
    [
        (STOCK, {"2026-10": 5}, Method.RUN_RATE, "there is no figure of 2025-12-31"),
        (STOCK, {"2026-10": 5}, Method.SEASONAL, "no earlier year has the same months"),
        (TO_DATE, {"2026-10": 5}, Method.LAST_VALUE, "there is no figure of 2025-10-31"),
        (STOCK, {"2026-09": 5}, Method.LAST_VALUE, "there is no figure of 2026-10-31"),
        (RATIO, {"2026-10": (5, 0)}, Method.LAST_VALUE, "there would be nothing to divide by"),
    ],
)
def test_what_cannot_be_projected_says_why(shape, months, method, said):
    point = carry_on(path(shape, months), OCTOBER, END, method)
    assert point.value is None
    assert point.reason.en.startswith(said)
    assert point.reason.zh


def rising(by=1, months=24, start=100):
    """A balance that grows by the same amount every month, up to October."""
    days = month_ends(OCTOBER, months)
    months = {d: Month(Decimal(start + by * n), None, "1") for n, d in enumerate(days)}
    return Path(STOCK, months, CALENDAR)


def test_a_back_test_looks_as_far_ahead_as_the_projection():
    tests = back_tests(rising(), OCTOBER, END, Method.LAST_VALUE)
    assert len(tests) == 22
    first = tests[0]
    assert (first.origin, first.outcome) == (date(2024, 11, 30), date(2025, 1, 31))
    assert {test.error for test in tests} == {Decimal(2)}


def test_figures_that_start_anew_are_not_tested_over_a_year_end():
    yearly = replace(rising(), shape=Shape(Form.AMOUNT, Nature.TO_DATE))
    tests = back_tests(yearly, OCTOBER, END, Method.RUN_RATE)
    assert {test.origin.year == test.outcome.year for test in tests} == {True}
    assert len(tests) == 18  # ten origins in 2025, eight in 2026


def test_no_test_reaches_across_a_change_of_definition():
    months = dict(rising().months)
    for day in list(months):
        if day >= date(2026, 5, 31):
            months[day] = replace(months[day], definition="2")
    tests = back_tests(Path(STOCK, months, CALENDAR), OCTOBER, END, Method.LAST_VALUE)
    origins = {test.origin for test in tests}
    assert date(2026, 3, 31) not in origins
    assert date(2026, 4, 30) not in origins
    assert len(origins) == 20


amounts = st.lists(st.integers(min_value=1, max_value=10**9), min_size=24, max_size=24)


@settings(max_examples=40, deadline=None)
@given(values=amounts, others=amounts, cut=st.integers(min_value=0, max_value=23))
def test_no_method_looks_ahead_of_its_origin(values, others, cut):
    days = month_ends(OCTOBER, 24)
    origin = days[cut]
    changed = [
        value if day <= origin else other
        for day, value, other in zip(days, values, others, strict=True)
    ]
    for shape in (STOCK, TO_DATE):
        as_was, as_is = (
            Path(
                shape,
                {d: Month(Decimal(v), None, "1") for d, v in zip(days, held, strict=True)},
                CALENDAR,
            )
            for held in (values, changed)
        )
        for method in Method:
            to = months_back(origin, -2)
            assert carry_on(as_was, origin, to, method) == carry_on(as_is, origin, to, method)
            was, now = (
                {t.origin: t.projected for t in back_tests(one, OCTOBER, END, method)}
                for one in (as_was, as_is)
            )
            for day in was.keys() & now.keys():
                if day <= origin:
                    assert was[day] == now[day]


def test_the_range_holds_the_value_and_reaches_to_the_extreme_errors():
    found = {one.method: one for one in project(rising(), OCTOBER, END)}
    last = found[Method.LAST_VALUE]
    assert (last.point.value, last.low, last.high) == (123, 123, 125)
    assert last.mean_error == 2


def test_with_too_few_tests_there_is_no_range_and_it_says_so():
    found = {one.method: one for one in project(rising(months=5), OCTOBER, END)}
    last = found[Method.LAST_VALUE]
    assert (last.low, last.high) == (None, None)
    assert last.no_range == Label(
        "no range: 3 tests, it takes 6", "无区间：回测仅 3 次，至少需 6 次"
    )


def test_a_figure_that_cannot_be_negative_has_no_negative_range():
    days = month_ends(OCTOBER, 12)
    falling = {d: Month(Decimal(v), None, "1") for d, v in zip(days, [90, 5] * 6, strict=True)}
    wide = {d: replace(m, numerator=Decimal(n)) for n, (d, m) in enumerate(falling.items())}
    steep = Path(STOCK, wide | {days[0]: Month(Decimal(500), None, "1")}, CALENDAR)
    free, held = (
        {one.method: one for one in project(steep, OCTOBER, END, floored=floored)}
        for floored in (False, True)
    )
    assert free[Method.LAST_VALUE].low < 0
    assert held[Method.LAST_VALUE].low == 0


def test_methods_are_compared_where_all_of_them_were_tested():
    found = project(rising(), OCTOBER, END)
    assert {one.shared for one in found} == {10}  # the seasonal one needs a year before
    assert len(next(one for one in found if one.method is Method.LAST_VALUE).tests) == 22


def told(method, error, tests=8, value="1"):
    test = BackTest(method, OCTOBER, END, Decimal(0), Decimal(0))
    point = Point(None if value is None else Decimal(value))
    mean = None if error is None else Decimal(error)
    return Projection(method, point, (test,) * tests, mean_error=mean)


def test_the_method_that_errs_least_is_chosen_and_of_equals_the_first():
    run, season, last = (told(m, e) for m, e in zip(Method, ["3", "2", "2"], strict=True))
    assert chosen((run, season, last)) is season
    assert worse_than_last_value(run, (run, season, last))
    assert not worse_than_last_value(season, (run, season, last))


def test_untested_methods_are_chosen_in_their_order_if_they_answer():
    run = told(Method.RUN_RATE, None, tests=0, value=None)
    last = told(Method.LAST_VALUE, "1", tests=2)
    season = told(Method.SEASONAL, None, tests=0)
    assert chosen((run, season, last)) is season


@pytest.mark.parametrize(
    ("better", "target", "expected"),
    [
        (Better.HIGHER, "9", Outlook.WOULD_MEET),
        (Better.HIGHER, "10", Outlook.INSIDE_THE_RANGE),
        (Better.HIGHER, "13", Outlook.WOULD_MISS),
        (Better.LOWER, "12", Outlook.WOULD_MEET),
        (Better.LOWER, "11", Outlook.INSIDE_THE_RANGE),
        (Better.LOWER, "8", Outlook.WOULD_MISS),
        (Better.NEUTRAL, "10", Outlook.NOT_JUDGED),
        (Better.HIGHER, None, Outlook.NOT_JUDGED),
    ],
)
def test_a_projection_would_meet_would_miss_or_lies_around_the_target(better, target, expected):
    one = replace(told(Method.RUN_RATE, "1", value="10"), low=Decimal(9), high=Decimal(12))
    assert outlook(one, None if target is None else Decimal(target), better) is expected


def test_without_a_range_the_value_alone_is_judged():
    one = told(Method.RUN_RATE, "1", value="10")
    assert outlook(one, Decimal(10), Better.HIGHER) is Outlook.WOULD_MEET
    assert outlook(one, Decimal("10.01"), Better.HIGHER) is Outlook.WOULD_MISS


@pytest.fixture(scope="module")
def catalogue():
    return definitions(tables.load(), {}).newest


@pytest.mark.parametrize(
    ("metric", "shape"),
    [
        ("loan_balance", (Form.AMOUNT, Nature.STOCK, Nature.NONE)),
        ("loan_clients", (Form.AMOUNT, Nature.STOCK, Nature.NONE)),
        ("first_time_clients_ytd", (Form.AMOUNT, Nature.TO_DATE, Nature.NONE)),
        ("sei_share", (Form.RATIO, Nature.STOCK, Nature.STOCK)),
        ("loan_rate_new_ytd", (Form.RATIO, Nature.TO_DATE, Nature.TO_DATE)),
        ("loan_increment_ytd", (Form.DIFFERENCE, Nature.STOCK, Nature.FIXED)),
        ("loan_growth_yoy", (Form.GROWTH, Nature.STOCK, Nature.YEAR_AGO)),
        ("loan_increment_yoy_diff", (Form.DIFFERENCE, Nature.TO_DATE, Nature.YEAR_AGO)),
        ("loan_average_balance", (Form.RATIO, Nature.TO_DATE, Nature.MONTHS)),
        ("inclusive_npl_tolerance", (Form.HEADROOM, Nature.STOCK, Nature.STOCK)),
    ],
)
def test_a_metric_has_the_shape_that_the_catalogue_gives_it(catalogue, metric, shape):
    one = catalogue.metrics[metric]
    found = shapes.shape_of(catalogue, one, one.reading(one.default_reading))
    assert (found.form, found.numerator, found.denominator) == shape


@pytest.mark.parametrize(
    "metric",
    ["sei_growth_gap", "industry_hhi", "credit_cost", "first_time_clients", "loan_increment_mom"],
)
def test_what_has_no_path_of_its_own_says_why(catalogue, metric):
    one = catalogue.metrics[metric]
    found = shapes.shape_of(catalogue, one, one.reading(one.default_reading))
    assert isinstance(found, Label)
    assert found.en
    assert found.zh


def test_every_metric_of_the_product_has_a_shape_or_a_reason(catalogue):
    for one in catalogue.metrics.values():
        for reading in one.readings:
            found = shapes.shape_of(catalogue, one, reading)
            assert isinstance(found, Shape | Label)
