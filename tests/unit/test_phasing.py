"""How the target of a year becomes the target of a month, worked out by hand."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from tests.scenario import CATALOGUE
from transforms import phasing
from transforms.catalogue.model import Unit
from transforms.periods import month_end
from transforms.phasing import (
    Asked,
    BadPeriodError,
    BadSharesError,
    Phasing,
    accumulates,
    parse_period,
    parse_shares,
    path_of_history,
    phased,
)

FRONT = "0.3 0.4 0.5 0.55 0.6 0.65 0.7 0.75 0.8 0.85 0.95 1"


def end(year, month):
    return month_end(date(year, month, 1))


def asked(full, how, *, period="2026", unit=Unit.CURRENCY, from_zero=True, **other):
    return Asked(parse_period(period), unit, Decimal(full), Phasing(how), from_zero, **other)


@pytest.mark.parametrize(
    ("month", "target"),
    [(1, "100000000.00"), (2, "200000000.00"), (7, "700000000.00"), (12, "1200000000")],
)
def test_an_increment_grows_from_zero_by_a_twelfth_of_its_target_a_month(month, target):
    found = phased(asked("1200000000", "linear"), end(2026, month))
    assert (found.value, found.base) == (Decimal(target), 0)


def test_a_month_is_rounded_half_to_even_and_december_is_the_target_to_the_last_digit():
    # 100 / 12 = 8.333..., 500 / 12 = 41.666...; a ratio has six decimals: 0.1 / 12 = 0.008333...
    assert phased(asked("100", "linear"), end(2026, 1)).value == Decimal("8.33")
    assert phased(asked("100", "linear"), end(2026, 5)).value == Decimal("41.67")
    # 0.06 / 12 = 0.005, between two cents: half to even.
    assert phased(asked("0.06", "linear"), end(2026, 1)).value == Decimal("0.00")
    assert phased(asked("0.18", "linear"), end(2026, 1)).value == Decimal("0.02")
    share = asked("0.1", "linear", unit=Unit.RATIO)
    assert phased(share, end(2026, 1)).value == Decimal("0.008333")
    fine = asked("0.123456789012", "linear", unit=Unit.RATIO)
    assert phased(fine, end(2026, 12)).value == Decimal("0.123456789012")


def test_a_share_goes_from_the_year_end_before_to_its_target():
    """From 12 % to 15 %: a quarter of the way, 0.75 points, lies behind at the end of March."""
    way = asked(
        "0.15",
        "linear",
        unit=Unit.RATIO,
        from_zero=False,
        figures={date(2025, 12, 31): Decimal("0.12")},
    )
    found = phased(way, end(2026, 3))
    assert (found.value, found.base, found.share) == (
        Decimal("0.1275"),
        Decimal("0.12"),
        Decimal("0.25"),
    )


def test_a_stated_base_goes_before_the_published_figure_and_a_ratio_may_go_down():
    way = asked(
        "0.010",
        "linear",
        unit=Unit.RATIO,
        from_zero=False,
        base=Decimal("0.016"),
        figures={date(2025, 12, 31): Decimal("0.9")},
    )
    assert phased(way, end(2026, 6)).value == Decimal("0.013")


def test_without_a_base_there_is_no_target_and_the_reason_is_told_in_both_languages():
    way = asked("0.15", "linear", unit=Unit.RATIO, from_zero=False)
    found = phased(way, end(2026, 3))
    assert found.value is None
    assert "2025-12-31" in found.reason.en
    assert "2025-12-31" in found.reason.zh


def test_a_seasonal_target_follows_the_twelve_shares_that_stand_beside_it():
    way = asked("2000.00", "seasonal", shares=parse_shares(FRONT))
    assert phased(way, end(2026, 1)).value == Decimal("600.00")
    assert phased(way, end(2026, 11)).value == Decimal("1900.00")
    stock = asked(
        "2000", "seasonal", from_zero=False, base=Decimal(1000), shares=parse_shares(FRONT)
    )
    assert phased(stock, end(2026, 1)).value == Decimal("1300.00")


def year_of(year, base, by_month):
    """Figures of one year, in hundreds, and of the year end before it."""
    days = {end(year, month): Decimal(value) for month, value in enumerate(by_month, start=1)}
    return {date(year - 1, 12, 31): Decimal(base), **days}


STEADY = [110, 120, 130, 140, 150, 160, 170, 180, 185, 190, 195, 200]
RUSH = [250, 300, 320, 340, 350, 360, 370, 380, 385, 390, 395, 400]


def test_history_is_the_mean_of_the_ways_of_the_years_before():
    """2024 had gone 10 of 100 in January, 2025 50 of 200: a mean of 17.5 per cent of the way."""
    figures = {**year_of(2024, 100, STEADY), **year_of(2025, 200, RUSH)}
    figures[date(2023, 12, 31)] = Decimal(100)
    path = path_of_history(figures, 2026, from_zero=False)
    assert path.years == (2024, 2025)
    assert path.shares[0] == Fraction("0.175")
    assert path.shares[8] == Fraction("0.8875")  # 85 of 100 and 185 of 200: 0.85 and 0.925
    assert path.shares[11] == 1
    way = asked("800", "history", from_zero=False, figures=figures)
    found = phased(way, end(2026, 1))
    assert found.base == 400  # the year end 2025
    assert (found.value, found.years) == (Decimal("470.00"), (2024, 2025))


def test_history_looks_neither_at_the_year_itself_nor_further_back_than_three_years():
    old = year_of(2022, 100, STEADY)
    future = year_of(2026, 200, [*[200] * 11, 400])
    only = year_of(2025, 100, STEADY)
    path = path_of_history({**old, **future, **only}, 2026, from_zero=False)
    assert path.years == (2025,)
    assert path.shares[0] == Fraction("0.1")


def test_a_year_with_a_month_missing_or_nowhere_to_go_gives_no_path():
    gap = year_of(2025, 100, STEADY)
    del gap[end(2025, 6)]
    assert path_of_history(gap, 2026, from_zero=False) is None
    assert path_of_history(year_of(2025, 200, STEADY), 2026, from_zero=False) is None
    found = phased(asked("9", "history", figures=gap), end(2026, 2))
    assert found.value is None
    assert "2023 to 2025" in found.reason.en


@pytest.mark.parametrize(("period", "month"), [("2026Q3", 7), ("2026Q3", 9), ("2026-10", 10)])
def test_a_quarter_or_a_month_holds_in_full_in_each_of_its_months(period, month):
    found = phased(asked("900", "linear", period=period), end(2026, month))
    assert (found.value, found.share) == (900, None)


def test_without_phasing_the_full_target_holds_in_every_month():
    assert phased(asked("900", "none"), end(2026, 1)).value == 900


@pytest.mark.parametrize(
    ("metric", "zero"),
    [
        ("loan_increment_ytd", True),
        ("loan_growth_ytd", True),
        ("first_time_clients_ytd", True),
        ("npl_formed_ytd", True),
        ("inclusive_growth_gap", True),
        ("loan_increment_mom", False),
        ("loan_growth_yoy", False),
        ("first_time_clients", False),
        ("loan_balance", False),
        ("sei_share", False),
        ("npl_formation_rate", False),
        ("inclusive_npl_gap", False),
        ("inclusive_rate_new_ytd", False),
    ],
)
def test_what_accumulates_over_a_year_begins_at_zero(metric, zero):
    assert accumulates(CATALOGUE.metrics[metric], CATALOGUE) is zero


@pytest.mark.parametrize(
    "text", ["26", "2026Q5", "2026Q", "2026-13", "2026-1", "2026-10-31", "2026q3", "二〇二六", ""]
)
def test_a_period_that_cannot_be_read_is_refused(text):
    with pytest.raises(BadPeriodError, match="Write 2026, 2026Q3 or 2026-10"):
        parse_period(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.5 1", "are 2"),
        (FRONT.replace("1", "0.99"), "end with 0.99"),
        (FRONT.replace("0.3", "-0.3"), "between 0 and 2"),
        (FRONT.replace("0.3", "NaN"), "between 0 and 2"),
        (FRONT.replace("0.3", "a"), "no numbers"),
    ],
)
def test_shares_that_are_no_path_are_refused(text, said):
    with pytest.raises(BadSharesError, match=said):
        parse_shares(text)


def test_shares_may_be_written_with_any_separator():
    assert parse_shares(FRONT.replace(" ", ";")) == parse_shares(FRONT.replace(" ", "，"))
    assert phasing.LINEAR.shares[11] == 1
