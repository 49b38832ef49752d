"""Whether targets below make up the target above, worked out by hand."""

from decimal import Decimal

import polars as pl
import pytest

from tests.scenario import CATALOGUE
from transforms.cascade import Way, compared, way_of
from transforms.hierarchy import NODE
from transforms.schema import TEXT, WIDE


def nodes():
    rows = [("HO", None, 0), ("north", "HO", 1), ("south", "HO", 1), ("east", "HO", 1)]
    return pl.DataFrame(
        [
            {"node_id": node, "parent_id": parent, "depth": depth}
            | dict.fromkeys(("level", "name_en", "name_zh"))
            for node, parent, depth in rows
        ],
        schema=dict(NODE),
    )


def told(metric, targets, denominators=(), reading=""):
    rows = [(branch, metric, reading, "2026", Decimal(value)) for branch, value in targets]
    names = ("branch_id", "metric_id", "reading", "period")
    given = pl.DataFrame(
        rows, schema={**dict.fromkeys(names, TEXT), "target_value": WIDE}, orient="row"
    )
    own = CATALOGUE.metrics[metric].default_reading
    facts = pl.DataFrame(
        [(b, metric, reading or own, "total", Decimal(value)) for b, value in denominators],
        schema={**dict.fromkeys((*names[:3], "slice"), TEXT), "denominator": WIDE},
        orient="row",
    )
    return compared(given, nodes(), facts, CATALOGUE).to_dicts()


def test_amounts_are_added_up_and_the_gap_shown_in_money_and_in_per_cent():
    """100 above, 30 and 65 below, one branch without: 5 short, that is 5 per cent."""
    (one,) = told("loan_balance", [("HO", "100"), ("north", "30"), ("south", "65")])
    assert (one["below"], one["gap"], one["gap_percent"]) == (95, -5, -5)
    assert (one["children"], one["without"], one["way"]) == (3, ["east"], "sum")


def test_shares_are_weighted_by_what_they_are_shares_of_now():
    """10 % of 300 and 20 % of 100 are 50 of 400: 12.5 %, against 14 % above."""
    (one,) = told(
        "sei_share",
        [("HO", "0.14"), ("north", "0.10"), ("south", "0.20")],
        [("north", "300"), ("south", "100"), ("east", "50")],
    )
    assert (one["below"], one["gap"]) == (Decimal("0.125"), Decimal("-0.015"))
    assert one["gap_percent"] == Decimal("-10.71")
    assert (one["way"], one["unweighted"]) == ("weighted", [])


def test_a_share_without_a_denominator_cannot_be_weighted_and_is_named():
    (one,) = told(
        "sei_share",
        [("HO", "0.14"), ("north", "0.10"), ("south", "0.20")],
        [("north", "300"), ("south", "0")],
    )
    assert (one["below"], one["unweighted"], one["without"]) == (
        Decimal("0.10"),
        ["south"],
        ["east"],
    )


def test_clients_do_not_add_up_and_no_sum_is_shown():
    (one,) = told("tech_clients", [("HO", "10"), ("north", "6"), ("south", "7")])
    assert (one["below"], one["gap"], one["gap_percent"]) == (None, None, None)
    assert one["way"] == "not_additive"


def test_a_target_of_nothing_has_a_gap_and_no_per_cent():
    (one,) = told("loan_increment_ytd", [("HO", "0"), ("north", "5")])
    assert (one["gap"], one["gap_percent"]) == (5, None)


def test_a_target_with_none_below_is_not_compared():
    assert told("loan_balance", [("HO", "100")]) == []
    assert told("loan_balance", [("north", "100")]) == []


def test_readings_are_compared_with_their_own_kind():
    (one,) = told(
        "sei_share",
        [("HO", "0.1"), ("north", "0.1")],
        [("north", "300")],
        reading="strict",
    )
    assert (one["reading"], one["gap"]) == ("strict", 0)


@pytest.mark.parametrize(
    ("metric", "way"),
    [
        ("loan_increment_ytd", Way.SUM),
        ("first_time_clients_ytd", Way.SUM),
        ("loan_growth_ytd", Way.WEIGHTED),
        ("lpr_spread", Way.WEIGHTED),
        ("loan_clients", Way.NOT_ADDITIVE),
        ("tech_access_rate", Way.NOT_ADDITIVE),
        ("ten_largest_clients_share", Way.NOT_ADDITIVE),
        ("inclusive_growth_gap", Way.NOT_ADDITIVE),
        ("industry_hhi", Way.NOT_ADDITIVE),
    ],
)
def test_how_a_metric_adds_up_follows_from_what_it_is_made_of(metric, way):
    assert way_of(CATALOGUE.metrics[metric], CATALOGUE) is way
