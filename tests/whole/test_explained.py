"""One loan put to every metric says what the lists of loans say, and on which facts it rests."""

import csv
import io
from collections import defaultdict
from decimal import Decimal

import polars as pl
import pytest

from tests.whole.commands import here
from tests.whole.grown import HEAD, LAST
from transforms.catalogue.model import Aggregation, Entity, Kind
from transforms.explain import explain
from transforms.trace import Side

pytestmark = pytest.mark.whole

ABOUT_LOANS = {Entity.LOAN, Entity.EVENT, Entity.FLOW, Entity.CHANGE}
LOANS = 20


@pytest.fixture(scope="module")
def lists(grown):
    """What each loan adds to each metric at the last month: metric, reading, side, measure -> loan -> sum.

    Only of figures that the bank gives, and of parts that are about loans.
    """
    found = {}
    for metric, reading in grown.readings():
        if grown.facts[metric.metric_id, reading.name, HEAD]["value"] is None:
            continue
        figure = grown.figure(metric, reading, HEAD)
        for part in figure.parts:
            measure = grown.catalogue.measures[part.measure]
            if part.as_of == LAST and grown.catalogue.entity_of(measure) in ABOUT_LOANS:
                found[metric.metric_id, reading.name, part.side, part.measure] = {}
        for side in {part.side for part in figure.parts if figure.has_rows(part)}:
            rows = pl.concat(figure.rows(side)).collect().filter(pl.col("as_of_date") == LAST)
            sums = rows.group_by("measure", "loan_id").agg(pl.col("amount").sum())
            for measure, loan, amount in sums.iter_rows():
                key = metric.metric_id, reading.name, side, measure
                if key in found:
                    found[key][loan] = amount
    return found


@pytest.fixture(scope="module")
def chosen(grown, lists):
    """Twenty loans: of each list not yet met one that the most lists name, then some that few name."""
    named = defaultdict(set)
    for key, loans in lists.items():
        for loan in loans:
            named[loan].add(key)
    missing, picked = {key for key, loans in lists.items() if loans}, []
    while missing and len(picked) < LOANS - 4:
        picked.append(max(sorted(named), key=lambda loan: len(named[loan] & missing)))
        missing -= named[picked[-1]]
    rest = sorted(set(grown.book(HEAD)["loan_id"]) - set(picked), key=lambda one: len(named[one]))
    picked += rest[: LOANS - len(picked)]
    assert len(set(picked)) == LOANS
    assert len(missing) <= 2, missing
    return picked


@pytest.fixture(scope="module")
def explained(grown, chosen):
    """What `explain` makes of each chosen loan."""
    figure = grown.figure(*grown.readings()[0], HEAD)
    rows, limits = figure.rows_at(LAST), grown.bank.reference.thresholds(LAST)
    return {
        loan: list(
            explain(
                grown.catalogue,
                rows.of_loan(loan),
                limits,
                as_of=LAST,
                among=rows.among_largest(loan),
            )
        )
        for loan in chosen
    }


def key_of(one):
    return one.metric.metric_id, one.reading.name, Side(one.role), one.measure.name


def test_every_metric_that_is_about_loans_is_explained(grown, lists, explained):
    for loan, told in explained.items():
        assert {key_of(one) for one in told} >= set(lists), loan
    about = {key[0] for key in lists}
    metrics = grown.catalogue.metrics
    without = {
        name
        for name in metrics
        if name not in about and grown.facts[name, metrics[name].default_reading, HEAD]["value"]
    }
    assert without == {
        *("settlement_days", "settlement_days_a_year_ago", "settlement_days_change"),  # trade
        "tech_access_rate",  # listed enterprises
    }


def test_a_loan_counts_exactly_where_it_is_listed(grown, lists, explained):
    """Distinct clients are counted once, with one of their loans: there counting says no more than that."""
    apart, compared = [], 0
    for loan, told in explained.items():
        for one in told:
            key = key_of(one)
            if key in lists:
                compared += 1
                if one.answer.counts != (loan in lists[key]):
                    apart.append((loan, *key, one.answer.counts))
    assert apart == []
    assert compared > LOANS * len(grown.readings())


def test_what_a_loan_adds_is_what_the_list_says_it_adds(lists, explained):
    """Where a list multiplies (twelve for a year) or subtracts (a base), one loan is told plainly."""
    compared = 0
    for loan, told in explained.items():
        for one in told:
            plain = one.metric.kind in {Kind.TOTAL, Kind.RATIO, Kind.WEIGHTED_MEAN, Kind.TOLERANCE}
            summed = one.measure.aggregation is Aggregation.SUM
            if plain and summed and not one.metric.annualised and key_of(one) in lists:
                listed = lists[key_of(one)].get(loan, Decimal(0))
                assert abs(one.amount or Decimal(0)) == abs(listed), (loan, key_of(one))
                compared += 1
    assert compared > LOANS * 50


def test_the_facts_that_decide_stand_beside_the_answer(grown, chosen, explained):
    book = {row["loan_id"]: row for row in grown.book(HEAD).to_dicts()}
    seen = set()
    for loan in chosen:
        for one in explained[loan]:
            if one.answer.facts:
                seen.add(one.metric.metric_id)
            for name in ("loan_classification", "product_type", "main_security_type"):
                if name in one.answer.facts and loan in book:
                    assert one.answer.facts[name] == book[loan][name], (loan, name)
    assert len(seen) > 90
    said = here("explain", chosen[0], "-w", grown.root, "--format", "json", "--metric", "npl_ratio")
    assert len(said.json) == 2
    for row in said.json:
        named = dict(fact.split(" = ", 1) for fact in row["facts"].split("; "))
        assert named
        for name in {"loan_classification", "loan_status", "product_type"} & set(named):
            assert named[name] == book[chosen[0]][name]


def test_the_command_tells_the_same_in_json_and_csv(grown, chosen, explained):
    loan = chosen[0]
    words = ("explain", loan, "-w", grown.root, "--format")
    rows = here(*words, "json").json
    told = [
        (one.metric.metric_id, one.reading.name, one.role, one.measure.name, one.answer.counts)
        for one in explained[loan]
    ]
    names = ("metric", "reading", "role", "measure", "counts")
    assert [tuple(row[name] for name in names) for row in rows] == told
    assert {row["rule"] for row in rows} <= set(grown.catalogue.flags)
    assert all(row["because"] and row["definition_version"] for row in rows)
    assert list(csv.DictReader(io.StringIO(here(*words, "csv").out))) == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows
    ]


def test_a_written_off_loan_that_left_the_book_is_explained_by_its_events(grown):
    """It was written off in an earlier year; something of it came back in the last month."""
    events = grown.month.table("loan_event").collect()
    back = events.filter(
        pl.col("event_type") == "recovery",
        ~pl.col("loan_id").is_in(grown.book(HEAD)["loan_id"].implode()),
    )
    assert back.height, "no loan that left the book has an event: nothing was tried"
    loan = back["loan_id"].sort()[0]
    rows = here("explain", loan, "-w", grown.root, "--format", "json").json
    counts = {row["metric"]: row for row in rows if row["counts"]}
    assert "recovered_ytd" in counts
    amount = abs(back.filter(pl.col("loan_id") == loan)["amount"].sum())
    assert Decimal(counts["recovered_ytd"]["amount"]) == amount
    assert "event_type = recovery" in counts["recovered_ytd"]["facts"]
    balance = [row for row in rows if row["metric"] == "loan_balance"]
    assert balance
    assert not any(row["counts"] for row in balance)
    assert all(row["because"] for row in rows)
    said = here("explain", loan, "-w", grown.root)
    assert (said.code, said.err) == (0, "")
    assert "has left the book" in said.out
