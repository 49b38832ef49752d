"""Which loans are looked at one by one when two month ends are compared: those that may have turned."""

from datetime import date
from decimal import Decimal

from tests.scenario import AS_OF, DEFINITIONS, material_of, small_book
from transforms import changes, measures
from transforms.catalogue.model import At, Entity
from transforms.engines import POLARS

CATALOGUE = DEFINITIONS.newest
ASKED = {m.where for m in CATALOGUE.sums_of(Entity.CHANGE) if m.since is At.PREVIOUS_MONTH}
GOOD, BAD = "FQ01", "FQ04"


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


def two_books(then, now):
    book = small_book(
        earlier={date(2026, 9, 30): {"loan_snapshot": loans(then)}}, loan_snapshot=loans(now)
    )
    material = material_of(book, AS_OF)
    judged = measures.judged_events(material.first_loans, material.tables, material.rules)
    ours = changes.reduced(measures.narrowed(material, judged), material.rules)
    before = material.before[At.PREVIOUS_MONTH]
    return ours, changes.side(before.tables, before.rules), material.rules


def turned(ours, theirs, rules):
    found = changes.changes(ours, theirs, rules).to_native().collect()
    shown = found.select("loan_id", "branch_id", "then_balance", "now_balance", *sorted(ASKED))
    return {
        row["loan_id"]: row
        for row in shown.sort("loan_id").to_dicts()
        if any(row[flag] for flag in ASKED)
    }


STEADY = dict.fromkeys((f"S{number}" for number in range(60)), GOOD)


def test_a_few_that_turned_are_found_from_either_book_and_told_as_if_all_were_compared():
    then = {**STEADY, "TURNED": GOOD, "CURED": BAD, "STAYED": BAD, "REPAID": BAD}
    now = {**STEADY, "TURNED": BAD, "CURED": GOOD, "STAYED": BAD, "NEW": BAD}
    ours, theirs, rules = two_books(then, now)
    few = changes.few(ours, theirs, ASKED, rules, POLARS)
    assert few is not None
    assert turned(*few, rules) == turned(ours, theirs, rules)
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
    assert changes.few(ours, theirs, ASKED, rules, POLARS) is None


def test_a_book_that_turned_as_a_whole_is_told_all_the_same():
    """What is seldom now was not seldom then: more is compared than was hoped, and nothing is lost."""
    ours, theirs, rules = two_books(STEADY, dict.fromkeys(STEADY, BAD))
    few = changes.few(ours, theirs, ASKED, rules, POLARS) or (ours, theirs)
    assert set(turned(*few, rules)) == set(STEADY)
