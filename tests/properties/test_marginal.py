"""What one thing alone would change, against the whole month computed anew with that one thing changed."""

from dataclasses import replace

import polars as pl
import pytest

from tests.scenario import SmallBook, gathered_of, material_of
from transforms import facts, marginal, measures, worklist
from transforms.catalogue.vocabulary import TOTAL
from transforms.sample.bank import BankSpec, demo_bank

NODE = "R3"
KEY = ["metric_id", "reading"]
SHOWN = ["numerator", "denominator", "value", "reason"]


@pytest.fixture(scope="module")
def month():
    """A month of a small demo bank with the one before it, whole, and what may be mended in it."""
    bank = demo_bank(BankSpec(months=2, loans=4000, seed=7))
    months = {
        day: {name: rows.to_dicts() for name, rows in bank.month(day).items()}
        for day in bank.month_ends
    }
    day = bank.month_ends[-1]
    for event in months[day]["borrower_first_loan_event"]:
        if event["branch_id"].startswith("B3"):
            event["registry_checked_on"] = None
    book = SmallBook(months)
    material = material_of(book, day)
    taken = measures.take(material)
    whole = gathered_of(book, day, material, taken)
    below = material.tree.counts_for.filter(pl.col("node_id") == NODE)["branch_id"]
    items = worklist.items(material.tables, material.rules, material.first_loans, below)
    return material, whole, below, items.filter(pl.col("mended").is_not_null())


def _own(rows, node):
    return rows.filter(pl.col("slice") == TOTAL, pl.col("branch_id") == node).sort(KEY)


def test_an_item_that_changes_nothing_stands_for_the_node_as_it_is(month):
    material, whole, _, _ = month
    catalogue = material.rules.catalogue
    none = pl.DataFrame(schema=marginal.DELTA)
    told = _own(marginal.figures(whole, NODE, none, pl.Series(["x"]), catalogue), "x")
    real = _own(facts.compute(whole, catalogue), NODE).join(
        told, on=KEY, how="semi", maintain_order="left"
    )
    assert told.height > 100
    assert told.select(*KEY, *SHOWN).equals(real.select(*KEY, *SHOWN))


def test_each_item_changes_what_it_changes_in_the_whole_month(month):
    """Some items of every kind, each mended alone in the whole book, against all of them in one pass."""
    material, whole, below, found = month
    catalogue = material.rules.catalogue
    chosen = (
        found.group_by("kind", maintain_order=True)
        .head(3)
        .unique("borrower_id", keep="first", maintain_order=True)
        .with_row_index("_no")
        .with_columns(item=pl.format("item-{}", "_no"))
        .drop("_no")
    )
    assert chosen["kind"].n_unique() >= 4, chosen
    touched = chosen.select("item", "borrower_id")
    sums = []
    for one in (material, _mended(material, chosen)):
        small = marginal.around(one, touched, below)
        sums.append(marginal.sums(measures.take(small), small.tree))
    deltas = marginal.differences(*sums)
    told = marginal.figures(whole, NODE, deltas, chosen["item"], catalogue)
    moved = set()
    for item in chosen["item"]:
        alone = _mended(material, chosen.filter(pl.col("item") == item))
        taken = measures.take(alone)
        changed = replace(whole, measures=taken.additive, node_measures=taken.by_node)
        one = _own(told, item)
        real = _own(facts.compute(changed, catalogue), NODE).join(
            one, on=KEY, how="semi", maintain_order="left"
        )
        pairs = zip(one.select(*KEY, *SHOWN).rows(), real.select(*KEY, *SHOWN).rows(), strict=True)
        assert [pair for pair in pairs if pair[0] != pair[1]] == [], item
        before = _own(facts.compute(whole, catalogue), NODE)
        joined = one.join(before, on=KEY, suffix="_before")
        different = joined.filter(pl.col("value").ne_missing(pl.col("value_before")))
        moved |= set(different["metric_id"])
    assert {"sei_share", "tech_loan_share", "green_share", "first_time_clients"} <= moved


def _mended(material, chosen):
    tables, events = worklist.mended(material.tables, material.first_loans, material.rules, chosen)
    return replace(material, tables=tables, first_loans=events)
