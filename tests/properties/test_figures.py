"""What must hold of any book: parts add up, order does not matter, readings nest."""

from decimal import Decimal

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.scenario import AS_OF, CATALOGUE, SmallBook, engine_facts
from transforms.catalogue.model import Aggregation, Kind
from transforms.catalogue.vocabulary import TOTAL
from transforms.sample.bank import BankSpec, demo_bank

ADDITIVE = [
    metric.metric_id
    for metric in CATALOGUE.metrics.values()
    if metric.kind in (Kind.TOTAL, Kind.INCREMENT)
]
DISTINCT = [m.metric_id for m in CATALOGUE.metrics.values() if m.kind is Kind.COUNT_DISTINCT]


@pytest.fixture(scope="module", params=[1, 99])
def bank(request):
    drawn = demo_bank(BankSpec(months=14, loans=2000, seed=request.param, last=AS_OF))
    return {
        day: {n: rows.to_dicts() for n, rows in drawn.month(day).items()}
        for day in drawn.month_ends
    }


@pytest.fixture(scope="module")
def facts(bank):
    return engine_facts(SmallBook(bank))


@pytest.fixture(scope="module")
def parents(bank):
    relation = bank[AS_OF]["branch_hierarchy"]
    return pl.DataFrame(
        [
            (row["child_id"], row["parent_id"])
            for row in relation
            if row["valid_from"] <= AS_OF and (row["valid_to"] is None or row["valid_to"] >= AS_OF)
        ],
        schema=["branch_id", "parent_id"],
        orient="row",
    )


def _uncut(facts):
    return facts.filter(pl.col("slice") == TOTAL)


@pytest.mark.parametrize("metric", ADDITIVE)
def test_a_parent_is_the_sum_of_its_children_and_of_its_own_loans(facts, parents, bank, metric):
    """Sub-branches under tier-1 branches: a tier-1 branch may book loans itself, a region may not."""
    rows = _uncut(facts).filter(pl.col("metric_id") == metric).drop_nulls("value")
    assert rows.height, f"{metric} was never computed"
    children = (
        rows.join(parents, on="branch_id")
        .group_by("parent_id", "reading")
        .agg(children=pl.col("value").sum())
    )
    both = rows.join(children, left_on=["branch_id", "reading"], right_on=["parent_id", "reading"])
    booking = {
        row["booking_branch_id"] for month in bank.values() for row in month["loan_snapshot"]
    }
    booking |= {
        row["branch_id"] for month in bank.values() for row in month["borrower_first_loan_event"]
    }
    above = both.filter(~pl.col("branch_id").is_in(booking))
    assert above.height
    assert above.filter(pl.col("value") != pl.col("children")).is_empty()
    balances = both if metric.endswith("balance") else both.clear()
    assert balances.filter(pl.col("children") > pl.col("value")).is_empty()


@pytest.mark.parametrize("metric", DISTINCT)
def test_distinct_clients_of_a_parent_are_at_most_the_sum_of_its_children(facts, parents, metric):
    rows = _uncut(facts).filter(pl.col("metric_id") == metric)
    regions = rows.filter(pl.col("branch_id").str.starts_with("R"))
    children = (
        rows.join(parents, on="branch_id")
        .group_by("parent_id")
        .agg(children=pl.col("value").sum(), largest=pl.col("value").max())
    )
    both = regions.join(children, left_on="branch_id", right_on="parent_id")
    assert both.height
    assert both.filter(pl.col("value") > pl.col("children")).is_empty()
    assert both.filter(pl.col("value") < pl.col("largest")).is_empty()


def test_some_client_really_borrows_at_two_branches(facts):
    """Else the test above could not tell a distinct count from a sum."""
    rows = _uncut(facts).filter(pl.col("metric_id") == "loan_clients")
    bank = rows.filter(pl.col("branch_id") == "HO")["value"].item()
    regions = rows.filter(pl.col("branch_id").str.starts_with("R"))["value"].sum()
    assert bank < regions


@pytest.mark.parametrize("metric", ["sei_balance", "sei_share"])
def test_strict_is_at_most_confirmed_is_at_most_broad(facts, metric):
    rows = _uncut(facts).filter(pl.col("metric_id") == metric)
    wide = rows.pivot("reading", index="branch_id", values="value").drop_nulls()
    assert wide.height > 100
    assert wide.filter(pl.col("strict") > pl.col("confirmed")).is_empty()
    assert wide.filter(pl.col("confirmed") > pl.col("broad")).is_empty()
    assert wide.filter(pl.col("strict") < pl.col("broad")).height


def test_technology_lies_between_its_largest_part_and_the_sum_of_its_parts(facts):
    """SEI loans are one part of technology loans: the share can be no lower."""
    rows = _uncut(facts)
    sei = rows.filter(pl.col("metric_id") == "sei_share", pl.col("reading") == "confirmed")
    technology = rows.filter(pl.col("metric_id") == "tech_loan_share")
    both = technology.join(sei, on="branch_id", suffix="_sei").drop_nulls("value")
    assert both.height > 100
    assert both.filter(pl.col("value") < pl.col("value_sei")).is_empty()


def test_the_members_of_a_slice_add_up_to_the_whole(facts):
    cut = facts.filter(pl.col("slice") != TOTAL)
    assert set(cut["slice"]) == {"enterprise_size", "sei_field", "industry_section"}
    key = ["metric_id", "reading", "branch_id"]
    sums = cut.group_by(*key, "slice").agg(parts=pl.col("numerator").sum())
    both = sums.join(_uncut(facts), on=key, suffix="_whole")
    assert both.height > 1000
    assert both.filter(pl.col("parts") != pl.col("numerator")).is_empty()


def test_green_supply_chain_lies_inside_green(facts):
    rows = _uncut(facts)
    green = rows.filter(pl.col("metric_id") == "green_balance")
    chain = rows.filter(pl.col("metric_id") == "green_supply_chain_balance")
    both = chain.join(green, on="branch_id", suffix="_green")
    assert both.filter(pl.col("value") > pl.col("value_green")).is_empty()
    assert both["value"].sum() > 0


def test_row_order_changes_no_digit(bank, facts):
    shuffled = {
        day: {name: list(reversed(rows)) for name, rows in month.items()}
        for day, month in bank.items()
    }
    assert_frame_equal(engine_facts(SmallBook(shuffled)), facts)


def test_every_figure_without_a_value_says_why(facts):
    silent = facts.filter(pl.col("value").is_null() & pl.col("reason").is_null())
    assert silent.is_empty()
    assert facts.filter(pl.col("value").is_not_null() & pl.col("reason").is_not_null()).is_empty()


def test_every_branch_has_every_metric_and_reading_once(facts):
    uncut = _uncut(facts)
    readings = sum(len(metric.readings) for metric in CATALOGUE.metrics.values())
    assert uncut.height == readings * uncut["branch_id"].n_unique()
    assert not uncut.select("metric_id", "reading", "branch_id").is_duplicated().any()


def test_amounts_have_no_more_than_two_decimals(facts):
    amounts = facts.filter(pl.col("unit") == "currency").drop_nulls("value")
    assert amounts.filter(pl.col("value") != pl.col("value").round(2)).is_empty()
    assert amounts["value"].max() > Decimal(10**9)


def test_only_sums_are_offered_as_slices():
    cut = [m for m in CATALOGUE.metrics.values() if m.slices]
    measures = {
        CATALOGUE.measures[name].aggregation
        for metric in cut
        for reading in metric.readings
        for name in reading.measures
    }
    assert measures == {Aggregation.SUM}
