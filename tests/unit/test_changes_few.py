"""Which loans are looked at one by one when two month ends are compared: those that may have turned."""

from datetime import date
from decimal import Decimal
from functools import partial

import polars as pl

from tests.scenario import AS_OF, DEFINITIONS, material_of, small_book
from transforms import changes, measures
from transforms.catalogue.model import At, Entity
from transforms.classify import Only, classify
from transforms.engines import POLARS

CATALOGUE = DEFINITIONS.newest
ASKED = {
    at: {m.where for m in CATALOGUE.sums_of(Entity.CHANGE) if m.since is at}
    for at in (At.PREVIOUS_MONTH, At.YEAR_END)
}
TURNED = ASKED[At.PREVIOUS_MONTH]
EARLIER = {At.PREVIOUS_MONTH: date(2026, 9, 30), At.YEAR_END: date(2025, 12, 31)}
GOOD, WATCHED, BAD = "FQ01", "FQ02", "FQ04"


def loans(classes):
    return [
        {
            "loan_id": name,
            "borrower_id": f"C{name}",
            "loan_classification": one,
            "outstanding_principal": Decimal(number),
        }
        for number, (name, one) in enumerate(classes.items(), start=1)
    ]


def two_books(then, now, at=At.PREVIOUS_MONTH):
    book = small_book(
        earlier={EARLIER[at]: {"loan_snapshot": loans(then)}}, loan_snapshot=loans(now)
    )
    material = material_of(book, AS_OF)
    judged = measures.judged_events(material.first_loans, material.tables, material.rules)
    ours = changes.reduced(measures.narrowed(material, judged), material.rules)
    before = material.before[at]
    return ours, partial(changes.side, before.tables, before.rules), material.rules


def turned(ours, theirs, rules, asked=TURNED):
    found = changes.changes(ours, theirs, rules, asked).to_native().collect()
    amounts = ("then_balance", "now_balance", "kept_balance")
    shown = found.select("loan_id", "borrower_id", "branch_id", *amounts, *sorted(asked))
    return {
        row["loan_id"]: row
        for row in shown.sort("loan_id").to_dicts()
        if any(row[flag] for flag in asked)
    }


STEADY = dict.fromkeys((f"S{number}" for number in range(60)), GOOD)


def test_a_few_that_turned_are_found_from_either_book_and_told_as_if_all_were_compared():
    then = {**STEADY, "TURNED": GOOD, "CURED": BAD, "STAYED": BAD, "REPAID": BAD}
    now = {**STEADY, "TURNED": BAD, "CURED": GOOD, "STAYED": BAD, "NEW": BAD}
    ours, theirs, rules = two_books(then, now)
    few = changes.few(ours, theirs, TURNED, rules, POLARS)
    assert few is not None
    assert turned(*few, rules) == turned(ours, theirs(), rules)
    assert set(turned(*few, rules)) == {"TURNED", "CURED", "NEW"}
    left = [set(one.to_native().collect()["loan_id"]) for one in few]
    assert left == [
        {"TURNED", "CURED", "STAYED", "NEW"},
        {"TURNED", "CURED", "STAYED", "REPAID"},
    ]


def test_where_many_are_bad_all_are_compared():
    """Seven loans of sixty, with one flag each way, are more than one in ten."""
    worse = {name: BAD if number < 7 else GOOD for number, name in enumerate(STEADY)}
    ours, theirs, rules = two_books(STEADY, worse)
    assert changes.few(ours, theirs, TURNED, rules, POLARS) is None


def test_a_book_that_turned_as_a_whole_is_told_all_the_same():
    """What is seldom now was not seldom then: more is compared than was hoped, and nothing is lost."""
    ours, theirs, rules = two_books(STEADY, dict.fromkeys(STEADY, BAD))
    few = changes.few(ours, theirs, TURNED, rules, POLARS) or (ours, theirs())
    assert set(turned(*few, rules)) == set(STEADY)


def test_of_the_earlier_book_no_more_is_classified_than_may_have_turned():
    """Bad loans by their delivered class, and those that are bad now; not the sixty that are good."""
    ours, theirs, rules = two_books(
        {**STEADY, "CURED": BAD, "TURNED": GOOD}, {**STEADY, "TURNED": BAD}
    )
    asked_for = []

    def side(only):
        asked_for.append(theirs(only))
        return asked_for[-1]

    assert changes.few(ours, side, TURNED, rules, POLARS) is not None
    assert [set(one.to_native().collect()["loan_id"]) for one in asked_for] == [{"CURED", "TURNED"}]


def test_new_loans_are_left_out_where_only_what_stood_at_the_year_end_counts():
    then = {
        "KEPT": GOOD,
        "WORSE": GOOD,
        "WATCHED": WATCHED,
        "LOST": WATCHED,
        "REPAID": GOOD,
        "BAD": BAD,
    }
    now = {"KEPT": GOOD, "WORSE": BAD, "WATCHED": WATCHED, "LOST": BAD, "NEW": BAD, "BAD": BAD}
    ours, side, rules = two_books(then, now, At.YEAR_END)
    asked = ASKED[At.YEAR_END]
    compared = changes.changes(ours, side(), rules, asked).to_native().collect()
    assert set(compared["loan_id"]) == set(then)

    every = changes.changes(ours, side(), rules).to_native().collect()
    assert set(every["loan_id"]) == {*then, "NEW"}
    told = turned(ours, side(), rules, asked)
    columns = list(told["KEPT"])
    rows = every.select(columns).sort("loan_id").to_dicts()
    assert list(told.values()) == [row for row in rows if any(row[flag] for flag in asked)]
    assert told["REPAID"]["kept_balance"] == told["REPAID"]["now_balance"] == 0


def test_a_new_loan_stays_where_a_flag_can_admit_it():
    ours, side, rules = two_books({"OLD": GOOD}, {"OLD": GOOD, "NEW": BAD})
    found = changes.changes(ours, side(), rules, TURNED).to_native().collect()
    assert set(found["loan_id"]) == {"OLD", "NEW"}


def test_what_is_told_of_some_loans_is_what_is_told_of_them_among_all():
    classes = {**STEADY, "LATE": WATCHED, "BAD": BAD, "WORST": "FQ05"}
    material = material_of(small_book(loan_snapshot=loans(classes)), AS_OF)

    def classified(only=None):
        found = classify(material.tables, material.rules, only=only).to_native().collect()
        return {row["loan_id"]: row for row in found.to_dicts()}

    every = classified()
    bad = classified(Only(("is_npl",)))
    assert bad == {name: every[name] for name in ("BAD", "WORST")}
    named = POLARS.frame(pl.DataFrame({"loan_id": ["S1", "LATE", "BAD", "NOBODY"]}))
    assert classified(Only(("is_npl",), named)) == {
        name: every[name] for name in ("S1", "LATE", "BAD", "WORST")
    }
    assert set(classified(Only((), named))) == {"S1", "LATE", "BAD"}
    # Whose borrower is small is not known by what was delivered of the loan: none may be left out.
    assert classified(Only(("is_small_borrower",))) == every
