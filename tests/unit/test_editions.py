"""Definitions by date: earlier editions, what they change, and the months in which a metric holds."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from tests.scenario import CATALOGUE, DEFINITIONS, REFERENCE, engine_facts, small_book
from transforms.catalogue.load import load, packaged_texts
from transforms.errors import CatalogueError

PARAMETERS = tuple(REFERENCE.tables["thresholds"]["name"].unique())
RULES = tuple(REFERENCE.tables["npl_tolerance_rules"]["rule_id"])

BIG = """
flags:
  is_big:
    label: {en: Big loan, zh: 大额贷款}
    source: {document: own, verified: true, own: true}
    all:
      - {sql: "is_loan", label: {en: is a loan, zh: 贷款}}
      - {sql: "balance >= 100", label: {en: of 100 or more, zh: 100以上}}
    earlier:
      - until: 2020-12-31
        all:
          - {sql: "is_loan", label: {en: is a loan, zh: 贷款}}
          - {sql: "balance >= 50", label: {en: of 50 or more, zh: 50以上}}
      - until: 2019-12-31
        all:
          - {sql: "is_loan", label: {en: is a loan, zh: 贷款}}
measures:
  big_balance: {sum: balance, where: is_big}
metrics:
  big_balance:
    label: {en: Big loans, zh: 大额贷款余额}
    kind: total
    of: big_balance
    unit: currency
    better: higher
    source: {document: own, verified: true, own: true}
    valid_from: 2018-01-31
    valid_to: 2021-06-30
    version: 3
  big_increment:
    label: {en: Big loan increment, zh: 大额贷款增量}
    kind: increment
    of: big_balance
    base: year_end
    unit: currency
    better: higher
    source: {document: own, verified: true, own: true}
    valid_from: 2018-01-31
    version: 1
"""
LOANS = [
    {"loan_id": name, "outstanding_principal": Decimal(balance)}
    for name, balance in (("L1", 20), ("L2", 60), ("L3", 200))
]


def _own(text=BIG):
    return load(PARAMETERS, rules=RULES, additions={"own.yaml": text})


@pytest.fixture(scope="module")
def own():
    """The product's definitions, and big loans that were smaller once."""
    return _own()


def _row(facts, metric):
    return facts.filter(
        pl.col("metric_id") == metric, pl.col("branch_id") == "HO", pl.col("slice") == "total"
    ).row(0, named=True)


def test_the_tolerance_was_read_otherwise_until_the_last_day_of_february_2018():
    before, after = (DEFINITIONS.on(day) for day in (date(2018, 2, 28), date(2018, 3, 1)))
    assert before is not after
    assert after is DEFINITIONS.newest
    assert DEFINITIONS.on(date(2018, 3, 31)) is after
    assert DEFINITIONS.on(date(1990, 1, 31)) is before
    taken = [
        one.metrics["inclusive_npl_tolerance"].reading("in_force").denominator
        for one in (before, after)
    ]
    assert taken == ["small_business_balance", "inclusive_balance"]


def test_an_edition_changes_its_own_version_and_no_other():
    before = DEFINITIONS.on(date(2018, 2, 28))
    assert {n for n in CATALOGUE.metrics if CATALOGUE.versions[n] != before.versions[n]} == {
        "inclusive_npl_tolerance"
    }
    assert before.versions["inclusive_npl_tolerance"].startswith("1.")
    assert CATALOGUE.versions["inclusive_npl_tolerance"].startswith("2.")
    assert before.fingerprint != CATALOGUE.fingerprint


def test_editions_of_several_definitions_cut_time_into_stretches(own):
    assert own.ends == (date(2018, 2, 28), date(2019, 12, 31), date(2020, 12, 31))
    assert len({one.fingerprint for one in own.catalogues}) == 4
    versions = [own.on(day).versions["big_balance"] for day in (*own.ends, date(2021, 1, 1))]
    # The first cut is another definition's.
    assert versions[0] == versions[1]
    assert len(set(versions)) == 3
    assert {version.partition(".")[0] for version in versions} == {"3"}


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2019, 12, 31), 280),
        (date(2020, 1, 31), 260),
        (date(2020, 12, 31), 260),
        (date(2021, 1, 31), 200),
    ],
)
def test_a_month_is_computed_with_the_edition_of_its_own_day(own, day, told):
    facts = engine_facts(small_book(day, loan_snapshot=LOANS), day, definitions=own)
    row = _row(facts, "big_balance")
    assert row["value"] == told
    assert row["definition_version"] == own.on(day).versions["big_balance"]


def test_what_is_compared_with_was_computed_with_the_edition_of_then(own):
    """The same loans: 200 by today's edition, and 260 by the one of the year end, as published."""
    day = date(2021, 1, 31)
    book = small_book(
        day, earlier={date(2020, 12, 31): {"loan_snapshot": LOANS}}, loan_snapshot=LOANS
    )
    row = _row(engine_facts(book, day, definitions=own), "big_increment")
    assert (row["numerator"], row["denominator"], row["value"]) == (200, 260, -60)


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (date(2017, 12, 31), "the definition holds from 2018-01-31 on"),
        (date(2018, 1, 31), None),
        (date(2021, 6, 30), None),
        (date(2021, 7, 31), "the definition held until 2021-06-30"),
    ],
)
def test_a_metric_is_told_from_its_first_day_to_its_last(own, day, told):
    facts = engine_facts(small_book(day, loan_snapshot=LOANS), day, definitions=own)
    row = _row(facts, "big_balance")
    assert row["reason"] == told
    assert (row["value"] is None) == (told is not None)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("      - until: 2019-12-31\n        all:", "      - all:", "needs `until`, its last day"),
        ("until: 2019-12-31", "until: then", "needs `until`, its last day"),
        ('"balance >= 50"', '"balanse >= 50"', "no column or flag 'balanse'. Did you mean balance"),
        ('"balance >= 50"', '"balance >="', "no SQL condition"),
        ("until: 2020-12-31\n        all:", "until: 2020-12-31\n        al:", "al"),
    ],
)
def test_an_earlier_edition_is_checked_as_the_newest_is(old, new, said):
    assert BIG.count(old) == 1
    with pytest.raises(CatalogueError) as refused:
        load(
            PARAMETERS,
            texts={"volume.yaml": packaged_texts()["volume.yaml"]},
            additions={"own.yaml": BIG.replace(old, new)},
        )
    assert "own.yaml line" in str(refused.value)
    assert said in str(refused.value)


def test_a_workspaces_own_edition_takes_the_place_of_the_products():
    """Whoever replaces the tolerance says for himself how it was read before."""
    text = """
metrics:
  inclusive_npl_tolerance:
    label: {en: Headroom, zh: 余量}
    kind: tolerance
    numerator: inclusive_npl_balance
    denominator: inclusive_balance
    reference_numerator: npl_balance
    reference_denominator: loan_balance
    unit: pp
    better: higher
    source: {document: own, verified: true, own: true}
    valid_from: 2015-03-01
    version: 7
"""
    own = _own(text)
    days = date(2018, 2, 28), date(2026, 1, 1)
    versions = {own.on(day).versions["inclusive_npl_tolerance"] for day in days}
    assert len(versions) == 1
    assert versions.pop().startswith("7.")
